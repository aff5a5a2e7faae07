package caseworkweb

import (
	"encoding/csv"
	"fmt"
	"net/http"
	"net/url"
	"strconv"

	"github.com/tongban/tongban/internal/casework"
	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/day"
	"github.com/tongban/tongban/internal/kit/web"
)

// moveRoutes are the pages on which running cases are moved to other versions.
func moveRoutes(k *web.Kit, p pages) {
	k.Page("GET /staff/moves", "casework.moves", p.moves)
	k.Page("GET /staff/moves/new", "casework.moves", p.askMove)
	k.Page("POST /staff/moves/new", "casework.moves", p.planMove)
	k.Page("GET /staff/moves/{move}", "casework.moves", p.move)
	k.Page("GET /staff/moves/{move}/cases.csv", "casework.moves", p.moveFile)
	k.Page("POST /staff/moves/{move}/approve", "casework.moves", p.approveMove)
	k.Page("POST /staff/moves/{move}/drop", "casework.moves", p.dropMove)
}

// movesData is the overview: running cases by version, and the plans.
type movesData struct {
	Running []runningRow
	Plans   []casework.Move
}

// runningRow is a group of running cases that one plan may move.
type runningRow struct {
	casework.Running
	Behind bool // a newer version or edition is there
	All    bool // every service of the procedure
	Path   string
}

func (p pages) moves(w http.ResponseWriter, r *http.Request) error {
	ctx, actor := r.Context(), p.k.Actor(r)
	groups, err := p.s.RunningVersions(ctx, actor)
	if err != nil {
		return err
	}
	var d movesData
	for _, g := range groups {
		choices, err := moveChoices(r, p.s, g)
		if err != nil {
			return err
		}
		row := runningRow{Running: g, Path: newMovePath(g)}
		if n := len(choices); n > 0 {
			last := choices[n-1]
			row.Behind = last.Version > g.Version || last.Version == g.Version && last.Edition > g.Edition
		}
		d.Running = append(d.Running, row)
	}
	d.Running = append(d.Running, p.wholeProcedures(groups)...)
	if d.Plans, err = p.s.Moves(ctx, actor); err != nil {
		return err
	}
	return p.k.Render(w, r, http.StatusOK, movesPage(p.k.View(r), d))
}

// wholeProcedures are the groups of all services of an agency that follow an edition
// which is not the newest.
func (p pages) wholeProcedures(groups []casework.Running) []runningRow {
	var rows []runningRow
	at := map[string]int{}
	for _, g := range groups {
		editions := p.s.Editions(g.Procedure)
		if len(editions) == 0 || editions[len(editions)-1].Version == g.Edition {
			continue
		}
		key := fmt.Sprint(g.Agency, g.Procedure, g.Edition)
		i, known := at[key]
		if !known {
			i = len(rows)
			at[key] = i
			whole := casework.Running{
				Agency: g.Agency, AgencyName: g.AgencyName, ItemName: contract.Text(editions[0].Name), Procedure: g.Procedure, Edition: g.Edition,
			}
			rows = append(rows, runningRow{Running: whole, All: true, Behind: true, Path: newMovePath(whole)})
		}
		rows[i].Cases += g.Cases
	}
	return rows
}

func newMovePath(g casework.Running) string {
	q := url.Values{
		"agency": {string(g.Agency)}, "item": {string(g.Item)}, "procedure": {g.Procedure},
		"version": {strconv.Itoa(g.Version)}, "edition": {strconv.Itoa(g.Edition)},
	}
	return "/staff/moves/new?" + q.Encode()
}

func movePath(m casework.Move) string { return "/staff/moves/" + url.PathEscape(m.ID) }

// moveChoice is a version of a service with an edition of its procedure.
type moveChoice struct{ Version, Edition int }

func (c moveChoice) String() string { return fmt.Sprintf("%d/%d", c.Version, c.Edition) }

// moveChoices lists what cases may be moved to, the newest last.
func moveChoices(r *http.Request, s *casework.Service, g casework.Running) ([]moveChoice, error) {
	var list []moveChoice
	add := func(version int, procedure string) {
		for _, e := range s.Editions(procedure) {
			if version != g.Version || e.Version != g.Edition || procedure != g.Procedure {
				list = append(list, moveChoice{version, e.Version})
			}
		}
	}
	if g.Item == "" {
		add(g.Version, g.Procedure)
		return list, nil
	}
	versions, err := s.Versions(r.Context(), g.Item)
	if err != nil {
		return nil, err
	}
	for _, v := range versions {
		svc, err := s.Published(r.Context(), g.Item, v)
		if err != nil {
			return nil, err
		}
		add(v, svc.Procedure)
	}
	return list, nil
}

