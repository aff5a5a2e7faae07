package app

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/tongban/tongban/internal/form/formtest"
	"github.com/tongban/tongban/internal/kit/api"
)

const (
	shopSignItem = "512017432001-511602000000-000-11511301MB0T669970-1-00"
	// walkIn is an invented number: a sequence of 000 is not given out.
	walkIn = "51160219850615000X"
	salon  = "demo-company-qinghe" // that Lin Xiaomei is an operator of
)

// sits signs a clerk in at a window of the demonstration's hall.
func (w *world) sits(t *testing.T, username, window string) caller {
	t.Helper()
	c := w.signIn(t, username)
	c.call(http.MethodPut, "/counter/window", map[string]any{"window": "guangan-" + window}, nil)
	return c
}

// serves opens a session with a person whose card the clerk looks at; subject is
// whom they apply for, "" themselves. It returns the session.
func (c caller) serves(number, name, subject string) string {
	c.t.Helper()
	var s struct{ ID, Person string }
	c.call(http.MethodPost, "/counter/sessions", map[string]any{"how": "seen", "number": number, "name": name, "matched": true}, &s)
	if subject != "" {
		c.call(http.MethodPut, "/counter/session/subject", map[string]any{"subject": subject}, nil)
	}
	return s.ID
}

func (c caller) ends(session string) {
	c.t.Helper()
	c.call(http.MethodPost, "/counter/sessions/"+session+"/end", nil, nil)
}

// draftAt is a draft as a clerk handles it.
type draftAt struct {
	ID, Kind  string
	Rev       int64
	Complete  bool
	Materials []struct {
		ID    string
		Files []struct{ ID string }
	}
	Confirmed *struct{ Method, Window, Clerk string }
}

// files of the draft, in the order of its materials.
func (d draftAt) files() (ids []string) {
	for _, m := range d.Materials {
		for _, f := range m.Files {
			ids = append(ids, f.ID)
		}
	}
	return ids
}

func (c caller) draft(id string) (d draftAt) {
	c.t.Helper()
	c.call(http.MethodGet, "/drafts/"+id, nil, &d)
	return d
}

// confirms has the person at the window sign on the screen.
func (c caller) confirms(draft string) {
	c.t.Helper()
	d := c.draft(draft)
	c.call(http.MethodPost, "/drafts/"+draft+"/confirmation", map[string]any{
		"rev": d.Rev, "method": "drawn", "mark": "M10 10L40 60L80 20L120 70", "witness": true,
	}, &d)
	if d.Confirmed == nil || d.Confirmed.Window == "" {
		c.t.Fatalf("confirmed: %+v", d.Confirmed)
	}
}

// signsByHand has the person at the window sign the printed sheet, which the clerk
// scans; what is no such scan is refused.
func (c caller) signsByHand(draft string) {
	c.t.Helper()
	path, pdf := "/drafts/"+draft+"/confirmation", formtest.PDF("sheet")
	signed := func(content string, witness bool) map[string]any {
		return map[string]any{
			"rev": c.draft(draft).Rev, "method": "paper", "witness": witness,
			"sheet": map[string]any{"name": "签字页.pdf", "content": []byte(content)},
		}
	}
	for name, in := range map[string]map[string]any{"a program": signed("MZ", true), "unseen": signed(pdf, false)} {
		if a := c.try(http.MethodPost, path, in); a.status != http.StatusUnprocessableEntity {
			c.t.Errorf("%s: %d %s", name, a.status, a.body)
		}
	}
	stale := signed(pdf, true)
	stale["rev"] = 1
	if a := c.try(http.MethodPost, path, stale); a.status != http.StatusConflict {
		c.t.Errorf("what was not read: %d %s", a.status, a.body)
	}
	var d struct {
		Confirmed *struct {
			Method string
			Sheet  bool
		}
	}
	c.call(http.MethodPost, path, signed(pdf, true), &d)
	if d.Confirmed == nil || d.Confirmed.Method != "paper" || !d.Confirmed.Sheet {
		c.t.Fatalf("signed by hand: %+v", d.Confirmed)
	}
}

