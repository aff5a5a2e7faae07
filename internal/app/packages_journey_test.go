package app

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/tongban/tongban/internal/identity"
)

// bureau are those who handle what 区行政审批局 decides.
var bureau = []string{"clerk", "reviewer1", "reviewer2", "approver"}

// Two parents register a birth: she answers four questions, he signs, and it is
// granted at once with a certificate that anybody can verify.
func TestBirthIsRegisteredAtOnce(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		chen := w.signIn(t, "chen")
		d := chen.fill(scenario(t, "birth-registration", ""))
		chen.waitsForSigners(d.ID)
		if a := chen.try(http.MethodPut, "/drafts/"+d.ID+"/answers", map[string]any{"answers": map[string]any{"child_order": "third"}}); a.status < 400 {
			t.Errorf("changed while others sign: %d", a.status)
		}
		w.signIn(t, "huang").signs("黄磊")
		w.drain(t)
		chen = w.signIn(t, "chen")
		own := chen.licences()
		if len(own) != 1 {
			t.Fatalf("licences %s", show(own))
		}
		w.verifiesAs(t, own[0], "valid")
		everyStepByTheSystem(t, chen, own[0].Case)
		if c := chen.look(own[0].Case); c.Stage != "done" {
			t.Errorf("stage %s", c.Stage)
		}
	})
}

// One application for a restaurant is handled by four agencies at once and ends
// in one result.
func TestRestaurantIsOneApplicationToFourAgencies(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		he := w.signIn(t, "he")
		r := he.apply(scenario(t, "open-restaurant", ""))
		w.drain(t)
		parts := he.parts(r.Case)
		if len(parts) != 4 {
			t.Fatalf("parts %s", show(parts))
		}
		for _, part := range parts {
			who := map[string][]string{
				"food": {"market", "market-head"}, "health": {"health", "health-head"}, "fire": {"fire", "fire2", "fire-head"}, "sign": {"city", "city-head"},
			}[part.ID]
			if a := w.signIn(t, "civil").try(http.MethodGet, "/cases/"+part.Case, nil); a.status != http.StatusNotFound {
				t.Errorf("%s: another agency opens it: %d", part.ID, a.status)
			}
			w.decide(t, part.Case, who...)
		}
		he = w.signIn(t, "he")
		for _, part := range he.parts(r.Case) {
			if part.Outcome != "granted" {
				t.Errorf("part %s: %s", part.ID, show(part))
			}
		}
		if c := he.look(r.Case); c.Stage != "done" || c.State != "COMPLETED" {
			t.Errorf("the whole: %s", show(c))
		}
		if own := he.licences(); len(own) == 0 {
			t.Error("no licence came of it")
		}
	})
}

// An agent files what the mandate covers, for the principal, and nothing else; a
// mandate that ends stops the very next request.
func TestAgentFilesWhatTheMandateCovers(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		zhao := w.signIn(t, "zhao")
		if a := zhao.actFor(string(identity.DemoAccountID("zhou"))); a.status >= 300 {
			t.Fatalf("acts for her: %d %s", a.status, a.body)
		}
		r := zhao.apply(scenario(t, "disability-certificate", ""))
		w.drain(t)
		if c := zhao.look(r.Case); c.Applicant != "周淑芬" {
			t.Errorf("filed for %q", c.Applicant)
		}
		if c := w.signIn(t, "zhou").look(r.Case); c.ID != r.Case {
			t.Errorf("she does not see it: %+v", c)
		}
		birth := map[string]any{"service": scenario(t, "birth-registration", "").item}
		if a := zhao.try(http.MethodPost, "/drafts", birth); a.status != http.StatusForbidden && a.status != http.StatusNotFound {
			t.Errorf("files what is not in the mandate: %d %s", a.status, a.body)
		}
		w.signIn(t, "zhou").call(http.MethodPost, "/mandates/demo-mandate-zhao/end", map[string]any{}, nil)
		if a := zhao.try(http.MethodGet, "/cases/"+r.Case, nil); a.status != http.StatusNotFound && a.status != http.StatusForbidden {
			t.Errorf("the right ended, and the next request is answered: %d %.200s", a.status, a.body)
		}
	})
}

