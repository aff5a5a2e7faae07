package form_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/form"
	"github.com/tongban/tongban/internal/form/formtest"
)

// player does what people do to one application, in any order, and remembers
// what was acknowledged.
type player struct {
	t      *testing.T
	w      *formtest.World
	rng    *rand.Rand
	id     contract.DraftID
	fields []contract.Field
	tabs   [2]int64 // revision that each tab shows
	// acknowledged
	answers map[string]form.Parsed
	files   map[string]map[string]bool // by material: names of the files
	ways    map[string]string
	words   map[string]string // of statements
	signing bool
	done    bool
}

var choices = map[string][]any{
	"child": {"黄小满", "黄小曼", nil}, "weight": {3200, 3300, nil}, "married": {true, false}, "phone": {"13700137000"},
	"spouse_name": {"黄磊"}, "spouse_number": {formtest.HuangNumber}, "declared": {true, false},
}

func (p *player) change(rev int64) form.Change {
	ch := form.Change{Rev: rev, Fields: map[string]form.Parsed{}}
	for range 1 + p.rng.IntN(3) {
		f := p.fields[p.rng.IntN(len(p.fields))]
		list := choices[f.ID]
		if len(list) == 0 {
			continue
		}
		if p.rng.IntN(6) == 0 && f.ID != "spouse_name" { // rubbish is kept too
			ch.Fields[f.ID] = form.Parse(f, func(string) []string { return []string{fmt.Sprint("?", p.rng.IntN(9))} })
			continue
		}
		raw, err := json.Marshal(list[p.rng.IntN(len(list))])
		if err != nil {
			p.t.Fatal(err)
		}
		ch.Fields[f.ID] = form.ParseJSON(f, raw)
	}
	return ch
}

// save saves from one of two tabs, or overwrites. A conflict is no acknowledgement.
func (p *player) save() {
	tab := p.rng.IntN(3)
	rev := int64(0)
	if tab < 2 {
		rev = p.tabs[tab]
	}
	ch := p.change(rev)
	d, err := p.w.Save(p.t.Context(), formtest.Chen, p.id, ch)
	switch {
	case errors.Is(err, form.ErrConflict):
		p.look(tab % 2)
		return
	case p.refused(err):
		return
	}
	maps.Copy(p.answers, ch.Fields)
	if tab < 2 {
		p.tabs[tab] = d.Rev
	}
}

// refused reports whether the application was frozen or sent, as it must be then.
func (p *player) refused(err error) bool {
	p.t.Helper()
	if want := p.closed(); want != nil {
		if !errors.Is(err, want) {
			p.t.Fatalf("%v, want %v", err, want)
		}
		return true
	}
	if err != nil {
		p.t.Fatal(err)
	}
	return false
}

func (p *player) closed() error {
	switch {
	case p.done:
		return form.ErrSubmitted
	case p.signing:
		return form.ErrSigning
	}
	return nil
}

// look resumes, and compares everything that was acknowledged.
func (p *player) look(tab int) {
	d, err := p.w.Draft(p.t.Context(), formtest.Chen, p.id)
	if err != nil {
		p.t.Fatal(err)
	}
	p.tabs[tab] = d.Rev
	if p.done {
		return
	}
	for name, x := range p.answers {
		if !reflect.DeepEqual(d.Answers[name], x.Value) || !slices.Equal(d.Typed[name], x.Typed) {
			p.t.Fatalf("%s is %#v %q, was given %#v %q", name, d.Answers[name], d.Typed[name], x.Value, x.Typed)
		}
	}
	have := map[string]map[string]bool{}
	for _, m := range d.Files {
		if m.Origin == contract.MaterialUpload {
			if have[m.ID] == nil {
				have[m.ID] = map[string]bool{}
			}
			have[m.ID][m.Name] = true
		}
	}
	for material, files := range p.files {
		if len(files) > 0 && !reflect.DeepEqual(have[material], files) {
			p.t.Fatalf("files of %s are %v, were %v", material, have[material], files)
		}
	}
	for material, way := range p.ways {
		if d.Ways[material] != way {
			p.t.Fatalf("%s comes by %q, was %q", material, d.Ways[material], way)
		}
	}
}

// asked reports whether a material may be touched as the application stands.
func (p *player) asked(material string) bool {
	d, err := p.w.Draft(p.t.Context(), formtest.Chen, p.id)
	if err != nil {
		p.t.Fatal(err)
	}
	m, ok := d.Result.Material(material)
	return ok && m.Asked
}

