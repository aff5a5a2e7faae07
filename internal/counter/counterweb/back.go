package counterweb

import (
	"net/http"
	"strconv"
	"strings"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/counter"
	"github.com/tongban/tongban/internal/kit/fault"
	"github.com/tongban/tongban/internal/kit/id"
	"github.com/tongban/tongban/internal/kit/web"
)

// backRoutes are the pages behind the window: hand-over, shelf, courier and what
// could not be got done.
func (e site) backRoutes() {
	e.k.Page("GET /staff/counter/handovers", counter.ActionHandovers, e.handovers)
	e.k.Page("POST /staff/counter/handovers", counter.ActionHandOver, e.handOver)
	e.k.Page("GET /staff/counter/handovers/{id}", counter.ActionHandovers, e.handover)
	e.k.Page("GET /staff/counter/handovers/{id}/list.pdf", counter.ActionHandovers, e.handoverPDF)
	e.k.Page("POST /staff/counter/handovers/{id}", counter.ActionTakeOver, e.takeOver)
	e.k.Page("POST /staff/counter/handovers/{id}/back", counter.ActionHandOver, e.takeBack)
	e.k.Page("POST /staff/counter/handovers/{id}/lines", counter.ActionHandOver, e.settleLine)

	e.k.Page("GET /staff/counter/shelf", counter.ActionShelf, e.shelf)
	e.k.Page("POST /staff/counter/shelf", counter.ActionShelf, e.shelve)
	e.k.Page("POST /staff/counter/shelf/issue", counter.ActionShelf, e.issue)
	e.k.Page("GET /staff/counter/shelf/{id}", counter.ActionShelf, e.parcel)
	e.k.Page("POST /staff/counter/shelf/{id}/code", counter.ActionShelf, e.recode)
	e.k.Page("POST /staff/counter/shelf/{id}/address", counter.ActionShelf, e.address)
	e.k.Page("POST /staff/counter/shelf/{id}/send", counter.ActionShelf, e.send)
	e.k.Page("POST /staff/counter/shelf/{id}/track", counter.ActionShelf, e.track)
	e.k.Page("POST /staff/counter/shelf/{id}/slot", counter.ActionShelf, e.putAt)

	e.stuckRoutes()
}

// handoversData is the page of lists.
type handoversData struct {
	MayMake bool
	Waiting []counter.Waiting
	Lists   []counter.Handover
	Own     contract.AgencyID
	Form    *web.Form
}

func (e site) handovers(w http.ResponseWriter, r *http.Request) error {
	return e.handoversForm(w, r, http.StatusOK, nil)
}

func (e site) handoversForm(w http.ResponseWriter, r *http.Request, status int, f *web.Form) error {
	actor := e.k.Actor(r)
	d := handoversData{MayMake: e.k.May(actor, counter.ActionHandOver), Own: contract.AgencyID(actor.Agency), Form: f}
	var err error
	if d.MayMake {
		if d.Waiting, err = e.s.ToHandOver(r.Context(), actor); err != nil {
			return err
		}
	}
	if d.Lists, err = e.s.Handovers(r.Context(), actor); err != nil {
		return err
	}
	return e.k.Render(w, r, status, handoversPage(e.k.View(r), d))
}

func (e site) handOver(w http.ResponseWriter, r *http.Request) error {
	f, err := web.ReadForm(w, r, formBytes)
	if err != nil {
		return err
	}
	h, err := e.s.HandOver(r.Context(), e.k.Actor(r), contract.AgencyID(f.Get("to")))
	if f.Fail(err) { // a second click: what was made stands in the list below
		return e.handoversForm(w, r, http.StatusConflict, f)
	}
	if err != nil {
		return err
	}
	e.k.Flash(w, "counter.notice.handover_made")
	return e.k.SeeOther(w, r, "/staff/counter/handovers/"+h.ID)
}

// handoverData is the page of one list.
type handoverData struct {
	counter.Handover
	MayTake, MayBack bool
	Form             *web.Form
}

// extraLines is how many papers beside the list the form has room for.
const extraLines = 3

