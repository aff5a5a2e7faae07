package caseworkweb_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/tongban/tongban/internal/casework"
	"github.com/tongban/tongban/internal/casework/caseworktest"
	"github.com/tongban/tongban/internal/kit/webtest"
)

// A template put in by the server and a form that was refused keep the files that
// were chosen.
func TestAFormThatComesBackKeepsItsFiles(t *testing.T) {
	t.Parallel()
	w, k := site(t)
	id := w.File(t, "a", caseworktest.Joint)
	w.Do(t, caseworktest.Clerk, id, casework.Action{Name: "accept"})
	units, err := w.Units(t.Context(), caseworktest.Clerk, id)
	if err != nil {
		t.Fatal(err)
	}
	phrase, err := w.SavePhrase(t.Context(), caseworktest.Firechief, casework.Phrase{Kind: casework.PhraseOpinion, Title: "同意", Body: "符合消防安全要求。"})
	if err != nil {
		t.Fatal(err)
	}
	fireman := webtest.Browse(t, k.Handler()).As("fireman")
	path := "/staff/cases/" + string(id) + "/units/" + units[0].ID

	p := postFile(t, fireman, path, map[string]string{"opinion": "agree", "insert": "note", "phrase-note": phrase.ID}, "files", "letter.pdf")
	held, _ := p.Doc.Find(`input[name="held"][checked]`).Attr("value")
	if p.Status != http.StatusOK || held == "" || !strings.Contains(p.Text("#note"), "符合消防安全要求") || !strings.Contains(p.Text("main"), "letter.pdf") {
		t.Fatalf("after a template, status %d: %s", p.Status, p.Text("main form"))
	}
	p = postFile(t, fireman, path, map[string]string{"note": "同意", "held": held}, "files", "more.pdf") // no opinion was chosen
	if p.Status != http.StatusUnprocessableEntity || p.Doc.Find(`input[name="held"][checked]`).Length() != 2 {
		t.Fatalf("after a fault, status %d: %s", p.Status, p.Text("main form"))
	}
	if p = fireman.Post(path, url.Values{"opinion": {"agree"}, "note": {"同意"}, "held": {held}}); p.Status != http.StatusSeeOther {
		t.Fatalf("status %d: %s", p.Status, p.Text("main"))
	}
	p = fireman.As("clerk").Get("/staff/cases/" + string(id) + "/messages?thread=internal")
	if text := p.Text("main"); !strings.Contains(text, "letter.pdf") || strings.Contains(text, "more.pdf") {
		t.Errorf("with the opinion went %s", text)
	}

	lin := fireman.As("lin")
	p = postFile(t, lin, "/cases/"+string(id)+"/messages", map[string]string{"text": ""}, "files", "door.pdf")
	if p.Status != http.StatusUnprocessableEntity || !strings.Contains(p.Text("form"), "door.pdf") {
		t.Errorf("a message without words, status %d: %s", p.Status, p.Text("main form"))
	}
}
