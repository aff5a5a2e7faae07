package casework

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/auth"
	"github.com/tongban/tongban/internal/kit/db"
	"github.com/tongban/tongban/internal/kit/event"
	"github.com/tongban/tongban/internal/kit/fault"
	"github.com/tongban/tongban/internal/kit/job"
)

// Parts of the list of a plan, beside the results.
const (
	MoveOnlyMay  = "may"
	MoveOnlyNot  = "not"
	MoveOnlyOpen = "open"
)

// moveBatch bounds one transaction of a dry run, and one of handing out work.
const moveBatch = 100

// moveJob hands out the cases of an approved plan, a batch at a time.
type moveJob struct {
	Move  string          `json:"move"`
	After contract.CaseID `json:"after"`
}

// Kind names the job.
func (moveJob) Kind() string { return "casework.move" }

// moveCaseJob moves one case. What it does and that it is done are one transaction.
type moveCaseJob struct {
	Move string          `json:"move"`
	Case contract.CaseID `json:"case"`
}

// Kind names the job.
func (moveCaseJob) Kind() string { return "casework.move_case" }

// DryRun looks at every running case of a target and changes nothing, in the order
// of the cases. It asks nobody: pages and operations ask who looks.
func (s *Service) DryRun(ctx context.Context, t Target, each func(MoveCase) error) error {
	if err := s.aim(ctx, t); err != nil {
		return err
	}
	after := contract.CaseID("")
	for {
		batch, err := casesAimed(ctx, s.c.DB, t, after, moveBatch)
		if err != nil || len(batch) == 0 {
			return err
		}
		for _, c := range batch {
			m, err := s.examine(ctx, s.c.DB, c, t)
			if err != nil {
				return fmt.Errorf("case %s: %w", c.Number, err)
			}
			if err := each(m.row()); err != nil {
				return err
			}
		}
		after = batch[len(batch)-1].ID
	}
}

// row is what a plan keeps of a case.
func (m *moving) row() MoveCase {
	return MoveCase{
		Case: m.was.ID, Number: m.was.Number, ItemName: m.was.ItemName, State: nameOf(m.old.proc, m.was.State),
		Movable: m.movable(), Notes: slices.Clone(m.notes), seen: m.seen(),
	}
}

// PlanMove makes a plan: a dry run of every running case, kept for who approves it.
func (s *Service) PlanMove(ctx context.Context, actor auth.Principal, t Target, reason string) (Move, error) {
	agency, err := s.moveAgency(ctx, actor, t.Agency)
	if err != nil {
		return Move{}, err
	}
	m := Move{
		Target: t, ID: s.c.NewID(), State: MoveCounting, AgencyName: agency.Name, Division: agency.Division,
		Reason: strings.TrimSpace(reason), Planner: Handler{actor.ID, actor.Name}, Planned: s.c.Now(),
		PlannerHead: actor.Is(auth.RoleHead) && actor.Agency == string(t.Agency),
	}
	if err := s.checkPlan(ctx, &m); err != nil {
		return m, err
	}
	if err := s.c.DB.InTx(ctx, func(ctx context.Context, tx db.Tx) error { return insertMove(ctx, tx, m) }); err != nil {
		return m, err
	}
	sum := sha256.New()
	var batch []MoveCase
	keep := func() error {
		err := s.c.DB.InTx(ctx, func(ctx context.Context, tx db.Tx) error { return insertMoveCases(ctx, tx, m.ID, batch) })
		batch = nil
		return err
	}
	err = s.DryRun(ctx, t, func(c MoveCase) error {
		fmt.Fprintf(sum, "%s %s\n", c.Case, c.seen)
		m.Cases++
		if c.Movable {
			m.Movable++
		}
		if batch = append(batch, c); len(batch) < moveBatch {
			return nil
		}
		return keep()
	})
	if err == nil {
		err = keep()
	}
	if err != nil {
		return m, err
	}
	m.State, m.Hash = MovePlanned, hex.EncodeToString(sum.Sum(nil)[:16])
	return m, s.c.DB.InTx(ctx, func(ctx context.Context, tx db.Tx) error {
		if err := countedMove(ctx, tx, m); err != nil {
			return err
		}
		return s.tellPlan(ctx, tx, actor, m)
	})
}

