package identityweb

import (
	"encoding/csv"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/identity"
	"github.com/tongban/tongban/internal/kit/auth"
	"github.com/tongban/tongban/internal/kit/day"
	"github.com/tongban/tongban/internal/kit/web"
)

type dataData struct {
	Uses   []identity.Use
	Month  string
	Months []web.Option
	Next   string
}

func (d dataData) exportHref(format string) string {
	q := url.Values{"format": {format}}
	if d.Month != "" {
		q.Set("month", d.Month)
	}
	return "/account/data/export?" + q.Encode()
}

func (e site) data(w http.ResponseWriter, r *http.Request) error {
	v, q := e.k.View(r), r.URL.Query()
	d := dataData{Month: q.Get("month"), Months: months(v)}
	uses, more, err := e.s.Uses(r.Context(), e.k.Actor(r), identity.UseQuery{Month: d.Month, After: q.Get("after")})
	if err != nil {
		return err
	}
	d.Uses = uses
	if more {
		next := url.Values{"after": {uses[len(uses)-1].ID}}
		if d.Month != "" {
			next.Set("month", d.Month)
		}
		d.Next = "/account/data?" + next.Encode()
	}
	noStore(w)
	return e.k.Render(w, r, http.StatusOK, dataPage(v, d))
}

// months are the choices of the filter: all, and the last twelve.
func months(v web.View) []web.Option {
	list := []web.Option{{Value: "", Label: v.T("identity.data.all_months")}}
	y, m, _ := day.In(v.Now).Date()
	for i := range 12 {
		first := day.Of(y, m-time.Month(i), 1)
		value := first.String()[:len("2006-01")]
		list = append(list, web.Option{Value: value, Label: value})
	}
	return list
}

// exportData gives the log to take along. Its rows are those of the page.
func (e site) exportData(w http.ResponseWriter, r *http.Request) error {
	v, q := e.k.View(r), r.URL.Query()
	uses, _, err := e.s.Uses(r.Context(), e.k.Actor(r), identity.UseQuery{Month: q.Get("month"), Limit: identity.UsesExport})
	if err != nil {
		return err
	}
	noStore(w)
	format := "csv"
	if q.Get("format") == "json" {
		format = "json"
	}
	w.Header().Set("Content-Disposition", `attachment; filename="data-uses.`+format+`"`)
	if format == "json" {
		w.Header().Set("Content-Type", "application/json")
		return json.NewEncoder(w).Encode(useBodies(uses))
	}
	w.Header().Set("Content-Type", "text/csv; charset=utf-8")
	return writeUses(w, v, uses)
}

func writeUses(w http.ResponseWriter, v web.View, uses []identity.Use) error {
	if _, err := w.Write([]byte("\ufeff")); err != nil { // spreadsheets guess the encoding without it
		return err
	}
	c := csv.NewWriter(w)
	head := []string{"time", "who", "post", "what", "registries", "purpose", "basis", "case", "draft"}
	for i, name := range head {
		head[i] = v.T("identity.data.column." + name)
	}
	rows := [][]string{head}
	for _, u := range uses {
		rows = append(rows, []string{
			v.Machine(u.At), who(v, u), v.Pick(u.Title.ZH, u.Title.EN), what(v, u.What), registryNames(v, u.Registries),
			purpose(v, u), u.Basis, string(u.Case), string(u.Draft),
		})
	}
	for _, row := range rows {
		for i, cell := range row {
			row[i] = plainCell(cell)
		}
		if err := c.Write(row); err != nil {
			return err
		}
	}
	c.Flush()
	return c.Error()
}

// plainCell keeps a spreadsheet from taking a text for a formula.
func plainCell(s string) string {
	if s != "" && strings.ContainsRune("=+-@\t\r", rune(s[0])) {
		return "'" + s
	}
	return s
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
	case u.Agent && u.Name != "":
		return v.T("identity.data.agent", "name", u.Name)
	case u.Name != "":
		return u.Name
	}
	return v.T("identity.data.other")
}

// whats are the kinds of data that have a name for people: by name, by key of a
// registry, or by the registry alone.
var whats = map[string]string{
	"name": "name", "number": "number", "phone": "phone", "email": "email", "company": "company", "address": "address",
	"legal_representative": "legal_representative", "answers": "answers", "materials": "materials", "material": "material",
	"field": "field", "licence": "licence", "message": "message", "messages": "message", "copy": "material", "copies": "materials",
	"person.name": "name", "person.resident_id": "number", "person.phone": "phone", "person.email": "email",
	"person.birth_date": "birth_date", "person.sex": "sex", "person.address": "address", "person.division": "address",
	"marriage": "marriage", "birth": "birth", "household": "household", "guardianship": "guardianship", "estate": "estate",
	"insurance": "insurance", "employment": "employment", "disability": "disability", "nurse": "nurse", "project": "project",
	"report": "report",
}

// what names the data that was used; "material:plan" is one of the materials,
// "marriage.status" comes from a register.
func what(v web.View, kinds []string) string {
	var names []string
	seen := map[string]bool{}
	for _, kind := range kinds {
		kind, _, _ = strings.Cut(kind, ":")
		name, ok := whats[kind]
		if !ok {
			registry, _, _ := strings.Cut(kind, ".")
			if name, ok = whats[registry]; !ok {
				name = "other"
			}
		}
		if !seen[name] {
			names = append(names, v.T("identity.data.what."+name))
			seen[name] = true
		}
	}
	return v.Join(names)
}

// purposes are the purposes that have a sentence of their own; officials may
// also write one in their own words.
var purposes = map[string]string{
	"prefill": "prefill", "acceptance": "acceptance", "review": "review", "decision": "decision", "archive": "archive",
	"check": "check", "family": "family", "other": "other", "": "other",
	"signature": "signature", "reuse": "reuse", "opinion": "opinion", "verification": "verification", "delivery": "delivery",
	"earlier_cases": "earlier_cases", "counter": "counter", "stuck": "stuck", "supervision": "supervision",
	"inquiry": "inquiry", "expert review": "inquiry",
}

func purpose(v web.View, u identity.Use) string {
	text := u.Purpose
	if key, ok := purposes[u.Purpose]; ok {
		text = v.T("identity.data.purpose." + key)
	}
	if u.ItemName.ZH == "" {
		return text
	}
	return v.T("identity.data.for_item", "purpose", text, "item", v.Pick(u.ItemName.ZH, u.ItemName.EN))
}

var registries = map[string]bool{
	"person": true, "company": true, "marriage": true, "birth": true, "household": true, "guardianship": true, "estate": true,
	"insurance": true, "employment": true, "disability": true, "nurse": true, "project": true,
}

func registryNames(v web.View, ids []string) string {
	names := make([]string, len(ids))
	for i, id := range ids {
		names[i] = id
		if registries[id] {
			names[i] = v.T("identity.data.registry." + id)
		}
	}
	return v.Join(names)
}

func registriesAsked(v web.View, u identity.Use) string {
	if len(u.Down) > 0 {
		return v.T("identity.data.asked_down", "registries", registryNames(v, u.Registries), "down", registryNames(v, u.Down))
	}
	return v.T("identity.data.asked", "registries", registryNames(v, u.Registries))
}

func caseHref(id contract.CaseID) string { return "/cases/" + string(id) }
