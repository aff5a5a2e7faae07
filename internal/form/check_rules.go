package form

import (
	"fmt"
	"slices"
	"strings"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/rule"
)

// What a rule gives.
const (
	givesBool  = iota // a condition or a check
	givesText         // a line of a licence
	givesValue        // a computed value
)

// namedRule is one rule of a package, with the place it stands in.
type namedRule struct {
	where, text string
	gives       int
	// field is the field before which everything that it reads must be asked; ""
	// where it sees all answers of its reader.
	field  string
	column string // the same within a row
	group  string // whose row it sees as row; "" none
	signer string // on whose pages or materials it stands; "" the applicant
	found  bool   // it is run while the case is handled
	late   bool   // it is run at the end and sees what signers answered
}

// rulesOf lists every rule of a package.
func rulesOf(svc contract.Service) []namedRule {
	var list []namedRule
	groups := map[string]string{} // of signers
	for _, s := range svc.Signers {
		groups[s.ID] = s.Group
		list = append(list, namedRule{where: "signer " + s.ID, text: s.When, group: s.Group})
	}
	for _, p := range svc.Form.Pages {
		list = append(list, pageRules(p, groups[p.Signer])...)
	}
	for _, m := range svc.Materials {
		list = append(list, namedRule{where: "material " + m.ID, text: m.When, signer: m.Signer, group: groups[m.Signer]})
	}
	for _, o := range Offers(svc) {
		list = append(list, namedRule{where: strings.TrimSpace("commitment " + o.Part), text: o.Spec.When})
	}
	late := func(where, text string, gives int) {
		list = append(list, namedRule{where: where, text: text, gives: gives, late: true})
	}
	for i, k := range svc.Rules.Eligible {
		late(fmt.Sprintf("eligible %d", i+1), k.Rule, givesBool)
	}
	late("instant", svc.Rules.Instant, givesBool)
	for _, u := range svc.Handling.Units {
		list = append(list, namedRule{where: "unit " + u.ID, text: u.When, late: true, found: true})
	}
	if h := svc.Handling.Hearing; h != nil {
		list = append(list, namedRule{where: "hearing", text: h.When, late: true, found: true})
	}
	list = append(list, foundRules(svc)...)
	for _, p := range svc.Parts {
		late("part "+p.ID, p.When, givesBool)
	}
	if svc.Licence != nil {
		for _, l := range svc.Licence.Face {
			list = append(list, namedRule{where: "licence line " + l.Label.ZH, text: l.Value, gives: givesText, late: true, found: true})
		}
	}
	return list
}

func pageRules(p contract.Page, group string) []namedRule {
	var list []namedRule
	first := ""
	if len(p.Fields) > 0 {
		first = p.Fields[0].ID
	}
	list = append(list, namedRule{where: "page " + p.ID, text: p.When, field: first, signer: p.Signer, group: group})
	for _, f := range p.Fields {
		base := namedRule{where: "field " + f.ID, text: f.When, field: f.ID, signer: p.Signer, group: group}
		list = append(list, base)
		if f.Value != "" {
			value := base
			value.where, value.text, value.gives = "value of field "+f.ID, f.Value, givesValue
			list = append(list, value)
		}
		for _, k := range f.Checks {
			list = append(list, namedRule{where: "check of field " + f.ID, text: k.Rule, signer: p.Signer, group: group})
		}
		list = append(list, rowRules(f, p.Signer)...)
	}
	return list
}

func rowRules(f contract.Field, signer string) []namedRule {
	var list []namedRule
	for _, column := range f.Fields {
		name := f.ID + " column " + column.ID
		base := namedRule{where: "field " + name, text: column.When, field: f.ID, column: column.ID, group: f.ID, signer: signer}
		list = append(list, base)
		if column.Value != "" {
			value := base
			value.where, value.text, value.gives = "value of field "+name, column.Value, givesValue
			list = append(list, value)
		}
		for _, k := range column.Checks {
			list = append(list, namedRule{where: "check of field " + name, text: k.Rule, group: f.ID, signer: signer})
		}
	}
	return list
}

