package counter_test

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/counter"
	"github.com/tongban/tongban/internal/counter/countertest"
	"github.com/tongban/tongban/internal/kit/auth"
	"github.com/tongban/tongban/internal/kit/fault"
	"github.com/tongban/tongban/internal/kit/webhook"
)

const caseNumber = "5116022026112001010000016"

func ok(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestPapersGoByAListThatBothSidesConfirm(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *countertest.World) {
		ctx := t.Context()
		clerk, official := countertest.Clerk("yuan"), countertest.Official("li", auth.RoleClerk)
		w.Cases.Paper("身份证明")
		w.Cases.Paper("平面图")
		h, err := w.HandOver(ctx, clerk, countertest.Health)
		ok(t, err)
		if h.Number != "JJ51160220261120001" || len(h.Items) != 2 {
			t.Errorf("%s with %d", h.Number, len(h.Items))
		}
		if _, err := w.HandOver(ctx, clerk, countertest.Health); !errors.Is(err, counter.ErrHandoverEmpty) {
			t.Errorf("made twice: %v", err)
		}
		file, err := w.HandoverPDF(ctx, official, h.ID)
		if err != nil || len(file) < 1000 {
			t.Errorf("printed: %d bytes, %v", len(file), err)
		}
		for _, p := range []auth.Principal{countertest.Stranger(), countertest.Staff(auth.RoleSupervisor), {Kind: auth.Resident, ID: "zhou"}, {}} {
			if _, err := w.TakeOver(ctx, p, h.ID, counter.Taken{}); !errors.Is(err, counter.ErrNoHandover) {
				t.Errorf("%s of another agency: %v", p.ID, err)
			}
		}
		if _, err := w.TakeOver(ctx, clerk, h.ID, counter.Taken{}); fault.KindOf(err) != fault.Denied {
			t.Errorf("the hall confirms for the department: %v", err)
		}
		if _, err := w.TakeOver(ctx, official, h.ID, counter.Taken{Missing: map[int]string{2: ""}}); len(fault.FieldsOf(err)) != 1 {
			t.Errorf("missing without a reason: %v", err)
		}
		missing := h.Items[1].Paper
		var done atomic.Int32
		var wg sync.WaitGroup
		for range 4 { // two people at once, and a double click
			wg.Go(func() {
				_, err := w.TakeOver(ctx, official, h.ID, counter.Taken{
					Missing: map[int]string{2: "袋中没有"}, Extra: []counter.Extra{{Name: "户口簿", Sheets: 1, Reason: "不在单上"}},
				})
				if err == nil {
					done.Add(1)
				} else if !errors.Is(err, counter.ErrHandoverDone) {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if done.Load() != 1 || w.Cases.Papers[missing].State != contract.PaperMissing {
			t.Errorf("confirmed %d times, %s", done.Load(), w.Cases.Papers[missing].State)
		}
		lists, err := w.Handovers(ctx, clerk)
		if err != nil || len(lists) != 1 || lists[0].Disputed != 2 || lists[0].Count != 3 {
			t.Errorf("%+v, %v", lists, err)
		}
		ok(t, w.SettleItem(ctx, clerk, h.ID, 2, true, "夹在另一份里"))
		ok(t, w.SettleItem(ctx, clerk, h.ID, 3, false, "已退还申请人"))
		if err := w.SettleItem(ctx, clerk, h.ID, 2, true, "又一次"); !errors.Is(err, counter.ErrHandoverDone) {
			t.Errorf("settled twice: %v", err)
		}
		again, err := w.HandOver(ctx, clerk, countertest.Health)
		if err != nil || len(again.Items) != 1 || again.Items[0].Paper != missing {
			t.Errorf("what was found goes with the next list: %+v, %v", again.Items, err)
		}
		ok(t, w.TakeBack(ctx, clerk, again.ID))
		if w.Cases.Papers[missing].State != contract.PaperAtHall {
			t.Errorf("taken back: %s", w.Cases.Papers[missing].State)
		}
	})
}

// ended makes a case of a person whose result can be shelved.
func ended(w *countertest.World, way string) {
	who := countertest.Account(countertest.Zhou)
	w.Cases.Known[caseNumber] = contract.CaseFacts{
		ID: "case-1", Number: caseNumber, Applicant: contract.Party{Kind: "person", ID: string(who), Name: "周淑芬"}, Operator: who, Ended: true, Delivery: way,
	}
}

func shelve(t *testing.T, w *countertest.World, clerk auth.Principal, key, slot string) counter.Parcel {
	t.Helper()
	p, err := w.Shelve(t.Context(), clerk, counter.Shelving{Key: key, Number: caseNumber, Kind: counter.ParcelLicence, Sheets: 1, Slot: slot})
	ok(t, err)
	return p
}

func zhou() auth.Principal {
	return auth.Principal{Kind: auth.Resident, ID: string(countertest.Account(countertest.Zhou))}
}

// serve is a clerk with a person at the window.
func serve(clerk auth.Principal, number, subject string) auth.Principal {
	person := string(countertest.Account(number))
	clerk.For = auth.Acting{Kind: auth.ForCounter, ID: subject, Mandate: "s", Person: person}
	return clerk
}

func TestAResultIsHandedOutOnceToWhoMayHaveIt(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *countertest.World) {
		ctx, clerk := t.Context(), countertest.Clerk("yuan")
		ended(w, "")
		p := shelve(t, w, clerk, "k1", "a-1")
		if again := shelve(t, w, clerk, "k1", "a-1"); again.ID != p.ID {
			t.Error("a second click shelved again")
		}
		if _, err := w.Shelve(ctx, clerk, counter.Shelving{Key: "k2", Number: caseNumber, Kind: counter.ParcelDocument, Sheets: 1, Slot: "A-1"}); !errors.Is(err, counter.ErrSlot) {
			t.Errorf("a slot twice: %v", err)
		}
		mine, err := w.Pickups(ctx, zhou(), "case-1")
		if err != nil || len(mine) != 1 || len(mine[0].Code) != 9 {
			t.Fatalf("%+v, %v", mine, err)
		}
		if others, _ := w.Pickups(ctx, auth.Principal{Kind: auth.Resident, ID: "somebody"}, "case-1"); len(others) != 0 {
			t.Error("a stranger sees it")
		}
		code := mine[0].Code
		in := counter.Issuing{Code: code, IDNumber: countertest.Zhou, Signed: true}
		if _, err := w.Issue(ctx, countertest.Stranger(), in); !errors.Is(err, counter.ErrCode) {
			t.Errorf("in another hall: %v", err)
		}
		if _, err := w.Issue(ctx, clerk, counter.Issuing{Code: code, IDNumber: countertest.Zhou}); len(fault.FieldsOf(err)) != 1 {
			t.Errorf("without a signature: %v", err)
		}
		if _, err := w.Issue(ctx, clerk, counter.Issuing{Code: code, IDNumber: countertest.Lin, Signed: true}); !errors.Is(err, counter.ErrNotTheirs) {
			t.Errorf("to another person: %v", err)
		}
		if _, err := w.Recode(ctx, clerk, p.ID); !errors.Is(err, counter.ErrNobody) {
			t.Errorf("a new code with nobody there: %v", err)
		}
		person := string(countertest.Account(countertest.Zhou))
		if _, err := w.Recode(ctx, serve(clerk, countertest.Lin, "acc-"+countertest.Lin), p.ID); !errors.Is(err, counter.ErrNotTheirs) {
			t.Errorf("a new code for another person: %v", err)
		}
		_, err = w.Recode(ctx, serve(clerk, countertest.Zhou, person), p.ID)
		ok(t, err)
		if _, err := w.Issue(ctx, clerk, in); !errors.Is(err, counter.ErrCode) {
			t.Errorf("the lost code: %v", err)
		}
		mine, err = w.Pickups(ctx, zhou(), "case-1")
		ok(t, err)
		in.Code = mine[0].Code
		var done atomic.Int32
		var wg sync.WaitGroup
		for range 4 {
			wg.Go(func() {
				if _, err := w.Issue(ctx, clerk, in); err == nil {
					done.Add(1)
				} else if !errors.Is(err, counter.ErrGone) && !errors.Is(err, counter.ErrCode) {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if done.Load() != 1 || len(w.Cases.Delivered) != 1 || w.Cases.Delivered[0].To != "周淑芬" {
			t.Errorf("handed out %d times, proofs %+v", done.Load(), w.Cases.Delivered)
		}
	})
}

// An agent has it with a right of today, or with a mandate on paper once identified.
func TestAnAgentNeedsAMandate(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *countertest.World) {
		ctx, clerk := t.Context(), countertest.Clerk("yuan")
		ended(w, "")
		p := shelve(t, w, clerk, "k1", "a-1")
		lin := serve(clerk, countertest.Lin, "acc-"+countertest.Lin)
		if _, err := w.Issue(ctx, lin, counter.Issuing{Code: p.Code, Signed: true}); !errors.Is(err, counter.ErrNotTheirs) {
			t.Errorf("without: %v", err)
		}
		got, err := w.Issue(ctx, lin, counter.Issuing{Code: p.Code, Signed: true, Mandate: "委托书 2026-11"})
		ok(t, err)
		if !got.Proof.Agent || got.Proof.To != "林晓梅" || w.Cases.Delivered[0].Mandate != "委托书 2026-11" {
			t.Errorf("%+v", got.Proof)
		}
	})
}

func TestWrongCodesAreLimited(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *countertest.World) {
		ctx, clerk := t.Context(), countertest.Clerk("yuan")
		for i := range 12 {
			_, err := w.Issue(ctx, clerk, counter.Issuing{Code: fmt.Sprintf("0000000%X", i), IDNumber: countertest.Zhou, Signed: true})
			if want := map[bool]error{true: counter.ErrCode, false: counter.ErrTries}[i < 10]; !errors.Is(err, want) {
				t.Errorf("try %d: %v", i+1, err)
			}
		}
	})
}

func TestTheShelfRemindsAndSendsBackOnce(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *countertest.World) {
		ctx, clerk := t.Context(), countertest.Clerk("yuan")
		ended(w, "")
		p := shelve(t, w, clerk, "k1", "a-1")
		for range 3 {
			w.Add(8 * 24 * time.Hour)
			ok(t, w.Queue.Drain(ctx))
			ok(t, w.Queue.Drain(ctx))
		}
		w.Add(8 * 24 * time.Hour)
		ok(t, w.Queue.Drain(ctx))
		x, err := w.Parcel(ctx, clerk, p.ID)
		ok(t, err)
		what := ""
		for _, st := range x.Steps {
			what += st.What + " "
		}
		if x.State != counter.ParcelReturned || what != "shelved reminded returned " {
			t.Errorf("%s: %s", x.State, what)
		}
		if _, err := w.Issue(ctx, clerk, counter.Issuing{Code: p.Code, IDNumber: countertest.Zhou, Signed: true}); !errors.Is(err, counter.ErrCode) {
			t.Errorf("handed out after it went back: %v", err)
		}
	})
}

