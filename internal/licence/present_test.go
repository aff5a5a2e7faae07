package licence_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/auth"
	"github.com/tongban/tongban/internal/licence"
	"github.com/tongban/tongban/internal/licence/licencetest"
)

func TestAShownCodeWorksOnceForAMinute(t *testing.T) {
	each(t, func(t *testing.T, w *licencetest.World) {
		r := person()
		l := w.Issue(t, r)
		show := func(scope licence.Scope) licence.Shown {
			t.Helper()
			x, err := w.Present(t.Context(), licencetest.Holder(r), l.ID, scope)
			if err != nil {
				t.Fatal(err)
			}
			return x
		}
		redeem := func(code string) (licence.Verification, error) {
			return w.Redeem(t.Context(), auth.Principal{}, code)
		}
		x := show(licence.ScopeMinimum)
		if len(x.Code) < 26 || x.Expires.Sub(w.Clock) > time.Minute || x.Link != "http://test/p/"+x.Code {
			t.Errorf("code %q, %s, until %s", x.Code, x.Link, x.Expires)
		}
		if err := w.Waiting(t.Context(), x.Code); err != nil {
			t.Errorf("looking at it used it: %v", err)
		}
		v, err := redeem(strings.ToLower(x.Code))
		if err != nil || v.Holder != "周**" || len(v.Face) != 1 || v.Full {
			t.Errorf("minimum: %+v, %v", v, err)
		}
		if _, err := redeem(x.Code); !errors.Is(err, licence.ErrCode) {
			t.Errorf("twice: %v", err)
		}
		x = show(licence.ScopeFace)
		if v, err := redeem(x.Code); err != nil || v.Holder != "周淑芬" || len(v.Face) != 2 || !v.Full {
			t.Errorf("face: %+v, %v", v, err)
		}
		x = show(licence.ScopeFace)
		w.Clock = w.Clock.Add(time.Minute)
		if _, err := redeem(x.Code); !errors.Is(err, licence.ErrCode) {
			t.Errorf("after a minute: %v", err)
		}
		if _, err := redeem(""); !errors.Is(err, licence.ErrCode) {
			t.Errorf("nothing: %v", err)
		}
		uses, err := w.Uses(t.Context(), licencetest.Holder(r), l.ID, "")
		got := ""
		for _, u := range uses {
			got += fmt.Sprintf("%s/%s %d; ", u.Kind, u.Channel, u.Times)
		}
		if want := "verify/code_face 1; verify/code 1; present/code 3; "; err != nil || got != want {
			t.Errorf("log %s, %v; want %s", got, err, want)
		}
	})
}

func TestOfTwoWhoScanOneGetsIt(t *testing.T) {
	each(t, func(t *testing.T, w *licencetest.World) {
		r := licencetest.Request("case-1")
		l := w.Issue(t, r)
		x, err := w.Present(t.Context(), licencetest.Holder(r), l.ID, "")
		if err != nil {
			t.Fatal(err)
		}
		errs := make([]error, 4)
		var all sync.WaitGroup
		for i := range errs {
			all.Go(func() { _, errs[i] = w.Redeem(t.Context(), auth.Principal{}, x.Code) })
		}
		all.Wait()
		won := 0
		for _, err := range errs {
			if err == nil {
				won++
			} else if !errors.Is(err, licence.ErrCode) {
				t.Error(err)
			}
		}
		if won != 1 {
			t.Errorf("%d got it", won)
		}
	})
}

func TestOnlyTheHolderShowsAndOnlyWhatCounts(t *testing.T) {
	each(t, func(t *testing.T, w *licencetest.World) {
		r := licencetest.Request("case-1")
		l := w.Issue(t, r)
		limited := licencetest.Holder(r)
		limited.For.Items = []string{"another"}
		covered := licencetest.Holder(r)
		covered.For.Items = []string{string(r.Item)}
		for _, x := range []struct {
			name string
			p    auth.Principal
			want error
		}{
			{"holder", licencetest.Holder(r), nil},
			{"agent for this service", covered, nil},
			{"agent for another", limited, licence.ErrNotFound},
			{"stranger", auth.Principal{Kind: auth.Resident, ID: "x"}, licence.ErrNotFound},
			{"official", licencetest.Staff(auth.RoleHead), licence.ErrNotFound},
		} {
			if _, err := w.Present(t.Context(), x.p, l.ID, ""); !errors.Is(err, x.want) {
				t.Errorf("%s shows: %v", x.name, err)
			}
			_, err := w.MakeCopy(t.Context(), x.p, l.ID, licence.CopyOrder{Purpose: "租房", Recipient: "房东", Days: 1})
			if !errors.Is(err, x.want) {
				t.Errorf("%s copies: %v", x.name, err)
			}
		}
		on(t, w, "2031-01-01")
		if _, err := w.Present(t.Context(), licencetest.Holder(r), l.ID, ""); !errors.Is(err, licence.ErrState) {
			t.Errorf("expired: %v", err)
		}
	})
}

