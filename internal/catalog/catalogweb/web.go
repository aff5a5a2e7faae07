// Package catalogweb shows the catalogue: home, search, browse, guides, and the
// catalogue desk of staff.
package catalogweb

import (
	"context"
	"embed"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/a-h/templ"

	"github.com/tongban/tongban/internal/catalog"
	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/auth"
	"github.com/tongban/tongban/internal/kit/web"
)

// Texts are the words of these pages.
//
//go:embed locale
var Texts embed.FS

// Draft is an application that somebody has begun.
type Draft struct {
	ID          contract.DraftID
	Name        contract.Text
	Done, Total int // steps
	Expires     time.Time
}

// Drafts finds what the person who asks has begun and not sent.
type Drafts interface {
	Open(ctx context.Context, actor auth.Principal) ([]Draft, error)
	// Waiting shows what waits for the person who looks: things to do and to
	// sign. It shows nothing where nothing waits.
	Waiting(ctx context.Context, v web.View) (templ.Component, error)
}

// pages are the handlers with what they need.
type pages struct {
	k      *web.Kit
	s      *catalog.Service
	drafts Drafts
}

// Routes lists every URL of this area. Drafts may be nil.
func Routes(k *web.Kit, s *catalog.Service, drafts Drafts) {
	p := &pages{k: k, s: s, drafts: drafts}
	k.Page("GET /{$}", "catalog.view", p.home)
	k.Page("GET /search", "catalog.view", p.list("/search"))
	k.Page("GET /services", "catalog.view", p.list("/services"))
	k.Page("GET /services/{item}", "catalog.view", p.guide)
	k.Page("GET /departments", "catalog.view", p.departments)
	k.Page("GET /themes", "catalog.view", p.themes)
	k.Page("GET /suggest", "catalog.view", p.suggest)

	k.Page("GET /staff/catalog", "catalog.manage", p.desk)
	k.Page("GET /staff/catalog/{item}", "catalog.manage", p.edit)
	k.Page("POST /staff/catalog/{item}", "catalog.edit", p.save)
	k.Page("GET /staff/catalog/{item}/versions/{version}", "catalog.manage", p.version)
	p.packageRoutes()
}

// Sizes of the lists on the home page.
const (
	maxThemes = 12
	maxUseful = 8
	maxRecent = 6
)

type homeData struct {
	total    int
	person   []catalog.Theme
	company  []catalog.Theme
	events   []catalog.Theme
	useful   []entry
	recent   []entry
	drafts   []Draft
	waiting  templ.Component // nil for whoever has not signed in
	examples []string
}

// examples are searches that find something; they are no statistic.
func examples(v web.View) []string {
	if v.English() {
		return []string{"hygiene licence", "ID card", "restaurant", "unemployment", "disability certificate"}
	}
	return []string{"卫生许可", "身份证", "低保", "失业金", "残疾人证"}
}

func (p *pages) home(w http.ResponseWriter, r *http.Request) error {
	v, ctx := p.k.View(r), r.Context()
	d := homeData{examples: examples(v)}
	var err error
	if d.total, err = p.s.Total(ctx); err != nil {
		return err
	}
	for kind, list := range map[string]*[]catalog.Theme{
		catalog.ForPerson: &d.person, catalog.ForCompany: &d.company, catalog.ForEvent: &d.events,
	} {
		themes, err := p.s.Themes(ctx, kind)
		if err != nil {
			return err
		}
		*list = themes[:min(maxThemes, len(themes))]
	}
	useful, err := p.s.Useful(ctx, maxUseful)
	if err != nil {
		return err
	}
	recent, err := p.s.Recent(ctx, maxRecent)
	if err != nil {
		return err
	}
	if d.useful, err = p.entries(ctx, useful); err != nil {
		return err
	}
	if d.recent, err = p.entries(ctx, recent); err != nil {
		return err
	}
	if v.Actor.Kind == auth.Resident && p.drafts != nil {
		if d.waiting, err = p.drafts.Waiting(ctx, v); err != nil {
			return err
		}
		if d.drafts, err = p.drafts.Open(ctx, v.Actor); err != nil {
			return err
		}
	}
	return p.k.Render(w, r, http.StatusOK, homePage(v, d))
}

// entry is an item in a list, with its version where it has one.
type entry struct {
	catalog.Item
	dept  contract.Text
	kind  contract.Text
	svc   *contract.Service
	twice bool // another item of the list has the same name
}

func (p *pages) entries(ctx context.Context, items []catalog.Item) ([]entry, error) {
	names := map[string]int{}
	for _, i := range items {
		names[i.Name]++
	}
	list := make([]entry, len(items))
	for n, i := range items {
		e, err := p.entry(ctx, i)
		if err != nil {
			return nil, err
		}
		e.twice = names[i.Name] > 1
		list[n] = e
	}
	return list, nil
}

func (p *pages) entry(ctx context.Context, i catalog.Item) (entry, error) {
	e := entry{Item: i}
	d, _ := p.s.Department(i.Department)
	t, _ := p.s.Type(i.Type)
	e.dept, e.kind = d.Name, t.Name
	if i.Online() {
		svc, err := p.s.Version(ctx, i.ID, i.Version)
		if err != nil {
			return e, err
		}
		e.svc = &svc
	}
	return e, nil
}

