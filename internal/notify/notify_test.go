package notify_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
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
	"github.com/tongban/tongban/internal/notify"
)

var noon = time.Date(2026, 11, 24, 4, 0, 0, 0, time.UTC)

// world is one database with the area in it and three-line fakes around it.
type world struct {
	db     *db.DB
	jobs   *job.Queue
	events *event.Log
	*notify.Service
	sent []mail.Message
	fail error
}

func (w *world) Send(_ context.Context, m mail.Message) error {
	if w.fail == nil {
		w.sent = append(w.sent, m)
	}
	return w.fail
}

type names struct{}

func (names) Name(context.Context, contract.ItemID) (contract.Text, error) {
	return contract.Text{ZH: "卫生许可", EN: "Hygiene licence"}, nil
}

type addresses map[contract.AccountID]string

func (a addresses) Email(_ context.Context, id contract.AccountID) (string, error) {
	return a[id], nil
}

type cases struct{}

func (cases) Facts(_ context.Context, _ auth.Principal, id contract.CaseID) (contract.CaseFacts, error) {
	return contract.CaseFacts{ID: id, Number: "N1", Operator: "lin", ItemName: contract.Text{ZH: "卫生许可"}}, nil
}

func open(d *db.DB) *world {
	now := func() time.Time { return noon }
	w := &world{db: d, jobs: job.New(d, now, id.New, slog.New(slog.DiscardHandler))}
	w.events = event.New(d, w.jobs, now, id.New)
	w.Service = notify.New(notify.Config{
		DB: d, Jobs: w.jobs, Policy: policy.Must(map[string]string{"notify": notify.Policies}),
		Items: names{}, Addresses: addresses{"lin": "lin@example.org"}, Cases: cases{}, Mail: w,
		Text: func(locale, key string, args ...any) string { return locale + " " + key + " " + fmt.Sprint(args...) },
		Now:  now, NewID: id.New, BaseURL: "https://example.org",
	})
	w.Jobs(w.jobs, w.events)
	return w
}

func each(t *testing.T, fn func(t *testing.T, w *world)) {
	t.Helper()
	dbtest.Each(t, func(t *testing.T, d *db.DB) { fn(t, open(d)) },
		job.Area(), event.Area(), db.Area{Name: "notify", Files: notify.Migrations})
}

func (w *world) moved(t *testing.T, action string, to contract.AccountID) {
	t.Helper()
	e := contract.CaseMoved{Case: "C1", Number: "N1", Item: "I1", Action: action, Notify: to, Due: "2026-11-30", At: noon}
	err := w.db.InTx(t.Context(), func(ctx context.Context, tx db.Tx) error {
		return w.events.Record(ctx, tx, event.Meta{Object: "case:C1"}, e)
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := w.jobs.Drain(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func (w *world) inbox(t *testing.T, who string) []notify.Message {
	t.Helper()
	page, err := w.Inbox(t.Context(), resident(who), "")
	if err != nil {
		t.Fatal(err)
	}
	return page.Messages
}

func resident(who string) auth.Principal { return auth.Principal{Kind: auth.Resident, ID: who} }

func TestEachStepThatConcernsTheApplicantIsTold(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		action    string
		told      bool
		statutory bool
	}{
		{"submit", true, false},
		{"accept", true, true},
		{"deem", true, true},
		{"correct", true, true},
		{"approve", true, true},
		{"deny", true, true},
		{"grant", true, true},
		{"review", false, false},
		{"countersign", false, false},
		{"take_up", false, false},
	} {
		t.Run(tt.action, func(t *testing.T) {
			t.Parallel()
			each(t, func(t *testing.T, w *world) {
				w.moved(t, tt.action, "lin")
				got := w.inbox(t, "lin")
				if (len(got) == 1) != tt.told {
					t.Fatalf("messages: %v", got)
				}
				if tt.told && (got[0].Statutory != tt.statutory || got[0].Mail != notify.MailSent || got[0].Read) {
					t.Errorf("message: %+v", got[0])
				}
				if len(w.sent) != len(got) {
					t.Errorf("mails: %d, messages: %d", len(w.sent), len(got))
				}
			})
		})
	}
}

func TestMailSaysWhatTheInboxSays(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		w.moved(t, "accept", "lin")
		m := w.sent[0]
		if m.To != "lin@example.org" || !strings.Contains(m.Subject, "notify.subject.accept") ||
			!strings.Contains(m.Text, "https://example.org/cases/C1") || !strings.Contains(m.Text, "notify.body.accept") {
			t.Errorf("mail: %+v", m)
		}
		if m.ID != w.inbox(t, "lin")[0].ID {
			t.Error("the mail has another id than its message")
		}
	})
}

func TestAnAddressThatRefusesIsNotTriedAgain(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		w.fail = mail.ErrRefused
		w.moved(t, "accept", "lin")
		if got := w.inbox(t, "lin")[0].Mail; got != notify.MailRefused {
			t.Errorf("mail state: %s", got)
		}
		w.fail = nil
		w.moved(t, "submit", "zhou") // has no address
		if got := w.inbox(t, "zhou")[0].Mail; got != notify.MailNone || len(w.sent) != 0 {
			t.Errorf("mail state: %s, sent %d", got, len(w.sent))
		}
	})
}

