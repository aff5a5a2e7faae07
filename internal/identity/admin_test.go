package identity_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/identity"
	"github.com/tongban/tongban/internal/kit/auth"
	"github.com/tongban/tongban/internal/kit/fault"
	"github.com/tongban/tongban/internal/kit/policy"
)

// everybody is one principal of each sort.
func everybody() map[string]auth.Principal {
	staff := func(role string) auth.Principal {
		return auth.Principal{Kind: auth.Staff, ID: role, Roles: []string{role}, Agency: "A", Division: "511602"}
	}
	all := map[string]auth.Principal{
		"anonymous": {},
		"resident":  {Kind: auth.Resident, ID: "me"},
		"operator":  {Kind: auth.Resident, ID: "me", For: auth.Acting{Kind: auth.ForCompany, ID: "co"}},
		"agent":     {Kind: auth.Resident, ID: "me", For: auth.Acting{Kind: auth.ForPerson, ID: "p2", Mandate: "m1", Items: []string{"i1"}}},
		"machine":   {Kind: auth.Machine, ID: "client:1"},
		"reader":    {Kind: auth.Machine, ID: "client:2", Scopes: []string{"company.read"}},
		"system":    auth.SystemPrincipal("x"),
		"abroad":    {Kind: auth.Staff, ID: "abroad", Roles: []string{auth.RoleAdministrator}, Division: "510101"},
		"both":      {Kind: auth.Staff, ID: "both", Roles: []string{auth.RoleAdministrator, auth.RoleAuditor}, Division: "511602"},
	}
	for _, role := range []string{
		auth.RoleClerk, auth.RoleReviewer, auth.RoleApprover, auth.RoleHead, auth.RoleSupervisor,
		auth.RoleCatalogManager, auth.RoleAuditor, auth.RoleAdministrator,
	} {
		all[role] = staff(role)
	}
	return all
}

// TestEveryRoleTriesEveryAction is the role matrix of this area.
func TestEveryRoleTriesEveryAction(t *testing.T) {
	t.Parallel()
	e := policy.Must(map[string]string{"identity": identity.Policies})
	all := everybody()
	names := func(except ...string) []string {
		var list []string
		for n, p := range all {
			if (p.Kind == auth.Resident || p.Kind == auth.Staff) && !slices.Contains(except, n) {
				list = append(list, n)
			}
		}
		return list
	}
	account := func(id, kind, division string) policy.Object {
		return policy.Object{Type: "Account", ID: id, Attrs: map[string]any{"account": id, "kind": kind, "division": division}}
	}
	for _, c := range []struct {
		action string
		o      func(p auth.Principal) policy.Object
		may    []string
	}{
		{identity.ActionSignIn, page, append(names(), "anonymous", "machine", "reader", "system")},
		{identity.ActionMe, mine, names()},
		{identity.ActionOwn, mine, names()},
		{identity.ActionData, mine, names("agent")},
		{identity.ActionSignOut, mine, names()},
		{identity.ActionOwn, fixed(account("somebody", "resident", "")), nil},
		{identity.ActionAct, mine, []string{"resident", "operator", "agent"}},
		{identity.ActionMandates, mine, []string{"resident", "operator", "agent"}},
		{identity.ActionMandateMake, mine, []string{"resident", "operator", "agent"}},
		{identity.ActionOperators, mine, []string{"resident", "operator", "agent"}},
		{identity.ActionFamily, mine, []string{"resident", "operator", "agent"}},
		{identity.ActionMandates, mandate("me", "p2", "p2"), []string{"resident", "operator", "agent"}},
		{identity.ActionMandates, mandate("p3", "me", "p3"), []string{"resident", "operator", "agent"}},
		{identity.ActionMandates, mandate("p3", "p2", "me"), nil},
		{identity.ActionMandateEnd, mandate("p3", "me", "p3"), []string{"resident", "operator", "agent"}},
		{identity.ActionMandateEnd, mandate("p3", "p2", "p2"), nil},
		{identity.ActionMandateAnswer, mandate("me", "p2", "p2"), nil},
		{identity.ActionMandateAnswer, mandate("p2", "me", "me"), []string{"resident", "operator", "agent"}},
		{identity.ActionOperatorGrant, mandate("p2", "me", "me"), []string{"resident", "operator", "agent"}},
		{identity.ActionOperatorGrant, mandate("me", "p2", "p2"), nil},
		{identity.ActionHeld, subject("me"), []string{"resident", "operator", "agent"}},
		{identity.ActionHeld, subject("co"), []string{"operator"}},
		{identity.ActionHeld, subject("else"), nil},
		{identity.ActionCompanyRead, page, []string{"reader"}},
		{identity.ActionAccounts, page, []string{"administrator", "auditor", "both", "abroad"}},
		{identity.ActionAccounts, fixed(account("x", "staff", "511602")), []string{"administrator", "auditor", "both"}},
		{identity.ActionLock, fixed(account("x", "staff", "511602001")), []string{"administrator"}},
		{identity.ActionLock, fixed(account("x", "staff", "5116")), nil},
		{identity.ActionLock, fixed(account("x", "resident", "")), []string{"administrator", "abroad"}},
		{identity.ActionLock, fixed(account("administrator", "staff", "511602")), nil},
		{identity.ActionUnlock, fixed(account("x", "staff", "511602")), []string{"administrator"}},
		{identity.ActionResetFactor, fixed(account("x", "staff", "511602")), []string{"administrator"}},
		{identity.ActionResetFactor, fixed(account("administrator", "staff", "511602")), nil},
		{identity.ActionPost, fixed(account("x", "staff", "511602")), []string{"administrator"}},
		{identity.ActionPost, fixed(account("administrator", "staff", "511602")), nil},
		{identity.ActionClients, page, []string{"administrator", "auditor", "both", "abroad"}},
		{identity.ActionClientCreate, page, []string{"administrator", "abroad"}},
		{identity.ActionClientRevoke, page, []string{"administrator", "abroad"}},
	} {
		for name, p := range all {
			want := slices.Contains(c.may, name)
			if got := e.May(p, c.action, c.o(p)); got != want {
				t.Errorf("%s %s %+v: %v, want %v", name, c.action, c.o(p), got, want)
			}
		}
	}
	if got := e.Scopes(); !slices.Equal(got, []string{"company.read"}) {
		t.Errorf("scopes %v", got)
	}
}

