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
	"github.com/tongban/tongban/internal/kit/fault"
	"github.com/tongban/tongban/internal/kit/id"
	"github.com/tongban/tongban/internal/kit/job"
	"github.com/tongban/tongban/internal/kit/mail"
	"github.com/tongban/tongban/internal/kit/policy"
	"github.com/tongban/tongban/internal/kit/sms"
	"github.com/tongban/tongban/internal/kit/webhook"
	"github.com/tongban/tongban/internal/notify"
)

// noon is 12:00 in China.
var noon = time.Date(2026, 11, 24, 4, 0, 0, 0, time.UTC)

// world is one database with the area in it and three-line fakes around it.
type world struct {
	db     *db.DB
	jobs   *job.Queue
	events *event.Log
	*notify.Service
	clock time.Time
	facts contract.CaseFacts
	duty  contract.Duty // the last that was asked about
	told  []contract.AccountID
	sent  []mail.Message
	short []sms.Message
	calls []webhook.Call
	fail  error
}

type mails struct{ *world }

func (w mails) Send(_ context.Context, m mail.Message) error {
	if w.fail == nil {
		w.sent = append(w.sent, m)
	}
	return w.fail
}

type shorts struct{ *world }

func (w shorts) Send(_ context.Context, m sms.Message) error {
	if w.fail == nil {
		w.short = append(w.short, m)
	}
	return w.fail
}

type hooks struct {
	*world
	*webhook.Sender
}

func (w hooks) Send(_ context.Context, c webhook.Call) error {
	if w.fail == nil {
		w.calls = append(w.calls, c)
	}
	return w.fail
}

func (w hooks) Check(address string) error { return w.Sender.Check(address) }

type names struct{}

func (names) Name(context.Context, contract.ItemID) (contract.Text, error) {
	return contract.Text{ZH: "卫生许可", EN: "Hygiene licence"}, nil
}

// addresses know lin by mail, zhao by telephone and zhou by both; chen by
// nothing, and nobody else at all.
type addresses struct{}

var errUnknown = fault.New(fault.NotFound, "x")

func (addresses) Email(_ context.Context, id contract.AccountID) (string, error) {
	switch id {
	case "lin", "zhou":
		return string(id) + "@example.org", nil
	case "zhao", "chen":
		return "", nil
	}
	return "", errUnknown
}

func (addresses) Phone(_ context.Context, id contract.AccountID) (string, error) {
	if id == "zhao" || id == "zhou" {
		return "13800000001", nil
	}
	return "", nil
}

// Recipients knows that zhou represents the salon and zhao its competitor; a
// person stands behind themself.
func (addresses) Recipients(_ context.Context, p contract.Party) ([]contract.AccountID, error) {
	switch p.ID {
	case "salon":
		return []contract.AccountID{"zhou"}, nil
	case "lin", "zhou", "zhao", "chen":
		return []contract.AccountID{contract.AccountID(p.ID)}, nil
	case "child":
		return []contract.AccountID{"chen", "zhao"}, nil
	}
	return nil, nil
}

func (w *world) Facts(_ context.Context, _ auth.Principal, id contract.CaseID) (contract.CaseFacts, error) {
	f := w.facts
	f.ID, f.Number, f.ItemName = id, "511602202611161023000482", contract.Text{ZH: "卫生许可"}
	if f.Operator == "" {
		f.Operator = "lin"
	}
	return f, nil
}

type plain struct{}

func (plain) Seal(field, text string) ([]byte, error) { return []byte(field + "\n" + text), nil }
func (plain) Open(field string, b []byte) (string, error) {
	return strings.TrimPrefix(string(b), field+"\n"), nil
}

