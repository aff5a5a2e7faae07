package counter_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/counter"
	"github.com/tongban/tongban/internal/counter/countertest"
	"github.com/tongban/tongban/internal/kit/auth"
	"github.com/tongban/tongban/internal/kit/db"
	"github.com/tongban/tongban/internal/kit/event"
	"github.com/tongban/tongban/internal/kit/fault"
)

func openFor(t *testing.T, w *countertest.World, clerk auth.Principal, number, name string) counter.Session {
	t.Helper()
	x, err := w.Open(t.Context(), clerk, countertest.Seen(number, name))
	if err != nil {
		t.Fatal(err)
	}
	return x
}

// serving is for whom a clerk acts now; "" is nobody.
func serving(t *testing.T, w *countertest.World, clerk auth.Principal) auth.Acting {
	t.Helper()
	a, ok, err := w.Serving(t.Context(), contract.AccountID(clerk.ID))
	if err != nil {
		t.Fatal(err)
	}
	if !ok && a.ID != "" {
		t.Fatal("nobody has a name")
	}
	return a
}

func TestOneClerkSitsAtOneWindow(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *countertest.World) {
		ctx := t.Context()
		yuan, gong := sit(t, w, "yuan", "1"), countertest.Clerk("gong")
		if err := w.Sit(ctx, gong, countertest.Window("1"), false); !errors.Is(err, counter.ErrTaken) {
			t.Fatalf("sat where somebody sits: %v", err)
		}
		openFor(t, w, yuan, countertest.Zhou, "周淑芬")
		if err := w.Leave(ctx, yuan); !errors.Is(err, counter.ErrServing) {
			t.Errorf("left while serving: %v", err)
		}
		if err := w.Sit(ctx, gong, countertest.Window("1"), true); err != nil {
			t.Fatal(err)
		}
		if a := serving(t, w, yuan); a.ID != "" {
			t.Error("serves on after being replaced")
		}
		if _, err := w.Place(ctx, yuan); !errors.Is(err, counter.ErrNotSeated) {
			t.Errorf("still sits: %v", err)
		}
		if err := w.Sit(ctx, gong, countertest.Window("2"), false); err != nil {
			t.Fatal(err)
		}
		hall, err := w.Hall(ctx, counter.DemoHall)
		if err != nil || hall.Staffed("") != 1 {
			t.Errorf("%d windows are staffed, %v", hall.Staffed(""), err)
		}
		if err := w.Sit(ctx, countertest.Stranger(), countertest.Window("3"), false); fault.KindOf(err) != fault.Denied {
			t.Errorf("a clerk of another agency sat down: %v", err)
		}
		w.Add(24 * time.Hour)
		if _, err := w.Place(ctx, gong); !errors.Is(err, counter.ErrNotSeated) {
			t.Errorf("sits there overnight: %v", err)
		}
		sit(t, w, "yuan", "2")
	})
}

