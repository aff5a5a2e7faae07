package calendar

import (
	"cmp"
	"context"
	"log/slog"
	"slices"
	"sync/atomic"
	"time"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/auth"
	"github.com/tongban/tongban/internal/kit/day"
	"github.com/tongban/tongban/internal/kit/db"
	"github.com/tongban/tongban/internal/kit/event"
	"github.com/tongban/tongban/internal/kit/policy"
	"github.com/tongban/tongban/internal/statute"
)

// Config is what New needs.
type Config struct {
	DB     *db.DB
	Events *event.Log
	Policy *policy.Engine
	Now    func() time.Time
	Log    *slog.Logger
	// Root is the division that the installation serves; its administrators
	// enter the notices of the country.
	Root string
}

// Service answers for working days and lets them be edited.
type Service struct {
	c       Config
	current atomic.Pointer[snapshot]
}

// snapshot is everything that was entered, at one version. It never changes.
type snapshot struct {
	version int64
	tables  []statute.Table // entered here
	book    *statute.Book
}

// New returns a Service that knows the notices of the program; Load adds what
// was entered here.
func New(c Config) *Service {
	s := &Service{c: c}
	s.current.Store(newSnapshot(0, nil))
	return s
}

func newSnapshot(version int64, entered []statute.Table) *snapshot {
	return &snapshot{version: version, tables: entered, book: statute.NewBook(append(statute.National(), entered...)...)}
}

// Root is the division that the installation serves.
func (s *Service) Root() string { return s.c.Root }

// Today is the day it is in China.
func (s *Service) Today() day.Date { return day.In(s.c.Now()) }

// For returns the working days of a region as this process knows them now. It
// reads nothing, so a transaction may call it.
func (s *Service) For(region string) *statute.Calendar { return s.current.Load().book.For(region) }

// Load reads what was entered. Call it once the tables are there.
func (s *Service) Load(ctx context.Context) error { return s.Refresh(ctx, s.c.DB) }

// Refresh takes over what another process entered; it costs one row when that
// is nothing. Whoever works out deadlines because the calendar changed calls it
// first, in the same transaction.
func (s *Service) Refresh(ctx context.Context, q db.Q) error {
	v, err := version(ctx, q)
	if err != nil || v == s.current.Load().version {
		return err
	}
	entered, err := tables(ctx, q)
	if err != nil {
		return err
	}
	s.take(newSnapshot(v, entered))
	return nil
}

// take shows n from now on, unless a later version is shown already.
func (s *Service) take(n *snapshot) {
	for {
		old := s.current.Load()
		if old.version > n.version || s.current.CompareAndSwap(old, n) {
			return
		}
	}
}

// pollEvery is how long another process may work with the table before an edit.
const pollEvery = 2 * time.Second

// Run takes over what other processes enter, until ctx ends.
func (s *Service) Run(ctx context.Context) error {
	tick := time.NewTicker(pollEvery)
	defer tick.Stop()
	s.follow(ctx, tick.C)
	return nil
}

func (s *Service) follow(ctx context.Context, ticks <-chan time.Time) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticks:
			if err := s.Refresh(ctx, s.c.DB); err != nil && ctx.Err() == nil {
				s.c.Log.WarnContext(ctx, "calendar not refreshed", slog.Any("err", err))
			}
		}
	}
}

// Year shows a year of a region.
func (s *Service) Year(region string, year int) (YearView, error) {
	region, err := CheckRegion(region)
	if err != nil {
		return YearView{}, err
	}
	if year < FirstYear || year > LastYear {
		return YearView{}, ErrYear.With("first", FirstYear, "last", LastYear)
	}
	snap := s.current.Load()
	cal := snap.book.For(region)
	v := YearView{Region: region, Year: year, Known: cal.Known(year), Days: cal.Year(year)}
	for _, d := range v.Days {
		if d.Workday {
			v.Workdays++
		}
		if d.Notice != 0 {
			v.Notices = addNotice(v.Notices, d)
		}
	}
	slices.SortStableFunc(v.Notices, func(a, b Notice) int {
		return cmp.Or(cmp.Compare(len(a.Region), len(b.Region)), cmp.Compare(a.Year, b.Year))
	})
	v.Entered = snap.entered(region, year)
	return v, nil
}

func addNotice(list []Notice, d statute.Day) []Notice {
	for i, n := range list {
		if n.Region == d.Region && n.Year == d.Notice && n.Source == d.Source {
			list[i].Days++
			return list
		}
	}
	return append(list, Notice{Region: d.Region, Year: d.Notice, Source: d.Source, Days: 1})
}

