package inquiry

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/auth"
	"github.com/tongban/tongban/internal/kit/db"
	"github.com/tongban/tongban/internal/kit/event"
	"github.com/tongban/tongban/internal/kit/fault"
	"github.com/tongban/tongban/internal/kit/policy"
	"github.com/tongban/tongban/internal/statute"
)

// facts is what is sealed of an inquiry.
type facts struct {
	Visit   *Visit   `json:"visit,omitempty"`
	Hearing *Hearing `json:"hearing,omitempty"`
	Review  *Review  `json:"review,omitempty"`
}

func sealName(id string) string { return "inquiry.body:" + id }

func (s *Service) sealed(x Inquiry) (row, error) {
	text, err := json.Marshal(facts{x.Visit, x.Hearing, x.Review})
	if err != nil {
		return row{}, fmt.Errorf("inquiry %s: %w", x.ID, err)
	}
	body, err := s.c.Seal.Seal(sealName(x.ID), string(text))
	if err != nil {
		return row{}, fmt.Errorf("seal inquiry %s: %w", x.ID, err)
	}
	return row{x.Head, body}, nil
}

func (s *Service) unsealed(r row, err error) (Inquiry, error) {
	if err != nil {
		return Inquiry{}, err
	}
	text, err := s.c.Seal.Open(sealName(r.ID), r.body)
	if err != nil {
		return Inquiry{}, fmt.Errorf("inquiry %s: %w", r.ID, err)
	}
	var f facts
	if err := json.Unmarshal([]byte(text), &f); err != nil {
		return Inquiry{}, fmt.Errorf("inquiry %s: %w", r.ID, err)
	}
	return Inquiry{r.Head, f.Visit, f.Hearing, f.Review}, nil
}

func (s *Service) allUnsealed(rows []row, err error) ([]Inquiry, error) {
	if err != nil {
		return nil, err
	}
	list := make([]Inquiry, 0, len(rows))
	for _, r := range rows {
		x, err := s.unsealed(r, nil)
		if err != nil {
			return nil, err
		}
		list = append(list, x)
	}
	return list, nil
}

func (s *Service) calendar(x Head) *statute.Calendar { return s.c.Calendars.For(x.Division) }

// asSystem is who asks a case for what the rules must know.
var asSystem = auth.SystemPrincipal("inquiry")

func ids[T ~string](list []T) []string {
	out := make([]string, len(list))
	for i, x := range list {
		out[i] = string(x)
	}
	return out
}

// object is an inquiry as policies see it.
func object(h Head, c contract.InquiryCase) policy.Object {
	return policy.Object{Type: "Inquiry", ID: h.ID, Attrs: map[string]any{
		"agency": string(h.Agency), "division": h.Division, "applicant": h.Applicant.ID, "operator": string(h.Operator),
		"item": string(h.Item), "officials": ids(h.People), "handlers": ids(c.Handlers), "concerned": ids(c.Concerned),
	}}
}

// open finds an inquiry for an actor who may know of it, with its case.
func (s *Service) open(ctx context.Context, actor auth.Principal, id string, kinds ...Kind) (Inquiry, contract.InquiryCase, error) {
	x, err := s.unsealed(byID(ctx, s.c.DB, id))
	if err != nil {
		return x, contract.InquiryCase{}, err
	}
	c, err := s.c.Cases.ForInquiry(ctx, asSystem, x.Case)
	if err != nil {
		return x, c, err
	}
	if len(kinds) > 0 && !slices.Contains(kinds, x.Kind) || !s.sees(actor, x.Head, c) {
		return x, c, ErrNotFound
	}
	return x, c, nil
}

func (s *Service) sees(actor auth.Principal, h Head, c contract.InquiryCase) bool {
	o := object(h, c)
	return s.c.Policy.Check(actor, "inquiry.view", o) == nil || s.c.Policy.Check(actor, "inquiry.mine", o) == nil
}

// Open returns an inquiry to whoever may see it. That an official opened what it
// says of people is recorded.
func (s *Service) Open(ctx context.Context, actor auth.Principal, id string) (Inquiry, error) {
	x, _, err := s.open(ctx, actor, id)
	if err != nil {
		return x, err
	}
	return x, s.recordRead(ctx, actor, x.Head, "record")
}

