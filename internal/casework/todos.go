package casework

import (
	"context"
	"slices"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/auth"
	"github.com/tongban/tongban/internal/kit/day"
	"github.com/tongban/tongban/internal/kit/db"
	"github.com/tongban/tongban/internal/kit/event"
)

// Kinds of what an applicant can do now.
const (
	TodoCorrect = "correct" // hand in corrections
	TodoOwed    = "owed"    // hand in a material that was to come later
	TodoMessage = "message" // read messages
	TodoObject  = "object"  // one can object
	TodoRate    = "rate"    // one can rate
)

// Bounds of what is offered.
const (
	todoCases  = 100 // of one kind
	rateWithin = 10  // calendar days after the end of a case
)

// Todo is one thing that an applicant can do now. Must tells what has
// consequences from what is only offered.
type Todo struct {
	Kind     string
	Case     contract.CaseID
	Number   string
	Name     contract.Text // of the service
	Material contract.Text // owed
	Due      day.Date      // last day; zero where there is none
	Left     int           // days until then: working days of a correction or an owed material, else calendar days
	Count    int           // messages
	Must     bool
}

// Todos lists what the person can do now for whom they act, the most urgent
// first: what must be done by its day, then the rest.
func (s *Service) Todos(ctx context.Context, actor auth.Principal) ([]Todo, error) {
	if !actor.Applies() {
		return nil, nil
	}
	var list []Todo
	for _, part := range []func(context.Context, auth.Principal) ([]Todo, error){
		s.corrections, s.owedTodos, s.unreadTodos, s.objectTodos, s.rateTodos,
	} {
		more, err := part(ctx, actor)
		if err != nil {
			return nil, err
		}
		list = append(list, more...)
	}
	slices.SortStableFunc(list, func(a, b Todo) int {
		if a.Must != b.Must {
			return map[bool]int{true: -1, false: 1}[a.Must]
		}
		if a.Must {
			return a.Due.Sub(b.Due)
		}
		return 0
	})
	return list, nil
}

// CaseTodos are the todos of one case.
func (s *Service) CaseTodos(ctx context.Context, actor auth.Principal, id contract.CaseID) ([]Todo, error) {
	all, err := s.Todos(ctx, actor)
	return slices.DeleteFunc(all, func(t Todo) bool { return t.Case != id }), err
}

func todo(kind string, c Case) Todo {
	return Todo{Kind: kind, Case: c.ID, Number: c.Number, Name: c.ItemName}
}

func (s *Service) corrections(ctx context.Context, actor auth.Principal) ([]Todo, error) {
	w := ownRule(actor)
	w.and("stage = ?", StageApplicant)
	cases, err := listRecent(ctx, s.c.DB, w, nil, todoCases)
	list := make([]Todo, 0, len(cases))
	for _, c := range cases {
		t := todo(TodoCorrect, c)
		t.Must, t.Due, t.Left = true, c.Due.Promised, s.DaysLeft(c, c.Due.Promised)
		list = append(list, t)
	}
	return list, err
}

func (s *Service) owedTodos(ctx context.Context, actor auth.Principal) ([]Todo, error) {
	w := ownRule(actor)
	w.and("stage <> ? AND decided_at = 0", StageDone)
	rows, err := owedWhere(ctx, s.c.DB, w)
	if err != nil {
		return nil, err
	}
	var list []Todo
	for _, o := range rows {
		if !o.open() {
			continue
		}
		c, err := caseByID(ctx, s.c.DB, o.id)
		if err != nil {
			return nil, err
		}
		svc, err := s.ServiceOf(ctx, c)
		if err != nil {
			return nil, err
		}
		t := todo(TodoOwed, c)
		t.Must, t.Material, t.Due, t.Left = true, materialSpec(svc, o.material).Name, o.due, s.DaysLeft(c, o.due)
		list = append(list, t)
	}
	return list, nil
}

func (s *Service) unreadTodos(ctx context.Context, actor auth.Principal) ([]Todo, error) {
	w := ownRule(actor)
	withUnread(w)
	cases, err := listRecent(ctx, s.c.DB, w, nil, todoCases)
	if err != nil {
		return nil, err
	}
	counts, err := s.Unread(ctx, actor, idsOf(cases))
	list := make([]Todo, 0, len(cases))
	for _, c := range cases {
		t := todo(TodoMessage, c)
		t.Count = counts[c.ID]
		list = append(list, t)
	}
	return list, err
}

func idsOf(cases []Case) []contract.CaseID {
	ids := make([]contract.CaseID, len(cases))
	for i, c := range cases {
		ids[i] = c.ID
	}
	return ids
}

