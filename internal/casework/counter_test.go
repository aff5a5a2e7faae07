package casework

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/auth"
	"github.com/tongban/tongban/internal/kit/db"
	"github.com/tongban/tongban/internal/kit/fault"
)

// Clerks of the hall, which the bureau runs, and of another.
var (
	window1 = staff("window1", auth.RoleCounter)
	window2 = staff("window2", auth.RoleCounter)
	// window3 has every role beside the window.
	window3 = staff("window3", auth.RoleCounter, auth.RoleClerk, auth.RoleReviewer, auth.RoleApprover, auth.RoleHead)
	outside = abroad(staff("window9", auth.RoleCounter))
)

// serving is a clerk while somebody stands at the window.
func serving(p auth.Principal, person, subject string) auth.Principal {
	p.For = auth.Acting{Kind: auth.ForCounter, ID: subject, Name: subject, Mandate: "session-" + p.ID, Person: person, PersonName: person}
	return p
}

// windows tells where a session is.
type windows map[string]contract.Counter

func (w windows) At(_ context.Context, session string) (contract.Counter, error) {
	at, ok := w[session]
	if !ok {
		return at, fault.New(fault.NotFound, "counter.session.none")
	}
	return at, nil
}

func windowOf(p auth.Principal) contract.Counter {
	return contract.Counter{
		Session: "session-" + p.ID, Hall: contract.Text{ZH: "广安区政务服务中心", EN: "Guang'an hall"}, Window: "3",
		Clerk: contract.AccountID(p.ID), ClerkName: p.Name, Agency: bureau,
		AgencyName: contract.Text{ZH: "广安区行政审批局", EN: "Guang'an Approval Bureau"}, Division: "511602",
	}
}

// hall opens the counter of a world: the hygiene licence may be accepted there.
func (w *world) hall() *world {
	w.c.Counters = windows{"session-window1": windowOf(window1), "session-window2": windowOf(window2), "session-window3": windowOf(window3)}
	w.c.Drawn = func(mark string) bool { return strings.HasPrefix(mark, "M") }
	svc := w.services[hygiene]
	svc.Handling.Counter = contract.CounterAccept
	w.services[hygiene] = svc
	return w
}

// atWindow is an application taken in at a window.
func (w *world) atWindow(key string, item contract.ItemID, by auth.Principal) contract.Submission {
	sub := w.submission(key, item)
	sub.Counter = windowOf(by)
	sub.Agent = contract.Agent{Account: "lin", Kind: auth.ForCompany, Mandate: "session-" + by.ID, Name: "林"}
	sub.Confirmed = &contract.Confirmed{
		Method: contract.ConfirmDrawn, Name: "林", Account: "lin", Mark: "M1 1L2 2L3 3", Session: "session-" + by.ID,
		Hall: windowOf(by).Hall, Window: "3", Clerk: contract.AccountID(by.ID), ClerkName: by.Name, At: w.clock.now(),
	}
	sub.Materials[0].Level, sub.Materials[0].Paper = "B", contract.PaperKept
	sub.Materials[0].Seen = &contract.Seen{By: contract.AccountID(by.ID), ByName: by.Name, Agency: windowOf(by).AgencyName, At: w.clock.now()}
	sub.Originals = []string{sub.Materials[0].File}
	return sub
}

func (w *world) takeIn(t testing.TB, key string, item contract.ItemID, by auth.Principal) Case {
	t.Helper()
	r, err := w.submit(t.Context(), serving(by, "lin", "salon"), w.atWindow(key, item, by))
	must(t, err)
	return w.load(t, r.Case)
}

// windowPeople are clerks at their desk, and with somebody at the window.
func windowPeople() []auth.Principal {
	return []auth.Principal{
		window1, window2, window3, outside,
		serving(window1, "lin", "salon"), serving(window2, "zhou", "zhou"), serving(outside, "lin", "salon"),
		serving(window2, "window2", "window2"), // oneself
	}
}

