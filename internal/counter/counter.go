// Package counter is the integrated counter (综合窗口): halls with windows, the
// queue in front of them, and the sessions in which a clerk serves a person who
// came. A clerk takes in for every department and decides nothing.
//
// While a session is open, each request of its clerk is made for the person who
// stands there: auth.Acting of kind auth.ForCounter, with the session as the
// right it rests on. The pages are those that residents use.
//
// Nobody may be made to use one channel (Decree 809 and the rules on integrated
// counters): what is begun here goes on online and the other way round, because
// it is the same draft, the same case and the same account.
package counter

import (
	"embed"
	"time"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/day"
	"github.com/tongban/tongban/internal/kit/fault"
)

// Migrations makes the tables of this area.
//
//go:embed migrations/*.sql
var Migrations embed.FS

// Policies says who may do what here.
//
//go:embed policy.cedar
var Policies string

// Actions of this area.
const (
	ActionHalls      = "counter.halls"      // look at halls, tickets and the screen
	ActionTake       = "counter.take"       // take a ticket
	ActionWork       = "counter.work"       // sit at a window and call tickets
	ActionServe      = "counter.serve"      // serve a person
	ActionStatistics = "counter.statistics" // of a day
	ActionManage     = "counter.manage"     // halls, windows, devices
	ActionSummary    = "counter.summary"    // what was done in a session
	ActionAudit      = "counter.audit"      // requests of a session
	ActionDevice     = "counter.device"     // tell what a card reader read
)

// ScopeDevice is what the key of a card reader may do.
const ScopeDevice = "counter.device"

// Faults of this area.
var (
	ErrNoHall    = fault.New(fault.NotFound, "counter.hall.none")
	ErrNoWindow  = fault.New(fault.NotFound, "counter.window.none")
	ErrNoSession = fault.New(fault.NotFound, "counter.session.none")
	ErrNoTicket  = fault.New(fault.NotFound, "counter.ticket.none")
	ErrNoDevice  = fault.New(fault.NotFound, "counter.device.none")
	ErrNoRead    = fault.New(fault.NotFound, "counter.read.none")
	ErrNotSeated = fault.New(fault.Conflict, "counter.window.not_seated")
	ErrEdition   = fault.New(fault.Conflict, "counter.edition") // somebody else changed it meanwhile
	ErrTaken     = fault.New(fault.Conflict, "counter.window.taken")
	ErrClosed    = fault.New(fault.Conflict, "counter.window.closed")
	ErrNumber    = fault.New(fault.Conflict, "counter.window.number")

	ErrHallClosed = fault.New(fault.Conflict, "counter.ticket.closed")
	ErrNetwork    = fault.New(fault.Denied, "counter.ticket.network")
	ErrKind       = fault.New(fault.Invalid, "counter.ticket.kind")
	ErrPriority   = fault.New(fault.Invalid, "counter.ticket.priority")
	ErrOften      = fault.New(fault.TooMany, "counter.ticket.often")
	ErrTicketOver = fault.New(fault.Conflict, "counter.ticket.over")
	ErrOccupied   = fault.New(fault.Conflict, "counter.ticket.occupied") // call the next one only after this one
	ErrEmptyQueue = fault.New(fault.Conflict, "counter.ticket.empty")
	ErrHasTicket  = fault.New(fault.Conflict, "counter.ticket.has")

	ErrServing   = fault.New(fault.Conflict, "counter.session.serving")
	ErrElsewhere = fault.New(fault.Conflict, "counter.session.elsewhere")
	ErrDay       = fault.New(fault.Invalid, "counter.day")
	ErrHow       = fault.New(fault.Invalid, "counter.session.how_unknown")
	ErrMatched   = fault.New(fault.Invalid, "counter.session.matched")
	ErrScan      = fault.New(fault.Invalid, "counter.session.scan")
	ErrSubject   = fault.New(fault.Denied, "counter.session.subject_none")

	ErrReadOld     = fault.New(fault.Invalid, "counter.read.old")
	ErrReplay      = fault.New(fault.Conflict, "counter.read.replay")
	ErrReadGone    = fault.New(fault.Conflict, "counter.read.gone")
	ErrCardExpired = fault.New(fault.Conflict, "counter.read.card_expired")
	ErrReadName    = fault.New(fault.Invalid, "counter.read.name")
	ErrReadField   = fault.New(fault.Invalid, "counter.read.field")
	ErrPhoto       = fault.New(fault.Invalid, "counter.read.photo")
	ErrNonce       = fault.New(fault.Invalid, "counter.read.nonce")
)

// Purposes of a window.
const (
	PurposeGeneral = "general" // takes in for every department
	PurposeIssue   = "issue"   // hands out results
	PurposeStuck   = "stuck"   // could not get it done (办不成事)
)

// Kind is a kind of business that tickets are taken for.
type Kind struct {
	Letter string        `json:"letter"` // names it, and begins the numbers of its tickets
	Name   contract.Text `json:"name"`
}

// Hall is a place where people come in person.
type Hall struct {
	ID         string
	Agency     contract.AgencyID // that runs it
	Division   string
	Name       contract.Text
	Address    contract.Text
	Hours      contract.Text
	Phone      string
	Notice     contract.Text
	Kinds      []Kind
	Priorities []string // who goes first
	Open       bool     // gives out tickets
	Networks   []string // CIDRs from which they may be taken; empty is anywhere
	Demo       bool
	Edition    int
	Changed    time.Time
}

// Window is one window of a hall.
type Window struct {
	ID      string
	Hall    string
	Number  string // on the sign
	Name    contract.Text
	Purpose string
	Kinds   []string // letters of the kinds of business it calls
	Open    bool
	// Clerk is who sits there today; nobody is "".
	Clerk     contract.AccountID
	ClerkName string
	Since     time.Time
	OnDay     day.Date
	Edition   int
}

// Session is one person served at a window.
type Session struct {
	ID        string
	Hall      string
	Window    string // id
	Clerk     contract.AccountID
	ClerkName string
	Agency    contract.AgencyID
	Ticket    string // id; "" without
	// Person is the account of who stands there, with name and masked number.
	Person contract.AccountID
	Name   string
	Number string
	How    string // contract.ProofCard, ProofCode, ProofSeen
	Device string
	Level  int
	// SubjectKind and Subject are whom the person applies for; Subject is Person
	// for oneself.
	SubjectKind string
	Subject     string
	Opened      time.Time
	OnDay       day.Date
	Seen        time.Time
	Ended       time.Time // zero while open
	Reason      string
	Login       string // under which the clerk opened it
}

// Why a session ended.
const (
	EndDone      = "done"
	EndSignedOut = "signed_out"
	EndLogin     = "login" // somebody else ended the login of the clerk, or it was over
	EndIdle      = "idle"
	EndDay       = "day"
	EndTakenOver = "taken_over"
)

// SessionIdle ends a session that nobody used: the next person must not stand
// before the data of the one before.
const SessionIdle = 20 * time.Minute

// open reports whether a session may still be used at an instant: not idle for
// too long, and on the day it began.
func (s Session) open(now time.Time) bool {
	return s.Ended.IsZero() && now.Sub(s.Seen) < SessionIdle && s.OnDay == day.In(now)
}
