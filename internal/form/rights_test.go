package form_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/form"
	"github.com/tongban/tongban/internal/form/formtest"
	"github.com/tongban/tongban/internal/kit/auth"
	"github.com/tongban/tongban/internal/kit/fault"
)

// agent is Zhou, who may act for Chen in some services.
func agent(items ...string) auth.Principal {
	p := formtest.Zhou
	p.For = auth.Acting{Kind: auth.ForPerson, ID: "chen", Name: "陈静", Mandate: "m1", Items: items}
	return p
}

func TestAgentsApplyForOthers(t *testing.T) {
	t.Parallel()
	formtest.Each(t, func(t *testing.T, w *formtest.World) {
		zhou := agent("birth-registration")
		id, err := w.Start(t.Context(), zhou, w.Birth)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Fill(t, zhou, id, 0, alone()); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Attach(t.Context(), zhou, id, "proof", pdf("proof")); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Submit(t.Context(), zhou, id, form.Change{}); err != nil {
			t.Fatal(err)
		}
		s := w.Cases.Submitted[0]
		want := contract.Agent{Account: "zhou", Kind: auth.ForPerson, Mandate: "m1", Name: "周淑芬"}
		if s.Applicant.ID != "chen" || s.Applicant.Kind != "person" || s.Operator != "zhou" || s.Agent != want {
			t.Errorf("%+v %+v", s.Applicant, s.Agent)
		}
		for _, l := range w.People.Lookups {
			if l.Subject.ID != "chen" {
				t.Errorf("looked up %+v", l)
			}
		}
		list, err := w.Events.About(t.Context(), "chen", 100)
		if err != nil {
			t.Fatal(err)
		}
		changes := 0
		for _, e := range list {
			if e.Name != (contract.DraftChanged{}).EventName() {
				continue
			}
			changes++
			if e.Mandate != "m1" || e.OnBehalfOf != "chen" || e.ActorID != "zhou" {
				t.Errorf("recorded %+v", e)
			}
		}
		if changes != 4 { // started, answers, paper, submitted
			t.Errorf("%d changes are recorded", changes)
		}
	})
}

func TestRightsLimitDrafts(t *testing.T) {
	t.Parallel()
	formtest.Each(t, func(t *testing.T, w *formtest.World) {
		ctx := t.Context()
		if _, err := w.Start(ctx, agent("another"), w.Birth); !errors.Is(err, form.ErrNotCovered) {
			t.Errorf("began what the right does not cover: %v", err)
		}
		id, err := w.Start(ctx, agent(), w.Birth)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Draft(ctx, agent("another"), id); !errors.Is(err, form.ErrNotCovered) {
			t.Errorf("the right was narrowed: %v", err)
		}
		if list, err := w.OpenDrafts(ctx, agent("another")); err != nil || len(list) != 0 {
			t.Errorf("lists what it does not cover: %v", list)
		}
		if list, err := w.OpenDrafts(ctx, agent("birth-registration")); err != nil || len(list) != 1 {
			t.Errorf("does not list what it covers: %v", list)
		}
		for name, who := range map[string]auth.Principal{"oneself": formtest.Zhou, "a company": func() auth.Principal {
			p := formtest.Zhou
			p.For = auth.Acting{Kind: auth.ForCompany, ID: "qinghe"}
			return p
		}()} {
			if _, err := w.Draft(ctx, who, id); !errors.Is(err, form.ErrOtherParty) {
				t.Errorf("acting for %s: %v", name, err)
			}
		}
		if _, err := w.Draft(ctx, formtest.Chen, id); !errors.Is(err, form.ErrNotFound) {
			t.Errorf("whom it is for opens the agent's draft: %v", err)
		}
		// Revoked while the page is open: it is not sent, and it is kept.
		if _, err := w.Fill(t, agent(), id, 0, alone()); err != nil {
			t.Fatal(err)
		}
		if _, err := w.ChooseWay(ctx, agent(), id, "proof", "counter", form.WayArgs{}); err != nil {
			t.Fatal(err)
		}
		w.People.Revoked = map[string]bool{"m1": true}
		if _, err := w.Submit(ctx, agent(), id, form.Change{}); !errors.Is(err, form.ErrOtherParty) || w.Count(t) != 0 {
			t.Errorf("sent under a revoked right: %v", err)
		}
		w.People.Revoked = nil
		if _, err := w.Submit(ctx, agent(), id, form.Change{}); err != nil {
			t.Errorf("it was not kept: %v", err)
		}
	})
}