func tell(w *countertest.World, event, waybill, status string, at time.Time) (bool, error) {
	body := []byte(fmt.Sprintf(`{"id":%q,"waybill":%q,"status":%q,"signer":"周淑芬","at":%q}`, event, waybill, status, at.Format(time.RFC3339)))
	stamp := strconv.FormatInt(at.Unix(), 10)
	return w.Told(context.Background(), auth.Principal{}, "EMS", stamp, webhook.Sign(countertest.CarrierSecret, stamp, body), body)
}

func TestACarrierIsHeardOnceAndByItsSignatureAlone(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *countertest.World) {
		ctx, clerk := t.Context(), countertest.Clerk("yuan")
		ended(w, contract.DeliverCourier)
		p := shelve(t, w, clerk, "k1", "a-1")
		for _, other := range []string{"", "ems", "EMS!", "中通"} {
			if f := fault.FieldsOf(w.Send(ctx, clerk, p.ID, other, "ea123456789cn")); len(f) != 1 || f[0].Name != "carrier" || f[0].Err.Code != "counter.parcel.carrier_unknown" {
				t.Errorf("given to %q: %+v", other, f)
			}
		}
		ok(t, w.Send(ctx, clerk, p.ID, "EMS", "ea123456789cn"))
		if w.Cases.Read != 1 {
			t.Error("the address was not read by an act of its own")
		}
		if _, err := w.Told(ctx, auth.Principal{}, "EMS", strconv.FormatInt(w.Now().Unix(), 10), "v1=00", []byte(`{}`)); !errors.Is(err, counter.ErrSignature) {
			t.Errorf("a wrong signature: %v", err)
		}
		if _, err := tell(w, "e0", "EA123456789CN", contract.CarrierMoving, w.Now().Add(-6*time.Minute)); !errors.Is(err, counter.ErrSignature) {
			t.Errorf("a replay: %v", err)
		}
		if _, err := w.Told(ctx, auth.Principal{}, "SF", "1", "v1=00", nil); !errors.Is(err, counter.ErrCarrier) {
			t.Errorf("another carrier: %v", err)
		}
		if _, err := tell(w, "e1", "XX99999999", contract.CarrierMoving, w.Now()); !errors.Is(err, counter.ErrNoParcel) {
			t.Errorf("an unknown waybill: %v", err)
		}
		for i, want := range []bool{true, false, false} {
			if fresh, err := tell(w, "e2", "EA123456789CN", contract.CarrierDelivered, w.Now()); err != nil || fresh != want {
				t.Errorf("%d: fresh %v, %v", i, fresh, err)
			}
		}
		x, err := w.Parcel(ctx, clerk, p.ID)
		if err != nil || x.State != counter.ParcelDelivered || len(w.Cases.Delivered) != 1 || w.Cases.Delivered[0].Proof != "carrier" {
			t.Errorf("%s, %+v, %v", x.State, w.Cases.Delivered, err)
		}
	})
}

