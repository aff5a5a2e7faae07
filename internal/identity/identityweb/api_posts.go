package identityweb

import (
	"context"
	"net/http"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/identity"
	"github.com/tongban/tongban/internal/kit/api"
	"github.com/tongban/tongban/internal/kit/auth"
	"github.com/tongban/tongban/internal/kit/day"
	"github.com/tongban/tongban/internal/kit/fault"
)

// postsAPI registers the operations of administrators on the posts of staff.
func postsAPI(a *api.API, s *identity.Service) {
	op := func(method, path, id, action, summary string) api.Op {
		return api.Op{Method: method, Path: path, ID: id, Action: action, Tag: "accounts", Summary: summary, MaxBytes: formBytes}
	}
	api.Register(a, op(http.MethodGet, "/accounts", "account-list", identity.ActionAccounts,
		"Accounts that the caller looks after, by account name; names of residents are masked"), listAccounts(s))
	api.Register(a, op(http.MethodGet, "/accounts/{id}/post", "account-post", identity.ActionPost,
		"The post that a member of staff holds today, or the last one"), getPost(s))
	api.Register(a, op(http.MethodPut, "/accounts/{id}/post", "account-post-set", identity.ActionPost,
		"Give a post to who holds none, or change the one that is held; the person's sessions end, and cases go back that are theirs no more"), setPost(s))
	end := op(http.MethodPost, "/accounts/{id}/post/end", "account-post-end", identity.ActionPost,
		"Take a post away at once: yesterday was its last day")
	end.Status = http.StatusNoContent
	api.Register(a, end, endPost(s))
}

type accountsIn struct {
	Query string `query:"q" maxLength:"50" example:"clerk" doc:"beginning of the account name, or part of the name of staff"`
	After string `query:"after" maxLength:"100" doc:"account name after which the page begins"`
}

type accountBody struct {
	Account  string        `json:"account" doc:"id"`
	Username string        `json:"username"`
	Kind     string        `json:"kind" enum:"resident,staff"`
	Name     string        `json:"name"`
	State    string        `json:"state" enum:"open,locked"`
	Title    contract.Text `json:"title,omitzero" doc:"of the post"`
	Agency   string        `json:"agency,omitempty"`
	Division string        `json:"division,omitempty"`
	Roles    []string      `json:"roles,omitempty"`
	Holds    bool          `json:"holds" doc:"the post, today"`
}

type accountsOut struct {
	Body struct {
		Accounts []accountBody `json:"accounts"`
		Next     string        `json:"next,omitempty" doc:"send it as after; absent is the last page"`
	}
}

func listAccounts(s *identity.Service) func(context.Context, auth.Principal, *accountsIn) (*accountsOut, error) {
	return func(ctx context.Context, p auth.Principal, in *accountsIn) (*accountsOut, error) {
		rows, more, err := s.Accounts(ctx, p, identity.Filter{Query: in.Query, After: in.After})
		if err != nil {
			return nil, err
		}
		out := &accountsOut{}
		out.Body.Accounts = []accountBody{}
		for _, r := range rows {
			out.Body.Accounts = append(out.Body.Accounts, accountBody{
				Account: string(r.Account), Username: r.Username, Kind: string(r.Kind), Name: r.Name, State: string(r.State),
				Title: r.Title, Agency: string(r.Agency), Division: r.Division, Roles: r.Roles, Holds: r.Holds,
			})
		}
		if more {
			out.Body.Next = rows[len(rows)-1].Username
		}
		return out, nil
	}
}

type accountIn struct {
	ID string `path:"id" maxLength:"64" doc:"of the account"`
}

type postOut struct {
	Body struct {
		Account  string        `json:"account"`
		Username string        `json:"username"`
		Name     string        `json:"name"`
		Holds    bool          `json:"holds" doc:"a post, today"`
		Agency   string        `json:"agency,omitempty"`
		Title    contract.Text `json:"title,omitzero"`
		Roles    []string      `json:"roles,omitempty"`
		From     string        `json:"from,omitempty" format:"date" doc:"first day"`
		To       string        `json:"to,omitempty" format:"date" doc:"last day; absent is open"`
		Version  string        `json:"version" doc:"send it with a change: who changes what somebody else has changed meanwhile is told"`
	}
}

