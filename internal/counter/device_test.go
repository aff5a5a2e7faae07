package counter_test

import (
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/counter"
	"github.com/tongban/tongban/internal/counter/countertest"
	"github.com/tongban/tongban/internal/kit/auth"
	"github.com/tongban/tongban/internal/kit/fault"
)

// reader registers a card reader at a window and is it.
func reader(t *testing.T, w *countertest.World, window string) auth.Principal {
	t.Helper()
	d, key, err := w.MakeDevice(t.Context(), countertest.Staff(auth.RoleAdministrator), countertest.Window(window), "读卡器")
	if err != nil || !strings.HasPrefix(key, "tbk_") {
		t.Fatalf("%q, %v", key, err)
	}
	return auth.Principal{Kind: auth.Machine, ID: "client:" + d.ID, Scopes: []string{counter.ScopeDevice}}
}

func reading(w *countertest.World, nonce string) counter.Reading {
	return counter.Reading{
		Card:  counter.Card{Name: "周淑芬", Number: countertest.Zhou, To: "2036-05-21"},
		Nonce: nonce, At: w.Now(),
	}
}

const nonce = "0123456789abcdef"

func TestACardIsReadOnce(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *countertest.World) {
		ctx := t.Context()
		device, clerk, other := reader(t, w, "1"), sit(t, w, "yuan", "1"), sit(t, w, "gong", "2")
		read, err := w.Tell(ctx, device, reading(w, nonce))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Tell(ctx, device, reading(w, nonce)); !errors.Is(err, counter.ErrReplay) {
			t.Errorf("told twice: %v", err)
		}
		in := counter.Identify{How: contract.ProofCard, Read: read.ID, Matched: true}
		if _, err := w.Open(ctx, other, in); !errors.Is(err, counter.ErrNoRead) {
			t.Errorf("used at another window: %v", err)
		}
		if _, err := w.Latest(ctx, other); !errors.Is(err, counter.ErrNoRead) {
			t.Errorf("seen at another window: %v", err)
		}
		latest, err := w.Latest(ctx, clerk)
		if err != nil || latest.ID != read.ID || latest.Card.Name != "周淑芬" {
			t.Fatalf("%+v, %v", latest, err)
		}
		x, err := w.Open(ctx, clerk, in)
		if err != nil || x.How != contract.ProofCard || x.Device == "" {
			t.Fatalf("%+v, %v", x, err)
		}
		if err := w.End(ctx, clerk, x.ID); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Open(ctx, clerk, in); !errors.Is(err, counter.ErrReadGone) {
			t.Errorf("used twice: %v", err)
		}
		if _, err := w.Latest(ctx, clerk); !errors.Is(err, counter.ErrNoRead) {
			t.Errorf("shown after use: %v", err)
		}
	})
}

func TestAReadIsForgotten(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *countertest.World) {
		ctx := t.Context()
		device, clerk := reader(t, w, "1"), sit(t, w, "yuan", "1")
		read, err := w.Tell(ctx, device, reading(w, nonce))
		if err != nil {
			t.Fatal(err)
		}
		w.Add(2 * time.Minute)
		if _, err := w.Open(ctx, clerk, counter.Identify{How: contract.ProofCard, Read: read.ID, Matched: true}); !errors.Is(err, counter.ErrReadGone) {
			t.Errorf("used after two minutes: %v", err)
		}
		if err := w.Queue.Drain(ctx); err != nil {
			t.Fatal(err)
		}
		var kept int
		row := w.DB.QueryRowContext(ctx, `SELECT COUNT(*) FROM counter_reads WHERE card IS NOT NULL`)
		if err := row.Scan(&kept); err != nil || kept != 0 {
			t.Errorf("%d reads are kept, %v", kept, err)
		}
		if _, err := w.Tell(ctx, device, reading(w, nonce)); !errors.Is(err, counter.ErrReplay) {
			t.Errorf("the same read again: %v", err)
		}
	})
}

