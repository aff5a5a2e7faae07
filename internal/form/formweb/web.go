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
	k   *web.Kit
	s   *form.Service
	dir Directory
}

// Routes lists every URL of this area.
func Routes(k *web.Kit, s *form.Service, dir Directory) {
	p := pages{k, s, dir}
	k.Page("GET /apply/{item}", "form.apply", p.choose)
	k.Page("POST /apply/{item}", "form.apply", p.start)
	k.Page("GET /drafts/{id}", "form.view", p.tasks)
	k.Page("GET /drafts/{id}/pages/{page}", "form.view", p.question)
	k.Page("POST /drafts/{id}/pages/{page}", "form.edit", p.answer)
	k.Page("POST /drafts/{id}/pages/{page}/autosave", "form.edit", p.autosave)
	k.Page("GET /drafts/{id}/dispute/{field}", "form.edit", p.dispute)
	k.Page("POST /drafts/{id}/dispute/{field}", "form.edit", p.sayWrong)
	k.Page("GET /drafts/{id}/consent", "form.edit", p.consent)
	k.Page("POST /drafts/{id}/consent", "form.edit", p.giveConsent)
	k.Page("GET /drafts/{id}/commitment", "form.edit", p.commitment)
	k.Page("POST /drafts/{id}/commitment", "form.edit", p.commit)
	k.Page("GET /drafts/{id}/commitment/{part}", "form.edit", p.commitment)
	k.Page("POST /drafts/{id}/commitment/{part}", "form.edit", p.commit)
	k.Page("GET /drafts/{id}/materials/{material}", "form.view", p.material)
	k.Page("POST /drafts/{id}/materials/{material}", "form.edit", p.upload)
	k.Page("GET /drafts/{id}/files/{file}", "form.view", p.file)
	k.Page("POST /drafts/{id}/files/{file}/delete", "form.edit", p.deleteFile)
	k.Page("GET /drafts/{id}/check", "form.view", p.check)
	k.Page("POST /drafts/{id}/submit", "form.submit", p.submit)
	k.Page("GET /drafts/{id}/application.pdf", "form.view", p.print)
	k.Page("GET /drafts/{id}/counter", "form.confirm", p.counter)
	k.Page("POST /drafts/{id}/counter", "form.confirm", p.atWindow)
	k.Page("GET /drafts/{id}/signers", "form.view", p.signers)
	k.Page("POST /drafts/{id}/signers/{signer}/remind", "form.edit", p.remind)
	k.Page("POST /drafts/{id}/recall", "form.edit", p.recall)
	k.Page("GET /signatures", "form.sign", p.toSign)
	k.Page("GET /signatures/{id}/{signer}", "form.sign", p.signature)
	k.Page("POST /signatures/{id}/{signer}", "form.sign", p.sign)
	k.Page("POST /signatures/{id}/{signer}/decline", "form.sign", p.decline)
	k.Page("GET /signatures/{id}/{signer}/pages/{page}", "form.sign", p.ownQuestion)
	k.Page("POST /signatures/{id}/{signer}/pages/{page}", "form.sign", p.ownAnswer)
	k.Page("GET /signatures/{id}/{signer}/materials/{material}", "form.sign", p.ownPaper)
	k.Page("POST /signatures/{id}/{signer}/materials/{material}", "form.sign", p.ownUpload)
	k.Page("GET /signatures/{id}/{signer}/files/{file}", "form.sign", p.ownFile)
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

// openFor loads a draft to be changed. One that waits for signatures cannot be.
func (p pages) openFor(w http.ResponseWriter, r *http.Request) (form.Draft, bool, error) {
	d, ok, err := p.open(w, r)
	if err == nil && ok && d.State == form.StateSigning {
		return d, false, p.k.SeeOther(w, r, draftPath(d, "signers"))
	}
	return d, ok, err
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
