package counter_test

import (
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/tongban/tongban/internal/counter"
	"github.com/tongban/tongban/internal/counter/countertest"
	"github.com/tongban/tongban/internal/kit/auth"
	"github.com/tongban/tongban/internal/kit/db"
	"github.com/tongban/tongban/internal/kit/dbtest"
)

func each(t *testing.T, fn func(t *testing.T, w *countertest.World)) {
	t.Helper()
	dbtest.Each(t, func(t *testing.T, d *db.DB) { fn(t, countertest.Open(t, d)) }, countertest.Tables()...)
}

var nobody auth.Principal

func take(t *testing.T, w *countertest.World, in counter.Take) counter.Ticket {
	t.Helper()
	ticket, err := w.Take(t.Context(), nobody, counter.DemoHall, in)
	if err != nil {
		t.Fatal(err)
	}
	return ticket
}

// sit puts a clerk at a window.
func sit(t *testing.T, w *countertest.World, name, window string) auth.Principal {
	t.Helper()
	p := countertest.Clerk(name)
	if err := w.Sit(t.Context(), p, countertest.Window(window), false); err != nil {
		t.Fatal(err)
	}
	return p
}

func TestNumbersRestartEachDayAndInEachHall(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *countertest.World) {
		for i, in := range []struct{ kind, want string }{{"A", "A001"}, {"A", "A002"}, {"B", "B001"}, {"", "A003"}} {
			ticket := take(t, w, counter.Take{Kind: in.kind})
			if ticket.Number() != in.want || ticket.Unsure != (in.kind == "") {
				t.Errorf("%d: %s unsure %v, want %s", i, ticket.Number(), ticket.Unsure, in.want)
			}
		}
		other, err := w.Take(t.Context(), nobody, counter.DemoNeighbour, counter.Take{Kind: "A"})
		if err != nil || other.Number() != "A001" {
			t.Errorf("in another hall: %s, %v", other.Number(), err)
		}
		w.Add(24 * time.Hour)
		if n := take(t, w, counter.Take{Kind: "A"}).Number(); n != "A001" {
			t.Errorf("the next day: %s", n)
		}
	})
}

func TestOnePersonHasOneTicketForAKind(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *countertest.World) {
		first := take(t, w, counter.Take{Kind: "A", Number: countertest.Zhou})
		if again := take(t, w, counter.Take{Kind: "A", Number: countertest.Zhou}); again.ID != first.ID {
			t.Errorf("a second ticket %s for one person", again.Number())
		}
		w.People.Code(countertest.Zhou, "12345678")
		if again := take(t, w, counter.Take{Kind: "A", Code: "12345678"}); again.ID != first.ID {
			t.Error("a second ticket by code")
		}
		if other := take(t, w, counter.Take{Kind: "B", Number: countertest.Zhou}); other.ID == first.ID {
			t.Error("no ticket for another kind")
		}
		const once = "01a2019e-8dc0-770f-b67b-06fe04e254e5"
		a, b := take(t, w, counter.Take{Kind: "A", Once: once}), take(t, w, counter.Take{Kind: "A", Once: once})
		if a.ID != b.ID {
			t.Error("a second click took a second ticket")
		}
		if err := w.Cancel(t.Context(), nobody, first.ID); err != nil {
			t.Fatal(err)
		}
		if again := take(t, w, counter.Take{Kind: "A", Number: countertest.Zhou}); again.ID == first.ID {
			t.Error("no new ticket after giving one back")
		}
	})
}

func TestWhatATicketRefuses(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *countertest.World) {
		for name, in := range map[string]counter.Take{
			"a kind that is not there": {Kind: "Z"},
			"a priority of no hall":    {Kind: "A", Priority: "minister"},
			"a wrong check digit":      {Kind: "A", Number: "511602197904120005"},
			"somebody not born yet":    {Kind: "A", Number: "511602203001010005"},
			"a code of nobody":         {Kind: "A", Code: "00000000"},
		} {
			if _, err := w.Take(t.Context(), nobody, counter.DemoHall, in); err == nil {
				t.Errorf("%s was taken", name)
			}
		}
		if _, err := w.Take(t.Context(), nobody, "nowhere", counter.Take{}); !errors.Is(err, counter.ErrNoHall) {
			t.Errorf("in no hall: %v", err)
		}
		for i := range 61 {
			_, err := w.Take(t.Context(), nobody, counter.DemoHall, counter.Take{Kind: "A", IP: "192.0.2.7"})
			if i < 60 && err != nil || i == 60 && !errors.Is(err, counter.ErrOften) {
				t.Fatalf("ticket %d from one address: %v", i, err)
			}
		}
	})
}

