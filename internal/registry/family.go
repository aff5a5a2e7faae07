package registry

import (
	"context"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/auth"
)

// Relative is somebody whom a register knows as the child or ward of a person.
type Relative struct {
	Name     string
	Number   string // identity number
	Born     string
	Relation string // RelationParent or RelationGuardian: what the person is to them
	Registry string
	Address  string
	Division string
}

// What a person is to a relative.
const (
	RelationParent   = "parent"
	RelationGuardian = "guardian"
)

// children are the relations to the head of a household that make the head a
// parent, as household registers write them.
var children = map[string]bool{
	"子": true, "女": true, "长子": true, "长女": true, "次子": true, "次女": true, "儿子": true, "女儿": true, "养子": true, "养女": true,
}

// Wards asks the registers of births, households and guardians for the children
// and wards of the actor, who asked for it on a page of their own. The first
// register that names somebody counts. In a household it is the head's children:
// the register says what its members are to the head. Down reports that one of
// the registers was silent.
func (s *Service) Wards(ctx context.Context, actor auth.Principal) (list []Relative, down bool, err error) {
	self := contract.Party{Kind: person, ID: actor.ID, Name: actor.Name}
	known, err := s.Lookup(ctx, actor, contract.Lookup{
		Subject: self, Purpose: PurposeFamily, Object: "account:" + actor.ID, Consent: true,
		Keys: []string{
			"birth.child_name", "birth.child_number", "birth.child_birth_date",
			"household.members", "household.address", "household.division", "guardianship.wards",
		},
	})
	if err != nil {
		return nil, false, err
	}
	number, err := s.c.People.Number(ctx, self)
	if err != nil {
		return nil, false, err
	}
	fact := func(key string) string { return known.Facts[key].Value }
	home := Relative{Address: fact("household.address"), Division: fact("household.division")}
	add := func(r Relative) {
		for _, x := range list {
			if x.Number == r.Number {
				return
			}
		}
		if r.Number != "" && r.Number != number && r.Born != "" {
			list = append(list, r)
		}
	}
	add(Relative{
		Name: fact("birth.child_name"), Number: fact("birth.child_number"), Born: fact("birth.child_birth_date"),
		Relation: RelationParent, Registry: "birth", Address: home.Address, Division: home.Division,
	})
	members := known.Facts["household.members"].Rows
	if heads(members, number) {
		for _, m := range members {
			if children[text(m, "relation")] {
				add(row(m, RelationParent, "household", home))
			}
		}
	}
	for _, m := range known.Facts["guardianship.wards"].Rows {
		add(row(m, RelationGuardian, "guardianship", Relative{}))
	}
	return list, len(known.Down) > 0, nil
}

// heads reports whether the person with a number is the head of the household.
func heads(members []map[string]any, number string) bool {
	for _, m := range members {
		if text(m, "number") == number {
			return text(m, "relation") == "户主"
		}
	}
	return false
}

func row(m map[string]any, relation, registry string, home Relative) Relative {
	return Relative{
		Name: text(m, "name"), Number: text(m, "number"), Born: text(m, "birth_date"),
		Relation: relation, Registry: registry, Address: home.Address, Division: home.Division,
	}
}

func text(m map[string]any, key string) string {
	s, _ := m[key].(string)
	return s
}
