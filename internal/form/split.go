package form

import (
	"slices"
	"strings"

	"github.com/tongban/tongban/internal/contract"
)

// Split gives each part of a bundle that applies its own application: answers
// and materials in the ids of the part's own form, and nothing of the others.
// merged is what Merge made, result what Evaluate said of it. The At of a
// commitment is the caller's to set.
func Split(merged contract.Service, result Result) []contract.PartSubmission {
	handed := result.Handed()
	var list []contract.PartSubmission
	for _, part := range merged.Parts {
		if !slices.Contains(result.Parts, part.ID) {
			continue
		}
		x := contract.PartSubmission{
			Part: part.ID, Item: part.Item, Version: part.Version, Answers: partAnswers(part, result.Answers),
		}
		for own, id := range part.Materials {
			for _, m := range handed {
				if m.ID == id {
					m.ID = own
					x.Materials = append(x.Materials, m)
				}
			}
		}
		slices.SortStableFunc(x.Materials, func(a, b contract.Material) int { return strings.Compare(a.ID, b.ID) })
		x.Committed = partCommitted(part, result.Commitment)
		list = append(list, x)
	}
	return list
}

func partAnswers(part contract.Part, answers contract.Answers) contract.Answers {
	own := contract.Answers{}
	back := map[string]string{}
	for id, merged := range part.Fields {
		back[merged] = id
	}
	for merged, v := range answers {
		id, ok := back[merged]
		if !ok {
			continue
		}
		if list, rows := v.([]any); rows {
			v = partRows(back, merged, list)
		}
		own[id] = v
	}
	return own
}

// partRows keeps of each row the columns of the part, and what its signers said.
func partRows(back map[string]string, group string, list []any) []any {
	rows := make([]any, 0, len(list))
	for _, row := range rowsOf(list) {
		own := map[string]any{}
		for id, v := range row {
			if name, ok := back[group+"."+id]; ok {
				own[name[strings.IndexByte(name, '.')+1:]] = v
			} else if name, ok := back[id]; ok {
				own[name] = v
			}
		}
		rows = append(rows, own)
	}
	return rows
}

// partCommitted is the commitment, where it replaces a material of the part.
func partCommitted(part contract.Part, k *CommitmentState) *contract.Committed {
	if k == nil || !k.Chosen {
		return nil
	}
	for _, id := range part.Materials {
		if slices.Contains(k.Spec.Materials, id) {
			return &contract.Committed{Content: k.Spec.Content, Liability: k.Spec.Liability}
		}
	}
	return nil
}
