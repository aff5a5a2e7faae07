package casework

import (
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

// Inquiries tells what an agency still has to find out before it decides: site
// visits, hearings, expert reviews.
type Inquiries interface {
	// Missing lists what stands before a decision. It asks nothing of cases: what a
	// procedure does at once is decided in the transaction that files the case, and
	// nobody else sees it yet.
	Missing(ctx context.Context, q db.Q, id contract.CaseID, d contract.Deciding) ([]contract.Text, error)
	// Keeps reports whether an inquiry that goes on holds the special procedure: it
	// ends with the inquiry's record and not before.
	Keeps(ctx context.Context, tx db.Tx, special string) (bool, error)
	// Cited are the records that a decision rests on (Licensing Law art. 48(2)).
	Cited(ctx context.Context, id contract.CaseID) ([]contract.Text, error)
	// Presided are the officials who preside or presided over a hearing on a case.
	Presided(ctx context.Context, q db.Q, id contract.CaseID) ([]contract.AccountID, error)
	// Agenda lists what inquiries ask of officials of the actor's agency.
	Agenda(ctx context.Context, actor auth.Principal, whose []contract.AccountID) ([]contract.InquiryTask, error)
}

// Faults of inquiries.
var (
	ErrInquiry = fault.New(fault.Conflict, "casework.inquiry_missing", "what", "") // something is to be found out first
	ErrKept    = fault.New(fault.Conflict, "casework.special_kept")                // ends with its own record
	ErrPreside = fault.New(fault.Denied, "casework.presided")                      // who presided does not review
)

// cardInquiry is a hearing that was not organised in time.
const cardInquiry = "inquiry_late"

// worded is a text that a sentence quotes, in the language of who reads it.
type worded []contract.Text

// In writes the texts in a language.
func (w worded) In(locale string) string {
	parts, by := make([]string, len(w)), "；"
	for i, t := range w {
		parts[i] = t.ZH
		if locale == "en" {
			parts[i], by = t.EN, "; "
		}
	}
	return strings.Join(parts, by)
}

// inquired refuses a decision before what it must rest on is found out.
func (s *Service) inquired(ctx context.Context, tx db.Tx, w *work, grant bool) error {
	if s.c.Inquiries == nil {
		return nil
	}
	hearing, err := s.hearingOf(ctx, tx, w.svc, w.c, w.found)
	if err != nil {
		return err
	}
	d := contract.Deciding{Grant: grant, Visit: visitFirst(w.svc, w.c)}
	if hearing != nil {
		d.Hearing = hearing.Kind
	}
	missing, err := s.c.Inquiries.Missing(ctx, tx, w.c.ID, d)
	if err != nil || len(missing) == 0 {
		return err
	}
	return ErrInquiry.With("what", worded(missing))
}

// reviews reports whether a step is a review of the application.
func reviews(action string) bool { return action == actReview || action == actCountersign }

// apart refuses a review by who presides over the hearing on the case: the law wants
// two different officials (Licensing Law art. 48(3)), whichever comes first.
func (s *Service) apart(ctx context.Context, q db.Q, actor auth.Principal, id contract.CaseID) error {
	if s.c.Inquiries == nil {
		return nil
	}
	hosts, err := s.c.Inquiries.Presided(ctx, q, id)
	if err == nil && slices.Contains(hosts, contract.AccountID(actor.ID)) {
		return ErrPreside
	}
	return err
}

// visitFirst reports whether a place is visited before a grant. Where the applicant
// committed, it is looked at afterwards (告知承诺制).
func visitFirst(svc contract.Service, c Case) bool {
	visits := svc.Handling.Visits
	return visits != nil && visits.Required && !c.Committed
}

// hearingOf is the hearing that the service asks for in a case, by what was applied
// for and what officials found; nil for none.
func (s *Service) hearingOf(
	ctx context.Context, q db.Q, svc contract.Service, c Case, found contract.Answers,
) (*contract.HearingSpec, error) {
	spec := svc.Handling.Hearing
	if spec == nil || spec.When == "" {
		return spec, nil
	}
	answers, err := s.currentAnswers(ctx, q, c, svc)
	if err != nil {
		return nil, err
	}
	applies, err := s.c.Conditions.Holds(svc, spec.When, c.Applicant, day.In(s.c.Now()), answers, found)
	if err != nil {
		return nil, fmt.Errorf("hearing: %w", err)
	}
	if !applies {
		spec = nil
	}
	return spec, nil
}

// visitMissing says what is missing of a site visit before a grant, "" for nothing.
func (s *Service) visitMissing(ctx context.Context, q db.Q, id contract.CaseID) (contract.Text, error) {
	if s.c.Inquiries == nil {
		return contract.Text{ZH: "还没有完成现场核查", EN: "there was no site visit yet"}, nil
	}
	grant, err := s.c.Inquiries.Missing(ctx, q, id, contract.Deciding{Grant: true, Visit: true})
	if err != nil {
		return contract.Text{}, err
	}
	denial, err := s.c.Inquiries.Missing(ctx, q, id, contract.Deciding{})
	if err != nil {
		return contract.Text{}, err
	}
	for _, t := range grant {
		if !slices.Contains(denial, t) { // a denial waits for hearings alone
			return t, nil
		}
	}
	return contract.Text{}, nil
}

// hearingMissing says what is missing of a hearing of a kind before a decision.
func (s *Service) hearingMissing(ctx context.Context, q db.Q, id contract.CaseID, kind string) (worded, error) {
	if s.c.Inquiries == nil {
		return worded{{ZH: "还没有听证", EN: "there was no hearing yet"}}, nil
	}
	return s.c.Inquiries.Missing(ctx, q, id, contract.Deciding{Hearing: kind})
}

// kept refuses to end a special procedure that an inquiry holds, except by the
// inquiry itself.
func (s *Service) kept(ctx context.Context, tx db.Tx, w *work) error {
	if s.c.Inquiries == nil || w.a.inquired {
		return nil
	}
	kept, err := s.c.Inquiries.Keeps(ctx, tx, w.special.ID)
	if err != nil || !kept {
		return err
	}
	return ErrKept
}

// StartSpecial begins a special procedure in a caller's transaction: the clock
// stands still and the applicant is told in writing (Licensing Law art. 45).
func (s *Service) StartSpecial(ctx context.Context, tx db.Tx, actor auth.Principal, id contract.CaseID, p contract.Pause) (string, error) {
	c, err := s.lockSeen(ctx, tx, actor, id)
	if err != nil {
		return "", err
	}
	a, err := tidy(Action{Name: actPause, Special: statute.Special(p.Special), Days: p.Days, Reasons: []string{p.Reason}, inquired: true})
	if err != nil {
		return "", err
	}
	before, err := specialsOf(ctx, tx, id)
	if err != nil {
		return "", err
	}
	if _, err := s.step(ctx, tx, actor, c, a); err != nil {
		return "", err
	}
	after, err := specialsOf(ctx, tx, id)
	if err != nil {
		return "", err
	}
	i := slices.IndexFunc(after, func(x Special) bool {
		return !slices.ContainsFunc(before, func(y Special) bool { return y.ID == x.ID })
	})
	if i < 0 {
		return "", ErrState
	}
	return after[i].ID, nil
}

// EndSpecial ends a special procedure with its result. Where another still goes
// on, the clock stands on.
func (s *Service) EndSpecial(ctx context.Context, tx db.Tx, actor auth.Principal, id contract.CaseID, special, result string) error {
	c, err := s.lockSeen(ctx, tx, actor, id)
	if err != nil {
		return err
	}
	if r := []rune(result); len(r) > maxOpinion {
		result = string(r[:maxOpinion-1]) + "…"
	}
	a, err := tidy(Action{Name: actResume, Target: special, Opinion: result, inquired: true})
	if err != nil {
		return err
	}
	_, err = s.step(ctx, tx, actor, c, a)
	return err
}

func (s *Service) lockSeen(ctx context.Context, tx db.Tx, actor auth.Principal, id contract.CaseID) (Case, error) {
	c, err := lockCase(ctx, tx, id)
	if err != nil {
		return c, err
	}
	return c, s.see(actor, c)
}

// RaiseLate puts a yellow card on a case whose inquiry is late; one for each occurrence.
func (s *Service) RaiseLate(ctx context.Context, tx db.Tx, id contract.CaseID, occurrence string) error {
	c, err := lockCase(ctx, tx, id)
	if err != nil {
		return err
	}
	return s.raise(ctx, tx, auth.SystemPrincipal("inquiry"), &c, []card{{rule: cardInquiry, occurrence: occurrence, light: statute.Yellow}})
}

// Attach enters the record of an inquiry among the documents of a case, once.
func (s *Service) Attach(ctx context.Context, tx db.Tx, id contract.CaseID, d Document) error {
	c, err := caseByID(ctx, tx, id)
	if err != nil {
		return err
	}
	d.Case, d.Step = id, c.Step
	if d.ID == "" {
		d.ID = s.c.NewID()
	}
	return insertDocument(ctx, tx, d)
}

// ForInquiry is what an inquiry may know of a case that the actor may see.
func (s *Service) ForInquiry(ctx context.Context, actor auth.Principal, id contract.CaseID) (contract.InquiryCase, error) {
	facts, err := s.Facts(ctx, actor, id)
	if err != nil {
		return contract.InquiryCase{}, err
	}
	c, err := caseByID(ctx, s.c.DB, id)
	if err != nil {
		return contract.InquiryCase{}, err
	}
	svc, err := s.ServiceOf(ctx, c)
	if err != nil {
		return contract.InquiryCase{}, err
	}
	h, err := lastHandIn(ctx, s.c.DB, id)
	if err != nil {
		return contract.InquiryCase{}, err
	}
	found, err := s.found(ctx, s.c.DB, c, svc)
	if err != nil {
		return contract.InquiryCase{}, err
	}
	hearing, err := s.hearingOf(ctx, s.c.DB, svc, c, found)
	if err != nil {
		return contract.InquiryCase{}, err
	}
	out := contract.InquiryCase{
		CaseFacts: facts, Visits: svc.Handling.Visits, Hearing: hearing, Committed: c.Committed, Open: c.Outcome == "", Specials: AllowedSpecials(svc), Titles: map[string]contract.Text{},
		Review: c.Outcome == "" && slices.Contains([]Stage{StageReview, StageCountersign, StageOpinions, StageDecide, StagePaused}, c.Stage),
	}
	for _, x := range []string{c.Reviewer.ID, c.Second.ID, c.Holder.ID} {
		if x != "" && !slices.Contains(out.Handlers, contract.AccountID(x)) {
			out.Handlers = append(out.Handlers, contract.AccountID(x))
		}
	}
	for _, x := range barred(c.concerned) {
		out.Concerned = append(out.Concerned, contract.AccountID(x))
	}
	for _, m := range h.materials {
		if m.Blob != "" {
			out.Materials = append(out.Materials, m)
			out.Titles[m.File] = MarkName(svc, contract.Mark{Kind: "material", ID: m.ID})
		}
	}
	return out, nil
}

// PlaceOf is where the applicant says the place is, for a visit to it. That it
// was read is recorded.
func (s *Service) PlaceOf(ctx context.Context, actor auth.Principal, id contract.CaseID) (contract.Text, error) {
	c, h, svc, err := s.handedInBy(ctx, actor, id)
	if err != nil {
		return contract.Text{}, err
	}
	answers, err := s.answers(svc, id, h)
	if err != nil {
		return contract.Text{}, err
	}
	words := s.words(ctx, c)
	for _, p := range svc.Form.Pages {
		for _, f := range p.Fields {
			v, answered := answers[f.ID]
			if f.Kind != "address" || !answered {
				continue
			}
			return words.value(f, v, false), s.recordRead(ctx, actor, c, "site visit", "field:"+f.ID)
		}
	}
	return contract.Text{}, nil
}

// cite adds the records that a decision rests on to its document.
func (s *Service) cite(ctx context.Context, p *Paper, c Case, own Step) error {
	if s.c.Inquiries == nil || !slices.Contains([]string{actApprove, actDeny, actGrant}, own.Action) {
		return nil
	}
	cited, err := s.c.Inquiries.Cited(ctx, c.ID)
	if err != nil {
		return err
	}
	for _, t := range cited {
		p.Body, p.Summary = append(p.Body, t.ZH), append(p.Summary, t.EN)
	}
	return nil
}
