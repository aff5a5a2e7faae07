package casework

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/auth"
	"github.com/tongban/tongban/internal/kit/day"
	"github.com/tongban/tongban/internal/kit/db"
	"github.com/tongban/tongban/internal/kit/fault"
	"github.com/tongban/tongban/internal/statute"
)

// versions are services of which each has several versions.
type versions map[contract.ItemID][]contract.Service

func (v versions) Service(_ context.Context, item contract.ItemID, n int) (contract.Service, error) {
	if n < 1 || n > len(v[item]) {
		return contract.Service{}, ErrNotFound
	}
	return v[item][n-1], nil
}

// moveWorld is a world whose services and procedures get new versions.
type moveWorld struct {
	*world
	of versions
}

func newMoveWorld(w *world) *moveWorld {
	of := versions{}
	for item, svc := range testServices() {
		of[item] = []contract.Service{svc}
	}
	w.c.Services = of
	return &moveWorld{w, of}
}

// publish makes the next version of a service and tells its number.
func (w *moveWorld) publish(item contract.ItemID, change func(*contract.Service)) int {
	list := w.of[item]
	next := list[len(list)-1]
	next.Handling.Units = slices.Clone(next.Handling.Units)
	next.Parts = slices.Clone(next.Parts)
	next.Version = len(list) + 1
	change(&next)
	w.of[item] = append(list, next)
	return next.Version
}

// edit makes another edition of a procedure, with words of its text replaced, and
// tells its number.
func (w *moveWorld) edit(t testing.TB, procedure string, oldnew ...string) int {
	t.Helper()
	text, err := fs.ReadFile(statute.Shipped(), "procedures/"+procedure+".yaml")
	must(t, err)
	edition := 100
	changed := strings.Replace(string(text), "id: "+procedure+"\n", fmt.Sprintf("id: %s\nversion: %d\n", procedure, edition), 1)
	after := strings.NewReplacer(oldnew...).Replace(changed)
	if after == changed && len(oldnew) > 0 {
		t.Fatalf("nothing to replace in %s", procedure)
	}
	w.c.Procedures, err = statute.LoadProceduresWith(fstest.MapFS{procedure + ".yaml": {Data: []byte(after)}})
	must(t, err)
	return edition
}

// target is the move of all cases that are handled as one is.
func target(c Case, version, edition int) Target {
	return Target{
		Agency: c.Agency, Item: c.Item, Procedure: c.Procedure, FromVersion: c.HandledAs, FromEdition: c.ProcVersion,
		ToVersion: version, ToEdition: edition,
	}
}

// judged is what a dry run says of one case.
func (w *moveWorld) judged(t testing.TB, c Case, to Target) MoveCase {
	t.Helper()
	var found MoveCase
	must(t, w.DryRun(t.Context(), to, func(x MoveCase) error {
		if x.Case == c.ID {
			found = x
		}
		return nil
	}))
	if found.Case == "" {
		t.Fatalf("the dry run does not list case %s", c.Number)
	}
	return found
}

func codes(list []MoveNote) string {
	var all []string
	for _, n := range list {
		all = append(all, n.Code)
	}
	return strings.Join(all, " ")
}

func dropUnit(id string) func(*contract.Service) {
	return func(s *contract.Service) {
		s.Handling.Units = slices.DeleteFunc(s.Handling.Units, func(u contract.Unit) bool { return u.ID == id })
	}
}

func changeUnit(id string, change func(*contract.Unit)) func(*contract.Service) {
	return func(s *contract.Service) {
		for i := range s.Handling.Units {
			if s.Handling.Units[i].ID == id {
				change(&s.Handling.Units[i])
			}
		}
	}
}

// moveTable is why a case may move and why it may not.
type moveRow struct {
	name    string
	item    contract.ItemID
	prepare func(t testing.TB, w *moveWorld, c Case) Case
	change  func(*contract.Service)
	edition []string // of the procedure of the item: replacements
	to      string   // the day on which the dry run is made
	may     bool
	codes   string
}

func accepted(t testing.TB, w *moveWorld, c Case) Case {
	return w.act(t, clerk, c, Action{Name: actAccept})
}

func opined(who auth.Principal, unit, verdict string) func(testing.TB, *moveWorld, Case) Case {
	return func(t testing.TB, w *moveWorld, c Case) Case {
		t.Helper()
		c = accepted(t, w, c)
		must(t, w.Opine(t.Context(), who, c.ID, unit, Answer{Opinion: verdict, Note: "已查", Reasons: []string{"依法"}}))
		return w.load(t, c.ID)
	}
}

