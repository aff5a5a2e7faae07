package app

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/identity"
	"github.com/tongban/tongban/internal/kit/auth"
	"github.com/tongban/tongban/internal/kit/event"
)

// left is what somebody's doing must leave in the log.
type left struct {
	name  string // of the event
	by    string // account, "" for who did not sign in
	for_  string // whom they acted for, "" for nobody
	about string // subject, "" for whoever
}

// TestWhatIsDoneIsOnRecord: at windows, in queues, on visits and over reports, every
// change of state and every read of personal data has who, why and when.
func TestWhatIsDoneIsOnRecord(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		began := w.clock.now()
		id := w.handledEverywhere(t)
		log := w.everything(t)
		lin, clerk := string(identity.DemoAccountID("lin")), string(identity.DemoAccountID("clerk"))
		window := string(identity.DemoAccountID("window1"))
		reviewer1, reviewer2 := string(identity.DemoAccountID("reviewer1")), string(identity.DemoAccountID("reviewer2"))
		head, admin := string(identity.DemoAccountID("head")), string(identity.DemoAccountID("admin"))
		for _, want := range []left{
			{"counter.device.v1", admin, "", ""},
			{"counter.window_taken.v1", window, "", ""},
			{"counter.session_opened.v1", window, lin, lin},
			{"counter.subject.v1", window, salon, lin},
			{"form.person_confirmed.v1", window, salon, ""},
			{"casework.moved.v1", window, salon, ""},
			{"data.read.v1", window, salon, salon},
			{"counter.session_ended.v1", window, salon, lin},
			{"casework.moved.v1", clerk, "", salon},
			{"data.read.v1", reviewer1, "", salon},
			{"casework.held.v1", reviewer1, "", ""},
			{"casework.searched.v1", reviewer1, "", ""},
			{"casework.exported.v1", reviewer1, "", ""},
			{"casework.absence.v1", reviewer2, "", ""},
			{"casework.work_rule.v1", head, "", ""},
			{"inquiry.changed.v1", reviewer1, "", salon},
			{"inquiry.changed.v1", lin, salon, salon},
			{"casework.withdrawal_asked.v1", lin, salon, salon},
			{"casework.withdrawal_answered.v1", head, "", salon},
			{"counter.stuck.v1", lin, salon, ""},
			{"data.read.v1", head, "", ""},
		} {
			if !slices.ContainsFunc(log, want.is) {
				t.Errorf("no event %+v among\n%s", want, named(log, want.name))
			}
		}
		for _, e := range log {
			if e.At.Before(began) || e.At.After(w.clock.now()) || e.ActorID == "" && e.ActorKind != auth.Anonymous {
				t.Errorf("%s at %s by %s %q", e.Name, e.At, e.ActorKind, e.ActorID)
			}
			if e.Name == (contract.PersonalDataRead{}).EventName() && (e.Purpose == "" || e.Basis == "" || e.Object == "") {
				t.Errorf("a read of %s by %s without purpose, basis or object: %+v", e.Body, e.ActorID, e)
			}
			if e.ActorID == window && e.OnBehalfOf != "" && e.Mandate == "" {
				t.Errorf("%s for %s outside a session", e.Name, e.OnBehalfOf)
			}
		}
		history, err := w.events.Of(t.Context(), "case:"+id)
		if err != nil || len(history) < 8 {
			t.Errorf("%d events of the case, %v", len(history), err)
		}
	})
}

func (x left) is(e event.Recorded) bool {
	return e.Name == x.name && e.ActorID == x.by && e.OnBehalfOf == x.for_ && (x.about == "" || e.Subject == x.about)
}

func named(log []event.Recorded, name string) string {
	var b strings.Builder
	for _, e := range log {
		if e.Name == name {
			b.WriteString("  by " + e.ActorID + " for " + e.OnBehalfOf + " about " + e.Subject + "\n")
		}
	}
	return b.String()
}

// everything in the log, but for what the demonstration was made of.
func (w *world) everything(t *testing.T) (log []event.Recorded) {
	t.Helper()
	after := ""
	for {
		page, err := w.events.Page(t.Context(), after, 500)
		if err != nil {
			t.Fatal(err)
		}
		if len(page) == 0 {
			return log
		}
		for _, e := range page {
			if e.ActorKind != auth.System {
				log = append(log, e)
			}
		}
		after = page[len(page)-1].ID
	}
}

