// Package formweb shows applications that are being written: the list of tasks,
// one page per thing, uploads, the last look before submitting, and corrections.
package formweb

import (
	"embed"
	"errors"
	"net/http"
	"net/url"
	"strings"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/form"
	"github.com/tongban/tongban/internal/kit/auth"
	"github.com/tongban/tongban/internal/kit/fault"
	"github.com/tongban/tongban/internal/kit/web"
)

// Texts are the words of these pages.
//
//go:embed locale
var Texts embed.FS

// maxForm bounds a page of answers.
const maxForm = 256 << 10

// pages serves the pages of this area.
type pages struct {
	k *web.Kit
	s *form.Service
}

// Routes lists every URL of this area.
func Routes(k *web.Kit, s *form.Service) {
	p := pages{k, s}
	k.Page("GET /apply/{item}", "form.apply", p.choose)
	k.Page("POST /apply/{item}", "form.apply", p.start)
	k.Page("GET /drafts/{id}", "form.view", p.tasks)
	k.Page("GET /drafts/{id}/pages/{page}", "form.view", p.question)
	k.Page("POST /drafts/{id}/pages/{page}", "form.edit", p.answer)
	k.Page("GET /drafts/{id}/materials/{material}", "form.view", p.material)
	k.Page("POST /drafts/{id}/materials/{material}", "form.edit", p.upload)
	k.Page("GET /drafts/{id}/files/{file}", "form.view", p.file)
	k.Page("POST /drafts/{id}/files/{file}/delete", "form.edit", p.deleteFile)
	k.Page("GET /drafts/{id}/check", "form.view", p.check)
	k.Page("POST /drafts/{id}/submit", "form.submit", p.submit)
	k.Page("GET /drafts/{id}/delete", "form.edit", p.askDelete)
	k.Page("POST /drafts/{id}/delete", "form.edit", p.deleteDraft)
	k.Page("GET /cases/{id}/correct", "form.correct", p.correction)
	k.Page("POST /cases/{id}/correct", "form.correct", p.correct)
}

func pick(v web.View, t contract.Text) string { return v.Pick(t.ZH, t.EN) }

func draftID(r *http.Request) contract.DraftID { return contract.DraftID(r.PathValue("id")) }

// open loads the draft of the path. Where it has another place by now (a
// receipt, a correction), it sends the browser there and reports false.
func (p pages) open(w http.ResponseWriter, r *http.Request) (form.Draft, bool, error) {
	d, err := p.s.Draft(r.Context(), p.k.Actor(r), draftID(r))
	if err != nil {
		return d, false, err
	}
	if to := elsewhere(d); to != "" {
		return d, false, p.k.SeeOther(w, r, to)
	}
	return d, true, nil
}

// elsewhere is where a draft stands that is no open application.
func elsewhere(d form.Draft) string {
	switch {
	case d.Receipt != nil && d.Kind == form.KindCorrection:
		return "/cases/" + url.PathEscape(string(d.Receipt.Case))
	case d.Receipt != nil:
		return "/cases/" + url.PathEscape(string(d.Receipt.Case)) + "/receipt"
	case d.Kind == form.KindCorrection:
		return "/cases/" + url.PathEscape(string(d.Case)) + "/correct"
	}
	return ""
}

func draftPath(d form.Draft, more ...string) string {
	parts := []string{"/drafts", url.PathEscape(string(d.ID))}
	for _, m := range more {
		parts = append(parts, url.PathEscape(m))
	}
	return strings.Join(parts, "/")
}

func (p pages) choose(w http.ResponseWriter, r *http.Request) error {
	ch, err := p.s.Choose(r.Context(), p.k.Actor(r), contract.ItemID(r.PathValue("item")))
	if err != nil {
		return err
	}
	return p.k.Render(w, r, http.StatusOK, choosePage(p.k.View(r), ch))
}

