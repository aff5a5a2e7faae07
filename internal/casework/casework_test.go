package casework

import (
	"context"
	"errors"
	"sync"
	"testing"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/auth"
	"github.com/tongban/tongban/internal/kit/db"
	"github.com/tongban/tongban/internal/kit/fault"
	"github.com/tongban/tongban/internal/kit/idcode"
	"github.com/tongban/tongban/internal/statute"
)

func opinion(name string) Action {
	return Action{Name: name, Opinion: "材料齐全，建议准予。"}
}

func because(name string) Action { return Action{Name: name, Reasons: []string{"不符合条件"}} }

func TestALicenceGoesFromSubmissionToDelivery(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		c := w.file(t, "draft-1", hygiene)
		if _, err := idcode.ParseCaseNumber(c.Number); err != nil {
			t.Errorf("number %q: %v", c.Number, err)
		}
		if c.State != "SUBMITTED" || c.Due.Promised.String() != "2026-11-23" || c.Stage != StageAccept {
			t.Fatalf("after submission: %+v", c)
		}
		w.clock.to("2026-11-17")
		c = w.act(t, clerk, c, Action{Name: "accept", Step: c.Step})
		if c.State != "REVIEW" || c.Due.Promised.String() != "2026-11-24" || c.Due.Legal.String() != "2026-12-15" {
			t.Fatalf("after acceptance: %+v", c)
		}
		c = w.act(t, reviewer1, c, opinion("review"))
		c = w.act(t, reviewer2, c, opinion("countersign"))
		c = w.act(t, approver, c, opinion("approve"))
		if c.State != "COMPLETED" || c.Licence == "" {
			t.Fatalf("after approval: %+v", c)
		}
		w.drain(t)
		c = w.load(t, c.ID)
		if c.State != "DELIVERED" || c.Stage != StageDone || c.Due != (Due{}) {
			t.Fatalf("after the licence: %+v", c)
		}
		if len(w.licences.asked) != 1 || w.licences.asked[0].Face[0].Value != "清和美发店" {
			t.Errorf("licence requests: %+v", w.licences.asked)
		}
		kinds := map[string]bool{}
		docs, err := w.Documents(t.Context(), lin, c.ID)
		must(t, err)
		for _, d := range docs {
			kinds[d.Kind] = true
		}
		for _, want := range []string{"receipt", "acceptance_notice", "grant", "delivery_receipt"} {
			if !kinds[want] {
				t.Errorf("no document %s in %v", want, kinds)
			}
		}
		w.checkInvariants(t, c.ID)
	})
}

func TestSameKeyIsTheSameCaseAlsoInParallel(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		const clicks = 12
		receipts := make([]contract.Receipt, clicks)
		errs := make([]error, clicks)
		var wg sync.WaitGroup
		for i := range clicks {
			wg.Go(func() { receipts[i], errs[i] = w.submit(t.Context(), lin, w.submission("double", hygiene)) })
		}
		wg.Wait()
		for i := range clicks {
			must(t, errs[i])
			if receipts[i].Case != receipts[0].Case || receipts[i].Number != receipts[0].Number || receipts[i].QueryCode != receipts[0].QueryCode {
				t.Errorf("click %d: %+v, first %+v", i, receipts[i], receipts[0])
			}
		}
		page, err := w.Mine(t.Context(), lin, "", 0)
		must(t, err)
		if page.Total != 1 {
			t.Errorf("%d cases", page.Total)
		}
		w.checkInvariants(t, receipts[0].Case)
	})
}

