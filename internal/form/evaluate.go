package form

import (
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/fault"
	"github.com/tongban/tongban/internal/kit/idcode"
	"github.com/tongban/tongban/internal/kit/rule"
)

// Evaluate judges an application. It is pure: the same input gives the same
// result. Conditions see earlier fields that are shown; a hidden answer counts
// as absent, whatever the draft still holds. The error is a broken package.
func (c *Compiled) Evaluate(in Input) (Result, error) {
	e, err := c.run(in, false)
	if err != nil {
		return Result{}, err
	}
	return e.r, nil
}

// run evaluates; keep also keeps what rules of rows' signers saw.
func (c *Compiled) run(in Input, keep bool) (*evaluation, error) {
	e := &evaluation{keep: keep, c: c, in: in, v: c.vars(in), names: Names{in.Divisions, in.Licences}, awaited: map[string]bool{}}
	e.r = Result{Answers: make(contract.Answers, len(c.fields)), Fields: len(c.fields)}
	e.r.Pages = make([]PageState, 0, len(c.pages))
	e.r.Materials = make([]MaterialState, 0, len(c.Service.Materials))
	for _, step := range []func() error{e.applicant, e.signers, e.parts, e.judge} {
		if err := step(); err != nil {
			return nil, err
		}
	}
	return e, nil
}

// evaluation is one run over a form.
type evaluation struct {
	c       *Compiled
	in      Input
	v       *rule.Vars
	r       Result
	names   Names
	chosen  *contract.HeldLicence // in the last licence field
	awaited map[string]bool       // fields whose answer has to come, or come again
	// seen is what rules saw at the end of each row's signer, by id of the spec, if
	// it is to be kept.
	seen map[string][]*rule.Vars
	keep bool
}

// sheet is what one person gave, or what stands in one row.
type sheet struct {
	signer   string // "" the applicant
	answers  map[string]any
	typed    map[string][]string
	held     map[string]contract.Held
	down     []string
	disputed map[string]string
	licences []contract.HeldLicence
	reopened []contract.Mark

	group string // of a row: the group's id
	row   int
	facts map[string]contract.Held // of a held row, by column
}

func (e *evaluation) applicant() error {
	s := sheet{
		answers: e.in.Answers, typed: e.in.Typed, held: e.in.Held, down: e.in.Down,
		disputed: e.in.Disputed, licences: e.in.Licences, reopened: e.in.Reopened,
	}
	var err error
	if e.r.Pages, err = e.pages(e.c.pages, s, e.r.Answers); err != nil {
		return err
	}
	if err := e.commitment(); err != nil {
		return err
	}
	p := papers{
		handed: e.in.Materials, ways: e.in.Ways, licences: e.in.Licences, copies: e.in.Copies,
		held: e.in.Held, down: e.in.Down, disputed: e.in.Disputed,
	}
	if e.r.Materials, err = e.papers(p); err != nil {
		return err
	}
	return e.settle(e.r.Pages, e.r.Materials, e.r.Answers)
}

// commitment says whether this applicant may commit, and did.
func (e *evaluation) commitment() error {
	spec := e.c.Service.Commitment
	if spec == nil {
		return nil
	}
	may, err := holds(e.c.commitment, e.v)
	if err != nil || !may {
		return err
	}
	e.r.Commitment = &CommitmentState{Spec: *spec, Chosen: e.in.Committed}
	return nil
}

func (e *evaluation) pages(pages []page, s sheet, answers contract.Answers) ([]PageState, error) {
	list := make([]PageState, 0, len(pages))
	for i := range pages {
		state, shown, err := e.page(&pages[i], s, answers)
		if err != nil {
			return nil, err
		}
		if shown {
			list = append(list, state)
		}
	}
	return list, nil
}

// page decides which fields of a page are shown and reads their answers, which
// later conditions then see. A page without a field to show is not shown.
func (e *evaluation) page(p *page, s sheet, answers contract.Answers) (PageState, bool, error) {
	state := PageState{Page: p.Page}
	shown, err := holds(p.when, e.v)
	if err != nil || !shown {
		return state, false, err
	}
	state.Fields = make([]FieldState, 0, len(p.fields))
	for i := range p.fields {
		f := &p.fields[i]
		shown, err := holds(f.when, e.v)
		if err != nil {
			return state, false, err
		}
		if !shown {
			continue
		}
		fs, err := e.field(f, s)
		if err != nil {
			return state, false, err
		}
		if fs.Value != nil && fs.Fault == nil {
			e.see(f, &fs, answers)
		}
		if fs.Value != nil || f.Kind != KindComputed { // a computed value that there is not yet is not shown
			state.Fields = append(state.Fields, fs)
		}
	}
	return state, len(state.Fields) > 0, nil
}

