package form

import (
	"maps"
	"slices"
	"strings"

	"github.com/tongban/tongban/internal/contract"
)

// Split gives each part of a bundle that applies its own application: answers
// and materials in the ids of the part's own form, and nothing of the others.
// merged is what Merge made, in what it was judged by and result what Evaluate
// said. own returns a part's service; its conditions are run again, so that what
// was asked for another part alone does not reach a part that would hide it.
//
// The At of a commitment and of what stands for a material is the caller's to set.
func Split(merged contract.Service, in Input, result Result, own func(contract.Part) (*Compiled, error)) ([]contract.PartSubmission, error) {
	var list []contract.PartSubmission
	for _, part := range merged.Parts {
		if !slices.Contains(result.Parts, part.ID) {
			continue
		}
		c, err := own(part)
		if err != nil {
			return nil, err
		}
		s := &splitting{bundle: merged, part: part, c: c, in: in, merged: result}
		x, err := s.submission()
		if err != nil {
			return nil, err
		}
		list = append(list, x)
	}
	return list, nil
}

// splitting is the work on one part.
type splitting struct {
	bundle contract.Service
	part   contract.Part
	c      *Compiled // the part's own form
	in     Input     // of the merged form
	merged Result
}

func (s *splitting) submission() (contract.PartSubmission, error) {
	answers, handed := s.answers(), s.handed()
	in := s.in
	in.Answers, in.Typed, in.Ways, in.Reopened = answers, nil, nil, nil
	in.Committed, in.Commits = s.commits(), nil
	in.Disputed, in.Signers = s.disputed(), s.signers(handed)
	in.Materials = ofSigner(handed, "")
	r, err := s.c.Evaluate(in)
	if err != nil {
		return contract.PartSubmission{}, err
	}
	x := contract.PartSubmission{Part: s.part.ID, Item: s.part.Item, Version: s.part.Version, Answers: kept(r, answers)}
	applies := materialsOf(r)
	for _, m := range handed {
		if slices.Contains(applies, m.ID) {
			x.Materials = append(x.Materials, m)
		}
	}
	slices.SortStableFunc(x.Materials, func(a, b contract.Material) int { return strings.Compare(a.ID, b.ID) })
	if k, offered := r.Commitment(""); offered && k.Chosen {
		x.Committed = &contract.Committed{Content: k.Spec.Content, Liability: k.Spec.Liability}
	}
	// What another part is still to produce is not there, so that a person decides.
	waits := slices.ContainsFunc(x.Materials, func(m contract.Material) bool { return m.Origin == contract.MaterialPart })
	if r.Instant && len(r.Disputes)+len(r.Unchecked) == 0 && !waits {
		x.Instant, x.Trace = true, r.Trace
	}
	return x, nil
}

// commits reports whether the applicant commits for the part: by a choice of its own,
// or by the one for all that bundles had before.
func (s *splitting) commits() bool {
	if s.bundle.Commitment != nil {
		return s.in.chosen("")
	}
	k, offered := s.merged.Commitment(s.part.ID)
	return offered && k.Chosen
}

// kept are the answers that the part's own form shows. What it finds a fault with
// was right in the merged form, and is for a person to see.
func kept(r Result, answers contract.Answers) contract.Answers {
	out := maps.Clone(r.Answers)
	for id, v := range answers {
		if _, have := out[id]; have {
			continue
		}
		if _, shown := r.field(id); shown {
			out[id] = v
		}
	}
	return out
}

// materialsOf are the ids of the materials that apply, of the signers too.
func materialsOf(r Result) []string {
	var ids []string
	for _, m := range r.Materials {
		ids = append(ids, m.Spec.ID)
	}
	for _, x := range r.Signers {
		for _, m := range x.Materials {
			ids = append(ids, m.Spec.ID)
		}
	}
	return ids
}

// back turns ids of the merged form into those of the part.
func back(ids map[string]string) map[string]string {
	out := make(map[string]string, len(ids))
	for own, merged := range ids {
		out[merged] = own
	}
	return out
}

// answers are those of the part's fields, and those that the bundle fixes.
func (s *splitting) answers() contract.Answers {
	own, names := contract.Answers{}, back(s.part.Fields)
	for merged, v := range s.merged.Answers {
		id, ok := names[merged]
		if !ok {
			continue
		}
		if list, rows := v.([]any); rows {
			v = partRows(names, merged, list)
		}
		own[id] = v
	}
	for id, v := range s.part.Answers {
		if v, err := fixedAnswer(s.c.fields[id], v); err == nil {
			own[id] = v
		}
	}
	return own
}

// partRows keeps of each row the columns of the part, and what its signers said.
func partRows(names map[string]string, group string, list []any) []any {
	rows := make([]any, 0, len(list))
	for _, row := range rowsOf(list) {
		own := map[string]any{}
		for id, v := range row {
			if name, ok := names[group+"."+id]; ok {
				own[name[strings.IndexByte(name, '.')+1:]] = v
			} else if name, ok := names[id]; ok {
				own[name] = v
			}
		}
		rows = append(rows, own)
	}
	return rows
}

// handed is what was handed in for the part's materials, and what other parts
// produce for it.
func (s *splitting) handed() []contract.Material {
	var list []contract.Material
	all := s.merged.Handed()
	for _, own := range slices.Sorted(maps.Keys(s.part.Materials)) {
		for _, m := range all {
			if m.ID == s.part.Materials[own] {
				m.ID, m.Signer = own, s.signer(m.Signer)
				list = append(list, m)
			}
		}
	}
	for _, own := range slices.Sorted(maps.Keys(s.part.From)) {
		producer := s.part.From[own]
		i := slices.IndexFunc(s.bundle.Parts, func(p contract.Part) bool { return p.ID == producer })
		if i >= 0 && slices.Contains(s.merged.Parts, producer) {
			list = slices.DeleteFunc(list, func(m contract.Material) bool { return m.ID == own })
			list = append(list, contract.Material{
				ID: own, Origin: contract.MaterialPart, Source: producer, Name: s.bundle.Parts[i].Name.ZH,
			})
		}
	}
	return list
}

// disputed are the part's data that the applicant disputes.
func (s *splitting) disputed() map[string]string {
	out, fields, materials := map[string]string{}, back(s.part.Fields), back(s.part.Materials)
	for name, reason := range s.in.Disputed {
		if id, ok := materialName(name); ok {
			if own, ok := materials[id]; ok {
				out[materialPrefix+own] = reason
			}
		} else if own, ok := fields[name]; ok {
			out[own] = reason
		}
	}
	return out
}

// signer is a signer of the merged form in the ids of the part; "" for nobody.
func (s *splitting) signer(id string) string {
	spec, row, inGroup := strings.Cut(id, "/")
	own := back(s.part.Signers)[spec]
	if own == "" || !inGroup {
		return own
	}
	return own + "/" + row
}

// signers are what the part's signers said, handed in and signed.
func (s *splitting) signers(handed []contract.Material) map[string]SignerInput {
	out, names := map[string]SignerInput{}, back(s.part.Fields)
	for _, x := range s.merged.Signers {
		id := s.signer(x.ID)
		if id == "" {
			continue
		}
		given := s.in.Signers[x.ID]
		in := SignerInput{
			Answers: contract.Answers{}, Held: given.Held, Down: given.Down, Licences: given.Licences,
			Materials: ofSigner(handed, id), Signature: x.Signature,
		}
		for merged, v := range given.Answers {
			if own, ok := names[merged]; ok {
				in.Answers[own] = v
			}
		}
		out[id] = in
	}
	return out
}
