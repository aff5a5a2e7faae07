package casework

import (
	"encoding/json"
	"testing"

	"github.com/tongban/tongban/internal/contract"
)

// Whoever applies to renew a licence is told of to those who keep licences: from
// then on the agency's silence renews it (Licensing Law art. 50).
func TestApplyingToRenewIsTold(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		svc := w.services[hygiene]
		spec := *svc.Licence
		spec.Effect, spec.Prior = contract.LicenceRenew, "prior"
		svc.Licence = &spec
		w.services[hygiene] = svc
		for prior, want := range map[string]int{"licence-1": 1, "": 0} {
			sub := w.submission("renew "+prior, hygiene)
			sub.Answers["prior"] = prior
			r, err := w.submit(t.Context(), lin, sub)
			must(t, err)
			events, err := w.events.Of(t.Context(), "case:"+string(r.Case))
			must(t, err)
			told := 0
			for _, e := range events {
				if e.Name != (contract.RenewalPending{}).EventName() {
					continue
				}
				var p contract.RenewalPending
				must(t, json.Unmarshal(e.Body, &p))
				if told++; p.Licence != "licence-1" || p.Case != r.Case || p.Applied != "2026-11-16" {
					t.Errorf("%+v", p)
				}
			}
			if told != want {
				t.Errorf("prior %q: told %d times, want %d", prior, told, want)
			}
		}
	})
}
