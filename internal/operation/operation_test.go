package operation_test

import (
	"context"
	"errors"
	"log/slog"
	"testing"
	"time"

	"github.com/tongban/tongban/internal/kit/auth"
	"github.com/tongban/tongban/internal/kit/db"
	"github.com/tongban/tongban/internal/kit/dbtest"
	"github.com/tongban/tongban/internal/kit/event"
	"github.com/tongban/tongban/internal/kit/id"
	"github.com/tongban/tongban/internal/kit/job"
	"github.com/tongban/tongban/internal/kit/policy"
	"github.com/tongban/tongban/internal/operation"
)

var (
	admin   = auth.Principal{Kind: auth.Staff, ID: "a", Roles: []string{auth.RoleAdministrator}}
	auditor = auth.Principal{Kind: auth.Staff, ID: "u", Roles: []string{auth.RoleAuditor}}
)

type work struct{}

func (work) Kind() string { return "test.work" }

type world struct {
	*operation.Service
	db   *db.DB
	jobs *job.Queue
	fail error
	done int
}

func each(t *testing.T, fn func(t *testing.T, w *world)) {
	t.Helper()
	now := func() time.Time { return time.Date(2026, 11, 24, 4, 0, 0, 0, time.UTC) }
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := &world{db: d, jobs: job.New(d, now, id.New, slog.New(slog.DiscardHandler))}
		log := event.New(d, w.jobs, now, id.New)
		w.Service = operation.New(d, w.jobs, log, policy.Must(map[string]string{"operation": operation.Policies}), now)
		job.Handle(w.jobs, func(context.Context, db.Tx, work) error {
			if w.fail == nil {
				w.done++
			}
			return w.fail
		})
		fn(t, w)
	}, job.Area(), event.Area())
}

// givenUp makes one dead letter and returns its id.
func (w *world) givenUp(t *testing.T) string {
	t.Helper()
	w.fail = job.Dead(errors.New("no good"))
	err := w.db.InTx(t.Context(), func(ctx context.Context, tx db.Tx) error {
		return w.jobs.InsertTx(ctx, tx, work{}, job.Insert{})
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := w.jobs.Drain(t.Context()); err == nil {
		t.Fatal("the job was to fail")
	}
	w.fail = nil
	state, err := w.Jobs(t.Context(), admin)
	if err != nil || len(state.Letters) != 1 {
		t.Fatalf("dead letters: %v, %v", state.Letters, err)
	}
	return state.Letters[0].ID
}

func TestARetriedJobRunsAndIsOnRecord(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		letter := w.givenUp(t)
		if err := w.Retry(t.Context(), admin, letter); err != nil {
			t.Fatal(err)
		}
		if err := w.jobs.Drain(t.Context()); err != nil || w.done != 1 {
			t.Fatalf("ran %d times, %v", w.done, err)
		}
		page, err := w.Events(t.Context(), auditor, "job:"+letter, "")
		if err != nil || len(page.Events) != 1 || page.Events[0].Name != "operation.job_retried.v1" || page.Events[0].ActorID != "a" {
			t.Errorf("events: %+v, %v", page, err)
		}
	})
}

func TestNothingIsRecordedForAJobThatIsNotThere(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		if err := w.Retry(t.Context(), admin, "nothing"); !errors.Is(err, job.ErrNotFound) {
			t.Errorf("retry: %v", err)
		}
		if page, err := w.Events(t.Context(), admin, "", ""); err != nil || len(page.Events) != 0 {
			t.Errorf("events: %+v, %v", page, err)
		}
	})
}

func TestTheMachineIsTheAdministratorsAndTheLogAlsoTheAuditors(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		letter := w.givenUp(t)
		for _, tt := range []struct {
			who          auth.Principal
			jobs, events bool
		}{
			{admin, true, true},
			{auditor, false, true},
			{auth.Principal{Kind: auth.Staff, ID: "s", Roles: []string{auth.RoleSupervisor, auth.RoleHead, auth.RoleCatalogManager}}, false, false},
			{auth.Principal{Kind: auth.Resident, ID: "r"}, false, false},
			{auth.Principal{}, false, false},
		} {
			_, err := w.Jobs(t.Context(), tt.who)
			if (err == nil) != tt.jobs {
				t.Errorf("%s %v looks at jobs: %v", tt.who.Kind, tt.who.Roles, err)
			}
			if _, err = w.Events(t.Context(), tt.who, "", ""); (err == nil) != tt.events {
				t.Errorf("%s %v looks at events: %v", tt.who.Kind, tt.who.Roles, err)
			}
			if tt.jobs {
				continue
			}
			if err := w.Retry(t.Context(), tt.who, letter); !errors.Is(err, policy.ErrDenied) {
				t.Errorf("%s %v retries: %v", tt.who.Kind, tt.who.Roles, err)
			}
		}
	})
}
