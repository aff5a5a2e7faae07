package formweb

import (
	"errors"
	"net/http"
	"slices"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/form"
	"github.com/tongban/tongban/internal/kit/fault"
	"github.com/tongban/tongban/internal/kit/web"
)

// disputing finds the field of the path, with what is held of it.
func disputing(d form.Draft, id string) (disputeData, bool) {
	for _, ps := range d.Result.Pages {
		for _, fs := range ps.Fields {
			if fs.Field.ID != id || fs.Held == nil && fs.Disputed == nil {
				continue
			}
			x := disputeData{Draft: d, Field: fs.Field, State: fs, Back: draftPath(d, "pages", ps.Page.ID)}
			if fs.Held != nil {
				x.Held = *fs.Held
			}
			if fs.Disputed != nil {
				x.Given, x.Stood = *fs.Disputed, true
			}
			return x, true
		}
	}
	return disputeData{}, false
}

// dispute shows what the government holds of a field and asks what is right.
func (p pages) dispute(w http.ResponseWriter, r *http.Request) error {
	d, ok, err := p.openFor(w, r)
	if err != nil || !ok {
		return err
	}
	x, ok := disputing(d, r.PathValue("field"))
	if !ok {
		return p.k.SeeOther(w, r, draftPath(d))
	}
	x.Back = withFrom(x.Back, r.URL.Query().Get("from"))
	return p.askDispute(w, r, http.StatusOK, x)
}

func (p pages) askDispute(w http.ResponseWriter, r *http.Request, status int, x disputeData) error {
	v := p.k.View(r)
	bare := []form.FieldState{{Field: x.Field}}
	places, err := p.lookUp(r.Context(), v, x.Form, bare)
	if err != nil {
		return err
	}
	x.Frame = frame{form: x.Form, draft: x.Draft, places: places}
	return p.k.Render(w, r, status, disputePage(v, x))
}

// sayWrong keeps that a held answer is wrong, and the right one; or takes that
// back.
func (p pages) sayWrong(w http.ResponseWriter, r *http.Request) error {
	d, ok, err := p.openFor(w, r)
	if err != nil || !ok {
		return err
	}
	f, err := web.ReadForm(w, r, maxForm)
	if err != nil {
		return err
	}
	x, ok := disputing(d, r.PathValue("field"))
	if !ok {
		return p.k.SeeOther(w, r, draftPath(d))
	}
	actor := p.k.Actor(r)
	if f.Get("do") == "undo" {
		if _, err := p.s.Undispute(r.Context(), actor, d.ID, x.Field.ID); err != nil {
			return err
		}
		p.k.Flash(w, "form.notice.undisputed")
		return p.k.SeeOther(w, r, x.Back)
	}
	given := form.Parse(x.Field, f.All)
	x.Form = f
	if given.Empty() && x.Field.Required {
		f.Add(x.Field.ID, "form.dispute.right")
	}
	for _, e := range given.Errors(x.Field) {
		f.Fail(&fault.Error{Kind: fault.Invalid, Code: "form.invalid", Fields: []fault.Field{e}})
	}
	if f.Get("reason") == "" {
		f.Add("reason", "form.dispute.why")
	}
	if f.Bad() {
		return p.askDispute(w, r, http.StatusUnprocessableEntity, x)
	}
	saved, err := p.s.Dispute(r.Context(), actor, d.ID, x.Field.ID, f.Get("reason"))
	if err != nil && f.Fail(err) {
		return p.askDispute(w, r, http.StatusUnprocessableEntity, x)
	}
	if err != nil {
		return err
	}
	if _, err = p.s.Save(r.Context(), actor, d.ID, form.Change{Rev: saved.Rev, Fields: map[string]form.Parsed{x.Field.ID: given}}); err != nil {
		return err
	}
	p.k.Flash(w, "form.notice.disputed")
	return p.k.SeeOther(w, r, x.Back)
}

// consent asks before sensitive data are looked up (PIPL art. 29).
func (p pages) consent(w http.ResponseWriter, r *http.Request) error {
	d, ok, err := p.openFor(w, r)
	if err != nil || !ok {
		return err
	}
	if len(d.Consents) == 0 {
		return p.k.SeeOther(w, r, draftPath(d))
	}
	return p.k.Render(w, r, http.StatusOK, consentPage(p.k.View(r), consentData{Draft: d, From: r.URL.Query().Get("from")}))
}

