package casework

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/auth"
	"github.com/tongban/tongban/internal/kit/day"
	"github.com/tongban/tongban/internal/kit/db"
	"github.com/tongban/tongban/internal/kit/fault"
	"github.com/tongban/tongban/internal/statute"
)

// neighbour runs the hall of the next district.
const neighbour contract.AgencyID = "neighbour"

var (
	// nextDoor is the clerk of the hall that takes in, with lin at the window; atNextDoor
	// is the same clerk alone.
	atNextDoor = auth.Principal{Kind: auth.Staff, ID: "window3", Name: "岗位 window3", Roles: []string{auth.RoleCounter}, Agency: string(neighbour), Division: "511603"}
	colleague  = auth.Principal{Kind: auth.Staff, ID: "window4", Name: "岗位 window4", Roles: []string{auth.RoleCounter}, Agency: string(neighbour), Division: "511603"}
	overThere  = auth.Principal{Kind: auth.Staff, ID: "supervisor603", Name: "督查", Roles: []string{auth.RoleSupervisor}, Agency: string(neighbour), Division: "511603"}
)

func hall(paper bool) contract.Counter {
	return contract.Counter{
		Session: "s1", Hall: contract.Text{ZH: "前锋区政务服务中心", EN: "Qianfeng hall"}, Window: "3", Clerk: "window3", ClerkName: "岗位 window3",
		Agency: neighbour, AgencyName: contract.Text{ZH: "前锋区行政审批局", EN: "Qianfeng Approval Bureau"}, Division: "511603", Paper: paper,
	}
}

// takenNextDoor is a case that the next district took in, with two papers.
func (w *world) takenNextDoor(t testing.TB, key string, item contract.ItemID) Case {
	t.Helper()
	sub := w.submission(key, item)
	sub.Counter = hall(true)
	r, err := w.submit(t.Context(), lin, sub)
	must(t, err)
	must(t, w.TakeInPapers(t.Context(), atNextDoor, r.Case, "k", []PaperIn{
		{Material: "plan", Original: true, Sheets: 3}, {Name: "授权书", Original: true, Sheets: 1},
	}))
	return w.load(t, r.Case)
}

func (w *world) transit(t testing.TB, p auth.Principal, c Case, a Action) Case {
	t.Helper()
	a.Step = c.Step
	out, err := w.Transit(t.Context(), p, c.ID, a)
	must(t, err)
	return out
}

func sent(waybill string) Action {
	return Action{Name: actDispatch, OnTheWay: OnTheWay{Way: WayCourier, Carrier: "EMS", Waybill: waybill}}
}

func opening603(w *world) {
	for _, id := range []contract.ItemID{hygiene, joint, benefit, promise, opening} {
		svc := w.services[id]
		svc.Handling.Regions = []string{"5116"}
		w.services[id] = svc
	}
}

// The five days begin the day after the handling place has the papers, and silence
// dates back to that day (art. 32(4)); until then the other place has its own days.
func TestTheFiveDaysBeginWhereTheCaseIsHandled(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		opening603(w)
		c := w.takenNextDoor(t, "a", hygiene) // Monday 16
		if c.State != "TRANSIT" || c.Stage != StageTransit || c.Due.Clock != statute.Forwarding || c.Due.Legal.String() != "2026-11-19" {
			t.Fatalf("taken in: %s %+v", c.State, c.Due)
		}
		c = w.transit(t, atNextDoor, c, sent("EA123456789CN"))
		w.clock.to("2026-11-20") // a day too late to forward
		w.drain(t)
		list, err := w.Cards(t.Context(), supervisor, c.ID)
		must(t, err)
		if len(list) != 1 || list[0].Rule != cardForwarding || list[0].Agency != neighbour || list[0].Division != "511603" {
			t.Errorf("card of who forwards late: %+v", list)
		}
		c = w.load(t, c.ID)
		if c.Yellow != 0 {
			t.Error("the handling place bears the other's card")
		}
		// Confirmed on Monday, come on Friday.
		w.clock.to("2026-11-23")
		c = w.transit(t, clerk, c, Action{Name: actReceive, OnTheWay: OnTheWay{Arrived: day.MustParse("2026-11-20")}})
		if c.State != "SUBMITTED" || day.In(c.Received).String() != "2026-11-20" || c.Due.Legal.String() != "2026-11-27" {
			t.Errorf("received: %s on %s, %+v", c.State, c.Received, c.Due)
		}
		w.clock.to("2026-11-28")
		w.drain(t)
		if c = w.load(t, c.ID); !c.Deemed || day.In(c.Accepted).String() != "2026-11-20" {
			t.Errorf("silence: deemed %v, from %s", c.Deemed, c.Accepted)
		}
		lines, err := w.Explanations(t.Context(), lin, c.ID)
		must(t, err)
		if lines[0].Clock != statute.Forwarding || lines[1].Clock != statute.Acceptance || lines[1].Started.String() != "2026-11-20" {
			t.Errorf("explained: %+v", lines)
		}
		sides, err := w.Sides(t.Context(), lin, c.ID)
		must(t, err)
		if !sides.Receiving.Late || sides.Receiving.Agency != neighbour || len(sides.Receiving.Steps) != 2 || len(sides.Handling.Steps) < 2 ||
			sides.Handling.Steps[0].Action != actReceive || sides.Receiving.Steps[1].UnitID != neighbour {
			t.Errorf("sides: %+v", sides)
		}
		if found := w.replayed(t); len(found) > 0 {
			t.Errorf("replay: %+v", found)
		}
	})
}

