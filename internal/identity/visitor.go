package identity

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"math/big"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/auth"
	"github.com/tongban/tongban/internal/kit/db"
	"github.com/tongban/tongban/internal/kit/event"
	"github.com/tongban/tongban/internal/kit/fault"
	"github.com/tongban/tongban/internal/kit/idcode"
	"github.com/tongban/tongban/internal/kit/mask"
	"github.com/tongban/tongban/internal/kit/policy"
)

// Windows are the counters at which staff serve people in person.
type Windows interface {
	// Serving tells for whom a clerk acts at this moment; ok is false for nobody.
	Serving(ctx context.Context, clerk contract.AccountID) (a auth.Acting, ok bool, err error)
	// Left ends what a clerk had open, whose sign-in ends: of one login, or of all
	// ("") with the place at the window. The actor is who ends it.
	Left(ctx context.Context, tx db.Tx, actor auth.Principal, clerk contract.AccountID, login string) error
}

// Real-name levels of a check in person: the number typed from the card that was
// shown, or read from its chip.
const (
	levelSeen = 3
	levelCard = 4
)

// capableAge is the age from which a person may act for themself at all (Civil
// Code art. 20); before it a guardian comes.
const capableAge = 8

// Bounds of codes.
const (
	codeLife   = time.Minute
	codeDigits = 8
	maxTries   = 30 // of one clerk in ten minutes
)

// Faults of identifying somebody in person.
var (
	ErrVisitorCode    = fault.New(fault.Invalid, "identity.visitor.code")
	ErrVisitorName    = fault.New(fault.Invalid, "identity.visitor.name")
	ErrVisitorMissing = fault.New(fault.Invalid, "identity.visitor.name_missing")
	ErrVisitorChild   = fault.New(fault.Invalid, "identity.visitor.child")
	ErrVisitorTries   = fault.New(fault.TooMany, "identity.visitor.tries")
	ErrVisitorProof   = fault.New(fault.Invalid, "identity.visitor.proof")
)

// basisVisit is what identifying a person in an administrative procedure rests on.
const basisVisit = "《中华人民共和国居民身份证法》第十四条"

// purposeVisit is what the person reads in their own log.
const purposeVisit = "counter"

// VisitorByNumber says who stands at a window by the number and name of the
// identity card that a clerk looked at or a reader read. Where there is no account
// it makes one that nobody can sign in to. It tells name and masked number alone,
// and nothing where both do not belong together.
//
// A check in person raises the level of an account without sign-in. It says
// nothing about who holds the password of one that has a sign-in: there the level
// is that of the visit only.
func (s *Service) VisitorByNumber(ctx context.Context, actor auth.Principal, number, name string, how contract.Proof) (contract.Visitor, error) {
	if err := s.visit(actor); err != nil {
		return contract.Visitor{}, err
	}
	r, err := idcode.ParseResident(number)
	if err == nil {
		err = r.BornBy(s.today())
	}
	if err != nil {
		return contract.Visitor{}, err
	}
	name = strings.Join(strings.Fields(name), " ")
	if n := utf8.RuneCountInString(name); n == 0 || n > maxName {
		return contract.Visitor{}, ErrVisitorMissing
	}
	if r.Age(s.today()) < capableAge {
		return contract.Visitor{}, ErrVisitorChild
	}
	level := levelSeen
	switch how.Kind {
	case contract.ProofSeen:
	case contract.ProofCard:
		level = levelCard
	default:
		return contract.Visitor{}, ErrVisitorProof
	}
	a, fresh, err := s.visitorAccount(ctx, actor, r, name, level)
	if err != nil {
		return contract.Visitor{}, err
	}
	v, err := s.visitor(ctx, a)
	v.Level, v.New = max(v.Level, level), fresh
	return v, err
}

// visit checks that somebody may identify people, and slows down who tries many.
func (s *Service) visit(actor auth.Principal) error {
	if err := s.c.Policy.Check(actor, ActionVisitor, policy.Page); err != nil {
		return err
	}
	if ok, wait := s.visits.Allow(actor.ID); !ok {
		return ErrVisitorTries.With("wait", wait)
	}
	return nil
}

// visitorAccount finds the account of a number, or makes it, and records the read.
func (s *Service) visitorAccount(ctx context.Context, actor auth.Principal, r idcode.Resident, name string, level int) (a Account, fresh bool, err error) {
	key := s.c.Seal.Index(fieldNumber, r.Number)
	sealed, err := s.c.Seal.Seal(fieldNumber, r.Number)
	if err != nil {
		return Account{}, false, err
	}
	err = s.c.DB.InTx(ctx, func(ctx context.Context, tx db.Tx) error {
		// Two windows may look for one new person at once.
		if err := tx.Lock(ctx, "identity.visitor."+key); err != nil {
			return err
		}
		a, err = accountByNumber(ctx, tx, key)
		switch {
		case errors.Is(err, ErrNoAccount):
			fresh = true
			a, err = s.newVisitor(ctx, tx, actor, Account{Name: name, Level: level, number: sealed, Division: ""}, key)
		case err == nil && a.Name != name:
			err = ErrVisitorName
		case err == nil && a.withoutSignIn() && a.Level < level:
			a.Level, a.CheckedOn = level, s.today()
			err = setChecked(ctx, tx, a)
		}
		if err != nil {
			return err
		}
		return s.visited(ctx, tx, actor, a.ID)
	})
	return a, fresh, err
}

// visitorName begins the account name of people without sign-in. No name that can
// be signed in with has a colon.
const visitorName = "visitor:"

func (a Account) withoutSignIn() bool { return strings.HasPrefix(a.Username, visitorName) }