// recordRead writes down that personal data was read, before it is shown.
func (s *Service) recordRead(ctx context.Context, actor auth.Principal, h Head, what ...string) error {
	if actor.Kind == auth.Resident {
		return nil
	}
	m := event.Meta{Actor: actor, Subject: h.Applicant.ID, Object: "case:" + string(h.Case), Purpose: "inquiry", Basis: basis(h.Kind)}
	for i := range what {
		what[i] = string(h.Kind) + ":" + what[i]
	}
	return s.c.DB.InTx(ctx, func(ctx context.Context, tx db.Tx) error {
		return s.c.Events.Record(ctx, tx, m, contract.PersonalDataRead{
			Subject: h.Applicant.ID, What: what, Case: h.Case, Purpose: m.Purpose, Basis: m.Basis, At: s.at(),
		})
	})
}

func basis(k Kind) string {
	switch k {
	case KindVisit:
		return "行政许可法 第三十四条"
	case KindHearing:
		return "行政许可法 第四十八条"
	case KindReview, KindErrand:
		return "行政许可法 第四十五条"
	}
	return ""
}

// May reports whether an actor may do a thing to an inquiry, for pages.
func (s *Service) May(ctx context.Context, actor auth.Principal, x Inquiry, action string) bool {
	c, err := s.c.Cases.ForInquiry(ctx, asSystem, x.Case)
	return err == nil && s.c.Policy.Check(actor, "inquiry."+action, object(x.Head, c)) == nil
}

// change is what a step does to an inquiry. It returns what happened, for the
// event; "" is nothing, and nothing is stored.
type change func(ctx context.Context, tx db.Tx, x *Inquiry) (what string, err error)

// step lets an actor change an inquiry: permission, lock, rule, event, together.
// rev is the revision the actor saw; zero asks for none.
func (s *Service) step(ctx context.Context, actor auth.Principal, id, action string, rev int64, do change) (Inquiry, error) {
	seen, c, err := s.open(ctx, actor, id)
	if err != nil {
		return seen, err
	}
	if err := s.c.Policy.Check(actor, "inquiry."+action, object(seen.Head, c)); err != nil {
		return seen, err
	}
	var x Inquiry
	err = s.c.DB.InTx(ctx, func(ctx context.Context, tx db.Tx) error {
		x, err = s.unsealed(locked(ctx, tx, id))
		if err != nil {
			return err
		}
		if rev != 0 && rev != x.Revision {
			return ErrStale
		}
		// Who works it may have changed since it was looked at.
		if err := s.c.Policy.Check(actor, "inquiry."+action, object(x.Head, c)); err != nil {
			return err
		}
		return s.apply(ctx, tx, actor, &x, do)
	})
	return x, err
}

// apply runs one change in a transaction and stores what came of it.
func (s *Service) apply(ctx context.Context, tx db.Tx, actor auth.Principal, x *Inquiry, do change) error {
	was := x.Open
	what, err := do(ctx, tx, x)
	if err != nil || what == "" {
		return err
	}
	x.Revision++
	x.Moved = s.at()
	if was && !x.Open {
		x.Closed = x.Moved
	}
	r, err := s.sealed(*x)
	if err != nil {
		return err
	}
	if err := update(ctx, tx, r); err != nil {
		return err
	}
	return s.tell(ctx, tx, actor, *x, what)
}

// add stores a new inquiry.
func (s *Service) add(ctx context.Context, tx db.Tx, actor auth.Principal, x *Inquiry, what string) error {
	x.Revision, x.Made, x.Moved, x.Open = 1, s.at(), s.at(), true
	r, err := s.sealed(*x)
	if err != nil {
		return err
	}
	if err := insert(ctx, tx, r); err != nil {
		return err
	}
	return s.tell(ctx, tx, actor, *x, what)
}

// told are the changes that the applicant is told about.
var told = map[Kind][]string{
	KindVisit:   {"planned", "moved", "cancelled", "no_show", "closed", "corrected"},
	KindHearing: {"told", "lapsed", "set", "moved", "host", "host_kept", "closed", "cancelled", "due_moved"},
	KindReview:  {"closed"},
	KindErrand:  {"closed"},
}

