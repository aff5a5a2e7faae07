package catalog

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/auth"
	"github.com/tongban/tongban/internal/kit/db"
	"github.com/tongban/tongban/internal/kit/event"
	"github.com/tongban/tongban/internal/kit/policy"
)

// Log records events in the transaction of what happened.
type Log interface {
	Record(ctx context.Context, tx db.Tx, m event.Meta, e event.Event) error
}

// Policy decides who may do what.
type Policy interface {
	Check(p auth.Principal, action string, o policy.Object) error
}

// Config is what New needs.
type Config struct {
	DB       *db.DB
	Events   Log
	Policy   Policy
	Now      func() time.Time
	Examiner Examiner
	NewID    func() string
	// Trial lets packages be published that are still being written.
	Trial bool
}

// Service is the catalogue. It keeps the items and the search index in memory;
// a revision in the database tells when to read them anew, so that several
// processes agree within a second.
type Service struct {
	c     Config
	ref   *reference
	words *vocabulary

	snap    atomic.Pointer[snapshot]
	refresh sync.Mutex

	mu     sync.RWMutex
	bodies map[versionKey]contract.Service // versions never change
}

type versionKey struct {
	item    contract.ItemID
	version int
}

// staleAfter bounds how long a process may show what another has changed.
const staleAfter = time.Second

// New returns the catalogue of a database that has been migrated.
func New(c Config) (*Service, error) {
	ref, err := readReference()
	if err != nil {
		return nil, err
	}
	words, err := readVocabulary()
	if err != nil {
		return nil, err
	}
	return &Service{c: c, ref: ref, words: words, bodies: map[versionKey]contract.Service{}}, nil
}

// Seed puts the county's list into the database. A database that has this very
// list is left alone.
func (s *Service) Seed(ctx context.Context) error {
	items, hash, err := readItems(s.ref)
	if err != nil {
		return err
	}
	rev, err := readRevision(ctx, s.c.DB)
	if err != nil {
		return fmt.Errorf("seed catalogue: %w", err)
	}
	if rev.seed == hash {
		return nil
	}
	err = s.c.DB.InTx(ctx, func(ctx context.Context, tx db.Tx) error {
		if err := upsertItems(ctx, tx, items); err != nil {
			return err
		}
		tx.AfterCommit(s.forget)
		return setSeed(ctx, tx, hash)
	})
	if err != nil {
		return fmt.Errorf("seed catalogue: %w", err)
	}
	return nil
}

// snapshot is the catalogue as one process sees it. It never changes once made.
type snapshot struct {
	rev   int64
	at    time.Time // when the revision was last looked at
	items []Item
	byID  map[contract.ItemID]int
	depts []Department
	types []Type
	theme []Theme
	index func() *index // made when somebody searches, kept as long as the snapshot
}

// forget makes the next reader look at the database.
func (s *Service) forget() {
	if old := s.snap.Load(); old != nil {
		stale := *old
		stale.at = time.Time{}
		s.snap.CompareAndSwap(old, &stale)
	}
}

// current returns the snapshot, read anew when the revision has moved.
func (s *Service) current(ctx context.Context) (*snapshot, error) {
	now := s.c.Now()
	if sn := s.snap.Load(); sn != nil && now.Sub(sn.at) < staleAfter {
		return sn, nil
	}
	s.refresh.Lock()
	defer s.refresh.Unlock()
	old := s.snap.Load()
	if old != nil && now.Sub(old.at) < staleAfter {
		return old, nil // somebody else was faster
	}
	rev, err := readRevision(ctx, s.c.DB)
	if err != nil {
		return nil, fmt.Errorf("read catalogue: %w", err)
	}
	if old != nil && old.rev == rev.n {
		same := *old
		same.at = now
		s.snap.Store(&same)
		return &same, nil
	}
	fresh, err := s.load(ctx)
	if err != nil {
		return nil, fmt.Errorf("read catalogue: %w", err)
	}
	fresh.rev, fresh.at = rev.n, now
	s.snap.Store(fresh)
	return fresh, nil
}

func (s *Service) load(ctx context.Context) (*snapshot, error) {
	items, err := readAllItems(ctx, s.c.DB)
	if err != nil {
		return nil, err
	}
	sn := &snapshot{items: items, byID: map[contract.ItemID]int{}}
	for i := range items {
		items[i].Themes = s.ref.themesOf(items[i])
		sn.byID[items[i].ID] = i
	}
	if err := s.addVersions(ctx, sn); err != nil {
		return nil, err
	}
	if err := s.addOverlays(ctx, sn); err != nil {
		return nil, err
	}
	sn.count(s.ref)
	sn.index = sync.OnceValue(func() *index { return buildIndex(items, s.ref, s.words) })
	return sn, nil
}

func (s *Service) addVersions(ctx context.Context, sn *snapshot) error {
	latest, err := latestVersions(ctx, s.c.DB)
	if err != nil {
		return err
	}
	for id, v := range latest {
		i, ok := sn.byID[id]
		if !ok {
			continue
		}
		svc, err := s.Version(ctx, id, v.Version)
		if err != nil {
			return err
		}
		it := &sn.items[i]
		it.Version, it.Published, it.Added = v.Version, v.At, svc.Added
		it.Summary, it.NameEN, it.Keywords = svc.Guide.Summary, svc.Name.EN, svc.Guide.Keywords
	}
	return nil
}

