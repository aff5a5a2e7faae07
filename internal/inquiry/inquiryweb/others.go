package inquiryweb

import (
	"errors"
	"net/http"
	"net/url"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/inquiry"
	"github.com/tongban/tongban/internal/kit/web"
)

// stepOther takes the steps of hearings and reviews.
func (p pages) stepOther(r *http.Request, do string, f *web.Form) error {
	ctx, actor, id, rev := r.Context(), p.k.Actor(r), r.PathValue("id"), number(f.Get("rev"))
	var err error
	switch do {
	case "request":
		_, err = p.s.RecordRequest(ctx, actor, id, rev, f.Get("party"), dateOf(f, "on"))
	case "arrange":
		_, err = p.s.Arrange(ctx, actor, id, rev, inquiry.SetHearing{
			Slot: slotOf(f, "day", "time"), Place: f.Get("place"), Private: f.Get("private"), PrivateWhy: f.Get("private_why"),
			Host: contract.AccountID(f.Get("host")), Recorder: contract.AccountID(f.Get("recorder")), Reason: f.Get("reason"),
		})
	case "host":
		_, err = p.s.DecideHost(ctx, actor, id, rev, contract.AccountID(f.Get("host")), f.Get("answer"))
	case "hear":
		_, err = p.s.FillHearing(ctx, actor, id, rev, f.Raw("transcript"), participants(f))
	case "close":
		_, err = p.s.CloseHearing(ctx, actor, id, rev, f.Get("conclusion"))
	case "call_off":
		_, err = p.s.CancelHearing(ctx, actor, id, rev, f.Get("reason"))
	case "draw":
		_, err = p.s.Draw(ctx, actor, id, rev, f.Get("field"), int(number(f.Get("n"))))
	case "choose":
		_, err = p.s.Choose(ctx, actor, id, rev, f.Get("expert"), f.Get("why"))
	case "replace":
		_, err = p.s.Replace(ctx, actor, id, rev, f.Get("member"), f.Get("conflict"))
	case "opinion":
		if err = p.take(r, f, "files", "opinion", f.Get("member")); err == nil {
			_, err = p.s.EnterOpinion(ctx, actor, id, 0, inquiry.Opinion{Member: f.Get("member"), Verdict: f.Get("verdict"), Text: f.Get("opinion")})
		}
	case "sum_up":
		if err = p.take(r, f, "files", "report", ""); err == nil {
			_, err = p.s.CloseReview(ctx, actor, id, 0, inquiry.Outcome{Verdict: f.Get("verdict"), Result: f.Get("result"), Received: dateOf(f, "received")})
		}
	default:
		return inquiry.ErrNotFound
	}
	return err
}

// rows is for how many participants a form has room beyond those that are there.
const rows = 3

func participants(f *web.Form) []inquiry.Participant {
	var list []inquiry.Participant
	for i := range 40 {
		n := itoa(i)
		if f.Get("name-"+n) == "" {
			continue
		}
		list = append(list, inquiry.Participant{Name: f.Get("name-" + n), Role: f.Get("role-" + n), How: f.Get("how-" + n), Reason: f.Get("reason-" + n)})
	}
	return list
}

// link shows the one-time link of an expert on the answer to this very request.
func (p pages) link(w http.ResponseWriter, r *http.Request, f *web.Form) error {
	secret, err := p.s.Link(r.Context(), p.k.Actor(r), r.PathValue("id"), f.Get("member"))
	if f.Fail(err) {
		return p.again(w, r, f)
	}
	if err != nil {
		return err
	}
	d, err := p.data(r, nil)
	if err != nil {
		return err
	}
	v := p.k.View(r)
	d.Link = v.Site.Base + "/expert/" + url.PathEscape(secret)
	return p.k.Render(w, r, http.StatusOK, showPage(v, d))
}

// ownData is the page of a visit or a hearing for the applicant.
type ownData struct {
	inquiry.Inquiry

	Files     []inquiry.File
	Deadlines []inquiry.Deadline
	Form      *web.Form
	Do        string
	Agreed    bool // both officials confirmed the record
}

func (d ownData) form(do string) *web.Form {
	if d.Do == do {
		return d.Form
	}
	return nil
}

func (p pages) mine(w http.ResponseWriter, r *http.Request) error { return p.mineAgain(w, r, nil) }

func (p pages) mineAgain(w http.ResponseWriter, r *http.Request, f *web.Form) error {
	x, err := p.s.Open(r.Context(), p.k.Actor(r), r.PathValue("id"))
	if err != nil {
		return err
	}
	d := ownData{Inquiry: x, Form: f, Do: r.PathValue("do"), Deadlines: p.s.HearingDeadlines(x)}
	if d.Files, err = p.s.Files(r.Context(), p.k.Actor(r), x); err != nil {
		return err
	}
	v := p.k.View(r)
	switch {
	case x.Visit != nil:
		d.Agreed = true
		for _, o := range x.Visit.Officials {
			d.Agreed = d.Agreed && x.Visit.Agreed(o.ID)
		}
		return p.k.Render(w, r, statusOf(f), ownVisitPage(v, d))
	case x.Hearing != nil:
		return p.k.Render(w, r, statusOf(f), ownHearingPage(v, d))
	}
	return inquiry.ErrNotFound
}

