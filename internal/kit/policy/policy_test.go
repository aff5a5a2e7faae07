package policy_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/tongban/tongban/internal/kit/auth"
	"github.com/tongban/tongban/internal/kit/fault"
	"github.com/tongban/tongban/internal/kit/policy"
)

const casework = `
// clerks of the agency
permit(principal, action in [Action::"casework.accept", Action::"casework.refuse"], resource)
when { principal.roles.contains("clerk") && resource.agency == principal.agency };

permit(principal, action == Action::"casework.watch", resource)
when { principal.roles.contains("supervisor") && resource in principal.jurisdiction };

permit(principal, action == Action::"casework.city", resource)
when { resource in Division::"5116" };

permit(principal, action == Action::"casework.view", resource)
when { principal.kind == "resident" && resource.applicant == principal.subject };

permit(principal, action == Action::"casework.deem", resource)
when { principal.id == "system:deemed" };

permit(principal, action == Action::"casework.sealed", resource)
when { principal.roles.contains("clerk") };

forbid(principal, action == Action::"casework.sealed", resource)
when { resource.secret };

forbid(principal, action, resource is Case)
when { resource has frozen && resource.frozen };
`

const catalog = `permit(principal, action == Action::"catalog.view", resource);`

func engine(t *testing.T) *policy.Engine {
	t.Helper()
	e, err := policy.New(map[string]string{"casework": casework, "catalog": catalog})
	if err != nil {
		t.Fatal(err)
	}
	return e
}

var (
	clerk      = auth.Principal{Kind: auth.Staff, ID: "c1", Roles: []string{"clerk"}, Agency: "A", Division: "511602"}
	supervisor = auth.Principal{Kind: auth.Staff, ID: "s1", Roles: []string{"supervisor"}, Division: "5116"}
	zhou       = auth.Principal{Kind: auth.Resident, ID: "zhou"}
	lin        = auth.Principal{Kind: auth.Resident, ID: "lin", For: auth.Acting{Kind: auth.ForCompany, ID: "shop"}}
	nobody     = auth.Principal{}
)

func object(facts map[string]any) policy.Object {
	return policy.Object{Type: "Case", ID: "1", Attrs: facts}
}

func TestDecisions(t *testing.T) {
	t.Parallel()
	e := engine(t)
	for _, c := range []struct {
		name   string
		who    auth.Principal
		action string
		o      policy.Object
		want   bool
	}{
		{"role and fact", clerk, "casework.accept", object(map[string]any{"agency": "A"}), true},
		{"each action of a list", clerk, "casework.refuse", object(map[string]any{"agency": "A"}), true},
		{"another agency", clerk, "casework.accept", object(map[string]any{"agency": "B"}), false},
		{"a fact is missing", clerk, "casework.accept", object(nil), false},
		{"no role", zhou, "casework.accept", object(map[string]any{"agency": ""}), false},
		{"no policy names the action", clerk, "casework.burn", object(nil), false},
		{"anonymous is denied", nobody, "casework.view", object(map[string]any{"applicant": ""}), false},
		{"anonymous where all may", nobody, "catalog.view", object(nil), true},
		{"district below the city", supervisor, "casework.watch", object(map[string]any{"division": "511602"}), true},
		{"village below the city", supervisor, "casework.watch", object(map[string]any{"division": "511602001001"}), true},
		{"another city", supervisor, "casework.watch", object(map[string]any{"division": "510101"}), false},
		{"the province above", supervisor, "casework.watch", object(map[string]any{"division": "51"}), false},
		{"no division", supervisor, "casework.watch", object(map[string]any{"division": ""}), false},
		{"a prefix that is no division", supervisor, "casework.watch", object(map[string]any{"division": "51160"}), false},
		{"a division by name", nobody, "casework.city", object(map[string]any{"division": "511602001"}), true},
		{"oneself", zhou, "casework.view", object(map[string]any{"applicant": "zhou"}), true},
		{"for a company", lin, "casework.view", object(map[string]any{"applicant": "shop"}), true},
		{"not as oneself while acting for a company", lin, "casework.view", object(map[string]any{"applicant": "lin"}), false},
		{"the system has its own permit", auth.SystemPrincipal("deemed"), "casework.deem", object(nil), true},
		{"the system has no other", auth.SystemPrincipal("deemed"), "casework.accept", object(map[string]any{"agency": ""}), false},
		{"forbid overrides", clerk, "casework.accept", object(map[string]any{"agency": "A", "frozen": true}), false},
		{"forbid does not apply", clerk, "casework.accept", object(map[string]any{"agency": "A", "frozen": false}), true},
		{"forbid of one action", clerk, "casework.sealed", object(map[string]any{"secret": true}), false},
		{"forbid not met", clerk, "casework.sealed", object(map[string]any{"secret": false}), true},
		{"forbid without its fact denies", clerk, "casework.sealed", object(nil), false},
		{"forbid with a fact of the wrong type denies", clerk, "casework.sealed", object(map[string]any{"secret": "no"}), false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if got := e.May(c.who, c.action, c.o); got != c.want {
				t.Errorf("May = %v, want %v", got, c.want)
			}
		})
	}
}

