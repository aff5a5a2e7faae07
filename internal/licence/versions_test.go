package licence_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/auth"
	"github.com/tongban/tongban/internal/kit/db"
	"github.com/tongban/tongban/internal/kit/event"
	"github.com/tongban/tongban/internal/kit/idcode"
	"github.com/tongban/tongban/internal/licence"
	"github.com/tongban/tongban/internal/licence/licencetest"
)

// act asks for what a decision does to a prior licence.
func act(effect, caseID string, prior contract.LicenceID) contract.LicenceRequest {
	r := licencetest.Request(caseID)
	r.Spec.Effect, r.Prior = effect, prior
	r.Face[0].Value = "广安区清和美发店（新址）"
	return r
}

// ask is Issue, with its fault.
func ask(t *testing.T, w *licencetest.World, r contract.LicenceRequest) (id contract.LicenceID, err error) {
	t.Helper()
	err = w.DB.InTx(t.Context(), func(ctx context.Context, tx db.Tx) error {
		id, err = w.Service.Issue(ctx, tx, r)
		return err
	})
	return id, err
}

func verify(t *testing.T, w *licencetest.World, l licence.Licence) licence.Verification {
	t.Helper()
	v, err := w.Verify(t.Context(), auth.Principal{}, l.Code, licence.ChannelQR)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// on moves the clock to noon of a day and works off what is due.
func on(t *testing.T, w *licencetest.World, date string) {
	t.Helper()
	d, err := time.Parse(time.DateOnly, date)
	if err != nil {
		t.Fatal(err)
	}
	w.Clock = d.Add(4 * time.Hour)
	w.Drain(t)
}

func TestAChangeIsANewVersionWithTheSameNumber(t *testing.T) {
	each(t, func(t *testing.T, w *licencetest.World) {
		old := w.Issue(t, licencetest.Request("case-1"))
		r := act(contract.LicenceChange, "case-2", old.ID)
		id := w.Ask(t, r)
		if v := verify(t, w, old); !v.Good() {
			t.Errorf("before the new sheet is signed, the old one is %s", v.State)
		}
		w.Drain(t)
		l, err := w.Get(t.Context(), licencetest.Holder(r), id)
		if err != nil {
			t.Fatal(err)
		}
		if l.Number != old.Number || l.From != old.From || l.To != old.To || l.Version != 2 || l.Prior != old.ID || l.State != licence.Valid || l.Code == old.Code {
			t.Errorf("new version %+v", l)
		}
		a, err := idcode.ParseLicenceIdentifier(old.Identifier)
		if err != nil {
			t.Fatal(err)
		}
		b, err := idcode.ParseLicenceIdentifier(l.Identifier)
		if err != nil || b.Serial != a.Serial || b.Version != 2 {
			t.Errorf("identifier %s after %s: %v", l.Identifier, old.Identifier, err)
		}
		if v := verify(t, w, old); v.Good() || v.State != licence.Superseded || !v.Newer || !strings.Contains(v.Basis, "第四十九条") {
			t.Errorf("the old one verifies as %+v", v)
		}
		if v := verify(t, w, l); !v.Good() || v.Face[0].Value != "广安区清和美发店（新址）" {
			t.Errorf("the new one verifies as %+v", v)
		}
		mine, err := w.Mine(t.Context(), licencetest.Holder(r))
		if err != nil || len(mine) != 1 || mine[0].ID != l.ID {
			t.Errorf("wallet %v, %v", mine, err)
		}
		past, err := w.History(t.Context(), licencetest.Holder(r), l)
		if err != nil || len(past) != 2 || past[1].ID != old.ID {
			t.Errorf("history %v, %v", past, err)
		}
		if again := w.Ask(t, r); again != id {
			t.Errorf("the same case made %s and %s", id, again)
		}
	})
}

func TestADecisionActsOnlyOnAFittingLicenceOfItsApplicant(t *testing.T) {
	each(t, func(t *testing.T, w *licencetest.World) {
		l := w.Issue(t, licencetest.Request("case-1"))
		stranger := act(contract.LicenceChange, "c-stranger", l.ID)
		stranger.Holder.ID = "co-other"
		typed := act(contract.LicenceChange, "c-type", l.ID)
		typed.Spec.TypeCode = "11100000000013338W010"
		for _, tt := range []struct {
			name string
			r    contract.LicenceRequest
			want error
		}{
			{"nobody's", act(contract.LicenceRenew, "c-none", "nothing"), licence.ErrPriorUnknown},
			{"another's", stranger, licence.ErrPriorUnknown},
			{"another type", typed, licence.ErrPriorType},
		} {
			if _, err := ask(t, w, tt.r); !errors.Is(err, tt.want) {
				t.Errorf("%s: %v, want %v", tt.name, err, tt.want)
			}
		}
		change := licence.Change{Act: licence.Suspend, Reason: "核查", Basis: "《行政许可法》第六十一条"}
		if _, err := w.Change(t.Context(), licencetest.Staff(auth.RoleApprover), l.ID, change); err != nil {
			t.Fatal(err)
		}
		for _, effect := range []string{contract.LicenceChange, contract.LicenceRenew} {
			if _, err := ask(t, w, act(effect, "c-"+effect, l.ID)); !errors.Is(err, licence.ErrPriorState) {
				t.Errorf("%s of a suspended one: %v", effect, err)
			}
		}
		if _, err := ask(t, w, act(contract.LicenceCancel, "c-cancel", l.ID)); err != nil {
			t.Errorf("cancel a suspended one: %v", err)
		}
		if _, err := ask(t, w, act(contract.LicenceCancel, "c-again", l.ID)); !errors.Is(err, licence.ErrPriorState) {
			t.Errorf("cancel twice: %v", err)
		}
	})
}

func TestOfConcurrentDecisionsOneWins(t *testing.T) {
	each(t, func(t *testing.T, w *licencetest.World) {
		l := w.Issue(t, licencetest.Request("case-1"))
		effects := []string{contract.LicenceChange, contract.LicenceRenew, contract.LicenceChange, contract.LicenceRenew}
		errs := make([]error, len(effects))
		var all sync.WaitGroup
		for i, effect := range effects {
			all.Go(func() { _, errs[i] = ask(t, w, act(effect, "c-"+string(rune('a'+i)), l.ID)) })
		}
		all.Wait()
		won := 0
		for i, err := range errs {
			switch {
			case err == nil:
				won++
			case !errors.Is(err, licence.ErrPriorReplaced):
				t.Errorf("%s: %v", effects[i], err)
			}
		}
		w.Drain(t)
		past, err := w.History(t.Context(), licencetest.Holder(licencetest.Request("")), l)
		if err != nil || won != 1 || len(past) != 2 {
			t.Errorf("%d won, %d versions, %v", won, len(past), err)
		}
	})
}

func TestARenewalBeginsWhereTheOldOneEnds(t *testing.T) {
	each(t, func(t *testing.T, w *licencetest.World) {
		old := w.Issue(t, licencetest.Request("case-1")) // to 2030-11-23
		on(t, w, "2030-10-01")
		r := act(contract.LicenceRenew, "case-2", old.ID)
		next, err := w.Get(t.Context(), licencetest.Holder(r), w.Grant(t, r))
		if err != nil || next.From.String() != "2030-11-24" || next.To.String() != "2034-11-23" || next.Number != old.Number {
			t.Fatalf("renewed %+v, %v", next, err)
		}
		if v := verify(t, w, old); !v.Good() || !v.Newer {
			t.Errorf("the old one before its end: %+v", v)
		}
		if v := verify(t, w, next); v.Good() || v.State != licence.Upcoming {
			t.Errorf("the new one before its beginning: %s", v.State)
		}
		if _, err := ask(t, w, act(contract.LicenceRenew, "case-3", old.ID)); !errors.Is(err, licence.ErrPriorReplaced) {
			t.Errorf("renewed twice: %v", err)
		}
		on(t, w, "2030-11-24")
		if v := verify(t, w, old); v.State != licence.Expired {
			t.Errorf("the old one after its end: %s", v.State)
		}
		if v := verify(t, w, next); !v.Good() {
			t.Errorf("the new one: %s", v.State)
		}
	})
}

func TestAChangeOfARenewedLicenceChangesBoth(t *testing.T) {
	each(t, func(t *testing.T, w *licencetest.World) {
		old := w.Issue(t, licencetest.Request("case-1"))
		on(t, w, "2030-10-01")
		r := act(contract.LicenceRenew, "case-2", old.ID)
		renewed, err := w.Get(t.Context(), licencetest.Holder(r), w.Grant(t, r))
		if err != nil {
			t.Fatal(err)
		}
		changed, err := w.Get(t.Context(), licencetest.Holder(r), w.Grant(t, act(contract.LicenceChange, "case-3", old.ID)))
		if err != nil || changed.From != old.From || changed.To != renewed.To || changed.Version != 3 {
			t.Fatalf("changed %+v, %v", changed, err)
		}
		for _, l := range []licence.Licence{old, renewed} {
			if v := verify(t, w, l); v.State != licence.Superseded {
				t.Errorf("version %d: %s", l.Version, v.State)
			}
		}
		if v := verify(t, w, changed); !v.Good() {
			t.Errorf("the change: %s", v.State)
		}
	})
}

// pending records that the renewal of a licence was applied for.
func pending(t *testing.T, w *licencetest.World, l licence.Licence, caseID contract.CaseID) {
	t.Helper()
	err := w.DB.InTx(t.Context(), func(ctx context.Context, tx db.Tx) error {
		return w.Log.Record(ctx, tx, event.Meta{Subject: l.Holder.ID, Object: "case:" + string(caseID)}, contract.RenewalPending{
			Licence: l.ID, Case: caseID, Applied: w.Clock.Add(8 * time.Hour).Format(time.DateOnly), At: w.Clock,
		})
	})
	if err != nil {
		t.Fatal(err)
	}
	w.Drain(t)
}

func moved(caseID contract.CaseID, to string, at time.Time) contract.CaseMoved {
	return contract.CaseMoved{Case: caseID, Action: "x", From: "REVIEW", To: to, At: at}
}

// TestSilenceRenews is article 50: applied for thirty days before, not decided
// by the last day.
func TestSilenceRenews(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, applied string
		ended         string // state of the case
		endedOn       string
		want          licence.State
	}{
		{"in time and silent", "2030-10-24", "", "", licence.Deemed},
		{"a day late", "2030-10-25", "", "", licence.Expired},
		{"denied in time", "2030-10-24", "DECIDED_DENY", "2030-11-23", licence.Expired},
		{"denied a day late", "2030-10-24", "DECIDED_DENY", "2030-11-24", licence.Deemed},
		{"terminated in time", "2030-10-24", "TERMINATED", "2030-11-23", licence.Expired},
		{"terminated a day late", "2030-10-24", "TERMINATED", "2030-11-24", licence.Deemed},
		{"not accepted", "2030-10-24", "REFUSED", "2030-10-28", licence.Expired},
		{"taken back after the end", "2030-10-24", "WITHDRAWN", "2030-11-24", licence.Expired},
		{"no application", "", "", "", licence.Expired},
	} {
		t.Run(tt.name, func(t *testing.T) {
			each(t, func(t *testing.T, w *licencetest.World) {
				l := w.Issue(t, licencetest.Request("case-1"))
				if tt.applied != "" {
					on(t, w, tt.applied)
					pending(t, w, l, "renewal")
				}
				if tt.ended != "" {
					on(t, w, tt.endedOn)
					w.Record(t, moved("renewal", tt.ended, w.Clock))
				}
				on(t, w, "2030-11-23")
				if v := verify(t, w, l); v.State != licence.Valid {
					t.Errorf("on its last day: %s", v.State)
				}
				on(t, w, "2030-11-25")
				v := verify(t, w, l)
				if v.State != tt.want || v.Good() != (tt.want == licence.Deemed) {
					t.Errorf("after its last day: %s", v.State)
				}
				held, err := w.HeldBy(t.Context(), licencetest.Holder(licencetest.Request("")), l.Holder.ID, nil)
				if err != nil || (len(held) == 1) != (tt.want == licence.Deemed) {
					t.Errorf("held: %v, %v", held, err)
				}
			})
		})
	}
}

