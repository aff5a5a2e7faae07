package casework

import (
	"context"
	"slices"
	"strings"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/auth"
	"github.com/tongban/tongban/internal/kit/day"
	"github.com/tongban/tongban/internal/kit/db"
	"github.com/tongban/tongban/internal/kit/fault"
	"github.com/tongban/tongban/internal/kit/policy"
	"github.com/tongban/tongban/internal/statute"
)

// codeLength is the length of a query code: 30 bits, with a limit on tries.
const codeLength = 6

// lastSignature is who sends in an application when the last signer has signed.
const lastSignature = "system:last-signature"

// Faults of a submission.
var (
	// ErrNoParts means that of a bundle no part applies.
	ErrNoParts = fault.New(fault.Invalid, "casework.no_parts")
	// ErrPart means that a submission names a part that the bundle does not have.
	ErrPart = fault.New(fault.Invalid, "casework.part_unknown")
)

// Submit makes a case of a finished application, in the caller's transaction; of
// a bundle, a case for the whole and one for each part. The same key is the same
// case, however often and from wherever it comes.
func (s *Service) Submit(ctx context.Context, tx db.Tx, actor auth.Principal, sub contract.Submission) (contract.Receipt, error) {
	own := policy.Object{Type: "Case", Attrs: map[string]any{"applicant": sub.Applicant.ID, "item": string(sub.Item)}}
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
	if len(svc.Parts) > 0 {
		return s.submitBundle(ctx, tx, actor, svc, sub)
	}
	f := application{Submission: sub}
	c, fresh, err := s.file(ctx, tx, actor, svc, f)
	if err != nil {
		return contract.Receipt{}, err
	}
	if !fresh {
		return s.filedBefore(ctx, tx, actor, sub.Key)
	}
	if c, err = s.atOnce(ctx, tx, c, svc, f); err != nil {
		return contract.Receipt{}, err
	}
	return c.receipt(), s.giveOut(ctx, tx, &c)
}

// application is one on its way to a case: a whole submission, or one
// part of a bundle's.
type application struct {
	contract.Submission
	parent contract.CaseID
	part   string
	holds  bool // waits for an earlier part
}

// file stores a case with everything that came with it. It reports false, and
// stores nothing, where the key is known.
func (s *Service) file(ctx context.Context, tx db.Tx, actor auth.Principal, svc contract.Service, f application) (Case, bool, error) {
	if f.Committed != nil {
		if barred, err := brokenBy(ctx, tx, f.Applicant.ID, svc.Item); err != nil || barred > 0 {
			return Case{}, false, errOr(err, ErrBarred)
		}
	}
	c, out, err := s.filed(ctx, actor, f, svc)
	if err != nil {
		return c, false, err
	}
	if c.Number, err = s.numbers.take(ctx, tx, series{c.Division[:6], svc.Handling.DeptCode, day.In(f.At)}); err != nil {
		return c, false, err
	}
	fresh, err := insertCase(ctx, tx, f.Key, c)
	if err != nil || !fresh {
		return c, false, err
	}
	if err := s.takenIn(ctx, tx, c, svc); err != nil {
		return c, true, err
	}
	if err := s.handIn(ctx, tx, c, svc, handIn{round: 1, trace: f.Trace, materials: f.Materials, at: f.At}, f.Answers); err != nil {
		return c, true, err
	}
	if err := insertSignatures(ctx, tx, c.ID, f.Signatures); err != nil {
		return c, true, err
	}
	if err := s.keepChecks(ctx, tx, c, f.Disputes, f.Unchecked); err != nil {
		return c, true, err
	}
	if f.Committed != nil {
		if err := insertCommitment(ctx, tx, c, *f.Committed); err != nil {
			return c, true, err
		}
	}
	if err := s.renewalPending(ctx, tx, actor, c, svc, f.Answers); err != nil {
		return c, true, err
	}
	if err := s.attended(ctx, tx, actor, c, svc, f); err != nil {
		return c, true, err
	}
	return c, true, s.record(ctx, tx, actor, c, out, 1)
}

func errOr(err, otherwise error) error {
	if err != nil {
		return err
	}
	return otherwise
}

