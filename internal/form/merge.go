package form

import (
	"fmt"
	"slices"
	"strings"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/rule"
)

// Merge makes one form of a bundle and its parts (一件事一次办): each datum and each
// material is asked once, and every part gets what it needs back by Split.
//
// The bundle's own pages come first; then each part has a section of its own,
// shown when the part applies. What stands for the same datum is told by
// Element, or else by the Held key; materials by Element, licence types or Held
// key. What the bundle answers for a part (Part.Answers), or what another part
// produces (Part.From), is not asked. Settings keep their ids, or get the part's
// before them where two parts use one id. parts are the services of
// bundle.Parts, in any order.
//
// The problems are things that the author of the bundle must mend, mostly by
// asking a shared datum on a page of the bundle.
func Merge(bundle contract.Service, parts []contract.Service) (contract.Service, []Problem) {
	m := newMerger(bundle)
	for i := range m.out.Parts {
		part := &m.out.Parts[i]
		j := slices.IndexFunc(parts, func(s contract.Service) bool { return s.Item == part.Item })
		if j < 0 {
			m.add("part "+part.ID, "no package of item %s", part.Item)
			continue
		}
		m.part(part, parts[j])
	}
	m.require()
	m.tellSettings()
	filled, err := m.out.Filled() // texts of the bundle may name settings of its parts
	if err != nil {
		m.add("settings", "%v", err)
	}
	return filled, m.problems
}

type merger struct {
	out      contract.Service
	engine   *rule.Engine
	problems []Problem
	ids      map[string]bool   // of fields
	papers   map[string]bool   // ids of materials
	pages    map[string]bool   // ids of pages
	data     map[string]string // by datum: the id of the field that asks it
	proofs   map[string]string // by kind of proof: the id of the material
	settings map[string]bool   // ids of settings
	owners   []contract.Text   // by setting of out: the part's name, none of the bundle's own
}

func newMerger(bundle contract.Service) *merger {
	m := &merger{
		out: bundle, engine: rule.MustNew(), ids: map[string]bool{}, papers: map[string]bool{}, pages: map[string]bool{},
		data: map[string]string{}, proofs: map[string]string{}, settings: map[string]bool{},
		owners: make([]contract.Text, len(bundle.Settings)),
	}
	for _, s := range bundle.Settings {
		m.settings[s.ID] = true
	}
	// What is changed below must not change the bundle that was given.
	m.out.Form.Sections = slices.Clone(bundle.Form.Sections)
	m.out.Form.Pages = slices.Clone(bundle.Form.Pages)
	m.out.Parts = slices.Clone(bundle.Parts)
	m.out.Materials = slices.Clone(bundle.Materials)
	m.out.Signers = slices.Clone(bundle.Signers)
	m.out.Rules.Eligible = slices.Clone(bundle.Rules.Eligible)
	m.out.Settings = slices.Clone(bundle.Settings)
	for i := range m.out.Form.Pages {
		p := &m.out.Form.Pages[i]
		p.Fields = slices.Clone(p.Fields)
		m.pages[p.ID] = true
		for _, f := range p.Fields {
			m.register(f, f.ID, p.Signer)
		}
	}
	for _, x := range m.out.Materials {
		m.papers[x.ID] = true
		for _, key := range proofKeys(x) {
			m.proofs[key] = x.ID
		}
	}
	return m
}

func (m *merger) add(where, what string, args ...any) {
	m.problems = append(m.problems, Problem{where, fmt.Sprintf(what, args...)})
}

// register keeps the id of a field, and which datum it asks. What a signer says
// of themselves is another datum.
func (m *merger) register(f contract.Field, id, signer string) {
	m.ids[id] = true
	if signer != "" {
		return
	}
	for _, key := range datumKeys(f) {
		if _, first := m.data[key]; !first {
			m.data[key] = id
		}
	}
}

func datumKeys(f contract.Field) []string {
	var keys []string
	if f.Element != "" {
		keys = append(keys, "element "+f.Element)
	}
	if f.Held != "" && !strings.HasPrefix(f.Held, chosenPrefix) {
		keys = append(keys, "held "+f.Held)
	}
	return keys
}

// part adds one part: first it decides under which ids its fields and materials
// go, then it writes its pages and rules with them.
func (m *merger) part(part *contract.Part, svc contract.Service) {
	part.Version, part.Name, part.Agency = svc.Version, svc.Name, svc.Agency
	part.Fields, part.Materials, part.Signers = map[string]string{}, map[string]string{}, map[string]string{}
	j := &joining{
		merger: m, part: part, svc: svc, hosts: map[string]bool{}, settingIDs: map[string]string{}, known: map[string]knownField{},
	}
	j.joinSettings()
	j.fix()
	for _, p := range svc.Form.Pages {
		for _, f := range p.Fields {
			if _, known := j.known[f.ID]; !known {
				j.name(f, p.Signer)
			}
		}
	}
	j.materials()
	j.signerSpecs()
	j.writePages()
	j.eligible()
	j.commitment()
}