func TestALateDecisionRenewsFromTheOldEnd(t *testing.T) {
	each(t, func(t *testing.T, w *licencetest.World) {
		old := w.Issue(t, licencetest.Request("case-1"))
		on(t, w, "2030-10-01")
		pending(t, w, old, "case-2")
		on(t, w, "2030-12-20")
		if v := verify(t, w, old); v.State != licence.Deemed || v.DeemedTo.String() != "2034-11-23" {
			t.Errorf("deemed %s to %s", v.State, v.DeemedTo)
		}
		r := act(contract.LicenceRenew, "case-2", old.ID)
		next, err := w.Get(t.Context(), licencetest.Holder(r), w.Grant(t, r))
		if err != nil || next.From.String() != "2030-11-24" || next.To.String() != "2034-11-23" {
			t.Fatalf("renewed %+v, %v", next, err)
		}
		if a, b := verify(t, w, old), verify(t, w, next); a.State != licence.Expired || !b.Good() {
			t.Errorf("old %s, new %s", a.State, b.State)
		}
	})
}

// TestDeliveriesOutOfOrder: the withdrawal is told before the application.
func TestAWithdrawalToldFirstStillCounts(t *testing.T) {
	each(t, func(t *testing.T, w *licencetest.World) {
		l := w.Issue(t, licencetest.Request("case-1"))
		on(t, w, "2030-10-01")
		err := w.DB.InTx(t.Context(), func(ctx context.Context, tx db.Tx) error {
			return w.Log.Record(ctx, tx, event.Meta{Object: "case:renewal"}, moved("renewal", "WITHDRAWN", w.Clock))
		})
		if err != nil {
			t.Fatal(err)
		}
		w.Drain(t)
		pending(t, w, l, "renewal")
		on(t, w, "2030-11-25")
		if v := verify(t, w, l); v.State != licence.Expired {
			t.Errorf("got %s", v.State)
		}
	})
}

