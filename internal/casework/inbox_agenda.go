package casework

import (
	"context"
	"slices"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/auth"
)

// agenda fills in what inquiries ask of an official and of those for whom the
// official stands in: appointments of today, and the rest.
func (s *Service) agenda(ctx context.Context, actor auth.Principal, x *Inbox) error {
	if s.c.Inquiries == nil {
		return nil
	}
	whose := []contract.AccountID{contract.AccountID(actor.ID)}
	for _, a := range x.Deputy {
		whose = append(whose, contract.AccountID(a.Official.ID))
	}
	tasks, err := s.c.Inquiries.Agenda(ctx, actor, whose)
	if err != nil || len(tasks) == 0 {
		return err
	}
	seen, err := s.seenOf(ctx, actor, tasks)
	if err != nil {
		return err
	}
	today := s.Today().String()
	for _, t := range tasks {
		switch {
		case !slices.Contains(seen, t.Case):
		case t.Day == today:
			x.Today = append(x.Today, t)
		default:
			x.Inquiries = append(x.Inquiries, t)
		}
	}
	return nil
}

// seenOf are the open cases of tasks that an official sees: nobody is sent to a case
// that they are kept from, or that is over.
func (s *Service) seenOf(ctx context.Context, actor auth.Principal, tasks []contract.InquiryTask) ([]contract.CaseID, error) {
	var ids []string
	for _, t := range tasks {
		if id := string(t.Case); !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	w := s.rule(actor, "")
	w.oneOf("id", ids)
	w.and("stage <> ?", StageDone)
	cases, err := listRecent(ctx, s.c.DB, w, nil, len(ids))
	return idsOf(cases), err
}

// Instead names the colleague whose task it is, for whom the official stands in; ""
// is one's own.
func (x Inbox) Instead(t contract.InquiryTask) string {
	for _, a := range x.Deputy {
		if a.Official.ID == string(t.Who) {
			return a.Official.Name
		}
	}
	return ""
}

// due counts what is to be done today.
func due(tasks []contract.InquiryTask) (n int) {
	for _, t := range tasks {
		if t.Now {
			n++
		}
	}
	return n
}
