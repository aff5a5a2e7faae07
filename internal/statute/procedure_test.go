package statute_test

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/tongban/tongban/internal/statute"
)

var update = flag.Bool("update", false, "write the diagrams anew")

func procedures(t *testing.T) *statute.Procedures {
	t.Helper()
	ps, err := statute.LoadProcedures()
	if err != nil {
		t.Fatal(err)
	}
	return ps
}

func procedure(t *testing.T, id string) *statute.Procedure {
	t.Helper()
	p, err := procedures(t).Get(id)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// Each way of a case through its procedure, as the domain reference has it.
func TestWaysThroughTheProcedures(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ procedure, way string }{
		{"licensing", "DRAFT submit SUBMITTED accept ACCEPTED take_up REVIEW review REVIEW countersign REVIEW approve DECIDED_GRANT complete COMPLETED deliver DELIVERED"},
		{"licensing", "DRAFT submit SUBMITTED correct CORRECTION resubmit SUBMITTED deem ACCEPTED take_up REVIEW deny DECIDED_DENY complete COMPLETED deliver DELIVERED"},
		{"licensing", "SUBMITTED correct_onsite CORRECTION_ONSITE resubmit SUBMITTED refuse REFUSED"},
		{"licensing", "SUBMITTED correct_onsite CORRECTION_ONSITE deem ACCEPTED"},
		{"licensing", "SUBMITTED correct_onsite CORRECTION_ONSITE take_back SUBMITTED correct CORRECTION"},
		{"licensing", "SUBMITTED not_required NOT_REQUIRED"},
		{"licensing", "SUBMITTED correct CORRECTION terminate TERMINATED"},
		{"licensing", "REVIEW pause SPECIAL resume REVIEW extend EXTENDED take_up REVIEW withdraw WITHDRAWN"},
		{"licensing", "SPECIAL withdraw WITHDRAWN"},
		{"licensing", "CORRECTION withdraw WITHDRAWN"},
		{"licensing", "DELIVERED revoke REVOKED"},
		{"licensing", "DELIVERED cancel CANCELLED"},
		{"instant", "DRAFT submit SUBMITTED grant DECIDED_GRANT complete COMPLETED deliver DELIVERED"},
		{"instant", "SUBMITTED accept ACCEPTED approve DECIDED_GRANT"},
		{"instant", "SUBMITTED deem ACCEPTED deny DECIDED_DENY"},
		{"instant", "SUBMITTED correct CORRECTION resubmit SUBMITTED refuse REFUSED"},
		{"licensing", "DRAFT hold WAITING release SUBMITTED"},
		{"licensing", "WAITING drop TERMINATED"},
		{"licensing", "REVIEW pause SPECIAL pause SPECIAL end_special SPECIAL resume REVIEW"},
		{"licensing", "DRAFT forward TRANSIT dispatch TRANSIT lose TRANSIT dispatch TRANSIT come_back TRANSIT incomplete TRANSIT turn_back TRANSIT receive SUBMITTED accept ACCEPTED"},
		{"licensing", "WAITING forward TRANSIT withdraw WITHDRAWN"},
		{"confirmation", "DRAFT forward TRANSIT receive SUBMITTED"},
		{"payment-benefit", "DRAFT forward TRANSIT receive SUBMITTED"},
		{"joint", "DRAFT forward TRANSIT receive SUBMITTED"},
		{"notify-and-commit", "DRAFT forward TRANSIT receive SUBMITTED"},
		{"joint", "ACCEPTED take_up REVIEW opine REVIEW recall REVIEW send REVIEW pause SPECIAL opine SPECIAL resume REVIEW extend EXTENDED take_up REVIEW"},
		{"confirmation", "REVIEW pause SPECIAL resume REVIEW approve DECIDED_GRANT complete COMPLETED deliver DELIVERED"},
		{"payment-benefit", "REVIEW opine REVIEW publicise PUBLIC_NOTICE opine PUBLIC_NOTICE end_notice REVIEW deny DECIDED_DENY"},
		{"notify-and-commit", "SUBMITTED grant DECIDED_COMMITTED complete COMMITTED deliver VERIFY keep KEPT"},
		{"notify-and-commit", "VERIFY breach RECTIFY rectified KEPT revoke REVOKED"},
		{"notify-and-commit", "SUBMITTED accept ACCEPTED take_up REVIEW approve DECIDED_GRANT complete COMPLETED deliver DELIVERED"},
		{"notify-and-commit", "RECTIFY revoke REVOKED"},
		{"bundle", "DRAFT submit SUBMITTED parts_accepted ACCEPTED sum_up DECIDED_GRANT complete COMPLETED"},
		{"bundle", "ACCEPTED part_denied DECIDED_DENY sum_up COMPLETED"},
		{"bundle", "SUBMITTED sum_up_partly DECIDED_PARTLY complete COMPLETED"},
		{"bundle", "DECIDED_DENY withdraw WITHDRAWN"},
	} {
		p, steps := procedure(t, tt.procedure), strings.Fields(tt.way)
		for i := 0; i+2 < len(steps); i += 2 {
			got, err := p.Transition(steps[i], steps[i+1])
			if err != nil || got.To != steps[i+2] {
				t.Errorf("%s: %s -%s-> %q, %v; want %s", tt.procedure, steps[i], steps[i+1], got.To, err, steps[i+2])
			}
		}
	}
}

