package registry

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"
	"unicode/utf8"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/day"
)

// described is the part of a connector that only tells.
type described struct{ info Info }

func (d described) ID() string          { return d.info.ID }
func (d described) Name() contract.Text { return d.info.Name }
func (d described) Keys() []string      { return d.info.Keys }
func (d described) Sensitive() bool     { return d.info.Sensitive }
func (d described) About() []string     { return d.info.About }

// localTimeout is for registries in our own database.
const localTimeout = 5 * time.Second

// people answers from the accounts, wards and companies of this platform.
type people struct {
	described
	facts func(ctx context.Context, id string) (map[string]contract.Held, error)
}

func peopleInfo() described {
	return described{Info{
		ID: person, Name: contract.Text{ZH: "实名信息", EN: "verified identity"}, About: []string{person},
		Keys: []string{
			"person.name", "person.resident_id", "person.phone", "person.email", "person.birth_date", "person.sex",
			"person.address", "person.division",
		},
	}}
}

func companiesInfo() described {
	return described{Info{
		ID: company, Name: contract.Text{ZH: "营业执照登记，市场监管部门", EN: "business licence register, market regulation"}, About: []string{company},
		Keys: []string{
			"company.name", "company.code", "company.address", "company.legal_representative", "company.form", "company.scope",
			"company.division", "company.registrar", "company.registered_on",
		},
	}}
}

func (people) Timeout() time.Duration { return localTimeout }

func (p people) Lookup(ctx context.Context, q Query) ([]Fact, error) {
	held, err := p.facts(ctx, q.Party.ID)
	if err != nil {
		return nil, err
	}
	var list []Fact
	for _, key := range q.Keys {
		if h, ok := held[key]; ok {
			list = append(list, Fact{Key: key, Value: h.Value, Rows: h.Rows, At: h.At, Source: h.Source})
		}
	}
	return list, nil
}

// The names under which records are sealed; they never change.
const (
	fieldNumber = "registry.number"
	fieldFacts  = "registry.facts"
)

// builtIn answers from the records of a demonstration.
type builtIn struct {
	described
	s *Service
}

func (builtIn) Timeout() time.Duration { return localTimeout }

func (b builtIn) Lookup(ctx context.Context, q Query) ([]Fact, error) {
	if q.Number == "" {
		return nil, nil
	}
	sealed, on, err := getRecord(ctx, b.s.c.DB, b.ID(), b.s.c.Seal.Index(fieldNumber, q.Number))
	if err != nil || sealed == nil {
		return nil, err
	}
	text, err := b.s.c.Seal.Open(fieldFacts, sealed)
	if err != nil {
		return nil, err
	}
	var facts []Fact
	if err := json.Unmarshal([]byte(text), &facts); err != nil {
		return nil, fmt.Errorf("record of %s: %w", b.ID(), err)
	}
	name := b.Name()
	for i := range facts {
		facts[i].At = on
		facts[i].Source = contract.Text{ZH: name.ZH + "（演示）", EN: name.EN + " (demonstration)"}
	}
	return facts, nil
}

// Poster sends JSON to an address and reads the JSON that comes back.
type Poster interface {
	Post(ctx context.Context, in, out any) error
}

// Remote is a registry that is reached by HTTPS.
type Remote struct {
	Poster  Poster
	Timeout time.Duration
}

// remote asks a registry in another system:
//
//	POST <url>  Authorization: Bearer <key>
//	{"number": "...", "kind": "person", "keys": ["marriage.status"], "purpose": "prefill", "basis": "...", "reference": "draft:..."}
//
// and reads {"facts": [{"key": "marriage.status", "value": "married", "at": "2026-11-20"}]}.
type remote struct {
	described
	r Remote
}

func (r remote) Timeout() time.Duration {
	if r.r.Timeout > 0 {
		return r.r.Timeout
	}
	return localTimeout
}

type remoteIn struct {
	Number    string   `json:"number"`
	Kind      string   `json:"kind"`
	Keys      []string `json:"keys"`
	Purpose   string   `json:"purpose"`
	Basis     string   `json:"basis"`
	Reference string   `json:"reference"`
}

type remoteOut struct {
	Facts []Fact `json:"facts"`
}

func (r remote) Lookup(ctx context.Context, q Query) ([]Fact, error) {
	if q.Number == "" {
		return nil, nil
	}
	in := remoteIn{Number: q.Number, Kind: q.Party.Kind, Keys: q.Keys, Purpose: q.Purpose, Basis: q.Basis, Reference: q.Object}
	var out remoteOut
	if err := r.r.Poster.Post(ctx, in, &out); err != nil {
		return nil, err
	}
	for i := range out.Facts {
		out.Facts[i].Source = contract.Text{} // who they are is ours to say
		if err := out.Facts[i].check(); err != nil {
			return nil, err
		}
	}
	return out.Facts, nil
}

// Bounds of one fact from outside.
const (
	maxValue = 2000
	maxRows  = 100
)

// check refuses what a registry cannot mean: a form would show it.
func (f Fact) check() error {
	switch {
	case f.Key == "":
		return errors.New("a fact without a key")
	case utf8.RuneCountInString(f.Value) > maxValue || !utf8.ValidString(f.Value):
		return fmt.Errorf("fact %s: the value is too long or no text", f.Key)
	case len(f.Rows) > maxRows:
		return fmt.Errorf("fact %s: too many rows", f.Key)
	}
	if f.At != "" {
		if _, err := day.Parse(f.At); err != nil {
			return fmt.Errorf("fact %s: %w", f.Key, err)
		}
	}
	return nil
}