func TestWhatCannotBeDeliveredLiesOnTheShelfAgain(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *countertest.World) {
		ctx, clerk := t.Context(), countertest.Clerk("yuan")
		ended(w, contract.DeliverCourier)
		p := shelve(t, w, clerk, "k1", "a-1")
		ok(t, w.Send(ctx, clerk, p.ID, "顺丰", "SF1234567890"))
		if err := w.Track(ctx, countertest.Stranger(), p.ID, contract.CarrierFailed, "", ""); !errors.Is(err, counter.ErrNoParcel) {
			t.Errorf("by another hall: %v", err)
		}
		ok(t, w.Track(ctx, clerk, p.ID, contract.CarrierFailed, "", "无人"))
		mine, err := w.Pickups(ctx, zhou(), "case-1")
		if err != nil || mine[0].State != counter.ParcelShelved || mine[0].Way != contract.DeliverPickup || mine[0].Code == p.Code || mine[0].Code == "" {
			t.Errorf("%+v, %v", mine, err)
		}
		if mine[0].Slot != "" {
			t.Errorf("it lies in %s, where nobody put it", mine[0].Slot)
		}
	})
}

func reporting(key string) counter.Reporting {
	return counter.Reporting{
		Key: key, From: "192.0.2.1", Name: "周", Phone: "13900000000", Place: "hall", Kind: "sent_away", What: "跑了三个窗口都说不归他们管", Wish: "告诉我找谁",
		Division: "511602", Hall: countertest.Agency,
	}
}

