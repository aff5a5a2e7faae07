package licence_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/auth"
	"github.com/tongban/tongban/internal/kit/db"
	"github.com/tongban/tongban/internal/kit/dbtest"
	"github.com/tongban/tongban/internal/kit/event"
	"github.com/tongban/tongban/internal/kit/idcode"
	"github.com/tongban/tongban/internal/kit/sign"
	"github.com/tongban/tongban/internal/licence"
	"github.com/tongban/tongban/internal/licence/licencetest"
)

func each(t *testing.T, fn func(t *testing.T, w *licencetest.World)) {
	t.Helper()
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) { fn(t, licencetest.New(t, d)) }, licencetest.Areas()...)
}

func TestGrantBecomesASignedLicence(t *testing.T) {
	each(t, func(t *testing.T, w *licencetest.World) {
		var told []contract.LicenceIssued
		event.Subscribe(w.Log, "test", func(_ context.Context, _ db.Tx, _ event.Recorded, e contract.LicenceIssued) error {
			told = append(told, e)
			return nil
		})
		r := licencetest.Request("case-1")
		l := w.Issue(t, r)
		if l.State != licence.Valid || l.Number != "川广安广卫公字〔2026〕第 0001 号" || l.To.String() != "2030-11-23" {
			t.Errorf("got %+v", l)
		}
		id, err := idcode.ParseLicenceIdentifier(l.Identifier)
		if err != nil || id.Issuer != "115113016823646795" || id.Type != r.Spec.TypeCode || id.Version != 1 {
			t.Errorf("identifier %s: %+v, %v", l.Identifier, id, err)
		}
		if len(told) != 1 || told[0].Licence != l.ID || told[0].Case != "case-1" || told[0].Number != l.Number || told[0].Blob != l.Blob {
			t.Errorf("told %+v", told)
		}
		_, body, err := w.Download(t.Context(), licencetest.Holder(r), l.ID, licence.ChannelPage)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = body.Close() }()
		file, err := io.ReadAll(body)
		if err != nil {
			t.Fatal(err)
		}
		if rep, err := sign.Verify(file, w.CA.Roots()); err != nil || !rep.Valid() || rep.Reason != "颁发公共场所卫生许可证" {
			t.Errorf("signature: %+v, %v", rep, err)
		}
	})
}

func TestACaseHasOneLicence(t *testing.T) {
	each(t, func(t *testing.T, w *licencetest.World) {
		r := licencetest.Request("case-1")
		first, second := w.Grant(t, r), w.Grant(t, r)
		if first != second {
			t.Errorf("got %s and %s", first, second)
		}
		other := w.Issue(t, licencetest.Request("case-2"))
		if !strings.HasSuffix(other.Number, "第 0002 号") {
			t.Errorf("the second licence has number %s", other.Number)
		}
	})
}

func TestRolledBackDecisionLeavesNoLicence(t *testing.T) {
	each(t, func(t *testing.T, w *licencetest.World) {
		stop := errors.New("stop")
		err := w.DB.InTx(t.Context(), func(ctx context.Context, tx db.Tx) error {
			if _, err := w.Service.Issue(ctx, tx, licencetest.Request("case-1")); err != nil {
				return err
			}
			return stop
		})
		if !errors.Is(err, stop) {
			t.Fatal(err)
		}
		w.Drain(t)
		mine, err := w.Mine(t.Context(), licencetest.Holder(licencetest.Request("")))
		if err != nil || len(mine) != 0 {
			t.Errorf("got %v, %v", mine, err)
		}
		if l := w.Issue(t, licencetest.Request("case-2")); !strings.HasSuffix(l.Number, "第 0001 号") {
			t.Errorf("the roll-back used up a number: %s", l.Number)
		}
	})
}

// crash makes the blob store fail after it stored, as a process does that dies
// between its effect outside and the transaction.
type crash struct {
	licence.Blobs
	left int
}

func (c *crash) Put(ctx context.Context, r io.Reader, limit int64) (string, int64, error) {
	id, n, err := c.Blobs.Put(ctx, r, limit)
	if c.left--; c.left >= 0 {
		return "", 0, errors.New("power cut")
	}
	return id, n, err
}

