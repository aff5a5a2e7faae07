package registry

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"time"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/auth"
	"github.com/tongban/tongban/internal/kit/db"
	"github.com/tongban/tongban/internal/kit/event"
	"github.com/tongban/tongban/internal/kit/policy"
)

// Policy decides who may do what.
type Policy interface {
	Check(p auth.Principal, action string, o policy.Object) error
}

// Events is the log that look-ups are recorded in.
type Events interface {
	Record(ctx context.Context, tx db.Tx, m event.Meta, e event.Event) error
}

// Sealer seals the records of the demonstration.
type Sealer interface {
	Seal(field, plaintext string) ([]byte, error)
	Open(field string, sealed []byte) (string, error)
	Index(field, value string) string
}

// People knows the persons and companies of this platform.
type People interface {
	Number(ctx context.Context, party contract.Party) (string, error)
	PersonFacts(ctx context.Context, id string) (map[string]contract.Held, error)
	CompanyFacts(ctx context.Context, id string) (map[string]contract.Held, error)
}

// Cases tells of a case, to those who may see it.
type Cases interface {
	Facts(ctx context.Context, actor auth.Principal, id contract.CaseID) (contract.CaseFacts, error)
}

// Config is what New needs.
type Config struct {
	DB     *db.DB
	Events Events
	Policy Policy
	Seal   Sealer
	People People
	Cases  Cases
	Now    func() time.Time
	Log    *slog.Logger
	// Demo has every registry built in that Remote does not have.
	Demo bool
	// Remote are the registries that are reached by HTTPS, by id.
	Remote map[string]Remote
	// Connectors stand for others of the same id, or beside them.
	Connectors []Connector
}

// Service is the registry area.
type Service struct {
	c          Config
	connectors []Connector
	byKey      map[string]Connector
	breakers   map[string]*breaker
}

// New returns the Service.
func New(c Config) *Service {
	s := &Service{c: c, byKey: map[string]Connector{}, breakers: map[string]*breaker{}}
	add := func(k Connector) {
		if s.breakers[k.ID()] != nil {
			return // an earlier one stands for it
		}
		s.connectors, s.breakers[k.ID()] = append(s.connectors, k), &breaker{}
		for _, key := range k.Keys() {
			if s.byKey[key] == nil {
				s.byKey[key] = k
			}
		}
	}
	for _, k := range c.Connectors {
		add(k)
	}
	add(people{described: peopleInfo(), facts: c.People.PersonFacts})
	add(people{described: companiesInfo(), facts: c.People.CompanyFacts})
	for _, info := range Known() {
		switch r, ok := c.Remote[info.ID]; {
		case ok:
			add(remote{described{info}, r})
		case c.Demo:
			add(builtIn{described{info}, s})
		}
	}
	return s
}

// maxKeys bounds what one look-up asks for.
const maxKeys = 200

// Sensitive returns those of the keys that a form is filled with only after the
// person's consent (contract.Lookup.Consent).
func (s *Service) Sensitive(keys []string) []string {
	var list []string
	for _, key := range keys {
		if k := s.byKey[key]; k != nil && k.Sensitive() {
			list = append(list, key)
		}
	}
	return list
}

// Lookup asks the registries for the keys and returns what they hold. It is
// recorded, in the log of whom it is about, before the answer leaves; an actor
// whose request was broken off leaves a record too. Keys that no registry
// answers for, and sensitive ones without consent, are neither held nor down.
func (s *Service) Lookup(ctx context.Context, actor auth.Principal, l contract.Lookup) (contract.Known, error) {
	if bases[l.Purpose] == "" {
		return contract.Known{}, ErrPurpose
	}
	if len(l.Keys) > maxKeys {
		return contract.Known{}, ErrTooMany.With("max", maxKeys)
	}
	if l.Basis == "" {
		l.Basis = bases[l.Purpose]
	}
	if err := s.check(ctx, actor, l); err != nil {
		return contract.Known{}, err
	}
	asks, err := s.plan(ctx, actor, l)
	if err != nil {
		return contract.Known{}, err
	}
	if len(asks) == 0 {
		return contract.Known{Facts: map[string]contract.Held{}}, nil
	}
	known := s.ask(ctx, asks)
	// The person is told also when the caller has gone: the registries were asked.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), recordTime)
	defer cancel()
	if err := s.record(ctx, actor, l, asks); err != nil {
		return contract.Known{}, err
	}
	return known, nil
}

const recordTime = 10 * time.Second

// check asks the policy with what the look-up is for.
func (s *Service) check(ctx context.Context, actor auth.Principal, l contract.Lookup) error {
	facts := map[string]any{
		"subject": l.Subject.ID, "item": string(l.Item), "purpose": l.Purpose, "agency": "", "ofcase": false,
	}
	if id, ok := strings.CutPrefix(l.Object, "case:"); ok && l.Purpose == PurposeCheck {
		c, err := s.c.Cases.Facts(ctx, actor, contract.CaseID(id))
		if err != nil {
			return err
		}
		facts["agency"] = string(c.Agency)
		facts["ofcase"] = c.Applicant.ID == l.Subject.ID && c.Item == l.Item
	}
	return s.c.Policy.Check(actor, ActionLookup, policy.Object{Type: "Lookup", ID: l.Object, Attrs: facts})
}