func (e site) handover(w http.ResponseWriter, r *http.Request) error {
	return e.handoverForm(w, r, http.StatusOK, nil)
}

func (e site) handoverForm(w http.ResponseWriter, r *http.Request, status int, f *web.Form) error {
	actor := e.k.Actor(r)
	h, err := e.s.Handover(r.Context(), actor, r.PathValue("id"))
	if err != nil {
		return err
	}
	made, own := h.State == counter.ListMade, h.From.ID == contract.AgencyID(actor.Agency)
	d := handoverData{Handover: h, Form: f}
	d.MayTake = made && e.k.May(actor, counter.ActionTakeOver) && h.To.ID == contract.AgencyID(actor.Agency)
	d.MayBack = own && e.k.May(actor, counter.ActionHandOver)
	return e.k.Render(w, r, status, handoverPage(e.k.View(r), d))
}

func (e site) handoverPDF(w http.ResponseWriter, r *http.Request) error {
	file, err := e.s.HandoverPDF(r.Context(), e.k.Actor(r), r.PathValue("id"))
	if err != nil {
		return err
	}
	noStore(w)
	w.Header().Set("Content-Type", "application/pdf")
	w.Header().Set("Content-Disposition", `inline; filename="handover.pdf"`)
	_, err = w.Write(file)
	return err
}

func (e site) takeOver(w http.ResponseWriter, r *http.Request) error {
	f, err := web.ReadForm(w, r, formBytes)
	if err != nil {
		return err
	}
	for name, values := range f.Values {
		no, reason := strings.CutPrefix(name, "reason-")
		if reason && strings.Join(values, "") != "" && f.Get("missing-"+no) == "" {
			f.Add(name, "counter.handover.unticked", "n", no) // what is said to be missing does not count as received
		}
	}
	if f.Bad() {
		return e.handoverForm(w, r, http.StatusUnprocessableEntity, f)
	}
	_, err = e.s.TakeOver(r.Context(), e.k.Actor(r), r.PathValue("id"), taken(f))
	if f.Fail(err) {
		return e.handoverForm(w, r, http.StatusUnprocessableEntity, f)
	}
	if err != nil {
		return err
	}
	e.k.Flash(w, "counter.notice.handover_confirmed")
	return e.k.SeeOther(w, r, "/staff/counter/handovers/"+r.PathValue("id"))
}

// taken reads the lines that are marked as missing, and what came beside the list.
func taken(f *web.Form) counter.Taken {
	t := counter.Taken{Missing: map[int]string{}}
	for name := range f.Values {
		no, line := strings.CutPrefix(name, "missing-")
		if n, err := strconv.Atoi(no); line && err == nil && f.Get(name) == "yes" {
			t.Missing[n] = f.Get("reason-" + no)
		}
	}
	for i := 1; i <= extraLines; i++ {
		n := strconv.Itoa(i)
		if f.Get("extra-name-"+n) == "" && f.Get("extra-reason-"+n) == "" {
			continue
		}
		sheets, _ := strconv.Atoi(f.Get("extra-sheets-" + n)) // a wrong number is a fault of the field
		t.Extra = append(t.Extra, counter.Extra{Name: f.Get("extra-name-" + n), Sheets: sheets, Reason: f.Get("extra-reason-" + n)})
	}
	return t
}

func (e site) takeBack(w http.ResponseWriter, r *http.Request) error {
	f := &web.Form{}
	err := e.s.TakeBack(r.Context(), e.k.Actor(r), r.PathValue("id"))
	if f.Fail(err) {
		return e.handoverForm(w, r, http.StatusConflict, f)
	}
	if err != nil {
		return err
	}
	e.k.Flash(w, "counter.notice.handover_back")
	return e.k.SeeOther(w, r, "/staff/counter/handovers")
}

