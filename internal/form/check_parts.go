package form

import (
	"fmt"
	"regexp"
	"slices"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/statute"
)

// vague words name no paper; the law forbids to ask for them (Licensing Law
// art. 31; domain: 兜底材料).
var vague = regexp.MustCompile(`其他(相关|有关)?材料|(相关|有关)材料|other (relevant )?(materials|documents)`)

func (k *checker) materials() {
	seen, elements := map[string]bool{}, map[string]string{}
	for _, m := range k.svc.Materials {
		where := "material " + m.ID
		k.id(where, m.ID, seen)
		k.text(where+" name", m.Name, true)
		k.text(where+" note", m.Note, false)
		k.text(where+" statement", m.Statement, false)
		if vague.MatchString(m.Name.ZH) || vague.MatchString(m.Name.EN) {
			k.add(where, "names no paper in particular, so it must not be asked for")
		}
		if !slices.Contains([]string{OriginGovernment, OriginUpload, OriginStatement, OriginForm, OriginCounter}, m.Origin) {
			k.add(where, "unknown origin %q", m.Origin)
		}
		if m.Origin == OriginUpload {
			k.upload(where, m)
		}
		k.ways(where, m)
		if first, twice := elements[m.Element]; m.Element != "" && twice {
			k.add(where, "is the same element (%s) as material %s", m.Element, first)
		}
		elements[m.Element] = m.ID
	}
}

func (k *checker) upload(where string, m contract.MaterialSpec) {
	if len(m.Types) == 0 {
		k.add(where, "takes no type of file")
	}
	for _, t := range m.Types {
		if _, ok := mediaTypes[t]; !ok {
			k.add(where, "unknown type of file %q", t)
		}
	}
	if m.MaxMB < 1 || m.MaxFiles < 1 {
		k.add(where, "needs max_mb and max_files")
	}
	if m.Photo && !slices.Contains(m.Types, "jpg") {
		k.add(where, "a photo comes as jpg; let it")
	}
}

// ways checks what may stand for an upload.
func (k *checker) ways(where string, m contract.MaterialSpec) {
	for _, t := range m.Licence {
		k.typeCode(where, t)
	}
	other := m.ReuseDays > 0 || m.Statement.ZH != "" || m.CounterToo || m.OwedDays > 0
	if other && m.Origin != OriginUpload && m.Origin != OriginStatement {
		k.add(where, "is not asked for (origin %s), so nothing can stand for it", m.Origin)
	}
	if m.ReuseDays > 0 && m.Element == "" {
		k.add(where, "reuse_days needs an element, by which copies are found")
	}
	if m.ReuseDays < 0 || m.OwedDays < 0 {
		k.add(where, "days cannot be less than 0")
	}
	if m.OwedDays > 0 && !m.Required {
		k.add(where, "what is not required cannot be owed")
	}
	if m.Signer != "" && !k.signer(m.Signer) {
		k.add(where, "is handed in by the unknown signer %s", m.Signer)
	}
}

func (k *checker) signer(id string) bool {
	return slices.ContainsFunc(k.svc.Signers, func(s contract.SignerSpec) bool { return s.ID == id })
}

func (k *checker) material(id string) bool {
	return slices.ContainsFunc(k.svc.Materials, func(m contract.MaterialSpec) bool { return m.ID == id })
}

func (k *checker) signers() {
	seen := map[string]bool{}
	for _, s := range k.svc.Signers {
		where := "signer " + s.ID
		k.id(where, s.ID, seen)
		k.text(where+" name", s.Name, true)
		k.text(where+" text", s.Text, true)
		find := func(id string) (contract.Field, bool) {
			x, ok := k.at[id]
			return x.field, ok && x.signer == ""
		}
		if s.Group != "" {
			if x, ok := k.at[s.Group]; !ok || !Rows(x.field.Kind) {
				k.add(where, "%s is no group of the form", s.Group)
				continue
			}
			find = func(id string) (contract.Field, bool) { return k.column(s.Group, id) }
		}
		k.person(where, "name_field", s.NameField, find, KindText)
		k.person(where, "number_field", s.NumberField, find, KindResidentID)
		if s.When == "" && s.Group == "" && (k.conditional(s.NameField) || k.conditional(s.NumberField)) {
			k.add(where, "always signs, but who it is is asked under a condition; give the signer that condition")
		}
	}
}

// conditional reports whether a field is not always asked.
func (k *checker) conditional(id string) bool {
	return slices.ContainsFunc(k.svc.Form.Pages, func(p contract.Page) bool {
		return slices.ContainsFunc(p.Fields, func(f contract.Field) bool { return f.ID == id && p.When+f.When != "" })
	})
}

func (k *checker) person(where, key, id string, find func(string) (contract.Field, bool), kind string) {
	f, ok := find(id)
	if !ok {
		k.add(where, "%s %q is no field that the applicant answers", key, id)
		return
	}
	if f.Kind != kind {
		k.add(where, "%s %s must be of kind %s", key, id, kind)
	}
	if !f.Required {
		k.add(where, "%s %s must be required: nobody can be asked to sign otherwise", key, id)
	}
}

