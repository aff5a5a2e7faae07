package form

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/auth"
	"github.com/tongban/tongban/internal/kit/db"
	"github.com/tongban/tongban/internal/kit/fault"
)

const (
	// heldFresh is how old held data may be before it is asked for again.
	heldFresh = 24 * time.Hour
	// downRetry is how soon a registry that did not answer is asked again.
	downRetry = 10 * time.Minute
	// purposePrefill and basisPrefill are what each lookup is recorded with: what
	// can be had by sharing must not be asked of the applicant (State Council
	// Decree 716, art. 7).
	purposePrefill = "prefill"
	basisPrefill   = "国务院令第716号第七条"
	// licencePrefix begins the keys that the chosen licence answers, no registry.
	licencePrefix = "licence."
)

// sensitiveRegistries hold sensitive personal information: looked at only with
// consent of its own (PIPL art. 29).
var sensitiveRegistries = []string{"marriage", "birth", "household", "disability"}

func registryOf(key string) string {
	name, _, _ := strings.Cut(key, ".")
	return name
}

// sensitive lists the registries that need consent, with the keys asked of each.
func (c *Compiled) sensitive() []Consent {
	var list []Consent
	for _, k := range c.HeldKeys() {
		name := registryOf(k)
		if !slices.Contains(sensitiveRegistries, name) {
			continue
		}
		i := slices.IndexFunc(list, func(x Consent) bool { return x.Registry == name })
		if i < 0 {
			list, i = append(list, Consent{Registry: name}), len(list)
		}
		list[i].Keys = append(list[i].Keys, k)
	}
	return list
}

// agreed reports whether a key may be looked at.
func (d Draft) agreed(key string) bool {
	for _, x := range d.Consents {
		if x.Registry == registryOf(key) {
			return x.Given == "yes"
		}
	}
	return true
}

// known asks the registries anew for what the form needs. What a registry that
// is down had answered before is kept, for its day is shown.
func (s *Service) known(ctx context.Context, actor auth.Principal, c *Compiled, d *Draft) error {
	var own, party []string
	for _, k := range c.HeldKeys() {
		switch {
		case !d.agreed(k):
		case registryOf(k) == "person" && d.Party.Kind != "person":
			own = append(own, k) // a form for a company asks who fills it in
		default:
			party = append(party, k)
		}
	}
	before := d.Held
	d.Held, d.Down = map[string]contract.Held{}, nil
	if err := s.lookup(ctx, actor, d, ownParty(actor), own); err != nil {
		return err
	}
	if err := s.lookup(ctx, actor, d, d.Party, party); err != nil {
		return err
	}
	for _, k := range d.Down {
		if h, ok := before[k]; ok {
			d.Held[k] = h
		}
	}
	return s.heldPapers(ctx, actor, c, d)
}

func (s *Service) lookup(ctx context.Context, actor auth.Principal, d *Draft, who contract.Party, keys []string) error {
	if len(keys) == 0 || s.c.Registries == nil {
		return nil
	}
	consent := slices.ContainsFunc(keys, func(k string) bool { return slices.Contains(sensitiveRegistries, registryOf(k)) })
	purpose := purposePrefill
	if actor.AtCounter() {
		purpose = purposeCounter
	}
	k, err := s.c.Registries.Lookup(ctx, actor, contract.Lookup{
		Subject: who, Keys: keys, Item: d.Service.Item, Object: "draft:" + string(d.ID),
		Purpose: purpose, Basis: basisPrefill, Consent: consent,
	})
	if fault.KindOf(err) == fault.Unavailable {
		d.Down = append(d.Down, keys...)
		return nil
	}
	if err != nil {
		return fmt.Errorf("look up held data: %w", err)
	}
	for _, key := range keys { // whatever it answers, no more than was asked is kept
		if h, ok := k.Facts[key]; ok {
			d.Held[key] = h
		}
		if slices.Contains(k.Down, key) {
			d.Down = append(d.Down, key)
		}
	}
	return nil
}

// heldPapers finds licences and verified copies that may stand for a material.
func (s *Service) heldPapers(ctx context.Context, actor auth.Principal, c *Compiled, d *Draft) error {
	types, elements := c.paperNeeds()
	var err error
	d.Licences, d.Copies = nil, nil
	if len(types) > 0 && s.c.Licences != nil {
		if d.Licences, err = s.c.Licences.HeldBy(ctx, actor, d.Party.ID, types); err != nil {
			return fmt.Errorf("licences of applicant: %w", err)
		}
	}
	if len(elements) > 0 && s.c.Copies != nil {
		if d.Copies, err = s.c.Copies.Copies(ctx, actor, d.Party, elements); err != nil {
			return fmt.Errorf("copies of applicant: %w", err)
		}
	}
	return nil
}

