package caseworkweb

import (
	"net/http"
	"strings"

	"github.com/a-h/templ"

	"github.com/tongban/tongban/internal/casework"
	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/day"
	"github.com/tongban/tongban/internal/kit/web"
)

// inboxData is what needs an official today.
type inboxData struct {
	casework.Inbox
	On    day.Date
	Left  func(casework.Case, day.Date) int
	State func(casework.Case) contract.Text

	Panels []templ.Component // of other areas
}

func (p pages) inbox(w http.ResponseWriter, r *http.Request) error {
	x, err := p.s.Inbox(r.Context(), p.k.Actor(r))
	if err != nil {
		return err
	}
	v := p.k.View(r)
	d := inboxData{Inbox: x, On: p.s.Today(), Left: p.s.DaysLeft, State: p.s.StateName}
	for _, ask := range p.panels.Inbox {
		c, err := ask(r.Context(), v)
		if err != nil {
			return err
		}
		if c != nil {
			d.Panels = append(d.Panels, c)
		}
	}
	return p.k.Render(w, r, http.StatusOK, inboxPage(v, d))
}

// empty reports whether nothing waits.
func (d inboxData) empty() bool {
	return d.Count()+len(d.Held)+len(d.Deputy)+len(d.Today)+len(d.Inquiries)+len(d.Panels) == 0
}

// inquiryWhen is the appointment of a task, or the last day of what is to be done.
func inquiryWhen(v web.View, t contract.InquiryTask) string {
	if on, err := day.Parse(t.Day); err == nil {
		return strings.TrimSpace(v.Date(on) + " " + strings.ReplaceAll(t.Slot, "-", "–"))
	}
	if by, err := day.Parse(t.Due); err == nil {
		return v.T("casework.inbox.by", "date", by)
	}
	return ""
}

// handedNote is what a colleague wrote when handing a case over.
func (d inboxData) handedNote(c casework.Case) (casework.HandNote, bool) {
	for _, n := range d.Handed {
		if n.Case == c.ID {
			return n, true
		}
	}
	return casework.HandNote{}, false
}
