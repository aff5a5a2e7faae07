package casework

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/day"
	"github.com/tongban/tongban/internal/kit/db"
	"github.com/tongban/tongban/internal/statute"
)

// moving is one case on its way to other versions: what it rests on, what the move
// would bring about, what stands against it.
type moving struct {
	s        *Service
	q        db.Q
	was, c   Case             // before and after
	svc, by  contract.Service // as they hold for the case
	target   contract.Service // as it was published
	old, law rules
	history  []clockEntry
	units    []Unit // newest sendings
	specials []Special
	family   family // of a bundle's case
	at       time.Time
	notes    []MoveNote
	entries  []clockEntry
	release  []Unit // no longer asked
	change   []Unit // asked on other terms
	ask      []contract.Unit
	joined   bool // the join is complete by the move
}

// examine looks at one case without changing it.
func (s *Service) examine(ctx context.Context, q db.Q, c Case, t Target) (*moving, error) {
	m := &moving{s: s, q: q, was: c, at: s.c.Now()}
	var err error
	if m.c, err = s.aimed(ctx, c, t); err != nil {
		return nil, err
	}
	if m.target, err = s.service(ctx, c.Item, max(m.c.HandledAs, 1)); err != nil {
		return nil, err
	}
	if m.svc, m.old, err = s.lawOf(ctx, m.was); err != nil {
		return nil, err
	}
	if m.by, m.law, err = s.lawOf(ctx, m.c); err != nil {
		return nil, err
	}
	if m.history, err = entriesOf(ctx, q, c.ID); err != nil {
		return nil, err
	}
	all, err := unitsOf(ctx, q, c.ID)
	if err != nil {
		return nil, err
	}
	m.units = newest(all)
	if m.specials, err = specialsOf(ctx, q, c.ID); err != nil {
		return nil, err
	}
	m.specials = slices.DeleteFunc(m.specials, func(x Special) bool { return !x.Ended.IsZero() })
	if c.Procedure == bundleProcedure {
		if m.family, err = s.familyOf(ctx, q, c.ID); err != nil {
			return nil, err
		}
	}
	return m, m.judge(ctx)
}

// movable reports whether nothing stands against the move.
func (m *moving) movable() bool {
	return !slices.ContainsFunc(m.notes, func(n MoveNote) bool { return n.Against })
}

// seen is a hash of what the judgement rests on. What follows from the day of the
// dry run is not part of it.
func (m *moving) seen() string {
	type unit struct {
		ID, State, Opinion string
		Round              int
		Required, Blocking bool
	}
	is := struct {
		Step, HandledAs, ProcVersion int
		State, Procedure, Due, Legal string
		Stage                        Stage
		Two, Extended, Movable       bool
		Units                        []unit
		Specials, Parts, Notes       []string
	}{
		Step: m.was.Step, HandledAs: m.was.HandledAs, ProcVersion: m.was.ProcVersion, State: m.was.State, Procedure: m.was.Procedure,
		Due: m.was.Due.Promised.String(), Legal: m.was.Due.Legal.String(), Stage: m.was.Stage, Two: m.was.Two,
		Extended: m.was.Extended, Movable: m.movable(),
	}
	if m.was.Due.Paused { // an estimate, which moves with each day that the pause goes on
		is.Due, is.Legal = "", ""
	}
	for _, u := range m.units {
		is.Units = append(is.Units, unit{u.ID, u.State, u.Opinion, u.Round, u.Required, u.Blocking})
	}
	for _, x := range m.specials {
		is.Specials = append(is.Specials, x.ID)
	}
	for _, p := range m.family.parts {
		is.Parts = append(is.Parts, fmt.Sprint(p.Part, p.Step, p.State))
	}
	for _, n := range m.notes {
		is.Notes = append(is.Notes, n.Code)
	}
	text, err := json.Marshal(is)
	if err != nil {
		return "" // strings and numbers alone; "" is never equal to what was seen
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:16])
}

func (m *moving) judge(ctx context.Context) error {
	if (m.was.Procedure == bundleProcedure) != (m.c.Procedure == bundleProcedure) {
		m.against(noteKind())
		return nil
	}
	if m.was.Due.Clock == statute.Acceptance && past(m.was.Due.Legal, m.s.Today()) {
		m.against(noteSilent())
	}
	if !m.state() {
		return nil
	}
	for _, k := range []statute.ClockKind{statute.Acceptance, statute.Decision, statute.Delivery} {
		if err := m.clock(k); err != nil {
			return err
		}
	}
	m.special()
	if err := m.opinions(ctx); err != nil {
		return err
	}
	m.officials()
	if err := m.visits(ctx); err != nil {
		return err
	}
	if err := m.hearing(ctx); err != nil {
		return err
	}
	m.bundle()
	if m.was.Agency != m.target.Agency {
		m.note(noteAgency(m.was.AgencyName))
	}
	return m.settle()
}

