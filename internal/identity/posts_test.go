package identity_test

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/identity"
	"github.com/tongban/tongban/internal/kit/auth"
	"github.com/tongban/tongban/internal/kit/db"
	"github.com/tongban/tongban/internal/kit/event"
	"github.com/tongban/tongban/internal/kit/fault"
	"github.com/tongban/tongban/internal/kit/id"
	"github.com/tongban/tongban/internal/kit/job"
	"github.com/tongban/tongban/internal/kit/policy"
)

// left is what a counter is told of a login that ends.
type left struct{ actor, clerk, login string }

// Serving serves nobody.
func (w *world) Serving(context.Context, contract.AccountID) (auth.Acting, bool, error) {
	return auth.Acting{}, false, nil
}

// Left makes world the windows of a hall.
func (w *world) Left(_ context.Context, _ db.Tx, actor auth.Principal, clerk contract.AccountID, login string) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.left = append(w.left, left{actor.ID, string(clerk), login})
	return nil
}

func (w *world) whoLeft() []left {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.left)
}

// TestEveryEndOfALoginIsToldToTheWindow goes through all ways in which somebody who
// serves people loses the login.
func TestEveryEndOfALoginIsToldToTheWindow(t *testing.T) {
	t.Parallel()
	clerk := identity.DemoAccountID("window1")
	me, admin := string(clerk), string(identity.DemoAccountID("admin"))
	for name, c := range map[string]struct {
		end  func(ctx context.Context, w *world, admin, me auth.Principal) error
		want left // login "this" is that of the clerk
	}{
		"signs out": {func(ctx context.Context, w *world, _, me auth.Principal) error { return w.SignOut(ctx, me) }, left{me, me, ""}},
		"ends it from elsewhere": {func(ctx context.Context, w *world, _, me auth.Principal) error {
			other := me
			other.Session = "another"
			return w.EndSession(ctx, other, me.Session)
		}, left{me, me, "this"}},
		"is locked":        {func(ctx context.Context, w *world, a, _ auth.Principal) error { return w.Lock(ctx, a, clerk) }, left{admin, me, ""}},
		"loses the factor": {func(ctx context.Context, w *world, a, _ auth.Principal) error { return w.ResetFactor(ctx, a, clerk) }, left{admin, me, ""}},
		"gets a new password": {func(ctx context.Context, w *world, a, _ auth.Principal) error {
			_, _, err := w.NewPassword(ctx, a, clerk)
			return err
		}, left{admin, me, ""}},
		"loses the role": {func(ctx context.Context, w *world, a, _ auth.Principal) error {
			return w.PutPost(ctx, a, clerk, identity.PostInput{Title: contract.Text{ZH: "受理岗"}, Roles: []string{auth.RoleClerk}})
		}, left{admin, me, ""}},
		"loses the post": {func(ctx context.Context, w *world, a, _ auth.Principal) error { return w.EndPost(ctx, a, clerk, "") }, left{admin, me, ""}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			each(t, func(t *testing.T, w *world) {
				a, p := w.signIn("admin"), w.signIn("window1")
				w.must(c.end(t.Context(), w, a, p))
				want := c.want
				if want.login == "this" {
					want.login = p.Session
				}
				if got := w.whoLeft(); !slices.Equal(got, []left{want}) {
					t.Errorf("the window was told %+v, want %+v", got, want)
				}
				if ok, err := w.sessions.Live(t.Context(), w.db, p.Session); ok || err != nil {
					t.Errorf("the login lives on: %v %v", ok, err)
				}
			})
		})
	}
}