// counterStages are cases taken in at the hall by window3, who has every role.
var counterStages = []struct {
	name string
	to   func(t *testing.T, w *world) Case
	may  map[string][]string
}{
	{"taken in, the hall may accept", func(t *testing.T, w *world) Case { return w.takeIn(t, "k", hygiene, window3) }, map[string][]string{
		"accept":         {"clerk", "window1", "window2", "window3", "window1/salon", "window2/zhou", "window2/window2"},
		"correct":        {"clerk", "window1", "window2", "window3", "window1/salon", "window2/zhou", "window2/window2"},
		"correct_onsite": {"clerk", "window1", "window2", "window3", "window1/salon", "window2/zhou", "window2/window2"},
		"refuse":         {"clerk"}, "not_required": {"clerk"},
		"withdraw": {"lin/salon", "window1/salon", "window9-elsewhere/salon"},
	}},
	{"taken in, the hall only hands on", func(t *testing.T, w *world) Case { return w.takeIn(t, "k", filing, window1) }, map[string][]string{
		"accept": {"clerk", "window3"}, "refuse": {"clerk", "window3"}, "not_required": {"clerk", "window3"},
		"correct":  {"clerk", "window3"},
		"withdraw": {"lin/salon", "window1/salon", "window9-elsewhere/salon"},
	}},
	{"accepted by who took it in", func(t *testing.T, w *world) Case {
		return w.act(t, window3, w.takeIn(t, "k", hygiene, window3), Action{Name: "accept"})
	}, map[string][]string{
		"review": {"reviewer1", "reviewer2"}, "extend": {"head"}, "pause": {"reviewer1", "reviewer2", "approver"},
		"withdraw": {"lin/salon", "window1/salon", "window9-elsewhere/salon"},
	}},
	{"to be decided", func(t *testing.T, w *world) Case {
		c := w.act(t, window3, w.takeIn(t, "k", hygiene, window3), Action{Name: "accept"})
		c = w.act(t, reviewer1, c, opinion("review"))
		return w.act(t, reviewer2, c, opinion("countersign"))
	}, map[string][]string{
		"approve": {"approver"}, "deny": {"approver"}, "extend": {"head"}, "pause": {"reviewer1", "reviewer2", "approver"},
		"withdraw": {"lin/salon", "window1/salon", "window9-elsewhere/salon"},
	}},
	{"denied", func(t *testing.T, w *world) Case {
		c := w.act(t, window3, w.takeIn(t, "k", hygiene, window3), Action{Name: "accept"})
		c = w.act(t, reviewer1, c, opinion("review"))
		c = w.act(t, reviewer2, c, opinion("countersign"))
		return w.act(t, approver, c, because("deny"))
	}, map[string][]string{"deliver": {
		"clerk", "lin/salon", "system:test", "window1", "window2", "window3", "window1/salon", "window2/zhou", "window2/window2", "window9-elsewhere/salon",
	}}},
	{"filed online", func(t *testing.T, w *world) Case { return w.file(t, "k", hygiene) }, map[string][]string{
		"accept": {"clerk", "window3"}, "refuse": {"clerk", "window3"}, "not_required": {"clerk", "window3"},
		"correct": {"clerk", "window3"}, "correct_onsite": {"clerk", "window3"},
		"withdraw": {"lin/salon", "window1/salon", "window9-elsewhere/salon"},
	}},
}

// TestEveryRoleOnWhatAHallTookIn tries each action as each role and as clerks at
// windows. Who took a case in may accept it and never decides it.
func TestEveryRoleOnWhatAHallTookIn(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		w.hall()
		for i, stage := range counterStages {
			t.Run(stage.name, func(t *testing.T) {
				c := stage.to(t, w)
				_, err := w.c.DB.ExecContext(t.Context(), "UPDATE casework_cases SET submission_key = $1 || submission_key WHERE submission_key LIKE 'k%'", fmt.Sprint("done-", i, "-"))
				must(t, err)
				for _, p := range slices.Concat(everybody(), windowPeople()) {
					for _, action := range offered {
						w.tryOn(t, p, c, action, slices.Contains(stage.may[action], key(p)))
					}
				}
			})
		}
	})
}

// tryOn takes a step that is rolled back.
func (w *world) tryOn(t *testing.T, p auth.Principal, c Case, action string, allowed bool) {
	t.Helper()
	back := errors.New("rolled back")
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
	if got := errors.Is(err, back); got != allowed {
		t.Errorf("%s by %q: %v, allowed %v", action, key(p), err, allowed)
	}
}