// handling checks the commitment, the units and the special procedures.
func (k *checker) handling() {
	if c := k.svc.Commitment; c != nil {
		k.commitment(*c)
	}
	k.units()
	k.procedure()
	if c := k.svc.Handling.Counter; c != contract.CounterNone && c != contract.CounterAccept {
		k.add("counter", "unknown %q; it is empty or %q", c, contract.CounterAccept)
	}
	for i, s := range k.svc.Handling.Special {
		where := fmt.Sprintf("special %d", i+1)
		if !slices.Contains(statute.Specials(), statute.Special(s.Kind)) {
			k.add(where, "unknown kind %q; the law knows %v", s.Kind, statute.Specials())
		}
		if s.Days < 1 {
			k.add(where, "needs the expected days: the applicant is told (Licensing Law art. 45)")
		}
		k.text(where+" text", s.Text, true)
	}
}

func (k *checker) units() {
	seen := map[string]bool{}
	for _, u := range k.svc.Handling.Units {
		where := "unit " + u.ID
		k.id(where, u.ID, seen)
		k.text(where+" task", u.Task, true)
		if u.Agency == "" {
			k.add(where, "has no agency")
		}
		if u.Days < 1 {
			k.add(where, "needs days for its opinion")
		}
		for _, id := range u.Fields {
			if _, ok := k.at[id]; !ok {
				k.add(where, "sees the unknown field %s", id)
			}
		}
		for _, id := range u.Materials {
			if !k.material(id) {
				k.add(where, "sees the unknown material %s", id)
			}
		}
	}
}

func (k *checker) commitment(c contract.CommitmentSpec) {
	const where = "commitment"
	for _, part := range []struct {
		name  string
		texts []contract.Text
	}{{"content", c.Content}, {"liability", c.Liability}} {
		if len(part.texts) == 0 {
			k.add(where, "has no %s", part.name)
		}
		for i, t := range part.texts {
			k.text(fmt.Sprintf("%s %s %d", where, part.name, i+1), t, true)
		}
	}
	if len(c.Materials) == 0 {
		k.add(where, "replaces no material")
	}
	for _, id := range c.Materials {
		if !k.material(id) {
			k.add(where, "replaces the unknown material %s", id)
		}
	}
	if c.VerifyDays < 1 {
		k.add(where, "needs verify_days: what is promised is verified")
	}
	if c.Basis.Law.ZH == "" || c.Basis.Article == "" {
		k.add(where, "needs its basis in law")
	}
}

func (k *checker) licence() {
	l := k.svc.Licence
	if l == nil {
		return
	}
	const where = "licence"
	seen := map[string]bool{}
	for _, line := range l.Face {
		k.text("licence line "+line.Label.ZH+" label", line.Label, true)
		if line.ID == "" {
			continue
		}
		if !goodField.MatchString(line.ID) {
			k.add(where+" line "+line.ID, badField)
		}
		if seen[line.ID] {
			k.add(where+" line "+line.ID, idTwice)
		}
		if line.ID == contract.LicenceFrom || line.ID == contract.LicenceTo {
			k.add(where+" line "+line.ID, "is the name by which rules read the days of validity")
		}
		seen[line.ID] = true
	}
	effects := []string{"", contract.LicenceIssue, contract.LicenceChange, contract.LicenceRenew, contract.LicenceCancel}
	if !slices.Contains(effects, l.Effect) {
		k.add(where, "unknown effect %q", l.Effect)
		return
	}
	if l.Effect == "" || l.Effect == contract.LicenceIssue {
		if l.Prior != "" {
			k.add(where, "a new licence has no prior one")
		}
		return
	}
	f := k.at[l.Prior].field
	if f.Kind != KindLicence {
		k.add(where, "effect %s needs prior: the licence field in which the applicant chooses", l.Effect)
		return
	}
	if !f.Required {
		k.add("field "+f.ID, "must be required: the grant acts on the licence chosen in it")
	}
	if !slices.Contains(f.LicenceTypes, l.TypeCode) {
		k.add("field "+f.ID, "does not offer licences of the type that the grant acts on (%s)", l.TypeCode)
	}
}

// bundle checks the parts.
func (k *checker) bundle() {
	seen, items := map[string]bool{}, map[contract.ItemID]bool{}
	for _, p := range k.svc.Parts {
		where := "part " + p.ID
		k.id(where, p.ID, seen)
		if p.Item == "" {
			k.add(where, "names no item")
		}
		if items[p.Item] {
			k.add(where, "names an item that another part names too")
		}
		items[p.Item] = true
		if p.Item == k.svc.Item && p.Item != "" {
			k.add(where, "is the bundle itself")
		}
		k.fixed(p)
	}
	after := map[string][]string{}
	for _, p := range k.svc.Parts {
		for _, id := range p.After {
			if !seen[id] {
				k.add("part "+p.ID, "comes after the unknown part %s", id)
			}
		}
		after[p.ID] = p.After
	}
	for _, p := range k.svc.Parts {
		if waits(after, p.ID, p.ID, len(after)) {
			k.add("part "+p.ID, "waits for itself")
		}
	}
	if len(k.svc.Parts) > 0 && k.svc.Licence != nil {
		k.add("licence", "a bundle issues what its parts issue, nothing itself")
	}
}

// waits reports whether part id comes after part of, by any way.
func waits(after map[string][]string, id, of string, depth int) bool {
	if depth < 0 {
		return false
	}
	return slices.ContainsFunc(after[id], func(next string) bool {
		return next == of || waits(after, next, of, depth-1)
	})
}