func TestWhatAReaderMayNotTell(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *countertest.World) {
		device := reader(t, w, "1")
		jpeg := func(n int) string {
			return base64.StdEncoding.EncodeToString(append([]byte{0xff, 0xd8, 0xff}, make([]byte, n)...))
		}
		for i, tt := range []struct {
			name, field string
			change      func(r *counter.Reading)
		}{
			{"no nonce", "nonce", func(r *counter.Reading) { r.Nonce = "" }},
			{"a short nonce", "nonce", func(r *counter.Reading) { r.Nonce = "1" }},
			{"an old read", "at", func(r *counter.Reading) { r.At = r.At.Add(-3 * time.Minute) }},
			{"a read to come", "at", func(r *counter.Reading) { r.At = r.At.Add(3 * time.Minute) }},
			{"a wrong check digit", "number", func(r *counter.Reading) { r.Number = "511602197904120005" }},
			{"no number", "number", func(r *counter.Reading) { r.Number = "" }},
			{"no name", "name", func(r *counter.Reading) { r.Name = " " }},
			{"a long address", "address", func(r *counter.Reading) { r.Address = strings.Repeat("长", 201) }},
			{"no day", "valid_to", func(r *counter.Reading) { r.To = "soon" }},
			{"a photo that is none", "photo", func(r *counter.Reading) { r.Photo = "PHNjcmlwdD4=" }},
			{"a large photo", "photo", func(r *counter.Reading) { r.Photo = jpeg(60 << 10) }},
		} {
			r := reading(w, fmt.Sprintf("%s%d", nonce, i))
			tt.change(&r)
			_, err := w.Tell(t.Context(), device, r)
			fields := fault.FieldsOf(err)
			if len(fields) != 1 || fields[0].Name != tt.field {
				t.Errorf("%s: %v", tt.name, err)
			}
		}
		good := reading(w, nonce)
		good.Photo, good.To = jpeg(1000), "长期"
		if _, err := w.Tell(t.Context(), device, good); err != nil {
			t.Errorf("a good read: %v", err)
		}
	})
}

func TestAnExpiredCardIsNoProof(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *countertest.World) {
		device, clerk := reader(t, w, "1"), sit(t, w, "yuan", "1")
		r := reading(w, nonce)
		r.To = "2026-11-19"
		read, err := w.Tell(t.Context(), device, r)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Open(t.Context(), clerk, counter.Identify{How: contract.ProofCard, Read: read.ID, Matched: true}); !errors.Is(err, counter.ErrCardExpired) {
			t.Errorf("%v", err)
		}
	})
}

func TestAReaderWithoutAKeyTellsNothing(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *countertest.World) {
		ctx, admin := t.Context(), countertest.Staff(auth.RoleAdministrator)
		device := reader(t, w, "1")
		stranger := device
		stranger.ID = "client:somebody"
		if _, err := w.Tell(ctx, stranger, reading(w, nonce)); !errors.Is(err, counter.ErrNoDevice) {
			t.Errorf("a client of another kind: %v", err)
		}
		noScope := device
		noScope.Scopes = nil
		if _, err := w.Tell(ctx, noScope, reading(w, nonce)); fault.KindOf(err) != fault.Denied {
			t.Errorf("without the scope: %v", err)
		}
		for range 2 {
			if err := w.RevokeDevice(ctx, admin, strings.TrimPrefix(device.ID, "client:")); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := w.Tell(ctx, device, reading(w, nonce)); !errors.Is(err, counter.ErrNoDevice) {
			t.Errorf("with a revoked key: %v", err)
		}
	})
}

