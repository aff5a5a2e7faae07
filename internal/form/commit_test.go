package form_test

import (
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"testing"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/form"
	"github.com/tongban/tongban/internal/form/formtest"
)

// opening begins the bundle of which two parts may be committed to.
func opening(t *testing.T, w *formtest.World, big bool) contract.DraftID {
	t.Helper()
	w.Promises(t)
	id, err := w.Start(t.Context(), formtest.Chen, formtest.PromisesItem)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Fill(t, formtest.Chen, id, 0, map[string]any{"big": big, "place": "洪州大道 1 号"}); err != nil {
		t.Fatal(err)
	}
	return id
}

// asked are the materials that are still to be handed in.
func asked(d form.Draft) []string {
	var ids []string
	for _, m := range d.Result.Uploads() {
		ids = append(ids, m.Spec.ID)
	}
	slices.Sort(ids)
	return ids
}

// Each part is a choice of its own: what one promises leaves the proof of the other to
// be handed in, and a paper that both ask for is spared when both are promised.
func TestEachPartIsCommittedToByItself(t *testing.T) {
	t.Parallel()
	formtest.Each(t, func(t *testing.T, w *formtest.World) {
		ctx, id := t.Context(), opening(t, w, true)
		commit := func(part string, yes bool) form.Draft {
			t.Helper()
			d, err := w.Commit(ctx, formtest.Chen, id, part, yes)
			if err != nil {
				t.Fatal(err)
			}
			return d
		}
		if _, err := w.Commit(ctx, formtest.Chen, id, "", true); !errors.Is(err, form.ErrWhichPart) {
			t.Errorf("one choice for two parts: %v", err)
		}
		if _, err := w.Commit(ctx, formtest.Chen, id, "roof", true); !errors.Is(err, form.ErrNoCommit) {
			t.Errorf("a part that there is not: %v", err)
		}
		if got := asked(commit("kitchen", true)); !slices.Equal(got, []string{"exits_paper", "plan"}) {
			t.Errorf("the kitchen alone is promised, and %v is asked", got)
		}
		if got := asked(commit("exits", true)); len(got) != 0 {
			t.Errorf("both are promised, and %v is asked", got)
		}
		d := commit("kitchen", false)
		if got := asked(d); !slices.Equal(got, []string{"kitchen_paper", "plan"}) {
			t.Errorf("the exits alone are promised, and %v is asked", got)
		}
		kitchen, _ := d.Choice("kitchen")
		exits, _ := d.Choice("exits")
		if kitchen.Given != "no" || exits.Given != "yes" || exits.Name.EN != "Check of exits" || exits.Spec.Content[0].EN == kitchen.Spec.Content[0].EN {
			t.Errorf("%+v %+v", kitchen, exits)
		}
		for _, m := range []string{"kitchen_paper", "plan"} {
			if _, err := w.Attach(ctx, formtest.Chen, id, m, pdf(m)); err != nil {
				t.Fatal(err)
			}
		}
		sub := submitted(t, w, id)
		if sub.Committed != nil || len(sub.Parts) != 2 || sub.Parts[0].Committed != nil {
			t.Fatalf("%+v", sub)
		}
		k := sub.Parts[1].Committed
		if k == nil || !k.At.Equal(exits.At) || len(k.Content) != 1 || k.Content[0].ZH != "出口检查符合要求。" || k.Liability[0].ZH != "不符合的，撤销出口检查。" {
			t.Errorf("the part gets %+v", k)
		}
	})
}

// A part that does not apply offers nothing; with one offer left, nobody need name it.
func TestAPartThatDoesNotApplyOffersNothing(t *testing.T) {
	t.Parallel()
	formtest.Each(t, func(t *testing.T, w *formtest.World) {
		ctx, id := t.Context(), opening(t, w, false)
		if _, err := w.Commit(ctx, formtest.Chen, id, "exits", true); !errors.Is(err, form.ErrNoCommit) {
			t.Errorf("committed for a part that does not apply: %v", err)
		}
		d, err := w.Commit(ctx, formtest.Chen, id, "", true)
		if err != nil || len(d.Offered()) != 1 || len(asked(d)) != 0 {
			t.Fatalf("%v %v", asked(d), err)
		}
		if sub := submitted(t, w, id); len(sub.Parts) != 1 || sub.Parts[0].Committed == nil {
			t.Errorf("%+v", sub.Parts)
		}
	})
}

