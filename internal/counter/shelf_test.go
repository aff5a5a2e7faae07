package counter_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/counter"
	"github.com/tongban/tongban/internal/counter/countertest"
	"github.com/tongban/tongban/internal/kit/auth"
	"github.com/tongban/tongban/internal/kit/event"
	"github.com/tongban/tongban/internal/kit/fault"
	"github.com/tongban/tongban/internal/kit/idcode"
)

// Who guessed too often is not told by the right code, or the right number, that it
// is right.
func TestWhoGuessedTooOftenWaits(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *countertest.World) {
		ctx, clerk, other := t.Context(), countertest.Clerk("yuan"), countertest.Clerk("gong")
		ended(w, "")
		p := shelve(t, w, clerk, "k1", "a-1")
		right := counter.Issuing{Code: p.Code, IDNumber: countertest.Zhou, Signed: true}
		for i := range 10 {
			if _, err := w.Issue(ctx, clerk, counter.Issuing{Code: fmt.Sprintf("0000000%X", i), IDNumber: countertest.Zhou, Signed: true}); !errors.Is(err, counter.ErrCode) {
				t.Fatalf("code %d: %v", i+1, err)
			}
			if _, err := w.Issue(ctx, other, counter.Issuing{Code: p.Code, IDNumber: countertest.Lin, Signed: true}); !errors.Is(err, counter.ErrNotTheirs) {
				t.Fatalf("number %d: %v", i+1, err)
			}
		}
		for _, who := range []auth.Principal{clerk, other} {
			if _, err := w.Issue(ctx, who, right); !errors.Is(err, counter.ErrTries) {
				t.Errorf("%s guesses on: %v", who.ID, err)
			}
		}
		w.Add(11 * time.Minute)
		if _, err := w.Issue(ctx, clerk, right); err != nil {
			t.Errorf("after a while: %v", err)
		}
	})
}

// Nobody hands out what is theirs: not even papers that go back without a step of
// the case.
func TestNobodyHandsOutToThemselves(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *countertest.World) {
		ctx, clerk := t.Context(), countertest.Clerk("yuan")
		ended(w, "")
		c := w.Cases.Known[caseNumber]
		c.Operator = "yuan"
		w.Cases.Known[caseNumber] = c
		p, err := w.Shelve(ctx, countertest.Clerk("gong"), counter.Shelving{Key: "k", Number: caseNumber, Kind: counter.ParcelOriginals, Sheets: 1, Slot: "a-1"})
		ok(t, err)
		if _, err := w.Issue(ctx, clerk, counter.Issuing{Code: p.Code, IDNumber: countertest.Zhou, Signed: true}); fault.KindOf(err) != fault.Denied {
			t.Errorf("to themselves: %v", err)
		}
	})
}

// reads says who was recorded to have read what of somebody, and for what.
func reads(t *testing.T, w *countertest.World, subject contract.AccountID) string {
	t.Helper()
	found, err := w.Events.AboutAmong(t.Context(), string(subject), event.Among{Name: contract.PersonalDataRead{}.EventName()}, 100)
	ok(t, err)
	var list []string
	for _, e := range found {
		var r contract.PersonalDataRead
		ok(t, json.Unmarshal(e.Body, &r))
		if r.Basis == "" || r.At.IsZero() {
			t.Errorf("without basis or time: %+v", r)
		}
		list = append(list, e.ActorID+" "+r.Purpose+" "+strings.Join(r.What, "+"))
	}
	return strings.Join(list, "; ")
}

func TestEachReadOfAReportIsRecorded(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *countertest.World) {
		ctx, person := t.Context(), countertest.Account(countertest.Zhou)
		r, err := w.Report(ctx, zhou(), reporting("k"))
		ok(t, err)
		supervisor := countertest.Staff(auth.RoleAuditor)
		got, err := w.StuckReport(ctx, supervisor, r.ID)
		ok(t, err)
		if got.Name != "" || got.Phone != "" || got.What == "" {
			t.Errorf("who only looks is shown %q %q %q", got.Name, got.Phone, got.What)
		}
		_, err = w.StuckReport(ctx, countertest.Staff(auth.RoleHead), r.ID)
		ok(t, err)
		want := "staff-head stuck report+name+phone; staff-auditor stuck report"
		if got := reads(t, w, person); got != want {
			t.Errorf("recorded %q, want %q", got, want)
		}
	})
}

