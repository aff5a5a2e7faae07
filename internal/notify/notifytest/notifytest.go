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
	"github.com/tongban/tongban/internal/kit/mail"
	"github.com/tongban/tongban/internal/kit/policy"
	"github.com/tongban/tongban/internal/kit/sms"
	"github.com/tongban/tongban/internal/kit/webhook"
	"github.com/tongban/tongban/internal/notify"
)

// item is the one service of the tests.
var item = contract.Text{ZH: "公共场所卫生许可", EN: "Hygiene licence"}

// others are the areas that notify asks.
type others struct{}

func (others) Name(context.Context, contract.ItemID) (contract.Text, error) { return item, nil }

func (others) Email(_ context.Context, id contract.AccountID) (string, error) {
	if id == "lin" || id == "clerk" {
		return string(id) + "@example.org", nil
	}
	return "", nil
}

func (others) Phone(_ context.Context, id contract.AccountID) (string, error) {
	if id == "lin" {
		return "13800000001", nil
	}
	return "", nil
}

func (others) Recipients(context.Context, contract.Party) ([]contract.AccountID, error) {
	return nil, nil
}

// Told gives a duty to the official whom it names.
func (others) Told(_ context.Context, d contract.Duty) ([]contract.AccountID, error) {
	return []contract.AccountID{d.Handler}, nil
}

// nowhere takes mail and refuses short messages.
type nowhere struct{}

func (nowhere) Send(context.Context, mail.Message) error { return nil }

type refusing struct{}

func (refusing) Send(context.Context, sms.Message) error { return sms.ErrRefused }

type plain struct{}

func (plain) Seal(_, text string) ([]byte, error)     { return []byte(text), nil }
func (plain) Open(_ string, b []byte) (string, error) { return string(b), nil }

func (others) Facts(_ context.Context, _ auth.Principal, id contract.CaseID) (contract.CaseFacts, error) {
	return contract.CaseFacts{ID: id, Number: "5116022026111610230004829", Operator: "lin", ItemName: item}, nil
}

// Open returns the area on a fresh SQLite database after the events were
// delivered, with its policies. Cases are lin's, who has mail and a telephone
// whose messages are refused; clerk has mail alone.
func Open(t testing.TB, now func() time.Time, text func(locale, key string, args ...any) string, events ...event.Event) (*notify.Service, *policy.Engine) {
	t.Helper()
	d := dbtest.SQLite(t, job.Area(), event.Area(), db.Area{Name: "notify", Files: notify.Migrations})
	engine := policy.Must(map[string]string{"notify": notify.Policies})
	q := job.New(d, now, id.New, slog.New(slog.DiscardHandler))
	l := event.New(d, q, now, id.New)
	s := notify.New(notify.Config{
		DB: d, Jobs: q, Policy: engine, Items: others{}, Addresses: others{}, Recipients: others{}, Cases: others{}, Duties: others{},
		Mail: nowhere{}, SMS: refusing{}, Hooks: webhook.New(nil), Seal: plain{},
		Text: text, Now: now, NewID: id.New, BaseURL: "https://example.org",
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
