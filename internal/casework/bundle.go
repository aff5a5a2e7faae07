package casework

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/auth"
	"github.com/tongban/tongban/internal/kit/db"
	"github.com/tongban/tongban/internal/kit/idcode"
	"github.com/tongban/tongban/internal/statute"
)

// Part is one part of a bundle's case, as whoever may see the bundle or one of
// its parts sees them all: where it stands, and nothing of what it says.
type Part struct {
	ID         string // of the part in the bundle
	Case       contract.CaseID
	Number     string
	Item       contract.ItemID
	Name       contract.Text
	Agency     contract.AgencyID
	AgencyName contract.Text
	Required   bool
	Blocking   bool
	State      contract.Text
	Stage      Stage
	Outcome    statute.Outcome // "" while open
	Due        Due
	Filed      time.Time
	Decided    time.Time
	Ended      time.Time
	Licence    contract.LicenceID
	// After names the parts it waits for, where they are not granted yet.
	After []contract.Text
	// Open says that the actor may open the part's own case.
	Open bool
}

// Parts lists the parts of a bundle's case in the order of the bundle. Asked of
// a part, it lists that part and its siblings; of any other case, nothing.
func (s *Service) Parts(ctx context.Context, actor auth.Principal, id contract.CaseID) ([]Part, error) {
	c, err := s.Open(ctx, actor, id)
	if err != nil {
		return nil, err
	}
	whole := c
	if c.Parent != "" {
		if whole, err = caseByID(ctx, s.c.DB, c.Parent); err != nil {
			return nil, err
		}
	}
	svc, err := s.ServiceOf(ctx, whole)
	if err != nil || len(svc.Parts) == 0 {
		return nil, err
	}
	cases, err := partsOf(ctx, s.c.DB, whole.ID)
	if err != nil {
		return nil, err
	}
	f := family{svc: svc, whole: whole, parts: cases}
	list := make([]Part, 0, len(cases))
	for _, spec := range svc.Parts {
		p, ok := f.part(spec.ID)
		if !ok {
			continue // it does not apply
		}
		list = append(list, Part{
			ID: spec.ID, Case: p.ID, Number: p.Number, Item: p.Item, Name: p.ItemName, Agency: p.Agency, AgencyName: p.AgencyName,
			Required: spec.Required, Blocking: spec.Blocking, State: s.StateName(p), Stage: p.Stage,
			Outcome: p.Outcome, Due: p.Due, Filed: p.Filed, Decided: p.Decided, Ended: p.Ended, Licence: p.Licence,
			After: f.waitsFor(spec), Open: s.see(actor, p) == nil,
		})
	}
	return list, nil
}

// family is a bundle's case with its parts.
type family struct {
	svc   contract.Service // the bundle
	whole Case
	parts []Case
}

func (f family) part(id string) (Case, bool) {
	i := slices.IndexFunc(f.parts, func(c Case) bool { return c.Part == id })
	if i < 0 {
		return Case{}, false
	}
	return f.parts[i], true
}

func (f family) spec(id string) contract.Part {
	for _, p := range f.svc.Parts {
		if p.ID == id {
			return p
		}
	}
	return contract.Part{}
}

// waitsFor names the parts that must be granted before a part begins and are
// not. A part that the bundle does without, or that needs nothing to be done,
// holds up nobody.
func (f family) waitsFor(spec contract.Part) []contract.Text {
	var names []contract.Text
	for _, id := range spec.After {
		if p, ok := f.part(id); ok && !p.settled() {
			names = append(names, p.ItemName)
		}
	}
	return names
}

// settled reports whether what depends on a part may begin.
func (c Case) settled() bool { return c.Outcome == statute.Granted || c.notRequired() }

// over reports whether a case will not be granted any more.
func (c Case) over() bool { return c.Outcome != "" && !c.settled() }

// notRequired reports whether the agency said that nothing has to be done.
func (c Case) notRequired() bool { return c.State == stateNotRequired }

