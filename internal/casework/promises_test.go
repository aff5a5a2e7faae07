package casework

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/tongban/tongban/internal/contract"
)

// Each part of a bundle has its own commitment: granted on it alone, verified alone,
// and barred alone when it is broken.
func TestEachPartOfABundleHasItsOwnCommitment(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		const kitchen contract.ItemID = "kitchen"
		svc := w.services[promise]
		svc.Item, svc.Name = kitchen, contract.Text{ZH: "后厨检查", EN: "Kitchen check"}
		w.services[kitchen] = svc
		whole := w.services[opening]
		whole.Parts = []contract.Part{{ID: "food", Item: promise}, {ID: "kitchen", Item: kitchen}}
		w.services[opening] = whole

		bundle := func(key string, committed ...string) contract.Submission {
			sub := w.submission(key, opening)
			for _, p := range whole.Parts {
				one := w.submission(key, p.Item)
				x := contract.PartSubmission{Part: p.ID, Item: p.Item, Version: 1, Answers: one.Answers, Materials: one.Materials}
				if slices.Contains(committed, p.ID) {
					x.Committed = &contract.Committed{At: w.clock.now(), Content: []contract.Text{{ZH: p.ID + "符合条件。", EN: p.ID + " is as required."}}}
				}
				sub.Parts = append(sub.Parts, x)
			}
			return sub
		}
		ctx := t.Context()
		r, err := w.submit(ctx, lin, bundle("one", "kitchen"))
		must(t, err)
		w.drain(t)
		_, parts := w.reload(t, r.Case)
		if parts["food"].Committed || parts["food"].State != "SUBMITTED" || parts["kitchen"].State != "VERIFY" {
			t.Fatalf("food %s, kitchen %s", parts["food"].State, parts["kitchen"].State)
		}
		list, err := w.Promises(ctx, lin, r.Case)
		if err != nil || len(list) != 1 || list[0].Part != "kitchen" || list[0].Name.EN != "Kitchen check" || list[0].Committed.Content[0].ZH != "kitchen符合条件。" {
			t.Errorf("promised %+v %v", list, err)
		}
		own, err := w.Promises(ctx, lin, parts["kitchen"].ID)
		if err != nil || len(own) != 1 || own[0].Part != "" {
			t.Errorf("of the part: %+v %v", own, err)
		}
		if _, err := w.Promises(ctx, zhou, r.Case); !errors.Is(err, ErrNotFound) {
			t.Errorf("somebody else reads it: %v", err)
		}
		rows := promiseRows(list)
		if len(rows) != 1 || !strings.Contains(rows[0].Value, "“后厨检查”：kitchen符合条件。") {
			t.Errorf("the receipt says %+v", rows)
		}

		w.act(t, reviewer1, parts["kitchen"], Action{Name: "breach", Reasons: []string{"没有消毒间"}, Days: 3})
		for item, want := range map[contract.ItemID]bool{kitchen: true, promise: false, opening: false} {
			if barred, err := w.Barred(ctx, "salon", item); err != nil || barred != want {
				t.Errorf("%s barred: %v %v", item, barred, err)
			}
		}
		if _, err := w.submit(ctx, lin, bundle("two", "kitchen", "food")); !errors.Is(err, ErrBarred) {
			t.Errorf("commits again for the kitchen: %v", err)
		}
		if _, err := w.submit(ctx, lin, bundle("three", "food")); err != nil {
			t.Errorf("commits for the food: %v", err)
		}
	})
}
