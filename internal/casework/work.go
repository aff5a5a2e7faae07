package casework

import (
	"context"
	"slices"
	"time"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/auth"
	"github.com/tongban/tongban/internal/kit/fault"
)

// A case that somebody works is in that official's hands; the others lie in the
// queue of their unit. Who holds a case follows the stage: whoever acts first holds
// it, and when the stage is done nobody does, or whom the rule of the agency names.

// Queues of a work list.
const (
	QueueMine = "mine" // what one holds
	QueueUnit = "unit" // what nobody holds yet
)

// Faults of holding.
var (
	ErrHeld      = fault.New(fault.Conflict, "casework.held")         // by whom and since when
	ErrUnheld    = fault.New(fault.Conflict, "casework.unheld")       // nobody holds it
	ErrUnfit     = fault.New(fault.Conflict, "casework.unfit")        // the official may not take the step
	ErrAbsent    = fault.New(fault.Conflict, "casework.absent")       // the official is not there
	ErrNoWork    = fault.New(fault.Conflict, "casework.queue_empty")  // nothing is left to give
	ErrNoQueue   = fault.New(fault.Conflict, "casework.not_queueing") // waits for somebody else, or is done
	ErrColleague = fault.New(fault.NotFound, "casework.no_colleague") // not of the same agency
)

// Colleagues tells who works in an agency today, and with which roles.
type Colleagues interface {
	Officials(ctx context.Context, agency contract.AgencyID) ([]contract.Official, error)
}

// QueueCount is a queue with the exact number of its cases in a tab.
type QueueCount struct {
	Queue  string             // QueueMine, QueueUnit, "" for all
	Holder contract.AccountID // of another's cases
	Name   string             // of that other
	N      int
}

// Hold is one change of hands of a case, for officials.
type Hold struct {
	ID     string
	Case   contract.CaseID
	Stage  Stage
	From   Handler // zero is the queue of the unit
	To     Handler
	Why    string // contract.HeldClaimed, ...
	Note   string
	Actor  contract.Actor
	Deputy Handler // the absent official for whom the actor acted
	At     time.Time
}

// of is q for a tab: what nobody can hold lies in no queue.
func (q Query) of(t tabRule) Query {
	if workStep(t.stage) == "" {
		q.Queue, q.Holder = "", ""
	}
	return q
}

// queued narrows a list to a queue.
func (q Query) queued(w *where, actor auth.Principal) {
	switch {
	case q.Queue == QueueUnit:
		w.and("holder = ''")
	case q.Holder != "":
		w.and("holder = ?", q.Holder)
	case q.Queue == QueueMine:
		w.and("holder = ?", actor.ID)
	}
}

// queues counts the queues of a tab: one's own, the unit's, all, and those of the
// absent whose deputy the actor is.
func (s *Service) queues(ctx context.Context, numbers *tallies, actor auth.Principal, tab Tab, q Query) ([]QueueCount, error) {
	i := slices.IndexFunc(tabs, func(t tabRule) bool { return t.tab == tab })
	if i < 0 || workStep(tabs[i].stage) == "" {
		return nil, nil
	}
	held, err := s.heldIn(ctx, numbers, actor, tabs[i], q)
	if err != nil {
		return nil, err
	}
	all := 0
	for _, n := range held {
		all += n.N
	}
	list := []QueueCount{{Queue: QueueMine, N: ofHolder(held, contract.AccountID(actor.ID)).N}, {Queue: QueueUnit, N: ofHolder(held, "").N}, {N: all}}
	represented, err := deputyships(ctx, s.c.DB, actor.ID, s.Today())
	if err != nil {
		return nil, err
	}
	shown := q.Holder == "" || q.Holder == contract.AccountID(actor.ID)
	for _, a := range represented {
		id := contract.AccountID(a.Official.ID)
		shown = shown || id == q.Holder
		list = append(list, QueueCount{Queue: QueueMine, Holder: id, Name: a.Official.Name, N: ofHolder(held, id).N})
	}
	if !shown {
		x := ofHolder(held, q.Holder)
		list = append(list, QueueCount{Queue: QueueMine, Holder: q.Holder, Name: x.Name, N: x.N})
	}
	return list, nil
}

func ofHolder(held []QueueCount, id contract.AccountID) QueueCount {
	for _, h := range held {
		if h.Holder == id {
			return h
		}
	}
	return QueueCount{}
}

// workStep is the step that a stage is for: whoever may take it can hold the case.
// It is "" where nobody of the agency has anything to do.
func workStep(stage Stage) string {
	switch stage {
	case StageTransit:
		return actReceive
	case StageAccept:
		return actAccept
	case StageReview:
		return actReview
	case StageCountersign:
		return actCountersign
	case StageDecide:
		return actApprove
	case StagePaused:
		return actResume
	case StageNotice:
		return actEndNotice
	case StageVerify:
		return actKeep
	case StageRectify:
		return actRectified
	case StageDeliver:
		return actDeliver
	case StageWaiting, StageParts, StageApplicant, StageOpinions, StageDone:
	}
	return ""
}

// Queueing reports whether a case lies in a queue or in somebody's hands: there is
// something for an official to do.
func (c Case) Queueing() bool { return workStep(c.Stage) != "" }

// fits reports whether an official may hold a case: may take the step that its
// stage is for.
func (s *Service) fits(ctx context.Context, p auth.Principal, c Case) error {
	action := workStep(c.Stage)
	if action == "" {
		return ErrNoQueue
	}
	w, err := s.begin(ctx, p, c, Action{Name: action})
	if err != nil {
		return err
	}
	if err := s.may(p, c, w.t); err != nil {
		return ErrUnfit.With("name", p.Name).Wrap(err)
	}
	return nil
}

// principalOf is a colleague as policies see them.
func principalOf(o contract.Official) auth.Principal {
	return auth.Principal{
		Kind: auth.Staff, ID: string(o.ID), Name: o.Name, Roles: o.Roles, Agency: string(o.Agency), Division: o.Division,
	}
}

// colleagues lists who works in an agency; nobody is known where nothing tells.
func (s *Service) colleagues(ctx context.Context, agency contract.AgencyID) ([]contract.Official, error) {
	if s.c.Colleagues == nil {
		return nil, nil
	}
	return s.c.Colleagues.Officials(ctx, agency)
}

// colleague finds one of an agency.
func (s *Service) colleague(ctx context.Context, agency contract.AgencyID, id contract.AccountID) (contract.Official, error) {
	all, err := s.colleagues(ctx, agency)
	if err != nil {
		return contract.Official{}, err
	}
	i := slices.IndexFunc(all, func(o contract.Official) bool { return o.ID == id })
	if i < 0 {
		return contract.Official{}, ErrColleague
	}
	return all[i], nil
}

// Worker is a colleague who could take a case.
type Worker struct {
	contract.Official
	Absent Absence // zero where they are there
	Open   int     // cases in their hands
}

// candidates are the colleagues who could hold a case, present or not.
func (s *Service) candidates(ctx context.Context, c Case) ([]contract.Official, error) {
	all, err := s.colleagues(ctx, c.Agency)
	if err != nil {
		return nil, err
	}
	var fit []contract.Official
	for _, o := range all {
		if s.fits(ctx, principalOf(o), c) == nil {
			fit = append(fit, o)
		}
	}
	return fit, nil
}