func same0(*contract.Service) {}

func moveTable() []moveRow {
	limits := func(accept, promised, deliver int) func(*contract.Service) {
		return func(s *contract.Service) {
			s.Limits.Accept, s.Limits.Promised, s.Limits.Deliver = accept, promised, deliver
		}
	}
	testing6 := func(t testing.TB, w *moveWorld, c Case) Case {
		return w.act(t, reviewer1, accepted(t, w, c), Action{Name: actPause, Special: statute.Testing, Days: 6, Reasons: []string{"依法"}})
	}
	special := func(kind statute.Special) func(*contract.Service) {
		return func(s *contract.Service) { s.Handling.Special = []contract.SpecialSpec{{Kind: string(kind), Days: 5}} }
	}
	reviewed := func(t testing.TB, w *moveWorld, c Case) Case {
		return w.act(t, reviewer1, accepted(t, w, c), Action{Name: actReview, Opinion: "符合"})
	}
	extended := func(t testing.TB, w *moveWorld, c Case) Case {
		return w.act(t, head, accepted(t, w, c), Action{Name: actExtend, Reasons: []string{"案情复杂"}, Organ: "区政府"})
	}
	onsite := func(t testing.TB, w *moveWorld, c Case) Case {
		return w.act(t, clerk, c, Action{Name: actCorrectOnsite, Marks: []contract.Mark{{Kind: "field", ID: "name", Reason: "笔误"}}})
	}
	correcting := func(t testing.TB, w *moveWorld, c Case) Case {
		return w.act(t, clerk, c, Action{Name: actCorrect, Marks: []contract.Mark{{Kind: "field", ID: "name", Reason: "不一致"}}})
	}
	two := func(is bool) func(*contract.Service) {
		return func(s *contract.Service) { s.Handling.TwoOfficials = is }
	}
	return []moveRow{
		{"nothing that concerns it changed", hygiene, accepted, same0, nil, "", true, ""},
		{"a longer promise", hygiene, accepted, limits(5, 6, 10), nil, "", false, "later"},
		{"a longer limit of the law", hygiene, accepted, func(s *contract.Service) { s.Limits.Statutory = 21 }, nil, "", false, "later"},
		{"a shorter promise", hygiene, accepted, limits(5, 4, 10), nil, "", true, "earlier"},
		{"over at once", hygiene, accepted, limits(5, 2, 10), nil, "2026-11-19", false, "at_once"},
		{"on its last day", hygiene, accepted, limits(5, 2, 10), nil, "2026-11-18", true, "earlier"},
		{"longer, before it began", hygiene, nil, limits(5, 6, 10), nil, "", false, "later"},
		{"shorter, before it began", hygiene, nil, limits(5, 4, 10), nil, "", true, "shorter"},
		{"a delivery as it was told", hygiene, accepted, func(s *contract.Service) { s.Limits.Deliver = 10 }, nil, "", true, ""},
		{"a faster acceptance", hygiene, nil, limits(3, 5, 10), nil, "", true, "earlier"},
		{"a faster acceptance, when corrections come", hygiene, correcting, limits(3, 5, 10), nil, "", true, "shorter"},
		{"a longer extension", hygiene, accepted, same0, []string{"extension_days: 10", "extension_days: 11"}, "", false, "later"},
		{"extended before: no other extension", hygiene, extended, same0, []string{"extension_days: 10", "extension_days: 11"}, "", true, ""},
		{"extended, and shorter", hygiene, extended, limits(5, 4, 10), nil, "", true, "earlier"},
		{"in a pause that is allowed still", hygiene, testing6, special(statute.Testing), nil, "", true, ""},
		{"in a pause that is not", hygiene, testing6, special(statute.Hearing), nil, "", false, "special"},
		{"paused and shorter", hygiene, testing6, limits(5, 4, 10), nil, "", true, "earlier"},
		{"its state is gone", hygiene, onsite, same0, []string{"CORRECTION_ONSITE", "CORRECTION_AT_ONCE"}, "", false, "state"},
		{"another state is gone", hygiene, accepted, same0, []string{"CORRECTION_ONSITE", "CORRECTION_AT_ONCE"}, "", true, ""},
		{"silence has accepted it", hygiene, nil, same0, nil, "2026-11-24", false, "silent"},
		{"it would be no bundle", opening, nil, func(s *contract.Service) { s.Procedure = "licensing" }, nil, "", false, "kind"},
		{"two officials, none reviewed", away, awayAccepted, two(true), nil, "", true, "two"},
		{"two officials, one reviewed", benefit, reviewed, two(true), nil, "", true, "waits second"},
		{"one official is enough", hygiene, reviewed, two(false), nil, "", true, "one"},
		{"a hearing is missing", hygiene, accepted, heard(""), nil, "", true, "hearing"},
		{"a hearing that others have", hygiene, accepted, heard("never"), nil, "", true, ""},
		{"whether a hearing is needed cannot be told", hygiene, accepted, heard("broken"), nil, "", false, "condition"},
		{"a visit is missing", hygiene, accepted, func(s *contract.Service) { s.Handling.Visits = &contract.VisitSpec{Required: true} }, nil, "", true, "visit"},
	}
}

