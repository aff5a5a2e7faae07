package form

import (
	"cmp"
	"slices"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/day"
	"github.com/tongban/tongban/internal/kit/fault"
)

// Trust levels of G108: A is issued as an e-licence or held by a registry, C is
// handed in by the applicant, D is only stated.
const (
	levelA = "A"
	levelD = "D"
)

// papers is what one person has for the materials.
type papers struct {
	signer   string // id of the SignerState; "" the applicant
	handed   []contract.Material
	ways     map[string]string
	licences []contract.HeldLicence
	copies   []contract.Copy
	held     map[string]contract.Held
	down     []string
	disputed map[string]string
}

// papers says of each material that applies to a person in which ways it may
// come, and what is there. What the guide does not list does not exist here.
func (e *evaluation) papers(p papers) ([]MaterialState, error) {
	list := make([]MaterialState, 0, len(e.c.Service.Materials))
	spec := signerSpec(p.signer)
	for i, m := range e.c.Service.Materials {
		if m.Signer != spec {
			continue
		}
		applies, err := holds(e.c.materials[i], e.v)
		if err != nil {
			return nil, err
		}
		if applies {
			list = append(list, e.material(m, p))
		}
	}
	return list, nil
}

func (e *evaluation) material(spec contract.MaterialSpec, p papers) MaterialState {
	m := MaterialState{Spec: spec}
	if way, ok := e.standsFor(&m, p); ok {
		m.take(way, p)
		return m
	}
	switch spec.Origin {
	case OriginGovernment, OriginForm:
		return m
	case OriginCounter:
		m.take(Way{Kind: contract.MaterialCounter}, p)
		return m
	}
	m.Asked, m.Ways = true, e.open(spec, p)
	m.Way = p.chosen(spec.ID)
	if m.Way == "" {
		m.missing()
		return m
	}
	way, ok := m.Open(m.Way)
	if !ok {
		m.Fault = fault.New(fault.Invalid, "form.way.not_offered")
		return m
	}
	m.take(way, p)
	if len(m.handed) == 0 {
		m.missing()
	}
	return m
}

func (m *MaterialState) missing() {
	if m.Spec.Required {
		m.Fault = fault.New(fault.Invalid, "form.file.missing", "name", Words(m.Spec.Name))
	}
}

// standsFor finds what makes it needless to ask: a commitment, a licence that
// the applicant holds, what a registry answered. A dispute, a notice that doubts
// it or a registry that is down leads to asking.
func (e *evaluation) standsFor(m *MaterialState, p papers) (Way, bool) {
	spec := m.Spec
	if p.signer == "" && e.spares[spec.ID] {
		return Way{Kind: contract.MaterialCommitted}, true
	}
	if len(p.of(spec.ID, contract.MaterialPart)) > 0 && !marked(e.in.Reopened, "material", spec.ID) {
		return Way{Kind: contract.MaterialPart}, true
	}
	if len(e.in.Reopened) > 0 { // a correction: what is not marked stays as it was handed in
		return p.before(spec.ID, marked(e.in.Reopened, "material", spec.ID))
	}
	way, source := Way{}, contract.Text{}
	h, known := p.held[spec.Held]
	licences := ofTypes(spec.Licence, p.licences)
	switch {
	case len(licences) > 0:
		way = Way{Kind: contract.MaterialLicence, Licences: licences}
		source = contract.Text{ZH: licences[0].Name.ZH + " " + licences[0].Number, EN: licences[0].Name.EN + " " + licences[0].Number}
	case spec.Held != "" && known && (h.Value != "" || len(h.Rows) > 0):
		way, source = Way{Kind: contract.MaterialHeld, Held: &h}, h.Source
	case spec.Held != "" && slices.Contains(p.down, spec.Held):
		if spec.Origin == OriginGovernment {
			return Way{}, false // it is not asked for; the handler looks it up
		}
		m.Unchecked = true
		e.r.Unchecked = append(e.r.Unchecked, materialPrefix+spec.ID)
	}
	if way.Kind == "" {
		return Way{}, false
	}
	if reason, disputed := p.disputed[materialPrefix+spec.ID]; disputed {
		m.Disputed = &contract.Dispute{Field: materialPrefix + spec.ID, Key: cmp.Or(spec.Held, spec.ID), Source: source, Reason: reason}
		e.r.Disputes = append(e.r.Disputes, *m.Disputed)
		return Way{}, false
	}
	return way, true
}