func TestConsentBeforeSensitiveData(t *testing.T) {
	t.Parallel()
	formtest.Each(t, func(t *testing.T, w *formtest.World) {
		ctx := t.Context()
		w.People.Data["marriage.spouse_name"] = contract.Held{Value: "黄磊", Source: contract.Text{ZH: "婚姻登记", EN: "marriage register"}}
		id := begin(t, w, map[string]any{"married": true})
		asked := func() (n int) {
			for _, l := range w.People.Lookups {
				for _, k := range l.Keys {
					if strings.HasPrefix(k, "marriage.") {
						n++
						if !l.Consent || l.Purpose != "prefill" || l.Basis == "" || l.Item != w.Birth {
							t.Errorf("looked up %+v", l)
						}
					}
				}
			}
			return n
		}
		d, err := w.Draft(ctx, formtest.Chen, id)
		if err != nil || asked() != 0 || len(d.Consents) != 1 || d.Consents[0].Given != "" || len(d.Consents[0].Keys) != 3 {
			t.Fatalf("asked %d times: %+v %v", asked(), d.Consents, err)
		}
		if d, err = w.Consent(ctx, formtest.Chen, id, nil); err != nil || d.Consents[0].Given != "no" || asked() != 0 {
			t.Fatalf("declined, asked %d times: %v", asked(), err)
		}
		if d, err = w.Consent(ctx, formtest.Chen, id, []string{"marriage", "estate"}); err != nil || asked() == 0 {
			t.Fatal(err)
		}
		if p, _ := d.Result.Page("family"); p.Fields[1].Held == nil || p.Fields[1].Value != "黄磊" {
			t.Errorf("agreed, and asked all the same: %+v", p.Fields[1])
		}
		if d, err = w.Consent(ctx, formtest.Chen, id, nil); err != nil {
			t.Fatal(err)
		}
		if _, kept := d.Held["marriage.spouse_name"]; kept {
			t.Error("kept what was taken back")
		}
	})
}

func TestDisputesAreAskedAndSent(t *testing.T) {
	t.Parallel()
	formtest.Each(t, func(t *testing.T, w *formtest.World) {
		ctx := t.Context()
		id := begin(t, w, map[string]any{"child": "陈小满", "married": false, "declared": true})
		if _, err := w.ChooseWay(ctx, formtest.Chen, id, "proof", "counter", form.WayArgs{}); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Dispute(ctx, formtest.Chen, id, "child", "x"); !errors.Is(err, form.ErrNotHeld) {
			t.Errorf("disputed what nobody holds: %v", err)
		}
		if _, err := w.Dispute(ctx, formtest.Chen, id, "phone", "  "); fault.FieldsOf(err) == nil {
			t.Errorf("disputed without a reason: %v", err)
		}
		d, err := w.Dispute(ctx, formtest.Chen, id, "phone", "换号了")
		if p, _ := d.Result.Page("phone"); err != nil || p.Fields[0].Held != nil || p.Fields[0].Known == nil || d.Result.Complete() {
			t.Fatalf("%+v %v", p.Fields, err)
		}
		if d, err = w.Undispute(ctx, formtest.Chen, id, "phone"); err != nil || !d.Result.Complete() {
			t.Fatal(err, d.Result.Faults())
		}
		if _, err = w.Dispute(ctx, formtest.Chen, id, "phone", "换号了"); err != nil {
			t.Fatal(err)
		}
		if d, err = w.Fill(t, formtest.Chen, id, 0, map[string]any{"phone": "13700137000"}); err != nil || !d.Result.Instant {
			t.Fatal(err, d.Result.Faults())
		}
		s := submitted(t, w, id)
		if len(s.Disputes) != 1 || s.Disputes[0].Key != "person.phone" || s.Disputes[0].Reason != "换号了" || s.Answers["phone"] != "13700137000" {
			t.Errorf("%+v %v", s.Disputes, s.Answers)
		}
		if s.Instant || !strings.Contains(s.Trace[len(s.Trace)-1].EN, "a person decides") {
			t.Errorf("granted at once what is disputed: %+v", s.Trace)
		}
	})
}

func TestRegistryThatIsDownDegradesToAsking(t *testing.T) {
	t.Parallel()
	formtest.Each(t, func(t *testing.T, w *formtest.World) {
		ctx := t.Context()
		w.People.Down = map[string]bool{"person": true}
		id := begin(t, w, alone())
		if _, err := w.ChooseWay(ctx, formtest.Chen, id, "proof", "counter", form.WayArgs{}); err != nil {
			t.Fatal(err)
		}
		d, err := w.Draft(ctx, formtest.Chen, id)
		if p, _ := d.Result.Page("phone"); err != nil || p.Fields[0].Held != nil || !p.Fields[0].Unchecked || !d.Result.Complete() {
			t.Fatalf("%+v %v", p.Fields, err)
		}
		w.Clock.Pass(11 * time.Minute) // it is asked again soon
		w.People.Down = nil
		if d, err = w.Draft(ctx, formtest.Chen, id); err != nil {
			t.Fatal(err)
		}
		if p, _ := d.Result.Page("phone"); p.Fields[0].Held == nil {
			t.Error("the registry is back, and not asked")
		}
		w.People.Down = map[string]bool{"person": true}
		w.Clock.Pass(25 * time.Hour)
		if d, err = w.Draft(ctx, formtest.Chen, id); err != nil {
			t.Fatal(err)
		}
		if p, _ := d.Result.Page("phone"); p.Fields[0].Held == nil {
			t.Error("what it answered yesterday is forgotten")
		}
		id = begin(t, w, alone())
		if _, err := w.ChooseWay(ctx, formtest.Chen, id, "proof", "counter", form.WayArgs{}); err != nil {
			t.Fatal(err)
		}
		if s := submitted(t, w, id); len(s.Unchecked) != 1 || s.Unchecked[0] != "phone" || s.Instant {
			t.Errorf("%v %v", s.Unchecked, s.Instant)
		}
	})
}

