package caseworkweb

import (
	"net/http"
	"net/url"

	"github.com/tongban/tongban/internal/casework"
	"github.com/tongban/tongban/internal/kit/day"
	"github.com/tongban/tongban/internal/kit/web"
)

// cardData is the page of one card of supervision.
type cardData struct {
	casework.Record
	May   casework.CardSteps
	Today day.Date
	Left  int
	Form  *web.Form
}

func (p pages) card(w http.ResponseWriter, r *http.Request) error {
	return p.cardAgain(w, r, http.StatusOK, nil)
}

func (p pages) cardAgain(w http.ResponseWriter, r *http.Request, status int, f *web.Form) error {
	x, may, err := p.s.Card(r.Context(), p.k.Actor(r), r.PathValue("card"))
	if err != nil {
		return err
	}
	d := cardData{
		Record: x, May: may, Today: p.s.Today(), Form: f,
		Left: p.s.DaysLeft(casework.Case{Division: x.Division}, x.ExplainBy),
	}
	return p.k.Render(w, r, status, cardPage(p.k.View(r), d))
}

func (p pages) explainCard(w http.ResponseWriter, r *http.Request) error {
	return p.onCard(w, r, "casework.notice.explained", func(f *web.Form) error {
		return p.s.ExplainCard(r.Context(), p.k.Actor(r), r.PathValue("card"), f.Raw("text"), f.Get("appeal") == "yes")
	})
}

func (p pages) ruleCard(w http.ResponseWriter, r *http.Request) error {
	return p.onCard(w, r, "casework.notice.card_ruled", func(f *web.Form) error {
		return p.s.RuleCard(r.Context(), p.k.Actor(r), r.PathValue("card"), f.Get("ruling"), f.Raw("text"))
	})
}

func (p pages) onCard(w http.ResponseWriter, r *http.Request, notice string, do func(f *web.Form) error) error {
	f, err := web.ReadForm(w, r, maxForm)
	if err != nil {
		return err
	}
	err = do(f)
	if f.Fail(err) {
		return p.cardAgain(w, r, statusOf(f), f)
	}
	if err != nil {
		return err
	}
	p.k.Flash(w, notice)
	return p.k.SeeOther(w, r, "/staff/cards/"+url.PathEscape(r.PathValue("card")))
}

// cardState says where the explanation of a card stands.
func cardState(v web.View, x casework.Record, today day.Date) string {
	switch {
	case x.Ruling != "":
		return v.T("casework.card.ruling." + x.Ruling)
	case x.IsExplained() && x.Appealed:
		return v.T("casework.card.appealed")
	case x.IsExplained():
		return v.T("casework.card.explained")
	case x.Overdue(today):
		return v.T("casework.card.overdue", "date", x.ExplainBy)
	case x.ExplainBy.IsZero():
		return v.T("casework.card.open")
	}
	return v.T("casework.card.due", "date", x.ExplainBy)
}

func cardTag(x casework.Record, today day.Date) string {
	switch {
	case x.Ruling == casework.CardCancelled:
		return web.Plain
	case x.Overdue(today), x.Ruling == casework.CardKept:
		return web.Warn
	case x.IsExplained():
		return web.Accent
	}
	return web.Plain
}

// cardOwner says whose card it is: the post that had the case, or the agency.
func cardOwner(v web.View, x casework.Record) string {
	if x.Handler == "" {
		return pick(v, x.AgencyName)
	}
	return v.T("casework.card.owner", "name", x.Handler, "agency", pick(v, x.AgencyName))
}
