package counter

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/auth"
	"github.com/tongban/tongban/internal/kit/db"
	"github.com/tongban/tongban/internal/kit/event"
	"github.com/tongban/tongban/internal/kit/fault"
	"github.com/tongban/tongban/internal/kit/idcode"
	"github.com/tongban/tongban/internal/kit/job"
)

// Identify is how a clerk says who stands at the window.
type Identify struct {
	How    string // contract.ProofSeen, ProofCard or ProofCode
	Number string // of ProofSeen
	Name   string
	Read   string // of ProofCard: id of what the reader read
	Code   string // of ProofCode
	// Matched is ticked where the clerk compared the person with the photo.
	Matched bool
}

func (in *Identify) check() error {
	var f fault.Form
	in.Number, in.Name = strings.TrimSpace(in.Number), strings.TrimSpace(in.Name)
	switch in.How {
	case contract.ProofSeen:
		if _, err := idcode.ResidentID(in.Number); err != nil {
			e, _ := asFault(err)
			f.Add("number", e.Code, e.Args...)
		}
		if in.Name == "" {
			f.Add("name", "counter.session.name")
		}
	case contract.ProofCard:
		if in.Read == "" {
			f.Add("read", ErrNoRead.Code)
		}
	case contract.ProofCode:
		if in.Code == "" {
			f.Add("code", "counter.session.code")
		}
	default:
		return ErrHow
	}
	if in.How != contract.ProofCode && !in.Matched {
		f.Add("matched", ErrMatched.Code)
	}
	return f.Err()
}

// Open begins to serve a person: the ticket that was called to the window is
// theirs. A clerk serves one person at a time, and a person stands at one window.
func (s *Service) Open(ctx context.Context, actor auth.Principal, in Identify) (Session, error) {
	p, err := s.works(ctx, actor, ActionServe)
	if err != nil {
		return Session{}, err
	}
	if err := in.check(); err != nil {
		return Session{}, err
	}
	if x, err := s.current(ctx, s.c.DB, contract.AccountID(actor.ID)); err == nil {
		return Session{}, ErrServing.With("name", x.Name)
	} else if !errors.Is(err, ErrNoSession) {
		return Session{}, err
	}
	actor.For = auth.Acting{}
	v, device, err := s.identify(ctx, actor, p, in)
	if err != nil {
		return Session{}, err
	}
	x := Session{
		ID: s.c.NewID(), Hall: p.Hall.ID, Window: p.Window.ID, Clerk: contract.AccountID(actor.ID), ClerkName: actor.Name, Agency: p.Hall.Agency,
		Person: v.Account, Name: v.Name, Number: v.Number, How: in.How, Device: device, Level: v.Level,
		SubjectKind: "person", Subject: string(v.Account), Opened: s.now(), OnDay: s.today(), Seen: s.now(), Login: actor.Session,
	}
	err = s.c.DB.InTx(ctx, func(ctx context.Context, tx db.Tx) error {
		return s.open(ctx, tx, actor, &x, in.Read, v.New)
	})
	return x, err
}

func (s *Service) identify(ctx context.Context, actor auth.Principal, p Place, in Identify) (v contract.Visitor, device string, err error) {
	switch in.How {
	case contract.ProofCode:
		v, err = s.c.People.VisitorByCode(ctx, actor, in.Code)
		return v, "", onField("code", err)
	case contract.ProofCard:
		r, err := s.usable(ctx, p, in.Read)
		if err != nil {
			return v, "", err
		}
		v, err = s.c.People.VisitorByNumber(ctx, actor, r.Card.Number, r.Card.Name, contract.Proof{Kind: in.How, Device: r.Device, At: s.now()})
		return v, r.Device, err
	}
	v, err = s.c.People.VisitorByNumber(ctx, actor, in.Number, in.Name, contract.Proof{Kind: in.How, At: s.now()})
	field := "number"
	if e, ok := asFault(err); ok && strings.HasPrefix(e.Code, "identity.visitor.name") {
		field = "name"
	}
	return v, "", onField(field, err)
}

