package identityweb

import (
	"cmp"
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/identity"
	"github.com/tongban/tongban/internal/kit/api"
	"github.com/tongban/tongban/internal/kit/auth"
	"github.com/tongban/tongban/internal/kit/web"
)

// API registers the operations of this area. The list of demonstration accounts
// exists in a demonstration alone.
func API(a *api.API, s *identity.Service) {
	const tag = "identity"
	api.Register(a, api.Op{
		Method: http.MethodPost, Path: "/session", ID: "session-create", Action: identity.ActionSignIn,
		Tag: tag, Summary: "Sign in; the token goes into the Authorization header", Status: http.StatusCreated, MaxBytes: formBytes,
	}, createSession(s))
	api.Register(a, api.Op{
		Method: http.MethodDelete, Path: "/session", ID: "session-delete", Action: identity.ActionSignOut,
		Tag: tag, Summary: "Sign out", Status: http.StatusNoContent,
	}, deleteSession(s))
	api.Register(a, api.Op{
		Method: http.MethodPost, Path: "/session/party", ID: "session-party", Action: identity.ActionAct,
		Tag: tag, Summary: "Act for a company, another person or a ward, or for oneself",
	}, setParty(s))
	api.Register(a, api.Op{
		Method: http.MethodGet, Path: "/me", ID: "me-get", Action: identity.ActionMe,
		Tag: tag, Summary: "Who is signed in, and for whom they may act",
	}, me(s))
	api.Register(a, api.Op{
		Method: http.MethodGet, Path: "/me/data-uses", ID: "me-data-uses", Action: identity.ActionData,
		Tag: tag, Summary: "Who used the data of the person or company, newest first",
	}, dataUses(s))
	api.Register(a, api.Op{
		Method: http.MethodGet, Path: "/companies/{code}", ID: "company-get", Action: identity.ActionCompanyRead,
		Tag: tag, Summary: "Facts of a company, for another authority's system; the company sees each read",
	}, readCompany(s))
	api.Register(a, api.Op{
		Method: http.MethodPost, Path: "/me/code", ID: "me-code", Action: identity.ActionCode,
		Tag: tag, Summary: "A code to show at a window: for sixty seconds, once; one made before is good no more", Status: http.StatusCreated,
	}, makeVisit(s))
	rightsAPI(a, s)
	postsAPI(a, s)
	if s.Demo() {
		api.Register(a, api.Op{
			Method: http.MethodGet, Path: "/demo/accounts", ID: "demo-accounts", Action: identity.ActionSignIn,
			Tag: "demo", Summary: "Accounts of the demonstration, with the codes to use now",
		}, demoAccounts(s))
	}
}

// origin is where a request comes from.
type origin struct{ ip, device string }

// Resolve is called by huma before the handler.
func (o *origin) Resolve(hc huma.Context) []error {
	o.ip, o.device = web.Host(hc.RemoteAddr()), hc.Header("User-Agent")
	return nil
}

type sessionIn struct {
	origin
	Body struct {
		Username string `json:"username" minLength:"1" maxLength:"100"`
		Password string `json:"password" minLength:"1" maxLength:"256"`
		Code     string `json:"code,omitempty" maxLength:"10" doc:"Of the second factor; staff need it."`
	}
}

type sessionOut struct{ Body sessionBody }

type sessionBody struct {
	Token string `json:"token" doc:"Send it as: Authorization: Bearer TOKEN"`
	Me    whoami `json:"me"`
}

// whoami is the principal of a session.
type whoami struct {
	Account  string   `json:"account"`
	Kind     string   `json:"kind" enum:"resident,staff"`
	Name     string   `json:"name"`
	Level    int      `json:"level" doc:"Real-name level, 0 to 4."`
	Roles    []string `json:"roles,omitempty"`
	Agency   string   `json:"agency,omitempty"`
	Division string   `json:"division,omitempty"`
	Company  *company `json:"company,omitempty" doc:"Acted for, where it is a company."`
	For      *forBody `json:"for,omitempty" doc:"Acted for; absent is oneself."`
}

// forBody is whom the session acts for.
type forBody struct {
	Kind    string   `json:"kind" enum:"company,person,ward"`
	ID      string   `json:"id"`
	Name    string   `json:"name"`
	Mandate string   `json:"mandate"`
	Items   []string `json:"items,omitempty"`
}

type company struct {
	ID   string `json:"id"`
	Name string `json:"name"`
	Code string `json:"code,omitempty"`
}

