package form_test

import (
	"errors"
	"slices"
	"testing"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/form"
	"github.com/tongban/tongban/internal/form/formtest"
)

// A correction opens what is marked, by any way; what the signer said stays.
func TestCorrectionKeepsWhatSignersSaid(t *testing.T) {
	t.Parallel()
	formtest.Each(t, func(t *testing.T, w *formtest.World) {
		ctx := t.Context()
		id := waiting(t, w)
		if _, err := w.AttachSigner(ctx, formtest.Huang, id, "spouse", "spouse_card", pdf("card")); err != nil {
			t.Fatal(err)
		}
		word := form.Change{Fields: map[string]form.Parsed{"spouse_word": {Value: "恭喜"}}}
		if _, err := w.Sign(ctx, formtest.Huang, id, "spouse", form.Signing{Method: form.SignKeyed, Mark: "黄磊", Change: word}); err != nil {
			t.Fatal(err)
		}
		s := w.Cases.Submitted[0]
		w.Cases.Asks = contract.Correction{
			Case: "c1", Item: s.Item, Version: s.Version, Applicant: s.Applicant, Answers: s.Answers, Materials: s.Materials, DueBy: "2026-12-01",
			Marks: []contract.Mark{{Kind: "field", ID: "child", Reason: "看不清"}, {Kind: "material", ID: "proof", Reason: "看不清"}},
		}
		d, err := w.Correct(ctx, formtest.Chen, "c1")
		if err != nil || len(d.Fixes()) != 2 {
			t.Fatalf("%+v %v", d.Fixes(), err)
		}
		if _, err := w.ChooseWay(ctx, formtest.Chen, d.ID, "marriage", "upload", form.WayArgs{}); !errors.Is(err, form.ErrNotOpen) {
			t.Errorf("changed what was in order: %v", err)
		}
		if _, err := w.Attach(ctx, formtest.Chen, d.ID, "proof", pdf("again")); err != nil {
			t.Fatal(err)
		}
		if _, err := w.ChooseWay(ctx, formtest.Chen, d.ID, "proof", "statement", form.WayArgs{}); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Fill(t, formtest.Chen, d.ID, 0, map[string]any{"child": "黄小曼"}); err != nil {
			t.Fatal(err)
		}
		if err := w.Resubmit(ctx, formtest.Chen, d.ID, form.Change{}); err != nil {
			t.Fatal(err)
		}
		got := w.Cases.Resent[0]
		if got["child"] != "黄小曼" || got["spouse_word"] != "恭喜" || got["spouse_phone"] != "13900139000" {
			t.Errorf("%v", got)
		}
		again := slices.DeleteFunc(slices.Clone(w.Cases.ResentMat), func(m contract.Material) bool { return m.ID != "proof" })
		if len(again) != 2 || again[1].Origin != contract.MaterialStatement {
			t.Errorf("%+v", again)
		}
		if !slices.ContainsFunc(w.Cases.ResentMat, func(m contract.Material) bool { return m.ID == "spouse_card" && m.Signer == "spouse" }) {
			t.Error("the signer's paper is gone")
		}
	})
}
