package formweb

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/form"
	"github.com/tongban/tongban/internal/kit/fault"
	"github.com/tongban/tongban/internal/kit/web"
)

// question shows a page of the form with what was answered.
func (p pages) question(w http.ResponseWriter, r *http.Request) error {
	d, ok, err := p.openFor(w, r)
	if err != nil || !ok {
		return err
	}
	ps, ok := d.Result.Page(r.PathValue("page"))
	if !ok || ps.Signing() {
		// An answer has hidden the page since the link was made.
		return p.k.SeeOther(w, r, draftPath(d))
	}
	f := web.NewForm(values(ps.Fields))
	addFaults(f, ps.Fields, begun)
	return p.ask(w, r, http.StatusOK, questionData{Draft: d, Page: ps, Form: f, From: r.URL.Query().Get("from")})
}

// ask shows a question page.
func (p pages) ask(w http.ResponseWriter, r *http.Request, status int, q questionData) error {
	v := p.k.View(r)
	places, err := p.lookUp(r.Context(), v, q.Sent, q.Page.Fields)
	if err != nil {
		return err
	}
	q.Frame = frame{form: q.Form, draft: q.Draft, places: places, from: q.From, focus: q.Focus}
	return p.k.Render(w, r, status, questionPage(v, q))
}

// maxPage bounds a page of answers with its files.
func maxPage(fields []form.FieldState) int64 {
	total := int64(maxForm)
	for _, fs := range fields {
		if fs.Material != nil {
			total += maxUpload(fs.Material.Spec)
		}
	}
	return total
}

// answer keeps what was typed, right or wrong, and then decides where to go.
func (p pages) answer(w http.ResponseWriter, r *http.Request) error {
	d, ok, err := p.openFor(w, r)
	if err != nil || !ok {
		return err
	}
	ps, ok := d.Result.Page(r.PathValue("page"))
	if !ok {
		return p.k.SeeOther(w, r, draftPath(d))
	}
	f, err := web.ReadForm(w, r, maxPage(ps.Fields))
	if errors.Is(err, web.ErrTooLarge) {
		f = web.NewForm(values(ps.Fields))
		if maxPage(ps.Fields) > maxForm {
			f.Fail(web.ErrTooLarge)
		} else {
			f.Fail(form.ErrAnswers)
		}
		return p.ask(w, r, http.StatusRequestEntityTooLarge, questionData{Draft: d, Page: ps, Form: f, From: r.URL.Query().Get("from")})
	}
	if err != nil {
		return err
	}
	button, pressed := p.placeButton(f)
	saved, change, err := p.save(r, d.ID, ps.Page, f)
	if errors.Is(err, form.ErrConflict) {
		return p.k.Render(w, r, http.StatusConflict, conflictPage(p.k.View(r), conflict(saved, ps.Page, change, err, f)))
	}
	if err != nil {
		return err
	}
	if err := p.pageFiles(r, saved, ps, f); err != nil {
		return err
	}
	if saved, err = p.again(r, saved, ps, f); err != nil {
		return err
	}
	if pressed {
		return p.stay(w, r, saved, f, web.Part(button))
	}
	return p.proceed(w, r, saved, f)
}

// save stores the fields of a page. Fields that this page has saved by itself
// stand on a later revision than the rest: "revs" says which.
func (p pages) save(r *http.Request, id contract.DraftID, page contract.Page, f *web.Form) (form.Draft, form.Change, error) {
	all := form.Change{Rev: number(f.Get("rev")), Fields: read(f, page.Fields)}
	own := ownRevs(f.Get("revs"))
	groups := map[int64]map[string]form.Parsed{all.Rev: {}}
	for name, parsed := range all.Fields {
		rev := max(all.Rev, own[name])
		if groups[rev] == nil {
			groups[rev] = map[string]form.Parsed{}
		}
		groups[rev][name] = parsed
	}
	revs := make([]int64, 0, len(groups))
	for rev := range groups {
		revs = append(revs, rev)
	}
	slices.Sort(revs)
	var d form.Draft
	var err error
	for _, rev := range revs {
		if d, err = p.s.Save(r.Context(), p.k.Actor(r), id, form.Change{Rev: rev, Fields: groups[rev]}); err != nil {
			return d, all, err
		}
	}
	return d, all, nil
}

