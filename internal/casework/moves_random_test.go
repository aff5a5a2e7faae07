package casework

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/auth"
	"github.com/tongban/tongban/internal/statute"
)

// Cases in random states, at joins and in pauses too, are moved to random versions,
// some of them while somebody works on them. Nothing is lost, no date comes later
// than the applicant was told, what must follow follows once, the replay agrees.
func TestRandomMoves(t *testing.T) {
	t.Parallel()
	for seed := range uint64(4) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			t.Parallel()
			each(t, func(t *testing.T, base *world) {
				w := &shuffled{moveWorld: newMoveWorld(base), rng: rand.New(rand.NewPCG(seed, 7))}
				w.c.Conditions = sometimes{}
				for i := range 14 {
					w.begin(t, i)
				}
				for range 3 {
					w.round(t)
				}
			})
		})
	}
}

// shuffled is a world in which things happen at random.
type shuffled struct {
	*moveWorld
	rng   *rand.Rand
	cases []contract.CaseID
	day   int
}

func (w *shuffled) one(of int) bool { return w.rng.IntN(of) == 0 }

func (w *shuffled) begin(t *testing.T, i int) {
	t.Helper()
	items := []contract.ItemID{hygiene, joint, joint, benefit, opening}
	item := items[w.rng.IntN(len(items))]
	if item != opening {
		w.cases = append(w.cases, w.file(t, fmt.Sprint("case ", i), item).ID)
		return
	}
	whole, parts := w.family(t, fmt.Sprint("case ", i))
	w.cases = append(w.cases, whole.ID)
	for _, id := range []string{"hygiene", "filing", "joint"} {
		w.cases = append(w.cases, parts[id].ID)
	}
}

// round lets everybody work, publishes new versions, moves what may move, and looks
// at every case.
func (w *shuffled) round(t *testing.T) {
	t.Helper()
	for range 3 * len(w.cases) {
		w.work(t, w.cases[w.rng.IntN(len(w.cases))])
	}
	w.drain(t)
	groups, err := w.RunningVersions(t.Context(), head)
	must(t, err)
	slices.SortFunc(groups, func(a, b Running) int { return len(a.Item) - len(b.Item) })
	for _, g := range groups {
		version := len(w.of[g.Item])
		if version == g.Version {
			version = w.publish(g.Item, w.change)
		}
		w.move(t, Target{
			Agency: g.Agency, Item: g.Item, Procedure: g.Procedure, FromVersion: g.Version, FromEdition: g.Edition,
			ToVersion: version, ToEdition: g.Edition,
		})
	}
	w.day += 1 + w.rng.IntN(2)
	w.clock.to(fmt.Sprintf("2026-11-%02d", 16+w.day))
	w.drain(t)
	for _, id := range w.cases {
		w.checkInvariants(t, id)
	}
	if found := w.replayed(t); len(found) > 0 {
		t.Fatalf("the replay differs: %+v", found)
	}
}

// change is something that a new version may say otherwise.
func (w *shuffled) change(s *contract.Service) {
	if w.one(2) && s.Limits.Promised > 1 {
		s.Limits.Promised -= w.rng.IntN(2)
	}
	if w.one(4) {
		s.Limits.Promised++
	}
	if w.one(3) {
		s.Handling.TwoOfficials = !s.Handling.TwoOfficials
	}
	if w.one(3) {
		s.Handling.Special = []contract.SpecialSpec{{Kind: string(statute.Testing), Days: 3}}
	}
	if n := len(s.Handling.Units); n > 0 {
		i := w.rng.IntN(n)
		switch w.rng.IntN(5) {
		case 0:
			s.Handling.Units = slices.Delete(s.Handling.Units, i, i+1)
		case 1:
			s.Handling.Units[i].Required = !s.Handling.Units[i].Required
		case 2:
			s.Handling.Units[i].Blocking = !s.Handling.Units[i].Blocking
		case 3:
			s.Handling.Units = append(s.Handling.Units, contract.Unit{
				ID: fmt.Sprint("x", s.Version), Agency: city, Task: contract.Text{ZH: "意见", EN: "Opinion"}, Required: w.one(2), Days: 4,
			})
		}
	}
	for i := range s.Parts {
		if w.one(3) {
			s.Parts[i].Required = !s.Parts[i].Required
		}
		if w.one(4) {
			s.Parts[i].After = nil
		}
	}
}