func TestNoOtherWay(t *testing.T) {
	t.Parallel()
	p := procedure(t, "licensing")
	for _, step := range [][2]string{
		{"SUBMITTED", "approve"}, // nobody decides before acceptance
		{"REVIEW", "correct"},    // a correction after acceptance stops no clock
		{"REVIEW", "refuse"},
		{"DECIDED_GRANT", "deny"},
		{"DECIDED_DENY", "withdraw"}, // before the decision only
		{"COMPLETED", "withdraw"},
		{"REFUSED", "accept"},
		{"NOWHERE", "accept"},
	} {
		if _, err := p.Transition(step[0], step[1]); !errors.Is(err, statute.ErrTransition) {
			t.Errorf("%s -%s->: %v", step[0], step[1], err)
		}
	}
	if _, err := procedures(t).Get("mediation"); !errors.Is(err, statute.ErrProcedure) {
		t.Errorf("an unknown procedure: %v", err)
	}
}

// PIPL art. 24 and the platform's rule: automation may grant, never deny.
func TestNoRuleDenies(t *testing.T) {
	t.Parallel()
	for _, p := range procedures(t).All() {
		for _, s := range p.States {
			for _, step := range p.Actions(s.ID) {
				to, _ := p.State(step.To)
				if step.By(statute.RoleSystem) && (to.Outcome == statute.Denied || to.Outcome == statute.Refused) {
					t.Errorf("%s: %s -%s-> %s is automatic", p.ID, step.From, step.Action, step.To)
				}
			}
		}
	}
}

func TestStepsMoveTheClocks(t *testing.T) {
	t.Parallel()
	p := procedure(t, "licensing")
	for _, tt := range []struct {
		state, action string
		clock         statute.ClockKind
		want          statute.EntryKind
	}{
		{"DRAFT", "submit", statute.Acceptance, statute.Start},
		{"SUBMITTED", "accept", statute.Acceptance, statute.Stop},
		{"SUBMITTED", "accept", statute.Decision, statute.Start},
		{"SUBMITTED", "correct", statute.Acceptance, statute.Stop},
		{"SUBMITTED", "correct_onsite", statute.Acceptance, ""},
		{"CORRECTION", "resubmit", statute.Acceptance, statute.Start},
		{"REVIEW", "pause", statute.Decision, statute.Pause},
		{"SPECIAL", "resume", statute.Decision, statute.Resume},
		{"REVIEW", "extend", statute.Decision, statute.Extend},
		{"REVIEW", "approve", statute.Decision, statute.Stop},
		{"REVIEW", "approve", statute.Delivery, statute.Start},
		{"REVIEW", "review", statute.Decision, ""},
		{"COMPLETED", "deliver", statute.Delivery, statute.Stop},
		// On its way to who handles it, only the time to forward runs.
		{"DRAFT", "forward", statute.Forwarding, statute.Start},
		{"DRAFT", "forward", statute.Acceptance, ""},
		{"TRANSIT", "receive", statute.Forwarding, statute.Stop},
		{"TRANSIT", "receive", statute.Acceptance, statute.Start},
	} {
		step, err := p.Transition(tt.state, tt.action)
		if err != nil || step.Effect(tt.clock) != tt.want {
			t.Errorf("%s -%s->: %s clock %q, want %q (%v)", tt.state, tt.action, tt.clock, step.Effect(tt.clock), tt.want, err)
		}
	}
}

