package inquiry

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/auth"
	"github.com/tongban/tongban/internal/kit/day"
	"github.com/tongban/tongban/internal/kit/db"
	"github.com/tongban/tongban/internal/kit/fault"
	"github.com/tongban/tongban/internal/statute"
)

// NewHearing says who is told of the right to be heard, and why.
type NewHearing struct {
	Why string
	// ExOfficio is a hearing that the agency holds of its own accord (art. 46).
	ExOfficio bool
	Thirds    []Party // name and contact of third parties
}

// TellHearing tells the applicant, and third parties with a major interest, of the
// right to a hearing (Licensing Law art. 47). From then on nothing is decided
// before the right has lapsed, was given up, or the hearing was held.
func (s *Service) TellHearing(ctx context.Context, actor auth.Principal, id contract.CaseID, in NewHearing) (Inquiry, error) {
	x, c, err := s.begin(ctx, actor, id, KindHearing)
	if err != nil {
		return x, err
	}
	if c.Hearing != nil && c.Hearing.Kind == contract.HearingMust {
		in.ExOfficio = true // it is held whether anybody asks or not (art. 46)
	}
	var form fault.Form
	cal, today := s.calendar(x.Head), s.Today()
	h := &Hearing{ExOfficio: in.ExOfficio}
	h.Why = checkWords(&form, "why", in.Why, maxLine, true)
	parties := append([]Party{{Kind: "applicant", Name: x.Applicant.Name}}, in.Thirds...)
	for i, p := range parties {
		if i > 0 {
			p.Kind = "third"
			p.Name = checkWords(&form, fmt.Sprintf("third-name-%d", i-1), p.Name, 50, p.Contact != "")
			p.Contact = checkWords(&form, fmt.Sprintf("third-contact-%d", i-1), p.Contact, 100, p.Name != "")
			if p.Name == "" && p.Contact == "" {
				continue
			}
		}
		p.ID = s.c.NewID()
		h.Parties = append(h.Parties, tellParty(p, today, cal))
	}
	if err := form.Err(); err != nil {
		return x, err
	}
	x.Hearing, x.State, x.Due = h, Told, h.lastAsk()
	h.Provisional = cal.Provisional(today, x.Due)
	what := "told"
	if in.ExOfficio {
		x.State, x.Due, h.Asked = Asked, day.Date{}, today
		what = "ordered"
	}
	return x, s.c.DB.InTx(ctx, func(ctx context.Context, tx db.Tx) error {
		if err := s.add(ctx, tx, actor, &x, what); err != nil {
			return err
		}
		if !in.ExOfficio {
			if err := s.print(ctx, tx, x, paperRight, ""); err != nil {
				return err
			}
		}
		return s.watch(ctx, tx, x)
	})
}

// AskHearing is the applicant's request, within five working days of being told.
func (s *Service) AskHearing(ctx context.Context, actor auth.Principal, id string) (Inquiry, error) {
	return s.hearing(ctx, actor, id, "answer", 0, func(ctx context.Context, tx db.Tx, x *Inquiry) (string, error) {
		own, ok := x.Hearing.Own()
		if ok && !own.Asked.IsZero() { // a second click
			return "", nil
		}
		return s.asked(ctx, tx, x, own.ID, s.Today())
	})
}

// RecordRequest enters a request that came in writing, on the day it came.
func (s *Service) RecordRequest(ctx context.Context, actor auth.Principal, id string, rev int64, party string, on day.Date) (Inquiry, error) {
	return s.hearing(ctx, actor, id, "plan", rev, func(ctx context.Context, tx db.Tx, x *Inquiry) (string, error) {
		if on.IsZero() || on.After(s.Today()) {
			var form fault.Form
			form.Add("on", "inquiry.day_future")
			return "", form.Err()
		}
		return s.asked(ctx, tx, x, party, on)
	})
}

func (s *Service) asked(ctx context.Context, tx db.Tx, x *Inquiry, party string, on day.Date) (string, error) {
	if x.State != Told && x.State != Asked {
		return "", ErrState
	}
	if err := x.Hearing.ask(party, on, s.calendar(x.Head)); err != nil {
		return "", err
	}
	x.State, x.Due = Asked, x.Hearing.HoldBy
	return "asked", s.watch(ctx, tx, *x)
}

// WaiveHearing gives up the right, or takes a request back before the hearing is
// set.
func (s *Service) WaiveHearing(ctx context.Context, actor auth.Principal, id string) (Inquiry, error) {
	return s.hearing(ctx, actor, id, "answer", 0, func(_ context.Context, _ db.Tx, x *Inquiry) (string, error) {
		if x.State != Told && x.State != Asked || x.Hearing.ExOfficio {
			return "", ErrState
		}
		others := false
		for i, p := range x.Hearing.Parties {
			if p.Kind == "applicant" {
				x.Hearing.Parties[i].Waived, x.Hearing.Parties[i].Asked = true, day.Date{}
			} else {
				others = others || !p.settled()
			}
		}
		if !others {
			x.State, x.Open, x.Due = Lapsed, false, day.Date{}
		}
		return "waived", nil
	})
}