func TestCrashAfterPrintingIssuesOnce(t *testing.T) {
	each(t, func(t *testing.T, w *licencetest.World) {
		n := 0
		event.Subscribe(w.Log, "test", func(_ context.Context, _ db.Tx, _ event.Recorded, _ contract.LicenceIssued) error {
			n++
			return nil
		})
		w.Blobs = &crash{w.Blobs, 2}
		r := licencetest.Request("case-1")
		id := w.Ask(t, r)
		if err := w.Queue.Drain(t.Context()); err == nil {
			t.Fatal("printed in spite of the power cut")
		}
		if l, err := w.Get(t.Context(), licencetest.Holder(r), id); err != nil || l.State != licence.Pending {
			t.Fatalf("after the first crash: %s, %v", l.State, err)
		}
		if _, _, err := w.Download(t.Context(), licencetest.Holder(r), id, licence.ChannelPage); !errors.Is(err, licence.ErrPending) {
			t.Errorf("download while pending: %v", err)
		}
		for range 4 {
			w.Clock = w.Clock.Add(6 * time.Hour)
			if err := w.Queue.Drain(t.Context()); err != nil {
				t.Logf("drain: %v", err)
			}
		}
		l, err := w.Get(t.Context(), licencetest.Holder(r), id)
		if err != nil || l.State != licence.Valid || !strings.HasSuffix(l.Number, "第 0001 号") || n != 1 {
			t.Errorf("got %s, %s, %d events, %v", l.State, l.Number, n, err)
		}
		events, err := w.Log.Of(t.Context(), "licence:"+string(id))
		if err != nil || len(events) != 1 {
			t.Errorf("%d events, %v", len(events), err)
		}
	})
}

// person asks for a licence of a natural person.
func person() contract.LicenceRequest {
	r := licencetest.Request("case-p")
	r.Holder = contract.Party{Kind: "person", ID: "acc-zhou", Name: "周淑芬"}
	r.Spec.Years = 0
	r.Face = []contract.FaceLine{
		{Label: contract.Text{ZH: "姓名", EN: "Name"}, Value: "周淑芬", Public: true},
		{Label: contract.Text{ZH: "住址", EN: "Address"}, Value: "广安区洪州大道 128 号"},
	}
	return r
}

func TestPublicSeesTheMinimum(t *testing.T) {
	each(t, func(t *testing.T, w *licencetest.World) {
		l := w.Issue(t, person())
		v, err := w.Verify(t.Context(), auth.Principal{}, l.Code, licence.ChannelQR)
		if err != nil {
			t.Fatal(err)
		}
		if !v.Good() || v.Holder != "周**" || v.To != licence.LongTerm || len(v.Face) != 1 || v.Face[0].Value != "周**" {
			t.Errorf("got %+v", v)
		}
		if all := fmt.Sprintf("%+v", v); strings.Contains(all, "淑芬") || strings.Contains(all, "洪州") {
			t.Errorf("tells too much: %s", all)
		}
		company := w.Issue(t, licencetest.Request("case-1"))
		if v, err := w.Verify(t.Context(), auth.Principal{}, company.Identifier, licence.ChannelAPI); err != nil || v.Holder != "广安区清和美发店" {
			t.Errorf("got %+v, %v", v, err)
		}
	})
}

func TestVerifyByWhatStandsOnTheSheet(t *testing.T) {
	each(t, func(t *testing.T, w *licencetest.World) {
		l := w.Issue(t, licencetest.Request("case-1"))
		lower := strings.ToLower(l.Code[:4] + "-" + l.Code[4:])
		if _, err := w.Verify(t.Context(), auth.Principal{}, lower, licence.ChannelQR); err != nil {
			t.Errorf("code as typed: %v", err)
		}
		for number, want := range map[string]error{
			l.Number: nil, "川广安广卫公字[2026]第0001号": nil, "川广安广卫公字〔2026〕第 0002 号": licence.ErrNotFound, "": licence.ErrNotFound,
		} {
			if _, err := w.VerifyNumber(t.Context(), auth.Principal{}, l.Identifier, number); !errors.Is(err, want) {
				t.Errorf("number %q: got %v, want %v", number, err, want)
			}
		}
		for _, code := range []string{"", "X", strings.Repeat("0", 26), l.Identifier + "0"} {
			if _, err := w.Verify(t.Context(), auth.Principal{}, code, licence.ChannelQR); !errors.Is(err, licence.ErrNotFound) {
				t.Errorf("code %q: got %v", code, err)
			}
		}
	})
}