func TestDocumentsOfSteps(t *testing.T) {
	t.Parallel()
	p := procedure(t, "licensing")
	for action, want := range map[string]string{
		"accept": "受理通知书", "correct": "补正告知书", "refuse": "不予受理决定书", "not_required": "不受理告知书", "deem": "受理通知书",
	} {
		step, err := p.Transition("SUBMITTED", action)
		if err != nil {
			t.Fatal(err)
		}
		if doc, ok := p.Document(step.Document); !ok || doc.Name.ZH != want {
			t.Errorf("%s issues %q, want %s", action, doc.Name.ZH, want)
		}
	}
	if step, ok := p.Automatic("ACCEPTED"); !ok || step.To != "REVIEW" {
		t.Errorf("after acceptance: %+v", step)
	}
	if _, ok := p.Automatic("REVIEW"); ok {
		t.Error("a review does not end by itself")
	}
}

const sound = `
id: x
name: {zh: 例, en: Example}
initial: A
no_extension: {zh: 无, en: none}
states:
  - {id: A, name: {zh: 甲, en: A}, actors: [clerk], clock: acceptance}
  - {id: B, name: {zh: 乙, en: B}, actors: [approver], clock: decision}
  - {id: Z, name: {zh: 终, en: Z}, final: true, no_clock: {zh: 完, en: over}}
documents:
  - {kind: letter, name: {zh: 信, en: Letter}}
transitions:
  - {from: [S], action: begin, to: A, name: {zh: 始, en: Begin}, roles: [applicant], clocks: [{clock: acceptance, entry: start}]}
  - {from: [A], action: pass, to: B, name: {zh: 过, en: Pass}, roles: [clerk], document: letter, clocks: [{clock: acceptance, entry: stop}, {clock: decision, entry: start}]}
  - {from: [B], action: end, to: Z, name: {zh: 止, en: End}, roles: [approver], clocks: [{clock: decision, entry: stop}]}
`

// example is a sound procedure with a piece of it replaced.
func example(old, with string) string {
	s := strings.Replace(sound, "initial: A", "initial: S", 1)
	s = strings.Replace(s, "states:\n", "states:\n  - {id: S, name: {zh: 始, en: S}, actors: [applicant], no_clock: {zh: 无, en: none}}\n", 1)
	return strings.Replace(s, old, with, 1)
}