// checkPlan reports what a plan lacks, and names what it is about.
func (s *Service) checkPlan(ctx context.Context, m *Move) error {
	var form fault.Form
	switch n := len([]rune(m.Reason)); {
	case n == 0:
		form.Add("reason", "casework.move_reason_required")
	case n > maxReason:
		form.Add("reason", "casework.too_long", "max", maxReason)
	}
	switch err := s.aim(ctx, m.Target); {
	case errors.Is(err, ErrMoveSame):
		form.Add("to", "casework.move_same")
	case errors.Is(err, ErrMoveTarget):
		form.Add("to", "casework.move_target")
	case err != nil:
		return err
	}
	if err := form.Err(); err != nil {
		return err
	}
	if m.Item == "" {
		p, err := s.c.Procedures.Get(m.Procedure)
		if err == nil {
			m.ItemName = contract.Text(p.Name)
		}
		return err
	}
	svc, err := s.service(ctx, m.Item, m.ToVersion)
	m.ItemName = svc.Name
	return err
}

func (s *Service) tellPlan(ctx context.Context, tx db.Tx, actor auth.Principal, m Move) error {
	return s.c.Events.Record(ctx, tx, event.Meta{Actor: actor, Object: "move:" + m.ID}, contract.MovePlanned{
		Plan: m.ID, Agency: m.Agency, Item: m.Item, Procedure: m.Procedure, Change: string(m.State),
		FromVersion: m.FromVersion, FromEdition: m.FromEdition, ToVersion: m.ToVersion, ToEdition: m.ToEdition,
		Cases: m.Cases, Movable: m.Movable, Reason: m.Reason, At: s.c.Now().UTC().Truncate(time.Microsecond),
	})
}

// Moves lists the plans that an actor may see, the newest first.
func (s *Service) Moves(ctx context.Context, actor auth.Principal) ([]Move, error) {
	const most = 200
	all, err := recentMoves(ctx, s.c.DB, most)
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(all, func(m Move) bool { return s.c.Policy.Check(actor, "casework.move_plan", moveObject(m)) != nil }), nil
}

// Move opens a plan to whoever may plan there.
func (s *Service) Move(ctx context.Context, actor auth.Principal, id string) (Move, error) {
	m, err := moveByID(ctx, s.c.DB, id)
	if err != nil {
		return m, err
	}
	if s.c.Policy.Check(actor, "casework.move_plan", moveObject(m)) != nil {
		return Move{}, ErrMove
	}
	return m, nil
}

// MoveCases lists the cases of a plan: all with "", or MoveOnlyMay and so on, or
// those with one result. Next is where the following page begins, "" after the last.
func (s *Service) MoveCases(ctx context.Context, actor auth.Principal, id, only string, after contract.CaseID, limit int) (list []MoveCase, next contract.CaseID, err error) {
	if _, err := s.Move(ctx, actor, id); err != nil {
		return nil, "", err
	}
	if limit < 1 || limit > 500 {
		limit = 50
	}
	if list, err = moveCases(ctx, s.c.DB, id, only, after, limit+1); err != nil {
		return nil, "", err
	}
	if len(list) > limit {
		list = list[:limit]
		next = list[limit-1].Case
	}
	return list, next, nil
}

// MayApproveMove reports whether an actor is the second pair of eyes of a plan.
func (s *Service) MayApproveMove(actor auth.Principal, m Move) bool {
	return m.State == MovePlanned && m.Movable > 0 && s.c.Policy.Check(actor, "casework.move_approve", moveObject(m)) == nil
}

