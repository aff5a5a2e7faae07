package caseworkweb

import (
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"github.com/tongban/tongban/internal/casework"
	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/auth"
	"github.com/tongban/tongban/internal/kit/fault"
	"github.com/tongban/tongban/internal/kit/web"
	"github.com/tongban/tongban/internal/statute"
)

// around is what stands around a case on the desk: the parts of its bundle, the
// agencies that are asked, special procedures, its commitment, data to check.
type around struct {
	Parts      []casework.Part
	Units      []casework.Unit
	Specials   []casework.Special
	Commitment *casework.Commitment
	Open       []casework.Check
	Settled    []casework.Check
	Signatures []contract.Signature
	Target     string // of the step that is asked about
}

// loadAround reads what stands around a case. What an overseer may not read is
// left out.
func (p pages) loadAround(r *http.Request, actor auth.Principal, c casework.Case) (a around, err error) {
	ctx := r.Context()
	if a.Parts, err = p.s.Parts(ctx, actor, c.ID); err != nil {
		return a, err
	}
	if a.Units, err = p.s.Units(ctx, actor, c.ID); err != nil {
		return a, err
	}
	if a.Specials, err = p.s.Specials(ctx, actor, c.ID); err != nil {
		return a, err
	}
	a.Target = r.URL.Query().Get("target")
	k, err := p.s.Commitment(ctx, actor, c.ID)
	switch {
	case err == nil:
		a.Commitment = &k
	case !errors.Is(err, casework.ErrNotFound):
		return a, err
	}
	checks, err := p.s.Checks(ctx, actor, c.ID)
	if fault.KindOf(err) == fault.Denied {
		return a, nil
	}
	if err != nil {
		return a, err
	}
	for _, x := range checks {
		if x.Result == "" {
			a.Open = append(a.Open, x)
		} else {
			a.Settled = append(a.Settled, x)
		}
	}
	a.Signatures, err = p.s.Signatures(ctx, actor, c.ID)
	return a, err
}

// settle notes the result of one check, on the desk.
func (p pages) settle(w http.ResponseWriter, r *http.Request) error {
	f, err := web.ReadForm(w, r, maxForm)
	if err != nil {
		return err
	}
	no := r.PathValue("no")
	err = p.s.Settle(r.Context(), p.k.Actor(r), caseID(r), number(no), f.Get("result-"+no), f.Get("note-"+no))
	if err = numbered(err, no); f.Fail(err) {
		return p.deskAgain(w, r, f)
	}
	if err != nil {
		return err
	}
	p.k.Flash(w, "casework.notice.settled")
	return p.k.SeeOther(w, r, "/staff/cases/"+url.PathEscape(string(caseID(r))))
}

// numbered puts a number behind the names of the fields that an error is about:
// the page has the same fields for each check.
func numbered(err error, no string) error {
	var e *fault.Error
	if !errors.As(err, &e) || len(e.Fields) == 0 {
		return err
	}
	copied := *e
	copied.Fields = slices.Clone(e.Fields)
	for i := range copied.Fields {
		copied.Fields[i].Name += "-" + no
	}
	return &copied
}

// unitData is the page of an agency that is asked for its opinion.
type unitData struct {
	casework.UnitView
	Form   *web.Form
	Held   []casework.HeldFile // that came with the form
	Left   int
	Days   []statute.Line
	Path   string
	Open   string // file that is shown
	Confer bool   // the reader may read what the agencies write to each other
	Unread int    // of it

	Phrases []casework.Phrase
}

func (d unitData) material() (contract.Material, bool) {
	if len(d.Materials) == 0 {
		return contract.Material{}, false
	}
	i := slices.IndexFunc(d.Materials, func(m contract.Material) bool { return m.File == d.Open })
	return d.Materials[max(i, 0)], true
}

func (p pages) unit(w http.ResponseWriter, r *http.Request) error {
	return p.unitPage(w, r, http.StatusOK, nil, nil)
}

func (p pages) unitPage(w http.ResponseWriter, r *http.Request, status int, f *web.Form, held []casework.HeldFile) error {
	v, err := p.s.UnitPage(r.Context(), p.k.Actor(r), caseID(r), r.PathValue("unit"))
	if err != nil {
		return err
	}
	d := unitData{
		UnitView: v, Form: f, Held: held, Left: p.s.DaysLeft(casework.Case{Division: v.Division}, v.Due),
		Path: "/staff/cases/" + url.PathEscape(string(v.Case)) + "/units/" + url.PathEscape(v.ID), Open: r.URL.Query().Get("file"),
	}
	if d.Days, err = p.s.UnitDays(v.Unit, v.Division); err != nil {
		return err
	}
	if d.Phrases, err = p.phrasesOf(r, v.ID); err != nil {
		return err
	}
	if d.Confer = p.s.MayConferOn(r.Context(), p.k.Actor(r), v.Case); d.Confer {
		news, err := p.s.News(r.Context(), p.k.Actor(r), []contract.CaseID{v.Case})
		if err != nil {
			return err
		}
		d.Unread = news[v.Case].Internal
	}
	return p.k.Render(w, r, status, unitPage(p.k.View(r), d))
}

