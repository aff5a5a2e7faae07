package form

import (
	"slices"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/day"
	"github.com/tongban/tongban/internal/kit/fault"
)

// Input is all that an application is judged by. Only Today is needed; what is
// nil is not there.
type Input struct {
	Answers contract.Answers
	// Found is what officials found while they handled the case; nothing while
	// somebody applies.
	Found contract.Answers
	// Typed is what could not be read, as typed; cells of groups by their names
	// ("members.0.income"). Parsed.Put keeps both.
	Typed     map[string][]string
	Applicant contract.Party
	Today     day.Date
	// Held is what the registries answered, by key; Down are the keys whose
	// registry did not answer. Keys "licence.<line>" are not needed: the form takes
	// them from the licence that is chosen.
	Held map[string]contract.Held
	Down []string
	// Disputed are held data that the applicant says are wrong: the reason by field
	// id, or by "material.<id>". What is disputed is asked.
	Disputed map[string]string
	// Licences are valid ones of the applicant. nil means that nobody looked: then
	// any licence that was chosen before is taken.
	Licences []contract.HeldLicence
	// Copies are verified copies in earlier cases of the applicant.
	Copies []contract.Copy
	// Materials are what was handed in, whatever way it came. Ways is the way that
	// was chosen, by material; without it the way follows from what is there.
	Materials []contract.Material
	Ways      map[string]string
	// Commits are the applicant's choices to commit instead of proving, by part, "" for
	// the service itself. Committed is the choice where they say nothing of it.
	Commits   map[string]bool
	Committed bool
	// Reopened fields are asked even where the government holds an answer: a
	// correction notice doubts it.
	Reopened []contract.Mark
	// Signers are what the signers gave, by the id of the SignerState.
	Signers map[string]SignerInput
	// Divisions returns the full name of a division ("四川省广安市广安区"); without
	// it codes are shown and not looked up.
	Divisions func(code string) (contract.Text, bool)
	// DueBy returns the day that is so many working days from today, for materials
	// that come later; without it the day stays open.
	DueBy func(workdays int) string
}

// SignerInput is what one signer gave: all by themselves, with what the
// government holds about them.
type SignerInput struct {
	Answers   contract.Answers
	Typed     map[string][]string
	Held      map[string]contract.Held
	Down      []string
	Disputed  map[string]string
	Licences  []contract.HeldLicence
	Copies    []contract.Copy
	Materials []contract.Material
	Ways      map[string]string
	// Signature is set once the signer has signed.
	Signature *contract.Signature
}

// Result is what the form says about an application as it stands.
type Result struct {
	Pages     []PageState
	Materials []MaterialState // of the applicant; those of a signer stand with the signer
	// Answers are what would be submitted: of fields that are shown, typed, with
	// what the government holds, computed values and the signers' answers. Answers
	// of signers who are rows of a group stand in their row.
	Answers contract.Answers
	// Ineligible are the conditions of the service that do not hold.
	Ineligible []contract.Text
	// Instant is set when the service's own rule allows a grant at once; Trace
	// says in plain words what was looked at. Nothing is ever denied here.
	Instant bool
	Trace   []contract.Text
	// Fields of the whole form, and how many of them this applicant is asked.
	Fields, Asked int

	// Disputes are the held data that are asked because the applicant disputes
	// them; Unchecked are fields and "material.<id>" that are asked because a
	// registry is down. Both go into the submission.
	Disputes  []contract.Dispute
	Unchecked []string
	// Signers are those who must sign as the application stands.
	Signers []SignerState
	// Commitments are what this applicant may choose instead of proving.
	Commitments []CommitmentState
	// Parts are the ids of the parts of a bundle that apply.
	Parts []string
	// Licence is the licence that was chosen for a change, renewal or cancellation.
	Licence *contract.HeldLicence

	names Names
}

// Show returns the words of any answer with the names that the form was judged
// with: of divisions, and of the applicant's licences.
func (r Result) Show(f contract.Field, v any) contract.Text { return r.names.Show(f, v) }

// PageState is a page that is shown.
type PageState struct {
	Page   contract.Page
	Fields []FieldState // those that are shown
	Done   bool         // nothing is missing or wrong
	Begun  bool         // something was answered
}