func TestAllProceduresKnowTheWay(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		opening603(w)
		for _, id := range []contract.ItemID{hygiene, joint, benefit, promise} {
			c := w.takenNextDoor(t, string(id), id)
			if c.State != "TRANSIT" {
				t.Errorf("%s begins as %s", id, c.State)
			}
			c = w.transit(t, atNextDoor, c, Action{Name: actDispatch, OnTheWay: OnTheWay{Way: WayHand}})
			c = w.transit(t, clerk, c, Action{Name: actReceive})
			if c = w.act(t, clerk, c, Action{Name: actAccept}); c.Accepted.IsZero() {
				t.Errorf("%s: not accepted", id)
			}
		}
		// Without paper the handling place receives at once; a commitment is decided on at once.
		sub := w.submission("plain", hygiene)
		sub.Counter = hall(false)
		r, err := w.submit(t.Context(), lin, sub)
		must(t, err)
		if c := w.load(t, r.Case); c.State != "SUBMITTED" || r.AcceptBy == "" || r.ForwardBy != "" {
			t.Errorf("without paper: %s %+v", c.State, r)
		}
		sub = w.submission("committed", promise)
		sub.Counter, sub.Committed = hall(true), &contract.Committed{At: w.clock.now(), Content: []contract.Text{{ZH: "符合", EN: "met"}}}
		r, err = w.submit(t.Context(), lin, sub)
		must(t, err)
		if c := w.load(t, r.Case); c.Decided.IsZero() {
			t.Errorf("on a commitment: %s", c.State)
		}
		// A service that other places do not take in.
		svc := w.services[hygiene]
		svc.Handling.Regions = []string{"5101"}
		w.services[hygiene] = svc
		w.Service.services.Clear()
		sub = w.submission("no", hygiene)
		sub.Counter = hall(true)
		if _, err := w.submit(t.Context(), lin, sub); !errors.Is(err, ErrRegion) {
			t.Errorf("not for other places: %v", err)
		}
	})
}

// Lost, come back, incomplete, turned back: recorded, told, and the time of the
// place that forwards runs on.
func TestWhatGoesWrongOnTheWay(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		opening603(w)
		c := w.takenNextDoor(t, "wrong", hygiene)
		must1 := func(p auth.Principal, a Action, want string) {
			t.Helper()
			c = w.transit(t, p, c, a)
			papers, _, err := w.Papers(t.Context(), lin, c.ID)
			must(t, err)
			if papers[0].State != want || c.Due.Clock != statute.Forwarding && a.Name != actReceive {
				t.Errorf("%s: %s, %+v", a.Name, papers[0].State, c.Due)
			}
		}
		must1(atNextDoor, sent("EA100000001CN"), contract.PaperSent)
		if _, err := w.Transit(t.Context(), atNextDoor, c.ID, sent("EA100000002CN")); !errors.Is(err, ErrState) {
			t.Errorf("sent twice: %v", err)
		}
		must1(atNextDoor, Action{Name: actComeBack, Reasons: []string{"地址不详"}}, contract.PaperAtHall)
		must1(atNextDoor, sent("EA100000003CN"), contract.PaperSent)
		must1(clerk, Action{Name: actTurnBack, Reasons: []string{"寄错单位"}}, contract.PaperReturning)
		must1(atNextDoor, Action{Name: actComeBack, Reasons: []string{"已退回"}}, contract.PaperAtHall)
		must1(atNextDoor, sent("EA100000004CN"), contract.PaperSent)
		papers, _, err := w.Papers(t.Context(), lin, c.ID)
		must(t, err)
		must1(clerk, Action{Name: actIncomplete, Reasons: []string{"缺授权书"}, OnTheWay: OnTheWay{Missing: []contract.PaperID{papers[1].ID}}}, contract.PaperAtAgency)
		must(t, w.PaperFound(t.Context(), atNextDoor, papers[1].ID, "在窗口找到"))
		c = w.load(t, c.ID)
		must1(atNextDoor, sent("EA100000005CN"), contract.PaperAtAgency)
		must1(atNextDoor, Action{Name: actLose, Reasons: []string{"快递告知遗失"}}, contract.PaperAtAgency)
		if _, err := w.Transit(t.Context(), atNextDoor, c.ID, sent("EA100000006CN")); !errors.Is(err, ErrNothingToSend) {
			t.Errorf("nothing left to send: %v", err)
		}
		must(t, w.TakeInPapers(t.Context(), atNextDoor, c.ID, "again", []PaperIn{{Name: "授权书（补）", Original: false, Sheets: 1}}))
		c = w.load(t, c.ID)
		must1(atNextDoor, sent("EA100000007CN"), contract.PaperAtAgency)
		must1(clerk, Action{Name: actReceive}, contract.PaperAtAgency)
		papers, log, err := w.Papers(t.Context(), lin, c.ID)
		must(t, err)
		if len(papers) != 3 || papers[1].State != contract.PaperLost || papers[2].State != contract.PaperAtAgency || len(log) < 12 {
			t.Errorf("papers %+v, %d lines", papers, len(log))
		}
		if n := w.countEvents(t, c.ID, contract.TransitMoved{}.EventName()); n != 11 {
			t.Errorf("%d events of parcels", n)
		}
	})
}

