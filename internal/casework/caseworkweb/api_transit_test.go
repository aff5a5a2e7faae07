package caseworkweb_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/tongban/tongban/internal/casework"
	"github.com/tongban/tongban/internal/casework/caseworktest"
	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/auth"
	"github.com/tongban/tongban/internal/kit/webtest"
)

// everybody adds the other people of a transit to those of the service.
func everybody() map[string]auth.Principal {
	return map[string]auth.Principal{
		"window603": caseworktest.Window603, "supervisor603": caseworktest.Supervisor603, "fireman": caseworktest.Fireman,
	}
}

// What the pages of the way do, the API does: each place what is its own, others nothing.
func TestPapersGoFromOnePlaceToTheOtherByTheAPI(t *testing.T) {
	t.Parallel()
	w, ask := serviceFor(t, everybody())
	id := "/cases/" + string(w.FileNextDoor(t, "a"))
	papers, _, err := w.Papers(t.Context(), caseworktest.Lin, contract.CaseID(strings.TrimPrefix(id, "/cases/")))
	if err != nil {
		t.Fatal(err)
	}
	paper := string(papers[0].ID)
	type body = map[string]any
	send := body{"action": "dispatch", "step": 1, "way": casework.WayCourier, "carrier": "EMS", "waybill": "EA123456789CN"}
	came := body{"action": "receive", "step": 2, "arrived": "2026-11-16"}
	for i, x := range []struct {
		who, method, path string
		body              any
		status            int
	}{
		{"fireman", http.MethodGet, id + "/sides", nil, http.StatusNotFound},
		{"", http.MethodGet, id + "/sides", nil, http.StatusUnauthorized},
		{"zhou", http.MethodGet, id + "/papers", nil, http.StatusNotFound},
		{"lin", http.MethodGet, "/transit", nil, http.StatusForbidden},
		{"clerk", http.MethodPost, id + "/transit", send, http.StatusForbidden},
		{"reviewer1", http.MethodPost, id + "/transit", send, http.StatusForbidden},
		{"fireman", http.MethodPost, id + "/transit", send, http.StatusNotFound},
		{"lin", http.MethodPost, id + "/transit", send, http.StatusForbidden},
		{"supervisor603", http.MethodPost, id + "/transit", send, http.StatusForbidden},
		{"window603", http.MethodPost, id + "/transit", body{"action": "dispatch", "way": "courier", "carrier": "EMS"}, http.StatusUnprocessableEntity},
		{"window603", http.MethodPost, id + "/transit", body{"action": "accept"}, http.StatusUnprocessableEntity},
		{"window603", http.MethodPost, id + "/transit", body{"action": "dispatch", "way": "pigeon"}, http.StatusUnprocessableEntity},
		{"window603", http.MethodPost, id + "/transit", send, http.StatusOK},
		{"window603", http.MethodPost, id + "/transit", send, http.StatusConflict},
		{"window603", http.MethodPost, id + "/transit", came, http.StatusForbidden},
		{"clerk", http.MethodPost, id + "/transit", body{"action": "incomplete", "missing": []string{paper}}, http.StatusUnprocessableEntity},
		{"clerk", http.MethodPost, id + "/transit", body{"action": "receive", "arrived": "2026-02-30"}, http.StatusUnprocessableEntity},
		{"clerk", http.MethodPost, id + "/transit", body{"action": "receive", "arrived": "2027-02-20"}, http.StatusUnprocessableEntity},
		{"clerk", http.MethodPost, id + "/transit", came, http.StatusOK},
		{"lin", http.MethodPost, id + "/papers/" + paper + "/back", body{"to": "林女士"}, http.StatusForbidden},
		{"clerk", http.MethodPost, id + "/papers/" + paper + "/back", body{"to": ""}, http.StatusUnprocessableEntity},
		{"clerk", http.MethodPost, "/cases/" + paper + "/papers/" + paper + "/back", body{"to": "林女士"}, http.StatusNotFound},
		{"clerk", http.MethodPost, id + "/papers/" + id[7:] + "/back", body{"to": "林女士"}, http.StatusNotFound},
		{"clerk", http.MethodPost, id + "/papers/" + paper + "/back", body{"to": "林女士"}, http.StatusOK},
		{"window603", http.MethodPost, id + "/papers/" + paper + "/back", body{"to": "林女士"}, http.StatusConflict},
		{"window603", http.MethodPost, id + "/papers/" + paper + "/found", body{}, http.StatusConflict},
	} {
		if status, text := ask(x.who, x.method, x.path, x.body); status != x.status {
			t.Errorf("%d: %s %s by %q: %d, want %d: %s", i, x.method, x.path, x.who, status, x.status, text)
		}
	}
	for _, x := range []struct{ who, path, golden string }{
		{"lin", id + "/sides", "sides.json"}, {"lin", id + "/papers", "papers_mine.json"}, {"clerk", id + "/papers", "papers.json"},
	} {
		status, text := ask(x.who, http.MethodGet, x.path, nil)
		if status != http.StatusOK {
			t.Fatalf("%s: %d %s", x.path, status, text)
		}
		webtest.Golden(t, "api/"+x.golden, strings.ReplaceAll(pretty(t, text), paper, "PAPER"))
	}
}

