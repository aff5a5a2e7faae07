package formweb

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"time"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/form"
	"github.com/tongban/tongban/internal/kit/api"
	"github.com/tongban/tongban/internal/kit/auth"
	"github.com/tongban/tongban/internal/kit/fault"
	"github.com/tongban/tongban/internal/kit/web"
)

// maxFile bounds an upload by the API; the service applies what the package says.
const maxFile = 64 << 20

// API registers the operations of this area.
func API(a *api.API, s *form.Service) {
	o := operations{s}
	api.Register(a, api.Op{Method: http.MethodPost, Path: "/drafts", ID: "draft-start", Action: "form.apply", Tag: "drafts", Summary: "Begin an application for whom you act for", Status: http.StatusCreated}, o.start)
	api.Register(a, api.Op{Method: http.MethodGet, Path: "/drafts", ID: "draft-list", Action: "form.apply", Tag: "drafts", Summary: "Your unfinished applications"}, o.list)
	api.Register(a, api.Op{Method: http.MethodGet, Path: "/drafts/{id}", ID: "draft-get", Action: "form.view", Tag: "drafts", Summary: "What the form asks, what was answered, what is missing or wrong"}, o.get)
	api.Register(a, api.Op{Method: http.MethodPut, Path: "/drafts/{id}/answers", ID: "draft-answer", Action: "form.edit", Tag: "drafts", Summary: "Merge typed answers; null takes one away", MaxBytes: maxForm}, o.answer)
	api.Register(a, api.Op{Method: http.MethodDelete, Path: "/drafts/{id}", ID: "draft-delete", Action: "form.edit", Tag: "drafts", Summary: "Forget an unfinished application"}, o.remove)
	api.Register(a, api.Op{Method: http.MethodPost, Path: "/drafts/{id}/materials/{material}", ID: "draft-attach", Action: "form.edit", Tag: "drafts", Summary: "Upload a file (PDF, JPG or PNG, told by its content)", Status: http.StatusCreated, MaxBytes: maxFile}, o.attach)
	api.Register(a, api.Op{Method: http.MethodDelete, Path: "/drafts/{id}/files/{file}", ID: "draft-detach", Action: "form.edit", Tag: "drafts", Summary: "Delete an uploaded file"}, o.detach)
	api.Register(a, api.Op{Method: http.MethodPost, Path: "/drafts/{id}/submission", ID: "draft-submit", Action: "form.submit", Tag: "drafts", Summary: "Submit; again gives the same receipt"}, o.submit)
	api.Register(a, api.Op{Method: http.MethodPost, Path: "/cases/{id}/correction", ID: "correction-open", Action: "form.correct", Tag: "drafts", Summary: "The draft that mends what a correction notice marks"}, o.correct)
}

type operations struct{ s *form.Service }

type draftPathIn struct {
	ID string `path:"id" maxLength:"64"`
}

type startIn struct {
	Locale string `header:"Accept-Language"`
	Body   struct {
		Service string `json:"service" maxLength:"100" doc:"Code of the service item"`
	}
}

type draftOut struct {
	Body draftBody
}

type draftBody struct {
	ID        string         `json:"id"`
	Kind      string         `json:"kind" enum:"application,correction"`
	Service   string         `json:"service"`
	Name      contract.Text  `json:"name"`
	Version   int            `json:"version"`
	Rev       int64          `json:"rev" doc:"Send it with a change to be told when somebody else changed the same answers."`
	Applicant contract.Party `json:"applicant"`
	Case      string         `json:"case,omitempty"`
	Saved     time.Time      `json:"saved_at"`
	Expires   time.Time      `json:"expires_at"`
	Submitted bool           `json:"submitted"`
	Complete  bool           `json:"complete" doc:"It can be submitted."`
	Done      int            `json:"steps_done"`
	Total     int            `json:"steps_total"`
	Asked     int            `json:"fields_asked"`
	Fields    int            `json:"fields_total"`
	// Ineligible are the conditions of the service that do not hold.
	Ineligible []contract.Text `json:"ineligible,omitempty"`
	Pages      []pageBody      `json:"pages,omitempty"`
	Materials  []materialBody  `json:"materials,omitempty"`
	Marks      []contract.Mark `json:"marks,omitempty" doc:"What a correction notice asks for."`
}

type pageBody struct {
	ID     string        `json:"id"`
	Title  contract.Text `json:"title"`
	Done   bool          `json:"done"`
	Fields []fieldBody   `json:"fields"`
}

