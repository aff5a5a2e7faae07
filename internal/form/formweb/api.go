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
	api.Register(a, api.Op{Method: http.MethodGet, Path: "/drafts", ID: "draft-list", Action: "form.apply", Tag: "drafts", Summary: "Your unfinished applications, for whom you act for now"}, o.list)
	api.Register(a, api.Op{Method: http.MethodGet, Path: "/drafts/{id}", ID: "draft-get", Action: "form.view", Tag: "drafts", Summary: "What the form asks, what was answered, what is missing or wrong"}, o.get)
	api.Register(a, api.Op{Method: http.MethodPut, Path: "/drafts/{id}/answers", ID: "draft-answer", Action: "form.edit", Tag: "drafts", Summary: "Merge typed answers, checked against the schema of the form; null takes one away", MaxBytes: maxForm}, o.answer)
	api.Register(a, api.Op{Method: http.MethodDelete, Path: "/drafts/{id}", ID: "draft-delete", Action: "form.edit", Tag: "drafts", Summary: "Forget an unfinished application"}, o.remove)
	api.Register(a, api.Op{Method: http.MethodPut, Path: "/drafts/{id}/disputes/{field}", ID: "draft-dispute", Action: "form.edit", Tag: "drafts", Summary: "Say that what the government holds is wrong; the field is asked then"}, o.dispute)
	api.Register(a, api.Op{Method: http.MethodDelete, Path: "/drafts/{id}/disputes/{field}", ID: "draft-undispute", Action: "form.edit", Tag: "drafts", Summary: "Take a dispute back"}, o.undispute)
	api.Register(a, api.Op{Method: http.MethodPut, Path: "/drafts/{id}/consent", ID: "draft-consent", Action: "form.edit", Tag: "drafts", Summary: "Agree to look-ups of sensitive data, registry by registry; the others of the form are declined"}, o.consent)
	api.Register(a, api.Op{Method: http.MethodPut, Path: "/drafts/{id}/commitment", ID: "draft-commit", Action: "form.edit", Tag: "drafts", Summary: "Choose between committing and proving, where the service offers it"}, o.commit)
	api.Register(a, api.Op{Method: http.MethodPost, Path: "/drafts/{id}/submission", ID: "draft-submit", Action: "form.submit", Tag: "drafts", Summary: "Submit, or ask the signers first; again gives the same answer"}, o.submit)
	api.Register(a, api.Op{Method: http.MethodPost, Path: "/cases/{id}/correction", ID: "correction-open", Action: "form.correct", Tag: "drafts", Summary: "The draft that mends what a correction notice marks"}, o.correct)
	apiMaterials(a, o)
	apiSigners(a, o)
	apiCounter(a, o)
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
	State     string         `json:"state" enum:"open,signing" doc:"signing: frozen until the last signer has signed."`
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
	Consents   []consentBody   `json:"consents,omitempty" doc:"Registries of sensitive data that need your consent."`
	Commitment *commitmentBody `json:"commitment,omitempty" doc:"The same where there is one alone."`
	// Commitments are one for each part that leaves the choice, or the one of the service.
	Commitments []commitmentBody `json:"commitments,omitempty" doc:"What you may promise instead of proving: one choice for each part of a bundle."`
	Signers     []signerBody     `json:"signers,omitempty" doc:"Who else has to sign."`
	Parts       []string         `json:"parts,omitempty" doc:"Parts of a bundle that apply."`
	Confirmed   *confirmedBody   `json:"confirmed,omitempty" doc:"How the person confirmed it at a counter, as it stands now."`
}

type consentBody struct {
	Registry string   `json:"registry"`
	Keys     []string `json:"keys"`
	Given    string   `json:"given" enum:"yes,no," doc:"Empty: not asked yet."`
}

type commitmentBody struct {
	Part      string          `json:"part,omitempty" doc:"Of the bundle; absent is the service itself."`
	Name      contract.Text   `json:"name,omitzero" doc:"Of the part."`
	Content   []contract.Text `json:"content"`
	Liability []contract.Text `json:"liability"`
	Materials []string        `json:"materials" doc:"Not asked for when you commit."`
	Days      int             `json:"verify_days"`
	Given     string          `json:"given" enum:"yes,no,"`
	Barred    bool            `json:"barred" doc:"An earlier commitment was broken."`
}

