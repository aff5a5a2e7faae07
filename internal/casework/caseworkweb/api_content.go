package caseworkweb

import (
	"context"
	"io"
	"net/http"
	"time"

	"github.com/tongban/tongban/internal/casework"
	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/api"
	"github.com/tongban/tongban/internal/kit/auth"
)

// contentAPI registers the operations on what was handed in.
func contentAPI(a *api.API, s *casework.Service) {
	o := operations{s}
	op := func(path, id, summary string) api.Op {
		return api.Op{Method: http.MethodGet, Path: path, ID: id, Action: "casework.api", Tag: "cases", Summary: summary}
	}
	api.Register(a, op("/cases/{id}/content", "case-content", "What was handed in: answers, to officials with what is personal masked, and materials; reading it is recorded"), o.content)
	api.Register(a, op("/cases/{id}/materials/{file}", "material-get", "One file that was handed in: applicants get their own, officials a copy that says who took it; reading it is recorded"), o.material)
}

type askedBody struct {
	contract.Mark
	Name  contract.Text `json:"name"`
	Value contract.Text `json:"value,omitzero" doc:"of a field, as it was answered"`
	Files []string      `json:"files,omitempty" doc:"of a material, by name"`
}

func (o operations) asked(ctx context.Context, actor auth.Principal, c casework.Case) ([]askedBody, error) {
	list, err := o.s.AskedToCorrect(ctx, actor, c)
	var out []askedBody
	for _, a := range list {
		out = append(out, askedBody{a.Mark, a.Name, a.Value, a.Files})
	}
	return out, err
}

type contentLine struct {
	Field  string          `json:"field"`
	Page   contract.Text   `json:"page"`
	Label  contract.Text   `json:"label"`
	Value  contract.Text   `json:"value"`
	Masked bool            `json:"masked,omitempty"`
	Rows   [][]contentCell `json:"rows,omitempty" doc:"of a group or table; value says them in one line"`
}

type contentCell struct {
	Label contract.Text `json:"label"`
	Value contract.Text `json:"value"`
}

type materialBody struct {
	Material string        `json:"material"`
	Title    contract.Text `json:"title"`
	File     string        `json:"file"`
	Name     string        `json:"name,omitempty" doc:"of the file, as the applicant had it"`
	Type     string        `json:"type,omitempty"`
	Size     int64         `json:"size,omitempty"`
	SHA256   string        `json:"sha256,omitempty" doc:"of the file as it came; none where there is no file"`
	Origin   string        `json:"origin" doc:"how it came; only uploads and copies are files"`
	Level    string        `json:"level,omitempty" enum:"A,B,C,D"`
	Source   string        `json:"source,omitempty" doc:"licence, earlier case or registry that it came from"`
	Text     string        `json:"text,omitempty" doc:"of a statement"`
	Due      string        `json:"due,omitempty" doc:"day by which an owed material must come"`
	At       time.Time     `json:"at"`
}

type contentOut struct {
	Body struct {
		Round     int             `json:"round" doc:"1, and one more for each correction"`
		At        time.Time       `json:"at"`
		Answers   []contentLine   `json:"answers"`
		Materials []materialBody  `json:"materials"`
		Trace     []contract.Text `json:"trace,omitempty" doc:"of an instant grant: the rules that held"`
	}
}

func (o operations) content(ctx context.Context, actor auth.Principal, in *caseIn) (*contentOut, error) {
	id := contract.CaseID(in.ID)
	x, err := o.s.Content(ctx, actor, id)
	if err != nil {
		return nil, err
	}
	c, err := o.s.Open(ctx, actor, id)
	if err != nil {
		return nil, err
	}
	svc, err := o.s.ServiceOf(ctx, c)
	if err != nil {
		return nil, err
	}
	out := &contentOut{}
	b := &out.Body
	b.Round, b.At, b.Trace = x.Round, x.At.UTC(), x.Trace
	b.Answers, b.Materials = answersOf(x.Lines), materialsOf(svc, x.Materials)
	return out, nil
}

func answersOf(lines []casework.Line) []contentLine {
	list := []contentLine{}
	for _, l := range lines {
		list = append(list, contentLine{l.Field.ID, l.Page, l.Field.Label, l.Value, l.Masked, cellsOf(l.Rows)})
	}
	return list
}

func materialsOf(svc contract.Service, materials []contract.Material) []materialBody {
	list := []materialBody{}
	for _, m := range materials {
		list = append(list, materialBody{
			Material: m.ID, Title: casework.MarkName(svc, contract.Mark{Kind: "material", ID: m.ID}), File: m.File, Name: m.Name, Type: m.Type, Size: m.Size, SHA256: string(m.Blob),
			Origin: m.Origin, Level: m.Level, Source: m.Source, Text: m.Text, Due: m.Due, At: m.At.UTC(),
		})
	}
	return list
}

func cellsOf(rows [][]casework.Cell) [][]contentCell {
	var out [][]contentCell
	for _, row := range rows {
		cells := []contentCell{}
		for _, c := range row {
			cells = append(cells, contentCell{c.Label, c.Value})
		}
		out = append(out, cells)
	}
	return out
}

func (o operations) material(ctx context.Context, actor auth.Principal, in *caseFileIn) (*api.File, error) {
	m, body, err := o.s.Material(ctx, actor, contract.CaseID(in.ID), in.File)
	if err != nil {
		return nil, err
	}
	return handedFile(m, body), nil
}

// handedFile is a file as an answer; a copy that could not be marked says so in its name.
func handedFile(m casework.Handed, body io.ReadCloser) *api.File {
	name := m.Name
	if m.Unmarked != "" {
		name = "unmarked-" + name
	}
	return api.NewFile(m.Type, name, body)
}