type fieldBody struct {
	ID       string         `json:"id"`
	Kind     string         `json:"kind"`
	Label    contract.Text  `json:"label"`
	Required bool           `json:"required"`
	Options  []string       `json:"options,omitempty"`
	Value    any            `json:"value,omitempty"`
	Source   *contract.Text `json:"source,omitempty" doc:"The government holds this answer; it is not asked."`
	Fault    string         `json:"fault,omitempty" doc:"Code of what is missing or wrong."`
}

type materialBody struct {
	ID       string        `json:"id"`
	Name     contract.Text `json:"name"`
	Origin   string        `json:"origin"`
	Required bool          `json:"required"`
	Types    []string      `json:"types,omitempty"`
	MaxMB    int           `json:"max_mb,omitempty"`
	MaxFiles int           `json:"max_files,omitempty"`
	Files    []fileBody    `json:"files"`
	Fault    string        `json:"fault,omitempty"`
}

type fileBody struct {
	ID   string    `json:"id"`
	Name string    `json:"name"`
	Type string    `json:"type"`
	Size int64     `json:"size"`
	Hash string    `json:"sha256"`
	At   time.Time `json:"uploaded_at"`
}

func body(d form.Draft) draftBody {
	b := draftBody{
		ID: string(d.ID), Kind: d.Kind, Service: string(d.Service.Item), Name: d.Service.Name, Version: d.Service.Version,
		Rev: d.Rev, Applicant: d.Party, Case: string(d.Case), Saved: d.Saved, Expires: d.Expires, Submitted: d.Receipt != nil,
	}
	if d.Receipt != nil {
		b.Case = string(d.Receipt.Case)
		return b
	}
	r := d.Result
	b.Complete, b.Asked, b.Fields, b.Ineligible = r.Complete(), r.Asked, r.Fields, r.Ineligible
	b.Done, b.Total = r.Progress()
	for _, p := range r.Pages {
		b.Pages = append(b.Pages, pageOf(p))
	}
	for _, m := range r.Materials {
		b.Materials = append(b.Materials, materialOf(m))
	}
	if d.Correction != nil {
		b.Marks = d.Correction.Marks
	}
	return b
}

func code(e *fault.Error) string {
	if e == nil {
		return ""
	}
	return e.Code
}

func pageOf(p form.PageState) pageBody {
	b := pageBody{ID: p.Page.ID, Title: p.Page.Title, Done: p.Done, Fields: []fieldBody{}}
	for _, f := range p.Fields {
		x := fieldBody{ID: f.Field.ID, Kind: f.Field.Kind, Label: f.Field.Label, Required: f.Field.Required, Value: f.Value, Fault: code(f.Fault)}
		for _, o := range f.Field.Options {
			if f.Field.Kind != form.KindYesNo {
				x.Options = append(x.Options, o.ID)
			}
		}
		if f.Held != nil {
			x.Source = &f.Held.Source
		}
		b.Fields = append(b.Fields, x)
	}
	return b
}

func materialOf(m form.MaterialState) materialBody {
	b := materialBody{
		ID: m.Spec.ID, Name: m.Spec.Name, Origin: m.Spec.Origin, Required: m.Spec.Required,
		Types: m.Spec.Types, MaxMB: m.Spec.MaxMB, MaxFiles: m.Spec.MaxFiles, Files: []fileBody{}, Fault: code(m.Fault),
	}
	for _, f := range m.Files {
		b.Files = append(b.Files, fileOf(f))
	}
	return b
}

func fileOf(m contract.Material) fileBody {
	return fileBody{ID: m.File, Name: m.Name, Type: m.Type, Size: m.Size, Hash: string(m.Blob), At: m.At}
}

func (o operations) start(ctx context.Context, actor auth.Principal, in *startIn) (*draftOut, error) {
	id, err := o.s.Start(ctx, actor, contract.ItemID(in.Body.Service))
	if err != nil {
		return nil, err
	}
	return o.show(ctx, actor, id)
}

func (o operations) show(ctx context.Context, actor auth.Principal, id contract.DraftID) (*draftOut, error) {
	d, err := o.s.Draft(ctx, actor, id)
	if err != nil {
		return nil, err
	}
	return &draftOut{body(d)}, nil
}

func (o operations) get(ctx context.Context, actor auth.Principal, in *draftPathIn) (*draftOut, error) {
	return o.show(ctx, actor, contract.DraftID(in.ID))
}

type listIn struct {
	Locale string `header:"Accept-Language"`
}