// state: the case is in a state that means the same in the later edition.
func (m *moving) state() bool {
	before, _ := m.old.proc.State(m.was.State)
	after, ok := m.law.proc.State(m.was.State)
	switch {
	case !ok:
		m.against(noteState(before.Name, m.law.proc))
	case before.Final != after.Final, before.Outcome != after.Outcome, before.Clock != after.Clock:
		m.against(noteMeaning(before.Name, m.law.proc))
	default:
		return true
	}
	return false
}

// clock: what runs may become shorter and not run out by it; what has not begun may
// not become longer than the applicant was told.
func (m *moving) clock(k statute.ClockKind) error {
	if !starts(m.old.proc, k) {
		return nil
	}
	st, err := m.old.run(k, m.history)
	if err != nil {
		return err
	}
	now := m.law.clock(k, 0)
	if st.Phase == statute.Running || st.Phase == statute.Paused {
		return m.running(k, st, now)
	}
	begins := st.Phase == "" && !m.past(k) || k == statute.Acceptance && m.was.Accepted.IsZero() && m.was.Outcome == ""
	if !begins {
		return nil
	}
	told := m.old.clock(k, 0)
	switch {
	case !starts(m.law.proc, k):
	case now.Statutory > told.Statutory, now.Promised > told.Promised, now.Extension > told.Extension:
		m.against(noteLater(k, told, now))
	case now.Statutory != told.Statutory, now.Promised != told.Promised, now.Extension != told.Extension:
		m.note(noteShorter(k, now))
	}
	return nil
}

// past reports whether a clock that never ran will not run any more.
func (m *moving) past(k statute.ClockKind) bool {
	return m.was.Outcome != "" && (k != statute.Delivery || m.was.Stage == StageDone) || k == statute.Acceptance && !m.was.Accepted.IsZero()
}

func starts(p *statute.Procedure, k statute.ClockKind) bool {
	return slices.ContainsFunc(p.States, func(st statute.ProcedureState) bool {
		return slices.ContainsFunc(p.Actions(st.ID), func(t statute.Transition) bool { return t.Effect(k) == statute.Start })
	})
}

// running tries other limits on a clock that runs. Whether that is lawful the law
// itself says.
func (m *moving) running(k statute.ClockKind, st statute.State, now statute.Clock) error {
	e, same, err := relimit(k, m.history, st, now)
	if err != nil || same {
		return err
	}
	e.entry.On, e.at, e.step = day.In(m.at), m.at, m.was.Step+1
	after, err := m.law.run(k, append(slices.Clone(m.history), e))
	switch {
	case errors.Is(err, statute.ErrLonger):
		told := statute.Clock{Kind: k, Statutory: st.Limit - st.Extended, Promised: st.Promised - st.Extended}
		m.against(noteLater(k, told, now))
	case errors.Is(err, statute.ErrAtOnce):
		m.against(noteAtOnce(k, now))
	case err != nil:
		return err
	default:
		m.entries = append(m.entries, e)
		m.note(noteDue(k, st.DuePromised, after.DuePromised))
	}
	return nil
}

// relimit is the entry by which a running clock gets other limits; same says that
// they are what it has.
func relimit(k statute.ClockKind, history []clockEntry, st statute.State, now statute.Clock) (clockEntry, bool, error) {
	has, _, err := pick(k, history)
	if err != nil {
		return clockEntry{}, false, err
	}
	for _, h := range history { // since it last began
		switch {
		case h.clock != k:
		case h.entry.Kind == statute.Start:
			has, _, err = pick(k, []clockEntry{h})
		case h.entry.Kind == statute.Limits:
			has.Extension = h.entry.Extension
		}
	}
	extension := now.Extension
	if st.Extended > 0 { // it was extended once; there is no second time
		extension = has.Extension
	}
	same := now.Statutory == st.Limit-st.Extended && now.Promised == st.Promised-st.Extended && extension == has.Extension
	return clockEntry{clock: k, entry: statute.Entry{
		Kind: statute.Limits, Statutory: now.Statutory, Promised: now.Promised, Extension: extension,
	}}, same, err
}

