package rating_test

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/auth"
	"github.com/tongban/tongban/internal/kit/db"
	"github.com/tongban/tongban/internal/kit/dbtest"
	"github.com/tongban/tongban/internal/kit/event"
	"github.com/tongban/tongban/internal/kit/fault"
	"github.com/tongban/tongban/internal/kit/id"
	"github.com/tongban/tongban/internal/kit/job"
	"github.com/tongban/tongban/internal/kit/policy"
	"github.com/tongban/tongban/internal/rating"
)

var (
	lin  = auth.Principal{Kind: auth.Resident, ID: "lin", For: auth.Acting{Kind: auth.ForCompany, ID: "qinghe"}}
	zhou = auth.Principal{Kind: auth.Resident, ID: "zhou"}
)

// cases is one case of a company that has ended, and one that goes on.
type cases struct{}

func (cases) Facts(_ context.Context, _ auth.Principal, id contract.CaseID) (contract.CaseFacts, error) {
	return contract.CaseFacts{
		ID: id, Item: "I1", Agency: "A1", Ended: id != "open",
		Applicant: contract.Party{Kind: "company", ID: "qinghe"}, Operator: "lin",
	}, nil
}

type world struct {
	*rating.Service
	db     *db.DB
	jobs   *job.Queue
	events *event.Log
	now    time.Time
}

func each(t *testing.T, fn func(t *testing.T, w *world)) {
	t.Helper()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := &world{db: d, now: time.Date(2026, 11, 24, 4, 0, 0, 0, time.UTC)}
		now := func() time.Time { return w.now }
		w.jobs = job.New(d, now, id.New, slog.New(slog.DiscardHandler))
		w.events = event.New(d, w.jobs, now, id.New)
		s, err := rating.New(rating.Config{
			DB: d, Jobs: w.jobs, Events: w.events, Cases: cases{}, Now: now, NewID: id.New,
			Policy:       policy.Must(map[string]string{"rating": rating.Policies}),
			DefaultAfter: 7 * 24 * time.Hour,
		})
		if err != nil {
			t.Fatal(err)
		}
		w.Service = s
		s.Jobs(w.jobs, w.events)
		fn(t, w)
	}, job.Area(), event.Area(), db.Area{Name: "rating", Files: rating.Migrations})
}

func rated(t *testing.T, w *world) []event.Recorded {
	t.Helper()
	list, err := w.events.Of(t.Context(), "case:C1")
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func TestFiveStarsAreCodeOne(t *testing.T) {
	t.Parallel()
	for code, stars := range map[rating.Satisfaction]int{1: 5, 2: 4, 3: 3, 4: 2, 5: 1} {
		if code.Stars() != stars || code.Good() != (stars >= 3) {
			t.Errorf("code %d: %d stars, good %v", code, code.Stars(), code.Good())
		}
	}
}

func TestOneRatingAndOneSupplement(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		for i, want := range []error{nil, nil, rating.ErrTwice} {
			in := rating.Input{Satisfaction: rating.Satisfaction(1 + 3*min(i, 1))}
			if _, err := w.Rate(t.Context(), lin, "C1", in); !errors.Is(err, want) {
				t.Fatalf("rating %d: %v, want %v", i+1, err, want)
			}
		}
		v, err := w.View(t.Context(), lin, "C1")
		if err != nil || len(v.Ratings) != 2 || v.Ratings[0].Satisfaction != 1 || v.Ratings[0].Supplement || v.Ratings[1].Satisfaction != 4 {
			t.Fatalf("the first must stay as it was: %+v, %v", v.Ratings, err)
		}
		sum, err := w.Summary(t.Context(), "I1")
		if err != nil || sum.Given != 1 || sum.Good != 0 || sum.Levels[4] != 1 {
			t.Errorf("a case counts once, by its latest word: %+v, %v", sum, err)
		}
		if got := rated(t, w); len(got) != 2 || !strings.Contains(string(got[0].Body), `"satisfaction":1`) {
			t.Errorf("events: %v", got)
		}
	})
}