// A carrier's proof of delivery is the receipt: its day begins the five days, and
// the same word twice does nothing.
func TestACarriersProofBeginsTheFiveDays(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		opening603(w)
		c := w.transit(t, atNextDoor, w.takenNextDoor(t, "c", hygiene), sent("EA200000001CN"))
		tell := func(status string) bool {
			var known bool
			must(t, w.c.DB.InTx(t.Context(), func(ctx context.Context, tx db.Tx) (err error) {
				known, err = w.Carrier(ctx, tx, contract.CarrierEvent{Carrier: "EMS", Waybill: "EA200000001CN", Status: status, At: w.clock.now()})
				return err
			}))
			return known
		}
		w.clock.to("2026-11-17")
		if !tell(contract.CarrierMoving) || !tell(contract.CarrierDelivered) || tell(contract.CarrierDelivered) {
			t.Error("what the carrier told was not taken once")
		}
		if c = w.load(t, c.ID); c.State != "SUBMITTED" || day.In(c.Received).String() != "2026-11-17" || c.Due.Legal.String() != "2026-11-24" {
			t.Errorf("%s %s %+v", c.State, c.Received, c.Due)
		}
		w.drain(t)
		if found := w.replayed(t); len(found) > 0 {
			t.Errorf("replay: %+v", found)
		}
	})
}

func TestArrivalCannotBeBeforeTheParcelLeft(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		opening603(w)
		c := w.takenNextDoor(t, "d", hygiene)
		w.clock.to("2026-11-17")
		c = w.transit(t, atNextDoor, c, sent("EA300000001CN"))
		for _, on := range []string{"2026-11-16", "2026-11-18"} {
			_, err := w.Transit(t.Context(), clerk, c.ID, Action{Name: actReceive, OnTheWay: OnTheWay{Arrived: day.MustParse(on)}})
			if fields := fault.FieldsOf(err); len(fields) != 1 || fields[0].Name != "arrived" {
				t.Errorf("%s: %v", on, err)
			}
		}
		for _, bad := range []OnTheWay{{}, {Way: "pigeon"}, {Way: WayCourier, Waybill: "EA3"}, {Way: WayCourier, Carrier: "EMS", Waybill: "EA 300-<script>"}} {
			if _, err := w.Transit(t.Context(), atNextDoor, w.takenNextDoor(t, id2(bad), hygiene).ID, Action{Name: actDispatch, OnTheWay: bad}); len(fault.FieldsOf(err)) == 0 {
				t.Errorf("%+v: %v", bad, err)
			}
		}
	})
}

func id2(o OnTheWay) string { return "x" + o.Way + o.Carrier + o.Waybill }

// Withdrawal on the way ends it; the papers go back from where they are.
func TestWithdrawnOnTheWay(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		opening603(w)
		c := w.takenNextDoor(t, "e", hygiene)
		c = w.act(t, lin, c, Action{Name: actWithdraw})
		if c.State != "WITHDRAWN" || c.Due.Clock != "" {
			t.Errorf("%s %+v", c.State, c.Due)
		}
		papers, _, err := w.Papers(t.Context(), lin, c.ID)
		must(t, err)
		must(t, w.GivePaperBack(t.Context(), atNextDoor, papers[0].ID, "林女士"))
		if err := w.GivePaperBack(t.Context(), atNextDoor, papers[0].ID, "林女士"); !errors.Is(err, ErrPaperMoved) {
			t.Errorf("given back twice: %v", err)
		}
		papers, log, err := w.Papers(t.Context(), lin, c.ID)
		must(t, err)
		told := slices.ContainsFunc(log, func(l Custody) bool {
			return l.Paper == papers[0].ID && l.To == contract.PaperGivenBack && l.Note == "林女士"
		})
		if papers[0].State != contract.PaperGivenBack || papers[0].Keeper != "" || !told {
			t.Errorf("%+v", papers[0])
		}
	})
}