func open(d *db.DB) *world {
	w := &world{db: d, clock: noon}
	now := func() time.Time { return w.clock }
	w.jobs = job.New(d, now, id.New, slog.New(slog.DiscardHandler))
	w.events = event.New(d, w.jobs, now, id.New)
	w.Service = notify.New(notify.Config{
		DB: d, Jobs: w.jobs, Policy: policy.Must(map[string]string{"notify": notify.Policies}),
		Items: names{}, Addresses: addresses{}, Recipients: addresses{}, Cases: w, Duties: w, Mail: mails{w}, SMS: shorts{w}, Hooks: hooks{w, webhook.New(nil)}, Seal: plain{},
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

// record records an event and works off what is due; it returns what failed.
func (w *world) record(t *testing.T, e event.Event) error {
	t.Helper()
	err := w.db.InTx(t.Context(), func(ctx context.Context, tx db.Tx) error {
		return w.events.Record(ctx, tx, event.Meta{Object: "case:C1"}, e)
	})
	if err != nil {
		t.Fatal(err)
	}
	return w.jobs.Drain(t.Context())
}

func (w *world) must(t *testing.T, e event.Event) {
	t.Helper()
	if err := w.record(t, e); err != nil {
		t.Fatal(err)
	}
}

func step(action string, to contract.AccountID) contract.CaseMoved {
	return contract.CaseMoved{Case: "C1", Number: "511602202611161023000482", Item: "I1", Action: action, Notify: to, Due: "2026-11-30", At: noon}
}

func (w *world) inbox(t *testing.T, who string) []notify.Message {
	t.Helper()
	page, err := w.Inbox(t.Context(), resident(who), "")
	if err != nil {
		t.Fatal(err)
	}
	return page.Messages
}

// ways lists the deliveries of a person's newest message.
func (w *world) ways(t *testing.T, who string) string {
	t.Helper()
	out := ""
	for _, d := range w.inbox(t, who)[0].Deliveries {
		out += string(d.Channel) + " " + d.State + " " + d.Class + "; "
	}
	return out
}

func resident(who string) auth.Principal { return auth.Principal{Kind: auth.Resident, ID: who} }

func TestEachStepThatConcernsTheApplicantIsTold(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		e         contract.CaseMoved
		kind      string
		statutory bool
	}{
		{contract.CaseMoved{Action: "submit"}, "submit", false},
		{contract.CaseMoved{Action: "accept"}, "accept", true},
		{contract.CaseMoved{Action: "deem", Deemed: true}, "deem", true},
		{contract.CaseMoved{Action: "correct"}, "correct", true},
		{contract.CaseMoved{Action: "pause"}, "pause", true},
		{contract.CaseMoved{Action: "approve"}, "approve", true},
		{contract.CaseMoved{Action: "deny"}, "deny", true},
		{contract.CaseMoved{Action: "grant"}, "grant", true},
		{contract.CaseMoved{Action: "withdraw"}, "withdraw", false},
		{contract.CaseMoved{Action: "withdraw", Deemed: true}, "lapse", true},
		{contract.CaseMoved{Action: "review"}, "", false},
		{contract.CaseMoved{Action: "take_up"}, "", false},
		{contract.CaseMoved{Action: "submit", Parent: "P"}, "", false}, // the bundle's own tells
		{contract.CaseMoved{Action: "deny", Parent: "P"}, "deny", true},
		{contract.CaseMoved{Action: "resume", Parent: "P"}, "resume", true},
		{contract.CaseMoved{Action: "withdraw", Parent: "P", Deemed: true}, "lapse", true},
		{contract.CaseMoved{Action: "rectified"}, "rectified", true},
		{contract.CaseMoved{Action: "correct_onsite"}, "correct_onsite", true},
		{contract.CaseMoved{Action: "take_back"}, "take_back", false},
		{contract.CaseMoved{Action: "release", Parent: "P"}, "release", false},
		{contract.CaseMoved{Action: "sum_up", To: "DECIDED_GRANT"}, "bundle.granted", false},
		{contract.CaseMoved{Action: "sum_up", From: "DECIDED_DENY", To: "COMPLETED"}, "", false},
	} {
		t.Run(tt.e.Action+tt.kind, func(t *testing.T) {
			t.Parallel()
			each(t, func(t *testing.T, w *world) {
				e := tt.e
				e.Case, e.Number, e.Item, e.Notify, e.At = "C1", "511602202611161023000482", "I1", "lin", noon
				w.must(t, e)
				got := w.inbox(t, "lin")
				if (len(got) == 1) != (tt.kind != "") || len(w.sent) != len(got) {
					t.Fatalf("messages: %v, mails: %d", got, len(w.sent))
				}
				if tt.kind != "" && (got[0].Kind != tt.kind || got[0].Statutory != tt.statutory || got[0].Read) {
					t.Errorf("message: %+v", got[0])
				}
			})
		})
	}
}

func TestWhatOtherAreasSayIsTold(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		e    event.Event
		who  string
		kind string
		path string
	}{
		{contract.SignatureAsked{Draft: "D", Signer: "spouse", Notify: "zhou", At: noon, Expires: noon.AddDate(0, 0, 7)}, "zhou", "sign.ask", "/signatures/D/spouse"},
		{contract.SignatureAsked{Draft: "D", Signer: "spouse", Notify: "zhou", Remind: true, At: noon}, "zhou", "sign.remind", "/signatures/D/spouse"},
		{contract.SignatureGiven{Draft: "D", Notify: "lin", At: noon}, "lin", "sign.given", "/drafts/D"},
		{contract.SignatureGiven{Draft: "D", Notify: "lin", Last: true, At: noon}, "lin", "sign.done", "/cases"},
		{contract.SignatureGiven{Draft: "D", Notify: "lin", Declined: true, At: noon}, "lin", "sign.declined", "/drafts/D"},
		{contract.SigningEnded{Draft: "D", Notify: "lin", Signers: []contract.AccountID{"zhou"}, At: noon}, "zhou", "sign.ended", "/signatures"},
		{contract.MessageSent{Case: "C1", Notify: "lin", At: noon}, "lin", "message", "/cases/C1/messages"},
		{contract.MandateChanged{State: "offered", Notify: "zhao", At: noon}, "zhao", "mandate.offered", "/account/mandates"},
		{contract.MandateChanged{State: "revoked", Notify: "zhao", At: noon}, "zhao", "mandate.revoked", "/account/mandates"},
		{contract.MaterialDue{Case: "C1", Notify: "lin", Due: "2026-11-30", At: noon}, "lin", "material.due", "/cases/C1"},
		{contract.MaterialDue{Case: "C1", Notify: "lin", Due: "2026-11-30", Passed: true, At: noon}, "lin", "material.passed", "/cases/C1"},
		{contract.WithdrawalAnswered{Case: "C1", Notify: "lin", Result: "granted", At: noon}, "lin", "withdrawal.granted", "/cases/C1/withdrawal"},
		{contract.ObjectionAnswered{Case: "C1", Notify: "lin", Result: "changed", At: noon}, "lin", "objection.changed", "/cases/C1/objection"},
		{contract.DeadlineMoved{Case: "C1", Notify: "lin", To: "2026-12-01", At: noon}, "lin", "deadline", "/cases/C1"},
		{contract.CaseRehandled{Case: "C1", Notify: "lin", Earlier: true, Due: "2026-12-01", At: noon}, "lin", "move.earlier", "/cases/C1"},
		{contract.CaseRehandled{Case: "C1", Notify: "lin", Asked: []contract.AgencyID{"fire"}, At: noon}, "lin", "move.units", "/cases/C1"},
		{contract.CaseRehandled{Case: "C1", Notify: "lin", Earlier: true, Released: []contract.AgencyID{"fire"}, Due: "2026-12-01", At: noon}, "lin", "move.both", "/cases/C1"},
		{contract.LicenceIssued{Licence: "L", Case: "C1", At: noon}, "lin", "licence", "/licences/L"},
		{contract.BarLifted{Case: "C1", Notify: "lin", At: noon}, "lin", "bar.lifted", "/cases/bars"},
		{contract.LicenceIssued{Licence: "L", Case: "C1", Effect: contract.LicenceChange, At: noon}, "lin", "licence.change", "/licences/L"},
		{contract.LicenceChanged{Licence: "L", Case: "C1", To: "suspended", At: noon}, "lin", "licence.suspended", "/licences/L"},
		{contract.LicenceChanged{Licence: "L", Case: "C1", To: "deemed", At: noon}, "lin", "licence.deemed", "/licences/L"},
		{contract.LicenceChanged{Licence: "L", Case: "C1", To: "superseded", At: noon}, "lin", "", ""}, // the new version tells
		{contract.LicenceExpiring{Licence: "L", Case: "C1", LastDay: "2026-12-24", Left: 30, At: noon}, "lin", "licence.expiring", "/licences/L"},
		{contract.MessageSent{Case: "C1", At: noon}, "lin", "", ""}, // to the agency
	} {
		t.Run(tt.e.EventName()+" "+tt.kind, func(t *testing.T) {
			t.Parallel()
			each(t, func(t *testing.T, w *world) {
				w.must(t, tt.e)
				got := w.inbox(t, tt.who)
				if tt.kind == "" {
					if len(got) != 0 {
						t.Errorf("told %+v", got)
					}
					return
				}
				if len(got) != 1 || got[0].Kind != tt.kind || got[0].Path() != tt.path {
					t.Errorf("messages %+v", got)
				}
			})
		})
	}
}

func TestAnAgentsPrincipalIsToldToo(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		w.facts = contract.CaseFacts{Operator: "zhao", Applicant: contract.Party{Kind: "person", ID: "zhou"}}
		w.must(t, step("accept", "zhao"))
		if a, b := w.inbox(t, "zhao"), w.inbox(t, "zhou"); len(a) != 1 || len(b) != 1 || a[0].ID == b[0].ID {
			t.Errorf("agent %v, principal %v", a, b)
		}
		w.facts.Applicant.ID = "ward-1" // a child has no account
		w.must(t, step("approve", "zhao"))
		if got := w.inbox(t, "zhao"); len(got) != 2 {
			t.Errorf("guardian %v", got)
		}
		if got := w.inbox(t, "ward-1"); len(got) != 0 {
			t.Errorf("ward %v", got)
		}
	})
}

