package form

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/auth"
	"github.com/tongban/tongban/internal/kit/rule"
)

// Offer is one commitment that a service lets applicants choose instead of proof
// (告知承诺制): its own, or one of each part of a bundle.
type Offer struct {
	Part string          // "" of the service itself
	Item contract.ItemID // whose commitment it is
	Name contract.Text   // of the part
	Spec contract.CommitmentSpec
}

// Offers are the commitments of a service, in the order of its parts.
func Offers(svc contract.Service) []Offer {
	var list []Offer
	if svc.Commitment != nil {
		list = append(list, Offer{Item: svc.Item, Spec: *svc.Commitment})
	}
	for _, p := range svc.Parts {
		if p.Commitment != nil {
			list = append(list, Offer{Part: p.ID, Item: p.Item, Name: p.Name, Spec: *p.Commitment})
		}
	}
	return list
}

// offer is one with its condition ready to run.
type offer struct {
	Offer

	when *rule.Program
}

// CommitmentState says whether the applicant chose to commit.
type CommitmentState struct {
	Offer

	Chosen bool
}

// chosen reports whether the applicant commits to an offer: what was said of the part,
// or what was said for all.
func (in Input) chosen(part string) bool {
	if yes, said := in.Commits[part]; said {
		return yes
	}
	return in.Committed
}

// commitments are what this applicant may commit to, and did.
func (e *evaluation) commitments() error {
	for _, o := range e.c.offers {
		may, err := holds(o.when, e.v)
		if err != nil {
			return err
		}
		if may {
			e.r.Commitments = append(e.r.Commitments, CommitmentState{o.Offer, e.in.chosen(o.Part)})
		}
	}
	e.spares = map[string]bool{}
	for _, k := range e.r.Commitments {
		for _, id := range k.Spec.Materials {
			spared, err := e.spared(k, id)
			if err != nil {
				return err
			}
			e.spares[id] = e.spares[id] || spared
		}
	}
	return nil
}

// spared reports whether a commitment makes a material of the applicant needless.
// One that serves several parts is spared when each of them that applies is committed
// to, and says so.
func (e *evaluation) spared(k CommitmentState, material string) (bool, error) {
	if !k.Chosen || k.Part == "" {
		return k.Chosen, nil
	}
	for i, p := range e.c.Service.Parts {
		if !needs(p, material) || e.committed(p.ID, material) {
			continue
		}
		applies, err := holds(e.c.parts[i], e.v)
		if err != nil || applies {
			return false, err
		}
	}
	return true, nil
}

func (e *evaluation) committed(part, material string) bool {
	return slices.ContainsFunc(e.r.Commitments, func(k CommitmentState) bool {
		return k.Part == part && k.Chosen && slices.Contains(k.Spec.Materials, material)
	})
}

// needs reports whether a material of the merged form is one of the part's.
func needs(p contract.Part, material string) bool {
	for _, id := range p.Materials {
		if id == material {
			return true
		}
	}
	return false
}

// Commitment is what the applicant may choose for a part, "" for the service itself.
func (r Result) Commitment(part string) (CommitmentState, bool) {
	i := slices.IndexFunc(r.Commitments, func(k CommitmentState) bool { return k.Part == part })
	if i < 0 {
		return CommitmentState{}, false
	}
	return r.Commitments[i], true
}

// Choosing is an applicant's choice between committing and proving.
type Choosing struct {
	Offer

	Offered bool   // as the application stands
	Barred  bool   // an earlier commitment for the service was broken
	Given   string // "yes", "no", or "" where nothing was chosen yet
	At      time.Time
}

// keptChoice is a choice as it is stored.
type keptChoice struct {
	Given  string    `json:"given,omitempty"`
	At     time.Time `json:"at,omitzero"`
	Barred bool      `json:"barred,omitempty"`
}

// choices are those of a draft as they were stored. A draft of before has one for all.
func (x doc) choices(offers []offer) []Choosing {
	list := make([]Choosing, 0, len(offers))
	for _, o := range offers {
		one, said := x.Choices[o.Part]
		if !said {
			one = keptChoice{x.Choice, x.ChoiceAt, x.Barred}
		}
		list = append(list, Choosing{Offer: o.Offer, Offered: true, Barred: one.Barred, Given: one.Given, At: one.At})
	}
	return list
}

func packed(list []Choosing) map[string]keptChoice {
	out := map[string]keptChoice{}
	for _, k := range list {
		out[k.Part] = keptChoice{k.Given, k.At, k.Barred}
	}
	return out
}

// commits are the choices as rules judge by them.
func (d Draft) commits() map[string]bool {
	out := map[string]bool{}
	for _, k := range d.Choices {
		out[k.Part] = k.Given == "yes" && !k.Barred
	}
	return out
}

// Choice is the choice for a part, "" for the service itself.
func (d Draft) Choice(part string) (Choosing, bool) {
	i := slices.IndexFunc(d.Choices, func(k Choosing) bool { return k.Part == part })
	if i < 0 {
		return Choosing{}, false
	}
	return d.Choices[i], true
}

// Offered are the choices that the application leaves to the applicant as it stands.
func (d Draft) Offered() []Choosing {
	return slices.DeleteFunc(slices.Clone(d.Choices), func(k Choosing) bool { return !k.Offered })
}

// barred tells whether an applicant may not commit to an offer instead of proving:
// whoever broke a commitment for one part of a bundle may still commit for another.
func (s *Service) barred(ctx context.Context, d Draft, o Offer) (bool, error) {
	if s.c.Barred == nil {
		return false, nil
	}
	yes, err := s.c.Barred.Barred(ctx, d.Party.ID, o.Item)
	if err != nil {
		return false, fmt.Errorf("earlier commitments: %w", err)
	}
	return yes, nil
}

// choices are those of a new draft: nothing is chosen yet.
func (s *Service) choices(ctx context.Context, c *Compiled, d Draft) ([]Choosing, error) {
	list := doc{}.choices(c.offers)
	for i := range list {
		var err error
		if list[i].Barred, err = s.barred(ctx, d, list[i].Offer); err != nil {
			return nil, err
		}
	}
	return list, nil
}

// Commit chooses between committing and proving for a part, "" for the service itself,
// where it is left to the applicant (告知承诺制). The text that was shown is what is
// stored. Where one part alone leaves the choice, "" is that part.
func (s *Service) Commit(ctx context.Context, actor auth.Principal, id contract.DraftID, part string, yes bool) (Draft, error) {
	return s.change(ctx, actor, id, "commitment", func(_ *Compiled, d *Draft) (bool, error) {
		i, err := d.meant(part)
		if err != nil {
			return false, err
		}
		given := "no"
		if yes {
			given = "yes"
		}
		k := &d.Choices[i]
		if k.Given == given {
			return false, nil
		}
		barred, err := s.barred(ctx, *d, k.Offer)
		if err != nil || yes && barred {
			return false, errors.Join(err, onlyIf(err == nil, ErrBarred))
		}
		k.Given, k.Barred, k.At = given, barred, s.c.Now()
		return true, nil
	})
}

// meant finds the choice that somebody makes.
func (d Draft) meant(part string) (int, error) {
	open := d.Offered()
	if part == "" && len(open) == 1 {
		part = open[0].Part
	}
	i := slices.IndexFunc(d.Choices, func(k Choosing) bool { return k.Part == part && k.Offered })
	switch {
	case i >= 0:
		return i, nil
	case part == "" && len(open) > 1:
		return 0, ErrWhichPart
	}
	return 0, ErrNoCommit
}