func TestCommitmentsAreChosen(t *testing.T) {
	t.Parallel()
	formtest.Each(t, func(t *testing.T, w *formtest.World) {
		ctx := t.Context()
		id := begin(t, w, alone())
		d, err := w.Commit(ctx, formtest.Chen, id, "", true)
		if k, _ := d.Choice(""); err != nil || k.Given != "yes" || !d.Result.Complete() {
			t.Fatal(err, d.Result.Faults())
		}
		if d, err = w.Commit(ctx, formtest.Chen, id, "", false); err != nil || d.Result.Complete() {
			t.Fatalf("proof is not asked: %v", err)
		}
		if _, err = w.Commit(ctx, formtest.Chen, id, "", true); err != nil {
			t.Fatal(err)
		}
		s := submitted(t, w, id)
		if s.Committed == nil || s.Committed.At.IsZero() || len(s.Committed.Content) != 1 || len(s.Committed.Liability) != 1 {
			t.Errorf("%+v", s.Committed)
		}
		w.People.Broke = map[string]bool{"chen": true}
		id = begin(t, w, alone())
		if _, err := w.Commit(ctx, formtest.Chen, id, "", true); !errors.Is(err, form.ErrBarred) {
			t.Errorf("committed after a broken commitment: %v", err)
		}
		hygiene, err := w.Start(ctx, formtest.Lin, w.Hygiene)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Commit(ctx, formtest.Lin, hygiene, "", true); !errors.Is(err, form.ErrNoCommit) {
			t.Errorf("committed where nothing is offered: %v", err)
		}
	})
}

func TestDraftsHaveBounds(t *testing.T) {
	t.Parallel()
	formtest.Each(t, func(t *testing.T, w *formtest.World) {
		ctx := t.Context()
		id := begin(t, w, alone())
		long, err := json.Marshal(strings.Repeat("长", 600_000))
		if err != nil {
			t.Fatal(err)
		}
		_, err = w.SaveJSON(ctx, formtest.Chen, id, 0, map[string]json.RawMessage{"child": long})
		if k := fault.KindOf(err); k != fault.Invalid && k != fault.TooLarge {
			t.Errorf("a novel as a name: %v", err)
		}
		many := map[string]json.RawMessage{}
		for i := range 1001 {
			many[fmt.Sprint("f", i)] = json.RawMessage("1")
		}
		if _, err := w.SaveJSON(ctx, formtest.Chen, id, 0, many); !errors.Is(err, form.ErrAnswers) {
			t.Errorf("a thousand fields: %v", err)
		}
		for range 49 {
			if _, err := w.Start(ctx, formtest.Chen, w.Birth); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := w.Start(ctx, formtest.Chen, w.Birth); !errors.Is(err, form.ErrTooMany) {
			t.Errorf("the 51st draft: %v", err)
		}
	})
}

// The request dies between the claim and the case: all of it has happened, or
// nothing. Whoever asks again gets the one case.
func TestInterruptedSubmissionIsWholeOrNothing(t *testing.T) {
	t.Parallel()
	formtest.Each(t, func(t *testing.T, w *formtest.World) {
		id := begin(t, w, alone())
		if _, err := w.Attach(t.Context(), formtest.Chen, id, "proof", pdf("proof")); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		w.Cases.Before = cancel
		_, err := w.Submit(ctx, formtest.Chen, id, form.Change{})
		w.Cases.Before = nil
		d, look := w.Draft(t.Context(), formtest.Chen, id)
		if look != nil {
			t.Fatal(look)
		}
		if (d.Receipt != nil) != (w.Count(t) == 1) || err != nil && d.Receipt == nil && !d.Result.Complete() {
			t.Fatalf("half done: %d cases, receipt %v, %v", w.Count(t), d.Receipt, err)
		}
		if r, err := w.Submit(t.Context(), formtest.Chen, id, form.Change{}); err != nil || r.Case == "" || w.Count(t) != 1 {
			t.Errorf("%d cases, %v", w.Count(t), err)
		}
	})
}

func TestShareOfWhatIsNotAsked(t *testing.T) {
	t.Parallel()
	formtest.Each(t, func(t *testing.T, w *formtest.World) {
		id := w.Complete(t)
		if _, err := w.Submit(t.Context(), formtest.Lin, id, form.Change{}); err != nil {
			t.Fatal(err)
		}
		w.Clock.Pass(100 * 24 * time.Hour)
		if err := w.Queue.Drain(t.Context()); err != nil { // the draft's row is gone
			t.Fatal(err)
		}
		x, err := w.ShareOf(t.Context(), w.Hygiene)
		if err != nil || x.Submissions != 1 || x.Fields < 15 || x.NotAsked != 4 || x.Materials != 6 || x.MaterialsNotAsked != 2 {
			t.Errorf("%+v %v", x, err)
		}
	})
}
