package form

import (
	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/rule"
)

// Holds evaluates a condition of the service over answers that were handed in: by
// it the service says which other agencies are asked.
func Holds(e *rule.Engine, svc contract.Service, when string, in Input) (bool, error) {
	c, err := Compile(e, svc)
	if err != nil {
		return false, err
	}
	return c.engine.Bool(when, c.handedIn(in))
}

// handedIn is what rules see of answers that were handed in.
func (c *Compiled) handedIn(in Input) *rule.Vars {
	v := c.vars(in)
	for id, x := range in.Answers {
		f, ok := c.fields[id]
		if !ok || x == nil {
			continue
		}
		x = Restore(f, x)
		v.A[id], v.Given[id], v.Words[id] = x, true, Names{}.Show(f, x).ZH
		if Rows(f.Kind) {
			v.A[id] = filled(f, x)
		}
	}
	return v
}