func TestSigningInOverAnotherLoginEndsIt(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		in := identity.Attempt{Username: "window1", Password: identity.DemoPassword, Code: w.code("window1"), OneStep: true, IP: "192.0.2.1"}
		e, err := w.SignIn(t.Context(), in)
		w.must(err)
		next := identity.Attempt{Username: "window2", Password: identity.DemoPassword, Code: w.code("window2"), OneStep: true, IP: "192.0.2.1", Earlier: e.Token}
		_, err = w.SignIn(t.Context(), next)
		w.must(err)
		me := string(identity.DemoAccountID("window1"))
		if got := w.whoLeft(); !slices.Equal(got, []left{{me, me, ""}}) {
			t.Errorf("the window was told %+v", got)
		}
	})
}

func TestAnAdministratorChangesPosts(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		ctx, admin := t.Context(), w.signIn("admin")
		clerk := identity.DemoAccountID("clerk")
		post := identity.PostInput{Title: contract.Text{ZH: "审查岗"}, Roles: []string{auth.RoleReviewer}}
		for name, change := range map[string]func(*identity.PostInput){
			"no roles":         func(in *identity.PostInput) { in.Roles = nil },
			"unknown role":     func(in *identity.PostInput) { in.Roles = []string{"king"} },
			"audits and rules": func(in *identity.PostInput) { in.Roles = []string{auth.RoleAuditor, auth.RoleAdministrator} },
			"no title":         func(in *identity.PostInput) { in.Title = contract.Text{} },
			"over already":     func(in *identity.PostInput) { in.To = today.Add(-1) },
		} {
			in := post
			change(&in)
			if err := w.PutPost(ctx, admin, clerk, in); fault.KindOf(err) != fault.Invalid {
				t.Errorf("%s: %v", name, err)
			}
		}
		elsewhere := admin
		elsewhere.Division = "510101"
		for name, p := range map[string]auth.Principal{"a head": w.signIn("head"), "of another place": elsewhere, "a resident": w.signIn("zhou")} {
			if err := errors.Join(w.PutPost(ctx, p, clerk, post)); !errors.Is(err, policy.ErrDenied) {
				t.Errorf("%s changes: %v", name, err)
			}
			if err := w.EndPost(ctx, p, clerk, ""); !errors.Is(err, policy.ErrDenied) {
				t.Errorf("%s ends: %v", name, err)
			}
		}
		if err := w.EndPost(ctx, admin, identity.DemoAccountID("admin"), ""); !errors.Is(err, policy.ErrDenied) {
			t.Errorf("one's own: %v", err)
		}
		if err := w.EndPost(ctx, admin, identity.DemoAccountID("zhou"), ""); !errors.Is(err, identity.ErrNoPost) {
			t.Errorf("of a resident: %v", err)
		}
		w.must(w.PutPost(ctx, admin, clerk, post))
		if p := w.signIn("clerk"); !p.Is(auth.RoleReviewer) || p.Is(auth.RoleClerk) {
			t.Errorf("roles %v", p.Roles)
		}
		w.must(w.EndPost(ctx, admin, clerk, ""))
		if err := w.EndPost(ctx, admin, clerk, ""); !errors.Is(err, identity.ErrNoPost) {
			t.Errorf("ended twice: %v", err)
		}
		w.add(time.Minute) // each code of the second factor is good once
		if p := w.signIn("clerk"); len(p.Roles) != 0 || p.Agency != "" {
			t.Errorf("without a post: %+v", p)
		}
		rows, _, err := w.Accounts(ctx, admin, identity.Filter{Query: "clerk"})
		if err != nil || len(rows) != 1 || rows[0].Holds {
			t.Errorf("who lost the post cannot be found to get another: %+v, %v", rows, err)
		}
		post.Agency, post.From = "11511301008778490F", today
		w.must(w.PutPost(ctx, admin, clerk, post))
		w.add(time.Minute)
		if p := w.signIn("clerk"); p.Agency != "11511301008778490F" {
			t.Errorf("moved to %q", p.Agency)
		}
	})
}