// tell records what happened to an inquiry.
func (s *Service) tell(ctx context.Context, tx db.Tx, actor auth.Principal, x Inquiry, what string) error {
	e := contract.InquiryChanged{
		Inquiry: x.ID, Kind: string(x.Kind), Case: x.Case, Number: x.Number, Item: x.Item, Agency: x.Agency,
		Change: what, State: string(x.State), Revision: x.Revision, Day: x.Day.String(), Slot: x.Slot, Result: x.result(), At: s.at(),
	}
	if x.Day.IsZero() {
		e.Day = x.Due.String()
	}
	if slices.Contains(told[x.Kind], what) {
		e.Notify = x.Operator
	}
	m := event.Meta{Actor: actor, Subject: x.Applicant.ID, Object: "case:" + string(x.Case)}
	return s.c.Events.Record(ctx, tx, m, e)
}

func (x Inquiry) result() string {
	switch {
	case x.Visit != nil && x.State == Closed:
		return x.Visit.value(fieldResult)
	case x.Review != nil && x.State == Closed:
		return x.Review.Verdict
	}
	return ""
}

// begin checks that an actor may start an inquiry into a case, and makes its head.
func (s *Service) begin(ctx context.Context, actor auth.Principal, id contract.CaseID, kind Kind) (Inquiry, contract.InquiryCase, error) {
	c, err := s.c.Cases.ForInquiry(ctx, actor, id)
	if err != nil {
		return Inquiry{}, c, err
	}
	x := Inquiry{Head: Head{
		ID: s.c.NewID(), Kind: kind, Case: c.ID, Number: c.Number, Item: c.Item, ItemName: c.ItemName,
		Agency: c.Agency, AgencyName: c.AgencyName, Division: c.Division, Applicant: c.Applicant, Operator: c.Operator, Secretary: contract.AccountID(actor.ID),
	}}
	if err := s.c.Policy.Check(actor, "inquiry.plan", object(x.Head, c)); err != nil {
		return x, c, err
	}
	if !c.Review {
		return x, c, ErrCase
	}
	return x, c, nil
}

// Case is what a new inquiry into a case would rest on, for who may start one.
func (s *Service) Case(ctx context.Context, actor auth.Principal, id contract.CaseID) (contract.InquiryCase, error) {
	_, c, err := s.begin(ctx, actor, id, KindVisit)
	return c, err
}

// Officials are those of an agency who could do a thing to an inquiry of a case:
// record a visit, preside over a hearing. The policy is asked for each.
func (s *Service) Officials(ctx context.Context, c contract.InquiryCase, action string) ([]contract.Official, error) {
	all, err := s.c.Staff.Officials(ctx, c.Agency)
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(all, func(o contract.Official) bool { return s.able(o, c, action) != nil }), nil
}

// able asks whether an official could be given a task.
func (s *Service) able(o contract.Official, c contract.InquiryCase, action string) error {
	h := Head{Agency: c.Agency, Division: c.Division, Applicant: c.Applicant, Operator: c.Operator, Item: c.Item, People: []contract.AccountID{o.ID}}
	p := auth.Principal{
		Kind: auth.Staff, ID: string(o.ID), Name: o.Name, Roles: o.Roles, Agency: string(o.Agency), Division: o.Division,
	}
	return s.c.Policy.Check(p, "inquiry."+action, object(h, c))
}

// chosen finds an official who was picked for a task.
func (s *Service) chosen(ctx context.Context, form *fault.Form, field string, id contract.AccountID, c contract.InquiryCase, action string) (Person, error) {
	able, err := s.Officials(ctx, c, action)
	if err != nil {
		return Person{}, err
	}
	i := slices.IndexFunc(able, func(o contract.Official) bool { return o.ID == id })
	if id == "" {
		form.Add(field, "inquiry.official_needed")
		return Person{}, nil
	}
	if i < 0 {
		form.Add(field, "inquiry.official_unfit")
		return Person{}, nil
	}
	return Person{able[i].ID, able[i].Name}, nil
}

// OfCase lists the inquiries of a case for whoever may see them, the oldest first.
func (s *Service) OfCase(ctx context.Context, actor auth.Principal, id contract.CaseID) ([]Inquiry, error) {
	c, err := s.c.Cases.ForInquiry(ctx, actor, id)
	if err != nil {
		return nil, err
	}
	all, err := s.allUnsealed(ofCase(ctx, s.c.DB, id))
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(all, func(x Inquiry) bool { return !s.sees(actor, x.Head, c) }), nil
}