func getPost(s *identity.Service) func(context.Context, auth.Principal, *accountIn) (*postOut, error) {
	return func(ctx context.Context, p auth.Principal, in *accountIn) (*postOut, error) {
		return postOf(ctx, s, p, contract.AccountID(in.ID))
	}
}

func postOf(ctx context.Context, s *identity.Service, p auth.Principal, id contract.AccountID) (*postOut, error) {
	a, post, holds, err := s.NowPost(ctx, p, id)
	if err != nil {
		return nil, err
	}
	out := &postOut{}
	b := &out.Body
	b.Account, b.Username, b.Name, b.Holds, b.Version = string(a.ID), a.Username, a.Name, holds, post.Version()
	b.Agency, b.Title, b.Roles = string(post.Agency), post.Title, post.Roles
	if !post.From.IsZero() {
		b.From = post.From.String()
	}
	if !post.To.IsZero() {
		b.To = post.To.String()
	}
	return out, nil
}

type setPostIn struct {
	ID   string `path:"id" maxLength:"64" doc:"of the account"`
	Body struct {
		Version string        `json:"version" minLength:"1" maxLength:"16" example:"5f0c7a2be1d49a63" doc:"of the post as it was read; none where there never was one"`
		Agency  string        `json:"agency,omitempty" maxLength:"32" example:"115113016823646795" doc:"of a new post; one that is held stays in its agency"`
		Title   contract.Text `json:"title" example:"{\"zh\":\"受理岗\",\"en\":\"Acceptance clerk\"}" doc:"what the post is called, in Chinese and in English (may be empty)"`
		Roles   []string      `json:"roles" minItems:"1" maxItems:"9" example:"[\"clerk\"]" enum:"clerk,counter,reviewer,approver,head,supervisor,catalog_manager,auditor,administrator" doc:"who audits does not administer"`
		From    string        `json:"from,omitempty" format:"date" example:"2026-12-01" doc:"first day of a new post, for which it is required"`
		To      string        `json:"to,omitempty" format:"date" example:"2027-11-30" doc:"last day; absent is open"`
	}
}

func setPost(s *identity.Service) func(context.Context, auth.Principal, *setPostIn) (*postOut, error) {
	return func(ctx context.Context, p auth.Principal, in *setPostIn) (*postOut, error) {
		var f fault.Form
		post := identity.PostInput{
			Agency: contract.AgencyID(in.Body.Agency), Title: in.Body.Title, Roles: in.Body.Roles, Was: in.Body.Version,
			Period: identity.Period{From: dayIn(&f, "from", in.Body.From), To: dayIn(&f, "to", in.Body.To)},
		}
		if err := f.Err(); err != nil {
			return nil, err
		}
		id := contract.AccountID(in.ID)
		if err := s.PutPost(ctx, p, id, post); err != nil {
			return nil, err
		}
		return postOf(ctx, s, p, id)
	}
}

// dayIn reads a day of a body; "" is none.
func dayIn(f *fault.Form, name, text string) day.Date {
	if text == "" {
		return day.Date{}
	}
	d, err := day.Parse(text)
	if err != nil {
		f.Add(name, "form.date")
	}
	return d
}

type endPostIn struct {
	ID   string `path:"id" maxLength:"64" doc:"of the account"`
	Body struct {
		Version string `json:"version" minLength:"1" maxLength:"16" example:"5f0c7a2be1d49a63" doc:"of the post as it was read"`
	}
}

func endPost(s *identity.Service) func(context.Context, auth.Principal, *endPostIn) (*struct{}, error) {
	return func(ctx context.Context, p auth.Principal, in *endPostIn) (*struct{}, error) {
		return &struct{}{}, s.EndPost(ctx, p, contract.AccountID(in.ID), in.Body.Version)
	}
}
