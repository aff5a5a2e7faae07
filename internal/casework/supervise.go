package casework

import (
	"context"
	"time"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/auth"
	"github.com/tongban/tongban/internal/kit/day"
	"github.com/tongban/tongban/internal/kit/db"
	"github.com/tongban/tongban/internal/statute"
)

// Record is one card of electronic supervision (监察记录).
type Record struct {
	ID         string
	Case       contract.CaseID
	Rule       string
	Light      statute.Light
	Number     string
	Item       contract.Text
	Agency     contract.AgencyID
	AgencyName contract.Text
	Division   string
	Handler    string // post that had the case
	HandlerID  string // its account; "" where nobody had it
	OfCase     bool   // it counts for the case, not for another agency's task
	At         time.Time

	ExplainBy   day.Date // by which the agency explains it
	Explained   string
	ExplainedBy Handler
	ExplainedAt time.Time
	Appealed    bool   // the agency asks to have it cancelled
	Ruling      string // CardKept, CardCancelled; "" while open
	Ruled       string // why
	RuledBy     Handler
	RuledAt     time.Time
}

// raise puts cards on a case. A card that it has already is not given twice.
// Two yellow cards make a red one.
func (s *Service) raise(ctx context.Context, tx db.Tx, actor auth.Principal, c *Case, cards []card) error {
	for _, k := range cards {
		r := s.newRecord(*c, k)
		fresh, err := insertRecord(ctx, tx, *c, k, r)
		if err != nil {
			return err
		}
		if !fresh {
			continue
		}
		yellow, red := 0, 1
		switch {
		case k.of.ID != "": // another agency's: the case is not worse for it
			red = 0
		case k.light == statute.Yellow:
			yellow, red = 1, 0
		}
		c.Yellow, c.Red = c.Yellow+yellow, c.Red+red
		if err := addCards(ctx, tx, c.ID, yellow, red); err != nil {
			return err
		}
		if err := s.c.Events.Record(ctx, tx, meta(actor, *c), contract.SupervisionRaised{
			Case: c.ID, Number: c.Number, Item: c.Item, Agency: c.Agency,
			Rule: k.rule, Light: string(k.light), Unit: k.of.ID, Card: r.ID, Handler: contract.AccountID(r.HandlerID),
			ExplainBy: r.ExplainBy.String(), At: s.c.Now().UTC().Truncate(time.Microsecond),
		}); err != nil {
			return err
		}
		if yellow > 0 && s.c.Lights.YellowCards > 0 && c.Yellow == s.c.Lights.YellowCards {
			if err := s.raise(ctx, tx, actor, c, []card{{rule: cardTwoYellow, light: statute.Red}}); err != nil {
				return err
			}
		}
	}
	return nil
}

// newRecord is what a card says beside its case and rule.
func (s *Service) newRecord(c Case, k card) Record {
	r := Record{ID: s.c.NewID(), At: s.c.Now(), Agency: c.Agency, AgencyName: c.AgencyName, Division: c.Division, OfCase: true}
	had := c.Clerk
	for _, h := range []Handler{c.Reviewer, c.Second, c.Approver, c.Holder} {
		if h.ID != "" {
			had = h
		}
	}
	r.HandlerID, r.Handler = had.ID, had.Name
	if k.of.ID != "" {
		r.Agency, r.AgencyName, r.Division, r.HandlerID, r.Handler, r.OfCase = k.of.ID, k.of.Name, k.of.Division, "", "", false
	}
	r.ExplainBy = s.explainBy(r.Division, r.At)
	return r
}

// overtaken accepts what the law has accepted already: an official who acts after
// five silent days, a moment before the job that says so, finds the case accepted.
func (s *Service) overtaken(ctx context.Context, tx db.Tx, c Case) (Case, error) {
	if c.Due.Clock != statute.Acceptance || !past(c.Due.Legal, s.Today()) {
		return c, nil
	}
	return s.step(ctx, tx, auth.SystemPrincipal("deemed-acceptance"), c, Action{Name: actDeem})
}

// lapse does what the passing of a deadline brings about: deemed acceptance,
// cards of supervision. It may be called at any time and as often as one likes.
func (s *Service) lapse(ctx context.Context, tx db.Tx, id contract.CaseID) error {
	c, err := lockCase(ctx, tx, id)
	if err != nil {
		return err
	}
	today := s.Today()
	if c.Due.Clock == statute.Acceptance && past(c.Due.Legal, today) {
		// Silence is acceptance, from the day the papers came (art. 32(4)). The
		// step itself plans the next look: the decision may be late already.
		_, err := s.step(ctx, tx, auth.SystemPrincipal("deemed-acceptance"), c, Action{Name: actDeem})
		return err
	}
	if err := s.raise(ctx, tx, auth.SystemPrincipal("supervision"), &c, lapsed(c, today)); err != nil {
		return err
	}
	if c.Due.Paused {
		return s.overrun(ctx, tx, c)
	}
	return s.lookOn(ctx, tx, c, c.wake(today))
}

// DaysLeft counts the working days left until a due day: 0 on the day itself,
// negative once it is over. On the weekend after a Friday it is over too, by the
// working day that comes.
func (s *Service) DaysLeft(c Case, due day.Date) int {
	cal, today := s.c.Calendars.For(c.Division), s.Today()
	if today.After(due) {
		return min(-1, -cal.Workdays(due, today))
	}
	return cal.Workdays(today, due)
}