func TestMailSaysWhatTheInboxSaysAndNothingOfAPerson(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		w.must(t, step("accept", "lin"))
		m := w.sent[0]
		if m.To != "lin@example.org" || !strings.Contains(m.Subject, "notify.subject.accept") ||
			!strings.Contains(m.Text, "https://example.org/cases/C1") || !strings.Contains(m.Text, "notify.body.accept") {
			t.Errorf("mail: %+v", m)
		}
		if strings.Contains(m.Text, "511602") || !strings.Contains(m.Text, "0482") {
			t.Errorf("the mail has more than the end of the number: %s", m.Text)
		}
		if m.ID != w.inbox(t, "lin")[0].ID || !strings.Contains(m.Text, "zh-CN ") || !strings.Contains(m.Text, "en ") {
			t.Errorf("mail %s", m.Text)
		}
		c := notify.Standard()
		c.Locale = "en"
		if err := w.Choose(t.Context(), resident("lin"), c); err != nil {
			t.Fatal(err)
		}
		w.must(t, step("accept", "lin"))
		if strings.Contains(w.sent[1].Text, "zh-CN") || !strings.HasPrefix(w.sent[1].Subject, "en ") {
			t.Errorf("the mail is not in English alone: %s", w.sent[1].Text)
		}
	})
}