func TestSittingDownAtOnce(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *countertest.World) {
		var wg sync.WaitGroup
		for _, name := range []string{"a", "b", "c", "d"} {
			wg.Go(func() {
				err := w.Sit(t.Context(), countertest.Clerk(name), countertest.Window("1"), false)
				if err != nil && !errors.Is(err, counter.ErrTaken) {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		hall, err := w.Hall(t.Context(), counter.DemoHall)
		if err != nil || hall.Staffed("") != 1 {
			t.Errorf("%d sit, %v", hall.Staffed(""), err)
		}
	})
}

func TestASessionServesOnePerson(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *countertest.World) {
		ctx := t.Context()
		yuan, gong := sit(t, w, "yuan", "1"), sit(t, w, "gong", "2")
		ticket := take(t, w, counter.Take{Kind: "A", Number: countertest.Zhou})
		if _, err := w.CallNext(ctx, yuan); err != nil {
			t.Fatal(err)
		}
		x := openFor(t, w, yuan, countertest.Zhou, "周淑芬")
		if x.Ticket != ticket.ID || x.Number == countertest.Zhou {
			t.Errorf("%+v", x)
		}
		if a := serving(t, w, yuan); a.Kind != auth.ForCounter || a.ID != string(x.Person) || a.Person != a.ID || a.Mandate != x.ID || a.Level != 3 {
			t.Errorf("acts for %+v", a)
		}
		if a := serving(t, w, gong); a.ID != "" {
			t.Error("another clerk uses the session")
		}
		if _, err := w.Open(ctx, yuan, countertest.Seen(countertest.Lin, "林晓梅")); !errors.Is(err, counter.ErrServing) {
			t.Errorf("served two at once: %v", err)
		}
		if _, err := w.Open(ctx, gong, countertest.Seen(countertest.Zhou, "周淑芬")); !errors.Is(err, counter.ErrElsewhere) {
			t.Errorf("one person at two windows: %v", err)
		}
		if err := w.End(ctx, gong, x.ID); fault.KindOf(err) != fault.Denied {
			t.Errorf("another clerk ended it: %v", err)
		}
		for range 2 { // a double click
			if err := w.End(ctx, yuan, x.ID); err != nil {
				t.Fatal(err)
			}
		}
		if a := serving(t, w, yuan); a.ID != "" {
			t.Error("serves on after the end")
		}
		if q, err := w.TicketNow(ctx, ticket.ID); err != nil || q.State != counter.StateServed {
			t.Errorf("the ticket is %s, %v", q.State, err)
		}
		at, err := w.At(ctx, x.ID)
		if err != nil || at.Window != "1" || at.Division != "511602" || at.Agency != countertest.Agency || at.Clerk != "yuan" {
			t.Errorf("%+v, %v", at, err)
		}
		sum, err := w.Summary(ctx, yuan, x.ID)
		if err != nil || sum.Reason != counter.EndDone || len(sum.Deeds) == 0 {
			t.Errorf("%+v, %v", sum, err)
		}
		if _, err := w.Summary(ctx, gong, x.ID); fault.KindOf(err) != fault.Denied {
			t.Errorf("another clerk read the summary: %v", err)
		}
	})
}

func TestAClickTwiceOpensOneSession(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *countertest.World) {
		yuan, gong := sit(t, w, "yuan", "1"), sit(t, w, "gong", "2")
		var (
			wg sync.WaitGroup
			mu sync.Mutex
			n  int
		)
		for _, clerk := range []auth.Principal{yuan, yuan, gong, gong} {
			wg.Go(func() {
				_, err := w.Open(t.Context(), clerk, countertest.Seen(countertest.Zhou, "周淑芬"))
				mu.Lock()
				defer mu.Unlock()
				switch {
				case err == nil:
					n++
				case !errors.Is(err, counter.ErrServing) && !errors.Is(err, counter.ErrElsewhere):
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if n != 1 {
			t.Errorf("%d sessions with one person", n)
		}
	})
}

// TestSessionsAtOnce opens many sessions at the same moment: of two at one window one
// is let in, of one person at two windows too, and all others do not disturb each other.
func TestSessionsAtOnce(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *countertest.World) {
		var clerks []auth.Principal
		for i, window := range []string{"1", "2", "3", "8", "9"} {
			clerks = append(clerks, sit(t, w, fmt.Sprintf("clerk-%d", i), window))
		}
		take(t, w, counter.Take{Kind: "A"})
		if _, err := w.CallNext(t.Context(), clerks[0]); err != nil {
			t.Fatal(err)
		}
		people := []struct{ number, name string }{{countertest.Zhou, "周淑芬"}, {countertest.Lin, "林晓梅"}, {countertest.Elder, "吴老太"}}
		type try struct{ clerk, person int }
		tries := []try{{0, 0}, {0, 1}, {1, 2}, {2, 2}, {3, 0}, {4, 1}, {3, 1}}
		errs := make([]error, len(tries))
		var wg sync.WaitGroup
		for i, x := range tries {
			wg.Go(func() {
				p := people[x.person]
				_, errs[i] = w.Open(t.Context(), clerks[x.clerk], countertest.Seen(p.number, p.name))
			})
		}
		wg.Wait()
		open := map[string]int{}
		for i, err := range errs {
			switch {
			case err == nil:
				open[fmt.Sprint("clerk ", tries[i].clerk)]++
				open[fmt.Sprint("person ", tries[i].person)]++
			case !errors.Is(err, counter.ErrServing) && !errors.Is(err, counter.ErrElsewhere):
				t.Errorf("try %v: %v", tries[i], err)
			}
		}
		for who, n := range open {
			if n != 1 {
				t.Errorf("%s has %d sessions", who, n)
			}
		}
		if n := open["person 2"]; n != 1 {
			t.Errorf("nobody serves the one who went to two windows: %d", n)
		}
	})
}

