package notify

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/tongban/tongban/internal/kit/auth"
	"github.com/tongban/tongban/internal/kit/db"
	"github.com/tongban/tongban/internal/kit/fault"
	"github.com/tongban/tongban/internal/kit/job"
	"github.com/tongban/tongban/internal/kit/policy"
	"github.com/tongban/tongban/internal/kit/webhook"
)

// ErrNoHooks means that this platform posts no webhooks.
var ErrNoHooks = fault.New(fault.NotFound, "notify.hook.none")

// Hook is where a person or company has notices posted to.
type Hook struct {
	Owner string // subject id
	URL   string
	Made  time.Time
	// Recent are the last deliveries, newest first.
	Recent []Delivery

	account string
	secret  []byte // sealed
}

const secretField = "notify.hook.secret" //nolint:gosec // the name of a field

func (s *Service) mayHook(actor auth.Principal) error {
	return s.c.Policy.Check(actor, "notify.hook", policy.Object{Type: "Hook", Attrs: map[string]any{"owner": actor.Subject()}})
}

// Hook returns the webhook of whom the actor stands for.
func (s *Service) Hook(ctx context.Context, actor auth.Principal) (Hook, error) {
	if err := s.mayHook(actor); err != nil {
		return Hook{}, err
	}
	h, err := hookOf(ctx, s.c.DB, actor.Subject())
	if err != nil {
		return Hook{}, err
	}
	h.Recent, err = hookDeliveries(ctx, s.c.DB, h.Owner, 20)
	return h, err
}

// SetHook registers an address and returns the secret that signs what is posted
// there. The secret is told once; a new registration makes a new one.
func (s *Service) SetHook(ctx context.Context, actor auth.Principal, address string) (secret string, err error) {
	if err := s.mayHook(actor); err != nil {
		return "", err
	}
	if s.c.Hooks == nil {
		return "", ErrNoHooks
	}
	address = strings.TrimSpace(address)
	if err := s.c.Hooks.Check(address); err != nil {
		return "", err
	}
	random := make([]byte, 32)
	rand.Read(random) // never fails since Go 1.24
	secret = hex.EncodeToString(random)
	sealed, err := s.c.Seal.Seal(secretField, secret)
	if err != nil {
		return "", err
	}
	h := Hook{Owner: actor.Subject(), URL: address, Made: s.c.Now(), account: actor.ID, secret: sealed}
	err = s.c.DB.InTx(ctx, func(ctx context.Context, tx db.Tx) error { return saveHook(ctx, tx, h) })
	return secret, err
}

// DropHook takes the webhook away.
func (s *Service) DropHook(ctx context.Context, actor auth.Principal) error {
	if err := s.mayHook(actor); err != nil {
		return err
	}
	return s.c.DB.InTx(ctx, func(ctx context.Context, tx db.Tx) error { return deleteHook(ctx, tx, actor.Subject()) })
}

// TestHook posts a message that says it is a test, now, and returns the class of
// the error, "" when it was taken.
func (s *Service) TestHook(ctx context.Context, actor auth.Principal) (class string, err error) {
	if err := s.mayHook(actor); err != nil {
		return "", err
	}
	h, err := hookOf(ctx, s.c.DB, actor.Subject())
	if err != nil {
		return "", err
	}
	if s.c.Hooks == nil {
		return "", ErrNoHooks
	}
	body := fmt.Appendf(nil, `{"kind":"test","at":%q}`, s.c.Now().UTC().Format(time.RFC3339))
	if err := s.call(ctx, h, s.c.NewID(), body); err != nil {
		class, _ = classOf(err)
	}
	return class, nil
}

// post delivers a message to the webhook of whom it is about.
func (s *Service) post(ctx context.Context, m Message) (sent bool, err error) {
	h, err := hookOf(ctx, s.c.DB, m.Subject)
	if errors.Is(err, ErrNotFound) || s.c.Hooks == nil {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	c, err := choicesOf(ctx, s.c.DB, h.account)
	if err != nil {
		return false, err
	}
	if at := c.When(Webhook, s.c.Now()); at.After(s.c.Now()) {
		return false, job.Snooze(at.Sub(s.c.Now()))
	}
	body, err := s.HookBody(m)
	if err != nil {
		return false, fmt.Errorf("write webhook: %w", err)
	}
	return true, s.call(ctx, h, m.ID, body)
}

func (s *Service) call(ctx context.Context, h Hook, id string, body []byte) error {
	secret, err := s.c.Seal.Open(secretField, h.secret)
	if err != nil {
		return fmt.Errorf("open secret: %w", err)
	}
	return s.c.Hooks.Send(ctx, webhook.Call{ID: id, URL: h.URL, Secret: secret, Body: body, At: s.c.Now()})
}

// Failed is a delivery that did not arrive, as operators see it: no address and
// nothing of the person.
type Failed struct {
	Delivery
	Kind string
}

// Failures lists the deliveries that were refused or given up, newest first.
func (s *Service) Failures(ctx context.Context, actor auth.Principal) ([]Failed, error) {
	if err := s.c.Policy.Check(actor, "notify.operate", policy.Object{Type: "Deliveries"}); err != nil {
		return nil, err
	}
	return failures(ctx, s.c.DB, 200)
}

// Retry tries a delivery again that was given up or refused.
func (s *Service) Retry(ctx context.Context, actor auth.Principal, message string, ch Channel) error {
	if err := s.c.Policy.Check(actor, "notify.operate", policy.Object{Type: "Deliveries"}); err != nil {
		return err
	}
	return s.c.DB.InTx(ctx, func(ctx context.Context, tx db.Tx) error {
		ok, err := reviveDelivery(ctx, tx, message, ch, s.c.Now())
		if err == nil && !ok {
			err = ErrNotFound
		}
		if err != nil {
			return err
		}
		return s.c.Jobs.InsertTx(ctx, tx, deliverJob{message, ch}, job.Insert{Unique: message + "/" + string(ch)})
	})
}
