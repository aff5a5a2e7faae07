package casework

import (
	"context"
	"slices"
	"time"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/auth"
	"github.com/tongban/tongban/internal/kit/day"
	"github.com/tongban/tongban/internal/kit/db"
	"github.com/tongban/tongban/internal/kit/fault"
	"github.com/tongban/tongban/internal/kit/policy"
	"github.com/tongban/tongban/internal/statute"
)

// A card of supervision is explained in writing by who had the case, within two
// working days; the supervisor keeps it, or cancels it (销牌) where the explanation
// shows that nobody failed.

// explainDays is the time for an explanation, in working days (domain 2.7).
const explainDays = 2

// Rulings on a card.
const (
	CardKept      = "kept"
	CardCancelled = "cancelled"
)

// Faults of cards.
var (
	ErrExplained = fault.New(fault.Conflict, "casework.card_explained") // one explanation
	ErrRuled     = fault.New(fault.Conflict, "casework.card_ruled")     // one ruling
)

// IsExplained reports whether the agency has said something.
func (r Record) IsExplained() bool { return !r.ExplainedAt.IsZero() }

// Overdue reports whether the explanation is late on a day.
func (r Record) Overdue(today day.Date) bool {
	return !r.IsExplained() && r.Ruling == "" && past(r.ExplainBy, today)
}

// object is a card as policies see it.
func (r Record) object() policy.Object {
	return policy.Object{Type: "Card", ID: r.ID, Attrs: map[string]any{
		"agency": string(r.Agency), "handler": r.HandlerID, "division": r.Division,
	}}
}

// explainBy is the day by which a card raised at a time is explained.
func (s *Service) explainBy(division string, at time.Time) day.Date {
	return s.c.Calendars.For(division).AddWorkdays(day.In(at), explainDays)
}

// Card opens one card, to its agency and to supervisors. What may be done with it
// by the actor is told beside it.
func (s *Service) Card(ctx context.Context, actor auth.Principal, id string) (r Record, may CardSteps, err error) {
	if r, err = recordByID(ctx, s.c.DB, id); err != nil {
		return r, may, err
	}
	if s.c.Policy.Check(actor, "casework.card", r.object()) != nil {
		return Record{}, may, ErrNotFound
	}
	may.Explain = !r.IsExplained() && r.Ruling == "" && s.c.Policy.May(actor, "casework.explain", r.object())
	may.Rule = r.Ruling == "" && s.c.Policy.May(actor, "casework.rule_card", r.object())
	return r, may, nil
}

// CardSteps say what an actor may do with a card.
type CardSteps struct{ Explain, Rule bool }

// ExplainCard explains a card, once; appeal asks to have it cancelled.
func (s *Service) ExplainCard(ctx context.Context, actor auth.Principal, id, text string, appeal bool) error {
	return s.onCard(ctx, actor, id, "casework.explain", func(ctx context.Context, tx db.Tx, r Record) error {
		text, err := plainText("text", text)
		if err != nil {
			return err
		}
		if r.Ruling != "" {
			return ErrRuled
		}
		if r.IsExplained() {
			return ErrExplained
		}
		r.Explained, r.ExplainedBy, r.ExplainedAt, r.Appealed = text, Handler{actor.ID, actor.Name}, s.now(), appeal
		if err := explainRecord(ctx, tx, r); err != nil {
			return err
		}
		c, err := caseByID(ctx, tx, r.Case)
		if err != nil {
			return err
		}
		return s.c.Events.Record(ctx, tx, meta(actor, c), contract.CardExplained{
			Case: r.Case, Number: r.Number, Card: r.ID, Agency: r.Agency, Appealed: appeal, At: r.ExplainedAt,
		})
	})
}

// RuleCard keeps or cancels a card, with reasons. A card that is cancelled does not
// count any more; where two yellow ones had made a red one, that one falls too.
func (s *Service) RuleCard(ctx context.Context, actor auth.Principal, id, ruling, text string) error {
	return s.onCard(ctx, actor, id, "casework.rule_card", func(ctx context.Context, tx db.Tx, r Record) error {
		text, err := plainText("text", text)
		if ruling != CardKept && ruling != CardCancelled {
			err = withField(err, "ruling", "casework.card_ruling")
		}
		if err != nil {
			return err
		}
		if r.Ruling != "" {
			return ErrRuled
		}
		c, err := lockCase(ctx, tx, r.Case)
		if err != nil {
			return err
		}
		r.Ruling, r.Ruled, r.RuledBy, r.RuledAt = ruling, text, Handler{actor.ID, actor.Name}, s.now()
		if err := s.ruled(ctx, tx, actor, c, r); err != nil || ruling == CardKept {
			return err
		}
		return s.uncount(ctx, tx, c, r)
	})
}

// onCard does something to a card that an actor may do it to.
func (s *Service) onCard(
	ctx context.Context, actor auth.Principal, id, action string, do func(ctx context.Context, tx db.Tx, r Record) error,
) error {
	return s.c.DB.InTx(ctx, func(ctx context.Context, tx db.Tx) error {
		r, err := lockRecord(ctx, tx, id)
		if err != nil {
			return err
		}
		if s.c.Policy.Check(actor, "casework.card", r.object()) != nil {
			return ErrNotFound
		}
		if err := s.c.Policy.Check(actor, action, r.object()); err != nil {
			return err
		}
		return do(ctx, tx, r)
	})
}