func whoamiOf(p auth.Principal) whoami {
	w := whoami{
		Account: p.ID, Kind: string(p.Kind), Name: p.Name, Level: p.Level,
		Roles: p.Roles, Agency: p.Agency, Division: p.Division,
	}
	if p.For.ID != "" {
		w.For = &forBody{Kind: p.For.Kind, ID: p.For.ID, Name: p.For.Name, Mandate: p.For.Mandate, Items: p.For.Items}
	}
	if p.For.Kind == auth.ForCompany {
		w.Company = &company{ID: p.For.ID, Name: p.For.Name}
	}
	return w
}

func createSession(s *identity.Service) func(context.Context, auth.Principal, *sessionIn) (*sessionOut, error) {
	return func(ctx context.Context, _ auth.Principal, in *sessionIn) (*sessionOut, error) {
		entry, err := s.SignIn(ctx, identity.Attempt{
			Username: in.Body.Username, Password: in.Body.Password, Code: in.Body.Code,
			OneStep: true, IP: in.ip, Device: in.device,
		})
		if err != nil {
			return nil, err
		}
		return &sessionOut{sessionBody{Token: entry.Token, Me: whoamiOf(entry.Who)}}, nil
	}
}

type none struct{}

func deleteSession(s *identity.Service) func(context.Context, auth.Principal, *none) (*none, error) {
	return func(ctx context.Context, p auth.Principal, _ *none) (*none, error) {
		return &none{}, s.SignOut(ctx, p)
	}
}

type partyIn struct {
	Body struct {
		Party   string `json:"party,omitempty" maxLength:"100" doc:"Id of the company, person or ward; empty is oneself."`
		Company string `json:"company,omitempty" maxLength:"100" deprecated:"true" doc:"Older name of party."`
	}
}

type whoamiOut struct{ Body whoami }

func setParty(s *identity.Service) func(context.Context, auth.Principal, *partyIn) (*whoamiOut, error) {
	return func(ctx context.Context, p auth.Principal, in *partyIn) (*whoamiOut, error) {
		p, err := s.Act(ctx, p, cmp.Or(in.Body.Party, in.Body.Company))
		if err != nil {
			return nil, err
		}
		return &whoamiOut{whoamiOf(p)}, nil
	}
}

type meOut struct{ Body meBody }

// Whoami lets a principal stand in another body with its fields: what is embedded
// under a name of its own package alone is left out of the document.
type Whoami = whoami

type meBody struct {
	Whoami
	Username  string      `json:"username"`
	Number    string      `json:"number,omitempty" doc:"Resident identity number, masked."`
	Phone     string      `json:"phone,omitempty" doc:"Masked."`
	Email     string      `json:"email,omitempty" doc:"Masked."`
	Companies []company   `json:"companies" doc:"That the person may act for; see rights."`
	Rights    []rightBody `json:"rights" doc:"Companies, persons and wards that the person may act for."`
}

// rightBody is one right to act for another.
type rightBody struct {
	Kind    string   `json:"kind" enum:"company,person,ward"`
	ID      string   `json:"id" doc:"For /session/party."`
	Name    string   `json:"name"`
	Code    string   `json:"code,omitempty"`
	Role    string   `json:"role" enum:"legal,administrator,operator,agent,guardian"`
	Mandate string   `json:"mandate"`
	Items   []string `json:"items,omitempty" doc:"Services it is limited to; absent is all."`
	Until   string   `json:"until,omitempty" doc:"Last day."`
}

func rightOf(r identity.Right) rightBody {
	b := rightBody{Kind: r.Kind, ID: r.ID, Name: r.Name, Code: r.Code, Role: r.Role, Mandate: r.Mandate, Items: r.Items}
	if !r.Until.IsZero() {
		b.Until = r.Until.String()
	}
	return b
}

func me(s *identity.Service) func(context.Context, auth.Principal, *none) (*meOut, error) {
	return func(ctx context.Context, p auth.Principal, _ *none) (*meOut, error) {
		v, err := s.Profile(ctx, p)
		if err != nil {
			return nil, err
		}
		b := meBody{
			Whoami: whoamiOf(p), Username: v.Username, Number: v.Number, Phone: v.Phone, Email: v.Email,
			Companies: []company{}, Rights: []rightBody{},
		}
		for _, r := range v.Rights {
			b.Rights = append(b.Rights, rightOf(r))
			if r.Kind == auth.ForCompany {
				b.Companies = append(b.Companies, company{ID: r.ID, Name: r.Name, Code: r.Code})
			}
		}
		return &meOut{b}, nil
	}
}

type companyIn struct {
	Code    string `path:"code" doc:"Unified social credit code."`
	Purpose string `query:"purpose" required:"true" maxLength:"200" doc:"Why; the company reads it."`
}

type companyOut struct{ Body companyBody }