// stateNotRequired ends a case without anything to be decided, and for the good.
const stateNotRequired = "NOT_REQUIRED"

// familyOf loads a bundle's case with its parts.
func (s *Service) familyOf(ctx context.Context, q db.Q, whole contract.CaseID) (family, error) {
	var f family
	var err error
	if f.whole, err = caseByID(ctx, q, whole); err != nil {
		return f, err
	}
	if f.svc, err = s.ServiceOf(ctx, f.whole); err != nil {
		return f, err
	}
	f.parts, err = partsOf(ctx, q, whole)
	agencies := make([]string, len(f.parts))
	for i, p := range f.parts {
		agencies[i] = string(p.Agency)
	}
	f.whole.partAgencies = "|" + strings.Join(agencies, "|") + "|"
	return f, err
}

// required refuses to take a part out of a bundle that cannot do without it. Once
// the bundle came to something, it can.
func (s *Service) required(ctx context.Context, q db.Q, c Case) error {
	if c.Parent == "" {
		return nil
	}
	f, err := s.familyOf(ctx, q, c.Parent)
	if err != nil {
		return err
	}
	if f.whole.Outcome == "" && f.spec(c.Part).Required {
		return ErrRequired
	}
	return nil
}

// mayWithdraw lets applicants withdraw what they can do without. What lapses by
// law lapses also where a bundle needs it.
func (s *Service) mayWithdraw(ctx context.Context, tx db.Tx, w *work) error {
	if !w.actor.Applies() {
		return nil
	}
	return s.required(ctx, tx, w.c)
}

// together does what a step of one case means for the others of its bundle. The
// bundle's case is locked: nobody else moves one of them at the same time.
func (s *Service) together(ctx context.Context, tx db.Tx, w *work) error {
	if w.c.Procedure == bundleProcedure && w.a.Name == actWithdraw {
		return s.withdrawParts(ctx, tx, w)
	}
	if w.c.Parent == "" {
		return nil
	}
	return s.sumUp(ctx, tx, w)
}

// withdrawParts withdraws all parts that nobody has decided.
func (s *Service) withdrawParts(ctx context.Context, tx db.Tx, w *work) error {
	parts, err := partsOf(ctx, tx, w.c.ID)
	if err != nil {
		return err
	}
	for _, p := range parts {
		if p.Outcome != "" {
			continue
		}
		if _, err := s.step(ctx, tx, w.actor, p, Action{Name: actWithdraw}); err != nil && !errors.Is(err, ErrState) {
			return err
		}
	}
	return nil
}

// sumUp moves the bundle's case after one of its parts moved, and the parts that
// waited for it.
func (s *Service) sumUp(ctx context.Context, tx db.Tx, w *work) error {
	f, err := s.familyOf(ctx, tx, w.c.Parent)
	if err != nil || f.whole.Stage == StageDone {
		return err
	}
	// An essential part was denied: the official who denied it denies, no rule.
	decided := w.c.Outcome == statute.Denied || w.c.Outcome == statute.Refused
	if decided && f.whole.Outcome == "" && f.spec(w.c.Part).Blocking && w.actor.Kind == auth.Staff {
		a := Action{Name: actPartDenied, Reasons: append([]string{w.c.ItemName.ZH + "（" + w.c.AgencyName.ZH + "）"}, w.a.Reasons...)}
		if f.whole, err = s.step(ctx, tx, w.actor, f.whole, a); err != nil {
			return err
		}
	}
	return s.goOn(ctx, tx, f)
}

// goOnTogether moves a bundle's case whose parts may be enough now.
func (s *Service) goOnTogether(ctx context.Context, tx db.Tx, whole contract.CaseID) error {
	f, err := s.familyOf(ctx, tx, whole)
	if err != nil || f.whole.Stage == StageDone {
		return err
	}
	return s.goOn(ctx, tx, f)
}

