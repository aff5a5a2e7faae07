package catalogweb

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/tongban/tongban/internal/catalog"
	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/web"
)

// maxForm bounds the edit form, in bytes.
const maxForm = 32 << 10

// deskData is the first page of the catalogue desk.
type deskData struct {
	packages []deskPackage
	q        string
	found    []entry
	total    int
}

// deskPackage is a version in force with what today's rules say about it, and
// the versions before it.
type deskPackage struct {
	entry
	versions []catalog.Version
	problems []catalog.Problem
}

func (p *pages) desk(w http.ResponseWriter, r *http.Request) error {
	ctx, actor := r.Context(), p.k.Actor(r)
	d := deskData{q: strings.TrimSpace(r.URL.Query().Get("q"))}
	versions, err := p.s.Versions(ctx, actor, "")
	if err != nil {
		return err
	}
	at := map[contract.ItemID]int{}
	for _, v := range versions {
		i, ok := at[v.Item]
		if !ok {
			pack, err := p.deskPackage(r, v.Item)
			if err != nil {
				return err
			}
			i = len(d.packages)
			at[v.Item] = i
			d.packages = append(d.packages, pack)
		}
		d.packages[i].versions = append(d.packages[i].versions, v)
	}
	if d.q != "" {
		res, err := p.s.Search(ctx, catalog.Query{Text: d.q})
		if err != nil {
			return err
		}
		d.total = res.Total
		if d.found, err = p.entries(ctx, res.Items); err != nil {
			return err
		}
	}
	return p.k.Render(w, r, http.StatusOK, deskPage(p.k.View(r), d))
}

func (p *pages) deskPackage(r *http.Request, id contract.ItemID) (deskPackage, error) {
	item, err := p.s.Item(r.Context(), id)
	if err != nil {
		return deskPackage{}, err
	}
	e, err := p.entry(r.Context(), item)
	if err != nil {
		return deskPackage{}, err
	}
	return deskPackage{entry: e, problems: p.s.Problems(*e.svc)}, nil
}

// editData is the form for what the desk adds to an item.
type editData struct {
	entry
	form     *web.Form
	themes   []catalog.Theme
	versions []catalog.Version
}

func (p *pages) edit(w http.ResponseWriter, r *http.Request) error {
	item, err := p.s.Item(r.Context(), contract.ItemID(r.PathValue("item")))
	if err != nil {
		return err
	}
	return p.showEdit(w, r, web.NewForm(url.Values{
		"summary_zh": {item.Summary.ZH}, "summary_en": {item.Summary.EN},
		"keywords": {strings.Join(item.Keywords, "\n")}, "themes": item.Themes,
	}))
}

func (p *pages) showEdit(w http.ResponseWriter, r *http.Request, f *web.Form) error {
	ctx, id := r.Context(), contract.ItemID(r.PathValue("item"))
	item, err := p.s.Item(ctx, id)
	if err != nil {
		return err
	}
	d := editData{form: f}
	if d.versions, err = p.s.Versions(ctx, p.k.Actor(r), id); err != nil {
		return err
	}
	if d.entry, err = p.entry(ctx, item); err != nil {
		return err
	}
	if d.themes, err = p.s.Themes(ctx, ""); err != nil {
		return err
	}
	status := http.StatusOK
	if f.Bad() {
		status = http.StatusUnprocessableEntity
	}
	return p.k.Render(w, r, status, editPage(p.k.View(r), d))
}

func (p *pages) save(w http.ResponseWriter, r *http.Request) error {
	f, err := web.ReadForm(w, r, maxForm)
	if err != nil {
		return err
	}
	id := contract.ItemID(r.PathValue("item"))
	var o catalog.Overlay // "derive": nothing of ours is kept
	if f.Get("action") != "derive" {
		o = catalog.Overlay{
			Summary:  contract.Text{ZH: f.Get("summary_zh"), EN: f.Get("summary_en")},
			Keywords: lines(f.Get("keywords")), Themes: f.All("themes"),
		}
	}
	err = p.s.Edit(r.Context(), p.k.Actor(r), id, o)
	if f.Fail(err) {
		return p.showEdit(w, r, f)
	}
	if err != nil {
		return err
	}
	p.k.Flash(w, "catalog.notice.saved")
	return p.k.SeeOther(w, r, deskPath(id))
}

func lines(s string) []string {
	var list []string
	for l := range strings.Lines(s) {
		if l = strings.TrimSpace(l); l != "" {
			list = append(list, l)
		}
	}
	return list
}

func deskPath(id contract.ItemID) string { return "/staff/catalog/" + url.PathEscape(string(id)) }

func versionPath(v catalog.Version) string {
	return deskPath(v.Item) + "/versions/" + strconv.Itoa(v.Version)
}

// versionData is one version as it is stored.
type versionData struct {
	catalog.Item
	version int
	json    string
	source  bool // its files are known
}

func (p *pages) version(w http.ResponseWriter, r *http.Request) error {
	ctx, id := r.Context(), contract.ItemID(r.PathValue("item"))
	if _, err := p.s.Versions(ctx, p.k.Actor(r), id); err != nil { // the permission for this very item
		return err
	}
	item, err := p.s.Item(ctx, id)
	if err != nil {
		return err
	}
	n, err := strconv.Atoi(r.PathValue("version"))
	if err != nil {
		return catalog.ErrNotPublished.With("item", string(id))
	}
	svc, err := p.s.Version(ctx, id, n)
	if err != nil {
		return err
	}
	text, err := json.MarshalIndent(svc, "", "  ")
	if err != nil {
		return err
	}
	_, err = p.source(r)
	if err != nil && !errors.Is(err, catalog.ErrNoPackage) {
		return err
	}
	return p.k.Render(w, r, http.StatusOK, versionPage(p.k.View(r), versionData{item, n, string(text), err == nil}))
}
