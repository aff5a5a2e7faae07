package app

import (
	"encoding/json"
	"io/fs"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/form"
	"github.com/tongban/tongban/internal/form/formtest"
	"github.com/tongban/tongban/internal/kit/api"
	"github.com/tongban/tongban/services"
)

// askedView is a draft as far as these tests look: what it asks for still.
type askedView struct {
	ID         string
	State      string
	Complete   bool
	Ineligible []contract.Text
	Pages      []struct {
		Fields []struct {
			ID, Kind, Fault string
			Value           any
			Source          *contract.Text
		}
	}
	Materials []struct {
		ID, Fault string
		Asked     bool
		Types     []string
	}
	Consents []struct{ Registry string }
	Signers  []struct{ ID, Name, State string }
	Parts    []string
}

// missing lists what a draft lacks, for a failure that says why.
func (d askedView) missing() string {
	var list []string
	for _, p := range d.Pages {
		for _, f := range p.Fields {
			if f.Fault != "" {
				list = append(list, f.ID+": "+f.Fault)
			}
		}
	}
	for _, m := range d.Materials {
		if m.Fault != "" {
			list = append(list, "material "+m.ID+": "+m.Fault)
		}
	}
	return strings.Join(list, ", ")
}

// packaged is a shipped package with the situation of its first scenario.
type packaged struct {
	item  string
	given form.Given
}

