package notify

import (
	"testing"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/statute"
)

// TestEveryStepOfEveryProcedureIsToldOrSilentForAReason: a new step in the data
// of a procedure needs words here, or a reason why nobody is told.
func TestEveryStepOfEveryProcedureIsToldOrSilentForAReason(t *testing.T) {
	t.Parallel()
	procedures, err := statute.LoadProcedures()
	if err != nil {
		t.Fatal(err)
	}
	told, known := map[string]bool{}, map[string]bool{}
	for _, p := range procedures.All() {
		for _, st := range p.States {
			for _, tr := range p.Actions(st.ID) {
				known[tr.Action] = true
				if kindOf(contract.CaseMoved{Action: tr.Action, From: tr.From, To: tr.To}) != "" {
					told[tr.Action] = true
				}
			}
		}
	}
	for action := range known {
		if told[action] == (silent[action] != "") {
			t.Errorf("%s: told %v, silent because %q", action, told[action], silent[action])
		}
	}
	for action := range silent {
		if !known[action] {
			t.Errorf("%s is in no procedure", action)
		}
	}
	for kind := range inboxOnly {
		if kinds[kind] == "" {
			t.Errorf("%s is no kind of message", kind)
		}
	}
}
