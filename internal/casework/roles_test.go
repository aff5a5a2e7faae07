package casework

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/auth"
	"github.com/tongban/tongban/internal/kit/db"
	"github.com/tongban/tongban/internal/kit/fault"
	"github.com/tongban/tongban/internal/statute"
)

// everybody is one of each role, here and in another county.
func everybody() []auth.Principal {
	here := []auth.Principal{
		clerk, reviewer1, reviewer2, approver, head, supervisor, auditor, admin, catalogger,
		staff("lin", auth.RoleClerk, auth.RoleReviewer, auth.RoleApprover, auth.RoleHead), // the operator, were she an official
	}
	all := []auth.Principal{
		{},
		lin, zhou,
		{Kind: auth.Resident, ID: "lin"}, // the operator, not acting for the company
		{Kind: auth.Machine, ID: "robot", Scopes: []string{"casework"}},
		auth.SystemPrincipal("test"),
	}
	for _, p := range here {
		all = append(all, p)
		if p.ID != "lin" {
			all = append(all, abroad(p))
		}
	}
	return all
}

// stages are cases at each point of the procedure, with who may do what next.
// Whoever is not named must be refused.
var stages = []struct {
	name string
	to   func(t *testing.T, w *world) Case
	may  map[string][]string // action to ids
}{
	{"submitted", func(t *testing.T, w *world) Case { return w.file(t, "k", hygiene) }, map[string][]string{
		"accept": {"clerk"}, "refuse": {"clerk"}, "not_required": {"clerk"}, "correct": {"clerk"}, "correct_onsite": {"clerk"}, "withdraw": {"lin/salon"},
	}},
	{"corrected on the spot", func(t *testing.T, w *world) Case {
		return w.act(t, clerk, w.file(t, "k", hygiene), Action{Name: "correct_onsite", Marks: marked()})
	}, map[string][]string{"take_back": {"clerk"}, "withdraw": {"lin/salon"}}},
	{"correction", func(t *testing.T, w *world) Case {
		return w.act(t, clerk, w.file(t, "k", hygiene), Action{Name: "correct", Marks: marked()})
	}, map[string][]string{"withdraw": {"lin/salon"}}}, // the applicant still has time
	{"correction overdue", func(t *testing.T, w *world) Case {
		c := w.act(t, clerk, w.file(t, "k", hygiene), Action{Name: "correct", Marks: marked()})
		w.clock.to(c.Due.Legal.Add(1).String())
		return c
	}, map[string][]string{"terminate": {"clerk"}, "withdraw": {"lin/salon"}}},
	{"accepted", func(t *testing.T, w *world) Case {
		return w.act(t, clerk, w.file(t, "k", hygiene), Action{Name: "accept"})
	}, map[string][]string{"review": {"reviewer1", "reviewer2"}, "extend": {"head"}, "withdraw": {"lin/salon"}, "pause": {"reviewer1", "reviewer2", "approver"}}},
	{"reviewed", func(t *testing.T, w *world) Case {
		c := w.act(t, clerk, w.file(t, "k", hygiene), Action{Name: "accept"})
		return w.act(t, reviewer1, c, opinion("review"))
	}, map[string][]string{"countersign": {"reviewer2"}, "extend": {"head"}, "withdraw": {"lin/salon"}, "pause": {"reviewer1", "reviewer2", "approver"}}},
	{"countersigned", func(t *testing.T, w *world) Case {
		c := w.act(t, clerk, w.file(t, "k", hygiene), Action{Name: "accept"})
		c = w.act(t, reviewer1, c, opinion("review"))
		return w.act(t, reviewer2, c, opinion("countersign"))
	}, map[string][]string{"approve": {"approver"}, "deny": {"approver"}, "extend": {"head"}, "withdraw": {"lin/salon"}, "pause": {"reviewer1", "reviewer2", "approver"}}},
	{"denied", func(t *testing.T, w *world) Case {
		c := w.act(t, clerk, w.file(t, "k", hygiene), Action{Name: "accept"})
		c = w.act(t, reviewer1, c, opinion("review"))
		c = w.act(t, reviewer2, c, opinion("countersign"))
		return w.act(t, approver, c, because("deny"))
	}, map[string][]string{"deliver": {"clerk", "lin/salon", "system:test"}}},
	{"instant accepted", func(t *testing.T, w *world) Case {
		return w.act(t, clerk, w.file(t, "k", filing), Action{Name: "accept"})
	}, map[string][]string{"approve": {"clerk", "approver"}, "deny": {"approver"}, "withdraw": {"lin/salon"}}},
	{"paused", func(t *testing.T, w *world) Case {
		c := w.act(t, clerk, w.file(t, "k", hygiene), Action{Name: "accept"})
		return w.act(t, reviewer1, c, w.complete(t, c, "pause"))
	}, map[string][]string{"resume": {"reviewer1", "reviewer2"}, "pause": {"reviewer1", "reviewer2", "approver"}, "withdraw": {"lin/salon"}}},
	{"joint, waiting for opinions", func(t *testing.T, w *world) Case {
		c := w.act(t, clerk, w.file(t, "k", joint), Action{Name: "accept"})
		return w.act(t, reviewer1, c, opinion("review"))
	}, map[string][]string{
		"recall": {"reviewer1", "reviewer2", "approver"}, "extend": {"head"}, "pause": {"reviewer1", "reviewer2", "approver"}, "withdraw": {"lin/salon"},
	}},
	{"joint, recalled", func(t *testing.T, w *world) Case {
		c := w.act(t, clerk, w.file(t, "k", joint), Action{Name: "accept"})
		c = w.act(t, reviewer1, c, opinion("review"))
		return w.act(t, reviewer1, c, w.complete(t, c, "recall"))
	}, map[string][]string{
		"recall": {"reviewer1", "reviewer2", "approver"}, // of the other agency
		"send":   {"reviewer1", "reviewer2", "approver"}, "extend": {"head"}, "pause": {"reviewer1", "reviewer2", "approver"}, "withdraw": {"lin/salon"},
	}},
	{"published", func(t *testing.T, w *world) Case {
		c := w.act(t, clerk, w.file(t, "k", benefit), Action{Name: "accept"})
		return w.act(t, reviewer1, c, Action{Name: "publicise"})
	}, map[string][]string{"end_notice": {"reviewer1", "reviewer2"}, "recall": {"reviewer1", "reviewer2", "approver"}, "withdraw": {"lin/salon"}}},
	{"on commitment", func(t *testing.T, w *world) Case { return w.committed(t, "k") }, map[string][]string{
		"keep": {"reviewer1", "reviewer2"}, "breach": {"reviewer1", "reviewer2"}, "revoke": {"approver", "head"},
	}},
	{"delivered", func(t *testing.T, w *world) Case {
		return w.act(t, reviewer1, w.committed(t, "k"), opinion("keep"))
	}, map[string][]string{"revoke": {"approver", "head"}, "cancel": {"approver"}}},
	{"broken, the time to mend it over", func(t *testing.T, w *world) Case {
		c := w.act(t, reviewer1, w.committed(t, "k"), because("breach"))
		w.clock.to(c.Due.Legal.Add(1).String())
		return c
	}, map[string][]string{"rectified": {"reviewer1", "reviewer2"}, "revoke": {"approver", "head"}}},
	{"waiting part", func(t *testing.T, w *world) Case {
		_, parts := w.family(t, "k")
		return parts["joint"]
	}, map[string][]string{"withdraw": {"lin/salon"}}},
	{"required part", func(t *testing.T, w *world) Case {
		_, parts := w.family(t, "k")
		return parts["hygiene"]
	}, map[string][]string{
		"accept": {"clerk"}, "refuse": {"clerk"}, "not_required": {"clerk"}, "correct": {"clerk"}, "correct_onsite": {"clerk"},
	}},
	{"bundle", func(t *testing.T, w *world) Case {
		whole, _ := w.family(t, "k")
		return whole
	}, map[string][]string{"withdraw": {"lin/salon"}}},
}

