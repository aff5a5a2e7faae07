// Package calendarweb shows how working days are counted, and lets
// administrators enter the notices they are counted by.
package calendarweb

import (
	"context"
	"embed"
	"net/http"
	"net/url"
	"strconv"

	"github.com/tongban/tongban/internal/calendar"
	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/fault"
	"github.com/tongban/tongban/internal/kit/web"
	"github.com/tongban/tongban/internal/statute"
)

// Texts are the words of these pages.
//
//go:embed locale
var Texts embed.FS

// Names knows what divisions are called.
type Names func(ctx context.Context, code string) (contract.Text, error)

// maxForm bounds a pasted table.
const maxForm = 64 << 10

type handlers struct {
	k     *web.Kit
	s     *calendar.Service
	names Names
}

// Routes lists every URL of this area.
func Routes(k *web.Kit, s *calendar.Service, names Names) {
	h := handlers{k, s, names}
	k.Page("GET /calendar", calendar.ActionView, h.public)

	k.Page("GET /staff/calendar", calendar.ActionDesk, h.desk)
	k.Page("GET /staff/calendar/day", calendar.ActionEdit, h.askDay)
	k.Page("POST /staff/calendar/day", calendar.ActionEdit, h.setDay)
	k.Page("POST /staff/calendar/day/remove", calendar.ActionEdit, h.removeDay)
	k.Page("GET /staff/calendar/table", calendar.ActionEdit, h.askTable)
	k.Page("POST /staff/calendar/table/preview", calendar.ActionEdit, h.preview)
	k.Page("POST /staff/calendar/table/edit", calendar.ActionEdit, h.editTable)
	k.Page("POST /staff/calendar/table", calendar.ActionEdit, h.setTable)
	k.Page("GET /staff/calendar/table/remove", calendar.ActionEdit, h.askRemoveTable)
	k.Page("POST /staff/calendar/table/remove", calendar.ActionEdit, h.removeTable)
}

// place is the region and year that a page is about.
type place struct {
	Region  string
	Name    contract.Text
	Year    int
	Regions []option // the country and the divisions the installation lies in
}

type option struct {
	Code string
	Name contract.Text
}

// at reads region and year from a query or a form. Without a region it is that
// of the installation, without a year the present one.
func (h handlers) at(ctx context.Context, q url.Values) (place, error) {
	p := place{Region: h.s.Root(), Year: h.s.Today().Year()}
	if q.Has("region") {
		p.Region = q.Get("region")
	}
	region, err := calendar.CheckRegion(p.Region)
	if err != nil {
		return p, err
	}
	p.Region = region
	if text := q.Get("year"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil || n < calendar.FirstYear || n > calendar.LastYear {
			return p, calendar.ErrYear.With("first", calendar.FirstYear, "last", calendar.LastYear)
		}
		p.Year = n
	}
	known := false
	for _, code := range append([]string{""}, statute.Chain(h.s.Root())...) {
		known = known || code == p.Region
		p.Regions = append(p.Regions, option{code, h.name(ctx, code)})
	}
	if !known {
		p.Regions = append(p.Regions, option{p.Region, h.name(ctx, p.Region)})
	}
	p.Name = h.name(ctx, p.Region)
	return p, nil
}

// name is what a division is called; its code where nobody knows, and nothing
// for the country, which the page names in its own words.
func (h handlers) name(ctx context.Context, code string) contract.Text {
	if code == "" {
		return contract.Text{}
	}
	if h.names != nil {
		if t, err := h.names(ctx, code); err == nil {
			return t
		}
	}
	return contract.Text{ZH: code, EN: code}
}

func (p place) query() string {
	return url.Values{"region": {p.Region}, "year": {strconv.Itoa(p.Year)}}.Encode()
}

// public shows the year and answers "which day is n working days after?".
func (h handlers) public(w http.ResponseWriter, r *http.Request) error {
	q := r.URL.Query()
	p, err := h.at(r.Context(), q)
	if err != nil {
		return err
	}
	year, err := h.s.Year(p.Region, p.Year)
	if err != nil {
		return err
	}
	d := publicData{place: p, Year: year, Form: web.NewForm(nil)}
	status := http.StatusOK
	if q.Has("days") {
		d.Form = web.NewForm(q)
		if d.Count, err = h.count(p.Region, d.Form); err != nil {
			if !d.Form.Fail(err) {
				return err
			}
			status = http.StatusUnprocessableEntity
		}
	}
	return h.k.Render(w, r, status, publicPage(h.k.View(r), d))
}

func (h handlers) count(region string, f *web.Form) (*calendar.Counted, error) {
	var bad fault.Form
	from, err := f.Date("from")
	if err != nil || from.IsZero() {
		bad.Add("from", "form.date")
	}
	n, err := strconv.Atoi(f.Get("days"))
	if err != nil || n < 1 || n > calendar.MostDays {
		bad.Add("days", calendar.ErrCount.Code, "most", calendar.MostDays)
	}
	if err := bad.Err(); err != nil {
		return nil, err
	}
	c, err := h.s.Count(region, from, n)
	if err != nil {
		return nil, err
	}
	return &c, nil
}
