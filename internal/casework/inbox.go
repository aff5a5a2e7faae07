package casework

import (
	"context"
	"time"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/auth"
	"github.com/tongban/tongban/internal/kit/policy"
)

// Inbox is what needs an official today, beyond the queue of the unit.
type Inbox struct {
	Held       []Case     // that the official works
	Handed     []HandNote // with a note of who handed them over
	Messages   []Case     // of these, with messages and opinions that nobody of the agency read
	News       map[contract.CaseID]News
	Words      []UnitTask             // of agencies that lead cases, to the agency that they ask
	Objections []Objection            // that the agency has to answer, for who answers
	Opinions   []UnitTask             // that the agency owes
	Cards      []Record               // to be explained
	Rulings    []Record               // explained, to be ruled on: of a supervisor
	Deputy     []Absence              // for whom the official stands in
	Overdue    []UnitTask             // opinions that others owe beyond their day on cases of the agency
	Recusals   []Recusal              // that the agency has to answer, for who answers; without the words
	Today      []contract.InquiryTask // appointments of today: visits, hearings
	Inquiries  []contract.InquiryTask // what else visits, hearings and reviews ask
}

// maxInbox bounds each part: what is more is in its list.
const maxInbox = 50

// Count is how many things wait: the number on the bar.
func (x Inbox) Count() int {
	return len(x.Messages) + len(x.Words) + len(x.Objections) + len(x.Opinions) + len(x.Cards) + len(x.Rulings) + len(x.Handed) + len(x.Overdue) +
		len(x.Recusals) + due(x.Today) + due(x.Inquiries)
}

// Inbox gathers what needs an official. Nothing of an application is in it beyond
// what lists show.
func (s *Service) Inbox(ctx context.Context, actor auth.Principal) (x Inbox, err error) {
	if actor.Kind != auth.Staff {
		return x, ErrNotFound
	}
	if err := s.c.Policy.Check(actor, "casework.inbox", policy.Page); err != nil {
		return x, err
	}
	if x.Held, err = s.heldBy(ctx, actor); err != nil {
		return x, err
	}
	if x.Handed, err = s.HandNotes(ctx, actor); err != nil {
		return x, err
	}
	if x.Messages, x.News, err = s.newsFor(ctx, actor); err != nil {
		return x, err
	}
	if answersFor(actor) {
		if x.Objections, err = s.Objections(ctx, actor, false); err != nil {
			return x, err
		}
		if x.Recusals, err = s.recusalsFor(ctx, actor); err != nil {
			return x, err
		}
	}
	if unitActor(actor) {
		if x.Opinions, err = unitTasks(ctx, s.c.DB, actor, nil, maxInbox); err != nil {
			return x, err
		}
		if x.Overdue, err = s.overdueTo(ctx, actor); err != nil {
			return x, err
		}
		if err = s.askedNews(ctx, actor, &x); err != nil {
			return x, err
		}
	}
	if x.Cards, err = s.cardsOf(ctx, actor); err != nil {
		return x, err
	}
	if x.Rulings, err = s.toRule(ctx, actor); err != nil {
		return x, err
	}
	if x.Deputy, err = deputyships(ctx, s.c.DB, actor.ID, s.Today()); err != nil {
		return x, err
	}
	return x, s.agenda(ctx, actor, &x)
}

// recusalsFor are the open requests that an official withdraws which the actor may
// answer: what they say is read on their own page.
func (s *Service) recusalsFor(ctx context.Context, actor auth.Principal) ([]Recusal, error) {
	list, err := recusalsWhere(ctx, s.c.DB, recusalsOfAgency(contract.AgencyID(actor.Agency), false))
	if err != nil {
		return nil, err
	}
	var mine []Recusal
	for _, r := range list {
		c, err := caseByID(ctx, s.c.DB, r.Case)
		if err != nil {
			return nil, err
		}
		if s.mayRule(ctx, actor, c, "casework.answer_withdrawal", r.Official.ID) == nil {
			r.sealed, r.sealedAnswer = nil, nil
			mine = append(mine, r)
		}
		if len(mine) == maxInbox {
			break
		}
	}
	return mine, nil
}

// overdueTo lists the opinions that other agencies owe beyond their day: to who
// holds the case, and to those who answer for the agency that leads it.
func (s *Service) overdueTo(ctx context.Context, actor auth.Principal) ([]UnitTask, error) {
	w := &where{}
	w.and("c.agency = ? AND u.state = 'open' AND u.late", actor.Agency)
	w.and("c.concerned NOT LIKE ? ESCAPE '!'", "%|"+escapeLike(actor.ID)+"|%")
	if !answersFor(actor) {
		w.and("c.holder = ?", actor.ID)
	}
	return tasksWhere(ctx, s.c.DB, w, maxInbox)
}

// heldBy lists the open cases in an official's hands, the most urgent first.
func (s *Service) heldBy(ctx context.Context, actor auth.Principal) ([]Case, error) {
	w := s.rule(actor, "")
	w.and("holder = ? AND stage <> ?", actor.ID, StageDone)
	return listUrgent(ctx, s.c.DB, w, s.Today().String(), nil, maxInbox)
}

// newsFor lists the cases of an official with messages and opinions that the agency
// did not read: those in the official's hands, and those that nobody holds and the
// official worked last.
func (s *Service) newsFor(ctx context.Context, actor auth.Principal) ([]Case, map[contract.CaseID]News, error) {
	w := s.rule(actor, "")
	w.and("holder = ? OR holder = '' AND (approver = ? OR approver = '' AND (reviewer = ? OR reviewer = '' AND clerk = ?))",
		actor.ID, actor.ID, actor.ID, actor.ID)
	withNews(w, actor.Agency)
	cases, err := listRecent(ctx, s.c.DB, w, nil, maxInbox)
	if err != nil || len(cases) == 0 {
		return nil, nil, err
	}
	news, err := s.News(ctx, actor, idsOf(cases))
	return cases, news, err
}

// toRule are the cards that were explained and wait for a supervisor's word.
func (s *Service) toRule(ctx context.Context, actor auth.Principal) ([]Record, error) {
	if !actor.Is(auth.RoleSupervisor) || actor.Division == "" {
		return nil, nil
	}
	list, err := recordsOpen(ctx, s.c.DB, actor.Division, maxInbox)
	if err != nil {
		return nil, err
	}
	for i, r := range list {
		if !r.IsExplained() { // they stand behind
			return list[:i], nil
		}
	}
	return list, nil
}

// Waiting counts what waits for an official, for the bar of every page. It is kept
// for a moment: a page more does not ask the database again.
func (s *Service) Waiting(ctx context.Context, actor auth.Principal) (int, error) {
	if actor.Kind != auth.Staff || !s.c.Policy.May(actor, "casework.inbox", policy.Page) {
		return 0, nil
	}
	now := s.c.Now()
	if v, ok := s.waiting.Load(actor.ID); ok {
		if w, ok := v.(waitingCount); ok && now.Before(w.until) && !now.Before(w.until.Add(-waitingFor)) {
			return w.n, nil
		}
	}
	x, err := s.Inbox(ctx, actor)
	if err != nil {
		return 0, err
	}
	s.waiting.Store(actor.ID, waitingCount{x.Count(), now.Add(waitingFor)})
	return x.Count(), nil
}

// waitingFor is how long a count on the bar may be old.
const waitingFor = 15 * time.Second

type waitingCount struct {
	n     int
	until time.Time
}
