package casework

import (
	"encoding/json"
	"slices"
	"testing"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/auth"
)

func (w *world) told(t *testing.T, what string, d contract.Duty, want ...contract.AccountID) {
	t.Helper()
	got, err := w.Told(t.Context(), d)
	must(t, err)
	if slices.Sort(want); !slices.Equal(got, want) {
		t.Errorf("%s: told %q, want %q", what, got, want)
	}
}

// What falls to an official is told to that official, or to who answers for the
// agency where nobody has it; never to who is kept from the case.
func TestADutyIsToldToWhoHasIt(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		w.staffed()
		ctx := t.Context()
		c := w.act(t, clerk, w.file(t, "a", hygiene), Action{Name: actAccept})
		duty := func(kind string, who ...contract.AccountID) contract.Duty {
			d := contract.Duty{Kind: kind, Case: c.ID, Agency: c.Agency}
			if len(who) > 0 {
				d.Handler = who[0]
			}
			return d
		}
		w.told(t, "a card of the clerk", duty(contract.DutyCard, "clerk"), "clerk")
		w.told(t, "a red one", duty(contract.DutyRedCard, "clerk"), "clerk", "head")
		w.told(t, "a card that nobody has", duty(contract.DutyCard), "head")
		w.told(t, "a card of who left", duty(contract.DutyCard, "gone"), "head")
		w.told(t, "a case in one's hands", duty(contract.DutyHands, "reviewer1"), "reviewer1")
		w.told(t, "an opinion is late and nobody holds the case", duty(contract.DutyOverdue), "head")
		_, err := w.Claim(ctx, reviewer1, c.ID)
		must(t, err)
		w.told(t, "an opinion is late", duty(contract.DutyOverdue), "reviewer1")

		x, err := w.AskWithdrawal(ctx, lin, c.ID, NewRecusal{Official: acc(clerk), Reason: "他是竞争对手的亲属。"})
		must(t, err)
		asked := contract.Duty{Kind: contract.DutyWithdrawal, Case: c.ID, Agency: c.Agency, Of: x.ID}
		w.told(t, "a request to withdraw", asked, "head")
		w.staffed(clerk, reviewer1, approver, approver2)
		w.told(t, "where there is no head, who approves", duty(contract.DutyCard), "approver", "approver2")
		w.staffed()
		must(t, w.Declare(ctx, head, c.ID, "申请人是我的亲属，应当回避。"))
		w.told(t, "the head is kept from the case", asked, "approver", "approver2")
		w.told(t, "nor is told of a card", duty(contract.DutyRedCard, "head"), "approver", "approver2")
		w.c.Colleagues = nil
		w.told(t, "nobody is known", duty(contract.DutyCard, "clerk"))
	})
}

// Who stands in for somebody who is absent is told with them; where nobody stands in,
// who answers for the agency is.
func TestWhoStandsInIsToldToo(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		w.staffed()
		c := w.act(t, clerk, w.file(t, "a", hygiene), Action{Name: actAccept})
		card := contract.Duty{Kind: contract.DutyCard, Case: c.ID, Agency: c.Agency, Handler: "clerk"}
		a := w.away(t, clerk, absence("2026-11-17", "2026-11-18", acc(clerk2)))
		w.told(t, "before the absence", card, "clerk")
		w.clock.to("2026-11-17")
		w.told(t, "with a deputy", card, "clerk", "clerk2")
		must(t, w.SetDeputy(t.Context(), clerk, a.ID, ""))
		w.told(t, "without one", card, "clerk", "head")
		w.clock.to("2026-11-19")
		w.told(t, "back again", card, "clerk")
	})
}

// An opinion is asked of those who may give it where they are few; where they are
// many, of who gives it to one of them; once one gave it, of that one.
func TestAnOpinionIsAskedOfAFew(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		w.staffed()
		c := w.act(t, clerk, w.file(t, "a", joint), Action{Name: actAccept})
		units, err := w.Units(t.Context(), head, c.ID)
		must(t, err)
		i := slices.IndexFunc(units, func(u Unit) bool { return u.State == UnitOpen && string(u.Agency) == fireman.Agency })
		if i < 0 {
			t.Fatalf("no opinion is asked: %+v", units)
		}
		asked := contract.Duty{Kind: contract.DutyOpinion, Case: c.ID, Agency: units[i].Agency, Of: units[i].ID}
		w.told(t, "one may give it", asked, "fireman")
		more := everyColleague()
		for _, n := range []string{"f2", "f3", "f4"} {
			p := staff(n, auth.RoleReviewer)
			p.Agency, p.Division = fireman.Agency, fireman.Division
			more = append(more, p)
		}
		w.staffed(more...)
		w.told(t, "four may", asked, "firechief")
		w.staffed(firechief)
		w.told(t, "nobody may", asked, "firechief")
		w.staffed(more...)
		must(t, w.Opine(t.Context(), fireman, c.ID, units[i].ID, Answer{Opinion: OpinionAgree, Note: "同意"}))
		w.told(t, "asked again", asked, "fireman")
	})
}

// What is told names the card, so that a notice leads to it.
func TestCardsAndOpinionsAreNamedInTheirEvents(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		w.staffed()
		c := w.act(t, clerk, w.file(t, "a", joint), Action{Name: actAccept})
		w.clock.to("2026-12-31")
		w.drain(t)
		cards, err := w.Cards(t.Context(), supervisor, c.ID)
		must(t, err)
		ids := map[string]Record{}
		for _, r := range cards {
			ids[r.ID] = r
		}
		n := 0
		list, err := w.events.Of(t.Context(), "case:"+string(c.ID))
		must(t, err)
		for _, e := range list {
			switch e.Name {
			case contract.SupervisionRaised{}.EventName():
				var x contract.SupervisionRaised
				must(t, json.Unmarshal(e.Body, &x))
				if r, ok := ids[x.Card]; !ok || string(x.Handler) != r.HandlerID || x.ExplainBy != r.ExplainBy.String() {
					t.Errorf("%+v of %+v", x, r)
				}
				n++
			case contract.UnitTask{}.EventName():
				var x contract.UnitTask
				must(t, json.Unmarshal(e.Body, &x))
				if x.Name.ZH == "" || x.Task.ZH == "" {
					t.Errorf("%+v", x)
				}
			}
		}
		if n == 0 || n != len(cards) {
			t.Errorf("%d events of %d cards", n, len(cards))
		}
	})
}
