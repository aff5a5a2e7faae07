package policy

import (
	"strings"
	"sync"
	"sync/atomic"

	cedar "github.com/cedar-policy/cedar-go"

	"github.com/tongban/tongban/internal/kit/auth"
)

// people remembers principals as Cedar sees them: one request asks several
// times about the same person, and making the entity is half of a decision.
type people struct {
	known sync.Map // who to cedar.Entity
	n     atomic.Int64
}

// maxPeople bounds the memory; what is forgotten is made again.
const maxPeople = 4096

// who is everything of a principal that policies can see, as a map key.
type who struct {
	kind                                       auth.Kind
	id, roles, agency, division, acting, scope string
	level                                      int
}

func (c *people) entity(p auth.Principal) cedar.Entity {
	key := who{
		p.Kind, p.ID, strings.Join(p.Roles, "\x00"), p.Agency, p.Division, p.For.Kind + "\x00" + p.For.ID + "\x00" + p.Person() + "\x00" + strings.Join(p.For.Items, "\x00"),
		strings.Join(p.Scopes, "\x00"), p.Level,
	}
	if e, ok := c.known.Load(key); ok {
		return e.(cedar.Entity) //nolint:forcetypeassert // nothing else is stored
	}
	if c.n.Add(1) > maxPeople {
		c.known.Clear()
		c.n.Store(1)
	}
	e := person(p)
	c.known.Store(key, e)
	return e
}
