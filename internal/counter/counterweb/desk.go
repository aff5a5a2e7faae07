package counterweb

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"time"

	"github.com/a-h/templ"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/counter"
	"github.com/tongban/tongban/internal/kit/auth"
	"github.com/tongban/tongban/internal/kit/day"
	"github.com/tongban/tongban/internal/kit/fault"
	"github.com/tongban/tongban/internal/kit/mask"
	"github.com/tongban/tongban/internal/kit/web"
)

// Draft is an application that the person at the window has begun.
type Draft struct {
	ID          contract.DraftID
	Name        contract.Text
	Done, Total int // steps
}

// Case is a case of the person at the window.
type Case struct {
	ID     contract.CaseID
	Number string
	Name   contract.Text
	Ended  bool
}

// Matters are what the person at the window has going on, whoever asks: the areas
// decide what the actor may see.
type Matters interface {
	Drafts(ctx context.Context, actor auth.Principal) ([]Draft, error)
	OpenCases(ctx context.Context, actor auth.Principal) ([]Case, error)
	// Intakes lists what a hall took in on a day, a page at a time; after is Next of
	// the page before.
	Intakes(ctx context.Context, actor auth.Principal, hall string, on day.Date, after string) (Intakes, error)
}

// deskRoutes are the pages of a window.
func (e site) deskRoutes() {
	e.k.Page("GET /staff/counter", counter.ActionWork, e.desk)
	e.k.Page("POST /staff/counter/sit", counter.ActionWork, e.sit)
	e.k.Page("POST /staff/counter/leave", counter.ActionWork, e.do(e.s.Leave, "counter.notice.left"))
	e.k.Page("POST /staff/counter/next", counter.ActionWork, e.do(func(ctx context.Context, p auth.Principal) error {
		_, err := e.s.CallNext(ctx, p)
		return err
	}, ""))
	e.k.Page("POST /staff/counter/again", counter.ActionWork, e.do(e.s.CallAgain, "counter.notice.again"))
	e.k.Page("POST /staff/counter/miss", counter.ActionWork, e.do(e.s.Miss, ""))
	e.k.Page("POST /staff/counter/begin", counter.ActionWork, e.do(e.s.Begin, ""))
	e.k.Page("POST /staff/counter/finish", counter.ActionWork, e.do(e.s.Finish, ""))
	e.k.Page("POST /staff/counter/move", counter.ActionWork, e.change(func(ctx context.Context, p auth.Principal, f *web.Form) error {
		return e.s.Move(ctx, p, f.Get("kind"))
	}))
	e.k.Page("POST /staff/counter/back", counter.ActionWork, e.change(func(ctx context.Context, p auth.Principal, f *web.Form) error {
		return e.s.Back(ctx, p, f.Get("ticket"))
	}))
	e.k.Page("POST /staff/counter/open", counter.ActionServe, e.open)
	e.k.Page("POST /staff/counter/subject", counter.ActionServe, e.change(func(ctx context.Context, p auth.Principal, f *web.Form) error {
		return e.s.Choose(ctx, p, f.Get("subject"))
	}))
	e.k.Page("POST /staff/counter/end", counter.ActionServe, e.end)
	e.k.Page("GET /staff/counter/reads/{id}/photo", counter.ActionServe, e.photo)
	e.k.Page("GET /staff/counter/sessions/{id}", counter.ActionSummary, e.summary)
}

type deskData struct {
	Place      counter.Place
	HasTicket  bool
	Ticket     counter.Ticket
	Other      bool // the ticket was taken by somebody else
	Waiting    []counter.Ticket
	Missed     []counter.Ticket
	Read       counter.Read
	ReadNumber string
	Session    counter.Session
	Parties    []contract.Party
	Drafts     []Draft
	Cases      []Case
	Pickups    templ.Component
	Recent     []counter.Session
	Intakes    Intakes
	After      string // page of the intakes
	How        string // form that was sent
	Form       *web.Form
}

func (e site) desk(w http.ResponseWriter, r *http.Request) error {
	return e.renderDesk(w, r, http.StatusOK, nil)
}

func (e site) renderDesk(w http.ResponseWriter, r *http.Request, status int, f *web.Form) error {
	ctx, v := r.Context(), e.k.View(r)
	noStore(w)
	place, err := e.s.Place(ctx, v.Actor)
	if errors.Is(err, counter.ErrNotSeated) {
		halls, err := e.s.Seats(ctx, v.Actor)
		if err != nil {
			return err
		}
		return e.k.Render(w, r, status, seatsPage(v, halls, f))
	}
	if err != nil {
		return err
	}
	d := deskData{Place: place, Form: f, How: f.Get("how")}
	if err := e.queue(ctx, v.Actor, &d); err != nil {
		return err
	}
	switch d.Session, err = e.s.Session(ctx, v.Actor); {
	case errors.Is(err, counter.ErrNoSession):
		// Who else came and what they filed is not for the eyes of who stands there.
		if err = e.latest(ctx, v.Actor, &d); err == nil {
			d.Recent, err = e.s.Sessions(ctx, v.Actor, place.Hall.ID, recent)
		}
		if err == nil {
			err = e.intakes(r, v.Actor, &d)
		}
	case err == nil:
		err = e.matters(ctx, v, &d)
	}
	if err != nil {
		return err
	}
	return e.k.Render(w, r, status, deskPage(v, d))
}

