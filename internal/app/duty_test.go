package app

import (
	"net/http"
	"slices"
	"strings"
	"testing"
)

// duties are the kinds of what an official was told, the newest first.
func (w *world) duties(t *testing.T, username string) []string {
	t.Helper()
	var list struct{ Notices []struct{ Kind, Path string } }
	w.signIn(t, username).call(http.MethodGet, "/notices", nil, &list)
	var kinds []string
	for _, n := range list.Notices {
		kinds = append(kinds, n.Kind)
	}
	return kinds
}

// deskView is what waits for an official, as far as these tests look.
type deskView struct {
	Count     int
	Today     []struct{ Inquiry, Do, Slot string }
	Inquiries []struct {
		Inquiry, Do, Day string
		Now              bool
	}
	Withdrawals []struct{ ID, Reason string }
}

func (w *world) waits(t *testing.T, username string) (v deskView) {
	t.Helper()
	w.signIn(t, username).call(http.MethodGet, "/inbox/staff", nil, &v)
	return v
}

// Visits stand in the inbox of their two officials and of nobody else, and on their
// day among the appointments.
func TestOfficialsFindTheirVisitsInTheInbox(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		id := w.reviewed(t)
		var x inquiryView
		w.signIn(t, "reviewer1").call(http.MethodPost, "/cases/"+id+"/visits", map[string]any{
			"purpose": "核对场所", "place": "洪洲大道 12 号", "officials": demo("reviewer1", "reviewer2"), "day": "2026-11-18", "time": "09:00-11:00",
		}, &x)
		for who, n := range map[string]int{"reviewer1": 1, "reviewer2": 1, "clerk": 0, "approver": 0, "head": 0, "health": 0} {
			v := w.waits(t, who)
			if len(v.Inquiries) != n || len(v.Today) != 0 || n == 1 && (v.Inquiries[0].Inquiry != x.ID || v.Inquiries[0].Do != "go" || v.Inquiries[0].Now) {
				t.Errorf("%s before the day: %s", who, show(v))
			}
		}
		w.to(t, "2026-11-18")
		if v := w.waits(t, "reviewer2"); len(v.Today) != 1 || v.Today[0].Slot != "09:00-11:00" || len(v.Inquiries) != 0 || v.Count == 0 {
			t.Errorf("on the day: %s", show(v))
		}
		page := w.signIn(t, "reviewer2").get("/staff/inbox").body
		for _, s := range []string{"Appointments today", "/staff/inquiries/" + x.ID, "09:00–11:00", "Visit the place at the time that was set", "To do today"} {
			if !strings.Contains(page, s) {
				t.Errorf("the page does not say %q", s)
			}
		}
		for _, who := range []string{"lin", "admin"} {
			if a := w.signIn(t, who).try(http.MethodGet, "/inbox/staff", nil); a.status != http.StatusForbidden {
				t.Errorf("%s: %d", who, a.status)
			}
		}
	})
}

// What falls to an official is told to them, once, and to nobody else.
func TestOfficialsAreToldWhatFallsToThem(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		id := w.reviewed(t)
		if a := w.signIn(t, "head").try(http.MethodPost, "/cases/"+id+"/hands", map[string]any{"do": "assign", "to": demo("approver")[0], "note": "请尽快"}); a.status != http.StatusOK {
			t.Fatalf("assigned: %d %s", a.status, a.body)
		}
		w.signIn(t, "lin").call(http.MethodPost, "/cases/"+id+"/withdrawals", map[string]any{
			"official": demo("reviewer1")[0], "reason": "这位工作人员是竞争对手的亲属。",
		}, nil)
		w.drain(t)
		for who, want := range map[string][]string{
			"approver": {"duty.assigned"}, "head": {"duty.withdrawal"}, "clerk": nil, "reviewer1": nil, "reviewer2": nil, "health-head": nil,
		} {
			if got := w.duties(t, who); !slices.Equal(got, want) {
				t.Errorf("%s is told %q, want %q", who, got, want)
			}
		}
		if v := w.waits(t, "head"); len(v.Withdrawals) != 1 || v.Withdrawals[0].Reason != "" {
			t.Errorf("the head has %s", show(v))
		}
		if page := w.signIn(t, "approver").get("/staff/inbox").body; !strings.Contains(page, "A case is assigned to you") || !strings.Contains(page, `href="/staff/cases/`+id) {
			t.Error("the inbox does not show what is new")
		}
		w.to(t, "2026-12-24") // twenty working days and more
		w.drain(t)
		for who, want := range map[string]int{"approver": 2, "head": 1, "clerk": 0, "reviewer1": 0} {
			kinds := w.duties(t, who)
			cards := 0
			for _, k := range kinds {
				if strings.HasPrefix(k, "duty.card.") {
					cards++
				}
			}
			if cards < want || want == 0 && cards > 0 {
				t.Errorf("%s is told of %d cards: %q", who, cards, kinds)
			}
		}
		head := w.signIn(t, "head")
		if a := head.get("/inbox"); !strings.Contains(a.body, "Red card") || strings.Contains(a.body, "清和") {
			t.Errorf("the head reads %.300s", a.body)
		}
		for _, n := range head.mails(t) {
			t.Errorf("mail that nobody asked for: %s", n)
		}
	})
}

// mails are the channels beside the inbox by which something went to the caller.
func (c caller) mails(t *testing.T) (list []string) {
	t.Helper()
	var v struct {
		Notices []struct {
			Kind       string
			Deliveries []struct{ Channel string }
		}
	}
	c.call(http.MethodGet, "/notices", nil, &v)
	for _, n := range v.Notices {
		for _, d := range n.Deliveries {
			list = append(list, n.Kind+" by "+d.Channel)
		}
	}
	return list
}
