package casework

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/auth"
	"github.com/tongban/tongban/internal/kit/day"
	"github.com/tongban/tongban/internal/kit/db"
	"github.com/tongban/tongban/internal/statute"
)

// StageLimit is until when the stage that a case is in should be done (环节时限);
// zero where the service sets none.
type StageLimit struct {
	Due   day.Date
	Warn  day.Date // first day of amber
	Since int      // step with which the stage began
}

// Light is the light of the stage alone on a day: "" without a limit. It never is
// red: the limit is the agency's own, the law knows only that of the decision.
func (l StageLimit) Light(today day.Date, paused bool) statute.Light {
	switch {
	case l.Due.IsZero():
		return ""
	case paused:
		return statute.PausedLight
	case past(l.Due, today):
		return statute.Yellow
	case !l.Warn.IsZero() && !today.Before(l.Warn):
		return statute.Amber
	}
	return statute.Green
}

// stageOf is the stage that a step ends, "" for other steps.
func stageOf(action string) Stage {
	switch action {
	case actAccept:
		return StageAccept
	case actReview:
		return StageReview
	case actCountersign:
		return StageCountersign
	case actApprove, actDeny:
		return StageDecide
	}
	return ""
}

// stageSpec is what a service says of a stage.
func stageSpec(list []contract.StageSpec, stage Stage) (contract.StageSpec, bool) {
	i := slices.IndexFunc(list, func(s contract.StageSpec) bool { return s.Stage == string(stage) })
	if i < 0 {
		return contract.StageSpec{}, false
	}
	return list[i], true
}

// rolesOf are those who take a step of a case now: the procedure's, or fewer where
// the service says so of the stage that the step ends.
func (c Case) rolesOf(action string, roles []statute.Role) []statute.Role {
	if c.onlyRoles == "" || stageOf(action) != c.Stage {
		return roles
	}
	only := barred(c.onlyRoles)
	return slices.DeleteFunc(slices.Clone(roles), func(r statute.Role) bool { return !slices.Contains(only, string(r)) })
}

// onlyTheir adds to the condition of a list what rolesOf says.
func onlyTheir(w *where, actor auth.Principal, action string) {
	stage := stageOf(action)
	if stage == "" {
		return
	}
	condition, args := "stage_roles = '' OR stage <> ?", []any{stage}
	for _, r := range actor.Roles {
		condition += " OR stage_roles LIKE ? ESCAPE '!'"
		args = append(args, "%|"+escapeLike(r)+"|%")
	}
	w.and(condition, args...)
}

// openStage is the stage whose clock runs in a history, or stands still in it.
func openStage(history []clockEntry) (stage Stage, since int) {
	for _, e := range history {
		name, ok := e.clock.Stage()
		if !ok {
			continue
		}
		switch e.entry.Kind {
		case statute.Start:
			stage, since = Stage(name), e.step
		case statute.Stop:
			stage, since = "", 0
		case statute.Pause, statute.Resume, statute.Extend, statute.Limits:
		}
	}
	return stage, since
}

// timeStage keeps the clock of the stage with a step: what pauses or lengthens the
// time for the decision does so for the stage, and a stage that is left stops. A
// case that waits for a special procedure is still in its stage.
func (r rules) timeStage(c Case, before []clockEntry, out *outcome, in input) (Case, error) {
	open, since := openStage(before)
	now := c.Stage
	if now == StagePaused {
		now = open
	}
	kind := statute.StageKind(string(open))
	if open != "" {
		out.entries = append(out.entries, r.mirrored(before, out.entries, kind)...)
	}
	if open != "" && open != now {
		out.entries = append(out.entries, clockEntry{step: c.Step, clock: kind, at: in.at, entry: statute.Entry{Kind: statute.Stop, On: day.In(in.at)}})
		since = 0
	}
	spec, said := stageSpec(r.stages, now)
	if said && spec.Days > 0 && open != now {
		text, err := json.Marshal(statute.StageClock(spec.Stage, spec.Days, r.proc.ExtensionDays))
		if err != nil {
			return c, fmt.Errorf("clock: %w", err)
		}
		since = c.Step
		out.entries = append(out.entries, clockEntry{
			step: c.Step, clock: statute.StageKind(spec.Stage), at: in.at, spec: string(text),
			entry: statute.Entry{Kind: statute.Start, On: day.In(in.at)},
		})
	}
	c.onlyRoles = ""
	if said && len(spec.Roles) > 0 && c.Stage != StagePaused {
		c.onlyRoles = "|" + strings.Join(spec.Roles, "|") + "|"
	}
	limit, err := r.stageLimit(append(slices.Clone(before), out.entries...))
	limit.Since = since
	c.Limit = limit
	return c, err
}

// mirrored are the entries that a step makes to the clock of the decision, for the
// clock of the stage. A pause that the stage never saw does not end in it, and what
// is over already is not lengthened.
func (r rules) mirrored(before, entries []clockEntry, kind statute.ClockKind) []clockEntry {
	var list []clockEntry
	for _, e := range entries {
		if e.clock != statute.Decision {
			continue
		}
		switch e.entry.Kind {
		case statute.Pause, statute.Resume, statute.Extend:
		case statute.Start, statute.Stop, statute.Limits:
			continue
		}
		e.clock, e.spec = kind, ""
		if _, err := r.run(kind, append(slices.Concat(before, list), e)); err == nil {
			list = append(list, e)
		}
	}
	return list
}

