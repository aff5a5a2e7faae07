package counterweb

import (
	"context"
	"net/http"
	"time"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/counter"
	"github.com/tongban/tongban/internal/kit/api"
	"github.com/tongban/tongban/internal/kit/auth"
)

// backAPI are the operations behind the window.
func backAPI(a *api.API, s *counter.Service) {
	o := backOps{s}
	op := func(method, path, id, action, summary string) api.Op {
		return api.Op{Method: method, Path: path, ID: id, Action: action, Tag: "counter", Summary: summary}
	}
	api.Register(a, op(http.MethodGet, "/counter/handovers", "handover-list", counter.ActionHandovers, "Lists by which papers go to departments, and what waits"), o.handovers)
	api.Register(a, op(http.MethodPost, "/counter/handovers", "handover-make", counter.ActionHandOver, "Make a list of all papers in the hall for a department"), o.handOver)
	api.Register(a, op(http.MethodGet, "/counter/handovers/{id}", "handover-get", counter.ActionHandovers, "One list, line by line"), o.handover)
	api.Register(a, op(http.MethodPost, "/counter/handovers/{id}/confirm", "handover-confirm", counter.ActionTakeOver, "Confirm a list: what is missing, what came beside it"), o.takeOver)
	api.Register(a, op(http.MethodPost, "/counter/handovers/{id}/back", "handover-back", counter.ActionHandOver, "Take a list back that nobody confirmed"), o.takeBack)
	api.Register(a, op(http.MethodPost, "/counter/handovers/{id}/lines/{no}", "handover-settle", counter.ActionHandOver, "Settle a difference of a list"), o.settle)
	api.Register(a, op(http.MethodGet, "/counter/shelf", "shelf-list", counter.ActionShelf, "Results on paper in the hall"), o.shelf)
	api.Register(a, op(http.MethodPost, "/counter/shelf", "shelf-add", counter.ActionShelf, "Put a result on the shelf; the applicant gets a code"), o.shelve)
	api.Register(a, op(http.MethodPost, "/counter/shelf/issue", "shelf-issue", counter.ActionShelf, "Hand a result out by code and identity; takes the step of delivery"), o.issue)
	api.Register(a, op(http.MethodPost, "/counter/shelf/{id}/code", "shelf-code", counter.ActionShelf, "A new code for the person of the open session"), o.recode)
	api.Register(a, op(http.MethodPost, "/counter/shelf/{id}/address", "shelf-address", counter.ActionShelf, "Where to send a result; reading it is recorded"), o.address)
	api.Register(a, op(http.MethodGet, "/counter/couriers", "shelf-couriers", counter.ActionShelf, "Carriers that parcels may be given to"), o.couriers)
	api.Register(a, op(http.MethodPost, "/counter/shelf/{id}/send", "shelf-send", counter.ActionShelf, "Give a result to a carrier"), o.send)
	api.Register(a, op(http.MethodPost, "/counter/shelf/{id}/track", "shelf-track", counter.ActionShelf, "Enter what a carrier says of a parcel"), o.track)
	api.Register(a, op(http.MethodPost, "/counter/shelf/{id}/slot", "shelf-slot", counter.ActionShelf, "Say where a result lies now: what a carrier brought back lies nowhere until then"), o.putAt)
	api.Register(a, op(http.MethodGet, "/cases/{id}/pickup", "case-pickup", counter.ActionPickup, "Results of one's case that lie ready, with their codes"), o.pickup)
	api.Register(a, op(http.MethodPost, "/carriers/{carrier}/events", "carrier-event", counter.ActionCarrier,
		"A carrier tells what became of a parcel. Signed as our webhooks are: Tongban-Signature: v1=hex(HMAC-SHA256(secret, timestamp + \".\" + body)), Tongban-Timestamp: Unix seconds, at most five minutes old. The same id counts once"), o.carrier)
	api.Register(a, op(http.MethodPost, "/stuck", "stuck-report", counter.ActionStuck, "Report what could not be got done"), o.report)
	api.Register(a, op(http.MethodPost, "/stuck/ask", "stuck-ask", counter.ActionStuck, "What came of a report, by number and code"), o.ask)
	api.Register(a, op(http.MethodPost, "/stuck/confirm", "stuck-confirm", counter.ActionStuck, "Say whether it is really solved; no opens it again, once"), o.confirm)
	api.Register(a, op(http.MethodGet, "/stuck/desk", "stuck-desk", counter.ActionStuckDesk, "Reports of one's agency, hall or division, with counts"), o.desk)
	api.Register(a, op(http.MethodGet, "/stuck/desk/{id}", "stuck-get", counter.ActionStuckDesk, "One report; reading name and phone is recorded"), o.one)
	api.Register(a, op(http.MethodPost, "/stuck/desk/{id}/assign", "stuck-assign", counter.ActionStuckDesk, "Give a report to an agency"), o.assign)
	api.Register(a, op(http.MethodPost, "/stuck/desk/{id}/answer", "stuck-answer", counter.ActionStuckDesk, "Answer a report: solved, explained with law, or passed on"), o.answer)
}