func guidePath(id contract.ItemID) string { return "/services/" + url.PathEscape(string(id)) }

type departmentsData struct {
	list  []catalog.Department
	total int
}

func (p *pages) departments(w http.ResponseWriter, r *http.Request) error {
	list, err := p.s.Departments(r.Context())
	if err != nil {
		return err
	}
	d := departmentsData{list: list}
	for _, x := range list {
		d.total += x.Items
	}
	return p.k.Render(w, r, http.StatusOK, departmentsPage(p.k.View(r), d))
}

type themesData struct {
	kinds []themeGroup
}

type themeGroup struct {
	kind   string
	themes []catalog.Theme
}

func (p *pages) themes(w http.ResponseWriter, r *http.Request) error {
	var d themesData
	for _, kind := range []string{catalog.ForPerson, catalog.ForCompany, catalog.ForEvent} {
		list, err := p.s.Themes(r.Context(), kind)
		if err != nil {
			return err
		}
		d.kinds = append(d.kinds, themeGroup{kind, list})
	}
	return p.k.Render(w, r, http.StatusOK, themesPage(p.k.View(r), d))
}

// suggestion is one line under the search box, as web/src/js/suggest.js reads it.
type suggestion struct {
	Text string `json:"text"`
	Note string `json:"note"`
	Href string `json:"href"`
}

const suggestions = 6

func (p *pages) suggest(w http.ResponseWriter, r *http.Request) error {
	v := p.k.View(r)
	list := []suggestion{}
	if text := r.URL.Query().Get("q"); text != "" {
		res, err := p.s.Search(r.Context(), catalog.Query{Text: text, Limit: suggestions})
		if err != nil {
			return err
		}
		for _, i := range res.Items {
			d, _ := p.s.Department(i.Department)
			list = append(list, suggestion{v.Pick(i.Name, i.NameEN), v.Pick(d.Name.ZH, d.Name.EN), guidePath(i.ID)})
		}
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	return json.NewEncoder(w).Encode(list)
}

// guideData is what a guide shows.
type guideData struct {
	entry
	themes   []catalog.Theme
	siblings []entry
	sections []materialGroup
}

// materialGroup are the materials of one origin; an empty one is shown too, so
// that people see that there is nothing more.
type materialGroup struct {
	origin string
	dot    string
	list   []contract.MaterialSpec
}

const maxSiblings = 12

func (p *pages) guide(w http.ResponseWriter, r *http.Request) error {
	item, err := p.s.Item(r.Context(), contract.ItemID(r.PathValue("item")))
	if err != nil {
		return err
	}
	d := guideData{}
	if d.entry, err = p.entry(r.Context(), item); err != nil {
		return err
	}
	for _, id := range item.Themes {
		if t, ok := p.s.Theme(id); ok && id != "other" {
			d.themes = append(d.themes, t)
		}
	}
	siblings, err := p.s.Siblings(r.Context(), item, maxSiblings)
	if err != nil {
		return err
	}
	if d.siblings, err = p.entries(r.Context(), siblings); err != nil {
		return err
	}
	v := p.k.View(r)
	if d.svc == nil {
		return p.k.Render(w, r, http.StatusOK, plainGuide(v, d))
	}
	d.sections = groupMaterials(d.svc.Materials)
	return p.k.Render(w, r, http.StatusOK, fullGuide(v, d))
}

func groupMaterials(list []contract.MaterialSpec) []materialGroup {
	groups := []materialGroup{
		{origin: "government", dot: "held"},
		{origin: "upload", dot: "up"},
		{origin: "statement", dot: "up"},
		{origin: "form", dot: "up"},
		{origin: "counter", dot: "counter"},
	}
	for _, m := range list {
		i := slices.IndexFunc(groups, func(g materialGroup) bool { return g.origin == m.Origin })
		groups[i].list = append(groups[i].list, m)
	}
	return slices.DeleteFunc(groups, func(g materialGroup) bool { return g.origin == "statement" && len(g.list) == 0 })
}

// ways says, in the order they are tried, what spares an applicant an upload.
func ways(v web.View, m contract.MaterialSpec) []string {
	var list []string
	add := func(open bool, key string, args ...any) {
		if open {
			list = append(list, v.T("catalog.way."+key, args...))
		}
	}
	add(len(m.Licence) > 0, "licence")
	add(m.Held != "", "held")
	add(m.ReuseDays > 0, "copy", "n", m.ReuseDays)
	add(m.Statement.ZH != "", "statement")
	add(m.CounterToo, "counter")
	add(m.OwedDays > 0, "owed", "days", v.Days(m.OwedDays))
	return list
}

// count returns how many materials of the origin there are.
func (d guideData) count(origin string) int {
	i := slices.IndexFunc(d.sections, func(g materialGroup) bool { return g.origin == origin })
	return len(d.sections[i].list)
}

// toBring counts what every applicant has to prepare, sometimes what some have to.
func (d guideData) toBring() int   { return d.prepared(false) }
func (d guideData) sometimes() int { return d.prepared(true) }

func (d guideData) prepared(conditional bool) int {
	n := 0
	for _, m := range d.svc.Materials {
		own := m.Origin == "upload" || m.Origin == "counter"
		if own && (m.When != "") == conditional {
			n++
		}
	}
	return n
}