// FieldState is a field that is shown. In a row of a group the ID of the field
// is the full name of the cell, "members.0.income".
type FieldState struct {
	Field contract.Field
	Value any            // typed; nil without an answer
	Typed []string       // as typed, where it could not be read
	Words contract.Text  // the answer as people read it
	Held  *contract.Held // the answer comes from the government; not asked
	Fault *fault.Error

	// Rows are those of a group or table. Fixed rows come from the government:
	// only what it does not know is asked, and none is added or removed.
	Rows  []RowState
	Fixed bool
	// Material is the material that a file or photo field asks for on this page.
	Material *MaterialState
	// Licences are the licences that a licence field offers.
	Licences []contract.HeldLicence
	// Preset is set where the one licence that can be meant is chosen beforehand:
	// shown as chosen, open to change, and not asked.
	Preset bool
	// Disputed is set where the applicant says that what is held is wrong; Known is
	// what is held, still shown.
	Disputed *contract.Dispute
	Known    *contract.Held
	// Unchecked is set where the registry that should know is down: asked now,
	// checked later.
	Unchecked bool

	def *field
}

// Computed reports whether the field is only shown: nobody is asked.
func (f FieldState) Computed() bool { return f.Field.Kind == KindComputed }

// Asks reports whether somebody has to answer the field, or could.
func (f FieldState) Asks() bool {
	if f.Material != nil {
		return f.Material.Asked
	}
	return f.Held == nil && !f.Preset && !shown(f.Field.Kind)
}

// Signing reports whether the page asks for nothing but declarations and
// signatures. It is no step of its own: it stands beside the button that submits.
func (p PageState) Signing() bool {
	return !slices.ContainsFunc(p.Fields, func(f FieldState) bool {
		return f.Field.Kind != KindDeclaration && f.Field.Kind != KindSignature
	})
}

// Asks reports whether anything of the page is asked.
func (p PageState) Asks() bool { return slices.ContainsFunc(p.Fields, FieldState.Asks) }

// Steps are the pages that are steps of their own.
func (r Result) Steps() []PageState {
	return slices.DeleteFunc(slices.Clone(r.Pages), PageState.Signing)
}

// Signatures are the declarations and signatures that stand beside the button.
func (r Result) Signatures() []FieldState {
	var list []FieldState
	for _, p := range r.Pages {
		if p.Signing() {
			list = append(list, p.Fields...)
		}
	}
	return list
}

// MaterialState is a material that applies.
type MaterialState struct {
	Spec  contract.MaterialSpec
	Files []contract.Material // that came in the chosen way
	Fault *fault.Error        // it is required and missing, or the way is closed

	// Asked is set when the applicant has to do something for it. What a licence
	// or a registry stands for, what is made of the answers and what a commitment
	// replaces is not asked.
	Asked bool
	// Ways are open for the applicant to choose from, in the order in which to
	// offer them; empty when nothing is asked. Way is the chosen one, or the one
	// that needs no choice; "" when none was chosen.
	Ways []Way
	Way  string
	// Page is the page that shows the material, where a field does; then it is no
	// step of its own.
	Page      string
	Disputed  *contract.Dispute
	Unchecked bool // the registry that should know is down

	handed []contract.Material
}

// Way is one way in which a material may come: contract.MaterialUpload and so on.
type Way struct {
	Kind     string
	Licences []contract.HeldLicence // of MaterialLicence: those that stand for it
	Held     *contract.Held         // of MaterialHeld
	Copies   []contract.Copy        // of MaterialCopy: those that are not too old
	Due      string                 // of MaterialOwed: the day by which it must come
}

// Open returns one of the open ways.
func (m MaterialState) Open(kind string) (Way, bool) {
	i := slices.IndexFunc(m.Ways, func(w Way) bool { return w.Kind == kind })
	if i < 0 {
		return Way{}, false
	}
	return m.Ways[i], true
}

// Done reports whether nothing is missing.
func (m MaterialState) Done() bool { return m.Fault == nil }

