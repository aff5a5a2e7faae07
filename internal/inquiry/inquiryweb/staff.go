package inquiryweb

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/inquiry"
	"github.com/tongban/tongban/internal/kit/day"
	"github.com/tongban/tongban/internal/kit/fault"
	"github.com/tongban/tongban/internal/kit/web"
	"github.com/tongban/tongban/internal/statute"
)

type listData struct {
	inquiry.List

	Today day.Date
}

func (d listData) link(tab string) string {
	q := url.Values{"tab": {tab}}
	if d.Query.Mine {
		q.Set("mine", "1")
	}
	if d.Query.Kind != "" {
		q.Set("kind", string(d.Query.Kind))
	}
	return "/staff/inquiries?" + q.Encode()
}

func (d listData) next() string { return d.link(d.Query.Tab) + "&after=" + url.QueryEscape(d.Next) }

func (p pages) list(w http.ResponseWriter, r *http.Request) error {
	q := r.URL.Query()
	l, err := p.s.List(r.Context(), p.k.Actor(r), inquiry.Query{
		Tab: q.Get("tab"), Mine: q.Get("mine") != "", Kind: inquiry.Kind(q.Get("kind")), After: q.Get("after"),
	})
	if err != nil {
		return err
	}
	return p.k.Render(w, r, http.StatusOK, listPage(p.k.View(r), listData{l, p.s.Today()}))
}

// newData is the page that begins an inquiry.
type newData struct {
	Kind      string
	Case      contract.InquiryCase
	Officials []contract.Official
	Place     string
	Form      *web.Form
	Me        string
}

func (p pages) newData(r *http.Request, f *web.Form) (d newData, err error) {
	ctx, actor := r.Context(), p.k.Actor(r)
	d = newData{Kind: r.PathValue("kind"), Form: f, Me: actor.ID}
	if !slices.Contains([]string{"visit", "hearing", "review", "errand"}, d.Kind) {
		return d, inquiry.ErrNotFound
	}
	if d.Case, err = p.s.Case(ctx, actor, contract.CaseID(r.PathValue("id"))); err != nil {
		return d, err
	}
	if d.Kind != "visit" {
		return d, nil
	}
	if d.Officials, err = p.s.Officials(ctx, d.Case, "record"); err != nil {
		return d, err
	}
	d.Place, err = p.s.Place(ctx, actor, d.Case.ID)
	if fault.KindOf(err) == fault.Denied { // arranges it without reading the answers
		err = nil
	}
	return d, err
}

func (p pages) askNew(w http.ResponseWriter, r *http.Request) error {
	d, err := p.newData(r, nil)
	if err != nil {
		return err
	}
	return p.k.Render(w, r, http.StatusOK, newPage(p.k.View(r), d))
}

func (p pages) start(w http.ResponseWriter, r *http.Request) error {
	f, err := web.ReadForm(w, r, maxForm)
	if err != nil {
		return err
	}
	ctx, actor, id := r.Context(), p.k.Actor(r), contract.CaseID(r.PathValue("id"))
	var x inquiry.Inquiry
	switch r.PathValue("kind") {
	case "visit":
		x, err = p.s.PlanVisit(ctx, actor, id, inquiry.NewVisit{
			Purpose: f.Get("purpose"), Place: f.Get("place"), Slot: slotOf(f, "day", "time"),
			Officials: []contract.AccountID{contract.AccountID(f.Get("official1")), contract.AccountID(f.Get("official2"))},
		})
	case "hearing":
		in := inquiry.NewHearing{Why: f.Get("why"), ExOfficio: f.Get("ex_officio") != ""}
		for i := range thirds {
			in.Thirds = append(in.Thirds, inquiry.Party{Name: f.Get("third-name-" + itoa(i)), Contact: f.Get("third-contact-" + itoa(i))})
		}
		x, err = p.s.TellHearing(ctx, actor, id, in)
	case "review", "errand":
		in := inquiry.NewReview{
			Special: statute.ExpertReview, Question: f.Get("question"), Days: int(number(f.Get("days"))), Materials: f.All("materials"),
			Institution: f.Get("institution"), Sent: dateOf(f, "sent"),
		}
		if r.PathValue("kind") == "errand" {
			in.Special = statute.Special(f.Get("special"))
		}
		x, err = p.s.StartReview(ctx, actor, id, in)
	default:
		return inquiry.ErrNotFound
	}
	if f.Fail(err) {
		d, err := p.newData(r, f)
		if err != nil {
			return err
		}
		return p.k.Render(w, r, statusOf(f), newPage(p.k.View(r), d))
	}
	if err != nil {
		return err
	}
	p.k.Flash(w, "inquiry.notice.started")
	return p.k.SeeOther(w, r, staffPath(x.ID))
}