func TestWhatCouldNotBeDoneIsAnsweredAndAskedAbout(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *countertest.World) {
		ctx, anybody := t.Context(), auth.Principal{}
		r, err := w.Report(ctx, anybody, reporting("k"))
		ok(t, err)
		if len(r.Code) != 8 || r.Due.String() != "2026-11-27" {
			t.Errorf("%s due %s", r.Code, r.Due)
		}
		if again, err := w.Report(ctx, anybody, reporting("k")); err != nil || again.Number != r.Number || again.Code != "" {
			t.Errorf("a second click: %+v, %v", again, err)
		}
		if _, err := w.Asked(ctx, anybody, "192.0.2.9", r.Number, "00000000"); !errors.Is(err, counter.ErrNoReport) {
			t.Errorf("a wrong code: %v", err)
		}
		head, official := countertest.Staff(auth.RoleHead), countertest.Official("li", auth.RoleClerk)
		if err := w.Answer(ctx, official, r.ID, counter.Answering{Result: counter.StuckSolved, Answer: "已经办好了", Law: ""}); !errors.Is(err, counter.ErrNoReport) {
			t.Errorf("answered by an agency that it is not assigned to: %v", err)
		}
		ok(t, w.Assign(ctx, head, r.ID, 1, countertest.Health))
		if err := w.Assign(ctx, head, r.ID, 1, countertest.Agency); !errors.Is(err, counter.ErrChanged) {
			t.Errorf("two at once: %v", err)
		}
		if err := w.Answer(ctx, official, r.ID, counter.Answering{Result: counter.StuckExplained, Answer: "依法不能办理", Law: ""}); len(fault.FieldsOf(err)) != 1 {
			t.Errorf("explained without law: %v", err)
		}
		ok(t, w.Answer(ctx, official, r.ID, counter.Answering{Result: counter.StuckExplained, Answer: "依法不能办理", Law: "公共场所卫生管理条例第八条"}))
		x, err := w.Confirm(ctx, anybody, counter.Word{From: "192.0.2.1", Number: r.Number, Code: r.Code, Words: "还是没有人管"})
		if err != nil || x.State != counter.StuckOpen || !x.Reopened {
			t.Errorf("reopened: %+v, %v", x, err)
		}
		ok(t, w.Answer(ctx, official, r.ID, counter.Answering{Result: counter.StuckSolved, Answer: "已经派人上门办好", Law: ""}))
		if _, err := w.Confirm(ctx, anybody, counter.Word{From: "192.0.2.1", Number: r.Number, Code: r.Code, Words: "再来一次"}); !errors.Is(err, counter.ErrStuckDone) {
			t.Errorf("opened a second time: %v", err)
		}
		supervisor := countertest.Staff(auth.RoleSupervisor)
		kinds, agencies, err := w.StuckCounts(ctx, supervisor)
		if err != nil || len(kinds) != 1 || kinds[0].All != 1 || len(agencies) != 1 {
			t.Errorf("%+v %+v %v", kinds, agencies, err)
		}
		seen, err := w.StuckReport(ctx, supervisor, r.ID)
		if err != nil || seen.Phone == "" && seen.What == "" {
			t.Errorf("%+v, %v", seen, err)
		}
		for _, p := range []auth.Principal{countertest.Stranger(), {Kind: auth.Resident, ID: "x"}, {}} {
			if _, err := w.StuckReport(ctx, p, r.ID); !errors.Is(err, counter.ErrNoReport) {
				t.Errorf("%q: %v", p.ID, err)
			}
		}
	})
}