// planData is the form of a new plan.
type planData struct {
	From    casework.Running
	Choices []moveChoice
	Form    *web.Form
}

// newest is the choice that is set before anybody chose.
func (d planData) newest() string {
	if len(d.Choices) == 0 {
		return ""
	}
	return d.Choices[len(d.Choices)-1].String()
}

// groupOf finds the group of running cases that an address names.
func (p pages) groupOf(r *http.Request) (casework.Running, error) {
	groups, err := p.s.RunningVersions(r.Context(), p.k.Actor(r))
	if err != nil {
		return casework.Running{}, err
	}
	rows := p.wholeProcedures(groups)
	for _, g := range groups {
		rows = append(rows, runningRow{Running: g})
	}
	q := r.URL.Query()
	for _, g := range rows {
		same := string(g.Agency) == q.Get("agency") && string(g.Item) == q.Get("item") && g.Procedure == q.Get("procedure")
		if same && strconv.Itoa(g.Version) == q.Get("version") && strconv.Itoa(g.Edition) == q.Get("edition") {
			return g.Running, nil
		}
	}
	return casework.Running{}, casework.ErrMove
}

func (p pages) askMove(w http.ResponseWriter, r *http.Request) error {
	return p.planPage(w, r, http.StatusOK, nil)
}

func (p pages) planPage(w http.ResponseWriter, r *http.Request, status int, f *web.Form) error {
	g, err := p.groupOf(r)
	if err != nil {
		return err
	}
	d := planData{From: g, Form: f}
	if d.Choices, err = moveChoices(r, p.s, g); err != nil {
		return err
	}
	return p.k.Render(w, r, status, planPage(p.k.View(r), d))
}

func (p pages) planMove(w http.ResponseWriter, r *http.Request) error {
	f, err := web.ReadForm(w, r, maxForm)
	if err != nil {
		return err
	}
	g, err := p.groupOf(r)
	if err != nil {
		return err
	}
	t := casework.Target{Agency: g.Agency, Item: g.Item, Procedure: g.Procedure, FromVersion: g.Version, FromEdition: g.Edition}
	if _, err := fmt.Sscanf(f.Get("to"), "%d/%d", &t.ToVersion, &t.ToEdition); err != nil {
		t.ToVersion, t.ToEdition = 0, 0 // no such version, as the field says
	}
	m, err := p.s.PlanMove(r.Context(), p.k.Actor(r), t, f.Raw("reason"))
	if f.Fail(err) {
		return p.planPage(w, r, statusOf(f), f)
	}
	if err != nil {
		return err
	}
	return p.k.SeeOther(w, r, movePath(m))
}

// moveData is one plan with a page of its cases.
type moveData struct {
	Plan    casework.Move
	Cases   []casework.MoveCase
	Next    contract.CaseID
	Only    string
	Approve bool
	Own     bool // the actor's own plan: somebody else approves it
	Form    *web.Form
}

func (p pages) move(w http.ResponseWriter, r *http.Request) error {
	return p.movePage(w, r, http.StatusOK, nil)
}

func (p pages) movePage(w http.ResponseWriter, r *http.Request, status int, f *web.Form) error {
	ctx, actor := r.Context(), p.k.Actor(r)
	d := moveData{Form: f, Only: r.URL.Query().Get("only")}
	var err error
	if d.Plan, err = p.s.Move(ctx, actor, r.PathValue("move")); err != nil {
		return err
	}
	after := contract.CaseID(r.URL.Query().Get("after"))
	if d.Cases, d.Next, err = p.s.MoveCases(ctx, actor, d.Plan.ID, d.Only, after, 0); err != nil {
		return err
	}
	d.Approve = p.s.MayApproveMove(actor, d.Plan)
	d.Own = d.Plan.Planner.ID == actor.ID
	return p.k.Render(w, r, status, movePage(p.k.View(r), d))
}

