package identityweb

import (
	"net/http"
	"net/url"
	"slices"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/identity"
	"github.com/tongban/tongban/internal/kit/web"
)

// rightsRoutes lists the pages of mandates, operators and the family.
func (e site) rightsRoutes() {
	e.k.Page("GET /account/mandates", identity.ActionMandates, e.mandates)
	e.k.Page("GET /account/mandates/new", identity.ActionMandateMake, e.newMandate)
	e.k.Page("POST /account/mandates/new", identity.ActionMandateMake, e.makeMandate)
	e.k.Page("GET /account/mandates/{id}", identity.ActionMandates, e.mandate)
	e.k.Page("POST /account/mandates/{id}/accept", identity.ActionMandateAnswer, e.answer(true, "identity.notice.accepted"))
	e.k.Page("POST /account/mandates/{id}/decline", identity.ActionMandateAnswer, e.answer(false, "identity.notice.declined"))
	e.k.Page("POST /account/mandates/{id}/end", identity.ActionMandateEnd, e.endMandate)
	e.k.Page("GET /account/operators", identity.ActionOperators, e.operators)
	e.k.Page("GET /account/operators/new", identity.ActionOperatorGrant, e.newOperator)
	e.k.Page("POST /account/operators/new", identity.ActionOperatorGrant, e.makeOperator)
	e.k.Page("GET /account/family", identity.ActionFamily, e.family)
	e.k.Page("POST /account/family/find", identity.ActionFamily, e.findWards)
	e.k.Page("POST /account/family", identity.ActionFamily, e.confirmWard)
	e.k.Page("POST /account/family/{id}/end", identity.ActionFamily, e.endWard)
}

type mandatesData struct {
	Given, Held []identity.Mandate
	Waiting     []identity.Mandate // for whom looks
	Names       map[string]contract.Text
}

func (e site) mandates(w http.ResponseWriter, r *http.Request) error {
	p := e.k.Actor(r)
	all, err := e.s.Mandates(r.Context(), p)
	if err != nil {
		return err
	}
	d := mandatesData{}
	for _, m := range all {
		switch {
		case e.s.MayAnswer(r.Context(), p, m):
			d.Waiting = append(d.Waiting, m)
		case m.Kind == identity.PartyCompany: // those stand with the companies
		case m.Principal == p.ID:
			d.Given = append(d.Given, m)
		default:
			d.Held = append(d.Held, m)
		}
	}
	if d.Names, err = e.itemNames(r, all); err != nil {
		return err
	}
	noStore(w)
	return e.k.Render(w, r, http.StatusOK, mandatesPage(e.k.View(r), d))
}

func (e site) itemNames(r *http.Request, all []identity.Mandate) (map[string]contract.Text, error) {
	var items []string
	for _, m := range all {
		items = append(items, m.Items...)
	}
	slices.Sort(items)
	return e.s.ItemNames(r.Context(), slices.Compact(items))
}

type mandateData struct {
	identity.Mandate
	Names     map[string]contract.Text
	MayAnswer bool
	Mine      bool // whom looks is on the principal's side
	Deeds     []identity.Deed
	Cases     int
}

func (e site) mandate(w http.ResponseWriter, r *http.Request) error {
	p := e.k.Actor(r)
	m, err := e.s.Mandate(r.Context(), p, r.PathValue("id"))
	if err != nil {
		return err
	}
	d := mandateData{Mandate: m, MayAnswer: e.s.MayAnswer(r.Context(), p, m), Mine: string(m.Agent) != p.ID}
	if d.Names, err = e.itemNames(r, []identity.Mandate{m}); err != nil {
		return err
	}
	if d.Deeds, d.Cases, err = e.s.Deeds(r.Context(), p, m.ID); err != nil {
		return err
	}
	noStore(w)
	return e.k.Render(w, r, http.StatusOK, mandatePage(e.k.View(r), d))
}

func (e site) answer(accept bool, notice string) web.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		if err := e.s.AnswerMandate(r.Context(), e.k.Actor(r), r.PathValue("id"), accept); err != nil {
			return err
		}
		e.k.Flash(w, notice)
		return e.k.SeeOther(w, r, "/account/mandates/"+url.PathEscape(r.PathValue("id")))
	}
}