// Two administrators who saw the same post: what the second says is not done over
// what the first said.
func TestOfTwoWhoChangeAPostTheSecondIsTold(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		ctx, admin, clerk := t.Context(), w.signIn("admin"), identity.DemoAccountID("clerk")
		_, seen, holds, err := w.NowPost(ctx, admin, clerk)
		w.must(err)
		if !holds {
			t.Fatal("no post")
		}
		post := identity.PostInput{Title: contract.Text{ZH: "审查岗"}, Roles: []string{auth.RoleReviewer}, Was: seen.Version()}
		changes := len(w.changes(t, clerk))
		var wg sync.WaitGroup
		errs := make([]error, 6)
		for i := range errs {
			wg.Go(func() {
				in := post
				in.Title.ZH += strconv.Itoa(i)
				errs[i] = w.PutPost(ctx, admin, clerk, in)
			})
		}
		wg.Wait()
		won := slices.IndexFunc(errs, func(err error) bool { return err == nil })
		for i, err := range errs {
			if i != won && !errors.Is(err, identity.ErrPostChanged) {
				t.Errorf("%d, after %d: %v", i, won, err)
			}
		}
		_, now, _, err := w.NowPost(ctx, admin, clerk)
		w.must(err)
		if won < 0 || now.Title.ZH != "审查岗"+strconv.Itoa(won) || len(w.changes(t, clerk)) != changes+1 {
			t.Errorf("post %+v, won by %d, %d events", now, won, len(w.changes(t, clerk))-changes)
		}
		if err := w.EndPost(ctx, admin, clerk, seen.Version()); !errors.Is(err, identity.ErrPostChanged) {
			t.Errorf("taken away as it was: %v", err)
		}
		w.must(w.EndPost(ctx, admin, clerk, now.Version()))
		if err := w.EndPost(ctx, admin, clerk, now.Version()); !errors.Is(err, identity.ErrNoPost) {
			t.Errorf("taken away twice: %v", err)
		}
		post.Agency, post.From = "11511301008778490F", today
		if err := w.PutPost(ctx, admin, clerk, post); !errors.Is(err, identity.ErrPostChanged) {
			t.Errorf("given as it was: %v", err)
		}
	})
}

// changes are the events of an account's post.
func (w *world) changes(t *testing.T, id contract.AccountID) []event.Recorded {
	t.Helper()
	list, err := w.events.OfNamed(t.Context(), "account:"+string(id), identity.AccountChanged{}.EventName())
	w.must(err)
	return list
}

// A post that has a last day ends with it, also for who stays signed in.
func TestAPostEndsWithItsLastDay(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		q := job.New(w.db, w.now, id.New, slog.New(slog.DiscardHandler))
		w.Jobs(q)
		ctx, clerk := t.Context(), identity.DemoAccountID("clerk")
		post := identity.PostInput{Title: contract.Text{ZH: "受理岗"}, Roles: []string{auth.RoleClerk}, Period: identity.Period{To: today.Add(3)}}
		w.must(w.PutPost(ctx, w.signIn("admin"), clerk, post))
		post.To = today.Add(1)
		w.add(time.Minute)
		w.must(w.PutPost(ctx, w.signIn("admin"), clerk, post))
		w.must(w.Plan(ctx))
		w.add(36*time.Hour - 3*time.Minute) // 22:00 on the last day
		p := w.signIn("clerk")
		w.must(q.Drain(ctx))
		if ok, _ := w.sessions.Live(ctx, w.db, p.Session); !ok {
			t.Fatal("ended before its last day was over")
		}
		w.add(2*time.Hour + 3*time.Minute)
		w.must(q.Drain(ctx))
		if ok, _ := w.sessions.Live(ctx, w.db, p.Session); ok {
			t.Error("the login outlives the post")
		}
		events, err := w.events.Of(ctx, "account:"+string(clerk))
		w.must(err)
		if e := events[len(events)-1]; e.ActorKind != auth.System {
			t.Errorf("the last event is %s by %s", e.Name, e.ActorKind)
		}
	})
}
