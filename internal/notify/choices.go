package notify

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/tongban/tongban/internal/kit/auth"
	"github.com/tongban/tongban/internal/kit/day"
	"github.com/tongban/tongban/internal/kit/db"
	"github.com/tongban/tongban/internal/kit/fault"
	"github.com/tongban/tongban/internal/kit/mask"
)

// Channel is a way to reach a person. The inbox is always one and has no choice.
type Channel string

// The channels beside the inbox.
const (
	Mail    Channel = "mail"
	SMS     Channel = "sms"
	Webhook Channel = "webhook"
)

// Channels lists the channels in the order of the page.
func Channels() []Channel { return []Channel{Mail, SMS, Webhook} }

// Faults of choices.
var (
	ErrClock  = fault.New(fault.Invalid, "notify.choice.clock")
	ErrLocale = fault.New(fault.Invalid, "notify.choice.locale")
)

// Clock is a time of day in China, in minutes after midnight.
type Clock int

// ParseClock reads "22:00".
func ParseClock(s string) (Clock, error) {
	h, m, ok := strings.Cut(strings.TrimSpace(s), ":")
	hour, err1 := strconv.Atoi(h)
	minute, err2 := strconv.Atoi(m)
	if !ok || err1 != nil || err2 != nil || hour < 0 || hour > 23 || minute < 0 || minute > 59 {
		return 0, ErrClock
	}
	return Clock(hour*60 + minute), nil
}

// String writes "22:00".
func (c Clock) String() string {
	return time.Date(1, 1, 1, 0, int(c), 0, 0, time.UTC).Format("15:04")
}

// clockOf is the time of day of an instant in China.
func clockOf(t time.Time) Clock {
	local := t.In(day.CST)
	return Clock(local.Hour()*60 + local.Minute())
}

// Choices is how a person wants to be told.
type Choices struct {
	// Locale is the language of mail and short messages; "" is mail in both.
	Locale string `json:"locale"`
	// Quiet lets short messages and webhooks wait from From to To.
	Quiet bool  `json:"quiet"`
	From  Clock `json:"from"`
	To    Clock `json:"to"`
	// Off lists the groups that a channel does not carry.
	Off map[Channel][]Group `json:"off,omitempty"`
	// On lists the groups of officials that a channel carries: without a choice the
	// inbox alone has them.
	On map[Channel][]Group `json:"on,omitempty"`
}

// Standard is what holds until a person chooses.
func Standard() Choices {
	return Choices{Quiet: true, From: 22 * 60, To: 8 * 60}
}

// Wants reports whether a channel was left on for a group, or switched on for one of
// officials.
func (c Choices) Wants(ch Channel, g Group) bool {
	if slices.Contains(DutyGroups(), g) {
		return slices.Contains(c.On[ch], g)
	}
	return !slices.Contains(c.Off[ch], g)
}

// Reach is where a person can be reached.
type Reach struct{ Mail, SMS, Webhook bool }

// Has reports whether there is an address for a channel.
func (r Reach) Has(ch Channel) bool {
	switch ch {
	case Mail:
		return r.Mail
	case SMS:
		return r.SMS
	case Webhook:
		return r.Webhook
	}
	return false
}

// Locked is the channel that carries statutory notices whatever was chosen: the
// law wants people told, and an inbox that nobody opens tells nobody. "" where no
// address is known.
func (r Reach) Locked() Channel {
	switch {
	case r.Mail:
		return Mail
	case r.SMS:
		return SMS
	}
	return ""
}

// Carries reports whether a message of a group goes out by a channel.
func (c Choices) Carries(ch Channel, g Group, r Reach) bool {
	if !r.Has(ch) {
		return false
	}
	return c.Wants(ch, g) || g == Statutory && ch == r.Locked()
}

// When is the earliest time that a channel may ring: mail at once, for it wakes
// nobody; the others not in quiet hours.
func (c Choices) When(ch Channel, now time.Time) time.Time {
	if ch == Mail || !c.Quiet || !c.quiet(clockOf(now)) {
		return now
	}
	local := now.In(day.CST)
	end := time.Date(local.Year(), local.Month(), local.Day(), 0, int(c.To), 0, 0, day.CST)
	if !end.After(now) {
		end = end.AddDate(0, 0, 1)
	}
	return end.UTC()
}

func (c Choices) quiet(at Clock) bool {
	if c.From <= c.To {
		return at >= c.From && at < c.To
	}
	return at >= c.From || at < c.To // over midnight
}

// check refuses choices that make no sense.
func (c Choices) check(locales []string) error {
	if c.Locale != "" && !slices.Contains(locales, c.Locale) {
		return ErrLocale
	}
	if c.From < 0 || c.From >= 24*60 || c.To < 0 || c.To >= 24*60 {
		return ErrClock
	}
	return nil
}

// View is a person's choices with what can be chosen.
type View struct {
	Choices
	Reach
	Email, Phone string // masked
	Hook         string // address of the webhook
}

// Choices returns how the actor is told.
func (s *Service) Choices(ctx context.Context, actor auth.Principal) (View, error) {
	if err := s.may(actor, "notify.choose", actor.ID); err != nil {
		return View{}, err
	}
	c, err := choicesOf(ctx, s.c.DB, actor.ID)
	if err != nil {
		return View{}, err
	}
	a, err := s.addresses(ctx, actor.ID)
	if err != nil {
		return View{}, err
	}
	v := View{Choices: c, Reach: a.reach(), Email: mask.Email(a.email), Phone: mask.Phone(a.phone)}
	h, err := hookOf(ctx, s.c.DB, actor.Subject())
	if err == nil {
		v.Webhook, v.Hook = true, h.URL
	}
	if fault.KindOf(err) == fault.NotFound {
		err = nil
	}
	return v, err
}

// Choose keeps how the actor wants to be told.
func (s *Service) Choose(ctx context.Context, actor auth.Principal, c Choices) error {
	if err := s.may(actor, "notify.choose", actor.ID); err != nil {
		return err
	}
	if err := c.check([]string{"zh-CN", "en"}); err != nil {
		return err
	}
	if actor.Kind == auth.Staff {
		c.Off, c.On = nil, known(c.On, DutyGroups())
	} else {
		c.Off, c.On = known(c.Off, Groups()), nil
	}
	return s.c.DB.InTx(ctx, func(ctx context.Context, tx db.Tx) error {
		return saveChoices(ctx, tx, actor.ID, c, s.c.Now())
	})
}

// known keeps of what was chosen the channels and groups that there are.
func known(chosen map[Channel][]Group, groups []Group) map[Channel][]Group {
	out := map[Channel][]Group{}
	for _, ch := range Channels() {
		for _, g := range groups {
			if slices.Contains(chosen[ch], g) {
				out[ch] = append(out[ch], g)
			}
		}
	}
	return out
}