// filed is the case as the submission makes it, not stored yet.
func (s *Service) filed(ctx context.Context, actor auth.Principal, f application, svc contract.Service) (Case, outcome, error) {
	agency, err := s.c.Agencies.Agency(ctx, svc.Agency)
	if err != nil {
		return Case{}, outcome{}, err
	}
	r, err := s.newLaw(svc, agency.Division)
	if err != nil {
		return Case{}, outcome{}, err
	}
	c := Case{
		ID: contract.CaseID(s.c.NewID()), QueryCode: s.c.Code(codeLength),
		Item: svc.Item, Version: svc.Version, HandledAs: svc.Version, ProcVersion: r.proc.Version, Counter: f.Counter, ItemName: svc.Name, Procedure: r.proc.ID,
		Applicant: f.Applicant, Operator: f.Operator,
		Agency: agency.ID, AgencyName: agency.Name, Division: agency.Division,
		State: r.proc.Initial, Two: svc.Handling.TwoOfficials,
		Filed: f.At, Received: f.At, Moved: f.At,
		Parent: f.parent, Part: f.part, Agent: f.Agent, concerned: concerned(f.Submission),
		ChecksOpen: len(f.Disputes) + len(f.Unchecked), Committed: f.Committed != nil,
	}
	if f.Counter.Session != "" {
		c.CounterMay = svc.Handling.Counter
		c.Counter.Paper = c.Counter.Paper || onPaperSome(f.Materials)
	}
	first := input{Action: Action{Name: actSubmit}, actor: actor, at: f.At}
	if r = s.fromCounter(r, f.Counter); r.forwards(f, agency.Division) {
		first.Name = actForward
	}
	if f.holds {
		first = input{Action: Action{Name: actHold}, actor: auth.SystemPrincipal("bundle"), unit: agency, at: f.At}
	}
	return r.apply(c, nil, first)
}

// concerned are the accounts that have a part in an application beside its
// applicant: whoever filed it for them, and the signers.
func concerned(sub contract.Submission) string {
	var ids []string
	if sub.Agent.Account != "" {
		ids = append(ids, string(sub.Agent.Account))
	}
	for _, x := range sub.Signatures {
		if !slices.Contains(ids, string(x.Account)) {
			ids = append(ids, string(x.Account))
		}
	}
	if len(ids) == 0 {
		return ""
	}
	return "|" + strings.Join(ids, "|") + "|"
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
	switch c.Due.Clock {
	case statute.Acceptance:
		r.AcceptBy = c.Due.Promised.String()
	case statute.Forwarding:
		r.ForwardBy = c.Due.Promised.String()
	case statute.Decision, statute.Delivery, statute.Correction, statute.Verification, statute.Rectification:
	}
	return r
}

// atOnce carries out what the service's own rules decided, or what a commitment
// is for. Automation may grant, never deny.
func (s *Service) atOnce(ctx context.Context, tx db.Tx, c Case, svc contract.Service, f application) (Case, error) {
	_, r, err := s.lawOf(ctx, c)
	if err != nil {
		return c, err
	}
	committed := f.Committed != nil && r.onCommitment(c.State)
	// What somebody must look at first is not granted by a rule.
	instant := f.Instant && !r.onCommitment(c.State) && c.ChecksOpen == 0 && !owes(f.Materials)
	if !committed && !instant || f.holds || c.Stage == StageTransit {
		return c, nil
	}
	if visitFirst(svc, c) || svc.Handling.Hearing != nil { // somebody goes there, or is heard, first
		return c, nil
	}
	name := "instant-grant"
	if committed {
		name = "commitment"
	}
	system := auth.SystemPrincipal(name)
	c, err = s.step(ctx, tx, system, c, Action{Name: actGrant})
	if err != nil || issues(svc) { // a licence is delivered once it is signed
		return c, err
	}
	return s.step(ctx, tx, system, c, Action{Name: actDeliver})
}

// submitBundle makes the bundle's case and one for each part that applies.
func (s *Service) submitBundle(
	ctx context.Context, tx db.Tx, actor auth.Principal, svc contract.Service, sub contract.Submission,
) (contract.Receipt, error) {
	if len(sub.Parts) == 0 {
		return contract.Receipt{}, ErrNoParts
	}
	whole, fresh, err := s.file(ctx, tx, actor, svc, application{Submission: wholeOf(sub)})
	if err != nil {
		return contract.Receipt{}, err
	}
	if !fresh {
		return s.filedBefore(ctx, tx, actor, sub.Key)
	}
	var children []child
	for _, p := range inOrder(svc, sub.Parts) {
		x, err := s.filePart(ctx, tx, actor, family{svc: svc, whole: whole}, sub, p)
		if err != nil {
			return contract.Receipt{}, err
		}
		children = append(children, x)
	}
	// Only now, so that a part granted at once does not sum up a bundle whose other
	// parts are not there yet.
	receipt := whole.receipt()
	for _, x := range children {
		c, err := s.atOnce(ctx, tx, x.c, x.svc, x.f)
		if err != nil {
			return contract.Receipt{}, err
		}
		if err := s.giveOut(ctx, tx, &c); err != nil {
			return contract.Receipt{}, err
		}
		// The whole is answered when the last part is.
		receipt.AcceptBy = max(receipt.AcceptBy, c.receipt().AcceptBy)
	}
	return receipt, nil
}

