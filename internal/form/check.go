package form

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/rule"
)

// Problem is something wrong with a service package: where, and what.
type Problem struct {
	Where string
	What  string
}

// String is one line of a report.
func (p Problem) String() string { return p.Where + ": " + p.What }

// Check lists what is wrong with the form, the materials and the rules of a
// package: rules that do not compile, read unknown or later fields or can never
// hold, pages nobody can reach, options twice, texts in one language only. Of a
// bundle it looks at the package as written or at what Merge made of it.
func Check(svc contract.Service) []Problem {
	k := &checker{svc: svc, engine: rule.MustNew(), at: map[string]spot{}}
	k.structure()
	k.materials()
	k.signers()
	k.handling()
	k.stages()
	k.settings()
	k.licence()
	k.bundle()
	k.rules()
	if len(k.problems) == 0 {
		k.reach() // needs rules that run
	}
	return k.problems
}

type checker struct {
	svc      contract.Service
	engine   *rule.Engine
	at       map[string]spot
	problems []Problem
}

// spot is where a field stands: its place in the order in which answers become
// known, the applicant's before those of signers.
type spot struct {
	place  int
	signer string
	field  contract.Field
}

func (k *checker) add(where, what string, args ...any) {
	k.problems = append(k.problems, Problem{where, fmt.Sprintf(what, args...)})
}

var goodID = regexp.MustCompile(`^[a-z][a-z0-9_-]{0,39}$`)

// A field is named in rules as a.name, so it has no hyphen.
var goodField = regexp.MustCompile(`^[a-z][a-z0-9_]{0,39}$`)

const (
	badID    = "id must be lower case letters, digits, - and _"
	badField = "id must be lower case letters, digits and _"
	idTwice  = "id is used twice"
)

// id checks an identifier and that it is there once.
func (k *checker) id(where, id string, seen map[string]bool) {
	if !goodID.MatchString(id) {
		k.add(where, badID)
	}
	if seen[id] {
		k.add(where, idTwice)
	}
	seen[id] = true
}

func (k *checker) structure() {
	if len(k.svc.Form.Pages) == 0 {
		k.add("form", "has no page")
	}
	sections := map[string]bool{}
	for _, s := range k.svc.Form.Sections {
		k.id("section "+s.ID, s.ID, sections)
		k.text("section "+s.ID+" title", s.Title, true)
	}
	pages := map[string]bool{}
	for _, p := range inOrder(k.svc.Form.Pages) {
		where := "page " + p.ID
		k.id(where, p.ID, pages)
		k.text(where+" title", p.Title, true)
		k.text(where+" hint", p.Hint, false)
		if len(p.Fields) == 0 {
			k.add(where, "asks nothing")
		}
		if p.Section != "" && !sections[p.Section] {
			k.add(where, "is in the unknown section %s", p.Section)
		}
		if p.Signer != "" && !slices.ContainsFunc(k.svc.Signers, func(s contract.SignerSpec) bool { return s.ID == p.Signer }) {
			k.add(where, "is for the unknown signer %s", p.Signer)
		}
		for _, f := range p.Fields {
			if _, twice := k.at[f.ID]; twice {
				k.add("field "+f.ID, idTwice)
			}
			k.field("field "+f.ID, f, p)
			k.at[f.ID] = spot{len(k.at), p.Signer, f}
		}
	}
	k.elements()
}

// inOrder are the pages in the order in which they are answered: the
// applicant's, then those of the signers.
func inOrder(pages []contract.Page) []contract.Page {
	own := slices.DeleteFunc(slices.Clone(pages), func(p contract.Page) bool { return p.Signer != "" })
	return append(own, slices.DeleteFunc(slices.Clone(pages), func(p contract.Page) bool { return p.Signer == "" })...)
}

// elements finds a datum that one form asks twice.
func (k *checker) elements() {
	seen := map[string]string{}
	for _, p := range k.svc.Form.Pages {
		for _, f := range p.Fields {
			if f.Element == "" || p.Signer != "" {
				continue
			}
			if first, twice := seen[f.Element]; twice {
				k.add("field "+f.ID, "asks for the same element (%s) as field %s", f.Element, first)
			}
			seen[f.Element] = f.ID
		}
	}
}

// field checks one field or column; p is its page.
func (k *checker) field(where string, f contract.Field, p contract.Page) {
	if !goodField.MatchString(f.ID) {
		k.add(where, badField)
	}
	if !slices.Contains(Kinds(), f.Kind) {
		k.add(where, "unknown kind %q", f.Kind)
	}
	k.text(where+" label", f.Label, true)
	k.text(where+" hint", f.Hint, false)
	k.text(where+" unit", f.Unit, false)
	for i, c := range f.Checks {
		k.text(fmt.Sprintf("%s check %d", where, i+1), c.Message, true)
	}
	k.choice(where, f)
	if personal := slices.Contains([]string{KindResidentID, KindPhone, KindSignature}, f.Kind); personal && !f.Personal {
		k.add(where, "kind %s is personal data and must be marked so", f.Kind)
	}
	if l := f.Limit; l.Min != nil && l.Max != nil && *l.Min > *l.Max || l.MaxLen > 0 && l.MinLen > l.MaxLen {
		k.add(where, "no answer can be within its limits")
	}
	k.kind(where, f, p)
	if p.ID != "" {
		k.noFound(where, f)
	}
	if strings.HasPrefix(f.Held, chosenPrefix) && !k.licenceBefore() {
		k.add(where, "takes %s from a licence, but no licence field is asked before it", f.Held)
	}
}