// entered lists what was entered for a region itself: days of the year, and
// days of the year's notice that fall outside it.
func (s *snapshot) entered(region string, year int) []Entered {
	var list []Entered
	for _, t := range s.tables {
		for _, d := range t.Days {
			if t.Region == region && (t.Year == year || d.Date.Year() == year) {
				list = append(list, Entered{Date: d.Date, Work: d.Work, Name: d.Name, Source: d.Source, Notice: t.Year})
			}
		}
	}
	slices.SortFunc(list, func(a, b Entered) int { return a.Date.Sub(b.Date) })
	return list
}

// Whole reports whether a whole table was entered for the region and year.
func (s *Service) Whole(region string, year int) bool {
	return slices.ContainsFunc(s.current.Load().tables, func(t statute.Table) bool {
		return t.Region == region && t.Year == year && t.Whole
	})
}

// Counted is the answer to "which day is n working days after?".
type Counted struct {
	From, Date  day.Date
	Days        int
	Provisional bool
	Between     []statute.Day // the days after From, up to and including Date
}

// Count finds the n-th working day after a day.
func (s *Service) Count(region string, from day.Date, n int) (Counted, error) {
	region, err := CheckRegion(region)
	if err != nil {
		return Counted{}, err
	}
	if from.IsZero() || from.Year() < FirstYear || from.Year() > LastYear {
		return Counted{}, ErrDate.With("first", FirstYear, "last", LastYear)
	}
	if n < 1 || n > MostDays {
		return Counted{}, ErrCount.With("most", MostDays)
	}
	cal := s.For(region)
	c := Counted{From: from, Days: n, Date: cal.AddWorkdays(from, n)}
	c.Provisional = cal.Provisional(from, c.Date)
	for d := from.Add(1); !d.After(c.Date); d = d.Add(1) {
		c.Between = append(c.Between, cal.Lookup(d))
	}
	return c, nil
}

// MayEdit reports whether the actor may edit the table of a region.
func (s *Service) MayEdit(actor auth.Principal, region string) bool {
	return s.allow(actor, region) == nil
}

func (s *Service) allow(actor auth.Principal, region string) error {
	facts := map[string]any{"root": s.c.Root}
	if region != "" { // the country's table is in nobody's division
		facts["division"] = region
	}
	return s.c.Policy.Check(actor, ActionEdit, policy.Object{Type: "Calendar", ID: region, Attrs: facts})
}

// SetDay enters one day: off or a working day, over whatever stands below.
func (s *Service) SetDay(ctx context.Context, actor auth.Principal, e Edit) error {
	region, err := CheckRegion(e.Region)
	if err != nil {
		return err
	}
	if err := s.allow(actor, region); err != nil {
		return err
	}
	if err := e.check(); err != nil {
		return err
	}
	d := statute.TableDay{Date: e.Date, Work: e.Kind == Work, Name: e.Name, Source: e.Source}
	year := s.noticeOf(region, e.Date)
	return s.change(ctx, actor, contract.CalendarChanged{Region: region, Year: year}, func(ctx context.Context, tx db.Tx) error {
		return putDay(ctx, tx, region, year, d, s.stamp(actor))
	})
}

// noticeOf is the year of the notice that names a day, else the day's own year.
func (s *Service) noticeOf(region string, d day.Date) int {
	if x := s.For(region).Lookup(d); x.Notice != 0 && x.Region == region {
		return x.Notice
	}
	return d.Year()
}

// RemoveDay takes back a day that was entered; what stands below shows again.
func (s *Service) RemoveDay(ctx context.Context, actor auth.Principal, region string, d day.Date) error {
	region, err := CheckRegion(region)
	if err != nil {
		return err
	}
	if err := s.allow(actor, region); err != nil {
		return err
	}
	return s.change(ctx, actor, contract.CalendarChanged{Region: region, Year: d.Year()}, func(ctx context.Context, tx db.Tx) error {
		found, err := dropDay(ctx, tx, region, d)
		if err == nil && !found {
			return ErrNotOurs
		}
		return err
	})
}

// Preview is what a pasted table would change.
type Preview struct {
	Table   YearTable
	Lines   []Line
	Changes []Change
}

// Change is a day that a table would turn from working to off or back.
type Change struct {
	Date  day.Date
	Works bool // afterwards
	Name  string
	// Statutory is the holiday on that day by law: a table that makes it a
	// working day has probably forgotten it.
	Statutory string
}

