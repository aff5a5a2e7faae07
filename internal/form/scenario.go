package form

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"

	"github.com/goccy/go-yaml"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/day"
	"github.com/tongban/tongban/internal/kit/fault"
	"github.com/tongban/tongban/internal/statute"
)

// Scenario is one example of a service package: given an applicant, a day,
// answers and files, it expects what the form says. Packages bring them in
// scenarios/*.yaml, and `tongban check` runs them.
type Scenario struct {
	Name  string `yaml:"name"`
	Given Given  `yaml:"given"`
	Want  Want   `yaml:"expect"`
}

// Given is the situation.
type Given struct {
	Applicant Applicant `yaml:"applicant"`
	Today     string    `yaml:"today"`
	// Held is what the registries answer: a text, or a list of rows for a group.
	Held     map[string]any    `yaml:"held"`
	Down     []string          `yaml:"down"`     // keys whose registry is down
	Disputes map[string]string `yaml:"disputes"` // reason by field
	Licences []GivenLicence    `yaml:"licences"` // that the applicant holds
	Copies   []string          `yaml:"copies"`   // elements of verified copies
	// Answers are as JSON has them: money in fen, a group a list of rows.
	Answers   map[string]any    `yaml:"answers"`
	Files     []string          `yaml:"files"` // materials with a file each
	Ways      map[string]string `yaml:"ways"`  // chosen way by material
	Committed bool              `yaml:"committed"`
	Commits   map[string]bool   `yaml:"commits"` // by part, where it differs from committed
	// Found is what officials find while they handle the case, as JSON has it.
	Found map[string]any `yaml:"found"`
	// Signers are what each signer gave, by id ("other", "adult/1").
	Signers map[string]GivenSigner `yaml:"signers"`
}

// GivenLicence is a licence that the applicant holds.
type GivenLicence struct {
	ID     string            `yaml:"id"`
	Type   string            `yaml:"type"`
	Name   contract.Text     `yaml:"name"`
	Number string            `yaml:"number"`
	From   string            `yaml:"from"`
	To     string            `yaml:"to"`
	Face   map[string]string `yaml:"face"` // by line
}

// GivenSigner is what a signer gave.
type GivenSigner struct {
	Held     map[string]any    `yaml:"held"`
	Down     []string          `yaml:"down"`
	Disputes map[string]string `yaml:"disputes"`
	Answers  map[string]any    `yaml:"answers"`
	Files    []string          `yaml:"files"`
	Ways     map[string]string `yaml:"ways"`
	Signed   bool              `yaml:"signed"`
}

// Applicant is who applies.
type Applicant struct {
	Kind string `yaml:"kind"`
	Name string `yaml:"name"`
	Code string `yaml:"code"`
}

// Want is what the form must say. What is left out is not looked at.
type Want struct {
	Pages     []string          `yaml:"pages"`     // shown, in order
	Hidden    []string          `yaml:"hidden"`    // fields that must not be asked
	Asked     []string          `yaml:"asked"`     // fields that must be asked
	Materials []string          `yaml:"materials"` // that apply, in order
	Ways      map[string]string `yaml:"ways"`      // how materials come; "" where it is not chosen yet
	// NotNeeded are materials that apply and are not asked for.
	NotNeeded []string          `yaml:"not_needed"`
	Answers   map[string]any    `yaml:"answers"` // that would be submitted, computed ones too
	Faults    map[string]string `yaml:"faults"`  // by field; exactly these
	// FoundFaults is what is wrong with the findings, by field; exactly these.
	FoundFaults map[string]string `yaml:"found_faults"`
	Ineligible  *int              `yaml:"ineligible"`
	Complete    *bool             `yaml:"complete"`
	Instant     *bool             `yaml:"instant"`
	Face        map[string]string `yaml:"face"` // licence lines by Chinese label
	Effect      string            `yaml:"effect"`
	Disputes    []string          `yaml:"disputes"`  // fields; exactly these
	Unchecked   []string          `yaml:"unchecked"` // exactly these
	Signers     []string          `yaml:"signers"`   // who must sign, in order
	Signed      *bool             `yaml:"signed"`    // everybody has
	// SignerFaults are what signers still have to do, by signer and field.
	SignerFaults map[string]map[string]string `yaml:"signer_faults"`
	Parts        []string                     `yaml:"parts"` // of a bundle, that apply
	NotAsked     *WantShare                   `yaml:"not_asked"`
	// AcceptBy and DecideBy are the last days for the decisions, if the application
	// is handed in, and accepted, on the day of the scenario.
	AcceptBy string `yaml:"accept_by"`
	DecideBy string `yaml:"decide_by"`
}

// WantShare is how much must not be asked, at least: 0.5 is one half.
type WantShare struct {
	Fields    float64 `yaml:"fields"`
	Materials float64 `yaml:"materials"`
}

// ParseScenarios reads a file with one or several YAML documents.
func ParseScenarios(text []byte) ([]Scenario, error) {
	var list []Scenario
	dec := yaml.NewDecoder(bytes.NewReader(text), yaml.Strict())
	for {
		var s Scenario
		err := dec.Decode(&s)
		if err != nil && err.Error() == "EOF" {
			return list, nil
		}
		if err != nil {
			return nil, fmt.Errorf("read scenarios: %w", err)
		}
		if s.Name == "" {
			return nil, fmt.Errorf("read scenarios: scenario %d has no name", len(list)+1)
		}
		list = append(list, s)
	}
}

