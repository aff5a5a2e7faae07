package identity

import (
	"context"
	"errors"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/auth"
	"github.com/tongban/tongban/internal/kit/db"
	"github.com/tongban/tongban/internal/kit/idcode"
	"github.com/tongban/tongban/internal/kit/policy"
)

// Parties returns for whom p applies now, exactly one: the company, person or
// ward that p acts for, or oneself. Whoever wants to apply for another changes
// that at /account first, so that every page of the session speaks of the same
// party.
func (s *Service) Parties(ctx context.Context, p auth.Principal) ([]contract.Party, error) {
	if err := s.c.Policy.Check(p, ActionHeld, subjectOf(p.Subject())); err != nil {
		return nil, err
	}
	switch p.For.Kind {
	case auth.ForCompany:
		c, err := s.Company(ctx, p.For.ID)
		if err != nil {
			return nil, err
		}
		return []contract.Party{c.Party()}, nil
	case auth.ForPerson, auth.ForWard:
		return []contract.Party{{Kind: PartyPerson, ID: p.For.ID, Name: p.For.Name}}, nil
	case auth.ForCounter:
		return s.partyAtCounter(ctx, p)
	}
	return []contract.Party{{Kind: PartyPerson, ID: p.ID, Name: p.Name}}, nil
}

// partyAtCounter is whom the person at a window applies for.
func (s *Service) partyAtCounter(ctx context.Context, p auth.Principal) ([]contract.Party, error) {
	if p.For.ID == p.For.Person {
		return []contract.Party{{Kind: PartyPerson, ID: p.For.ID, Name: p.For.Name}}, nil
	}
	r, err := s.right(ctx, s.c.DB, contract.AccountID(p.For.Person), p.For.ID)
	if err != nil {
		return nil, err
	}
	party := contract.Party{Kind: PartyPerson, ID: r.ID, Name: r.Name}
	if r.Kind == auth.ForCompany {
		party.Kind, party.Code = PartyCompany, r.Code
	}
	return []contract.Party{party}, nil
}

func subjectOf(id string) policy.Object {
	return policy.Object{Type: "Subject", ID: id, Attrs: map[string]any{"subject": id}}
}

// PersonKey is the blind index of an identity number: the same for the same
// number, and no way back. What is no number has the key "".
func (s *Service) PersonKey(number string) string {
	number, err := idcode.ResidentID(number)
	if err != nil {
		return ""
	}
	return s.c.Seal.Index(fieldNumber, number)
}

// KeyOf returns the key and the name of the person behind an account, or of a
// ward; the key is "" where no number is known.
func (s *Service) KeyOf(ctx context.Context, id contract.AccountID) (key, name string, err error) {
	f, err := s.person(ctx, s.c.DB, string(id))
	if err != nil || f.number == "" {
		return "", f.name, err
	}
	return s.PersonKey(f.number), f.name, nil
}

// AccountByKey returns the account of the person whose number has a key.
func (s *Service) AccountByKey(ctx context.Context, key string) (id contract.AccountID, ok bool, err error) {
	a, err := accountByNumber(ctx, s.c.DB, key)
	if errors.Is(err, ErrNoAccount) || err == nil && !s.usable(a) {
		return "", false, nil
	}
	return a.ID, err == nil, err
}

// personFacts are what is known of a person, with an account or without.
type personFacts struct {
	name, number, phone, email, address, division string
	checkedOn                                     string
	ward                                          bool
}

// person opens what is known of an account or a ward. The caller decides who may
// know it, and records it.
func (s *Service) person(ctx context.Context, q db.Q, id string) (f personFacts, err error) {
	a, err := accountByID(ctx, q, id)
	if errors.Is(err, ErrNoAccount) {
		return s.wardFacts(ctx, q, id)
	}
	if err != nil {
		return f, err
	}
	open, err := s.open(a)
	if err != nil {
		return f, err
	}
	return personFacts{
		name: a.Name, number: open.number, phone: open.phone, email: open.email, address: open.address,
		division: a.Division, checkedOn: a.CheckedOn.String(),
	}, nil
}

func (s *Service) wardFacts(ctx context.Context, q db.Q, id string) (f personFacts, err error) {
	w, err := wardByID(ctx, q, id)
	if errors.Is(err, ErrNoWard) {
		return f, ErrNoAccount
	}
	if err != nil {
		return f, err
	}
	f = personFacts{name: w.Name, division: w.Division, ward: true}
	if f.number, err = s.unseal(fieldNumber, w.number); err != nil {
		return f, err
	}
	f.address, err = s.unseal(fieldAddress, w.address)
	return f, err
}

// Sources of held facts.
var (
	sourceRegister = contract.Text{ZH: "实名认证信息", EN: "verified identity"}
	sourceAccount  = contract.Text{ZH: "账户预留信息", EN: "contact details of the account"}
	sourceFamily   = contract.Text{ZH: "监护关系登记信息", EN: "register of the family relation"}
	sourceCompany  = contract.Text{ZH: "营业执照登记信息", EN: "business licence register"}
)

// PersonFacts returns what is known of an account or a ward, by registry key.
// The caller decides who may know it and records the read.
func (s *Service) PersonFacts(ctx context.Context, id string) (map[string]contract.Held, error) {
	f, err := s.person(ctx, s.c.DB, id)
	if err != nil {
		return nil, err
	}
	held := map[string]contract.Held{}
	add := func(key, value string, source contract.Text) {
		if value != "" {
			held[key] = contract.Held{Value: value, Source: source, At: f.checkedOn}
		}
	}
	register := sourceRegister
	if f.ward {
		register = sourceFamily
	}
	add("person.name", f.name, register)
	add("person.resident_id", f.number, register)
	add("person.address", f.address, register)
	add("person.division", f.division, register)
	add("person.phone", f.phone, sourceAccount)
	add("person.email", f.email, sourceAccount)
	if f.number == "" {
		return held, nil
	}
	r, err := idcode.ParseResident(f.number)
	if err != nil {
		return nil, err
	}
	add("person.birth_date", r.Birth.String(), register)
	sex := "female"
	if r.Sex == idcode.Male {
		sex = "male"
	}
	add("person.sex", sex, register)
	return held, nil
}

// CompanyFacts returns what is known of a company, by registry key. The caller
// decides who may know it and records the read.
func (s *Service) CompanyFacts(ctx context.Context, id string) (map[string]contract.Held, error) {
	c, err := s.Company(ctx, id)
	if err != nil {
		return nil, err
	}
	held := map[string]contract.Held{}
	for key, value := range map[string]string{
		"company.name":                 c.Name,
		"company.code":                 c.CreditCode,
		"company.address":              c.Address,
		"company.legal_representative": c.RepName,
		"company.form":                 c.Form,
		"company.scope":                c.Scope,
		"company.division":             c.Division,
		"company.registrar":            c.Registrar,
		"company.registered_on":        c.RegisteredOn.String(),
	} {
		if value != "" {
			held[key] = contract.Held{Value: value, Source: sourceCompany, At: c.CheckedOn.String()}
		}
	}
	return held, nil
}

// Number returns the number that registries know a party by: the identity number
// of a person, the credit code of a company, "" where there is none. The caller
// decides who may use it, and for what.
func (s *Service) Number(ctx context.Context, party contract.Party) (string, error) {
	if party.Kind == PartyCompany {
		c, _, err := companyByID(ctx, s.c.DB, party.ID)
		return c.CreditCode, err
	}
	f, err := s.person(ctx, s.c.DB, party.ID)
	return f.number, err
}
