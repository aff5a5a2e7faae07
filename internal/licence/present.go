package licence

import (
	"context"
	"strings"
	"time"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/auth"
	"github.com/tongban/tongban/internal/kit/day"
	"github.com/tongban/tongban/internal/kit/db"
)

// CodeTTL is how long a shown code lives (domain rule: at most 60 seconds).
const CodeTTL = time.Minute

// Scope is what a shown code lets the other side see.
type Scope string

// The scopes. The zero Scope shows the minimum.
const (
	ScopeMinimum Scope = "minimum"
	ScopeFace    Scope = "face" // all lines, names in full
)

// Shown is a code to show.
type Shown struct {
	Licence
	Code    string // 130 random bits
	Link    string
	Scope   Scope
	Expires time.Time
}

// Present makes a code for somebody to scan: it works once, for a minute. Only
// its hash is kept, so that nobody who reads the database can use it.
func (s *Service) Present(ctx context.Context, actor auth.Principal, id contract.LicenceID, scope Scope) (Shown, error) {
	l, err := s.visible(ctx, actor, "licence.present", id)
	if err != nil {
		return Shown{}, err
	}
	if !l.StateOn(day.In(s.Now())).usable() || l.Blob == "" {
		return Shown{}, ErrState
	}
	if scope != ScopeFace {
		scope = ScopeMinimum
	}
	code, now := s.NewCode(), s.Now()
	out := Shown{Licence: l, Code: code, Link: s.BaseURL + "/p/" + code, Scope: scope, Expires: now.Add(CodeTTL)}
	err = s.DB.InTx(ctx, func(ctx context.Context, tx db.Tx) error {
		return addCode(ctx, tx, hash([]byte(code)), out, now)
	})
	if err != nil {
		return Shown{}, err
	}
	return out, s.record(ctx, actor, l, UsePresent, ChannelCode)
}

// Redeem uses up a shown code and tells what its holder allowed.
func (s *Service) Redeem(ctx context.Context, actor auth.Principal, code string) (Verification, error) {
	code = strings.ToUpper(strings.TrimSpace(code))
	var id contract.LicenceID
	var scope Scope
	err := s.DB.InTx(ctx, func(ctx context.Context, tx db.Tx) (err error) {
		id, scope, err = useCode(ctx, tx, hash([]byte(code)), s.Now())
		return err
	})
	if err != nil {
		return Verification{}, err
	}
	l, err := s.open(byID(ctx, s.DB, id))
	if err != nil {
		return Verification{}, err
	}
	channel := ChannelCode
	if scope == ScopeFace {
		channel = ChannelCodeFace
	}
	v, err := s.verified(ctx, actor, l, channel)
	if err == nil && scope == ScopeFace {
		v.Holder, v.Face, v.Full = l.Holder.Name, l.Face, true
	}
	return v, err
}

// Waiting reports whether a shown code can still be used, without using it: a
// program that looks at links ahead of the person must not use it up.
func (s *Service) Waiting(ctx context.Context, code string) error {
	return codeWaits(ctx, s.DB, hash([]byte(strings.ToUpper(strings.TrimSpace(code)))), s.Now())
}
