package identityweb

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/identity"
	"github.com/tongban/tongban/internal/kit/auth"
	"github.com/tongban/tongban/internal/kit/web"
)

type accountsData struct {
	Query string
	Rows  []identity.Row
	Pager web.PagerArgs
}

func (e site) accounts(w http.ResponseWriter, r *http.Request) error {
	q := r.URL.Query()
	f := identity.Filter{Query: q.Get("q"), After: q.Get("after")}
	rows, more, err := e.s.Accounts(r.Context(), e.k.Actor(r), f)
	if err != nil {
		return err
	}
	d := accountsData{Query: f.Query, Rows: rows}
	if more {
		next := url.Values{"after": {rows[len(rows)-1].Username}}
		if f.Query != "" {
			next.Set("q", f.Query)
		}
		d.Pager.Next = "/staff/accounts?" + next.Encode()
	}
	noStore(w)
	return e.k.Render(w, r, http.StatusOK, accountsPage(e.k.View(r), d))
}

type changer func(ctx context.Context, p auth.Principal, id contract.AccountID) error

// change is the handler of a button in the list of accounts.
func (e site) change(do changer, notice string) web.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		if err := do(r.Context(), e.k.Actor(r), contract.AccountID(r.PathValue("id"))); err != nil {
			return err
		}
		e.k.Flash(w, notice)
		return e.k.SeeOther(w, r, "/staff/accounts")
	}
}

type clientsData struct {
	Form    *web.Form
	Scopes  []string
	Clients []auth.Client
	// Made and Key are set on the one page that shows a new key.
	Made auth.Client
	Key  string
}

func (e site) clients(w http.ResponseWriter, r *http.Request) error {
	return e.renderClients(w, r, http.StatusOK, clientsData{})
}

func (e site) renderClients(w http.ResponseWriter, r *http.Request, status int, d clientsData) error {
	var err error
	// A card reader gets its key with its window, at the page of halls: one made
	// here would belong to no window.
	d.Scopes = slices.DeleteFunc(slices.Clone(e.s.Scopes()), func(s string) bool { return s == "counter.device" })
	if d.Clients, err = e.s.Clients(r.Context(), e.k.Actor(r)); err != nil {
		return err
	}
	noStore(w)
	return e.k.Render(w, r, status, clientsPage(e.k.View(r), d))
}

func (e site) createClient(w http.ResponseWriter, r *http.Request) error {
	f, err := web.ReadForm(w, r, formBytes)
	if err != nil {
		return err
	}
	days, err := strconv.Atoi(f.Get("days"))
	if err != nil {
		days = 0 // the service says what it must be
	}
	n := identity.NewClient{Name: f.Get("name"), Scopes: f.All("scopes"), Days: days}
	c, key, err := e.s.CreateClient(r.Context(), e.k.Actor(r), n)
	if f.Fail(err) {
		return e.renderClients(w, r, http.StatusUnprocessableEntity, clientsData{Form: f})
	}
	if err != nil {
		return err
	}
	return e.renderClients(w, r, http.StatusOK, clientsData{Made: c, Key: key})
}

func (e site) revokeClient(w http.ResponseWriter, r *http.Request) error {
	if err := e.s.RevokeClient(r.Context(), e.k.Actor(r), r.PathValue("id")); err != nil {
		return err
	}
	e.k.Flash(w, "identity.notice.revoked")
	return e.k.SeeOther(w, r, "/staff/clients")
}

// scopeOptions are the scopes as choices.
func scopeOptions(v web.View, scopes []string) []web.Option {
	var list []web.Option
	for _, s := range scopes {
		list = append(list, web.Option{Value: s, Label: v.T("identity.scope." + s), Hint: s})
	}
	return list
}

// roleNames names the roles of staff.
func roleNames(v web.View, roles []string) string {
	names := make([]string, len(roles))
	for i, r := range roles {
		names[i] = v.T("identity.role." + r)
	}
	return v.Join(names)
}