type signerBody struct {
	ID       string        `json:"id"`
	Role     contract.Text `json:"role"`
	Name     string        `json:"name"`
	State    string        `json:"state" enum:"waiting,signed,declined," doc:"Empty: told once you submit."`
	Reason   string        `json:"reason,omitempty" doc:"Why declined."`
	At       *time.Time    `json:"at,omitempty"`
	Reminded *time.Time    `json:"reminded_at,omitempty"`
	Expires  *time.Time    `json:"expires_at,omitempty"`
}

func moment(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

type pageBody struct {
	ID     string        `json:"id"`
	Title  contract.Text `json:"title"`
	Done   bool          `json:"done"`
	Fields []fieldBody   `json:"fields"`
}

type fieldBody struct {
	ID        string            `json:"id"`
	Kind      string            `json:"kind"`
	Label     contract.Text     `json:"label"`
	Required  bool              `json:"required"`
	Options   []string          `json:"options,omitempty"`
	Value     any               `json:"value,omitempty"`
	Source    *contract.Text    `json:"source,omitempty" doc:"The government holds this answer; it is not asked."`
	Fault     string            `json:"fault,omitempty" doc:"Code of what is missing or wrong."`
	Faults    map[string]string `json:"faults,omitempty" doc:"Of the cells of a group, by name."`
	Disputed  string            `json:"disputed,omitempty" doc:"Why you say that what is held is wrong."`
	Unchecked bool              `json:"unchecked,omitempty" doc:"The registry that should know is down; checked later."`
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
	Asked    bool          `json:"asked" doc:"You have to do something for it."`
	Way      string        `json:"way,omitempty" doc:"How it comes."`
	Ways     []wayBody     `json:"ways,omitempty" doc:"How it may come."`
}

type wayBody struct {
	Kind   string     `json:"kind" enum:"upload,copy,licence,held,statement,counter,owed,committed"`
	Due    string     `json:"due,omitempty" doc:"Day by which it must come."`
	Copies []copyBody `json:"copies,omitempty"`
}

type copyBody struct {
	File    string `json:"file"`
	Name    string `json:"name"`
	Case    string `json:"case"`
	Checked string `json:"checked"`
}

type fileBody struct {
	ID     string    `json:"id"`
	Name   string    `json:"name"`
	Type   string    `json:"type"`
	Size   int64     `json:"size"`
	Hash   string    `json:"sha256"`
	Pages  int       `json:"pages,omitempty"`
	Turn   int       `json:"turn,omitempty" doc:"Degrees clockwise to show it upright."`
	Origin string    `json:"origin"`
	At     time.Time `json:"uploaded_at"`
}

func body(d form.Draft) draftBody {
	b := draftBody{
		ID: string(d.ID), Kind: d.Kind, State: d.State, Service: string(d.Service.Item), Name: d.Service.Name, Version: d.Service.Version,
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
	for _, c := range d.Consents {
		b.Consents = append(b.Consents, consentBody(c))
	}
	for _, k := range d.Offered() {
		b.Commitments = append(b.Commitments, commitmentBody{
			Part: k.Part, Name: k.Name, Content: k.Spec.Content, Liability: k.Spec.Liability, Materials: k.Spec.Materials,
			Days: k.Spec.VerifyDays, Given: k.Given, Barred: k.Barred,
		})
	}
	if len(b.Commitments) == 1 {
		b.Commitment = &b.Commitments[0]
	}
	for _, g := range d.Signers {
		b.Signers = append(b.Signers, signerOf(g))
	}
	b.Parts, b.Confirmed = r.Parts, confirmedOf(d)
	return b
}

func signerOf(g form.Signer) signerBody {
	return signerBody{
		ID: g.ID, Role: g.Spec.Name, Name: g.Name, State: g.State, Reason: g.Reason, At: moment(g.At), Reminded: moment(g.Reminded), Expires: moment(g.Expires),
	}
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
		if f.Disputed != nil {
			x.Disputed = f.Disputed.Reason
		}
		x.Unchecked = f.Unchecked
		for _, cell := range f.Faults() {
			if cell.Name != f.Field.ID && f.Material == nil {
				if x.Faults == nil {
					x.Faults = map[string]string{}
				}
				x.Faults[cell.Name] = cell.Err.Code
			}
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
	b.Asked, b.Way = m.Asked, m.Way
	for _, w := range m.Ways {
		x := wayBody{Kind: w.Kind, Due: w.Due}
		for _, c := range w.Copies {
			x.Copies = append(x.Copies, copyBody{c.Material.File, c.Material.Name, c.Case, c.Checked})
		}
		b.Ways = append(b.Ways, x)
	}
	return b
}

func fileOf(m contract.Material) fileBody {
	return fileBody{
		ID: m.File, Name: m.Name, Type: m.Type, Size: m.Size, Hash: string(m.Blob), Pages: m.Pages, Turn: m.Turn, Origin: m.Origin, At: m.At,
	}
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
	State     string         `json:"state" enum:"open,signing"`
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
			ID: string(d.ID), State: d.State, Service: string(d.Item), Name: form.Words(d.Name).In(locale), Applicant: d.Party,
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

type submitIn struct {
	ID   string `path:"id" maxLength:"64"`
	Body *struct {
		Rev int64 `json:"rev,omitempty" doc:"Revision that was checked; another one is refused."`
	} `required:"false"`
}

type receiptOut struct {
	Body struct {
		State     string     `json:"state" enum:"submitted,signing" doc:"signing: it waits for its signers; there is no case yet."`
		Case      string     `json:"case,omitempty"`
		Number    string     `json:"number,omitempty"`
		QueryCode string     `json:"query_code,omitempty"`
		AcceptBy  string     `json:"accept_by,omitempty"`
		At        *time.Time `json:"at,omitempty"`
		Receipt   string     `json:"receipt,omitempty" doc:"Page of the receipt"`
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
	if receipt.Case == "" {
		out.Body.State = form.StateSigning
		return out, nil
	}
	out.Body.State = "submitted"
	out.Body.Case, out.Body.Number, out.Body.QueryCode = string(receipt.Case), receipt.Number, receipt.QueryCode
	out.Body.AcceptBy, out.Body.At = receipt.AcceptBy, moment(receipt.At)
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

type disputeIn struct {
	ID    string `path:"id" maxLength:"64"`
	Field string `path:"field" maxLength:"64" doc:"Id of a field, or material.<id>"`
	Body  struct {
		Reason string `json:"reason" maxLength:"2000"`
	}
}

func (o operations) dispute(ctx context.Context, actor auth.Principal, in *disputeIn) (*draftOut, error) {
	return shown(o.s.Dispute(ctx, actor, contract.DraftID(in.ID), in.Field, in.Body.Reason))
}

type undisputeIn struct {
	ID    string `path:"id" maxLength:"64"`
	Field string `path:"field" maxLength:"64"`
}

func (o operations) undispute(ctx context.Context, actor auth.Principal, in *undisputeIn) (*draftOut, error) {
	return shown(o.s.Undispute(ctx, actor, contract.DraftID(in.ID), in.Field))
}

func shown(d form.Draft, err error) (*draftOut, error) {
	if err != nil {
		return nil, err
	}
	return &draftOut{body(d)}, nil
}

type consentIn struct {
	ID   string `path:"id" maxLength:"64"`
	Body struct {
		Registries []string `json:"registries" maxItems:"20"`
	}
}

func (o operations) consent(ctx context.Context, actor auth.Principal, in *consentIn) (*draftOut, error) {
	return shown(o.s.Consent(ctx, actor, contract.DraftID(in.ID), in.Body.Registries))
}

type commitIn struct {
	ID   string `path:"id" maxLength:"64"`
	Body struct {
		Part   string `json:"part,omitempty" maxLength:"64" doc:"Which part of a bundle; needed where several leave the choice."`
		Commit bool   `json:"commit"`
	}
}

func (o operations) commit(ctx context.Context, actor auth.Principal, in *commitIn) (*draftOut, error) {
	return shown(o.s.Commit(ctx, actor, contract.DraftID(in.ID), in.Body.Part, in.Body.Commit))
}
