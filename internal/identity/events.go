package identity

import (
	"time"

	"github.com/tongban/tongban/internal/contract"
)

// SignedIn says that a person signed in (MLPS level 3: security audit).
type SignedIn struct {
	Account contract.AccountID `json:"account"`
	Factor  bool               `json:"factor"` // with a second factor
	At      time.Time          `json:"at"`
}

// EventName is the event's wire name.
func (SignedIn) EventName() string { return "identity.signed_in.v1" }

// SignInFailed says that somebody could not sign in. Account is empty where
// there is none of the name that was tried, which itself is not kept.
type SignInFailed struct {
	Account contract.AccountID `json:"account"`
	Reason  string             `json:"reason"` // password, code, account_locked, paused
	At      time.Time          `json:"at"`
}

// EventName is the event's wire name.
func (SignInFailed) EventName() string { return "identity.sign_in_failed.v1" }

// SignedOut says that a session was ended by its owner.
type SignedOut struct {
	Account contract.AccountID `json:"account"`
	At      time.Time          `json:"at"`
}

// EventName is the event's wire name.
func (SignedOut) EventName() string { return "identity.signed_out.v1" }

// ActedFor says for whom a person acts from now on: a company, another person or
// ward (Subject), or oneself where both are empty.
type ActedFor struct {
	Account contract.AccountID `json:"account"`
	Company string             `json:"company"`
	Subject string             `json:"subject,omitempty"`
	At      time.Time          `json:"at"`
}

// EventName is the event's wire name.
func (ActedFor) EventName() string { return "identity.acted_for.v1" }

// GuardianChanged says that a guardian confirmed what a register told of a ward,
// or gave the right up.
type GuardianChanged struct {
	Ward     string             `json:"ward"`
	Account  contract.AccountID `json:"account"`
	What     string             `json:"what"` // confirmed, ended
	Relation string             `json:"relation"`
	Registry string             `json:"registry"`
	Level    int                `json:"level"`
	At       time.Time          `json:"at"`
}

// EventName is the event's wire name.
func (GuardianChanged) EventName() string { return "identity.guardian.v1" }

// AccountChanged says what an administrator did to an account.
type AccountChanged = contract.AccountChanged

// ClientChanged says what an administrator did to an API client.
type ClientChanged struct {
	Client string    `json:"client"`
	What   string    `json:"what"` // created, revoked
	Scopes []string  `json:"scopes,omitempty"`
	At     time.Time `json:"at"`
}

// EventName is the event's wire name.
func (ClientChanged) EventName() string { return "identity.client_changed.v1" }

func (s *Service) at() time.Time { return s.c.Now().UTC().Truncate(time.Microsecond) }
