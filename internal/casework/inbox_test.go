package casework

import (
	"testing"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/auth"
)

// What inquiries ask stands in the inbox where the official may see the case, today's
// appointments apart; what is due now counts.
func TestTheInboxHasWhatInquiriesAsk(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		w.staffed()
		ctx := t.Context()
		c := w.act(t, clerk, w.file(t, "a", hygiene), Action{Name: actAccept})
		other := w.file(t, "b", hygiene)
		must(t, w.Declare(ctx, reviewer1, other.ID, "申请人是我的亲戚，应当回避。"))
		task := func(id contract.CaseID, inquiry, day string, now bool) contract.InquiryTask {
			return contract.InquiryTask{Inquiry: inquiry, Kind: "visit", Case: id, Who: "reviewer1", Do: "go", Day: day, Slot: "09:00-11:00", Now: now}
		}
		today := w.Today().String()
		p := &pending{agenda: []contract.InquiryTask{
			task(c.ID, "today", today, true), task(c.ID, "later", "2026-12-24", false), task(c.ID, "now", "", true),
			task(other.ID, "kept from it", today, true), task("none", "no case", today, true),
		}}
		w.c.Inquiries = p
		before, err := w.Inbox(ctx, reviewer1)
		must(t, err)
		if len(before.Today) != 1 || before.Today[0].Inquiry != "today" || len(before.Inquiries) != 2 {
			t.Fatalf("today %+v, else %+v", before.Today, before.Inquiries)
		}
		p.agenda = nil
		after, err := w.Inbox(ctx, reviewer1)
		must(t, err)
		if before.Count()-after.Count() != 2 {
			t.Errorf("two are due, and count %d", before.Count()-after.Count())
		}
	})
}

// Who stands in for somebody has what waits for them, and is told for whom.
func TestWhoStandsInHasWhatWaitsForTheAbsent(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		w.staffed()
		ctx := t.Context()
		c := w.act(t, clerk, w.file(t, "a", hygiene), Action{Name: actAccept})
		_, err := w.Absent(ctx, reviewer1, NewAbsence{From: w.Today(), To: w.Today().Add(2), Kind: "leave", Deputy: contract.AccountID(reviewer2.ID)})
		must(t, err)
		w.c.Inquiries = &pending{agenda: []contract.InquiryTask{{Inquiry: "i", Kind: "visit", Case: c.ID, Who: "reviewer1", Do: "record", Now: true}}}
		x, err := w.Inbox(ctx, reviewer2)
		must(t, err)
		if len(x.Inquiries) != 1 || x.Instead(x.Inquiries[0]) != reviewer1.Name {
			t.Errorf("%+v", x.Inquiries)
		}
	})
}

// A request that an official withdraws waits for the head; where it is about the
// head, for an approver.
func TestRequestsToWithdrawWaitForWhoAnswersThem(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		w.staffed()
		ctx := t.Context()
		c := w.act(t, clerk, w.file(t, "a", hygiene), Action{Name: actAccept})
		_, err := w.AskWithdrawal(ctx, lin, c.ID, NewRecusal{Official: contract.AccountID(clerk.ID), Reason: "他是竞争对手的亲属。"})
		must(t, err)
		for p, want := range map[*auth.Principal]int{&head: 1, &approver: 0, &clerk: 0, &reviewer1: 0} {
			x, err := w.Inbox(ctx, *p)
			must(t, err)
			if len(x.Recusals) != want {
				t.Errorf("%q has %+v", key(*p), x.Recusals)
			}
			for _, r := range x.Recusals {
				if r.Reason != "" {
					t.Errorf("the inbox tells why: %q", r.Reason)
				}
			}
		}
	})
}
