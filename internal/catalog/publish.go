package catalog

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
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
	return s.publish(ctx, actor, svc, nil)
}

// PublishFiles examines a package and publishes it. Bundles that join the
// service are published anew, so that they ask what it asks now.
func (s *Service) PublishFiles(ctx context.Context, actor auth.Principal, files Files) (Examined, int, error) {
	e, err := s.Examine(ctx, files)
	if err != nil {
		return e, 0, err
	}
	if !e.Sound() {
		return e, 0, ErrProblems.With("item", string(e.Service.Item))
	}
	version, err := s.publish(ctx, actor, e.Service, files)
	if err != nil {
		return e, 0, err
	}
	return e, version, s.refreshBundles(ctx, actor)
}

func (s *Service) publish(ctx context.Context, actor auth.Principal, svc contract.Service, files Files) (int, error) {
	if err := s.c.Policy.Check(actor, "catalog.publish", object(svc.Item)); err != nil {
		return 0, err
	}
	problems := Lint(svc, s.c.Examiner.Rule)
	if HasErrors(problems) || unwritten(problems) && !s.c.Trial {
		return 0, ErrProblems.With("item", string(svc.Item))
	}
	hash, err := contentHash(svc)
	if err != nil {
		return 0, err
	}
	var version int
	err = s.c.DB.InTx(ctx, func(ctx context.Context, tx db.Tx) error {
		if version, err = s.insert(ctx, tx, actor, svc, hash); err != nil || files == nil {
			return err
		}
		return putSource(ctx, tx, svc.Item, version, files)
	})
	if errors.Is(err, errRaced) {
		return s.same(ctx, svc.Item, hash)
	}
	return version, err
}

// same is the version in force where another process has just published the same
// content: two that start at once bring the same packages.
func (s *Service) same(ctx context.Context, item contract.ItemID, hash string) (int, error) {
	version, last, err := latestVersion(ctx, s.c.DB, item)
	if err == nil && last != hash {
		err = errRaced
	}
	return version, err
}

func (s *Service) insert(ctx context.Context, tx db.Tx, actor auth.Principal, svc contract.Service, hash string) (int, error) {
	if err := s.known(ctx, tx, svc); err != nil {
		return 0, err
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

// known asks for the item in the catalogue; one that the package adds is made.
func (s *Service) known(ctx context.Context, tx db.Tx, svc contract.Service) error {
	known, err := itemExists(ctx, tx, svc.Item)
	if err != nil || known {
		return err
	}
	if svc.Added == nil || len(s.placed(ctx, svc)) > 0 {
		return ErrNoItem.With("item", string(svc.Item))
	}
	return insertAdded(ctx, tx, Item{
		ID: svc.Item, Name: svc.Name.ZH, Type: svc.Added.Type, Department: svc.Added.Department,
		DeptCode: string(svc.Agency), Area: area,
	})
}

// refreshBundles publishes every bundle anew that joins another version of a
// service than the one in force. A bundle that no longer fits stays as it is:
// the desk shows why.
func (s *Service) refreshBundles(ctx context.Context, actor auth.Principal) error {
	sn, err := s.current(ctx)
	if err != nil {
		return err
	}
	for _, it := range sn.items {
		if !it.Online() {
			continue
		}
		svc, err := s.Version(ctx, it.ID, it.Version)
		if err != nil {
			return err
		}
		if !slices.ContainsFunc(svc.Parts, func(p contract.Part) bool { return s.moved(ctx, p) }) {
			continue
		}
		files, err := getSource(ctx, s.c.DB, it.ID, it.Version)
		if err != nil {
			return err
		}
		e, err := s.Examine(ctx, files)
		if err != nil {
			return err
		}
		if !e.Sound() {
			continue
		}
		if _, err := s.publish(ctx, actor, e.Service, files); err != nil {
			return err
		}
	}
	return nil
}

func (s *Service) moved(ctx context.Context, p contract.Part) bool {
	it, err := s.Item(ctx, p.Item)
	return err == nil && it.Version != p.Version
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

// PublishPackages publishes every package of fsys whose files are not those that
// the program brought last: what the desk has published since stays. A package
// with errors stops the start: a service must not go out half-checked. Bundles
// come after the services that they join.
func (s *Service) PublishPackages(ctx context.Context, actor auth.Principal, fsys fs.FS) error {
	shipped, err := shippedHashes(ctx, s.c.DB)
	if err != nil {
		return err
	}
	s.forget() // another process that starts may have published since
	folders, err := readFolders(fsys)
	if err != nil {
		return err
	}
	var fresh []Package
	for _, f := range folders {
		if shipped[f.Name] != f.Files.hash() {
			f.Service, f.Problems = Load(f.Files, s.c.Examiner.Rule)
			fresh = append(fresh, f)
		}
	}
	slices.SortStableFunc(fresh, func(a, b Package) int { return cmp.Compare(len(a.Service.Parts), len(b.Service.Parts)) })
	for _, p := range fresh {
		if err := s.ship(ctx, actor, p); err != nil {
			return fmt.Errorf("package %s: %w", p.Name, err)
		}
	}
	if len(fresh) == 0 {
		return nil
	}
	return s.refreshBundles(ctx, actor)
}

// ship publishes a package that comes with the program. Its scenarios ran when
// the program was built.
func (s *Service) ship(ctx context.Context, actor auth.Principal, p Package) error {
	svc, problems, err := merge(p.Service, s.c.Examiner, s.finder(ctx))
	if err != nil {
		return err
	}
	if problems = append(p.Problems, problems...); HasErrors(problems) {
		return errors.New(firstError(problems).String())
	}
	if _, err := s.publish(ctx, actor, svc, p.Files); err != nil {
		return err
	}
	s.forget() // even where another process was first
	return s.c.DB.InTx(ctx, func(ctx context.Context, tx db.Tx) error {
		return setShipped(ctx, tx, p.Name, p.Files.hash())
	})
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
func (s *Service) Problems(svc contract.Service) []Problem { return Lint(svc, s.c.Examiner.Rule) }

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