// ApproveMove has the cases moved that the dry run found movable, by somebody else
// than who planned it. Hash is that of the plan that was read.
func (s *Service) ApproveMove(ctx context.Context, actor auth.Principal, id, hash string) (Move, error) {
	var m Move
	err := s.c.DB.InTx(ctx, func(ctx context.Context, tx db.Tx) (err error) {
		if m, err = moveByID(ctx, tx, id); err != nil {
			return err
		}
		if s.c.Policy.Check(actor, "casework.move_plan", moveObject(m)) != nil {
			return ErrMove
		}
		if m.Planner.ID == actor.ID {
			return ErrMoveOwn
		}
		if err := s.c.Policy.Check(actor, "casework.move_approve", moveObject(m)); err != nil {
			return err
		}
		switch {
		case m.State == MoveCounting:
			return ErrMoveCounting
		case m.State != MovePlanned:
			return ErrMoveSettled
		case m.Hash != hash:
			return ErrMoveSeen
		case m.Movable == 0:
			return ErrMoveEmpty
		}
		m.State, m.Approver, m.Approved = MoveApproved, Handler{actor.ID, actor.Name}, s.c.Now()
		if err := settleMove(ctx, tx, m, MovePlanned); err != nil {
			return err
		}
		if err := keepUnmovable(ctx, tx, id, m.Approved); err != nil {
			return err
		}
		if err := s.tellPlan(ctx, tx, actor, m); err != nil {
			return err
		}
		return s.c.Jobs.InsertTx(ctx, tx, moveJob{Move: id}, job.Insert{})
	})
	return m, err
}

// DropMove puts a plan away that nobody approved.
func (s *Service) DropMove(ctx context.Context, actor auth.Principal, id string) (Move, error) {
	var m Move
	err := s.c.DB.InTx(ctx, func(ctx context.Context, tx db.Tx) (err error) {
		if m, err = moveByID(ctx, tx, id); err != nil {
			return err
		}
		if s.c.Policy.Check(actor, "casework.move_plan", moveObject(m)) != nil {
			return ErrMove
		}
		from := m.State
		if from != MovePlanned && from != MoveCounting {
			return ErrMoveSettled
		}
		m.State = MoveDropped
		if err := settleMove(ctx, tx, m, from); err != nil {
			return err
		}
		return s.tellPlan(ctx, tx, actor, m)
	})
	return m, err
}

// moveJobs registers the work of approved plans.
func (s *Service) moveJobs(q *job.Queue) {
	job.Handle(q, s.handOutMoves)
	job.Handle(q, s.moveOne)
}

func (s *Service) handOutMoves(ctx context.Context, tx db.Tx, j moveJob) error {
	list, err := moveCases(ctx, tx, j.Move, MoveOnlyOpen, j.After, moveBatch)
	if err != nil {
		return err
	}
	for _, c := range list {
		one := moveCaseJob{Move: j.Move, Case: c.Case}
		if err := s.c.Jobs.InsertTx(ctx, tx, one, job.Insert{Unique: j.Move + "/" + string(c.Case)}); err != nil {
			return err
		}
	}
	if len(list) < moveBatch {
		return nil
	}
	j.After = list[len(list)-1].Case
	return s.c.Jobs.InsertTx(ctx, tx, j, job.Insert{})
}

// moveOne moves one case of an approved plan, if it is as the dry run saw it.
func (s *Service) moveOne(ctx context.Context, tx db.Tx, j moveCaseJob) error {
	row, err := moveCase(ctx, tx, j.Move, j.Case)
	if err != nil {
		return err
	}
	if row.Result != ResultOpen || !row.Movable {
		return nil
	}
	plan, err := planOf(ctx, tx, j.Move)
	if err != nil {
		return err
	}
	c, err := lockCase(ctx, tx, j.Case)
	if err != nil {
		return err
	}
	row.Result, row.At = ResultChanged, s.c.Now()
	if c.Stage == StageDone {
		return setMoveResult(ctx, tx, plan.ID, row)
	}
	m, err := s.examine(ctx, tx, c, plan.Target)
	if err != nil {
		return err
	}
	if m.seen() != row.seen {
		row.Notes = m.notes
		return setMoveResult(ctx, tx, plan.ID, row)
	}
	if err := m.apply(ctx, tx, plan); err != nil {
		return err
	}
	row.Result, row.Notes = ResultMoved, m.notes
	return setMoveResult(ctx, tx, plan.ID, row)
}
