package casework

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/auth"
	"github.com/tongban/tongban/internal/kit/db"
	"github.com/tongban/tongban/internal/kit/event"
	"github.com/tongban/tongban/internal/kit/fault"
	"github.com/tongban/tongban/internal/kit/policy"
)

// Ways to give out the new cases of a stage.
const (
	GiveQueue  = "queue"  // left in the queue of the unit
	GiveTurns  = "turns"  // one after the other among those who are there
	GiveFewest = "fewest" // to whoever has the fewest
)

// Gives are the ways to give out cases.
func Gives() []string { return []string{GiveQueue, GiveTurns, GiveFewest} }

// GiveStages are the stages whose cases can be given out.
func GiveStages() []Stage {
	var list []Stage
	for _, t := range tabs {
		if workStep(t.stage) != "" {
			list = append(list, t.stage)
		}
	}
	return list
}

// WorkRule says how new cases of a stage are given out, and who said so.
type WorkRule struct {
	Stage Stage
	How   string
	By    Handler
	At    time.Time
}

// WorkRules lists the rules of the actor's agency, one for each stage.
func (s *Service) WorkRules(ctx context.Context, actor auth.Principal) ([]WorkRule, error) {
	if err := s.c.Policy.Check(actor, "casework.work_rules", agencyObject(actor)); err != nil {
		return nil, err
	}
	set, err := workRules(ctx, s.c.DB, contract.AgencyID(actor.Agency))
	if err != nil {
		return nil, err
	}
	var list []WorkRule
	for _, stage := range GiveStages() {
		r := WorkRule{Stage: stage, How: GiveQueue}
		if i := slices.IndexFunc(set, func(x WorkRule) bool { return x.Stage == stage }); i >= 0 {
			r = set[i]
		}
		list = append(list, r)
	}
	return list, nil
}

// SetWorkRule says how new cases of a stage are given out in the actor's agency.
// Those that lie in the queue stay there.
func (s *Service) SetWorkRule(ctx context.Context, actor auth.Principal, stage Stage, how string) error {
	agency := contract.AgencyID(actor.Agency)
	if err := s.c.Policy.Check(actor, "casework.work_rule_edit", agencyObject(actor)); err != nil {
		return err
	}
	var form fault.Form
	if !slices.Contains(GiveStages(), stage) {
		form.Add("stage", "casework.choose_one")
	}
	if !slices.Contains(Gives(), how) {
		form.Add("how-"+string(stage), "casework.choose_one")
	}
	if err := form.Err(); err != nil {
		return err
	}
	return s.c.DB.InTx(ctx, func(ctx context.Context, tx db.Tx) error {
		was, err := workRule(ctx, tx, agency, stage)
		if err != nil || was == how || was == "" && how == GiveQueue {
			return err
		}
		at := s.now()
		if err := setWorkRule(ctx, tx, agency, WorkRule{Stage: stage, How: how, By: Handler{actor.ID, actor.Name}, At: at}); err != nil {
			return err
		}
		return s.c.Events.Record(ctx, tx, event.Meta{Actor: actor, Object: "agency:" + actor.Agency},
			contract.WorkRuleSet{Agency: agency, Stage: string(stage), How: how, At: at})
	})
}

// giveOut gives a case that entered a stage to whom the rule of its agency names.
// Whoever had it in this stage before has it again: after a pause, or when the
// applicant has answered.
func (s *Service) giveOut(ctx context.Context, tx db.Tx, c *Case) error {
	if c.Holder.ID != "" || workStep(c.Stage) == "" {
		return nil
	}
	how, err := workRule(ctx, tx, c.Agency, c.Stage)
	if err != nil || how == "" || how == GiveQueue {
		return err
	}
	turn, err := lockRota(ctx, tx, c.Agency, 1)
	if err != nil {
		return err
	}
	here, err := s.present(ctx, tx, *c)
	if err != nil || len(here) == 0 {
		return err
	}
	o, err := s.whose(ctx, tx, *c, how, here)
	if err != nil {
		return err
	}
	if err := setTurn(ctx, tx, c.Agency, string(o.ID), turn); err != nil {
		return err
	}
	to := Handler{string(o.ID), o.Name}
	return s.hand(ctx, tx, auth.SystemPrincipal("work-rule"), c, inHand{to: to, why: contract.HeldRule})
}

