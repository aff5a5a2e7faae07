package event_test

import (
	"context"
	"errors"
	"log/slog"
	"testing"
	"time"

	"github.com/tongban/tongban/internal/kit/auth"
	"github.com/tongban/tongban/internal/kit/db"
	"github.com/tongban/tongban/internal/kit/dbtest"
	"github.com/tongban/tongban/internal/kit/event"
	"github.com/tongban/tongban/internal/kit/id"
	"github.com/tongban/tongban/internal/kit/job"
)

type moved struct {
	To string `json:"to"`
	A  int    `json:"a"`
}

func (moved) EventName() string { return "test.moved.v1" }

var noon = time.Date(2026, 11, 24, 4, 0, 0, 1000, time.UTC)

func now() time.Time { return noon }

func open(d *db.DB) (*job.Queue, *event.Log) {
	q := job.New(d, now, id.New, slog.New(slog.DiscardHandler))
	return q, event.New(d, q, now, id.New)
}

func each(t *testing.T, fn func(t *testing.T, d *db.DB)) {
	dbtest.Each(t, fn, job.Area(), event.Area())
}

func record(t *testing.T, d *db.DB, l *event.Log, m event.Meta, e event.Event) {
	t.Helper()
	err := d.InTx(t.Context(), func(ctx context.Context, tx db.Tx) error { return l.Record(ctx, tx, m, e) })
	if err != nil {
		t.Fatal(err)
	}
}

func TestEachSubscriberIsToldOnce(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, d *db.DB) {
		q, l := open(d)
		var told []string
		hear := func(name string) func(context.Context, db.Tx, event.Recorded, moved) error {
			return func(_ context.Context, _ db.Tx, rec event.Recorded, e moved) error {
				told = append(told, name+" "+rec.Object+" "+e.To)
				return nil
			}
		}
		event.Subscribe(l, "one", hear("one"))
		event.Subscribe(l, "two", hear("two"))
		record(t, d, l, event.Meta{Object: "case:1"}, moved{To: "accepted"})
		for range 2 {
			if err := q.Drain(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		if len(told) != 2 || told[0] == told[1] {
			t.Fatalf("told %q", told)
		}
	})
}

func TestRolledBackMeansNeitherEventNorDelivery(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, d *db.DB) {
		q, l := open(d)
		event.Subscribe(l, "one", func(context.Context, db.Tx, event.Recorded, moved) error {
			t.Error("delivered")
			return nil
		})
		boom := errors.New("boom")
		err := d.InTx(t.Context(), func(ctx context.Context, tx db.Tx) error {
			if err := l.Record(ctx, tx, event.Meta{Object: "case:1"}, moved{}); err != nil {
				return err
			}
			return boom
		})
		if !errors.Is(err, boom) {
			t.Fatal(err)
		}
		if err := q.Drain(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got, err := l.Of(t.Context(), "case:1"); err != nil || len(got) != 0 {
			t.Fatal(got, err)
		}
	})
}

func TestEventsOfAnObjectByName(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, d *db.DB) {
		_, l := open(d)
		record(t, d, l, event.Meta{Object: "case:1"}, moved{To: "a"})
		record(t, d, l, event.Meta{Object: "case:2"}, moved{To: "b"})
		record(t, d, l, event.Meta{Object: "case:1"}, moved{To: "c"})
		for names, want := range map[string]int{moved{}.EventName(): 2, "another.v1": 0} {
			if got, err := l.OfNamed(t.Context(), "case:1", names, "none.v1"); err != nil || len(got) != want {
				t.Errorf("%s: %d events, want %d, %v", names, len(got), want, err)
			}
		}
	})
}