// work lets somebody take some step; what is refused is refused.
func (w *shuffled) work(t *testing.T, id contract.CaseID) {
	t.Helper()
	c := w.load(t, id)
	unit := []string{"u-fire", "v-city", "social"}[w.rng.IntN(3)]
	verdict := []string{OpinionAgree, OpinionAgree, OpinionObject}[w.rng.IntN(3)]
	special := []statute.Special{statute.Testing, statute.Hearing}[w.rng.IntN(2)]
	reasons := []string{"依法"}
	type act struct {
		who auth.Principal
		a   Action
	}
	acts := []act{
		{clerk, Action{Name: actAccept}},
		{clerk, Action{Name: actAccept}},
		{clerk, Action{Name: actCorrectOnsite, Marks: []contract.Mark{{Kind: "field", ID: "name", Reason: "笔误"}}}},
		{reviewer1, Action{Name: actReview, Opinion: "符合"}},
		{reviewer2, Action{Name: actCountersign, Opinion: "符合"}},
		{reviewer1, Action{Name: actPause, Special: special, Days: 3, Reasons: reasons}},
		{reviewer1, Action{Name: actResume, Opinion: "合格"}},
		{reviewer1, Action{Name: actRecall, Target: unit, Reasons: reasons}},
		{reviewer1, Action{Name: actSend, Target: unit}},
		{head, Action{Name: actExtend, Reasons: reasons, Organ: "区政府"}},
		{approver, Action{Name: actApprove}},
		{approver, Action{Name: actDeny, Reasons: reasons}},
	}
	x := acts[w.rng.IntN(len(acts))]
	if c.Holder.ID != "" && x.who.Is(auth.RoleReviewer) {
		x.who.ID, x.who.Name = c.Holder.ID, c.Holder.Name
	}
	_, err := w.Act(t.Context(), x.who, id, x.a)
	if w.one(3) && err != nil {
		who := map[string]auth.Principal{"u-fire": fireman, "v-city": warden, "social": warden}[unit]
		_ = w.Opine(t.Context(), who, id, unit, Answer{Opinion: verdict, Note: "已查", Reasons: reasons})
	}
}

// knownCase is what an applicant knew of a case.
type knownCase struct {
	c     Case
	units int
	steps int
}

func (w *shuffled) known(t *testing.T) map[contract.CaseID]knownCase {
	t.Helper()
	all := map[contract.CaseID]knownCase{}
	for _, id := range w.cases {
		units, err := unitsOf(t.Context(), w.c.DB, id)
		must(t, err)
		steps, err := stepsOf(t.Context(), w.c.DB, id)
		must(t, err)
		all[id] = knownCase{w.load(t, id), len(units), len(steps)}
	}
	return all
}

func (w *shuffled) move(t *testing.T, to Target) {
	t.Helper()
	plan, err := w.PlanMove(t.Context(), catalogger, to, "新版本施行")
	must(t, err)
	if plan.Movable == 0 {
		return
	}
	if w.one(3) { // somebody works on one in between
		w.work(t, w.cases[w.rng.IntN(len(w.cases))])
	}
	was := w.known(t)
	_, err = w.ApproveMove(t.Context(), head, plan.ID, plan.Hash)
	must(t, err)
	w.drain(t)
	list, _, err := w.MoveCases(t.Context(), head, plan.ID, "", "", 500)
	must(t, err)
	moved := map[contract.CaseID]bool{}
	for _, row := range list {
		if row.Result == ResultOpen {
			t.Errorf("case %s was forgotten", row.Number)
		}
		moved[row.Case] = row.Result == ResultMoved
	}
	for id, b := range was {
		w.compare(t, b, moved[id], to)
	}
}

// compare looks at one case before and after the others of a plan were moved.
func (w *shuffled) compare(t *testing.T, b knownCase, moved bool, to Target) {
	t.Helper()
	c := w.load(t, b.c.ID)
	units, err := unitsOf(t.Context(), w.c.DB, c.ID)
	must(t, err)
	steps, err := stepsOf(t.Context(), w.c.DB, c.ID)
	must(t, err)
	moves := 0
	for _, st := range steps[b.steps:] {
		if st.Action == actMove {
			moves++
		}
	}
	switch {
	case moved && (c.HandledAs != to.ToVersion || moves != 1):
		t.Errorf("case %s: version %d after %d moves", c.Number, c.HandledAs, moves)
	case !moved && (c.HandledAs != b.c.HandledAs || moves > 0):
		t.Errorf("case %s moved to %d without having been found movable", c.Number, c.HandledAs)
	case len(units) < b.units, c.Accepted != b.c.Accepted && !b.c.Accepted.IsZero(), c.Reviewer != b.c.Reviewer, c.Version != b.c.Version:
		t.Errorf("case %s lost something: %+v", c.Number, c)
	}
	if c.Due.Clock == b.c.Due.Clock && (c.Due.Promised.After(b.c.Due.Promised) || c.Due.Legal.After(b.c.Due.Legal)) {
		t.Errorf("case %s: due %v, told %v", c.Number, c.Due, b.c.Due)
	}
}