// open stores a session, unless the clerk or the person has one. Of two at once
// the unique indexes let one in: windows do not wait for each other, because none
// takes a lock that another one needs.
func (s *Service) open(ctx context.Context, tx db.Tx, actor auth.Principal, x *Session, read string, fresh bool) error {
	if err := s.makeRoom(ctx, tx, *x); err != nil {
		return err
	}
	if err := s.store(ctx, tx, *x); err != nil {
		return err
	}
	if read != "" {
		if err := useRead(ctx, tx, read, x.ID, s.now()); err != nil {
			return err
		}
	}
	if err := s.takeTicket(ctx, tx, actor, x); err != nil {
		return err
	}
	if err := s.c.Jobs.InsertTx(ctx, tx, idleJob{x.ID}, job.Insert{At: x.endsAt(), Unique: x.ID}); err != nil {
		return err
	}
	return s.c.Events.Record(ctx, tx, s.about(actor, *x), SessionOpened{
		Session: x.ID, Hall: x.Hall, Window: x.Window, Person: x.Person, How: x.How, Device: x.Device, Level: x.Level,
		Ticket: x.Ticket, New: fresh, At: x.Opened,
	})
}

// store stores a session; where another one was faster it says which.
func (s *Service) store(ctx context.Context, tx db.Tx, x Session) error {
	ok, err := s.putSession(ctx, tx, x)
	if err != nil || ok {
		return err
	}
	if err := s.makeRoom(ctx, tx, x); err != nil {
		return err
	}
	return ErrChanged // the one that was faster has ended again
}

// takeTicket begins the ticket that was called to the window. The queue of the hall
// waits only then.
func (s *Service) takeTicket(ctx context.Context, tx db.Tx, actor auth.Principal, x *Session) error {
	if _, err := ticketAt(ctx, tx, x.Window); errors.Is(err, ErrNoTicket) {
		return nil
	} else if err != nil {
		return err
	}
	if err := tx.Lock(ctx, queueOf(x.Hall)); err != nil {
		return err
	}
	t, err := ticketAt(ctx, tx, x.Window)
	if errors.Is(err, ErrNoTicket) || err == nil && t.Day != s.today() {
		return nil
	}
	if err != nil {
		return err
	}
	x.Ticket = t.ID
	if err := s.begin(ctx, tx, actor, &t); err != nil {
		return err
	}
	return setTicket(ctx, tx, x.ID, t.ID)
}

// makeRoom ends sessions of the clerk and of the person that ended by themselves
// already, and refuses where one still runs.
func (s *Service) makeRoom(ctx context.Context, tx db.Tx, x Session) error {
	var stale []Session
	mine, err := s.openSession(ctx, tx, x.Clerk)
	if err == nil {
		ok, err := s.lives(ctx, tx, mine)
		if err != nil {
			return err
		}
		if ok {
			return ErrServing.With("name", mine.Name)
		}
		stale = append(stale, mine)
	} else if !errors.Is(err, ErrNoSession) {
		return err
	}
	other, err := s.sessionOfPerson(ctx, tx, x.Person)
	if err == nil && other.ID != mine.ID {
		ok, err := s.lives(ctx, tx, other)
		if err != nil {
			return err
		}
		if ok {
			return s.elsewhere(ctx, tx, other)
		}
		stale = append(stale, other)
	} else if err != nil && !errors.Is(err, ErrNoSession) {
		return err
	}
	// In one order, so that two who clear the same do not wait for each other.
	slices.SortFunc(stale, func(a, b Session) int { return strings.Compare(a.ID, b.ID) })
	for _, old := range stale {
		if err := s.endStale(ctx, tx, old); err != nil {
			return err
		}
	}
	return nil
}

// elsewhere says at which window a person stands already.
func (s *Service) elsewhere(ctx context.Context, q db.Q, x Session) error {
	w, err := windowByID(ctx, q, x.Window)
	if err != nil {
		return err
	}
	return ErrElsewhere.With("window", w.Number)
}

// about is who does something in a session, and about whom.
func (s *Service) about(actor auth.Principal, x Session) event.Meta {
	actor.For = auth.Acting{Kind: auth.ForCounter, ID: x.Subject, Mandate: x.ID, Person: string(x.Person)}
	return event.Meta{Actor: actor, Subject: string(x.Person), Object: "counter_session:" + x.ID}
}

// Session returns the session that is open at the window of a clerk, or
// ErrNoSession.
func (s *Service) Session(ctx context.Context, actor auth.Principal) (Session, error) {
	if _, err := s.works(ctx, actor, ActionServe); err != nil {
		return Session{}, err
	}
	return s.current(ctx, s.c.DB, contract.AccountID(actor.ID))
}