func TestBothPlacesListWhatIsOnItsWayByTheAPI(t *testing.T) {
	t.Parallel()
	w, ask := serviceFor(t, everybody())
	w.FileNextDoor(t, "a")
	for who, todo := range map[string]string{"window603": `"todo":"send"`, "clerk": `"todo":"receive"`} {
		if status, text := ask(who, http.MethodGet, "/transit", nil); status != http.StatusOK || !strings.Contains(text, todo) || strings.Contains(text, "林晓梅") {
			t.Errorf("%s: %d %s", who, status, text)
		}
	}
	if status, text := ask("fireman", http.MethodGet, "/transit", nil); status != http.StatusOK || !strings.Contains(text, `"cases":[]`) {
		t.Errorf("an agency without a part: %d %s", status, text)
	}
	here := "/cases/" + string(w.File(t, "b", caseworktest.Hygiene))
	if status, text := ask("lin", http.MethodGet, here+"/sides", nil); status != http.StatusNotFound || !strings.Contains(text, "casework.not_forwarded") {
		t.Errorf("one place alone: %d %s", status, text)
	}
}

func TestPapersAreTakenInOnceByTheAPI(t *testing.T) {
	t.Parallel()
	w, ask := serviceFor(t, everybody())
	id := "/cases/" + string(w.File(t, "a", caseworktest.Hygiene))
	in := func(sheets int) map[string]any {
		return map[string]any{"key": "k1", "papers": []any{map[string]any{"name": "授权书", "sheets": sheets, "original": true}}}
	}
	for _, x := range []struct {
		who    string
		body   any
		status int
	}{
		{"clerk", in(2), http.StatusCreated},
		{"clerk", in(2), http.StatusCreated},
		{"clerk", in(0), http.StatusUnprocessableEntity},
		{"clerk", map[string]any{"key": "k2", "papers": []any{}}, http.StatusUnprocessableEntity},
		{"clerk", map[string]any{"papers": []any{map[string]any{"name": "授权书", "sheets": 1}}}, http.StatusUnprocessableEntity},
		{"clerk", map[string]any{"key": "k3", "papers": []any{map[string]any{"material": "none", "sheets": 1}}}, http.StatusUnprocessableEntity},
		{"reviewer1", in(2), http.StatusForbidden},
		{"window603", in(2), http.StatusNotFound},
		{"lin", in(2), http.StatusForbidden},
	} {
		if status, text := ask(x.who, http.MethodPost, id+"/papers", x.body); status != x.status {
			t.Errorf("%s %v: %d, want %d: %s", x.who, x.body, status, x.status, text)
		}
	}
	var out struct{ Papers []struct{ Sheets int } }
	_, text := ask("clerk", http.MethodGet, id+"/papers", nil)
	if err := json.Unmarshal([]byte(text), &out); err != nil || len(out.Papers) != 1 || out.Papers[0].Sheets != 2 {
		t.Errorf("%v %s", err, text)
	}
}

// Where the result goes, the applicant alone reads.
func TestDeliveryIsChosenByTheAPI(t *testing.T) {
	t.Parallel()
	w, ask := serviceFor(t, everybody())
	id := "/cases/" + string(w.FileNextDoor(t, "a")) + "/delivery"
	courier := map[string]any{"way": contract.DeliverCourier, "name": "林晓梅", "phone": "13900139000", "address": "广安区洪洲大道 12 号 3 楼"}
	for _, x := range []struct {
		who    string
		body   any
		status int
	}{
		{"zhou", courier, http.StatusNotFound},
		{"clerk", courier, http.StatusForbidden},
		{"", courier, http.StatusUnauthorized},
		{"lin", map[string]any{"way": contract.DeliverCourier, "name": "林晓梅"}, http.StatusUnprocessableEntity},
		{"lin", map[string]any{"way": "pigeon"}, http.StatusUnprocessableEntity},
		{"lin", courier, http.StatusOK},
	} {
		if status, text := ask(x.who, http.MethodPut, id, x.body); status != x.status {
			t.Errorf("%s: %d, want %d: %s", x.who, status, x.status, text)
		}
	}
	if _, text := ask("lin", http.MethodGet, id, nil); !strings.Contains(text, "洪洲大道") || !strings.Contains(text, `"way":"courier"`) {
		t.Errorf("to the applicant: %s", text)
	}
	if status, text := ask("clerk", http.MethodGet, id, nil); status != http.StatusOK || strings.Contains(text, "洪洲大道") || strings.Contains(text, "139") {
		t.Errorf("to an official: %d %s", status, text)
	}
}

// Applicants get what they handed in; officials see what is personal masked.
func TestWhatWasHandedInIsReadByTheAPI(t *testing.T) {
	t.Parallel()
	w, ask := serviceFor(t, everybody())
	id := "/cases/" + string(w.FileOwing(t, "a"))
	for _, who := range []string{"lin", "clerk"} {
		status, text := ask(who, http.MethodGet, id+"/content", nil)
		if status != http.StatusOK {
			t.Fatalf("%s: %d %s", who, status, text)
		}
		webtest.Golden(t, "api/content_"+who+".json", pretty(t, text))
		var out struct {
			Materials []struct{ File, SHA256 string }
		}
		if err := json.Unmarshal([]byte(text), &out); err != nil {
			t.Fatal(err)
		}
		for _, m := range out.Materials {
			want := http.StatusOK
			if m.SHA256 == "" {
				want = http.StatusNotFound
			}
			if status, text := ask(who, http.MethodGet, id+"/materials/"+m.File, nil); status != want {
				t.Errorf("%s of %s: %d, want %d: %.200s", m.File, who, status, want, text)
			}
		}
	}
	for who, want := range map[string]int{"zhou": http.StatusNotFound, "fireman": http.StatusNotFound, "supervisor": http.StatusForbidden, "": http.StatusUnauthorized} {
		for _, path := range []string{id + "/content", id + "/materials/owed-1"} {
			if status, text := ask(who, http.MethodGet, path, nil); status != want {
				t.Errorf("%s by %q: %d, want %d: %s", path, who, status, want, text)
			}
		}
	}
}
