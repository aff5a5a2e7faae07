package identity

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/auth"
	"github.com/tongban/tongban/internal/kit/day"
	"github.com/tongban/tongban/internal/kit/db"
	"github.com/tongban/tongban/internal/kit/idcode"
)

// DemoPassword is the password of every demonstration account. They exist in a
// demonstration alone, and elsewhere cannot sign in.
const DemoPassword = "tongban-demo-2026" //nolint:gosec // meant to be known

// demoDivision is the demonstration's county.
const demoDivision = "511602"

// DemoAccountID is the id of a demonstration account.
func DemoAccountID(username string) contract.AccountID {
	return contract.AccountID("demo-" + username)
}

// SeedDemo makes the demonstration accounts and their company. What is there
// already stays as it is, so it can run at each start.
func (s *Service) SeedDemo(ctx context.Context) error {
	if !s.c.Demo {
		return nil
	}
	for address, c := range demoCompanies() {
		if err := s.seedCompany(ctx, c, address); err != nil {
			return fmt.Errorf("demo company: %w", err)
		}
	}
	// One hash serves all: the password is printed anyway, and a hash takes long.
	hash := sync.OnceValues(func() (string, error) { return s.c.Hasher.Hash(ctx, DemoPassword) })
	for _, p := range demoPeople() {
		if err := s.seedPerson(ctx, p, hash); err != nil {
			return fmt.Errorf("demo account %s: %w", p.username, err)
		}
	}
	return s.seedRights(ctx)
}

// seedRights makes the mandates and the guardianship of the demonstration.
func (s *Service) seedRights(ctx context.Context) error {
	child, err := s.ward(ctx, s.c.DB, demoChild)
	if err != nil {
		return err
	}
	child.ID = DemoWardID
	made := time.Date(2026, time.June, 1, 2, 0, 0, 0, time.UTC)
	return s.c.DB.InTx(ctx, func(ctx context.Context, tx db.Tx) error {
		for _, m := range demoMandates(s.today()) {
			if err := putMandate(ctx, tx, m); err != nil {
				return err
			}
		}
		if _, err := wardByID(ctx, tx, DemoWardID); !errors.Is(err, ErrNoWard) {
			return err
		}
		if err := putWard(ctx, tx, child, s.PersonKey(demoChild.Number), true, made); err != nil {
			return err
		}
		chen := DemoAccountID("chen")
		return putGuardian(ctx, tx, Guardianship{
			ID: "demo-guardian-chen", Ward: child, Account: chen, Relation: demoChild.Relation, Registry: demoChild.Registry,
			CheckedOn: day.In(made), Confirmed: Confirmation{By: chen, Level: grantLevel, At: made},
		})
	})
}

func (s *Service) seedPerson(ctx context.Context, p demoPerson, hash func() (string, error)) error {
	_, err := accountByName(ctx, s.c.DB, p.username)
	if err == nil || !errors.Is(err, ErrNoAccount) {
		return err
	}
	phc, err := hash() // before the transaction: slow
	if err != nil {
		return err
	}
	acc, index, err := s.demoAccount(p)
	if err != nil {
		return err
	}
	secret := ""
	if acc.Kind == auth.Staff {
		secret = auth.NewFactor()
	}
	return s.c.DB.InTx(ctx, func(ctx context.Context, tx db.Tx) error {
		fresh, err := putAccount(ctx, tx, acc, index)
		if err != nil || !fresh {
			return err
		}
		if err := s.cred.Set(ctx, tx, string(acc.ID), phc, secret); err != nil {
			return err
		}
		if len(p.roles) == 0 {
			return nil
		}
		return putPost(ctx, tx, Post{
			ID: "demo-post-" + p.username, Account: acc.ID, Agency: p.agency, Division: postDivision(p.agency),
			Title: p.title, Roles: p.roles, From: day.Of(2026, time.January, 1),
		})
	})
}

// postDivision is where an agency of the demonstration is.
func postDivision(agency contract.AgencyID) string {
	if agency == demoNeighbour {
		return "511603"
	}
	return demoDivision
}

func (s *Service) demoAccount(p demoPerson) (Account, indexes, error) {
	a := Account{
		ID: DemoAccountID(p.username), Username: p.username, Kind: auth.Staff, Name: p.name, State: Open,
		Level: 3, CheckedOn: s.today(), ActingFor: p.actingFor, Enrolled: true, Demo: true, Made: s.at(),
	}
	var x indexes
	var err error
	if a.email, err = s.c.Seal.Seal(fieldEmail, p.username+"@demo.example"); err != nil {
		return a, x, err
	}
	if p.number == "" {
		return a, x, nil
	}
	a.Kind = auth.Resident
	number, err := idcode.ResidentID(p.number)
	if err != nil {
		return a, x, err
	}
	if a.number, err = s.c.Seal.Seal(fieldNumber, number); err != nil {
		return a, x, err
	}
	if a.address, err = s.c.Seal.Seal(fieldAddress, p.address); err != nil {
		return a, x, err
	}
	a.Division = demoDivision
	a.phone, err = s.c.Seal.Seal(fieldPhone, p.phone)
	x = indexes{number: s.c.Seal.Index(fieldNumber, number), phone: s.c.Seal.Index(fieldPhone, p.phone)}
	return a, x, err
}

func (s *Service) seedCompany(ctx context.Context, c Company, address string) error {
	var err error
	if c.CreditCode, err = idcode.CreditCode(c.CreditCode); err != nil {
		return err
	}
	c.CheckedOn = s.today()
	sealed, err := s.c.Seal.Seal(fieldAddress, address)
	if err != nil {
		return err
	}
	return s.c.DB.InTx(ctx, func(ctx context.Context, tx db.Tx) error { return putCompany(ctx, tx, c, sealed) })
}

// DemoAccount is a demonstration account as the sign-in page lists it.
type DemoAccount struct {
	Username string
	Password string
	Code     string // of the second factor, to use now; "" for residents
	// Wait is set where the last code was used up and the next is not good yet.
	Wait  time.Duration
	Kind  auth.Kind
	Name  string
	Roles []string
	Title contract.Text // of staff
	// Agency is that of staff, for a list by agency.
	Agency contract.Text
}

// DemoAccounts lists the demonstration accounts with their passwords and the
// codes to use now. Without a demonstration there are none.
func (s *Service) DemoAccounts(ctx context.Context) ([]DemoAccount, error) {
	if !s.c.Demo {
		return nil, nil
	}
	var list []DemoAccount
	for _, p := range demoPeople() {
		d := DemoAccount{Username: p.username, Password: DemoPassword, Kind: auth.Resident, Name: p.name, Roles: p.roles}
		if len(p.roles) > 0 {
			d.Kind, d.Title = auth.Staff, p.title
			agency, err := s.c.Agencies.Agency(ctx, p.agency)
			if err != nil {
				return nil, err
			}
			d.Agency = agency.Name
			if err := s.demoCode(ctx, &d); err != nil {
				return nil, err
			}
		}
		list = append(list, d)
	}
	return list, nil
}

// demoCode adds the code to use now, unless a new second factor must be set up
// first, as after a reset.
func (s *Service) demoCode(ctx context.Context, d *DemoAccount) error {
	a, err := accountByName(ctx, s.c.DB, d.Username)
	if err != nil || !a.Enrolled {
		return err
	}
	d.Code, d.Wait, err = s.cred.NextCode(ctx, string(a.ID))
	return err
}
