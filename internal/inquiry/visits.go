package inquiry

import (
	"context"
	"strings"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/auth"
	"github.com/tongban/tongban/internal/kit/day"
	"github.com/tongban/tongban/internal/kit/db"
	"github.com/tongban/tongban/internal/kit/fault"
	"github.com/tongban/tongban/internal/kit/job"
)

// NewVisit is what an official says of a visit.
type NewVisit struct {
	Purpose   string
	Place     string
	Officials []contract.AccountID
	Slot      Slot
}

// Place is where the application says the place is, to begin a visit with.
func (s *Service) Place(ctx context.Context, actor auth.Principal, id contract.CaseID) (string, error) {
	if _, err := s.Case(ctx, actor, id); err != nil {
		return "", err
	}
	t, err := s.c.Cases.PlaceOf(ctx, actor, id)
	return t.ZH, err
}

// PlanVisit makes an appointment for a visit by two officials of the agency
// (Licensing Law art. 34(3)). It stops no clock.
func (s *Service) PlanVisit(ctx context.Context, actor auth.Principal, id contract.CaseID, in NewVisit) (Inquiry, error) {
	x, c, err := s.begin(ctx, actor, id, KindVisit)
	if err != nil {
		return x, err
	}
	var form fault.Form
	v := &Visit{Times: []Appointment{{Slot: in.Slot, By: actor.Name, At: s.at()}}}
	v.Purpose = checkWords(&form, "purpose", in.Purpose, maxLine, true)
	v.Place = checkWords(&form, "place", in.Place, maxPlace, true)
	checkSlot(&form, in.Slot, s.Today())
	x.People, err = s.pair(ctx, &form, in.Officials, c, v)
	if err != nil {
		return x, err
	}
	if err := form.Err(); err != nil {
		return x, err
	}
	if c.Visits != nil {
		v.Checklist, v.Prepare = c.Visits.Checklist, c.Visits.Prepare
	}
	x.Visit, x.State, x.Day, x.Slot = v, Planned, in.Slot.Day, in.Slot.Time
	return x, s.c.DB.InTx(ctx, func(ctx context.Context, tx db.Tx) error { return s.add(ctx, tx, actor, &x, "planned") })
}

// pair takes two different officials whom nothing keeps from the case.
func (s *Service) pair(ctx context.Context, form *fault.Form, chosen []contract.AccountID, c contract.InquiryCase, v *Visit) ([]contract.AccountID, error) {
	if len(chosen) != 2 || chosen[0] == "" || chosen[1] == "" || chosen[0] == chosen[1] {
		form.Add("official2", "inquiry.two_officials")
		return nil, nil
	}
	for i, field := range []string{"official1", "official2"} {
		p, err := s.chosen(ctx, form, field, chosen[i], c, "record")
		if err != nil {
			return nil, err
		}
		v.Officials = append(v.Officials, Signing{Person: p})
	}
	return chosen, nil
}

// beforeRecord reports whether the appointment may still change.
func beforeRecord(x *Inquiry) bool {
	return x.State == Planned || x.State == Asked || x.State == Confirmed
}

// ConfirmVisit is the applicant's yes to the appointment.
func (s *Service) ConfirmVisit(ctx context.Context, actor auth.Principal, id string, rev int64) (Inquiry, error) {
	return s.visit(ctx, actor, id, "answer", rev, func(_ context.Context, _ db.Tx, x *Inquiry) (string, error) {
		switch x.State {
		case Planned:
			x.State = Confirmed
			return "confirmed", nil
		case Confirmed: // said so already
			return "", nil
		case Asked, Recording, Told, Set, Sitting, Closed, Cancelled, NoShow, Lapsed:
		}
		return "", ErrState
	})
}