func TestOneReadOpensOneSession(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *countertest.World) {
		device, clerk := reader(t, w, "1"), sit(t, w, "yuan", "1")
		read, err := w.Tell(t.Context(), device, reading(w, nonce))
		if err != nil {
			t.Fatal(err)
		}
		var (
			wg     sync.WaitGroup
			mu     sync.Mutex
			opened int
		)
		for range 4 {
			wg.Go(func() {
				_, err := w.Open(t.Context(), clerk, counter.Identify{How: contract.ProofCard, Read: read.ID, Matched: true})
				mu.Lock()
				defer mu.Unlock()
				if err == nil {
					opened++
				}
			})
		}
		wg.Wait()
		if opened != 1 {
			t.Errorf("%d sessions by one read", opened)
		}
	})
}

func TestWhatAScannerTypes(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]counter.Identify{
		"12345678":                      {How: contract.ProofCode, Code: "12345678"},
		countertest.Zhou:                {How: contract.ProofSeen, Number: countertest.Zhou},
		"周淑芬|女|汉|" + countertest.Zhou:   {How: contract.ProofSeen, Number: countertest.Zhou, Name: "周淑芬"},
		countertest.Zhou + "\t周淑芬":      {How: contract.ProofSeen, Number: countertest.Zhou, Name: "周淑芬"},
		"阿依古丽·买买提, " + countertest.Zhou: {How: contract.ProofSeen, Number: countertest.Zhou, Name: "阿依古丽·买买提"},
		"":                          {},
		"1234567":                   {},
		"511602197904120005":        {}, // a wrong check digit
		"<script>alert(1)</script>": {},
	} {
		got, err := counter.Scanned(text)
		if got != want || (err == nil) != (want.How != "") {
			t.Errorf("%q: %+v, %v", text, got, err)
		}
	}
}

func TestHallsAreSetUpByAdministrators(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *countertest.World) {
		ctx, admin := t.Context(), countertest.Staff(auth.RoleAdministrator)
		text := func(s string) contract.Text { return contract.Text{ZH: s, EN: s} }
		in := counter.HallInput{
			Agency: countertest.Agency, Name: text("分中心"), Address: text("地址"), Hours: text("时间"),
			Kinds: []counter.Kind{{Letter: "a", Name: text("办事")}}, Open: true,
		}
		id, err := w.MakeHall(ctx, admin, in)
		if err != nil {
			t.Fatal(err)
		}
		first, second := in, in
		first.Edition, second.Edition = 1, 1
		first.Phone = "0826-0000000"
		if err := w.ChangeHall(ctx, admin, id, first); err != nil {
			t.Fatal(err)
		}
		if err := w.ChangeHall(ctx, admin, id, second); !errors.Is(err, counter.ErrEdition) {
			t.Errorf("the second of two: %v", err)
		}
		window := counter.WindowInput{Number: "1", Name: text("窗口"), Purpose: counter.PurposeGeneral, Kinds: []string{"A"}, Open: true}
		if err := w.PutWindow(ctx, admin, id, "", window); err != nil {
			t.Fatal(err)
		}
		if err := w.PutWindow(ctx, admin, id, "", window); len(fault.FieldsOf(err)) != 1 {
			t.Errorf("two windows of one number: %v", err)
		}
		if err := w.ChangeHall(ctx, admin, counter.DemoNeighbour, first); fault.KindOf(err) != fault.Denied {
			t.Errorf("changed a hall of another district: %v", err)
		}
		bad := in
		bad.Name.EN, bad.Kinds = "", []counter.Kind{{Letter: "A", Name: text("x")}, {Letter: "A", Name: text("y")}}
		var fields []string
		for _, f := range fault.FieldsOf(w.ChangeHall(ctx, admin, id, bad)) {
			fields = append(fields, f.Name)
		}
		if !slices.Equal(fields, []string{"name-en", "kind-2-letter"}) {
			t.Errorf("faults at %v", fields)
		}
		in.Open, in.Edition = false, 2
		if err := w.ChangeHall(ctx, admin, id, in); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Take(ctx, nobody, id, counter.Take{Kind: "A"}); !errors.Is(err, counter.ErrHallClosed) {
			t.Errorf("a ticket of a closed hall: %v", err)
		}
	})
}