// handledEverywhere takes a case in at a window and leads it through hands, lists,
// an appointment for a visit, a request that an official withdraws, and a report
// that something could not be done.
func (w *world) handledEverywhere(t *testing.T) string {
	t.Helper()
	w.signIn(t, "admin").call(http.MethodPost, "/counter/devices", map[string]any{"window": "guangan-1", "name": "读卡器"}, nil)
	d := w.signIn(t, "lin").prepare()
	window := w.sits(t, "window1", "1")
	session := window.serves("511602198809090008", "林晓梅", salon)
	window.get("/drafts/" + d.ID)
	for _, f := range window.draft(d.ID).files() {
		window.call(http.MethodPut, "/drafts/"+d.ID+"/originals/"+f, map[string]any{"compared": true, "paper": "returned"}, nil)
	}
	window.confirms(d.ID)
	r := submitTwiceAtOnceAt(t, window, d.ID)
	window.ends(session)
	w.drain(t)
	w.steps(t, r.Case, "clerk accept")
	w.listed(t, r.Case)
	w.askedOf(t, r.Case)
	w.reported(t)
	w.drain(t)
	return r.Case
}

// listed takes a case in hand, looks for it and takes it out in a list.
func (w *world) listed(t *testing.T, id string) {
	t.Helper()
	reviewer1 := w.signIn(t, "reviewer1")
	readAsStaff(t, reviewer1, id)
	reviewer1.call(http.MethodPost, "/cases/"+id+"/hands", map[string]any{"do": "claim"}, nil)
	reviewer1.call(http.MethodGet, "/case-search?q=%E6%B8%85%E5%92%8C", nil, nil)
	reviewer1.call(http.MethodPost, "/case-exports", map[string]any{"tab": "review", "purpose": "核对积压"}, nil)
	reviewer1.call(http.MethodPost, "/cases/"+id+"/hands", map[string]any{"do": "hand_over", "to": identity.DemoAccountID("reviewer2"), "note": "请接着办"}, nil)
	w.signIn(t, "reviewer2").call(http.MethodPost, "/absences", map[string]any{"from": "2026-11-23", "to": "2026-11-24", "kind": "leave"}, nil)
	w.signIn(t, "head").call(http.MethodPut, "/work-rules/review", map[string]any{"how": "turns"}, nil)
}

// askedOf makes an appointment with the applicant, who asks that an official withdraws.
func (w *world) askedOf(t *testing.T, id string) {
	t.Helper()
	var x inquiryView
	w.signIn(t, "reviewer1").call(http.MethodPost, "/cases/"+id+"/visits", map[string]any{
		"purpose": "核对场所", "place": "洪洲大道 12 号", "officials": demo("reviewer1", "reviewer2"), "day": "2026-11-18", "time": "09:00-11:00",
	}, &x)
	lin := w.signIn(t, "lin")
	lin.inquire(x.ID, "confirm", nil)
	var asked struct{ ID string }
	lin.call(http.MethodPost, "/cases/"+id+"/withdrawals", map[string]any{
		"official": identity.DemoAccountID("clerk"), "reason": "该工作人员是另一家店的股东。",
	}, &asked)
	w.signIn(t, "head").call(http.MethodPost, "/withdrawals/"+asked.ID+"/answer", map[string]any{"result": "refused", "answer": "经核实没有利害关系。"}, nil)
}

// reported tells what could not be done; the head of the hall reads who says so.
func (w *world) reported(t *testing.T) {
	t.Helper()
	w.signIn(t, "lin").call(http.MethodPost, "/stuck", map[string]any{
		"key": "once-and-no-more", "what": "窗口说要先办消防，消防说要先办卫生。", "wish": "请告诉我先办哪一个", "kind": "sent_away", "place": "hall", "hall": "guangan",
	}, nil)
	head := w.signIn(t, "head")
	var desk struct{ Reports []struct{ ID string } }
	head.call(http.MethodGet, "/stuck/desk", nil, &desk)
	if len(desk.Reports) != 1 {
		t.Fatalf("%d reports", len(desk.Reports))
	}
	head.call(http.MethodGet, "/stuck/desk/"+desk.Reports[0].ID, nil, nil)
	head.call(http.MethodPost, "/stuck/desk/"+desk.Reports[0].ID+"/answer", map[string]any{"result": "solved", "answer": "可以同时办。"}, nil)
}