func TestEachReadOfWhoGotAResultIsRecorded(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *countertest.World) {
		ctx, clerk := t.Context(), countertest.Clerk("yuan")
		ended(w, "")
		p := shelve(t, w, clerk, "k1", "a-1")
		_, err := w.Parcel(ctx, clerk, p.ID)
		ok(t, err)
		if got := reads(t, w, countertest.Account(countertest.Zhou)); got != "" {
			t.Errorf("nobody has it yet, and recorded is %q", got)
		}
		_, err = w.Issue(ctx, clerk, counter.Issuing{Code: p.Code, IDNumber: countertest.Zhou, Signed: true})
		ok(t, err)
		_, err = w.Parcel(ctx, clerk, p.ID)
		ok(t, err)
		if got := reads(t, w, countertest.Account(countertest.Zhou)); got != "yuan delivery name" {
			t.Errorf("recorded %q", got)
		}
	})
}

// Whoever supervises a hall sees whom a clerk served; so does the clerk on a later
// day. Both are recorded.
func TestEachReadOfASessionIsRecorded(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *countertest.World) {
		ctx, clerk := t.Context(), countertest.Clerk("yuan")
		ok(t, w.Sit(ctx, clerk, countertest.Window("1"), false))
		x, err := w.Open(ctx, clerk, countertest.Seen(countertest.Zhou, "周淑芬"))
		ok(t, err)
		ok(t, w.End(ctx, clerk, x.ID))
		_, err = w.Summary(ctx, clerk, x.ID)
		ok(t, err)
		if got := reads(t, w, x.Person); got != "" {
			t.Errorf("who has just served the person: %q", got)
		}
		_, err = w.Summary(ctx, countertest.Staff(auth.RoleSupervisor), x.ID)
		ok(t, err)
		w.Add(24 * time.Hour)
		_, err = w.Summary(ctx, clerk, x.ID)
		ok(t, err)
		if got := reads(t, w, x.Person); got != "yuan supervision name+number; staff-supervisor supervision name+number" {
			t.Errorf("recorded %q", got)
		}
	})
}

// What comes back lies in no slot until somebody says which; two do not share one.
func TestWhatCameBackIsPutIntoASlot(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *countertest.World) {
		ctx, clerk := t.Context(), countertest.Clerk("yuan")
		ended(w, contract.DeliverCourier)
		back, other := shelve(t, w, clerk, "k1", "a-1"), shelve(t, w, clerk, "k2", "a-2")
		ok(t, w.Send(ctx, clerk, back.ID, "顺丰", "SF1234567890"))
		if err := w.PutAt(ctx, clerk, back.ID, "a-3"); !errors.Is(err, counter.ErrGone) {
			t.Errorf("what is on its way: %v", err)
		}
		ok(t, w.Track(ctx, clerk, back.ID, contract.CarrierReturned, "", ""))
		for _, wrong := range []string{"", "   ", "a-1234567890123"} {
			if f := fault.FieldsOf(w.PutAt(ctx, clerk, back.ID, wrong)); len(f) != 1 || f[0].Name != "slot" {
				t.Errorf("%q: %+v", wrong, f)
			}
		}
		if err := w.PutAt(ctx, clerk, back.ID, "a-2"); !errors.Is(err, counter.ErrSlot) {
			t.Errorf("where %s lies: %v", other.ID, err)
		}
		if err := w.PutAt(ctx, countertest.Stranger(), back.ID, "a-3"); !errors.Is(err, counter.ErrNoParcel) {
			t.Errorf("by another hall: %v", err)
		}
		for range 2 { // a second click
			ok(t, w.PutAt(ctx, clerk, back.ID, " a-3 "))
		}
		x, err := w.Parcel(ctx, clerk, back.ID)
		ok(t, err)
		if last := x.Steps[len(x.Steps)-1]; x.Slot != "A-3" || last.What != "moved" || last.Note != "A-3" || len(x.Steps) != 4 {
			t.Errorf("%s, %+v", x.Slot, x.Steps)
		}
	})
}

// A number is found as it is shown, a slot as it is typed.
func TestTheShelfIsSearchedAsPeopleType(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *countertest.World) {
		ctx, clerk := t.Context(), countertest.Clerk("yuan")
		ended(w, "")
		shelve(t, w, clerk, "k1", "a-1")
		for text, want := range map[string]int{"": 1, caseNumber: 1, " " + idcode.GroupCaseNumber(caseNumber): 1, "a-1": 1, "A-1": 1, "a-2": 0, "%": 0} {
			if list, err := w.Shelf(ctx, clerk, "", text); err != nil || len(list) != want {
				t.Errorf("%q finds %d, %v", text, len(list), err)
			}
		}
	})
}
