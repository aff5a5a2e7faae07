package identity_test

import (
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/identity"
	"github.com/tongban/tongban/internal/kit/fault"
)

const (
	numberZhou = "511602197904120004"
	numberNew  = "511602197001010007"
	numberKid  = "511602202301010002"
)

var seen = contract.Proof{Kind: contract.ProofSeen}

func TestAVisitorIsKnownByNumberAndName(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		ctx, clerk := t.Context(), w.signIn("window1")
		v, err := w.VisitorByNumber(ctx, clerk, numberZhou, " 周淑芬 ", seen)
		if err != nil || v.Account != identity.DemoAccountID("zhou") || v.New || v.Number == numberZhou || len(v.Parties) < 2 || v.Parties[0].ID != string(v.Account) {
			t.Fatalf("%+v, %v", v, err)
		}
		zhou := w.signIn("zhou")
		uses, _, err := w.Uses(ctx, zhou, identity.UseQuery{})
		if err != nil || len(uses) != 1 || uses[0].Purpose != "counter" || uses[0].Agency.ZH == "" || uses[0].Basis == "" {
			t.Errorf("her log: %+v, %v", uses, err)
		}
		for name, tt := range map[string]struct {
			number, name string
			how          contract.Proof
			want         error
		}{
			"another name":     {numberZhou, "周小芬", seen, identity.ErrVisitorName},
			"no name":          {numberZhou, " ", seen, identity.ErrVisitorMissing},
			"a small child":    {numberKid, "小满", seen, identity.ErrVisitorChild},
			"no kind of proof": {numberZhou, "周淑芬", contract.Proof{Kind: "face"}, identity.ErrVisitorProof},
		} {
			v, err := w.VisitorByNumber(ctx, clerk, tt.number, tt.name, tt.how)
			if !errors.Is(err, tt.want) || v.Account != "" {
				t.Errorf("%s: %+v, %v", name, v, err)
			}
		}
		if _, err := w.VisitorByNumber(ctx, clerk, "511602197904120005", "周淑芬", seen); fault.KindOf(err) != fault.Invalid {
			t.Errorf("a wrong check digit: %v", err)
		}
		for _, who := range []string{"zhou", "clerk", "admin", "supervisor"} {
			if _, err := w.VisitorByNumber(ctx, w.signIn(who), numberZhou, "周淑芬", seen); fault.KindOf(err) != fault.Denied {
				t.Errorf("%s identifies people: %v", who, err)
			}
		}
	})
}

func TestWhoHasNoAccountGetsOneWithoutSignIn(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		ctx, clerk := t.Context(), w.signIn("window1")
		var (
			wg    sync.WaitGroup
			mu    sync.Mutex
			fresh int
			ids   = map[contract.AccountID]bool{}
		)
		for range 4 { // two windows and a double click
			wg.Go(func() {
				v, err := w.VisitorByNumber(ctx, clerk, numberNew, "新来的", seen)
				mu.Lock()
				defer mu.Unlock()
				if err != nil || v.Level != 3 {
					t.Errorf("%+v, %v", v, err)
				}
				ids[v.Account] = true
				if v.New {
					fresh++
				}
			})
		}
		wg.Wait()
		if len(ids) != 1 || fresh != 1 {
			t.Fatalf("%d accounts, %d of them new", len(ids), fresh)
		}
		for id := range ids {
			_, err := w.SignIn(ctx, identity.Attempt{Username: "visitor:" + string(id), Password: ""})
			if err == nil {
				t.Error("signed in without a sign-in")
			}
		}
		listed, _, err := w.Accounts(ctx, w.signIn("admin"), identity.Filter{Query: "visitor:"})
		if err != nil || len(listed) > 0 {
			t.Errorf("administrators are shown accounts that nobody signs in with: %+v, %v", listed, err)
		}
		v, err := w.VisitorByNumber(ctx, clerk, numberNew, "新来的", contract.Proof{Kind: contract.ProofCard})
		if err != nil || v.Level != 4 {
			t.Errorf("by card: level %d, %v", v.Level, err)
		}
	})
}

func TestACodeIsForSixtySecondsAndOnce(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		ctx, zhou, clerk := t.Context(), w.signIn("zhou"), w.signIn("window1")
		code := func() string {
			t.Helper()
			c, err := w.NewCode(ctx, zhou)
			if err != nil || len(c.Code) != 8 {
				t.Fatalf("%+v, %v", c, err)
			}
			return c.Code
		}
		first := code()
		if c, err := w.Code(ctx, zhou); err != nil || c.Code != first {
			t.Errorf("shows %q, %v", c.Code, err)
		}
		second := code()
		if _, err := w.VisitorByCode(ctx, clerk, first); !errors.Is(err, identity.ErrVisitorCode) {
			t.Errorf("one that was replaced: %v", err)
		}
		v, err := w.VisitorByCode(ctx, clerk, second[:4]+" "+second[4:])
		if err != nil || v.Account != identity.DemoAccountID("zhou") {
			t.Fatalf("%+v, %v", v, err)
		}
		if _, err := w.VisitorByCode(ctx, clerk, second); !errors.Is(err, identity.ErrVisitorCode) {
			t.Errorf("twice: %v", err)
		}
		if c, err := w.Code(ctx, zhou); err != nil || c.Code != "" {
			t.Errorf("still shows %q, %v", c.Code, err)
		}
		third := code()
		w.add(time.Minute)
		if _, err := w.VisitorByCode(ctx, clerk, third); !errors.Is(err, identity.ErrVisitorCode) {
			t.Errorf("after sixty seconds: %v", err)
		}
		if _, err := w.NewCode(ctx, clerk); fault.KindOf(err) != fault.Denied {
			t.Errorf("staff has a code: %v", err)
		}
		if _, err := w.VisitorByCode(ctx, zhou, "12345678"); fault.KindOf(err) != fault.Denied {
			t.Errorf("a resident identifies people: %v", err)
		}
	})
}

func TestGuessingAtAWindowIsSlowedDown(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		clerk := w.signIn("window1")
		for i := range 31 {
			_, err := w.VisitorByCode(t.Context(), clerk, "00000000")
			if limited := errors.Is(err, identity.ErrVisitorTries); limited != (i == 30) {
				t.Fatalf("try %d: %v", i, err)
			}
		}
	})
}
