package casework

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/auth"
	"github.com/tongban/tongban/internal/kit/day"
	"github.com/tongban/tongban/internal/kit/db"
	"github.com/tongban/tongban/internal/kit/fault"
	"github.com/tongban/tongban/internal/statute"
)

// staged is a service whose stages have limits, fields and roles.
const staged contract.ItemID = "staged"

func stagedService() contract.Service {
	s := testServices()[hygiene]
	s.Item, s.Limits.Promised = staged, 10
	s.Handling.Special = []contract.SpecialSpec{{Kind: "inspection", Days: 5}}
	label := func(zh string) contract.Text { return contract.Text{ZH: zh, EN: zh} }
	s.Handling.Stages = []contract.StageSpec{
		{Stage: "accept", Name: label("受理"), Days: 2},
		{Stage: "review", Name: label("审查"), Days: 3, Fields: []contract.Field{
			{ID: "scope", Kind: "text", Label: label("许可范围"), Required: true, Public: true, Papers: []string{"grant"}},
			{ID: "illness", Kind: "text", Label: label("病情"), Personal: true},
		}},
		{Stage: "countersign", Name: label("复核"), Days: 1},
		{Stage: "decide", Name: label("决定"), Days: 2, Roles: []string{"approver"}},
	}
	return s
}

// textForms reads texts, and asks for those that are required.
type textForms struct{}

func (textForms) ReadFound(_ contract.Service, in FoundInput) (contract.Answers, []fault.Field, error) {
	out := contract.Answers{}
	var faults []fault.Field
	for _, f := range in.Fields {
		text := ""
		if in.JSON != nil {
			_ = json.Unmarshal(in.JSON[f.ID], &text) // "" where there is none
		} else if list := in.Get(f.ID); len(list) > 0 {
			text = list[0]
		}
		switch {
		case text != "":
			out[f.ID] = text
		case f.Required && !in.Partly:
			faults = append(faults, fault.Field{Name: f.ID, Err: fault.New(fault.Invalid, "form.field.required")})
		}
	}
	return out, faults, nil
}

// facesOf remembers what a face was evaluated with.
type facesOf struct{ last *FaceInput }

func (f facesOf) Evaluate(_ context.Context, _ contract.Service, in FaceInput) ([]contract.FaceLine, error) {
	*f.last = in
	return nil, nil
}

func (w *world) stagedCase(t testing.TB, key string) Case {
	t.Helper()
	w.services[staged] = stagedService()
	w.c.Forms = textForms{}
	return w.file(t, key, staged)
}

func entered(pairs ...string) Entered {
	e := Entered{JSON: map[string]json.RawMessage{}}
	for i := 0; i < len(pairs); i += 2 {
		text, _ := json.Marshal(pairs[i+1])
		e.JSON[pairs[i]] = text
	}
	return e
}

func reviewed(pairs ...string) Action {
	a := opinion("review")
	a.Found = entered(pairs...)
	return a
}

func TestAStageHasItsOwnLimitThatAPauseStops(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		c := w.stagedCase(t, "limit")
		if c.Limit.Due.String() != "2026-11-18" { // Monday is not counted: Tuesday, Wednesday
			t.Fatalf("acceptance by %s", c.Limit.Due)
		}
		w.clock.to("2026-11-17")
		c = w.act(t, clerk, c, Action{Name: "accept"})
		if c.Limit.Due.String() != "2026-11-20" || c.Limit.Since != c.Step {
			t.Fatalf("review by %+v", c.Limit)
		}
		w.clock.to("2026-11-18")
		c = w.act(t, reviewer1, c, Action{Name: "pause", Special: statute.Inspection, Days: 5, Reasons: []string{"送检"}})
		if !c.Due.Paused || c.Limit.Light(w.Today(), true) != statute.PausedLight {
			t.Fatalf("paused: %+v", c)
		}
		w.clock.to("2026-11-25")
		w.drain(t)
		c = w.act(t, reviewer1, w.load(t, c.ID), Action{Name: "resume", Opinion: "合格"})
		if c.Limit.Due.String() != "2026-11-27" || c.Yellow != 0 { // one day used: two are left after the 25th
			t.Fatalf("after the pause: %+v, yellow %d", c.Limit, c.Yellow)
		}
		c = w.act(t, reviewer1, c, reviewed("scope", "理发"))
		if c.Stage != StageCountersign || c.Limit.Due.String() != "2026-11-26" {
			t.Fatalf("countersignature: %s %+v", c.Stage, c.Limit)
		}
		terms, err := w.Terms(t.Context(), reviewer1, c.ID)
		must(t, err)
		i := slices.IndexFunc(terms, func(x Term) bool { return x.Kind == termStage && x.ID == "review" })
		if i < 0 || len(terms[i].Lines) == 0 || terms[i].Ended.String() != "2026-11-25" {
			t.Errorf("terms %+v", terms)
		}
		own, err := w.Terms(t.Context(), lin, c.ID)
		must(t, err)
		if len(own) != 0 {
			t.Errorf("the applicant is told of the agency's own limits: %+v", own)
		}
		w.noDifferences(t)
	})
}

