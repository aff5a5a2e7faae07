package catalogweb

import (
	"context"
	"net/http"
	"time"

	"github.com/tongban/tongban/internal/catalog"
	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/api"
	"github.com/tongban/tongban/internal/kit/auth"
)

// API registers the operations of this area.
func API(a *api.API, s *catalog.Service) {
	api.Register(a, api.Op{
		Method: http.MethodGet, Path: "/services", ID: "services-list", Action: "catalog.view",
		Tag: "catalogue", Summary: "Search or browse services",
	}, listServices(s))
	api.Register(a, api.Op{
		Method: http.MethodGet, Path: "/services/{item}", ID: "service-get", Action: "catalog.view",
		Tag: "catalogue", Summary: "One service, with the version in force where it can be applied for online",
	}, getService(s))
	api.Register(a, api.Op{
		Method: http.MethodGet, Path: "/departments", ID: "departments-list", Action: "catalog.view",
		Tag: "catalogue", Summary: "The departments and how many services each has",
	}, listDepartments(s))
}

type listIn struct {
	Q          string `query:"q" maxLength:"200" doc:"What somebody would type: Chinese, pinyin or English."`
	Department string `query:"department" maxLength:"40" doc:"Id of a department."`
	Type       string `query:"type" maxLength:"2" doc:"Item type as the source codes it: 1 licence, 20 public service, ..."`
	Theme      string `query:"theme" maxLength:"40" doc:"Id of a theme; themes are derived by us."`
	Online     bool   `query:"online" doc:"Only services that can be applied for here."`
	Cursor     string `query:"cursor" maxLength:"64" doc:"The next of the page before."`
	Limit      int    `query:"limit" minimum:"1" maximum:"100" default:"20"`
}

// ServiceBody lets it stand in another body with its fields: what is embedded under a name
// that is not exported is left out of the document.
type ServiceBody = serviceOut

type serviceOut struct {
	Item       contract.ItemID `json:"item"`
	Name       string          `json:"name" doc:"In Chinese, as the source has it."`
	NameEN     string          `json:"name_en,omitempty" doc:"Of services with a package; the source has no English."`
	MainItem   string          `json:"main_item,omitempty"`
	Type       string          `json:"type"`
	Department string          `json:"department"`
	Themes     []string        `json:"themes" doc:"Derived by us, not by the source."`
	Summary    *contract.Text  `json:"summary,omitempty"`
	Version    int             `json:"version,omitempty" doc:"Version in force; absent: cannot be applied for here."`
	Published  *time.Time      `json:"published,omitempty"`
	Official   string          `json:"official" doc:"The page on the provincial platform, from the source."`
}

type listOut struct {
	Body struct {
		Total    int             `json:"total"`
		Next     contract.ItemID `json:"next,omitempty"`
		Services []serviceOut    `json:"services"`
	}
}

func one(s string) []string {
	if s == "" {
		return nil
	}
	return []string{s}
}

func listServices(s *catalog.Service) func(context.Context, auth.Principal, *listIn) (*listOut, error) {
	return func(ctx context.Context, _ auth.Principal, in *listIn) (*listOut, error) {
		res, err := s.Search(ctx, catalog.Query{
			Text: in.Q, Departments: one(in.Department), Types: one(in.Type), Themes: one(in.Theme),
			Online: in.Online, After: contract.ItemID(in.Cursor), Limit: in.Limit,
		})
		if err != nil {
			return nil, err
		}
		out := &listOut{}
		out.Body.Total, out.Body.Next = res.Total, res.Next
		out.Body.Services = make([]serviceOut, len(res.Items))
		for i, it := range res.Items {
			out.Body.Services[i] = outOf(it)
		}
		return out, nil
	}
}

func outOf(i catalog.Item) serviceOut {
	o := serviceOut{
		Item: i.ID, Name: i.Name, NameEN: i.NameEN, MainItem: i.MainItem, Type: i.Type,
		Department: i.Department, Themes: i.Themes, Version: i.Version, Official: i.GuideURL(),
	}
	if i.Summary.ZH != "" {
		o.Summary = &i.Summary
	}
	if i.Online() {
		o.Published = &i.Published
	}
	return o
}

type getIn struct {
	Item string `path:"item" maxLength:"64"`
}

type getOut struct {
	Body struct {
		ServiceBody
		Service *contract.Service `json:"service,omitempty" doc:"The version in force: guide, form, materials, limits."`
	}
}

func getService(s *catalog.Service) func(context.Context, auth.Principal, *getIn) (*getOut, error) {
	return func(ctx context.Context, _ auth.Principal, in *getIn) (*getOut, error) {
		item, err := s.Item(ctx, contract.ItemID(in.Item))
		if err != nil {
			return nil, err
		}
		out := &getOut{}
		out.Body.ServiceBody = outOf(item)
		if item.Online() {
			svc, err := s.Version(ctx, item.ID, item.Version)
			if err != nil {
				return nil, err
			}
			out.Body.Service = &svc
		}
		return out, nil
	}
}

type departmentOut struct {
	ID     string            `json:"id"`
	Name   contract.Text     `json:"name"`
	Agency contract.AgencyID `json:"agency"`
	Items  int               `json:"items"`
}

type departmentsOut struct {
	Body struct {
		Departments []departmentOut `json:"departments"`
	}
}

func listDepartments(s *catalog.Service) func(context.Context, auth.Principal, *struct{}) (*departmentsOut, error) {
	return func(ctx context.Context, _ auth.Principal, _ *struct{}) (*departmentsOut, error) {
		list, err := s.Departments(ctx)
		if err != nil {
			return nil, err
		}
		out := &departmentsOut{}
		for _, d := range list {
			out.Body.Departments = append(out.Body.Departments, departmentOut{d.ID, d.Name, d.Agency, d.Items})
		}
		return out, nil
	}
}