type openBody struct {
	ID        string         `json:"id"`
	Service   string         `json:"service"`
	Name      string         `json:"name"`
	Applicant contract.Party `json:"applicant"`
	Done      int            `json:"steps_done"`
	Total     int            `json:"steps_total"`
	Saved     time.Time      `json:"saved_at"`
	Expires   time.Time      `json:"expires_at"`
}

type draftsOut struct {
	Body struct {
		Drafts []openBody `json:"drafts"`
	}
}

func (o operations) list(ctx context.Context, actor auth.Principal, in *listIn) (*draftsOut, error) {
	open, err := o.s.OpenDrafts(ctx, actor)
	if err != nil {
		return nil, err
	}
	out := &draftsOut{}
	out.Body.Drafts = []openBody{}
	locale := web.Negotiate(in.Locale)
	for _, d := range open {
		out.Body.Drafts = append(out.Body.Drafts, openBody{
			ID: string(d.ID), Service: string(d.Item), Name: form.Words(d.Name).In(locale), Applicant: d.Party,
			Done: d.Done, Total: d.Total, Saved: d.Saved, Expires: d.Expires,
		})
	}
	return out, nil
}

type answerIn struct {
	ID   string `path:"id" maxLength:"64"`
	Body struct {
		Rev     int64                      `json:"rev,omitempty" doc:"Revision the answers were made from; without it they overwrite."`
		Answers map[string]json.RawMessage `json:"answers"`
	}
}

func (o operations) answer(ctx context.Context, actor auth.Principal, in *answerIn) (*draftOut, error) {
	d, err := o.s.SaveJSON(ctx, actor, contract.DraftID(in.ID), in.Body.Rev, in.Body.Answers)
	if err != nil {
		return nil, err
	}
	return &draftOut{body(d)}, nil
}

func (o operations) remove(ctx context.Context, actor auth.Principal, in *draftPathIn) (*struct{}, error) {
	return &struct{}{}, o.s.Delete(ctx, actor, contract.DraftID(in.ID))
}

type attachIn struct {
	ID       string `path:"id" maxLength:"64"`
	Material string `path:"material" maxLength:"64"`
	Name     string `query:"name" maxLength:"300" doc:"Name of the file as its owner knows it"`
	api.Upload
}

type fileOut struct {
	Body fileBody
}

func (o operations) attach(ctx context.Context, actor auth.Principal, in *attachIn) (*fileOut, error) {
	m, err := o.s.Attach(ctx, actor, contract.DraftID(in.ID), in.Material, form.Upload{Name: in.Name, Body: in.Reader()})
	if err != nil {
		return nil, err
	}
	return &fileOut{fileOf(m)}, nil
}

type detachIn struct {
	ID   string `path:"id" maxLength:"64"`
	File string `path:"file" maxLength:"64"`
}

func (o operations) detach(ctx context.Context, actor auth.Principal, in *detachIn) (*struct{}, error) {
	return &struct{}{}, o.s.Detach(ctx, actor, contract.DraftID(in.ID), in.File)
}

type submitIn struct {
	ID   string `path:"id" maxLength:"64"`
	Body *struct {
		Rev int64 `json:"rev,omitempty" doc:"Revision that was checked; another one is refused."`
	} `required:"false"`
}

type receiptOut struct {
	Body struct {
		Case      string    `json:"case"`
		Number    string    `json:"number,omitempty"`
		QueryCode string    `json:"query_code,omitempty"`
		AcceptBy  string    `json:"accept_by,omitempty"`
		At        time.Time `json:"at"`
		Receipt   string    `json:"receipt" doc:"Page of the receipt"`
	}
}

func (o operations) submit(ctx context.Context, actor auth.Principal, in *submitIn) (*receiptOut, error) {
	change := form.Change{}
	if in.Body != nil {
		change.Rev = in.Body.Rev
	}
	receipt, err := o.s.Submit(ctx, actor, contract.DraftID(in.ID), change)
	if err != nil {
		return nil, err
	}
	out := &receiptOut{}
	out.Body.Case, out.Body.Number, out.Body.QueryCode = string(receipt.Case), receipt.Number, receipt.QueryCode
	out.Body.AcceptBy, out.Body.At = receipt.AcceptBy, receipt.At
	out.Body.Receipt = "/cases/" + url.PathEscape(string(receipt.Case)) + "/receipt"
	return out, nil
}

func (o operations) correct(ctx context.Context, actor auth.Principal, in *draftPathIn) (*draftOut, error) {
	d, err := o.s.Correct(ctx, actor, contract.CaseID(in.ID))
	if err != nil {
		return nil, err
	}
	return &draftOut{body(d)}, nil
}