func TestLeafCoversEveryField(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, d *db.DB) {
		_, l := open(d)
		record(t, d, l, event.Meta{
			Actor: auth.Principal{Kind: auth.Staff, ID: "u1", Name: "何敏"}, Subject: "p1", Object: "case:1", Purpose: "review", Basis: "《行政许可法》第三十四条",
		}, moved{To: "<ok>", A: 7})
		got, err := l.Of(t.Context(), "case:1")
		if err != nil || len(got) != 1 {
			t.Fatal(got, err)
		}
		rec := got[0]
		if h, err := rec.Hash(); err != nil || string(h) != string(rec.Leaf) {
			t.Fatalf("leaf %x, hash %x, %v", rec.Leaf, h, err)
		}
		for name, change := range map[string]func(*event.Recorded){
			"id":      func(r *event.Recorded) { r.ID += "0" },
			"name":    func(r *event.Recorded) { r.Name = "x" },
			"at":      func(r *event.Recorded) { r.At = r.At.Add(time.Microsecond) },
			"kind":    func(r *event.Recorded) { r.ActorKind = auth.Resident },
			"actor":   func(r *event.Recorded) { r.ActorID = "u2" },
			"who":     func(r *event.Recorded) { r.ActorName = "x" },
			"behalf":  func(r *event.Recorded) { r.OnBehalfOf = "p2" },
			"mandate": func(r *event.Recorded) { r.Mandate = "m1" },
			"subject": func(r *event.Recorded) { r.Subject = "" },
			"object":  func(r *event.Recorded) { r.Object = "case:2" },
			"purpose": func(r *event.Recorded) { r.Purpose = "" },
			"basis":   func(r *event.Recorded) { r.Basis = "" },
			"body":    func(r *event.Recorded) { r.Body = []byte(`{"a":8,"to":"<ok>"}`) },
			"salt":    func(r *event.Recorded) { r.Salt = make([]byte, 16) },
		} {
			other := rec
			change(&other)
			if h, err := other.Hash(); err != nil || string(h) == string(rec.Leaf) {
				t.Errorf("%s: a change is not seen (%v)", name, err)
			}
		}
	})
}

// The form of the leaf is a promise to everybody who keeps a receipt.
func TestLeafFormNeverChanges(t *testing.T) {
	t.Parallel()
	rec := event.Recorded{
		ID: "0193", Name: "test.moved.v1", At: noon, ActorKind: auth.Staff, ActorID: "u1", ActorName: "何敏",
		Object: "case:1", Body: []byte(`{"to":"<ok>","a":7}`), Salt: []byte("0123456789abcdef"),
	}
	text, err := rec.Record()
	if err != nil {
		t.Fatal(err)
	}
	const want = `{"actor":"u1","actorKind":"staff","actorName":"何敏","at":"2026-11-24T04:00:00.000001Z","basis":"","body":{"a":7,"to":"<ok>"},` +
		`"id":"0193","name":"test.moved.v1","object":"case:1","purpose":"","subject":"","v":1}`
	if string(text) != want {
		t.Fatalf("got  %s\nwant %s", text, want)
	}
}

func TestLeafOfWhoActsForAnother(t *testing.T) {
	t.Parallel()
	rec := event.Recorded{
		ID: "0193", Name: "test.moved.v1", At: noon, ActorKind: auth.Resident, ActorID: "u1", OnBehalfOf: "p2", Mandate: "m1",
		Object: "case:1", Body: []byte(`{"to":"ok","a":7}`), Salt: []byte("0123456789abcdef"),
	}
	text, err := rec.Record()
	if err != nil {
		t.Fatal(err)
	}
	const want = `{"actor":"u1","actorKind":"resident","actorName":"","at":"2026-11-24T04:00:00.000001Z","basis":"","body":{"a":7,"to":"ok"},` +
		`"id":"0193","mandate":"m1","name":"test.moved.v1","object":"case:1","onBehalfOf":"p2","purpose":"","subject":"","v":2}`
	if string(text) != want {
		t.Fatalf("got  %s\nwant %s", text, want)
	}
}

