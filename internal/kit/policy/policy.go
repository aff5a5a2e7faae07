// Package policy decides who may do what, by Cedar policies that the areas bring.
//
// Everything is denied that no policy permits, and a forbid overrides every
// permit. An action is named "<area>.<verb>"; an area's policies permit that
// area's actions alone, so no area can open another.
//
// What a policy can use:
//
//	principal.kind          "", "resident", "staff", "machine", "system"
//	principal.id            account id
//	principal.roles         set of roles, of staff
//	principal.agency        agency id, of staff
//	principal.division      division code, of staff
//	principal.company       company the person acts for, "" is oneself
//	principal.subject       whom the person acts for: a company, a person, or oneself
//	principal.acting        "" for oneself, "company", "person", "ward", or "counter": staff for who stands there
//	principal.person        whose matter it is: one's own id, at a counter that of who stands there
//	principal.limited       the right to act for them is limited to principal.items
//	principal.items         services it is limited to
//	principal.scopes        set of scopes, of machines
//	principal.level         real-name level, 0 to 4
//	principal.jurisdiction  Division::"<code>" of principal.division
//	resource.<name>         the facts the service gave
//
// Divisions form a tree by their codes, 51 above 5116 above 511602, and
// the fact "division" puts the resource into it:
//
//	resource in Division::"5116"
//	resource in principal.jurisdiction
//
// # Pages and operations
//
// Before a page or an API operation runs, its action is checked with an Object
// of type Page, which has no facts and is in the principal's own division. A
// permit that fails only for want of a fact counts as satisfied there, because
// the service decides with the facts. So put first what concerns the principal:
//
//	permit(principal, action == Action::"casework.accept", resource)
//	when { principal.roles.contains("clerk") && resource.agency == principal.agency };
package policy

import (
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"maps"
	"regexp"
	"slices"
	"strings"

	cedar "github.com/cedar-policy/cedar-go"

	"github.com/tongban/tongban/internal/kit/auth"
	"github.com/tongban/tongban/internal/kit/fault"
)

// ErrDenied says that no policy permits the action, or one forbids it.
var ErrDenied = fault.New(fault.Denied, "policy.denied")

// PageType is the type of the object that stands for a page or an API
// operation, before the facts of what it shows are known.
const PageType = "Page"

// Page is the object of a page or an API operation.
var Page = Object{Type: PageType}

// Object is what an action is done to, with the facts that policies may use.
type Object struct {
	Type string // "Case", "Licence", ...
	ID   string
	// Attrs are facts: string, named string types excluded, bool, int, int64 or
	// []string. The fact "division" puts the object into the division tree.
	Attrs map[string]any
	// Parents are further entities the object is in, as "Type:id".
	Parents []string

	ready *cedar.Record // Attrs, as Cedar has them
}

// Ready is o for who asks about it many times: its facts are read once. They must
// not change afterwards. Facts that cannot be read are told when somebody asks.
func (o Object) Ready() Object {
	if facts, err := record(o.Attrs); err == nil {
		o.ready = &facts
	}
	return o
}

// facts are what policies see of o.
func (o Object) facts() (cedar.Record, error) {
	if o.ready != nil {
		return *o.ready, nil
	}
	return record(o.Attrs)
}

// Engine holds the policies of all areas. They never change once made.
type Engine struct {
	byAction map[string]list
	always   list // policies that name no action; forbids alone
	actions  []string
	scopes   []string
	people   people
}

// New reads the policies of the areas, by area name. A text that cannot be read
// and a permit for another area's action, or for any action, are errors.
func New(files map[string]string) (*Engine, error) {
	e := &Engine{byAction: map[string]list{}}
	permitted := map[string]bool{}
	var errs []error
	scopes := map[string]bool{}
	for _, area := range slices.Sorted(maps.Keys(files)) {
		policies, err := read(area, files[area])
		if err != nil {
			errs = append(errs, fmt.Errorf("policies of %s: %w", area, err))
			continue
		}
		for _, m := range scopeText.FindAllStringSubmatch(files[area], -1) {
			scopes[m[1]] = true
		}
		for _, p := range policies {
			e.add(p)
			for _, a := range p.actions {
				permitted[a] = permitted[a] || p.effect == cedar.Permit
			}
		}
	}
	if len(errs) > 0 {
		return nil, errors.Join(errs...)
	}
	maps.DeleteFunc(permitted, func(_ string, ok bool) bool { return !ok })
	e.scopes = slices.Sorted(maps.Keys(scopes))
	e.actions = slices.Sorted(maps.Keys(permitted))
	for a, l := range e.byAction {
		e.byAction[a] = append(l, e.always...)
	}
	return e, nil
}

var scopeText = regexp.MustCompile(`principal\.scopes\.contains\("([a-z_.]+)"\)`)

// Scopes returns every scope that some policy asks of a machine, sorted: what an
// API client can be given.
func (e *Engine) Scopes() []string { return e.scopes }

// Must is New for tests and for what is embedded.
func Must(files map[string]string) *Engine {
	e, err := New(files)
	if err != nil {
		panic(err)
	}
	return e
}

