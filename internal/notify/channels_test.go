package notify_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/auth"
	"github.com/tongban/tongban/internal/kit/fault"
	"github.com/tongban/tongban/internal/kit/policy"
	"github.com/tongban/tongban/internal/kit/webhook"
	"github.com/tongban/tongban/internal/notify"
)

func TestStatutoryNoticesGoOutWhateverWasChosen(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		c := notify.Standard()
		c.Off = map[notify.Channel][]notify.Group{notify.Mail: notify.Groups(), notify.SMS: notify.Groups(), notify.Webhook: notify.Groups()}
		for who, want := range map[string]string{"lin": "mail sent ; ", "zhao": "sms sent ; ", "zhou": "mail sent ; ", "chen": ""} {
			if err := w.Choose(t.Context(), resident(who), c); err != nil {
				t.Fatal(err)
			}
			w.must(t, step("deny", contract.AccountID(who)))
			if got := w.ways(t, who); got != want {
				t.Errorf("%s: %q, want %q", who, got, want)
			}
			w.must(t, step("submit", contract.AccountID(who)))
			if got := w.ways(t, who); got != "" {
				t.Errorf("%s is told what they switched off: %q", who, got)
			}
		}
		v, err := w.Choices(t.Context(), resident("zhao"))
		if err != nil || v.Locked() != notify.SMS || v.Phone != "138****0001" || v.Wants(notify.Mail, notify.Progress) {
			t.Errorf("choices %+v, %v", v, err)
		}
		if err := w.Choose(t.Context(), resident("lin"), notify.Choices{Locale: "fr"}); !errors.Is(err, notify.ErrLocale) {
			t.Errorf("French: %v", err)
		}
	})
}

func TestShortMessagesWaitForTheMorningAndMailDoesNot(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		w.clock = time.Date(2026, 11, 24, 14, 30, 0, 0, time.UTC) // 22:30 in China
		w.must(t, step("accept", "zhou"))
		if got := w.ways(t, "zhou"); got != "mail sent ; sms waiting ; " || len(w.inbox(t, "zhou")) != 1 {
			t.Errorf("at night: %s", got)
		}
		w.clock = time.Date(2026, 11, 24, 23, 59, 0, 0, time.UTC) // 07:59
		if err := w.jobs.Drain(t.Context()); err != nil || len(w.short) != 0 {
			t.Errorf("before the morning: %d, %v", len(w.short), err)
		}
		w.clock = time.Date(2026, 11, 25, 0, 0, 0, 0, time.UTC) // 08:00
		if err := w.jobs.Drain(t.Context()); err != nil || len(w.short) != 1 {
			t.Errorf("in the morning: %d, %v", len(w.short), err)
		}
	})
}

func TestARetryAtNightWaits(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		w.clock = time.Date(2026, 11, 24, 13, 59, 50, 0, time.UTC) // 21:59:50
		w.fail = errors.New("down")
		_ = w.record(t, step("submit", "zhao"))
		w.fail = nil
		w.clock = w.clock.Add(time.Hour)
		if err := w.jobs.Drain(t.Context()); err != nil || len(w.short) != 0 {
			t.Errorf("at night: %d, %v", len(w.short), err)
		}
		w.clock = time.Date(2026, 11, 25, 0, 0, 1, 0, time.UTC)
		if err := w.jobs.Drain(t.Context()); err != nil || len(w.short) != 1 {
			t.Errorf("in the morning: %d, %v", len(w.short), err)
		}
	})
}