// moveTabs are the parts of the list of a plan, as far as they are of use.
func (d moveData) moveTabs(v web.View) []moveTab {
	m := d.Plan
	tabs := []moveTab{
		{"", v.T("casework.move.tab.all"), m.Cases},
		{casework.MoveOnlyMay, v.T("casework.move.tab.may"), m.Movable},
		{casework.MoveOnlyNot, v.T("casework.move.tab.not"), m.Cases - m.Movable},
	}
	if m.State == casework.MoveApproved {
		tabs = append(tabs,
			moveTab{string(casework.ResultMoved), v.T("casework.move.tab.moved"), m.Results[casework.ResultMoved]},
			moveTab{string(casework.ResultChanged), v.T("casework.move.tab.changed"), m.Results[casework.ResultChanged]},
			moveTab{casework.MoveOnlyOpen, v.T("casework.move.tab.open"), m.Results[casework.ResultOpen]},
		)
	}
	return tabs
}

type moveTab struct {
	Only, Name string
	N          int
}

func (p pages) approveMove(w http.ResponseWriter, r *http.Request) error {
	f, err := web.ReadForm(w, r, maxForm)
	if err != nil {
		return err
	}
	m, err := p.s.ApproveMove(r.Context(), p.k.Actor(r), r.PathValue("move"), f.Get("hash"))
	if f.Fail(err) {
		return p.movePage(w, r, statusOf(f), f)
	}
	if err != nil {
		return err
	}
	p.k.Flash(w, "casework.notice.move_approved")
	return p.k.SeeOther(w, r, movePath(m))
}

func (p pages) dropMove(w http.ResponseWriter, r *http.Request) error {
	f, err := web.ReadForm(w, r, maxForm)
	if err != nil {
		return err
	}
	_, err = p.s.DropMove(r.Context(), p.k.Actor(r), r.PathValue("move"))
	if f.Fail(err) {
		return p.movePage(w, r, statusOf(f), f)
	}
	if err != nil {
		return err
	}
	p.k.Flash(w, "casework.notice.move_dropped")
	return p.k.SeeOther(w, r, "/staff/moves")
}

// moveFile is every case of a plan as a table for other programs.
func (p pages) moveFile(w http.ResponseWriter, r *http.Request) error {
	ctx, actor := r.Context(), p.k.Actor(r)
	m, err := p.s.Move(ctx, actor, r.PathValue("move"))
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "text/csv; charset=utf-8")
	w.Header().Set("Content-Disposition", `attachment; filename="moves-`+m.ID+`.csv"`)
	out := csv.NewWriter(w)
	rows := [][]string{{"number", "service", "state", "movable", "codes", "notes_zh", "notes_en", "result", "at"}}
	after := contract.CaseID("")
	for {
		list, next, err := p.s.MoveCases(ctx, actor, m.ID, "", after, 500)
		if err != nil {
			return err
		}
		for _, c := range list {
			rows = append(rows, moveLine(c))
		}
		if err := out.WriteAll(rows); err != nil {
			return err
		}
		if rows = nil; next == "" {
			return nil
		}
		after = next
	}
}

func moveLine(c casework.MoveCase) []string {
	codes, zh, en := "", "", ""
	for i, n := range c.Notes {
		if i > 0 {
			codes, zh, en = codes+" ", zh+" ", en+" "
		}
		codes, zh, en = codes+n.Code, zh+n.Text.ZH, en+n.Text.EN
	}
	at := ""
	if !c.At.IsZero() {
		at = day.In(c.At).String()
	}
	return []string{c.Number, c.ItemName.ZH, c.State.ZH, strconv.FormatBool(c.Movable), codes, zh, en, string(c.Result), at}
}

// moveTag is how far a plan is.
func moveTag(v web.View, m casework.Move) (kind, text string) {
	switch {
	case m.Done():
		return web.OK, v.T("casework.move.state.done")
	case m.State == casework.MoveApproved:
		return web.Accent, v.T("casework.move.state.approved")
	case m.State == casework.MovePlanned:
		return web.Warn, v.T("casework.move.state.planned")
	}
	return web.Plain, v.T("casework.move.state." + string(m.State))
}

// versionText names a version of a service with an edition of its procedure.
func versionText(v web.View, version, edition int) string {
	if version == 0 {
		return v.T("casework.move.edition", "edition", edition)
	}
	return v.T("casework.move.version", "version", version, "edition", edition)
}

// caseVerdict is what is shown of one case: its result, or whether it may move.
func caseVerdict(v web.View, c casework.MoveCase) (kind, text string) {
	switch c.Result {
	case casework.ResultMoved:
		return web.OK, v.T("casework.move.result.moved")
	case casework.ResultChanged:
		return web.Warn, v.T("casework.move.result.changed")
	case casework.ResultKept, casework.ResultOpen:
	}
	if c.Movable {
		return web.Brand, v.T("casework.move.may")
	}
	return web.Bad, v.T("casework.move.may_not")
}