type backOps struct{ s *counter.Service }

type idIn struct {
	ID string `path:"id"`
}

type lineBody struct {
	No       int           `json:"no"`
	Name     contract.Text `json:"name"`
	Number   string        `json:"case_number,omitempty"`
	Original bool          `json:"original"`
	Sheets   int           `json:"sheets"`
	Result   string        `json:"result,omitempty" enum:"received,missing,extra"`
	Reason   string        `json:"reason,omitempty"`
	Settled  string        `json:"settled,omitempty"`
}

type handoverBody struct {
	ID     string        `json:"id"`
	Number string        `json:"number"`
	From   contract.Text `json:"from"`
	To     contract.Text `json:"to"`
	State  string        `json:"state" enum:"made,confirmed,taken_back"`
	Made   time.Time     `json:"made"`
	By     string        `json:"by"`
	Done   *time.Time    `json:"done,omitempty"`
	DoneBy string        `json:"done_by,omitempty"`
	Count  int           `json:"count"`
	Lines  []lineBody    `json:"lines,omitempty"`
}

func handoverOf(h counter.Handover) handoverBody {
	b := handoverBody{ID: h.ID, Number: h.Number, From: h.From.Name, To: h.To.Name, State: h.State, Made: h.Made, By: h.MadeBy.Name, DoneBy: h.DoneBy.Name, Count: max(h.Count, len(h.Items))}
	if !h.Done.IsZero() {
		b.Done = &h.Done
	}
	for _, x := range h.Items {
		b.Lines = append(b.Lines, lineBody{x.No, x.Name, x.Number, x.Original, x.Sheets, x.Result, x.Reason, x.Settled})
	}
	return b
}

type handoversOut struct {
	Body struct {
		Waiting []waitingBody  `json:"waiting"`
		Lists   []handoverBody `json:"lists"`
	}
}

type waitingBody struct {
	To     string           `json:"to"`
	Name   contract.Text    `json:"name"`
	Papers []contract.Paper `json:"papers"`
}

func (o backOps) handovers(ctx context.Context, actor auth.Principal, _ *struct{}) (*handoversOut, error) {
	out := &handoversOut{}
	out.Body.Lists, out.Body.Waiting = []handoverBody{}, []waitingBody{}
	list, err := o.s.Handovers(ctx, actor)
	if err != nil {
		return nil, err
	}
	for _, h := range list {
		out.Body.Lists = append(out.Body.Lists, handoverOf(h))
	}
	if !actor.Is(auth.RoleCounter) {
		return out, nil
	}
	waiting, err := o.s.ToHandOver(ctx, actor)
	for _, x := range waiting {
		out.Body.Waiting = append(out.Body.Waiting, waitingBody{string(x.To), x.Name, x.Papers})
	}
	return out, err
}

type handOverIn struct {
	Body struct {
		To string `json:"to" doc:"agency"`
	}
}

type handoverOut struct{ Body handoverBody }

func (o backOps) handOver(ctx context.Context, actor auth.Principal, in *handOverIn) (*handoverOut, error) {
	h, err := o.s.HandOver(ctx, actor, contract.AgencyID(in.Body.To))
	return &handoverOut{handoverOf(h)}, err
}

func (o backOps) handover(ctx context.Context, actor auth.Principal, in *idIn) (*handoverOut, error) {
	h, err := o.s.Handover(ctx, actor, in.ID)
	return &handoverOut{handoverOf(h)}, err
}

type takeOverIn struct {
	ID   string `path:"id"`
	Body struct {
		Missing []missingBody `json:"missing,omitempty"`
		Extra   []extraBody   `json:"extra,omitempty"`
	}
}

// missingBody is a paper of a list that was not there.
type missingBody struct {
	No     int    `json:"no"`
	Reason string `json:"reason"`
}

// extraBody is a paper that was there and on no list.
type extraBody struct {
	Name   string `json:"name"`
	Sheets int    `json:"sheets"`
	Reason string `json:"reason"`
}

func (o backOps) takeOver(ctx context.Context, actor auth.Principal, in *takeOverIn) (*handoverOut, error) {
	t := counter.Taken{Missing: map[int]string{}}
	for _, m := range in.Body.Missing {
		t.Missing[m.No] = m.Reason
	}
	for _, x := range in.Body.Extra {
		t.Extra = append(t.Extra, counter.Extra{Name: x.Name, Sheets: x.Sheets, Reason: x.Reason})
	}
	h, err := o.s.TakeOver(ctx, actor, in.ID, t)
	return &handoverOut{handoverOf(h)}, err
}