func (k *checker) rules() {
	for i, c := range k.svc.Rules.Eligible {
		k.text(fmt.Sprintf("eligible %d message", i+1), c.Message, true)
	}
	for _, r := range rulesOf(k.svc) {
		if r.text == "" {
			if r.gives == givesText {
				k.add(r.where, "has no value")
			}
			continue
		}
		p, err := k.engine.Compile(r.text)
		if err != nil {
			k.add(r.where, "%v", err)
			continue
		}
		if !gives(p, r.gives) {
			k.add(r.where, "rule %q gives the wrong type of result", r.text)
		}
		for _, ref := range p.Refs() {
			k.ref(r, ref)
		}
		for _, c := range p.Columns() {
			if _, known := k.column(c.Group, c.Name); !known && Rows(k.at[c.Group].field.Kind) {
				k.add(r.where, "rule %q reads the unknown column %s of %s", r.text, c.Name, c.Group)
			}
		}
	}
}

func gives(p *rule.Program, what int) bool {
	switch what {
	case givesText:
		return p.GivesText()
	case givesValue:
		return p.GivesValue()
	}
	return p.GivesBool()
}

// readsField reports whether a rule reads a field of the form.
func readsField(r rule.Ref) bool { return r.Var == "a" || r.Var == "given" || r.Var == "words" }

func (k *checker) ref(r namedRule, ref rule.Ref) {
	switch {
	case readsField(ref):
		k.fieldRef(r, ref)
	case ref.Var == "row":
		k.rowRef(r, ref)
	case ref.Var == "settings":
		k.settingRef(r, ref)
	case ref.Var == "found", ref.Var == "found_words":
		k.foundRef(r, ref)
	case ref.Var == "licence", ref.Var == "held" && strings.HasPrefix(ref.Name, chosenPrefix):
		if !k.licenceBefore() {
			k.add(r.where, "rule %q reads the chosen licence, but the form has no licence field", r.text)
		}
	}
}

func (k *checker) settingRef(r namedRule, ref rule.Ref) {
	// A bundle as written may read settings of its parts, which Merge brings.
	if _, known := numbers(k.svc.Settings)[ref.Name]; !known && !k.unmerged() {
		k.add(r.where, "rule %q reads the unknown setting %q", r.text, ref.Name)
	}
}

// unmerged reports whether the service is a bundle as its author wrote it.
func (k *checker) unmerged() bool {
	return slices.ContainsFunc(k.svc.Parts, func(p contract.Part) bool { return p.Fields == nil })
}

func (k *checker) fieldRef(r namedRule, ref rule.Ref) {
	to, known := k.at[ref.Name]
	switch {
	case ref.Name == "":
		k.add(r.where, "rule %q must name the fields it reads", r.text)
	case !known:
		k.add(r.where, "rule %q reads the unknown field %s", r.text, ref.Name)
	case to.field.Kind == KindFile || to.field.Kind == KindPhoto:
		k.add(r.where, "rule %q reads %s, which has no answer", r.text, ref.Name)
	case to.signer != "" && to.signer != r.signer && (!r.late || k.inRows(to.signer)):
		k.add(r.where, "rule %q reads %s, which only the signer %s answers", r.text, ref.Name, to.signer)
	case r.field != "" && to.place >= k.at[r.field].place:
		k.add(r.where, "rule %q reads %s, which is asked later", r.text, ref.Name)
	}
}

// inRows reports whether the signer is each row of a group: there is no one
// answer then.
func (k *checker) inRows(signer string) bool {
	for _, s := range k.svc.Signers {
		if s.ID == signer {
			return s.Group != ""
		}
	}
	return false
}

func (k *checker) rowRef(r namedRule, ref rule.Ref) {
	if r.group == "" {
		k.add(r.where, "rule %q reads row, but does not stand in a row", r.text)
		return
	}
	if _, known := k.column(r.group, ref.Name); !known {
		k.add(r.where, "rule %q reads the unknown column row.%s", r.text, ref.Name)
		return
	}
	if r.column == "" {
		return
	}
	for _, f := range k.at[r.group].field.Fields {
		if f.ID == ref.Name {
			return
		}
		if f.ID == r.column {
			break
		}
	}
	k.add(r.where, "rule %q reads row.%s, which is asked later", r.text, ref.Name)
}
