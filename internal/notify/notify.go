// Package notify tells applicants what happens: a message in their inbox for
// each step that concerns them, and the same words by mail.
//
// Messages about steps that the law says must be told (acceptance, correction,
// decision and their like) are statutory and cannot be switched off. A message
// keeps a kind and facts, not sentences: the words are chosen when it is read.
//
// Events in: contract.CaseMoved, contract.LicenceIssued, contract.LicenceChanged. Events out: none; the
// steps themselves are recorded by their areas, and the state of each mail
// stands beside its message.
package notify

import (
	"context"
	"embed"
	"time"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/auth"
	"github.com/tongban/tongban/internal/kit/db"
	"github.com/tongban/tongban/internal/kit/event"
	"github.com/tongban/tongban/internal/kit/fault"
	"github.com/tongban/tongban/internal/kit/job"
	"github.com/tongban/tongban/internal/kit/mail"
	"github.com/tongban/tongban/internal/kit/policy"
)

// Migrations is the schema of this area.
//
//go:embed migrations/*.sql
var Migrations embed.FS

// Policies says who may read messages.
//
//go:embed policy.cedar
var Policies string

// ErrNotFound means that the person has no such message.
var ErrNotFound = fault.New(fault.NotFound, "notify.not_found")

// pageSize is how many messages a page of the inbox shows.
const pageSize = 20

// The states of the mail that goes with a message.
const (
	MailWaiting = "waiting"
	MailSent    = "sent"
	MailNone    = "none"    // the person gave no address
	MailRefused = "refused" // the address will never take it
)

// Message is one message to one person.
type Message struct {
	ID         string
	Account    contract.AccountID
	Kind       string // what happened: "accept", "correct", ..., "licence"
	Case       contract.CaseID
	Number     string // of the case
	Item       contract.Text
	Due        string // ISO date by which something must happen next, "" for none
	Statutory  bool
	At         time.Time
	Read       bool
	Mail       string
	MailChange time.Time
}

// kinds lists the steps of a case that the applicant is told about, with
// whether the law demands the notice (Licensing Law art. 32, 38, 42, 44, 45).
var kinds = map[string]bool{
	"submit":       false,
	"accept":       true,
	"deem":         true,
	"correct":      true,
	"refuse":       true,
	"not_required": true,
	"pause":        true,
	"resume":       true,
	"extend":       true,
	"approve":      true,
	"grant":        true, // at once, by the service's own rules
	"deny":         true,
	"terminate":    true,
	"revoke":       true,
	"cancel":       true,
	"withdraw":     false,
}

// kindLicence is the message that a licence is ready; with a state behind it,
// that its state changed.
const kindLicence = "licence"

// Items names services.
type Items interface {
	Name(ctx context.Context, item contract.ItemID) (contract.Text, error)
}

// Addresses finds where a person reads mail; "" is nowhere.
type Addresses interface {
	Email(ctx context.Context, account contract.AccountID) (string, error)
}

// Cases names the case of a licence.
type Cases interface {
	Facts(ctx context.Context, actor auth.Principal, id contract.CaseID) (contract.CaseFacts, error)
}

// Config is what the area needs.
type Config struct {
	DB        *db.DB
	Jobs      *job.Queue
	Policy    *policy.Engine
	Items     Items
	Addresses Addresses
	Cases     Cases
	Mail      mail.Sender // nil: no mail is sent
	// Text returns the sentence of a key; args are name, value pairs.
	Text    func(locale, key string, args ...any) string
	BaseURL string
	Now     func() time.Time
	NewID   func() string
}

// Service keeps and sends messages.
type Service struct{ c Config }

// New returns a Service.
func New(c Config) *Service { return &Service{c: c} }

// Page is one page of an inbox, newest first; Next is "" on the last.
type Page struct {
	Messages []Message
	Next     string
}

