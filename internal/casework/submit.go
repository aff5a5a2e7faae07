package casework

import (
	"context"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/auth"
	"github.com/tongban/tongban/internal/kit/day"
	"github.com/tongban/tongban/internal/kit/db"
	"github.com/tongban/tongban/internal/kit/policy"
	"github.com/tongban/tongban/internal/statute"
)

// codeLength is the length of a query code: 30 bits, with a limit on tries.
const codeLength = 6

// Submit makes a case of a finished application, in the caller's transaction.
// The same key is the same case, however often and from wherever it comes.
func (s *Service) Submit(ctx context.Context, tx db.Tx, actor auth.Principal, sub contract.Submission) (contract.Receipt, error) {
	own := policy.Object{Type: "Case", Attrs: map[string]any{"applicant": sub.Applicant.ID}}
	if err := s.c.Policy.Check(actor, "casework.submit", own); err != nil {
		return contract.Receipt{}, err
	}
	svc, err := s.service(ctx, sub.Item, sub.Version)
	if err != nil {
		return contract.Receipt{}, err
	}
	if sub.At.IsZero() {
		sub.At = s.c.Now()
	}
	c, out, err := s.filed(ctx, actor, sub, svc)
	if err != nil {
		return contract.Receipt{}, err
	}
	c.Number, err = s.numbers.take(ctx, tx, series{c.Division[:6], svc.Handling.DeptCode, day.In(sub.At)})
	if err != nil {
		return contract.Receipt{}, err
	}
	fresh, err := insertCase(ctx, tx, sub.Key, c)
	if err != nil {
		return contract.Receipt{}, err
	}
	if !fresh {
		return s.filedBefore(ctx, tx, actor, sub.Key)
	}
	if err := s.handIn(ctx, tx, c, svc, handIn{round: 1, trace: sub.Trace, materials: sub.Materials, at: sub.At}, sub.Answers); err != nil {
		return contract.Receipt{}, err
	}
	if err := s.record(ctx, tx, actor, c, out, 1); err != nil {
		return contract.Receipt{}, err
	}
	if err := s.renewalPending(ctx, tx, actor, c, svc, sub.Answers); err != nil {
		return contract.Receipt{}, err
	}
	if sub.Instant && !owes(sub.Materials) {
		c, err = s.grantAtOnce(ctx, tx, c, svc)
	}
	return c.receipt(), err
}

// filed is the case as the submission makes it, not stored yet.
func (s *Service) filed(ctx context.Context, actor auth.Principal, sub contract.Submission, svc contract.Service) (Case, outcome, error) {
	agency, err := s.c.Agencies.Agency(ctx, svc.Agency)
	if err != nil {
		return Case{}, outcome{}, err
	}
	r, err := s.rulesOf(svc, agency.Division)
	if err != nil {
		return Case{}, outcome{}, err
	}
	c := Case{
		ID: contract.CaseID(s.c.NewID()), QueryCode: s.c.Code(codeLength),
		Item: svc.Item, Version: svc.Version, ItemName: svc.Name, Procedure: r.proc.ID,
		Applicant: sub.Applicant, Operator: sub.Operator,
		Agency: agency.ID, AgencyName: agency.Name, Division: agency.Division,
		State: r.proc.Initial, Two: svc.Handling.TwoOfficials,
		Filed: sub.At, Received: sub.At, Moved: sub.At,
	}
	return r.apply(c, nil, input{Action: Action{Name: actSubmit}, actor: actor, at: sub.At})
}

// filedBefore is the receipt of a submission that came before.
func (s *Service) filedBefore(ctx context.Context, tx db.Tx, actor auth.Principal, key string) (contract.Receipt, error) {
	c, err := caseByKey(ctx, tx, key)
	if err != nil {
		return contract.Receipt{}, err
	}
	return c.receipt(), s.see(actor, c)
}

// receipt tells until when the agency must answer, while it must.
func (c Case) receipt() contract.Receipt {
	r := contract.Receipt{Case: c.ID, Number: c.Number, QueryCode: c.QueryCode, At: c.Filed}
	if c.Due.Clock == statute.Acceptance {
		r.AcceptBy = c.Due.Legal.String()
	}
	return r
}

// grantAtOnce carries out what the service's own rules decided. They may grant,
// never deny.
func (s *Service) grantAtOnce(ctx context.Context, tx db.Tx, c Case, svc contract.Service) (Case, error) {
	system := auth.SystemPrincipal("instant-grant")
	c, err := s.step(ctx, tx, system, c, Action{Name: actGrant})
	if err != nil || svc.Licence != nil { // a licence is delivered once it is signed
		return c, err
	}
	return s.step(ctx, tx, system, c, Action{Name: actDeliver})
}
