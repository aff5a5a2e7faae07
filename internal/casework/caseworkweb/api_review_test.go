package caseworkweb_test

import (
	"encoding/json"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/tongban/tongban/internal/casework"
	"github.com/tongban/tongban/internal/casework/caseworktest"
	"github.com/tongban/tongban/internal/kit/auth"
)

// asked is one call with what it must come to.
type asked struct {
	who, method, path string
	body              any
	status            int
	has, hasNot       string
}

func run(t *testing.T, ask func(who, method, path string, body any) (int, string), list []asked) {
	t.Helper()
	for i, x := range list {
		status, text := ask(x.who, x.method, x.path, x.body)
		if status != x.status || !strings.Contains(text, x.has) || x.hasNot != "" && strings.Contains(text, x.hasNot) {
			t.Errorf("%d: %s %s by %q: %d, want %d with %q and without %q: %.400s", i, x.method, x.path, x.who, status, x.status, x.has, x.hasNot, text)
		}
	}
}

// An agency that is asked sees its task and of the application what it needs; who
// handles the case sees one personal answer for a reason, and what came before.
func TestWhatAReviewNeedsIsThereByTheAPI(t *testing.T) {
	t.Parallel()
	w, ask := serviceFor(t, map[string]auth.Principal{"fireman": caseworktest.Fireman, "firechief": caseworktest.Firechief, "head": caseworktest.Head})
	id := w.File(t, "a", caseworktest.Joint)
	w.Do(t, caseworktest.Clerk, id, casework.Action{Name: "accept"})
	path := "/cases/" + string(id)
	_, text := ask("clerk", http.MethodGet, path+"/parts", nil)
	var parts struct{ Units []struct{ ID string } }
	if err := json.Unmarshal([]byte(text), &parts); err != nil || len(parts.Units) == 0 {
		t.Fatal(err, text)
	}
	unit := path + "/units/" + parts.Units[0].ID
	phone := map[string]any{"field": "phone", "reason": "核对联系方式"}
	run(t, ask, []asked{
		{"fireman", http.MethodGet, unit, nil, http.StatusOK, `"may_opine":true`, "13812348000"},
		{"firechief", http.MethodGet, unit, nil, http.StatusOK, `"state":"open"`, `"may_opine":true`},
		{"clerk", http.MethodGet, unit, nil, http.StatusForbidden, "", ""},
		{"reviewer1", http.MethodGet, unit, nil, http.StatusNotFound, "", ""},
		{"lin", http.MethodGet, unit, nil, http.StatusForbidden, "", ""},
		{"fireman", http.MethodGet, path + "/units/none", nil, http.StatusNotFound, "", ""},
		{"fireman", http.MethodGet, unit + "/materials/none", nil, http.StatusNotFound, "", ""},
		{"", http.MethodGet, unit, nil, http.StatusUnauthorized, "", ""},
		{"fireman", http.MethodPost, path + "/unmask", phone, http.StatusNotFound, "", "138"},
		{"clerk", http.MethodPost, path + "/unmask", phone, http.StatusOK, "13812348000", ""},
		{"clerk", http.MethodPost, path + "/unmask", map[string]any{"field": "phone", "reason": ""}, http.StatusUnprocessableEntity, "casework.unmask_reason", ""},
		{"clerk", http.MethodPost, path + "/unmask", map[string]any{"field": "none", "reason": "核对联系方式"}, http.StatusNotFound, "", ""},
		{"supervisor", http.MethodPost, path + "/unmask", phone, http.StatusForbidden, "", "138"},
		{"lin", http.MethodPost, path + "/unmask", phone, http.StatusForbidden, "", "138"},
		{"clerk", http.MethodGet, path + "/checks", nil, http.StatusOK, `"checks":[]`, ""},
		{"clerk", http.MethodPost, path + "/checks/1", map[string]any{"result": "confirmed", "note": "已核对"}, http.StatusConflict, "", ""},
		{"clerk", http.MethodPost, path + "/checks/1", map[string]any{"result": "perhaps", "note": "已核对"}, http.StatusUnprocessableEntity, "", "perhaps"},
		{"zhou", http.MethodGet, path + "/checks", nil, http.StatusForbidden, "", ""},
		{"clerk", http.MethodGet, path + "/earlier", nil, http.StatusOK, `"cases":[]`, ""},
		{"supervisor", http.MethodGet, path + "/earlier", nil, http.StatusForbidden, "", ""},
		{"clerk", http.MethodGet, path + "/commitment", nil, http.StatusNotFound, "", ""},
	})
}