func (o backOps) takeBack(ctx context.Context, actor auth.Principal, in *idIn) (*handoverOut, error) {
	if err := o.s.TakeBack(ctx, actor, in.ID); err != nil {
		return nil, err
	}
	return o.handover(ctx, actor, in)
}

type settleIn struct {
	ID   string `path:"id"`
	No   int    `path:"no"`
	Body struct {
		Found bool   `json:"found"`
		Note  string `json:"note"`
	}
}

func (o backOps) settle(ctx context.Context, actor auth.Principal, in *settleIn) (*handoverOut, error) {
	if err := o.s.SettleItem(ctx, actor, in.ID, in.No, in.Body.Found, in.Body.Note); err != nil {
		return nil, err
	}
	return o.handover(ctx, actor, &idIn{in.ID})
}

type parcelBody struct {
	ID       string        `json:"id"`
	Case     string        `json:"case"`
	Number   string        `json:"case_number"`
	Item     contract.Text `json:"item"`
	Hall     contract.Text `json:"hall"`
	Kind     string        `json:"kind" enum:"licence,document,originals"`
	Sheets   int           `json:"sheets"`
	Slot     string        `json:"slot,omitempty"`
	Way      string        `json:"way" enum:"pickup,courier"`
	State    string        `json:"state" enum:"shelved,issued,sent,delivered,returned"`
	Code     string        `json:"code,omitempty" doc:"for its applicant alone"`
	Until    string        `json:"until,omitempty"`
	Carrier  string        `json:"carrier,omitempty"`
	Waybill  string        `json:"waybill,omitempty"`
	Tracking string        `json:"tracking,omitempty"`
	Shelved  time.Time     `json:"shelved"`
	Ended    *time.Time    `json:"ended,omitempty"`
}

func parcelOf(p counter.Parcel) parcelBody {
	b := parcelBody{
		ID: p.ID, Case: string(p.Case), Number: p.Number, Item: p.Item, Hall: p.Hall, Kind: p.Kind, Sheets: p.Sheets, Slot: p.Slot, Way: p.Way,
		State: p.State, Code: p.Code, Carrier: p.Carrier, Waybill: p.Waybill, Tracking: p.Tracking, Shelved: p.Shelved,
	}
	if p.State == counter.ParcelShelved {
		b.Until = p.ReturnOn.String()
	}
	if !p.Ended.IsZero() {
		b.Ended = &p.Ended
	}
	return b
}

type parcelsOut struct {
	Body struct {
		Parcels []parcelBody `json:"parcels"`
	}
}

func parcelsOf(list []counter.Parcel) *parcelsOut {
	out := &parcelsOut{}
	out.Body.Parcels = []parcelBody{}
	for _, p := range list {
		out.Body.Parcels = append(out.Body.Parcels, parcelOf(p))
	}
	return out
}

type shelfIn struct {
	State string `query:"state" enum:"shelved,issued,sent,delivered,returned,all" default:"shelved"`
	Text  string `query:"q" doc:"case number, slot or waybill"`
}

func (o backOps) shelf(ctx context.Context, actor auth.Principal, in *shelfIn) (*parcelsOut, error) {
	list, err := o.s.Shelf(ctx, actor, in.State, in.Text)
	return parcelsOf(list), err
}

type shelveIn struct {
	Body struct {
		Key    string `json:"key" doc:"chosen by the caller: the same key shelves once"`
		Number string `json:"case_number"`
		Kind   string `json:"kind" enum:"licence,document,originals"`
		Sheets int    `json:"sheets"`
		Slot   string `json:"slot"`
		Note   string `json:"note,omitempty"`
	}
}

type parcelOut struct{ Body parcelBody }

func (o backOps) shelve(ctx context.Context, actor auth.Principal, in *shelveIn) (*parcelOut, error) {
	p, err := o.s.Shelve(ctx, actor, counter.Shelving{Key: in.Body.Key, Number: in.Body.Number, Kind: in.Body.Kind, Sheets: in.Body.Sheets, Slot: in.Body.Slot, Note: in.Body.Note})
	p.Code = "" // it is the applicant's
	return &parcelOut{parcelOf(p)}, err
}

type issueIn struct {
	Body struct {
		Code     string `json:"code"`
		IDNumber string `json:"id_number,omitempty" doc:"of who stands there, where no session is open"`
		Mandate  string `json:"mandate,omitempty" doc:"of an agent"`
		Signed   bool   `json:"signed" doc:"the person signed the slip"`
	}
}

