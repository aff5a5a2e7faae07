// Package event records what happened and tells who asked to be told.
//
// An event is recorded in the transaction of what happened: one row in the log
// and one job per subscriber. So there is no "decided but not logged" and no
// lost delivery, and there is one queue, one retry policy and one page of dead
// letters, those of package job.
package event

import (
	"context"
	"crypto/rand"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/tongban/tongban/internal/kit/auth"
	"github.com/tongban/tongban/internal/kit/db"
	"github.com/tongban/tongban/internal/kit/fault"
	"github.com/tongban/tongban/internal/kit/job"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Area returns the tables of this package for db.Migrate.
func Area() db.Area { return db.Area{Name: "event", Files: migrations} }

// ErrNotFound means that there is no such event.
var ErrNotFound = fault.New(fault.NotFound, "event.not_found")

// Event is something that happened: a struct of ids and facts, without personal
// data beyond ids. EventName is past tense with a version, "casework.moved.v1",
// and is known without a value.
type Event interface{ EventName() string }

// Meta says who did it, about whom, to what, and why.
type Meta struct {
	Actor auth.Principal
	// Subject is the id of the person or company the event is about; it appears
	// in that person's own log.
	Subject string
	// Object is what it happened to: "case:<id>".
	Object string
	// Purpose and Basis (in law) are given where personal data is read or used.
	Purpose, Basis string
}

// Recorded is an event in the log.
type Recorded struct {
	ID        string // UUIDv7
	Name      string
	At        time.Time // UTC, whole microseconds
	ActorKind auth.Kind
	ActorID   string
	ActorName string
	// OnBehalfOf is whom the actor acted for and Mandate the right that rested on;
	// both are empty where the actor acted for themself.
	OnBehalfOf string
	Mandate    string
	Subject    string
	Object     string
	Purpose    string
	Basis      string
	Body       json.RawMessage // the event, as canonical JSON
	Salt       []byte          // 16 bytes; nil once erased
	Leaf       []byte          // 32 bytes: see Leaf
}

// Log is the event log of one database.
type Log struct {
	db          *db.DB
	jobs        *job.Queue
	now         func() time.Time
	newID       func() string
	subscribers map[string][]string // event name to kinds of delivery job
}

// New returns the log of d, which delivers through jobs. Its newID must return
// identifiers in the order of time (UUIDv7), for they order the log.
func New(d *db.DB, jobs *job.Queue, now func() time.Time, newID func() string) *Log {
	return &Log{db: d, jobs: jobs, now: now, newID: newID, subscribers: map[string][]string{}}
}

// delivery is the job that carries an event to one subscriber. Its kind is the
// subscriber and the event's name.
type delivery struct {
	Event string `json:"event"`
	kind  string
}

// Kind names the subscriber and what it is told.
func (d delivery) Kind() string { return d.kind }

// Subscribe has work run once for each event of E's name that is recorded from
// now on. Work's effect and the end of the delivery are one transaction.
// Deliveries may come out of order. Subscribers are registered at start, under
// a name that stays the same for ever: jobs that wait carry it.
func Subscribe[E Event](l *Log, subscriber string, work func(ctx context.Context, tx db.Tx, rec Recorded, e E) error) {
	var zero E
	name := zero.EventName()
	kind := "event." + subscriber + "." + name
	job.HandleNamed(l.jobs, kind, func(ctx context.Context, tx db.Tx, d delivery) error {
		rec, err := byID(ctx, tx, d.Event)
		if errors.Is(err, ErrNotFound) {
			return job.Dead(err)
		}
		if err != nil {
			return err
		}
		var e E
		if err := json.Unmarshal(rec.Body, &e); err != nil {
			return job.Dead(fmt.Errorf("read event %s: %w", rec.ID, err))
		}
		return work(ctx, tx, rec, e)
	})
	l.subscribers[name] = append(l.subscribers[name], kind)
}

// Record writes e and a delivery for each subscriber in the caller's
// transaction.
func (l *Log) Record(ctx context.Context, tx db.Tx, m Meta, e Event) error {
	body, err := canonical(e)
	if err != nil {
		return fmt.Errorf("write event %s: %w", e.EventName(), err)
	}
	rec := Recorded{
		ID: l.newID(), Name: e.EventName(), At: l.now().UTC().Truncate(time.Microsecond),
		ActorKind: m.Actor.Kind, ActorID: m.Actor.ID, ActorName: postName(m.Actor),
		OnBehalfOf: m.Actor.For.ID, Mandate: m.Actor.For.Mandate,
		Subject: m.Subject, Object: m.Object, Purpose: m.Purpose, Basis: m.Basis,
		Body: body, Salt: make([]byte, 16),
	}
	rand.Read(rec.Salt) // never fails since Go 1.24
	rec.Leaf = leaf(rec.Salt, rec.record(body))
	if err := insert(ctx, tx, rec); err != nil {
		return err
	}
	for _, kind := range l.subscribers[rec.Name] {
		if err := l.jobs.InsertTx(ctx, tx, delivery{Event: rec.ID, kind: kind}, job.Insert{}); err != nil {
			return err
		}
	}
	return nil
}

// Get returns one event, or ErrNotFound.
func (l *Log) Get(ctx context.Context, id string) (Recorded, error) { return byID(ctx, l.db, id) }

// Of returns the events of an object in the order they were recorded, at most
// the first 1,000.
func (l *Log) Of(ctx context.Context, object string) ([]Recorded, error) {
	return list(ctx, l.db, "WHERE object = $1 ORDER BY id LIMIT $2", object, 1000)
}

// OfNamed returns those of an object's events that have one of the names, in the
// order they were recorded, at most the first 1,000.
func (l *Log) OfNamed(ctx context.Context, object string, names ...string) ([]Recorded, error) {
	return named(ctx, l.db, object, names, 1000)
}

// About returns the latest events about a person or company, newest first.
func (l *Log) About(ctx context.Context, subject string, limit int) ([]Recorded, error) {
	return list(ctx, l.db, "WHERE subject = $1 AND subject <> '' ORDER BY id DESC LIMIT $2", subject, limit)
}

// Among narrows a list of events.
type Among struct {
	Name     string    // of the event; "" is any
	From, To time.Time // from on, before; zero is open
	Before   string    // id that the list stays behind of; "" is the latest
}

// AboutAmong returns the latest events about a person or company that fit,
// newest first.
func (l *Log) AboutAmong(ctx context.Context, subject string, a Among, limit int) ([]Recorded, error) {
	return among(ctx, l.db, "subject", subject, a, limit)
}

// Under returns the latest events that were recorded under a right, newest first.
func (l *Log) Under(ctx context.Context, mandate string, a Among, limit int) ([]Recorded, error) {
	return among(ctx, l.db, "mandate", mandate, a, limit)
}

// Page returns the events behind the id after ("" is the beginning), oldest
// first. Ids are drawn before the commit, so an event can appear behind one
// that was already read: it is for looking, not for copying without a gap.
func (l *Log) Page(ctx context.Context, after string, limit int) ([]Recorded, error) {
	return list(ctx, l.db, "WHERE id > $1 ORDER BY id LIMIT $2", after, limit)
}

// Latest returns the events before the id before ("" is the end), newest first.
func (l *Log) Latest(ctx context.Context, before string, limit int) ([]Recorded, error) {
	if before == "" {
		before = "~" // behind every UUID
	}
	return list(ctx, l.db, "WHERE id < $1 ORDER BY id DESC LIMIT $2", before, limit)
}

// Erase forgets the salts of all events about a subject, so that nobody can
// show any more what a leaf was the hash of; the leaves and every proof over
// them stay.
func (l *Log) Erase(ctx context.Context, tx db.Tx, subject string) error {
	return eraseSalts(ctx, tx, subject)
}

// postName is how the log names an actor: officials by their name, for they act
// in public; residents by their id alone, for the log is kept for ever.
func postName(p auth.Principal) string {
	if p.Kind == auth.Resident {
		return ""
	}
	return p.Name
}
