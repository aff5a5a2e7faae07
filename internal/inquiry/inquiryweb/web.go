// Package inquiryweb shows visits, hearings and expert reviews: to officials what is
// to be done and recorded, to applicants their appointments, rights and days.
package inquiryweb

import (
	"context"
	"embed"
	"errors"
	"net/http"
	"strconv"
	"strings"

	"github.com/a-h/templ"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/inquiry"
	"github.com/tongban/tongban/internal/kit/auth"
	"github.com/tongban/tongban/internal/kit/day"
	"github.com/tongban/tongban/internal/kit/fault"
	"github.com/tongban/tongban/internal/kit/web"
)

// Texts are the words of these pages.
//
//go:embed locale
var Texts embed.FS

// Bounds of forms, in bytes: a record, and one with photos.
const (
	maxForm   = 256 << 10
	maxPhotos = 64 << 20
)

// pages is what the handlers share.
type pages struct {
	k *web.Kit
	s *inquiry.Service
}

// Routes lists every URL of this area.
func Routes(k *web.Kit, s *inquiry.Service) {
	p := pages{k, s}
	// Officials.
	k.Page("GET /staff/inquiries", "inquiry.desk", p.list)
	k.Page("GET /staff/cases/{id}/inquiries/{kind}", "inquiry.plan", p.askNew)
	k.Page("POST /staff/cases/{id}/inquiries/{kind}", "inquiry.plan", p.start)
	k.Page("GET /staff/inquiries/{id}", "inquiry.view", p.show)
	k.Page("GET /staff/inquiries/{id}/record", "inquiry.view", p.record)
	k.Page("POST /staff/inquiries/{id}/autosave", "inquiry.record", p.autosave)
	k.Page("POST /staff/inquiries/{id}/{do}", "inquiry.view", p.act)
	k.Page("GET /staff/inquiries/{id}/files/{file}", "inquiry.view", p.file)
	k.Page("GET /staff/inquiries/{id}/appointment.ics", "inquiry.view", p.calendar)
	k.Page("GET /staff/experts", "inquiry.experts", p.experts)
	k.Page("POST /staff/experts", "inquiry.roster", p.saveExpert)
	// Applicants.
	k.Page("GET /visits/{id}", "inquiry.mine", p.mine)
	k.Page("POST /visits/{id}/{do}", "inquiry.answer", p.answer)
	k.Page("GET /visits/{id}/files/{file}", "inquiry.mine", p.file)
	k.Page("GET /visits/{id}/appointment.ics", "inquiry.mine", p.calendar)
	k.Page("GET /hearings/{id}", "inquiry.mine", p.mine)
	k.Page("POST /hearings/{id}/{do}", "inquiry.answer", p.answer)
	k.Page("GET /hearings/{id}/files/{file}", "inquiry.mine", p.file)
	k.Page("GET /hearings/{id}/appointment.ics", "inquiry.mine", p.calendar)
	// Everybody.
	k.Page("GET /hearings", "inquiry.public", p.public)
	k.Page("GET /expert/{token}", "inquiry.expert", p.expert)
	k.Page("GET /expert/{token}/files/{file}", "inquiry.expert", p.expertFile)
	k.Page("POST /expert/{token}/{do}", "inquiry.expert", p.expertAnswer)
}

func pick(v web.View, t contract.Text) string { return v.Pick(t.ZH, t.EN) }

