// Package ratingtest builds the rating area for tests of pages.
package ratingtest

import (
	"context"
	"log/slog"
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

// Cases has one case that ended, "done", and one that runs, "open", both of the
// company "co-1".
type Cases struct{}

// Facts implements rating.Cases.
func (Cases) Facts(_ context.Context, _ auth.Principal, id contract.CaseID) (contract.CaseFacts, error) {
	if id != "done" && id != "open" {
		return contract.CaseFacts{}, fault.New(fault.NotFound, "web.not_found")
	}
	return contract.CaseFacts{
		ID: id, Number: "5116022026111610230004829", Item: "item",
		ItemName:  contract.Text{ZH: "公共场所卫生许可", EN: "Hygiene licence"},
		Applicant: contract.Party{Kind: "company", ID: "co-1"}, Operator: "lin", Ended: id == "done",
	}, nil
}

// Open returns the area on a fresh SQLite database, with its policies.
func Open(t testing.TB, now func() time.Time) (*rating.Service, *policy.Engine) {
	t.Helper()
	d := dbtest.SQLite(t, job.Area(), event.Area(), db.Area{Name: "rating", Files: rating.Migrations})
	engine := policy.Must(map[string]string{"rating": rating.Policies})
	q := job.New(d, now, id.New, slog.New(slog.DiscardHandler))
	s, err := rating.New(rating.Config{
		DB: d, Jobs: q, Events: event.New(d, q, now, id.New), Policy: engine, Cases: Cases{}, Now: now, NewID: id.New,
	})
	if err != nil {
		t.Fatal(err)
	}
	return s, engine
}