// TestListsOfAHallAreThePolicy: the lists of clerks hold exactly what the policy
// permits, whoever stands at the window; and the applicant's own lists at a window
// hold that person's cases alone.
func TestListsOfAHallAreThePolicy(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		w.hall()
		var all []Case
		for i, item := range []contract.ItemID{hygiene, filing, hygiene, joint, hygiene} {
			by := []auth.Principal{window1, window3}[i%2]
			all = append(all, w.takeIn(t, fmt.Sprint("taken-", i), item, by), w.file(t, fmt.Sprint("online-", i), item))
		}
		all[0] = w.act(t, window2, all[0], Action{Name: "accept"})
		all[4] = w.act(t, window1, all[4], Action{Name: "correct", Marks: marked()})
		for i := range all {
			all[i] = w.load(t, all[i].ID)
		}
		for _, p := range windowPeople() {
			for _, tab := range tabs {
				var want []contract.CaseID
				for _, c := range all {
					if c.Stage == tab.stage && w.policySays(atDesk(p), c, tab.action) {
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
		for p, want := range map[string]int{"salon": len(all), "zhou": 0} {
			own, err := w.Own(t.Context(), serving(window2, "x", p), OwnQuery{})
			must(t, err)
			if own.Total != want {
				t.Errorf("%s at the window sees %d cases, want %d", p, own.Total, want)
			}
		}
		if own, err := w.Own(t.Context(), serving(window2, "window2", "window2"), OwnQuery{}); err != nil || own.Total != 0 {
			t.Errorf("a clerk serves themselves: %d, %v", own.Total, err)
		}
	})
}

// TestTakenIn: what the counter adds to a case is kept and told.
func TestTakenIn(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		w.hall()
		ctx := t.Context()
		c := w.takeIn(t, "k", hygiene, window1)
		if c.Counter.Window != "3" || c.Counter.ClerkName != window1.Name || !c.Counter.Paper || c.Operator != "lin" || c.CounterMay != contract.CounterAccept {
			t.Errorf("case: %+v, may %q", c.Counter, c.CounterMay)
		}
		steps, err := w.Steps(ctx, lin, c.ID)
		must(t, err)
		if st := steps[0]; st.Actor.ID != "window1" || st.BehalfKind != auth.ForCounter || st.Behalf != "salon" || st.Mandate != "session-window1" || st.UnitID != "" {
			t.Errorf("first step: %+v", st)
		}
		seen, err := w.Originals(ctx, lin, c.ID)
		must(t, err)
		if o := seen["file-1"]; o.By.ID != "window1" || o.Agency.ZH != "广安区行政审批局" {
			t.Errorf("originals: %+v", seen)
		}
		told, err := w.Confirmations(ctx, lin, c.ID)
		must(t, err)
		if len(told) != 1 || told[0].Name != "林" || told[0].Window != "3" || told[0].What != "submit" {
			t.Errorf("confirmations: %+v", told)
		}
		events, err := w.events.Of(ctx, "case:"+string(c.ID))
		must(t, err)
		names := map[string]int{}
		for _, e := range events {
			names[e.Name]++
			if e.Name == "casework.moved.v1" && (e.ActorID != "window1" || e.OnBehalfOf != "salon" || e.Mandate != "session-window1") {
				t.Errorf("%s by %s for %s under %s", e.Name, e.ActorID, e.OnBehalfOf, e.Mandate)
			}
		}
		if names["casework.material_on_paper.v1"] != 1 || names["casework.moved.v1"] != 1 {
			t.Errorf("events: %v", names)
		}
		content, err := w.Content(ctx, serving(window1, "lin", "salon"), c.ID)
		must(t, err)
		if slices.ContainsFunc(content.Lines, func(l Line) bool { return l.Masked }) {
			t.Error("the person at the window does not see the own answers")
		}
		if content, err = w.Content(ctx, window1, c.ID); err != nil || !slices.ContainsFunc(content.Lines, func(l Line) bool { return l.Masked }) {
			t.Errorf("with nobody at the window personal answers are shown: %v", err)
		}
		c = w.act(t, serving(window1, "lin", "salon"), c, Action{Name: "accept"})
		steps, err = w.Steps(ctx, lin, c.ID)
		must(t, err)
		i := slices.IndexFunc(steps, func(st Step) bool { return st.Action == "accept" })
		if st := steps[i]; st.Behalf != "" || st.UnitID != bureau || st.Actor.Name != window1.Name {
			t.Errorf("acceptance is the agency's: %+v", st)
		}
	})
}

