package form_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/form"
	"github.com/tongban/tongban/internal/form/formtest"
	"github.com/tongban/tongban/internal/kit/auth"
	"github.com/tongban/tongban/internal/kit/fault"
)

// at is a clerk while somebody stands at the window, for whom they apply.
func at(clerk, person, subject string) auth.Principal {
	return auth.Principal{
		Kind: auth.Staff, ID: clerk, Name: "岗位 " + clerk, Roles: []string{auth.RoleCounter}, Agency: "bureau", Division: "511602", Level: 3,
		For: auth.Acting{Kind: auth.ForCounter, ID: subject, Name: "广安区清和美发店", Mandate: "session-" + clerk, Person: person, PersonName: "林晓"},
	}
}

// afterwards is the same clerk after the session has ended.
func afterwards(p auth.Principal) auth.Principal {
	p.For = auth.Acting{}
	return p
}

var (
	window1 = at("window1", formtest.Lin.ID, formtest.Lin.For.ID)
	window2 = at("window2", formtest.Lin.ID, formtest.Lin.For.ID)
)

// begunThere is a complete application of the salon, begun by a clerk.
func begunThere(t *testing.T, w *formtest.World) contract.DraftID {
	t.Helper()
	return w.CompleteFor(t, window1)
}

// TestCounterDraftIsThePersons: begun at a window, gone on with online and back;
// whoever does not serve that person, and whoever does no more, sees nothing.
func TestCounterDraftIsThePersons(t *testing.T) {
	t.Parallel()
	formtest.Each(t, func(t *testing.T, w *formtest.World) {
		ctx := t.Context()
		id := begunThere(t, w)
		online, err := w.Draft(ctx, formtest.Lin, id)
		if err != nil || online.Owner != contract.AccountID(formtest.Lin.ID) || online.Subject != formtest.Lin.For.ID || online.Acting != auth.ForCompany {
			t.Fatalf("online: %+v, %v", online.Owner, err)
		}
		for name, p := range map[string]auth.Principal{
			"the session has ended":     afterwards(window1),
			"another person":            at("window1", formtest.Zhou.ID, formtest.Zhou.ID),
			"the person for themselves": at("window1", formtest.Lin.ID, formtest.Lin.ID),
			"oneself":                   at(formtest.Lin.ID, formtest.Lin.ID, formtest.Lin.For.ID),
			"no clerk of a counter":     func() auth.Principal { p := window1; p.Roles = []string{auth.RoleClerk}; return p }(),
			"zhou":                      formtest.Zhou,
		} {
			if _, err := w.Draft(ctx, p, id); fault.KindOf(err) != fault.NotFound && fault.KindOf(err) != fault.Denied {
				t.Errorf("%s: %v", name, err)
			}
			if open, err := w.OpenDrafts(ctx, p); err != nil || len(open) != 0 {
				t.Errorf("%s lists %d drafts, %v", name, len(open), err)
			}
		}
		limited := window2
		limited.For.Items = []string{"other"}
		if _, err := w.Draft(ctx, limited, id); !errors.Is(err, form.ErrNotCovered) {
			t.Errorf("a right limited to another service: %v", err)
		}
		if open, err := w.OpenDrafts(ctx, window2); err != nil || len(open) != 1 {
			t.Errorf("another window goes on: %d, %v", len(open), err)
		}
		if l := w.People.Lookups[0]; l.Purpose != "counter" {
			t.Errorf("looked up for %q", l.Purpose)
		}
		events, err := w.Events.About(ctx, formtest.Lin.For.ID, 100)
		if err != nil {
			t.Fatal(err)
		}
		names := map[string]int{}
		for _, e := range events {
			names[e.Name]++
			if e.ActorID == "window1" && (e.OnBehalfOf != formtest.Lin.For.ID || e.Mandate != "session-window1") {
				t.Errorf("%s for %q under %q", e.Name, e.OnBehalfOf, e.Mandate)
			}
		}
		if names["form.draft_changed.v1"] == 0 || names["data.read.v1"] == 0 {
			t.Errorf("events: %v", names)
		}
	})
}

const mark = "M10 10L40 60L80 20L120 70"

