package casework

import (
	"errors"
	"sync"
	"testing"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/auth"
	"github.com/tongban/tongban/internal/kit/fault"
	"github.com/tongban/tongban/internal/statute"
)

// grant takes a case of the hygiene service from submission to delivery.
func (w *world) grant(t testing.TB, c Case) Case {
	t.Helper()
	c = w.act(t, clerk, c, Action{Name: "accept"})
	c = w.act(t, reviewer1, c, opinion("review"))
	if c.Stage == StageCountersign {
		c = w.act(t, reviewer2, c, opinion("countersign"))
	}
	c = w.act(t, approver, c, opinion("approve"))
	w.drain(t)
	return w.load(t, c.ID)
}

func TestABundleIsOneApplicationAndACaseForEachPart(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		sub := w.bundle("open")
		sub.Parts[0].Answers = contract.Answers{"name": "清和", "area": 20.0, "phone": "13812348000"}
		r, err := w.submit(t.Context(), lin, sub)
		must(t, err)
		again, err := w.submit(t.Context(), lin, sub)
		must(t, err)
		if again.Case != r.Case || r.AcceptBy != "2026-11-23" {
			t.Errorf("receipts %+v and %+v", r, again)
		}
		whole, parts := w.reload(t, r.Case)
		if whole.Stage != StageParts || whole.Due != (Due{}) || len(parts) != 3 {
			t.Fatalf("%+v with %d parts", whole, len(parts))
		}
		content, err := w.Content(t.Context(), lin, parts["hygiene"].ID)
		must(t, err)
		if len(content.Lines) != 3 { // its own answers, no more
			t.Errorf("part has %+v", content.Lines)
		}
		if _, err := w.Content(t.Context(), clerk, whole.ID); fault.KindOf(err) != fault.Denied {
			t.Errorf("the lead reads the whole: %v", err)
		}
		if c := parts["joint"]; c.Stage != StageWaiting || c.Due != (Due{}) {
			t.Errorf("a part that waits: %+v", c)
		}
		page, err := w.Mine(t.Context(), lin, "", 0)
		must(t, err)
		if page.Total != 1 {
			t.Errorf("%d cases in the list", page.Total)
		}
		w.act(t, clerk, parts["filing"], Action{Name: "accept"})
		w.clock.to("2026-11-18")
		w.grant(t, parts["hygiene"])
		whole, parts = w.reload(t, r.Case)
		if whole.State != "ACCEPTED" || parts["joint"].State != "SUBMITTED" || parts["joint"].Due.Promised.String() != "2026-11-25" {
			t.Fatalf("after the first grant: %s, %+v", whole.State, parts["joint"])
		}
		w.act(t, clerk, parts["filing"], Action{Name: "approve"})
		c := w.act(t, clerk, parts["joint"], Action{Name: "accept"})
		must(t, w.Opine(t.Context(), fireman, c.ID, "u-fire", Answer{Opinion: OpinionAgree, Note: "符合"}))
		c = w.act(t, reviewer1, w.load(t, c.ID), opinion("review"))
		w.act(t, approver, c, opinion("approve"))
		w.drain(t)
		whole, parts = w.reload(t, r.Case)
		if whole.State != "COMPLETED" || whole.Outcome != statute.Granted || whole.Stage != StageDone {
			t.Errorf("after all grants: %+v", whole)
		}
		list, err := w.Parts(t.Context(), lin, parts["joint"].ID)
		must(t, err)
		if len(list) != 3 || list[0].ID != "hygiene" || list[0].Licence == "" || !list[0].Open || list[2].Outcome != statute.Granted {
			t.Errorf("parts: %+v", list)
		}
		for _, c := range parts {
			w.checkInvariants(t, c.ID)
		}
		w.checkInvariants(t, whole.ID)
	})
}

