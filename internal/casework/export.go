package casework

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/auth"
	"github.com/tongban/tongban/internal/kit/db"
	"github.com/tongban/tongban/internal/kit/event"
	"github.com/tongban/tongban/internal/kit/fault"
	"github.com/tongban/tongban/internal/kit/policy"
)

// MaxExport is how many cases one file can have: what a spreadsheet program opens
// well, and what somebody can have a purpose for.
const MaxExport = 50_000

// ErrExport means that a list is too long for one file.
var ErrExport = fault.New(fault.Conflict, "casework.export_too_many")

// Lists that are exported beside the tabs.
const (
	ExportSearch      = "search"
	ExportSupervision = "supervision"
)

// ExportQuery is the list that is to leave as a file: a tab of the work list, the
// list of a supervisor, or a search, each with its filter.
type ExportQuery struct {
	Query
	List    string // ExportSearch, ExportSupervision, "" for the tab of Query
	Purpose string // in the words of who asks
}

// Export is a list on its way out.
type Export struct {
	N     int
	s     *Service
	actor auth.Principal
	w     *where
}

// Exported is one line: the case, and the applicant's name as lists show it. A file
// goes where nobody records who reads it, so that people are masked for everybody.
type Exported struct {
	Case
	Name string
}

// Export begins to export a list. Purpose, filter and number of rows are recorded
// first.
func (s *Service) Export(ctx context.Context, actor auth.Principal, q ExportQuery) (Export, error) {
	actor = atDesk(actor)
	e := Export{s: s, actor: actor}
	if err := s.c.Policy.Check(actor, "casework.export", policy.Page); err != nil {
		return e, err
	}
	var form fault.Form
	purpose := strings.TrimSpace(q.Purpose)
	if n := len([]rune(purpose)); n < 4 || n > 200 {
		form.Add("purpose", "casework.export_purpose")
	}
	if err := form.Err(); err != nil {
		return e, err
	}
	w, by, err := s.exported(actor, q)
	if err != nil {
		return e, err
	}
	e.w = w
	if e.N, err = countCases(ctx, s.c.DB, e.w); err != nil {
		return e, err
	}
	if e.N > MaxExport {
		return e, ErrExport.With("n", e.N, "max", MaxExport)
	}
	list := q.List
	if list == "" {
		list = string(q.Tab)
	}
	return e, s.c.DB.InTx(ctx, func(ctx context.Context, tx db.Tx) error {
		return s.c.Events.Record(ctx, tx, event.Meta{Actor: actor, Object: "agency:" + actor.Agency, Purpose: purpose}, contract.CasesExported{
			List: list, By: by, Item: q.Item, Light: q.Light, Before: q.Before.String(), Queue: q.Queue, Rows: e.N, Purpose: purpose,
			At: s.c.Now().UTC().Truncate(time.Microsecond),
		})
	})
}

// exported is the condition of a list: the same as the list itself has.
func (s *Service) exported(actor auth.Principal, q ExportQuery) (w *where, by string, err error) {
	switch q.List {
	case ExportSearch:
		return s.sought(actor, Search{Text: q.Text, Item: q.Item})
	case ExportSupervision:
		return filtered(s.supervisedRule(actor, q.Query), q.Query, s.Today()), "", nil
	}
	i := slices.IndexFunc(tabs, func(t tabRule) bool { return t.tab == q.Tab })
	if i < 0 || tabs[i].action != "" && !s.takesSome(actor, tabs[i].action) {
		return nil, "", ErrNotFound
	}
	q.Query = q.of(tabs[i])
	w = s.rule(actor, tabs[i].action)
	w.and("stage = ?", tabs[i].stage)
	q.queued(w, actor)
	if q.Text != "" {
		by = "text"
	}
	return filtered(w, q.Query, s.Today()), by, nil
}

// exportBatch is how many cases are read at a time.
const exportBatch = 500

// Each gives every case of the list, by the day it was filed, newest first. What
// comes while it runs is left out beyond the number that was recorded.
func (e Export) Each(ctx context.Context, give func(Exported) error) error {
	var after *cursor
	for left := e.N; left > 0; {
		batch, err := listRecent(ctx, e.s.c.DB, e.w, after, min(exportBatch, left))
		if err != nil || len(batch) == 0 {
			return err
		}
		for _, c := range batch {
			if err := give(Exported{Case: c, Name: ListName(c.Applicant)}); err != nil {
				return err
			}
		}
		left -= len(batch)
		last := batch[len(batch)-1]
		after = &cursor{Filed: micro(last.Filed), ID: last.ID}
	}
	return nil
}