func (e site) endMandate(w http.ResponseWriter, r *http.Request) error {
	if err := e.s.EndMandate(r.Context(), e.k.Actor(r), r.PathValue("id")); err != nil {
		return err
	}
	e.k.Flash(w, "identity.notice.ended")
	return e.k.SeeOther(w, r, "/account/mandates/"+url.PathEscape(r.PathValue("id")))
}

// grantData is the form of a new mandate or operator's right.
type grantData struct {
	Form    *web.Form
	Ask     bool
	Company identity.CompanyRights // of an operator's right; zero is a mandate
	Chosen  []string
	Found   []identity.ServiceName
	Sought  bool // a search was made
	From    string
	To      string
	Days    int
}

func (d grantData) forCompany() bool { return d.Company.Company.ID != "" }

func (d grantData) action() string {
	if d.forCompany() {
		return "/account/operators/new"
	}
	return "/account/mandates/new"
}

func (e site) newMandate(w http.ResponseWriter, r *http.Request) error {
	return e.renderGrant(w, r, http.StatusOK, grantData{Ask: r.URL.Query().Get("ask") != ""})
}

// renderGrant shows the form again with what was typed. The services that were
// chosen stay, and what the search found is offered beside them.
func (e site) renderGrant(w http.ResponseWriter, r *http.Request, status int, d grantData) error {
	names, err := e.s.ItemNames(r.Context(), d.Chosen)
	if err != nil {
		return err
	}
	var offered []identity.ServiceName
	for _, id := range d.Chosen {
		if name, ok := names[id]; ok {
			offered = append(offered, identity.ServiceName{Item: contract.ItemID(id), Name: name})
		}
	}
	if q := d.Form.Get("q"); d.Form.Get("do") == "find" && q != "" {
		found, err := e.s.FindServices(r.Context(), q)
		if err != nil {
			return err
		}
		d.Sought = true
		for _, f := range found {
			if !slices.Contains(d.Chosen, string(f.Item)) {
				offered = append(offered, f)
			}
		}
	}
	d.Found, d.Days = offered, e.s.LongestMandate()
	d.From = e.s.Today().String()
	d.To = e.s.Today().Add(d.Days - 1).String()
	noStore(w)
	return e.k.Render(w, r, status, grantPage(e.k.View(r), d))
}

// dates reads the period of a right; what is no date is a fault of the form.
func dates(f *web.Form, n *identity.Period) {
	var err error
	if n.From, err = f.Date("from"); err != nil {
		f.Add("from", "form.date")
	}
	if n.To, err = f.Date("to"); err != nil {
		f.Add("to", "form.date")
	}
}

func otherPerson(f *web.Form) identity.Person {
	return identity.Person{Name: f.Get("name"), Account: f.Get("account"), Number: f.Get("number")}
}

func (e site) makeMandate(w http.ResponseWriter, r *http.Request) error {
	f, err := web.ReadForm(w, r, formBytes)
	if err != nil {
		return err
	}
	d := grantData{Form: f, Ask: f.Get("ask") != "", Chosen: f.All("items")}
	if f.Get("do") == "find" {
		return e.renderGrant(w, r, http.StatusOK, d)
	}
	n := identity.NewMandate{Ask: d.Ask, Other: otherPerson(f), Items: d.Chosen}
	dates(f, &n.Period)
	if f.Bad() {
		return e.renderGrant(w, r, http.StatusUnprocessableEntity, d)
	}
	m, err := e.s.MakeMandate(r.Context(), e.k.Actor(r), n)
	return e.made(w, r, d, m, err)
}

// made leads to the new right, or back to the form.
func (e site) made(w http.ResponseWriter, r *http.Request, d grantData, m identity.Mandate, err error) error {
	if d.Form.Fail(err) || tell(d.Form, err) {
		return e.renderGrant(w, r, http.StatusUnprocessableEntity, d)
	}
	if err != nil {
		return err
	}
	e.k.Flash(w, "identity.notice.offered")
	return e.k.SeeOther(w, r, "/account/mandates/"+url.PathEscape(m.ID))
}

type operatorsData struct {
	Companies []identity.CompanyRights
	Mine      []identity.Mandate
	Names     map[string]contract.Text
}