// SetHearing is when and where a hearing is, who presides and who records it.
type SetHearing struct {
	Slot       Slot
	Place      string
	Private    string
	PrivateWhy string
	Host       contract.AccountID
	Recorder   contract.AccountID
	Days       int // expected working days until the record is closed; 0 follows from the day
	Reason     string
}

// Arrange sets time and place, or moves them. With the first notice the hearing is
// under way and the clock of the case stands still (art. 45) until its record is
// closed.
func (s *Service) Arrange(ctx context.Context, actor auth.Principal, id string, rev int64, in SetHearing) (Inquiry, error) {
	seen, c, err := s.open(ctx, actor, id, KindHearing)
	if err != nil {
		return seen, err
	}
	var form fault.Form
	cal, first := s.calendar(seen.Head), seen.State == Asked
	seen.Hearing.checkTime(&form, in.Slot, s.Today(), cal)
	in.Place = checkWords(&form, "place", in.Place, maxPlace, true)
	in.Reason = checkWords(&form, "reason", in.Reason, maxLine, !first)
	if in.Private != "" {
		if !slices.Contains(privateReasons(), in.Private) {
			form.Add("private", "inquiry.private_needed")
		}
		in.PrivateWhy = checkWords(&form, "private_why", in.PrivateWhy, maxLine, true)
	}
	host, err := s.chosen(ctx, &form, "host", in.Host, c, "preside")
	if err != nil {
		return seen, err
	}
	recorder, err := s.chosen(ctx, &form, "recorder", in.Recorder, c, "preside")
	if err != nil {
		return seen, err
	}
	if host.ID != "" && host.ID == recorder.ID {
		form.Add("recorder", "inquiry.recorder_other")
	}
	if err := form.Err(); err != nil {
		return seen, err
	}
	return s.hearing(ctx, actor, id, "plan", rev, func(ctx context.Context, tx db.Tx, x *Inquiry) (string, error) {
		if x.State != Asked && x.State != Set {
			return "", ErrState
		}
		h, what := x.Hearing, "moved"
		if x.State == Asked {
			what = "set"
			days := cmp.Or(in.Days, cal.Workdays(s.Today(), in.Slot.Day)+1)
			if x.Special, err = s.c.Cases.StartSpecial(ctx, tx, actor, x.Case, contract.Pause{Special: string(statute.Hearing), Days: days, Reason: h.Why}); err != nil {
				return "", err
			}
		}
		h.Times = append(h.Times, Appointment{Slot: in.Slot, By: actor.Name, Reason: in.Reason, At: s.at()})
		h.Place, h.Private, h.PrivateWhy, h.Host, h.Recorder = in.Place, in.Private, in.PrivateWhy, host, recorder
		x.State, x.Day, x.Slot, x.Public = Set, in.Slot.Day, in.Slot.Time, in.Private == ""
		x.People = []contract.AccountID{host.ID, recorder.ID}
		return what, s.print(ctx, tx, *x, paperNotice, fmt.Sprint(len(h.Times)))
	})
}

// ObjectToHost asks that who presides steps back (art. 48(3)).
func (s *Service) ObjectToHost(ctx context.Context, actor auth.Principal, id, reason string) (Inquiry, error) {
	return s.hearing(ctx, actor, id, "answer", 0, func(_ context.Context, _ db.Tx, x *Inquiry) (string, error) {
		if x.State != Set {
			return "", ErrState
		}
		if _, open := x.Hearing.Objected(); open {
			return "", ErrObjects
		}
		var form fault.Form
		reason = checkWords(&form, "reason", reason, maxLine, true)
		x.Hearing.Objections = append(x.Hearing.Objections, Objection{Host: x.Hearing.Host, Reason: reason, At: s.at()})
		return "host_objected", form.Err()
	})
}

// DecideHost answers an objection: another official presides, or the reasons why
// not. The head decides.
func (s *Service) DecideHost(ctx context.Context, actor auth.Principal, id string, rev int64, other contract.AccountID, answer string) (Inquiry, error) {
	_, c, err := s.open(ctx, actor, id, KindHearing)
	if err != nil {
		return Inquiry{}, err
	}
	var form fault.Form
	answer = checkWords(&form, "answer", answer, maxLine, true)
	host := Person{}
	if other != "" {
		if host, err = s.chosen(ctx, &form, "host", other, c, "preside"); err != nil {
			return Inquiry{}, err
		}
	}
	if err := form.Err(); err != nil {
		return Inquiry{}, err
	}
	return s.hearing(ctx, actor, id, "step_back", rev, func(_ context.Context, _ db.Tx, x *Inquiry) (string, error) {
		h := x.Hearing
		i := slices.IndexFunc(h.Objections, func(o Objection) bool { return o.Decision == "" })
		if i < 0 {
			return "", ErrState
		}
		o := &h.Objections[i]
		o.Answer, o.By, o.Decision = answer, Person{contract.AccountID(actor.ID), actor.Name}, "kept"
		if host.ID == "" {
			return "host_kept", nil
		}
		if host.ID == h.Recorder.ID || host.ID == o.Host.ID {
			var form fault.Form
			form.Add("host", "inquiry.recorder_other")
			return "", form.Err()
		}
		o.Decision, h.Host = "replaced", host
		x.People = []contract.AccountID{h.Host.ID, h.Recorder.ID}
		return "host", nil
	})
}

