package form

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/rule"
)

// What a rule becomes that what is known settles.
const (
	always = "true"
	never  = "false"
)

// knownField is a field of a part that the bundle does not ask.
type knownField struct {
	field contract.Field
	value any // nil: it is never shown
}

// fix reads the answers that the bundle fixes, and finds the fields that are
// never shown then.
func (j *joining) fix() {
	where := "part " + j.part.ID
	fields := map[string]contract.Field{}
	for _, f := range fieldsOf(j.svc) {
		fields[f.ID] = f
	}
	for _, id := range slices.Sorted(maps.Keys(j.part.Answers)) {
		f, ok := fields[id]
		switch {
		case !ok:
			j.add(where, "fixes the answer of the unknown field %s", id)
			continue
		case shown(f.Kind) || Rows(f.Kind) || f.Held != "" || slices.Contains(unfixed(), f.Kind):
			j.add(where, "cannot fix the answer of field %s: only what people would choose or type can be fixed", id)
			continue
		}
		v, err := fixedAnswer(f, j.part.Answers[id])
		if err != nil {
			j.add(where, "the answer of field %s: %v", id, err)
			continue
		}
		j.known[id] = knownField{f, v}
	}
	if len(j.known) > 0 {
		j.hide()
	}
	for id := range j.part.From {
		if !slices.ContainsFunc(j.svc.Materials, func(m contract.MaterialSpec) bool { return m.ID == id }) {
			j.add(where, "takes the unknown material %s from another part", id)
		}
	}
}

// unfixed are kinds whose answer only the applicant can give.
func unfixed() []string {
	return []string{KindDeclaration, KindSignature, KindLicence, KindFile, KindPhoto}
}

// fixedAnswer gives a fixed answer the type of its kind.
func fixedAnswer(f contract.Field, v any) (any, error) {
	raw, err := json.Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("read a fixed answer: %w", err)
	}
	p := ParseJSON(f, raw)
	for _, x := range p.Errors(f) {
		return nil, x.Err
	}
	if p.Value == nil {
		return nil, missing(f)
	}
	if err := validate(f, p.Value); err != nil {
		return nil, err
	}
	return p.Value, nil
}

// hide notes the fields that no answer can show any more, in the order in which
// they are asked: one may hide the next.
func (j *joining) hide() {
	for _, p := range inOrder(j.svc.Form.Pages) {
		page := j.settled("page "+p.ID, p.When) == never
		for _, f := range p.Fields {
			if _, known := j.known[f.ID]; !known && (page || j.settled("field "+f.ID, f.When) == never) {
				j.known[f.ID] = knownField{field: f}
			}
		}
	}
}

// settled is a rule of the part with what is known worked out.
func (j *joining) settled(where, text string) string {
	out, err := j.engine.Fix(text, j.value)
	if err != nil {
		j.add("part "+j.part.ID+" "+where, "%v", err)
	}
	return out
}

// value is what a rule of the part reads of a known field.
func (j *joining) value(r rule.Ref) (any, bool) {
	k, ok := j.known[r.Name]
	if !ok || !readsField(r) {
		return nil, false
	}
	switch {
	case r.Var == "given":
		return k.value != nil, true
	case r.Var == "words" && k.value == nil:
		return "", true
	case r.Var == "words":
		return Show(k.field, k.value).ZH, true
	case k.value != nil:
		return k.value, true
	case Rows(k.field.Kind):
		return []string{}, true
	}
	return rule.Blank(k.field.Kind), true
}

// when is a condition of the part in the merged form, or the fact that it never
// holds.
func (j *joining) when(where, text string) (out string, none bool) {
	switch out = j.rename(where, text); out {
	case always:
		return "", false
	case never:
		return "", true
	}
	return out, false
}

// producer finds the part that produces a material of this one.
func (j *joining) producer(m contract.MaterialSpec) (contract.Part, bool) {
	id, ok := j.part.From[m.ID]
	if !ok {
		return contract.Part{}, false
	}
	at := slices.IndexFunc(j.out.Parts, func(p contract.Part) bool { return p.ID == id })
	switch {
	case at < 0 || id == j.part.ID: // Check says so
		return contract.Part{}, false
	case m.Signer != "":
		j.add("part "+j.part.ID, "takes the material %s from another part, but a signer hands it in", m.ID)
		return contract.Part{}, false
	}
	return j.out.Parts[at], true
}

// eligible adds the part's conditions, which hold where the part applies.
func (j *joining) eligible() {
	for _, k := range j.svc.Rules.Eligible {
		switch k.Rule = j.rename("eligible", k.Rule); k.Rule {
		case always:
			continue
		case never:
			j.add("part "+j.part.ID, "can never be applied for: what the bundle fixes rules it out (%s)", k.Message.EN)
			continue
		}
		k.Rule = unless(j.part.When, k.Rule)
		j.out.Rules.Eligible = append(j.out.Rules.Eligible, k)
	}
}

// joinSettings adds the part's settings. Two that are the same are one.
func (j *joining) joinSettings() {
	for _, s := range j.svc.Settings {
		if slices.ContainsFunc(j.out.Settings, func(x contract.Setting) bool { return sameSetting(x, s) }) {
			continue
		}
		if s.ID != "" {
			was := s.ID
			s.ID = unique(j.settings, was, j.part.ID, "_")
			j.settingIDs[was] = s.ID
		}
		j.out.Settings = append(j.out.Settings, s)
		j.owners = append(j.owners, j.svc.Name)
	}
}

func sameSetting(x, y contract.Setting) bool {
	same := x.Number == y.Number || x.Number != nil && y.Number != nil && *x.Number == *y.Number
	x.Number, y.Number = nil, nil
	return same && x == y
}

// tellSettings says whose a setting of a part is, where another has its name.
func (m *merger) tellSettings() {
	times := map[contract.Text]int{}
	for _, s := range m.out.Settings {
		times[s.Name]++
	}
	for i := range m.out.Settings {
		s := &m.out.Settings[i]
		if owner := m.owners[i]; times[s.Name] > 1 && owner.ZH != "" {
			s.Name.ZH, s.Name.EN = owner.ZH+"："+s.Name.ZH, owner.EN+": "+s.Name.EN
		}
	}
}

// and, or and unless join conditions; the empty one always holds.
func and(x, y string) string {
	switch {
	case x == "" || x == y:
		return y
	case y == "":
		return x
	}
	return "(" + x + ") && (" + y + ")"
}

func or(x, y string) string {
	switch {
	case x == "" || y == "":
		return ""
	case x == y:
		return x
	}
	return "(" + x + ") || (" + y + ")"
}

func unless(when, then string) string {
	if when == "" {
		return then
	}
	return "!(" + when + ") || (" + then + ")"
}