// joining is the work on one part.
type joining struct {
	*merger
	part  *contract.Part
	svc   contract.Service
	hosts map[string]bool // fields of the part that are asked elsewhere
	// settingIDs are the ids of the part's settings in the merged form; known are
	// its fields that are not asked, because what the bundle fixes settles them.
	settingIDs map[string]string
	known      map[string]knownField
}

// name decides under which id a field of the part is asked.
func (j *joining) name(f contract.Field, signer string) {
	id := ""
	if signer == "" {
		id = j.host(f)
	}
	if id != "" {
		j.hosts[f.ID] = true
	} else {
		id = unique(j.ids, f.ID, j.part.ID, "_")
		j.register(f, id, signer)
	}
	j.part.Fields[f.ID] = id
	for _, column := range f.Fields {
		j.part.Fields[f.ID+"."+column.ID] = id + "." + column.ID
	}
}

// host finds the field that asks the same datum already.
func (j *joining) host(f contract.Field) string {
	for _, key := range datumKeys(f) {
		id, ok := j.data[key]
		if !ok || j.taken(id) {
			continue
		}
		p, at := j.place(id)
		if p == nil {
			continue // of this part itself
		}
		if why := differ(p.Fields[at], f); why != "" {
			j.add("part "+j.part.ID, "field %s and field %s ask for the same (%s), but %s", f.ID, id, key, why)
			continue
		}
		return id
	}
	return ""
}

// taken reports whether another field of the part is asked under the id: two
// fields of one form are two data, whatever their keys say.
func (j *joining) taken(id string) bool {
	for _, to := range j.part.Fields {
		if to == id {
			return true
		}
	}
	return false
}

// differ says why two fields cannot be one.
func differ(x, y contract.Field) string {
	if x.Kind != y.Kind {
		return fmt.Sprintf("one is %s, the other %s", x.Kind, y.Kind)
	}
	ids := func(f contract.Field) []string {
		var list []string
		for _, o := range f.Options {
			list = append(list, o.ID)
		}
		slices.Sort(list)
		return list
	}
	if !slices.Equal(ids(x), ids(y)) {
		return "their options differ"
	}
	for _, a := range x.Fields {
		for _, b := range y.Fields {
			if a.ID == b.ID && a.Kind != b.Kind {
				return fmt.Sprintf("the column %s is %s in one and %s in the other", a.ID, a.Kind, b.Kind)
			}
		}
	}
	return ""
}

// place finds a field of the merged form.
func (m *merger) place(id string) (*contract.Page, int) {
	for i := range m.out.Form.Pages {
		p := &m.out.Form.Pages[i]
		if at := slices.IndexFunc(p.Fields, func(f contract.Field) bool { return f.ID == id }); at >= 0 {
			return p, at
		}
	}
	return nil, 0
}

// before reports whether a rule reads only fields that are asked before page p,
// field at.
func (m *merger) before(text string, p *contract.Page, at int) bool {
	prg, err := m.engine.Compile(text)
	if err != nil {
		return false
	}
	earlier := map[string]bool{}
	for i := range m.out.Form.Pages {
		q := &m.out.Form.Pages[i]
		for k, f := range q.Fields {
			if q == p && k >= at {
				break
			}
			earlier[f.ID] = true
		}
		if q == p {
			break
		}
	}
	return !slices.ContainsFunc(prg.Refs(), func(r rule.Ref) bool { return readsField(r) && !earlier[r.Name] })
}

const maxID = 40

// unique returns id, or id with a prefix where it is taken, and takes it.
func unique(taken map[string]bool, id, prefix, sep string) string {
	try := id
	for n := 1; taken[try]; n++ {
		head := strings.ReplaceAll(prefix, "-", sep)
		if n > 1 {
			head = fmt.Sprintf("%s%d", head, n)
		}
		try = head + sep + id
		if len(try) > maxID {
			try = try[:maxID]
		}
	}
	taken[try] = true
	return try
}

// writePages adds the part's pages, without what is asked elsewhere.
func (j *joining) writePages() {
	section := contract.Section{ID: unique(sectionIDs(j.out.Form.Sections), j.part.ID, "part", "-"), Title: j.svc.Name}
	var pages []contract.Page
	for _, p := range j.svc.Form.Pages {
		own, never := j.when("page "+p.ID, p.When)
		if _, signs := j.part.Signers[p.Signer]; never || p.Signer != "" && !signs {
			continue
		}
		pages = append(pages, j.page(p, section.ID, and(j.part.When, own))...)
	}
	if len(pages) > 0 {
		j.out.Form.Sections = append(j.out.Form.Sections, section)
		j.out.Form.Pages = append(j.out.Form.Pages, pages...)
	}
}

// page is a page of the part without what is asked elsewhere; none is left of some.
func (j *joining) page(p contract.Page, section, when string) []contract.Page {
	own := p
	own.ID, own.Section, own.When, own.Fields = unique(j.pages, j.part.ID+"-"+p.ID, "part", "-"), section, when, nil
	own.Signer = j.part.Signers[p.Signer]
	for _, f := range p.Fields {
		if _, known := j.known[f.ID]; known {
			continue
		}
		g := j.write(f)
		switch {
		case j.hosts[f.ID]:
			j.share(g, and(when, g.When))
		case f.Material != "" && (g.Material == "" || j.shows(g.Material)):
			// Another part produces it, or a page before asks for it already.
		default:
			own.Fields = append(own.Fields, g)
		}
	}
	if len(own.Fields) == 0 {
		return nil
	}
	return []contract.Page{own}
}