// objectTodos offers to object to what ended a case, or to a correction notice.
func (s *Service) objectTodos(ctx context.Context, actor auth.Principal) ([]Todo, error) {
	w := ownRule(actor)
	since := s.c.Now().AddDate(0, 0, -s.c.ObjectionWithin-1)
	w.and("stage = ? OR stage = ? OR stage = ?", StageDone, StageDeliver, StageApplicant)
	w.and("moved_at > ?", micro(since))
	withStepAgainst(w)
	cases, err := listRecent(ctx, s.c.DB, w, nil, todoCases)
	if err != nil {
		return nil, err
	}
	var list []Todo
	for _, c := range cases {
		x, ok, err := s.contestable(ctx, s.c.DB, c)
		if err != nil {
			return nil, err
		}
		if ok {
			t := todo(TodoObject, c)
			t.Due, t.Left = x.Until, x.Left
			list = append(list, t)
		}
	}
	return list, nil
}

// rateTodos offers to rate what was decided lately and has no rating.
func (s *Service) rateTodos(ctx context.Context, actor auth.Principal) ([]Todo, error) {
	w := ownRule(actor)
	w.and("ended_at > ? AND decided_at > 0", micro(s.c.Now().AddDate(0, 0, -rateWithin)))
	withoutRating(w)
	cases, err := listRecent(ctx, s.c.DB, w, nil, todoCases)
	list := make([]Todo, 0, len(cases))
	for _, c := range cases {
		list = append(list, todo(TodoRate, c))
	}
	return list, err
}

// rated remembers that nobody has to be asked any more.
func (s *Service) rated(ctx context.Context, tx db.Tx, _ event.Recorded, e contract.CaseRated) error {
	return insertRated(ctx, tx, e.Case)
}

// Tabs of an applicant's own cases.
const (
	OwnOpen     = "open"
	OwnFinished = "finished"
)

// OwnQuery asks for an applicant's own cases.
type OwnQuery struct {
	Tab   string // OwnOpen, OwnFinished; "" is both
	Text  string // number, or part of the service's name
	After string // cursor
	Limit int
}

// OwnPage is one page of them.
type OwnPage struct {
	Page
	Open, Finished int // without the text
	Unread         map[contract.CaseID]int
}

// Own lists the cases of the person, or of whom they act for as far as their
// right covers the service; newest first.
func (s *Service) Own(ctx context.Context, actor auth.Principal, q OwnQuery) (OwnPage, error) {
	var p OwnPage
	if !actor.Applies() {
		return p, nil
	}
	cur, err := readCursor(q.After)
	if err != nil {
		return p, err
	}
	open, finished := ownRule(actor), ownRule(actor)
	whole(open)
	whole(finished)
	open.and("stage <> ?", StageDone)
	finished.and("stage = ?", StageDone)
	if p.Open, err = countCases(ctx, s.c.DB, open); err != nil {
		return p, err
	}
	if p.Finished, err = countCases(ctx, s.c.DB, finished); err != nil {
		return p, err
	}
	w := map[string]*where{OwnOpen: open, OwnFinished: finished}[q.Tab]
	if w == nil || q.Text != "" { // a search looks everywhere, parts of bundles too
		w = ownRule(actor)
		if q.Text == "" {
			whole(w)
		}
	}
	w = ownText(w, q.Text)
	if p.Total, err = countCases(ctx, s.c.DB, w); err != nil {
		return p, err
	}
	limit := q.Limit
	if limit < 1 || limit > 100 {
		limit = 20
	}
	if p.Cases, err = listRecent(ctx, s.c.DB, w, cur, limit+1); err != nil {
		return p, err
	}
	if len(p.Cases) > limit {
		p.Cases = p.Cases[:limit]
		last := p.Cases[limit-1]
		p.Next = cursor{Filed: micro(last.Filed), ID: last.ID}.String()
	}
	p.Unread, err = s.Unread(ctx, actor, idsOf(p.Cases))
	return p, err
}

// whole leaves the parts of bundles to the page of their bundle.
func whole(w *where) { w.and("parent = ''") }

func ownText(w *where, text string) *where {
	w = w.clone()
	if text == "" {
		return w
	}
	like := "%" + escapeLike(text) + "%"
	digits := digitsOf(text)
	if digits == "" {
		w.and(`item_zh LIKE ? ESCAPE '!' OR LOWER(item_en) LIKE LOWER(?) ESCAPE '!'`, like, like)
		return w
	}
	w.and(`item_zh LIKE ? ESCAPE '!' OR LOWER(item_en) LIKE LOWER(?) ESCAPE '!' OR number LIKE ? ESCAPE '!'`, like, like, "%"+digits+"%")
	return w
}

// digitsOf takes the blanks out of a number as it is printed; "" is no number.
func digitsOf(text string) string {
	var out []rune
	for _, r := range text {
		switch {
		case r >= '0' && r <= '9':
			out = append(out, r)
		case r != ' ' && r != '-':
			return ""
		}
	}
	if len(out) < 4 {
		return ""
	}
	return string(out)
}
