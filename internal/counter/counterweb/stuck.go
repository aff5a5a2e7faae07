package counterweb

import (
	"net/http"
	"strconv"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/counter"
	"github.com/tongban/tongban/internal/kit/auth"
	"github.com/tongban/tongban/internal/kit/fault"
	"github.com/tongban/tongban/internal/kit/id"
	"github.com/tongban/tongban/internal/kit/web"
)

func (e site) stuckRoutes() {
	e.k.Page("GET /stuck", counter.ActionStuck, e.stuck)
	e.k.Page("POST /stuck", counter.ActionStuck, e.report)
	e.k.Page("GET /stuck/ask", counter.ActionStuck, e.ask)
	e.k.Page("POST /stuck/ask", counter.ActionStuck, e.asked)
	e.k.Page("POST /stuck/confirm", counter.ActionStuck, e.confirmStuck)
	e.k.Page("GET /staff/stuck", counter.ActionStuckDesk, e.stuckDesk)
	e.k.Page("GET /staff/stuck/{id}", counter.ActionStuckDesk, e.stuckReport)
	e.k.Page("POST /staff/stuck/{id}/assign", counter.ActionStuckDesk, e.assign)
	e.k.Page("POST /staff/stuck/{id}/answer", counter.ActionStuckDesk, e.answer)
}

// errOther means that another person stands at the window by now.
var errOther = fault.New(fault.Conflict, "counter.stuck.other_person")

// atWindow is who stands at the window of a clerk; "" is nobody.
func atWindow(actor auth.Principal) string {
	if !actor.AtCounter() {
		return ""
	}
	return actor.Person()
}

// stuckData is the page on which people report.
type stuckData struct {
	Halls  []counter.HallNow
	Form   *web.Form
	Key    string
	Done   *counter.Report
	Mine   []counter.Report
	Named  bool // who reports is known
	Days   int
	Number string // of a case, where the page was opened from one
}

func (e site) stuck(w http.ResponseWriter, r *http.Request) error {
	return e.stuckForm(w, r, http.StatusOK, stuckData{Number: r.URL.Query().Get("case")})
}

func (e site) stuckForm(w http.ResponseWriter, r *http.Request, status int, d stuckData) error {
	actor := e.k.Actor(r)
	var err error
	if d.Halls, err = e.s.Halls(r.Context()); err != nil {
		return err
	}
	if d.Mine, err = e.s.MyReports(r.Context(), actor); err != nil {
		return err
	}
	d.Key, d.Named, d.Days = id.New(), actor.Applies(), e.s.StuckDays()
	if d.Form != nil && d.Form.Get("key") != "" {
		d.Key = d.Form.Get("key")
	}
	noStore(w)
	return e.k.Render(w, r, status, stuckPage(e.k.View(r), d))
}

// reporting reads a report; it goes to the hall that was chosen, of one's place.
func (e site) reporting(r *http.Request, f *web.Form) (counter.Reporting, error) {
	in := counter.Reporting{
		Key: f.Get("key"), From: web.Host(r.RemoteAddr), Name: f.Get("name"), Phone: f.Get("phone"), Place: f.Get("place"), Kind: f.Get("kind"),
		What: f.Get("what"), Wish: f.Get("wish"), Case: f.Get("case"), Item: contract.Text{ZH: f.Get("item"), EN: f.Get("item")},
	}
	halls, err := e.s.Halls(r.Context())
	for _, h := range halls {
		if h.ID == f.Get("hall") || in.Hall == "" {
			in.Hall, in.Division = h.Agency, h.Division
		}
	}
	return in, err
}

func (e site) report(w http.ResponseWriter, r *http.Request) error {
	f, err := web.ReadForm(w, r, formBytes)
	if err != nil {
		return err
	}
	actor := e.k.Actor(r)
	if f.Get("for") != atWindow(actor) { // told by whoever stood there before: not in the name of the next one
		other := &web.Form{}
		other.Fail(errOther)
		return e.stuckForm(w, r, http.StatusConflict, stuckData{Form: other})
	}
	in, err := e.reporting(r, f)
	if err != nil {
		return err
	}
	done, err := e.s.Report(r.Context(), actor, in)
	if f.Fail(here(err, "what")) {
		return e.stuckForm(w, r, http.StatusUnprocessableEntity, stuckData{Form: f})
	}
	if err != nil {
		return err
	}
	// The code stands on this answer alone; it is nowhere in clear after it.
	return e.stuckForm(w, r, http.StatusOK, stuckData{Done: &done})
}

// askData is the page on which people ask what came of it.
type askData struct {
	Form   *web.Form
	Report *counter.Report
	Code   string
}

func (e site) ask(w http.ResponseWriter, r *http.Request) error {
	f := web.NewForm(r.URL.Query())
	return e.k.Render(w, r, http.StatusOK, askPage(e.k.View(r), askData{Form: f}))
}