// goOn begins parts that waited, and moves the bundle's case by what its parts came
// to.
func (s *Service) goOn(ctx context.Context, tx db.Tx, f family) error {
	moved, err := s.moveWaiting(ctx, tx, f)
	if err != nil || moved {
		return err // that part has summed up
	}
	system := auth.SystemPrincipal("bundle")
	if action := f.next(); action != "" {
		if f.whole, err = s.step(ctx, tx, system, f.whole, Action{Name: action}); err != nil {
			return err
		}
	}
	if stage := f.stage(); f.whole.Stage != StageDone && f.whole.Stage != stage {
		return setStage(ctx, tx, f.whole.ID, stage)
	}
	return nil
}

// moveWaiting begins one part that waited, or ends it where what it waited for
// was not granted. It reports whether it moved one.
func (s *Service) moveWaiting(ctx context.Context, tx db.Tx, f family) (bool, error) {
	system := auth.SystemPrincipal("bundle")
	for _, p := range f.parts {
		if p.Stage != StageWaiting {
			continue
		}
		spec := f.spec(p.Part)
		if lost := f.lost(spec); len(lost) > 0 {
			a := Action{Name: actDrop, Reasons: []string{"前一事项未获准：" + strings.Join(lost, "、")}}
			_, err := s.step(ctx, tx, system, p, a)
			return true, err
		}
		if len(f.waitsFor(spec)) == 0 {
			action, err := s.release(ctx, tx, p)
			if err == nil {
				_, err = s.step(ctx, tx, system, p, Action{Name: action})
			}
			return true, err
		}
	}
	return false, nil
}

// lost names the parts that a part waits for and that will not be granted.
func (f family) lost(spec contract.Part) []string {
	var names []string
	for _, id := range spec.After {
		if p, ok := f.part(id); ok && p.over() {
			names = append(names, p.ItemName.ZH)
		}
	}
	return names
}

// next is the step of the bundle's case that its parts bring about; "" for none.
func (f family) next() string {
	ended, accepted, granted := true, true, true
	needed := slices.ContainsFunc(f.parts, func(p Case) bool { return f.spec(p.Part).Required })
	for _, p := range f.parts {
		required := f.spec(p.Part).Required
		ended = ended && !p.Ended.IsZero()
		// Where none is required, the whole is accepted when each was taken up or is over.
		counts := required || !needed && p.Outcome == ""
		accepted = accepted && (!counts || !p.Accepted.IsZero() || p.settled())
		granted = granted && (!required || p.settled())
	}
	switch {
	case ended && f.whole.Outcome == statute.Denied, ended && granted:
		return actSumUp
	case ended:
		return actSumUpPartly
	case accepted && f.whole.Accepted.IsZero() && f.whole.Outcome == "":
		return actPartsAccepted
	}
	return ""
}

// stage says whose turn it is: the applicant's, where one of the parts waits for
// them.
func (f family) stage() Stage {
	if slices.ContainsFunc(f.parts, func(c Case) bool { return c.Stage == StageApplicant }) {
		return StageApplicant
	}
	return StageParts
}

// partList lists the parts of a bundle for its documents: who handles each, and
// once all have ended what each came to.
func (s *Service) partList(ctx context.Context, c Case, own Step) ([]string, error) {
	f, err := s.familyOf(ctx, s.c.DB, c.ID)
	if err != nil {
		return nil, err
	}
	var list []string
	for _, spec := range f.svc.Parts {
		p, ok := f.part(spec.ID)
		if !ok {
			continue
		}
		line := p.ItemName.ZH + "（" + p.AgencyName.ZH + "，办件编号" + idcode.GroupCaseNumber(p.Number) + "）"
		if own.Action != actSubmit {
			line += "：" + outcomeWord(p)
		}
		list = append(list, line)
	}
	return list, nil
}

// outcomeWord is what a part came to, in a word of the document.
func outcomeWord(c Case) string {
	switch c.Outcome {
	case statute.Granted:
		return "已办成"
	case statute.Denied:
		return "不予办理"
	case statute.Refused:
		return "不予受理"
	case statute.Ended:
		if c.notRequired() {
			return "无需办理"
		}
		return "已终止"
	}
	return "办理中"
}