func TestWhatAPartComesToMovesTheOthers(t *testing.T) {
	t.Parallel()
	deny := func(t *testing.T, w *world, c Case) {
		t.Helper()
		c = w.act(t, clerk, c, Action{Name: "accept"})
		c = w.act(t, reviewer1, c, opinion("review"))
		c = w.act(t, reviewer2, c, opinion("countersign"))
		w.act(t, approver, c, because("deny"))
	}
	refuse := func(t *testing.T, w *world, c Case) { t.Helper(); w.act(t, clerk, c, because("refuse")) }
	unneeded := func(t *testing.T, w *world, c Case) { t.Helper(); w.act(t, clerk, c, because("not_required")) }
	done := func(t *testing.T, w *world, c Case) {
		t.Helper()
		c = w.act(t, clerk, c, Action{Name: "accept"})
		w.act(t, clerk, c, Action{Name: "approve"})
	}
	correct := func(t *testing.T, w *world, c Case) {
		t.Helper()
		w.act(t, clerk, c, Action{Name: "correct", Marks: marked()})
	}
	type move struct {
		part string
		do   func(*testing.T, *world, Case)
	}
	for _, tt := range []struct {
		name    string
		moves   []move
		state   string
		outcome statute.Outcome
		stage   Stage
		waiting string // state of the part that waits for hygiene
	}{
		{"an essential part is denied", []move{{"hygiene", deny}}, "DECIDED_DENY", statute.Denied, StageParts, "TERMINATED"},
		{"and the others go on", []move{{"hygiene", deny}, {"filing", done}}, "COMPLETED", statute.Denied, StageDone, "TERMINATED"},
		{"an essential part is refused", []move{{"hygiene", refuse}}, "DECIDED_DENY", statute.Denied, StageParts, "TERMINATED"},
		{"nothing is needed for a part", []move{{"hygiene", unneeded}}, "ACCEPTED", "", StageParts, "SUBMITTED"},
		{"another part is refused", []move{{"filing", refuse}}, "SUBMITTED", "", StageParts, "WAITING"},
		{"a part waits for the applicant", []move{{"filing", correct}}, "SUBMITTED", "", StageApplicant, "WAITING"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			each(t, func(t *testing.T, w *world) {
				whole, parts := w.family(t, "k")
				for _, m := range tt.moves {
					m.do(t, w, w.load(t, parts[m.part].ID))
				}
				whole, parts = w.reload(t, whole.ID)
				if whole.State != tt.state || whole.Outcome != tt.outcome || whole.Stage != tt.stage || parts["joint"].State != tt.waiting {
					t.Errorf("%s %q %s, waiting part %s", whole.State, whole.Outcome, whole.Stage, parts["joint"].State)
				}
				w.drain(t)
				w.checkInvariants(t, whole.ID)
				for _, c := range parts {
					w.checkInvariants(t, c.ID)
				}
			})
		})
	}
}

func TestWithdrawingABundleWithdrawsItsOpenParts(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		whole, parts := w.family(t, "k")
		if _, err := w.Act(t.Context(), lin, parts["hygiene"].ID, Action{Name: "withdraw"}); !errors.Is(err, ErrRequired) {
			t.Errorf("a required part alone: %v", err)
		}
		w.act(t, lin, parts["filing"], Action{Name: "withdraw"})
		w.act(t, lin, w.load(t, whole.ID), Action{Name: "withdraw"})
		whole, parts = w.reload(t, whole.ID)
		for id, c := range parts {
			if c.State != "WITHDRAWN" {
				t.Errorf("part %s is %s", id, c.State)
			}
			w.checkInvariants(t, c.ID)
		}
		if whole.State != "WITHDRAWN" {
			t.Errorf("the bundle is %s", whole.State)
		}
	})
}

func TestPartsMoveAtTheSameTime(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		for range 5 {
			whole, parts := w.family(t, w.c.NewID())
			var wg sync.WaitGroup
			for _, id := range []string{"hygiene", "filing"} {
				wg.Go(func() {
					if _, err := w.Act(t.Context(), clerk, parts[id].ID, Action{Name: "accept"}); err != nil && !errors.Is(err, ErrState) {
						t.Error(err) // the withdrawal may have come first
					}
				})
			}
			wg.Go(func() {
				if _, err := w.Act(t.Context(), lin, whole.ID, Action{Name: "withdraw"}); err != nil {
					t.Error(err)
				}
			})
			wg.Wait()
			whole, parts = w.reload(t, whole.ID)
			w.checkInvariants(t, whole.ID)
			for _, c := range parts {
				if c.State != "WITHDRAWN" {
					t.Errorf("part %s is %s", c.Part, c.State)
				}
			}
		}
	})
}

func TestBadBundlesAreRefused(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		none := w.bundle("none")
		none.Parts = nil
		foreign := w.bundle("foreign")
		foreign.Parts[0].Item = away
		twice := w.bundle("twice")
		twice.Parts = append(twice.Parts, twice.Parts[0])
		for name, sub := range map[string]contract.Submission{"none": none, "foreign": foreign, "twice": twice} {
			if _, err := w.submit(t.Context(), lin, sub); fault.KindOf(err) != fault.Invalid {
				t.Errorf("%s: %v", name, err)
			}
		}
		// A part whose predecessor was not applied for waits for nobody.
		_, parts := w.family(t, "alone", "joint")
		if parts["joint"].State != "SUBMITTED" {
			t.Errorf("a part alone is %s", parts["joint"].State)
		}
	})
}

