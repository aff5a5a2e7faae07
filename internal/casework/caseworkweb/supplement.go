package caseworkweb

import (
	"net/http"
	"slices"

	"github.com/tongban/tongban/internal/casework"
	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/fault"
	"github.com/tongban/tongban/internal/kit/web"
)

// supplementData is the page on which material is added.
type supplementData struct {
	Case   casework.Case
	Places []casework.Place
	Form   *web.Form
}

// chosen is the material that is chosen already: the first that is owed, or
// the only one.
func (d supplementData) chosen() string {
	if len(d.Places) > 0 && (d.Places[0].Owed != nil || len(d.Places) == 1) {
		return d.Places[0].Spec.ID
	}
	return ""
}

func (d supplementData) options(v web.View) []web.Option {
	var list []web.Option
	for _, p := range d.Places {
		o := web.Option{Value: p.Spec.ID, Label: pick(v, p.Spec.Name), Hint: pick(v, p.Spec.Note)}
		switch {
		case p.Owed != nil:
			o.Hint = v.T("casework.supplement.owed", "date", p.Owed.Due, "left", v.Days(p.Owed.Left))
		case p.Has > 0:
			o.Hint = v.T("casework.supplement.has", "n", p.Has)
		}
		list = append(list, o)
	}
	return list
}

func (d supplementData) owed() bool {
	return slices.ContainsFunc(d.Places, func(p casework.Place) bool { return p.Owed != nil })
}

func (p pages) askSupplement(w http.ResponseWriter, r *http.Request) error {
	return p.supplementPage(w, r, http.StatusOK, nil)
}

func (p pages) supplementPage(w http.ResponseWriter, r *http.Request, status int, f *web.Form) error {
	d := supplementData{Form: f}
	var err error
	if d.Case, d.Places, err = p.s.Supplements(r.Context(), p.k.Actor(r), caseID(r)); err != nil {
		return err
	}
	return p.k.Render(w, r, status, supplementPage(p.k.View(r), d))
}

func (p pages) supplement(w http.ResponseWriter, r *http.Request) error {
	f, err := web.ReadForm(w, r, maxFiles)
	if err != nil {
		return err
	}
	files, closeAll, err := uploads(f, "files")
	if err != nil {
		return err
	}
	defer closeAll()
	add := casework.Supplement{Material: f.Get("material"), Note: f.Get("note"), Files: files}
	comparing(f, &add)
	c, err := p.s.Supplement(r.Context(), p.k.Actor(r), caseID(r), add)
	if f.Fail(err) {
		return p.supplementPage(w, r, statusOf(f), f)
	}
	if err != nil {
		return err
	}
	p.k.Flash(w, "casework.notice.supplemented")
	return p.k.SeeOther(w, r, casePath(c))
}

// verifyData is the small page on which an official notes that a material was
// compared with its original.
type verifyData struct {
	Case     casework.Case
	Svc      contract.Service
	Material contract.Material
	Form     *web.Form
}

func (p pages) askVerify(w http.ResponseWriter, r *http.Request) error {
	return p.verifyPage(w, r, http.StatusOK, nil)
}

func (p pages) verifyPage(w http.ResponseWriter, r *http.Request, status int, f *web.Form) error {
	ctx, actor := r.Context(), p.k.Actor(r)
	d := verifyData{Form: f}
	var err error
	if d.Case, err = p.s.Open(ctx, actor, caseID(r)); err != nil {
		return err
	}
	if d.Svc, err = p.s.ServiceOf(ctx, d.Case); err != nil {
		return err
	}
	if d.Material, err = p.s.HandedIn(ctx, actor, d.Case.ID, r.PathValue("file")); err != nil {
		return err
	}
	return p.k.Render(w, r, status, verifyPage(p.k.View(r), d))
}

func (p pages) verify(w http.ResponseWriter, r *http.Request) error {
	f, err := web.ReadForm(w, r, maxFiles)
	if err != nil {
		return err
	}
	scan, closeAll, err := uploads(f, "files")
	if err != nil {
		return err
	}
	defer closeAll()
	if f.Get("seen") == "" {
		f.Add("seen", "casework.verify_seen")
		return p.verifyPage(w, r, http.StatusUnprocessableEntity, f)
	}
	file := r.PathValue("file")
	err = p.s.Verify(r.Context(), p.k.Actor(r), caseID(r), file, casework.Verification{Note: f.Get("note"), Scan: scan})
	if f.Fail(err) {
		return p.verifyPage(w, r, statusOf(f), f)
	}
	if err != nil {
		return err
	}
	p.k.Flash(w, "casework.notice.verified")
	return p.k.SeeOther(w, r, "/staff/cases/"+string(caseID(r))+"?file="+file)
}

// beside is what the desk shows of messages and originals.
type beside struct {
	Talk      bool                         // the actor may write to the applicant
	News      casework.News                // that the agency has not read
	Originals map[string]casework.Original // by file
}

func (p pages) beside(r *http.Request, c casework.Case) (b beside, err error) {
	ctx, actor := r.Context(), p.k.Actor(r)
	if b.Talk = p.s.MayTalk(actor, c); !b.Talk {
		return b, nil
	}
	news, err := p.s.News(ctx, actor, []contract.CaseID{c.ID})
	if err != nil {
		return b, err
	}
	b.News = news[c.ID]
	b.Originals, err = p.s.Originals(ctx, actor, c.ID)
	if fault.KindOf(err) == fault.Denied { // a bundle's own case: its parts have the papers
		err = nil
	}
	return b, err
}
