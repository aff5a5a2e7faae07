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

// The demonstration's county, the agency its staff are in, and its company.
const (
	demoDivision = "511602"
	demoAgency   = contract.AgencyID("115113016823646795") // 区行政审批局
	demoCompany  = "demo-company-qinghe"
)

// demoPerson is one demonstration account. Names, numbers and addresses are
// invented; a sequence of 000 in an identity number is not given out.
type demoPerson struct {
	username, name string
	number         string
	phone          string
	title          contract.Text
	roles          []string
	actingFor      string
}

func demoPeople() []demoPerson {
	staff := func(username, name, zh, en string, roles ...string) demoPerson {
		return demoPerson{username: username, name: name, title: contract.Text{ZH: zh, EN: en}, roles: roles}
	}
	return []demoPerson{
		{username: "zhou", name: "周淑芬", number: "511602197904120004", phone: "13000000001"},
		{username: "lin", name: "林晓梅", number: "511602198809090008", phone: "13000000002", actingFor: demoCompany},
		staff("clerk", "何敏", "受理岗", "counter clerk", auth.RoleClerk),
		staff("reviewer1", "唐建国", "审查岗", "reviewer", auth.RoleReviewer),
		staff("reviewer2", "邓丽华", "审查岗", "reviewer", auth.RoleReviewer),
		staff("approver", "蒋志强", "审批岗", "approver", auth.RoleApprover),
		staff("supervisor", "罗文", "效能监察岗", "supervisor", auth.RoleSupervisor),
		staff("catalog", "谢雨欣", "事项管理岗", "catalogue manager", auth.RoleCatalogManager),
		staff("admin", "熊伟", "系统管理员", "system administrator", auth.RoleAdministrator),
	}
}

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
	if err := s.seedCompany(ctx); err != nil {
		return fmt.Errorf("demo company: %w", err)
	}
	// One hash serves all: the password is printed anyway, and a hash takes long.
	hash := sync.OnceValues(func() (string, error) { return s.c.Hasher.Hash(ctx, DemoPassword) })
	for _, p := range demoPeople() {
		if err := s.seedPerson(ctx, p, hash); err != nil {
			return fmt.Errorf("demo account %s: %w", p.username, err)
		}
	}
	return nil
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
			ID: "demo-post-" + p.username, Account: acc.ID, Agency: demoAgency, Division: demoDivision,
			Title: p.title, Roles: p.roles, From: day.Of(2026, time.January, 1),
		})
	})
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
	a.phone, err = s.c.Seal.Seal(fieldPhone, p.phone)
	x = indexes{number: s.c.Seal.Index(fieldNumber, number), phone: s.c.Seal.Index(fieldPhone, p.phone)}
	return a, x, err
}

func (s *Service) seedCompany(ctx context.Context) error {
	code, err := idcode.CreditCode("92511602MADEM00032")
	if err != nil {
		return err
	}
	address, err := s.c.Seal.Seal(fieldAddress, "四川省广安市广安区清和街18号（演示地址）")
	if err != nil {
		return err
	}
	c := Company{
		ID: demoCompany, Name: "广安区清和美发店", CreditCode: code, Form: "个体工商户", Status: "open",
		RepName: "周淑芬", RepAccount: DemoAccountID("zhou"), Division: demoDivision,
		Scope: "理发及美容服务；预包装食品销售（仅销售预包装食品）", Registrar: "广安区市场监督管理局",
		RegisteredOn: day.Of(2026, time.March, 3), CheckedOn: s.today(), Demo: true,
	}
	return s.c.DB.InTx(ctx, func(ctx context.Context, tx db.Tx) error {
		if err := putCompany(ctx, tx, c, address); err != nil {
			return err
		}
		return putOperator(ctx, tx, operator{
			id: "demo-operator-lin", company: c.ID, account: DemoAccountID("lin"), grantedBy: c.RepAccount,
			from: day.Of(2026, time.March, 3), to: day.Of(2036, time.March, 2),
		})
	})
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
			d.Kind = auth.Staff
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