// see lets later rules read an answer.
func (e *evaluation) see(f *field, fs *FieldState, answers contract.Answers) {
	answers[f.ID], e.v.A[f.ID], e.v.Given[f.ID] = fs.Value, fs.Value, true
	fs.Words = e.names.Show(f.Field, fs.Value)
	e.v.Words[f.ID] = fs.Words.ZH
	if !Rows(f.Kind) {
		return
	}
	seen := make([]any, 0, len(fs.Rows))
	for i := range fs.Rows {
		seen = append(seen, fs.Rows[i].vars)
	}
	e.v.A[f.ID] = seen
}

// field reads the answer of a field and judges it by itself.
func (e *evaluation) field(f *field, s sheet) (FieldState, error) {
	switch f.Kind {
	case KindComputed:
		return e.computed(f), nil
	case KindFile, KindPhoto:
		return FieldState{Field: f.Field, def: f}, nil // its material is looked at when all answers are known
	case KindGroup, KindTable:
		return e.group(f, s)
	}
	fs := e.look(f, s)
	if f.Kind == KindLicence && fs.Value != nil && fs.Fault == nil {
		e.choose(fs)
	}
	return fs, nil
}

// computed gives what a value comes to with the answers before it. What cannot
// be worked out yet (a division by what was not answered) is no value.
func (e *evaluation) computed(f *field) FieldState {
	fs := FieldState{Field: f.Field, def: f}
	if f.value == nil {
		return fs
	}
	x, err := f.value.Value(e.v)
	if err != nil {
		return fs
	}
	switch n := x.(type) {
	case float64:
		if math.IsNaN(n) || math.IsInf(n, 0) {
			return fs
		}
		x = round(n)
	case string:
		if n == "" {
			return fs
		}
	}
	fs.Value, fs.Words = x, e.names.Show(f.Field, x)
	return fs
}

// look reads a field that is one answer.
func (e *evaluation) look(f *field, s sheet) FieldState {
	fs := FieldState{Field: f.Field, def: f}
	if s.group != "" {
		fs.Field.ID = Cell(s.group, s.row, f.ID)
	}
	if f.Kind == KindLicence {
		fs.Licences = offered(f.Field, s.licences)
	}
	h, value, ok := e.held(f, s)
	if reason, disputed := s.disputed[f.ID]; ok && disputed && s.group == "" {
		fs.Known, ok = &h, false
		fs.Disputed = &contract.Dispute{Field: f.ID, Key: f.Held, Source: h.Source, Reason: reason}
		e.r.Disputes = append(e.r.Disputes, *fs.Disputed)
	}
	if ok {
		fs.Value, fs.Held, fs.Words = value, &h, e.names.Show(f.Field, value)
		return fs
	}
	if f.Held != "" && slices.Contains(s.down, f.Held) {
		fs.Unchecked = true
		e.r.Unchecked = append(e.r.Unchecked, fs.Field.ID)
	}
	e.answer(f, &fs, s)
	return fs
}

// answer takes what was given and says what is wrong with it.
func (e *evaluation) answer(f *field, fs *FieldState, s sheet) {
	fs.Value, fs.Typed = Restore(f.Field, s.answers[f.ID]), s.typed[fs.Field.ID]
	if len(fs.Typed) > 0 {
		fs.Value = nil
		if p := reparse(fs.Field, fs.Typed); p.Fault != nil {
			fs.Fault = p.Fault
			return
		}
		fs.Typed = nil
	}
	switch {
	case fs.Value == nil && f.Required && f.Kind == KindLicence && s.licences != nil && len(fs.Licences) == 0:
		fs.Fault = invalid(f.Field, "form.field.no_licence")
	case fs.Value == nil && f.Required:
		fs.Fault = missing(f.Field)
	case fs.Value != nil:
		fs.Fault = e.validate(f.Field, fs, s)
		fs.Words = e.names.Show(f.Field, fs.Value)
	}
}