// ownRevs reads "area:6,seats:7".
func ownRevs(s string) map[string]int64 {
	out := map[string]int64{}
	for pair := range strings.SplitSeq(s, ",") {
		if name, rev, ok := strings.Cut(pair, ":"); ok && len(out) < 1000 {
			out[name] = number(rev)
		}
	}
	return out
}

// again loads the draft anew where files have changed it.
func (p pages) again(r *http.Request, d form.Draft, ps form.PageState, f *web.Form) (form.Draft, error) {
	if maxPage(ps.Fields) == maxForm || len(f.Files) == 0 && fileButton(f) == "" {
		return d, nil
	}
	return p.s.Draft(r.Context(), p.k.Actor(r), d.ID)
}

// stay shows the page again with what was saved, at the part that a button has
// renewed.
func (p pages) stay(w http.ResponseWriter, r *http.Request, d form.Draft, f *web.Form, anchor string) error {
	ps, ok := d.Result.Page(r.PathValue("page"))
	if !ok {
		return p.k.SeeOther(w, r, draftPath(d))
	}
	finding := strings.HasPrefix(f.Get("do"), doFind)
	if r.Header.Get("X-Requested-With") == "" && !finding && !f.Bad() {
		path := withFrom(draftPath(d, "pages", ps.Page.ID), f.Get("from"))
		return p.k.SeeOther(w, r, path+"#"+url.PathEscape(anchor))
	}
	shown := web.NewForm(values(ps.Fields))
	status := http.StatusOK
	if f.Bad() {
		shown.Fail(&fault.Error{Kind: fault.Invalid, Code: "form.invalid", Fields: f.Faults()})
		status = http.StatusUnprocessableEntity
	}
	addFaults(shown, ps.Fields, begun)
	return p.ask(w, r, status, questionData{Draft: d, Page: ps, Form: shown, Sent: f, From: f.Get("from"), Focus: anchor})
}

// proceed decides where a saved page leads: away, to the next step, or back to
// itself with what is missing or wrong.
func (p pages) proceed(w http.ResponseWriter, r *http.Request, d form.Draft, f *web.Form) error {
	ps, ok := d.Result.Page(r.PathValue("page"))
	path := draftPath(d, "pages", r.PathValue("page"))
	from := f.Get("from")
	switch do := f.Get("do"); {
	case do == "back":
		return p.k.SeeOther(w, r, backPath(d, from))
	case do == "later":
		p.k.Flash(w, "form.notice.saved")
		return p.k.SeeOther(w, r, draftPath(d))
	case !ok:
		return p.k.SeeOther(w, r, after(d, path, from))
	case f.Bad() || fileButton(f) != "" || sentFiles(f):
		return p.stay(w, r, d, f, fileAnchor(f, ps))
	}
	if group, ok := rowButton(f, ps.Fields); ok {
		return p.stay(w, r, d, f, rowFocus(f, group, ps.Fields))
	}
	if ps.Done {
		return p.k.SeeOther(w, r, after(d, path, from))
	}
	shown := web.NewForm(values(ps.Fields))
	before := strings.Split(f.Get("shown"), ",")
	asked := func(fs form.FieldState) bool {
		id, _, _ := strings.Cut(fs.Field.ID, ".")
		return !asks(fs) || slices.Contains(before, id)
	}
	status := http.StatusUnprocessableEntity
	if slices.ContainsFunc(ps.Fields, func(fs form.FieldState) bool { return !asked(fs) && fs.Fault != nil }) {
		// The answers have brought up a new question: ask it, without blame.
		if addFaults(shown, ps.Fields, asked); !shown.Bad() {
			status = http.StatusOK
		}
	} else {
		addFaults(shown, ps.Fields, func(form.FieldState) bool { return true })
	}
	return p.ask(w, r, status, questionData{Draft: d, Page: ps, Form: shown, From: from})
}

