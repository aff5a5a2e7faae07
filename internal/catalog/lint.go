package catalog

import (
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strings"

	"github.com/tongban/tongban/internal/contract"
)

// What a package may say. Procedures are those of package statute.
var (
	procedures = []string{
		"licensing", "instant", "joint", "bundle", "confirmation", "payment-benefit", "notify-and-commit",
	}
	objects    = []string{"1", "2", "3", "4", "5", "6"} // GB/T 39046 A.4
	units      = []string{"workday", "immediate"}
	origins    = []string{"government", "upload", "form", "counter", "statement"}
	fileTypes  = []string{"pdf", "jpg", "png"}
	fieldKinds = []string{
		"text", "longtext", "integer", "decimal", "money", "date", "period", "choice", "choices", "yesno",
		"phone", "email", "resident_id", "credit_code", "address", "division", "map_point", "licence",
		"computed", "declaration", "signature", "group", "table", "file", "photo",
	}
	effects  = []string{"", contract.LicenceIssue, contract.LicenceChange, contract.LicenceRenew, contract.LicenceCancel}
	specials = []string{ // Licensing Law art. 45
		"hearing", "tender", "auction", "inspection", "testing", "quarantine", "appraisal", "expert_review",
	}
	stages = []string{contract.HandlingAccept, contract.HandlingReview, contract.HandlingCountersign, contract.HandlingDecide}
	// deniedWords may not stand in the name of a material: Licensing Law art. 31
	// and the catch-all ban that local regulations draw from it.
	deniedWords = []string{"其他", "有关", "相关材料"}

	// Joining a bundle puts the part before an id where two parts use the same:
	// "sign-application_form". Rules name fields as a.name, so they have no hyphen.
	idPattern       = regexp.MustCompile(`^[a-z][a-z0-9_-]{0,39}$`)
	fieldPattern    = regexp.MustCompile(`^[a-z][a-z0-9_]{0,39}$`)
	itemPattern     = regexp.MustCompile(`^[0-9A-Za-z-]{10,64}$`)
	phonePattern    = regexp.MustCompile(`^(0[0-9]{2,3}-[0-9]{5,8}|12345)$`)
	deptPattern     = regexp.MustCompile(`^[0-9]{4}$`)
	licenceTypeSize = 21
)

// linter collects problems. The path of what is looked at is passed along.
type linter struct {
	check    func(expr string) error
	problems []Problem
}

func (l *linter) add(at, code string, args ...any) {
	l.problems = append(l.problems, Problem{Path: at, Code: code, Message: message(code, args...)})
}

func (l *linter) warn(at, code string, args ...any) {
	l.problems = append(l.problems, Problem{Path: at, Code: code, Message: message(code, args...), Warning: true})
}

// Lint applies the rules for service guides (domain 1.6) that a package can
// break, and what the rest of the product relies on. Check compiles a rule.
func Lint(svc contract.Service, check func(expr string) error) []Problem {
	l := &linter{check: check}
	if svc.Format != contract.Format {
		l.add("format", "format", "have", svc.Format, "want", contract.Format)
	}
	if svc.Added != nil {
		l.text("added.why", svc.Added.Why)
		l.given("added.type", svc.Added.Type)
		l.given("added.department", svc.Added.Department)
	}
	l.pattern("item", string(svc.Item), itemPattern)
	l.text("name", svc.Name)
	l.given("agency", string(svc.Agency))
	l.oneOf("procedure", svc.Procedure, procedures)
	l.limits(svc)
	l.handling(svc.Handling)
	l.first(svc)
	l.ways(svc)
	l.guide(svc)
	l.materials(svc)
	l.rules(svc.Rules)
	if svc.Licence != nil {
		l.licence(*svc.Licence)
	}
	l.parts(svc)
	l.settings(svc.Settings)
	l.form(svc.Form)
	l.languages("", reflect.ValueOf(svc))
	return l.problems
}

func (l *linter) given(at, s string) {
	if strings.TrimSpace(s) == "" {
		l.add(at, "required")
	}
}

// text asks for a text; languages looks at whether both are there.
func (l *linter) text(at string, t contract.Text) {
	if t.ZH == "" && t.EN == "" {
		l.add(at, "required")
	}
}

