package directory

import (
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/db"
)

// Service answers questions about divisions and agencies.
type Service struct {
	db *db.DB
	// agencies keeps what was found, by the code it was asked for: agencies are
	// only ever added.
	agencies sync.Map
}

// New returns a Service on d.
func New(d *db.DB) *Service { return &Service{db: d} }

// Division returns one division; code may be padded with zeros.
func (s *Service) Division(ctx context.Context, code string) (Division, error) {
	code = Shorten(strings.TrimSpace(code))
	if LevelOf(code) == 0 {
		return Division{}, ErrNoDivision
	}
	d, err := getDivision(ctx, s.db, code)
	if err == nil || !errors.Is(err, ErrNoDivision) {
		return d, err
	}
	t, err := embedded()
	if err != nil {
		return Division{}, err
	}
	if d, ok := t.find(code); ok {
		return d, nil
	}
	return Division{}, ErrNoDivision
}

// Children returns the divisions directly below code, by code; below "" are the
// provinces.
func (s *Service) Children(ctx context.Context, code string) ([]Division, error) {
	code = Shorten(strings.TrimSpace(code))
	if code != "" {
		if _, err := s.Division(ctx, code); err != nil {
			return nil, err
		}
	}
	stored, err := childDivisions(ctx, s.db, code)
	if err != nil {
		return nil, err
	}
	t, err := embedded()
	if err != nil {
		return nil, err
	}
	list := stored
	for _, d := range t.children(code) {
		if !slices.ContainsFunc(stored, func(x Division) bool { return x.Code == d.Code }) {
			list = append(list, d)
		}
	}
	slices.SortFunc(list, func(a, b Division) int { return strings.Compare(a.Code, b.Code) })
	return list, nil
}

// Path returns the divisions from the province down to code.
func (s *Service) Path(ctx context.Context, code string) ([]Division, error) {
	d, err := s.Division(ctx, code)
	if err != nil {
		return nil, err
	}
	path := []Division{d}
	for d.Parent != "" {
		if d, err = s.Division(ctx, d.Parent); err != nil {
			return nil, err
		}
		path = append(path, d)
	}
	slices.Reverse(path)
	return path, nil
}

// FullName returns the name as an address begins with it: 四川省广安市广安区.
func (s *Service) FullName(ctx context.Context, code string) (string, error) {
	path, err := s.Path(ctx, code)
	if err != nil {
		return "", err
	}
	return NameOf(path), nil
}

// NameOf joins the names of a path without the nodes that only carry others.
func NameOf(path []Division) string {
	var b strings.Builder
	for _, d := range path {
		if !pseudo[d.Name] {
			b.WriteString(d.Name)
		}
	}
	return b.String()
}

// MaxSearch bounds the answers of one search.
const MaxSearch = 50

// Search returns divisions of the embedded levels whose name has q.
func (s *Service) Search(_ context.Context, q string) ([]Division, error) {
	q = strings.TrimSpace(q)
	if q == "" || utf8.RuneCountInString(q) > 30 {
		return nil, nil
	}
	t, err := embedded()
	if err != nil {
		return nil, err
	}
	return t.search(q, MaxSearch), nil
}

// villageBatch is how many villages one transaction takes.
const villageBatch = 1000

// ImportVillages stores villages from CSV rows "code,name" with a head line, and
// returns how many. Their parents must be known. It can be run again.
func (s *Service) ImportVillages(ctx context.Context, r io.Reader) (int, error) {
	t, err := embedded()
	if err != nil {
		return 0, err
	}
	rows := csv.NewReader(r)
	rows.FieldsPerRecord = 2
	if _, err := rows.Read(); err != nil {
		return 0, ErrVillages.With("line", 1).Wrap(err)
	}
	n := 0
	for done := false; !done; {
		var batch []Division
		batch, done, err = readVillages(rows, t)
		if err == nil {
			err = s.store(ctx, batch)
		}
		if err != nil {
			return n, err
		}
		n += len(batch)
	}
	return n, nil
}

func readVillages(rows *csv.Reader, t *table) (batch []Division, done bool, err error) {
	for len(batch) < villageBatch {
		row, err := rows.Read()
		if errors.Is(err, io.EOF) {
			return batch, true, nil
		}
		line, _ := rows.FieldPos(0)
		if err != nil {
			return nil, false, ErrVillages.With("line", line).Wrap(err)
		}
		code, name := row[0], strings.TrimSpace(row[1])
		parent := parentOf(code)
		if _, known := t.index(parent); LevelOf(code) != Village || !known || name == "" {
			return nil, false, ErrVillages.With("line", line)
		}
		batch = append(batch, Division{Code: code, Parent: parent, Name: name, Level: Village, Official: true})
	}
	return batch, false, nil
}

func (s *Service) store(ctx context.Context, batch []Division) error {
	return s.db.InTx(ctx, func(ctx context.Context, tx db.Tx) error {
		for part := range slices.Chunk(batch, 100) {
			if err := putDivisions(ctx, tx, part); err != nil {
				return err
			}
		}
		return nil
	})
}

// Put stores one division that is new or differs from the embedded table: a new
// name, an end, a successor.
func (s *Service) Put(ctx context.Context, tx db.Tx, d Division) error {
	if d.Level = LevelOf(d.Code); d.Level == 0 || d.Name == "" {
		return ErrNoDivision
	}
	d.Parent = parentOf(d.Code)
	return putDivisions(ctx, tx, []Division{d})
}

// Agency returns an agency by its id, or by any code a source names it by.
func (s *Service) Agency(ctx context.Context, id contract.AgencyID) (contract.Agency, error) {
	// Every submission and decision asks, inside its transaction, where a read
	// would hold up the writer or take a second connection.
	if a, ok := s.agencies.Load(id); ok {
		return a.(contract.Agency), nil //nolint:forcetypeassert // nothing else is stored
	}
	a, err := getAgency(ctx, s.db, string(id))
	if err == nil {
		s.agencies.Store(id, a)
	}
	return a, err
}

// Agencies lists the agencies of a division, by id.
func (s *Service) Agencies(ctx context.Context, division string) ([]contract.Agency, error) {
	return listAgencies(ctx, s.db, Shorten(division))
}

// SeedDemo stores an invented agency of the next district, which takes in at its
// counter what is handled here.
func (s *Service) SeedDemo(ctx context.Context) error {
	next := agencyRow{Agency: contract.Agency{
		ID: "demo-511603-approval", Division: "511603",
		Name: contract.Text{ZH: "前锋区行政审批局（演示）", EN: "Qianfeng District Administrative Approval Bureau (demo)"},
	}}
	return s.db.InTx(ctx, func(ctx context.Context, tx db.Tx) error { return putAgency(ctx, tx, next) })
}

// Seed stores the agencies of the demonstration county. Those that are there
// already keep what they are.
func (s *Service) Seed(ctx context.Context) error {
	list, err := countyAgencies()
	if err != nil {
		return fmt.Errorf("agencies: %w", err)
	}
	return s.db.InTx(ctx, func(ctx context.Context, tx db.Tx) error {
		for _, a := range list {
			if err := putAgency(ctx, tx, a); err != nil {
				return err
			}
		}
		return nil
	})
}