// start begins an application; where there is something to decide first, it
// shows the choice: another draft for the same service, or another applicant.
func (p pages) start(w http.ResponseWriter, r *http.Request) error {
	f, err := web.ReadForm(w, r, maxForm)
	if err != nil {
		return err
	}
	actor, item := p.k.Actor(r), contract.ItemID(r.PathValue("item"))
	ch, err := p.s.Choose(r.Context(), actor, item)
	if err != nil {
		return err
	}
	if undecided(ch) && f.Get("new") != "yes" {
		return p.k.Render(w, r, http.StatusOK, choosePage(p.k.View(r), ch))
	}
	id, err := p.s.Start(r.Context(), actor, item)
	if errors.Is(err, form.ErrApplicant) {
		return p.k.Render(w, r, http.StatusUnprocessableEntity, choosePage(p.k.View(r), ch))
	}
	if err != nil {
		return err
	}
	return p.k.SeeOther(w, r, "/drafts/"+url.PathEscape(string(id)))
}

func undecided(ch form.Choice) bool {
	return len(ch.Drafts) > 0 || len(ch.Parties) == 0 || len(possible(ch)) > 0
}

// possible are others the service is for: the person may switch to them.
func possible(ch form.Choice) []contract.Party {
	var list []contract.Party
	for _, o := range ch.Others {
		if form.For(ch.Service, o.Kind) {
			list = append(list, o)
		}
	}
	return list
}

func (p pages) tasks(w http.ResponseWriter, r *http.Request) error {
	d, ok, err := p.open(w, r)
	if err != nil || !ok {
		return err
	}
	return p.k.Render(w, r, http.StatusOK, tasksPage(p.k.View(r), d))
}

// step is one place on the way to the submission.
type step struct {
	path string
	done bool
	page *form.PageState
	mat  *form.MaterialState
}

func steps(d form.Draft) []step {
	var list []step
	for _, ps := range d.Result.Steps() {
		list = append(list, step{path: draftPath(d, "pages", ps.Page.ID), done: ps.Done, page: &ps})
	}
	for _, m := range d.Result.Uploads() {
		list = append(list, step{path: draftPath(d, "materials", m.Spec.ID), done: m.Done(), mat: &m})
	}
	return list
}

// place tells the number of the step at path, and of how many; the last step is
// the check.
func place(d form.Draft, path string) (n, of int) {
	list := steps(d)
	for i, s := range list {
		if s.path == path {
			return i + 1, len(list) + 1
		}
	}
	return len(list) + 1, len(list) + 1
}

// after is where "save and continue" leads.
func after(d form.Draft, path, from string) string {
	if from == "check" {
		return draftPath(d, "check")
	}
	list := steps(d)
	for i, s := range list {
		if s.path == path && i+1 < len(list) {
			return list[i+1].path
		}
	}
	return draftPath(d, "check")
}

// backOf is where a question leads back to.
func backOf(v web.View, d form.Draft, from string) web.Link {
	if from == "check" {
		return web.Link{Href: draftPath(d, "check"), Text: v.T("form.back.check")}
	}
	return web.Link{Href: draftPath(d), Text: v.T("form.back.tasks")}
}

// question shows a page of the form with what was answered.
func (p pages) question(w http.ResponseWriter, r *http.Request) error {
	d, ok, err := p.open(w, r)
	if err != nil || !ok {
		return err
	}
	ps, ok := d.Result.Page(r.PathValue("page"))
	if !ok || ps.Signing() {
		// An answer has hidden the page since the link was made.
		return p.k.SeeOther(w, r, draftPath(d))
	}
	f := web.NewForm(values(ps.Fields))
	addFaults(f, ps.Fields, func(fs form.FieldState) bool { return fs.Value != nil || len(fs.Typed) > 0 })
	return p.k.Render(w, r, http.StatusOK, questionPage(p.k.View(r), questionData{d, ps, f, r.URL.Query().Get("from")}))
}

// values fills the controls of fields.
func values(fields []form.FieldState) url.Values {
	out := url.Values{}
	for _, fs := range fields {
		for name, vs := range form.Controls(fs) {
			out[name] = vs
		}
	}
	return out
}

func addFaults(f *web.Form, fields []form.FieldState, which func(form.FieldState) bool) {
	var list []fault.Field
	for _, fs := range fields {
		if fs.Fault != nil && which(fs) {
			list = append(list, fault.Field{Name: fs.Field.ID, Err: fs.Fault})
		}
	}
	if len(list) > 0 {
		f.Fail(&fault.Error{Kind: fault.Invalid, Code: "form.invalid", Fields: list})
	}
}