// child is a part of a bundle that was just filed.
type child struct {
	c   Case
	svc contract.Service
	f   application
}

// wholeOf is the submission of the bundle itself. Data that somebody must look at
// and commitments belong to the parts.
func wholeOf(sub contract.Submission) contract.Submission {
	sub.Instant, sub.Committed, sub.Disputes, sub.Unchecked = false, nil, nil, nil
	return sub
}

// inOrder puts the parts in the order of the bundle, so that what others wait for
// comes first.
func inOrder(svc contract.Service, parts []contract.PartSubmission) []contract.PartSubmission {
	place := func(id string) int {
		return slices.IndexFunc(svc.Parts, func(p contract.Part) bool { return p.ID == id })
	}
	return slices.SortedStableFunc(slices.Values(parts), func(a, b contract.PartSubmission) int { return place(a.Part) - place(b.Part) })
}

// filePart makes the case of one part.
func (s *Service) filePart(
	ctx context.Context, tx db.Tx, actor auth.Principal, fam family, sub contract.Submission, p contract.PartSubmission,
) (child, error) {
	spec := fam.spec(p.Part)
	if spec.ID == "" || spec.Item != p.Item {
		return child{}, ErrPart.With("part", p.Part)
	}
	svc, err := s.service(ctx, p.Item, p.Version)
	if err != nil {
		return child{}, err
	}
	if fam.parts, err = partsOf(ctx, tx, fam.whole.ID); err != nil {
		return child{}, err
	}
	part := sub
	part.Key, part.Item, part.Version = sub.Key+"/"+p.Part, p.Item, p.Version
	part.Answers, part.Materials, part.Committed = p.Answers, p.Materials, p.Committed
	part.Instant, part.Trace, part.Parts = p.Instant, p.Trace, nil
	part.Disputes, part.Unchecked = checksFor(spec, sub, p)
	f := application{Submission: part, parent: fam.whole.ID, part: p.Part, holds: mustWait(spec, sub, fam)}
	c, fresh, err := s.file(ctx, tx, actor, svc, f)
	if err == nil && !fresh {
		err = ErrPart.With("part", p.Part) // one part twice
	}
	return child{c, svc, f}, err
}

// mustWait reports whether a part begins only when others that were applied for are
// granted.
func mustWait(spec contract.Part, sub contract.Submission, fam family) bool {
	for _, id := range spec.After {
		applied := slices.ContainsFunc(sub.Parts, func(p contract.PartSubmission) bool { return p.Part == id })
		if before, ok := fam.part(id); applied && (!ok || !before.settled()) {
			return true
		}
	}
	return false
}

// materialPrefix stands before the id of a material where fields are named too.
const materialPrefix = "material."

// checksFor are the disputed and unconfirmed data that a part was handed, in the
// ids of its own form.
func checksFor(spec contract.Part, sub contract.Submission, p contract.PartSubmission) (disputes []contract.Dispute, unchecked []string) {
	own := func(target string) (string, bool) {
		material, isMaterial := strings.CutPrefix(target, materialPrefix)
		for id, merged := range spec.Materials {
			handed := slices.ContainsFunc(p.Materials, func(m contract.Material) bool { return m.ID == id })
			if isMaterial && merged == material && handed {
				return materialPrefix + id, true
			}
		}
		for id, merged := range spec.Fields {
			if _, answered := p.Answers[id]; merged == target && answered {
				return id, true
			}
		}
		return "", false
	}
	for _, d := range sub.Disputes {
		if id, ok := own(d.Field); ok {
			d.Field = id
			disputes = append(disputes, d)
		}
	}
	for _, target := range sub.Unchecked {
		if id, ok := own(target); ok {
			unchecked = append(unchecked, id)
		}
	}
	return disputes, unchecked
}