func (w *world) noDifferences(t testing.TB) {
	t.Helper()
	_, list, err := w.Replay(t.Context())
	must(t, err)
	for _, d := range list {
		t.Errorf("replay: %+v", d)
	}
}

func TestAStageThatTakesTooLongGetsOneYellowCard(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		c := w.act(t, clerk, w.stagedCase(t, "late"), Action{Name: "accept"})
		w.clock.to("2026-11-20") // review was due on the 19th
		w.drain(t)
		w.clock.to("2026-11-23")
		w.drain(t)
		cards, err := w.Cards(t.Context(), supervisor, c.ID)
		must(t, err)
		if len(cards) != 1 || cards[0].Rule != cardStage || cards[0].Light != statute.Yellow {
			t.Fatalf("cards %+v", cards)
		}
		if c = w.load(t, c.ID); c.Yellow != 1 || c.Light(w.Today()) == statute.Red || c.Limit.Light(w.Today(), false) != statute.Yellow {
			t.Errorf("case %+v", c)
		}
		w.noDifferences(t)
	})
}

func TestTheCalendarMovesTheLimitOfAStage(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		c := w.act(t, clerk, w.stagedCase(t, "calendar"), Action{Name: "accept"})
		w.book.set(append(statute.National(), statute.Table{Region: "511602", Year: 2026, Days: []statute.TableDay{
			{Date: day.MustParse("2026-11-18"), Name: "停工"},
		}})...)
		must(t, w.c.DB.InTx(t.Context(), func(ctx context.Context, tx db.Tx) error {
			_, err := w.recompute(ctx, tx, c, "calendar")
			return err
		}))
		if got := w.load(t, c.ID).Limit.Due.String(); got != "2026-11-20" {
			t.Errorf("moved to %s", got)
		}
		w.noDifferences(t)
	})
}

func TestOnlyTheRolesOfTheStageTakeIt(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		c := w.act(t, clerk, w.stagedCase(t, "roles"), Action{Name: "accept"})
		c = w.act(t, reviewer1, c, reviewed("scope", "理发"))
		c = w.act(t, reviewer2, c, opinion("countersign"))
		both := staff("both", auth.RoleHead)
		if _, err := w.Act(t.Context(), both, c.ID, Action{Name: "approve"}); fault.KindOf(err) != fault.Denied {
			t.Errorf("the head decided: %v", err)
		}
		list, err := w.Tasks(t.Context(), approver, Query{Tab: TabDecide})
		must(t, err)
		if len(list.Cases) != 1 {
			t.Errorf("the approver's list has %d", len(list.Cases))
		}
		if rows, err := countCases(t.Context(), w.c.DB, w.rule(both, actApprove)); err != nil || rows != 0 {
			t.Errorf("the head's list has %d, %v", rows, err)
		}
		w.act(t, approver, c, Action{Name: "approve"})
	})
}