// AskOtherTime asks once for another appointment.
func (s *Service) AskOtherTime(ctx context.Context, actor auth.Principal, id string, rev int64, reason string, want []Slot) (Inquiry, error) {
	return s.visit(ctx, actor, id, "answer", rev, func(_ context.Context, _ db.Tx, x *Inquiry) (string, error) {
		if x.Visit.HasAsked {
			return "", ErrTwice
		}
		if x.State != Planned && x.State != Confirmed {
			return "", ErrState
		}
		var form fault.Form
		reason = checkWords(&form, "reason", reason, maxLine, true)
		if len(want) == 0 || len(want) > proposals {
			form.Add("proposals", "inquiry.proposals_needed", "max", proposals)
		}
		for _, w := range want {
			if !w.ok() || w.Day.Before(s.Today()) {
				form.Add("proposals", "inquiry.proposals_needed", "max", proposals)
			}
		}
		if err := form.Err(); err != nil {
			return "", err
		}
		x.Visit.HasAsked, x.Visit.AskReason, x.Visit.Proposals, x.State = true, reason, want, Asked
		return "asked", nil
	})
}

// MoveVisit sets another time. A time that the applicant proposed needs no answer.
func (s *Service) MoveVisit(ctx context.Context, actor auth.Principal, id string, rev int64, to Slot, reason string) (Inquiry, error) {
	return s.visit(ctx, actor, id, "plan", rev, func(_ context.Context, _ db.Tx, x *Inquiry) (string, error) {
		if !beforeRecord(x) {
			return "", ErrState
		}
		taken := false
		for _, p := range x.Visit.Proposals {
			taken = taken || p == to
		}
		var form fault.Form
		checkSlot(&form, to, s.Today())
		reason = checkWords(&form, "reason", reason, maxLine, !taken)
		if err := form.Err(); err != nil {
			return "", err
		}
		x.Visit.Times = append(x.Visit.Times, Appointment{Slot: to, By: actor.Name, Reason: reason, At: s.at()})
		x.State, x.Day, x.Slot = Planned, to.Day, to.Time
		if taken {
			x.State = Confirmed
		}
		return "moved", nil
	})
}

// CancelVisit calls a visit off, with the reason.
func (s *Service) CancelVisit(ctx context.Context, actor auth.Principal, id string, rev int64, reason string) (Inquiry, error) {
	return s.visit(ctx, actor, id, "plan", rev, func(_ context.Context, _ db.Tx, x *Inquiry) (string, error) {
		if !beforeRecord(x) {
			return "", ErrState
		}
		var form fault.Form
		x.Visit.Ended = checkWords(&form, "reason", reason, maxLine, true)
		x.State, x.Open = Cancelled, false
		return "cancelled", form.Err()
	})
}

// NobodyThere records that the officials found nobody at the time that was set.
func (s *Service) NobodyThere(ctx context.Context, actor auth.Principal, id string, rev int64, found string) (Inquiry, error) {
	return s.visit(ctx, actor, id, "record", rev, func(_ context.Context, _ db.Tx, x *Inquiry) (string, error) {
		if !beforeRecord(x) || s.c.Now().Before(x.Visit.slot().Begins()) {
			return "", ErrState
		}
		var form fault.Form
		x.Visit.Ended = checkWords(&form, "found", found, maxLine, true)
		x.State, x.Open = NoShow, false
		return "no_show", form.Err()
	})
}

// FillVisit takes over what an official entered into the record. Fields that the
// other changed in the meantime are told, the rest is kept all the same.
func (s *Service) FillVisit(ctx context.Context, actor auth.Principal, id string, changes map[string]Change) (Inquiry, error) {
	var clash error
	x, err := s.visit(ctx, actor, id, "record", 0, func(_ context.Context, _ db.Tx, x *Inquiry) (string, error) {
		if err := s.recordable(x); err != nil {
			return "", err
		}
		changed, err := x.Visit.merge(changes, Person{contract.AccountID(actor.ID), actor.Name})
		clash = err
		if !changed {
			return "", nil
		}
		x.State = Recording
		return "filled", nil
	})
	if err != nil {
		return x, err
	}
	return x, clash
}

// recordable reports whether the record may be filled in: from the day of the
// visit on, until it is closed.
func (s *Service) recordable(x *Inquiry) error {
	if !x.Open || x.State == Asked || x.Day.After(s.Today()) {
		return ErrState
	}
	return nil
}

