package form

import (
	"encoding/json"
	"fmt"
	"maps"
	"time"

	"github.com/tongban/tongban/internal/contract"
)

// doc is the JSON of a draft's content; what is personal stands sealed in a doc
// of its own.
type doc struct {
	Answers contract.Answers         `json:"a,omitempty"`
	Typed   map[string][]string      `json:"t,omitempty"`
	Revs    map[string]int64         `json:"r,omitempty"`
	Held    map[string]contract.Held `json:"h,omitempty"`
	// The rest stands in the sealed doc alone.
	Down     []string                    `json:"down,omitempty"`
	Disputes map[string]contract.Dispute `json:"disputes,omitempty"`
	Consents map[string]string           `json:"consents,omitempty"` // by registry: yes or no
	Choices  map[string]keptChoice       `json:"choices,omitempty"`  // by part, "" the service itself
	Ways     map[string]string           `json:"ways,omitempty"`
	Licences []contract.HeldLicence      `json:"licences,omitempty"`
	Copies   []contract.Copy             `json:"copies,omitempty"`
	// One choice for all parts, as drafts had it before; read and not written.
	Choice   string    `json:"choice,omitempty"`
	ChoiceAt time.Time `json:"choice_at,omitzero"`
	Barred   bool      `json:"barred,omitempty"`
}

// pack splits a draft's content into what is personal and what is not.
func (s *Service) pack(c *Compiled, d Draft) (open string, sealed []byte, err error) {
	plain := doc{Answers: contract.Answers{}, Typed: map[string][]string{}, Revs: d.revs}
	personal := doc{
		Answers: contract.Answers{}, Typed: map[string][]string{}, Held: d.Held, Down: d.Down, Disputes: d.Disputes,
		Consents: map[string]string{}, Choices: packed(d.Choices),
		Ways: d.Ways, Licences: d.Licences, Copies: d.Copies,
	}
	for _, x := range d.Consents {
		if x.Given != "" {
			personal.Consents[x.Registry] = x.Given
		}
	}
	for id, v := range d.Answers {
		if c.Personal(id) {
			personal.Answers[id] = v
			continue
		}
		plain.Answers[id] = v
	}
	for id, v := range d.Typed {
		if c.Personal(id) {
			personal.Typed[id] = v
			continue
		}
		plain.Typed[id] = v
	}
	b, err := json.Marshal(plain)
	if err != nil {
		return "", nil, fmt.Errorf("pack answers: %w", err)
	}
	p, err := json.Marshal(personal)
	if err != nil {
		return "", nil, fmt.Errorf("pack answers: %w", err)
	}
	if len(b)+len(p) > maxContent {
		return "", nil, ErrAnswers
	}
	sealed, err = s.c.Seal.Seal(sealedField, string(p))
	if err != nil {
		return "", nil, fmt.Errorf("seal answers: %w", err)
	}
	return string(b), sealed, nil
}

func (s *Service) unpack(c *Compiled, r row) (Draft, error) {
	d := Draft{
		ID: r.ID, Kind: r.Kind, State: r.State, Service: c.Service, Owner: r.Owner, Subject: r.Company, Acting: r.Acting,
		Mandate: r.Mandate, Party: r.Party, Case: r.Case,
		Rev: r.Rev, Created: r.Created, Saved: r.Saved, Expires: r.Expires,
		Answers: contract.Answers{}, Typed: map[string][]string{}, revs: map[string]int64{},
		Disputes: map[string]contract.Dispute{}, Ways: map[string]string{},
	}
	if r.Receipt != "" {
		d.Receipt = &contract.Receipt{}
		if err := json.Unmarshal([]byte(r.Receipt), d.Receipt); err != nil {
			return Draft{}, fmt.Errorf("receipt of draft: %w", err)
		}
		return d, nil
	}
	var plain, personal doc
	if err := json.Unmarshal([]byte(r.Answers), &plain); err != nil {
		return Draft{}, fmt.Errorf("answers of draft: %w", err)
	}
	if len(r.Sealed) > 0 {
		text, err := s.c.Seal.Open(sealedField, r.Sealed)
		if err != nil {
			return Draft{}, fmt.Errorf("open answers of draft: %w", err)
		}
		if err := json.Unmarshal([]byte(text), &personal); err != nil {
			return Draft{}, fmt.Errorf("answers of draft: %w", err)
		}
	}
	for _, part := range []doc{plain, personal} {
		for id, v := range part.Answers {
			d.Answers[id] = restore(c.fields[id], v)
		}
		maps.Copy(d.Typed, part.Typed)
	}
	maps.Copy(d.revs, plain.Revs)
	maps.Copy(d.Disputes, personal.Disputes)
	maps.Copy(d.Ways, personal.Ways)
	d.Held, d.Down, d.Licences, d.Copies = personal.Held, personal.Down, personal.Licences, personal.Copies
	d.Choices = personal.choices(c.offers)
	for _, x := range c.sensitive() {
		x.Given = personal.Consents[x.Registry]
		d.Consents = append(d.Consents, x)
	}
	return d, nil
}