// heard makes a version ask for a hearing.
func heard(when string) func(*contract.Service) {
	return func(s *contract.Service) {
		s.Handling.Hearing = &contract.HearingSpec{Kind: contract.HearingMust, When: when}
	}
}

// moveUnitsTable is what a move does to the agencies that are asked, and to parts.
func moveUnitsTable() []moveRow {
	reviewed := func(t testing.TB, w *moveWorld, c Case) Case {
		return w.act(t, reviewer1, accepted(t, w, c), Action{Name: actReview, Opinion: "符合"})
	}
	return []moveRow{
		{"another agency's from now on", hygiene, accepted, func(s *contract.Service) { s.Agency = elsewhere }, nil, "", true, "agency"},
		{"an agency is no longer asked", joint, accepted, dropUnit("v-city"), nil, "", true, "waits released"},
		{"both are not", joint, accepted, func(s *contract.Service) { s.Handling.Units = nil }, nil, "", true, "released released"},
		{"an opinion that is not needed", joint, opined(fireman, "u-fire", OpinionAgree), dropUnit("u-fire"), nil, "", true, "kept"},
		{"an objection would be lost", joint, opined(fireman, "u-fire", OpinionObject), dropUnit("u-fire"), nil, "", false, "objection"},
		{"an objection would count no more", joint, opined(fireman, "u-fire", OpinionObject), changeUnit("u-fire", func(u *contract.Unit) { u.Blocking = false }), nil, "", false, "objection_turns"},
		{"an objection would count", joint, opined(warden, "v-city", OpinionObject), changeUnit("v-city", func(u *contract.Unit) { u.Blocking = true }), nil, "", false, "waits objection_turns"},
		{"an opinion counts", joint, opined(fireman, "u-fire", OpinionAgree), same0, nil, "", true, "counts"},
		{"an agency must be waited for", joint, accepted, changeUnit("v-city", func(u *contract.Unit) { u.Required = true }), nil, "", true, "waits terms waits"},
		{"another agency is asked", joint, accepted, changeUnit("u-fire", func(u *contract.Unit) { u.Agency = city }), nil, "", true, "released asked"},
		{"an agency is asked beside", joint, accepted, func(s *contract.Service) {
			s.Handling.Units = append(s.Handling.Units, contract.Unit{ID: "w-new", Agency: city, Task: contract.Text{ZH: "噪声意见", EN: "Noise"}, Required: true, Days: 4})
		}, nil, "", true, "waits asked"},
		{"one whose condition does not hold", benefit, accepted, func(s *contract.Service) {
			s.Handling.Units = append(s.Handling.Units, contract.Unit{ID: "w-new", Agency: fire, When: "never", Days: 4})
		}, nil, "", true, "waits"},
		{"one whose condition cannot be told", benefit, accepted, func(s *contract.Service) {
			s.Handling.Units = append(s.Handling.Units, contract.Unit{ID: "w-new", Agency: fire, When: "broken", Days: 4})
		}, nil, "", false, "waits condition"},
		{"asked where nobody could answer", hygiene, accepted, func(s *contract.Service) {
			s.Handling.Units = []contract.Unit{{ID: "w-new", Agency: fire, Required: true, Days: 4}}
		}, nil, "", false, "asked no_opinions"},
		{"agencies are asked at acceptance", joint, nil, dropUnit("u-fire"), nil, "", true, "units_later"},
		{"the join is complete", joint, reviewed, dropUnit("u-fire"), nil, "", true, "released joins"},
		{"a part is gone", opening, nil, func(s *contract.Service) { s.Parts = s.Parts[:2] }, nil, "", false, "part_gone"},
		{"the parts are enough now", opening, func(t testing.TB, w *moveWorld, c Case) Case {
			_, parts := w.reload(t, c.ID)
			w.act(t, clerk, parts["filing"], Action{Name: actAccept})
			return w.load(t, c.ID)
		}, func(s *contract.Service) {
			s.Parts[0].Required, s.Parts[0].Blocking, s.Parts[1].Required = false, false, true
		}, nil, "", true, "bundle_joins"},
	}
}

