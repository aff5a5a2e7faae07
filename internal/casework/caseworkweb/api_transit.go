package caseworkweb

import (
	"context"
	"net/http"
	"slices"
	"time"

	"github.com/tongban/tongban/internal/casework"
	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/api"
	"github.com/tongban/tongban/internal/kit/auth"
)

// transitAPI registers the operations on papers, on the way between two places and
// on how the result comes.
func transitAPI(a *api.API, s *casework.Service) {
	o := operations{s}
	op := func(method, path, id, action, summary string) api.Op {
		return api.Op{Method: method, Path: path, ID: id, Action: action, Tag: "papers", Summary: summary}
	}
	made := func(p api.Op) api.Op { p.Status = http.StatusCreated; return p }
	api.Register(a, op(http.MethodGet, "/transit", "transit-list", "casework.tasks", "Cases on their way that the caller's agency took in, or waits for"), o.onTheWay)
	api.Register(a, op(http.MethodGet, "/cases/{id}/sides", "case-sides", "casework.api", "Taken in here, handled there: what each of the two places did, until when it has to act, and the parcels between them"), o.sides)
	api.Register(a, op(http.MethodPost, "/cases/{id}/transit", "case-transit", "casework.desk", "Take a step of a case on its way: send the papers, receive them, say what is missing, lost or came back"), o.transit)
	api.Register(a, op(http.MethodGet, "/cases/{id}/papers", "case-papers", "casework.api", "The papers of a case: where each is, who answers for it, and through whose hands it went"), o.papers)
	api.Register(a, made(op(http.MethodPost, "/cases/{id}/papers", "paper-take-in", "casework.desk", "Enter papers that somebody hands over; the same key enters them once")), o.takeInPapers)
	api.Register(a, op(http.MethodPost, "/cases/{id}/papers/{paper}/back", "paper-back", "casework.desk", "Give a paper back, against a signature"), o.paperBack)
	api.Register(a, op(http.MethodPost, "/cases/{id}/papers/{paper}/found", "paper-found", "casework.desk", "A paper that was missing, lost or sent back lies in the hall again"), o.paperFound)
	api.Register(a, op(http.MethodGet, "/cases/{id}/delivery", "case-delivery", "casework.api", "How the result comes; whom and where to, the applicant alone is told"), o.delivery)
	api.Register(a, op(http.MethodPut, "/cases/{id}/delivery", "case-delivery-choose", "casework.mine", "Choose how the result comes, until it is delivered"), o.chooseDelivery)
}

type transitListOut struct {
	Body struct {
		Cases []transitCaseBody `json:"cases"`
	}
}

// CaseBody lets a case stand in another body with its fields: what is embedded under a
// name of its own package alone is left out of the document.
type CaseBody = caseBody

type transitCaseBody struct {
	CaseBody
	Receiving contract.Text `json:"receiving" doc:"agency that took it in"`
	Todo      string        `json:"todo" enum:"send,receive" doc:"what the caller's agency has to do"`
}

func (o operations) onTheWay(ctx context.Context, actor auth.Principal, _ *struct{}) (*transitListOut, error) {
	list, err := o.s.TransitList(ctx, actor)
	if err != nil {
		return nil, err
	}
	out := &transitListOut{}
	out.Body.Cases = []transitCaseBody{}
	for _, c := range list {
		b := transitCaseBody{o.body(c, actor), c.Counter.AgencyName, "send"}
		if c.Agency == contract.AgencyID(actor.Agency) {
			b.Todo = "receive"
		}
		out.Body.Cases = append(out.Body.Cases, b)
	}
	return out, nil
}

type sideBody struct {
	Agency   string         `json:"agency"`
	Name     contract.Text  `json:"name"`
	Division string         `json:"division"`
	Late     bool           `json:"late,omitempty"`
	Clocks   []sideDueBody  `json:"clocks"`
	Steps    []sideStepBody `json:"steps"`
}

type sideDueBody struct {
	Clock    string `json:"clock"`
	Started  string `json:"started"`
	Promised string `json:"promised"`
	Legal    string `json:"legal"`
	Late     bool   `json:"late,omitempty"`
}

