package catalog

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io/fs"
	"slices"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/auth"
	"github.com/tongban/tongban/internal/kit/db"
	"github.com/tongban/tongban/internal/kit/event"
	"github.com/tongban/tongban/internal/kit/fault"
	"github.com/tongban/tongban/internal/kit/policy"
)

// errRaced asks the caller to try again: two published the same number at once.
var errRaced = fault.New(fault.Conflict, "catalog.publish_raced")

// Publish makes svc the version in force of its item and returns its number.
// Publishing what is in force already changes nothing. Cases that run keep the
// version they were filed under.
func (s *Service) Publish(ctx context.Context, actor auth.Principal, svc contract.Service) (int, error) {
	if err := s.c.Policy.Check(actor, "catalog.publish", object(svc.Item)); err != nil {
		return 0, err
	}
	if HasErrors(Lint(svc, s.c.CheckRule)) {
		return 0, ErrProblems.With("item", string(svc.Item))
	}
	hash, err := contentHash(svc)
	if err != nil {
		return 0, err
	}
	var version int
	err = s.c.DB.InTx(ctx, func(ctx context.Context, tx db.Tx) error {
		version, err = s.publish(ctx, tx, actor, svc, hash)
		return err
	})
	return version, err
}

func (s *Service) publish(ctx context.Context, tx db.Tx, actor auth.Principal, svc contract.Service, hash string) (int, error) {
	known, err := itemExists(ctx, tx, svc.Item)
	if err != nil {
		return 0, err
	}
	if !known {
		return 0, ErrNoItem.With("item", string(svc.Item))
	}
	last, lastHash, err := latestVersion(ctx, tx, svc.Item)
	if err != nil {
		return 0, err
	}
	if lastHash == hash {
		return last, nil
	}
	svc.Version = last + 1
	body, err := json.Marshal(svc)
	if err != nil {
		return 0, fmt.Errorf("encode version: %w", err)
	}
	at := s.c.Now().UTC()
	made, err := insertVersion(ctx, tx, Version{Item: svc.Item, Version: svc.Version, Hash: hash, At: at, By: actor.ID}, string(body))
	if err != nil {
		return 0, err
	}
	if !made {
		return 0, errRaced
	}
	if err := bumpRevision(ctx, tx); err != nil {
		return 0, err
	}
	tx.AfterCommit(s.forget)
	m := event.Meta{Actor: actor, Object: "service:" + string(svc.Item)}
	return svc.Version, s.c.Events.Record(ctx, tx, m, contract.ServicePublished{Item: svc.Item, Version: svc.Version, At: at})
}

// contentHash identifies what a version says, whatever its number.
func contentHash(svc contract.Service) (string, error) {
	svc.Version = 0
	body, err := json.Marshal(svc)
	if err != nil {
		return "", fmt.Errorf("encode service: %w", err)
	}
	sum := sha256.Sum256(body)
	return hex.EncodeToString(sum[:]), nil
}

// PublishPackages publishes every package of fsys whose content is new. A
// package with errors stops the start: a service must not go out half-checked.
func (s *Service) PublishPackages(ctx context.Context, actor auth.Principal, fsys fs.FS) error {
	packages, err := LoadAll(fsys, s.c.CheckRule)
	if err != nil {
		return err
	}
	for _, p := range packages {
		if HasErrors(p.Problems) {
			return fmt.Errorf("package %s: %s", p.Name, firstError(p.Problems))
		}
		if _, err := s.Publish(ctx, actor, p.Service); err != nil {
			return fmt.Errorf("publish package %s: %w", p.Name, err)
		}
	}
	return nil
}

func firstError(list []Problem) Problem {
	i := slices.IndexFunc(list, func(p Problem) bool { return !p.Warning })
	return list[i]
}

// Current returns the version in force of an item, for a new application.
func (s *Service) Current(ctx context.Context, item contract.ItemID) (contract.Service, error) {
	it, err := s.Item(ctx, item)
	if err != nil {
		return contract.Service{}, err
	}
	if !it.Online() {
		return contract.Service{}, ErrNotPublished.With("item", string(item))
	}
	return s.Version(ctx, item, it.Version)
}