func awayAccepted(t testing.TB, w *moveWorld, c Case) Case {
	return w.act(t, abroad(clerk), c, Action{Name: actAccept})
}

// sometimes is a condition that is never met, and one that cannot be told.
type sometimes struct{ conditions }

func (s sometimes) Holds(svc contract.Service, when string, p contract.Party, on day.Date, a, found contract.Answers) (bool, error) {
	switch when {
	case "never":
		return false, nil
	case "broken":
		return false, errors.New("no such field")
	}
	return s.conditions.Holds(svc, when, p, on, a, found)
}

func TestWhyACaseMayMove(t *testing.T) {
	t.Parallel()
	for _, row := range slices.Concat(moveTable(), moveUnitsTable()) {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			each(t, func(t *testing.T, base *world) { row.check(t, newMoveWorld(base)) })
		})
	}
}

func (row moveRow) check(t *testing.T, w *moveWorld) {
	w.c.Conditions = sometimes{}
	var c Case
	if row.item == opening {
		c, _ = w.family(t, "case")
	} else {
		c = w.file(t, "case", row.item)
	}
	if row.prepare != nil {
		c = row.prepare(t, w, c)
	}
	version, edition := w.publish(row.item, row.change), 1
	if row.edition != nil {
		edition = w.edit(t, c.Procedure, row.edition...)
	}
	if row.to != "" {
		w.clock.to(row.to)
	}
	got := w.judged(t, c, target(c, version, edition))
	if got.Movable != row.may || codes(got.Notes) != row.codes {
		t.Errorf("may move %v because of %q, want %v, %q\n%+v", got.Movable, codes(got.Notes), row.may, row.codes, got.Notes)
	}
	for _, n := range got.Notes {
		if n.Text.ZH == "" || n.Text.EN == "" || strings.Contains(n.Text.ZH+n.Text.EN, "%!") {
			t.Errorf("%s is not said in both languages: %+v", n.Code, n.Text)
		}
	}
	w.settle(t, c, target(c, version, edition), row.may)
}

// settle carries a plan out and checks that the case moved, or did not.
func (w *moveWorld) settle(t *testing.T, c Case, to Target, may bool) {
	t.Helper()
	boss := head
	if c.Agency == elsewhere {
		boss = abroad(head)
	}
	before := w.load(t, c.ID)
	plan, err := w.PlanMove(t.Context(), catalogOf(boss), to, "新版本施行")
	must(t, err)
	_, err = w.ApproveMove(t.Context(), boss, plan.ID, plan.Hash)
	if !may {
		if plan.Movable > 0 || !errors.Is(err, ErrMoveEmpty) {
			t.Errorf("approved %+v: %v", plan, err)
		}
		return
	}
	must(t, err)
	w.drain(t)
	after := w.load(t, c.ID)
	if after.HandledAs != to.ToVersion || after.ProcVersion != to.ToEdition || after.Step <= before.Step || after.Version != before.Version {
		t.Errorf("moved to %d and edition %d in step %d", after.HandledAs, after.ProcVersion, after.Step)
	}
	if after.Due.Promised.After(before.Due.Promised) || after.Due.Legal.After(before.Due.Legal) {
		t.Errorf("due %v was %v", after.Due, before.Due)
	}
	w.checkInvariants(t, c.ID)
	if found := w.replayed(t); len(found) > 0 {
		t.Errorf("the replay differs: %+v", found)
	}
}

func catalogOf(p auth.Principal) auth.Principal {
	p.ID, p.Roles = "catalog-"+p.ID, []string{auth.RoleCatalogManager}
	return p
}

func kindOfFault(err error) string {
	if err == nil {
		return ""
	}
	return string(fault.KindOf(err))
}