// committed is a case that was granted on a commitment and delivered.
func (w *world) committed(t testing.TB, key string) Case {
	t.Helper()
	sub := w.submission(key, promise)
	sub.Committed = &contract.Committed{At: w.clock.now(), Content: []contract.Text{{ZH: "符合条件", EN: "Conditions are met"}}}
	r, err := w.submit(t.Context(), lin, sub)
	must(t, err)
	w.drain(t)
	return w.load(t, r.Case)
}

// complete is an action with everything that it may need.
func (w *world) complete(t testing.TB, c Case, name string) Action {
	t.Helper()
	a := Action{Name: name, Opinion: "意见", Reasons: []string{"理由"}, Organ: "区人民政府", Special: statute.Appraisal, Days: 5}
	switch name {
	case actCorrect, actCorrectOnsite:
		a.Marks = marked()
	case actResume:
		list, err := specialsOf(t.Context(), w.c.DB, c.ID)
		must(t, err)
		for _, x := range list {
			if x.Ended.IsZero() {
				a.Target = x.ID
			}
		}
	case actRecall, actSend:
		list, err := unitsOf(t.Context(), w.c.DB, c.ID)
		must(t, err)
		for _, u := range newest(list) {
			if (u.State == UnitOpen) == (name == actRecall) {
				a.Target = u.ID
			}
		}
	}
	return a
}

