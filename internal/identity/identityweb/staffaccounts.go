package identityweb

import (
	"errors"
	"net/http"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/identity"
	"github.com/tongban/tongban/internal/kit/fault"
	"github.com/tongban/tongban/internal/kit/web"
)

// staffRoutes lists the pages that make accounts of staff and set passwords.
func (e site) staffRoutes() {
	e.k.Page("GET /staff/accounts/new", identity.ActionStaffCreate, e.newStaff)
	e.k.Page("POST /staff/accounts/new", identity.ActionStaffCreate, e.createStaff)
	e.k.Page("POST /staff/accounts/{id}/password", identity.ActionNewPassword, e.newPassword)
	e.k.Page("GET /staff/accounts/{id}/post", identity.ActionPost, e.post)
	e.k.Page("POST /staff/accounts/{id}/post", identity.ActionPost, e.putPost)
	e.k.Page("POST /staff/accounts/{id}/post/end", identity.ActionPost, e.endPost)
	e.k.Page("GET /signin/set", identity.ActionSignIn, e.showSet)
	e.k.Page("POST /signin/set", identity.ActionSignIn, e.set)
}

type newStaffData struct {
	Form     *web.Form
	Agencies []contract.Agency
	From     string
}

func (e site) newStaff(w http.ResponseWriter, r *http.Request) error {
	return e.renderNewStaff(w, r, http.StatusOK, nil)
}

func (e site) renderNewStaff(w http.ResponseWriter, r *http.Request, status int, f *web.Form) error {
	agencies, err := e.s.StaffAgencies(r.Context(), e.k.Actor(r))
	if err != nil {
		return err
	}
	noStore(w)
	d := newStaffData{Form: f, Agencies: agencies, From: e.s.Today().String()}
	return e.k.Render(w, r, status, newStaffPage(e.k.View(r), d))
}

func (e site) createStaff(w http.ResponseWriter, r *http.Request) error {
	f, err := web.ReadForm(w, r, formBytes)
	if err != nil {
		return err
	}
	n := identity.NewStaff{
		Username: f.Get("username"), Name: f.Get("name"), Agency: contract.AgencyID(f.Get("agency")),
		Title: contract.Text{ZH: f.Get("title"), EN: f.Get("title_en")}, Roles: f.All("roles"),
	}
	dates(f, &n.Period)
	if f.Bad() {
		return e.renderNewStaff(w, r, http.StatusUnprocessableEntity, f)
	}
	_, token, err := e.s.CreateStaff(r.Context(), e.k.Actor(r), n)
	if f.Fail(err) {
		return e.renderNewStaff(w, r, http.StatusUnprocessableEntity, f)
	}
	if err != nil {
		return err
	}
	return e.showLink(w, r, n.Username, token)
}

func (e site) newPassword(w http.ResponseWriter, r *http.Request) error {
	a, token, err := e.s.NewPassword(r.Context(), e.k.Actor(r), contract.AccountID(r.PathValue("id")))
	if err != nil {
		return err
	}
	return e.showLink(w, r, a.Username, token)
}

// showLink shows a one-time link, once.
func (e site) showLink(w http.ResponseWriter, r *http.Request, username, token string) error {
	noStore(w)
	return e.k.Render(w, r, http.StatusOK, linkPage(e.k.View(r), username, "/signin/set?t="+token))
}

type setData struct {
	Form     *web.Form
	Token    string
	Username string
}

func (e site) showSet(w http.ResponseWriter, r *http.Request) error {
	return e.renderSet(w, r, http.StatusOK, nil, r.URL.Query().Get("t"))
}

func (e site) renderSet(w http.ResponseWriter, r *http.Request, status int, f *web.Form, token string) error {
	name, err := e.s.LinkFor(r.Context(), token)
	if err != nil {
		return err
	}
	noStore(w)
	w.Header().Set("Referrer-Policy", "no-referrer") // the address is a key
	return e.k.Render(w, r, status, setPage(e.k.View(r), setData{Form: f, Token: token, Username: name}))
}

func (e site) set(w http.ResponseWriter, r *http.Request) error {
	f, err := web.ReadForm(w, r, formBytes)
	if err != nil {
		return err
	}
	token := f.Get("t")
	if f.Raw("password") != f.Raw("again") {
		f.Add("again", "identity.staff.differ")
	} else {
		err = e.s.SetPassword(r.Context(), web.Host(r.RemoteAddr), token, f.Raw("password"))
	}
	if f.Fail(err) || f.Bad() {
		f.Values.Del("password")
		f.Values.Del("again")
		return e.renderSet(w, r, http.StatusUnprocessableEntity, f, token)
	}
	if err != nil {
		return err
	}
	e.k.Flash(w, "identity.notice.password")
	return e.k.SeeOther(w, r, "/signin")
}

