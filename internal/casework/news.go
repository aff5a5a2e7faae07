package casework

import (
	"context"
	"slices"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/auth"
)

// News is what one side of a case has not read: how much between it and the
// applicant, how much between the agencies.
type News struct{ Outward, Internal int }

// Count is all of it.
func (n News) Count() int { return n.Outward + n.Internal }

// Thread is where one reads it first.
func (n News) Thread() string {
	if n.Outward == 0 && n.Internal > 0 {
		return contract.ThreadInternal
	}
	return contract.ThreadApplicant
}

// News counts, by case, the messages that the actor's side has not read and, for who
// leads a case, the opinions that other agencies gave. Cases without any are left
// out.
func (s *Service) News(ctx context.Context, actor auth.Principal, ids []contract.CaseID) (map[contract.CaseID]News, error) {
	if len(ids) == 0 || readerOf(actor) == "" {
		return map[contract.CaseID]News{}, nil
	}
	return newsOf(ctx, s.c.DB, ids, readerOf(actor), actor.Applies())
}

// Unread counts what the actor's side has not read, by case.
func (s *Service) Unread(ctx context.Context, actor auth.Principal, ids []contract.CaseID) (map[contract.CaseID]int, error) {
	news, err := s.News(ctx, actor, ids)
	counts := make(map[contract.CaseID]int, len(news))
	for id, n := range news {
		counts[id] = n.Count()
	}
	return counts, err
}

// askedNews lists the cases on which the actor's agency is or was asked and on which
// the others wrote since it read: their words reach nobody else of the agency, whose
// list has only what it owes. One task stands for each case.
func (s *Service) askedNews(ctx context.Context, actor auth.Principal, x *Inbox) error {
	w := &where{}
	w.and("u.agency = ?", actor.Agency)
	w.and("c.concerned NOT LIKE ? ESCAPE '!'", "%|"+escapeLike(actor.ID)+"|%")
	withInternalWords(w, actor.Agency)
	tasks, err := tasksWhere(ctx, s.c.DB, w, maxInbox)
	if err != nil {
		return err
	}
	var ids []contract.CaseID
	for _, t := range tasks {
		if !slices.Contains(ids, t.Case) && s.MayConferOn(ctx, actor, t.Case) {
			x.Words, ids = append(x.Words, t), append(ids, t.Case)
		}
	}
	news, err := s.News(ctx, actor, ids)
	if x.News == nil {
		x.News = map[contract.CaseID]News{}
	}
	for _, id := range ids {
		x.News[id] = News{Internal: news[id].Internal} // the applicant's words are not for who is asked
	}
	return err
}