// Parties lists for whom the person at the window may apply today: themselves
// first.
func (s *Service) Parties(ctx context.Context, actor auth.Principal) ([]contract.Party, error) {
	x, err := s.Session(ctx, actor)
	if err != nil {
		return nil, err
	}
	v, err := s.c.People.Visitor(ctx, x.Person)
	return v.Parties, err
}

// OtherTicket reports whether the ticket of the session was taken by somebody
// else than who stands there.
func (s *Service) OtherTicket(ctx context.Context, actor auth.Principal) (bool, error) {
	x, err := s.Session(ctx, actor)
	if err != nil || x.Ticket == "" {
		return false, err
	}
	t, err := ticketByID(ctx, s.c.DB, x.Ticket)
	if err != nil || t.person == "" {
		return false, err
	}
	key, _, err := s.c.People.KeyOf(ctx, x.Person)
	return key != t.person, err
}

// Choose says for whom the person at the window applies from now on: "" is the
// person, else somebody whom they have a right to act for.
func (s *Service) Choose(ctx context.Context, actor auth.Principal, subject string) error {
	x, err := s.Session(ctx, actor)
	if err != nil {
		return err
	}
	kind, right, by := "person", "", ""
	if subject == "" || subject == string(x.Person) {
		subject = string(x.Person)
	} else {
		a, ok, err := s.c.People.RightOf(ctx, x.Person, subject)
		if err != nil {
			return err
		}
		if !ok {
			return ErrSubject
		}
		right, by = a.Mandate, a.Kind
		if a.Kind == auth.ForCompany {
			kind = "company"
		}
	}
	return s.c.DB.InTx(ctx, func(ctx context.Context, tx db.Tx) error {
		ok, err := chooseSubject(ctx, tx, x.ID, kind, subject)
		if err != nil {
			return err
		}
		if !ok {
			return ErrNoSession
		}
		x.Subject = subject
		return s.c.Events.Record(ctx, tx, s.about(actor, x), SubjectChosen{Session: x.ID, Subject: subject, Right: right, Kind: by, At: s.now()})
	})
}

// mayWith asks the policy about a session. Who may not is told so within the agency
// alone: to everybody else it is not there.
func (s *Service) mayWith(ctx context.Context, actor auth.Principal, action string, x Session) error {
	o, err := s.sessionObject(ctx, x)
	if err != nil {
		return err
	}
	if err := s.c.Policy.Check(actor, action, o); err != nil {
		if actor.Agency != string(x.Agency) {
			return ErrNoSession
		}
		return err
	}
	return nil
}

// End ends the session of a clerk and clears the window for the next person. A
// second click finds it ended.
func (s *Service) End(ctx context.Context, actor auth.Principal, id string) error {
	x, err := s.session(ctx, s.c.DB, id)
	if err != nil {
		return err
	}
	if err := s.mayWith(ctx, actor, ActionServe, x); err != nil {
		return err
	}
	return s.c.DB.InTx(ctx, func(ctx context.Context, tx db.Tx) error {
		return s.end(ctx, tx, actor, x, EndDone)
	})
}

// end ends a session once; the ticket is served with it.
func (s *Service) end(ctx context.Context, tx db.Tx, actor auth.Principal, x Session, reason string) error {
	ok, err := endSession(ctx, tx, x.ID, reason, s.now())
	if err != nil || !ok {
		return err
	}
	if x.Ticket != "" {
		t, err := ticketByID(ctx, tx, x.Ticket)
		if err != nil {
			return err
		}
		if err := s.served(ctx, tx, actor, t); err != nil {
			return err
		}
	}
	return s.c.Events.Record(ctx, tx, s.about(actor, x), SessionEnded{
		Session: x.ID, Hall: x.Hall, Window: x.Window, Reason: reason, At: s.now(),
	})
}

// served ends a ticket that was begun.
func (s *Service) served(ctx context.Context, tx db.Tx, actor auth.Principal, t Ticket) error {
	if t.State != StateServing {
		return nil
	}
	t.State, t.Ended = StateServed, s.now()
	if err := updateTicket(ctx, tx, t); err != nil {
		return err
	}
	actor.For = auth.Acting{}
	return s.ticketChanged(ctx, tx, actor, t, "served")
}

