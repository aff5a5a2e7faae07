package counterweb

import (
	"net/http"
	"strconv"
	"strings"
	"unicode"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/counter"
	"github.com/tongban/tongban/internal/kit/day"
	"github.com/tongban/tongban/internal/kit/web"
)

// manageRoutes are the pages of administrators and supervisors.
func (e site) manageRoutes() {
	e.k.Page("GET /staff/halls", counter.ActionManage, e.manage)
	e.k.Page("GET /staff/halls/new", counter.ActionManage, e.newHall)
	e.k.Page("POST /staff/halls/new", counter.ActionManage, e.makeHall)
	e.k.Page("GET /staff/halls/{id}", counter.ActionManage, e.editHall)
	e.k.Page("POST /staff/halls/{id}", counter.ActionManage, e.changeHall)
	e.k.Page("GET /staff/halls/{id}/windows/{window}", counter.ActionManage, e.editWindow)
	e.k.Page("POST /staff/halls/{id}/windows/{window}", counter.ActionManage, e.putWindow)
	e.k.Page("POST /staff/halls/{id}/devices", counter.ActionManage, e.makeDevice)
	e.k.Page("POST /staff/halls/{id}/devices/{device}/revoke", counter.ActionManage, e.revokeDevice)
	e.k.Page("GET /staff/counter/days", counter.ActionStatistics, e.days)
}

func (e site) manage(w http.ResponseWriter, r *http.Request) error {
	halls, _, err := e.s.Managed(r.Context(), e.k.Actor(r))
	if err != nil {
		return err
	}
	noStore(w)
	return e.k.Render(w, r, http.StatusOK, managePage(e.k.View(r), halls))
}

type hallEditData struct {
	Hall     counter.Hall // ID is "" for a new one
	Windows  []counter.Window
	Devices  []counter.Device
	Agencies []contract.Agency
	Key      string // of a device that was made just now
	Form     *web.Form
}

func (d hallEditData) title(v web.View) string {
	if d.Hall.ID == "" {
		return v.T("counter.manage.new")
	}
	return pick(v, d.Hall.Name)
}

func (d hallEditData) action() string {
	if d.Hall.ID == "" {
		return "/staff/halls/new"
	}
	return "/staff/halls/" + d.Hall.ID
}

func (d hallEditData) agencies(v web.View) []web.Option {
	list := make([]web.Option, 0, len(d.Agencies))
	for _, a := range d.Agencies {
		list = append(list, web.Option{Value: string(a.ID), Label: pick(v, a.Name)})
	}
	return list
}

// kind is what a field of a kind of business shows: what was typed, else what is
// stored.
func (d hallEditData) kind(i int, part string) string {
	if d.Form != nil && d.Form.Values.Has(kindID(i, part)) {
		return d.Form.Get(kindID(i, part))
	}
	if i >= len(d.Hall.Kinds) {
		return ""
	}
	k := d.Hall.Kinds[i]
	switch part {
	case "zh":
		return k.Name.ZH
	case "en":
		return k.Name.EN
	}
	return k.Letter
}

func kindID(i int, part string) string { return "kind-" + strconv.Itoa(i+1) + "-" + part }

func (e site) newHall(w http.ResponseWriter, r *http.Request) error {
	return e.renderNew(w, r, http.StatusOK, nil)
}

func (e site) renderNew(w http.ResponseWriter, r *http.Request, status int, f *web.Form) error {
	_, agencies, err := e.s.Managed(r.Context(), e.k.Actor(r))
	if err != nil {
		return err
	}
	noStore(w)
	return e.k.Render(w, r, status, hallEditPage(e.k.View(r), hallEditData{Agencies: agencies, Form: f}))
}