func TestUnsoundProceduresAreNotLoaded(t *testing.T) {
	t.Parallel()
	if _, err := statute.ParseProcedure([]byte(example("", ""))); err != nil {
		t.Fatalf("the example itself: %v", err)
	}
	extra := func(t string) string { return "transitions:\n  - {name: {zh: 又, en: Also}, " + t + "}\n" }
	for _, tt := range []struct{ rule, old, with, want string }{
		{"a state has an exit or is final", "final: true, no_clock", "actors: [clerk], no_clock", "state Z: has no exit"},
		{"somebody has to act", "actors: [clerk], clock", "clock", "state A: nobody has to act"},
		{"whoever must act can", "actors: [clerk], clock", "actors: [head], clock", "head has to act but can take no step"},
		{"a clock or a reason for none", "actors: [approver], clock: decision", "actors: [approver]", "state B: needs a clock"},
		{"not both", "clock: decision}\n  - {id: Z", "clock: decision, no_clock: {zh: 无, en: none}}\n  - {id: Z", "state B: needs a clock"},
		{"the clock runs in its state", "actors: [approver], clock: decision", "actors: [approver], clock: delivery", "clock delivery does not run"},
		{"no clock runs on after the end", "roles: [approver], clocks: [{clock: decision, entry: stop}]", "roles: [approver]", "a clock runs on after the end"},
		{"no clock starts twice", "entry: stop}, {clock: decision, entry: start}", "entry: start}, {clock: decision, entry: start}", "start does not fit clock acceptance"},
		{"nothing resumes what runs", "[{clock: decision, entry: stop}]", "[{clock: decision, entry: resume}]", "resume does not fit clock decision"},
		{"every state is reached", "states:\n", "states:\n  - {id: Q, name: {zh: 孤, en: Q}, final: true, no_clock: {zh: 无, en: none}}\n", "state Q: cannot be reached"},
		{
			"no step is dead", "transitions:\n", extra("from: [B], action: loop, to: B, roles: [system], automatic: true"),
			"B -end-> Z: loop always goes before it",
		},
		{"every document is named twice", "{zh: 信, en: Letter}", "{zh: 信}", "document letter: needs a name in both languages"},
		{"every state too", "name: {zh: 乙, en: B}", "name: {en: B}", "state B: needs a name in both languages"},
		{"every step too", "name: {zh: 过, en: Pass}", "name: {zh: 过}", "A -pass-> B: needs a name in both languages"},
		{"a document is issued by a step", "document: letter, ", "", "document letter: no step issues it"},
		{"a step issues a known document", "document: letter", "document: parcel", "unknown document parcel"},
		{"a step leads somewhere", "action: end, to: Z", "action: end, to: Y", "a state that is not there"},
		{"somebody may take a step", "roles: [clerk]", "roles: []", "nobody may take it"},
		{"a role exists", "roles: [clerk]", "roles: [clerk, mayor]", "unknown role mayor"},
		{"an article exists", "roles: [clerk]", "roles: [clerk], article: xk-999", "unknown article xk-999"},
		{"an action is there once", "transitions:\n", extra("from: [A], action: pass, to: Z, roles: [clerk]"), "is there twice"},
		{"a state is there once", "states:\n", "states:\n  - {id: Z, name: {zh: 终, en: Z}, final: true, no_clock: {zh: 完, en: over}}\n", "state Z is there twice"},
		{"what follows by itself is nobody's", "roles: [clerk]", "roles: [clerk], automatic: true", "the system's alone"},
		{"against the applicant only with reasons", "final: true, no_clock", "outcome: denied, final: true, no_clock", "must give reasons"},
		{"outcomes are known", "final: true, no_clock", "outcome: lost, final: true, no_clock", "unknown outcome lost"},
		{"keys are known", "id: x", "id: x\nclocks: none", "unknown field"},
		{"what pauses can be resumed", "[{clock: decision, entry: stop}]", "[{clock: decision, entry: pause}]", "nothing resumes the clock"},
		{"an extension says by how much", "[{clock: decision, entry: stop}]", "[{clock: decision, entry: extend}, {clock: decision, entry: stop}]", "extension_days and a step that extends"},
		{"and only where there is one", "id: x", "id: x\nextension_days: 5", "extension_days and a step that extends"},
		{"or why there is none", "no_extension: {zh: 无, en: none}\n", "", "an extension, or a reason in both languages"},
		{"in both languages", "no_extension: {zh: 无, en: none}", "no_extension: {zh: 无}", "an extension, or a reason in both languages"},
		{"the beginning exists", "initial: S", "initial: Q", "initial state Q is not there"},
	} {
		_, err := statute.ParseProcedure([]byte(example(tt.old, tt.with)))
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v, want %q", tt.rule, err, tt.want)
		}
	}
	by := strings.Replace(example("final: true, no_clock", "outcome: denied, final: true, no_clock"), "roles: [approver], clocks", "reasons: true, roles: [approver, system], clocks", 1)
	if _, err := statute.ParseProcedure([]byte(by)); err == nil || !strings.Contains(err.Error(), "no rule may deny") {
		t.Errorf("a rule that denies was loaded: %v", err)
	}
}