func TestAnAnswerThatDoesNotComeIsToldOnce(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *countertest.World) {
		ctx := t.Context()
		r, err := w.Report(ctx, auth.Principal{}, reporting("k"))
		ok(t, err)
		w.Add(9 * 24 * time.Hour)
		ok(t, w.Queue.Drain(ctx))
		ok(t, w.Queue.Drain(ctx))
		x, err := w.StuckReport(ctx, countertest.Staff(auth.RoleHead), r.ID)
		ok(t, err)
		n := 0
		for _, st := range x.Steps {
			if st.What == "overdue" {
				n++
			}
		}
		if n != 1 || !x.Overdue {
			t.Errorf("told %d times", n)
		}
		for i := range 7 { // from one address
			_, err := w.Report(ctx, auth.Principal{}, reporting(fmt.Sprint("m", i)))
			if late := i >= 5; late != errors.Is(err, counter.ErrTries) {
				t.Errorf("report %d: %v", i+1, err)
			}
		}
		bad := reporting("z")
		bad.Phone, bad.What, bad.Kind = "", "短", "x"
		if _, err := w.Report(ctx, auth.Principal{}, bad); len(fault.FieldsOf(err)) != 3 {
			t.Errorf("%v", fault.FieldsOf(err))
		}
	})
}