// validate adds to what a field says by itself what only the day, the divisions
// and the applicant's licences tell.
func (e *evaluation) validate(f contract.Field, fs *FieldState, s sheet) *fault.Error {
	if err := validate(f, fs.Value); err != nil {
		return err
	}
	text, _ := fs.Value.(string)
	switch f.Kind {
	case KindResidentID:
		id, err := idcode.ParseResident(text)
		if err == nil {
			err = id.BornBy(e.in.Today)
		}
		return coded(f, err)
	case KindDivision:
		if e.in.Divisions == nil {
			return nil
		}
		if _, known := e.in.Divisions(text); !known {
			return invalid(f, "form.field.division")
		}
	case KindLicence:
		if s.licences != nil && !slices.ContainsFunc(fs.Licences, func(l contract.HeldLicence) bool { return string(l.ID) == text }) {
			return invalid(f, "form.field.licence")
		}
	}
	return nil
}

// offered are the licences of a licence field.
func offered(f contract.Field, licences []contract.HeldLicence) []contract.HeldLicence {
	var list []contract.HeldLicence
	for _, l := range licences {
		if slices.Contains(f.LicenceTypes, l.TypeCode) {
			list = append(list, l)
		}
	}
	return list
}

// choose makes the chosen licence known to the rules and to what is held.
func (e *evaluation) choose(fs FieldState) {
	id, _ := fs.Value.(string)
	for i, l := range fs.Licences {
		if string(l.ID) == id {
			e.chosen = &fs.Licences[i]
			e.v.Licence = e.c.face(l.Face)
			for line, value := range l.Face {
				e.v.Held[chosenPrefix+line] = value
			}
		}
	}
	if prior := e.c.Service.Licence; prior == nil || prior.Prior == "" || prior.Prior == fs.Field.ID {
		e.r.Licence = e.chosen
	}
}

// held returns what the government holds for a field, if it is a good answer to
// it and no notice doubts it.
func (e *evaluation) held(f *field, s sheet) (contract.Held, any, bool) {
	h, ok := e.fact(f, s)
	if !ok || h.Value == "" || marked(s.reopened, "field", f.ID) {
		return contract.Held{}, nil, false
	}
	p := reparse(f.Field, []string{h.Value})
	if p.Value == nil || validate(f.Field, p.Value) != nil {
		return contract.Held{}, nil, false
	}
	return h, p.Value, true
}

func (e *evaluation) fact(f *field, s sheet) (contract.Held, bool) {
	if s.group != "" {
		h, ok := s.facts[f.ID]
		return h, ok
	}
	if f.Held == "" {
		return contract.Held{}, false
	}
	if line, ok := strings.CutPrefix(f.Held, chosenPrefix); ok && e.chosen != nil {
		l := e.chosen
		value, known := l.Face[line]
		return contract.Held{
			Value: value, At: l.From, Registry: "licence",
			Source: contract.Text{ZH: l.Name.ZH + " " + l.Number, EN: l.Name.EN + " " + l.Number},
		}, known
	}
	h, ok := s.held[f.Held]
	return h, ok
}

func marked(marks []contract.Mark, kind, id string) bool {
	return slices.ContainsFunc(marks, func(m contract.Mark) bool { return m.Kind == kind && m.ID == id })
}

// group reads the rows of a group: those that the government knows, or those
// that were given, and as many more as are asked from the start.
func (e *evaluation) group(f *field, s sheet) (FieldState, error) {
	fs := FieldState{Field: f.Field, def: f}
	given := rowsOf(s.answers[f.ID])
	h, known := s.held[f.Held]
	known = known && f.Held != "" && len(h.Rows) > 0 && !marked(s.reopened, "field", f.ID)
	facts := h.Rows
	if reason, disputed := s.disputed[f.ID]; known && disputed {
		fs.Known = &h
		fs.Disputed = &contract.Dispute{Field: f.ID, Key: f.Held, Source: h.Source, Reason: reason}
		e.r.Disputes = append(e.r.Disputes, *fs.Disputed)
		if given == nil { // begin with what is known: only what is wrong is changed
			given = known2given(f, facts)
		}
		known, facts = false, nil
	}
	if !known && f.Held != "" && slices.Contains(s.down, f.Held) {
		fs.Unchecked = true
		e.r.Unchecked = append(e.r.Unchecked, f.ID)
	}
	n := max(len(given), leastRows(f.Field))
	if known {
		n, fs.Fixed = len(facts), true
	}
	row := s
	row.group = f.ID
	for i := range min(n, maxRows) {
		row.row, row.answers, row.facts = i, nil, nil
		if i < len(given) {
			row.answers = given[i]
		}
		if known {
			row.facts = rowFacts(f, facts[i], h)
		}
		r, err := e.row(f, row)
		if err != nil {
			return fs, err
		}
		fs.Rows = append(fs.Rows, r)
	}
	e.settleRows(f, &fs, known, h)
	return fs, nil
}