func TestWhatOfficialsFindReachesLicenceAndDocuments(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		var face FaceInput
		w.c.Faces = facesOf{&face}
		c := w.act(t, clerk, w.stagedCase(t, "found"), Action{Name: "accept"})
		_, err := w.Act(t.Context(), reviewer1, c.ID, opinion("review"))
		if e := fault.FieldsOf(err); len(e) != 1 || e[0].Name != "found-scope" {
			t.Fatalf("reviewed without the scope: %v", err)
		}
		c = w.act(t, reviewer1, c, reviewed("scope", "理发", "illness", "哮喘"))
		second := opinion("countersign")
		second.Found = entered("scope", "理发、美容")
		c = w.act(t, reviewer2, c, second)

		list, err := w.Findings(t.Context(), approver, c.ID)
		must(t, err)
		if len(list) != 3 || list[0].Corrected != 3 || list[2].Corrects != 1 || list[2].By.ID != "reviewer2" || list[2].Stage != "countersign" {
			t.Fatalf("findings %+v", list)
		}
		own, err := w.Findings(t.Context(), lin, c.ID)
		must(t, err)
		if len(own) != 1 || own[0].Words.ZH != "理发、美容" || own[0].By.Name != "" {
			t.Errorf("the applicant reads %+v", own)
		}
		if _, err := w.Findings(t.Context(), supervisor, c.ID); fault.KindOf(err) != fault.Denied {
			t.Errorf("a supervisor reads findings: %v", err)
		}
		rows, err := findingsOf(t.Context(), w.c.DB, c.ID)
		must(t, err)
		for _, r := range rows {
			if r.field == "illness" && (r.value != "" || strings.Contains(string(r.sealed), "哮喘")) {
				t.Error("a personal finding lies open")
			}
		}
		c = w.act(t, approver, c, Action{Name: "approve"})
		if face.Found["scope"] != "理发、美容" || face.Found["illness"] != "哮喘" {
			t.Errorf("the face saw %v", face.Found)
		}
		w.drain(t)
		if text := w.texts(t, c)["grant"]; !strings.Contains(text, "许可范围 许可范围：理发、美容") {
			t.Errorf("the decision does not say it:\n%s", text)
		}
		w.noDifferences(t)
	})
}

func TestADenialNeedsReasonsAndNoFindings(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		s := stagedService()
		s.Handling.Stages[3].Fields = []contract.Field{{ID: "years", Kind: "text", Required: true}}
		w.services[staged] = s
		w.c.Forms = textForms{}
		c := w.act(t, clerk, w.file(t, "denied", staged), Action{Name: "accept"})
		c = w.act(t, reviewer1, c, reviewed("scope", "理发"))
		c = w.act(t, reviewer2, c, opinion("countersign"))
		_, err := w.Act(t.Context(), approver, c.ID, Action{Name: "approve"})
		if e := fault.FieldsOf(err); len(e) != 1 || e[0].Name != "found-years" {
			t.Errorf("granted without what the stage asks for: %v", err)
		}
		_, err = w.Act(t.Context(), approver, c.ID, Action{Name: "deny", Reasons: []string{" "}})
		if e := fault.FieldsOf(err); len(e) != 1 || e[0].Err.Code != "casework.reasons_required" {
			t.Errorf("denied without reasons: %v", err)
		}
		for _, p := range w.c.Procedures.All() { // automation may grant, never deny
			for _, st := range p.States {
				for _, x := range p.Actions(st.ID) {
					to, _ := p.State(x.To)
					bad := to.Outcome == statute.Denied || to.Outcome == statute.Refused
					if bad && x.By(statute.RoleSystem) && x.Action != actPartDenied && x.Action != actSumUp && x.Action != actSumUpPartly {
						t.Errorf("%s: the system takes %s to %s", p.ID, x.Action, x.To)
					}
				}
			}
		}
		system := auth.SystemPrincipal("instant-grant")
		if _, err := w.Act(t.Context(), system, c.ID, Action{Name: "deny", Reasons: []string{"规则"}}); err == nil {
			t.Error("the program denied")
		}
		if c = w.act(t, approver, c, Action{Name: "deny", Reasons: []string{"没有消毒间"}}); c.Outcome != statute.Denied {
			t.Errorf("outcome %s", c.Outcome)
		}
	})
}

func TestMarksAreOneDraftForAllWhoRead(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		c := w.file(t, "marks", hygiene)
		colleague := staff("clerk2", auth.RoleClerk)
		area := contract.Mark{Kind: "field", ID: "area", Reason: "和图纸不一致"}
		plan := contract.Mark{Kind: "material", ID: "plan", Reason: "没有盖章"}
		must(t, w.SaveMarks(t.Context(), clerk, c.ID, []contract.Mark{area}, nil))
		must(t, w.SaveMarks(t.Context(), colleague, c.ID, []contract.Mark{plan}, nil))
		list, err := w.DraftMarks(t.Context(), clerk, c.ID)
		must(t, err)
		if len(list) != 2 || list[0].By.ID != "clerk" || list[1].By.ID != "clerk2" || list[1].Reason != "没有盖章" {
			t.Fatalf("draft %+v", list)
		}
		for _, p := range []auth.Principal{lin, supervisor, fireman, abroad(clerk)} {
			if err := w.SaveMarks(t.Context(), p, c.ID, []contract.Mark{area}, nil); err == nil {
				t.Errorf("%s marks", p.ID)
			}
		}
		if _, err := w.Act(t.Context(), clerk, c.ID, Action{Name: "correct", Marks: []contract.Mark{area}}); !errors.Is(err, ErrMarked) {
			t.Errorf("a notice without what the colleague marked: %v", err)
		}
		c = w.act(t, clerk, c, Action{Name: "correct"}) // the notice writes itself
		told, err := w.Marks(t.Context(), lin, c.ID)
		must(t, err)
		if len(told) != 2 {
			t.Errorf("the notice has %+v", told)
		}
		w.handInAgain(t, c.ID)
		if list, err = w.DraftMarks(t.Context(), clerk, c.ID); err != nil || len(list) != 0 {
			t.Errorf("the draft is still there: %+v, %v", list, err)
		}
		must(t, w.SaveMarks(t.Context(), clerk, c.ID, []contract.Mark{plan}, nil))
		must(t, w.SaveMarks(t.Context(), clerk, c.ID, nil, []contract.Mark{plan}))
		if list, err = w.DraftMarks(t.Context(), clerk, c.ID); err != nil || len(list) != 0 {
			t.Errorf("a dropped mark is still there: %+v, %v", list, err)
		}
		c = w.act(t, clerk, w.load(t, c.ID), Action{Name: "correct", Marks: []contract.Mark{plan}})
		if c.Yellow != 1 {
			t.Errorf("the second notice raised %d cards", c.Yellow)
		}
	})
}