// opine gives the opinion of the agency that is asked.
func (p pages) opine(w http.ResponseWriter, r *http.Request) error {
	f, err := web.ReadForm(w, r, maxFiles)
	if err != nil {
		return err
	}
	if f.Get("insert") != "" {
		list, err := p.phrasesOf(r, r.PathValue("unit"))
		if err != nil {
			return err
		}
		put(f, list)
		return p.unitAgain(w, r, http.StatusOK, f)
	}
	files, closeAll, err := uploads(f, "files")
	if err != nil {
		return err
	}
	defer closeAll()
	err = p.s.Opine(r.Context(), p.k.Actor(r), caseID(r), r.PathValue("unit"), casework.Answer{
		Opinion: f.Get("opinion"), Note: f.Get("note"), Reasons: rows(f.Raw("reasons")), Files: files, Held: f.All("held"),
	})
	if f.Fail(err) {
		return p.unitAgain(w, r, statusOf(f), f)
	}
	if err != nil {
		return err
	}
	p.k.Flash(w, "casework.notice.opined")
	return p.k.SeeOther(w, r, "/staff/tasks?tab="+string(casework.TabOpinions))
}

// unitAgain shows the page with the opinion as it was typed and its files.
func (p pages) unitAgain(w http.ResponseWriter, r *http.Request, status int, f *web.Form) error {
	held, err := p.hold(r, f, func(files []casework.Upload) ([]casework.HeldFile, error) {
		return p.s.HoldForOpinion(r.Context(), p.k.Actor(r), caseID(r), r.PathValue("unit"), files)
	})
	if err != nil {
		return err
	}
	return p.unitPage(w, r, status, f, held)
}

func (p pages) unitMaterial(w http.ResponseWriter, r *http.Request) error {
	m, body, err := p.s.UnitMaterial(r.Context(), p.k.Actor(r), caseID(r), r.PathValue("unit"), r.PathValue("file"))
	if err != nil {
		return err
	}
	defer body.Close() //nolint:errcheck // read only
	inline := r.URL.Query().Get("download") == ""
	return p.hand(w, r, m, inline, body)
}

// byPage are the steps that ask for more than an opinion: they have a page of
// their own before they are taken.
func byPage(c casework.Choice) bool {
	if c.Action == "correct" || c.Action == "correct_onsite" {
		return false
	}
	return c.Reasons || c.Against || c.Action == "resume" || c.Action == "send" || onCommitment(c.Action)
}

// inBar reports whether a step belongs to the decision bar: what concerns one
// agency that is asked, or one special procedure, stands beside it.
func (d deskData) inBar(c casework.Choice) bool {
	if c.Action == "resume" {
		return d.Case.SpecialsOpen == 1
	}
	return c.Action != "recall" && c.Action != "send"
}

// barChoices are the steps that stand in the decision bar: first those that are
// taken at once, so that the usual step has the first key.
func (d deskData) barChoices() []casework.Choice {
	list := slices.DeleteFunc(slices.Clone(d.Choices), func(c casework.Choice) bool { return !d.inBar(c) })
	slices.SortStableFunc(list, func(a, b casework.Choice) int {
		switch {
		case byPage(a) == byPage(b):
			return 0
		case byPage(a):
			return 1
		}
		return -1
	})
	return list
}

// lasting are the special procedures that go on.
func (a around) lasting() []casework.Special {
	return slices.DeleteFunc(slices.Clone(a.Specials), func(x casework.Special) bool { return !x.Ended.IsZero() })
}

// unitOf finds the task that a step is about.
func (a around) unitOf(id string) (casework.Unit, bool) {
	i := slices.IndexFunc(a.Units, func(u casework.Unit) bool { return u.ID == id })
	if i < 0 {
		return casework.Unit{}, false
	}
	return a.Units[i], true
}

func specialOptions(v web.View, list []casework.Special) []web.Option {
	out := make([]web.Option, 0, len(list))
	for _, x := range list {
		until := v.T("casework.special.until", "date", x.Until)
		out = append(out, web.Option{Value: x.ID, Label: v.T("casework.colon", "a", specialName(v, x.Kind), "b", until)})
	}
	return out
}

func allowedOptions(v web.View, list []contract.SpecialSpec) []web.Option {
	out := make([]web.Option, 0, len(list)+1)
	if len(list) > 1 {
		out = append(out, web.Option{Label: v.T("casework.choose")})
	}
	for _, x := range list {
		label := specialName(v, statute.Special(x.Kind))
		if x.Days > 0 {
			label = v.T("casework.special.usual", "name", label, "n", x.Days)
		}
		out = append(out, web.Option{Value: x.Kind, Label: label})
	}
	return out
}

func specialName(v web.View, k statute.Special) string {
	name := k.Name()
	return v.Pick(name.ZH, name.EN)
}

// unitState is where the task of an agency stands, in words.
func unitState(v web.View, u casework.Unit) string {
	if u.State == casework.UnitAnswered {
		return v.T("casework.unit.opinion." + u.Opinion)
	}
	return v.T("casework.unit.state." + u.State)
}

func unitLight(v web.View, left int) lightOf {
	if left < 0 {
		return lightOf{web.Yellow, v.T("casework.light.over", "n", -left)}
	}
	if left == 0 {
		return lightOf{web.Yellow, v.T("casework.light.today")}
	}
	return lightOf{web.Green, v.T("casework.light.left", "n", left)}
}

// partState is where a part stands, in a tag.
func partTag(c casework.Part) string {
	switch c.Outcome {
	case statute.Granted:
		return web.Brand
	case statute.Denied, statute.Refused:
		return web.Warn
	case statute.Ended:
		return web.Plain
	}
	if c.Stage == casework.StageApplicant {
		return web.Accent
	}
	return web.Plain
}

func checkForm(x casework.Check) string { return "check-" + strconv.Itoa(x.No) }

// bundle reports whether the case sums up others: its own page has nothing to read.
func (d deskData) bundle() bool { return len(d.Parts) > 0 && d.Case.Parent == "" }

// closedText says why the application is not shown.
func closedText(v web.View, d deskData) string {
	if d.bundle() {
		return v.T("casework.answers.parts")
	}
	return v.T("casework.answers.closed")
}