func (p pages) giveConsent(w http.ResponseWriter, r *http.Request) error {
	d, ok, err := p.openFor(w, r)
	if err != nil || !ok {
		return err
	}
	f, err := web.ReadForm(w, r, maxForm)
	if err != nil {
		return err
	}
	var agreed []string
	for _, c := range d.Consents {
		switch f.Get("consent." + c.Registry) {
		case "yes":
			agreed = append(agreed, c.Registry)
		case "no":
		default:
			f.Add("consent."+c.Registry, "form.consent.missing", "name", registryName(p.k.View(r), c.Registry))
		}
	}
	if f.Bad() {
		return p.k.Render(w, r, http.StatusUnprocessableEntity, consentPage(p.k.View(r), consentData{d, f, f.Get("from")}))
	}
	saved, err := p.s.Consent(r.Context(), p.k.Actor(r), d.ID, agreed)
	if err != nil {
		return err
	}
	return p.k.SeeOther(w, r, after(saved, draftPath(saved, "consent"), f.Get("from")))
}

// registryName names a register of sensitive data.
func registryName(v web.View, registry string) string {
	switch registry {
	case "marriage", "birth", "household", "disability":
		return v.T("form.registry." + registry)
	}
	return registry
}

// consentFields are what would be looked up, as the form calls it.
func consentFields(d form.Draft, c form.Consent) []contract.Text {
	var list []contract.Text
	add := func(key string, t contract.Text) {
		if slices.Contains(c.Keys, key) && !slices.Contains(list, t) {
			list = append(list, t)
		}
	}
	for _, page := range d.Service.Form.Pages {
		for _, f := range page.Fields {
			add(f.Held, f.Label)
			for _, column := range f.Fields {
				add(column.Held, column.Label)
			}
		}
	}
	for _, m := range d.Service.Materials {
		add(m.Held, m.Name)
	}
	return list
}

// choiceOf finds the choice that an address names: of a part, or the one that there is.
func choiceOf(d form.Draft, part string) (form.Choosing, bool) {
	for _, k := range d.Offered() {
		if k.Part == part || part == "" {
			return k, true
		}
	}
	return form.Choosing{}, false
}

func choicePath(d form.Draft, k form.Choosing) string {
	if k.Part == "" {
		return draftPath(d, "commitment")
	}
	return draftPath(d, "commitment", k.Part)
}

// commitment asks whether the applicant commits or proves (告知承诺制), for each part of
// a bundle on a page of its own.
func (p pages) commitment(w http.ResponseWriter, r *http.Request) error {
	d, ok, err := p.openFor(w, r)
	if err != nil || !ok {
		return err
	}
	k, offered := choiceOf(d, r.PathValue("part"))
	switch from := r.URL.Query().Get("from"); {
	case !offered:
		return p.k.SeeOther(w, r, draftPath(d))
	case r.URL.Path != choicePath(d, k):
		return p.k.SeeOther(w, r, choicePath(d, k))
	default:
		return p.k.Render(w, r, http.StatusOK, commitPage(p.k.View(r), commitData{Draft: d, Choice: k, From: from}))
	}
}

func (p pages) commit(w http.ResponseWriter, r *http.Request) error {
	d, ok, err := p.openFor(w, r)
	if err != nil || !ok {
		return err
	}
	f, err := web.ReadForm(w, r, maxForm)
	if err != nil {
		return err
	}
	k, offered := choiceOf(d, r.PathValue("part"))
	if !offered {
		return p.k.SeeOther(w, r, draftPath(d))
	}
	again := func() error {
		return p.k.Render(w, r, http.StatusUnprocessableEntity, commitPage(p.k.View(r), commitData{d, k, f, f.Get("from")}))
	}
	given := f.Get("commit")
	if given != "yes" && given != "no" {
		f.Add("commit", "form.commit.missing")
		return again()
	}
	saved, err := p.s.Commit(r.Context(), p.k.Actor(r), d.ID, k.Part, given == "yes")
	if errors.Is(err, form.ErrBarred) {
		f.Add("commit", form.ErrBarred.Code)
		k.Barred = true
		return again()
	}
	if err != nil {
		return err
	}
	return p.k.SeeOther(w, r, after(saved, choicePath(saved, k), f.Get("from")))
}

// commitSpares are the materials that need not be handed in by who commits.
func commitSpares(d form.Draft, k form.Choosing) []contract.Text {
	var list []contract.Text
	for _, m := range d.Service.Materials {
		if slices.Contains(k.Spec.Materials, m.ID) {
			list = append(list, m.Name)
		}
	}
	return list
}

// commitTitle names a choice, of a part by the part.
func commitTitle(v web.View, k form.Choosing) string {
	if k.Part == "" {
		return v.T("form.commit.title")
	}
	return v.T("form.commit.title_part", "name", pick(v, k.Name))
}
