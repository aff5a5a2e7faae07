package app

import (
	"net/http"
	"strings"
	"testing"

	"github.com/tongban/tongban/internal/identity"
	"github.com/tongban/tongban/internal/kit/auth"
)

// TestAGuardianAtTheWindow: a mother shows her own card and applies for her child; what
// comes of it is the child's, and nobody's without the guardianship.
func TestAGuardianAtTheWindow(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		window1 := w.sits(t, "window1", "1")
		if a := window1.try(http.MethodPost, "/counter/sessions", map[string]any{"how": "seen", "number": "511602202205210003", "name": "黄小满", "matched": true}); a.status != http.StatusUnprocessableEntity {
			t.Errorf("a child of four stands at the window alone: %d %s", a.status, a.body)
		}
		session := window1.serves("511602199405200009", "陈静", "")
		if a := window1.try(http.MethodPut, "/counter/session/subject", map[string]any{"subject": string(identity.DemoAccountID("zhou"))}); a.status != http.StatusForbidden {
			t.Errorf("for somebody she has no right for: %d", a.status)
		}
		window1.call(http.MethodPut, "/counter/session/subject", map[string]any{"subject": identity.DemoWardID}, nil)
		if desk := window1.get("/staff/counter"); !strings.Contains(desk.body, "黄小满") || !strings.Contains(desk.body, "陈静") {
			t.Error("the desk does not say for whom she applies")
		}
		child := scenario(t, "disability-certificate", "a mother applies for her small child, and nothing is known yet")
		for _, held := range []string{"name", "number", "household_division", "household_address"} { // the register of the child holds them
			delete(child.given.Answers, held)
		}
		d := window1.fill(child)
		window1.confirms(d.ID)
		r := submitTwiceAtOnceAt(t, window1, d.ID)
		w.drain(t)
		if c := window1.look(r.Case); c.Applicant != "黄**" {
			t.Errorf("filed for %q", c.Applicant)
		}
		for _, path := range []string{"/receipt", "/print", "/answers", "/receipt.pdf"} {
			if a := window1.get("/cases/" + r.Case + path); a.status != http.StatusOK {
				t.Errorf("%s: %d", path, a.status)
			}
		}
		window1.call(http.MethodPut, "/counter/session/subject", map[string]any{"subject": ""}, nil)
		if a := window1.try(http.MethodGet, "/drafts/"+d.ID, nil); a.status < 400 {
			t.Errorf("for herself she sees the child's draft: %d", a.status)
		}
		window1.ends(session)
		chen := w.signIn(t, "chen")
		if a := chen.actFor(identity.DemoWardID); a.status >= 300 {
			t.Fatalf("acts for the child at home: %d %s", a.status, a.body)
		}
		if c := chen.look(r.Case); c.ID != r.Case {
			t.Errorf("at home she does not see it: %+v", c)
		}
		if a := w.signIn(t, "zhou").try(http.MethodGet, "/cases/"+r.Case, nil); a.status != http.StatusNotFound {
			t.Errorf("anybody sees it: %d", a.status)
		}
		guardianIsOnRecord(t, w, r.Case, session)
		w.steps(t, r.Case, "disabled accept")
	})
}

// guardianIsOnRecord: the clerk, the child and the session stand in the log.
func guardianIsOnRecord(t *testing.T, w *world, id, session string) {
	t.Helper()
	events, err := w.events.Of(t.Context(), "case:"+id)
	if err != nil || len(events) == 0 {
		t.Fatalf("%d events, %v", len(events), err)
	}
	e := events[0]
	if e.ActorKind != auth.Staff || e.OnBehalfOf != identity.DemoWardID || e.Mandate != session {
		t.Errorf("filed by %s for %q under %q", e.ActorKind, e.OnBehalfOf, e.Mandate)
	}
}