func (p pages) answer(w http.ResponseWriter, r *http.Request) error {
	f, err := web.ReadForm(w, r, maxForm)
	if err != nil {
		return err
	}
	ctx, actor, id, rev := r.Context(), p.k.Actor(r), r.PathValue("id"), number(f.Get("rev"))
	var x inquiry.Inquiry
	switch r.PathValue("do") {
	case "confirm":
		x, err = p.s.ConfirmVisit(ctx, actor, id, rev)
	case "other":
		var want []inquiry.Slot
		for _, n := range []string{"1", "2", "3"} {
			if f.Get("day-"+n) != "" || f.Get("time-"+n) != "" {
				want = append(want, slotOf(f, "day-"+n, "time-"+n))
			}
		}
		x, err = p.s.AskOtherTime(ctx, actor, id, rev, f.Get("reason"), want)
	case "record":
		x, err = p.s.AnswerRecord(ctx, actor, id, number(f.Get("seen")), presentOf(f))
	case "ask":
		x, err = p.s.AskHearing(ctx, actor, id)
	case "waive":
		x, err = p.s.WaiveHearing(ctx, actor, id)
	case "host":
		x, err = p.s.ObjectToHost(ctx, actor, id, f.Get("reason"))
	default:
		return inquiry.ErrNotFound
	}
	if f.Fail(err) {
		return p.mineAgain(w, r, f)
	}
	if err != nil {
		return err
	}
	p.k.Flash(w, "inquiry.notice.answered")
	return p.k.SeeOther(w, r, ownPath(x.Head))
}

// expertsData is the roster.
type expertsData struct {
	List []inquiry.Expert
	Edit inquiry.Expert
	May  bool
	Form *web.Form
}

func (p pages) experts(w http.ResponseWriter, r *http.Request) error {
	return p.expertsAgain(w, r, nil)
}

func (p pages) expertsAgain(w http.ResponseWriter, r *http.Request, f *web.Form) error {
	list, err := p.s.Experts(r.Context(), p.k.Actor(r))
	if err != nil {
		return err
	}
	d := expertsData{List: list, May: p.k.May(p.k.Actor(r), "inquiry.roster"), Form: f}
	edit := r.URL.Query().Get("edit")
	if f != nil {
		edit = f.Get("id")
	}
	for _, e := range list {
		if e.ID == edit {
			d.Edit = e
		}
	}
	return p.k.Render(w, r, statusOf(f), expertsPage(p.k.View(r), d))
}

func (p pages) saveExpert(w http.ResponseWriter, r *http.Request) error {
	f, err := web.ReadForm(w, r, maxForm)
	if err != nil {
		return err
	}
	_, err = p.s.SaveExpert(r.Context(), p.k.Actor(r), inquiry.Expert{
		ID: f.Get("id"), Name: f.Get("name"), Field: f.Get("field"), Unit: f.Get("unit"), Contact: f.Get("contact"), Active: f.Get("off") == "",
	})
	if f.Fail(err) {
		return p.expertsAgain(w, r, f)
	}
	if err != nil {
		return err
	}
	p.k.Flash(w, "inquiry.notice.done")
	return p.k.SeeOther(w, r, "/staff/experts")
}

type expertData struct {
	inquiry.ForExpert

	Path string
	Form *web.Form
}

func (p pages) expert(w http.ResponseWriter, r *http.Request) error { return p.expertPage(w, r, nil) }

func (p pages) expertPage(w http.ResponseWriter, r *http.Request, f *web.Form) error {
	view, err := p.s.ExpertView(r.Context(), r.PathValue("token"))
	if err != nil {
		return err
	}
	w.Header().Set("Referrer-Policy", "no-referrer") // the address is the secret
	d := expertData{view, "/expert/" + url.PathEscape(r.PathValue("token")), f}
	return p.k.Render(w, r, statusOf(f), expertPage(p.k.View(r), d))
}

func (p pages) expertFile(w http.ResponseWriter, r *http.Request) error {
	m, body, err := p.s.ExpertFile(r.Context(), r.PathValue("token"), r.PathValue("file"))
	if err != nil {
		return err
	}
	err = p.k.SendFile(w, r, web.File{Name: m.Name, Type: m.Type, Size: m.Size, Inline: true}, body)
	return errors.Join(err, body.Close())
}

func (p pages) expertAnswer(w http.ResponseWriter, r *http.Request) error {
	f, err := web.ReadForm(w, r, maxForm)
	if err != nil {
		return err
	}
	switch r.PathValue("do") {
	case "opinion":
		err = p.s.ExpertOpinion(r.Context(), r.PathValue("token"), f.Get("verdict"), f.Get("opinion"))
	case "conflict":
		err = p.s.ExpertConflict(r.Context(), r.PathValue("token"), f.Get("conflict"))
	default:
		return inquiry.ErrNotFound
	}
	if f.Fail(err) {
		return p.expertPage(w, r, f)
	}
	if err != nil {
		return err
	}
	return p.k.Render(w, r, http.StatusOK, expertDonePage(p.k.View(r)))
}