func marked() []contract.Mark {
	return []contract.Mark{{Kind: "field", ID: "area", Reason: "不一致"}}
}

func key(p auth.Principal) string {
	if p.For.ID != "" {
		return p.ID + "/" + p.For.ID
	}
	return p.ID
}

// TestEveryRoleOnEveryAction tries each action as each role, here and abroad. A
// try that succeeds is rolled back.
func TestEveryRoleOnEveryAction(t *testing.T) {
	t.Parallel()
	back := errors.New("rolled back")
	each(t, func(t *testing.T, w *world) {
		for i, stage := range stages {
			t.Run(stage.name, func(t *testing.T) {
				c := stage.to(t, w)
				// The next stage needs submission keys of its own.
				_, err := w.c.DB.ExecContext(t.Context(), "UPDATE casework_cases SET submission_key = $1 || submission_key WHERE submission_key LIKE 'k%'", fmt.Sprint("done-", i, "-"))
				must(t, err)
				for _, p := range everybody() {
					for _, action := range offered {
						a := w.complete(t, c, action)
						err := w.c.DB.InTx(t.Context(), func(ctx context.Context, tx db.Tx) error {
							if err := w.see(p, c); err != nil && p.Kind != auth.System {
								return err
							}
							if _, err := w.step(ctx, tx, p, c, a); err != nil {
								return err
							}
							return back
						})
						allowed := slices.Contains(stage.may[action], key(p))
						if got := errors.Is(err, back); got != allowed {
							t.Errorf("%s by %q: %v, allowed %v", action, key(p), err, allowed)
						}
						kind := fault.KindOf(err)
						if !allowed && kind != fault.Denied && kind != fault.NotFound && kind != fault.Conflict {
							t.Errorf("%s by %q: %v", action, key(p), err)
						}
					}
				}
			})
		}
	})
}

// TestStrangersCannotTellWhetherACaseExists: not found and not allowed to see
// are one answer.
func TestStrangersCannotTellWhetherACaseExists(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		c := w.file(t, "secret", hygiene)
		seers := []string{"lin/salon", "system:test", "clerk", "reviewer1", "reviewer2", "approver", "head", "supervisor", "auditor", "lin"}
		readers := []string{"lin/salon", "clerk", "reviewer1", "reviewer2", "approver", "head", "lin"}
		for _, p := range everybody() {
			_, err := w.Open(t.Context(), p, c.ID)
			sees := slices.Contains(seers, key(p)) && p.Kind != auth.Anonymous && (p.ID != "lin" || p.For.ID != "" || p.Kind == auth.Staff)
			if sees != (err == nil) || err != nil && !errors.Is(err, ErrNotFound) {
				t.Errorf("%q (%s) opens: %v", key(p), p.Kind, err)
			}
			_, err = w.Content(t.Context(), p, c.ID)
			if reads := sees && slices.Contains(readers, key(p)); reads != (err == nil) {
				t.Errorf("%q (%s) reads: %v", key(p), p.Kind, err)
			}
		}
	})
}

// TestListRuleIsThePolicy: for each role, the lists hold exactly the cases that
// the policy, asked case by case, permits.
func TestListRuleIsThePolicy(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		all := w.manyCases(t, 60)
		for _, p := range everybody() {
			if p.Kind != auth.Staff {
				continue
			}
			for _, tab := range tabs {
				var want []contract.CaseID
				for _, c := range all {
					if c.Stage == tab.stage && w.policySays(p, c, tab.action) {
						want = append(want, c.ID)
					}
				}
				got, n := w.walk(t, p, tab.tab)
				slices.Sort(want)
				slices.Sort(got)
				if !slices.Equal(got, want) || n != len(want) {
					t.Errorf("%s, tab %s: %d listed, %d counted, policy permits %d", key(p), tab.tab, len(got), n, len(want))
				}
			}
		}
	})
}

func (w *world) policySays(p auth.Principal, c Case, action string) bool {
	if action == "" {
		return w.see(p, c) == nil
	}
	proc, err := w.procedure(c)
	if err != nil {
		return false
	}
	t, err := proc.Transition(c.State, action)
	return err == nil && w.may(p, c, t) == nil
}

// walk reads a tab page by page, and checks that the order is by urgency.
func (w *world) walk(t *testing.T, p auth.Principal, tab Tab) (ids []contract.CaseID, count int) {
	t.Helper()
	after, last := "", -1
	for {
		list, err := w.Tasks(t.Context(), p, Query{Tab: tab, After: after, Limit: 7})
		if errors.Is(err, ErrNotFound) {
			return ids, 0
		}
		must(t, err)
		for _, c := range list.Cases {
			rank := rankOf(c.Light(w.Today()))
			if rank < last {
				t.Errorf("%s, tab %s: rank %d after %d", key(p), tab, rank, last)
			}
			last = rank
			ids = append(ids, c.ID)
		}
		for _, n := range list.Counts {
			if n.Tab == tab {
				count = n.N
			}
		}
		if after = list.Next; after == "" {
			return ids, count
		}
	}
}

