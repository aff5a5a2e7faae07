package form

import (
	"maps"
	"strconv"
	"strings"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/rule"
)

// signerSpec is the id of the SignerSpec of a SignerState's id.
func signerSpec(id string) string {
	spec, _, _ := strings.Cut(id, "/")
	return spec
}

// signers finds who must sign as the application stands, and reads what each
// has given. The applicant's answers are known by then.
func (e *evaluation) signers() error {
	for i := range e.c.signers {
		s := &e.c.signers[i]
		if s.Group == "" {
			if err := e.signer(s, SignerState{ID: s.ID, Spec: s.SignerSpec, Row: -1}, nil); err != nil {
				return err
			}
			continue
		}
		f, shown := fieldIn(e.r.Pages, s.Group)
		if !shown {
			continue
		}
		for n := range f.Rows {
			x := SignerState{ID: s.ID + "/" + strconv.Itoa(n), Spec: s.SignerSpec, Row: n}
			if err := e.signer(s, x, &f.Rows[n]); err != nil {
				return err
			}
		}
	}
	return nil
}

// signer judges one signer's part. The answers of a row's signer are kept in the
// row; rules of others do not see them.
func (e *evaluation) signer(s *signer, x SignerState, row *RowState) error {
	answers, name := e.r.Answers, func(id string) string { t, _ := e.r.Answers[id].(string); return t }
	if row != nil {
		if len(row.answers) == 0 {
			return nil // a row in which nobody is named yet
		}
		defer e.inRow(s, row)()
		answers, name = contract.Answers{}, func(id string) string { t, _ := row.answers[id].(string); return t }
	}
	must, err := holds(s.when, e.v)
	if err != nil || !must {
		return err
	}
	x.Person, x.Number = name(s.NameField), name(s.NumberField)
	in := e.signed(x)
	if x.Pages, err = e.pages(s.pages, sheet{
		signer: x.ID, answers: in.Answers, typed: in.Typed, held: in.Held, down: in.Down, disputed: in.Disputed,
		licences: in.Licences, reopened: e.in.Reopened,
	}, answers); err != nil {
		return err
	}
	if x.Materials, err = e.papers(papers{
		signer: x.ID, handed: in.Materials, ways: in.Ways, licences: in.Licences, copies: in.Copies,
		held: in.Held, down: in.Down, disputed: in.Disputed,
	}); err != nil {
		return err
	}
	asked := e.r.Asked // counts what the applicant is asked
	if err := e.settle(x.Pages, x.Materials, answers); err != nil {
		return err
	}
	e.r.Asked = asked
	if row != nil {
		maps.Copy(row.answers, answers)
	}
	x.Signature = in.Signature
	e.r.Signers = append(e.r.Signers, x)
	return nil
}

// signed is what a signer gave. In a correction that is part of what was handed
// in.
func (e *evaluation) signed(x SignerState) SignerInput {
	in, ok := e.in.Signers[x.ID]
	if ok || len(e.in.Reopened) == 0 {
		return in
	}
	in.Answers, in.Materials = e.in.Answers, e.in.Materials
	if x.Row >= 0 {
		in.Answers = nil
		if rows := rowsOf(e.in.Answers[x.Spec.Group]); x.Row < len(rows) {
			in.Answers = rows[x.Row]
		}
	}
	return in
}

// inRow shows the rules the row of a signer, and returns what hides it again
// with the answers of the signer.
func (e *evaluation) inRow(s *signer, row *RowState) func() {
	e.v.Row = row.vars
	return func() {
		if e.keep {
			v := *e.v
			v.A, v.Given, v.Words = maps.Clone(v.A), maps.Clone(v.Given), maps.Clone(v.Words)
			if e.seen == nil {
				e.seen = map[string][]*rule.Vars{}
			}
			e.seen[s.ID] = append(e.seen[s.ID], &v)
		}
		e.v.Row = nil
		for _, p := range s.pages {
			for _, f := range p.fields {
				e.v.A[f.ID], e.v.Given[f.ID], e.v.Words[f.ID] = rule.Blank(f.Kind), false, ""
			}
		}
	}
}