func (k *checker) choice(where string, f contract.Field) {
	choice := f.Kind == KindChoice || f.Kind == KindChoices
	if choice && len(f.Options) < 2 {
		k.add(where, "a choice needs two options at least")
	}
	if f.Kind == KindYesNo && len(f.Options) != 0 && len(f.Options) != 2 {
		k.add(where, "yes or no has two options, or the usual ones")
	}
	if len(f.Options) > 0 && !choice && f.Kind != KindYesNo {
		k.add(where, "options of a field that is no choice")
	}
	k.options(where, f.Options)
}

// licenceBefore reports whether a licence field stands before what is looked at.
func (k *checker) licenceBefore() bool {
	for _, x := range k.at {
		if x.field.Kind == KindLicence {
			return true
		}
	}
	return false
}

// kind checks what only some kinds have.
func (k *checker) kind(where string, f contract.Field, p contract.Page) {
	k.only(where, "fields", len(f.Fields) > 0, Rows(f.Kind))
	k.only(where, "value", f.Value != "", f.Kind == KindComputed)
	k.only(where, "material", f.Material != "", f.Kind == KindFile || f.Kind == KindPhoto)
	k.only(where, "licence_types", len(f.LicenceTypes) > 0, f.Kind == KindLicence)
	switch f.Kind {
	case KindGroup, KindTable:
		k.group(where, f, p)
	case KindComputed:
		if f.Required || f.Held != "" || len(f.Checks) > 0 {
			k.add(where, "a computed value is never asked, so it cannot be required, held or checked")
		}
	case KindFile, KindPhoto:
		k.paper(where, f, p)
	case KindLicence:
		for _, t := range f.LicenceTypes {
			k.typeCode(where, t)
		}
	case KindMoney:
		if f.Unit.ZH != "" {
			k.add(where, "money is in yuan; leave out the unit")
		}
	case KindDivision:
		if l := f.Limit.Min; l != nil && (*l < 1 || *l > levels) {
			k.add(where, "limit.min of a division is a level: 1 province, 2 city, 3 county, 4 town, 5 village")
		}
	}
}

// only says that a key belongs to some kinds: they need it, others have none.
func (k *checker) only(where, key string, has, needs bool) {
	switch {
	case has && !needs:
		k.add(where, "%s does not belong to a field of this kind", key)
	case !has && needs:
		k.add(where, "needs %s", key)
	}
}

func (k *checker) typeCode(where, code string) {
	if len(code) != typeCodeLen {
		k.add(where, "%q is no type code of a licence (%d characters)", code, typeCodeLen)
	}
}

// typeCodeLen is the length of a licence type code (GB/T 36903).
const typeCodeLen = 21

func (k *checker) group(where string, f contract.Field, p contract.Page) {
	k.text(where+" row", f.Row, true)
	if f.Limit.MaxLen > maxRows {
		k.add(where, "a group has at most %d rows", maxRows)
	}
	seen := map[string]bool{}
	for _, column := range f.Fields {
		at := where + " column " + column.ID
		if seen[column.ID] {
			k.add(at, idTwice)
		}
		seen[column.ID] = true
		if Rows(column.Kind) || slices.Contains([]string{KindFile, KindPhoto, KindLicence, KindSignature, KindDeclaration}, column.Kind) {
			k.add(at, "kind %s cannot stand in a row", column.Kind)
			continue
		}
		k.field(at, column, p)
	}
}

// paper checks a field that asks for a material on its page: what the guide does
// not list cannot be asked for.
func (k *checker) paper(where string, f contract.Field, p contract.Page) {
	i := slices.IndexFunc(k.svc.Materials, func(m contract.MaterialSpec) bool { return m.ID == f.Material })
	if i < 0 {
		k.add(where, "asks for the material %q, which the guide does not list", f.Material)
		return
	}
	m := k.svc.Materials[i]
	if m.Origin != OriginUpload && m.Origin != OriginStatement {
		k.add(where, "asks for the material %s, which is not handed in (origin %s)", m.ID, m.Origin)
	}
	if m.Signer != p.Signer {
		k.add(where, "and its material %s are for different persons", m.ID)
	}
	if m.Required != f.Required {
		k.add(where, "must be required as its material %s is", m.ID)
	}
	for _, q := range k.svc.Form.Pages {
		for _, g := range q.Fields {
			if g.Material == f.Material && g.ID != f.ID {
				k.add(where, "asks for the same material as field %s", g.ID)
			}
		}
	}
}

func (k *checker) options(where string, options []contract.Option) {
	ids, zh, en := map[string]bool{}, map[string]bool{}, map[string]bool{}
	for _, o := range options {
		at := where + " option " + o.ID
		if !goodID.MatchString(o.ID) {
			k.add(at, badID)
		}
		k.text(at, o.Label, true)
		k.text(at+" hint", o.Hint, false)
		if ids[o.ID] || zh[o.Label.ZH] || en[o.Label.EN] {
			k.add(at, "is there twice")
		}
		ids[o.ID], zh[o.Label.ZH], en[o.Label.EN] = true, true, true
	}
}

// text says where a text is missing in one language; one that is not needed may
// be missing in both.
func (k *checker) text(where string, t contract.Text, needed bool) {
	if t.ZH == "" && (needed || t.EN != "") {
		k.add(where, "has no Chinese")
	}
	if t.EN == "" && (needed || t.ZH != "") {
		k.add(where, "has no English")
	}
}

// column returns a column of a group.
func (k *checker) column(group, id string) (contract.Field, bool) {
	for _, f := range k.at[group].field.Fields {
		if f.ID == id {
			return f, true
		}
	}
	return contract.Field{}, false
}