func (p *player) attach() {
	material := []string{"proof", "photo", "marriage"}[p.rng.IntN(3)]
	if p.closed() == nil && !p.asked(material) {
		return
	}
	name := fmt.Sprintf("%s-%d", material, p.rng.IntN(2))
	m, err := p.w.Attach(p.t.Context(), formtest.Chen, p.id, material, pdf(name))
	if p.refused(err) {
		return
	}
	if p.files[material] == nil {
		p.files[material] = map[string]bool{}
	}
	p.files[material][m.Name] = true
}

func (p *player) detach() {
	d, err := p.w.Draft(p.t.Context(), formtest.Chen, p.id)
	if err != nil {
		p.t.Fatal(err)
	}
	for _, m := range d.Files {
		if m.Origin != contract.MaterialUpload || m.Signer != "" {
			continue
		}
		if !p.refused(p.w.Detach(p.t.Context(), formtest.Chen, p.id, m.File)) {
			delete(p.files[m.ID], m.Name)
		}
		return
	}
}

func (p *player) way() {
	way := []string{"upload", "statement", "counter"}[p.rng.IntN(3)]
	if p.closed() == nil && !p.asked("proof") {
		return
	}
	words := fmt.Sprint("我说明", p.rng.IntN(3))
	_, err := p.w.ChooseWay(p.t.Context(), formtest.Chen, p.id, "proof", way, form.WayArgs{Text: words})
	if p.refused(err) {
		return
	}
	p.ways["proof"] = way
	if way == "statement" {
		p.words["proof"] = words
	}
}

// send presses the button. Only what is complete goes.
func (p *player) send() {
	r, err := p.w.Submit(p.t.Context(), formtest.Chen, p.id, form.Change{})
	switch {
	case err == nil && r.Case != "":
		p.done, p.signing = true, false
	case err == nil:
		p.signing = true
	case !errors.Is(err, form.ErrIncomplete) && !errors.Is(err, form.ErrIneligible):
		p.t.Fatal(err)
	}
}

func (p *player) sign() {
	x, err := p.w.Sign(p.t.Context(), formtest.Huang, p.id, "spouse", keyed)
	switch {
	case errors.Is(err, form.ErrNoSigner) && !p.signing, p.done && err == nil:
	case p.signing && err == nil && x.Last:
		p.done, p.signing = true, false
	default:
		p.t.Fatalf("signing %v, done %v: %+v %v", p.signing, p.done, x, err)
	}
}

func (p *player) recall() {
	err := p.w.Recall(p.t.Context(), formtest.Chen, p.id)
	if p.done {
		if !errors.Is(err, form.ErrSubmitted) {
			p.t.Fatal(err)
		}
		return
	}
	if err != nil {
		p.t.Fatal(err)
	}
	p.signing = false
}

func (p *player) step() {
	switch n := p.rng.IntN(20); {
	case n < 9:
		p.save()
	case n < 11:
		p.look(p.rng.IntN(2))
	case n < 13:
		p.attach()
	case n < 14:
		p.detach()
	case n < 16:
		p.way()
	case n < 17:
		p.send()
	case n < 18:
		p.recall()
	case n < 19:
		p.sign()
	default:
		p.look(0)
	}
}

// finish answers what is still missing, with the same words for everybody.
func (p *player) finish() {
	if p.done {
		return
	}
	p.recall()
	ch := form.Change{Fields: map[string]form.Parsed{}}
	for _, f := range p.fields {
		if f.ID == "weight" || f.ID == "spouse_phone" || f.ID == "spouse_word" {
			continue
		}
		if x, ok := p.answers[f.ID]; f.ID != "declared" && ok && x.Value != nil && x.Fault == nil {
			continue
		}
		raw, err := json.Marshal(family()[f.ID])
		if err != nil {
			p.t.Fatal(err)
		}
		ch.Fields[f.ID] = form.ParseJSON(f, raw)
	}
	if p.answers["weight"].Value == nil {
		ch.Fields["weight"] = form.Parsed{}
	}
	if _, err := p.w.Save(p.t.Context(), formtest.Chen, p.id, ch); err != nil {
		p.t.Fatal(err)
	}
	maps.Copy(p.answers, ch.Fields)
	for _, material := range []string{"proof", "marriage"} {
		if d, _ := p.w.Draft(p.t.Context(), formtest.Chen, p.id); !missingPaper(d, material) {
			continue
		}
		if _, err := p.w.Attach(p.t.Context(), formtest.Chen, p.id, material, pdf(material+"-0")); err != nil {
			p.t.Fatal(err)
		}
		if p.files[material] == nil {
			p.files[material] = map[string]bool{}
		}
		p.files[material][material+"-0.pdf"] = true
	}
	p.look(0)
	p.send()
	if p.signing {
		p.sign()
	}
	if !p.done {
		d, _ := p.w.Draft(p.t.Context(), formtest.Chen, p.id)
		p.t.Fatalf("not sent: %v", d.Result.Faults())
	}
}

