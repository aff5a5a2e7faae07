package registry

import (
	"context"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/auth"
	"github.com/tongban/tongban/internal/kit/db"
	"github.com/tongban/tongban/internal/kit/event"
	"github.com/tongban/tongban/internal/kit/policy"
)

// State is a registry as the desk shows it.
type State struct {
	ID        string
	Name      contract.Text
	Keys      []string
	Sensitive bool
	BuiltIn   bool // records of this platform; a demonstration's registries are
	Connected bool
	Switch    Switch
	Health    Health
}

// States lists every registry, connected or not.
func (s *Service) States(ctx context.Context, p auth.Principal) ([]State, error) {
	if err := s.c.Policy.Check(p, ActionDesk, policy.Page); err != nil {
		return nil, err
	}
	set, err := switches(ctx, s.c.DB)
	if err != nil {
		return nil, err
	}
	var list []State
	for _, k := range s.connectors {
		_, far := k.(remote)
		list = append(list, State{
			ID: k.ID(), Name: k.Name(), Keys: k.Keys(), Sensitive: k.Sensitive(), BuiltIn: !far, Connected: true,
			Switch: set[k.ID()], Health: s.breakers[k.ID()].health(s.c.Now()),
		})
	}
	for _, info := range Known() {
		if s.breakers[info.ID] == nil {
			list = append(list, State{ID: info.ID, Name: info.Name, Keys: info.Keys, Sensitive: info.Sensitive})
		}
	}
	return list, nil
}

// Switched says that an administrator switched a registry off or on.
type Switched struct {
	Registry string    `json:"registry"`
	Off      bool      `json:"off"`
	Reason   string    `json:"reason,omitempty"`
	At       time.Time `json:"at"`
}

// EventName is the event's wire name.
func (Switched) EventName() string { return "registry.switched.v1" }

const maxReason = 200

// Set switches a registry off for maintenance, with a reason, or on again. While
// it is off, forms ask for what it would have told.
func (s *Service) Set(ctx context.Context, p auth.Principal, id string, off bool, reason string) error {
	if err := s.c.Policy.Check(p, ActionSwitch, policy.Page); err != nil {
		return err
	}
	if !slices.ContainsFunc(s.connectors, func(k Connector) bool { return k.ID() == id }) {
		return ErrNoRegistry
	}
	reason = strings.TrimSpace(reason)
	if n := utf8.RuneCountInString(reason); off && n == 0 || n > maxReason {
		return ErrReason.With("max", maxReason)
	}
	if !off {
		reason = ""
	}
	return s.c.DB.InTx(ctx, func(ctx context.Context, tx db.Tx) error {
		at := s.c.Now().UTC().Truncate(time.Microsecond)
		if err := putSwitch(ctx, tx, id, Switch{Off: off, Reason: reason, By: p.ID, At: at}); err != nil {
			return err
		}
		m := event.Meta{Actor: p, Object: "registry:" + id}
		return s.c.Events.Record(ctx, tx, m, Switched{Registry: id, Off: off, Reason: reason, At: at})
	})
}