func TestArticlesAreCitedInBothLanguages(t *testing.T) {
	t.Parallel()
	var codes []string
	for _, a := range statute.Articles() {
		codes = append(codes, a.Code)
		for _, x := range []statute.Text{a.Law, a.No, a.Says} {
			if x.ZH == "" || x.EN == "" {
				t.Errorf("%s lacks words: %+v", a.Code, a)
			}
		}
	}
	for _, c := range []string{
		statute.ArticleStart, statute.ArticleWorkdays, statute.ArticleAccept, statute.ArticleDecide, statute.ArticleDeliver,
		statute.ArticlePause, statute.ArticleTwo, statute.ArticleReasons, statute.ArticleFraud, statute.ArticleClosedOut,
	} {
		if !slices.Contains(codes, c) {
			t.Errorf("%s is cited and not listed", c)
		}
	}
}

// The diagrams in docs are those of the procedures; -update writes them.
func TestDiagramsAreThoseOfTheProcedures(t *testing.T) {
	t.Parallel()
	dir := filepath.Join("..", "..", "docs", "procedures")
	ps := procedures(t)
	names := []string{}
	for _, p := range ps.Every() {
		editions := ps.Editions(p.ID)
		i := slices.Index(editions, p)
		name := filepath.Join(dir, p.ID+".md")
		if i < len(editions)-1 {
			name = filepath.Join(dir, fmt.Sprintf("%s@%d.md", p.ID, p.Version))
		}
		var before *statute.Procedure
		if i > 0 {
			before = editions[i-1]
		}
		names = append(names, name)
		want := p.Markdown(before)
		if *update {
			if err := os.MkdirAll(dir, 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(name, []byte(want), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		got, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if string(got) != want {
			t.Errorf("%s is not what the procedure says; run go test ./internal/statute -update", name)
		}
	}
	have, err := filepath.Glob(filepath.Join(dir, "*.md"))
	if err != nil || len(have) != len(names) {
		t.Errorf("%d descriptions of %d editions (%v)", len(have), len(names), err)
	}
}

// What a commitment allows is verified in days counted from the decision, and a
// public notice pauses nothing: art. 45 names eight procedures and no more.
func TestClocksOfTheOtherProcedures(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		procedure, state, action string
		clock                    statute.ClockKind
		want                     statute.EntryKind
	}{
		{"notify-and-commit", "SUBMITTED", "grant", statute.Verification, statute.Start},
		{"notify-and-commit", "COMMITTED", "deliver", statute.Verification, ""},
		{"notify-and-commit", "VERIFY", "keep", statute.Verification, statute.Stop},
		{"notify-and-commit", "VERIFY", "breach", statute.Rectification, statute.Start},
		{"payment-benefit", "REVIEW", "publicise", statute.Decision, ""},
		{"payment-benefit", "PUBLIC_NOTICE", "end_notice", statute.Decision, ""},
		{"licensing", "SPECIAL", "end_special", statute.Decision, statute.Resume},
		{"licensing", "WAITING", "release", statute.Acceptance, statute.Start},
		{"joint", "REVIEW", "extend", statute.Decision, statute.Extend},
	} {
		step, err := procedure(t, tt.procedure).Transition(tt.state, tt.action)
		if err != nil || step.Effect(tt.clock) != tt.want {
			t.Errorf("%s: %s -%s->: %s clock %q, want %q (%v)", tt.procedure, tt.state, tt.action, tt.clock, step.Effect(tt.clock), tt.want, err)
		}
	}
	if p := procedure(t, "joint"); p.DecisionDays != 45 || p.ExtensionDays != 15 || p.ExtensionBy.EN == "" {
		t.Errorf("joint: %d days and %d more by leave of %q", p.DecisionDays, p.ExtensionDays, p.ExtensionBy.EN)
	}
}