func TestASessionEndsByItself(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		after  func(t *testing.T, w *countertest.World, clerk auth.Principal)
		reason string // "" goes on
	}{
		{"used within twenty minutes", func(t *testing.T, w *countertest.World, clerk auth.Principal) {
			for range 3 {
				w.Add(15 * time.Minute)
				trace(t, w, clerk)
			}
		}, ""},
		{"idle for twenty minutes", func(_ *testing.T, w *countertest.World, _ auth.Principal) { w.Add(20 * time.Minute) }, counter.EndIdle},
		{"at the end of the day", func(t *testing.T, w *countertest.World, clerk auth.Principal) {
			for range 56 { // used until midnight in China
				w.Add(15 * time.Minute)
				trace(t, w, clerk)
			}
		}, counter.EndDay},
		{"with signing out", func(t *testing.T, w *countertest.World, clerk auth.Principal) {
			err := w.DB.InTx(t.Context(), func(ctx context.Context, tx db.Tx) error {
				return w.Left(ctx, tx, clerk, contract.AccountID(clerk.ID), "")
			})
			if err != nil {
				t.Fatal(err)
			}
		}, counter.EndSignedOut},
		{"with the account being locked", func(t *testing.T, w *countertest.World, clerk auth.Principal) {
			err := w.DB.InTx(t.Context(), func(ctx context.Context, tx db.Tx) error {
				return w.Left(ctx, tx, countertest.Staff(auth.RoleAdministrator), contract.AccountID(clerk.ID), "")
			})
			if err != nil {
				t.Fatal(err)
			}
		}, counter.EndLogin},
		{"with its login ended elsewhere", func(t *testing.T, w *countertest.World, clerk auth.Principal) {
			err := w.DB.InTx(t.Context(), func(ctx context.Context, tx db.Tx) error {
				return w.Left(ctx, tx, clerk, contract.AccountID(clerk.ID), "login-yuan")
			})
			if err != nil {
				t.Fatal(err)
			}
		}, counter.EndSignedOut},
		{"not with another login", func(t *testing.T, w *countertest.World, clerk auth.Principal) {
			err := w.DB.InTx(t.Context(), func(ctx context.Context, tx db.Tx) error {
				return w.Left(ctx, tx, clerk, contract.AccountID(clerk.ID), "another")
			})
			if err != nil {
				t.Fatal(err)
			}
		}, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			each(t, func(t *testing.T, w *countertest.World) {
				clerk := sit(t, w, "yuan", "1")
				x := openFor(t, w, clerk, countertest.Zhou, "周淑芬")
				tt.after(t, w, clerk)
				if a := serving(t, w, clerk); (a.ID == "") != (tt.reason != "") {
					t.Fatalf("serves %q", a.ID)
				}
				if err := w.Queue.Drain(t.Context()); err != nil {
					t.Fatal(err)
				}
				sum, err := w.Summary(t.Context(), clerk, x.ID)
				if err != nil || sum.Reason != tt.reason {
					t.Errorf("ended %q, %v, want %q", sum.Reason, err, tt.reason)
				}
			})
		})
	}
}

// trace is a request of a clerk who serves somebody; one without is nothing.
// However a login ends, nobody finds the person of an earlier one at the window, and
// the window can serve the next.
func TestASessionDoesNotOutliveItsLogin(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *countertest.World) {
		clerk := sit(t, w, "yuan", "1")
		x := openFor(t, w, clerk, countertest.Zhou, "周淑芬")
		w.Logins["login-yuan"] = true
		if a := serving(t, w, clerk); a.ID != "" {
			t.Fatalf("serves %q", a.ID)
		}
		clerk.Session = "login-2"
		openFor(t, w, clerk, countertest.Lin, "林晓梅")
		gong := sit(t, w, "gong", "2")
		openFor(t, w, gong, countertest.Zhou, "周淑芬")
		sum, err := w.Summary(t.Context(), clerk, x.ID)
		if err != nil || sum.Reason != counter.EndLogin {
			t.Errorf("ended %q, %v", sum.Reason, err)
		}
	})
}