// queue fills in who waits and who is called.
func (e site) queue(ctx context.Context, actor auth.Principal, d *deskData) (err error) {
	if d.Waiting, d.Missed, err = e.s.Today(ctx, actor); err != nil {
		return err
	}
	d.Ticket, err = e.s.Current(ctx, actor)
	d.HasTicket = err == nil
	if errors.Is(err, counter.ErrNoTicket) {
		err = nil
	}
	return err
}

// recent is how many sessions of today the desk lists.
const recent = 8

// latest fills in what the card reader has read.
func (e site) latest(ctx context.Context, actor auth.Principal, d *deskData) error {
	read, err := e.s.Latest(ctx, actor)
	if errors.Is(err, counter.ErrNoRead) {
		return nil
	}
	d.Read, d.ReadNumber = read, mask.Number(read.Card.Number)
	return err
}

// matters fills in what the person who is served has going on.
func (e site) matters(ctx context.Context, v web.View, d *deskData) (err error) {
	if d.Other, err = e.s.OtherTicket(ctx, v.Actor); err != nil {
		return err
	}
	if d.Parties, err = e.s.Parties(ctx, v.Actor); err != nil {
		return err
	}
	if d.Drafts, err = e.m.Drafts(ctx, v.Actor); err != nil {
		return err
	}
	if d.Cases, err = e.m.OpenCases(ctx, v.Actor); err != nil {
		return err
	}
	d.Pickups, err = e.pickups(ctx, v, d.Cases)
	return err
}

// do is a button without fields.
func (e site) do(what func(context.Context, auth.Principal) error, notice string) web.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		f := &web.Form{}
		err := here(what(r.Context(), e.k.Actor(r)), "", counter.ErrNoTicket, counter.ErrNoSession)
		if f.Fail(err) {
			return e.renderDesk(w, r, http.StatusConflict, f)
		}
		if err != nil {
			return err
		}
		if notice != "" {
			e.k.Flash(w, notice)
		}
		return e.k.SeeOther(w, r, "/staff/counter")
	}
}

// change is a form of the desk.
func (e site) change(what func(context.Context, auth.Principal, *web.Form) error) web.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		f, err := web.ReadForm(w, r, formBytes)
		if err != nil {
			return err
		}
		err = here(what(r.Context(), e.k.Actor(r), f), "", counter.ErrNoTicket, counter.ErrNoSession, counter.ErrNoRead, counter.ErrSubject)
		if f.Fail(err) {
			return e.renderDesk(w, r, status(err), f)
		}
		if err != nil {
			return err
		}
		return e.k.SeeOther(w, r, "/staff/counter")
	}
}

func status(err error) int {
	if fault.KindOf(err) == fault.Conflict {
		return http.StatusConflict
	}
	return http.StatusUnprocessableEntity
}

func (e site) sit(w http.ResponseWriter, r *http.Request) error {
	return e.change(func(ctx context.Context, p auth.Principal, f *web.Form) error {
		return e.s.Sit(ctx, p, f.Get("window"), f.Get("take_over") == "yes")
	})(w, r)
}

// open identifies who stands there. The field for a code also takes what a
// scanner or reader types that works like a keyboard.
func (e site) open(w http.ResponseWriter, r *http.Request) error {
	return e.change(func(ctx context.Context, p auth.Principal, f *web.Form) error {
		in := counter.Identify{
			How: f.Get("how"), Number: f.Get("number"), Name: f.Get("name"), Read: f.Get("read"), Code: f.Get("code"),
			Matched: f.Get("matched") == "yes" || f.Get("seen") == "yes",
		}
		if in.How == contract.ProofCode {
			scanned, err := counter.Scanned(in.Code)
			if err != nil {
				f.Add("code", counter.ErrScan.Code)
				return counter.ErrScan
			}
			if scanned.How != contract.ProofCode {
				// A card was read by a reader that types: the clerk looks at the
				// person and confirms.
				f.Values.Set("how", contract.ProofSeen)
				f.Values.Set("number", scanned.Number)
				f.Values.Set("name", scanned.Name)
				f.Values.Del("code")
				f.Add("seen", counter.ErrMatched.Code)
				return counter.ErrMatched
			}
			in.Code = scanned.Code
		}
		_, err := e.s.Open(ctx, p, in)
		f.Values.Del("code")
		if in.How == contract.ProofSeen {
			err = renamed(err, "matched", "seen") // the page has two boxes
		}
		return err
	})(w, r)
}

