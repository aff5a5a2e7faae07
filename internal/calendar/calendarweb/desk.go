package calendarweb

import (
	"net/http"
	"strconv"

	"github.com/tongban/tongban/internal/calendar"
	"github.com/tongban/tongban/internal/kit/day"
	"github.com/tongban/tongban/internal/kit/fault"
	"github.com/tongban/tongban/internal/kit/web"
)

// desk shows a year to staff, with what can be edited.
func (h handlers) desk(w http.ResponseWriter, r *http.Request) error {
	p, err := h.at(r.Context(), r.URL.Query())
	if err != nil {
		return err
	}
	year, err := h.s.Year(p.Region, p.Year)
	if err != nil {
		return err
	}
	return h.k.Render(w, r, http.StatusOK, deskPage(h.k.View(r), deskData{
		place: p, Year: year, MayEdit: h.s.MayEdit(h.k.Actor(r), p.Region), Whole: h.s.Whole(p.Region, p.Year),
	}))
}

// editable is at, for somebody who may edit that region.
func (h handlers) editable(r *http.Request, f *web.Form) (place, error) {
	q := r.URL.Query()
	if f != nil {
		q = f.Values
	}
	p, err := h.at(r.Context(), q)
	if err == nil && !h.s.MayEdit(h.k.Actor(r), p.Region) {
		return p, fault.New(fault.Denied, "policy.denied")
	}
	return p, err
}

func (h handlers) askDay(w http.ResponseWriter, r *http.Request) error {
	p, err := h.editable(r, nil)
	if err != nil {
		return err
	}
	return h.k.Render(w, r, http.StatusOK, dayPage(h.k.View(r), dayData{place: p}))
}

func (h handlers) setDay(w http.ResponseWriter, r *http.Request) error {
	f, err := web.ReadForm(w, r, maxForm)
	if err != nil {
		return err
	}
	p, err := h.editable(r, f)
	if err != nil {
		return err
	}
	e := calendar.Edit{Region: p.Region, Kind: f.Get("kind"), Name: f.Get("name"), Source: f.Get("source")}
	e.Date, _ = f.Date("date") // a day that is none is the zero date, which the service refuses
	err = h.s.SetDay(r.Context(), h.k.Actor(r), e)
	if err != nil {
		if !f.Fail(err) {
			return err
		}
		return h.k.Render(w, r, http.StatusUnprocessableEntity, dayPage(h.k.View(r), dayData{place: p, Form: f}))
	}
	h.k.Flash(w, "calendar.notice.day_saved")
	p.Year = e.Date.Year()
	return h.k.SeeOther(w, r, "/staff/calendar?"+p.query())
}

func (h handlers) removeDay(w http.ResponseWriter, r *http.Request) error {
	f, err := web.ReadForm(w, r, maxForm)
	if err != nil {
		return err
	}
	p, err := h.editable(r, f)
	if err != nil {
		return err
	}
	d, err := day.Parse(f.Get("date"))
	if err != nil {
		return calendar.ErrNotOurs.Wrap(err)
	}
	if err := h.s.RemoveDay(r.Context(), h.k.Actor(r), p.Region, d); err != nil {
		return err
	}
	h.k.Flash(w, "calendar.notice.day_removed")
	return h.k.SeeOther(w, r, "/staff/calendar?"+p.query())
}

func (h handlers) askTable(w http.ResponseWriter, r *http.Request) error {
	p, err := h.editable(r, nil)
	if err != nil {
		return err
	}
	return h.k.Render(w, r, http.StatusOK, tablePage(h.k.View(r), tableData{place: p}))
}

// editTable shows a previewed table again, to be changed.
func (h handlers) editTable(w http.ResponseWriter, r *http.Request) error {
	f, err := web.ReadForm(w, r, maxForm)
	if err != nil {
		return err
	}
	p, err := h.editable(r, f)
	if err != nil {
		return err
	}
	return h.k.Render(w, r, http.StatusOK, tablePage(h.k.View(r), tableData{place: p, Form: f}))
}

// preview shows what a pasted table would change, or what is wrong with its lines.
func (h handlers) preview(w http.ResponseWriter, r *http.Request) error {
	return h.table(w, r, false)
}

// setTable stores the table that was previewed.
func (h handlers) setTable(w http.ResponseWriter, r *http.Request) error {
	return h.table(w, r, true)
}

func (h handlers) table(w http.ResponseWriter, r *http.Request, store bool) error {
	f, err := web.ReadForm(w, r, maxForm)
	if err != nil {
		return err
	}
	p, err := h.editable(r, f)
	if err != nil {
		return err
	}
	actor, source, text := h.k.Actor(r), f.Get("source"), f.Raw("table")
	d := tableData{place: p, Form: f}
	if d.Preview, err = h.s.Preview(actor, p.Region, p.Year, source, text); err != nil {
		if !f.Fail(err) {
			return err
		}
		return h.k.Render(w, r, http.StatusUnprocessableEntity, tablePage(h.k.View(r), d))
	}
	if !store {
		return h.k.Render(w, r, http.StatusOK, previewPage(h.k.View(r), d))
	}
	if err := h.s.SetYear(r.Context(), actor, p.Region, p.Year, source, text); err != nil {
		return err
	}
	h.k.Flash(w, "calendar.notice.table_saved")
	return h.k.SeeOther(w, r, "/staff/calendar?"+p.query())
}

func (h handlers) askRemoveTable(w http.ResponseWriter, r *http.Request) error {
	p, err := h.editable(r, nil)
	if err != nil {
		return err
	}
	if !h.s.Whole(p.Region, p.Year) {
		return calendar.ErrNotOurs
	}
	return h.k.Render(w, r, http.StatusOK, removeTablePage(h.k.View(r), p))
}

func (h handlers) removeTable(w http.ResponseWriter, r *http.Request) error {
	f, err := web.ReadForm(w, r, maxForm)
	if err != nil {
		return err
	}
	p, err := h.editable(r, f)
	if err != nil {
		return err
	}
	if err := h.s.RemoveYear(r.Context(), h.k.Actor(r), p.Region, p.Year); err != nil {
		return err
	}
	h.k.Flash(w, "calendar.notice.table_removed")
	return h.k.SeeOther(w, r, "/staff/calendar?"+p.query())
}

func itoa(n int) string { return strconv.Itoa(n) }
