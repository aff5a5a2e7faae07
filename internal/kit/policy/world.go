package policy

import (
	"fmt"
	"strings"

	cedar "github.com/cedar-policy/cedar-go"

	"github.com/tongban/tongban/internal/kit/auth"
)

const divisionType = cedar.EntityType("Division")

// world is what one decision looks at: who, what, and the division tree, whose
// nodes follow from their codes and are made when asked for.
type world struct {
	principal, resource cedar.Entity
}

// Get makes world a cedar.EntityGetter.
func (w *world) Get(uid cedar.EntityUID) (cedar.Entity, bool) {
	switch {
	case uid == w.principal.UID:
		return w.principal, true
	case uid == w.resource.UID:
		return w.resource, true
	case uid.Type == divisionType:
		return cedar.Entity{UID: uid, Parents: above(string(uid.ID))}, true
	}
	return cedar.Entity{}, false
}

func newWorld(who cedar.Entity, p auth.Principal, o Object) (*world, error) {
	facts, err := o.facts()
	if err != nil {
		return nil, fmt.Errorf("facts of %s: %w", o.Type, err)
	}
	parents := make([]cedar.EntityUID, 0, 1+len(o.Parents))
	for _, name := range o.Parents {
		typ, id, ok := strings.Cut(name, ":")
		if !ok {
			return nil, fmt.Errorf("parent %q is not Type:id", name)
		}
		parents = append(parents, cedar.NewEntityUID(cedar.EntityType(typ), cedar.String(id)))
	}
	if d := place(p, o); d != "" {
		parents = append(parents, division(d))
	}
	return &world{
		principal: who,
		resource: cedar.Entity{
			UID:        cedar.NewEntityUID(cedar.EntityType(o.Type), cedar.String(o.ID)),
			Parents:    cedar.NewEntityUIDSet(parents...),
			Attributes: facts,
		},
	}, nil
}

// place returns the division an object is in. A page is where its reader is:
// what it shows will be, if anything is.
func place(p auth.Principal, o Object) string {
	if o.Type == PageType {
		return p.Division
	}
	d, _ := o.Attrs["division"].(string)
	return d
}

func person(p auth.Principal) cedar.Entity {
	company := ""
	if p.For.Kind == auth.ForCompany {
		company = p.For.ID
	}
	e := cedar.Entity{
		UID: cedar.NewEntityUID("Principal", cedar.String(p.ID)),
		Attributes: cedar.NewRecord(cedar.RecordMap{
			"kind":         cedar.String(p.Kind),
			"id":           cedar.String(p.ID),
			"roles":        set(p.Roles),
			"agency":       cedar.String(p.Agency),
			"division":     cedar.String(p.Division),
			"company":      cedar.String(company),
			"subject":      cedar.String(p.Subject()),
			"acting":       cedar.String(p.For.Kind),
			"person":       cedar.String(p.Person()),
			"limited":      cedar.Boolean(len(p.For.Items) > 0),
			"items":        set(p.For.Items),
			"scopes":       set(p.Scopes),
			"level":        cedar.Long(p.Level),
			"jurisdiction": division(p.Division),
		}),
	}
	if p.Division != "" {
		e.Parents = cedar.NewEntityUIDSet(division(p.Division))
	}
	return e
}

func division(code string) cedar.EntityUID {
	return cedar.NewEntityUID(divisionType, cedar.String(code))
}

// above returns the next higher division: codes have 2, 4, 6, 9 and 12 digits
// (GB/T 2260 and GB/T 10114).
func above(code string) cedar.EntityUIDSet {
	n := 0
	switch len(code) {
	case 12:
		n = 9
	case 9:
		n = 6
	case 6:
		n = 4
	case 4:
		n = 2
	}
	if n == 0 {
		return cedar.EntityUIDSet{}
	}
	return cedar.NewEntityUIDSet(division(code[:n]))
}

func set(values []string) cedar.Set {
	if len(values) == 0 {
		return cedar.NewSet()
	}
	s := make([]cedar.Value, len(values))
	for i, v := range values {
		s[i] = cedar.String(v)
	}
	return cedar.NewSet(s...)
}

func record(facts map[string]any) (cedar.Record, error) {
	if len(facts) == 0 {
		return cedar.Record{}, nil
	}
	m := make(cedar.RecordMap, len(facts))
	for name, fact := range facts {
		switch v := fact.(type) {
		case string:
			m[cedar.String(name)] = cedar.String(v)
		case bool:
			m[cedar.String(name)] = cedar.Boolean(v)
		case int:
			m[cedar.String(name)] = cedar.Long(v)
		case int64:
			m[cedar.String(name)] = cedar.Long(v)
		case []string:
			m[cedar.String(name)] = set(v)
		default:
			return cedar.Record{}, fmt.Errorf("%s has type %T", name, fact)
		}
	}
	return cedar.NewRecord(m), nil
}