func TestChangedStatesShowWhenVerified(t *testing.T) {
	each(t, func(t *testing.T, w *licencetest.World) {
		approver := licencetest.Staff(auth.RoleApprover)
		l := w.Issue(t, licencetest.Request("case-1"))
		steps := []struct {
			act  licence.Act
			want error
			then licence.State
		}{
			{licence.Resume, licence.ErrState, licence.Valid},
			{licence.Suspend, nil, licence.Suspended},
			{licence.Suspend, licence.ErrState, licence.Suspended},
			{licence.Resume, nil, licence.Valid},
			{licence.Withdraw, nil, licence.Withdrawn},
			{licence.Cancel, licence.ErrState, licence.Withdrawn},
		}
		for _, s := range steps {
			_, err := w.Change(t.Context(), approver, l.ID, licence.Change{Act: s.act, Reason: "以欺骗手段取得", Basis: "《行政许可法》第六十九条"})
			if !errors.Is(err, s.want) {
				t.Fatalf("%s: got %v, want %v", s.act, err, s.want)
			}
			v, err := w.Verify(t.Context(), auth.Principal{}, l.Code, licence.ChannelQR)
			if err != nil || v.State != s.then || v.Good() != (s.then == licence.Valid) {
				t.Errorf("after %s: %s, %v", s.act, v.State, err)
			}
		}
		if _, err := w.Change(t.Context(), approver, l.ID, licence.Change{Act: licence.Cancel, Reason: " "}); err == nil {
			t.Error("changed without a reason")
		}
		events, err := w.Log.Of(t.Context(), "licence:"+string(l.ID))
		if err != nil {
			t.Fatal(err)
		}
		changed := 0
		for _, e := range events {
			if e.Name == "licence.changed.v1" {
				changed++
			}
		}
		if changed != 3 {
			t.Errorf("%d changes recorded, want 3", changed)
		}
	})
}

func TestLicenceEndsWithItsDecision(t *testing.T) {
	each(t, func(t *testing.T, w *licencetest.World) {
		for action, want := range map[string]licence.State{
			"revoke": licence.Withdrawn, "cancel": licence.Cancelled, "deliver": licence.Valid,
		} {
			l := w.Issue(t, licencetest.Request("case-"+action))
			for _, id := range []contract.CaseID{l.Case, "case-without-licence"} {
				w.Record(t, contract.CaseMoved{Case: id, Action: action, At: w.Clock})
			}
			if v, err := w.Verify(t.Context(), auth.Principal{}, l.Code, licence.ChannelQR); err != nil || v.State != want {
				t.Errorf("%s: %s, %v", action, v.State, err)
			}
		}
	})
}

func TestExpiryNeedsNoJob(t *testing.T) {
	each(t, func(t *testing.T, w *licencetest.World) {
		l := w.Issue(t, licencetest.Request("case-1"))
		for _, tt := range []struct {
			years int
			want  licence.State
		}{{0, licence.Valid}, {4, licence.Expired}} {
			w.Clock = licencetest.Noon.AddDate(tt.years, 0, 0)
			if v, err := w.Verify(t.Context(), auth.Principal{}, l.Code, licence.ChannelQR); err != nil || v.State != tt.want {
				t.Errorf("after %d years: %s, %v", tt.years, v.State, err)
			}
		}
	})
}

func TestFilesAreTold(t *testing.T) {
	each(t, func(t *testing.T, w *licencetest.World) {
		r := licencetest.Request("case-1")
		l := w.Issue(t, r)
		_, body, err := w.Download(t.Context(), licencetest.Holder(r), l.ID, licence.ChannelPage)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = body.Close() }()
		file, err := io.ReadAll(body)
		if err != nil {
			t.Fatal(err)
		}
		changed := bytes.Clone(file)
		changed[100] ^= 1
		check := func(b []byte) licence.FileCheck {
			t.Helper()
			c, err := w.VerifyFile(t.Context(), auth.Principal{}, bytes.NewReader(b))
			if err != nil {
				t.Fatal(err)
			}
			return c
		}
		if c := check(file); c.Issued == nil || !c.Issued.Good() {
			t.Errorf("the issued file: %+v", c)
		}
		if c := check(changed); c.Issued != nil || !c.Signed || !c.Altered {
			t.Errorf("a changed file: %+v", c)
		}
		if c := check(append(bytes.Clone(file), '\n')); c.Issued != nil || !c.Altered {
			t.Errorf("a longer file: %+v", c)
		}
		if c := check([]byte("hello")); c.Issued != nil || c.Signed {
			t.Errorf("something else: %+v", c)
		}
	})
}

