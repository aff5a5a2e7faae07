package casework

import "testing"

// A bundle in which nothing is required is accepted when each of its parts was taken
// up or is over, not before; its day of decision is that of its sum.
func TestABundleOfOptionalPartsGoesOn(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		of := newMoveWorld(w)
		for i := range of.of[opening][0].Parts {
			of.of[opening][0].Parts[i].Required, of.of[opening][0].Parts[i].Blocking = false, false
		}
		whole, parts := w.family(t, "a", "hygiene", "filing")
		w.act(t, clerk, parts["hygiene"], Action{Name: actAccept})
		if whole, _ = w.reload(t, whole.ID); !whole.Accepted.IsZero() {
			t.Errorf("accepted before its second part: %+v", whole)
		}
		w.act(t, clerk, parts["filing"], Action{Name: "refuse", Reasons: []string{"不属于备案范围"}})
		if whole, parts = w.reload(t, whole.ID); whole.Accepted.IsZero() || whole.State != "ACCEPTED" {
			t.Errorf("not accepted: %s", whole.State)
		}
		w.act(t, lin, parts["hygiene"], Action{Name: actWithdraw})
		if whole, _ = w.reload(t, whole.ID); whole.Decided.IsZero() || whole.Stage != StageDone {
			t.Errorf("no day of the decision: %+v", whole)
		}
		w.drain(t)
		w.checkInvariants(t, whole.ID)
	})
}