func TestCancellingEndsWhatFollows(t *testing.T) {
	each(t, func(t *testing.T, w *licencetest.World) {
		old := w.Issue(t, licencetest.Request("case-1"))
		on(t, w, "2030-10-01")
		r := act(contract.LicenceRenew, "case-2", old.ID)
		next, err := w.Get(t.Context(), licencetest.Holder(r), w.Grant(t, r))
		if err != nil {
			t.Fatal(err)
		}
		end := act(contract.LicenceCancel, "case-3", old.ID)
		id := w.Grant(t, end)
		if again, err := ask(t, w, end); err != nil || again != id {
			t.Errorf("asked again: %s, %v; want %s", again, err, id)
		}
		for _, l := range []licence.Licence{old, next} {
			if v := verify(t, w, l); v.State != licence.Cancelled || !strings.Contains(v.Basis, "第七十条") || !strings.Contains(v.Reason, end.CaseNumber) {
				t.Errorf("version %d: %+v", l.Version, v)
			}
		}
		// The decision to cancel is itself withdrawn.
		w.Record(t, contract.CaseMoved{Case: "case-3", Action: "revoke", At: w.Clock})
		if v := verify(t, w, old); !v.Good() {
			t.Errorf("after the decision was withdrawn: %s", v.State)
		}
	})
}