func TestPageAsksOnlyForThePrincipal(t *testing.T) {
	t.Parallel()
	e := engine(t)
	for _, c := range []struct {
		who    auth.Principal
		action string
		want   bool
	}{
		{clerk, "casework.accept", true},     // the service decides with the facts
		{zhou, "casework.accept", false},     // never, whatever the facts
		{nobody, "casework.view", false},     //
		{zhou, "casework.view", true},        //
		{clerk, "casework.sealed", true},     // whether it is secret is not known yet
		{zhou, "casework.sealed", false},     //
		{nobody, "casework.nonsense", false}, //
		{supervisor, "casework.watch", true}, // a page is where its reader is
	} {
		if got := e.May(c.who, c.action, policy.Page); got != c.want {
			t.Errorf("%s %s: May = %v, want %v", c.who.ID, c.action, got, c.want)
		}
	}
}

func TestAForgottenPrincipalAttributeNeverOpensAPage(t *testing.T) {
	t.Parallel()
	e := policy.Must(map[string]string{"x": `permit(principal, action == Action::"x.do", resource) when { principal.rolez.contains("clerk") };`})
	if e.May(clerk, "x.do", policy.Page) {
		t.Error("a misspelt attribute opened a page")
	}
}

func TestForbidOverridesOnPages(t *testing.T) {
	t.Parallel()
	e := policy.Must(map[string]string{
		"x": `permit(principal, action == Action::"x.do", resource) when { resource.mine };
		      forbid(principal, action, resource) when { principal.kind == "machine" };`,
	})
	if !e.May(clerk, "x.do", policy.Page) {
		t.Error("a permit wanting a fact must let the page begin")
	}
	if e.May(auth.Principal{Kind: auth.Machine}, "x.do", policy.Page) {
		t.Error("a forbid was overridden")
	}
}

func TestDeniedIsAFault(t *testing.T) {
	t.Parallel()
	err := engine(t).Check(nobody, "casework.accept", policy.Page)
	if !errors.Is(err, policy.ErrDenied) || fault.KindOf(err) != fault.Denied {
		t.Errorf("err = %v", err)
	}
}

func TestFactsOfUnknownTypeAreABug(t *testing.T) {
	t.Parallel()
	err := engine(t).Check(clerk, "casework.accept", object(map[string]any{"agency": 1.5}))
	if err == nil || fault.KindOf(err) != fault.Internal {
		t.Errorf("err = %v", err)
	}
}

func TestRefusedAtStart(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ text, want string }{
		"cannot be read":    {`permit(principal, action, resource`, "policies of x"},
		"permits any":       {`permit(principal, action, resource);`, "must name its actions"},
		"permits another's": {`permit(principal, action == Action::"y.do", resource);`, `"y.do"`},
		"no action":         {`permit(principal, action == User::"x.do", resource);`, "policies of x"},
	} {
		_, err := policy.New(map[string]string{"x": c.text})
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: err = %v, want %q", name, err, c.want)
		}
	}
}

func TestActionsThatSomeoneMayDo(t *testing.T) {
	t.Parallel()
	e := engine(t)
	if !e.Known("casework.accept") || e.Known("casework.burn") {
		t.Error("Known is wrong")
	}
	if n := len(e.Actions()); n != 8 {
		t.Errorf("%d actions: %v", n, e.Actions())
	}
}

func TestWhoIsRememberedIsNotMistaken(t *testing.T) {
	t.Parallel()
	e := engine(t)
	for i := range 3 * 4096 {
		p := clerk
		p.ID, p.Agency = fmt.Sprint(i), fmt.Sprint(i%2)
		if got := e.May(p, "casework.accept", object(map[string]any{"agency": "1"})); got != (i%2 == 1) {
			t.Fatalf("%d: %v", i, got)
		}
	}
	for _, roles := range [][]string{nil, {"clerk", "x"}, {"x"}, {"clerk"}} {
		p := clerk
		p.Roles = roles
		want := len(roles) > 0 && roles[0] == "clerk"
		if got := e.May(p, "casework.accept", object(map[string]any{"agency": "A"})); got != want {
			t.Errorf("%q: %v", roles, got)
		}
	}
}

func BenchmarkCheck(b *testing.B) {
	e := policy.Must(map[string]string{"casework": casework, "catalog": catalog})
	o := object(map[string]any{"agency": "A", "division": "511602", "applicant": "zhou", "state": "accepted"})
	b.ReportAllocs()
	for b.Loop() {
		if e.Check(clerk, "casework.accept", o) != nil {
			b.Fatal("denied")
		}
	}
}