// hallInput reads the form of a hall. Empty rows of kinds are none.
func hallInput(f *web.Form) counter.HallInput {
	both := func(name string) contract.Text {
		return contract.Text{ZH: f.Get(name + "-zh"), EN: f.Get(name + "-en")}
	}
	edition, _ := strconv.Atoi(f.Get("edition"))
	in := counter.HallInput{
		Agency: contract.AgencyID(f.Get("agency")), Name: both("name"), Address: both("address"), Hours: both("hours"), Notice: both("notice"),
		Phone: f.Get("phone"), Priorities: f.All("priorities"), Open: f.Get("open") == "yes", Edition: edition,
		Networks: strings.FieldsFunc(f.Get("networks"), func(r rune) bool { return unicode.IsSpace(r) || strings.ContainsRune(",;，；、", r) }),
	}
	for i := range counter.MaxKinds {
		k := counter.Kind{Letter: f.Get(kindID(i, "letter")), Name: contract.Text{ZH: f.Get(kindID(i, "zh")), EN: f.Get(kindID(i, "en"))}}
		if k != (counter.Kind{}) {
			in.Kinds = append(in.Kinds, k)
		}
	}
	return in
}

func (e site) makeHall(w http.ResponseWriter, r *http.Request) error {
	f, err := web.ReadForm(w, r, formBytes)
	if err != nil {
		return err
	}
	id, err := e.s.MakeHall(r.Context(), e.k.Actor(r), hallInput(f))
	if f.Fail(err) {
		return e.renderNew(w, r, http.StatusUnprocessableEntity, f)
	}
	if err != nil {
		return err
	}
	e.k.Flash(w, "counter.notice.saved")
	return e.k.SeeOther(w, r, "/staff/halls/"+id)
}

func (e site) editHall(w http.ResponseWriter, r *http.Request) error {
	return e.renderHall(w, r, http.StatusOK, nil, "")
}

func (e site) renderHall(w http.ResponseWriter, r *http.Request, status int, f *web.Form, key string) error {
	h, windows, devices, err := e.s.ManagedHall(r.Context(), e.k.Actor(r), r.PathValue("id"))
	if err != nil {
		return err
	}
	noStore(w)
	d := hallEditData{Hall: h, Windows: windows, Devices: devices, Form: f, Key: key}
	return e.k.Render(w, r, status, hallEditPage(e.k.View(r), d))
}

func (e site) changeHall(w http.ResponseWriter, r *http.Request) error {
	f, err := web.ReadForm(w, r, formBytes)
	if err != nil {
		return err
	}
	id := r.PathValue("id")
	err = e.s.ChangeHall(r.Context(), e.k.Actor(r), id, hallInput(f))
	if f.Fail(err) {
		return e.renderHall(w, r, status(err), f, "")
	}
	if err != nil {
		return err
	}
	e.k.Flash(w, "counter.notice.saved")
	return e.k.SeeOther(w, r, "/staff/halls/"+id)
}

type windowEditData struct {
	Hall   counter.Hall
	Window counter.Window // ID is "" for a new one
	Form   *web.Form
}

func (d windowEditData) action() string {
	id := d.Window.ID
	if id == "" {
		id = newWindow
	}
	return "/staff/halls/" + d.Hall.ID + "/windows/" + id
}

// newWindow stands in the address for a window that is not there yet.
const newWindow = "new"

func (e site) editWindow(w http.ResponseWriter, r *http.Request) error {
	return e.renderWindow(w, r, http.StatusOK, nil)
}

func (e site) renderWindow(w http.ResponseWriter, r *http.Request, status int, f *web.Form) error {
	h, windows, _, err := e.s.ManagedHall(r.Context(), e.k.Actor(r), r.PathValue("id"))
	if err != nil {
		return err
	}
	d := windowEditData{Hall: h, Window: counter.Window{Purpose: counter.PurposeGeneral}, Form: f}
	if id := r.PathValue("window"); id != newWindow {
		found := false
		for _, x := range windows {
			if x.ID == id {
				d.Window, found = x, true
			}
		}
		if !found {
			return counter.ErrNoWindow
		}
	}
	noStore(w)
	return e.k.Render(w, r, status, windowEditPage(e.k.View(r), d))
}