func (l *linter) pattern(at, s string, re *regexp.Regexp) {
	if !re.MatchString(s) {
		l.add(at, "pattern", "value", s, "want", re.String())
	}
}

func (l *linter) oneOf(at, s string, allowed []string) {
	if !slices.Contains(allowed, s) {
		l.add(at, "one_of", "value", s, "want", strings.Join(allowed, ", "))
	}
}

func (l *linter) rule(at, expr string) {
	if expr == "" || l.check == nil {
		return
	}
	if err := l.check(expr); err != nil {
		l.add(at, "rule", "reason", strings.Join(strings.Fields(err.Error()), " "))
	}
}

func (l *linter) unique(at, id string, seen map[string]bool) {
	l.pattern(at, id, idPattern)
	if seen[id] {
		l.add(at, "duplicate", "value", id)
	}
	seen[id] = true
}

// limits: rule 1 of domain 1.6 and the periods of the Licensing Law.
func (l *linter) limits(svc contract.Service) {
	m := svc.Limits
	l.oneOf("limits.unit", m.Unit, units)
	if svc.Procedure == "instant" || m.Unit == "immediate" {
		if svc.Procedure != "instant" || m.Unit != "immediate" || m.Statutory > 1 || m.Promised > 1 {
			l.add("limits", "immediate")
		}
	}
	if m.Statutory < 1 {
		l.add("limits.statutory", "required")
	}
	if m.Promised < 1 {
		l.add("limits.promised", "required")
	}
	if m.Promised > m.Statutory {
		l.add("limits.promised", "promised", "promised", m.Promised, "statutory", m.Statutory)
	}
	if m.Accept < 1 || m.Accept > 5 {
		l.add("limits.accept", "accept")
	}
	if m.Deliver < 1 || m.Deliver > 10 {
		l.add("limits.deliver", "deliver")
	}
}

func (l *linter) handling(h contract.Handling) {
	l.pattern("handling.dept_code", h.DeptCode, deptPattern)
	l.text("handling.remedies", h.Remedies)
	seen := map[string]bool{}
	for i, u := range h.Units {
		at := fmt.Sprintf("handling.units[%d]", i)
		l.unique(at+".id", u.ID, seen)
		l.given(at+".agency", string(u.Agency))
		l.text(at+".task", u.Task)
		l.rule(at+".when", u.When)
		if u.Days < 1 {
			l.add(at+".days", "required")
		}
	}
	l.visits(h.Visits)
	l.hearing(h.Hearing)
	for i, sp := range h.Special {
		at := fmt.Sprintf("handling.special[%d]", i)
		l.oneOf(at+".kind", sp.Kind, specials)
		l.text(at+".text", sp.Text)
		if sp.Days < 1 {
			l.add(at+".days", "required")
		}
	}
	l.stages(h.Stages)
}

// stages: what a package says of them fits the procedure, which the check of the
// form looks at; here they are well made.
func (l *linter) stages(list []contract.StageSpec) {
	said := map[string]bool{}
	for i, s := range list {
		at := fmt.Sprintf("handling.stages[%d]", i)
		l.oneOf(at+".stage", s.Stage, stages)
		if said[s.Stage] {
			l.add(at+".stage", "duplicate", "value", s.Stage)
		}
		said[s.Stage] = true
		l.text(at+".name", s.Name)
		fields := map[string]bool{}
		for j, f := range s.Fields {
			l.field(fmt.Sprintf("%s.fields[%d]", at, j), f, fields)
		}
	}
}

// parts: a bundle names the services it joins; everything else follows from them.
func (l *linter) parts(svc contract.Service) {
	if (len(svc.Parts) > 0) != (svc.Procedure == "bundle") {
		l.add("parts", "bundle")
	}
	seen := map[string]bool{}
	for i, p := range svc.Parts {
		at := fmt.Sprintf("parts[%d]", i)
		l.unique(at+".id", p.ID, seen)
		l.pattern(at+".item", string(p.Item), itemPattern)
		l.rule(at+".when", p.When)
		for _, before := range p.After {
			if !seen[before] || before == p.ID {
				l.add(at+".after", "after", "value", before)
			}
		}
	}
}