func (e site) asked(w http.ResponseWriter, r *http.Request) error {
	f, err := web.ReadForm(w, r, formBytes)
	if err != nil {
		return err
	}
	found, err := e.s.Asked(r.Context(), e.k.Actor(r), web.Host(r.RemoteAddr), f.Get("number"), f.Get("code"))
	return e.told(w, r, f, found, err)
}

func (e site) told(w http.ResponseWriter, r *http.Request, f *web.Form, found counter.Report, err error) error {
	noStore(w)
	if f.Fail(here(err, "code", counter.ErrNoReport)) {
		return e.k.Render(w, r, http.StatusUnprocessableEntity, askPage(e.k.View(r), askData{Form: f}))
	}
	if err != nil {
		return err
	}
	return e.k.Render(w, r, http.StatusOK, askPage(e.k.View(r), askData{Form: f, Report: &found, Code: f.Get("code")}))
}

func (e site) confirmStuck(w http.ResponseWriter, r *http.Request) error {
	f, err := web.ReadForm(w, r, formBytes)
	if err != nil {
		return err
	}
	found, err := e.s.Confirm(r.Context(), e.k.Actor(r), counter.Word{
		From: web.Host(r.RemoteAddr), Number: f.Get("number"), Code: f.Get("code"), Solved: f.Get("solved") == "yes", Words: f.Get("words"),
	})
	return e.told(w, r, f, found, err)
}

// stuckDeskData is the desk of reports.
type stuckDeskData struct {
	List     []counter.Report
	Query    counter.StuckQuery
	ByKind   []counter.StuckCount
	ByAgency []counter.StuckCount
}

func (e site) stuckDesk(w http.ResponseWriter, r *http.Request) error {
	d := stuckDeskData{Query: counter.StuckQuery{State: r.URL.Query().Get("state"), Kind: r.URL.Query().Get("kind")}}
	var err error
	if d.List, err = e.s.StuckDesk(r.Context(), e.k.Actor(r), d.Query); err != nil {
		return err
	}
	if d.ByKind, d.ByAgency, err = e.s.StuckCounts(r.Context(), e.k.Actor(r)); err != nil {
		return err
	}
	return e.k.Render(w, r, http.StatusOK, stuckDeskPage(e.k.View(r), d))
}

// reportData is the page of one report for staff.
type reportData struct {
	counter.Report
	MayAssign, MayAnswer bool
	Agencies             []contract.Agency
	Form                 *web.Form
}

func (e site) stuckReport(w http.ResponseWriter, r *http.Request) error {
	return e.stuckReportPage(w, r, http.StatusOK, nil)
}

func (e site) stuckReportPage(w http.ResponseWriter, r *http.Request, status int, f *web.Form) error {
	actor := e.k.Actor(r)
	x, err := e.s.StuckReport(r.Context(), actor, r.PathValue("id"))
	if err != nil {
		return err
	}
	d := reportData{Report: x, Form: f}
	d.MayAssign, d.MayAnswer = e.s.MayDo(actor, x)
	if d.MayAssign {
		if d.Agencies, err = e.s.AgenciesOf(r.Context(), x); err != nil {
			return err
		}
	}
	noStore(w)
	return e.k.Render(w, r, status, reportPage(e.k.View(r), d))
}

func (e site) assign(w http.ResponseWriter, r *http.Request) error {
	f, err := web.ReadForm(w, r, formBytes)
	if err != nil {
		return err
	}
	edition, _ := strconv.Atoi(f.Get("edition")) // 0 asks for none
	err = e.s.Assign(r.Context(), e.k.Actor(r), r.PathValue("id"), edition, contract.AgencyID(f.Get("agency")))
	return e.changedStuck(w, r, f, err, "counter.notice.stuck_assigned", "/staff/stuck")
}

func (e site) answer(w http.ResponseWriter, r *http.Request) error {
	f, err := web.ReadForm(w, r, formBytes)
	if err != nil {
		return err
	}
	edition, _ := strconv.Atoi(f.Get("edition")) // 0 asks for none
	err = e.s.Answer(r.Context(), e.k.Actor(r), r.PathValue("id"), counter.Answering{
		Edition: edition, Result: f.Get("result"), Answer: f.Get("answer"), Law: f.Get("law"),
	})
	return e.changedStuck(w, r, f, err, "counter.notice.stuck_answered", "/staff/stuck/"+r.PathValue("id"))
}

func (e site) changedStuck(w http.ResponseWriter, r *http.Request, f *web.Form, err error, done, to string) error {
	if f.Fail(err) {
		return e.stuckReportPage(w, r, http.StatusUnprocessableEntity, f)
	}
	if err != nil {
		return err
	}
	e.k.Flash(w, done)
	return e.k.SeeOther(w, r, to)
}