// newVisitor makes an account without credentials: no password fits it.
func (s *Service) newVisitor(ctx context.Context, tx db.Tx, actor auth.Principal, a Account, key string) (Account, error) {
	a.ID = contract.AccountID(s.c.NewID())
	a.Username, a.Kind, a.State = visitorName+string(a.ID), auth.Resident, Open
	a.CheckedOn, a.Made, a.Demo = s.today(), s.at(), s.c.Demo
	if _, err := putAccount(ctx, tx, a, indexes{number: key}); err != nil {
		return Account{}, err
	}
	return a, s.accountChanged(ctx, tx, actor, a.ID, "made_at_counter")
}

// visited records in the person's own log who looked, and what for.
func (s *Service) visited(ctx context.Context, tx db.Tx, actor auth.Principal, id contract.AccountID) error {
	m := event.Meta{Actor: actor, Subject: string(id), Object: "account:" + string(id), Purpose: purposeVisit, Basis: basisVisit}
	return s.c.Events.Record(ctx, tx, m, contract.PersonalDataRead{
		Subject: string(id), What: []string{"name", "number"}, Purpose: purposeVisit, Basis: basisVisit, At: s.at(),
	})
}

// visitor tells of an account what a window may know.
func (s *Service) visitor(ctx context.Context, a Account) (contract.Visitor, error) {
	number, err := s.unseal(fieldNumber, a.number)
	if err != nil {
		return contract.Visitor{}, err
	}
	rights, err := s.rights(ctx, s.c.DB, a.ID)
	if err != nil {
		return contract.Visitor{}, err
	}
	v := contract.Visitor{
		Account: a.ID, Name: a.Name, Number: mask.Number(number), Level: a.Level,
		Parties: []contract.Party{{Kind: PartyPerson, ID: string(a.ID), Name: a.Name}},
	}
	for _, r := range rights {
		p := contract.Party{Kind: PartyPerson, ID: r.ID, Name: r.Name}
		if r.Kind == auth.ForCompany {
			p.Kind, p.Code = PartyCompany, r.Code
		}
		v.Parties = append(v.Parties, p)
	}
	return v, nil
}

// Visitor tells again of a person who was identified, with the rights of today.
// The caller has a session with that person.
func (s *Service) Visitor(ctx context.Context, person contract.AccountID) (contract.Visitor, error) {
	a, err := accountByID(ctx, s.c.DB, string(person))
	if err != nil {
		return contract.Visitor{}, err
	}
	return s.visitor(ctx, a)
}

// RightOf is by what right a person acts for another now; ok is false where there
// is none.
func (s *Service) RightOf(ctx context.Context, person contract.AccountID, subject string) (auth.Acting, bool, error) {
	r, err := s.right(ctx, s.c.DB, person, subject)
	if errors.Is(err, ErrNoMandate) {
		return auth.Acting{}, false, nil
	}
	return r.acting(), err == nil, err
}

// VisitorByCode says who stands at a window by the code that the person shows,
// which is used up.
func (s *Service) VisitorByCode(ctx context.Context, actor auth.Principal, code string) (contract.Visitor, error) {
	if err := s.visit(actor); err != nil {
		return contract.Visitor{}, err
	}
	a, err := s.takeCode(ctx, actor, code)
	if err != nil {
		return contract.Visitor{}, err
	}
	return s.visitor(ctx, a)
}

func (s *Service) takeCode(ctx context.Context, actor auth.Principal, code string) (a Account, err error) {
	index := s.c.Seal.Index(fieldCode, normalCode(code))
	err = s.c.DB.InTx(ctx, func(ctx context.Context, tx db.Tx) error {
		id, err := takeCode(ctx, tx, index, actor.ID, s.at())
		if err != nil {
			return err
		}
		if a, err = accountByID(ctx, tx, string(id)); err != nil {
			return err
		}
		return s.visited(ctx, tx, actor, a.ID)
	})
	return a, err
}

// normalCode is a code as people read it out and readers send it.
func normalCode(code string) string {
	return strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' {
			return r
		}
		return -1
	}, code)
}

// fieldCode is the name under which codes are sealed; it never changes.
const fieldCode = "identity.code"

// ShownCode is a code that a person shows at a window.
type ShownCode struct {
	Code    string // "" is none
	Expires time.Time
}

// Code returns the person's code that can still be used; Code is "" for none.
func (s *Service) Code(ctx context.Context, p auth.Principal) (ShownCode, error) {
	if err := s.c.Policy.Check(p, ActionCode, own(p)); err != nil {
		return ShownCode{}, err
	}
	sealed, expires, ok, err := liveCode(ctx, s.c.DB, p.ID, s.at())
	if err != nil || !ok {
		return ShownCode{}, err
	}
	code, err := s.unseal(fieldCode, sealed)
	return ShownCode{Code: code, Expires: expires}, err
}

// NewCode makes a code for sixty seconds; one made before is good no more.
func (s *Service) NewCode(ctx context.Context, p auth.Principal) (ShownCode, error) {
	if err := s.c.Policy.Check(p, ActionCode, own(p)); err != nil {
		return ShownCode{}, err
	}
	n, err := rand.Int(rand.Reader, big.NewInt(100_000_000))
	if err != nil {
		return ShownCode{}, err
	}
	c := ShownCode{Code: fmt.Sprintf("%0*d", codeDigits, n), Expires: s.at().Add(codeLife)}
	sealed, err := s.c.Seal.Seal(fieldCode, c.Code)
	if err != nil {
		return ShownCode{}, err
	}
	row := codeRow{
		id: s.c.NewID(), account: accountID(p), index: s.c.Seal.Index(fieldCode, c.Code), sealed: sealed,
		made: s.at(), expires: c.Expires,
	}
	return c, s.c.DB.InTx(ctx, func(ctx context.Context, tx db.Tx) error { return putCode(ctx, tx, row) })
}
