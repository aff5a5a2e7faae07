package identityweb

import (
	"context"
	"net/http"
	"time"

	"github.com/tongban/tongban/internal/identity"
	"github.com/tongban/tongban/internal/kit/api"
	"github.com/tongban/tongban/internal/kit/auth"
	"github.com/tongban/tongban/internal/kit/day"
)

// rightsAPI registers the operations of mandates, operators and the family.
func rightsAPI(a *api.API, s *identity.Service) {
	const tag = "identity"
	op := func(method, path, id, action, summary string, status int) api.Op {
		return api.Op{Method: method, Path: path, ID: id, Action: action, Tag: tag, Summary: summary, Status: status, MaxBytes: formBytes}
	}
	get, post := http.MethodGet, http.MethodPost
	api.Register(a, op(get, "/mandates", "mandate-list", identity.ActionMandates, "Mandates that the person gave or was given", 0), listMandates(s))
	api.Register(a, op(post, "/mandates", "mandate-make", identity.ActionMandateMake, "Offer a mandate, or ask for one; it waits for the other side", http.StatusCreated), makeMandate(s))
	api.Register(a, op(get, "/mandates/{id}", "mandate-get", identity.ActionMandates, "One mandate with each use", 0), getMandate(s))
	api.Register(a, op(post, "/mandates/{id}/answer", "mandate-answer", identity.ActionMandateAnswer, "Accept or decline", http.StatusNoContent), answerMandate(s))
	api.Register(a, op(post, "/mandates/{id}/end", "mandate-end", identity.ActionMandateEnd, "End a mandate or an operator's right at once", http.StatusNoContent), endMandate(s))
	api.Register(a, op(get, "/operators", "operator-list", identity.ActionOperators, "Rights that the companies of the person gave", 0), listOperators(s))
	api.Register(a, op(post, "/operators", "operator-make", identity.ActionOperatorGrant, "Offer somebody the right to act for a company", http.StatusCreated), makeOperator(s))
	api.Register(a, op(get, "/family", "family-list", identity.ActionFamily, "Children and other wards of the person", 0), listFamily(s))
	api.Register(a, op(post, "/family/search", "family-search", identity.ActionFamily, "Ask the registers for children and wards; the look-up is recorded", 0), searchFamily(s))
	api.Register(a, op(post, "/family", "family-confirm", identity.ActionFamily, "Confirm a ward that a register names", http.StatusNoContent), confirmWard(s))
	api.Register(a, op(post, "/family/{id}/end", "family-end", identity.ActionFamily, "Stop acting for a ward", http.StatusNoContent), endWard(s))
}

type mandateBody struct {
	ID        string            `json:"id"`
	Kind      string            `json:"kind" enum:"person,company" doc:"Of the principal."`
	Principal string            `json:"principal"`
	Agent     string            `json:"agent"`
	Role      string            `json:"role" enum:"agent,operator,administrator"`
	Items     []string          `json:"items,omitempty" doc:"Absent is all services."`
	From      string            `json:"from"`
	To        string            `json:"to,omitempty"`
	State     string            `json:"state" enum:"waiting,active,declined,ended"`
	Granted   *confirmationBody `json:"granted,omitempty"`
	Accepted  *confirmationBody `json:"accepted,omitempty"`
	Ended     *time.Time        `json:"ended,omitempty"`
	MayAnswer bool              `json:"may_answer" doc:"It waits for who asks."`
	Uses      []deedBody        `json:"uses,omitempty" doc:"Of one mandate, newest first."`
}

type confirmationBody struct {
	At    time.Time `json:"at"`
	Level int       `json:"level" doc:"Real-name level of who confirmed."`
}

type deedBody struct {
	At     time.Time `json:"at"`
	Kind   string    `json:"kind" enum:"case,data"`
	Action string    `json:"action,omitempty"`
	Case   string    `json:"case,omitempty"`
	Number string    `json:"number,omitempty"`
	What   []string  `json:"what,omitempty"`
}

func mandateOf(ctx context.Context, s *identity.Service, p auth.Principal, m identity.Mandate) mandateBody {
	b := mandateBody{
		ID: m.ID, Kind: m.Kind, Principal: m.PrincipalName, Agent: m.AgentName, Role: m.Role, Items: m.Items,
		From: m.From.String(), State: string(m.State), Granted: confirmed(m.Granted), Accepted: confirmed(m.Accepted),
		MayAnswer: s.MayAnswer(ctx, p, m),
	}
	if !m.To.IsZero() {
		b.To = m.To.String()
	}
	if m.Over(s.Today()) && m.State != identity.MandateDeclined {
		b.State = string(identity.MandateEnded)
	}
	if !m.Ended.IsZero() {
		b.Ended = &m.Ended
	}
	return b
}

