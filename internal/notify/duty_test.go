package notify_test

import (
	"context"
	"testing"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/auth"
	"github.com/tongban/tongban/internal/kit/db"
	"github.com/tongban/tongban/internal/kit/event"
	"github.com/tongban/tongban/internal/notify"
)

// Told gives every duty to those whom the test names.
func (w *world) Told(_ context.Context, d contract.Duty) ([]contract.AccountID, error) {
	w.duty = d
	return w.told, nil
}

func official(who string) auth.Principal {
	return auth.Principal{Kind: auth.Staff, ID: who, Roles: []string{auth.RoleClerk}, Agency: "bureau"}
}

func (w *world) desk(t *testing.T, who string) []notify.Message {
	t.Helper()
	page, err := w.Inbox(t.Context(), official(who), "")
	if err != nil {
		t.Fatal(err)
	}
	return page.Messages
}

// by records an event of an official and works off what is due.
func (w *world) by(t *testing.T, who string, e event.Event) {
	t.Helper()
	if err := w.db.InTx(t.Context(), func(ctx context.Context, tx db.Tx) error {
		return w.events.Record(ctx, tx, event.Meta{Actor: official(who), Object: "case:C1"}, e)
	}); err != nil {
		t.Fatal(err)
	}
	if err := w.jobs.Drain(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func TestOfficialsAreToldWhatFallsToThem(t *testing.T) {
	t.Parallel()
	unit := func(change string) contract.UnitTask {
		return contract.UnitTask{
			Case: "C1", Item: "I1", Lead: "bureau", Unit: "fire", Agency: "brigade", Change: change, Due: "2026-12-01", At: noon,
			Name: contract.Text{ZH: "消防大队", EN: "Fire brigade"}, Task: contract.Text{ZH: "消防意见", EN: "Fire safety"},
		}
	}
	card := contract.SupervisionRaised{Case: "C1", Agency: "bureau", Rule: "legal", Light: "yellow", Card: "K1", Handler: "clerk", ExplainBy: "2026-11-26", At: noon}
	red, theirs, unnamed := card, card, card
	red.Light, theirs.Unit, theirs.Handler, unnamed.Card = "red", "brigade", "", ""
	held := contract.CaseHeld{Case: "C1", Agency: "bureau", To: "clerk", Why: contract.HeldAssigned, At: noon}
	handed, rule, queue := held, held, held
	handed.Why, rule.Why, queue.Why, queue.To = contract.HeldHanded, contract.HeldRule, contract.HeldReleased, ""
	for _, tt := range []struct {
		name  string
		e     event.Event
		duty  contract.Duty
		kind  string
		place string
		due   string
	}{
		{"a yellow card", card, contract.Duty{Kind: contract.DutyCard, Case: "C1", Agency: "bureau", Handler: "clerk"}, "duty.card.yellow", "/staff/cards/K1", "2026-11-26"},
		{"a red card", red, contract.Duty{Kind: contract.DutyRedCard, Case: "C1", Agency: "bureau", Handler: "clerk"}, "duty.card.red", "/staff/cards/K1", "2026-11-26"},
		{"a card of another agency", theirs, contract.Duty{Kind: contract.DutyCard, Case: "C1", Agency: "brigade"}, "duty.card.yellow", "/staff/cards/K1", "2026-11-26"},
		{"a card from before they were named", unnamed, contract.Duty{}, "", "", ""},
		{
			"an objection",
			contract.ObjectionMade{Case: "C1", Agency: "bureau", Objection: "O1", Due: "2026-12-01", At: noon},
			contract.Duty{Kind: contract.DutyObjection, Case: "C1", Agency: "bureau", Of: "O1"},
			"duty.objection", "/staff/objections/O1", "2026-12-01",
		},
		{"an opinion is asked", unit("sent"), contract.Duty{Kind: contract.DutyOpinion, Case: "C1", Agency: "brigade", Of: "fire"}, "duty.opinion", "/staff/cases/C1/units/fire", "2026-12-01"},
		{"an opinion is late", unit("late"), contract.Duty{Kind: contract.DutyOverdue, Case: "C1", Agency: "bureau", Of: "fire"}, "duty.overdue", "/staff/cases/C1", "2026-12-01"},
		{"an opinion is given", unit("answered"), contract.Duty{}, "", "", ""},
		{"an opinion is recalled", unit("recalled"), contract.Duty{}, "", "", ""},
		{
			"a request to withdraw",
			contract.WithdrawalAsked{Case: "C1", Agency: "bureau", Request: "R1", Due: "2026-12-01", At: noon},
			contract.Duty{Kind: contract.DutyWithdrawal, Case: "C1", Agency: "bureau", Of: "R1"},
			"duty.withdrawal", "/staff/withdrawals/R1", "2026-12-01",
		},
		{"assigned", held, contract.Duty{Kind: contract.DutyHands, Case: "C1", Agency: "bureau", Handler: "clerk"}, "duty.assigned", "/staff/cases/C1", ""},
		{"handed over", handed, contract.Duty{Kind: contract.DutyHands, Case: "C1", Agency: "bureau", Handler: "clerk"}, "duty.handed", "/staff/cases/C1", ""},
		{"given out by a rule", rule, contract.Duty{}, "", "", ""},
		{"put back", queue, contract.Duty{}, "", "", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			each(t, func(t *testing.T, w *world) {
				w.told = []contract.AccountID{"clerk", "deputy", "clerk"}
				w.by(t, "head", tt.e)
				if w.duty != tt.duty {
					t.Errorf("asked who has %+v, want %+v", w.duty, tt.duty)
				}
				for _, who := range []string{"clerk", "deputy"} {
					list := w.desk(t, who)
					if tt.kind == "" && len(list) > 0 || tt.kind != "" && len(list) != 1 {
						t.Fatalf("%s is told %+v", who, list)
					}
					if tt.kind == "" {
						continue
					}
					m := list[0]
					if m.Kind != tt.kind || m.Path() != tt.place || m.Due != tt.due || m.Statutory || m.Item.ZH != "卫生许可" || m.Subject != who {
						t.Errorf("%s is told %+v", who, m)
					}
				}
				if len(w.inbox(t, "lin")) > 0 || len(w.calls) > 0 || len(w.sent) > 0 {
					t.Error("the applicant, a webhook or mail tells what is for officials")
				}
			})
		})
	}
}

// Who does a thing knows of it.
func TestNobodyIsToldWhatTheyDidThemselves(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		w.told = []contract.AccountID{"clerk", "deputy"}
		w.by(t, "deputy", contract.CaseHeld{Case: "C1", Agency: "bureau", To: "clerk", Why: contract.HeldHanded, At: noon})
		if len(w.desk(t, "clerk")) != 1 || len(w.desk(t, "deputy")) != 0 {
			t.Errorf("the deputy who hands over is told %+v", w.desk(t, "deputy"))
		}
	})
}