func TestTheLogSaysForWhom(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, d *db.DB) {
		_, l := open(d)
		agent := auth.Principal{Kind: auth.Resident, ID: "u1", For: auth.Acting{Kind: auth.ForPerson, ID: "p2", Mandate: "m1"}}
		record(t, d, l, event.Meta{Actor: agent, Subject: "p2", Object: "case:1"}, moved{To: "x"})
		record(t, d, l, event.Meta{Actor: auth.Principal{Kind: auth.Resident, ID: "u1"}, Subject: "u1", Object: "case:2"}, moved{To: "y"})
		record(t, d, l, event.Meta{Actor: agent, Subject: "p2", Object: "case:3"}, moved{To: "z"})
		of := func(got []event.Recorded, err error) (objects string) {
			t.Helper()
			if err != nil {
				t.Fatal(err)
			}
			for _, r := range got {
				objects += r.Object + " "
			}
			return objects
		}
		for name, tt := range map[string]struct{ got, want string }{
			"under":      {of(l.Under(t.Context(), "m1", event.Among{}, 9)), "case:3 case:1 "},
			"limit":      {of(l.Under(t.Context(), "m1", event.Among{}, 1)), "case:3 "},
			"no mandate": {of(l.Under(t.Context(), "", event.Among{}, 9)), ""},
			"about":      {of(l.AboutAmong(t.Context(), "u1", event.Among{Name: "test.moved.v1"}, 9)), "case:2 "},
			"other name": {of(l.AboutAmong(t.Context(), "u1", event.Among{Name: "test.other.v1"}, 9)), ""},
			"from":       {of(l.AboutAmong(t.Context(), "u1", event.Among{From: noon.Add(time.Hour)}, 9)), ""},
			"to":         {of(l.AboutAmong(t.Context(), "u1", event.Among{To: noon}, 9)), ""},
			"between":    {of(l.AboutAmong(t.Context(), "u1", event.Among{From: noon.Truncate(time.Second), To: noon.Add(time.Second)}, 9)), "case:2 "},
		} {
			if tt.got != tt.want {
				t.Errorf("%s: %q", name, tt.got)
			}
		}
		got, err := l.Of(t.Context(), "case:1")
		if err != nil || len(got) != 1 || got[0].OnBehalfOf != "p2" || got[0].Mandate != "m1" {
			t.Fatal(got, err)
		}
		if h, err := got[0].Hash(); err != nil || string(h) != string(got[0].Leaf) {
			t.Error("the leaf is of another record", err)
		}
	})
}

func TestErasingTheSaltKeepsTheLeaf(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, d *db.DB) {
		_, l := open(d)
		record(t, d, l, event.Meta{Subject: "p1", Object: "case:1"}, moved{})
		record(t, d, l, event.Meta{Subject: "p2", Object: "case:1"}, moved{})
		err := d.InTx(t.Context(), func(ctx context.Context, tx db.Tx) error { return l.Erase(ctx, tx, "p1") })
		if err != nil {
			t.Fatal(err)
		}
		got, err := l.Of(t.Context(), "case:1")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := got[0].Hash(); !errors.Is(err, event.ErrErased) || len(got[0].Leaf) != 32 {
			t.Fatal(err, got[0].Leaf)
		}
		if h, err := got[1].Hash(); err != nil || string(h) != string(got[1].Leaf) {
			t.Fatal("the neighbour was erased too", err)
		}
	})
}

func TestListsAreInOrder(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, d *db.DB) {
		_, l := open(d)
		for i := range 5 {
			record(t, d, l, event.Meta{Subject: "p1", Object: "case:1"}, moved{A: i})
		}
		of, err := l.Of(t.Context(), "case:1")
		if err != nil || len(of) != 5 {
			t.Fatal(of, err)
		}
		same := func(name string, got []event.Recorded, err error, want ...int) {
			t.Helper()
			if err != nil || len(got) != len(want) {
				t.Fatal(name, len(got), err)
			}
			for i, w := range want {
				if got[i].ID != of[w].ID {
					t.Errorf("%s: place %d", name, i)
				}
			}
		}
		about, err := l.About(t.Context(), "p1", 2)
		same("about", about, err, 4, 3)
		page, err := l.Page(t.Context(), of[1].ID, 2)
		same("page", page, err, 2, 3)
		first, err := l.Page(t.Context(), "", 2)
		same("first", first, err, 0, 1)
		last, err := l.Latest(t.Context(), "", 2)
		same("latest", last, err, 4, 3)
		before, err := l.Latest(t.Context(), of[3].ID, 9)
		same("before", before, err, 2, 1, 0)
		if one, err := l.Get(t.Context(), of[2].ID); err != nil || string(one.Body) != `{"a":2,"to":""}` {
			t.Error(string(one.Body), err)
		}
		if _, err := l.Get(t.Context(), "x"); !errors.Is(err, event.ErrNotFound) {
			t.Error(err)
		}
	})
}

func TestTheLogNamesOfficialsAndNoResidents(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, d *db.DB) {
		_, l := open(d)
		for kind, want := range map[auth.Kind]string{auth.Staff: "何敏", auth.Machine: "何敏", auth.Resident: ""} {
			object := "case:" + string(kind)
			record(t, d, l, event.Meta{Actor: auth.Principal{Kind: kind, ID: "u", Name: "何敏"}, Object: object}, moved{To: "x"})
			got, err := l.Of(t.Context(), object)
			if err != nil || len(got) != 1 || got[0].ActorName != want || got[0].ActorID != "u" {
				t.Errorf("%s: %+v, %v", kind, got, err)
			}
		}
	})
}