func TestAnAddressThatRefusesIsNotTriedAgain(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		w.fail = mail.ErrRefused
		w.must(t, step("accept", "lin"))
		if got := w.ways(t, "lin"); got != "mail refused refused; " {
			t.Errorf("ways: %s", got)
		}
		w.fail = nil
		w.must(t, step("submit", "chen")) // has no address
		if got := w.ways(t, "chen"); got != "" || len(w.sent) != 0 {
			t.Errorf("ways: %s, sent %d", got, len(w.sent))
		}
	})
}

// TestEachDeliveryHappensOnceHoweverOftenItIsTried: the provider is down twice,
// the event is delivered twice, and one message arrives by each channel.
func TestEachDeliveryHappensOnceHoweverOftenItIsTried(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		w.fail = errors.New("connection refused")
		for range 2 {
			if err := w.record(t, step("accept", "zhou")); err == nil {
				t.Fatal("the failed attempts were not reported")
			}
		}
		if got := w.ways(t, "zhou"); got != "mail waiting connection; sms waiting connection; " {
			t.Errorf("ways: %s", got)
		}
		for range 4 {
			w.clock = w.clock.Add(time.Minute)
			if w.clock.Sub(noon) > 2*time.Minute {
				w.fail = nil
			}
			_ = w.jobs.Drain(t.Context())
		}
		ids := map[string]int{}
		for _, m := range w.sent {
			ids["mail "+m.ID]++
		}
		for _, m := range w.short {
			ids["sms "+m.ID]++
		}
		if len(ids) != 4 || len(w.sent) != 2 || len(w.short) != 2 {
			t.Errorf("sent %v", ids)
		}
		if got := w.ways(t, "zhou"); got != "mail sent ; sms sent ; " {
			t.Errorf("ways: %s", got)
		}
	})
}