// Mail to officials goes out once they ask for it, and once.
func TestOfficialsGetMailWhenTheyAskForIt(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		w.told = []contract.AccountID{"lin"} // an account with an address
		e := contract.CaseHeld{Case: "C1", Agency: "bureau", To: "lin", Why: contract.HeldAssigned, At: noon}
		w.by(t, "head", e)
		if len(w.sent) != 0 {
			t.Fatalf("mail that nobody asked for: %+v", w.sent)
		}
		c := notify.Standard()
		c.On = map[notify.Channel][]notify.Group{notify.Mail: {notify.Hands, notify.Progress}}
		if err := w.Choose(t.Context(), official("lin"), c); err != nil {
			t.Fatal(err)
		}
		w.by(t, "head", e)
		w.by(t, "head", contract.ObjectionMade{Case: "C1", Agency: "bureau", Objection: "O1", At: noon})
		if len(w.sent) != 1 || len(w.desk(t, "lin")) != 3 {
			t.Errorf("%d letters, %d messages", len(w.sent), len(w.desk(t, "lin")))
		}
		if v, err := w.Choices(t.Context(), official("lin")); err != nil || len(v.On[notify.Mail]) != 1 {
			t.Errorf("kept: %+v, %v", v.On, err)
		}
		for _, p := range []auth.Principal{resident("zhou"), official("clerk")} {
			if err := w.MarkRead(t.Context(), p, w.desk(t, "lin")[0].ID); err == nil {
				t.Errorf("%s marks what another was told", p.ID)
			}
		}
	})
}