func (e site) settleLine(w http.ResponseWriter, r *http.Request) error {
	f, err := web.ReadForm(w, r, formBytes)
	if err != nil {
		return err
	}
	no, _ := strconv.Atoi(f.Get("no")) // 0 is no line
	err = e.s.SettleItem(r.Context(), e.k.Actor(r), r.PathValue("id"), no, f.Get("found") == "yes", f.Get("note"))
	if f.Fail(err) {
		return e.handoverForm(w, r, http.StatusUnprocessableEntity, f)
	}
	if err != nil {
		return err
	}
	e.k.Flash(w, "counter.notice.handover_settled")
	return e.k.SeeOther(w, r, "/staff/counter/handovers/"+r.PathValue("id"))
}

// shelfData is the page of the shelf.
type shelfData struct {
	Parcels []counter.Parcel
	State   string
	Text    string
	Shelve  *web.Form
	Issue   *web.Form
	Key     string
	Serving string // name of who stands there
}

func (e site) shelf(w http.ResponseWriter, r *http.Request) error {
	return e.shelfPage(w, r, http.StatusOK, nil, nil)
}

func (e site) shelfPage(w http.ResponseWriter, r *http.Request, status int, shelve, issue *web.Form) error {
	actor := e.k.Actor(r)
	d := shelfData{State: r.URL.Query().Get("state"), Text: r.URL.Query().Get("q"), Shelve: shelve, Issue: issue, Key: id.New()}
	if shelve != nil && shelve.Get("key") != "" {
		d.Key = shelve.Get("key")
	}
	if actor.AtCounter() {
		d.Serving = actor.For.PersonName
		if d.Serving == "" {
			d.Serving = actor.For.Name
		}
	}
	var err error
	if d.Parcels, err = e.s.Shelf(r.Context(), actor, d.State, d.Text); err != nil {
		return err
	}
	noStore(w)
	return e.k.Render(w, r, status, shelfPage(e.k.View(r), d))
}

func (e site) shelve(w http.ResponseWriter, r *http.Request) error {
	f, err := web.ReadForm(w, r, formBytes)
	if err != nil {
		return err
	}
	sheets, _ := strconv.Atoi(f.Get("sheets")) // a wrong number is a fault of the field
	p, err := e.s.Shelve(r.Context(), e.k.Actor(r), counter.Shelving{
		Key: f.Get("key"), Number: f.Get("number"), Kind: f.Get("kind"), Sheets: sheets, Slot: f.Get("slot"), Note: f.Get("note"),
	})
	if fault.KindOf(err) == fault.NotFound {
		f.Add("number", "counter.parcel.no_case")
		return e.shelfPage(w, r, http.StatusUnprocessableEntity, f, nil)
	}
	if f.Fail(err) {
		return e.shelfPage(w, r, http.StatusUnprocessableEntity, f, nil)
	}
	if err != nil {
		return err
	}
	e.k.Flash(w, "counter.notice.shelved")
	return e.k.SeeOther(w, r, "/staff/counter/shelf/"+p.ID)
}

func (e site) issue(w http.ResponseWriter, r *http.Request) error {
	f, err := web.ReadForm(w, r, formBytes)
	if err != nil {
		return err
	}
	actor, who := e.k.Actor(r), "id_number"
	if actor.AtCounter() {
		who = "mandate"
	}
	p, err := e.s.Issue(r.Context(), actor, counter.Issuing{
		Code: f.Get("code"), IDNumber: f.Get("id_number"), Mandate: f.Get("mandate"), Signed: f.Get("signed") == "yes",
	})
	if f.Fail(here(here(err, "code", counter.ErrCode), who, counter.ErrNotTheirs)) {
		return e.shelfPage(w, r, http.StatusUnprocessableEntity, nil, f)
	}
	if err != nil {
		return err
	}
	e.k.Flash(w, "counter.notice.issued")
	return e.k.SeeOther(w, r, "/staff/counter/shelf/"+p.ID)
}

// parcelData is the page of one parcel.
type parcelData struct {
	counter.Parcel
	To       *contract.DeliveryChoice // opened for who writes the waybill
	Form     *web.Form
	MayNew   bool
	Statuses []string
	Couriers []string // that a parcel may be given to; none is any
}