// Left ends what a clerk had open whose login ends: by signing out, or because
// somebody locked the account, took the post away or gave a new password. With one
// login of several the session goes that was opened under it; with all, or with the
// one at hand, the place at the window too.
func (s *Service) Left(ctx context.Context, tx db.Tx, actor auth.Principal, clerk contract.AccountID, login string) error {
	reason := EndLogin
	if actor.ID == string(clerk) {
		reason = EndSignedOut
	}
	if login == "" {
		return s.leave(ctx, tx, actor, clerk, reason)
	}
	return s.endOpen(ctx, tx, actor, clerk, reason, func(x Session) bool { return x.Login == login })
}

// endOpen ends the session that a clerk has open, if it is the one meant.
func (s *Service) endOpen(ctx context.Context, tx db.Tx, actor auth.Principal, clerk contract.AccountID, reason string, meant func(Session) bool) error {
	x, err := s.openSession(ctx, tx, clerk)
	if errors.Is(err, ErrNoSession) {
		return nil
	}
	if err != nil || !meant(x) {
		return err
	}
	return s.end(ctx, tx, actor, x, reason)
}

func (s *Service) leave(ctx context.Context, tx db.Tx, actor auth.Principal, clerk contract.AccountID, reason string) error {
	if err := s.endOpen(ctx, tx, actor, clerk, reason, func(Session) bool { return true }); err != nil {
		return err
	}
	w, err := windowOfClerk(ctx, tx, clerk)
	if errors.Is(err, ErrNotSeated) {
		return nil
	}
	if err != nil {
		return err
	}
	if err := s.clearWindow(ctx, tx, actor, w); err != nil {
		return err
	}
	if err := emptyWindow(ctx, tx, w.ID); err != nil {
		return err
	}
	m := event.Meta{Actor: actor, Object: "counter_window:" + w.ID}
	m.Actor.For = auth.Acting{}
	return s.c.Events.Record(ctx, tx, m, WindowLeft{Window: w.ID, Hall: w.Hall, Clerk: clerk, Reason: reason, At: s.now()})
}

// clearWindow puts a ticket that was called but not begun back into the queue,
// where it was; one that was begun has ended.
func (s *Service) clearWindow(ctx context.Context, tx db.Tx, actor auth.Principal, w Window) error {
	if err := tx.Lock(ctx, queueOf(w.Hall)); err != nil {
		return err
	}
	if err := closeOld(ctx, tx, w.ID, s.today(), s.now()); err != nil {
		return err
	}
	t, err := ticketAt(ctx, tx, w.ID)
	if errors.Is(err, ErrNoTicket) {
		return nil
	}
	if err != nil {
		return err
	}
	if t.State == StateServing {
		return s.served(ctx, tx, actor, t)
	}
	t.release(t.Kind)
	if err := updateTicket(ctx, tx, t); err != nil {
		return err
	}
	actor.For = auth.Acting{}
	return s.ticketChanged(ctx, tx, actor, t, "back")
}

// idleJob ends a session that nobody uses any more.
type idleJob struct {
	Session string `json:"session"`
}

// Kind is the job's name.
func (idleJob) Kind() string { return "counter.idle" }

// endsAt is when a session ends by itself: twenty minutes after the last request,
// or with the day.
func (x Session) endsAt() time.Time {
	idle, midnight := x.Seen.Add(SessionIdle), x.OnDay.Add(1).Time()
	if midnight.Before(idle) {
		return midnight
	}
	return idle
}

func (s *Service) endIdle(ctx context.Context, tx db.Tx, j idleJob) error {
	x, err := s.session(ctx, tx, j.Session)
	if errors.Is(err, ErrNoSession) || err == nil && !x.Ended.IsZero() {
		return nil
	}
	if err != nil {
		return err
	}
	if at := x.endsAt(); s.now().Before(at) {
		return s.c.Jobs.InsertTx(ctx, tx, j, job.Insert{At: at, Unique: j.Session})
	}
	return s.endStale(ctx, tx, x)
}

// endStale ends a session that ended by itself already.
func (s *Service) endStale(ctx context.Context, tx db.Tx, x Session) error {
	reason := EndIdle
	switch {
	case x.OnDay != s.today():
		reason = EndDay
	case x.open(s.c.Now()): // so it was the login
		reason = EndLogin
	}
	return s.end(ctx, tx, auth.SystemPrincipal("counter.idle"), x, reason)
}
