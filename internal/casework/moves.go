package casework

import (
	"context"
	"fmt"
	"time"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/auth"
	"github.com/tongban/tongban/internal/kit/fault"
	"github.com/tongban/tongban/internal/kit/policy"
	"github.com/tongban/tongban/internal/statute"
)

// Running cases are moved to other versions of their handling (迁移在办件) by a
// plan: a dry run looks at every case and writes down whether it may move and why;
// somebody else approves what was seen; each case is then moved in a transaction of
// its own, if it still is as it was seen.

// Faults of moves.
var (
	ErrMove         = fault.New(fault.NotFound, "casework.move_not_found")
	ErrMoveSame     = fault.New(fault.Invalid, "casework.move_same")      // nothing would change
	ErrMoveTarget   = fault.New(fault.Invalid, "casework.move_target")    // no such version or edition
	ErrMoveSettled  = fault.New(fault.Conflict, "casework.move_settled")  // approved or dropped by somebody else
	ErrMoveSeen     = fault.New(fault.Conflict, "casework.move_seen")     // the approver saw another list
	ErrMoveOwn      = fault.New(fault.Denied, "casework.move_own")        // four eyes
	ErrMoveEmpty    = fault.New(fault.Conflict, "casework.move_empty")    // no case may move
	ErrMoveCounting = fault.New(fault.Conflict, "casework.move_counting") // the dry run did not end
)

// Target says which running cases are to be handled by which versions.
type Target struct {
	Agency contract.AgencyID
	// Item is one service; "" is every service of the agency that follows Procedure,
	// each of which keeps its own version.
	Item      contract.ItemID
	Procedure string // that the cases follow now
	// FromVersion and ToVersion are versions of the service, FromEdition and
	// ToEdition those of the procedure.
	FromVersion, FromEdition int
	ToVersion, ToEdition     int
}

// MoveState is how far a plan is.
type MoveState string

// The states of a plan.
const (
	MoveCounting MoveState = "counting" // the dry run looks at the cases
	MovePlanned  MoveState = "planned"
	MoveDropped  MoveState = "dropped"
	MoveApproved MoveState = "approved" // cases are moved one by one
)

// Move is one plan.
type Move struct {
	Target
	ID         string
	State      MoveState
	AgencyName contract.Text
	Division   string
	ItemName   contract.Text // of the procedure where Item is ""
	Reason     string
	// Hash is of everything that the dry run saw; whoever approves sends it back.
	Hash    string
	Cases   int // that the dry run saw
	Movable int
	Planner Handler
	// PlannerHead says that the planner is head of the agency.
	PlannerHead bool
	Planned     time.Time
	Approver    Handler
	Approved    time.Time
	// Results count what became of the cases, by MoveResult.
	Results map[MoveResult]int
}

// Done reports whether every case of an approved plan was worked off.
func (m Move) Done() bool { return m.State == MoveApproved && m.Results[ResultOpen] == 0 }

// MoveResult is what became of one case of a plan.
type MoveResult string

// The results.
const (
	ResultOpen    MoveResult = ""
	ResultMoved   MoveResult = "moved"
	ResultChanged MoveResult = "changed" // no longer as the dry run saw it
	ResultKept    MoveResult = "kept"    // it may not move
)

// MoveNote is one reason why a case may not move, or one thing that the move
// brings about.
type MoveNote struct {
	Code    string        `json:"code"`
	Against bool          `json:"against,omitempty"`
	Text    contract.Text `json:"text"`
}

// MoveCase is one running case in a plan.
type MoveCase struct {
	Case     contract.CaseID
	Number   string
	ItemName contract.Text
	State    contract.Text
	Movable  bool
	Notes    []MoveNote
	Result   MoveResult
	At       time.Time // of the result

	seen string
}

// Running counts the running cases of an agency that are handled by the same
// versions.
type Running struct {
	Agency     contract.AgencyID
	AgencyName contract.Text
	Item       contract.ItemID
	ItemName   contract.Text
	Procedure  string
	Version    int // of the service
	Edition    int // of the procedure
	Cases      int
}

// moveObject is a plan as policies see it.
func moveObject(m Move) policy.Object {
	return policy.Object{Type: "CaseMove", ID: m.ID, Attrs: map[string]any{
		"agency": string(m.Agency), "division": m.Division, "planner": m.Planner.ID, "planned_by_head": m.PlannerHead,
	}}
}