// settings: what nobody could verify is shown with its source.
func (l *linter) settings(list []contract.Setting) {
	for i, s := range list {
		at := fmt.Sprintf("settings[%d]", i)
		l.text(at+".name", s.Name)
		l.text(at+".value", s.Value)
		l.text(at+".source", s.Source)
	}
}

func (l *linter) guide(svc contract.Service) {
	g := svc.Guide
	l.text("guide.summary", g.Summary)
	l.text("guide.fee", g.Fee)
	l.text("guide.result", g.Result)
	if len(g.Objects) == 0 {
		l.add("guide.objects", "required")
	}
	for i, o := range g.Objects {
		l.oneOf(fmt.Sprintf("guide.objects[%d]", i), o, objects)
	}
	if len(g.Conditions) == 0 {
		l.add("guide.conditions", "required")
	}
	l.basis(g.Basis)
	l.pattern("guide.consult", g.Consult, phonePattern)
	l.pattern("guide.complain", g.Complain, phonePattern)
	if g.Consult == g.Complain {
		l.add("guide.complain", "phones")
	}
	steps := 2
	if svc.Procedure == "licensing" || svc.Procedure == "joint" {
		steps = 5 // acceptance, review, decision, completion, delivery: domain 1.6 rule 9
		if len(g.FAQ) == 0 {
			l.add("guide.faq", "faq")
		}
	}
	if len(g.Steps) < steps {
		l.add("guide.steps", "steps", "n", steps)
	}
}

func (l *linter) basis(list []contract.LawRef) {
	if len(list) == 0 {
		l.add("guide.basis", "basis")
	}
	for i, b := range list {
		at := fmt.Sprintf("guide.basis[%d]", i)
		l.text(at+".law", b.Law)
		l.given(at+".article", b.Article)
		if b.Verified && b.Quote.ZH == "" {
			l.add(at+".verified", "verified")
		}
		if !b.Verified {
			l.warn(at+".verified", "unverified")
		}
	}
}

func (l *linter) materials(svc contract.Service) {
	seen, counter := map[string]bool{}, false
	for i, m := range svc.Materials {
		at := fmt.Sprintf("materials[%d]", i)
		l.unique(at+".id", m.ID, seen)
		l.text(at+".name", m.Name)
		l.text(at+".basis", m.Basis)
		l.oneOf(at+".origin", m.Origin, origins)
		l.rule(at+".when", m.When)
		for _, w := range deniedWords {
			if strings.Contains(m.Name.ZH, w) {
				l.add(at+".name.zh", "denied_word", "word", w)
			}
		}
		for j, t := range m.Types {
			l.oneOf(fmt.Sprintf("%s.types[%d]", at, j), t, fileTypes)
		}
		if m.Origin == "upload" && (len(m.Types) == 0 || m.MaxMB < 1 || m.MaxFiles < 1) {
			l.add(at, "upload_limits")
		}
		if m.Origin == "government" && len(m.Types) > 0 {
			l.add(at+".types", "held_not_asked")
		}
		counter = counter || m.Origin == "counter"
	}
	if counter != (svc.Guide.Visits > 0) {
		l.add("guide.visits", "visits")
	}
}

func (l *linter) rules(r contract.Rules) {
	for i, c := range r.Eligible {
		l.ruleWithMessage(fmt.Sprintf("rules.eligible[%d]", i), c)
	}
	l.rule("rules.instant", r.Instant)
}

func (l *linter) ruleWithMessage(at string, c contract.Check) {
	l.given(at+".rule", c.Rule)
	l.rule(at+".rule", c.Rule)
	l.text(at+".message", c.Message)
}

func (l *linter) licence(s contract.LicenceSpec) {
	if len(s.TypeCode) != licenceTypeSize {
		l.add("licence.type_code", "pattern", "value", s.TypeCode, "want", fmt.Sprint(licenceTypeSize, " characters"))
	}
	l.text("licence.name", s.Name)
	l.oneOf("licence.effect", s.Effect, effects)
	if s.Effect == contract.LicenceCancel {
		l.given("licence.prior", s.Prior)
		return // nothing is printed
	}
	if s.Effect == "" || s.Effect == contract.LicenceIssue {
		l.given("licence.prefix", s.Prefix)
	} else {
		l.given("licence.prior", s.Prior)
	}
	public := false
	for i, f := range s.Face {
		at := fmt.Sprintf("licence.face[%d]", i)
		l.text(at+".label", f.Label)
		l.given(at+".value", f.Value)
		l.rule(at+".value", f.Value)
		public = public || f.Public
	}
	if !public {
		l.add("licence.face", "public_line")
	}
}