func TestAnAgentAndSignersStandInTheRecordAndDoNotHandle(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		sub := w.submission("signed", hygiene)
		sub.Operator = "agent"
		sub.Agent = contract.Agent{Account: "agent", Kind: auth.ForCompany, Mandate: "right-1", Name: "代办人"}
		sub.Signatures = []contract.Signature{{Signer: "landlord", Account: "clerk", Name: "房东", Method: "keyed", At: w.clock.now()}}
		stranger := auth.SystemPrincipal("some-job")
		if _, err := w.submit(t.Context(), stranger, sub); fault.KindOf(err) != fault.Denied {
			t.Errorf("any job submits: %v", err)
		}
		r, err := w.submit(t.Context(), lastSigned, sub)
		must(t, err)
		steps, err := w.Steps(t.Context(), lin, r.Case)
		must(t, err)
		if s := steps[0]; s.Behalf != "salon" || s.BehalfKind != auth.ForCompany || s.Mandate != "right-1" {
			t.Errorf("record: %+v", s)
		}
		if c := w.load(t, r.Case); c.Agent != sub.Agent {
			t.Errorf("agent: %+v", c.Agent)
		}
		if _, err := w.Act(t.Context(), clerk, r.Case, Action{Name: "accept"}); fault.KindOf(err) != fault.NotFound {
			t.Errorf("a signer handles: %v", err)
		}
		other := staff("agent", auth.RoleClerk)
		if _, err := w.Act(t.Context(), other, r.Case, Action{Name: "accept"}); fault.KindOf(err) != fault.NotFound {
			t.Errorf("the agent handles: %v", err)
		}
		w.act(t, staff("clerk2", auth.RoleClerk), w.load(t, r.Case), Action{Name: "accept"})
		got, err := w.Signatures(t.Context(), staff("clerk2", auth.RoleClerk), r.Case)
		must(t, err)
		if len(got) != 1 || got[0].Name != "房东" {
			t.Errorf("signatures: %+v", got)
		}
		// An operator's right may end at some services.
		limited := lin
		limited.For.Items = []string{string(filing)}
		if _, err := w.Open(t.Context(), limited, r.Case); !errors.Is(err, ErrNotFound) {
			t.Errorf("beyond the right: %v", err)
		}
		page, err := w.Mine(t.Context(), limited, "", 0)
		must(t, err)
		if page.Total != 0 {
			t.Errorf("lists %d beyond the right", page.Total)
		}
	})
}

func TestDisputedDataAreLookedAtBeforeAGrant(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		sub := w.submission("disputed", filing)
		sub.Instant = true
		sub.Disputes = []contract.Dispute{{Field: "area", Key: "company.area", Source: contract.Text{ZH: "登记机关", EN: "Registrar"}, Reason: "去年扩建过"}}
		sub.Unchecked = []string{"plan"}
		r, err := w.submit(t.Context(), lin, sub)
		must(t, err)
		c := w.load(t, r.Case)
		if c.State != "SUBMITTED" || c.ChecksOpen != 2 {
			t.Fatalf("granted without a look: %+v", c)
		}
		c = w.act(t, clerk, c, Action{Name: "accept"})
		if _, err := w.Act(t.Context(), approver, c.ID, Action{Name: "approve"}); !errors.Is(err, ErrChecks) {
			t.Errorf("approved with open checks: %v", err)
		}
		list, err := w.Checks(t.Context(), clerk, c.ID)
		must(t, err)
		if len(list) != 2 || list[0].Reason != "去年扩建过" || list[0].Name.EN != "Floor area" || list[1].Name.EN != "Floor plan" {
			t.Errorf("checks: %+v", list)
		}
		if err := w.Settle(t.Context(), clerk, c.ID, 1, "perhaps", ""); fault.KindOf(err) != fault.Invalid {
			t.Errorf("without result and note: %v", err)
		}
		for _, p := range []auth.Principal{lin, supervisor, fireman, abroad(clerk)} {
			if err := w.Settle(t.Context(), p, c.ID, 1, CheckConfirmed, "看过"); fault.KindOf(err) != fault.Denied && fault.KindOf(err) != fault.NotFound {
				t.Errorf("%s settles: %v", p.ID, err)
			}
		}
		must(t, w.Settle(t.Context(), clerk, c.ID, 1, CheckConfirmed, "现场量过"))
		if err := w.Settle(t.Context(), clerk, c.ID, 1, CheckRejected, "又看"); !errors.Is(err, ErrState) {
			t.Errorf("twice: %v", err)
		}
		must(t, w.Settle(t.Context(), approver, c.ID, 2, CheckConfirmed, "图纸齐全"))
		w.act(t, approver, w.load(t, c.ID), Action{Name: "approve"})
	})
}