func (e site) parcel(w http.ResponseWriter, r *http.Request) error {
	return e.parcelPage(w, r, http.StatusOK, nil, nil)
}

func (e site) parcelPage(w http.ResponseWriter, r *http.Request, status int, f *web.Form, to *contract.DeliveryChoice) error {
	actor := e.k.Actor(r)
	p, err := e.s.Parcel(r.Context(), actor, r.PathValue("id"))
	if err != nil {
		return err
	}
	noStore(w)
	d := parcelData{Parcel: p, To: to, Form: f, MayNew: actor.AtCounter() && p.State == counter.ParcelShelved}
	d.Couriers = e.s.Couriers()
	d.Statuses = []string{contract.CarrierMoving, contract.CarrierDelivered, contract.CarrierFailed, contract.CarrierReturned, contract.CarrierLost}
	return e.k.Render(w, r, status, parcelPage(e.k.View(r), d))
}

func (e site) recode(w http.ResponseWriter, r *http.Request) error {
	f := &web.Form{}
	_, err := e.s.Recode(r.Context(), e.k.Actor(r), r.PathValue("id"))
	if f.Fail(here(err, "", counter.ErrNotTheirs, counter.ErrNobody)) {
		return e.parcelPage(w, r, http.StatusConflict, f, nil)
	}
	if err != nil {
		return err
	}
	e.k.Flash(w, "counter.notice.recoded")
	return e.k.SeeOther(w, r, "/staff/counter/shelf/"+r.PathValue("id"))
}

// address shows where to send it, in the answer to a form: each look is recorded.
func (e site) address(w http.ResponseWriter, r *http.Request) error {
	f := &web.Form{}
	to, err := e.s.Address(r.Context(), e.k.Actor(r), r.PathValue("id"))
	if f.Fail(err) { // it was sent or fetched meanwhile
		return e.parcelPage(w, r, http.StatusConflict, f, nil)
	}
	if err != nil {
		return err
	}
	return e.parcelPage(w, r, http.StatusOK, nil, &to)
}

func (e site) send(w http.ResponseWriter, r *http.Request) error {
	f, err := web.ReadForm(w, r, formBytes)
	if err != nil {
		return err
	}
	err = e.s.Send(r.Context(), e.k.Actor(r), r.PathValue("id"), f.Get("carrier"), f.Get("waybill"))
	if f.Fail(err) {
		return e.parcelPage(w, r, http.StatusUnprocessableEntity, f, nil)
	}
	if err != nil {
		return err
	}
	e.k.Flash(w, "counter.notice.sent")
	return e.k.SeeOther(w, r, "/staff/counter/shelf/"+r.PathValue("id"))
}

func (e site) track(w http.ResponseWriter, r *http.Request) error {
	f, err := web.ReadForm(w, r, formBytes)
	if err != nil {
		return err
	}
	err = e.s.Track(r.Context(), e.k.Actor(r), r.PathValue("id"), f.Get("status"), f.Get("signer"), f.Get("note"))
	if f.Fail(err) {
		return e.parcelPage(w, r, http.StatusUnprocessableEntity, f, nil)
	}
	if err != nil {
		return err
	}
	e.k.Flash(w, "counter.notice.tracked")
	return e.k.SeeOther(w, r, "/staff/counter/shelf/"+r.PathValue("id"))
}

func (e site) putAt(w http.ResponseWriter, r *http.Request) error {
	f, err := web.ReadForm(w, r, formBytes)
	if err != nil {
		return err
	}
	err = e.s.PutAt(r.Context(), e.k.Actor(r), r.PathValue("id"), f.Get("slot"))
	if f.Fail(err) {
		return e.parcelPage(w, r, status(err), f, nil)
	}
	if err != nil {
		return err
	}
	e.k.Flash(w, "counter.notice.slot")
	return e.k.SeeOther(w, r, "/staff/counter/shelf/"+r.PathValue("id"))
}

// words joins what is left of an optional list.
func words(list ...string) string {
	var out []string
	for _, s := range list {
		if s != "" {
			out = append(out, s)
		}
	}
	return strings.Join(out, " · ")
}