func TestNumbersAreUniqueInParallelAndAfterRollback(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		const n = 100
		numbers := make([]string, n)
		var wg sync.WaitGroup
		for i := range n {
			wg.Go(func() {
				sub := w.submission("key-"+string(rune('A'+i%26))+string(rune('a'+i/26)), hygiene)
				err := w.c.DB.InTx(t.Context(), func(ctx context.Context, tx db.Tx) error {
					r, err := w.Submit(ctx, tx, lin, sub)
					numbers[i] = r.Number
					if i%7 == 0 {
						return errors.New("the caller changed its mind")
					}
					return err
				})
				if err != nil && i%7 != 0 {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		seen := map[string]bool{}
		for i, number := range numbers {
			if i%7 == 0 {
				continue
			}
			if seen[number] {
				t.Errorf("number %s twice", number)
			}
			seen[number] = true
		}
	})
}

func TestSilenceIsAcceptanceFromTheDayThePapersCame(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		c := w.file(t, "silent", hygiene)
		accepted := w.file(t, "answered", hygiene)
		accepted = w.act(t, clerk, accepted, Action{Name: "accept"})
		w.clock.to("2026-11-23")
		w.drain(t)
		if got := w.load(t, c.ID); got.State != "SUBMITTED" {
			t.Fatalf("on the last day: %s", got.State)
		}
		w.clock.to("2026-11-24")
		w.drain(t)
		w.drain(t)
		got := w.load(t, c.ID)
		if got.State != "REVIEW" || !got.Deemed || !got.Accepted.Equal(c.Received) || got.Due.Promised.String() != "2026-11-23" {
			t.Fatalf("after five silent days: %+v", got)
		}
		cards, err := w.Cards(t.Context(), supervisor, c.ID)
		must(t, err)
		rules := map[string]statute.Light{}
		for _, k := range cards {
			rules[k.Rule] = k.Light
		}
		// The decision was promised within five days of the day it dates back to.
		if rules[cardDeemed] != statute.Yellow || rules[cardPromised] != statute.Yellow || rules[cardTwoYellow] != statute.Red {
			t.Errorf("cards: %v", rules)
		}
		if other := w.load(t, accepted.ID); other.Deemed {
			t.Error("an accepted case was deemed accepted")
		}
		w.checkInvariants(t, c.ID)
	})
}

func TestCorrectionIsAskedOnceAndOpensOnlyWhatIsMarked(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		c := w.file(t, "wrong", hygiene)
		marks := []contract.Mark{{Kind: "field", ID: "area", Reason: "平面图上是 48 平方米"}, {Kind: "material", ID: "plan", Reason: "缺盖章页"}}
		if _, err := w.Act(t.Context(), clerk, c.ID, Action{Name: "correct"}); fault.KindOf(err) != fault.Invalid {
			t.Errorf("notice without marks: %v", err)
		}
		if _, err := w.Act(t.Context(), clerk, c.ID, Action{Name: "correct", Marks: []contract.Mark{{Kind: "material", ID: "unheard-of", Reason: "x"}}}); fault.KindOf(err) != fault.Invalid {
			t.Errorf("material outside the guide: %v", err)
		}
		c = w.act(t, clerk, c, Action{Name: "correct", Marks: marks})
		if c.State != "CORRECTION" || c.Stage != StageApplicant || c.Due.Clock != statute.Correction {
			t.Fatalf("after the notice: %+v", c)
		}
		k, err := w.Correction(t.Context(), lin, c.ID)
		must(t, err)
		if len(k.Marks) != 2 || k.Answers["seats"] != int64(4) || k.Answers["phone"] != "13812348000" || k.DueBy != "2026-11-30" {
			t.Errorf("correction: %+v", k)
		}
		resubmit := func(a contract.Answers, m []contract.Material) error {
			return w.c.DB.InTx(t.Context(), func(ctx context.Context, tx db.Tx) error {
				return w.Resubmit(ctx, tx, lin, c.ID, a, m)
			})
		}
		k.Answers["seats"] = int64(9)
		if err := resubmit(k.Answers, k.Materials); fault.KindOf(err) != fault.Invalid {
			t.Errorf("changed what was not marked: %v", err)
		}
		k.Answers["seats"], k.Answers["area"] = int64(4), 48.0
		k.Materials[0].File, k.Materials[0].Blob = "file-2", "def"
		w.clock.to("2026-11-18")
		must(t, resubmit(k.Answers, k.Materials))
		if err := resubmit(k.Answers, k.Materials); !errors.Is(err, ErrState) {
			t.Errorf("second hand-in: %v", err)
		}
		c = w.load(t, c.ID)
		if c.State != "SUBMITTED" || c.Due.Promised.String() != "2026-11-25" {
			t.Fatalf("after resubmission: %+v", c)
		}
		// A second notice is possible, and noted.
		c = w.act(t, clerk, c, Action{Name: "correct", Marks: marks[:1]})
		cards, err := w.Cards(t.Context(), supervisor, c.ID)
		must(t, err)
		if len(cards) != 1 || cards[0].Rule != cardSecondNotice {
			t.Errorf("cards: %+v", cards)
		}
		w.drain(t)
		w.checkInvariants(t, c.ID)
	})
}