// known2given reads held rows as if they had been given.
func known2given(f *field, facts []map[string]any) []map[string]any {
	list := make([]map[string]any, 0, len(facts))
	for _, row := range facts {
		given := map[string]any{}
		for id, h := range rowFacts(f, row, contract.Held{}) {
			i := slices.IndexFunc(f.columns, func(c field) bool { return c.ID == id })
			if p := reparse(f.columns[i].Field, []string{h.Value}); p.Value != nil {
				given[id] = p.Value
			}
		}
		list = append(list, given)
	}
	return list
}

// rowFacts are the cells that a held row answers: by the last part of the
// column's key, or by its id.
func rowFacts(f *field, row map[string]any, of contract.Held) map[string]contract.Held {
	facts := map[string]contract.Held{}
	for i := range f.columns {
		column := &f.columns[i]
		key := column.ID
		if column.Held != "" {
			key = column.Held[strings.LastIndexByte(column.Held, '.')+1:]
		}
		if text, ok := textOf(row[key]); ok {
			facts[column.ID] = contract.Held{Value: text, Source: of.Source, At: of.At, Registry: of.Registry}
		}
	}
	return facts
}

func textOf(v any) (string, bool) {
	switch x := v.(type) {
	case string:
		return x, x != ""
	case bool:
		if x {
			return "yes", true
		}
		return "no", true
	case int:
		return strconv.Itoa(x), true
	case int64:
		return strconv.FormatInt(x, 10), true
	case float64:
		return number(x), true
	}
	return "", false
}

// row reads the cells of one row. Conditions of a cell see the earlier cells of
// the same row, and everything before the group.
func (e *evaluation) row(f *field, s sheet) (RowState, error) {
	r := RowState{answers: map[string]any{}, vars: maps.Clone(f.blank), Held: s.facts != nil}
	e.v.Row = r.vars
	defer func() { e.v.Row = nil }()
	for i := range f.columns {
		column := &f.columns[i]
		shown, err := holds(column.when, e.v)
		if err != nil {
			return r, err
		}
		if !shown {
			continue
		}
		var fs FieldState
		if column.Kind == KindComputed {
			fs = e.computed(column)
			fs.Field.ID = Cell(s.group, s.row, column.ID)
		} else {
			fs = e.look(column, s)
		}
		if fs.Value != nil && fs.Fault == nil {
			r.answers[column.ID], r.vars[column.ID] = fs.Value, fs.Value
		}
		if fs.Value != nil || column.Kind != KindComputed {
			r.Fields = append(r.Fields, fs)
		}
	}
	return r, nil
}

// settleRows makes the group's own answer of its rows, and counts them.
func (e *evaluation) settleRows(f *field, fs *FieldState, known bool, h contract.Held) {
	rows, sound, whole := make([]any, 0, len(fs.Rows)), true, true
	used := 0
	for i := range fs.Rows {
		r := &fs.Rows[i]
		rows = append(rows, r.answers)
		sound = sound && r.Done()
		whole = whole && !slices.ContainsFunc(r.Fields, FieldState.Asks)
		if len(r.answers) > 0 {
			used++
		}
	}
	if known && whole {
		fs.Held = &h
	}
	switch {
	case len(fs.Rows) > mostRows(f.Field) && !known:
		fs.Fault = invalid(f.Field, "form.field.rows_many", "n", mostRows(f.Field))
	case sound && used < leastRows(f.Field):
		fs.Fault = invalid(f.Field, "form.field.rows_few", "n", leastRows(f.Field))
	}
	if len(rows) > 0 && used > 0 {
		fs.Value = rows
	}
}

// settle runs the checks of the fields once all answers of the person are known,
// so that one may compare two of them, and says what is done.
func (e *evaluation) settle(pages []PageState, materials []MaterialState, answers contract.Answers) error {
	for i := range pages {
		p := &pages[i]
		p.Done = true
		for j := range p.Fields {
			fs := &p.Fields[j]
			if err := e.check(fs); err != nil {
				return err
			}
			fs.attach(materials, p.Page.ID)
			e.settleField(p, fs, answers)
		}
		p.Begun = p.Begun || p.Done
	}
	return nil
}