func TestACardIsExplainedInTimeAndRuledOn(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		c := w.act(t, clerk, w.stagedCase(t, "card"), Action{Name: "accept"})
		w.clock.to("2026-11-20")
		w.drain(t)
		cards, err := w.Cards(t.Context(), supervisor, c.ID)
		must(t, err)
		if len(cards) != 1 || cards[0].ExplainBy.String() != "2026-11-24" || cards[0].HandlerID != "clerk" {
			t.Fatalf("cards %+v", cards)
		}
		id, why := cards[0].ID, "检验机构的系统停了两天，报告晚到，当天补办。"
		x, err := w.Inbox(t.Context(), clerk)
		must(t, err)
		if len(x.Cards) != 1 || x.Count() == 0 {
			t.Errorf("inbox %+v", x)
		}
		for _, p := range []auth.Principal{reviewer1, lin, fireman, supervisor, abroad(head)} {
			if err := w.ExplainCard(t.Context(), p, id, why, false); err == nil {
				t.Errorf("%s explains", p.ID)
			}
		}
		if err := w.ExplainCard(t.Context(), clerk, id, "短", true); fault.KindOf(err) != fault.Invalid {
			t.Errorf("explained with a word: %v", err)
		}
		must(t, w.ExplainCard(t.Context(), clerk, id, why, true))
		if err := w.ExplainCard(t.Context(), head, id, why, true); !errors.Is(err, ErrExplained) {
			t.Errorf("explained twice: %v", err)
		}
		list, counts, err := w.CardsToRule(t.Context(), supervisor)
		must(t, err)
		if len(list) != 1 || !list[0].Appealed || counts.Explained != 1 || counts.Overdue != 0 {
			t.Errorf("to rule on: %+v, %+v", list, counts)
		}
		for _, p := range []auth.Principal{clerk, head, auditor, of("elsewhere", supervisor)} {
			if p.ID == "supervisor" {
				p.Division = "511621"
			}
			if err := w.RuleCard(t.Context(), p, id, CardCancelled, why); err == nil {
				t.Errorf("%s of %s rules", p.ID, p.Division)
			}
		}
		must(t, w.RuleCard(t.Context(), supervisor, id, CardCancelled, "查实是检验机构的原因，予以销牌。"))
		if err := w.RuleCard(t.Context(), supervisor, id, CardKept, "再想想还是维持这一张牌。"); !errors.Is(err, ErrRuled) {
			t.Errorf("ruled twice: %v", err)
		}
		if c = w.load(t, c.ID); c.Yellow != 0 {
			t.Errorf("a cancelled card counts: %d", c.Yellow)
		}
		w.noDifferences(t)
	})
}

func TestAnObjectionWithoutAnswerGetsACard(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		c := w.act(t, clerk, w.file(t, "objection", hygiene), Action{Name: "refuse", Reasons: []string{"不属于本机关职权"}})
		_, err := w.Object(t.Context(), lin, c.ID, "这件事属于你们管，请再看一遍。")
		must(t, err)
		w.clock.set(w.clock.now().Add(14 * 24 * time.Hour))
		w.drain(t)
		w.drain(t)
		cards, err := w.Cards(t.Context(), supervisor, c.ID)
		must(t, err)
		if len(cards) != 1 || cards[0].Rule != cardObjection {
			t.Errorf("cards %+v", cards)
		}
	})
}