func TestACommitmentIsGrantedOnTheSpotAndVerifiedAfterwards(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		c := w.committed(t, "kept")
		if c.State != "VERIFY" || c.Stage != StageVerify || c.Outcome != statute.Granted || c.Licence == "" || c.Due.Legal.String() != "2026-11-30" {
			t.Fatalf("on commitment: %+v", c)
		}
		k, err := w.Commitment(t.Context(), lin, c.ID)
		must(t, err)
		if k.State != CommitmentOpen || k.Committed.VerifyBy != "2026-11-30" {
			t.Errorf("commitment: %+v", k)
		}
		w.clock.to("2026-12-01")
		w.drain(t)
		cards, err := w.Cards(t.Context(), supervisor, c.ID)
		must(t, err)
		if len(cards) != 1 || cards[0].Rule != cardUnverified {
			t.Errorf("cards: %+v", cards)
		}
		c = w.act(t, reviewer1, w.load(t, c.ID), opinion("keep"))
		if k, err = w.Commitment(t.Context(), lin, c.ID); err != nil || k.State != CommitmentKept || c.Stage != StageDone {
			t.Errorf("kept: %+v, %v", k, err)
		}
		// Broken: barred from committing until it is put right.
		b := w.act(t, reviewer1, w.committed(t, "broken"), Action{Name: "breach", Reasons: []string{"没有消毒间"}, Days: 3})
		if b.Stage != StageRectify || b.Due.Legal.String() != "2026-12-04" {
			t.Errorf("broken: %+v", b)
		}
		again := w.submission("again", promise)
		again.Committed = &contract.Committed{At: w.clock.now()}
		if _, err := w.submit(t.Context(), lin, again); !errors.Is(err, ErrBarred) {
			t.Errorf("commits again: %v", err)
		}
		if barred, err := w.Barred(t.Context(), "salon", promise); err != nil || !barred {
			t.Errorf("barred: %v, %v", barred, err)
		}
		again.Committed = nil
		r, err := w.submit(t.Context(), lin, again)
		must(t, err)
		if c := w.load(t, r.Case); c.State != "SUBMITTED" {
			t.Errorf("with proof: %s", c.State)
		}
		w.act(t, reviewer1, b, opinion("rectified"))
		if barred, err := w.Barred(t.Context(), "salon", promise); err != nil || barred {
			t.Errorf("still barred: %v, %v", barred, err)
		}
		x := w.act(t, reviewer1, w.committed(t, "revoked"), because("breach"))
		if _, err := w.Act(t.Context(), head, x.ID, because("revoke")); !errors.Is(err, ErrOwnTime) {
			t.Errorf("revoked while the order still gives time: %v", err)
		}
		w.clock.to(x.Due.Legal.Add(1).String())
		x = w.act(t, head, x, because("revoke"))
		if barred, err := w.Barred(t.Context(), "salon", promise); err != nil || !barred || x.State != "REVOKED" {
			t.Errorf("revoked: %s, barred %v, %v", x.State, barred, err)
		}
		w.drain(t)
		for _, c := range []Case{c, b, x} {
			w.checkInvariants(t, c.ID)
		}
	})
}