func TestAWithdrawnChangeLeavesWhatWasBefore(t *testing.T) {
	each(t, func(t *testing.T, w *licencetest.World) {
		old := w.Issue(t, licencetest.Request("case-1"))
		r := act(contract.LicenceChange, "case-2", old.ID)
		changed, err := w.Get(t.Context(), licencetest.Holder(r), w.Grant(t, r))
		if err != nil {
			t.Fatal(err)
		}
		w.Record(t, contract.CaseMoved{Case: "case-2", Action: "revoke", At: w.Clock})
		if a, b := verify(t, w, old), verify(t, w, changed); !a.Good() || b.State != licence.Withdrawn {
			t.Errorf("old %s, change %s", a.State, b.State)
		}
		w.Grant(t, act(contract.LicenceChange, "case-3", old.ID))
		// The first decision of all falls, and with it every version.
		w.Record(t, contract.CaseMoved{Case: "case-1", Action: "revoke", At: w.Clock})
		past, err := w.History(t.Context(), licencetest.Holder(r), old)
		if err != nil || len(past) != 3 {
			t.Fatalf("%d versions, %v", len(past), err)
		}
		for _, l := range past {
			if l.State == licence.Valid {
				t.Errorf("version %d of %s is still valid", l.Version, l.Case)
			}
		}
	})
}