// thirds is for how many third parties a form has room.
const thirds = 3

// showData is the page of one inquiry for officials.
type showData struct {
	inquiry.Inquiry

	Files     []inquiry.File
	Form      *web.Form
	Do        string // the form that came back
	Plans     bool
	Records   bool
	Presides  bool
	Decides   bool // whether who presides steps back
	Officials []contract.Official
	Deadlines []inquiry.Deadline
	Experts   []inquiry.Expert
	Materials []contract.Material
	Link      string // shown once
	Today     day.Date
	Begun     bool // the appointment has begun
	Me        contract.AccountID
}

// form gives what was typed to the form that it belongs to.
func (d showData) form(do string) *web.Form {
	if d.Do == do {
		return d.Form
	}
	return nil
}

func (p pages) data(r *http.Request, f *web.Form) (d showData, err error) {
	ctx, actor := r.Context(), p.k.Actor(r)
	if d.Inquiry, err = p.s.Open(ctx, actor, r.PathValue("id")); err != nil {
		return d, err
	}
	d.Form, d.Do, d.Today, d.Me = f, r.PathValue("do"), p.s.Today(), contract.AccountID(actor.ID)
	d.Begun = !p.k.Now().Before(inquiry.Slot{Day: d.Day, Time: d.Slot}.Begins()) && !d.Day.IsZero()
	d.Plans, d.Records = p.s.May(ctx, actor, d.Inquiry, "plan"), p.s.May(ctx, actor, d.Inquiry, "record")
	if d.Files, err = p.s.Files(ctx, actor, d.Inquiry); err != nil {
		return d, err
	}
	c, err := p.s.Case(ctx, actor, d.Case)
	if err != nil && fault.KindOf(err) != fault.Conflict && fault.KindOf(err) != fault.Denied {
		return d, err
	}
	d.Materials = c.Materials
	switch d.Kind {
	case inquiry.KindHearing:
		d.Presides, d.Decides = p.s.May(ctx, actor, d.Inquiry, "preside"), p.s.May(ctx, actor, d.Inquiry, "step_back")
		d.Deadlines = p.s.HearingDeadlines(d.Inquiry)
		d.Officials, err = p.s.Officials(ctx, c, "preside")
		return d, err
	case inquiry.KindReview:
		if d.Plans && d.Open {
			d.Experts, err = p.s.Experts(ctx, actor)
		}
		return d, err
	case inquiry.KindVisit, inquiry.KindErrand:
	}
	return d, nil
}

func (p pages) show(w http.ResponseWriter, r *http.Request) error { return p.again(w, r, nil) }

// again shows an inquiry, with what is wrong where a form came back.
func (p pages) again(w http.ResponseWriter, r *http.Request, f *web.Form) error {
	d, err := p.data(r, f)
	if err != nil {
		return err
	}
	return p.k.Render(w, r, statusOf(f), showPage(p.k.View(r), d))
}

func (p pages) record(w http.ResponseWriter, r *http.Request) error { return p.recordAgain(w, r, nil) }

func (p pages) recordAgain(w http.ResponseWriter, r *http.Request, f *web.Form) error {
	d, err := p.data(r, f)
	if err != nil {
		return err
	}
	if d.Visit == nil || !d.Records || !d.Open {
		return inquiry.ErrNotFound
	}
	return p.k.Render(w, r, statusOf(f), recordPage(p.k.View(r), d))
}

// fields reads a record: each field as it was shown and as it is now.
func fields(f *web.Form) map[string]inquiry.Change {
	out := map[string]inquiry.Change{}
	for name := range f.Values {
		if field, ok := strings.CutPrefix(name, "was:"); ok {
			out[field] = inquiry.Change{Was: f.Get(name), Value: f.Get(field)}
		}
	}
	return out
}

// act takes a step of an inquiry and comes back to its page.
func (p pages) act(w http.ResponseWriter, r *http.Request) error {
	f, err := web.ReadForm(w, r, maxPhotos)
	if err != nil {
		return err
	}
	do := r.PathValue("do")
	if do == "link" {
		return p.link(w, r, f)
	}
	err = p.step(r, do, f)
	if f.Fail(err) {
		if do == "fill" || do == "photo" {
			return p.recordAgain(w, r, f)
		}
		return p.again(w, r, f)
	}
	if err != nil {
		return err
	}
	p.k.Flash(w, "inquiry.notice.done")
	path := staffPath(r.PathValue("id"))
	if do == "fill" && f.Get("do") != "done" || do == "drop" && f.Get("back") == "record" {
		path += "/record"
	}
	return p.k.SeeOther(w, r, path)
}