// Preview reads a pasted table and says what it would change, storing nothing.
// The lines come back whatever is wrong with them.
func (s *Service) Preview(actor auth.Principal, region string, year int, source, text string) (Preview, error) {
	region, err := CheckRegion(region)
	if err != nil {
		return Preview{}, err
	}
	if err := s.allow(actor, region); err != nil {
		return Preview{}, err
	}
	t, err := readYear(region, year, source, text)
	p := Preview{Table: t, Lines: ReadTable(text, year)}
	if err == nil {
		p.Changes = s.changes(t)
	}
	return p, err
}

// changes compares the calendar of the region with what it would be.
func (s *Service) changes(t YearTable) []Change {
	snap := s.current.Load()
	before := snap.book.For(t.Region)
	replaced := slices.DeleteFunc(slices.Clone(snap.tables), func(x statute.Table) bool { return x.Region == t.Region && x.Year == t.Year })
	after := newSnapshot(snap.version, append(replaced, statute.Table{
		Region: t.Region, Year: t.Year, Source: t.Source, Whole: true, Days: t.Days,
	})).book.For(t.Region)
	var list []Change
	for d := day.Of(t.Year-1, 12, 1); d.Before(day.Of(t.Year+1, 2, 1)); d = d.Add(1) {
		if x := after.Lookup(d); x.Workday != before.IsWorkday(d) {
			c := Change{Date: d, Works: x.Workday, Name: x.Name}
			if x.Workday {
				c.Statutory = statute.FixedHoliday(d)
			}
			list = append(list, c)
		}
	}
	return list
}

// SetYear replaces the whole table of a region and year.
func (s *Service) SetYear(ctx context.Context, actor auth.Principal, region string, year int, source, text string) error {
	p, err := s.Preview(actor, region, year, source, text)
	if err != nil {
		return err
	}
	t := p.Table
	for i := range t.Days {
		t.Days[i].Source = source
	}
	return s.change(ctx, actor, contract.CalendarChanged{Region: t.Region, Year: year}, func(ctx context.Context, tx db.Tx) error {
		if _, err := dropYear(ctx, tx, t.Region, t.Year); err != nil {
			return err
		}
		return putYear(ctx, tx, t, s.stamp(actor))
	})
}

// RemoveYear takes back a table that was entered, with its days.
func (s *Service) RemoveYear(ctx context.Context, actor auth.Principal, region string, year int) error {
	region, err := CheckRegion(region)
	if err != nil {
		return err
	}
	if err := s.allow(actor, region); err != nil {
		return err
	}
	return s.change(ctx, actor, contract.CalendarChanged{Region: region, Year: year}, func(ctx context.Context, tx db.Tx) error {
		found, err := dropYear(ctx, tx, region, year)
		if err == nil && !found {
			return ErrNotOurs
		}
		return err
	})
}

func (s *Service) stamp(actor auth.Principal) stamp { return stamp{at: s.c.Now(), by: actor.ID} }

// change stores an edit, raises the version and says which days now count
// otherwise, in one transaction. This process shows the new tables as soon as
// the transaction is durable, before anybody is told.
func (s *Service) change(ctx context.Context, actor auth.Principal, e contract.CalendarChanged, edit func(context.Context, db.Tx) error) error {
	return s.c.DB.InTx(ctx, func(ctx context.Context, tx db.Tx) error {
		v, err := nextVersion(ctx, tx) // first: edits wait for each other here
		if err != nil {
			return err
		}
		before, err := tables(ctx, tx)
		if err != nil {
			return err
		}
		if err := edit(ctx, tx); err != nil {
			return err
		}
		after, err := tables(ctx, tx)
		if err != nil {
			return err
		}
		next := newSnapshot(v, after)
		tx.AfterCommit(func() { s.take(next) })
		e.Days, e.At = changed(newSnapshot(0, before), next, e), s.c.Now().UTC()
		return s.c.Events.Record(ctx, tx, event.Meta{Actor: actor, Object: "calendar:" + e.Region}, e)
	})
}

// changed lists the days around the year that count otherwise than before.
func changed(before, after *snapshot, e contract.CalendarChanged) []string {
	a, b := before.book.For(e.Region), after.book.For(e.Region)
	list := []string{}
	for d := day.Of(e.Year-1, 12, 1); d.Before(day.Of(e.Year+1, 2, 1)); d = d.Add(1) {
		if a.IsWorkday(d) != b.IsWorkday(d) {
			list = append(list, d.String())
		}
	}
	return list
}