type sideStepBody struct {
	Step   int           `json:"step"`
	Action string        `json:"action"`
	Name   contract.Text `json:"name"`
	At     time.Time     `json:"at"`
}

type legBody struct {
	No      int       `json:"no"`
	Way     string    `json:"way" enum:"courier,hand"`
	Carrier string    `json:"carrier,omitempty"`
	Waybill string    `json:"waybill,omitempty"`
	Status  string    `json:"status" enum:"sent,moving,received,incomplete,lost,returned,turned_back"`
	Sent    time.Time `json:"sent"`
	Changed time.Time `json:"changed"`
	Note    string    `json:"note,omitempty"`
}

type sidesOut struct {
	Body struct {
		Receiving sideBody  `json:"receiving" doc:"the place that took it in and answers for the way"`
		Handling  sideBody  `json:"handling" doc:"the place that decides; its days begin when it has the papers"`
		Arrived   string    `json:"arrived,omitempty" doc:"day on which the handling place had the papers"`
		Legs      []legBody `json:"legs"`
		Actions   []string  `json:"actions" doc:"steps on the way that the caller may take now"`
	}
}

func (o operations) sides(ctx context.Context, actor auth.Principal, in *caseIn) (*sidesOut, error) {
	c, err := o.s.Open(ctx, actor, contract.CaseID(in.ID))
	if err != nil {
		return nil, err
	}
	x, err := o.s.Sides(ctx, actor, c.ID)
	if err != nil {
		return nil, err
	}
	out := &sidesOut{}
	b := &out.Body
	b.Receiving, b.Handling, b.Arrived = o.sideOf(c, x.Receiving), o.sideOf(c, x.Handling), x.Arrived.String()
	b.Legs, b.Actions = []legBody{}, []string{}
	for _, l := range x.Legs {
		b.Legs = append(b.Legs, legBody{l.No, l.Way, l.Carrier, l.Waybill, l.Status, l.Sent.UTC(), l.Changed.UTC(), l.Note})
	}
	may, err := o.s.TransitChoices(ctx, actor, c)
	b.Actions = append(b.Actions, may...)
	return out, err
}

func (o operations) sideOf(c casework.Case, x casework.Side) sideBody {
	b := sideBody{Agency: string(x.Agency), Name: x.Name, Division: x.Division, Late: x.Late, Clocks: []sideDueBody{}, Steps: []sideStepBody{}}
	for _, d := range x.Deadlines {
		b.Clocks = append(b.Clocks, sideDueBody{string(d.Clock), d.Started.String(), d.Promised.String(), d.Legal.String(), d.Late})
	}
	for _, st := range x.Steps {
		name, _ := o.s.StepName(c, st)
		b.Steps = append(b.Steps, sideStepBody{st.No, st.Action, name, st.At.UTC()})
	}
	return b
}

type transitIn struct {
	ID   string `path:"id" maxLength:"64"`
	Body struct {
		Action  string   `json:"action" enum:"dispatch,receive,incomplete,turn_back,lose,come_back"`
		Step    int      `json:"step,omitempty" minimum:"0" doc:"the step the caller saw; 0 is whatever it is now"`
		Way     string   `json:"way,omitempty" enum:"courier,hand" doc:"dispatch"`
		Carrier string   `json:"carrier,omitempty" maxLength:"40" doc:"dispatch by courier"`
		Waybill string   `json:"waybill,omitempty" maxLength:"40" doc:"dispatch by courier"`
		Arrived string   `json:"arrived,omitempty" format:"date" doc:"receive: the day on which the papers came; today unless said"`
		Missing []string `json:"missing,omitempty" maxItems:"100" doc:"receive, incomplete: papers that should have come and did not"`
		Reasons []string `json:"reasons,omitempty" maxItems:"20" doc:"of incomplete, turn_back, lose and come_back"`
	}
}

