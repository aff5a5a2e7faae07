package counterweb

import (
	"net/http"
	"strconv"

	"github.com/a-h/templ"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/counter"
	"github.com/tongban/tongban/internal/kit/id"
	"github.com/tongban/tongban/internal/kit/web"
)

// hallRoutes are the pages for the public: halls, tickets, the screen of a hall.
func (e site) hallRoutes() {
	e.k.Page("GET /halls", counter.ActionHalls, e.halls)
	e.k.Page("GET /halls/{id}", counter.ActionHalls, e.hall)
	e.k.Page("GET /halls/{id}/ticket", counter.ActionTake, e.kiosk)
	e.k.Page("POST /halls/{id}/ticket", counter.ActionTake, e.take)
	e.k.Page("GET /halls/{id}/screen", counter.ActionHalls, e.screen)
	e.k.Page("GET /tickets/{id}", counter.ActionHalls, e.ticket)
	e.k.Page("POST /tickets/{id}/cancel", counter.ActionTake, e.cancel)
}

func pick(v web.View, t contract.Text) string { return v.Pick(t.ZH, t.EN) }

func (e site) halls(w http.ResponseWriter, r *http.Request) error {
	list, err := e.s.Halls(r.Context())
	if err != nil {
		return err
	}
	return e.k.Render(w, r, http.StatusOK, hallsPage(e.k.View(r), list))
}

func (e site) hall(w http.ResponseWriter, r *http.Request) error {
	h, err := e.s.Hall(r.Context(), r.PathValue("id"))
	if err != nil {
		return err
	}
	return e.k.Render(w, r, http.StatusOK, hallPage(e.k.View(r), h))
}

type kioskData struct {
	Hall counter.HallNow
	Once string
	Form *web.Form
	Here bool // tickets may be taken from here
}

func (e site) kiosk(w http.ResponseWriter, r *http.Request) error {
	return e.renderKiosk(w, r, http.StatusOK, nil)
}

func (e site) renderKiosk(w http.ResponseWriter, r *http.Request, status int, f *web.Form) error {
	h, err := e.s.Hall(r.Context(), r.PathValue("id"))
	if err != nil {
		return err
	}
	noStore(w)
	return e.k.Render(w, r, status, kioskPage(e.k.View(r), kioskData{h, id.New(), f, h.TakesFrom(web.Host(r.RemoteAddr))}))
}

func (e site) take(w http.ResponseWriter, r *http.Request) error {
	f, err := web.ReadForm(w, r, formBytes)
	if err != nil {
		return err
	}
	t, err := e.s.Take(r.Context(), e.k.Actor(r), r.PathValue("id"), counter.Take{
		Kind: f.Get("kind"), Priority: f.Get("priority"), Number: f.Get("number"), Code: f.Get("code"), Once: f.Get("once"),
		IP: web.Host(r.RemoteAddr),
	})
	if f.Fail(here(err, "", counter.ErrNetwork)) {
		f.Values.Del("code")
		return e.renderKiosk(w, r, http.StatusUnprocessableEntity, f)
	}
	if err != nil {
		return err
	}
	return e.k.SeeOther(w, r, "/tickets/"+t.ID)
}

func (e site) ticket(w http.ResponseWriter, r *http.Request) error {
	q, err := e.s.TicketNow(r.Context(), r.PathValue("id"))
	if err != nil {
		return err
	}
	noStore(w)
	return e.k.Render(w, r, http.StatusOK, ticketPage(e.k.View(r), q))
}

func (e site) cancel(w http.ResponseWriter, r *http.Request) error {
	ticket := r.PathValue("id")
	if err := e.s.Cancel(r.Context(), e.k.Actor(r), ticket); err != nil {
		return err
	}
	e.k.Flash(w, "counter.notice.cancelled")
	return e.k.SeeOther(w, r, "/tickets/"+ticket)
}

func (e site) screen(w http.ResponseWriter, r *http.Request) error {
	s, err := e.s.Screen(r.Context(), r.PathValue("id"))
	if err != nil {
		return err
	}
	noStore(w)
	return e.k.Render(w, r, http.StatusOK, screenPage(e.k.View(r), s))
}

func priorityOptions(v web.View, h counter.HallNow) []web.Option {
	list := []web.Option{{Value: "", Label: v.T("counter.priority.none")}}
	for _, p := range h.Priorities {
		list = append(list, web.Option{Value: p, Label: v.T("counter.priority." + p)})
	}
	return list
}

func kindName(v web.View, h counter.Hall, letter string) string {
	k, _ := h.Kind(letter)
	return pick(v, k.Name)
}

func kindNames(v web.View, h counter.Hall, letters []string) []string {
	names := make([]string, 0, len(letters))
	for _, l := range letters {
		names = append(names, kindName(v, h, l))
	}
	return names
}

// ticketRefresh is how often a ticket is looked at again: not once it is over.
func ticketRefresh(q counter.Queue) int {
	switch q.State {
	case counter.StateWaiting, counter.StateCalled:
		return 20
	case counter.StateServing, counter.StateServed, counter.StateMissed, counter.StateCancelled:
	}
	return 0
}

func liveTicket(q counter.Queue) templ.Attributes {
	if n := ticketRefresh(q); n > 0 {
		return templ.Attributes{"data-live": strconv.Itoa(n)}
	}
	return nil
}

// ticketState says in a sentence how a ticket stands.
func ticketState(v web.View, q counter.Queue) string {
	switch q.State {
	case counter.StateWaiting:
		if q.Before == 0 {
			return v.T("counter.ticket.first_in_line")
		}
		return v.T("counter.ticket.before", "n", q.Before)
	case counter.StateCalled:
		return v.T("counter.ticket.called", "window", q.WindowNo)
	case counter.StateServing:
		return v.T("counter.ticket.serving", "window", q.WindowNo)
	case counter.StateServed, counter.StateMissed, counter.StateCancelled:
	}
	return v.T("counter.ticket.state." + string(q.State))
}

// sayTicket is what the phone says when the ticket is called.
func sayTicket(v web.View, q counter.Queue) string {
	if q.State != counter.StateCalled {
		return ""
	}
	return v.T("counter.screen.say", "number", q.Number(), "window", q.WindowNo)
}

// callKey tells one call from the next, so that each is spoken once.
func callKey(t counter.Ticket) string { return t.ID + "-" + strconv.Itoa(t.Calls) }

// firstCalls are those a screen has room for.
func firstCalls(list []counter.Ticket) []counter.Ticket { return list[:min(len(list), 8)] }