// Who broke a commitment for one part proves there, and may still commit for another.
func TestABrokenCommitmentBarsItsPartAlone(t *testing.T) {
	t.Parallel()
	formtest.Each(t, func(t *testing.T, w *formtest.World) {
		w.People.Broke = map[string]bool{"chen kitchen-item": true}
		ctx, id := t.Context(), opening(t, w, true)
		d, err := w.Commit(ctx, formtest.Chen, id, "exits", true)
		if err != nil {
			t.Fatal(err)
		}
		if k, _ := d.Choice("kitchen"); !k.Barred {
			t.Errorf("%+v", k)
		}
		if k, _ := d.Choice("exits"); k.Barred || k.Given != "yes" {
			t.Errorf("%+v", k)
		}
		if _, err := w.Commit(ctx, formtest.Chen, id, "kitchen", true); !errors.Is(err, form.ErrBarred) {
			t.Errorf("committed after a broken commitment: %v", err)
		}
		if _, err := w.Commit(ctx, formtest.Chen, id, "kitchen", false); err != nil {
			t.Errorf("proof is open to everybody: %v", err)
		}
	})
}

// reseal changes what is sealed of a draft, as the tests' sealer does it.
func reseal(t *testing.T, w *formtest.World, id contract.DraftID, change func(map[string]any)) {
	t.Helper()
	var sealed []byte
	if err := w.DB.QueryRowContext(t.Context(), `SELECT sealed FROM form_drafts WHERE id = $1`, string(id)).Scan(&sealed); err != nil {
		t.Fatal(err)
	}
	flip := func(b []byte) []byte {
		out := slices.Clone(b)
		for i := range out {
			out[i] ^= 0x5a
		}
		return out
	}
	plain := flip(sealed)
	at := slices.Index(plain, 0) + 1
	content := map[string]any{}
	if err := json.Unmarshal(plain[at:], &content); err != nil {
		t.Fatal(err)
	}
	change(content)
	text, err := json.Marshal(content)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.DB.ExecContext(t.Context(), `UPDATE form_drafts SET sealed = $1 WHERE id = $2`, flip(append(plain[:at:at], text...)), string(id)); err != nil {
		t.Fatal(err)
	}
}

// A draft in which one choice was made for all parts keeps it for each, until somebody
// chooses again; a bundle that was published with one choice for all still has one.
func TestOneChoiceForAllIsStillRead(t *testing.T) {
	t.Parallel()
	formtest.Each(t, func(t *testing.T, w *formtest.World) {
		ctx, id := t.Context(), opening(t, w, true)
		reseal(t, w, id, func(m map[string]any) {
			delete(m, "choices")
			maps.Copy(m, map[string]any{"choice": "yes", "choice_at": "2026-11-20T08:00:00Z"})
		})
		d, err := w.Draft(ctx, formtest.Chen, id)
		if err != nil || len(d.Offered()) != 2 || len(asked(d)) != 0 {
			t.Fatalf("%+v %v", d.Choices, err)
		}
		if d, err = w.Commit(ctx, formtest.Chen, id, "exits", false); err != nil || !slices.Equal(asked(d), []string{"exits_paper", "plan"}) {
			t.Errorf("%v %v", asked(d), err)
		}
		if k, _ := d.Choice("kitchen"); k.Given != "yes" || k.At.Format("2006-01-02") != "2026-11-20" {
			t.Errorf("%+v", k)
		}

		w.Promises(t)
		old := w.Catalog[formtest.PromisesItem]
		old.Item, old.Parts = "promises-before", slices.Clone(old.Parts)
		old.Commitment = &contract.CommitmentSpec{Content: old.Parts[0].Commitment.Content, Liability: old.Parts[0].Commitment.Liability, Materials: []string{"plan", "kitchen_paper", "exits_paper"}, VerifyDays: 20}
		for i := range old.Parts {
			old.Parts[i].Commitment = nil
		}
		w.Catalog[old.Item] = old
		if id, err = w.Start(ctx, formtest.Chen, old.Item); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Fill(t, formtest.Chen, id, 0, map[string]any{"big": true, "place": "洪州大道 1 号"}); err != nil {
			t.Fatal(err)
		}
		if d, err = w.Commit(ctx, formtest.Chen, id, "", true); err != nil || len(asked(d)) != 0 {
			t.Fatalf("%v %v", asked(d), err)
		}
		k, _ := d.Choice("")
		for _, p := range submitted(t, w, id).Parts {
			if p.Committed == nil || !p.Committed.At.Equal(k.At) {
				t.Errorf("part %s gets %+v", p.Part, p.Committed)
			}
		}
	})
}
