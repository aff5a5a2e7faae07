package app

import (
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/api"
	"github.com/tongban/tongban/internal/kit/event"
)

// One application goes through the whole product: nobody but the people of the
// story touches it, and every trace that the law wants is left.
func TestFromApplicationToLicence(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		lin := w.signIn(t, "lin")
		r := submitTwiceAtOnce(t, lin, lin.prepare())
		w.drain(t)

		clerk := w.signIn(t, "clerk")
		readAsStaff(t, clerk, r.Case)
		clerk.act(r.Case, "accept")
		reviewer1 := w.signIn(t, "reviewer1")
		readAsStaff(t, reviewer1, r.Case)
		reviewer1.act(r.Case, "review")
		if a := reviewer1.try(http.MethodPost, "/cases/"+r.Case+"/actions", reviewer1.action(r.Case, "countersign")); a.status != http.StatusForbidden {
			t.Errorf("whoever reviewed countersigns: %d %s", a.status, a.body)
		}
		w.signIn(t, "reviewer2").act(r.Case, "countersign")
		w.steps(t, r.Case, "approver approve")

		lin = w.signIn(t, "lin")
		licenceHolds(t, w, lin, r)
		lin.call(http.MethodPost, "/cases/"+r.Case+"/rating", map[string]any{"satisfaction": 1, "indicators": []string{"all-online"}}, nil)
		w.drain(t)

		everyStepHasAnEvent(t, w, lin, r.Case)
		documentsAreReady(t, lin, r.Case, "delivery_receipt", "grant", "visit_record", "acceptance_notice", "receipt")
		companySeesWhoRead(t, lin, r.Case)
		noticesCame(t, lin, 4)
	})
}

// submitTwiceAtOnce is the impatient double click: one case, one receipt.
func submitTwiceAtOnce(t *testing.T, lin caller, d draftView) receiptView {
	t.Helper()
	var answers [4]answer
	var wg sync.WaitGroup
	for i := range answers {
		wg.Go(func() { answers[i] = lin.try(http.MethodPost, "/drafts/"+d.ID+"/submission", nil) })
	}
	wg.Wait()
	var first receiptView
	for i, a := range answers {
		var r receiptView
		if err := json.Unmarshal([]byte(a.body), &r); err != nil || a.status != http.StatusOK || r.Case == "" {
			t.Fatalf("submission %d: %d %s", i, a.status, a.body)
		}
		if i == 0 {
			first = r
		}
		if r != first {
			t.Errorf("submission %d gave %+v, the first %+v", i, r, first)
		}
	}
	var mine struct{ Total int }
	if lin.call(http.MethodGet, "/cases", nil, &mine); mine.Total != 1 {
		t.Errorf("%d cases, want 1", mine.Total)
	}
	return first
}

// readAsStaff opens the case and one of its materials, as whoever works it does.
func readAsStaff(t *testing.T, c caller, id string) {
	t.Helper()
	page := c.get("/staff/cases/" + id)
	if page.status != http.StatusOK {
		t.Fatalf("the page of the case: %d", page.status)
	}
	_, rest, ok := strings.Cut(page.body, "/staff/cases/"+id+"/materials/")
	if !ok {
		t.Fatal("the page leads to no material")
	}
	file := rest[:strings.IndexAny(rest, `"?#`)]
	if a := c.get("/staff/cases/" + id + "/materials/" + file); a.status != http.StatusOK || a.body == "" {
		t.Errorf("material: %d", a.status)
	}
}

// licenceHolds downloads the licence and has strangers verify it.
func licenceHolds(t *testing.T, w *world, lin caller, r receiptView) {
	t.Helper()
	var list struct{ Licences []licenceView }
	lin.call(http.MethodGet, "/licences", nil, &list)
	if len(list.Licences) != 1 || list.Licences[0].Case != r.Case || list.Licences[0].State != "valid" {
		t.Fatalf("licences %+v", list.Licences)
	}
	l := list.Licences[0]
	pdf := lin.get(api.Prefix + "/licences/" + l.ID + "/pdf")
	if pdf.header.Get("Content-Type") != "application/pdf" || !strings.HasPrefix(pdf.body, "%PDF-") || !strings.Contains(pdf.body, "ETSI.CAdES.detached") {
		t.Errorf("not a signed PDF: %d %.20q", pdf.status, pdf.body)
	}
	var v struct {
		Good      bool
		State     string
		Signature struct{ Intact, Trusted bool }
	}
	w.nobody(t).call(http.MethodGet, "/verifications/"+l.Identifier+"?number="+url.QueryEscape(l.Number), nil, &v)
	if !v.Good || v.State != "valid" || !v.Signature.Intact || !v.Signature.Trusted {
		t.Errorf("verification %+v", v)
	}
	if page := w.nobody(t).get("/verify/" + l.Identifier); page.status != http.StatusOK {
		t.Errorf("page of the verification: %d", page.status)
	}
	var p struct{ Stage string }
	w.nobody(t).call(http.MethodGet, "/progress?number="+r.Number+"&code="+r.QueryCode, nil, &p)
	if p.Stage != "done" {
		t.Errorf("progress says %q", p.Stage)
	}
}