type companyBody struct {
	Name                string `json:"name"`
	Code                string `json:"code"`
	Form                string `json:"form"`
	Status              string `json:"status" enum:"open,ended"`
	LegalRepresentative string `json:"legal_representative"`
	Division            string `json:"division"`
	Scope               string `json:"scope"`
	Registrar           string `json:"registrar"`
	RegisteredOn        string `json:"registered_on"`
	CheckedOn           string `json:"checked_on"`
}

func readCompany(s *identity.Service) func(context.Context, auth.Principal, *companyIn) (*companyOut, error) {
	return func(ctx context.Context, p auth.Principal, in *companyIn) (*companyOut, error) {
		c, err := s.CompanyFor(ctx, p, in.Code, in.Purpose)
		if err != nil {
			return nil, err
		}
		return &companyOut{companyBody{
			Name: c.Name, Code: c.CreditCode, Form: c.Form, Status: c.Status, LegalRepresentative: c.RepName,
			Division: c.Division, Scope: c.Scope, Registrar: c.Registrar,
			RegisteredOn: c.RegisteredOn.String(), CheckedOn: c.CheckedOn.String(),
		}}, nil
	}
}

type usesOut struct{ Body []useBody }

type useBody struct {
	ID         string         `json:"id"`
	At         time.Time      `json:"at"`
	Self       bool           `json:"self" doc:"By the person."`
	Kind       string         `json:"kind" doc:"Who: resident, staff, machine, system."`
	Agency     *contract.Text `json:"agency,omitempty"`
	Post       *contract.Text `json:"post,omitempty"`
	What       []string       `json:"what"`
	Purpose    string         `json:"purpose"`
	Basis      string         `json:"basis,omitempty"`
	Case       string         `json:"case,omitempty"`
	Draft      string         `json:"draft,omitempty"`
	Item       string         `json:"item,omitempty"`
	Agent      string         `json:"agent,omitempty" doc:"Who acted by a right."`
	Mandate    string         `json:"mandate,omitempty" doc:"The right."`
	Registries []string       `json:"registries,omitempty" doc:"Asked."`
	Down       []string       `json:"down,omitempty" doc:"Of those, that did not answer."`
}

type usesIn struct {
	Month string `query:"month" pattern:"^[0-9]{4}-[0-9]{2}$" doc:"As 2026-11; absent is any."`
	After string `query:"after" maxLength:"64" doc:"Id of the last use of the page before."`
}

func dataUses(s *identity.Service) func(context.Context, auth.Principal, *usesIn) (*usesOut, error) {
	return func(ctx context.Context, p auth.Principal, in *usesIn) (*usesOut, error) {
		uses, _, err := s.Uses(ctx, p, identity.UseQuery{Month: in.Month, After: in.After})
		if err != nil {
			return nil, err
		}
		return &usesOut{Body: useBodies(uses)}, nil
	}
}

func useBodies(uses []identity.Use) []useBody {
	list := []useBody{}
	for _, u := range uses {
		b := useBody{
			ID: u.ID, At: u.At, Self: u.Self, Kind: string(u.Kind), What: u.What, Registries: u.Registries, Down: u.Down,
			Purpose: u.Purpose, Basis: u.Basis, Case: string(u.Case), Draft: string(u.Draft), Item: u.Item,
		}
		if u.Agency.ZH != "" {
			b.Agency, b.Post = &u.Agency, &u.Title
		}
		if u.Agent {
			b.Agent, b.Mandate = u.Name, u.Mandate
		}
		list = append(list, b)
	}
	return list
}

type demoOut struct{ Body []demoBody }

type demoBody struct {
	Username string   `json:"username"`
	Password string   `json:"password"`
	Code     string   `json:"code,omitempty" doc:"Of the second factor, to use now."`
	Wait     int      `json:"wait,omitempty" doc:"Seconds until there is a code that was not used yet."`
	Kind     string   `json:"kind"`
	Name     string   `json:"name"`
	Roles    []string `json:"roles,omitempty"`
}

func demoAccounts(s *identity.Service) func(context.Context, auth.Principal, *none) (*demoOut, error) {
	return func(ctx context.Context, _ auth.Principal, _ *none) (*demoOut, error) {
		list, err := s.DemoAccounts(ctx)
		if err != nil {
			return nil, err
		}
		out := &demoOut{Body: []demoBody{}}
		for _, d := range list {
			out.Body = append(out.Body, demoBody{
				Username: d.Username, Password: d.Password, Code: d.Code, Wait: int((d.Wait + time.Second - 1) / time.Second),
				Kind: string(d.Kind), Name: d.Name, Roles: d.Roles,
			})
		}
		return out, nil
	}
}