// Two people, once each, and nobody else.
func TestFourEyesOnAMove(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, base *world) {
		w := newMoveWorld(base)
		c := accepted(t, w, w.file(t, "one", hygiene))
		version := w.publish(hygiene, func(s *contract.Service) { s.Limits.Promised = 4 })
		to := target(c, version, 1)
		chief, manager := head, catalogOf(head)
		both := staff("both", auth.RoleHead, auth.RoleCatalogManager)
		for _, p := range []auth.Principal{lin, zhou, clerk, reviewer1, approver, supervisor, auditor, admin, firechief, abroad(head), catalogOf(abroad(head)), staff("window", auth.RoleCounter)} {
			if _, err := w.PlanMove(t.Context(), p, to, "理由"); err == nil {
				t.Errorf("%s plans", p.ID)
			}
		}
		plan, err := w.PlanMove(t.Context(), manager, to, "新版本施行")
		must(t, err)
		for _, p := range []auth.Principal{lin, zhou, clerk, reviewer1, approver, supervisor, auditor, admin, firechief, abroad(head), manager, catalogger, catalogOf(abroad(head))} {
			if _, err := w.ApproveMove(t.Context(), p, plan.ID, plan.Hash); err == nil {
				t.Errorf("%s approves what a catalogue manager planned", p.ID)
			}
		}
		if _, err := w.ApproveMove(t.Context(), chief, plan.ID, "another"); !errors.Is(err, ErrMoveSeen) {
			t.Errorf("another list: %v", err)
		}
		of, err := w.PlanMove(t.Context(), both, to, "新版本施行")
		must(t, err)
		if _, err := w.ApproveMove(t.Context(), both, of.ID, of.Hash); !errors.Is(err, ErrMoveOwn) {
			t.Errorf("one's own plan: %v", err)
		}
		if _, err := w.ApproveMove(t.Context(), catalogger, of.ID, of.Hash); err != nil {
			t.Errorf("a head planned, a catalogue manager approves: %v", err)
		}
		w.drain(t)
		if moved := w.load(t, c.ID); moved.HandledAs != version {
			t.Fatalf("not moved: %+v", moved)
		}
		// The other plan was made of what is no longer so.
		_, err = w.ApproveMove(t.Context(), chief, plan.ID, plan.Hash)
		must(t, err)
		if _, err := w.ApproveMove(t.Context(), chief, plan.ID, plan.Hash); !errors.Is(err, ErrMoveSettled) {
			t.Errorf("approved twice: %v", err)
		}
		if _, err := w.DropMove(t.Context(), manager, plan.ID); !errors.Is(err, ErrMoveSettled) {
			t.Errorf("dropped after it was approved: %v", err)
		}
		w.drain(t)
		after, err := w.Move(t.Context(), chief, plan.ID)
		must(t, err)
		if !after.Done() || after.Results[ResultChanged] != 1 || after.Results[ResultMoved] != 0 {
			t.Errorf("results %+v", after.Results)
		}
		list, _, err := w.MoveCases(t.Context(), chief, of.ID, string(ResultMoved), "", 0)
		must(t, err)
		if len(list) != 1 || list[0].Case != c.ID || codes(list[0].Notes) != "earlier" {
			t.Errorf("moved %+v", list)
		}
		if _, err := w.Move(t.Context(), reviewer1, of.ID); !errors.Is(err, ErrMove) {
			t.Errorf("a reviewer sees a plan: %v", err)
		}
	})
}

// What a form lacks is said next to the field.
func TestWhatAPlanLacks(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, base *world) {
		w := newMoveWorld(base)
		c := w.file(t, "one", hygiene)
		for _, tt := range []struct {
			what   string
			to     Target
			reason string
			field  string
		}{
			{"no reason", target(c, 1, 1), "", "reason"},
			{"nothing else", target(c, 1, 1), "理由", "to"},
			{"no such version", target(c, 7, 1), "理由", "to"},
			{"no such edition", target(c, 1, 7), "理由", "to"},
			{"a long story", target(c, 1, 1), strings.Repeat("长", maxReason+1), "reason"},
		} {
			_, err := w.PlanMove(t.Context(), head, tt.to, tt.reason)
			if kindOfFault(err) != string(fault.Invalid) || !strings.Contains(fmt.Sprintf("%+v", fault.FieldsOf(err)), tt.field) {
				t.Errorf("%s: %v", tt.what, err)
			}
		}
	})
}

