package form

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/auth"
	"github.com/tongban/tongban/internal/kit/db"
	"github.com/tongban/tongban/internal/kit/event"
	"github.com/tongban/tongban/internal/kit/fault"
	"github.com/tongban/tongban/internal/kit/idcode"
	"github.com/tongban/tongban/internal/kit/job"
)

// asked are the signature rows of a draft that is sent now. Signers are known by
// their identity number; a name alone can be anybody's.
func (s *Service) asked(ctx context.Context, actor auth.Principal, d Draft, now time.Time) ([]signature, error) {
	var faults []fault.Field
	var list []signature
	own, _, err := s.c.People.KeyOf(ctx, contract.AccountID(actor.Person()))
	if err != nil {
		return nil, fmt.Errorf("who sends: %w", err)
	}
	for _, x := range d.Result.Signers {
		number, err := idcode.ResidentID(x.Number)
		if err != nil || strings.TrimSpace(x.Person) == "" {
			faults = append(faults, fault.Field{Name: "signer." + x.ID, Err: fault.New(fault.Invalid, "form.sign.who", "name", Words(x.Spec.Name))})
			continue
		}
		g := signature{
			Draft: d.ID, Signer: x.ID, Person: s.c.People.PersonKey(number), State: SignerWaiting, Rev: 1, Asked: now, Expires: now.Add(signKeep),
		}
		switch {
		case slices.ContainsFunc(list, func(o signature) bool { return o.Person == g.Person }):
			faults = append(faults, fault.Field{Name: "signer." + x.ID, Err: fault.New(fault.Invalid, "form.sign.twice", "name", x.Person)})
			continue
		case own != "" && g.Person == own:
			faults = append(faults, fault.Field{Name: "signer." + x.ID, Err: fault.New(fault.Invalid, "form.sign.self", "name", x.Person)})
			continue
		}
		if g.name, err = s.c.Seal.Seal(nameField, strings.TrimSpace(x.Person)); err != nil {
			return nil, fmt.Errorf("seal name of signer: %w", err)
		}
		list = append(list, g)
	}
	if len(faults) > 0 {
		e := *ErrIncomplete
		e.Args, e.Fields = []any{"n", len(faults)}, faults
		return nil, &e
	}
	return list, nil
}

// ask freezes a complete draft and asks its signers. It reports false when
// another request came between.
func (s *Service) ask(ctx context.Context, actor auth.Principal, c *Compiled, r row, d Draft) (asked bool, err error) {
	now := s.c.Now()
	list, err := s.asked(ctx, actor, d, now)
	if err != nil {
		return false, err
	}
	notify := make([]contract.AccountID, len(list))
	for i, g := range list {
		if notify[i], _, err = s.c.People.AccountByKey(ctx, g.Person); err != nil {
			return false, fmt.Errorf("account of signer: %w", err)
		}
	}
	if r.Answers, r.Sealed, err = s.pack(c, d); err != nil {
		return false, err
	}
	err = s.c.DB.InTx(ctx, func(ctx context.Context, tx db.Tx) error {
		if asked, err = freezeDraft(ctx, tx, r, now.Add(signKeep+keep)); err != nil || !asked {
			return err
		}
		if err := s.sent(ctx, tx, actor, r, d.place); err != nil {
			return err
		}
		for i, g := range list {
			if err := insertSignature(ctx, tx, g); err != nil {
				return err
			}
			e := contract.SignatureAsked{Draft: d.ID, Item: r.Item, Signer: g.Signer, Notify: notify[i], At: now, Expires: g.Expires}
			if err := s.record(ctx, tx, actor, string(notify[i]), d.ID, e); err != nil {
				return err
			}
		}
		return s.c.Jobs.InsertTx(ctx, tx, remind{Draft: d.ID, Round: r.Round + 1}, job.Insert{At: now.Add(remindAfter[0])})
	})
	return asked && err == nil, err
}

func (s *Service) record(ctx context.Context, tx db.Tx, actor auth.Principal, subject string, id contract.DraftID, e event.Event) error {
	return s.c.Events.Record(ctx, tx, event.Meta{Actor: actor, Subject: subject, Object: "draft:" + string(id)}, e)
}
