package casework

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/auth"
	"github.com/tongban/tongban/internal/kit/db"
	"github.com/tongban/tongban/internal/kit/fault"
	"github.com/tongban/tongban/internal/kit/policy"
)

// Limits of messages.
const (
	maxMessage      = 2000 // characters
	maxMessageFiles = 3
	messagesPerHour = 20 // of one person in one case
	messagesAfter   = 30 * 24 * time.Hour
)

// Sides of a thread.
const (
	sideApplicant = "applicant"
	sideStaff     = "staff"
)

// Faults of messages.
var (
	ErrMessages       = fault.New(fault.TooMany, "casework.too_many_messages", "n", messagesPerHour)
	ErrMessagesClosed = fault.New(fault.Conflict, "casework.messages_closed")
)

// messageFile is what an attachment may be.
var messageFile = contract.MaterialSpec{ID: "message", Types: []string{"pdf", "jpg", "png"}, MaxMB: 10, MaxFiles: maxMessageFiles}

// Message is one message of a case. Residents have no name here: the side says
// who wrote, Agent that somebody wrote for the applicant.
type Message struct {
	ID     string
	No     int
	Thread string // contract.ThreadApplicant or ThreadInternal
	Side   string // "applicant" or "staff"
	Author string // account
	Post   string // of staff
	Unit   contract.AgencyID
	Agency contract.Text
	Agent  string // kind of right that the author acted by; "" is oneself
	Text   string
	Files  []contract.Material
	At     time.Time
	Fresh  bool // not read before by the side that asks
	Own    bool // of the side that asks

	sealed []byte
}

// Thread is a conversation as one side sees it.
type Thread struct {
	Case     Case
	Name     string
	Messages []Message // oldest first
	Turns    []Turn    // between agencies: opinions asked and given, oldest first
	MayWrite bool
	// Closes is when nobody can write any more; zero while the case is open.
	Closes time.Time
}

// Words is a message to be written.
type Words struct {
	Thread string
	Text   string
	Files  []Upload
	Held   []string // tickets of files that came before
}

// Messages shows a thread to a side that may read it, and notes that it has.
func (s *Service) Messages(ctx context.Context, actor auth.Principal, id contract.CaseID, thread string) (Thread, error) {
	t, read, err := s.conversation(ctx, actor, id, thread)
	if err != nil {
		return t, err
	}
	if len(t.Messages) > 0 {
		if err := s.recordRead(ctx, actor, t.Case, "", "messages"); err != nil {
			return t, err
		}
	}
	last := t.end()
	if last.no <= read.no && !last.seen.After(read.seen) {
		return t, nil
	}
	return t, s.c.DB.InTx(ctx, func(ctx context.Context, tx db.Tx) error {
		return markRead(ctx, tx, id, thread, readerOf(onSide(actor, t.Case)), last)
	})
}

// end is the marker of who has read all of a thread.
func (t Thread) end() (m readMark) {
	if n := len(t.Messages); n > 0 {
		m.no = t.Messages[n-1].No
	}
	for _, x := range t.Turns {
		if x.Change == UnitAnswered && x.Unit.Ended.After(m.seen) {
			m.seen = x.Unit.Ended
		}
	}
	return m
}

// Peek shows the applicant's own thread without noting that it was read.
func (s *Service) Peek(ctx context.Context, actor auth.Principal, id contract.CaseID) (Thread, error) {
	if !actor.Applies() {
		return Thread{}, ErrNotFound
	}
	t, _, err := s.conversation(ctx, actor, id, contract.ThreadApplicant)
	return t, err
}

// conversation opens a thread; read is how far the actor's side had read.
func (s *Service) conversation(ctx context.Context, actor auth.Principal, id contract.CaseID, thread string) (t Thread, read readMark, err error) {
	c, err := s.thread(ctx, actor, id, thread)
	if err != nil {
		return Thread{}, read, err
	}
	actor = onSide(actor, c)
	t = Thread{Case: c, Name: thread, Closes: closes(c)}
	reader, side := readerOf(actor), sideOf(actor)
	if read, err = readUpTo(ctx, s.c.DB, id, thread, reader); err != nil {
		return t, read, err
	}
	if t.Messages, err = messagesOf(ctx, s.c.DB, id, thread); err != nil {
		return t, read, err
	}
	for i := range t.Messages {
		m := &t.Messages[i]
		if m.Text, err = s.c.Seal.Open(messageSeal(id), m.sealed); err != nil {
			return t, read, fmt.Errorf("open message: %w", err)
		}
		m.sealed = nil
		m.Own = m.Side == side && (side == sideApplicant || string(m.Unit) == reader)
		m.Fresh = !m.Own && m.No > read.no
	}
	t.MayWrite = !s.messagesClosed(c)
	if thread == contract.ThreadInternal {
		t.Turns, err = s.turns(ctx, actor, c)
		for i := range t.Turns {
			x := &t.Turns[i]
			x.Fresh = x.Change == UnitAnswered && reader == string(c.Agency) && x.Unit.Ended.After(read.seen)
		}
	}
	return t, read, err
}