// shows reports whether a page asks for the material already.
func (m *merger) shows(material string) bool {
	return slices.ContainsFunc(fieldsOf(m.out), func(f contract.Field) bool { return f.Material == material })
}

// require makes fields that ask for a material as binding as the material is,
// once all parts have said what they need of it.
func (m *merger) require() {
	for i := range m.out.Form.Pages {
		for k := range m.out.Form.Pages[i].Fields {
			f := &m.out.Form.Pages[i].Fields[k]
			for _, x := range m.out.Materials {
				if f.Material != "" && x.ID == f.Material {
					f.Required = x.Required
				}
			}
		}
	}
}

func sectionIDs(list []contract.Section) map[string]bool {
	ids := map[string]bool{}
	for _, s := range list {
		ids[s.ID] = true
	}
	return ids
}

// write returns a field of the part in the ids of the merged form.
func (j *joining) write(f contract.Field) contract.Field {
	where := "field " + f.ID
	if id, ok := j.part.Fields[f.ID]; ok {
		f.ID = id
	}
	f.When, _ = j.when(where, f.When)
	f.Value = j.rename(where, f.Value)
	checks := f.Checks
	f.Checks = nil
	for _, k := range checks {
		if k.Rule = j.rename(where, k.Rule); k.Rule != always {
			f.Checks = append(f.Checks, k)
		}
	}
	if f.Material != "" {
		f.Material = j.part.Materials[f.Material]
	}
	columns := make([]contract.Field, 0, len(f.Fields))
	for _, column := range f.Fields {
		columns = append(columns, j.column(column))
	}
	if len(columns) > 0 {
		f.Fields = columns
	}
	return f
}

// column is write for a column, which keeps its id.
func (j *joining) column(f contract.Field) contract.Field {
	id := f.ID
	f.ID = ""
	f = j.write(f)
	f.ID = id
	return f
}

// share lets the field that asks a datum already serve the part too: it is shown
// when either needs it, and must satisfy both.
func (j *joining) share(f contract.Field, need string) {
	p, at := j.place(f.ID)
	host := &p.Fields[at]
	if have := and(p.When, host.When); have != "" && have != need {
		if need != "" && !j.before(need, p, at) {
			j.add("part "+j.part.ID, "field %s is asked under the condition %q, which may not hold when this part needs it; "+
				"ask it on a page of the bundle", f.ID, have)
		} else {
			distribute(p)
			host.When = or(have, need)
		}
	}
	host.Required = host.Required || f.Required
	host.Personal = host.Personal || f.Personal
	host.Limit = tighter(host.Limit, f.Limit)
	if host.Held == "" {
		host.Held = f.Held
	}
	if host.Element == "" {
		host.Element = f.Element
	}
	host.Checks = slices.Clone(host.Checks)
	for _, k := range f.Checks {
		k.Rule = unless(j.part.When, k.Rule)
		if !slices.Contains(host.Checks, k) {
			host.Checks = append(host.Checks, k)
		}
	}
	host.Fields = slices.Clone(host.Fields)
	for _, column := range f.Fields {
		if !slices.ContainsFunc(host.Fields, func(c contract.Field) bool { return c.ID == column.ID }) {
			host.Fields = append(host.Fields, column)
		}
	}
}

// distribute moves the condition of a page to its fields, which is the same: a
// page without a field to show is not shown.
func distribute(p *contract.Page) {
	for i := range p.Fields {
		p.Fields[i].When = and(p.When, p.Fields[i].When)
	}
	p.When = ""
}

func tighter(x, y contract.Limit) contract.Limit {
	x.MinLen = max(x.MinLen, y.MinLen)
	if x.MaxLen == 0 || y.MaxLen > 0 && y.MaxLen < x.MaxLen {
		x.MaxLen = y.MaxLen
	}
	if x.Min == nil || y.Min != nil && *y.Min > *x.Min {
		x.Min = y.Min
	}
	if x.Max == nil || y.Max != nil && *y.Max < *x.Max {
		x.Max = y.Max
	}
	return x
}

// rename writes a rule of the part with the ids of the merged form, and with the
// answers that are known.
func (j *joining) rename(where, text string) string {
	out, err := text, error(nil)
	if len(j.known) > 0 {
		out, err = j.engine.Fix(text, j.value)
	}
	if err == nil {
		out, err = j.engine.Rename(out, func(r rule.Ref) string {
			if to, ok := j.part.Fields[r.Name]; ok && readsField(r) {
				return to
			}
			if to, ok := j.settingIDs[r.Name]; ok && r.Var == "settings" {
				return to
			}
			return r.Name
		})
	}
	if err != nil {
		j.add("part "+j.part.ID+" "+where, "%v", err)
	}
	return out
}