// withdrawsByHand has the person at the window sign the withdrawal of a case on paper,
// of which the clerk keeps the scan.
func (c caller) withdrawsByHand(id string) {
	c.t.Helper()
	step := c.action(id, "withdraw")["step"].(int)
	signed := func(content string) map[string]any {
		return map[string]any{
			"step": step, "method": "paper", "witness": true,
			"sheet": map[string]any{"name": "撤回.pdf", "content": []byte(content)},
		}
	}
	path := "/cases/" + id + "/withdrawal"
	if a := c.try(http.MethodPost, path, signed("MZ")); a.status != http.StatusUnprocessableEntity {
		c.t.Errorf("a program: %d %s", a.status, a.body)
	}
	c.call(http.MethodPost, path, signed(formtest.PDF("withdrawal")), nil)
	kept := fmt.Sprintf("/cases/%s/confirmations/%d/sheet", id, step+1)
	if a := c.try(http.MethodGet, kept, nil); a.status != http.StatusOK || !strings.HasPrefix(a.body, "%PDF-") {
		c.t.Errorf("the sheet: %d %.80s", a.status, a.body)
	}
}

// sheetIsKept: who serves the person and who handles the case open the signed sheet,
// nobody else.
func sheetIsKept(t *testing.T, w *world, clerk caller, id string) {
	t.Helper()
	path := "/cases/" + id + "/confirmations/1/sheet"
	for who, c := range map[string]caller{"who serves": clerk, "who handles": w.signIn(t, "city")} {
		if a := c.try(http.MethodGet, path, nil); a.status != http.StatusOK || !strings.HasPrefix(a.body, "%PDF-") {
			t.Errorf("%s: %d %.80s", who, a.status, a.body)
		}
	}
	for _, who := range []string{"zhou", "health", "supervisor"} {
		if a := w.signIn(t, who).try(http.MethodGet, path, nil); a.status != http.StatusNotFound && a.status != http.StatusForbidden {
			t.Errorf("%s: %d", who, a.status)
		}
	}
}

// TestAPersonWithoutAnAccountAtTheWindow: taken in for another department, accepted
// on the spot, receipt printed, and nothing of the person stays with the clerk.
func TestAPersonWithoutAnAccountAtTheWindow(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		window1 := w.sits(t, "window1", "1")
		if a := window1.try(http.MethodPost, "/drafts", map[string]any{"service": shopSignItem}); a.status != http.StatusForbidden {
			t.Errorf("with nobody at the window: %d %s", a.status, a.body)
		}
		session := window1.serves(walkIn, "唐秀兰", "")
		d := window1.begin(shopSignItem, map[string]any{
			"address": "四川省广安市广安区清和街 1 号", "phone": "13900138000", "point": "30.456000,106.633000", "sign_words": "唐记",
			"position": "side", "lit": false, "length": 1, "height": 0.5, "own_building": true, "declared": true,
		})
		for _, m := range []string{"drawing", "front_photo"} {
			window1.attach("/drafts/"+d.ID+"/materials/"+m, []string{"png"})
		}
		pages := []string{"/services", "/drafts/" + d.ID, "/drafts/" + d.ID + "/check", "/drafts/" + d.ID + "/counter", "/drafts/" + d.ID + "/application.pdf", "/cases"}
		for _, path := range pages {
			if a := window1.get(path); a.status != http.StatusOK || a.header.Get("Cache-Control") == "" {
				t.Errorf("%s: %d, cached %q", path, a.status, a.header.Get("Cache-Control"))
			}
		}
		if a := window1.try(http.MethodPost, "/drafts/"+d.ID+"/submission", nil); a.status != http.StatusUnprocessableEntity {
			t.Errorf("unconfirmed: %d %s", a.status, a.body)
		}
		files := window1.draft(d.ID).files()
		window1.call(http.MethodPut, "/drafts/"+d.ID+"/originals/"+files[0], map[string]any{"compared": true, "paper": "kept"}, nil)
		window1.confirms(d.ID)
		window1.signsByHand(d.ID)
		r := submitTwiceAtOnceAt(t, window1, d.ID)
		sheetIsKept(t, w, window1, r.Case)

		page := window1.get("/cases/" + r.Case + "/receipt")
		if page.status != http.StatusOK || !strings.Contains(page.body, "/cases/"+r.Case+"/print") || !strings.Contains(page.body, "/staff/cases/"+r.Case) {
			t.Errorf("receipt: %d", page.status)
		}
		printed := window1.get("/cases/" + r.Case + "/print")
		for _, want := range []string{r.QueryCode, "唐秀兰", "<svg", "window 1"} {
			if !strings.Contains(printed.body, want) {
				t.Errorf("the printed receipt lacks %q", want)
			}
		}
		if pdf := window1.get("/cases/" + r.Case + "/receipt.pdf"); !strings.HasPrefix(pdf.body, "%PDF-") {
			t.Errorf("receipt.pdf: %d %.30q", pdf.status, pdf.body)
		}
		takenInIsAccepted(t, w, window1, r.Case)
		if desk := window1.get("/staff/counter"); strings.Contains(desk.body, "Taken in today") {
			t.Error("what others filed is shown to who stands at the window")
		}
		window1.ends(session)
		slip := window1.get("/staff/counter/sessions/" + session)
		for _, want := range []string{"Application sent", "Accepted: "} {
			if !strings.Contains(slip.body, want) {
				t.Errorf("the slip lacks %q", want)
			}
		}
		history := window1.get("/staff/cases/" + r.Case)
		for _, want := range []string{"for the applicant who stood there", "at window 1 of Guang"} {
			if !strings.Contains(history.body, want) {
				t.Errorf("the history of the case lacks %q", want)
			}
		}
		takenInIsListed(t, w, window1, r.Case)
		nothingIsLeft(t, w, window1, d.ID, r.Case)
	})
}

