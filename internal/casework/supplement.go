package casework

import (
	"context"
	"slices"
	"strings"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/auth"
	"github.com/tongban/tongban/internal/kit/db"
	"github.com/tongban/tongban/internal/kit/fault"
	"github.com/tongban/tongban/internal/statute"
)

// actSupplement is a step of the applicant that leaves the case where it is: no
// procedure has it, and no clock moves.
const actSupplement = "supplement"

// maxMaterialFiles bounds what one material can grow to by supplements.
const maxMaterialFiles = 20

// Supplement is material that the applicant adds before the decision (补充材料):
// of their own accord, or because it was owed.
type Supplement struct {
	Material string
	Note     string
	Files    []Upload
	// At a counter the clerk says what they saw of the original.
	Compared bool
	Paper    string // contract.PaperKept, PaperReturned or ""
}

// Place is a material that may be added to now.
type Place struct {
	Spec contract.MaterialSpec
	Has  int   // files so far
	Owed *Owed // set where it must come
}

// Supplements lists where the applicant may add to, what is owed first.
func (s *Service) Supplements(ctx context.Context, actor auth.Principal, id contract.CaseID) (Case, []Place, error) {
	c, h, svc, err := s.handedInBy(ctx, actor, id)
	if err != nil {
		return c, nil, err
	}
	if !applies(actor, c) {
		return c, nil, ErrNotFound
	}
	if err := s.c.Policy.Check(actor, "casework.supplement", object(c, nil)); err != nil {
		return c, nil, err
	}
	owes, err := s.OwedOf(ctx, actor, id)
	if err != nil {
		return c, nil, err
	}
	var must, may []Place
	for _, spec := range svc.Materials {
		p := Place{Spec: spec, Has: count(h.materials, spec.ID)}
		if i := slices.IndexFunc(owes, func(o Owed) bool { return o.Material == spec.ID && !o.Given && !o.Lapsed }); i >= 0 {
			p.Owed = &owes[i]
		}
		switch {
		case !addable(c, spec, p.Owed != nil):
		case p.Owed != nil:
			must = append(must, p)
		default:
			may = append(may, p)
		}
	}
	return c, append(must, may...), nil
}

func count(list []contract.Material, id string) int {
	n := 0
	for _, m := range list {
		if m.ID == id && m.Blob != "" {
			n++
		}
	}
	return n
}

// addable tells whether a material takes files now: before the decision, and
// while a correction is under way only what is owed, because the form has the
// rest in hand. What government holds or the form makes is not asked for.
func addable(c Case, spec contract.MaterialSpec, owed bool) bool {
	if spec.Origin == "government" || spec.Origin == "form" || len(spec.Types) == 0 && spec.Origin != "upload" {
		return false
	}
	if !c.Decided.IsZero() || c.Procedure == bundleProcedure || c.Stage == StageDone || c.Stage == StageDeliver {
		return false
	}
	return owed || c.Stage != StageApplicant
}

// Supplement adds files to a case. What is not listed in the guide is refused.
func (s *Service) Supplement(ctx context.Context, actor auth.Principal, id contract.CaseID, a Supplement) (Case, error) {
	c, places, err := s.Supplements(ctx, actor, id)
	if err != nil {
		return c, err
	}
	a.Note = strings.TrimSpace(a.Note)
	i := slices.IndexFunc(places, func(p Place) bool { return p.Spec.ID == a.Material })
	if err := checkSupplement(a, places, i); err != nil {
		return c, err
	}
	if len(places) == 0 {
		return c, ErrState
	}
	spec := takes(places[i].Spec)
	files, err := s.take(ctx, spec, a.Files)
	if err != nil {
		return c, err
	}
	if err := s.lookAt(ctx, actor, a, files); err != nil {
		return c, err
	}
	err = s.c.DB.InTx(ctx, func(ctx context.Context, tx db.Tx) error {
		c, err = s.supplement(ctx, tx, actor, id, added{spec, a.Note, files})
		return err
	})
	return c, err
}

