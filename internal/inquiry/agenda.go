package inquiry

import (
	"cmp"
	"context"
	"slices"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/auth"
	"github.com/tongban/tongban/internal/kit/day"
	"github.com/tongban/tongban/internal/kit/policy"
)

// What an inquiry asks of an official.
const (
	DoGo          = "go"          // visit: the appointment stands
	DoAnswer      = "answer"      // visit: another time was asked for
	DoRecord      = "record"      // visit, hearing: the day has come, the record is to be made
	DoSign        = "sign"        // visit: the record waits for one's own word
	DoOthers      = "others"      // visit: the record waits for others
	DoCorrections = "corrections" // visit: what was to be put right is to be confirmed
	DoArrange     = "arrange"     // hearing: it was asked for and is to be set
	DoPreside     = "preside"     // hearing: it is set
	DoObjection   = "objection"   // hearing: the head decides who presides
	DoPanel       = "panel"       // review: nobody sits on the panel
	DoOpinions    = "opinions"    // review: opinions are awaited
	DoClose       = "close"       // review: all have spoken, it is to be summed up
	DoReport      = "report"      // errand: the report is awaited
)

// maxAgenda bounds what is listed of one official.
const maxAgenda = 50

// Agenda lists what inquiries of the actor's agency ask of officials: of the actor,
// and of those for whom the actor stands in. What is nearest comes first.
func (s *Service) Agenda(ctx context.Context, actor auth.Principal, whose []contract.AccountID) ([]contract.InquiryTask, error) {
	if !s.c.Policy.May(actor, "inquiry.desk", policy.Object{Type: "Desk", ID: actor.Agency, Attrs: map[string]any{"agency": actor.Agency}}) {
		return nil, nil
	}
	var list []contract.InquiryTask
	today := s.Today()
	for _, who := range whose {
		all, err := s.allUnsealed(waiting(ctx, s.c.DB, actor.Agency, string(who), actor.ID, maxAgenda))
		if err != nil {
			return nil, err
		}
		for _, x := range all {
			if do, now := x.asks(who, today); do != "" {
				list = append(list, taskOf(x, who, do, now))
			}
		}
	}
	if actor.Is(auth.RoleHead) {
		all, err := s.allUnsealed(hearingsSet(ctx, s.c.DB, actor.Agency, actor.ID, maxAgenda))
		if err != nil {
			return nil, err
		}
		for _, x := range all {
			if _, open := x.Hearing.Objected(); open {
				list = append(list, taskOf(x, contract.AccountID(actor.ID), DoObjection, true))
			}
		}
	}
	slices.SortStableFunc(list, func(a, b contract.InquiryTask) int {
		return cmp.Or(cmp.Compare(cmp.Or(a.Day, a.Due), cmp.Or(b.Day, b.Due)), cmp.Compare(a.Slot, b.Slot), cmp.Compare(a.Inquiry, b.Inquiry))
	})
	return list, nil
}

func taskOf(x Inquiry, who contract.AccountID, do string, now bool) contract.InquiryTask {
	return contract.InquiryTask{
		Inquiry: x.ID, Kind: string(x.Kind), Case: x.Case, Number: x.Number, ItemName: x.ItemName, Who: who,
		Do: do, Day: x.Day.String(), Slot: x.Slot, Due: x.Due.String(), Now: now,
	}
}

// asks is what an inquiry asks of an official, "" for nothing, and whether it is to
// be done today.
func (x Inquiry) asks(who contract.AccountID, today day.Date) (do string, now bool) {
	taking, organising := slices.Contains(x.People, who), x.Secretary == who
	switch {
	case x.Visit != nil && x.State == Asked:
		return DoAnswer, true
	case x.Visit != nil && taking:
		return x.asksVisitor(who, today)
	case x.Hearing != nil && x.State == Asked && organising:
		return DoArrange, true
	case x.Hearing != nil && taking && (x.State == Recording || x.State == Set && x.Day.Before(today)):
		return DoRecord, true
	case x.Hearing != nil && taking && x.State == Set:
		return DoPreside, x.Day == today
	case x.Review != nil && organising:
		return x.asksSecretary(today)
	}
	return "", false
}

func (x Inquiry) asksVisitor(who contract.AccountID, today day.Date) (do string, now bool) {
	switch {
	case x.State == Closed:
		return DoCorrections, !x.Due.After(today)
	case x.State == Recording && x.Visit.Agreed(who):
		return DoOthers, false
	case x.State == Recording:
		return DoSign, true
	case x.Day.Before(today):
		return DoRecord, true
	}
	return DoGo, x.Day == today
}

func (x Inquiry) asksSecretary(today day.Date) (do string, now bool) {
	late := !x.Due.After(today)
	switch {
	case x.Kind == KindErrand:
		return DoReport, late
	case len(x.Review.Seated()) == 0:
		return DoPanel, true
	case x.Review.Count().Open > 0:
		return DoOpinions, late
	}
	return DoClose, true
}