func TestTheHolderIsWarnedBeforeTheEnd(t *testing.T) {
	each(t, func(t *testing.T, w *licencetest.World) {
		got := ""
		event.Subscribe(w.Log, "test", func(_ context.Context, _ db.Tx, _ event.Recorded, e contract.LicenceExpiring) error {
			got += w.Clock.Format("0102") + " " + e.LastDay + "; "
			return nil
		})
		event.Subscribe(w.Log, "test", func(_ context.Context, _ db.Tx, _ event.Recorded, e contract.LicenceChanged) error {
			got += w.Clock.Format("0102") + " " + e.To + "; "
			return nil
		})
		w.Issue(t, licencetest.Request("case-1"))
		for _, d := range []string{"2030-08-24", "2030-08-25", "2030-08-26", "2030-10-24", "2030-11-01", "2030-11-23", "2030-11-24", "2030-12-01"} {
			on(t, w, d)
		}
		const want = "0825 2030-11-23; 1024 2030-11-23; 1124 expired; "
		if got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	})
}

func TestFormsUseWhatTheApplicantHolds(t *testing.T) {
	each(t, func(t *testing.T, w *licencetest.World) {
		r := licencetest.Request("case-1")
		r.Face[0].ID = "unit"
		l := w.Issue(t, r)
		limited := licencetest.Holder(r)
		limited.For.Items = []string{"another"}
		stranger := auth.Principal{Kind: auth.Resident, ID: "acc-x"}
		for _, tt := range []struct {
			name  string
			p     auth.Principal
			types []string
			n     int
			ok    bool
		}{
			{"the holder, any type", licencetest.Holder(r), nil, 1, true},
			{"the holder, this type", licencetest.Holder(r), []string{r.Spec.TypeCode}, 1, true},
			{"the holder, another type", licencetest.Holder(r), []string{"x"}, 0, true},
			{"an agent, this type", limited, []string{r.Spec.TypeCode}, 1, true},
			{"an agent does not browse", limited, nil, 0, false},
			{"the last signer's submission", auth.SystemPrincipal("last-signature"), []string{r.Spec.TypeCode}, 1, true},
			{"a stranger", stranger, nil, 0, false},
			{"an official", licencetest.Staff(auth.RoleApprover), nil, 0, false},
		} {
			held, err := w.HeldBy(t.Context(), tt.p, r.Holder.ID, tt.types)
			if (err == nil) != tt.ok || len(held) != tt.n {
				t.Errorf("%s: %v, %v", tt.name, held, err)
			}
			if len(held) == 1 && (held[0].ID != l.ID || held[0].Face["unit"] != "广安区清和美发店" || len(held[0].Face) != 1) {
				t.Errorf("%s: %+v", tt.name, held[0])
			}
		}
		uses, err := w.Uses(t.Context(), licencetest.Holder(r), l.ID, "")
		if err != nil || len(uses) != 2 || uses[0].Kind != licence.UseApply || uses[0].Channel != licence.ChannelForm {
			t.Errorf("uses %+v, %v", uses, err)
		}
		mine, err := w.Mine(t.Context(), limited)
		if err != nil || len(mine) != 0 {
			t.Errorf("the wallet of a limited agent: %v, %v", mine, err)
		}
		if _, err := w.Get(t.Context(), limited, l.ID); !errors.Is(err, licence.ErrNotFound) {
			t.Errorf("a limited agent opens it: %v", err)
		}
	})
}