func TestTheThreadOfAgenciesByTheAPI(t *testing.T) {
	t.Parallel()
	w, ask := serviceFor(t, map[string]auth.Principal{"fireman": caseworktest.Fireman})
	id := w.File(t, "a", caseworktest.Joint)
	w.Do(t, caseworktest.Clerk, id, casework.Action{Name: "accept"})
	units, err := w.Units(t.Context(), caseworktest.Clerk, id)
	if err != nil || len(units) == 0 {
		t.Fatal(err)
	}
	path := "/cases/" + string(id)
	thread, unit := path+"/messages?thread=internal", path+"/units/"+units[0].ID
	object := map[string]any{"opinion": "object", "reasons": []string{"疏散通道不足"}, "files": []map[string]any{{"name": "letter.pdf", "content": []byte("%PDF letter")}}}
	run(t, ask, []asked{
		{"clerk", http.MethodGet, thread, nil, http.StatusOK, `"kind":"sent"`, `"answered"`},
		{"fireman", http.MethodGet, thread, nil, http.StatusOK, unit + "/materials/", `"answered"`},
		{"fireman", http.MethodPost, unit, map[string]any{"opinion": "object", "files": []map[string]any{{"name": "x.pdf", "content": []byte("MZ")}}, "reasons": []string{"x"}}, http.StatusUnprocessableEntity, "files", ""},
		{"clerk", http.MethodGet, path + "/messages", nil, http.StatusOK, `"messages":[]`, "疏散"},
		{"lin", http.MethodGet, thread, nil, http.StatusForbidden, "", "疏散"},
		{"supervisor", http.MethodGet, thread, nil, http.StatusForbidden, "", "疏散"},
		{"zhou", http.MethodGet, thread, nil, http.StatusNotFound, "", "疏散"},
	})
	_, text := ask("fireman", http.MethodGet, thread, nil)
	paper := regexp.MustCompile(`"path":"(/cases/[^"]+/materials/[^"]+)"`).FindStringSubmatch(text)
	if paper == nil {
		t.Fatal(text)
	}
	run(t, ask, []asked{
		{"fireman", http.MethodGet, paper[1], nil, http.StatusOK, "%PDF", ""},
		{"clerk", http.MethodGet, paper[1], nil, http.StatusForbidden, "", "%PDF"},
	})
	run(t, ask, []asked{
		{"fireman", http.MethodPost, unit, object, http.StatusNoContent, "", ""},
		{"clerk", http.MethodGet, thread, nil, http.StatusOK, `"opinion":"object"`, ""},
		{"clerk", http.MethodGet, thread, nil, http.StatusOK, "letter.pdf", ""},
		{"fireman", http.MethodGet, unit, nil, http.StatusOK, "letter.pdf", ""},
		{"fireman", http.MethodGet, paper[1], nil, http.StatusNotFound, "", "%PDF"},
	})
	_, text = ask("clerk", http.MethodGet, thread, nil)
	file := regexp.MustCompile(`"path":"(/cases/[^"]+/messages/[^"]+)"`).FindStringSubmatch(text)
	if file == nil {
		t.Fatal(text)
	}
	run(t, ask, []asked{
		{"clerk", http.MethodGet, file[1], nil, http.StatusOK, "%PDF letter", ""},
		{"supervisor", http.MethodGet, file[1], nil, http.StatusNotFound, "", "%PDF"},
		{"lin", http.MethodGet, file[1], nil, http.StatusNotFound, "", "%PDF"},
	})
}

func TestTemplatesBarsAndSupervisionByTheAPI(t *testing.T) {
	t.Parallel()
	w, ask := serviceFor(t, map[string]auth.Principal{"head": caseworktest.Head, "firechief": caseworktest.Firechief})
	path := "/cases/" + string(w.File(t, "a", caseworktest.Hygiene))
	phrase := map[string]any{"kind": casework.PhraseReason, "title": "缺平面图", "body": "{item}的平面图没有交。"}
	status, text := ask("head", http.MethodPost, "/phrases", phrase)
	var made struct{ ID string }
	if err := json.Unmarshal([]byte(text), &made); err != nil || status != http.StatusCreated || made.ID == "" {
		t.Fatal(status, text)
	}
	run(t, ask, []asked{
		{"clerk", http.MethodGet, "/phrases", nil, http.StatusOK, "缺平面图", ""},
		{"firechief", http.MethodGet, "/phrases", nil, http.StatusOK, `"phrases":[]`, ""},
		{"lin", http.MethodGet, "/phrases", nil, http.StatusForbidden, "", ""},
		{"clerk", http.MethodPost, "/phrases", phrase, http.StatusForbidden, "", ""},
		{"head", http.MethodPost, "/phrases", map[string]any{"kind": casework.PhraseReason, "title": "", "body": "{secret}"}, http.StatusUnprocessableEntity, "casework.phrase_title", "secret"},
		{"head", http.MethodPut, "/phrases/" + made.ID, map[string]any{"kind": casework.PhraseReason, "title": "没有平面图", "body": "请补交。"}, http.StatusOK, "没有平面图", ""},
		{"firechief", http.MethodPut, "/phrases/" + made.ID, phrase, http.StatusNotFound, "", ""},
		{"firechief", http.MethodDelete, "/phrases/" + made.ID, nil, http.StatusNotFound, "", ""},
		{"head", http.MethodDelete, "/phrases/" + made.ID, nil, http.StatusNoContent, "", ""},
		{"head", http.MethodDelete, "/phrases/" + made.ID, nil, http.StatusNotFound, "", ""},
		{"lin", http.MethodGet, "/bars", nil, http.StatusForbidden, "", ""},
		{"lin", http.MethodGet, "/bars/mine", nil, http.StatusOK, `"bars":[]`, ""},
		{"clerk", http.MethodGet, "/bars", nil, http.StatusOK, `"bars":[]`, ""},
		{"supervisor", http.MethodGet, "/bars", nil, http.StatusForbidden, "", ""},
		{"head", http.MethodPost, path + "/bar/lift", map[string]any{"reason": "信用已修复"}, http.StatusConflict, "", ""},
		{"clerk", http.MethodPost, path + "/bar/lift", map[string]any{"reason": "信用已修复"}, http.StatusForbidden, "", ""},
		{"supervisor", http.MethodGet, "/supervision", nil, http.StatusOK, `"total":1`, ""},
		{"supervisor", http.MethodGet, "/supervision?light=none", nil, http.StatusUnprocessableEntity, "", ""},
		{"clerk", http.MethodGet, "/supervision", nil, http.StatusForbidden, "", ""},
		{"lin", http.MethodGet, "/supervision", nil, http.StatusForbidden, "", ""},
	})
}
