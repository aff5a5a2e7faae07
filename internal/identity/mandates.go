package identity

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/auth"
	"github.com/tongban/tongban/internal/kit/day"
	"github.com/tongban/tongban/internal/kit/db"
	"github.com/tongban/tongban/internal/kit/event"
	"github.com/tongban/tongban/internal/kit/fault"
	"github.com/tongban/tongban/internal/kit/policy"
)

// MandateState is where a mandate stands.
type MandateState string

// The states. A mandate holds while it is active and between its days.
const (
	MandateWaiting  MandateState = "waiting" // for the other side
	MandateActive   MandateState = "active"
	MandateDeclined MandateState = "declined"
	MandateEnded    MandateState = "ended"
)

// Sides of a mandate.
const (
	SidePrincipal = "principal"
	SideAgent     = "agent"
)

// Confirmation is the evidence that a side agreed: who, when, and how well that
// person was known (real-name level).
type Confirmation struct {
	By    contract.AccountID
	Level int
	At    time.Time
}

// Mandate is the right of a person to act for another person (授权委托), or for a
// company as its operator or administrator. Both sides confirm it and either
// ends it at once.
type Mandate struct {
	ID            string
	Kind          string // of the principal: PartyPerson or PartyCompany
	Principal     string // account or company
	PrincipalName string
	Code          string // credit code of a company
	Agent         contract.AccountID
	AgentName     string
	Role          string
	Items         []string // empty: every service, of a company alone
	From, To      day.Date
	State         MandateState
	AskedBy       string // side that began
	Made          time.Time
	Granted       Confirmation // by the principal's side
	Accepted      Confirmation // by the agent
	EndedBy       contract.AccountID
	Ended         time.Time
}

// Holds reports whether the mandate gives a right on a day.
func (m Mandate) Holds(on day.Date) bool {
	return m.State == MandateActive && within(m.From, m.To, on)
}

// Over reports whether nothing can come of the mandate any more.
func (m Mandate) Over(on day.Date) bool {
	return m.State == MandateDeclined || m.State == MandateEnded || !m.To.IsZero() && on.After(m.To)
}

// awaits is the side that has not confirmed yet.
func (m Mandate) awaits() string {
	switch {
	case m.State != MandateWaiting:
		return ""
	case m.AskedBy == SidePrincipal:
		return SideAgent
	}
	return SidePrincipal
}

// Person is somebody else as one who looks for them describes them: the full
// name, and the account name or the identity number.
type Person struct{ Name, Account, Number string }

// NewMandate is what somebody says of a new mandate.
type NewMandate struct {
	// Ask is set where the agent asks; else the principal offers.
	Ask   bool
	Other Person
	Items []string
	Period
}

// Period is from the first day to the last.
type Period struct{ From, To day.Date }

// Bounds of mandates.
const (
	mandateLevel = 2 // name and number were matched (domain: L2)
	grantLevel   = 3 // who speaks for a company (domain: granted by the legal representative with L3)
	maxItems     = 20
	yearDays     = 366
	companyDays  = 3*365 + 1
	findsAnHour  = 10
	maxMandates  = 100 // that stand, of one account
)

// LongestMandate is for how many days a mandate between persons is good at most.
func (s *Service) LongestMandate() int {
	if s.c.MandateDays > 0 {
		return s.c.MandateDays
	}
	return yearDays
}

// Today is the day in China.
func (s *Service) Today() day.Date { return s.today() }

// ItemNames names services; those that are not known are left out.
func (s *Service) ItemNames(ctx context.Context, items []string) (map[string]contract.Text, error) {
	names := map[string]contract.Text{}
	if len(items) == 0 {
		return names, nil
	}
	list, err := s.c.Services.ServiceNames(ctx, items)
	for _, n := range list {
		names[string(n.Item)] = n.Name
	}
	return names, err
}

// servicesFound bounds what a search for services shows.
const servicesFound = 10

// FindServices finds services that a right may be limited to.
func (s *Service) FindServices(ctx context.Context, query string) ([]ServiceName, error) {
	return s.c.Services.FindServices(ctx, query, servicesFound)
}

// Mandates lists the mandates that p gave or was given, as a person.
func (s *Service) Mandates(ctx context.Context, p auth.Principal) ([]Mandate, error) {
	if err := s.c.Policy.Check(p, ActionMandates, own(p)); err != nil {
		return nil, err
	}
	return mandatesOfPerson(ctx, s.c.DB, accountID(p))
}

// Mandate returns one mandate, to those it concerns.
func (s *Service) Mandate(ctx context.Context, p auth.Principal, id string) (Mandate, error) {
	return s.mandateFor(ctx, s.c.DB, p, ActionMandates, id)
}

// MayAnswer reports whether a mandate waits for p.
func (s *Service) MayAnswer(ctx context.Context, p auth.Principal, m Mandate) bool {
	o, err := s.mandateObject(ctx, s.c.DB, m)
	return err == nil && m.State == MandateWaiting && s.c.Policy.Check(p, ActionMandateAnswer, o) == nil
}

