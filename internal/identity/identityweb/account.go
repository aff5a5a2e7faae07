package identityweb

import (
	"net/http"
	"strings"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/identity"
	"github.com/tongban/tongban/internal/kit/auth"
	"github.com/tongban/tongban/internal/kit/web"
)

type accountData struct {
	identity.Profile
	Sessions []auth.Session
	Session  string // the one this page is shown in
}

func (e site) account(w http.ResponseWriter, r *http.Request) error {
	p := e.k.Actor(r)
	profile, err := e.s.Profile(r.Context(), p)
	if err != nil {
		return err
	}
	open, err := e.s.Sessions(r.Context(), p)
	if err != nil {
		return err
	}
	noStore(w)
	d := accountData{Profile: profile, Sessions: open, Session: p.Session}
	return e.k.Render(w, r, http.StatusOK, accountPage(e.k.View(r), d))
}

func (e site) act(w http.ResponseWriter, r *http.Request) error {
	f, err := web.ReadForm(w, r, formBytes)
	if err != nil {
		return err
	}
	if _, err := e.s.Act(r.Context(), e.k.Actor(r), f.Get("party")); err != nil {
		return err
	}
	e.k.Flash(w, "identity.notice.acting")
	return e.k.SeeOther(w, r, "/account")
}

func (e site) endSession(w http.ResponseWriter, r *http.Request) error {
	if err := e.s.EndSession(r.Context(), e.k.Actor(r), r.PathValue("id")); err != nil {
		return err
	}
	e.k.Flash(w, "identity.notice.session_ended")
	return e.k.SeeOther(w, r, "/account")
}

func (e site) data(w http.ResponseWriter, r *http.Request) error {
	uses, _, err := e.s.Uses(r.Context(), e.k.Actor(r), identity.UseQuery{})
	if err != nil {
		return err
	}
	noStore(w)
	return e.k.Render(w, r, http.StatusOK, dataPage(e.k.View(r), uses))
}

// who names who used the data.
func who(v web.View, u identity.Use) string {
	switch {
	case u.Self:
		return v.T("identity.data.you")
	case u.Agency.ZH != "":
		return v.Pick(u.Agency.ZH, u.Agency.EN)
	case u.Kind == auth.Staff:
		return v.T("identity.data.staff")
	case u.Kind == auth.System:
		return v.T("identity.data.system")
	case u.Kind == auth.Machine:
		return v.T("identity.data.machine", "name", u.Name)
	}
	return v.T("identity.data.other")
}

// whats are the kinds of data that have a name for people.
var whats = map[string]string{
	"name": "identity.data.what.name", "number": "identity.data.what.number", "phone": "identity.data.what.phone",
	"email": "identity.data.what.email", "company": "identity.data.what.company", "address": "identity.data.what.address",
	"legal_representative": "identity.data.what.legal_representative", "answers": "identity.data.what.answers",
	"materials": "identity.data.what.materials", "material": "identity.data.what.material", "field": "identity.data.what.field",
	"licence": "identity.data.what.licence",
}

// what names the data that was used; "material:plan" is one of the materials.
func what(v web.View, kinds []string) string {
	var names []string
	seen := map[string]bool{}
	for _, kind := range kinds {
		kind, _, _ = strings.Cut(kind, ":")
		key, ok := whats[kind]
		if !ok {
			key = "identity.data.what.other"
		}
		if !seen[key] {
			names = append(names, v.T(key))
			seen[key] = true
		}
	}
	return v.Join(names)
}

// purposes are the purposes that have a sentence of their own; officials may
// also write one in their own words.
var purposes = map[string]string{
	"prefill": "identity.data.purpose.prefill", "acceptance": "identity.data.purpose.acceptance",
	"review": "identity.data.purpose.review", "decision": "identity.data.purpose.decision",
	"archive": "identity.data.purpose.archive", "other": "identity.data.purpose.other", "": "identity.data.purpose.other",
}

func purpose(v web.View, s string) string {
	if key, ok := purposes[s]; ok {
		return v.T(key)
	}
	return s
}

func caseHref(id contract.CaseID) string { return "/cases/" + string(id) }