// Inbox returns the actor's messages before the one with id before ("" is the newest).
func (s *Service) Inbox(ctx context.Context, actor auth.Principal, before string) (Page, error) {
	if err := s.may(actor, "notify.read", actor.ID); err != nil {
		return Page{}, err
	}
	list, err := inbox(ctx, s.c.DB, actor.ID, before, pageSize+1)
	if err != nil || len(list) <= pageSize {
		return Page{Messages: list}, err
	}
	list = list[:pageSize]
	return Page{list, list[pageSize-1].ID}, nil
}

// Unread counts the messages that a person has not opened.
func (s *Service) Unread(ctx context.Context, actor auth.Principal) (int, error) {
	if err := s.may(actor, "notify.read", actor.ID); err != nil {
		return 0, err
	}
	return unread(ctx, s.c.DB, actor.ID)
}

// MarkRead notes that the actor has read a message; "" is all of them.
func (s *Service) MarkRead(ctx context.Context, actor auth.Principal, id string) error {
	if err := s.may(actor, "notify.read", actor.ID); err != nil {
		return err
	}
	return s.c.DB.InTx(ctx, func(ctx context.Context, tx db.Tx) error {
		n, err := markRead(ctx, tx, actor.ID, id)
		if err == nil && n == 0 && id != "" {
			return ErrNotFound
		}
		return err
	})
}

func (s *Service) may(actor auth.Principal, action, account string) error {
	return s.c.Policy.Check(actor, action, policy.Object{
		Type: "Inbox", ID: account, Attrs: map[string]any{"account": account},
	})
}

// Jobs registers what this area does when others have done something.
func (s *Service) Jobs(q *job.Queue, l *event.Log) {
	event.Subscribe(l, "notify", s.onMoved)
	event.Subscribe(l, "notify", s.onIssued)
	event.Subscribe(l, "notify", s.onChanged)
	job.HandleOutside(q, s.send, s.sent)
}

func (s *Service) onMoved(ctx context.Context, tx db.Tx, rec event.Recorded, e contract.CaseMoved) error {
	statutory, told := kinds[e.Action]
	if !told || e.Notify == "" {
		return nil
	}
	name, err := s.c.Items.Name(ctx, e.Item)
	if err != nil {
		return err
	}
	return s.put(ctx, tx, Message{
		ID: rec.ID, Account: e.Notify, Kind: e.Action, Case: e.Case, Number: e.Number,
		Item: name, Due: e.Due, Statutory: statutory, At: e.At,
	})
}

func (s *Service) onIssued(ctx context.Context, tx db.Tx, rec event.Recorded, e contract.LicenceIssued) error {
	return s.tellHolder(ctx, tx, Message{ID: rec.ID, Kind: kindLicence, Case: e.Case, At: e.At})
}

// onChanged tells that a licence was suspended, resumed, withdrawn, revoked or
// cancelled: nobody shall learn it first from who scans the code.
func (s *Service) onChanged(ctx context.Context, tx db.Tx, rec event.Recorded, e contract.LicenceChanged) error {
	return s.tellHolder(ctx, tx, Message{ID: rec.ID, Kind: kindLicence + "." + e.To, Case: e.Case, At: e.At})
}

// tellHolder completes a message about a licence with what its case knows.
func (s *Service) tellHolder(ctx context.Context, tx db.Tx, m Message) error {
	facts, err := s.c.Cases.Facts(ctx, auth.SystemPrincipal("notify"), m.Case)
	if err != nil {
		return err
	}
	m.Account, m.Number, m.Item, m.Statutory = facts.Operator, facts.Number, facts.ItemName, true
	return s.put(ctx, tx, m)
}

// put stores a message under the event's id, so that a delivery that comes
// twice is one message, and leaves its mail to a job.
func (s *Service) put(ctx context.Context, tx db.Tx, m Message) error {
	m.Mail, m.MailChange = MailWaiting, s.c.Now()
	if s.c.Mail == nil {
		m.Mail = MailNone
	}
	fresh, err := insert(ctx, tx, m)
	if err != nil || !fresh || s.c.Mail == nil {
		return err
	}
	return s.c.Jobs.InsertTx(ctx, tx, mailJob{m.ID}, job.Insert{Unique: m.ID})
}