func (s *Service) ruled(ctx context.Context, tx db.Tx, actor auth.Principal, c Case, r Record) error {
	if err := ruleRecord(ctx, tx, r); err != nil {
		return err
	}
	return s.c.Events.Record(ctx, tx, meta(actor, c), contract.CardRuled{
		Case: r.Case, Number: r.Number, Card: r.ID, Agency: r.Agency, Ruling: r.Ruling, Notify: r.HandlerID, At: r.RuledAt,
	})
}

// uncount takes a cancelled card from the case's count.
func (s *Service) uncount(ctx context.Context, tx db.Tx, c Case, r Record) error {
	if !r.OfCase {
		return nil
	}
	yellow, red := 0, 0
	if r.Light == statute.Yellow {
		yellow = -1
	} else {
		red = -1
	}
	if err := addCards(ctx, tx, c.ID, yellow, red); err != nil {
		return err
	}
	if c.Yellow+yellow >= s.c.Lights.YellowCards || yellow == 0 {
		return nil
	}
	list, err := recordsOf(ctx, tx, c.ID)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(list, func(x Record) bool { return x.Rule == cardTwoYellow && x.Ruling == "" })
	if i < 0 {
		return nil
	}
	x := list[i]
	x.Ruling, x.Ruled, x.RuledAt = CardCancelled, r.Ruled, r.RuledAt
	if err := s.ruled(ctx, tx, auth.SystemPrincipal("supervision"), c, x); err != nil {
		return err
	}
	return addCards(ctx, tx, c.ID, 0, -1)
}

// CardCounts are how many cards of a division stand in which way, for supervision.
type CardCounts struct {
	Open, Explained, Overdue, Kept, Cancelled int
}

// CardsToRule lists the cards of the actor's division without a ruling, the explained
// ones first, with the counts of all.
func (s *Service) CardsToRule(ctx context.Context, actor auth.Principal) ([]Record, CardCounts, error) {
	if !actor.Is(auth.RoleSupervisor) && !actor.Is(auth.RoleAuditor) || actor.Division == "" {
		return nil, CardCounts{}, nil
	}
	counts, err := countRecords(ctx, s.c.DB, actor.Division, s.Today().String())
	if err != nil {
		return nil, counts, err
	}
	list, err := recordsOpen(ctx, s.c.DB, actor.Division, maxCards)
	return list, counts, err
}

// maxCards bounds the lists of cards.
const maxCards = 100

// cardsOf are the cards that an official has to explain: the own ones, those of the
// agency that nobody had; a head's are all of the agency.
func (s *Service) cardsOf(ctx context.Context, actor auth.Principal) ([]Record, error) {
	list, err := recordsToExplain(ctx, s.c.DB, actor.Agency, maxCards)
	return slices.DeleteFunc(list, func(r Record) bool { return !s.c.Policy.May(actor, "casework.explain", r.object()) }), err
}

// recomputeCards moves the days by which cards are explained.
func (s *Service) recomputeCards(ctx context.Context, tx db.Tx, j recomputeJob) error {
	list, err := recordsUnexplained(ctx, tx, maxOpenObjections)
	if err != nil {
		return err
	}
	for _, r := range list {
		was := r.ExplainBy
		if !j.covers(r.Division) {
			continue
		}
		if r.ExplainBy = s.explainBy(r.Division, r.At); r.ExplainBy == was {
			continue
		}
		if err := moveRecord(ctx, tx, r); err != nil {
			return err
		}
		c, err := caseByID(ctx, tx, r.Case)
		if err != nil {
			return err
		}
		e := movedTo(c, termExplain, was, r.ExplainBy)
		e.Of, e.Reason = r.ID, j.Reason
		if err := s.tellMoved(ctx, tx, c, e); err != nil {
			return err
		}
	}
	return nil
}

// cards follow too: the day by which each is explained.
func (x *replaying) cards(ctx context.Context) error {
	list, err := recordsOf(ctx, x.q, x.c.ID)
	if err != nil {
		return err
	}
	for _, r := range list {
		if !r.IsExplained() && r.Ruling == "" && !r.ExplainBy.IsZero() {
			x.differ(DiffCard, r.Rule, r.ExplainBy, x.s.explainBy(r.Division, r.At))
		}
	}
	return nil
}

// objectionJob looks at an objection on the day after its answer was due.
type objectionJob struct {
	Objection string `json:"objection"`
}

// Kind names the job.
func (objectionJob) Kind() string { return "casework.objection" }

// objectionLate gives a card where an objection was not answered by its day.
func (s *Service) objectionLate(ctx context.Context, tx db.Tx, j objectionJob) error {
	o, err := objectionByID(ctx, tx, j.Objection)
	if err != nil {
		return err
	}
	c, err := lockCase(ctx, tx, o.Case)
	if err != nil {
		return err
	}
	if o, err = objectionByID(ctx, tx, j.Objection); err != nil || o.Result != "" || !past(o.Due, s.Today()) {
		return err
	}
	return s.raise(ctx, tx, auth.SystemPrincipal("supervision"), &c, []card{{rule: cardObjection, occurrence: o.ID, light: statute.Yellow}})
}