// before is what stood for a material when the application was handed in, if no
// notice doubts it.
func (p papers) before(material string, doubted bool) (Way, bool) {
	if doubted {
		return Way{}, false
	}
	for _, kind := range []string{contract.MaterialCommitted, contract.MaterialLicence, contract.MaterialHeld} {
		if len(p.of(material, kind)) > 0 {
			return Way{Kind: kind}, true
		}
	}
	return Way{}, false
}

func ofTypes(types []string, licences []contract.HeldLicence) []contract.HeldLicence {
	var list []contract.HeldLicence
	for _, t := range types { // in the order of the package
		for _, l := range licences {
			if l.TypeCode == t {
				list = append(list, l)
			}
		}
	}
	return list
}

// open lists the ways in which a material that is asked may come.
func (e *evaluation) open(spec contract.MaterialSpec, p papers) []Way {
	var list []Way
	if copies := e.fresh(spec, p.copies); len(copies) > 0 || p.chosen(spec.ID) == contract.MaterialCopy && spec.ReuseDays > 0 {
		list = append(list, Way{Kind: contract.MaterialCopy, Copies: copies})
	}
	if spec.Origin == OriginUpload {
		list = append(list, Way{Kind: contract.MaterialUpload})
	}
	if spec.Origin == OriginStatement || spec.Statement.ZH != "" {
		list = append(list, Way{Kind: contract.MaterialStatement})
	}
	if spec.CounterToo {
		list = append(list, Way{Kind: contract.MaterialCounter})
	}
	if spec.OwedDays > 0 {
		w := Way{Kind: contract.MaterialOwed}
		if e.in.DueBy != nil {
			w.Due = e.in.DueBy(spec.OwedDays)
		}
		list = append(list, w)
	}
	return list
}

// fresh are the verified copies (level A or B) that are not too old.
func (e *evaluation) fresh(spec contract.MaterialSpec, copies []contract.Copy) []contract.Copy {
	if spec.ReuseDays == 0 || spec.Element == "" {
		return nil
	}
	var list []contract.Copy
	for _, c := range copies {
		checked, err := day.Parse(c.Checked)
		good := c.Material.Level == "A" || c.Material.Level == "B"
		if err == nil && good && cmp.Or(c.Element, c.Material.ID) == spec.Element && !checked.Add(spec.ReuseDays).Before(e.in.Today) {
			list = append(list, c)
		}
	}
	return list
}

// chosen is the way that was chosen, or the one that follows from what is there.
func (p papers) chosen(material string) string {
	if way := p.ways[material]; way != "" {
		return way
	}
	for _, way := range []string{
		contract.MaterialUpload, contract.MaterialCopy, contract.MaterialStatement, contract.MaterialCounter, contract.MaterialOwed,
	} {
		if len(p.of(material, way)) > 0 {
			return way
		}
	}
	return ""
}

// of are the things handed in for a material in one way.
func (p papers) of(material, way string) []contract.Material {
	var list []contract.Material
	for _, m := range p.handed {
		if m.ID == material && m.Signer == p.signer && cmp.Or(m.Origin, contract.MaterialUpload) == way {
			list = append(list, m)
		}
	}
	return list
}

// take notes what comes in a way: the files, or one entry that says how.
func (m *MaterialState) take(w Way, p papers) {
	m.Way = w.Kind
	given := p.of(m.Spec.ID, w.Kind)
	switch w.Kind {
	case contract.MaterialUpload, contract.MaterialCopy:
		m.Files, m.handed = given, given
		return
	case contract.MaterialStatement:
		if len(given) == 0 && m.Spec.Statement.ZH == "" {
			return // in one's own words, which are not there yet
		}
	}
	x := contract.Material{ID: m.Spec.ID, Origin: w.Kind, Signer: p.signer}
	if len(given) > 0 {
		x = given[0]
	}
	switch {
	case len(w.Licences) > 0:
		x.Name, x.Source, x.Level = w.Licences[0].Name.ZH, w.Licences[0].Number, levelA
	case w.Held != nil:
		x.Source, x.Level = cmp.Or(w.Held.Registry, w.Held.Source.ZH), levelA
	}
	switch w.Kind {
	case contract.MaterialStatement:
		x.Text, x.Level = cmp.Or(x.Text, m.Spec.Statement.ZH), levelD
	case contract.MaterialOwed:
		x.Due = cmp.Or(w.Due, x.Due)
	}
	m.handed = []contract.Material{x}
}