// A hygiene licence lives: it is issued, changed, renewed before it ends and
// cancelled, and anybody who verifies it is told its state each time.
func TestLicenceLives(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		first := w.newLicence(t)
		w.verifiesAs(t, first, "valid")

		lin := w.signIn(t, "lin")
		moved := scenario(t, "public-place-hygiene-change", "name and wording of the address at once, with proof of the new house number").on(first)
		moved.given.Answers["changes"] = []string{"address"} // the name stays as the business licence has it
		r := lin.apply(moved)
		w.decide(t, r.Case, bureau...)
		changed := w.signIn(t, "lin").valid()
		w.verifiesAs(t, first, "superseded")
		w.verifiesAs(t, changed, "valid")

		w.clock.add((4*365 - 60) * 24 * time.Hour) // renewal is asked for thirty days before the end
		w.drain(t)
		lin = w.signIn(t, "lin")
		r = lin.apply(scenario(t, "public-place-hygiene-renewal", "").on(changed))
		w.decide(t, r.Case, bureau...)
		w.verifiesAs(t, changed, "valid") // the new one begins when it ends
		w.clock.add(61 * 24 * time.Hour)
		w.drain(t)
		renewed := w.signIn(t, "lin").valid()
		if renewed.ID == changed.ID || renewed.Number != changed.Number {
			t.Errorf("renewed %s, before %s", show(renewed), show(changed))
		}
		w.verifiesAs(t, renewed, "valid")

		lin = w.signIn(t, "lin")
		lin.apply(scenario(t, "public-place-hygiene-cancel", "").on(renewed))
		w.drain(t)
		w.verifiesAs(t, renewed, "cancelled")
	})
}

// The appraisal stops the clock (Licensing Law art. 45): the day by which must be
// decided moves, and the page says why.
func TestAppraisalPausesTheClock(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		r := w.signIn(t, "zhou").apply(scenario(t, "disability-certificate", ""))
		w.drain(t)
		w.steps(t, r.Case, "disabled accept")
		before := w.signIn(t, "zhou").look(r.Case).Due
		disabled := w.signIn(t, "disabled")
		pause := disabled.action(r.Case, "pause")
		pause["special"], pause["days"] = "appraisal", 15
		pause["reasons"] = []string{"到市人民医院做残疾评定"}
		disabled.call(http.MethodPost, "/cases/"+r.Case+"/actions", pause, nil)
		w.drain(t)
		if c := disabled.look(r.Case); c.Stage != "paused" {
			t.Fatalf("paused: %s", show(c))
		}
		w.clock.add(14 * 24 * time.Hour)
		w.steps(t, r.Case, "disabled resume")
		zhou := w.signIn(t, "zhou")
		after := zhou.look(r.Case).Due
		if after == nil || before == nil || after.Legal <= before.Legal {
			t.Fatalf("the day did not move: %s, %s", show(before), show(after))
		}
		if page := zhou.get("/cases/" + r.Case + "/why"); !strings.Contains(page.body, "a special procedure; not counted") {
			t.Errorf("the page of the dates does not say why the clock stopped: %d", page.status)
		}
		disabled = w.signIn(t, "disabled") // a session does not last a fortnight
		review := disabled.action(r.Case, "review")
		if a := disabled.try(http.MethodPost, "/cases/"+r.Case+"/actions", review); a.status != http.StatusUnprocessableEntity || !strings.Contains(a.body, "found-grade") {
			t.Errorf("reviewed without what the appraisal found: %d %.300s", a.status, a.body)
		}
		review["found"] = map[string]any{
			"category": "physical", "grade": "second", "appraised_by": "广安市人民医院", "appraised_on": "2026-11-21",
		}
		disabled.call(http.MethodPost, "/cases/"+r.Case+"/actions", review, nil)
		w.steps(t, r.Case, "disabled-head approve")
		own := w.signIn(t, "zhou").licences()
		if len(own) != 1 {
			t.Fatalf("licences %s", show(own))
		}
		w.verifiesAs(t, own[0], "valid")
	})
}

// For the allowance the household signs, other agencies look, and only then it
// is decided.
func TestAllowanceIsCheckedAtSeveralAgencies(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		zhou := w.signIn(t, "zhou")
		d := zhou.fill(scenario(t, "subsistence-allowance", ""))
		zhou.waitsForSigners(d.ID)
		w.signIn(t, "zhao").signs("赵志远")
		w.drain(t)
		r := w.signIn(t, "zhou").only()
		w.steps(t, r.Case, "civil accept")
		var others struct{ Units []struct{ ID string } }
		civil := w.signIn(t, "civil")
		civil.call(http.MethodGet, "/cases/"+r.Case+"/parts", nil, &others)
		if len(others.Units) < 2 {
			t.Fatalf("units %s", show(others))
		}
		unheard := w.signIn(t, "civil-head")
		if a := unheard.try(http.MethodPost, "/cases/"+r.Case+"/actions", unheard.action(r.Case, "approve")); a.status < 400 {
			t.Errorf("decided before the others were heard: %d", a.status)
		}
		for _, u := range others.Units {
			who := map[string]string{"insurance": "social", "business": "market"}[u.ID]
			w.signIn(t, who).call(http.MethodPost, "/cases/"+r.Case+"/units/"+url.PathEscape(u.ID), map[string]any{"opinion": "agree", "note": "相符"}, nil)
		}
		w.drain(t)
		w.steps(t, r.Case, "civil review", "civil2 countersign")
		w.decide(t, r.Case, "civil", "civil-head")
		w.verifiesAs(t, w.signIn(t, "zhou").valid(), "valid")
	})
}