func (o backOps) issue(ctx context.Context, actor auth.Principal, in *issueIn) (*parcelOut, error) {
	p, err := o.s.Issue(ctx, actor, counter.Issuing{Code: in.Body.Code, IDNumber: in.Body.IDNumber, Mandate: in.Body.Mandate, Signed: in.Body.Signed})
	return &parcelOut{parcelOf(p)}, err
}

func (o backOps) recode(ctx context.Context, actor auth.Principal, in *idIn) (*parcelOut, error) {
	p, err := o.s.Recode(ctx, actor, in.ID)
	p.Code = ""
	return &parcelOut{parcelOf(p)}, err
}

type addressOut struct {
	Body struct {
		Name    string `json:"name"`
		Phone   string `json:"phone"`
		Address string `json:"address"`
	}
}

func (o backOps) address(ctx context.Context, actor auth.Principal, in *idIn) (*addressOut, error) {
	to, err := o.s.Address(ctx, actor, in.ID)
	out := &addressOut{}
	out.Body.Name, out.Body.Phone, out.Body.Address = to.Name, to.Phone, to.Address
	return out, err
}

type sendIn struct {
	ID   string `path:"id"`
	Body struct {
		Carrier string `json:"carrier" minLength:"2" maxLength:"40" example:"EMS" doc:"one of those that shelf-couriers lists; where it lists none, any"`
		Waybill string `json:"waybill" minLength:"6" maxLength:"40" example:"EA123456789CN" doc:"number on the waybill"`
	}
}

type couriersOut struct {
	Body struct {
		Couriers []string `json:"couriers" doc:"names as they stand on waybills; none means that any may be entered"`
	}
}

func (o backOps) couriers(context.Context, auth.Principal, *struct{}) (*couriersOut, error) {
	out := &couriersOut{}
	out.Body.Couriers = append([]string{}, o.s.Couriers()...)
	return out, nil
}

func (o backOps) send(ctx context.Context, actor auth.Principal, in *sendIn) (*parcelOut, error) {
	if err := o.s.Send(ctx, actor, in.ID, in.Body.Carrier, in.Body.Waybill); err != nil {
		return nil, err
	}
	p, err := o.s.Parcel(ctx, actor, in.ID)
	return &parcelOut{parcelOf(p)}, err
}

type trackIn struct {
	ID   string `path:"id"`
	Body struct {
		Status string `json:"status" enum:"taken,moving,delivered,failed,returned,lost"`
		Signer string `json:"signer,omitempty"`
		Note   string `json:"note,omitempty"`
	}
}

func (o backOps) track(ctx context.Context, actor auth.Principal, in *trackIn) (*parcelOut, error) {
	if err := o.s.Track(ctx, actor, in.ID, in.Body.Status, in.Body.Signer, in.Body.Note); err != nil {
		return nil, err
	}
	p, err := o.s.Parcel(ctx, actor, in.ID)
	return &parcelOut{parcelOf(p)}, err
}

type slotIn struct {
	ID   string `path:"id"`
	Body struct {
		Slot string `json:"slot" minLength:"1" maxLength:"12" example:"A-12"`
	}
}

func (o backOps) putAt(ctx context.Context, actor auth.Principal, in *slotIn) (*parcelOut, error) {
	if err := o.s.PutAt(ctx, actor, in.ID, in.Body.Slot); err != nil {
		return nil, err
	}
	p, err := o.s.Parcel(ctx, actor, in.ID)
	return &parcelOut{parcelOf(p)}, err
}

func (o backOps) pickup(ctx context.Context, actor auth.Principal, in *idIn) (*parcelsOut, error) {
	list, err := o.s.Pickups(ctx, actor, contract.CaseID(in.ID))
	return parcelsOf(list), err
}

type carrierIn struct {
	Carrier   string `path:"carrier"`
	Timestamp string `header:"Tongban-Timestamp" required:"true"`
	Signature string `header:"Tongban-Signature" required:"true"`
	// RawBody is what the signature is about; Body describes it.
	RawBody []byte
	Body    struct {
		_       struct{}  `additionalProperties:"true"`
		ID      string    `json:"id" doc:"of the event, chosen by the carrier: the same one counts once"`
		Waybill string    `json:"waybill"`
		Status  string    `json:"status" enum:"taken,moving,delivered,failed,returned,lost"`
		Note    string    `json:"note,omitempty"`
		Signer  string    `json:"signer,omitempty" doc:"who took the parcel"`
		At      time.Time `json:"at"`
	}
}

type carrierOut struct {
	Body struct {
		Fresh bool `json:"fresh" doc:"false where the event was told before"`
	}
}

func (o backOps) carrier(ctx context.Context, actor auth.Principal, in *carrierIn) (*carrierOut, error) {
	fresh, err := o.s.Told(ctx, actor, in.Carrier, in.Timestamp, in.Signature, in.RawBody)
	out := &carrierOut{}
	out.Body.Fresh = fresh
	return out, err
}