// FillHearing takes over transcript and attendance from who presides or records.
func (s *Service) FillHearing(ctx context.Context, actor auth.Principal, id string, rev int64, text string, people []Participant) (Inquiry, error) {
	return s.hearing(ctx, actor, id, "preside", rev, func(_ context.Context, _ db.Tx, x *Inquiry) (string, error) {
		if err := s.heard(x); err != nil {
			return "", err
		}
		x.State = Recording
		return "filled", x.Hearing.fill(text, people)
	})
}

// heard refuses a record before the hearing, or while it is open who presides.
func (s *Service) heard(x *Inquiry) error {
	if x.State != Set && x.State != Recording {
		return ErrState
	}
	if s.c.Now().Before(x.Hearing.slot().Begins()) {
		return ErrUnheard
	}
	if _, open := x.Hearing.Objected(); open {
		return ErrObjects
	}
	return nil
}

// CloseHearing closes the record with its conclusion. The clock of the case goes
// on, and the decision rests on the record (art. 48(2)).
func (s *Service) CloseHearing(ctx context.Context, actor auth.Principal, id string, rev int64, conclusion string) (Inquiry, error) {
	files, err := s.files(ctx, id, "transcript")
	if err != nil {
		return Inquiry{}, err
	}
	return s.hearing(ctx, actor, id, "preside", rev, func(ctx context.Context, tx db.Tx, x *Inquiry) (string, error) {
		if x.State != Recording || x.Hearing.Host.ID != contract.AccountID(actor.ID) {
			return "", ErrState
		}
		var form fault.Form
		conclusion = checkWords(&form, "conclusion", conclusion, maxText, true)
		if err := form.Err(); err != nil {
			return "", err
		}
		if err := x.Hearing.finished(len(files)); err != nil {
			return "", err
		}
		x.Hearing.Conclusion, x.Hearing.Number = conclusion, number("听", x.Head, s.Today(), int(x.Revision))
		x.State, x.Open, x.Due, x.Public = Closed, false, day.Date{}, false
		if err := s.endSpecial(ctx, tx, actor, x, conclusion); err != nil {
			return "", err
		}
		return "closed", s.print(ctx, tx, *x, paperHearing, "")
	})
}

// CancelHearing calls a hearing off: the requests were taken back.
func (s *Service) CancelHearing(ctx context.Context, actor auth.Principal, id string, rev int64, reason string) (Inquiry, error) {
	return s.hearing(ctx, actor, id, "plan", rev, func(ctx context.Context, tx db.Tx, x *Inquiry) (string, error) {
		if x.State != Asked && x.State != Set {
			return "", ErrState
		}
		var form fault.Form
		reason = checkWords(&form, "reason", reason, maxLine, true)
		if err := form.Err(); err != nil {
			return "", err
		}
		x.Hearing.Ended, x.State, x.Open, x.Due, x.Public = reason, Cancelled, false, day.Date{}, false
		return "cancelled", s.endSpecial(ctx, tx, actor, x, reason)
	})
}

// endSpecial lets the clock of the case go on, where the inquiry holds it.
func (s *Service) endSpecial(ctx context.Context, tx db.Tx, actor auth.Principal, x *Inquiry, result string) error {
	if x.Special == "" {
		return nil
	}
	return s.c.Cases.EndSpecial(ctx, tx, actor, x.Case, x.Special, strings.TrimSpace(result))
}

// hearing is step for a hearing alone.
func (s *Service) hearing(ctx context.Context, actor auth.Principal, id, action string, rev int64, do change) (Inquiry, error) {
	return s.step(ctx, actor, id, action, rev, func(ctx context.Context, tx db.Tx, x *Inquiry) (string, error) {
		if x.Hearing == nil {
			return "", ErrNotFound
		}
		return do(ctx, tx, x)
	})
}

// HearingDeadlines explains the periods of a hearing day by day.
func (s *Service) HearingDeadlines(x Inquiry) []Deadline {
	if x.Hearing == nil {
		return nil
	}
	return x.Hearing.Deadlines(s.calendar(x.Head))
}

// PublicHearing is what anybody may know of a hearing: nothing about people.
type PublicHearing struct {
	Item   contract.Text
	Agency contract.Text
	Slot   Slot
	Place  string
	Held   bool
}

// PublicHearings lists the hearings of today and later that anybody may attend.
func (s *Service) PublicHearings(ctx context.Context) ([]PublicHearing, error) {
	all, err := s.allUnsealed(publicHearings(ctx, s.c.DB, s.Today(), 50))
	if err != nil {
		return nil, err
	}
	list := make([]PublicHearing, 0, len(all))
	for _, x := range all {
		list = append(list, PublicHearing{
			Item: x.ItemName, Agency: x.AgencyName, Slot: Slot{x.Day, x.Slot}, Place: x.Hearing.Place, Held: x.State == Recording,
		})
	}
	return list, nil
}