func TestTwoWindowsMakeOneRatingAndOneSupplement(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		var wg sync.WaitGroup
		errs := make([]error, 4)
		for i := range errs {
			wg.Go(func() {
				_, errs[i] = w.Rate(t.Context(), lin, "C1", rating.Input{Satisfaction: 2})
			})
		}
		wg.Wait()
		stored := 0
		for _, err := range errs {
			switch {
			case err == nil:
				stored++
			case !errors.Is(err, rating.ErrTwice):
				t.Error(err)
			}
		}
		v, err := w.View(t.Context(), lin, "C1")
		if err != nil || len(v.Ratings) != stored || stored > 2 || len(rated(t, w)) != stored {
			t.Errorf("%d answered, %d stored, %d events, %v", stored, len(v.Ratings), len(rated(t, w)), err)
		}
	})
}

func TestOnlyTheApplicantRatesAndOnlyAtTheEnd(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		in := rating.Input{Satisfaction: 1}
		for _, p := range []auth.Principal{
			{},
			zhou,
			{Kind: auth.Resident, ID: "lin"}, // lin for herself, not for the company
			{Kind: auth.Staff, ID: "r", Roles: []string{auth.RoleReviewer, auth.RoleAdministrator}},
			{Kind: auth.Machine, ID: "m"},
			auth.SystemPrincipal("x"),
		} {
			if _, err := w.Rate(t.Context(), p, "C1", in); !errors.Is(err, policy.ErrDenied) {
				t.Errorf("%s %s rated: %v", p.Kind, p.ID, err)
			}
		}
		if _, err := w.Rate(t.Context(), lin, "open", in); !errors.Is(err, rating.ErrNotEnded) {
			t.Errorf("open case: %v", err)
		}
	})
}

func TestBadInputIsToldBesideItsField(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		for _, tt := range []struct {
			field string
			in    rating.Input
		}{
			{"satisfaction", rating.Input{}},
			{"satisfaction", rating.Input{Satisfaction: 6}},
			{"indicators", rating.Input{Satisfaction: 1, Indicators: []string{"late"}}},
			{"text", rating.Input{Satisfaction: 1, Text: strings.Repeat("好", 501)}},
		} {
			_, err := w.Rate(t.Context(), lin, "C1", tt.in)
			got := fault.FieldsOf(err)
			if len(got) != 1 || got[0].Name != tt.field {
				t.Errorf("%+v: %v", tt.in, err)
			}
		}
		r, err := w.Rate(t.Context(), lin, "C1", rating.Input{Satisfaction: 1, Indicators: []string{"by-phone", "by-phone"}, Text: " 好 "})
		if err != nil || len(r.Indicators) != 1 || r.Text != "好" {
			t.Errorf("good input: %+v, %v", r, err)
		}
	})
}

func TestADefaultRatingIsFlaggedAndGivesWay(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		err := w.db.InTx(t.Context(), func(ctx context.Context, tx db.Tx) error {
			return w.events.Record(ctx, tx, event.Meta{Object: "x"}, contract.CaseMoved{Case: "C1", Action: "deliver", At: w.now})
		})
		if err != nil {
			t.Fatal(err)
		}
		sum := func() rating.Summary {
			if err := w.jobs.Drain(t.Context()); err != nil {
				t.Fatal(err)
			}
			s, err := w.Summary(t.Context(), "I1")
			if err != nil {
				t.Fatal(err)
			}
			return s
		}
		if s := sum(); s.Default != 0 {
			t.Fatalf("rated before its time: %+v", s)
		}
		w.now = w.now.Add(8 * 24 * time.Hour)
		if s := sum(); s.Default != 1 || s.Given != 0 {
			t.Fatalf("default rating: %+v", s)
		}
		if _, err := w.Rate(t.Context(), lin, "C1", rating.Input{Satisfaction: 5}); err != nil {
			t.Fatal(err)
		}
		if s := sum(); s.Default != 0 || s.Given != 1 || s.Good != 0 {
			t.Errorf("a given rating takes the place of the default: %+v", s)
		}
	})
}