// mandateFor reads a mandate and checks whether p may do something with it. To
// strangers there is none.
func (s *Service) mandateFor(ctx context.Context, q db.Q, p auth.Principal, action, id string) (Mandate, error) {
	m, err := mandateByID(ctx, q, id)
	if err != nil {
		return Mandate{}, err
	}
	o, err := s.mandateObject(ctx, q, m)
	if err != nil {
		return Mandate{}, err
	}
	if s.c.Policy.Check(p, ActionMandates, o) != nil {
		return Mandate{}, ErrNoSuchMandate
	}
	return m, s.c.Policy.Check(p, action, o)
}

// mandateObject has the facts that policies look at: who speaks for the
// principal, who is the agent, and for which side the mandate waits.
func (s *Service) mandateObject(ctx context.Context, q db.Q, m Mandate) (policy.Object, error) {
	grantors, err := s.grantors(ctx, q, m)
	if err != nil {
		return policy.Object{}, err
	}
	answer := grantors
	if m.awaits() == SideAgent {
		answer = []string{string(m.Agent)}
	}
	return policy.Object{Type: "Mandate", ID: m.ID, Attrs: map[string]any{
		"account": "", "agent": string(m.Agent), "grantors": grantors, "answer": answer,
	}}, nil
}

// grantors are who speaks for the principal of a mandate: the person, or the
// legal representative of the company; its administrators too, but not where
// another administrator is made.
func (s *Service) grantors(ctx context.Context, q db.Q, m Mandate) ([]string, error) {
	if m.Kind == PartyPerson {
		return []string{m.Principal}, nil
	}
	c, _, err := companyByID(ctx, q, m.Principal)
	if err != nil {
		return nil, err
	}
	var list []string
	if c.RepAccount != "" {
		list = append(list, string(c.RepAccount))
	}
	if m.Role != RoleOperator {
		return list, nil
	}
	more, err := administrators(ctx, q, c.ID, s.today())
	return append(list, more...), err
}

// MakeMandate offers a mandate to an agent, or asks a principal for one. It gives
// no right until the other side has accepted.
func (s *Service) MakeMandate(ctx context.Context, p auth.Principal, n NewMandate) (Mandate, error) {
	if err := s.c.Policy.Check(p, ActionMandateMake, own(p)); err != nil {
		return Mandate{}, err
	}
	if p.Level < mandateLevel {
		return Mandate{}, ErrLevel.With("level", mandateLevel)
	}
	if err := s.checkMandate(ctx, n, s.LongestMandate(), true); err != nil {
		return Mandate{}, err
	}
	other, err := s.find(ctx, p, n.Other)
	if err != nil {
		return Mandate{}, err
	}
	m := Mandate{
		ID: s.c.NewID(), Kind: PartyPerson, Principal: p.ID, Agent: other.ID, Role: RoleAgent, AskedBy: SidePrincipal,
		Items: n.Items, From: n.From, To: n.To, State: MandateWaiting, Made: s.at(),
	}
	mine := Confirmation{By: accountID(p), Level: p.Level, At: s.at()}
	if n.Ask {
		m.Principal, m.Agent, m.AskedBy, m.Accepted = string(other.ID), accountID(p), SideAgent, mine
	} else {
		m.Granted = mine
	}
	return m, s.add(ctx, p, m)
}

// add stores a new mandate, unless one between the two stands already.
func (s *Service) add(ctx context.Context, p auth.Principal, m Mandate) error {
	return s.c.DB.InTx(ctx, func(ctx context.Context, tx db.Tx) error {
		before, err := standing(ctx, tx, m.Kind, m.Principal, m.Agent)
		if err != nil {
			return err
		}
		if slices.ContainsFunc(before, func(x Mandate) bool { return !x.Over(s.today()) }) {
			return ErrMandateStands
		}
		if err := putMandate(ctx, tx, m); err != nil {
			return err
		}
		return s.mandateChanged(ctx, tx, p, m, "offered")
	})
}

// checkMandate checks what somebody typed for a mandate.
func (s *Service) checkMandate(ctx context.Context, n NewMandate, days int, needItems bool) error {
	var f fault.Form
	other, items := n.Other, n.Items
	if strings.TrimSpace(other.Name) == "" {
		f.Add("name", "identity.mandate.name_missing")
	}
	if (strings.TrimSpace(other.Account) == "") == (strings.TrimSpace(other.Number) == "") {
		f.Add("account", "identity.mandate.account_or_number")
	}
	switch known, err := s.c.Services.ServiceNames(ctx, items); {
	case err != nil:
		return err
	case needItems && len(items) == 0:
		f.Add("items", "identity.mandate.items_missing")
	case len(items) > maxItems:
		f.Add("items", "identity.mandate.items_many", "max", maxItems)
	case len(known) != len(items):
		f.Add("items", "identity.mandate.items_unknown")
	}
	n.check(&f, s.today(), days)
	return f.Err()
}

