package notify

import (
	"context"
	"encoding/json"
	"errors"
	"net"
	"time"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/day"
	"github.com/tongban/tongban/internal/kit/db"
	"github.com/tongban/tongban/internal/kit/fault"
	"github.com/tongban/tongban/internal/kit/job"
	"github.com/tongban/tongban/internal/kit/mail"
	"github.com/tongban/tongban/internal/kit/sms"
	"github.com/tongban/tongban/internal/kit/webhook"
)

// The states of a delivery.
const (
	Waiting = "waiting"
	Sent    = "sent"
	None    = "none"     // there is no address any more
	Refused = "refused"  // it will never be taken
	GivenUp = "given_up" // tried often enough
)

// maxTries is how often a delivery is tried before it is given up: with the
// queue's back-off, over about four hours.
const maxTries = 10

// Delivery is the way of one message through one channel.
type Delivery struct {
	Message string
	Channel Channel
	State   string
	Class   string // of the last error: see classOf
	Tries   int
	Due     time.Time
	Changed time.Time
}

// deliverJob sends one message through one channel.
type deliverJob struct {
	Message string  `json:"message"`
	Channel Channel `json:"channel"`
}

// Kind is the job's name.
func (deliverJob) Kind() string { return "notify.deliver" }

// contact is where a person can be reached.
type contact struct {
	email, phone string
	mail, sms    bool // there is a provider
}

func (c contact) reach() Reach {
	return Reach{Mail: c.mail && c.email != "", SMS: c.sms && c.phone != ""}
}

// addresses finds where an account can be reached; one that is not there, nowhere.
func (s *Service) addresses(ctx context.Context, account string) (contact, error) {
	c := contact{mail: s.c.Mail != nil, sms: s.c.SMS != nil}
	var err error
	if c.email, err = s.c.Addresses.Email(ctx, contract.AccountID(account)); err == nil {
		c.phone, err = s.c.Addresses.Phone(ctx, contract.AccountID(account))
	}
	if fault.KindOf(err) == fault.NotFound {
		err = nil
	}
	return c, err
}

// put stores a message and leaves each channel to a job. The webhook of whom it
// is about gets it once, however many people are told.
func (s *Service) put(ctx context.Context, tx db.Tx, m Message, first bool) error {
	fresh, err := insert(ctx, tx, m)
	if err != nil || !fresh {
		return err
	}
	who, err := choicesOf(ctx, tx, string(m.Account))
	if err != nil {
		return err
	}
	where, err := s.addresses(ctx, string(m.Account))
	if err != nil {
		return err
	}
	for _, ch := range []Channel{Mail, SMS} {
		if m.inbox || !who.Carries(ch, m.Group(), where.reach()) {
			continue
		}
		if err := s.plan(ctx, tx, m, ch, who.When(ch, s.c.Now())); err != nil {
			return err
		}
	}
	if !first {
		return nil
	}
	return s.planHook(ctx, tx, m)
}

func (s *Service) planHook(ctx context.Context, tx db.Tx, m Message) error {
	h, err := hookOf(ctx, tx, m.Subject)
	if errors.Is(err, ErrNotFound) || s.c.Hooks == nil {
		return nil
	}
	if err != nil {
		return err
	}
	c, err := choicesOf(ctx, tx, h.account)
	if err != nil || !c.Wants(Webhook, m.Group()) {
		return err
	}
	return s.plan(ctx, tx, m, Webhook, c.When(Webhook, s.c.Now()))
}

func (s *Service) plan(ctx context.Context, tx db.Tx, m Message, ch Channel, at time.Time) error {
	d := Delivery{Message: m.ID, Channel: ch, State: Waiting, Due: at, Changed: s.c.Now()}
	if err := addDelivery(ctx, tx, d); err != nil {
		return err
	}
	return s.c.Jobs.InsertTx(ctx, tx, deliverJob{m.ID, ch}, job.Insert{At: at, Unique: m.ID + "/" + string(ch)})
}

// outcome is how a delivery ended.
type outcome struct{ state, class string }