// Who may do what on the way; every other role is refused.
func TestEveryRoleOnTheWay(t *testing.T) {
	t.Parallel()
	back := errors.New("rolled back")
	each(t, func(t *testing.T, w *world) {
		opening603(w)
		still := w.takenNextDoor(t, "still", hygiene)
		going := w.transit(t, atNextDoor, w.takenNextDoor(t, "going", hygiene), sent("EA400000001CN"))
		all := append(everybody(), atNextDoor, colleague, overThere)
		may := map[string][]string{
			actDispatch: {"window3", "window4"}, actLose: {"window3", "window4", "clerk", "system:test"}, actComeBack: {"window3", "window4", "system:test"},
			actIncomplete: {"clerk"}, actTurnBack: {"clerk"}, actReceive: {"clerk", "system:test"},
		}
		for _, action := range transitActions {
			c := going
			a := Action{Name: action, Reasons: []string{"理由"}}
			if action == actDispatch {
				c, a = still, sent("EA400000002CN")
			}
			for _, p := range all {
				err := w.c.DB.InTx(t.Context(), func(ctx context.Context, tx db.Tx) error {
					if err := w.see(p, c); err != nil && p.Kind != auth.System {
						return err
					}
					if _, err := w.step(ctx, tx, p, c, a); err != nil {
						return err
					}
					return back
				})
				allowed := false
				for _, id := range may[action] {
					allowed = allowed || id == key(p)
				}
				if errors.Is(err, back) != allowed {
					t.Errorf("%s by %q: %v, allowed %v", action, key(p), err, allowed)
				}
			}
		}
		// Both supervisors see it; nobody abroad does.
		for _, p := range []auth.Principal{supervisor, overThere, atNextDoor, clerk, lin} {
			if _, err := w.Open(t.Context(), p, still.ID); err != nil {
				t.Errorf("%s: %v", p.ID, err)
			}
		}
		for _, p := range []auth.Principal{abroad(clerk), abroad(supervisor), zhou} {
			if _, err := w.Open(t.Context(), p, still.ID); !errors.Is(err, ErrNotFound) {
				t.Errorf("%s: %v", p.ID, err)
			}
		}
		list, err := w.Supervised(t.Context(), overThere, Query{})
		must(t, err)
		if list.Total != 2 {
			t.Errorf("the other supervisor's list has %d", list.Total)
		}
		mine, err := w.TransitList(t.Context(), atNextDoor)
		must(t, err)
		theirs, err := w.TransitList(t.Context(), clerk)
		must(t, err)
		if len(mine) != 2 || len(theirs) != 2 {
			t.Errorf("on the way: %d and %d", len(mine), len(theirs))
		}
	})
}

// The calendar of the place that takes in moves the day by which it forwards.
func TestItsOwnHolidaysMoveTheForwarding(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		opening603(w)
		c := w.takenNextDoor(t, "f", hygiene)
		tables := append(statute.National(), statute.Table{Region: "511603", Year: 2026, Days: []statute.TableDay{{Date: day.MustParse("2026-11-17"), Name: "本地"}}})
		w.book.set(tables...)
		must(t, w.c.DB.InTx(t.Context(), func(ctx context.Context, tx db.Tx) error {
			return w.recomputeSome(ctx, tx, recomputeJob{Region: "511603", Reason: "calendar"})
		}))
		if c = w.load(t, c.ID); c.Due.Legal.String() != "2026-11-20" {
			t.Errorf("forward by %s", c.Due.Legal)
		}
	})
}

// Papers that came when the five days were over are accepted by silence at once.
func TestConfirmedTooLate(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		opening603(w)
		c := w.transit(t, atNextDoor, w.takenNextDoor(t, "g", hygiene), sent("EA500000001CN"))
		w.clock.set(time.Date(2026, 12, 1, 2, 0, 0, 0, time.UTC))
		c = w.transit(t, clerk, c, Action{Name: actReceive, OnTheWay: OnTheWay{Arrived: day.MustParse("2026-11-18")}})
		w.drain(t)
		if c = w.load(t, c.ID); !c.Deemed || day.In(c.Accepted).String() != "2026-11-18" {
			t.Errorf("%s, accepted %s", c.State, c.Accepted)
		}
	})
}