// input reads the answers as the API would: strictly typed.
func (sc Scenario) input(c *Compiled) (Input, error) {
	g := sc.Given
	in := Input{
		Typed: map[string][]string{}, Down: g.Down, Disputed: g.Disputes, Ways: g.Ways, Committed: g.Committed, Commits: g.Commits,
		Applicant: contract.Party{Kind: g.Applicant.Kind, ID: "scenario", Name: g.Applicant.Name, Code: g.Applicant.Code},
		Licences:  []contract.HeldLicence{}, Signers: map[string]SignerInput{},
	}
	var err error
	if in.Today, err = day.Parse(g.Today); err != nil {
		return in, err
	}
	in.DueBy = func(n int) string { return nationalCalendar().AddWorkdays(in.Today, n).String() }
	for _, l := range g.Licences {
		in.Licences = append(in.Licences, contract.HeldLicence{
			ID: contract.LicenceID(l.ID), TypeCode: l.Type, Name: l.Name, Number: l.Number, From: l.From, To: l.To, Face: l.Face,
		})
	}
	for i, element := range g.Copies {
		in.Copies = append(in.Copies, contract.Copy{
			Material: contract.Material{ID: element, File: "copy" + strconv.Itoa(i), Level: "B", Blob: "b"}, Case: "1", Checked: g.Today, Element: element,
		})
	}
	if in.Answers, err = scenarioAnswers(c, g.Answers); err != nil {
		return in, err
	}
	if in.Held, err = scenarioHeld(g.Held); err != nil {
		return in, err
	}
	if in.Found, err = scenarioFound(c, g.Found); err != nil {
		return in, err
	}
	if in.Materials, err = scenarioFiles(c, g.Files, ""); err != nil {
		return in, err
	}
	for id, s := range g.Signers {
		if in.Signers[id], err = s.input(c, id); err != nil {
			return in, fmt.Errorf("signer %s: %w", id, err)
		}
	}
	return in, nil
}

func (s GivenSigner) input(c *Compiled, id string) (SignerInput, error) {
	in := SignerInput{Down: s.Down, Disputed: s.Disputes, Ways: s.Ways}
	var err error
	if in.Answers, err = scenarioAnswers(c, s.Answers); err != nil {
		return in, err
	}
	if in.Held, err = scenarioHeld(s.Held); err != nil {
		return in, err
	}
	if in.Materials, err = scenarioFiles(c, s.Files, id); err != nil {
		return in, err
	}
	if s.Signed {
		in.Signature = &contract.Signature{Signer: id, Method: "keyed"}
	}
	return in, nil
}

func scenarioAnswers(c *Compiled, given map[string]any) (contract.Answers, error) {
	answers := contract.Answers{}
	for id, v := range given {
		f, ok := c.fields[id]
		if !ok {
			return nil, fmt.Errorf("answers unknown field %s", id)
		}
		raw, err := json.Marshal(v)
		if err != nil {
			return nil, fmt.Errorf("answer %s: %w", id, err)
		}
		p := ParseJSON(f, raw)
		for _, x := range p.Errors(f) {
			return nil, fmt.Errorf("answer %s: %w", x.Name, x.Err)
		}
		if p.Value != nil {
			answers[id] = p.Value
		}
	}
	return answers, nil
}

func scenarioHeld(given map[string]any) (map[string]contract.Held, error) {
	held := map[string]contract.Held{}
	for key, v := range given {
		list, rows := v.([]any)
		if !rows {
			text, ok := textOf(v)
			if !ok && v != "" {
				return nil, fmt.Errorf("held %s must be a text or a list of rows", key)
			}
			held[key] = contract.Held{Value: text}
			continue
		}
		h := contract.Held{Value: strconv.Itoa(len(list))}
		for _, x := range list {
			row, ok := x.(map[string]any)
			if !ok {
				return nil, fmt.Errorf("held %s must be a list of rows", key)
			}
			h.Rows = append(h.Rows, row)
		}
		held[key] = h
	}
	return held, nil
}

func scenarioFiles(c *Compiled, ids []string, signer string) ([]contract.Material, error) {
	var list []contract.Material
	for _, id := range ids {
		known := false
		for _, m := range c.Service.Materials {
			known = known || m.ID == id
		}
		if !known {
			return nil, fmt.Errorf("hands in unknown material %s", id)
		}
		list = append(list, contract.Material{ID: id, File: id, Name: id + ".pdf", Origin: contract.MaterialUpload, Signer: signer})
	}
	return list, nil
}

// nationalCalendar has the working days that the program ships with.
func nationalCalendar() *statute.Calendar { return statute.NewBook(statute.National()...).For("") }

// limits are the last days for the decisions on an application of a day.
func limits(svc contract.Service, today day.Date) (acceptBy, decideBy string, err error) {
	cal, start := nationalCalendar(), []statute.Entry{{Kind: statute.Start, On: today}}
	accept, err := statute.Replay(cal, statute.AcceptanceClock(svc.Limits.Accept), start)
	if err != nil {
		return "", "", fmt.Errorf("limit of acceptance: %w", err)
	}
	clock := statute.DecisionClock(svc.Limits.Statutory, svc.Limits.Promised)
	if svc.Limits.Unit == "immediate" {
		clock = statute.ImmediateClock()
	}
	decide, err := statute.Replay(cal, clock, start)
	if err != nil {
		return "", "", fmt.Errorf("limit of decision: %w", err)
	}
	return accept.DuePromised.String(), decide.DuePromised.String(), nil
}

func codes(list []fault.Field) map[string]string {
	have := map[string]string{}
	for _, f := range list {
		have[f.Name] = f.Err.Code
	}
	return have
}