// deliver may run twice after a crash; the message's id goes along, so that the
// receiving side can tell a repetition.
func (s *Service) deliver(ctx context.Context, j deliverJob) (outcome, error) {
	d, err := deliveryOf(ctx, s.c.DB, j.Message, j.Channel)
	if errors.Is(err, ErrNotFound) {
		return outcome{}, job.Dead(err)
	}
	if err != nil {
		return outcome{}, err
	}
	if d.State != Waiting {
		return outcome{d.State, d.Class}, nil
	}
	m, err := find(ctx, s.c.DB, j.Message)
	if err != nil {
		return outcome{}, err
	}
	sent, err := s.dispatch(ctx, m, j.Channel)
	switch {
	case err == nil && !sent:
		return outcome{state: None}, nil
	case err == nil:
		return outcome{state: Sent}, nil
	case job.IsSnooze(err):
		return outcome{}, err
	}
	class, final := classOf(err)
	if final {
		return outcome{Refused, class}, nil
	}
	if d.Tries+1 >= maxTries {
		return outcome{GivenUp, class}, nil
	}
	count := func(ctx context.Context, tx db.Tx) error { return countTry(ctx, tx, d, class, s.c.Now()) }
	return outcome{}, errors.Join(err, s.c.DB.InTx(context.WithoutCancel(ctx), count))
}

func (s *Service) delivered(ctx context.Context, tx db.Tx, j deliverJob, o outcome) error {
	return setDelivery(ctx, tx, j.Message, j.Channel, o, s.c.Now())
}

// dispatch hands a message to the provider of a channel; sent is false where
// there is no address.
func (s *Service) dispatch(ctx context.Context, m Message, ch Channel) (sent bool, err error) {
	if ch == Webhook {
		return s.post(ctx, m)
	}
	c, err := choicesOf(ctx, s.c.DB, string(m.Account))
	if err != nil {
		return false, err
	}
	where, err := s.addresses(ctx, string(m.Account))
	if err != nil || !where.reach().Has(ch) {
		return false, err
	}
	if m, err = s.withCode(ctx, m); err != nil {
		return false, err
	}
	if ch == Mail {
		subject, text := s.Letter(c.Locale, m)
		return true, s.c.Mail.Send(ctx, mail.Message{ID: m.ID, To: where.email, At: m.At, Subject: subject, Text: text})
	}
	if at := c.When(ch, s.c.Now()); at.After(s.c.Now()) { // a retry that fell into the night
		return false, job.Snooze(at.Sub(s.c.Now()))
	}
	params := map[string]string{"item": s.short(c.Locale, m), "tail": tail(m.Number), "due": s.shortDay(c.Locale, m.Due)}
	return true, s.c.SMS.Send(ctx, sms.Message{
		ID: m.ID, To: where.phone, At: m.At, Text: s.Short(c.Locale, m), Template: m.Kind, Params: params,
	})
}

// classOf names an error for people, and tells whether trying again is useless.
func classOf(err error) (class string, final bool) {
	var status *webhook.StatusError
	var timeout net.Error
	switch {
	case errors.Is(err, mail.ErrRefused), errors.Is(err, sms.ErrRefused), errors.Is(err, webhook.ErrRefused):
		return "refused", true
	case errors.Is(err, webhook.ErrBlocked), errors.Is(err, webhook.ErrAddress):
		return "blocked", true
	case errors.As(err, &status):
		return "answer", false
	case errors.As(err, &timeout) && timeout.Timeout(), errors.Is(err, context.DeadlineExceeded):
		return "timeout", false
	}
	return "connection", false
}

// daysUntil counts days from one instant to another, in China.
func daysUntil(from, to time.Time) int { return max(0, day.In(to).Sub(day.In(from))) }

// hookBody is a message as a webhook gets it.
type hookBody struct {
	ID        string        `json:"id"`
	Kind      string        `json:"kind"`
	Title     contract.Text `json:"title"`
	Text      contract.Text `json:"text"`
	Item      contract.Text `json:"item"`
	Case      string        `json:"case,omitempty"`
	Number    string        `json:"number,omitempty"`
	Due       string        `json:"due,omitempty"`
	Statutory bool          `json:"statutory"`
	At        time.Time     `json:"at"`
	URL       string        `json:"url"`
}

// HookBody is what the webhook of a company or person gets: facts of their own
// case and no data of a person.
func (s *Service) HookBody(m Message) ([]byte, error) {
	return json.Marshal(hookBody{
		ID: m.ID, Kind: m.Kind, Item: m.Item, Case: string(m.Case), Number: m.Number, Due: m.Due, Statutory: m.Statutory, At: m.At,
		Title: contract.Text{ZH: s.Subject("zh-CN", m), EN: s.Subject("en", m)},
		Text:  contract.Text{ZH: s.Body("zh-CN", m), EN: s.Body("en", m)},
		URL:   s.c.BaseURL + m.Path(),
	})
}