func (e site) putWindow(w http.ResponseWriter, r *http.Request) error {
	f, err := web.ReadForm(w, r, formBytes)
	if err != nil {
		return err
	}
	hall, id := r.PathValue("id"), r.PathValue("window")
	if id == newWindow {
		id = ""
	}
	edition, _ := strconv.Atoi(f.Get("edition"))
	err = e.s.PutWindow(r.Context(), e.k.Actor(r), hall, id, counter.WindowInput{
		Number: f.Get("number"), Name: contract.Text{ZH: f.Get("name-zh"), EN: f.Get("name-en")}, Purpose: f.Get("purpose"),
		Kinds: f.All("kinds"), Open: f.Get("open") == "yes", Edition: edition,
	})
	if f.Fail(err) {
		return e.renderWindow(w, r, status(err), f)
	}
	if err != nil {
		return err
	}
	e.k.Flash(w, "counter.notice.saved")
	return e.k.SeeOther(w, r, "/staff/halls/"+hall)
}

// makeDevice answers with the page itself: the key is shown once and stands in no
// address.
func (e site) makeDevice(w http.ResponseWriter, r *http.Request) error {
	f, err := web.ReadForm(w, r, formBytes)
	if err != nil {
		return err
	}
	_, key, err := e.s.MakeDevice(r.Context(), e.k.Actor(r), f.Get("device-window"), f.Get("device-name"))
	if f.Fail(err) {
		return e.renderHall(w, r, http.StatusUnprocessableEntity, f, "")
	}
	if err != nil {
		return err
	}
	return e.renderHall(w, r, http.StatusOK, nil, key)
}

func (e site) revokeDevice(w http.ResponseWriter, r *http.Request) error {
	if err := e.s.RevokeDevice(r.Context(), e.k.Actor(r), r.PathValue("device")); err != nil {
		return err
	}
	e.k.Flash(w, "counter.notice.revoked")
	return e.k.SeeOther(w, r, "/staff/halls/"+r.PathValue("id"))
}

type daysData struct {
	Halls    []counter.Hall
	Hall     counter.Hall
	Day      day.Date
	Rows     []counter.DayRow
	Sessions []counter.Session
}

func (e site) days(w http.ResponseWriter, r *http.Request) error {
	v, q := e.k.View(r), r.URL.Query()
	halls, err := e.s.Supervised(r.Context(), v.Actor)
	if err != nil {
		return err
	}
	d := daysData{Halls: halls, Day: day.In(v.Now)}
	if on, err := day.Parse(q.Get("day")); err == nil {
		d.Day = on
	}
	id := q.Get("hall")
	if id == "" && len(halls) > 0 {
		id = halls[0].ID
	}
	if id != "" {
		if d.Hall, d.Rows, err = e.s.Day(r.Context(), v.Actor, id, d.Day); err != nil {
			return err
		}
		if v.May(counter.ActionAudit) && d.Day == day.In(v.Now) {
			if d.Sessions, err = e.s.Sessions(r.Context(), v.Actor, id, 100); err != nil {
				return err
			}
		}
	}
	noStore(w)
	return e.k.Render(w, r, http.StatusOK, daysPage(v, d))
}

func dayColumns() []string {
	return []string{"taken", "served", "missed", "cancelled", "open", "waited", "longest", "service"}
}

func dayCells(v web.View, x counter.DayRow) []string {
	n := func(n int) string { return strconv.Itoa(n) }
	span := func(m int) string { return v.T("counter.minutes", "n", m) }
	return []string{
		n(x.Taken), n(x.Served), n(x.Missed), n(x.Cancelled), n(x.Open),
		span(minutes(x.Waited)), span(minutes(x.Longest)), span(minutes(x.Service)),
	}
}

func openText(v web.View, open bool) string {
	if open {
		return v.T("counter.manage.is_open")
	}
	return v.T("counter.manage.is_closed")
}

func allPriorities(v web.View) []web.Option {
	var list []web.Option
	for _, p := range counter.Priorities() {
		list = append(list, web.Option{Value: p, Label: v.T("counter.priority." + p)})
	}
	return list
}

func purposes(v web.View) []web.Option {
	var list []web.Option
	for _, p := range counter.Purposes() {
		list = append(list, web.Option{Value: p, Label: v.T("counter.purpose." + p)})
	}
	return list
}

func hallKinds(v web.View, h counter.Hall) []web.Option {
	list := make([]web.Option, 0, len(h.Kinds))
	for _, k := range h.Kinds {
		list = append(list, web.Option{Value: k.Letter, Label: k.Letter + " " + pick(v, k.Name)})
	}
	return list
}