func TestWhoGoesFirst(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *countertest.World) {
		clerk := sit(t, w, "yuan", "1")
		take(t, w, counter.Take{Kind: "A"}) // A001
		w.Add(time.Minute)
		take(t, w, counter.Take{Kind: "B"}) // B001
		w.Add(time.Minute)
		take(t, w, counter.Take{Kind: "A", Number: countertest.Elder}) // A002, over 60
		take(t, w, counter.Take{Kind: "C"})                            // of another window
		w.Add(time.Minute)
		take(t, w, counter.Take{Kind: "B", Priority: "soldier"}) // B002
		for _, want := range []string{"A002", "B002", "A001", "B001"} {
			ticket, err := w.CallNext(t.Context(), clerk)
			if err != nil || ticket.Number() != want {
				t.Fatalf("called %s, %v, want %s", ticket.Number(), err, want)
			}
			if _, err := w.CallNext(t.Context(), clerk); !errors.Is(err, counter.ErrOccupied) {
				t.Errorf("called another before the first: %v", err)
			}
			if err := w.Miss(t.Context(), clerk); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := w.CallNext(t.Context(), clerk); !errors.Is(err, counter.ErrEmptyQueue) {
			t.Errorf("the queue is empty: %v", err)
		}
	})
}

func TestTwoWindowsNeverCallTheSameTicket(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *countertest.World) {
		const each = 8
		for range 3 * each {
			take(t, w, counter.Take{Kind: "A"})
		}
		var (
			wg    sync.WaitGroup
			mu    sync.Mutex
			calls = map[string]int{}
		)
		for i := range 3 {
			clerk := sit(t, w, fmt.Sprint("clerk", i), fmt.Sprint(i+1))
			wg.Go(func() {
				for range each {
					ticket, err := w.CallNext(t.Context(), clerk)
					if err == nil {
						err = w.Begin(t.Context(), clerk)
					}
					if err == nil {
						err = w.Finish(t.Context(), clerk)
					}
					if err != nil {
						t.Error(err)
						return
					}
					mu.Lock()
					calls[ticket.Number()]++
					mu.Unlock()
				}
			})
		}
		wg.Wait()
		for number, n := range calls {
			if n != 1 {
				t.Errorf("%s was called %d times", number, n)
			}
		}
		if len(calls) != 3*each {
			t.Errorf("%d of %d were called", len(calls), 3*each)
		}
	})
}

func TestTicketsTakenAtOnceHaveEachANumber(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *countertest.World) {
		var (
			wg   sync.WaitGroup
			mu   sync.Mutex
			seen = map[string]bool{}
			ids  = map[string]bool{}
		)
		for i := range 12 {
			in := counter.Take{Kind: "A"}
			if i%2 == 0 {
				in.Number = countertest.Zhou // six clicks of one person
			}
			wg.Go(func() {
				ticket, err := w.Take(t.Context(), nobody, counter.DemoHall, in)
				if err != nil {
					t.Error(err)
					return
				}
				mu.Lock()
				defer mu.Unlock()
				if seen[ticket.Number()] && !ids[ticket.ID] {
					t.Errorf("%s was given twice", ticket.Number())
				}
				seen[ticket.Number()], ids[ticket.ID] = true, true
			})
		}
		wg.Wait()
		if len(ids) != 7 {
			t.Errorf("%d tickets for six people without a name and one with", len(ids))
		}
	})
}