// Version returns a version of an item, in force or not: what a draft or a case
// was begun under. The caller must not change what it points to.
func (s *Service) Version(ctx context.Context, item contract.ItemID, version int) (contract.Service, error) {
	key := versionKey{item, version}
	s.mu.RLock()
	svc, ok := s.bodies[key]
	s.mu.RUnlock()
	if ok {
		return svc, nil
	}
	svc, err := readBody(ctx, s.c.DB, item, version)
	if err != nil {
		return contract.Service{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.bodies[key] = svc
	return svc, nil
}

// Versions lists what was published for an item, newest first.
func (s *Service) Versions(ctx context.Context, actor auth.Principal, item contract.ItemID) ([]Version, error) {
	if err := s.c.Policy.Check(actor, "catalog.manage", object(item)); err != nil {
		return nil, err
	}
	return readVersions(ctx, s.c.DB, item)
}

// Problems checks a published version again, by today's rules.
func (s *Service) Problems(svc contract.Service) []Problem { return Lint(svc, s.c.CheckRule) }

// Edit sets what the catalogue desk adds to an item. The source's own words
// stay as they are.
func (s *Service) Edit(ctx context.Context, actor auth.Principal, item contract.ItemID, o Overlay) error {
	if err := s.c.Policy.Check(actor, "catalog.edit", object(item)); err != nil {
		return err
	}
	if _, err := s.Item(ctx, item); err != nil {
		return err
	}
	if err := s.checkOverlay(o); err != nil {
		return err
	}
	return s.c.DB.InTx(ctx, func(ctx context.Context, tx db.Tx) error {
		at := s.c.Now().UTC()
		if err := writeOverlay(ctx, tx, item, o, actor.ID, at); err != nil {
			return err
		}
		if err := bumpRevision(ctx, tx); err != nil {
			return err
		}
		tx.AfterCommit(s.forget)
		return s.c.Events.Record(ctx, tx, event.Meta{Actor: actor, Object: "service:" + string(item)},
			OverlayChanged{Item: item, Summary: o.Summary, Keywords: o.Keywords, Themes: o.Themes, At: at})
	})
}

// Limits of an overlay: a sentence, not a page.
const (
	maxSummary  = 200 // characters
	maxKeywords = 30
	maxKeyword  = 40
)

func (s *Service) checkOverlay(o Overlay) error {
	var f fault.Form
	for _, l := range []struct{ field, text string }{{"summary_zh", o.Summary.ZH}, {"summary_en", o.Summary.EN}} {
		if n := len([]rune(l.text)); n > maxSummary {
			f.Add(l.field, "catalog.edit.summary_long", "max", maxSummary, "n", n)
		}
	}
	if o.Summary.ZH == "" && o.Summary.EN != "" {
		f.Add("summary_zh", "catalog.edit.summary_both")
	}
	if o.Summary.ZH != "" && o.Summary.EN == "" {
		f.Add("summary_en", "catalog.edit.summary_both")
	}
	if len(o.Keywords) > maxKeywords {
		f.Add("keywords", "catalog.edit.keywords_many", "max", maxKeywords)
	}
	for _, k := range o.Keywords {
		if len([]rune(k)) > maxKeyword {
			f.Add("keywords", "catalog.edit.keyword_long", "max", maxKeyword)
		}
	}
	for _, t := range o.Themes {
		if _, ok := s.ref.theme[t]; !ok {
			f.Add("themes", "catalog.edit.theme_unknown")
		}
	}
	return f.Err()
}

// object is what policies of the catalogue see of an item.
func object(item contract.ItemID) policy.Object {
	return policy.Object{Type: "Service", ID: string(item), Attrs: map[string]any{"division": area[:6]}}
}

func sortByPublished(list []Item) {
	slices.SortFunc(list, func(a, b Item) int {
		return cmp.Or(b.Published.Compare(a.Published), cmp.Compare(a.Seq, b.Seq))
	})
}