func (o operations) transit(ctx context.Context, actor auth.Principal, in *transitIn) (*caseOut, error) {
	b := in.Body
	a := casework.Action{Name: b.Action, Step: b.Step, Reasons: b.Reasons}
	a.OnTheWay = casework.OnTheWay{Way: b.Way, Carrier: b.Carrier, Waybill: b.Waybill, Arrived: dayIn(b.Arrived)}
	for _, x := range b.Missing {
		a.OnTheWay.Missing = append(a.OnTheWay.Missing, contract.PaperID(x))
	}
	c, err := o.s.Transit(ctx, actor, contract.CaseID(in.ID), a)
	if err != nil {
		return nil, err
	}
	out, err := o.withActions(ctx, c, actor)
	return &caseOut{out}, err
}

type paperBody struct {
	ID       string        `json:"id"`
	Material string        `json:"material,omitempty" doc:"of the guide; none is a paper that no guide lists"`
	Name     contract.Text `json:"name"`
	Original bool          `json:"original"`
	Sheets   int           `json:"sheets"`
	State    string        `json:"state"`
	Keeper   contract.Text `json:"keeper" doc:"who answers for it; nobody once it was given back"`
	Since    time.Time     `json:"since"`
	MayMove  bool          `json:"may_move,omitempty" doc:"the caller's agency answers for it"`
	Log      []custodyBody `json:"log" doc:"through whose hands it went"`
}

type custodyBody struct {
	From   string        `json:"from,omitempty"`
	To     string        `json:"to"`
	Keeper contract.Text `json:"keeper"`
	By     string        `json:"by,omitempty" doc:"for officials"`
	Note   string        `json:"note,omitempty" doc:"for officials"`
	At     time.Time     `json:"at"`
}

type papersOut struct {
	Body struct {
		Papers  []paperBody `json:"papers"`
		MayTake bool        `json:"may_take_in,omitempty" doc:"the caller may enter papers"`
	}
}

func (o operations) papers(ctx context.Context, actor auth.Principal, in *caseIn) (*papersOut, error) {
	c, err := o.s.Open(ctx, actor, contract.CaseID(in.ID))
	if err != nil {
		return nil, err
	}
	list, log, err := o.s.Papers(ctx, actor, c.ID)
	if err != nil {
		return nil, err
	}
	out := &papersOut{}
	out.Body.Papers, out.Body.MayTake = []paperBody{}, o.s.MayTakeInPapers(actor, c)
	official := actor.Kind == auth.Staff && !actor.AtCounter()
	for _, p := range list {
		b := paperBody{
			ID: string(p.ID), Material: p.Material, Name: p.Name, Original: p.Original, Sheets: p.Sheets, State: p.State,
			Keeper: p.KeeperName, Since: p.Since.UTC(), MayMove: o.s.MayMovePaper(actor, c, p), Log: []custodyBody{},
		}
		for _, l := range log {
			if l.Paper != p.ID {
				continue
			}
			x := custodyBody{From: l.From, To: l.To, Keeper: l.Keeper, At: l.At.UTC()}
			if official {
				x.By, x.Note = l.Actor.Name, l.Note
			}
			b.Log = append(b.Log, x)
		}
		out.Body.Papers = append(out.Body.Papers, b)
	}
	return out, nil
}

type takeInIn struct {
	ID   string `path:"id" maxLength:"64"`
	Body struct {
		Key    string `json:"key" minLength:"1" maxLength:"64" doc:"of this entry, chosen by the caller"`
		Papers []struct {
			Material string `json:"material,omitempty" maxLength:"100" doc:"of the guide"`
			Name     string `json:"name,omitempty" maxLength:"60" doc:"of a paper that no guide lists"`
			Original bool   `json:"original,omitempty"`
			Sheets   int    `json:"sheets"`
		} `json:"papers" minItems:"1" maxItems:"100"`
	}
}