// stageLimit is what follows from a history for the stage that the case is in.
func (r rules) stageLimit(history []clockEntry) (StageLimit, error) {
	open, since := openStage(history)
	if open == "" {
		return StageLimit{}, nil
	}
	s, err := r.run(statute.StageKind(string(open)), history)
	if err != nil {
		return StageLimit{}, fmt.Errorf("clock of stage %s: %w", open, err)
	}
	s = s.AsOf(r.today)
	return StageLimit{Due: s.DuePromised, Warn: r.firstAmber(s), Since: since}, nil
}

// lapsedStage is the card that a stage brings which takes too long (domain 2.7: a
// step beyond its own limit, although the whole is in time).
func lapsedStage(c Case, today day.Date) []card {
	if c.Limit.Light(today, c.Due.Paused) != statute.Yellow || c.Stage == StageDone {
		return nil
	}
	return []card{{rule: cardStage, occurrence: fmt.Sprintf("%s/%d", c.Stage, c.Limit.Since), light: statute.Yellow}}
}

// stageTerms are the stages with a limit of their own, day by day, for officials.
func (s *Service) stageTerms(r rules, history []clockEntry) ([]Term, error) {
	var list []Term
	today := s.Today()
	for _, spec := range r.stages {
		kind := statute.StageKind(spec.Stage)
		st, err := r.run(kind, history)
		if err != nil {
			return nil, err
		}
		if st.Phase == "" {
			continue
		}
		clock, entries, err := pick(kind, history)
		if err != nil {
			return nil, err
		}
		t := Term{
			Kind: termStage, ID: spec.Stage, Name: spec.Name, Days: st.Limit, Began: st.Started, Due: st.Due, Ended: st.Ended,
		}
		if t.Lines, err = statute.Explain(r.cal, clock, entries, today); err != nil {
			return nil, err
		}
		list = append(list, t)
	}
	return list, nil
}

// StageName is what the service calls the stage that a case is in; empty where it
// says nothing of it.
func (s *Service) StageName(ctx context.Context, c Case) contract.Text {
	svc, err := s.ServiceOf(ctx, c)
	if err != nil {
		return contract.Text{}
	}
	spec, _ := stageSpec(svc.Handling.Stages, c.Stage)
	return spec.Name
}

// recomputeStage works out the limit of the stage again, after the calendar changed.
func (s *Service) recomputeStage(ctx context.Context, tx db.Tx, c Case, reason string) (Case, bool, error) {
	_, r, history, err := s.clocks(ctx, tx, c)
	if err != nil {
		return c, false, err
	}
	limit, err := r.stageLimit(history)
	if err != nil || limit == c.Limit {
		return c, false, err
	}
	was := c.Limit
	c.Limit = limit
	if err := updateCase(ctx, tx, c, c.Step); err != nil {
		return c, false, err
	}
	if was.Due == limit.Due {
		return c, false, nil // only the light changed
	}
	stage, _ := openStage(history)
	e := movedTo(c, string(statute.StageKind(string(stage))), was.Due, limit.Due)
	e.Of, e.Reason = string(stage), reason
	if err := s.tellMoved(ctx, tx, c, e); err != nil {
		return c, false, err
	}
	return c, true, s.watch(ctx, tx, c)
}

// stages follow from the steps too: each entry stands on the day of its step, what
// pauses the decision pauses the stage, and the limit is the one that follows.
func (x *replaying) stages() {
	at := map[int]day.Date{}
	for _, st := range x.steps {
		at[st.No] = day.In(st.At)
	}
	var open statute.ClockKind
	for i, e := range x.history {
		stage, timed := e.clock.Stage()
		if !timed {
			if e.clock == statute.Decision && e.entry.Kind == statute.Pause && open != "" {
				x.differ(DiffStage, string(open), pausedWith(x.history[i:], open, e), true)
			}
			continue
		}
		x.differ(DiffStage, fmt.Sprint(stage, " of step ", e.step), e.entry.On, at[e.step])
		switch e.entry.Kind {
		case statute.Start:
			x.n.Stages++
			open = e.clock
		case statute.Stop:
			open = ""
		case statute.Pause, statute.Resume, statute.Extend, statute.Limits:
		}
	}
	limit, err := x.r.stageLimit(x.history)
	if err != nil {
		x.differ(DiffHistory, "stage", err.Error(), "lawful")
		return
	}
	x.differ(DiffStage, string(x.c.Stage), x.c.Limit, limit)
}

// pausedWith reports whether the same step pauses the clock of the stage.
func pausedWith(rest []clockEntry, kind statute.ClockKind, pause clockEntry) bool {
	return slices.ContainsFunc(rest, func(e clockEntry) bool {
		return e.clock == kind && e.step == pause.step && e.entry.Kind == statute.Pause && e.entry.ID == pause.entry.ID
	})
}

// String is a limit in one line, for reports.
func (l StageLimit) String() string {
	if l.Due.IsZero() {
		return "none"
	}
	return fmt.Sprintf("%s, amber from %s, since step %d", l.Due, l.Warn, l.Since)
}