func TestADeliveryIsGivenUpAndAnOperatorTriesAgain(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		w.fail = context.DeadlineExceeded
		_ = w.record(t, step("accept", "lin"))
		for range 12 {
			w.clock = w.clock.Add(3 * time.Hour)
			_ = w.jobs.Drain(t.Context())
		}
		if got := w.ways(t, "lin"); got != "mail given_up timeout; " {
			t.Fatalf("ways: %s", got)
		}
		operator := auth.Principal{Kind: auth.Staff, ID: "op", Roles: []string{auth.RoleAdministrator}}
		list, err := w.Failures(t.Context(), operator)
		if err != nil || len(list) != 1 || list[0].Kind != "accept" || list[0].Tries != 10 {
			t.Fatalf("failures %+v, %v", list, err)
		}
		if _, err := w.Failures(t.Context(), resident("lin")); !errors.Is(err, policy.ErrDenied) {
			t.Errorf("a resident sees failures: %v", err)
		}
		w.fail = nil
		if err := w.Retry(t.Context(), operator, list[0].Message, list[0].Channel); err != nil {
			t.Fatal(err)
		}
		if err := w.jobs.Drain(t.Context()); err != nil || len(w.sent) != 1 {
			t.Errorf("sent %d, %v", len(w.sent), err)
		}
		if err := w.Retry(t.Context(), operator, list[0].Message, list[0].Channel); !errors.Is(err, notify.ErrNotFound) {
			t.Errorf("retried what arrived: %v", err)
		}
	})
}