// takes fills in what a service left open.
func takes(spec contract.MaterialSpec) contract.MaterialSpec {
	if len(spec.Types) == 0 {
		spec.Types = messageFile.Types
	}
	if spec.MaxMB == 0 {
		spec.MaxMB = messageFile.MaxMB
	}
	spec.MaxFiles = max(spec.MaxFiles, 1)
	return spec
}

func checkSupplement(a Supplement, places []Place, i int) error {
	var form fault.Form
	if len(places) > 0 && i < 0 {
		form.Add("material", "casework.supplement_unlisted")
	}
	if len(a.Files) == 0 {
		form.Add("files", "casework.supplement_empty")
	}
	if i >= 0 {
		most := takes(places[i].Spec).MaxFiles
		if len(a.Files) > most || places[i].Has+len(a.Files) > maxMaterialFiles {
			form.Add("files", "casework.supplement_many", "n", most)
		}
	}
	if len([]rune(a.Note)) > maxNote {
		form.Add("note", "casework.too_long", "max", maxNote)
	}
	return form.Err()
}

// added is what a supplement brings, its files stored.
type added struct {
	spec  contract.MaterialSpec
	note  string
	files []contract.Material
}

// supplement stores a round with the new files. The answers are those of the
// round before; the record gains a step, the clocks nothing.
func (s *Service) supplement(ctx context.Context, tx db.Tx, actor auth.Principal, id contract.CaseID, x added) (Case, error) {
	spec := x.spec
	c, err := lockCase(ctx, tx, id)
	if err != nil {
		return c, err
	}
	o, err := owedBy(ctx, tx, id, spec.ID)
	owes := err == nil && o.open()
	if err != nil && fault.KindOf(err) != fault.NotFound {
		return c, err
	}
	if !addable(c, spec, owes) {
		return c, ErrState
	}
	h, err := lastHandIn(ctx, tx, id)
	if err != nil {
		return c, err
	}
	h.materials = slices.DeleteFunc(h.materials, func(m contract.Material) bool {
		return m.ID == spec.ID && m.Origin == contract.MaterialOwed
	})
	h.materials = append(h.materials, x.files...)
	h.round, h.at = h.round+1, s.c.Now()
	if err := insertHandIn(ctx, tx, id, h); err != nil {
		return c, err
	}
	if err := s.compared(ctx, tx, actor, c, contract.Service{Materials: []contract.MaterialSpec{spec}}, x.files); err != nil {
		return c, err
	}
	if owes {
		if err := setOwed(ctx, tx, o, owedGiven, h.at); err != nil {
			return c, err
		}
	}
	return s.note(ctx, tx, actor, c, Action{Name: actSupplement, Opinion: x.note, Reasons: []string{spec.ID}})
}

// note records a step that leaves a case in its state and its clocks alone.
// Whoever had the case open learns that it changed.
func (s *Service) note(ctx context.Context, tx db.Tx, actor auth.Principal, c Case, a Action) (Case, error) {
	actor = standing(actor, c, statute.Transition{Action: a.Name, Roles: []statute.Role{statute.RoleApplicant}})
	was := c.Step
	c.Step++
	st := Step{
		No: c.Step, Action: a.Name, From: c.State, To: c.State, Actor: recorded(actor),
		Opinion: a.Opinion, Reasons: a.Reasons, Started: c.Moved, At: s.c.Now(),
	}
	st.Behalf, st.BehalfKind, st.Mandate = behalf(c, actor)
	if u := unitOf(actor, c); u.ID != "" {
		st.UnitID, st.Unit = u.ID, u.Name
	}
	if err := updateCase(ctx, tx, c, was); err != nil {
		return c, err
	}
	return c, s.record(ctx, tx, actor, c, outcome{steps: []taken{{Step: st}}}, 0)
}