func trace(t *testing.T, w *countertest.World, clerk auth.Principal) {
	t.Helper()
	clerk.For = serving(t, w, clerk)
	if err := w.Trace(t.Context(), clerk, "GET", "/services"); err != nil {
		t.Fatal(err)
	}
}

func TestForWhomThePersonApplies(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *countertest.World) {
		ctx := t.Context()
		clerk := sit(t, w, "yuan", "1")
		x := openFor(t, w, clerk, countertest.Lin, "林晓梅")
		if err := w.Choose(ctx, clerk, "somebody"); !errors.Is(err, counter.ErrSubject) {
			t.Fatalf("acts for a stranger: %v", err)
		}
		if err := w.Choose(ctx, clerk, "co-1"); err != nil {
			t.Fatal(err)
		}
		if a := serving(t, w, clerk); a.ID != "co-1" || a.Person != string(x.Person) {
			t.Errorf("acts for %+v", a)
		}
		w.People.Revoke(countertest.Lin)
		if a := serving(t, w, clerk); a.ID != string(x.Person) {
			t.Errorf("a right that was revoked is used for %s", a.ID)
		}
	})
}

func TestEveryRequestOfASessionIsKept(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *countertest.World) {
		ctx := t.Context()
		clerk := sit(t, w, "yuan", "1")
		x := openFor(t, w, clerk, countertest.Zhou, "周淑芬")
		trace(t, w, clerk)
		list, err := w.Requests(ctx, countertest.Staff(auth.RoleAuditor), x.ID)
		if err != nil || len(list) != 1 || list[0].Path != "/services" || list[0].Subject != string(x.Person) || list[0].Clerk != "yuan" {
			t.Fatalf("%+v, %v", list, err)
		}
		if _, err := w.Requests(ctx, clerk, x.ID); fault.KindOf(err) != fault.Denied {
			t.Errorf("the clerk audits: %v", err)
		}
		events, err := w.Events.Under(ctx, x.ID, event.Among{}, 10)
		if err != nil || len(events) != 1 || events[0].OnBehalfOf != string(x.Person) || events[0].ActorID != "yuan" {
			t.Errorf("%+v, %v", events, err)
		}
	})
}

func TestWhatIdentifyingRefuses(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *countertest.World) {
		clerk := sit(t, w, "yuan", "1")
		seen := countertest.Seen
		for name, tt := range map[string]struct {
			in    counter.Identify
			field string
		}{
			"a wrong check digit": {seen("511602197904120005", "周淑芬"), "number"},
			"no name":             {seen(countertest.Zhou, " "), "name"},
			"another name":        {seen(countertest.Zhou, "周小芬"), "name"},
			"nobody was compared": {counter.Identify{How: contract.ProofSeen, Number: countertest.Zhou, Name: "周淑芬"}, "matched"},
			"a code of nobody":    {counter.Identify{How: contract.ProofCode, Code: "00000000"}, "code"},
			"no code":             {counter.Identify{How: contract.ProofCode}, "code"},
			"no read":             {counter.Identify{How: contract.ProofCard, Matched: true}, "read"},
			"no way at all":       {counter.Identify{How: "face"}, ""},
			"a read of no reader": {counter.Identify{How: contract.ProofCard, Read: "r", Matched: true}, ""},
		} {
			_, err := w.Open(t.Context(), clerk, tt.in)
			fields := fault.FieldsOf(err)
			if err == nil || tt.field != "" && (len(fields) != 1 || fields[0].Name != tt.field) {
				t.Errorf("%s: %v", name, err)
			}
		}
		w.People.Code(countertest.Zhou, "12345678")
		in := counter.Identify{How: contract.ProofCode, Code: "12345678"}
		x, err := w.Open(t.Context(), clerk, in)
		if err != nil || x.How != contract.ProofCode {
			t.Fatal(err)
		}
		if err := w.End(t.Context(), clerk, x.ID); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Open(t.Context(), clerk, in); err == nil {
			t.Error("a code was used twice")
		}
	})
}
