package identity_test

import (
	"errors"
	"testing"
	"time"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/identity"
	"github.com/tongban/tongban/internal/kit/auth"
	"github.com/tongban/tongban/internal/kit/db"
	"github.com/tongban/tongban/internal/kit/dbtest"
	"github.com/tongban/tongban/internal/kit/fault"
	"github.com/tongban/tongban/internal/kit/policy"
)

func wang(roles ...string) identity.NewStaff {
	return identity.NewStaff{
		Username: "Wang.Min", Name: "王敏", Agency: "115113016823646795", Title: contract.Text{ZH: "受理岗"}, Roles: roles,
		Period: identity.Period{From: today},
	}
}

func TestAnAdministratorMakesAccountsOfStaff(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		ctx, admin := t.Context(), w.signIn("admin")
		for name, change := range map[string]func(*identity.NewStaff){
			"no name":          func(n *identity.NewStaff) { n.Name = " " },
			"bad user name":    func(n *identity.NewStaff) { n.Username = "王敏" },
			"taken":            func(n *identity.NewStaff) { n.Username = "clerk" },
			"no agency":        func(n *identity.NewStaff) { n.Agency = "" },
			"unknown agency":   func(n *identity.NewStaff) { n.Agency = "x" },
			"no roles":         func(n *identity.NewStaff) { n.Roles = nil },
			"unknown role":     func(n *identity.NewStaff) { n.Roles = []string{"king"} },
			"audits and rules": func(n *identity.NewStaff) { n.Roles = []string{auth.RoleAuditor, auth.RoleAdministrator} },
			"no title":         func(n *identity.NewStaff) { n.Title = contract.Text{} },
			"backwards":        func(n *identity.NewStaff) { n.To = today.Add(-1) },
		} {
			n := wang(auth.RoleClerk)
			change(&n)
			if _, _, err := w.CreateStaff(ctx, admin, n); fault.KindOf(err) != fault.Invalid {
				t.Errorf("%s: %v", name, err)
			}
		}
		elsewhere := admin
		elsewhere.Division = "510101"
		for name, p := range map[string]auth.Principal{"a clerk": w.signIn("clerk"), "of another place": elsewhere, "a resident": w.signIn("zhou")} {
			if _, _, err := w.CreateStaff(ctx, p, wang(auth.RoleClerk)); !errors.Is(err, policy.ErrDenied) {
				t.Errorf("%s: %v", name, err)
			}
		}
		_, token, err := w.CreateStaff(ctx, admin, wang(auth.RoleClerk))
		w.must(err)
		in := identity.Attempt{Username: "wang.min", Password: "", IP: "192.0.2.1"}
		if _, err := w.SignIn(ctx, in); !errors.Is(err, auth.ErrFailed) {
			t.Errorf("signs in without a password: %v", err)
		}
		if name, err := w.LinkFor(ctx, token); err != nil || name != "wang.min" {
			t.Errorf("%q, %v", name, err)
		}
		if err := w.SetPassword(ctx, "192.0.2.1", token, "short"); fault.KindOf(err) != fault.Invalid {
			t.Errorf("a short password: %v", err)
		}
		w.must(w.SetPassword(ctx, "192.0.2.1", token, "a sentence is fine"))
		if err := w.SetPassword(ctx, "192.0.2.1", token, "a sentence is fine"); !errors.Is(err, identity.ErrLink) {
			t.Errorf("a link used twice: %v", err)
		}
		in.Password = "a sentence is fine"
		e, err := w.SignIn(ctx, in)
		if err != nil || !e.Factor {
			t.Fatalf("%+v, %v", e, err)
		}
		if _, fresh, err := w.Enrolment(ctx, e.Token); err != nil || !fresh {
			t.Errorf("the second factor is not set up first: %v", err)
		}
	})
}

func TestANewPasswordByLink(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		ctx, admin, clerk := t.Context(), w.signIn("admin"), w.session("clerk")
		id := identity.DemoAccountID("clerk")
		_, first, err := w.NewPassword(ctx, admin, id)
		w.must(err)
		if clerk().Kind != auth.Anonymous {
			t.Error("the sessions go on")
		}
		_, second, err := w.NewPassword(ctx, admin, id)
		w.must(err)
		if _, err := w.LinkFor(ctx, first); !errors.Is(err, identity.ErrLink) {
			t.Errorf("the older link: %v", err)
		}
		if _, _, err := w.NewPassword(ctx, admin, identity.DemoAccountID("admin")); !errors.Is(err, policy.ErrDenied) {
			t.Errorf("one's own: %v", err)
		}
		if _, _, err := w.NewPassword(ctx, admin, identity.DemoAccountID("zhou")); !errors.Is(err, identity.ErrNoFactor) {
			t.Errorf("of a resident: %v", err)
		}
		w.add(73 * time.Hour)
		if err := w.SetPassword(ctx, "192.0.2.1", second, "a sentence is fine"); !errors.Is(err, identity.ErrLink) {
			t.Errorf("after three days: %v", err)
		}
	})
}

func TestTheFirstAdministrator(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := open(t, d, false)
		for name, agency := range map[string]contract.AgencyID{"王": "115113016823646795", "wang": "none"} {
			if _, err := w.FirstAdministrator(t.Context(), name, agency); err == nil {
				t.Errorf("%s at %s", name, agency)
			}
		}
		token, err := w.FirstAdministrator(t.Context(), "wang", "115113016823646795")
		w.must(err)
		w.must(w.SetPassword(t.Context(), "192.0.2.1", token, "a sentence is fine"))
		if _, err := w.FirstAdministrator(t.Context(), "li", "115113016823646795"); !errors.Is(err, identity.ErrAdministrators) {
			t.Errorf("a second first one: %v", err)
		}
	}, areas()...)
}