func (o operations) takeInPapers(ctx context.Context, actor auth.Principal, in *takeInIn) (*papersOut, error) {
	list := make([]casework.PaperIn, len(in.Body.Papers))
	for i, x := range in.Body.Papers {
		list[i] = casework.PaperIn{Material: x.Material, Name: x.Name, Original: x.Original, Sheets: x.Sheets}
	}
	if err := o.s.TakeInPapers(ctx, actor, contract.CaseID(in.ID), in.Body.Key, list); err != nil {
		return nil, err
	}
	return o.papers(ctx, actor, &caseIn{in.ID})
}

// paperOf is ErrNoPaper for a paper that the case does not have.
func (o operations) paperOf(ctx context.Context, actor auth.Principal, id, paper string) error {
	list, _, err := o.s.Papers(ctx, actor, contract.CaseID(id))
	if err != nil {
		return err
	}
	if !slices.ContainsFunc(list, func(p contract.Paper) bool { return string(p.ID) == paper }) {
		return casework.ErrNoPaper
	}
	return nil
}

type paperBackIn struct {
	ID    string `path:"id" maxLength:"64"`
	Paper string `path:"paper" maxLength:"64"`
	Body  struct {
		To string `json:"to" maxLength:"40" doc:"who takes it and signs for it"`
	}
}

func (o operations) paperBack(ctx context.Context, actor auth.Principal, in *paperBackIn) (*papersOut, error) {
	if err := o.paperOf(ctx, actor, in.ID, in.Paper); err != nil {
		return nil, err
	}
	if err := o.s.GivePaperBack(ctx, actor, contract.PaperID(in.Paper), in.Body.To); err != nil {
		return nil, err
	}
	return o.papers(ctx, actor, &caseIn{in.ID})
}

type paperFoundIn struct {
	ID    string `path:"id" maxLength:"64"`
	Paper string `path:"paper" maxLength:"64"`
	Body  struct {
		Note string `json:"note,omitempty" maxLength:"200"`
	}
}

func (o operations) paperFound(ctx context.Context, actor auth.Principal, in *paperFoundIn) (*papersOut, error) {
	if err := o.paperOf(ctx, actor, in.ID, in.Paper); err != nil {
		return nil, err
	}
	if err := o.s.PaperFound(ctx, actor, contract.PaperID(in.Paper), in.Body.Note); err != nil {
		return nil, err
	}
	return o.papers(ctx, actor, &caseIn{in.ID})
}

type deliveryBody struct {
	Way     string     `json:"way" doc:"how the result comes"`
	Ways    []string   `json:"ways" doc:"that the service has"`
	Name    string     `json:"name,omitempty" doc:"for the applicant alone"`
	Phone   string     `json:"phone,omitempty" doc:"for the applicant alone"`
	Address string     `json:"address,omitempty" doc:"for the applicant alone"`
	Chosen  *time.Time `json:"chosen,omitempty"`
}

type deliveryOut struct{ Body deliveryBody }

func (o operations) delivery(ctx context.Context, actor auth.Principal, in *caseIn) (*deliveryOut, error) {
	d, err := o.s.Delivery(ctx, actor, contract.CaseID(in.ID))
	if err != nil {
		return nil, err
	}
	return &deliveryOut{deliveryBody{d.Way, append([]string{}, d.Ways...), d.Name, d.Phone, d.Address, instantOf(d.At)}}, nil
}

type chooseIn struct {
	ID   string `path:"id" maxLength:"64"`
	Body struct {
		Way     string `json:"way" maxLength:"20"`
		Name    string `json:"name,omitempty" maxLength:"40" doc:"by courier: who receives it"`
		Phone   string `json:"phone,omitempty" maxLength:"20" doc:"by courier"`
		Address string `json:"address,omitempty" maxLength:"120" doc:"by courier"`
	}
}

func (o operations) chooseDelivery(ctx context.Context, actor auth.Principal, in *chooseIn) (*deliveryOut, error) {
	err := o.s.ChooseDelivery(ctx, actor, contract.CaseID(in.ID), contract.DeliveryChoice{
		Way: in.Body.Way, Name: in.Body.Name, Phone: in.Body.Phone, Address: in.Body.Address,
	})
	if err != nil {
		return nil, err
	}
	return o.delivery(ctx, actor, &caseIn{in.ID})
}
