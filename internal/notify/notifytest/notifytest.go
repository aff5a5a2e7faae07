// Package notifytest builds the notify area for tests of pages.
package notifytest

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
	"github.com/tongban/tongban/internal/kit/id"
	"github.com/tongban/tongban/internal/kit/job"
	"github.com/tongban/tongban/internal/kit/policy"
	"github.com/tongban/tongban/internal/notify"
)

// item is the one service of the tests.
var item = contract.Text{ZH: "公共场所卫生许可", EN: "Hygiene licence"}

// others are the areas that notify asks.
type others struct{}

func (others) Name(context.Context, contract.ItemID) (contract.Text, error) { return item, nil }

func (others) Email(context.Context, contract.AccountID) (string, error) {
	return "", nil
}

func (others) Phone(context.Context, contract.AccountID) (string, error) { return "", nil }

func (others) Facts(_ context.Context, _ auth.Principal, id contract.CaseID) (contract.CaseFacts, error) {
	return contract.CaseFacts{ID: id, Number: "5116022026111610230004829", Operator: "lin", ItemName: item}, nil
}

// Open returns the area on a fresh SQLite database after the events were
// delivered, with its policies. Cases are lin's.
func Open(t testing.TB, now func() time.Time, text func(locale, key string, args ...any) string, events ...event.Event) (*notify.Service, *policy.Engine) {
	t.Helper()
	d := dbtest.SQLite(t, job.Area(), event.Area(), db.Area{Name: "notify", Files: notify.Migrations})
	engine := policy.Must(map[string]string{"notify": notify.Policies})
	q := job.New(d, now, id.New, slog.New(slog.DiscardHandler))
	l := event.New(d, q, now, id.New)
	s := notify.New(notify.Config{
		DB: d, Jobs: q, Policy: engine, Items: others{}, Addresses: others{}, Cases: others{},
		Text: text, Now: now, NewID: id.New,
	})
	s.Jobs(q, l)
	for _, e := range events {
		err := d.InTx(t.Context(), func(ctx context.Context, tx db.Tx) error { return l.Record(ctx, tx, event.Meta{}, e) })
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := q.Drain(t.Context()); err != nil {
		t.Fatal(err)
	}
	return s, engine
}
