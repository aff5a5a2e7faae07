package registry_test

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/tongban/tongban/internal/kit/auth"
	"github.com/tongban/tongban/internal/kit/fault"
	"github.com/tongban/tongban/internal/registry"
)

// poster answers as another system would.
type poster struct {
	in   any
	body string
	err  error
}

func (p *poster) Post(_ context.Context, in, out any) error {
	p.in = in
	if p.err != nil {
		return p.err
	}
	return json.Unmarshal([]byte(p.body), out)
}

func TestARemoteRegistry(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		body string
		err  error
		down bool
		want string
	}{
		"right":        {`{"facts":[{"key":"marriage.status","value":"married","at":"2026-11-20"},{"key":"marriage.certificate","value":"not asked"}]}`, nil, false, "married"},
		"not in it":    {`{"facts":[]}`, nil, false, ""},
		"out of order": {``, errors.New("answered 500"), true, ""},
		"no day":       {`{"facts":[{"key":"marriage.status","value":"married","at":"yesterday"}]}`, nil, true, ""},
		"no key":       {`{"facts":[{"value":"married"}]}`, nil, true, ""},
		"huge":         {`{"facts":[{"key":"marriage.status","value":"` + strings.Repeat("x", 2001) + `"}]}`, nil, true, ""},
		"its own name": {`{"facts":[{"key":"marriage.status","value":"married","source":{"zh":"假冒","en":"forged"}}]}`, nil, false, "married"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := &poster{body: c.body, err: c.err}
			w := one(t, func(r *registry.Config) {
				r.Demo, r.Remote = false, map[string]registry.Remote{"marriage": {Poster: p}}
			})
			known, err := w.Lookup(t.Context(), chen, prefill("chen", "marriage.status", "birth.hospital"))
			if err != nil || known.Facts["marriage.status"].Value != c.want || (len(known.Down) > 0) != c.down {
				t.Fatalf("%+v, %v", known, err)
			}
			if source := known.Facts["marriage.status"].Source.ZH; c.want != "" && !strings.HasPrefix(source, "婚姻登记") {
				t.Errorf("source %s", source)
			}
			if sent, _ := json.Marshal(p.in); !strings.Contains(string(sent), `"number":"511602199405200009","kind":"person","keys":["marriage.status"]`) {
				t.Errorf("sent %s", sent)
			}
		})
	}
}

func TestSwitchingOff(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		for name, err := range map[string]error{
			"by a clerk":       w.Set(ctx, clerk, "marriage", true, "x"),
			"no such registry": w.Set(ctx, admin, "none", true, "x"),
			"without a reason": w.Set(ctx, admin, "marriage", true, " "),
			"a long reason":    w.Set(ctx, admin, "marriage", true, strings.Repeat("长", 201)),
		} {
			if err == nil || fault.KindOf(err) == fault.Internal {
				t.Errorf("%s: %v", name, err)
			}
		}
		if err := w.Set(ctx, admin, "marriage", true, "升级"); err != nil {
			t.Fatal(err)
		}
		known, err := w.Lookup(ctx, chen, prefill("chen", "marriage.status", "household.number"))
		if err != nil || !slices.Equal(known.Down, []string{"marriage.status"}) || len(known.Facts) != 1 {
			t.Errorf("%+v, %v", known, err)
		}
		if r := w.reads("chen")[0]; slices.Contains(r.Registries, "marriage") {
			t.Errorf("a registry that was not asked is named: %+v", r)
		}
		states, err := w.States(ctx, admin)
		if err != nil || !slices.ContainsFunc(states, func(s registry.State) bool { return s.ID == "marriage" && s.Switch.Off && s.Switch.Reason == "升级" }) {
			t.Errorf("%+v, %v", states, err)
		}
		if err := w.Set(ctx, admin, "marriage", false, ""); err != nil {
			t.Fatal(err)
		}
		if known, err := w.Lookup(ctx, chen, prefill("chen", "marriage.status")); err != nil || len(known.Facts) != 1 {
			t.Errorf("on again: %+v, %v", known, err)
		}
	})
}

func TestWards(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		for username, want := range map[string]string{"chen": "黄小满 parent birth", "huang": "黄小满 parent birth", "zhou": "赵志远 parent household"} {
			p := auth.Principal{Kind: auth.Resident, ID: username, Level: 3}
			list, down, err := w.Wards(t.Context(), p)
			if err != nil || down || len(list) != 1 || list[0].Name+" "+list[0].Relation+" "+list[0].Registry != want {
				t.Errorf("%s: %+v, %v", username, list, err)
			}
			if r := w.reads(username)[0]; r.Purpose != registry.PurposeFamily || r.Basis == "" {
				t.Errorf("%s: %+v", username, r)
			}
		}
		if err := w.Set(t.Context(), admin, "birth", true, "x"); err != nil {
			t.Fatal(err)
		}
		if list, down, err := w.Wards(t.Context(), chen); err != nil || !down || len(list) != 0 {
			t.Errorf("the other parent is not the head of the household: %+v, %v, %v", list, down, err)
		}
	})
}