func (e *Engine) add(p rule) {
	if len(p.actions) == 0 {
		e.always = append(e.always, p)
	}
	for _, a := range p.actions {
		e.byAction[a] = append(e.byAction[a], p)
	}
}

// Actions returns every action that some policy permits to someone, sorted.
func (e *Engine) Actions() []string { return e.actions }

// Known reports whether some policy permits the action to someone.
func (e *Engine) Known(action string) bool {
	_, ok := slices.BinarySearch(e.actions, action)
	return ok
}

// May reports whether p may do the action to o.
func (e *Engine) May(p auth.Principal, action string, o Object) bool {
	return e.Check(p, action, o) == nil
}

// Check returns nil if p may do the action to o, ErrDenied if not. A forbid
// that cannot be evaluated denies: a fact was forgotten, and nobody knows.
func (e *Engine) Check(p auth.Principal, action string, o Object) error {
	policies := e.byAction[action]
	if len(policies) == 0 {
		return ErrDenied
	}
	w, err := newWorld(e.people.entity(p), p, o)
	if err != nil {
		return fmt.Errorf("policy %s: %w", action, err)
	}
	decision, diag := cedar.Authorize(policies, w, cedar.Request{
		Principal: w.principal.UID,
		Action:    cedar.NewEntityUID("Action", cedar.String(action)),
		Resource:  w.resource.UID,
	})
	if len(diag.Errors) == 0 {
		return verdict(bool(decision))
	}
	return judge(policies, o, bool(decision), diag)
}

func verdict(allowed bool) error {
	if allowed {
		return nil
	}
	return ErrDenied
}

// judge decides where some policy could not be evaluated.
func judge(policies list, o Object, allowed bool, diag cedar.Diagnostic) error {
	maybe := false
	for _, d := range diag.Errors {
		wanting := o.Type == PageType && strings.HasPrefix(d.Message, "`"+PageType+"::")
		permit := policies.effect(d.PolicyID) == cedar.Permit
		switch {
		case wanting && permit:
			maybe = true
		case !wanting && !permit:
			return ErrDenied.Wrap(fmt.Errorf("forbid %s: %s", d.PolicyID, d.Message))
		}
	}
	forbidden := !allowed && len(diag.Reasons) > 0
	return verdict(allowed || maybe && !forbidden)
}

// rule is one policy with what the engine has to know of it.
type rule struct {
	id      cedar.PolicyID
	policy  *cedar.Policy
	effect  cedar.Effect
	actions []string // empty: any
}

type list []rule

// All makes list a cedar.PolicyIterator.
func (l list) All() iter.Seq2[cedar.PolicyID, *cedar.Policy] {
	return func(yield func(cedar.PolicyID, *cedar.Policy) bool) {
		for _, r := range l {
			if !yield(r.id, r.policy) {
				return
			}
		}
	}
}

func (l list) effect(id cedar.PolicyID) cedar.Effect {
	i := slices.IndexFunc(l, func(r rule) bool { return r.id == id })
	return l[i].effect
}

func read(area, text string) ([]rule, error) {
	policies, err := cedar.NewPolicyListFromBytes(area, []byte(text))
	if err != nil {
		return nil, err
	}
	rules := make([]rule, len(policies))
	for i, p := range policies {
		actions, err := scope(p)
		if err != nil {
			return nil, err
		}
		if err := own(area, p, actions); err != nil {
			return nil, fmt.Errorf("line %d: %w", p.Position().Line, err)
		}
		id := cedar.PolicyID(fmt.Sprintf("%s#%d", area, i))
		rules[i] = rule{id: id, policy: p, effect: p.Effect(), actions: actions}
	}
	return rules, nil
}

// own refuses a permit that reaches beyond its area.
func own(area string, p *cedar.Policy, actions []string) error {
	if p.Effect() == cedar.Forbid {
		return nil
	}
	if len(actions) == 0 {
		return errors.New("a permit must name its actions")
	}
	for _, a := range actions {
		if !strings.HasPrefix(a, area+".") {
			return fmt.Errorf("permits %q, an action of another area", a)
		}
	}
	return nil
}

// scope returns the actions that a policy's head names, none for any action.
// The public form of a head is its JSON.
func scope(p *cedar.Policy) ([]string, error) {
	text, err := p.MarshalJSON()
	if err != nil {
		return nil, err
	}
	var head struct {
		Action struct {
			Op       string   `json:"op"`
			Entity   entity   `json:"entity"`
			Entities []entity `json:"entities"`
		} `json:"action"`
	}
	if err := json.Unmarshal(text, &head); err != nil {
		return nil, err
	}
	named := head.Action.Entities
	if head.Action.Entity.ID != "" {
		named = append(named, head.Action.Entity)
	}
	var ids []string
	for _, n := range named {
		if n.Type != "Action" {
			return nil, fmt.Errorf("%s is not an action", n.Type)
		}
		ids = append(ids, n.ID)
	}
	return ids, nil
}

type entity struct {
	Type string `json:"type"`
	ID   string `json:"id"`
}