func page(auth.Principal) policy.Object { return policy.Page }

func mine(p auth.Principal) policy.Object {
	return policy.Object{Type: "Account", ID: p.ID, Attrs: map[string]any{"account": p.ID}}
}

func fixed(o policy.Object) func(auth.Principal) policy.Object {
	return func(auth.Principal) policy.Object { return o }
}

func mandate(agent, grantor, answers string) func(auth.Principal) policy.Object {
	return fixed(policy.Object{Type: "Mandate", ID: "m", Attrs: map[string]any{
		"account": "", "agent": agent, "grantors": []string{grantor}, "answer": []string{answers},
	}})
}

func subject(id string) func(auth.Principal) policy.Object {
	return fixed(policy.Object{Type: "Subject", ID: id, Attrs: map[string]any{"subject": id}})
}

// TestTheListIsWhatThePolicyAllows compares the rule in SQL with the policy.
func TestTheListIsWhatThePolicyAllows(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		e := policy.Must(map[string]string{"identity": identity.Policies})
		admin := w.signIn("admin")
		everyone, _, err := w.Accounts(t.Context(), admin, identity.Filter{})
		if err != nil || len(everyone) != 34 {
			t.Fatalf("%d, %v", len(everyone), err)
		}
		for _, division := range []string{"51", "5116", "511602", "511602001", "511603", "50", "5", ""} {
			p := admin
			p.Division = division
			listed, _, err := w.Accounts(t.Context(), p, identity.Filter{})
			if err != nil {
				t.Fatal(err)
			}
			for _, r := range everyone {
				o := policy.Object{Type: "Account", ID: string(r.Account), Attrs: map[string]any{
					"account": string(r.Account), "kind": string(r.Kind), "division": r.Division,
				}}
				want := e.May(p, identity.ActionAccounts, o)
				got := slices.ContainsFunc(listed, func(x identity.Row) bool { return x.Account == r.Account })
				if got != want {
					t.Errorf("%q lists %s: %v, policy says %v", division, r.Username, got, want)
				}
			}
		}
	})
}

func TestSearchingAccounts(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		admin := w.signIn("admin")
		for q, want := range map[string]string{
			"fire": "[fire fire-head fire2]", "rev": "[reviewer1 reviewer2]",
			"何敏": "[clerk]", "林": "[]", "%": "[]", "_": "[]", "!": "[]", "' OR 1=1 --": "[]", " ZHOU ": "[zhou]",
		} {
			rows, _, err := w.Accounts(t.Context(), admin, identity.Filter{Query: q})
			if err != nil {
				t.Fatalf("%q: %v", q, err)
			}
			got := []string{}
			for _, r := range rows {
				got = append(got, r.Username)
				if r.Kind == auth.Resident && !strings.Contains(r.Name, "*") {
					t.Errorf("a resident's name in the list: %s", r.Name)
				}
			}
			if fmt.Sprint(got) != want {
				t.Errorf("%q finds %v, want %s", q, got, want)
			}
		}
		rows, _, err := w.Accounts(t.Context(), admin, identity.Filter{After: "lin"})
		if err != nil || rows[0].Username != "market" {
			t.Errorf("%v", err)
		}
	})
}