// ask is one question to one registry, and how it ended.
type ask struct {
	connector Connector
	query     Query
	asked     bool // the registry was reached for
	down      bool
	facts     []Fact
}

// plan says which registry is asked what, and about whom: of a company's
// application the facts of a person are those of who fills it in.
func (s *Service) plan(ctx context.Context, actor auth.Principal, l contract.Lookup) ([]*ask, error) {
	off, err := switches(ctx, s.c.DB)
	if err != nil {
		return nil, err
	}
	var list []*ask
	for _, k := range s.connectors {
		keys := slices.DeleteFunc(slices.Clone(l.Keys), func(key string) bool {
			holder := s.byKey[key]
			return holder == nil || holder.ID() != k.ID()
		})
		if len(keys) == 0 || k.Sensitive() && actor.Applies() && !l.Consent {
			continue
		}
		party := l.Subject
		if !slices.Contains(k.About(), party.Kind) {
			if k.ID() != person || !actor.Applies() {
				continue
			}
			party = contract.Party{Kind: person, ID: actor.Person(), Name: actor.Name}
			if actor.AtCounter() {
				party.Name = actor.For.PersonName
			}
		}
		number, err := s.c.People.Number(ctx, party)
		if err != nil {
			return nil, err
		}
		list = append(list, &ask{connector: k, down: off[k.ID()].Off, query: Query{
			Party: party, Number: number, Keys: keys, Purpose: l.Purpose, Basis: l.Basis, Object: l.Object,
		}})
	}
	return list, nil
}

// ask asks all registries at once and gathers what they hold.
func (s *Service) ask(ctx context.Context, asks []*ask) contract.Known {
	done := make(chan struct{})
	for _, a := range asks {
		go func() {
			s.one(ctx, a)
			done <- struct{}{}
		}()
	}
	for range asks {
		<-done
	}
	known := contract.Known{Facts: map[string]contract.Held{}}
	for _, a := range asks {
		if a.down {
			known.Down = append(known.Down, a.query.Keys...)
			continue
		}
		for _, f := range a.facts {
			source := f.Source
			if source.ZH == "" {
				source = a.connector.Name()
			}
			known.Facts[f.Key] = contract.Held{Value: f.Value, Source: source, At: f.At, Registry: a.connector.ID(), Rows: f.Rows}
		}
	}
	return known
}

// errSlow says that a registry did not answer in time.
var errSlow = errors.New("no answer in time")

// one asks one registry, for no longer than its time, whether or not it gives up
// by itself. Only what was asked for is taken.
func (s *Service) one(caller context.Context, a *ask) {
	b := s.breakers[a.connector.ID()]
	if a.down || !b.allow(s.c.Now()) {
		a.down = true
		return
	}
	ctx, cancel := context.WithTimeout(caller, a.connector.Timeout())
	defer cancel()
	type answer struct {
		facts []Fact
		err   error
	}
	came := make(chan answer, 1)
	began := s.c.Now()
	a.asked = true
	go func() {
		facts, err := a.connector.Lookup(ctx, a.query)
		came <- answer{facts, err}
	}()
	var got answer
	select {
	case got = <-came:
	case <-ctx.Done():
		got.err = errSlow
	}
	if caller.Err() != nil {
		b.leave() // the caller went, the registry is not to blame
		a.down = true
		return
	}
	b.done(s.c.Now(), s.c.Now().Sub(began), got.err)
	if got.err != nil {
		a.down = true
		s.c.Log.WarnContext(ctx, "registry", slog.String("registry", a.connector.ID()), slog.Any("error", got.err))
		return
	}
	a.facts = slices.DeleteFunc(got.facts, func(f Fact) bool {
		return !slices.Contains(a.query.Keys, f.Key) || f.Value == "" && len(f.Rows) == 0
	})
}

// record tells each person or company that their data was looked up.
func (s *Service) record(ctx context.Context, actor auth.Principal, l contract.Lookup, asks []*ask) error {
	uses := map[string]*contract.PersonalDataRead{}
	var order []string
	for _, a := range asks {
		if !a.asked {
			continue // nothing left for that registry
		}
		id := a.query.Party.ID
		u := uses[id]
		if u == nil {
			u = &contract.PersonalDataRead{
				Subject: id, Purpose: l.Purpose, Basis: l.Basis, Item: l.Item, At: s.c.Now().UTC().Truncate(time.Microsecond),
			}
			if c, ok := strings.CutPrefix(l.Object, "case:"); ok {
				u.Case = contract.CaseID(c)
			}
			if d, ok := strings.CutPrefix(l.Object, "draft:"); ok {
				u.Draft = contract.DraftID(d)
			}
			uses[id], order = u, append(order, id)
		}
		u.What = append(u.What, a.query.Keys...)
		u.Registries = append(u.Registries, a.connector.ID())
		if a.down {
			u.Down = append(u.Down, a.connector.ID())
		}
	}
	if len(order) == 0 {
		return nil
	}
	return s.c.DB.InTx(ctx, func(ctx context.Context, tx db.Tx) error {
		for _, id := range order {
			m := event.Meta{Actor: actor, Subject: id, Object: l.Object, Purpose: l.Purpose, Basis: l.Basis}
			if err := s.c.Events.Record(ctx, tx, m, *uses[id]); err != nil {
				return err
			}
		}
		return nil
	})
}