// TestEveryUseIsKept is the promise of the holder's log.
func TestEveryUseIsKept(t *testing.T) {
	each(t, func(t *testing.T, w *licencetest.World) {
		ctx, r := t.Context(), licencetest.Request("case-1")
		l := w.Issue(t, r)
		holder := licencetest.Holder(r)
		for range 3 {
			if _, err := w.Verify(ctx, auth.Principal{}, l.Code, licence.ChannelQR); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := w.Get(ctx, licencetest.Staff(auth.RoleClerk), l.ID); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Present(ctx, holder, l.ID, licence.ScopeMinimum); err != nil {
			t.Fatal(err)
		}
		uses, err := w.Uses(ctx, holder, l.ID, "")
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		for _, u := range uses {
			got += fmt.Sprintf("%s/%s %d own=%v %s; ", u.Kind, u.Channel, u.Times, u.Own, u.Who)
		}
		want := "present/code 1 own=true ; read/page 1 own=false 审批岗 01; verify/qr 3 own=false ; "
		if got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
		about, err := w.Log.About(ctx, r.Holder.ID, 10)
		if err != nil || len(about) != 4 { // three uses and the issue
			t.Errorf("%d events about the holder, %v", len(about), err)
		}
	})
}

// TestWhoMayDoWhat tries every role on every operation.
func TestWhoMayDoWhat(t *testing.T) {
	each(t, func(t *testing.T, w *licencetest.World) {
		ctx, r := t.Context(), licencetest.Request("case-1")
		l := w.Issue(t, r)
		elsewhere := func(role string) auth.Principal {
			p := licencetest.Staff(role)
			p.Agency = "ag-other"
			return p
		}
		alone := licencetest.Holder(r)
		alone.For = auth.Acting{}
		who := []struct {
			name           string
			p              auth.Principal
			see, file, act bool
		}{
			{"holder", licencetest.Holder(r), true, true, false},
			{"the same person for oneself", alone, false, false, false},
			{"another resident", auth.Principal{Kind: auth.Resident, ID: "acc-x"}, false, false, false},
			{"nobody", auth.Principal{}, false, false, false},
			{"clerk", licencetest.Staff(auth.RoleClerk), true, true, false},
			{"reviewer", licencetest.Staff(auth.RoleReviewer), true, true, false},
			{"approver", licencetest.Staff(auth.RoleApprover), true, true, true},
			{"head", licencetest.Staff(auth.RoleHead), true, true, true},
			{"supervisor", licencetest.Staff(auth.RoleSupervisor), false, false, false},
			{"administrator", licencetest.Staff(auth.RoleAdministrator), false, false, false},
			{"approver elsewhere", elsewhere(auth.RoleApprover), false, false, false},
			{"machine", auth.Principal{Kind: auth.Machine, ID: "m", Scopes: []string{"licence.view"}}, false, false, false},
		}
		for _, x := range who {
			_, err := w.Get(ctx, x.p, l.ID)
			if (err == nil) != x.see {
				t.Errorf("%s sees it: %v", x.name, err)
			}
			if _, err := w.Uses(ctx, x.p, l.ID, ""); (err == nil) != x.see {
				t.Errorf("%s reads its uses: %v", x.name, err)
			}
			_, body, err := w.Download(ctx, x.p, l.ID, licence.ChannelPage)
			if (err == nil) != x.file {
				t.Errorf("%s downloads it: %v", x.name, err)
			}
			if err == nil {
				_ = body.Close()
			}
			_, err = w.Plan(ctx, x.p, l.ID, licence.Change{Act: licence.Cancel, Reason: "终止经营", Basis: "《行政许可法》第七十条"})
			if (err == nil) != x.act {
				t.Errorf("%s changes it: %v", x.name, err)
			}
		}
	})
}

func TestDeskFindsByNumber(t *testing.T) {
	each(t, func(t *testing.T, w *licencetest.World) {
		l := w.Issue(t, licencetest.Request("case-1"))
		w.Issue(t, licencetest.Request("case-2"))
		for number, want := range map[string]int{"": 2, l.Number: 1, "nothing": 0} {
			got, err := w.Desk(t.Context(), licencetest.Staff(auth.RoleClerk), number, "")
			if err != nil || len(got) != want {
				t.Errorf("%q: %d licences, %v; want %d", number, len(got), err, want)
			}
		}
	})
}