func TestWhatBecomesOfATicketAtTheWindow(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *countertest.World) {
		clerk := sit(t, w, "yuan", "1")
		ctx := t.Context()
		ticket := take(t, w, counter.Take{Kind: "A"})
		call := func() {
			t.Helper()
			if _, err := w.CallNext(ctx, clerk); err != nil {
				t.Fatal(err)
			}
		}
		state := func(want counter.State, number string) {
			t.Helper()
			q, err := w.TicketNow(ctx, ticket.ID)
			if err != nil || q.State != want || q.Number() != number {
				t.Fatalf("%s is %s, %v, want %s", q.Number(), q.State, err, want)
			}
		}
		call()
		if err := w.CallAgain(ctx, clerk); err != nil {
			t.Fatal(err)
		}
		state(counter.StateCalled, "A001")
		if screen, err := w.Screen(ctx, counter.DemoHall); err != nil || len(screen.Calls) != 1 || screen.Calls[0].Calls != 2 {
			t.Fatalf("screen: %+v, %v", screen.Calls, err)
		}
		if err := w.Miss(ctx, clerk); err != nil {
			t.Fatal(err)
		}
		state(counter.StateMissed, "A001")
		if err := w.Back(ctx, clerk, ticket.ID); err != nil {
			t.Fatal(err)
		}
		call()
		if err := w.Move(ctx, clerk, "C"); err != nil {
			t.Fatal(err)
		}
		state(counter.StateWaiting, "A001") // keeps its number
		issue := sit(t, w, "gong", "8")
		if _, err := w.CallNext(ctx, issue); err != nil {
			t.Fatal(err)
		}
		if err := w.Miss(ctx, clerk); !errors.Is(err, counter.ErrNoTicket) {
			t.Errorf("another window's ticket: %v", err)
		}
		for range 2 { // a double click
			if err := w.Begin(ctx, issue); err != nil {
				t.Fatal(err)
			}
		}
		w.Add(7 * time.Minute)
		if err := w.Finish(ctx, issue); err != nil {
			t.Fatal(err)
		}
		state(counter.StateServed, "A001")
		if err := w.Cancel(ctx, nobody, ticket.ID); !errors.Is(err, counter.ErrTicketOver) {
			t.Errorf("gave back what was served: %v", err)
		}
		_, rows, err := w.Day(ctx, countertest.Staff(auth.RoleSupervisor), counter.DemoHall, ticket.Day)
		if err != nil || len(rows) != 1 || rows[0].Served != 1 || rows[0].Service != 7*time.Minute {
			t.Errorf("statistics: %+v, %v", rows, err)
		}
	})
}

func TestHowLongItTakesIsToldFromTodayAlone(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *countertest.World) {
		clerk := sit(t, w, "yuan", "1")
		ctx := t.Context()
		for i := range 5 {
			take(t, w, counter.Take{Kind: "A"})
			if _, err := w.CallNext(ctx, clerk); err != nil {
				t.Fatal(err)
			}
			if err := w.Begin(ctx, clerk); err != nil {
				t.Fatal(err)
			}
			w.Add(10 * time.Minute)
			if err := w.Finish(ctx, clerk); err != nil {
				t.Fatal(err)
			}
			waiting := take(t, w, counter.Take{Kind: "B"})
			q, err := w.TicketNow(ctx, waiting.ID)
			if err != nil {
				t.Fatal(err)
			}
			if told := q.To > 0; told != (i == 4) {
				t.Errorf("after %d services: between %d and %d minutes", i+1, q.From, q.To)
			}
			if i == 4 && (q.From != 0 || q.To != 15) {
				t.Errorf("next in line: between %d and %d minutes", q.From, q.To)
			}
			if err := w.Cancel(ctx, nobody, waiting.ID); err != nil {
				t.Fatal(err)
			}
		}
		take(t, w, counter.Take{Kind: "A"})
		last := take(t, w, counter.Take{Kind: "B"})
		q, err := w.TicketNow(ctx, last.ID)
		if err != nil || q.Before != 1 || q.From != 10 || q.To != 25 {
			t.Errorf("behind one: %d before, between %d and %d minutes, %v", q.Before, q.From, q.To, err)
		}
	})
}
