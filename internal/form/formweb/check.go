package formweb

import (
	"errors"
	"net/http"
	"slices"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/form"
	"github.com/tongban/tongban/internal/kit/auth"
	"github.com/tongban/tongban/internal/kit/fault"
	"github.com/tongban/tongban/internal/kit/web"
)

// checkData is the last look before submitting.
type checkData struct {
	Draft   form.Draft
	Form    *web.Form
	Frame   frame
	Changed bool                     // something was changed in another tab
	Offices map[string]contract.Text // by part of a bundle
}

func (p pages) check(w http.ResponseWriter, r *http.Request) error {
	d, ok, err := p.open(w, r)
	if err != nil || !ok {
		return err
	}
	return p.showCheck(w, r, http.StatusOK, checkData{Draft: d, Form: web.NewForm(values(d.Result.Signatures()))})
}

// submit hands the application in, or asks its signers. A second click, from
// wherever, leads to the same place.
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
	if d.Receipt == nil && d.Kind == form.KindApplication && d.State != form.StateSigning {
		err = p.hand(r, actor, &d, f)
	}
	switch {
	case err == nil && d.Receipt != nil || err == nil && d.Kind == form.KindCorrection:
		return p.k.SeeOther(w, r, elsewhere(d))
	case err == nil:
		p.k.Flash(w, "form.notice.asked")
		return p.k.SeeOther(w, r, draftPath(d, "signers"))
	case errors.Is(err, form.ErrStale), errors.Is(err, form.ErrConflict):
		return p.checkAgain(w, r, checkData{Form: f, Changed: true}, http.StatusConflict)
	case unconfirmed(err):
		f.Add("counter", form.ErrUnconfirmed.Code)
		return p.checkAgain(w, r, checkData{Form: f}, http.StatusUnprocessableEntity)
	case errors.Is(err, form.ErrIncomplete), errors.Is(err, form.ErrIneligible):
		f.Fail(signatureFaults(d, err))
		return p.checkAgain(w, r, checkData{Form: f}, http.StatusUnprocessableEntity)
	}
	return err
}

func (p pages) hand(r *http.Request, actor auth.Principal, d *form.Draft, f *web.Form) error {
	change := form.Change{Rev: number(f.Get("rev")), Fields: map[string]form.Parsed{}}
	for _, fs := range d.Result.Signatures() {
		change.Fields[fs.Field.ID] = form.Parse(fs.Field, f.All)
	}
	receipt, err := p.s.Submit(r.Context(), actor, d.ID, change)
	if err == nil && receipt.Case != "" {
		d.Receipt = &receipt
	}
	return err
}

// checkAgain shows the check with the draft as it is now.
func (p pages) checkAgain(w http.ResponseWriter, r *http.Request, c checkData, status int) error {
	d, err := p.s.Draft(r.Context(), p.k.Actor(r), draftID(r))
	if err != nil {
		return err
	}
	c.Draft = d
	return p.showCheck(w, r, status, c)
}

func (p pages) showCheck(w http.ResponseWriter, r *http.Request, status int, c checkData) error {
	var err error
	if c.Offices, err = p.offices(r, c.Draft); err != nil {
		return err
	}
	c.Frame = frame{form: c.Form, draft: c.Draft}
	return p.k.Render(w, r, status, checkPage(p.k.View(r), c))
}

// signatureFaults keeps the faults of the controls that stand on the page; the
// page itself lists the others, with links to where they are mended.
func signatureFaults(d form.Draft, err error) error {
	e, ok := errors.AsType[*fault.Error](err)
	if !ok {
		return err
	}
	c := *e
	c.Fields = slices.DeleteFunc(slices.Clone(e.Fields), func(x fault.Field) bool {
		return !slices.ContainsFunc(d.Result.Signatures(), func(fs form.FieldState) bool { return fs.Field.ID == x.Name })
	})
	return &c
}

// partsOf are the services of a bundle that this application asks for.
func partsOf(d form.Draft) []contract.Part {
	return slices.DeleteFunc(slices.Clone(d.Service.Parts), func(p contract.Part) bool { return !slices.Contains(d.Result.Parts, p.ID) })
}

// fee is what the service costs, as its guide says.
func fee(v web.View, s contract.Service) string { return pick(v, s.Guide.Fee) }

// promise is how long the decision takes, and how long it may.
func promise(v web.View, s contract.Service) string {
	if s.Limits.Unit == "immediate" {
		return v.T("form.check.at_once")
	}
	return v.T("form.check.promise", "promised", v.Days(s.Limits.Promised), "statutory", v.Days(s.Limits.Statutory))
}

// notAsked says how much of the form and the papers was spared.
func notAsked(v web.View, d form.Draft) string {
	b := d.Result.Burden()
	return v.T("form.check.not_asked", "fields", b.Fields-b.Asked, "of", b.Fields, "papers", b.Materials-b.MaterialsAsked, "ofpapers", b.Materials)
}

// checkSections are the answers under the headings of the form.
func checkSections(v web.View, d form.Draft) []checkSection {
	var list []checkSection
	title := ""
	for i, ps := range d.Result.Steps() {
		now := ""
		for _, s := range d.Service.Form.Sections {
			if s.ID == ps.Page.Section {
				now = pick(v, s.Title)
			}
		}
		if i == 0 || now != title {
			list = append(list, checkSection{title: now})
			title = now
		}
		last := &list[len(list)-1]
		last.pages = append(last.pages, ps)
	}
	return list
}

type checkSection struct {
	title string
	pages []form.PageState
}

// offices names the departments that get the parts of a bundle.
func (p pages) offices(r *http.Request, d form.Draft) (map[string]contract.Text, error) {
	out := map[string]contract.Text{}
	for _, x := range partsOf(d) {
		a, err := p.dir.Agency(r.Context(), x.Agency)
		if err != nil {
			return nil, err
		}
		out[x.ID] = a.Name
	}
	return out, nil
}