func (e site) operators(w http.ResponseWriter, r *http.Request) error {
	p := e.k.Actor(r)
	d := operatorsData{}
	var err error
	if d.Companies, err = e.s.Companies(r.Context(), p); err != nil {
		return err
	}
	if d.Mine, err = e.s.OperatorOf(r.Context(), p); err != nil {
		return err
	}
	all := slices.Clone(d.Mine)
	for _, c := range d.Companies {
		all = append(all, c.Rights...)
	}
	if d.Names, err = e.itemNames(r, all); err != nil {
		return err
	}
	noStore(w)
	return e.k.Render(w, r, http.StatusOK, operatorsPage(e.k.View(r), d))
}

// companyOf returns the company that a right is granted of; to who does not
// speak for it there is none.
func (e site) companyOf(r *http.Request, id string) (identity.CompanyRights, error) {
	companies, err := e.s.Companies(r.Context(), e.k.Actor(r))
	if err != nil {
		return identity.CompanyRights{}, err
	}
	for _, c := range companies {
		if c.Company.ID == id {
			return c, nil
		}
	}
	return identity.CompanyRights{}, identity.ErrNoCompany
}

func (e site) newOperator(w http.ResponseWriter, r *http.Request) error {
	c, err := e.companyOf(r, r.URL.Query().Get("company"))
	if err != nil {
		return err
	}
	return e.renderGrant(w, r, http.StatusOK, grantData{Company: c})
}

func (e site) makeOperator(w http.ResponseWriter, r *http.Request) error {
	f, err := web.ReadForm(w, r, formBytes)
	if err != nil {
		return err
	}
	d := grantData{Form: f, Chosen: f.All("items")}
	if d.Company, err = e.companyOf(r, f.Get("company")); err != nil {
		return err
	}
	if f.Get("do") == "find" {
		return e.renderGrant(w, r, http.StatusOK, d)
	}
	n := identity.NewOperator{
		Company: d.Company.Company.ID, Administrator: f.Get("role") == identity.RoleAdministrator, Other: otherPerson(f), Items: d.Chosen,
	}
	switch f.Get("scope") {
	case "all":
		n.Items = nil
	case "some":
		if len(d.Chosen) == 0 {
			f.Add("items", "identity.mandate.items_missing")
		}
	default:
		f.Add("scope", "identity.operators.scope_missing")
	}
	dates(f, &n.Period)
	if f.Bad() {
		return e.renderGrant(w, r, http.StatusUnprocessableEntity, d)
	}
	m, err := e.s.MakeOperator(r.Context(), e.k.Actor(r), n)
	return e.made(w, r, d, m, err)
}

type familyData struct {
	Wards  []identity.Guardianship
	Found  []identity.Found
	Sought bool
	Down   bool
}

func (e site) family(w http.ResponseWriter, r *http.Request) error {
	return e.renderFamily(w, r, familyData{})
}

func (e site) renderFamily(w http.ResponseWriter, r *http.Request, d familyData) error {
	var err error
	if d.Wards, err = e.s.Family(r.Context(), e.k.Actor(r)); err != nil {
		return err
	}
	noStore(w)
	return e.k.Render(w, r, http.StatusOK, familyPage(e.k.View(r), d))
}

func (e site) findWards(w http.ResponseWriter, r *http.Request) error {
	found, down, err := e.s.FindWards(r.Context(), e.k.Actor(r))
	if err != nil {
		return err
	}
	return e.renderFamily(w, r, familyData{Found: found, Sought: true, Down: down})
}

func (e site) confirmWard(w http.ResponseWriter, r *http.Request) error {
	f, err := web.ReadForm(w, r, formBytes)
	if err != nil {
		return err
	}
	if err := e.s.ConfirmWard(r.Context(), e.k.Actor(r), f.Get("key")); err != nil {
		return err
	}
	e.k.Flash(w, "identity.notice.ward")
	return e.k.SeeOther(w, r, "/account/family")
}

func (e site) endWard(w http.ResponseWriter, r *http.Request) error {
	if err := e.s.EndWard(r.Context(), e.k.Actor(r), r.PathValue("id")); err != nil {
		return err
	}
	e.k.Flash(w, "identity.notice.ended")
	return e.k.SeeOther(w, r, "/account/family")
}