// Handed are the entries for the submission: files, or one entry that says how
// the material comes instead. At is zero where nothing was handed in, ID and
// Origin are always set.
func (m MaterialState) Handed() []contract.Material { return m.handed }

// Handed lists the entries of all materials for the submission, those of the
// signers too.
func (r Result) Handed() []contract.Material {
	var list []contract.Material
	for _, m := range r.Materials {
		list = append(list, m.handed...)
	}
	for _, s := range r.Signers {
		for _, m := range s.Materials {
			list = append(list, m.handed...)
		}
	}
	return list
}

// Takes returns the material if somebody may hand it in that way as the
// application stands: one that the guide lists, that applies, that is asked, by
// a way that is open. signer is "" for the applicant. Anything else is a fault:
// what the guide does not list is not taken (Licensing Law art. 32).
func (r Result) Takes(signer, material, way string) (MaterialState, error) {
	list := r.Materials
	if signer != "" {
		s, ok := r.Signer(signer)
		if !ok {
			return MaterialState{}, fault.New(fault.NotFound, "form.file.unasked")
		}
		list = s.Materials
	}
	i := slices.IndexFunc(list, func(m MaterialState) bool { return m.Spec.ID == material })
	if i < 0 || len(list[i].Ways) == 0 {
		return MaterialState{}, fault.New(fault.NotFound, "form.file.unasked")
	}
	if _, ok := list[i].Open(way); !ok {
		return MaterialState{}, fault.New(fault.Invalid, "form.way.not_offered")
	}
	return list[i], nil
}

// SignerState is one who must sign as the application stands.
type SignerState struct {
	ID     string // of the SignerSpec; "<id>/<row>" in a group, rows from 0
	Spec   contract.SignerSpec
	Row    int    // -1 outside a group
	Person string // name and identity number as the applicant gave them
	Number string
	// Pages and Materials are what the signer fills in and hands in.
	Pages     []PageState
	Materials []MaterialState
	Signature *contract.Signature // nil until the signer has signed
}

// Faults lists what the signer still has to do before signing.
func (s SignerState) Faults() []fault.Field { return faultsOf(s.Pages, s.Materials) }

// Complete reports whether the signer can sign.
func (s SignerState) Complete() bool { return len(s.Faults()) == 0 }

// Done reports whether the signer has signed, and nothing is open.
func (s SignerState) Done() bool { return s.Signature != nil && s.Complete() }

// Signer returns one who must sign.
func (r Result) Signer(id string) (SignerState, bool) {
	i := slices.IndexFunc(r.Signers, func(s SignerState) bool { return s.ID == id })
	if i < 0 {
		return SignerState{}, false
	}
	return r.Signers[i], true
}

// Signed reports whether everybody who must sign has signed.
func (r Result) Signed() bool {
	return !slices.ContainsFunc(r.Signers, func(s SignerState) bool { return !s.Done() })
}

// Uploads returns the materials that are steps of their own: asked of the
// applicant, and not on a page of the form.
func (r Result) Uploads() []MaterialState {
	return slices.DeleteFunc(slices.Clone(r.Materials), func(m MaterialState) bool { return !m.Asked || m.Page != "" })
}

// Progress counts the steps: pages and uploads, and the final check.
func (r Result) Progress() (done, total int) {
	steps := r.Steps()
	for _, p := range steps {
		if p.Done {
			done++
		}
	}
	uploads := r.Uploads()
	for _, m := range uploads {
		if m.Done() {
			done++
		}
	}
	return done, len(steps) + len(uploads) + 1
}

// Complete reports whether the applicant's part is complete and every condition
// of the service holds. The signers sign after that; see Signed.
func (r Result) Complete() bool { return len(r.Faults()) == 0 && len(r.Ineligible) == 0 }

// Faults lists what is missing or wrong, in the order of the form. Materials
// are named "material.<id>", cells "members.0.income".
func (r Result) Faults() []fault.Field { return faultsOf(r.Pages, r.Materials) }

func faultsOf(pages []PageState, materials []MaterialState) []fault.Field {
	var list []fault.Field
	for _, p := range pages {
		list = append(list, p.Faults()...)
	}
	for _, m := range materials {
		if m.Fault != nil && m.Page == "" {
			list = append(list, m.fault())
		}
	}
	return list
}