// read parses those fields of a page that the browser was shown.
func read(f *web.Form, fields []contract.Field) map[string]form.Parsed {
	shown := map[string]bool{}
	for _, id := range strings.Split(f.Get("shown"), ",") {
		shown[id] = true
	}
	out := map[string]form.Parsed{}
	for _, field := range fields {
		if shown[field.ID] {
			out[field.ID] = form.Parse(field, f.All)
		}
	}
	return out
}

// askedIDs names the fields that a page asks, for the hidden control "shown".
func askedIDs(fields []form.FieldState) string {
	var ids []string
	for _, fs := range fields {
		if fs.Held == nil {
			ids = append(ids, fs.Field.ID)
		}
	}
	return strings.Join(ids, ",")
}

func (p pages) answer(w http.ResponseWriter, r *http.Request) error {
	d, ok, err := p.open(w, r)
	if err != nil || !ok {
		return err
	}
	f, err := web.ReadForm(w, r, maxForm)
	if err != nil {
		return err
	}
	ps, ok := d.Result.Page(r.PathValue("page"))
	if !ok {
		return p.k.SeeOther(w, r, draftPath(d))
	}
	change := form.Change{Rev: number(f.Get("rev")), Fields: read(f, ps.Page.Fields)}
	saved, err := p.s.Save(r.Context(), p.k.Actor(r), d.ID, change)
	if errors.Is(err, form.ErrConflict) {
		return p.k.Render(w, r, http.StatusConflict, conflictPage(p.k.View(r), conflict(saved, ps.Page, change, err, f.Get("from"))))
	}
	if err != nil {
		return err
	}
	return p.proceed(w, r, saved, f)
}

// proceed decides where a saved page leads: away to be finished later, to the
// next step, or back to itself with what is missing or wrong.
func (p pages) proceed(w http.ResponseWriter, r *http.Request, d form.Draft, f *web.Form) error {
	if f.Get("do") == "later" {
		p.k.Flash(w, "form.notice.saved")
		return p.k.SeeOther(w, r, draftPath(d))
	}
	ps, ok := d.Result.Page(r.PathValue("page"))
	path := draftPath(d, "pages", r.PathValue("page"))
	if !ok {
		return p.k.SeeOther(w, r, after(d, path, f.Get("from")))
	}
	before := "," + f.Get("shown") + ","
	for _, fs := range ps.Fields {
		if fs.Held == nil && !strings.Contains(before, ","+fs.Field.ID+",") && len(ps.Faults()) > 0 && fs.Fault != nil {
			// The answers have brought up a new question: ask it, without blame.
			addFaults(f, ps.Fields, func(x form.FieldState) bool { return strings.Contains(before, ","+x.Field.ID+",") })
			return p.k.Render(w, r, statusFor(f), questionPage(p.k.View(r), questionData{d, ps, f, f.Get("from")}))
		}
	}
	if !ps.Done {
		addFaults(f, ps.Fields, func(form.FieldState) bool { return true })
		return p.k.Render(w, r, http.StatusUnprocessableEntity, questionPage(p.k.View(r), questionData{d, ps, f, f.Get("from")}))
	}
	return p.k.SeeOther(w, r, after(d, path, f.Get("from")))
}

func statusFor(f *web.Form) int {
	if f.Bad() {
		return http.StatusUnprocessableEntity
	}
	return http.StatusOK
}

