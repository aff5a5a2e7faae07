package caseworkweb

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/a-h/templ"

	"github.com/tongban/tongban/internal/casework"
	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/day"
	"github.com/tongban/tongban/internal/kit/id"
	"github.com/tongban/tongban/internal/kit/web"
)

// transitRoutes are the pages of papers, of the way between two places, and of how
// the result comes.
func transitRoutes(k *web.Kit, p pages) {
	k.Page("GET /staff/counter/transit", "casework.tasks", p.onTheWay)
	k.Page("GET /staff/cases/{id}/papers", "casework.desk", p.papers)
	k.Page("POST /staff/cases/{id}/papers", "casework.desk", p.takeInPapers)
	k.Page("POST /staff/cases/{id}/papers/back", "casework.desk", p.paperBack)
	k.Page("POST /staff/cases/{id}/papers/found", "casework.desk", p.paperFound)
	k.Page("GET /staff/cases/{id}/transit/{step}", "casework.desk", p.askTransit)
	k.Page("POST /staff/cases/{id}/transit/{step}", "casework.desk", p.transitStep)
	k.Page("GET /cases/{id}/delivery", "casework.mine", p.askDelivery)
	k.Page("POST /cases/{id}/delivery", "casework.mine", p.chooseDelivery)
}

// wayData is what is known of papers and of the way of a case.
type wayData struct {
	Case     casework.Case
	Papers   []contract.Paper
	Log      []casework.Custody
	Sides    *casework.Sides // nil where one place alone works on it
	Delivery contract.DeliveryChoice
	Names    map[int]stepNames // of steps, by number

	Choices  []string
	MayTake  bool
	MayMove  map[contract.PaperID]bool
	Specs    []contract.MaterialSpec
	Form     *web.Form
	Key      string
	ForStaff bool
	Today    day.Date
}

type stepNames struct{ Action, State contract.Text }

// papersPath is the page on which staff work on the papers of a case.
func papersPath(c contract.CaseID) string {
	return "/staff/cases/" + url.PathEscape(string(c)) + "/papers"
}

func (p pages) wayOf(ctx context.Context, v web.View, c contract.CaseID) (wayData, error) {
	var d wayData
	var err error
	if d.Case, err = p.s.Open(ctx, v.Actor, c); err != nil {
		return d, err
	}
	if d.Papers, d.Log, err = p.s.Papers(ctx, v.Actor, c); err != nil {
		return d, err
	}
	sides, err := p.s.Sides(ctx, v.Actor, c)
	if err != nil && !errors.Is(err, casework.ErrNotForwarded) {
		return d, err
	}
	if err == nil {
		d.Sides, d.Names = &sides, map[int]stepNames{}
		for _, st := range slices.Concat(sides.Receiving.Steps, sides.Handling.Steps) {
			action, state := p.s.StepName(d.Case, st)
			d.Names[st.No] = stepNames{action, state}
		}
	}
	d.Delivery, err = p.s.Delivery(ctx, v.Actor, c)
	return d, err
}

// wayPanel stands on the page of a case: who has which paper, which of two places
// is to do what until when, and how the result comes.
func (p pages) wayPanel(staff bool) Panel {
	return func(ctx context.Context, v web.View, c contract.CaseID) (templ.Component, error) {
		d, err := p.wayOf(ctx, v, c)
		if err != nil {
			return nil, err
		}
		d.ForStaff = staff
		choice := len(d.Delivery.Ways) > 1
		if d.Sides == nil && len(d.Papers) == 0 && (staff && !p.s.MayTakeInPapers(v.Actor, d.Case) || !staff && !choice) {
			return nil, nil //nolint:nilnil // nothing to say is no panel
		}
		if staff {
			return wayStaff(v, d), nil
		}
		return wayResident(v, d), nil
	}
}

func (p pages) onTheWay(w http.ResponseWriter, r *http.Request) error {
	actor := p.k.Actor(r)
	list, err := p.s.TransitList(r.Context(), actor)
	if err != nil {
		return err
	}
	return p.k.Render(w, r, http.StatusOK, onTheWayPage(p.k.View(r), list, contract.AgencyID(actor.Agency), p.s.Today()))
}

func (p pages) papers(w http.ResponseWriter, r *http.Request) error {
	return p.papersPage(w, r, http.StatusOK, nil)
}

func (p pages) papersPage(w http.ResponseWriter, r *http.Request, status int, f *web.Form) error {
	v := p.k.View(r)
	d, err := p.papersData(r, v, f)
	if err != nil {
		return err
	}
	return p.k.Render(w, r, status, papersPage(v, d))
}

// papersData is what the pages on which staff work on papers show.
func (p pages) papersData(r *http.Request, v web.View, f *web.Form) (wayData, error) {
	d, err := p.wayOf(r.Context(), v, caseID(r))
	if err != nil {
		return d, err
	}
	d.ForStaff, d.Form, d.Key, d.Today = true, f, id.New(), p.s.Today()
	if f != nil && f.Get("key") != "" {
		d.Key = f.Get("key")
	}
	if d.Choices, err = p.s.TransitChoices(r.Context(), v.Actor, d.Case); err != nil {
		return d, err
	}
	d.MayTake, d.MayMove = p.s.MayTakeInPapers(v.Actor, d.Case), map[contract.PaperID]bool{}
	for _, x := range d.Papers {
		d.MayMove[x.ID] = p.s.MayMovePaper(v.Actor, d.Case, x)
	}
	svc, err := p.s.ServiceOf(r.Context(), d.Case)
	d.Specs = svc.Materials
	return d, err
}