// check checks that a period begins today or later and is not too long.
func (p Period) check(f *fault.Form, today day.Date, days int) {
	switch {
	case p.From.IsZero():
		f.Add("from", "identity.mandate.from_missing")
	case p.From.Before(today):
		f.Add("from", "identity.mandate.from_past")
	}
	switch {
	case p.To.IsZero():
		f.Add("to", "identity.mandate.to_missing")
	case !p.From.IsZero() && p.To.Before(p.From):
		f.Add("to", "identity.mandate.to_before")
	case !p.From.IsZero() && p.To.Sub(p.From) >= days:
		f.Add("to", "identity.mandate.to_long", "n", days)
	}
}

// find finds another person by the full name and either account name or identity
// number. Whatever does not fit, the answer is the same: nobody learns whether an
// account or a number exists. Tries are counted.
func (s *Service) find(ctx context.Context, p auth.Principal, who Person) (Account, error) {
	if ok, wait := s.finds.Allow(p.ID); !ok {
		return Account{}, ErrFinds.With("wait", wait, "minutes", int(wait/time.Minute)+1)
	}
	var a Account
	var err error
	if number := strings.TrimSpace(who.Number); number != "" {
		a, err = accountByNumber(ctx, s.c.DB, s.PersonKey(number))
	} else {
		a, err = accountByName(ctx, s.c.DB, normal(who.Account))
	}
	fits := err == nil && a.Kind == auth.Resident && a.Level >= mandateLevel && s.usable(a) && a.Name == strings.TrimSpace(who.Name)
	switch {
	case fits && a.ID == accountID(p):
		return Account{}, ErrMandateSelf
	case fits:
		return a, nil
	case err != nil && fault.KindOf(err) != fault.NotFound:
		return Account{}, err
	}
	return Account{}, ErrNobody
}

// AnswerMandate accepts or declines a mandate that waits for p.
func (s *Service) AnswerMandate(ctx context.Context, p auth.Principal, id string, accept bool) error {
	return s.c.DB.InTx(ctx, func(ctx context.Context, tx db.Tx) error {
		m, err := s.mandateFor(ctx, tx, p, ActionMandateAnswer, id)
		if err != nil {
			return err
		}
		if m.State != MandateWaiting || m.Over(s.today()) {
			return ErrMandateOver
		}
		mine := Confirmation{By: accountID(p), Level: p.Level, At: s.at()}
		what := "declined"
		switch {
		case !accept:
			m.State, m.EndedBy, m.Ended = MandateDeclined, mine.By, mine.At
		case p.Level < m.level():
			return ErrLevel.With("level", m.level())
		default:
			m.State, what = MandateActive, "active"
			if m.AskedBy == SidePrincipal {
				m.Accepted = mine
			} else {
				m.Granted = mine
			}
		}
		if err := moveMandate(ctx, tx, m, MandateWaiting); err != nil {
			return err
		}
		return s.mandateChanged(ctx, tx, p, m, what)
	})
}

// level is the real-name level that the side a mandate waits for needs.
func (m Mandate) level() int {
	if m.Kind == PartyCompany && m.AskedBy == SideAgent {
		return grantLevel
	}
	return mandateLevel
}

// EndMandate ends a mandate at once: either side may, without a reason. The next
// request under it is already refused.
func (s *Service) EndMandate(ctx context.Context, p auth.Principal, id string) error {
	return s.c.DB.InTx(ctx, func(ctx context.Context, tx db.Tx) error {
		m, err := s.mandateFor(ctx, tx, p, ActionMandateEnd, id)
		if err != nil {
			return err
		}
		if m.Over(s.today()) {
			return ErrMandateOver
		}
		was := m.State
		m.State, m.EndedBy, m.Ended = MandateEnded, accountID(p), s.at()
		if err := moveMandate(ctx, tx, m, was); err != nil {
			return err
		}
		return s.mandateChanged(ctx, tx, p, m, "revoked")
	})
}

// mandateChanged records a step of a mandate, about the principal. Whoever acts
// here acts in their own name, whomever their session acts for.
func (s *Service) mandateChanged(ctx context.Context, tx db.Tx, p auth.Principal, m Mandate, what string) error {
	p.For = auth.Acting{}
	e := contract.MandateChanged{
		Mandate: m.ID, Kind: m.Kind, Subject: m.Principal, Agent: m.Agent, State: what, At: s.at(),
		Asked: m.AskedBy == SideAgent, Role: m.Role, Items: m.Items, From: m.From.String(), To: m.To.String(), Level: p.Level,
	}
	if m.Agent != accountID(p) {
		e.Notify = m.Agent
	} else {
		e.Notify = m.Granted.By
		if e.Notify == "" && m.Kind == PartyPerson {
			e.Notify = contract.AccountID(m.Principal)
		}
	}
	meta := event.Meta{Actor: p, Subject: m.Principal, Object: "mandate:" + m.ID}
	return s.c.Events.Record(ctx, tx, meta, e)
}