// Write adds a message. Files are looked at and stored first, outside the
// transaction.
func (s *Service) Write(ctx context.Context, actor auth.Principal, id contract.CaseID, w Words) (Message, error) {
	c, err := s.thread(ctx, actor, id, w.Thread)
	if err != nil {
		return Message{}, err
	}
	if s.messagesClosed(c) {
		return Message{}, ErrMessagesClosed
	}
	actor = onSide(actor, c)
	w.Text = strings.TrimSpace(strings.ReplaceAll(w.Text, "\r\n", "\n"))
	if err := checkWords(w); err != nil {
		return Message{}, err
	}
	if err := s.mayWriteMore(ctx, s.c.DB, actor, id); err != nil {
		return Message{}, err
	}
	m := Message{
		ID: s.c.NewID(), Thread: w.Thread, Side: sideOf(actor), Author: actor.ID, Text: w.Text,
		Agent: actor.For.Kind, At: s.c.Now().UTC().Truncate(time.Microsecond), Own: true,
	}
	if m.Side == sideStaff {
		agency, err := s.c.Agencies.Agency(ctx, contract.AgencyID(actor.Agency))
		if err != nil {
			return Message{}, err
		}
		m.Post, m.Unit, m.Agency, m.Agent = actor.Name, agency.ID, agency.Name, ""
	}
	if m.Files, err = s.withHeld(ctx, actor, id, messageFile, w.Held, w.Files); err != nil {
		return Message{}, err
	}
	if m.sealed, err = s.c.Seal.Seal(messageSeal(id), m.Text); err != nil {
		return Message{}, fmt.Errorf("seal message: %w", err)
	}
	err = s.c.DB.InTx(ctx, func(ctx context.Context, tx db.Tx) error { return s.send(ctx, tx, actor, id, &m) })
	return m, err
}

// send stores a message under the next number of its case. The lock on the case
// keeps two writers apart; the count is looked at again under it.
func (s *Service) send(ctx context.Context, tx db.Tx, actor auth.Principal, id contract.CaseID, m *Message) error {
	c, err := lockCase(ctx, tx, id)
	if err != nil {
		return err
	}
	if m.Thread == contract.ThreadApplicant { // among themselves officials talk, whoever holds it
		if actor, err = s.handled(ctx, tx, actor, c); err != nil {
			return err
		}
	}
	if err := s.mayWriteMore(ctx, tx, actor, id); err != nil {
		return err
	}
	if m.No, err = insertMessage(ctx, tx, id, *m); err != nil {
		return err
	}
	if err := markRead(ctx, tx, id, m.Thread, readerOf(actor), readMark{no: m.No}); err != nil {
		return err
	}
	e := contract.MessageSent{
		Case: c.ID, Number: c.Number, Item: c.Item, Agency: c.Agency, Message: m.ID, Thread: m.Thread, From: m.Side, At: m.At,
	}
	for _, f := range m.Files {
		e.Files = append(e.Files, string(f.Blob))
	}
	if m.Side == sideStaff && m.Thread == contract.ThreadApplicant {
		e.Notify = c.Operator
	}
	return s.c.Events.Record(ctx, tx, meta(actor, c), e)
}

func checkWords(w Words) error {
	var form fault.Form
	n := len([]rune(w.Text))
	switch {
	case n == 0:
		form.Add("text", "casework.message_empty")
	case n > maxMessage:
		form.Add("text", "casework.too_long", "max", maxMessage)
	}
	if len(w.Files)+len(w.Held) > maxMessageFiles {
		form.Add("files", "casework.message_files", "n", maxMessageFiles)
	}
	return form.Err()
}

func (s *Service) mayWriteMore(ctx context.Context, q db.Q, actor auth.Principal, id contract.CaseID) error {
	n, err := countMessages(ctx, q, id, actor.ID, s.c.Now().Add(-time.Hour))
	if err == nil && n >= messagesPerHour {
		return ErrMessages
	}
	return err
}