// RunningVersions counts the running cases that an actor may plan for, by the
// versions they are handled by.
func (s *Service) RunningVersions(ctx context.Context, actor auth.Principal) ([]Running, error) {
	all, err := runningVersions(ctx, s.c.DB)
	if err != nil {
		return nil, err
	}
	var list []Running
	names := map[contract.AgencyID]contract.Text{}
	for _, r := range all {
		name, asked := names[r.Agency]
		if !asked {
			if a, err := s.moveAgency(ctx, actor, r.Agency); err == nil {
				name = a.Name
			}
			names[r.Agency] = name
		}
		if r.AgencyName = name; name.ZH != "" {
			list = append(list, r)
		}
	}
	return list, nil
}

// moveAgency finds the agency of a plan, for whoever may plan there.
func (s *Service) moveAgency(ctx context.Context, actor auth.Principal, id contract.AgencyID) (contract.Agency, error) {
	a, err := s.c.Agencies.Agency(ctx, id)
	if err != nil {
		return a, err
	}
	m := Move{Target: Target{Agency: id}, Division: a.Division}
	return a, s.c.Policy.Check(actor, "casework.move_plan", moveObject(m))
}

// Versions lists the published versions of a service, the newest last.
func (s *Service) Versions(ctx context.Context, item contract.ItemID) ([]int, error) {
	var list []int
	for v := 1; ; v++ {
		svc, err := s.service(ctx, item, v)
		if fault.KindOf(err) == fault.NotFound || err == nil && svc.Version != v {
			return list, nil
		}
		if err != nil {
			return nil, err
		}
		list = append(list, v)
	}
}

// Published is one published version of a service.
func (s *Service) Published(ctx context.Context, item contract.ItemID, version int) (contract.Service, error) {
	return s.service(ctx, item, version)
}

// Editions lists the editions of a procedure, the newest last.
func (s *Service) Editions(procedure string) []*statute.Procedure {
	return s.c.Procedures.Editions(procedure)
}

// Procedures lists every edition of every procedure.
func (s *Service) Procedures() []*statute.Procedure { return s.c.Procedures.Every() }

// aim is a target with what it leads to, for one service or many.
func (s *Service) aim(ctx context.Context, t Target) error {
	if t.FromVersion == t.ToVersion && t.FromEdition == t.ToEdition {
		return ErrMoveSame
	}
	procedure := t.Procedure
	if t.Item != "" {
		svc, err := s.service(ctx, t.Item, t.ToVersion)
		if err != nil || svc.Version != t.ToVersion {
			return ErrMoveTarget
		}
		procedure = svc.Procedure
	}
	if _, err := s.c.Procedures.GetVersion(procedure, t.ToEdition); err != nil {
		return ErrMoveTarget
	}
	return nil
}

// moved is a case as a target has it handled.
func (s *Service) aimed(ctx context.Context, c Case, t Target) (Case, error) {
	c.ProcVersion = t.ToEdition
	if t.Item == "" {
		return c, nil
	}
	c.HandledAs = t.ToVersion
	svc, err := s.service(ctx, c.Item, t.ToVersion)
	c.Procedure = svc.Procedure
	return c, err
}

// EditionsInUse counts the running cases of each edition of a procedure.
func (s *Service) EditionsInUse(ctx context.Context) ([]Running, error) {
	return editionsInUse(ctx, s.c.DB)
}

// CheckEditions fails where running cases follow an edition that is not there, or
// an edition issues a document that has no wording: nobody could work on.
func (s *Service) CheckEditions(ctx context.Context) error {
	for _, p := range s.c.Procedures.Every() {
		for _, d := range p.Documents {
			if _, ok := s.forms[d.Kind]; !ok {
				return fmt.Errorf("procedure %s, edition %d: there is no wording of its document %s", p.ID, p.Version, d.Kind)
			}
		}
	}
	inUse, err := s.EditionsInUse(ctx)
	if err != nil {
		return err
	}
	for _, r := range inUse {
		if _, err := s.c.Procedures.GetVersion(r.Procedure, r.Edition); err != nil {
			return fmt.Errorf("%d running cases follow edition %d of the procedure %s, which is not there; bring its file back", r.Cases, r.Edition, r.Procedure)
		}
	}
	return nil
}

// Aim completes a target that names a service: its agency and procedure are those of
// the version that its cases are handled by.
func (s *Service) Aim(ctx context.Context, t Target) (Target, error) {
	if t.Item == "" {
		return t, nil
	}
	svc, err := s.service(ctx, t.Item, t.FromVersion)
	if err != nil {
		return t, err
	}
	if t.Agency == "" {
		t.Agency = svc.Agency
	}
	if t.Procedure == "" {
		t.Procedure = svc.Procedure
	}
	return t, nil
}
