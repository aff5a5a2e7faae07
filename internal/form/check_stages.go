package form

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/statute"
)

// stageActions are the steps that end each stage; a stage that a package speaks of
// must have one in its procedure.
func stageActions() map[string][]string {
	return map[string][]string{
		contract.HandlingAccept:      {"accept"},
		contract.HandlingReview:      {"review"},
		contract.HandlingCountersign: {"countersign"},
		contract.HandlingDecide:      {"approve", "deny"},
	}
}

// stages checks what a package says of the stages of handling.
func (k *checker) stages() {
	list := k.svc.Handling.Stages
	if len(list) == 0 {
		return
	}
	all, err := statute.LoadProcedures()
	if err != nil {
		k.add("stages", "%v", err)
		return
	}
	proc, err := all.Get(k.svc.Procedure)
	if err != nil {
		return // said elsewhere
	}
	seen, kinds := map[string]bool{}, map[string]string{}
	order, last := []string{contract.HandlingAccept, contract.HandlingReview, contract.HandlingCountersign, contract.HandlingDecide}, -1
	for _, s := range list {
		where := "stage " + s.Stage
		at := slices.Index(order, s.Stage)
		switch {
		case at < 0:
			k.add(where, "is no stage; there are %v", order)
			continue
		case seen[s.Stage]:
			k.add(where, "stands twice")
		case at < last:
			k.add(where, "stands after a later one; the order is %v", order)
		}
		seen[s.Stage], last = true, at
		k.text(where+" name", s.Name, true)
		k.text(where+" help", s.Help, false)
		roles := stageRoles(proc, s.Stage)
		if len(roles) == 0 {
			k.add(where, "is not in the procedure %s", proc.ID)
		}
		if s.Stage == contract.HandlingCountersign && !k.svc.Handling.TwoOfficials {
			k.add(where, "needs handling.two_officials: else nobody countersigns")
		}
		for _, r := range s.Roles {
			if !slices.Contains(roles, r) {
				k.add(where, "the role %s does not take it in the procedure %s; %v do", r, proc.ID, roles)
			}
		}
		k.foundForm(where, s, proc, kinds)
	}
	k.stageDays(proc)
}

// stageRoles are the roles that take a stage in a procedure.
func stageRoles(proc *statute.Procedure, stage string) []string {
	roles := map[string]bool{}
	for _, st := range proc.States {
		for _, action := range stageActions()[stage] {
			t, err := proc.Transition(st.ID, action)
			if err != nil {
				continue
			}
			for _, r := range t.Roles {
				roles[string(r)] = true
			}
		}
	}
	return slices.Sorted(maps.Keys(roles))
}

// stageDays: the stages together fit into what is promised, acceptance into its own
// days.
func (k *checker) stageDays(proc *statute.Procedure) {
	l, sum := k.svc.Limits, 0
	for _, s := range k.svc.Handling.Stages {
		where := "stage " + s.Stage
		switch {
		case s.Days < 0:
			k.add(where, "days are negative")
		case s.Days > 0 && l.Unit == "immediate":
			k.add(where, "has days, but the case is decided at once")
		case s.Stage == contract.HandlingAccept:
			if most := orElse(l.Accept, 5); s.Days > most {
				k.add(where, "takes %d days; acceptance has %d", s.Days, most)
			}
		default:
			sum += s.Days
		}
	}
	most := orElse(l.Promised, orElse(l.Statutory, proc.DecisionDays))
	if sum > most {
		k.add("stages", "take %d days together; the decision has %d", sum, most)
	}
}

func orElse(n, otherwise int) int {
	if n == 0 {
		return otherwise
	}
	return n
}

// foundForm checks the fields of a stage. A field of an earlier stage may stand
// again, as the same kind: the later official confirms or corrects it.
func (k *checker) foundForm(where string, s contract.StageSpec, proc *statute.Procedure, kinds map[string]string) {
	ids := map[string]bool{}
	for _, f := range s.Fields {
		at := where + " field " + f.ID
		if !foundKind(f.Kind) {
			k.add(at, "kind %q is not for officials; these are: %v", f.Kind, FoundKinds())
			continue
		}
		if ids[f.ID] {
			k.add(at, idTwice)
		}
		if was, known := kinds[f.ID]; known && was != f.Kind {
			k.add(at, "was of kind %s in an earlier stage", was)
		}
		ids[f.ID], kinds[f.ID] = true, f.Kind
		k.field(at, f, contract.Page{})
		if f.Held != "" || f.Value != "" || f.Material != "" || len(f.LicenceTypes) > 0 {
			k.add(at, "officials enter it: it is not held, computed or taken from elsewhere")
		}
		for _, paper := range f.Papers {
			if _, known := proc.Document(paper); !known {
				k.add(at, "is to stand on %q, which is no document of the procedure %s", paper, proc.ID)
			}
			if f.Personal && !f.Public {
				k.add(at, "is personal and not for the applicant, so it cannot stand on %q", paper)
			}
		}
	}
}

// noFound says that a field of the form has nothing of those of officials.
func (k *checker) noFound(where string, f contract.Field) {
	if f.Public || len(f.Papers) > 0 {
		k.add(where, "public and papers are of fields that officials fill in")
	}
}

// scenarioFound reads findings as an API client sends them; what is wrong with
// them the scenario expects under found_faults.
func scenarioFound(c *Compiled, given map[string]any) (contract.Answers, error) {
	found := contract.Answers{}
	for id, v := range given {
		f, ok := c.found[id]
		if !ok {
			return nil, fmt.Errorf("finds the unknown %s", id)
		}
		raw, err := json.Marshal(v)
		if err != nil {
			return nil, fmt.Errorf("finding %s: %w", id, err)
		}
		if p := ParseJSON(f, raw); p.Value != nil {
			found[id] = p.Value
		}
	}
	return found, nil
}

// found runs the stages one after the other, as officials would.
func (k *compare) found() {
	if k.want.FoundFaults == nil {
		return
	}
	before, have := contract.Answers{}, map[string]string{}
	for _, s := range k.c.Service.Handling.Stages {
		raw := map[string]json.RawMessage{}
		for _, f := range s.Fields {
			if v, ok := k.in.Found[f.ID]; ok {
				text, err := json.Marshal(v)
				k.that(err == nil, "finding %s: %v", f.ID, err)
				raw[f.ID] = text
			}
		}
		got, faults, err := ReadFound(k.c.engine, k.c.Service, FoundInput{
			Applicant: k.in.Applicant, Today: k.in.Today, Answers: k.r.Answers, Found: before, Fields: s.Fields, JSON: raw,
		})
		k.that(err == nil, "stage %s: %v", s.Stage, err)
		maps.Copy(before, got)
		maps.Copy(have, codes(faults))
	}
	k.that(maps.Equal(have, k.want.FoundFaults), "faults of findings are %v, want %v", have, k.want.FoundFaults)
}