func TestAServerThatIsDownIsTriedAgain(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		w.fail = errors.New("connection refused")
		err := w.db.InTx(t.Context(), func(ctx context.Context, tx db.Tx) error {
			return w.events.Record(ctx, tx, event.Meta{}, contract.LicenceIssued{Case: "C1", At: noon})
		})
		if err != nil {
			t.Fatal(err)
		}
		if err := w.jobs.Drain(t.Context()); err == nil {
			t.Fatal("the failed attempt was not reported")
		}
		if got := w.inbox(t, "lin")[0]; got.Mail != notify.MailWaiting || got.Kind != "licence" || got.Path() != "/licences" {
			t.Errorf("message: %+v", got)
		}
	})
}

func TestHolderLearnsThatALicenceIsSuspended(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		err := w.db.InTx(t.Context(), func(ctx context.Context, tx db.Tx) error {
			return w.events.Record(ctx, tx, event.Meta{}, contract.LicenceChanged{Case: "C1", From: "valid", To: "suspended", At: noon})
		})
		if err != nil {
			t.Fatal(err)
		}
		if err := w.jobs.Drain(t.Context()); err != nil {
			t.Fatal(err)
		}
		got := w.inbox(t, "lin")
		if len(got) != 1 || got[0].Kind != "licence.suspended" || !got[0].Statutory || got[0].Path() != "/licences" || len(w.sent) != 1 {
			t.Errorf("messages: %+v, mails: %d", got, len(w.sent))
		}
	})
}

func TestNobodyReadsTheInboxOfAnother(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		w.moved(t, "accept", "lin")
		theirs := w.inbox(t, "lin")[0].ID
		if got := w.inbox(t, "zhou"); len(got) != 0 {
			t.Errorf("zhou reads %v", got)
		}
		if err := w.MarkRead(t.Context(), resident("zhou"), theirs); !errors.Is(err, notify.ErrNotFound) {
			t.Errorf("zhou marks lin's message: %v", err)
		}
		for _, p := range []auth.Principal{{}, {Kind: auth.Staff, ID: "lin", Roles: []string{auth.RoleAdministrator}}, {Kind: auth.Machine, ID: "lin"}} {
			if _, err := w.Inbox(t.Context(), p, ""); !errors.Is(err, policy.ErrDenied) {
				t.Errorf("%s reads an inbox: %v", p.Kind, err)
			}
		}
		if n, err := w.Unread(t.Context(), resident("lin")); n != 1 || err != nil {
			t.Errorf("unread: %d, %v", n, err)
		}
		if err := w.MarkRead(t.Context(), resident("lin"), theirs); err != nil {
			t.Fatal(err)
		}
		if n, _ := w.Unread(t.Context(), resident("lin")); n != 0 {
			t.Errorf("unread after reading: %d", n)
		}
	})
}

func TestInboxPagesByKey(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		for range 25 {
			w.moved(t, "submit", "lin")
		}
		first, err := w.Inbox(t.Context(), resident("lin"), "")
		if err != nil || len(first.Messages) != 20 || first.Next == "" {
			t.Fatalf("first page: %d, %q, %v", len(first.Messages), first.Next, err)
		}
		second, err := w.Inbox(t.Context(), resident("lin"), first.Next)
		if err != nil || len(second.Messages) != 5 || second.Next != "" {
			t.Fatalf("second page: %d, %q, %v", len(second.Messages), second.Next, err)
		}
	})
}