// present are the candidates who are there today.
func (s *Service) present(ctx context.Context, q db.Q, c Case) ([]contract.Official, error) {
	fit, err := s.candidates(ctx, c)
	if err != nil {
		return nil, err
	}
	away, err := absencesOn(ctx, q, c.Agency, s.Today())
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(fit, func(o contract.Official) bool {
		return slices.ContainsFunc(away, func(a Absence) bool { return a.Official.ID == string(o.ID) })
	}), nil
}

// whose chooses among those who are there.
func (s *Service) whose(ctx context.Context, q db.Q, c Case, how string, here []contract.Official) (contract.Official, error) {
	before, err := formerHolder(ctx, q, c.ID, c.Stage)
	if err != nil {
		return contract.Official{}, err
	}
	if i := slices.IndexFunc(here, func(o contract.Official) bool { return string(o.ID) == before }); i >= 0 {
		return here[i], nil
	}
	turns, err := turnsOf(ctx, q, c.Agency)
	if err != nil {
		return contract.Official{}, err
	}
	open := map[string]int{}
	if how == GiveFewest {
		if open, err = openOf(ctx, q, c.Agency); err != nil {
			return contract.Official{}, err
		}
	}
	return slices.MinFunc(here, func(a, b contract.Official) int {
		x, y := string(a.ID), string(b.ID)
		return cmp.Or(cmp.Compare(open[x], open[y]), cmp.Compare(turns[x], turns[y]), cmp.Compare(x, y))
	}), nil
}

// Workers lists the colleagues who could take a case now, with what they have: for
// whoever gives it to somebody.
func (s *Service) Workers(ctx context.Context, actor auth.Principal, c Case) ([]Worker, error) {
	if err := s.c.Policy.Check(actor, "casework.holds", object(c, nil)); err != nil {
		return nil, err
	}
	fit, err := s.candidates(ctx, c)
	if err != nil {
		return nil, err
	}
	return s.workers(ctx, c.Agency, fit)
}

// Staff lists the colleagues of the actor with what they hold, for giving several
// cases to one of them.
func (s *Service) Staff(ctx context.Context, actor auth.Principal) ([]Worker, error) {
	if !s.c.Policy.May(actor, "casework.absence", agencyObject(actor)) {
		return nil, nil
	}
	agency := contract.AgencyID(actor.Agency)
	all, err := s.colleagues(ctx, agency)
	if err != nil {
		return nil, err
	}
	all = slices.DeleteFunc(slices.Clone(all), func(o contract.Official) bool { return len(caseRoles(o.Roles)) == 0 })
	return s.workers(ctx, agency, all)
}

func (s *Service) workers(ctx context.Context, agency contract.AgencyID, officials []contract.Official) ([]Worker, error) {
	away, err := absencesOn(ctx, s.c.DB, agency, s.Today())
	if err != nil {
		return nil, err
	}
	open, err := openOf(ctx, s.c.DB, agency)
	if err != nil {
		return nil, err
	}
	list := make([]Worker, 0, len(officials))
	for _, o := range officials {
		w := Worker{Official: o, Open: open[string(o.ID)]}
		if i := slices.IndexFunc(away, func(a Absence) bool { return a.Official.ID == string(o.ID) }); i >= 0 {
			w.Absent = away[i]
		}
		list = append(list, w)
	}
	return list, nil
}

func agencyObject(actor auth.Principal) policy.Object {
	return policy.Object{Type: "Agency", ID: actor.Agency, Attrs: map[string]any{"agency": actor.Agency}}
}