// A crash in the middle of a move leaves the case as it was, and a second run of the
// job moves it once. Somebody who works on a case in between is not overrun.
func TestEachCaseMovesOnce(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, base *world) {
		w := newMoveWorld(base)
		var cases []Case
		for i := range 5 {
			c := w.act(t, reviewer1, accepted(t, w, w.file(t, fmt.Sprint("case", i), joint)), Action{Name: actReview, Opinion: "符合"})
			cases = append(cases, c)
		}
		version := w.publish(joint, dropUnit("u-fire"))
		plan, err := w.PlanMove(t.Context(), catalogger, target(cases[0], version, 1), "不再征求消防意见")
		must(t, err)
		if plan.Cases != 5 || plan.Movable != 5 {
			t.Fatalf("plan %+v", plan)
		}
		_, err = w.ApproveMove(t.Context(), head, plan.ID, plan.Hash)
		must(t, err)
		crash := errors.New("the power was cut")
		err = w.c.DB.InTx(t.Context(), func(ctx context.Context, tx db.Tx) error {
			must(t, w.moveOne(ctx, tx, moveCaseJob{plan.ID, cases[0].ID}))
			return crash
		})
		if got := w.load(t, cases[0].ID); !errors.Is(err, crash) || got.Step != cases[0].Step || got.Stage != StageOpinions {
			t.Errorf("after a crash: %v, %+v", err, got)
		}
		must(t, w.Opine(t.Context(), fireman, cases[1].ID, "u-fire", Answer{Opinion: OpinionObject, Reasons: []string{"通道堵塞"}}))
		w.drain(t)
		again := func() {
			must(t, w.c.DB.InTx(t.Context(), func(ctx context.Context, tx db.Tx) error {
				return w.moveOne(ctx, tx, moveCaseJob{plan.ID, cases[0].ID})
			}))
		}
		again()
		for i, was := range cases {
			c := w.load(t, was.ID)
			switch {
			case i == 1 && (c.HandledAs != 1 || c.Objections != 1):
				t.Errorf("overrun: %+v", c)
			case i != 1 && (c.HandledAs != version || c.Stage != StageDecide || c.Step != was.Step+1 || c.Holder.ID != ""):
				t.Errorf("case %d: version %d, %s in step %d", i, c.HandledAs, c.Stage, c.Step)
			}
			w.checkInvariants(t, c.ID)
		}
		got, err := w.Move(t.Context(), head, plan.ID)
		must(t, err)
		if !got.Done() || got.Results[ResultMoved] != 4 || got.Results[ResultChanged] != 1 {
			t.Errorf("results %+v", got.Results)
		}
		if found := w.replayed(t); len(found) > 0 {
			t.Errorf("the replay differs: %+v", found)
		}
		w.told(t, cases[0])
		// Back again: the agency is asked anew, and the move is another one.
		back, err := w.PlanMove(t.Context(), head, target(w.load(t, cases[0].ID), 1, 1), "恢复征求")
		must(t, err)
		_, err = w.ApproveMove(t.Context(), catalogger, back.ID, back.Hash)
		must(t, err)
		w.drain(t)
		c := w.load(t, cases[0].ID)
		if c.HandledAs != 1 || c.Stage != StageDecide && c.Stage != StageOpinions || c.Step != cases[0].Step+2 {
			t.Errorf("moved back: %+v", c)
		}
		w.checkInvariants(t, c.ID)
		if found := w.replayed(t); len(found) > 0 {
			t.Errorf("the replay differs after the way back: %+v", found)
		}
	})
}

// told checks the record, the event and the notice of a moved case.
func (w *moveWorld) told(t *testing.T, c Case) {
	t.Helper()
	steps, err := stepsOf(t.Context(), w.c.DB, c.ID)
	must(t, err)
	last := steps[len(steps)-1]
	action, _ := w.StepName(w.load(t, c.ID), last)
	if last.Action != actMove || last.Actor.ID != head.ID || last.HandledAs != 2 || steps[0].HandledAs != 1 || !strings.Contains(action.EN, "version 2") {
		t.Errorf("record %+v %v", last, action)
	}
	events, err := w.events.Of(t.Context(), "case:"+string(c.ID))
	must(t, err)
	n := 0
	for _, e := range events {
		if e.Name == (contract.CaseRehandled{}).EventName() {
			n++
			if !strings.Contains(string(e.Body), `"released":["fire"]`) || !strings.Contains(string(e.Body), `"notify":"lin"`) {
				t.Errorf("told %s", e.Body)
			}
		}
	}
	if n != 1 {
		t.Errorf("%d events of the move", n)
	}
}
