package caseworkweb

import (
	"context"
	"net/http"
	"time"

	"github.com/tongban/tongban/internal/casework"
	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/api"
	"github.com/tongban/tongban/internal/kit/auth"
)

// moveAPI registers the operations by which running cases are moved to other
// versions.
func moveAPI(a *api.API, s *casework.Service) {
	o := operations{s}
	op := func(method, path, id, summary string) api.Op {
		return api.Op{Method: method, Path: path, ID: id, Action: "casework.moves", Tag: "cases", Summary: summary}
	}
	api.Register(a, op(http.MethodGet, "/moves", "move-list", "Running cases by the versions they are handled by, and the plans to move them"), o.moves)
	api.Register(a, op(http.MethodPost, "/moves", "move-plan", "Plan a move: a dry run that says of every running case whether it may move and why"), o.planMove)
	api.Register(a, op(http.MethodGet, "/moves/{id}", "move-get", "One plan, and how far it is"), o.getMove)
	api.Register(a, op(http.MethodGet, "/moves/{id}/cases", "move-cases", "The cases of a plan with reasons and results"), o.moveCases)
	api.Register(a, op(http.MethodPost, "/moves/{id}/approve", "move-approve", "Approve a plan that somebody else made: its cases are moved one by one"), o.approveMove)
	api.Register(a, op(http.MethodPost, "/moves/{id}/drop", "move-drop", "Put a plan away"), o.dropMove)
}

type runningBody struct {
	Agency     string        `json:"agency"`
	AgencyName contract.Text `json:"agency_name"`
	Item       string        `json:"item"`
	Name       contract.Text `json:"name"`
	Procedure  string        `json:"procedure"`
	Version    int           `json:"version" doc:"of the service"`
	Edition    int           `json:"edition" doc:"of the procedure"`
	Cases      int           `json:"cases"`
}

type moveBody struct {
	ID          string        `json:"id"`
	State       string        `json:"state" enum:"counting,planned,dropped,approved"`
	Done        bool          `json:"done" doc:"every case was worked off"`
	Agency      string        `json:"agency"`
	Item        string        `json:"item,omitempty" doc:"empty: every service of the procedure"`
	Name        contract.Text `json:"name"`
	Procedure   string        `json:"procedure"`
	FromVersion int           `json:"from_version"`
	FromEdition int           `json:"from_edition"`
	ToVersion   int           `json:"to_version"`
	ToEdition   int           `json:"to_edition"`
	Reason      string        `json:"reason"`
	Hash        string        `json:"hash" doc:"of what the dry run saw; send it back to approve"`
	Cases       int           `json:"cases"`
	Movable     int           `json:"movable"`
	Planner     string        `json:"planner"`
	Planned     time.Time     `json:"planned"`
	Approver    string        `json:"approver,omitempty"`
	Approved    *time.Time    `json:"approved,omitempty"`
	Moved       int           `json:"moved"`
	Changed     int           `json:"changed" doc:"no longer as the dry run saw them, and left alone"`
	Kept        int           `json:"kept" doc:"may not move"`
	Open        int           `json:"open"`
}

func bodyOfMove(m casework.Move) moveBody {
	return moveBody{
		ID: m.ID, State: string(m.State), Done: m.Done(), Agency: string(m.Agency), Item: string(m.Item), Name: m.ItemName, Procedure: m.Procedure,
		FromVersion: m.FromVersion, FromEdition: m.FromEdition, ToVersion: m.ToVersion, ToEdition: m.ToEdition, Reason: m.Reason, Hash: m.Hash,
		Cases: m.Cases, Movable: m.Movable, Planner: m.Planner.Name, Planned: m.Planned.UTC(), Approver: m.Approver.Name, Approved: instantOf(m.Approved),
		Moved: m.Results[casework.ResultMoved], Changed: m.Results[casework.ResultChanged],
		Kept: m.Results[casework.ResultKept], Open: m.Results[casework.ResultOpen],
	}
}

type movesOut struct {
	Body struct {
		Running []runningBody `json:"running"`
		Plans   []moveBody    `json:"plans" doc:"the newest first"`
	}
}