func TestAnAnnotatedCopyIsGoodForItsPurpose(t *testing.T) {
	each(t, func(t *testing.T, w *licencetest.World) {
		r := licencetest.Request("case-1")
		holder := licencetest.Holder(r)
		l := w.Issue(t, r)
		c, err := w.MakeCopy(t.Context(), holder, l.ID, licence.CopyOrder{Purpose: "办理商铺 租赁 ", Recipient: "广安市某商场", Days: 30})
		if err != nil {
			t.Fatal(err)
		}
		_, _, body, err := w.CopyFile(t.Context(), holder, l.ID, c.ID)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = body.Close() }()
		file, err := io.ReadAll(body)
		if err != nil {
			t.Fatal(err)
		}
		check := func(good bool) {
			t.Helper()
			x, err := w.VerifyFile(t.Context(), auth.Principal{}, bytes.NewReader(file))
			if err != nil || x.Issued == nil || x.Issued.Copy == nil {
				t.Fatalf("%+v, %v", x, err)
			}
			n := x.Issued.Copy
			if n.Purpose != "办理商铺 租赁" || n.Recipient != "广安市某商场" || n.To.String() != "2026-12-24" || !x.Issued.Signature.Intact {
				t.Errorf("says %+v, %+v", n, x.Issued.Signature)
			}
			if x.Issued.Good() != good || n.Good != good {
				t.Errorf("good %v, want %v", x.Issued.Good(), good)
			}
		}
		check(true)
		on(t, w, "2026-12-25")
		check(false)
		w.Clock = licencetest.Noon
		if err := w.EndCopy(t.Context(), holder, l.ID, c.ID); err != nil {
			t.Fatal(err)
		}
		check(false)
		list, err := w.Copies(t.Context(), holder, l.ID)
		if err != nil || len(list) != 1 || list[0].Good(list[0].To) {
			t.Errorf("list %+v, %v", list, err)
		}
		if v, err := w.Verify(t.Context(), auth.Principal{}, l.Code, licence.ChannelQR); err != nil || !v.Good() {
			t.Errorf("the licence itself: %+v, %v", v, err)
		}
	})
}

func TestACopyNeedsPurposeRecipientAndAnEnd(t *testing.T) {
	each(t, func(t *testing.T, w *licencetest.World) {
		r := licencetest.Request("case-1")
		l := w.Issue(t, r)
		for _, o := range []licence.CopyOrder{
			{Recipient: "a", Days: 1},
			{Purpose: "a", Days: 1},
			{Purpose: "a", Recipient: "a"},
			{Purpose: "a", Recipient: "a", Days: 366},
			{Purpose: strings.Repeat("长", 41), Recipient: "a", Days: 1},
		} {
			if _, err := w.MakeCopy(t.Context(), licencetest.Holder(r), l.ID, o); err == nil {
				t.Errorf("made %+v", o)
			}
		}
		var last error
		for range 21 {
			_, last = w.MakeCopy(t.Context(), licencetest.Holder(r), l.ID, licence.CopyOrder{Purpose: "a", Recipient: "b", Days: 1})
		}
		if !errors.Is(last, licence.ErrCopies) {
			t.Errorf("no bound: %v", last)
		}
		if _, _, _, err := w.CopyFile(t.Context(), licencetest.Holder(r), contract.LicenceID("other"), "x"); !errors.Is(err, licence.ErrNotFound) {
			t.Errorf("a copy of nothing: %v", err)
		}
	})
}