func confirmed(c identity.Confirmation) *confirmationBody {
	if c.At.IsZero() {
		return nil
	}
	return &confirmationBody{At: c.At, Level: c.Level}
}

type mandatesOut struct{ Body []mandateBody }

func listMandates(s *identity.Service) func(context.Context, auth.Principal, *none) (*mandatesOut, error) {
	return func(ctx context.Context, p auth.Principal, _ *none) (*mandatesOut, error) {
		all, err := s.Mandates(ctx, p)
		return mandatesOf(ctx, s, p, all), err
	}
}

func mandatesOf(ctx context.Context, s *identity.Service, p auth.Principal, all []identity.Mandate) *mandatesOut {
	out := &mandatesOut{Body: []mandateBody{}}
	for _, m := range all {
		out.Body = append(out.Body, mandateOf(ctx, s, p, m))
	}
	return out
}

// OtherBody lets it stand in another body with its fields: what is embedded under a name
// that is not exported is left out of the document.
type OtherBody = otherBody

// otherBody is somebody else as one who looks for them describes them.
type otherBody struct {
	Name    string   `json:"name" maxLength:"50" doc:"Full name."`
	Account string   `json:"account,omitempty" maxLength:"100" doc:"User name, or else number."`
	Number  string   `json:"number,omitempty" maxLength:"20" doc:"Identity number."`
	Items   []string `json:"items,omitempty" maxItems:"50" doc:"Services."`
	From    string   `json:"from" format:"date"`
	To      string   `json:"to" format:"date"`
}

func (o otherBody) person() identity.Person {
	return identity.Person{Name: o.Name, Account: o.Account, Number: o.Number}
}

// period reads the days; what is no day is left empty, which the service refuses.
func (o otherBody) period() (p identity.Period) {
	p.From, _ = day.Parse(o.From)
	p.To, _ = day.Parse(o.To)
	return p
}

type newMandateIn struct {
	Body struct {
		OtherBody
		Ask bool `json:"ask,omitempty" doc:"The agent asks; else the principal offers."`
	}
}

type mandateOut struct{ Body mandateBody }

func makeMandate(s *identity.Service) func(context.Context, auth.Principal, *newMandateIn) (*mandateOut, error) {
	return func(ctx context.Context, p auth.Principal, in *newMandateIn) (*mandateOut, error) {
		b := in.Body
		m, err := s.MakeMandate(ctx, p, identity.NewMandate{Ask: b.Ask, Other: b.person(), Items: b.Items, Period: b.period()})
		if err != nil {
			return nil, err
		}
		return showMandate(ctx, s, p, m.ID)
	}
}

func showMandate(ctx context.Context, s *identity.Service, p auth.Principal, id string) (*mandateOut, error) {
	m, err := s.Mandate(ctx, p, id)
	if err != nil {
		return nil, err
	}
	deeds, _, err := s.Deeds(ctx, p, id)
	if err != nil {
		return nil, err
	}
	out := &mandateOut{mandateOf(ctx, s, p, m)}
	for _, d := range deeds {
		out.Body.Uses = append(out.Body.Uses, deedBody{
			At: d.At, Kind: d.Kind, Action: d.Action, Case: string(d.Case), Number: d.Number, What: d.What,
		})
	}
	return out, nil
}

type idIn struct {
	ID string `path:"id" maxLength:"100"`
}

func getMandate(s *identity.Service) func(context.Context, auth.Principal, *idIn) (*mandateOut, error) {
	return func(ctx context.Context, p auth.Principal, in *idIn) (*mandateOut, error) {
		return showMandate(ctx, s, p, in.ID)
	}
}

type answerIn struct {
	ID   string `path:"id" maxLength:"100" doc:"of the mandate"`
	Body struct {
		Accept bool `json:"accept"`
	}
}

func answerMandate(s *identity.Service) func(context.Context, auth.Principal, *answerIn) (*none, error) {
	return func(ctx context.Context, p auth.Principal, in *answerIn) (*none, error) {
		return &none{}, s.AnswerMandate(ctx, p, in.ID, in.Body.Accept)
	}
}

func endMandate(s *identity.Service) func(context.Context, auth.Principal, *idIn) (*none, error) {
	return func(ctx context.Context, p auth.Principal, in *idIn) (*none, error) {
		return &none{}, s.EndMandate(ctx, p, in.ID)
	}
}

type operatorsOut struct{ Body []companyRightsBody }

type companyRightsBody struct {
	Company company       `json:"company"`
	AsLegal bool          `json:"as_legal" doc:"As its legal representative; else an administrator."`
	Rights  []mandateBody `json:"rights"`
}