func (s *Service) addOverlays(ctx context.Context, sn *snapshot) error {
	overlays, err := readOverlays(ctx, s.c.DB)
	if err != nil {
		return err
	}
	for _, o := range overlays {
		i, ok := sn.byID[o.item]
		if !ok {
			continue
		}
		it := &sn.items[i]
		it.Edited = true
		if o.Summary.ZH != "" {
			it.Summary = o.Summary
		}
		if len(o.Keywords) > 0 {
			it.Keywords = o.Keywords
		}
		if len(o.Themes) > 0 {
			it.Themes = o.Themes
		}
	}
	return nil
}

// count fills in how many items each department, type and theme has.
func (sn *snapshot) count(ref *reference) {
	depts, types, themes := map[string]int{}, map[string]int{}, map[string]int{}
	for _, i := range sn.items {
		depts[i.Department]++
		types[i.Type]++
		for _, t := range i.Themes {
			themes[t]++
		}
	}
	for _, d := range ref.departments {
		d.Items = depts[d.ID]
		sn.depts = append(sn.depts, d)
	}
	for _, t := range ref.types {
		t.Items = types[t.ID]
		sn.types = append(sn.types, t)
	}
	for _, t := range ref.themes {
		t.Items = themes[t.ID]
		sn.theme = append(sn.theme, t)
	}
}

// Item returns one item.
func (s *Service) Item(ctx context.Context, id contract.ItemID) (Item, error) {
	sn, err := s.current(ctx)
	if err != nil {
		return Item{}, err
	}
	i, ok := sn.byID[id]
	if !ok {
		return Item{}, ErrNotFound
	}
	return sn.items[i], nil
}

// Siblings returns the other items of the same catalogue entry, at most n.
func (s *Service) Siblings(ctx context.Context, of Item, n int) ([]Item, error) {
	sn, err := s.current(ctx)
	if err != nil || of.MainItem == "" {
		return nil, err
	}
	var list []Item
	for _, i := range sn.items {
		if i.MainItem == of.MainItem && i.Department == of.Department && i.ID != of.ID && len(list) < n {
			list = append(list, i)
		}
	}
	return list, nil
}

// Departments lists the departments with how many items each has, as the
// reference orders them: most items first.
func (s *Service) Departments(ctx context.Context) ([]Department, error) {
	sn, err := s.current(ctx)
	if err != nil {
		return nil, err
	}
	return sn.depts, nil
}

// Department returns the department with the id.
func (s *Service) Department(id string) (Department, bool) {
	i, ok := s.ref.dept[id]
	if !ok {
		return Department{}, false
	}
	return s.ref.departments[i], true
}

// Types lists the item types with how many items each has.
func (s *Service) Types(ctx context.Context) ([]Type, error) {
	sn, err := s.current(ctx)
	if err != nil {
		return nil, err
	}
	return sn.types, nil
}

// Type returns the item type with the id.
func (s *Service) Type(id string) (Type, bool) {
	for _, t := range s.ref.types {
		if t.ID == id {
			return t, true
		}
	}
	return Type{}, false
}

// Themes lists the themes of a kind that have items; "" is every kind.
func (s *Service) Themes(ctx context.Context, kind string) ([]Theme, error) {
	sn, err := s.current(ctx)
	if err != nil {
		return nil, err
	}
	var list []Theme
	for _, t := range sn.theme {
		if (kind == "" || t.Kind == kind) && t.Items > 0 {
			list = append(list, t)
		}
	}
	return list, nil
}

// Theme returns the theme with the id.
func (s *Service) Theme(id string) (Theme, bool) {
	i, ok := s.ref.theme[id]
	if !ok {
		return Theme{}, false
	}
	return s.ref.themes[i], true
}

// Total returns how many items the catalogue has.
func (s *Service) Total(ctx context.Context) (int, error) {
	sn, err := s.current(ctx)
	if err != nil {
		return 0, err
	}
	return len(sn.items), nil
}

// Useful returns services that editors chose for the home page, at most n.
// It is a choice, not a count of what people do.
func (s *Service) Useful(ctx context.Context, n int) ([]Item, error) {
	sn, err := s.current(ctx)
	if err != nil {
		return nil, err
	}
	var list []Item
	for _, id := range s.ref.useful {
		if i, ok := sn.byID[id]; ok && len(list) < n {
			list = append(list, sn.items[i])
		}
	}
	return list, nil
}

// Recent returns the items that were last published to be applied for here,
// newest first, at most n.
func (s *Service) Recent(ctx context.Context, n int) ([]Item, error) {
	sn, err := s.current(ctx)
	if err != nil {
		return nil, err
	}
	var list []Item
	for _, i := range sn.items {
		if i.Online() {
			list = append(list, i)
		}
	}
	sortByPublished(list)
	return list[:min(n, len(list))], nil
}
