package form

import (
	"slices"
	"strings"

	"github.com/tongban/tongban/internal/contract"
)

// proofKeys tell which proof a material is.
func proofKeys(m contract.MaterialSpec) []string {
	var keys []string
	if m.Element != "" {
		keys = append(keys, "element "+m.Element)
	}
	if len(m.Licence) > 0 {
		types := slices.Clone(m.Licence)
		slices.Sort(types)
		keys = append(keys, "licence "+strings.Join(types, " "))
	}
	if m.Held != "" {
		keys = append(keys, "held "+m.Held)
	}
	return keys
}

// materials adds the part's materials; the same proof is handed in once.
func (j *joining) materials() {
	for _, m := range j.svc.Materials {
		was := m.ID
		own, never := j.when("material "+m.ID, m.When)
		if never {
			continue
		}
		m.When = and(j.part.When, own)
		if producer, ok := j.producer(m); ok {
			if producer.When == "" {
				continue
			}
			m.When = and(m.When, "!("+producer.When+")")
		}
		if at := j.proof(m); at >= 0 {
			host := &j.out.Materials[at]
			j.part.Materials[was] = host.ID
			*host = both2one(*host, m)
			continue
		}
		m.ID = unique(j.papers, m.ID, j.part.ID, "-")
		j.part.Materials[was] = m.ID
		for _, key := range proofKeys(m) {
			if _, first := j.proofs[key]; !first {
				j.proofs[key] = m.ID
			}
		}
		j.out.Materials = append(j.out.Materials, m)
	}
}

// proof finds the material that is the same proof, by the same origin and from
// the same person.
func (j *joining) proof(m contract.MaterialSpec) int {
	for _, key := range proofKeys(m) {
		id, ok := j.proofs[key]
		if !ok {
			continue
		}
		for _, to := range j.part.Materials {
			if to == id {
				ok = false // another material of this part already
			}
		}
		at := slices.IndexFunc(j.out.Materials, func(x contract.MaterialSpec) bool { return x.ID == id })
		if ok && at >= 0 && j.out.Materials[at].Origin == m.Origin && j.out.Materials[at].Signer == "" && m.Signer == "" {
			return at
		}
	}
	return -1
}

// both2one is a material that serves two: it applies when either does, and may
// come only as both accept it.
func both2one(x, y contract.MaterialSpec) contract.MaterialSpec {
	x.When = or(x.When, y.When)
	x.Required = x.Required || y.Required
	x.Types = common(x.Types, y.Types)
	x.MaxMB, x.MaxFiles = lesser(x.MaxMB, y.MaxMB), max(x.MaxFiles, y.MaxFiles)
	x.Licence = common(x.Licence, y.Licence)
	if x.Held != y.Held {
		x.Held = ""
	}
	x.ReuseDays, x.OwedDays = min(x.ReuseDays, y.ReuseDays), min(x.OwedDays, y.OwedDays)
	if y.Statement.ZH == "" && y.Origin != OriginStatement {
		x.Statement = contract.Text{}
	}
	x.CounterToo = x.CounterToo && y.CounterToo
	x.Photo = x.Photo || y.Photo
	if x.Element == "" {
		x.Element = y.Element
	}
	return x
}

func common(x, y []string) []string {
	return slices.DeleteFunc(slices.Clone(x), func(s string) bool { return !slices.Contains(y, s) })
}

// lesser is the smaller of two bounds, of which 0 is none.
func lesser(x, y int) int {
	if x == 0 || y == 0 {
		return max(x, y)
	}
	return min(x, y)
}

// signerSpecs adds the part's signers. Whoever signs for two parts signs once.
func (j *joining) signerSpecs() {
	taken := map[string]bool{}
	for _, s := range j.out.Signers {
		taken[s.ID] = true
	}
	for _, s := range j.svc.Signers {
		was := s.ID
		own, never := j.when("signer "+s.ID, s.When)
		if never {
			continue
		}
		s.When = and(j.part.When, own)
		if s.Group != "" {
			s.Group = j.part.Fields[s.Group]
		} else {
			s.NameField, s.NumberField = j.part.Fields[s.NameField], j.part.Fields[s.NumberField]
		}
		at := slices.IndexFunc(j.out.Signers, func(x contract.SignerSpec) bool {
			return x.Group == s.Group && x.NameField == s.NameField && x.NumberField == s.NumberField
		})
		if at < 0 {
			s.ID = unique(taken, s.ID, j.part.ID, "-")
			j.part.Signers[was] = s.ID
			j.out.Signers = append(j.out.Signers, s)
			continue
		}
		host := &j.out.Signers[at]
		j.part.Signers[was] = host.ID
		host.When = or(host.When, s.When)
		if host.Text != s.Text {
			host.Text.ZH += "；" + s.Text.ZH
			host.Text.EN += "; " + s.Text.EN
		}
	}
	for i := range j.out.Materials {
		m := &j.out.Materials[i]
		if to, ok := j.part.Signers[m.Signer]; ok && m.Signer != "" && j.ofPart(m.ID) {
			m.Signer = to
		}
	}
}

func (j *joining) ofPart(material string) bool {
	for _, to := range j.part.Materials {
		if to == material {
			return true
		}
	}
	return false
}

// commitment is what the part lets applicants commit to: a choice of its own, whatever
// they choose in other parts.
func (j *joining) commitment() {
	k := j.svc.Commitment
	if k == nil {
		return
	}
	own := *k
	when, never := j.when("commitment", k.When)
	own.When = and(j.part.When, when)
	own.Materials = nil
	for _, id := range k.Materials {
		if to, ok := j.part.Materials[id]; ok {
			own.Materials = append(own.Materials, to)
		}
	}
	if never || len(own.Materials) == 0 {
		return
	}
	j.part.Commitment = &own
}