// renamed tells a fault of one field at another.
func renamed(err error, from, to string) error {
	fields := fault.FieldsOf(err)
	if len(fields) == 0 {
		return err
	}
	var f fault.Form
	for _, x := range fields {
		if x.Name == from {
			x.Name = to
		}
		f.Add(x.Name, x.Err.Code, x.Err.Args...)
	}
	return f.Err()
}

func (e site) end(w http.ResponseWriter, r *http.Request) error {
	f, err := web.ReadForm(w, r, formBytes)
	if err != nil {
		return err
	}
	id := f.Get("session")
	if err := e.s.End(r.Context(), e.k.Actor(r), id); err != nil {
		return err
	}
	e.k.Flash(w, "counter.notice.ended")
	return e.k.SeeOther(w, r, "/staff/counter/sessions/"+id)
}

func (e site) photo(w http.ResponseWriter, r *http.Request) error {
	b, err := e.s.Photo(r.Context(), e.k.Actor(r), r.PathValue("id"))
	if err != nil {
		return err
	}
	noStore(w)
	w.Header().Set("Content-Type", "image/jpeg")
	_, _ = w.Write(b)
	return nil
}

type summaryData struct {
	counter.Summary
	Own      bool // of the clerk who looks
	Requests []counter.Request
}

// back leads to where whoever looks came from: who audits has no window.
func (d summaryData) back(v web.View) web.Link {
	if d.Own {
		return web.Link{Href: "/staff/counter", Text: v.T("kit.counter.desk")}
	}
	return web.Link{Href: "/staff/counter/days?hall=" + d.Hall, Text: v.T("counter.days.title")}
}

// shown are the deeds that a person wants on paper: what happened to applications
// and cases, each once in a row.
func (d summaryData) shown() []counter.Deed {
	var list []counter.Deed
	for _, x := range d.Deeds {
		if x.Kind != "case" && x.Kind != "draft" {
			continue
		}
		told := func(y counter.Deed) bool { return y.Kind == "draft" && y.Draft == x.Draft }
		if x.Kind == "draft" && slices.ContainsFunc(list, told) {
			continue
		}
		list = append(list, x)
	}
	return list
}

func (e site) summary(w http.ResponseWriter, r *http.Request) error {
	v := e.k.View(r)
	sum, err := e.s.Summary(r.Context(), v.Actor, r.PathValue("id"))
	if err != nil {
		return err
	}
	d := summaryData{Summary: sum, Own: string(sum.Clerk) == v.Actor.ID}
	if v.May(counter.ActionAudit) {
		if d.Requests, err = e.s.Requests(r.Context(), v.Actor, sum.ID); err != nil {
			return err
		}
	}
	noStore(w)
	return e.k.Render(w, r, http.StatusOK, summaryPage(v, d))
}

// deedText says one deed in a sentence. Steps of a case that have no sentence of
// their own are told as a step.
func deedText(v web.View, d counter.Deed) string {
	if d.Kind == "draft" {
		return v.T("counter.deed.draft", "item", pick(v, d.Item))
	}
	switch d.Action {
	case "submit", "resubmit", "supplement", "withdraw", "accept", "deliver", "correct":
		return v.T("counter.deed."+d.Action, "item", pick(v, d.Item))
	}
	return v.T("counter.deed.step", "item", pick(v, d.Item))
}

// longTerm is what an identity card says that has no end.
const longTerm = "长期"

func validText(v web.View, c counter.Card) string {
	if c.To == longTerm {
		return v.T("counter.identify.valid_long")
	}
	return v.T("counter.identify.valid", "date", c.To)
}

func minutes(d time.Duration) int { return max(int(d.Minutes()), 0) }

func otherKinds(v web.View, d deskData) []web.Option {
	var list []web.Option
	for _, k := range d.Place.Hall.Kinds {
		if k.Letter != d.Ticket.Kind {
			list = append(list, web.Option{Value: k.Letter, Label: pick(v, k.Name)})
		}
	}
	return list
}

func partyOptions(v web.View, parties []contract.Party) []web.Option {
	list := make([]web.Option, 0, len(parties))
	for i, p := range parties {
		o := web.Option{Value: p.ID, Label: p.Name}
		if i == 0 {
			o.Label = v.T("counter.session.self", "name", p.Name)
		}
		if p.Code != "" {
			o.Label = v.T("counter.session.company", "name", p.Name, "code", p.Code)
		}
		list = append(list, o)
	}
	return list
}

// liveQueue renews the queue by itself, but not while somebody is served: that
// would keep a forgotten session alive.
func liveQueue(d deskData) templ.Attributes {
	if d.Session.ID != "" {
		return nil
	}
	return templ.Attributes{"data-live": "15"}
}

// readForm and seenForm give a form back to the part of the page it came from.
func readForm(d deskData) *web.Form { return formOf(d, contract.ProofCard) }

func seenForm(d deskData) *web.Form { return formOf(d, contract.ProofSeen) }

func formOf(d deskData, how string) *web.Form {
	if d.How != how {
		return nil
	}
	return d.Form
}