func (p pages) step(r *http.Request, do string, f *web.Form) error {
	ctx, actor, id, rev := r.Context(), p.k.Actor(r), r.PathValue("id"), number(f.Get("rev"))
	var err error
	switch do {
	case "move":
		to := slotOf(f, "day", "time")
		if s, ok := inquiry.ParseSlot(f.Get("proposal")); ok {
			to = s
		}
		_, err = p.s.MoveVisit(ctx, actor, id, rev, to, f.Get("reason"))
	case "cancel":
		_, err = p.s.CancelVisit(ctx, actor, id, rev, f.Get("reason"))
	case "nobody":
		_, err = p.s.NobodyThere(ctx, actor, id, rev, f.Get("found"))
	case "fill":
		return p.fill(r, f)
	case "sign":
		_, err = p.s.SignVisit(ctx, actor, id, number(f.Get("seen")))
	case "present":
		_, err = p.s.SettlePresent(ctx, actor, id, number(f.Get("seen")), presentOf(f))
	case "correct":
		_, err = p.s.ConfirmCorrections(ctx, actor, id, rev, f.Get("how"))
	case "drop":
		err = p.s.DropFile(ctx, actor, id, f.Get("file"))
	case "attach":
		err = p.attach(r, f)
	default:
		return p.stepOther(r, do, f)
	}
	return err
}

func presentOf(f *web.Form) inquiry.Present {
	return inquiry.Present{Name: f.Get("name"), Capacity: f.Get("capacity"), How: f.Get("how"), Reason: f.Get("reason"), Statement: f.Get("statement")}
}

// fill saves the record with the photos that came with it.
func (p pages) fill(r *http.Request, f *web.Form) error {
	ctx, actor, id := r.Context(), p.k.Actor(r), r.PathValue("id")
	if _, err := p.s.FillVisit(ctx, actor, id, fields(f)); err != nil {
		return err
	}
	for name := range f.Files {
		item, ok := strings.CutPrefix(name, "photo.")
		if !ok && name != "photo" {
			continue
		}
		if err := p.take(r, f, name, "photo", item); err != nil {
			return err
		}
	}
	return nil
}

func (p pages) attach(r *http.Request, f *web.Form) error {
	return p.take(r, f, "files", f.Get("role"), f.Get("item"))
}

// take stores the files of a field one by one; the first that is refused ends it.
func (p pages) take(r *http.Request, f *web.Form, field, role, item string) error {
	for _, h := range f.File(field) {
		body, err := h.Open()
		if err != nil {
			return web.ErrBroken.Wrap(err)
		}
		_, err = p.s.AddFile(r.Context(), p.k.Actor(r), r.PathValue("id"), role, item, inquiry.Upload{Name: h.Filename, Body: body})
		if closing := body.Close(); err == nil {
			err = closing
		}
		if err != nil {
			return renamed(err, field)
		}
	}
	return nil
}

// renamed puts what is wrong with a file beside the field that it came by.
func renamed(err error, field string) error {
	e, ok := errors.AsType[*fault.Error](err)
	if !ok || e.Kind != fault.Invalid || len(e.Fields) > 0 {
		return err
	}
	return &fault.Error{Kind: fault.Invalid, Code: "form.invalid", Args: []any{"n", 1}, Fields: []fault.Field{{Name: field, Err: e}}}
}

// autosave is fill for the script: it answers what was kept and what was not.
func (p pages) autosave(w http.ResponseWriter, r *http.Request) error {
	f, err := web.ReadForm(w, r, maxForm)
	if err != nil {
		return err
	}
	v := p.k.View(r)
	x, err := p.s.FillVisit(r.Context(), p.k.Actor(r), r.PathValue("id"), fields(f))
	if err != nil && len(fault.FieldsOf(err)) == 0 {
		return err
	}
	type answer struct {
		Rev    int64             `json:"rev"`
		Text   string            `json:"text"`
		Fields map[string]string `json:"fields"`
		Faults map[string]string `json:"faults"`
	}
	out := answer{Rev: x.Visit.Rev, Text: v.T("inquiry.saved", "time", v.Clock(p.k.Now())), Fields: map[string]string{}, Faults: map[string]string{}}
	for name := range fields(f) {
		out.Fields[name] = x.Visit.Value(name)
	}
	for _, e := range fault.FieldsOf(err) {
		out.Faults[e.Name] = v.Fault(e.Err)
		out.Text = v.T("inquiry.not_saved")
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	return json.NewEncoder(w).Encode(out)
}