// submitTwiceAtOnceAt is the impatient double click at the window.
func submitTwiceAtOnceAt(t *testing.T, c caller, draft string) (r receiptView) {
	t.Helper()
	var again receiptView
	c.call(http.MethodPost, "/drafts/"+draft+"/submission", nil, &r)
	c.call(http.MethodPost, "/drafts/"+draft+"/submission", nil, &again)
	if r.Case == "" || r != again {
		t.Errorf("%+v, then %+v", r, again)
	}
	return r
}

// takenInIsAccepted: the clerk of the hall accepts for the department, and does
// nothing that decides.
func takenInIsAccepted(t *testing.T, w *world, clerk caller, id string) {
	t.Helper()
	if a := clerk.get("/staff/tasks"); a.status != http.StatusOK || !strings.Contains(a.body, id) {
		t.Errorf("the hall's list: %d", a.status)
	}
	if a := clerk.get("/staff/cases/" + id); a.status != http.StatusOK || !strings.Contains(a.body, "Taken in at a counter") {
		t.Errorf("the desk: %d", a.status)
	}
	for _, action := range []string{"refuse", "not_required"} {
		in := clerk.action(id, action)
		in["reasons"] = []string{"理由"}
		if a := clerk.try(http.MethodPost, "/cases/"+id+"/actions", in); a.status != http.StatusForbidden {
			t.Errorf("%s by the counter: %d %s", action, a.status, a.body)
		}
	}
	clerk.act(id, "accept")
	w.drain(t)
	if a := clerk.try(http.MethodPost, "/cases/"+id+"/actions", clerk.action(id, "approve")); a.status < 400 {
		t.Errorf("approved by the counter: %d", a.status)
	}
}

// takenInIsListed: the hall has its list of today, another one and other roles do not.
func takenInIsListed(t *testing.T, w *world, clerk caller, id string) {
	t.Helper()
	type list struct {
		Total   int
		Intakes []struct {
			Case, Person, Window, Receipt string
			State                         struct{ EN string }
		}
	}
	var here, there list
	clerk.call(http.MethodGet, "/counter/intakes", nil, &here)
	if here.Total != 1 || here.Intakes[0].Case != id || here.Intakes[0].Person != "唐**" || here.Intakes[0].Window != "1" || here.Intakes[0].State.EN == "" {
		t.Fatalf("taken in today: %+v", here)
	}
	desk := clerk.get("/staff/counter")
	for _, want := range []string{"Taken in today", "唐**", "/staff/cases/" + id + "/receipt.pdf"} {
		if !strings.Contains(desk.body, want) {
			t.Errorf("the desk lacks %q", want)
		}
	}
	for _, path := range []string{here.Intakes[0].Receipt, "/staff/cases/" + id + "/receipt.pdf"} {
		if pdf := clerk.get(path); !strings.HasPrefix(pdf.body, "%PDF-") {
			t.Errorf("%s: %d", path, pdf.status)
		}
	}
	neighbour := w.signIn(t, "window3")
	neighbour.call(http.MethodPut, "/counter/window", map[string]any{"window": "qianfeng-1"}, nil)
	neighbour.call(http.MethodGet, "/counter/intakes", nil, &there)
	if there.Total != 0 {
		t.Errorf("another hall sees %+v", there)
	}
	if a := neighbour.get("/staff/cases/" + id + "/receipt.pdf"); a.status != http.StatusNotFound {
		t.Errorf("another hall prints the receipt: %d", a.status)
	}
	if a := w.signIn(t, "reviewer1").try(http.MethodGet, "/counter/intakes", nil); a.status != http.StatusForbidden {
		t.Errorf("a reviewer: %d", a.status)
	}
}