// autosaved is the answer to a page that saves itself.
type autosaved struct {
	Rev      int64  `json:"rev,omitempty"`
	Text     string `json:"text"`
	Conflict bool   `json:"conflict,omitempty"`
	Href     string `json:"href,omitempty"`
	Compare  string `json:"compare,omitempty"`
}

// autosave keeps what was changed on a page while it is open. It says nothing
// about what is wrong: nobody has asked yet.
func (p pages) autosave(w http.ResponseWriter, r *http.Request) error {
	v := p.k.View(r)
	d, err := p.s.Draft(r.Context(), p.k.Actor(r), draftID(r))
	if err != nil {
		return p.tell(w, http.StatusNotFound, autosaved{Text: v.T("form.autosave.failed")})
	}
	f, err := web.ReadForm(w, r, maxForm)
	if err != nil {
		return p.tell(w, http.StatusRequestEntityTooLarge, autosaved{Text: v.T("form.autosave.failed")})
	}
	ps, ok := d.Result.Page(r.PathValue("page"))
	path := draftPath(d, "pages", r.PathValue("page"))
	gone := autosaved{Text: v.T("form.autosave.gone"), Conflict: true, Href: draftPath(d), Compare: v.T("form.save.next")}
	if !ok || d.Receipt != nil || d.State == form.StateSigning {
		return p.tell(w, http.StatusConflict, gone)
	}
	saved, _, err := p.save(r, d.ID, ps.Page, f)
	switch {
	case errors.Is(err, form.ErrConflict):
		return p.tell(w, http.StatusConflict, autosaved{Text: v.T("form.autosave.conflict"), Conflict: true, Href: path, Compare: v.T("form.autosave.compare")})
	case fault.KindOf(err) == fault.Conflict:
		return p.tell(w, http.StatusConflict, gone)
	case err != nil:
		return p.tell(w, http.StatusUnprocessableEntity, autosaved{Text: v.T("form.autosave.failed")})
	}
	return p.tell(w, http.StatusOK, autosaved{Rev: saved.Rev, Text: v.T("form.autosave.saved", "at", v.Clock(saved.Saved))})
}

// tell answers a script.
func (p pages) tell(w http.ResponseWriter, status int, answer autosaved) error {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	return json.NewEncoder(w).Encode(answer)
}

// number reads the revision a page was made from; rubbish is 1, which makes a
// conflict rather than overwriting.
func number(s string) int64 {
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil {
		return 1
	}
	return max(n, 1)
}

// conflictData shows both answers of two tabs.
type conflictData struct {
	Draft form.Draft
	Page  contract.Page
	Rows  []conflictRow
	// Fields are all answers of the page as sent, to send them again.
	Fields url.Values
	Shown  string
	From   string
}

type conflictRow struct {
	Label, Stored, Yours contract.Text
}

// notAnswers are the controls of a page that answer nothing.
var notAnswers = []string{"rev", "revs", "shown", "from", "do"}

func conflict(d form.Draft, page contract.Page, change form.Change, err error, sent *web.Form) conflictData {
	c := conflictData{Draft: d, Page: page, Fields: url.Values{}, From: sent.Get("from"), Shown: sent.Get("shown")}
	for name, vs := range sent.Values {
		if !slices.Contains(notAnswers, name) && !strings.HasSuffix(name, ".add") && !strings.HasSuffix(name, ".remove") {
			c.Fields[name] = vs
		}
	}
	for _, f := range page.Fields {
		given := change.Fields[f.ID]
		for _, bad := range fault.FieldsOf(err) {
			if bad.Name == f.ID {
				c.Rows = append(c.Rows, conflictRow{f.Label, words(f, d.Answers[f.ID], d.Typed[f.ID]), words(f, given.Value, given.Typed)})
			}
		}
	}
	return c
}

// words are an answer as people read it, or as it was typed, or a dash.
func words(f contract.Field, v any, typed []string) contract.Text {
	return said(form.FieldState{Field: f, Value: v, Typed: typed})
}
