package casework

import (
	"strings"
	"testing"
	"time"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/auth"
	"github.com/tongban/tongban/internal/kit/fault"
)

// A file that came with a form which was not taken goes with it when it comes again:
// for the same person and case, for half a day, within the number of files.
func TestAFileIsHeldForWhoChoseIt(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		c := w.act(t, clerk, w.file(t, "held", joint), Action{Name: "accept"})
		other := w.act(t, clerk, w.file(t, "other", joint), Action{Name: "accept"})
		held, err := w.HoldForOpinion(ctx, fireman, c.ID, "u-fire", []Upload{upload("勘验.pdf", "%PDF fire")})
		must(t, err)
		if len(held) != 1 || held[0].Name != "勘验.pdf" || held[0].Size != 9 || strings.Contains(held[0].Ticket, "勘验") {
			t.Fatalf("held %+v", held)
		}
		tickets := []string{held[0].Ticket}
		for name, x := range map[string]struct {
			who  auth.Principal
			id   contract.CaseID
			held []string
			want int
		}{
			"the same":       {fireman, c.ID, tickets, 1},
			"a colleague":    {firechief, c.ID, tickets, 0},
			"another case":   {fireman, other.ID, tickets, 0},
			"nothing of us":  {fireman, c.ID, []string{"AAAA", "!", ""}, 0},
			"changed a bit":  {fireman, c.ID, []string{held[0].Ticket[:60] + "AAAA" + held[0].Ticket[64:]}, 0},
			"one is no good": {fireman, c.ID, []string{"AAAA", held[0].Ticket}, 1},
		} {
			if got := w.Held(x.who, x.id, x.held); len(got) != x.want {
				t.Errorf("%s: %+v", name, got)
			}
		}
		for name, p := range map[string]auth.Principal{"another agency": warden, "the applicant": lin, "who leads": reviewer1} {
			if got, err := w.HoldForOpinion(ctx, p, c.ID, "u-fire", []Upload{upload("x.pdf", "%PDF x")}); err == nil || len(got) != 0 {
				t.Errorf("%s leaves files: %+v", name, got)
			}
		}
		if _, err := w.HoldForMessage(ctx, zhou, c.ID, contract.ThreadApplicant, []Upload{upload("x.pdf", "%PDF x")}); err == nil {
			t.Error("a stranger leaves files")
		}
		err = w.Opine(ctx, fireman, c.ID, "u-fire", Answer{
			Opinion: OpinionAgree, Note: "同意", Held: tickets, Files: []Upload{upload("a.pdf", "%PDF a"), upload("b.pdf", "%PDF b"), upload("c.pdf", "%PDF c")},
		})
		if f := fault.FieldsOf(err); len(f) != 1 || f[0].Name != "files" {
			t.Errorf("four files: %v", err)
		}
		must(t, w.Opine(ctx, fireman, c.ID, "u-fire", Answer{Opinion: OpinionAgree, Note: "同意", Held: tickets, Files: []Upload{upload("a.pdf", "%PDF a")}}))
		units, err := w.Units(ctx, reviewer1, c.ID)
		must(t, err)
		if f := units[0].Files; len(f) != 2 || f[0].Name != "勘验.pdf" || f[1].Name != "a.pdf" {
			t.Errorf("with the opinion went %+v", units[0].Files)
		}

		held, err = w.HoldForMessage(ctx, lin, c.ID, contract.ThreadApplicant, []Upload{upload("门头.pdf", "%PDF door")})
		must(t, err)
		m, err := w.Write(ctx, lin, c.ID, Words{Thread: contract.ThreadApplicant, Text: "见附件。", Held: []string{held[0].Ticket}})
		must(t, err)
		if len(m.Files) != 1 || m.Files[0].Name != "门头.pdf" {
			t.Errorf("with the message went %+v", m.Files)
		}
		w.clock.set(w.clock.now().Add(heldFor + time.Minute))
		if got := w.Held(lin, c.ID, []string{held[0].Ticket}); len(got) != 0 {
			t.Errorf("held for ever: %+v", got)
		}
	})
}