// MessageFile opens an attachment for a side that may read its thread: of a message,
// or of an opinion among them.
func (s *Service) MessageFile(ctx context.Context, actor auth.Principal, id contract.CaseID, file string) (Handed, io.ReadCloser, error) {
	all, err := messagesOf(ctx, s.c.DB, id, "")
	if err != nil {
		return Handed{}, nil, err
	}
	for _, m := range all {
		i := slices.IndexFunc(m.Files, func(f contract.Material) bool { return f.File == file })
		if i < 0 {
			continue
		}
		c, err := s.thread(ctx, actor, id, m.Thread)
		if err != nil {
			return Handed{}, nil, err
		}
		if err := s.recordRead(ctx, actor, c, "", "message:file"); err != nil {
			return Handed{}, nil, err
		}
		if m.Side == sideApplicant {
			return s.handOut(ctx, actor, c, m.Files[i])
		}
		body, err := s.c.Blobs.Open(ctx, string(m.Files[i].Blob))
		if err != nil {
			return Handed{}, nil, fmt.Errorf("message file %s: %w", file, err)
		}
		return Handed{Material: m.Files[i]}, body, nil
	}
	return s.openOpinionFile(ctx, actor, id, file)
}

// thread opens a case to whoever may read and write one of its threads. Who may
// not even see the case is told that there is none.
func (s *Service) thread(ctx context.Context, actor auth.Principal, id contract.CaseID, thread string) (Case, error) {
	c, err := caseByID(ctx, s.c.DB, id)
	if err != nil {
		return c, err
	}
	switch thread {
	case contract.ThreadApplicant:
		return c, s.mayTalk(actor, c)
	case contract.ThreadInternal:
		return c, s.mayConfer(ctx, actor, c)
	}
	return c, ErrNotFound
}

func (s *Service) mayTalk(actor auth.Principal, c Case) error {
	if err := s.see(actor, c); err != nil {
		return err
	}
	return s.c.Policy.Check(actor, "casework.write", object(c, nil))
}

// mayConfer lets the agencies of a case into their own thread.
func (s *Service) mayConfer(ctx context.Context, actor auth.Principal, c Case) error {
	agencies, err := s.agenciesOf(ctx, c)
	if err != nil {
		return err
	}
	if err := s.c.Policy.Check(actor, "casework.confer", withFact(object(c, nil), "agencies", agencies)); err != nil {
		if s.see(actor, c) != nil {
			return ErrNotFound
		}
		return err
	}
	return nil
}

// agenciesOf are the agencies that work on a case: the one that decides, those that
// its service asks for an opinion, and those that were asked in their stead.
func (s *Service) agenciesOf(ctx context.Context, c Case) ([]string, error) {
	svc, err := s.ServiceOf(ctx, c)
	if err != nil {
		return nil, err
	}
	list := []string{string(c.Agency)}
	for _, u := range svc.Handling.Units {
		list = append(list, string(u.Agency))
	}
	for _, p := range svc.Parts {
		list = append(list, string(p.Agency))
	}
	asked, err := unitsOf(ctx, s.c.DB, c.ID)
	if err != nil {
		return nil, err
	}
	for _, u := range asked {
		list = append(list, string(u.Agency))
	}
	slices.Sort(list)
	return slices.Compact(list), nil
}

// MayTalk reports whether the actor may write to the other side of a case.
func (s *Service) MayTalk(actor auth.Principal, c Case) bool { return s.mayTalk(actor, c) == nil }

// MayConfer reports whether the actor is of an agency that works on the case
// together with others.
func (s *Service) MayConfer(ctx context.Context, actor auth.Principal, c Case) bool {
	agencies, err := s.agenciesOf(ctx, c)
	return err == nil && len(agencies) > 1 && slices.Contains(agencies, actor.Agency) && s.mayConfer(ctx, actor, c) == nil
}

// MayConferOn is MayConfer for who knows the case by its id alone.
func (s *Service) MayConferOn(ctx context.Context, actor auth.Principal, id contract.CaseID) bool {
	c, err := caseByID(ctx, s.c.DB, id)
	return err == nil && s.MayConfer(ctx, actor, c)
}

// readerOf names the side whose reading counts: the applicant, whoever acts for
// them, or an agency.
func readerOf(p auth.Principal) string {
	if p.AtCounter() {
		return sideApplicant
	}
	switch p.Kind {
	case auth.Resident:
		return sideApplicant
	case auth.Staff:
		return p.Agency
	case auth.Anonymous, auth.Machine, auth.System:
	}
	return ""
}

func sideOf(p auth.Principal) string {
	if p.Kind == auth.Staff && !p.AtCounter() {
		return sideStaff
	}
	return sideApplicant
}

// closes is when a case that ended takes no more messages.
func closes(c Case) time.Time {
	if c.Ended.IsZero() {
		return time.Time{}
	}
	return c.Ended.Add(messagesAfter)
}

func (s *Service) messagesClosed(c Case) bool {
	end := closes(c)
	return !end.IsZero() && s.c.Now().After(end)
}

func messageSeal(id contract.CaseID) string { return "casework.message:" + string(id) }

// withFact adds a fact to an object of the policy.
func withFact(o policy.Object, name string, value any) policy.Object {
	o.Attrs[name] = value
	return o
}