func TestNobodyReadsTheInboxOfAnother(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		w.must(t, step("accept", "lin"))
		theirs := w.inbox(t, "lin")[0].ID
		if got := w.inbox(t, "zhou"); len(got) != 0 {
			t.Errorf("zhou reads %v", got)
		}
		if page, err := w.Inbox(t.Context(), auth.Principal{Kind: auth.Staff, ID: "admin", Roles: []string{auth.RoleAdministrator}}, ""); err != nil || len(page.Messages) != 0 {
			t.Errorf("an administrator reads %v, %v", page.Messages, err)
		}
		if err := w.MarkRead(t.Context(), resident("zhou"), theirs); !errors.Is(err, notify.ErrNotFound) {
			t.Errorf("zhou marks lin's message: %v", err)
		}
		for _, p := range []auth.Principal{{}, {Kind: auth.Machine, ID: "lin"}} {
			if _, err := w.Inbox(t.Context(), p, ""); !errors.Is(err, policy.ErrDenied) {
				t.Errorf("%s reads an inbox: %v", p.Kind, err)
			}
			if _, err := w.Choices(t.Context(), p); !errors.Is(err, policy.ErrDenied) {
				t.Errorf("%s reads choices: %v", p.Kind, err)
			}
			if err := w.Choose(t.Context(), p, notify.Standard()); !errors.Is(err, policy.ErrDenied) {
				t.Errorf("%s chooses: %v", p.Kind, err)
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

func TestABundleGoesOutOnceAndItsPartsGoIntoTheInbox(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		w.facts = contract.CaseFacts{Applicant: contract.Party{Kind: "person", ID: "lin"}, Parent: "P"}
		for _, action := range []string{"accept", "approve", "deny", "pause"} {
			e := step(action, "lin")
			e.Parent = "P"
			w.must(t, e)
		}
		w.must(t, contract.LicenceIssued{Licence: "L", Case: "C1", At: noon})
		if got := w.inbox(t, "lin"); len(got) != 5 {
			t.Errorf("%d messages in the inbox", len(got))
		}
		if len(w.sent) != 2 { // the denial and the pause: something to know at once
			t.Errorf("%d mails: %v", len(w.sent), w.sent)
		}
	})
}

func TestWhoStandsBehindTheApplicantIsToldWhatTheLawDemands(t *testing.T) {
	t.Parallel()
	salon, child := contract.Party{Kind: "company", ID: "salon"}, contract.Party{Kind: "person", ID: "child"}
	expiring := contract.LicenceExpiring{Licence: "L", Case: "C1", LastDay: "2026-12-24", Left: 30, At: noon}
	gone := contract.LicenceChanged{Licence: "L", Case: "C1", To: "withdrawn", At: noon}
	for _, tt := range []struct {
		name  string
		party contract.Party
		e     event.Event
		told  []string
		not   []string
	}{
		{"statutory, company", salon, step("deny", "lin"), []string{"lin", "zhou"}, []string{"zhao"}},
		{"progress, company", salon, step("submit", "lin"), []string{"lin"}, []string{"zhou"}},
		{"statutory, ward", child, step("revoke", "lin"), []string{"lin", "chen", "zhao"}, nil},
		{"progress, ward", child, step("submit", "chen"), []string{"chen"}, []string{"zhao"}},
		{"progress, filed by an agent", contract.Party{Kind: "person", ID: "zhou"}, step("submit", "zhao"), []string{"zhao", "zhou"}, nil},
		{"a licence runs out, company", salon, expiring, []string{"zhou"}, []string{"lin"}},
		{"a licence runs out, nobody known", contract.Party{Kind: "company", ID: "?"}, expiring, []string{"lin"}, nil},
		{"a licence is withdrawn", salon, gone, []string{"lin", "zhou"}, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			each(t, func(t *testing.T, w *world) {
				w.facts = contract.CaseFacts{Applicant: tt.party}
				w.must(t, tt.e)
				for _, who := range tt.told {
					if len(w.inbox(t, who)) != 1 {
						t.Errorf("%s has %d messages", who, len(w.inbox(t, who)))
					}
				}
				for _, who := range tt.not {
					if len(w.inbox(t, who)) != 0 {
						t.Errorf("%s was told", who)
					}
				}
			})
		})
	}
}

func TestThePauseTellsItsOwnEndAndTheRevocationItsAgency(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		w.facts = contract.CaseFacts{Applicant: contract.Party{Kind: "person", ID: "lin"}, AgencyName: contract.Text{ZH: "审批局", EN: "Approval Bureau"}}
		e := step("pause", "lin")
		e.Until = "2026-12-31"
		w.must(t, e)
		if got := w.inbox(t, "lin")[0].Due; got != "2026-12-31" {
			t.Errorf("the pause ends on %q", got)
		}
		w.must(t, step("revoke", "lin"))
		if body := w.Body("en", w.inbox(t, "lin")[0]); !strings.Contains(body, "Approval Bureau") {
			t.Error(body)
		}
	})
}