func listOperators(s *identity.Service) func(context.Context, auth.Principal, *none) (*operatorsOut, error) {
	return func(ctx context.Context, p auth.Principal, _ *none) (*operatorsOut, error) {
		all, err := s.Companies(ctx, p)
		if err != nil {
			return nil, err
		}
		out := &operatorsOut{Body: []companyRightsBody{}}
		for _, c := range all {
			out.Body = append(out.Body, companyRightsBody{
				Company: company{ID: c.Company.ID, Name: c.Company.Name, Code: c.Company.CreditCode}, AsLegal: c.AsLegal,
				Rights: mandatesOf(ctx, s, p, c.Rights).Body,
			})
		}
		return out, nil
	}
}

type newOperatorIn struct {
	Body struct {
		OtherBody
		Company       string `json:"company" maxLength:"100"`
		Administrator bool   `json:"administrator,omitempty" doc:"May also add operators; by the legal representative alone."`
	}
}

func makeOperator(s *identity.Service) func(context.Context, auth.Principal, *newOperatorIn) (*mandateOut, error) {
	return func(ctx context.Context, p auth.Principal, in *newOperatorIn) (*mandateOut, error) {
		b := in.Body
		m, err := s.MakeOperator(ctx, p, identity.NewOperator{
			Company: b.Company, Administrator: b.Administrator, Other: b.person(), Items: b.Items, Period: b.period(),
		})
		if err != nil {
			return nil, err
		}
		return showMandate(ctx, s, p, m.ID)
	}
}

type wardBody struct {
	ID       string `json:"id" doc:"Of the guardianship."`
	Ward     string `json:"ward" doc:"For /session/party."`
	Name     string `json:"name"`
	Number   string `json:"number" doc:"Masked."`
	Born     string `json:"born"`
	Relation string `json:"relation" enum:"parent,guardian"`
	Registry string `json:"registry" doc:"That told of it."`
	Holds    bool   `json:"holds"`
	Until    string `json:"until,omitempty" doc:"Last day before full age."`
}

type familyOut struct{ Body []wardBody }

func listFamily(s *identity.Service) func(context.Context, auth.Principal, *none) (*familyOut, error) {
	return func(ctx context.Context, p auth.Principal, _ *none) (*familyOut, error) {
		all, err := s.Family(ctx, p)
		if err != nil {
			return nil, err
		}
		out := &familyOut{Body: []wardBody{}}
		for _, g := range all {
			b := wardBody{
				ID: g.ID, Ward: g.Ward.ID, Name: g.Ward.Name, Number: g.Number, Born: g.Ward.Born.String(),
				Relation: g.Relation, Registry: g.Registry, Holds: g.Holds(s.Today()),
			}
			if until := g.Until(); !until.IsZero() {
				b.Until = until.String()
			}
			out.Body = append(out.Body, b)
		}
		return out, nil
	}
}

type foundOut struct {
	Body struct {
		Found []foundBody `json:"found"`
		Down  bool        `json:"down" doc:"One of the registers did not answer."`
	}
}

type foundBody struct {
	Key      string `json:"key" doc:"To confirm."`
	Name     string `json:"name"`
	Number   string `json:"number" doc:"Masked."`
	Born     string `json:"born"`
	Relation string `json:"relation" enum:"parent,guardian"`
	Registry string `json:"registry"`
}

func searchFamily(s *identity.Service) func(context.Context, auth.Principal, *none) (*foundOut, error) {
	return func(ctx context.Context, p auth.Principal, _ *none) (*foundOut, error) {
		found, down, err := s.FindWards(ctx, p)
		if err != nil {
			return nil, err
		}
		out := &foundOut{}
		out.Body.Down, out.Body.Found = down, []foundBody{}
		for _, f := range found {
			out.Body.Found = append(out.Body.Found, foundBody{
				Key: f.Key, Name: f.Name, Number: f.Number, Born: f.Born.String(), Relation: f.Relation, Registry: f.Registry,
			})
		}
		return out, nil
	}
}

type confirmIn struct {
	Body struct {
		Key string `json:"key" minLength:"1" maxLength:"200"`
	}
}

func confirmWard(s *identity.Service) func(context.Context, auth.Principal, *confirmIn) (*none, error) {
	return func(ctx context.Context, p auth.Principal, in *confirmIn) (*none, error) {
		return &none{}, s.ConfirmWard(ctx, p, in.Body.Key)
	}
}

func endWard(s *identity.Service) func(context.Context, auth.Principal, *idIn) (*none, error) {
	return func(ctx context.Context, p auth.Principal, in *idIn) (*none, error) {
		return &none{}, s.EndWard(ctx, p, in.ID)
	}
}