func TestADenialNeedsReasonsAndTwoReviews(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		c := w.act(t, clerk, w.file(t, "deny", hygiene), Action{Name: "accept"})
		for _, a := range []Action{opinion("approve"), because("deny")} {
			if _, err := w.Act(t.Context(), approver, c.ID, a); !errors.Is(err, ErrReviews) {
				t.Errorf("%s before the reviews: %v", a.Name, err)
			}
		}
		c = w.act(t, reviewer1, c, opinion("review"))
		if _, err := w.Act(t.Context(), reviewer1, c.ID, opinion("countersign")); fault.KindOf(err) != fault.Denied {
			t.Errorf("one official as two: %v", err)
		}
		if _, err := w.Act(t.Context(), approver, c.ID, opinion("approve")); !errors.Is(err, ErrReviews) {
			t.Errorf("after one review: %v", err)
		}
		c = w.act(t, reviewer2, c, opinion("countersign"))
		both := staff("reviewer1", auth.RoleReviewer, auth.RoleApprover)
		if _, err := w.Act(t.Context(), both, c.ID, opinion("approve")); fault.KindOf(err) != fault.Denied {
			t.Errorf("the reviewer decides: %v", err)
		}
		if _, err := w.Act(t.Context(), approver, c.ID, Action{Name: "deny", Reasons: []string{"  "}}); fault.KindOf(err) != fault.Invalid {
			t.Errorf("denial without reasons: %v", err)
		}
		c = w.act(t, approver, c, because("deny"))
		if len(w.licences.asked) != 0 || c.State != "COMPLETED" {
			t.Errorf("after the denial: %+v", c)
		}
		w.drain(t)
		docs, err := w.Documents(t.Context(), lin, c.ID)
		must(t, err)
		_, file, err := w.Document(t.Context(), lin, c.ID, docs[0].ID)
		must(t, err)
		text := readAll(t, file)
		for _, want := range []string{"不符合条件", "行政复议", "行政诉讼"} {
			if docs[0].Kind != "denial" || !contains(text, want) {
				t.Errorf("%s does not say %q: %s", docs[0].Kind, want, text)
			}
		}
		// Reading the decision is its delivery.
		if got := w.load(t, c.ID); got.State != "DELIVERED" {
			t.Errorf("after reading: %s", got.State)
		}
		w.checkInvariants(t, c.ID)
	})
}

func TestAnInstantCaseIsDoneAtOnce(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		sub := w.submission("instant", filing)
		sub.Instant, sub.Trace = true, []contract.Text{{ZH: "材料齐全", EN: "Complete"}}
		r, err := w.submit(t.Context(), lin, sub)
		must(t, err)
		c := w.load(t, r.Case)
		if c.State != "DELIVERED" || c.Ended.IsZero() || c.Approver.ID != "system:instant-grant" {
			t.Fatalf("instant: %+v", c)
		}
		again, err := w.submit(t.Context(), lin, sub)
		must(t, err)
		if again != r && again.Case != r.Case {
			t.Errorf("again: %+v", again)
		}
		content, err := w.Content(t.Context(), lin, c.ID)
		must(t, err)
		if len(content.Trace) != 1 {
			t.Errorf("trace: %+v", content.Trace)
		}
		// Whatever the rules do not grant goes to a clerk.
		slow := w.file(t, "not-instant", filing)
		slow = w.act(t, clerk, slow, Action{Name: "accept"})
		if slow.Stage != StageDecide {
			t.Errorf("accepted: %+v", slow)
		}
		slow = w.act(t, clerk, slow, Action{Name: "approve"})
		w.drain(t)
		w.checkInvariants(t, c.ID)
		w.checkInvariants(t, slow.ID)
	})
}

