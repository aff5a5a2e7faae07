package catalog

import (
	"cmp"
	"context"
	"slices"

	"github.com/tongban/tongban/internal/contract"
)

// Query asks for items. Without text it browses. Values of one facet widen,
// facets narrow each other.
type Query struct {
	Text        string
	Departments []string
	Types       []string
	Themes      []string
	For         string          // ForPerson, ForCompany or ForEvent: a theme of that kind
	Online      bool            // only what can be applied for here
	After       contract.ItemID // the last item of the page before
	Limit       int             // at most maxPage
}

// Result is one page of items, and what the whole answer looks like.
type Result struct {
	Total int
	Items []Item
	Next  contract.ItemID // "" on the last page
	// Departments, Types and Themes count what each value would give, the other
	// facets applied. Zero counts are left out unless the value is chosen.
	Departments, Types, Themes []Count
	// Terms are what to mark in the names.
	Terms []string
}

// Count is one value of a facet.
type Count struct {
	ID     string
	Name   contract.Text
	N      int
	Chosen bool
}

const (
	defaultPage = 20
	maxPage     = 100
	maxQuery    = 60 // characters; longer is no name of a service
)

// Search answers a query: with text the best match first, without it what can
// be applied for here first, then department by department.
func (s *Service) Search(ctx context.Context, q Query) (Result, error) {
	sn, err := s.current(ctx)
	if err != nil {
		return Result{}, err
	}
	var found []int32
	var res Result
	if text := clip(normal(q.Text), maxQuery); text != "" {
		found, res.Terms = sn.index().search(text, s.words)
	} else {
		found = sn.browse(s.ref)
	}
	f := newFilter(q, s.ref)
	res.Departments, res.Types, res.Themes = sn.facets(found, f)
	found = slices.DeleteFunc(found, func(d int32) bool { return !f.matches(sn.items[d], "") })
	res.Total = len(found)
	res.Items, res.Next = sn.page(found, q)
	return res, nil
}

func clip(s string, n int) string {
	r := []rune(s)
	return string(r[:min(n, len(r))])
}

// browse orders all items: what can be applied for here first, then what editors
// find useful, then department by department in the source's own order.
func (sn *snapshot) browse(ref *reference) []int32 {
	useful := map[contract.ItemID]bool{}
	for _, id := range ref.useful {
		useful[id] = true
	}
	group := func(i Item) int {
		switch {
		case i.Online():
			return 0
		case useful[i.ID]:
			return 1
		}
		return 2
	}
	list := make([]int32, len(sn.items))
	for i := range list {
		list[i] = int32(i)
	}
	slices.SortStableFunc(list, func(a, b int32) int {
		x, y := sn.items[a], sn.items[b]
		return cmp.Or(cmp.Compare(group(x), group(y)), cmp.Compare(ref.dept[x.Department], ref.dept[y.Department]))
	})
	return list
}

// page cuts one page out of the answer. It goes on after an item, not after a
// number, so that nothing is skipped or shown twice when items come and go.
func (sn *snapshot) page(found []int32, q Query) (items []Item, next contract.ItemID) {
	if q.After != "" {
		i := slices.IndexFunc(found, func(d int32) bool { return sn.items[d].ID == q.After })
		found = found[i+1:] // not found: from the start
	}
	limit := min(cmp.Or(q.Limit, defaultPage), maxPage)
	for _, d := range found[:min(limit, len(found))] {
		items = append(items, sn.items[d])
	}
	if len(found) > limit {
		next = items[limit-1].ID
	}
	return items, next
}

type filter struct {
	q    Query
	kind map[string]bool // themes of the kind asked for; nil: any
}

func newFilter(q Query, ref *reference) filter {
	f := filter{q: q}
	if q.For == "" {
		return f
	}
	f.kind = map[string]bool{}
	for _, t := range ref.themes {
		if t.Kind == q.For {
			f.kind[t.ID] = true
		}
	}
	return f
}

// matches applies every facet but one, so that the other values of that one can
// be counted.
func (f filter) matches(i Item, but string) bool {
	if but != "dept" && len(f.q.Departments) > 0 && !slices.Contains(f.q.Departments, i.Department) {
		return false
	}
	if but != "type" && len(f.q.Types) > 0 && !slices.Contains(f.q.Types, i.Type) {
		return false
	}
	if but != "theme" && len(f.q.Themes) > 0 && !overlap(f.q.Themes, i.Themes) {
		return false
	}
	if f.kind != nil && !slices.ContainsFunc(i.Themes, func(t string) bool { return f.kind[t] }) {
		return false
	}
	return !f.q.Online || i.Online()
}

func overlap(a, b []string) bool {
	return slices.ContainsFunc(a, func(x string) bool { return slices.Contains(b, x) })
}

func (sn *snapshot) facets(found []int32, f filter) (depts, types, themes []Count) {
	byDept, byType, byTheme := map[string]int{}, map[string]int{}, map[string]int{}
	for _, d := range found {
		i := sn.items[d]
		if f.matches(i, "dept") {
			byDept[i.Department]++
		}
		if f.matches(i, "type") {
			byType[i.Type]++
		}
		if f.matches(i, "theme") {
			for _, t := range i.Themes {
				byTheme[t]++
			}
		}
	}
	for _, d := range sn.depts {
		depts = addCount(depts, Count{d.ID, d.Name, byDept[d.ID], slices.Contains(f.q.Departments, d.ID)})
	}
	for _, t := range sn.types {
		types = addCount(types, Count{t.ID, t.Name, byType[t.ID], slices.Contains(f.q.Types, t.ID)})
	}
	for _, t := range sn.theme {
		if f.q.For == "" || f.q.For == t.Kind {
			themes = addCount(themes, Count{t.ID, t.Name, byTheme[t.ID], slices.Contains(f.q.Themes, t.ID)})
		}
	}
	byCount := func(a, b Count) int { return b.N - a.N }
	slices.SortStableFunc(depts, byCount)
	slices.SortStableFunc(themes, byCount)
	return depts, types, themes
}

func addCount(list []Count, c Count) []Count {
	if c.N == 0 && !c.Chosen {
		return list
	}
	return append(list, c)
}