// number reads the revision a page was made from; rubbish is 1, which makes a
// conflict rather than overwriting.
func number(s string) int64 {
	var n int64
	for _, c := range s {
		if c < '0' || c > '9' || n > 1<<40 {
			return 1
		}
		n = n*10 + int64(c-'0')
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

func conflict(d form.Draft, page contract.Page, change form.Change, err error, from string) conflictData {
	c := conflictData{Draft: d, Page: page, Fields: url.Values{}, From: from}
	var ids []string
	for _, f := range page.Fields {
		given, ok := change.Fields[f.ID]
		if !ok {
			continue
		}
		ids = append(ids, f.ID)
		for name, vs := range form.Controls(form.FieldState{Field: f, Value: given.Value, Typed: given.Typed}) {
			c.Fields[name] = vs
		}
		for _, bad := range fault.FieldsOf(err) {
			if bad.Name == f.ID {
				c.Rows = append(c.Rows, conflictRow{f.Label, words(f, d.Answers[f.ID], d.Typed[f.ID]), words(f, given.Value, given.Typed)})
			}
		}
	}
	c.Shown = strings.Join(ids, ",")
	return c
}

// words are an answer as people read it, or as it was typed, or a dash.
func words(f contract.Field, v any, typed []string) contract.Text {
	if v == nil && len(typed) == 0 {
		return contract.Text{ZH: "—", EN: "—"}
	}
	if v == nil {
		s := strings.Join(typed, " ")
		return contract.Text{ZH: s, EN: s}
	}
	return form.Show(f, v)
}

func (p pages) askDelete(w http.ResponseWriter, r *http.Request) error {
	d, ok, err := p.open(w, r)
	if err != nil || !ok {
		return err
	}
	return p.k.Render(w, r, http.StatusOK, deletePage(p.k.View(r), d))
}

func (p pages) deleteDraft(w http.ResponseWriter, r *http.Request) error {
	if err := p.s.Delete(r.Context(), p.k.Actor(r), draftID(r)); err != nil {
		return err
	}
	p.k.Flash(w, "form.notice.deleted")
	return p.k.SeeOther(w, r, "/cases")
}

// unfinished lists what keeps an application from being submitted, without the
// declarations that stand beside the button.
func unfinished(d form.Draft) []step {
	var list []step
	for _, s := range steps(d) {
		if !s.done {
			list = append(list, s)
		}
	}
	return list
}

func (p pages) check(w http.ResponseWriter, r *http.Request) error {
	d, ok, err := p.open(w, r)
	if err != nil || !ok {
		return err
	}
	return p.k.Render(w, r, http.StatusOK, checkPage(p.k.View(r), checkData{Draft: d, Form: web.NewForm(nil)}))
}

func (p pages) submit(w http.ResponseWriter, r *http.Request) error {
	f, err := web.ReadForm(w, r, maxForm)
	if err != nil {
		return err
	}
	actor := p.k.Actor(r)
	d, err := p.s.Draft(r.Context(), actor, draftID(r))
	if err != nil {
		return err
	}
	if d.Receipt == nil && d.Kind == form.KindApplication {
		err = p.hand(r, actor, &d, f)
	}
	switch {
	case err == nil:
		return p.k.SeeOther(w, r, elsewhere(d))
	case errors.Is(err, form.ErrStale):
		return p.again(w, r, checkData{Draft: d, Form: f, Changed: true}, http.StatusConflict)
	case errors.Is(err, form.ErrIncomplete), errors.Is(err, form.ErrIneligible):
		f.Fail(signatureFaults(d, err))
		return p.again(w, r, checkData{Draft: d, Form: f}, http.StatusUnprocessableEntity)
	}
	return err
}

func (p pages) hand(r *http.Request, actor auth.Principal, d *form.Draft, f *web.Form) error {
	fields := make([]contract.Field, 0, 2)
	for _, fs := range d.Result.Signatures() {
		fields = append(fields, fs.Field)
	}
	change := form.Change{Rev: number(f.Get("rev")), Fields: map[string]form.Parsed{}}
	for _, field := range fields {
		change.Fields[field.ID] = form.Parse(field, f.All)
	}
	receipt, err := p.s.Submit(r.Context(), actor, d.ID, change)
	d.Receipt = &receipt
	if err != nil {
		d.Receipt = nil
	}
	return err
}

// again shows the check with the draft as it is now.
func (p pages) again(w http.ResponseWriter, r *http.Request, c checkData, status int) error {
	d, err := p.s.Draft(r.Context(), p.k.Actor(r), draftID(r))
	if err != nil {
		return err
	}
	c.Draft = d
	return p.k.Render(w, r, status, checkPage(p.k.View(r), c))
}

// signatureFaults keeps the faults of the controls that stand on the page; the
// page itself lists the others, with links to where they are mended.
func signatureFaults(d form.Draft, err error) error {
	var fields []fault.Field
	for _, x := range fault.FieldsOf(err) {
		for _, fs := range d.Result.Signatures() {
			if fs.Field.ID == x.Name {
				fields = append(fields, x)
			}
		}
	}
	e, ok := errors.AsType[*fault.Error](err)
	if !ok {
		return err
	}
	c := *e
	c.Fields = fields
	return &c
}

// checkData is the last look before submitting.
type checkData struct {
	Draft   form.Draft
	Form    *web.Form
	Changed bool // something was changed in another tab
}