// askTransit is the form of one step of a case on its way.
func (p pages) askTransit(w http.ResponseWriter, r *http.Request) error {
	return p.transitPage(w, r, http.StatusOK, nil)
}

func (p pages) transitPage(w http.ResponseWriter, r *http.Request, status int, f *web.Form) error {
	v := p.k.View(r)
	d, err := p.papersData(r, v, f)
	if err != nil {
		return err
	}
	if !slices.Contains(d.Choices, r.PathValue("step")) && f == nil {
		return casework.ErrState
	}
	return p.k.Render(w, r, status, transitPage(v, d, r.PathValue("step")))
}

// takeInPapers reads the rows of the form: a material of the guide or a name, with
// its sheets.
func (p pages) takeInPapers(w http.ResponseWriter, r *http.Request) error {
	f, err := web.ReadForm(w, r, maxForm)
	if err != nil {
		return err
	}
	sheets, _ := strconv.Atoi(f.Get("sheets")) // a wrong number is a fault of the field
	in := casework.PaperIn{Material: f.Get("material"), Name: f.Get("name"), Original: f.Get("original") == "yes", Sheets: sheets}
	err = p.s.TakeInPapers(r.Context(), p.k.Actor(r), caseID(r), f.Get("key"), []casework.PaperIn{in})
	return p.wentOn(w, r, f, err, "casework.notice.paper_in")
}

func (p pages) paperBack(w http.ResponseWriter, r *http.Request) error {
	f, err := web.ReadForm(w, r, maxForm)
	if err != nil {
		return err
	}
	err = p.s.GivePaperBack(r.Context(), p.k.Actor(r), contract.PaperID(f.Get("paper")), f.Get("to"))
	return p.wentOn(w, r, f, err, "casework.notice.paper_back")
}

func (p pages) paperFound(w http.ResponseWriter, r *http.Request) error {
	f, err := web.ReadForm(w, r, maxForm)
	if err != nil {
		return err
	}
	err = p.s.PaperFound(r.Context(), p.k.Actor(r), contract.PaperID(f.Get("lost")), f.Get("note"))
	return p.wentOn(w, r, f, err, "casework.notice.paper_found")
}

// transitStep takes a step of a case on its way.
func (p pages) transitStep(w http.ResponseWriter, r *http.Request) error {
	f, err := web.ReadForm(w, r, maxForm)
	if err != nil {
		return err
	}
	step, _ := strconv.Atoi(f.Get("step")) // 0 asks for none
	a := casework.Action{Name: r.PathValue("step"), Step: step, Reasons: strings.Split(f.Get("reasons"), "\n")}
	a.OnTheWay = casework.OnTheWay{Way: f.Get("way"), Carrier: f.Get("carrier"), Waybill: f.Get("waybill")}
	for _, x := range f.All("missing") {
		a.OnTheWay.Missing = append(a.OnTheWay.Missing, contract.PaperID(x))
	}
	if a.Name == "receive" {
		if a.OnTheWay.Arrived, err = f.Date("arrived"); f.Fail(err) {
			return p.transitPage(w, r, http.StatusUnprocessableEntity, f)
		}
	}
	_, err = p.s.Transit(r.Context(), p.k.Actor(r), caseID(r), a)
	if f.Fail(err) {
		return p.transitPage(w, r, statusOf(f), f)
	}
	return p.wentOn(w, r, f, err, "casework.notice.transit")
}

func (p pages) wentOn(w http.ResponseWriter, r *http.Request, f *web.Form, err error, notice string) error {
	if f.Fail(err) {
		return p.papersPage(w, r, statusOf(f), f)
	}
	if err != nil {
		return err
	}
	p.k.Flash(w, notice)
	return p.k.SeeOther(w, r, papersPath(caseID(r)))
}

// deliveryData is the page on which applicants say how the result shall come.
type deliveryData struct {
	Case   casework.Case
	Choice contract.DeliveryChoice
	Form   *web.Form
}

func (p pages) askDelivery(w http.ResponseWriter, r *http.Request) error {
	return p.deliveryPage(w, r, http.StatusOK, nil)
}

func (p pages) deliveryPage(w http.ResponseWriter, r *http.Request, status int, f *web.Form) error {
	actor := p.k.Actor(r)
	c, err := p.s.Open(r.Context(), actor, caseID(r))
	if err != nil {
		return err
	}
	d, err := p.s.Delivery(r.Context(), actor, c.ID)
	if err != nil {
		return err
	}
	return p.k.Render(w, r, status, deliveryPage(p.k.View(r), deliveryData{c, d, f}))
}

func (p pages) chooseDelivery(w http.ResponseWriter, r *http.Request) error {
	f, err := web.ReadForm(w, r, maxForm)
	if err != nil {
		return err
	}
	err = p.s.ChooseDelivery(r.Context(), p.k.Actor(r), caseID(r), contract.DeliveryChoice{
		Way: f.Get("way"), Name: f.Get("name"), Phone: f.Get("phone"), Address: f.Get("address"),
	})
	if f.Fail(err) {
		return p.deliveryPage(w, r, statusOf(f), f)
	}
	if err != nil {
		return err
	}
	p.k.Flash(w, "casework.notice.delivery")
	return p.k.SeeOther(w, r, "/cases/"+url.PathEscape(string(caseID(r))))
}