func (l *linter) form(f contract.Form) {
	if len(f.Pages) == 0 {
		l.add("form.pages", "no_pages")
	}
	sections := map[string]bool{"": true}
	for i, s := range f.Sections {
		l.unique(fmt.Sprintf("form.sections[%d].id", i), s.ID, sections)
		l.text(fmt.Sprintf("form.sections[%d].title", i), s.Title)
	}
	pages, fields := map[string]bool{}, map[string]bool{}
	for i, p := range f.Pages {
		at := fmt.Sprintf("form.pages[%d]", i)
		l.unique(at+".id", p.ID, pages)
		l.text(at+".title", p.Title)
		l.rule(at+".when", p.When)
		if !sections[p.Section] {
			l.add(at+".section", "section", "value", p.Section)
		}
		if len(p.Fields) == 0 {
			l.add(at, "empty_page")
		}
		for j, fd := range p.Fields {
			l.field(fmt.Sprintf("%s.fields[%d]", at, j), fd, fields)
		}
	}
}

func (l *linter) field(at string, f contract.Field, seen map[string]bool) {
	l.unique(at+".id", f.ID, seen)
	l.pattern(at+".id", f.ID, fieldPattern)
	l.oneOf(at+".kind", f.Kind, fieldKinds)
	l.text(at+".label", f.Label)
	l.rule(at+".when", f.When)
	l.rule(at+".value", f.Value)
	for i, c := range f.Checks {
		l.ruleWithMessage(fmt.Sprintf("%s.checks[%d]", at, i), c)
	}
	columns := map[string]bool{}
	for i, c := range f.Fields {
		l.field(fmt.Sprintf("%s.fields[%d]", at, i), c, columns)
	}
	if rows := f.Kind == "group" || f.Kind == "table"; rows != (len(f.Fields) > 0) {
		l.add(at+".fields", "columns")
	}
	choice := f.Kind == "choice" || f.Kind == "choices"
	wrong := choice && len(f.Options) < 2 || !choice && len(f.Options) > 0 && f.Kind != "yesno" // yesno: other words for yes and no
	if wrong {
		l.add(at+".options", "options")
	}
	ids := map[string]bool{}
	for i, o := range f.Options {
		l.unique(fmt.Sprintf("%s.options[%d].id", at, i), o.ID, ids)
		l.text(fmt.Sprintf("%s.options[%d].label", at, i), o.Label)
	}
}

// What stands where somebody still has to write: a package may be tried with it,
// and not be published.
const (
	ToWriteZH = "【待写】"
	ToWriteEN = "[to write]"
)

// unwritten reports whether a package still has such places.
func unwritten(list []Problem) bool {
	return slices.ContainsFunc(list, func(p Problem) bool { return p.Code == "to_write" })
}

var textType = reflect.TypeFor[contract.Text]()

// languages walks the whole service: every text has both languages or none.
func (l *linter) languages(at string, v reflect.Value) {
	if v.Type() == textType {
		t := v.Interface().(contract.Text)
		if (t.ZH == "") != (t.EN == "") {
			l.add(at, "both_languages")
		}
		if strings.Contains(t.ZH, ToWriteZH) || strings.Contains(t.EN, ToWriteEN) {
			l.warn(at, "to_write")
		}
		return
	}
	switch v.Kind() { //nolint:exhaustive // the other kinds hold no text
	case reflect.Pointer:
		if !v.IsNil() {
			l.languages(at, v.Elem())
		}
	case reflect.Slice:
		for i := range v.Len() {
			l.languages(fmt.Sprintf("%s[%d]", at, i), v.Index(i))
		}
	case reflect.Struct:
		for i := range v.NumField() {
			name, _, _ := strings.Cut(v.Type().Field(i).Tag.Get("json"), ",")
			l.languages(strings.TrimPrefix(at+"."+name, "."), v.Field(i))
		}
	}
}