func (o operations) moves(ctx context.Context, actor auth.Principal, _ *struct{}) (*movesOut, error) {
	out := &movesOut{}
	out.Body.Running, out.Body.Plans = []runningBody{}, []moveBody{}
	running, err := o.s.RunningVersions(ctx, actor)
	if err != nil {
		return nil, err
	}
	for _, g := range running {
		out.Body.Running = append(out.Body.Running, runningBody{
			string(g.Agency), g.AgencyName, string(g.Item), g.ItemName, g.Procedure, g.Version, g.Edition, g.Cases,
		})
	}
	plans, err := o.s.Moves(ctx, actor)
	for _, m := range plans {
		out.Body.Plans = append(out.Body.Plans, bodyOfMove(m))
	}
	return out, err
}

type planIn struct {
	Body struct {
		Agency      string `json:"agency"`
		Item        string `json:"item,omitempty" doc:"empty: every service of the agency that follows the procedure; versions are 0 then"`
		Procedure   string `json:"procedure" doc:"that the cases follow now"`
		FromVersion int    `json:"from_version,omitempty" minimum:"0"`
		FromEdition int    `json:"from_edition" minimum:"1"`
		ToVersion   int    `json:"to_version,omitempty" minimum:"0"`
		ToEdition   int    `json:"to_edition" minimum:"1"`
		Reason      string `json:"reason" maxLength:"500"`
	}
}

type moveOut struct{ Body moveBody }

func (o operations) planMove(ctx context.Context, actor auth.Principal, in *planIn) (*moveOut, error) {
	b := in.Body
	m, err := o.s.PlanMove(ctx, actor, casework.Target{
		Agency: contract.AgencyID(b.Agency), Item: contract.ItemID(b.Item), Procedure: b.Procedure,
		FromVersion: b.FromVersion, FromEdition: b.FromEdition, ToVersion: b.ToVersion, ToEdition: b.ToEdition,
	}, b.Reason)
	if err != nil {
		return nil, err
	}
	return &moveOut{bodyOfMove(m)}, nil
}

type movePlanIn struct {
	ID string `path:"id"`
}

func (o operations) getMove(ctx context.Context, actor auth.Principal, in *movePlanIn) (*moveOut, error) {
	m, err := o.s.Move(ctx, actor, in.ID)
	if err != nil {
		return nil, err
	}
	return &moveOut{bodyOfMove(m)}, nil
}

type moveCasesIn struct {
	ID    string `path:"id"`
	Only  string `query:"only" enum:"may,not,moved,changed,kept,open" doc:"all, unless said"`
	After string `query:"after" doc:"next of the page before"`
	Limit int    `query:"limit" minimum:"1" maximum:"500" default:"50"`
}

type moveCaseBody struct {
	Case    string              `json:"case"`
	Number  string              `json:"number"`
	Name    contract.Text       `json:"name"`
	State   contract.Text       `json:"state"`
	Movable bool                `json:"movable"`
	Notes   []casework.MoveNote `json:"notes"`
	Result  string              `json:"result,omitempty" enum:"moved,changed,kept"`
	At      *time.Time          `json:"at,omitempty"`
}

type moveCasesOut struct {
	Body struct {
		Cases []moveCaseBody `json:"cases"`
		Next  string         `json:"next,omitempty"`
	}
}

func (o operations) moveCases(ctx context.Context, actor auth.Principal, in *moveCasesIn) (*moveCasesOut, error) {
	list, next, err := o.s.MoveCases(ctx, actor, in.ID, in.Only, contract.CaseID(in.After), in.Limit)
	if err != nil {
		return nil, err
	}
	out := &moveCasesOut{}
	out.Body.Next, out.Body.Cases = string(next), []moveCaseBody{}
	for _, c := range list {
		notes := c.Notes
		if notes == nil {
			notes = []casework.MoveNote{}
		}
		out.Body.Cases = append(out.Body.Cases, moveCaseBody{
			string(c.Case), c.Number, c.ItemName, c.State, c.Movable, notes, string(c.Result), instantOf(c.At),
		})
	}
	return out, nil
}

type approveIn struct {
	ID   string `path:"id"`
	Body struct {
		Hash string `json:"hash" doc:"of the plan that was read"`
	}
}

func (o operations) approveMove(ctx context.Context, actor auth.Principal, in *approveIn) (*moveOut, error) {
	m, err := o.s.ApproveMove(ctx, actor, in.ID, in.Body.Hash)
	if err != nil {
		return nil, err
	}
	return &moveOut{bodyOfMove(m)}, nil
}

func (o operations) dropMove(ctx context.Context, actor auth.Principal, in *movePlanIn) (*moveOut, error) {
	m, err := o.s.DropMove(ctx, actor, in.ID)
	if err != nil {
		return nil, err
	}
	return &moveOut{bodyOfMove(m)}, nil
}