func agencyOptions(v web.View, all []contract.Agency) []web.Option {
	list := []web.Option{{Value: "", Label: v.T("identity.staff.choose")}}
	for _, a := range all {
		list = append(list, web.Option{Value: string(a.ID), Label: v.Pick(a.Name.ZH, a.Name.EN)})
	}
	return list
}

func roleOptions(v web.View) []web.Option {
	var list []web.Option
	for _, r := range identity.StaffRoles() {
		list = append(list, web.Option{Value: r, Label: v.T("identity.role." + r)})
	}
	return list
}

type postData struct {
	Form     *web.Form
	Account  identity.Account
	Post     identity.Post
	Holds    bool // the post, today
	Agency   contract.Agency
	Agencies []contract.Agency // for a new post
	From     string
}

func (e site) post(w http.ResponseWriter, r *http.Request) error {
	return e.renderPost(w, r, http.StatusOK, nil)
}

func (e site) renderPost(w http.ResponseWriter, r *http.Request, status int, f *web.Form) error {
	p := e.k.Actor(r)
	d := postData{Form: f, From: e.s.Today().String()}
	var err error
	if d.Account, d.Post, d.Holds, err = e.s.NowPost(r.Context(), p, contract.AccountID(r.PathValue("id"))); err != nil {
		return err
	}
	if d.Agencies, err = e.s.StaffAgencies(r.Context(), p); err != nil {
		return err
	}
	for _, a := range d.Agencies {
		if a.ID == d.Post.Agency {
			d.Agency = a
		}
	}
	noStore(w)
	return e.k.Render(w, r, status, postPage(e.k.View(r), d))
}

func (e site) putPost(w http.ResponseWriter, r *http.Request) error {
	f, err := web.ReadForm(w, r, formBytes)
	if err != nil {
		return err
	}
	in := identity.PostInput{
		Agency: contract.AgencyID(f.Get("agency")), Title: contract.Text{ZH: f.Get("title"), EN: f.Get("title_en")}, Roles: f.All("roles"),
	}
	in.Was = f.Get("was")
	dates(f, &in.Period)
	if f.Bad() {
		return e.renderPost(w, r, http.StatusUnprocessableEntity, f)
	}
	err = e.s.PutPost(r.Context(), e.k.Actor(r), contract.AccountID(r.PathValue("id")), in)
	if f.Fail(err) {
		return e.renderPost(w, r, postStatus(f), f)
	}
	if err != nil {
		return err
	}
	e.k.Flash(w, "identity.notice.post")
	return e.k.SeeOther(w, r, "/staff/accounts")
}

func (e site) endPost(w http.ResponseWriter, r *http.Request) error {
	f, err := web.ReadForm(w, r, formBytes)
	if err != nil {
		return err
	}
	err = e.s.EndPost(r.Context(), e.k.Actor(r), contract.AccountID(r.PathValue("id")), f.Get("was"))
	if errors.Is(err, identity.ErrPostChanged) {
		f.Fail(err)
		return e.renderPost(w, r, postStatus(f), f)
	}
	if err != nil {
		return err
	}
	e.k.Flash(w, "identity.notice.post_ended")
	return e.k.SeeOther(w, r, "/staff/accounts")
}

// postStatus tells a conflict from a wrong entry.
func postStatus(f *web.Form) int {
	if fault.KindOf(f.Err) == fault.Conflict {
		return http.StatusConflict
	}
	return http.StatusUnprocessableEntity
}

// lastDay is the last day of a post as its field shows it; "" is open.
func (d postData) lastDay() string {
	if !d.Holds || d.Post.To.IsZero() {
		return ""
	}
	return d.Post.To.String()
}

// changed reports that somebody else changed the post while this form was open.
func (d postData) changed() bool {
	return d.Form != nil && d.Holds && fault.KindOf(d.Form.Err) == fault.Conflict
}

// was is the version that the person changes: what they saw first, until they are
// told that it is another.
func (d postData) was() string {
	if d.Form != nil && fault.KindOf(d.Form.Err) != fault.Conflict {
		return d.Form.Get("was")
	}
	return d.Post.Version()
}