// TestWithdrawAtTheWindow: the person confirms, the clerk is witness.
func TestWithdrawAtTheWindow(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		w.hall()
		ctx := t.Context()
		c := w.file(t, "k", hygiene) // begun online
		here := serving(window1, "lin", "salon")
		for _, try := range []struct {
			name string
			by   auth.Principal
			how  Confirming
			want fault.Kind
		}{
			{"nothing confirmed", here, Confirming{}, fault.Invalid},
			{"no signature", here, Confirming{Method: contract.ConfirmDrawn, Mark: "林"}, fault.Invalid},
			{"another's case", serving(window1, "zhou", "zhou"), Confirming{Method: contract.ConfirmPaper}, fault.NotFound},
			{"nobody at the window", window1, Confirming{Method: contract.ConfirmPaper}, fault.NotFound},
			{"online", lin, Confirming{Method: contract.ConfirmPaper}, fault.NotFound},
			{"another's session", func() auth.Principal { p := here; p.ID = "window2"; return p }(), Confirming{Method: contract.ConfirmPaper}, fault.Denied},
		} {
			if _, err := w.WithdrawAt(ctx, try.by, c.ID, 0, try.how); fault.KindOf(err) != try.want {
				t.Errorf("%s: %v", try.name, err)
			}
		}
		done, err := w.WithdrawAt(ctx, here, c.ID, c.Step, Confirming{Method: contract.ConfirmDrawn, Mark: "M1 1L2 2"})
		must(t, err)
		told, err := w.Confirmations(ctx, lin, c.ID)
		must(t, err)
		if done.State != "WITHDRAWN" || len(told) != 1 || told[0].What != "withdraw" || told[0].Clerk != "window1" {
			t.Errorf("%s, %+v", done.State, told)
		}
	})
}

// TestAppliesAtTheWindow: what the person does online they do at the window, and
// nothing is the clerk's afterwards.
func TestAppliesAtTheWindow(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		w.hall()
		ctx := t.Context()
		c := w.file(t, "k", hygiene)
		here, limited := serving(window1, "lin", "salon"), serving(window2, "lin", "salon")
		limited.For.Items = []string{string(filing)}
		if _, err := w.Open(ctx, limited, c.ID); !errors.Is(err, ErrNotFound) {
			t.Errorf("a right limited to another service: %v", err)
		}
		if _, err := w.Write(ctx, here, c.ID, Words{Thread: contract.ThreadApplicant, Text: "什么时候办好？"}); err != nil {
			t.Fatal(err)
		}
		thread, err := w.Messages(ctx, lin, c.ID, contract.ThreadApplicant)
		must(t, err)
		if len(thread.Messages) != 1 || thread.Messages[0].Side != "applicant" || !thread.Messages[0].Own {
			t.Errorf("message written at the window: %+v", thread.Messages)
		}
		if _, err := w.Open(ctx, window1, c.ID); !errors.Is(err, ErrNotFound) {
			t.Errorf("after the session: %v", err)
		}
		if _, err := w.Open(ctx, serving(window1, "zhou", "zhou"), c.ID); !errors.Is(err, ErrNotFound) {
			t.Errorf("with the next person: %v", err)
		}
		reads, err := w.events.About(ctx, "salon", 50)
		must(t, err)
		for _, e := range reads {
			if e.Name == "data.read.v1" && e.ActorID == "window1" && (e.Purpose != "counter" || e.Mandate != "session-window1") {
				t.Errorf("read as %q under %q", e.Purpose, e.Mandate)
			}
		}
	})
}

// TestWhatIsDoneAtAWindowSaysWhere: the application in the name of the person, the
// acceptance in that of the agency; a case of somebody else has nothing to do with the
// session.
func TestWhatIsDoneAtAWindowSaysWhere(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		w.hall()
		ctx := t.Context()
		mine, other := w.takeIn(t, "mine", hygiene, window1), w.takeIn(t, "other", hygiene, window2)
		mine = w.act(t, serving(window1, "lin", "salon"), mine, Action{Name: "accept"})
		other = w.act(t, serving(window1, "zhou", "zhou"), other, Action{Name: "accept"})
		for _, x := range []struct {
			c     Case
			kinds []string
			on    []string // window of each step
		}{
			{mine, []string{auth.ForCounter, AtWindow}, []string{"3", "3"}},
			{other, []string{auth.ForCounter, ""}, []string{"3", ""}},
		} {
			steps, err := w.Steps(ctx, clerk, x.c.ID)
			must(t, err)
			steps = slices.DeleteFunc(steps, func(s Step) bool { return s.Actor.Kind == string(auth.System) })
			for i, st := range steps {
				if i >= len(x.kinds) || st.BehalfKind != x.kinds[i] || st.Window != x.on[i] {
					t.Errorf("step %s: %q at window %q", st.Action, st.BehalfKind, st.Window)
				}
			}
			events, err := w.events.Of(ctx, "case:"+string(x.c.ID))
			must(t, err)
			for _, e := range events {
				if e.Name != (contract.CaseMoved{}).EventName() || !strings.Contains(string(e.Body), `"accept"`) {
					continue
				}
				session := ""
				if x.c.ID == mine.ID {
					session = "session-window1"
				}
				if e.Mandate != session || e.OnBehalfOf != "" {
					t.Errorf("accepted on behalf of %q under %q", e.OnBehalfOf, e.Mandate)
				}
			}
		}
	})
}