func TestACompanysWebhookIsSignedAndGetsEachOnce(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		company := resident("lin")
		company.For = auth.Acting{Kind: auth.ForCompany, ID: "co-1"}
		limited := company
		limited.For.Items = []string{"I1"}
		if _, err := w.SetHook(t.Context(), limited, "https://example.org/h"); !errors.Is(err, policy.ErrDenied) {
			t.Errorf("a limited operator: %v", err)
		}
		for _, address := range []string{"http://example.org/", "https://127.0.0.1/", "https://10.0.0.1/", "x"} {
			if _, err := w.SetHook(t.Context(), company, address); fault.KindOf(err) != fault.Invalid {
				t.Errorf("%s: %v", address, err)
			}
		}
		secret, err := w.SetHook(t.Context(), company, " https://example.org/h ")
		if err != nil || len(secret) != 64 {
			t.Fatalf("%q, %v", secret, err)
		}
		w.facts = contract.CaseFacts{Applicant: contract.Party{Kind: "company", ID: "co-1"}}
		w.must(t, step("accept", "lin"))
		w.must(t, contract.SignatureGiven{Draft: "D", Notify: "lin", At: noon}) // hers, not the company's
		if len(w.calls) != 1 || w.calls[0].URL != "https://example.org/h" || w.calls[0].Secret != secret ||
			w.calls[0].ID == "" || !strings.Contains(string(w.calls[0].Body), `"kind":"accept"`) {
			t.Errorf("calls %+v", w.calls)
		}
		if class, err := w.TestHook(t.Context(), company); err != nil || class != "" || len(w.calls) != 2 {
			t.Errorf("test: %q, %v", class, err)
		}
		w.fail = &webhook.StatusError{Code: 500}
		if class, err := w.TestHook(t.Context(), company); err != nil || class != "answer" {
			t.Errorf("failed test: %q, %v", class, err)
		}
		w.fail = nil
		h, err := w.Hook(t.Context(), company)
		if err != nil || len(h.Recent) != 1 || h.Recent[0].State != notify.Sent {
			t.Errorf("hook %+v, %v", h, err)
		}
		if _, err := w.Hook(t.Context(), resident("zhou")); !errors.Is(err, notify.ErrNotFound) {
			t.Errorf("zhou's: %v", err)
		}
		if err := w.DropHook(t.Context(), company); err != nil {
			t.Fatal(err)
		}
		w.must(t, step("approve", "lin"))
		if len(w.calls) != 2 {
			t.Errorf("posted after it was dropped: %d", len(w.calls))
		}
	})
}

func TestQuietHours(t *testing.T) {
	t.Parallel()
	at := func(s string) time.Time {
		v, err := time.ParseInLocation("2006-01-02 15:04", s, time.FixedZone("CST", 8*3600))
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	over := notify.Choices{Quiet: true, From: 22 * 60, To: 8 * 60}
	day := notify.Choices{Quiet: true, From: 12 * 60, To: 14 * 60}
	for _, tt := range []struct {
		name      string
		c         notify.Choices
		ch        notify.Channel
		now, want string
	}{
		{"before", over, notify.SMS, "2026-11-24 21:59", "2026-11-24 21:59"},
		{"begins", over, notify.SMS, "2026-11-24 22:00", "2026-11-25 08:00"},
		{"before midnight", over, notify.Webhook, "2026-11-24 23:59", "2026-11-25 08:00"},
		{"after midnight", over, notify.SMS, "2026-11-25 00:00", "2026-11-25 08:00"},
		{"ends", over, notify.SMS, "2026-11-25 08:00", "2026-11-25 08:00"},
		{"over the end of a year", over, notify.SMS, "2026-12-31 23:00", "2027-01-01 08:00"},
		{"on a holiday as ever", over, notify.SMS, "2026-10-01 09:00", "2026-10-01 09:00"},
		{"mail does not ring", over, notify.Mail, "2026-11-24 23:00", "2026-11-24 23:00"},
		{"within a day", day, notify.SMS, "2026-11-24 13:00", "2026-11-24 14:00"},
		{"outside it", day, notify.SMS, "2026-11-24 23:00", "2026-11-24 23:00"},
		{"switched off", notify.Choices{From: 22 * 60, To: 8 * 60}, notify.SMS, "2026-11-24 23:00", "2026-11-24 23:00"},
		{"no hours", notify.Choices{Quiet: true}, notify.SMS, "2026-11-24 00:00", "2026-11-24 00:00"},
	} {
		if got := tt.c.When(tt.ch, at(tt.now)); !got.Equal(at(tt.want)) {
			t.Errorf("%s: %s", tt.name, got)
		}
	}
	for s, ok := range map[string]bool{"22:00": true, "00:00": true, "23:59": true, "24:00": false, "8": false, "-1:00": false, "a:b": false, "": false} {
		if _, err := notify.ParseClock(s); (err == nil) != ok {
			t.Errorf("%q: %v", s, err)
		}
	}
	if !slices.Equal(notify.Channels(), []notify.Channel{notify.Mail, notify.SMS, notify.Webhook}) {
		t.Error("channels")
	}
}

func TestInboxPagesByKey(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		for range 25 {
			w.must(t, step("submit", "lin"))
		}
		first, err := w.Inbox(t.Context(), resident("lin"), "")
		if err != nil || len(first.Messages) != 20 || first.Next == "" || len(first.Messages[19].Deliveries) != 1 {
			t.Fatalf("first page: %d, %q, %v", len(first.Messages), first.Next, err)
		}
		second, err := w.Inbox(t.Context(), resident("lin"), first.Next)
		if err != nil || len(second.Messages) != 5 || second.Next != "" {
			t.Fatalf("second page: %d, %q, %v", len(second.Messages), second.Next, err)
		}
	})
}