// everyStepHasAnEvent compares the process record with the event log.
func everyStepHasAnEvent(t *testing.T, w *world, c caller, id string) {
	t.Helper()
	var timeline struct {
		Steps []struct{ Action, From, To string }
	}
	c.call(http.MethodGet, "/cases/"+id+"/timeline", nil, &timeline)
	events, err := w.events.Of(t.Context(), "case:"+id)
	if err != nil {
		t.Fatal(err)
	}
	var moves []contract.CaseMoved
	names := map[string]int{}
	for _, e := range events {
		names[e.Name]++
		if e.Name != (contract.CaseMoved{}).EventName() {
			continue
		}
		var m contract.CaseMoved
		if err := json.Unmarshal(e.Body, &m); err != nil {
			t.Fatal(err)
		}
		moves = append(moves, m)
	}
	var told, recorded []string
	for _, s := range timeline.Steps {
		told = append(told, s.From+" "+s.Action+" "+s.To)
	}
	for i, m := range moves {
		recorded = append(recorded, m.From+" "+m.Action+" "+m.To)
		if i > 0 && m.From != moves[i-1].To {
			t.Errorf("%s follows on %s", m.From, moves[i-1].To)
		}
	}
	if !slices.Equal(told, recorded) {
		t.Errorf("steps  %q\nevents %q", told, recorded)
	}
	for _, name := range []string{contract.PersonalDataRead{}.EventName(), contract.CaseRated{}.EventName()} {
		if names[name] == 0 {
			t.Errorf("no event %s; there are %v", name, names)
		}
	}
}

// documentsAreReady: the latest document comes first.
func documentsAreReady(t *testing.T, c caller, id string, kinds ...string) {
	t.Helper()
	var list struct {
		Documents []struct{ ID, Kind string }
	}
	c.call(http.MethodGet, "/cases/"+id+"/documents", nil, &list)
	var got []string
	for _, d := range list.Documents {
		kind, _, _ := strings.Cut(d.Kind, ":") // of which visit
		got = append(got, kind)
		if a := c.get(api.Prefix + "/cases/" + id + "/documents/" + d.ID); !strings.HasPrefix(a.body, "%PDF-") {
			t.Errorf("%s: %d %.20q", d.Kind, a.status, a.body)
		}
	}
	if !slices.Equal(got, kinds) {
		t.Errorf("documents %q, want %q", got, kinds)
	}
}

// companySeesWhoRead: each read by staff stands in the company's own list, with
// the purpose, and no read by staff is missing.
func companySeesWhoRead(t *testing.T, c caller, id string) {
	t.Helper()
	var uses []useView
	c.call(http.MethodGet, "/me/data-uses", nil, &uses)
	staff := 0
	for _, u := range uses {
		if u.Kind == "staff" && u.Case == id && u.Purpose != "" && len(u.What) > 0 {
			staff++
		}
	}
	if staff < 4 { // two officials, each the answers and a material
		t.Errorf("%d reads by staff in %+v", staff, uses)
	}
}

func noticesCame(t *testing.T, c caller, atLeast int) {
	t.Helper()
	var list struct{ Notices []noticeView }
	c.call(http.MethodGet, "/notices", nil, &list)
	if len(list.Notices) < atLeast {
		t.Errorf("notices %+v", list.Notices)
	}
	for _, n := range list.Notices {
		if n.Title == "" {
			t.Errorf("a notice without words: %+v", n)
		}
	}
}

// A filing that is complete is done at once, without an official.
func TestFilingIsDoneAtOnce(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		lin := w.signIn(t, "lin")
		r := lin.submit(lin.begin(filingItem, map[string]any{
			"loose": false, "cold": true, "modes": []string{"retail"}, "warehouse": false, "declared": true,
		}))
		w.drain(t)
		var c struct{ Stage, Decided string }
		lin.call(http.MethodGet, "/cases/"+r.Case, nil, &c)
		if c.Stage != "done" || c.Decided == "" {
			t.Errorf("%+v", c)
		}
		everyStepByTheSystem(t, lin, r.Case)
		noticesCame(t, lin, 1)
	})
}

func everyStepByTheSystem(t *testing.T, c caller, id string) {
	t.Helper()
	var timeline struct {
		Steps []struct{ Action, By string }
	}
	c.call(http.MethodGet, "/cases/"+id+"/timeline", nil, &timeline)
	for i, s := range timeline.Steps {
		if i > 0 && s.By != "system" {
			t.Errorf("%s was done by %s", s.Action, s.By)
		}
	}
}

// Five working days of silence are acceptance, from the day the papers came
// (Licensing Law art. 32(4)); supervision hears of it, and so does the applicant.
func TestSilenceIsAcceptance(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		lin := w.signIn(t, "lin")
		r := lin.submit(lin.prepare())
		w.drain(t)
		var c caseView
		for days := range 9 { // six working days and a weekend
			if c.Deemed {
				t.Fatalf("deemed accepted after %d days", days-1)
			}
			w.drain(t)
			lin = w.signIn(t, "lin")
			lin.call(http.MethodGet, "/cases/"+r.Case, nil, &c)
			if days < 8 {
				w.clock.add(24 * time.Hour)
			}
		}
		if !c.Deemed || !strings.HasPrefix(c.Accepted, "2026-11-16") {
			t.Errorf("deemed %v, accepted %s, want the day the papers came", c.Deemed, c.Accepted)
		}
		documentsAreReady(t, lin, r.Case, "acceptance_notice", "receipt")
		noticesCame(t, lin, 2)
		supervised(t, w, r)
	})
}

func supervised(t *testing.T, w *world, r receiptView) {
	t.Helper()
	events, err := w.events.Of(t.Context(), "case:"+r.Case)
	if err != nil {
		t.Fatal(err)
	}
	raised := slices.ContainsFunc(events, func(e event.Recorded) bool {
		return e.Name == contract.SupervisionRaised{}.EventName() && strings.Contains(string(e.Body), `"rule":"deemed"`)
	})
	if !raised {
		t.Error("no record of supervision")
	}
	page := w.signIn(t, "supervisor").get("/staff/supervision")
	if page.status != http.StatusOK || !strings.Contains(page.body, "/staff/cases/"+r.Case) || !strings.Contains(page.body, "deemed accepted") {
		t.Errorf("the supervisor's page: %d, without the case", page.status)
	}
}