func (m MaterialState) fault() fault.Field {
	return fault.Field{Name: materialPrefix + m.Spec.ID, Err: m.Fault}
}

// Faults lists what is missing or wrong on the page.
func (p PageState) Faults() []fault.Field {
	var list []fault.Field
	for _, f := range p.Fields {
		list = append(list, f.Faults()...)
	}
	return list
}

// Faults lists what is missing or wrong in the field and its rows.
func (f FieldState) Faults() []fault.Field {
	var list []fault.Field
	if f.Fault != nil {
		list = append(list, fault.Field{Name: f.Field.ID, Err: f.Fault})
	}
	for _, row := range f.Rows {
		for _, cell := range row.Fields {
			list = append(list, cell.Faults()...)
		}
	}
	if f.Material != nil && f.Material.Fault != nil {
		list = append(list, f.Material.fault())
	}
	return list
}

// Page returns a page that is shown.
func (r Result) Page(id string) (PageState, bool) {
	i := slices.IndexFunc(r.Pages, func(p PageState) bool { return p.Page.ID == id })
	if i < 0 {
		return PageState{}, false
	}
	return r.Pages[i], true
}

// Material returns a material that applies to the applicant.
func (r Result) Material(id string) (MaterialState, bool) {
	i := slices.IndexFunc(r.Materials, func(m MaterialState) bool { return m.Spec.ID == id })
	if i < 0 {
		return MaterialState{}, false
	}
	return r.Materials[i], true
}

// field returns a field that is shown, of the applicant or a signer.
func (r Result) field(id string) (FieldState, bool) {
	if f, ok := fieldIn(r.Pages, id); ok {
		return f, true
	}
	for _, s := range r.Signers {
		if f, ok := fieldIn(s.Pages, id); ok {
			return f, true
		}
	}
	return FieldState{}, false
}

func fieldIn(pages []PageState, id string) (FieldState, bool) {
	for _, p := range pages {
		for _, f := range p.Fields {
			if f.Field.ID == id {
				return f, true
			}
		}
	}
	return FieldState{}, false
}

// Burden is what an application asks of people. What is not asked is what the
// government holds, a computed value, or a material that something stands for.
type Burden struct {
	Fields    int // that apply; each column of a group is one
	Asked     int
	Materials int // that apply
	// MaterialsAsked are those for which somebody has to do something.
	MaterialsAsked int
}

// Burden counts what is asked of the applicant and the signers.
func (r Result) Burden() Burden {
	var b Burden
	count := func(pages []PageState, materials []MaterialState) {
		for _, p := range pages {
			for _, f := range p.Fields {
				all, asked := f.weight()
				b.Fields, b.Asked = b.Fields+all, b.Asked+asked
			}
		}
		for _, m := range materials {
			b.Materials++
			if m.Asked {
				b.MaterialsAsked++
			}
		}
	}
	count(r.Pages, r.Materials)
	for _, s := range r.Signers {
		count(s.Pages, s.Materials)
	}
	return b
}

// weight counts the data of a field, and those that are asked. A group counts
// by its columns, asked in any row or in none.
func (f FieldState) weight() (all, asked int) {
	switch {
	case f.Material != nil || f.Field.Kind == KindFile || f.Field.Kind == KindPhoto:
		return 0, 0 // counted as a material
	case !Rows(f.Field.Kind):
		if f.Asks() {
			return 1, 1
		}
		return 1, 0
	}
	for i, column := range f.Field.Fields {
		all++
		if f.Held == nil && !shown(column.Kind) && f.asksColumn(i) {
			asked++
		}
	}
	return all, asked
}

func (f FieldState) asksColumn(i int) bool {
	if len(f.Rows) == 0 {
		return true
	}
	id := f.Field.Fields[i].ID
	for n, row := range f.Rows {
		name := Cell(f.Field.ID, n, id)
		if slices.ContainsFunc(row.Fields, func(c FieldState) bool { return c.Field.ID == name && c.Asks() }) {
			return true
		}
	}
	return false
}
