package casework

import (
	"context"
	"errors"
	"testing"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/auth"
	"github.com/tongban/tongban/internal/kit/db"
	"github.com/tongban/tongban/internal/kit/event"
)

// accountIs tells that something was done to an account.
func (w *world) accountIs(t *testing.T, p auth.Principal, what string) {
	t.Helper()
	must(t, w.c.DB.InTx(t.Context(), func(ctx context.Context, tx db.Tx) error {
		m := event.Meta{Actor: auth.SystemPrincipal("test"), Object: "account:" + p.ID}
		return w.events.Record(ctx, tx, m, contract.AccountChanged{Account: contract.AccountID(p.ID), What: what, At: w.clock.now()})
	}))
	w.drain(t)
}

func TestCasesOfALockedHolderGoBackOnce(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		w.staffed()
		ctx := t.Context()
		var mine []Case
		for _, k := range []string{"a", "b"} {
			c := w.file(t, k, hygiene)
			_, err := w.Claim(ctx, clerk, c.ID)
			must(t, err)
			mine = append(mine, c)
		}
		other := w.file(t, "c", hygiene)
		_, err := w.Claim(ctx, clerk2, other.ID)
		must(t, err)
		w.accountIs(t, clerk, "unlocked")
		if c := w.load(t, mine[0].ID); c.Holder.ID != clerk.ID {
			t.Error("taken from who may act")
		}
		w.accountIs(t, clerk, contract.AccountLocked)
		w.accountIs(t, clerk, contract.AccountLocked)
		for _, c := range mine {
			holds, err := w.Holds(ctx, head, c.ID)
			must(t, err)
			if got := w.load(t, c.ID); got.Holder.ID != "" || len(holds) != 2 || holds[0].Why != contract.HeldGone || holds[0].Actor.Kind != string(auth.System) {
				t.Errorf("%+v, %+v", got.Holder, holds)
			}
		}
		if c := w.load(t, other.ID); c.Holder.ID != clerk2.ID {
			t.Error("a colleague's case is gone too")
		}
		_, err = w.Claim(ctx, clerk2, mine[0].ID)
		must(t, err)
	})
}

// An official who gets other roles keeps what they may still do; one who moved to
// another agency, or has no post, keeps nothing.
func TestCasesOfALostPostGoBack(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		w.staffed()
		ctx := t.Context()
		took := func(k string, p auth.Principal, c Case) Case {
			t.Helper()
			_, err := w.Claim(ctx, p, c.ID)
			must(t, err)
			return c
		}
		fresh, other := took("a", clerk2, w.file(t, "a", hygiene)), took("b", clerk, w.file(t, "b", hygiene))
		reviews := clerk2
		reviews.Roles = []string{auth.RoleClerk, auth.RoleReviewer}
		w.staffed(clerk, reviews, head)
		read := took("c", reviews, w.reviewable(t, "c"))
		holders := func(want ...string) {
			t.Helper()
			for i, c := range []Case{fresh, read, other} {
				if got := w.load(t, c.ID).Holder.ID; got != want[i] {
					t.Errorf("case %d is held by %q, want %q", i, got, want[i])
				}
			}
		}
		w.accountIs(t, clerk2, contract.AccountPost)
		holders(clerk2.ID, clerk2.ID, clerk.ID)
		reviews.Roles = []string{auth.RoleReviewer}
		w.staffed(clerk, reviews, head)
		w.accountIs(t, clerk2, contract.AccountPost)
		holders("", clerk2.ID, clerk.ID)
		w.staffed(clerk, head)
		w.accountIs(t, clerk2, contract.AccountPost)
		holders("", "", clerk.ID)
	})
}

// Whoever does not hold a case writes to the applicant and settles its checks as
// little as they take its steps.
func TestOnlyTheHolderWritesAndSettles(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		w.staffed()
		ctx := t.Context()
		sub := w.submission("disputed", hygiene)
		sub.Unchecked = []string{"plan"}
		r, err := w.submit(ctx, lin, sub)
		must(t, err)
		_, err = w.Claim(ctx, clerk, r.Case)
		must(t, err)
		text := Words{Thread: contract.ThreadApplicant, Text: "请补一张图。"}
		if _, err := w.Write(ctx, clerk2, r.Case, text); !errors.Is(err, ErrHeld) {
			t.Errorf("a colleague writes: %v", err)
		}
		if err := w.Settle(ctx, clerk2, r.Case, 1, CheckConfirmed, "看过"); !errors.Is(err, ErrHeld) {
			t.Errorf("a colleague settles: %v", err)
		}
		internal := Words{Thread: contract.ThreadInternal, Text: "第二页你看了吗？"}
		for name, err := range map[string]error{
			"among themselves": second(w.Write(ctx, clerk2, r.Case, internal)),
			"the applicant":    second(w.Write(ctx, lin, r.Case, text)),
			"the holder":       second(w.Write(ctx, clerk, r.Case, text)),
			"the head":         second(w.Write(ctx, head, r.Case, text)),
		} {
			if err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
		a := w.away(t, clerk, absence("2026-11-16", "2026-11-18", acc(clerk2)))
		must(t, second(w.Write(ctx, clerk2, r.Case, text)))
		must(t, w.Settle(ctx, clerk2, r.Case, 1, CheckConfirmed, "看过"))
		events, err := w.events.Of(ctx, "case:"+string(r.Case))
		must(t, err)
		for _, e := range events {
			if e.Name == (contract.CheckSettled{}).EventName() && (e.OnBehalfOf != clerk.ID || e.Mandate != a.ID) {
				t.Errorf("settled for %q under %q", e.OnBehalfOf, e.Mandate)
			}
		}
	})
}

func second[T any](_ T, err error) error { return err }
