package caseworkweb

import (
	"context"
	"net/http"
	"net/url"
	"strconv"

	"github.com/a-h/templ"

	"github.com/tongban/tongban/internal/casework"
	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/web"
)

// counterRoutes are the pages of what a counter adds to cases.
func counterRoutes(k *web.Kit, p pages) {
	k.Page("GET /cases/{id}/confirmed/{step}", "casework.mine", p.own(p.sheet))
	k.Page("GET /staff/cases/{id}/confirmed/{step}", "casework.desk", p.sheet)
	k.Page("GET /staff/cases/{id}/receipt.pdf", "casework.desk", p.receiptPDF)
	k.Page("GET /cases/{id}/print", "casework.mine", p.own(p.printed))
}

// own keeps the applicant's pages to the applicant: a clerk of the hall who serves
// somebody else finds a case at the desk, and not on that person's pages.
func (p pages) own(h web.Handler) web.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		actor := p.k.Actor(r)
		if actor.AtCounter() {
			c, err := p.s.Open(r.Context(), actor, caseID(r))
			if err != nil {
				return err
			}
			if c.Applicant.ID != actor.Subject() {
				return casework.ErrNotFound
			}
		}
		return h(w, r)
	}
}

// taken is the panel that says where a case was taken in, by whom, and what was
// confirmed there.
func (p pages) taken(staff bool) Panel {
	return func(ctx context.Context, v web.View, id contract.CaseID) (templ.Component, error) {
		c, err := p.s.Open(ctx, v.Actor, id)
		if err != nil {
			return nil, err
		}
		told, err := p.s.Confirmations(ctx, v.Actor, id)
		if err != nil || c.Counter.Session == "" && len(told) == 0 {
			return nil, err
		}
		return takenBlock(v, c, told, staff), nil
	}
}

// sheet is the scan of what somebody signed by hand.
func (p pages) sheet(w http.ResponseWriter, r *http.Request) error {
	step, err := strconv.Atoi(r.PathValue("step"))
	if err != nil {
		return casework.ErrNotFound
	}
	m, body, err := p.s.Sheet(r.Context(), p.k.Actor(r), caseID(r), step)
	if err != nil {
		return err
	}
	defer body.Close() //nolint:errcheck // read only
	return p.hand(w, r, m, true, body)
}

// printed is the receipt as a page to be printed at the window.
func (p pages) printed(w http.ResponseWriter, r *http.Request) error {
	ctx, actor := r.Context(), p.k.Actor(r)
	var d receiptData
	var err error
	if d.Case, err = p.s.Open(ctx, actor, caseID(r)); err != nil {
		return err
	}
	if d.Svc, err = p.s.ServiceOf(ctx, d.Case); err != nil {
		return err
	}
	if d.Content, err = p.s.Content(ctx, actor, d.Case.ID); err != nil {
		return err
	}
	if d.Parts, err = p.s.Parts(ctx, actor, d.Case.ID); err != nil {
		return err
	}
	return p.k.Render(w, r, http.StatusOK, confirmationPage(p.k.View(r), d))
}

// progressPath leads to the progress of a case; the number is filled in.
func progressPath(c casework.Case) string { return "/progress?number=" + url.QueryEscape(c.Number) }

// confirming reads how somebody confirms at the window.
func confirming(f *web.Form) (how casework.Confirming, closeAll func(), err error) {
	how.Method = f.Get("method")
	if how.Method == contract.ConfirmDrawn {
		how.Mark = web.Drawn(f.Get("mark-drawn"))
	}
	how.Sheet, closeAll, err = uploads(f, "sheet")
	return how, closeAll, err
}

// withdrawThere withdraws for who stands at the window.
func (p pages) withdrawThere(r *http.Request, f *web.Form) error {
	if f.Get("witness") == "" {
		f.Add("witness", "casework.confirm_witness")
		return f.Err
	}
	how, closeAll, err := confirming(f)
	if err != nil {
		return err
	}
	defer closeAll()
	_, err = p.s.WithdrawAt(r.Context(), p.k.Actor(r), caseID(r), number(f.Get("step")), how)
	return err
}

// comparing reads what the clerk says of the original of a supplement.
func comparing(f *web.Form, s *casework.Supplement) {
	s.Compared, s.Paper = f.Get("compared") != "", f.Get("paper")
}

// takenText says where a case was taken in.
func takenText(v web.View, c casework.Case) string {
	k := c.Counter
	return v.T("casework.taken.at", "hall", pick(v, k.Hall), "window", k.Window, "clerk", k.ClerkName)
}

// attestedText says how a step was confirmed at a window.
func attestedText(v web.View, x casework.Attested) string {
	return v.T("casework.taken.confirmed", "name", x.Name, "what", v.T("casework.taken.what."+x.What),
		"how", v.T("casework.taken.method."+x.Method), "window", x.Window, "clerk", x.ClerkName, "at", v.Time(x.At))
}

func paperOptions(v web.View) []web.Option {
	return []web.Option{
		{Value: "", Label: v.T("casework.taken.paper_none")},
		{Value: contract.PaperReturned, Label: v.T("casework.taken.paper.returned")},
		{Value: contract.PaperKept, Label: v.T("casework.taken.paper.kept")},
	}
}