// nothingIsLeft tries everything that was open a moment ago.
func nothingIsLeft(t *testing.T, w *world, clerk caller, draft, id string) {
	t.Helper()
	tries := []string{
		"/drafts/" + draft, "/drafts/" + draft + "/check", "/cases/" + id + "/receipt", "/cases/" + id + "/print",
		api.Prefix + "/drafts/" + draft, "/signatures",
	}
	for _, path := range tries {
		if a := clerk.get(path); a.status < 400 {
			t.Errorf("%s after the session: %d", path, a.status)
		}
	}
	other := w.sits(t, "window2", "2")
	session := other.serves("511602197904120004", "周淑芬", "")
	for _, path := range tries[:5] {
		if a := other.get(path); a.status < 400 {
			t.Errorf("%s by another clerk with another person: %d", path, a.status)
		}
	}
	other.ends(session)
}

// TestOnlineAndAtTheWindow: the operator of a salon begins online, goes on at the
// window, and sends there; the correction is handed in online.
func TestOnlineAndAtTheWindow(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		lin := w.signIn(t, "lin")
		d := lin.prepare()
		window1 := w.sits(t, "window1", "1")
		session := window1.serves("511602198809090008", "林晓梅", "")
		if a := window1.get("/drafts/" + d.ID); a.status == http.StatusOK {
			t.Error("the draft of the company opens for the person herself")
		}
		window1.call(http.MethodPut, "/counter/session/subject", map[string]any{"subject": salon}, nil)
		for _, f := range window1.draft(d.ID).files() {
			window1.call(http.MethodPut, "/drafts/"+d.ID+"/originals/"+f, map[string]any{"compared": true, "paper": "returned"}, nil)
		}
		window1.confirms(d.ID)
		// Meanwhile she changes something at home: what was confirmed is not what is there.
		lin.call(http.MethodPut, "/drafts/"+d.ID+"/answers", map[string]any{"answers": map[string]any{"staff": 4, "certified": 4}}, nil)
		if a := window1.try(http.MethodPost, "/drafts/"+d.ID+"/submission", nil); a.status != http.StatusUnprocessableEntity {
			t.Errorf("changed since it was confirmed: %d %s", a.status, a.body)
		}
		window1.confirms(d.ID)
		r := submitTwiceAtOnceAt(t, window1, d.ID)
		var online receiptView
		if lin.call(http.MethodPost, "/drafts/"+d.ID+"/submission", nil, &online); online.Case != r.Case {
			t.Errorf("online %+v, at the window %+v", online, r)
		}
		correction := window1.action(r.Case, "correct")
		correction["marks"] = []map[string]any{{"kind": "field", "id": "area", "reason": "与平面图不一致"}}
		window1.call(http.MethodPost, "/cases/"+r.Case+"/actions", correction, nil)
		window1.ends(session)
		w.drain(t)
		sameBothWays(t, lin, r.Case)

		// Back at the window on another day, with another clerk.
		window2 := w.sits(t, "window2", "2")
		again := window2.serves("511602198809090008", "林晓梅", salon)
		if a := window2.get("/cases/" + r.Case + "/correct"); a.status != http.StatusOK {
			t.Fatalf("correction at the window: %d", a.status)
		}
		if a := window2.send(http.MethodPost, "/cases/"+r.Case+"/withdraw", url.Values{"step": {"0"}}.Encode(), "Content-Type", "application/x-www-form-urlencoded"); a.status < 400 {
			t.Errorf("withdrawn without a word of the person: %d", a.status)
		}
		window2.call(http.MethodPost, "/cases/"+r.Case+"/withdrawal", map[string]any{"step": window2.action(r.Case, "withdraw")["step"], "method": "drawn", "mark": "M10 10L40 60L80 20L120 70", "witness": true}, nil)
		window2.withdrawsByHand(lin.submit(lin.prepare()).Case)
		window2.ends(again)
		var v caseView
		if lin.call(http.MethodGet, "/cases/"+r.Case, nil, &v); v.State != "WITHDRAWN" {
			t.Errorf("after the withdrawal: %+v", v)
		}
	})
}

// sameBothWays: what was done at the window the person sees online.
func sameBothWays(t *testing.T, lin caller, id string) {
	t.Helper()
	page := lin.get("/cases/" + id)
	for _, want := range []string{"Taken in at a counter", "witness", "for the applicant who stood there"} {
		if !strings.Contains(page.body, want) {
			t.Errorf("the page of the case online lacks %q", want)
		}
	}
	if log := lin.get("/account/data"); !strings.Contains(log.body, "while you stood at a counter") {
		t.Error("the log of the company does not tell of the counter")
	}
}
