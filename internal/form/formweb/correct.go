package formweb

import (
	"errors"
	"maps"
	"net/http"
	"net/url"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/form"
	"github.com/tongban/tongban/internal/kit/day"
	"github.com/tongban/tongban/internal/kit/fault"
	"github.com/tongban/tongban/internal/kit/web"
)

type correctionData struct {
	Draft form.Draft
	Fixes []form.Fix
	Form  *web.Form
	Frame frame
	Due   day.Date
	Fine  []contract.Text // what is in order
}

func newCorrection(d form.Draft, f *web.Form) correctionData {
	c := correctionData{Draft: d, Fixes: d.Fixes(), Form: f}
	c.Due, _ = day.Parse(d.Correction.DueBy) // no day, no line
	open := map[string]bool{}
	for _, x := range c.Fixes {
		open[x.Mark.Kind+x.Mark.ID] = true
	}
	for _, ps := range d.Result.Steps() {
		for _, fs := range ps.Fields {
			if fs.Value != nil && !open["field"+fs.Field.ID] {
				c.Fine = append(c.Fine, fs.Field.Label)
			}
		}
	}
	for _, m := range d.Result.Uploads() {
		if len(m.Files) > 0 && !open["material"+m.Spec.ID] {
			c.Fine = append(c.Fine, m.Spec.Name)
		}
	}
	return c
}

func (p pages) correction(w http.ResponseWriter, r *http.Request) error {
	d, err := p.s.Correct(r.Context(), p.k.Actor(r), contract.CaseID(r.PathValue("id")))
	if err != nil {
		return err
	}
	return p.showCorrection(w, r, http.StatusOK, newCorrection(d, web.NewForm(given(d))), nil)
}

// showCorrection prepares the controls that need the directory.
func (p pages) showCorrection(w http.ResponseWriter, r *http.Request, status int, c correctionData, sent *web.Form) error {
	v := p.k.View(r)
	places, err := p.lookUp(r.Context(), v, sent, fixFields(c.Draft))
	if err != nil {
		return err
	}
	c.Frame = frame{form: c.Form, draft: c.Draft, places: places}
	return p.k.Render(w, r, status, correctionPage(v, c))
}

// fixFields are the fields that a correction opens.
func fixFields(d form.Draft) []form.FieldState {
	var list []form.FieldState
	for _, x := range d.Fixes() {
		if x.Field != nil {
			list = append(list, *x.Field)
		}
	}
	return list
}

// given fills the controls with what the correction says so far. What was
// handed in before stands above as text: a wrong number is not offered again,
// but a long text is, to be mended.
func given(d form.Draft) url.Values {
	out := url.Values{}
	for _, x := range d.Fixes() {
		if x.Field == nil {
			continue
		}
		fs := *x.Field
		_, answered := d.Answers[x.Mark.ID]
		if !answered && len(fs.Typed) == 0 && fs.Field.Kind != form.KindLong && !form.Rows(fs.Field.Kind) {
			continue
		}
		maps.Copy(out, values([]form.FieldState{fs}))
	}
	return out
}

func maxCorrection(d form.Draft) int64 {
	total := int64(maxForm)
	for _, x := range d.Fixes() {
		if x.Material != nil {
			total += maxUpload(x.Material.Spec)
		}
	}
	return total
}

// correct keeps what was sent and, if the person says so, hands it in.
func (p pages) correct(w http.ResponseWriter, r *http.Request) error {
	actor := p.k.Actor(r)
	d, err := p.s.Correct(r.Context(), actor, contract.CaseID(r.PathValue("id")))
	if err != nil {
		return err
	}
	f, err := web.ReadForm(w, r, maxCorrection(d))
	if err != nil {
		return err
	}
	_, again := p.placeButton(f)
	if _, rows := rowButton(f, fixFields(d)); rows {
		again = true
	}
	change := form.Change{Rev: number(f.Get("rev")), Fields: map[string]form.Parsed{}}
	for _, x := range d.Fixes() {
		if x.Field != nil {
			change.Fields[x.Mark.ID] = form.Parse(x.Field.Field, f.All)
		}
	}
	if _, err = p.s.Save(r.Context(), actor, d.ID, change); err != nil && !f.Fail(err) {
		return err
	}
	for _, x := range d.Fixes() {
		if x.Material == nil {
			continue
		}
		if err := p.attach(r, d, x.Mark.ID, "material."+x.Mark.ID, f); err != nil {
			return err
		}
	}
	if f.Bad() {
		return p.correctAgain(w, r, d, f)
	}
	if again {
		if d, err = p.s.Correct(r.Context(), actor, d.Case); err != nil {
			return err
		}
		return p.showCorrection(w, r, http.StatusOK, newCorrection(d, web.NewForm(given(d))), f)
	}
	if f.Get("do") != "submit" {
		p.k.Flash(w, "form.notice.saved")
		return p.k.SeeOther(w, r, "/cases/"+url.PathEscape(string(d.Case))+"/correct")
	}
	err = p.s.Resubmit(r.Context(), actor, d.ID, form.Change{})
	switch {
	case unconfirmed(err):
		f.Add("counter", form.ErrUnconfirmed.Code)
		return p.correctAgain(w, r, d, f)
	case errors.Is(err, form.ErrIncomplete), errors.Is(err, form.ErrConflict):
		f.Fail(err)
		return p.correctAgain(w, r, d, f)
	case err != nil:
		return err
	}
	p.k.Flash(w, "form.notice.corrected")
	return p.k.SeeOther(w, r, "/cases/"+url.PathEscape(string(d.Case)))
}

func (p pages) correctAgain(w http.ResponseWriter, r *http.Request, d form.Draft, f *web.Form) error {
	d, err := p.s.Correct(r.Context(), p.k.Actor(r), d.Case)
	if err != nil {
		return err
	}
	status := http.StatusUnprocessableEntity
	if fault.KindOf(f.Err) == fault.Conflict {
		status = http.StatusConflict
	}
	return p.showCorrection(w, r, status, newCorrection(d, f), f)
}