func TestTwoClerksAtOnceGetOneClearConflict(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		for _, name := range []string{"accept", "refuse"} {
			c := w.file(t, "both-"+name, hygiene)
			other := staff("clerk2", auth.RoleClerk)
			errs := make([]error, 2)
			var wg sync.WaitGroup
			for i, p := range []auth.Principal{clerk, other} {
				wg.Go(func() {
					a := because(name)
					a.Step = c.Step
					_, errs[i] = w.Act(t.Context(), p, c.ID, a)
				})
			}
			wg.Wait()
			won := 0
			for _, err := range errs {
				if err == nil {
					won++
				} else if !errors.Is(err, ErrStale) && !errors.Is(err, ErrState) {
					t.Errorf("%s: %v", name, err)
				}
			}
			if won != 1 {
				t.Errorf("%s: %d won: %v", name, won, errs)
			}
			w.checkInvariants(t, c.ID)
		}
	})
}

func TestExtensionIsByTheHeadOnceWithReasons(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		c := w.act(t, clerk, w.file(t, "long", hygiene), Action{Name: "accept"})
		if _, err := w.Act(t.Context(), approver, c.ID, because("extend")); fault.KindOf(err) != fault.Denied {
			t.Errorf("approver extends: %v", err)
		}
		if _, err := w.Act(t.Context(), head, c.ID, Action{Name: "extend"}); fault.KindOf(err) != fault.Invalid {
			t.Errorf("without reasons: %v", err)
		}
		c = w.act(t, head, c, because("extend"))
		if c.State != "REVIEW" || c.Due.Promised.String() != "2026-12-07" || !c.Extended {
			t.Errorf("extended: %+v", c)
		}
		if _, err := w.Act(t.Context(), head, c.ID, because("extend")); !errors.Is(err, ErrExtended) {
			t.Errorf("twice: %v", err)
		}
		w.drain(t)
		w.checkInvariants(t, c.ID)
	})
}

func TestMissedDeadlinesBringCards(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		c := w.act(t, clerk, w.file(t, "late", hygiene), Action{Name: "accept"})
		for _, at := range []struct {
			on    string
			light statute.Light
			cards int
		}{
			{"2026-11-16", statute.Green, 0},
			{"2026-11-20", statute.Amber, 0}, // one working day left
			{"2026-11-23", statute.Amber, 0}, // the last day
			{"2026-11-24", statute.Yellow, 1},
			{"2026-12-14", statute.Yellow, 1},
			{"2026-12-15", statute.Red, 2},
			{"2027-03-01", statute.Red, 2},
		} {
			w.clock.to(at.on)
			w.drain(t)
			c = w.load(t, c.ID)
			cards, err := w.Cards(t.Context(), supervisor, c.ID)
			must(t, err)
			if got := c.Light(w.Today()); got != at.light || len(cards) != at.cards {
				t.Errorf("on %s: light %s, %d cards; want %s, %d", at.on, got, len(cards), at.light, at.cards)
			}
			w.checkInvariants(t, c.ID)
		}
	})
}

func TestTheCalendarMovesOpenDeadlines(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		c := w.file(t, "moved", hygiene)
		c = w.act(t, clerk, c, Action{Name: "accept"})
		far := w.file(t, "elsewhere", away)
		holiday := statute.Table{Region: "511602", Year: 2026, Days: []statute.TableDay{{Date: c.Due.Promised, Name: "本地节日"}}}
		w.book.set(append(statute.National(), holiday)...)
		_, differences, err := w.Replay(t.Context())
		must(t, err)
		if len(differences) != 1 {
			t.Errorf("differences before: %+v", differences)
		}
		must(t, w.c.DB.InTx(t.Context(), func(ctx context.Context, tx db.Tx) error {
			return w.events.Record(ctx, tx, meta(auth.SystemPrincipal("test"), c), contract.CalendarChanged{Region: "511602", Year: 2026})
		}))
		w.drain(t)
		got := w.load(t, c.ID)
		if got.Due.Promised.String() != "2026-11-24" {
			t.Errorf("after the change: %+v", got.Due)
		}
		if other := w.load(t, far.ID); other.Due != far.Due {
			t.Errorf("another county moved: %+v", other.Due)
		}
		moved := 0
		events, err := w.events.Of(t.Context(), "case:"+string(c.ID))
		must(t, err)
		for _, e := range events {
			if e.Name == (contract.DeadlineMoved{}).EventName() {
				moved++
			}
		}
		checked, differences, err := w.Replay(t.Context())
		must(t, err)
		if moved != 1 || checked != 2 || len(differences) != 0 {
			t.Errorf("%d events, %d checked, differences %+v", moved, checked, differences)
		}
	})
}