// paperNeeds are the licence types and the elements of copies that could stand
// for a material or answer a field.
func (c *Compiled) paperNeeds() (types, elements []string) {
	for _, f := range c.fields {
		types = append(types, f.LicenceTypes...)
	}
	for _, m := range c.Service.Materials {
		types = append(types, m.Licence...)
		if m.ReuseDays > 0 && m.Element != "" {
			elements = append(elements, m.Element)
		}
	}
	slices.Sort(types)
	slices.Sort(elements)
	return slices.Compact(types), slices.Compact(elements)
}

// refresh asks again for held data that is older than a day. A frozen draft
// stays as its signers read it.
func (s *Service) refresh(ctx context.Context, actor auth.Principal, r row) (row, error) {
	if !r.Submitted.IsZero() || r.Kind != KindApplication || r.State != StateOpen || s.c.Now().Sub(r.HeldAt) < heldFresh {
		return r, nil
	}
	c, err := s.version(ctx, r.Item, r.Version)
	if err != nil {
		return r, err
	}
	d, err := s.unpack(c, r)
	if err != nil {
		return r, err
	}
	if err := s.known(ctx, actor, c, &d); err != nil {
		return r, err
	}
	if r.Answers, r.Sealed, err = s.pack(c, d); err != nil {
		return r, err
	}
	r.HeldAt = s.heldAt(d)
	return r, s.c.DB.InTx(ctx, func(ctx context.Context, tx db.Tx) error { return updateHeld(ctx, tx, r) })
}

// heldAt is what counts as the time of a lookup: earlier where a registry was
// down, so that it is asked again soon.
func (s *Service) heldAt(d Draft) time.Time {
	if len(d.Down) > 0 {
		return s.c.Now().Add(downRetry - heldFresh)
	}
	return s.c.Now()
}

// Consent stores to which registries of sensitive data the applicant agrees to
// look; the others of the form are declined. What is agreed is looked up at
// once, what is taken back is forgotten.
func (s *Service) Consent(ctx context.Context, actor auth.Principal, id contract.DraftID, registries []string) (Draft, error) {
	return s.change(ctx, actor, id, "consent", func(c *Compiled, d *Draft) (bool, error) {
		moved, more := false, false
		for i, x := range d.Consents {
			given := "no"
			if slices.Contains(registries, x.Registry) {
				given = "yes"
			}
			if x.Given == given {
				continue
			}
			d.Consents[i].Given, moved = given, true
			more = more || given == "yes"
			if given == "no" {
				maps.DeleteFunc(d.Held, func(k string, _ contract.Held) bool { return registryOf(k) == x.Registry })
			}
		}
		if !more {
			return moved, nil
		}
		return true, s.known(ctx, actor, c, d)
	})
}

// maxReason bounds what people write in a line of their own.
const maxReason = 500

// Dispute says that a held answer is wrong: the field is asked then, and the
// case says both.
func (s *Service) Dispute(ctx context.Context, actor auth.Principal, id contract.DraftID, field, reason string) (Draft, error) {
	reason = clean(reason, true)
	if n := utf8.RuneCountInString(reason); n == 0 || n > maxReason {
		e := fault.Form{}
		e.Add("reason", "form.dispute.reason", "n", maxReason)
		return Draft{}, e.Err()
	}
	return s.change(ctx, actor, id, field, func(c *Compiled, d *Draft) (bool, error) {
		old, again := d.Disputes[field]
		if again && old.Reason == reason {
			return false, nil
		}
		x, held := d.holding(c, field)
		if d.Correction != nil || !held && !again {
			return false, ErrNotHeld
		}
		if again {
			x = old
		}
		x.Reason = reason
		d.Disputes[field] = x
		return true, nil
	})
}

// Undispute takes a dispute back. What was answered instead is kept, unseen.
func (s *Service) Undispute(ctx context.Context, actor auth.Principal, id contract.DraftID, field string) (Draft, error) {
	return s.change(ctx, actor, id, field, func(_ *Compiled, d *Draft) (bool, error) {
		_, was := d.Disputes[field]
		delete(d.Disputes, field)
		return was, nil
	})
}

// disputed are the reasons of disputes, by field.
func (d Draft) disputed() map[string]string {
	reasons := make(map[string]string, len(d.Disputes))
	for id, x := range d.Disputes {
		reasons[id] = x.Reason
	}
	return reasons
}

// holding finds what is held for a field or "material.<id>".
func (d Draft) holding(c *Compiled, id string) (contract.Dispute, bool) {
	if material, ok := materialName(id); ok {
		m, applies := d.Result.Material(material)
		h, held := d.Held[m.Spec.Held]
		if !applies || !held || m.Spec.Held == "" {
			return contract.Dispute{}, false
		}
		return contract.Dispute{Field: id, Key: m.Spec.Held, Source: h.Source}, true
	}
	fs, shown := d.Result.field(id)
	if !shown || fs.Held == nil && !fs.Fixed {
		return contract.Dispute{}, false
	}
	x := contract.Dispute{Field: id, Key: c.fields[id].Held}
	if fs.Held != nil {
		x.Source = fs.Held.Source
	} else {
		x.Source = d.Held[x.Key].Source
	}
	return x, true
}