func missingPaper(d form.Draft, material string) bool {
	m, ok := d.Result.Material(material)
	return ok && m.Fault != nil
}

// atOnce writes the same application in one go.
func (p *player) atOnce() contract.Submission {
	ctx := p.t.Context()
	id, err := p.w.Start(ctx, formtest.Chen, p.w.Birth)
	if err != nil {
		p.t.Fatal(err)
	}
	d, err := p.w.Save(ctx, formtest.Chen, id, form.Change{Fields: p.answers})
	if err != nil {
		p.t.Fatal(err)
	}
	for _, material := range slices.Sorted(maps.Keys(p.files)) {
		if m, ok := d.Result.Material(material); !ok || !m.Asked {
			continue
		}
		for _, name := range slices.Sorted(maps.Keys(p.files[material])) {
			if _, err := p.w.Attach(ctx, formtest.Chen, id, material, pdf(name[:len(name)-len(".pdf")])); err != nil {
				p.t.Fatal(err)
			}
		}
	}
	for material, way := range p.ways {
		if _, err := p.w.ChooseWay(ctx, formtest.Chen, id, material, way, form.WayArgs{Text: p.words[material]}); err != nil {
			p.t.Fatal(err)
		}
	}
	r, err := p.w.Submit(ctx, formtest.Chen, id, form.Change{})
	if err == nil && r.Case == "" {
		_, err = p.w.Sign(ctx, formtest.Huang, id, "spouse", keyed)
	}
	if err != nil {
		p.t.Fatal(err)
	}
	return p.w.Cases.Submitted[len(p.w.Cases.Submitted)-1]
}

// plain leaves out of a submission what differs between two of the same.
func plain(s contract.Submission) string {
	papers := make([]string, 0, len(s.Materials))
	for _, m := range s.Materials {
		papers = append(papers, fmt.Sprintf("%s %s %s %s %s %s", m.ID, m.Origin, m.Name, m.Blob, m.Text, m.Level))
	}
	slices.Sort(papers)
	out, err := json.Marshal(map[string]any{
		"answers": s.Answers, "materials": papers, "instant": s.Instant, "applicant": s.Applicant, "operator": s.Operator,
		"signers": len(s.Signatures), "unchecked": s.Unchecked, "disputes": s.Disputes,
	})
	if err != nil {
		return err.Error()
	}
	return string(out)
}

// Whatever people do and in which order, what was acknowledged is not lost, and
// the same application is sent as if it had been written at once.
func TestAnyOrderEndsInTheSameApplication(t *testing.T) {
	t.Parallel()
	formtest.Each(t, func(t *testing.T, w *formtest.World) {
		for seed := range uint64(8) {
			p := &player{
				t: t, w: w, rng: rand.New(rand.NewPCG(seed, 5)), fields: shippedFields(w.Catalog[w.Birth]),
				answers: map[string]form.Parsed{}, files: map[string]map[string]bool{}, ways: map[string]string{}, words: map[string]string{},
			}
			var err error
			if p.id, err = w.Start(t.Context(), formtest.Chen, w.Birth); err != nil {
				t.Fatal(err)
			}
			for range 60 {
				p.step()
			}
			p.finish()
			before := w.Count(t)
			p.send() // the second click
			if w.Count(t) != before {
				t.Fatalf("seed %d: two cases", seed)
			}
			i := slices.IndexFunc(w.Cases.Submitted, func(s contract.Submission) bool { return s.Key == string(p.id) })
			got, want := plain(w.Cases.Submitted[i]), plain(p.atOnce())
			if got != want {
				t.Fatalf("seed %d:\n%s\nwant\n%s", seed, got, want)
			}
		}
	})
}