// manyCases makes cases in all stages, of several agencies, filed by several
// people, on several days.
func (w *world) manyCases(t *testing.T, n int) []Case {
	t.Helper()
	rnd := rand.New(rand.NewPCG(1, 2))
	items := []contract.ItemID{hygiene, away, filing, joint, benefit, promise}
	everyone := everybody()
	var all []Case
	for i := range n {
		if i == n/2 {
			w.clock.to("2026-11-20")
		}
		sub := w.submission(fmt.Sprint("many-", i), items[i%len(items)])
		// Officials file for companies, too: they must not handle those.
		sub.Operator = contract.AccountID(everyone[rnd.IntN(len(everyone))].ID)
		r, err := w.submit(t.Context(), lin, sub)
		must(t, err)
		w.wander(t, rnd, r.Case, rnd.IntN(6))
		all = append(all, w.load(t, r.Case))
	}
	w.clock.to("2026-11-24")
	for i := range all {
		all[i] = w.load(t, all[i].ID)
	}
	return all
}

// wander takes up to n random steps that somebody may take.
func (w *world) wander(t testing.TB, rnd *rand.Rand, id contract.CaseID, n int) {
	t.Helper()
	for range n {
		c := w.load(t, id)
		p := everybody()[rnd.IntN(len(everybody()))]
		choices, err := w.Choices(t.Context(), p, c)
		must(t, err)
		if w.see(p, c) != nil || len(choices) == 0 {
			continue
		}
		a := w.complete(t, c, choices[rnd.IntN(len(choices))].Action)
		a.Step = c.Step
		if (a.Name == actRecall || a.Name == actSend) && a.Target == "" {
			continue // nobody to recall, or nobody to ask again
		}
		w.act(t, p, c, a)
	}
}

// hear lets another agency give an opinion, if it is asked.
func (w *world) hear(t testing.TB, rnd *rand.Rand, id contract.CaseID) {
	t.Helper()
	all, err := unitsOf(t.Context(), w.c.DB, id)
	must(t, err)
	for _, u := range newest(all) {
		if u.State != UnitOpen || rnd.IntN(2) == 0 {
			continue
		}
		p := of(u.Agency, staff("asked", auth.RoleReviewer))
		x := Answer{Opinion: []string{OpinionAgree, OpinionObject, OpinionNotNeeded}[rnd.IntN(3)], Note: "意见", Reasons: []string{"理由"}}
		must(t, w.Opine(t.Context(), p, id, u.ID, x))
	}
}

// TestRandomWalkKeepsTheInvariants lets anybody do what the policy permits, and
// time pass, and checks every case after every move.
func TestRandomWalkKeepsTheInvariants(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		rnd := rand.New(rand.NewPCG(3, 4))
		var ids []contract.CaseID
		for i, item := range []contract.ItemID{hygiene, hygiene, away, filing, joint, joint, benefit} {
			ids = append(ids, w.file(t, fmt.Sprint("walk-", i), item).ID)
		}
		ids = append(ids, w.committed(t, "walk-promise").ID)
		for _, key := range []string{"walk-a", "walk-b"} {
			whole, parts := w.family(t, key)
			ids = append(ids, whole.ID, parts["hygiene"].ID, parts["filing"].ID, parts["joint"].ID)
		}
		for range 150 {
			id := ids[rnd.IntN(len(ids))]
			switch rnd.IntN(6) {
			case 0:
				w.clock.set(w.clock.now().AddDate(0, 0, rnd.IntN(5)))
				w.drain(t)
			case 1:
				w.handInAgain(t, id)
			case 2:
				w.hear(t, rnd, id)
			default:
				w.wander(t, rnd, id, 3)
			}
			w.drain(t)
			w.checkInvariants(t, id)
		}
		for _, id := range ids {
			w.checkInvariants(t, id)
		}
		_, differences, err := w.Replay(t.Context())
		must(t, err)
		if len(differences) > 0 {
			t.Errorf("differences: %+v", differences)
		}
	})
}

// handInAgain resubmits a case that waits for corrections.
func (w *world) handInAgain(t testing.TB, id contract.CaseID) {
	t.Helper()
	k, err := w.Correction(t.Context(), lin, id)
	if errors.Is(err, ErrState) {
		return
	}
	must(t, err)
	must(t, w.c.DB.InTx(t.Context(), func(ctx context.Context, tx db.Tx) error {
		return w.Resubmit(ctx, tx, lin, id, k.Answers, k.Materials)
	}))
}