// sentence begins what stands alone with a capital.
func sentence(s string) string {
	if s == "" || s[0] < 'a' || s[0] > 'z' {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}

func itoa(n int) string { return strconv.Itoa(n) }

func number(s string) int64 {
	n, err := strconv.ParseInt(strings.TrimSpace(s), 10, 64)
	if err != nil {
		return 0
	}
	return n
}

// dateOf reads a date field; what is none is the zero date, which rules refuse.
func dateOf(f *web.Form, name string) day.Date {
	d, err := day.Parse(f.Get(name))
	if err != nil {
		return day.Date{}
	}
	return d
}

func slotOf(f *web.Form, date, at string) inquiry.Slot {
	return inquiry.Slot{Day: dateOf(f, date), Time: f.Get(at)}
}

// slots are the times of a day that a form offers.
func slots() []string {
	return []string{"08:30-10:00", "09:00-11:00", "10:00-12:00", "13:30-15:00", "14:00-16:00", "15:00-17:00", "19:00-21:00"}
}

func slotOptions(v web.View, now string) []web.Option {
	out := []web.Option{{Value: "", Label: v.T("inquiry.choose_time")}}
	known := now == ""
	for _, s := range slots() {
		out = append(out, web.Option{Value: s, Label: strings.ReplaceAll(s, "-", "–")})
		known = known || s == now
	}
	if !known {
		out = append(out, web.Option{Value: now, Label: strings.ReplaceAll(now, "-", "–")})
	}
	return out
}

func when(v web.View, d day.Date, slot string) string {
	if d.IsZero() {
		return v.T("inquiry.no_day")
	}
	return strings.TrimSpace(v.Date(d) + " " + strings.ReplaceAll(slot, "-", "–"))
}

func staffPath(id string) string { return "/staff/inquiries/" + id }

func ownPath(x inquiry.Head) string {
	if x.Kind == inquiry.KindHearing {
		return "/hearings/" + x.ID
	}
	return "/visits/" + x.ID
}

func statusOf(f *web.Form) int {
	switch {
	case !f.Bad():
		return http.StatusOK
	case fault.KindOf(f.Err) == fault.Conflict:
		return http.StatusConflict
	}
	return http.StatusUnprocessableEntity
}

// tagOf is how a state is shown.
func tagOf(s inquiry.State) string {
	switch s {
	case inquiry.Planned, inquiry.Told, inquiry.Sitting, inquiry.Set:
		return web.Brand
	case inquiry.Asked, inquiry.Recording:
		return web.Accent
	case inquiry.Confirmed, inquiry.Closed:
		return web.OK
	case inquiry.NoShow:
		return web.Bad
	case inquiry.Cancelled, inquiry.Lapsed:
		return web.Plain
	}
	return web.Plain
}

func (p pages) file(w http.ResponseWriter, r *http.Request) error {
	f, body, err := p.s.File(r.Context(), p.k.Actor(r), r.PathValue("id"), r.PathValue("file"))
	if err != nil {
		return err
	}
	err = p.k.SendFile(w, r, web.File{Name: f.Name, Type: f.Type, Size: f.Size, Inline: true}, body)
	return errors.Join(err, body.Close())
}

func (p pages) calendar(w http.ResponseWriter, r *http.Request) error {
	v := p.k.View(r)
	link := v.Site.Base + strings.TrimSuffix(r.URL.Path, "/appointment.ics")
	body, err := p.s.Calendar(r.Context(), p.k.Actor(r), r.PathValue("id"), link, v.English())
	if err != nil {
		return err
	}
	return p.k.SendFile(w, r, web.File{Name: "appointment.ics", Type: "text/calendar; charset=utf-8", Size: int64(len(body))}, strings.NewReader(string(body)))
}

func (p pages) public(w http.ResponseWriter, r *http.Request) error {
	list, err := p.s.PublicHearings(r.Context())
	if err != nil {
		return err
	}
	return p.k.Render(w, r, http.StatusOK, publicPage(p.k.View(r), list))
}

// StaffPanel shows on the page of a case what was found out and what can be begun.
func StaffPanel(s *inquiry.Service) func(context.Context, web.View, contract.CaseID) (templ.Component, error) {
	return func(ctx context.Context, v web.View, id contract.CaseID) (templ.Component, error) {
		list, err := s.OfCase(ctx, v.Actor, id)
		if err != nil && fault.KindOf(err) != fault.NotFound {
			return nil, err
		}
		_, err = s.Case(ctx, v.Actor, id)
		if err != nil && len(list) == 0 {
			return nil, nil
		}
		before, missing := s.Before(ctx, v.Actor, id)
		if missing != nil && fault.KindOf(missing) != fault.NotFound {
			return nil, missing
		}
		return staffPanel(v, id, panelData{list, before, err == nil, day.In(v.Now)}), nil
	}
}

// panelData is what an official sees of the inquiries of a case.
type panelData struct {
	list   []inquiry.Inquiry
	before inquiry.Before // what the decision waits for
	may    bool           // begin one
	today  day.Date
}

// ResidentPanel shows applicants their appointments and rights on the page of their case.
func ResidentPanel(s *inquiry.Service) func(context.Context, web.View, contract.CaseID) (templ.Component, error) {
	return func(ctx context.Context, v web.View, id contract.CaseID) (templ.Component, error) {
		list, err := s.OfCase(ctx, v.Actor, id)
		if err != nil || len(list) == 0 {
			return nil, err
		}
		return residentPanel(v, list), nil
	}
}

// counterFor says that a clerk at a window looks for who stands there.
func counterFor(p auth.Principal) bool { return p.For.Kind == auth.ForCounter }