// special: what goes on must be allowed, and the clock must be able to go on.
func (m *moving) special() {
	allowed := AllowedSpecials(m.by)
	for _, x := range m.specials {
		if !slices.ContainsFunc(allowed, func(a contract.SpecialSpec) bool { return a.Kind == string(x.Kind) }) {
			m.against(noteSpecial(x.Text))
		}
	}
	if _, err := m.law.proc.Transition(m.was.State, actResume); len(m.specials) > 0 && err != nil {
		m.against(noteResume())
	}
}

// officials: two where the new version asks for two (art. 34(3)). Whoever reviewed
// has reviewed.
func (m *moving) officials() {
	two := m.by.Handling.TwoOfficials
	if m.was.Outcome != "" || two == m.was.Two || m.was.Procedure == bundleProcedure {
		return
	}
	m.c.Two = two
	countersigns := slices.ContainsFunc(m.law.proc.States, func(st statute.ProcedureState) bool {
		_, err := m.law.proc.Transition(st.ID, actCountersign)
		return err == nil
	})
	switch {
	case two && !countersigns:
		m.against(noteNoSecond())
	case two && m.was.Reviewer.ID != "":
		m.note(noteSecond(m.was.Reviewer.Name))
	case two:
		m.note(noteTwo())
	default:
		m.note(noteOne())
	}
}

// visits: a visit that is newly required is held before a grant, unless one was passed.
func (m *moving) visits(ctx context.Context) error {
	if !visitFirst(m.by, m.was) || visitFirst(m.svc, m.was) || m.was.Outcome != "" {
		return nil
	}
	missing, err := m.s.visitMissing(ctx, m.q, m.was.ID)
	if err != nil {
		return err
	}
	m.note(noteVisit(missing))
	return nil
}

// hearing: one that the new version asks for in this case is held, or offered, before
// any decision.
func (m *moving) hearing(ctx context.Context) error {
	if m.by.Handling.Hearing == nil || m.svc.Handling.Hearing != nil || m.was.Outcome != "" {
		return nil
	}
	found, err := m.s.found(ctx, m.q, m.was, m.by)
	if err != nil {
		return err
	}
	spec, err := m.s.hearingOf(ctx, m.q, m.by, m.was, found)
	if err != nil { // it asks for what the application does not have
		m.against(noteHearingUnknown())
		return nil //nolint:nilerr // told as a reason
	}
	if spec == nil {
		return nil
	}
	missing, err := m.s.hearingMissing(ctx, m.q, m.was.ID, spec.Kind)
	if err != nil {
		return err
	}
	m.note(noteHearing(missing))
	return nil
}

// bundle: every part that was applied for is a part still; a part stays in its
// bundle, whatever it is handled by.
func (m *moving) bundle() {
	if m.was.Parent != "" {
		m.note(notePart())
	}
	for _, p := range m.family.parts {
		spec := m.family.spec(p.Part)
		if !slices.ContainsFunc(m.target.Parts, func(x contract.Part) bool { return x.ID == p.Part }) {
			m.against(notePartGone(p.ItemName))
		}
		if spec.Version != 0 && p.HandledAs != spec.Version {
			m.note(notePartMoved(p.ItemName, p.HandledAs))
		}
	}
	if len(m.family.parts) == 0 {
		return
	}
	before := m.family.next()
	after := m.family
	after.svc = m.by
	if next := after.next(); next != "" && next != before && m.movable() {
		m.joined = true
		m.note(noteBundleJoins())
	}
}

// settle is the case as it would be, and whether it would go on by itself.
func (m *moving) settle() error {
	state, _ := m.law.proc.State(m.c.State)
	if m.was.Procedure != bundleProcedure {
		m.c.Stage = m.law.stage(m.c, state)
	}
	due, err := m.law.due(m.c, append(slices.Clone(m.history), m.entries...))
	if err != nil {
		return err
	}
	m.c.Due = due
	if !m.movable() {
		return nil
	}
	if m.was.Stage == StageOpinions && m.c.Stage == StageDecide {
		m.joined = true
		m.note(noteJoins())
	}
	if auto, ok := m.law.proc.Automatic(m.c.State); ok {
		m.note(noteGoesOn(auto.Name))
	}
	return nil
}

func (m *moving) note(n MoveNote) { m.notes = append(m.notes, n) }

func (m *moving) against(n MoveNote) {
	n.Against = true
	m.notes = append(m.notes, n)
}