// attach shows the material that a file or photo field asks for.
func (f *FieldState) attach(materials []MaterialState, page string) {
	if f.Field.Material == "" {
		return
	}
	i := slices.IndexFunc(materials, func(m MaterialState) bool { return m.Spec.ID == f.Field.Material })
	if i >= 0 {
		materials[i].Page = page
		f.Material = &materials[i]
	}
}

func (e *evaluation) settleField(p *PageState, fs *FieldState, answers contract.Answers) {
	faulty := len(fs.Faults()) > 0
	if faulty {
		p.Done = false
	}
	if fs.Fault != nil || faulty && !Rows(fs.Field.Kind) {
		delete(answers, fs.Field.ID)
	}
	if Rows(fs.Field.Kind) {
		trimRows(answers, fs.Field.ID)
	}
	if fs.Field.Required || faulty {
		e.awaited[fs.Field.ID] = true
	}
	if !fs.Asks() {
		return
	}
	e.r.Asked++
	p.Begun = p.Begun || fs.Value != nil || len(fs.Typed) > 0 || fs.Material != nil && len(fs.Material.Files) > 0
}

// trimRows drops the rows at the end in which nothing stands.
func trimRows(answers contract.Answers, group string) {
	rows, _ := answers[group].([]any)
	for len(rows) > 0 {
		if row, _ := rows[len(rows)-1].(map[string]any); len(row) > 0 {
			break
		}
		rows = rows[:len(rows)-1]
	}
	if len(rows) == 0 {
		delete(answers, group)
		return
	}
	answers[group] = rows
}

// check runs the checks of a field and of its cells.
func (e *evaluation) check(fs *FieldState) error {
	for i := range fs.Rows {
		row := &fs.Rows[i]
		e.v.Row = row.vars
		for j := range row.Fields {
			cell := &row.Fields[j]
			if err := e.check(cell); err != nil {
				return err
			}
			if cell.Fault != nil {
				delete(row.answers, cell.def.ID)
			}
		}
		e.v.Row = nil
	}
	if fs.Value == nil || fs.Fault != nil || fs.Held != nil {
		return nil
	}
	for i, k := range fs.def.checks {
		ok, err := k.Bool(e.v)
		if err != nil {
			return err
		}
		if !ok {
			fs.Fault = invalid(fs.Field, "form.field.check", "message", Words(fs.Field.Checks[i].Message))
			return nil
		}
	}
	return nil
}

// parts says which parts of a bundle apply.
func (e *evaluation) parts() error {
	for i, p := range e.c.Service.Parts {
		applies, err := holds(e.c.parts[i], e.v)
		if err != nil {
			return err
		}
		if applies {
			e.r.Parts = append(e.r.Parts, p.ID)
		}
	}
	return nil
}

// judge runs the rules of the service: who may apply, and what may be granted
// at once. A condition is judged once everything it reads was answered; before
// that nobody is told that they may not apply.
func (e *evaluation) judge() error {
	for i, k := range e.c.eligible {
		if !e.answered(k) {
			continue
		}
		ok, err := holds(k, e.v)
		if err != nil {
			return err
		}
		if !ok {
			e.r.Ineligible = append(e.r.Ineligible, e.c.Service.Rules.Eligible[i].Message)
		}
	}
	if e.c.instant == nil || !e.r.Complete() || !e.r.Signed() {
		return nil
	}
	ok, err := e.c.instant.Bool(e.v)
	if err != nil || !ok {
		return err
	}
	e.r.Instant = true
	e.r.Trace = e.c.trace(e.r)
	return nil
}

// answered reports whether every field that a rule reads is answered or hidden,
// also by way of computed values.
func (e *evaluation) answered(p *rule.Program) bool {
	return p == nil || e.answeredTo(p, len(e.c.values))
}

// answeredTo follows computed values, which read earlier fields only, to a depth.
func (e *evaluation) answeredTo(p *rule.Program, depth int) bool {
	for _, ref := range p.Refs() {
		if !readsField(ref) || ref.Var == "given" {
			continue
		}
		if value := e.c.values[ref.Name]; value != nil && depth > 0 && !e.answeredTo(value, depth-1) {
			return false
		}
		if e.awaited[ref.Name] && (!e.v.Given[ref.Name] || Rows(e.c.kinds[ref.Name]) && !e.whole(ref.Name)) {
			return false
		}
	}
	return true
}

// whole reports whether nothing is missing in a group.
func (e *evaluation) whole(group string) bool {
	f, ok := e.r.field(group)
	return !ok || len(f.Faults()) == 0
}
