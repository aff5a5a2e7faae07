package licenceweb

import (
	"net/http"
	"net/url"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/day"
	"github.com/tongban/tongban/internal/kit/fault"
	"github.com/tongban/tongban/internal/kit/web"
	"github.com/tongban/tongban/internal/licence"
)

// perPage is how many licences the desk lists; the service has the same bound.
const perPage = 50

func (p *pages) desk(w http.ResponseWriter, r *http.Request) error {
	q := r.URL.Query()
	list, err := p.s.Desk(r.Context(), p.k.Actor(r), q.Get("number"), q.Get("before"))
	if err != nil {
		return err
	}
	d := deskData{Number: q.Get("number"), List: list}
	if d.Number == "" && len(list) == perPage {
		d.Pager.Next = "/staff/licences?before=" + url.QueryEscape(string(list[len(list)-1].ID))
	}
	return p.k.Render(w, r, http.StatusOK, deskPage(p.k.View(r), d))
}

func (p *pages) deskShow(w http.ResponseWriter, r *http.Request) error {
	return p.deskForm(w, r, http.StatusOK, nil)
}

func (p *pages) deskForm(w http.ResponseWriter, r *http.Request, status int, f *web.Form) error {
	l, err := p.s.Get(r.Context(), p.k.Actor(r), contract.LicenceID(r.PathValue("id")))
	if err != nil {
		return err
	}
	return p.k.Render(w, r, status, deskShowPage(p.k.View(r), p.deskData(r, l, f)))
}

func (p *pages) deskData(r *http.Request, l licence.Licence, f *web.Form) deskShowData {
	d := deskShowData{Licence: l, State: l.StateOn(day.In(p.k.Now())), Form: f}
	if p.k.May(p.k.Actor(r), "licence.change") {
		d.Acts = d.State.Acts()
	}
	return d
}

// change asks again before it acts: a licence that is withdrawn stays so.
func (p *pages) change(w http.ResponseWriter, r *http.Request) error {
	f, err := web.ReadForm(w, r, 64<<10)
	if err != nil {
		return err
	}
	actor, id := p.k.Actor(r), contract.LicenceID(r.PathValue("id"))
	c := licence.Change{Act: licence.Act(f.Get("act")), Reason: f.Get("reason"), Basis: f.Get("basis")}
	if err := complete(c); err != nil {
		f.Fail(err)
		return p.deskForm(w, r, http.StatusUnprocessableEntity, f)
	}
	l, err := p.s.Plan(r.Context(), actor, id, c)
	if err != nil {
		return err
	}
	if f.Get("confirm") != "yes" {
		return p.k.Render(w, r, http.StatusOK, confirmPage(p.k.View(r), confirmData{l, c}))
	}
	if _, err := p.s.Change(r.Context(), actor, id, c); err != nil {
		return err
	}
	p.k.Flash(w, "licence.notice.changed")
	return p.k.SeeOther(w, r, "/staff/licences/"+url.PathEscape(string(id)))
}

func complete(c licence.Change) error {
	var form fault.Form
	if c.Act == "" {
		form.Add("act", "licence.desk.act_required")
	}
	if c.Reason == "" || len([]rune(c.Reason)) > licence.MaxReason {
		form.Add("reason", "licence.desk.reason_required", "n", licence.MaxReason)
	}
	if c.Basis == "" || len([]rune(c.Basis)) > licence.MaxReason {
		form.Add("basis", "licence.desk.basis_required")
	}
	return form.Err()
}