func TestSpecialProceduresPauseTheClockAndMayOverlap(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		c := w.act(t, clerk, w.file(t, "special", hygiene), Action{Name: "accept"})
		due := c.Due.Promised.String()
		start := func(kind statute.Special, days int) error {
			var err error
			c, err = w.Act(t.Context(), reviewer1, c.ID, Action{Name: "pause", Special: kind, Days: days, Reasons: []string{"需要检测"}})
			return err
		}
		for name, err := range map[string]error{
			"no kind": start("", 3), "a site visit": start("site_visit", 3), "no end": start(statute.Testing, 0), "for ever": start(statute.Testing, 1000),
		} {
			if fault.KindOf(err) != fault.Invalid {
				t.Errorf("%s: %v", name, err)
			}
		}
		c = w.load(t, c.ID)
		must(t, start(statute.Testing, 3))
		must(t, start(statute.Appraisal, 5))
		if c.Stage != StagePaused || !c.Due.Paused || c.SpecialsOpen != 2 {
			t.Fatalf("paused: %+v", c)
		}
		if _, err := w.Act(t.Context(), reviewer1, c.ID, opinion("resume")); fault.KindOf(err) != fault.Invalid {
			t.Errorf("which of two ends: %v", err)
		}
		list, err := w.Specials(t.Context(), lin, c.ID)
		must(t, err)
		if len(list) != 2 || list[0].Until.String() != "2026-11-19" || list[1].Kind != statute.Appraisal {
			t.Fatalf("specials: %+v", list)
		}
		w.clock.to("2026-11-18")
		c = w.act(t, reviewer1, c, Action{Name: "resume", Target: list[0].ID, Opinion: "合格"})
		if !c.Due.Paused {
			t.Error("the clock runs while another goes on")
		}
		w.clock.to("2026-11-20")
		c = w.act(t, reviewer1, c, opinion("resume"))
		if c.Due.Paused || c.Stage != StageReview || c.Due.Promised.String() != "2026-11-27" || due != "2026-11-23" {
			t.Errorf("resumed: %+v, before %s", c.Due, due)
		}
		e, err := w.Explain(t.Context(), lin, c.ID)
		must(t, err)
		paused := 0
		for _, l := range e.Lines {
			if l.Why == statute.ReasonPaused {
				paused++
			}
		}
		if paused != 4 {
			t.Errorf("%d days are explained as paused", paused)
		}
		// A service that lists its special procedures has no others.
		svc := w.services[hygiene]
		svc.Handling.Special = []contract.SpecialSpec{{Kind: "appraisal", Days: 7}}
		if list := AllowedSpecials(svc); len(list) != 1 || list[0].Text.EN != "appraisal" {
			t.Errorf("allowed: %+v", list)
		}
		w.drain(t)
		w.checkInvariants(t, c.ID)
	})
}

// Who is asked to mend a slip and goes away must not take the one notice from the
// agency: its five days run on (art. 32(4)).
func TestASlipThatNobodyMendsIsTakenBack(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		c := w.act(t, clerk, w.file(t, "left", hygiene), Action{Name: "correct_onsite", Marks: marked()})
		w.clock.to("2026-11-20")
		c = w.act(t, clerk, c, Action{Name: actTakeBack})
		if c.State != "SUBMITTED" || c.Stage != StageAccept || c.Due.Legal.String() != "2026-11-23" {
			t.Fatalf("taken back: %+v", c)
		}
		if _, err := w.Correction(t.Context(), lin, c.ID); !errors.Is(err, ErrState) {
			t.Errorf("still to be mended: %v", err)
		}
		c = w.act(t, clerk, c, Action{Name: "correct", Marks: marked()})
		cards, err := w.Cards(t.Context(), clerk, c.ID)
		must(t, err)
		if c.State != "CORRECTION" || c.Notices != 1 || len(cards) != 0 {
			t.Errorf("the one notice: %+v, cards %+v", c, cards)
		}
		w.drain(t)
		w.checkInvariants(t, c.ID)
	})
}

func TestASlipIsMendedOnTheSpotWhileTheClockRuns(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		c := w.act(t, clerk, w.file(t, "slip", hygiene), Action{Name: "correct_onsite", Marks: marked()})
		if c.Stage != StageApplicant || c.Due.Clock != statute.Acceptance || c.Notices != 0 {
			t.Fatalf("on the spot: %+v", c)
		}
		w.clock.to("2026-11-18")
		w.handInAgain(t, c.ID)
		c = w.load(t, c.ID)
		if c.State != "SUBMITTED" || c.Due.Promised.String() != "2026-11-23" || !c.Received.Equal(monday) {
			t.Errorf("mended: %+v", c)
		}
		// The one notice that the law allows is still to be had.
		w.act(t, clerk, c, Action{Name: "correct", Marks: marked()})
		cards, err := w.Cards(t.Context(), clerk, c.ID)
		must(t, err)
		if len(cards) != 0 {
			t.Errorf("cards: %+v", cards)
		}
		w.checkInvariants(t, c.ID)
	})
}