// TestCounterConfirmation: nothing is sent that the person has not confirmed as it
// is, and twice is once.
func TestCounterConfirmation(t *testing.T) {
	t.Parallel()
	formtest.Each(t, func(t *testing.T, w *formtest.World) {
		ctx := t.Context()
		id := begunThere(t, w)
		if _, err := w.Submit(ctx, window1, id, form.Change{}); !errors.Is(err, form.ErrUnconfirmed) {
			t.Fatalf("unconfirmed: %v", err)
		}
		for name, try := range map[string]struct {
			by   auth.Principal
			how  form.Confirming
			want fault.Kind
		}{
			"online":              {formtest.Lin, form.Confirming{Method: contract.ConfirmPaper}, fault.Denied},
			"in no way":           {window1, form.Confirming{}, fault.Invalid},
			"a name for a mark":   {window1, form.Confirming{Method: contract.ConfirmDrawn, Mark: "林晓"}, fault.Invalid},
			"not what was read":   {window1, form.Confirming{Rev: 1, Method: contract.ConfirmPaper}, fault.Conflict},
			"another's session":   {func() auth.Principal { p := window1; p.ID = "window2"; return p }(), form.Confirming{Method: contract.ConfirmPaper}, fault.Denied},
			"a session of no one": {func() auth.Principal { p := window1; p.For.Mandate = "gone"; return p }(), form.Confirming{Method: contract.ConfirmPaper}, fault.Denied},
		} {
			if _, err := w.Confirm(ctx, try.by, id, try.how); fault.KindOf(err) != try.want {
				t.Errorf("%s: %v", name, err)
			}
		}
		sheet := &form.Upload{Name: "signed.png", Body: bytes.NewReader(formtest.PNG(40, 30))}
		d, err := w.Confirm(ctx, window1, id, form.Confirming{Method: contract.ConfirmPaper, Sheet: sheet})
		if err != nil || d.Confirmed == nil || d.Confirmed.Window != "3" || d.Confirmed.Name != "林晓" || d.Confirmed.Sheet == nil {
			t.Fatalf("confirmed: %+v, %v", d.Confirmed, err)
		}
		// The person changes something online meanwhile: what was confirmed is gone.
		if _, err := w.Fill(t, formtest.Lin, id, 0, map[string]any{"staff": 4}); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Submit(ctx, window1, id, form.Change{}); !errors.Is(err, form.ErrUnconfirmed) {
			t.Fatalf("changed since: %v", err)
		}
		if d, err = w.Draft(ctx, window1, id); err != nil || d.Confirmed != nil || !d.Outdated {
			t.Errorf("changed since: %+v, %v", d.Confirmed, err)
		}
		if _, err := w.Confirm(ctx, window1, id, form.Confirming{Method: contract.ConfirmDrawn, Mark: mark}); err != nil {
			t.Fatal(err)
		}
		first, err := w.Submit(ctx, window1, id, form.Change{})
		if err != nil {
			t.Fatal(err)
		}
		again, err := w.Submit(ctx, window1, id, form.Change{})
		if err != nil || again != first || len(w.Cases.Submitted) != 1 {
			t.Errorf("twice: %+v, %v, %d cases", again, err, len(w.Cases.Submitted))
		}
		sub := w.Cases.Submitted[0]
		if sub.Operator != contract.AccountID(formtest.Lin.ID) || sub.Counter.Window != "3" || sub.Confirmed == nil || sub.Agent.Name != "林晓" || sub.Agent.Kind != auth.ForCompany {
			t.Errorf("submission: operator %s, %+v, agent %+v", sub.Operator, sub.Counter, sub.Agent)
		}
	})
}

// TestCounterOriginals: what the clerk compared has level B, and paper that stays
// is told.
func TestCounterOriginals(t *testing.T) {
	t.Parallel()
	formtest.Each(t, func(t *testing.T, w *formtest.World) {
		ctx := t.Context()
		id := begunThere(t, w)
		d, err := w.Draft(ctx, window1, id)
		if err != nil {
			t.Fatal(err)
		}
		one, other := d.Files[0], d.Files[1]
		if _, err := w.Compare(ctx, formtest.Lin, id, one.File, form.Comparing{Compared: true}); !errors.Is(err, form.ErrNoCounter) {
			t.Errorf("online: %v", err)
		}
		if _, err := w.Compare(ctx, window1, id, one.File, form.Comparing{Paper: "burnt"}); fault.KindOf(err) != fault.Invalid {
			t.Errorf("unknown: %v", err)
		}
		if _, err := w.Compare(ctx, window1, id, "nothing", form.Comparing{Compared: true}); !errors.Is(err, form.ErrNotFound) {
			t.Errorf("no such file: %v", err)
		}
		for _, x := range []struct {
			file string
			c    form.Comparing
		}{
			{one.File, form.Comparing{Compared: true, Paper: contract.PaperKept}},
			{other.File, form.Comparing{Compared: true}},
			{other.File, form.Comparing{}}, // a slip
		} {
			if _, err := w.Compare(ctx, window1, id, x.file, x.c); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := w.Confirm(ctx, window2, id, form.Confirming{Method: contract.ConfirmDrawn, Mark: mark}); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Submit(ctx, window2, id, form.Change{}); err != nil {
			t.Fatal(err)
		}
		sub := w.Cases.Submitted[0]
		for _, m := range sub.Materials {
			switch m.File {
			case one.File:
				if m.Level != "B" || m.Paper != contract.PaperKept || m.Seen == nil || m.Seen.By != "window1" {
					t.Errorf("compared: %+v", m)
				}
			case other.File:
				if m.Level != "C" || m.Paper != "" || m.Seen != nil {
					t.Errorf("not compared: %+v", m)
				}
			}
		}
		if !sub.Counter.Paper || len(sub.Originals) != 1 || sub.Originals[0] != one.File {
			t.Errorf("paper %v, originals %v", sub.Counter.Paper, sub.Originals)
		}
	})
}

// TestCounterSentOnline: what a clerk helped with and the person sends online is
// no case of the counter, and keeps what was compared.
func TestCounterSentOnline(t *testing.T) {
	t.Parallel()
	formtest.Each(t, func(t *testing.T, w *formtest.World) {
		ctx := t.Context()
		id := begunThere(t, w)
		d, err := w.Confirm(ctx, window1, id, form.Confirming{Method: contract.ConfirmDrawn, Mark: mark})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Compare(ctx, window1, id, d.Files[0].File, form.Comparing{Compared: true}); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Submit(ctx, formtest.Lin, id, form.Change{}); err != nil {
			t.Fatal(err)
		}
		if sub := w.Cases.Submitted[0]; sub.Counter.Session != "" || sub.Confirmed != nil || len(sub.Originals) != 1 {
			t.Errorf("sent online: %+v", sub.Counter)
		}
	})
}

// TestCounterPrint: the application on paper says what was answered.
func TestCounterPrint(t *testing.T) {
	t.Parallel()
	w := formtest.SQLite(t)
	id := begunThere(t, w)
	file, err := w.Print(t.Context(), window1, id)
	if err != nil || !strings.HasPrefix(string(file), "%PDF-") {
		t.Fatalf("%.10q, %v", file, err)
	}
	if _, err := w.Print(t.Context(), afterwards(window1), id); fault.KindOf(err) != fault.NotFound {
		t.Errorf("after the session: %v", err)
	}
}
