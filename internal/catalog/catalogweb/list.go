package catalogweb

import (
	"cmp"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/tongban/tongban/internal/catalog"
	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/web"
)

// listData is a page of results, or of the list that is browsed.
type listData struct {
	path   string // "/search" or "/services"
	q      catalog.Query
	values url.Values // what was asked for, cleaned
	res    catalog.Result
	list   []entry
	facets []facet
	chips  []chip
	themes []catalog.Theme // of the kind that is browsed
}

// facet is one group of boxes.
type facet struct {
	name   string // of the parameter
	title  string // key
	shown  []catalog.Count
	folded []catalog.Count
}

// chip is a chosen filter, with the address that takes it away.
type chip struct {
	text string
	href string
}

// facetSize is how many values of a facet are shown before the rest is folded.
const facetSize = 8

// list shows results under path: the search page always has the box, the
// browse page is the same list without a query.
func (p *pages) list(path string) web.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		v := p.k.View(r)
		d := listData{path: path}
		d.read(r.URL.Query())
		var err error
		if d.res, err = p.s.Search(r.Context(), d.q); err != nil {
			return err
		}
		if d.list, err = p.entries(r.Context(), d.res.Items); err != nil {
			return err
		}
		d.addFacets()
		d.addChips(v)
		if d.browsing() && d.q.For != "" {
			if d.themes, err = p.s.Themes(r.Context(), d.q.For); err != nil {
				return err
			}
		}
		return p.k.Render(w, r, http.StatusOK, listPage(v, d))
	}
}

// read takes over what is a filter; the rest of the address is ignored.
func (d *listData) read(in url.Values) {
	d.q = catalog.Query{
		Text:        strings.TrimSpace(in.Get("q")),
		Departments: tidy(in["dept"]), Types: tidy(in["type"]), Themes: tidy(in["theme"]),
		Online: in.Get("online") == "1",
		After:  contract.ItemID(in.Get("after")),
	}
	if kinds := []string{catalog.ForPerson, catalog.ForCompany, catalog.ForEvent}; slices.Contains(kinds, in.Get("for")) {
		d.q.For = in.Get("for")
	}
	d.values = url.Values{}
	for name, list := range map[string][]string{"dept": d.q.Departments, "type": d.q.Types, "theme": d.q.Themes} {
		if len(list) > 0 {
			d.values[name] = list
		}
	}
	for name, value := range map[string]string{"q": d.q.Text, "for": d.q.For} {
		if value != "" {
			d.values.Set(name, value)
		}
	}
	if d.q.Online {
		d.values.Set("online", "1")
	}
}

// maxChosen bounds how many values of one facet are looked at.
const maxChosen = 40

func tidy(list []string) []string {
	list = slices.DeleteFunc(slices.Clone(list), func(s string) bool { return s == "" })
	return list[:min(len(list), maxChosen)]
}

// browsing says that nothing was asked for but a kind of visitor.
func (d *listData) browsing() bool {
	return d.q.Text == "" && len(d.q.Departments)+len(d.q.Types)+len(d.q.Themes) == 0 && !d.q.Online
}

func (d *listData) addFacets() {
	for _, f := range []struct {
		name, title string
		list        []catalog.Count
	}{
		{"theme", "catalog.list.theme", d.res.Themes},
		{"dept", "catalog.list.dept", d.res.Departments},
		{"type", "catalog.list.type", d.res.Types},
	} {
		chosenFirst := func(a, b catalog.Count) int { return cmp.Compare(rank(a), rank(b)) }
		slices.SortStableFunc(f.list, chosenFirst)
		n := min(facetSize, len(f.list))
		if len(f.list) > 0 {
			d.facets = append(d.facets, facet{f.name, f.title, f.list[:n], f.list[n:]})
		}
	}
}

func rank(c catalog.Count) int {
	if c.Chosen {
		return 0
	}
	return 1
}

func (d *listData) addChips(v web.View) {
	for _, f := range d.facets {
		for _, c := range slices.Concat(f.shown, f.folded) {
			if c.Chosen {
				d.chips = append(d.chips, chip{v.Pick(c.Name.ZH, c.Name.EN), d.without(f.name, c.ID)})
			}
		}
	}
	if d.q.For != "" {
		d.chips = append(d.chips, chip{v.T("catalog.for." + d.q.For), d.without("for", d.q.For)})
	}
	if d.q.Online {
		d.chips = append(d.chips, chip{v.T("catalog.list.online"), d.without("online", "1")})
	}
}

// without is the address of the same list with one filter less.
func (d *listData) without(name, value string) string {
	q := url.Values{}
	for k, list := range d.values {
		for _, x := range list {
			if k != name || x != value {
				q.Add(k, x)
			}
		}
	}
	return address(d.path, q)
}

// cleared is the address of the same query without filters.
func (d *listData) cleared() string {
	q := url.Values{}
	if d.q.Text != "" {
		q.Set("q", d.q.Text)
	}
	return address(d.path, q)
}

// next is the address of the following page, "" on the last.
func (d *listData) next() string {
	if d.res.Next == "" {
		return ""
	}
	q := url.Values{"after": {string(d.res.Next)}}
	for k, list := range d.values {
		q[k] = list
	}
	return address(d.path, q)
}

// first is the address of the first page, "" when this is it.
func (d *listData) first() string {
	if d.q.After == "" {
		return ""
	}
	return address(d.path, d.values)
}

func address(path string, q url.Values) string {
	if len(q) == 0 {
		return path
	}
	return path + "?" + q.Encode()
}

func themePath(id string) string { return address("/services", url.Values{"theme": {id}}) }

func deptPath(id string) string { return address("/services", url.Values{"dept": {id}}) }

func searchPath(q string) string { return address("/search", url.Values{"q": {q}}) }