// scenario reads the named scenario of a package, or the first.
func scenario(t *testing.T, name, title string) packaged {
	t.Helper()
	files, err := fs.Glob(services.Files, name+"/scenarios/*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatalf("package %s: %d scenario files, %v", name, len(files), err)
	}
	text, err := fs.ReadFile(services.Files, name+"/service.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var p packaged
	for line := range strings.Lines(string(text)) {
		if item, ok := strings.CutPrefix(line, "item: "); ok {
			p.item = strings.TrimSpace(item)
		}
	}
	for _, file := range files {
		text, err := fs.ReadFile(services.Files, file)
		if err != nil {
			t.Fatal(err)
		}
		list, err := form.ParseScenarios(text)
		if err != nil {
			t.Fatal(err)
		}
		i := slices.IndexFunc(list, func(s form.Scenario) bool { return title == "" || s.Name == title })
		if i >= 0 {
			p.given = list[i].Given
			return p
		}
	}
	t.Fatalf("package %s has no scenario %q", name, title)
	return p
}

// fill begins a draft of a package and answers as its scenario does; what the
// registers of the demonstration hold is not said again.
func (c caller) fill(p packaged) askedView {
	c.t.Helper()
	var d askedView
	c.call(http.MethodPost, "/drafts", map[string]any{"service": p.item}, &d)
	path := "/drafts/" + d.ID
	if len(d.Consents) > 0 {
		var names []string
		for _, x := range d.Consents {
			names = append(names, x.Registry)
		}
		c.call(http.MethodPut, path+"/consent", map[string]any{"registries": names}, &d)
	}
	c.call(http.MethodPut, path+"/answers", map[string]any{"answers": p.given.Answers}, &d)
	if p.given.Committed {
		c.call(http.MethodPut, path+"/commitment", map[string]any{"commit": true}, &d)
	}
	for material, way := range p.given.Ways {
		c.call(http.MethodPut, path+"/materials/"+material+"/way", map[string]any{"way": way}, &d)
	}
	for _, m := range d.Materials {
		if m.Asked && m.Fault != "" {
			c.attach(path+"/materials/"+m.ID, m.Types)
		}
	}
	d = askedView{}
	c.call(http.MethodGet, path, nil, &d)
	if !d.Complete {
		c.t.Fatalf("%s is not complete: %s %s", p.item, d.missing(), show(d.Ineligible))
	}
	return d
}

// attach hands in a small file of a type that is taken.
func (c caller) attach(path string, types []string) {
	c.t.Helper()
	name, kind, body := "paper.pdf", "application/pdf", formtest.PDF(path)
	if !slices.Contains(types, "pdf") {
		name, kind, body = "photo.png", "image/png", string(formtest.PNG(358, 441))
	}
	if a := c.send(http.MethodPost, api.Prefix+path+"?name="+name, body, "Content-Type", kind); a.status != http.StatusCreated {
		c.t.Fatalf("attach %s: %d %s", path, a.status, a.body)
	}
}

// apply fills in a package as its scenario does and sends it.
func (c caller) apply(p packaged) receiptView {
	c.t.Helper()
	var r receiptView
	c.call(http.MethodPost, "/drafts/"+c.fill(p).ID+"/submission", nil, &r)
	return r
}

// actFor changes for whom the caller's session acts.
func (c caller) actFor(party string) answer {
	c.t.Helper()
	return c.try(http.MethodPost, "/session/party", map[string]any{"party": party})
}

// signs signs whatever waits for the caller's signature; the last one's receipt
// comes back.
func (c caller) signs(name string) receiptView {
	c.t.Helper()
	var list struct {
		Signatures []struct{ Draft, Signer, State string }
	}
	c.call(http.MethodGet, "/signatures", nil, &list)
	var r receiptView
	for _, x := range list.Signatures {
		if x.State != "waiting" {
			continue
		}
		path := "/signatures/" + x.Draft + "/" + url.PathEscape(x.Signer)
		c.call(http.MethodGet, path, nil, nil)
		c.call(http.MethodPost, path, map[string]any{"method": "keyed", "mark": name}, &r)
	}
	return r
}

// waitsForSigners sends a draft that others must sign first.
func (c caller) waitsForSigners(draft string) {
	c.t.Helper()
	var sent struct{ State, Case string }
	c.call(http.MethodPost, "/drafts/"+draft+"/submission", nil, &sent)
	if sent.State != "signing" || sent.Case != "" {
		c.t.Fatalf("sent: %+v", sent)
	}
}

// seenCase is a case as far as these tests look.
type seenCase struct {
	ID, Number, Applicant, State, Stage, Decided, Licence string
	Due                                                   *struct{ Clock, Promised, Legal string }
	Actions                                               []struct{ Action string }
}

func (c caller) look(id string) seenCase {
	c.t.Helper()
	var v seenCase
	c.call(http.MethodGet, "/cases/"+id, nil, &v)
	return v
}

// only is the caller's one case.
func (c caller) only() receiptView {
	c.t.Helper()
	var list struct {
		Cases []struct{ ID, Number string }
	}
	c.call(http.MethodGet, "/cases", nil, &list)
	if len(list.Cases) != 1 {
		c.t.Fatalf("%d cases, want one", len(list.Cases))
	}
	return receiptView{Case: list.Cases[0].ID, Number: list.Cases[0].Number}
}

// partView is one part of a bundle.
type partView struct{ ID, Case, Stage, Outcome string }

func (c caller) parts(id string) []partView {
	c.t.Helper()
	var v struct{ Parts []partView }
	c.call(http.MethodGet, "/cases/"+id+"/parts", nil, &v)
	return v.Parts
}

// decide takes a case to its decision by whatever steps its procedure offers to
// those people.
func (w *world) decide(t *testing.T, id string, people ...string) {
	t.Helper()
	for range 8 {
		if c := w.signIn(t, people[0]).look(id); c.Decided != "" || !w.next(t, id, people) {
			break
		}
	}
	if c := w.signIn(t, people[0]).look(id); c.Decided == "" {
		t.Fatalf("not decided: %s", show(c))
	}
}

// next takes the step that leads on, by whoever may take it.
func (w *world) next(t *testing.T, id string, people []string) bool {
	t.Helper()
	for _, person := range people {
		c := w.signIn(t, person)
		for _, x := range c.look(id).Actions {
			if slices.Contains([]string{"accept", "review", "countersign", "approve"}, x.Action) {
				if x.Action == "approve" {
					w.visitFirst(t, id, person, people[max(0, len(people)-3)], people[max(0, len(people)-2)])
				}
				w.signIn(t, person).act(id, x.Action)
				w.drain(t)
				return true
			}
		}
	}
	return false
}

// newLicence is a hygiene licence of the hairdresser.
func (w *world) newLicence(t *testing.T) licenceView {
	t.Helper()
	lin := w.signIn(t, "lin")
	r := lin.submit(lin.prepare())
	w.drain(t)
	w.grant(t, r.Case)
	return w.signIn(t, "lin").valid()
}

// valid is the one licence of the caller that is valid.
func (c caller) valid() licenceView {
	c.t.Helper()
	var found []licenceView
	for _, l := range c.licences() {
		if l.State == "valid" {
			found = append(found, l)
		}
	}
	if len(found) != 1 {
		c.t.Fatalf("valid licences: %s", show(c.licences()))
	}
	return found[0]
}

// on is the situation with another licence that came before.
func (p packaged) on(l licenceView) packaged {
	p.given.Answers = maps.Clone(p.given.Answers)
	p.given.Answers["prior"] = l.ID
	return p
}

// steps takes a case through steps of officials, "who action" each.
func (w *world) steps(t *testing.T, id string, steps ...string) {
	t.Helper()
	for _, step := range steps {
		who, action, _ := strings.Cut(step, " ")
		if action == "approve" {
			w.visitFirst(t, id, who, "reviewer1", "reviewer2")
		}
		w.signIn(t, who).act(id, action)
		w.drain(t)
	}
}

// verifiesAs compares what a stranger is told of a licence.
func (w *world) verifiesAs(t *testing.T, l licenceView, state string) {
	t.Helper()
	var v struct {
		Good  bool
		State string
	}
	w.nobody(t).call(http.MethodGet, "/verifications/"+l.Identifier+"?number="+url.QueryEscape(l.Number), nil, &v)
	if v.State != state || v.Good != (state == "valid") {
		t.Errorf("%s verifies as %q, good %v, want %s", l.Number, v.State, v.Good, state)
	}
}

// licences are those of whom the caller acts for, newest first.
func (c caller) licences() []licenceView {
	c.t.Helper()
	var list struct{ Licences []licenceView }
	c.call(http.MethodGet, "/licences", nil, &list)
	return list.Licences
}

// show is any answer of the API as text, for failures.
func show(v any) string {
	text, _ := json.Marshal(v)
	return string(text)
}
