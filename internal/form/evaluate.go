package form

import (
	"math"
	"slices"
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
	e.r = Result{Answers: make(contract.Answers, len(c.fields)), Fields: len(c.fields), names: e.names}
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
	spares  map[string]bool       // materials of the applicant that a commitment makes needless
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
	if err := e.commitments(); err != nil {
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

// preset is the one licence that can be meant: chosen beforehand where nothing was
// said yet. A notice that doubts the choice leaves it open.
func preset(f *field, fs *FieldState, s sheet) (string, bool) {
	if f.Kind != KindLicence || !f.Required || len(fs.Licences) != 1 || len(fs.Typed) > 0 || marked(s.reopened, "field", f.ID) {
		return "", false
	}
	return string(fs.Licences[0].ID), true
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
	if id, one := preset(f, fs, s); one && (fs.Value == nil || fs.Value == any(id)) {
		fs.Value, fs.Preset = id, true
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
			e.v.Licence = e.c.face(l.Lines())
			for line, value := range l.Lines() {
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
	if code, _ := p.Value.(string); f.Kind == KindDivision && e.in.Divisions != nil {
		if _, known := e.in.Divisions(code); !known {
			return contract.Held{}, nil, false // nobody could read it: ask
		}
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
		value, known := l.Lines()[line]
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