func TestLockingEndsSessions(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		ctx, admin := t.Context(), w.signIn("admin")
		e, err := w.SignIn(ctx, identity.Attempt{Username: "zhou", Password: identity.DemoPassword, IP: "192.0.2.1"})
		if err != nil {
			t.Fatal(err)
		}
		zhou := identity.DemoAccountID("zhou")
		if err := w.Lock(ctx, admin, zhou); err != nil {
			t.Fatal(err)
		}
		if w.find(e.Token).Kind != auth.Anonymous {
			t.Error("the session of a locked account is open")
		}
		if err := w.try(identity.Attempt{Username: "zhou", Password: identity.DemoPassword}); !errors.Is(err, auth.ErrFailed) {
			t.Errorf("err = %v", err)
		}
		if err := w.Unlock(ctx, admin, zhou); err != nil {
			t.Fatal(err)
		}
		w.signIn("zhou")
		for name, err := range map[string]error{
			"oneself":     w.Lock(ctx, admin, identity.DemoAccountID("admin")),
			"by a clerk":  w.Lock(ctx, w.signIn("clerk"), zhou),
			"by a person": w.Lock(ctx, w.signIn("lin"), zhou),
		} {
			if !errors.Is(err, policy.ErrDenied) {
				t.Errorf("%s: %v", name, err)
			}
		}
		if err := w.Lock(ctx, admin, contract.AccountID("nobody")); !errors.Is(err, identity.ErrNoAccount) {
			t.Errorf("nobody: %v", err)
		}
	})
}

func TestClients(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		ctx, admin := t.Context(), w.signIn("admin")
		good := identity.NewClient{Name: " 区大数据中心 ", Scopes: []string{"company.read", "company.read"}, Days: 30}
		for field, n := range map[string]identity.NewClient{
			"name":   {Name: " ", Scopes: good.Scopes, Days: 1},
			"scopes": {Name: "x", Scopes: []string{"everything"}, Days: 1},
			"days":   {Name: "x", Scopes: good.Scopes, Days: 0},
		} {
			_, _, err := w.CreateClient(ctx, admin, n)
			if f := fault.FieldsOf(err); len(f) != 1 || f[0].Name != field {
				t.Errorf("%s: %v", field, err)
			}
		}
		c, key, err := w.CreateClient(ctx, admin, good)
		if err != nil || c.Name != "区大数据中心" || len(c.Scopes) != 1 || key == "" {
			t.Fatalf("%+v, %v", c, err)
		}
		machine := auth.Principal{Kind: auth.Machine, ID: "client:" + c.ID, Name: c.Name, Scopes: c.Scopes}
		company, err := w.CompanyFor(ctx, machine, "92511602madem00032", "核对年报")
		if err != nil || company.Name != "广安区清和美发店" || company.Address != "" {
			t.Fatalf("%+v, %v", company, err)
		}
		for name, err := range map[string]error{
			"no purpose":    second(w.CompanyFor(ctx, machine, "92511602MADEM00032", " ")),
			"wrong check":   second(w.CompanyFor(ctx, machine, "92511602MADEM00033", "x")),
			"no scope":      second(w.CompanyFor(ctx, auth.Principal{Kind: auth.Machine, ID: "m"}, "92511602MADEM00032", "x")),
			"unknown":       second(w.CompanyFor(ctx, machine, "91350100M000100Y43", "x")),
			"by a resident": second(w.CompanyFor(ctx, w.signIn("zhou"), "92511602MADEM00032", "x")),
		} {
			if err == nil || fault.KindOf(err) == fault.Internal {
				t.Errorf("%s: %v", name, err)
			}
		}
		uses, _, err := w.Uses(ctx, w.signIn("lin"), identity.UseQuery{})
		if err != nil || len(uses) != 1 || uses[0].Kind != auth.Machine || uses[0].Name != "区大数据中心" || uses[0].Purpose != "核对年报" {
			t.Errorf("%+v, %v", uses, err)
		}
		if err := w.RevokeClient(ctx, admin, c.ID); err != nil {
			t.Fatal(err)
		}
		if err := w.RevokeClient(ctx, admin, c.ID); !errors.Is(err, auth.ErrNoKey) {
			t.Errorf("twice: %v", err)
		}
		if _, _, err := w.CreateClient(ctx, w.signIn("supervisor"), good); !errors.Is(err, policy.ErrDenied) {
			t.Errorf("by a supervisor: %v", err)
		}
	})
}

func second[T any](_ T, err error) error { return err }
