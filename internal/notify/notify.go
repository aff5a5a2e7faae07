// Package notify tells applicants what happens: a message in their inbox for
// each step that concerns them, and the same by mail, short message and webhook
// as each of them chose. Officials are told what falls to them: cards, objections,
// opinions, requests to withdraw, cases that a colleague puts into their hands.
//
// Messages about steps that the law says must be told (acceptance, correction,
// decision and their like) are statutory and cannot be switched off. A message
// keeps a kind and facts, not sentences: the words are chosen when it is read.
//
// Events in: what happens to cases, licences, signatures and mandates, see Jobs.
// Events out: none; the steps themselves are recorded by their areas, and the
// way of each message through each channel stands beside it.
package notify

import (
	"context"
	"embed"
	"time"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/auth"
	"github.com/tongban/tongban/internal/kit/db"
	"github.com/tongban/tongban/internal/kit/fault"
	"github.com/tongban/tongban/internal/kit/job"
	"github.com/tongban/tongban/internal/kit/mail"
	"github.com/tongban/tongban/internal/kit/policy"
	"github.com/tongban/tongban/internal/kit/sms"
	"github.com/tongban/tongban/internal/kit/webhook"
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

// Message is one message to one person.
type Message struct {
	ID         string
	Account    contract.AccountID
	Subject    string // person or company it is about
	Kind       string // what happened: "accept", "correct", ..., "licence"
	Case       contract.CaseID
	Number     string // of the case
	Item       contract.Text
	Due        string // ISO date by which something must happen next, "" for none
	Statutory  bool
	At         time.Time
	Read       bool
	Place      string // page that shows more; "" follows from the kind
	Facts      Facts
	Deliveries []Delivery

	inbox bool   // it goes nowhere else
	code  string // by which a result is fetched; never stored
}

// Facts is what else the words of some messages need.
type Facts struct {
	Name contract.Text `json:"name"`           // of a material or licence
	Left int           `json:"left,omitempty"` // days
	By   contract.Text `json:"by"`             // agency that handles the case
}

// Items names services.
type Items interface {
	Name(ctx context.Context, item contract.ItemID) (contract.Text, error)
}

// Addresses finds where a person reads mail and short messages; "" is nowhere.
// An account that is not there is a fault of kind NotFound.
type Addresses interface {
	Email(ctx context.Context, account contract.AccountID) (string, error)
	Phone(ctx context.Context, account contract.AccountID) (string, error)
}

// Recipients finds who stands behind an applicant now: the person, the guardians
// of a ward, the legal representative of a company.
type Recipients interface {
	Recipients(ctx context.Context, applicant contract.Party) ([]contract.AccountID, error)
}

// Sealer encrypts the secrets of webhooks.
type Sealer interface {
	Seal(field, plaintext string) ([]byte, error)
	Open(field string, sealed []byte) (string, error)
}

// Hooks posts webhooks.
type Hooks interface {
	Check(address string) error
	Send(ctx context.Context, c webhook.Call) error
}

// Cases names the case of a licence.
type Cases interface {
	Facts(ctx context.Context, actor auth.Principal, id contract.CaseID) (contract.CaseFacts, error)
}

// Config is what the area needs.
type Config struct {
	DB         *db.DB
	Jobs       *job.Queue
	Policy     *policy.Engine
	Items      Items
	Addresses  Addresses
	Recipients Recipients
	Cases      Cases
	Duties     Duties      // nil: officials are told nothing
	Codes      Codes       // nil: no results lie in halls
	Mail       mail.Sender // nil: no mail is sent
	SMS        sms.Sender  // nil: no short messages are sent
	Hooks      Hooks       // nil: nothing is posted
	Seal       Sealer
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
	if err != nil || len(list) == 0 {
		return Page{}, err
	}
	next := ""
	if len(list) > pageSize {
		list = list[:pageSize]
		next = list[pageSize-1].ID
	}
	ways, err := deliveriesOf(ctx, s.c.DB, actor.ID, list[len(list)-1].ID, list[0].ID)
	if err != nil {
		return Page{}, err
	}
	for i := range list {
		if list[i], err = s.withCode(ctx, list[i]); err != nil {
			return Page{}, err
		}
		for _, d := range ways {
			if d.Message == list[i].ID {
				list[i].Deliveries = append(list[i].Deliveries, d)
			}
		}
	}
	return Page{list, next}, nil
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