// SignVisit confirms the record as it stands for the official who asks, in a
// session of one's own. seen is the count of changes that the official saw.
func (s *Service) SignVisit(ctx context.Context, actor auth.Principal, id string, seen int64) (Inquiry, error) {
	photos, err := s.photoCount(ctx, id)
	if err != nil {
		return Inquiry{}, err
	}
	return s.visit(ctx, actor, id, "record", 0, func(ctx context.Context, tx db.Tx, x *Inquiry) (string, error) {
		if err := s.recordable(x); err != nil {
			return "", err
		}
		if x.Visit.Rev != seen {
			return "", ErrStale
		}
		if x.Visit.Agreed(contract.AccountID(actor.ID)) { // a second click
			return "", nil
		}
		if err := x.Visit.check(photos, s.Today()); err != nil {
			return "", err
		}
		if err := x.Visit.sign(contract.AccountID(actor.ID), s.at()); err != nil {
			return "", err
		}
		return s.closeVisit(ctx, tx, x, "signed")
	})
}

// SettlePresent records how the applicant's side stands to the record, as an
// official saw it on the spot.
func (s *Service) SettlePresent(ctx context.Context, actor auth.Principal, id string, seen int64, p Present) (Inquiry, error) {
	return s.present(ctx, actor, id, "record", seen, p)
}

// AnswerRecord lets the applicant add a statement to the record, and sign it or
// refuse to.
func (s *Service) AnswerRecord(ctx context.Context, actor auth.Principal, id string, seen int64, p Present) (Inquiry, error) {
	p.Online = true
	if p.How == Absent {
		p.How = ""
	}
	return s.present(ctx, actor, id, "answer", seen, p)
}

func (s *Service) present(ctx context.Context, actor auth.Principal, id, action string, seen int64, p Present) (Inquiry, error) {
	return s.visit(ctx, actor, id, action, 0, func(ctx context.Context, tx db.Tx, x *Inquiry) (string, error) {
		if x.State != Recording {
			return "", ErrState
		}
		if x.Visit.Rev != seen {
			return "", ErrStale
		}
		p, err := checkPresent(p)
		if err != nil {
			return "", err
		}
		if x.Visit.Present.Online && x.Visit.Present.Rev == seen && !p.Online { // they spoke for themselves
			return "", ErrStale
		}
		p.Rev, p.At = seen, s.at()
		x.Visit.Present = p
		return s.closeVisit(ctx, tx, x, "present")
	})
}

// closeVisit closes the record when all have confirmed it, and has it printed.
func (s *Service) closeVisit(ctx context.Context, tx db.Tx, x *Inquiry, what string) (string, error) {
	if !x.Visit.done() {
		return what, nil
	}
	x.State, x.Open = Closed, false
	x.Visit.Number = number("核", x.Head, s.Today(), int(x.Revision))
	if by, err := day.Parse(x.Visit.value(fieldCorrect)); err == nil && x.Visit.value(fieldResult) == ResultCorrections {
		x.Due = by
	}
	return "closed", s.c.Jobs.InsertTx(ctx, tx, paperJob{x.ID, paperVisit, ""}, job.Insert{Unique: x.ID + paperVisit})
}

// ConfirmCorrections records that what a visit asked to be put right was, and how
// that was seen.
func (s *Service) ConfirmCorrections(ctx context.Context, actor auth.Principal, id string, rev int64, how string) (Inquiry, error) {
	return s.visit(ctx, actor, id, "record", rev, func(_ context.Context, _ db.Tx, x *Inquiry) (string, error) {
		if x.State != Closed || x.Visit.value(fieldResult) != ResultCorrections || x.Visit.Corrected != "" {
			return "", ErrState
		}
		var form fault.Form
		how = checkWords(&form, "how", how, maxLine, true)
		x.Visit.Corrected, x.Due = how, day.Date{}
		return "corrected", form.Err()
	})
}

// visit is step for a visit alone.
func (s *Service) visit(ctx context.Context, actor auth.Principal, id, action string, rev int64, do change) (Inquiry, error) {
	return s.step(ctx, actor, id, action, rev, func(ctx context.Context, tx db.Tx, x *Inquiry) (string, error) {
		if x.Visit == nil {
			return "", ErrNotFound
		}
		return do(ctx, tx, x)
	})
}

// ParseSlot reads "2026-11-24 09:00-11:00".
func ParseSlot(text string) (Slot, bool) {
	date, at, _ := strings.Cut(strings.TrimSpace(text), " ")
	d, err := day.Parse(date)
	if err != nil {
		return Slot{}, false
	}
	s := Slot{d, strings.ReplaceAll(at, "–", "-")}
	return s, s.ok()
}
