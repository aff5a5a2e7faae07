package inquiryweb

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"time"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/inquiry"
	"github.com/tongban/tongban/internal/kit/api"
	"github.com/tongban/tongban/internal/kit/auth"
)

func reader(b []byte) io.ReadCloser { return io.NopCloser(bytes.NewReader(b)) }

type slotBody struct {
	Day  string `json:"day"`
	Time string `json:"time"`
}

func (s slotBody) slot() inquiry.Slot { return inquiry.Slot{Day: dayOf(s.Day), Time: s.Time} }

type stepIn struct {
	ID   string `path:"id" maxLength:"64"`
	Body stepBody
}

type stepBody struct {
	Step     string `json:"step" enum:"confirm,other,move,cancel,nobody,fill,sign,present,answer_record,correct,ask,request,waive,arrange,object,host,hear,close,call_off,draw,choose,replace,opinion,sum_up"`
	Revision int64  `json:"revision,omitempty" doc:"That was seen; another is a conflict. 0 asks for none."`
	Seen     int64  `json:"seen,omitempty" doc:"Count of changes of the record that is confirmed or signed"`
	Reason   string `json:"reason,omitempty" doc:"Also what was found (nobody), how (correct), the conflict (replace), why (choose), the answer (host)"`

	Slot         slotBody              `json:"slot,omitzero"`
	Proposals    []slotBody            `json:"proposals,omitempty" maxItems:"3"`
	Fields       map[string]changeBody `json:"fields,omitempty"`
	Present      presentBody           `json:"present,omitzero"`
	Party        string                `json:"party,omitempty"`
	On           string                `json:"on,omitempty" doc:"Day a request or a report came"`
	Place        string                `json:"place,omitempty"`
	Private      string                `json:"private,omitempty"`
	PrivateWhy   string                `json:"private_why,omitempty"`
	Host         string                `json:"host,omitempty"`
	Recorder     string                `json:"recorder,omitempty"`
	Text         string                `json:"text,omitempty" doc:"Transcript, conclusion, opinion or result"`
	Participants []seatBody            `json:"participants,omitempty" maxItems:"40"`
	Field        string                `json:"field,omitempty"`
	N            int                   `json:"n,omitempty"`
	Expert       string                `json:"expert,omitempty"`
	Member       string                `json:"member,omitempty"`
	Verdict      string                `json:"verdict,omitempty"`
}

type changeBody struct {
	Was   string `json:"was"`
	Value string `json:"value"`
}

type presentBody struct {
	Name      string `json:"name,omitempty"`
	Capacity  string `json:"capacity,omitempty"`
	How       string `json:"how,omitempty"`
	Reason    string `json:"reason,omitempty"`
	Statement string `json:"statement,omitempty"`
}

type seatBody struct {
	Name   string `json:"name"`
	Role   string `json:"role"`
	How    string `json:"how,omitempty"`
	Reason string `json:"reason,omitempty"`
}

func (b stepBody) present() inquiry.Present {
	p := b.Present
	return inquiry.Present{Name: p.Name, Capacity: p.Capacity, How: p.How, Reason: p.Reason, Statement: p.Statement}
}

func (o operations) step(ctx context.Context, actor auth.Principal, in *stepIn) (*inquiryOut, error) {
	x, err := o.take(ctx, actor, in.ID, in.Body)
	return out(actor, x, err)
}

func (o operations) take(ctx context.Context, actor auth.Principal, id string, b stepBody) (inquiry.Inquiry, error) {
	switch b.Step {
	case "confirm":
		return o.s.ConfirmVisit(ctx, actor, id, b.Revision)
	case "other":
		var want []inquiry.Slot
		for _, p := range b.Proposals {
			want = append(want, p.slot())
		}
		return o.s.AskOtherTime(ctx, actor, id, b.Revision, b.Reason, want)
	case "move":
		return o.s.MoveVisit(ctx, actor, id, b.Revision, b.Slot.slot(), b.Reason)
	case "cancel":
		return o.s.CancelVisit(ctx, actor, id, b.Revision, b.Reason)
	case "nobody":
		return o.s.NobodyThere(ctx, actor, id, b.Revision, b.Reason)
	case "fill":
		changes := map[string]inquiry.Change{}
		for name, c := range b.Fields {
			changes[name] = inquiry.Change{Was: c.Was, Value: c.Value}
		}
		return o.s.FillVisit(ctx, actor, id, changes)
	case "sign":
		return o.s.SignVisit(ctx, actor, id, b.Seen)
	case "present":
		return o.s.SettlePresent(ctx, actor, id, b.Seen, b.present())
	case "answer_record":
		return o.s.AnswerRecord(ctx, actor, id, b.Seen, b.present())
	case "correct":
		return o.s.ConfirmCorrections(ctx, actor, id, b.Revision, b.Reason)
	}
	return o.takeOther(ctx, actor, id, b)
}

func (o operations) takeOther(ctx context.Context, actor auth.Principal, id string, b stepBody) (inquiry.Inquiry, error) {
	switch b.Step {
	case "ask":
		return o.s.AskHearing(ctx, actor, id)
	case "request":
		return o.s.RecordRequest(ctx, actor, id, b.Revision, b.Party, dayOf(b.On))
	case "waive":
		return o.s.WaiveHearing(ctx, actor, id)
	case "arrange":
		return o.s.Arrange(ctx, actor, id, b.Revision, inquiry.SetHearing{
			Slot: b.Slot.slot(), Place: b.Place, Private: b.Private, PrivateWhy: b.PrivateWhy,
			Host: contract.AccountID(b.Host), Recorder: contract.AccountID(b.Recorder), Reason: b.Reason,
		})
	case "object":
		return o.s.ObjectToHost(ctx, actor, id, b.Reason)
	case "host":
		return o.s.DecideHost(ctx, actor, id, b.Revision, contract.AccountID(b.Host), b.Reason)
	case "hear":
		var people []inquiry.Participant
		for _, p := range b.Participants {
			people = append(people, inquiry.Participant{Name: p.Name, Role: p.Role, How: p.How, Reason: p.Reason})
		}
		return o.s.FillHearing(ctx, actor, id, b.Revision, b.Text, people)
	case "close":
		return o.s.CloseHearing(ctx, actor, id, b.Revision, b.Text)
	case "call_off":
		return o.s.CancelHearing(ctx, actor, id, b.Revision, b.Reason)
	case "draw":
		return o.s.Draw(ctx, actor, id, b.Revision, b.Field, b.N)
	case "choose":
		return o.s.Choose(ctx, actor, id, b.Revision, b.Expert, b.Reason)
	case "replace":
		return o.s.Replace(ctx, actor, id, b.Revision, b.Member, b.Reason)
	case "opinion":
		return o.s.EnterOpinion(ctx, actor, id, b.Revision, inquiry.Opinion{Member: b.Member, Verdict: b.Verdict, Text: b.Text})
	case "sum_up":
		return o.s.CloseReview(ctx, actor, id, b.Revision, inquiry.Outcome{Verdict: b.Verdict, Result: b.Text, Received: dayOf(b.On)})
	}
	return inquiry.Inquiry{}, errStep
}

// apiFiles registers photos, transcripts, opinions and reports.
func apiFiles(a *api.API, o operations) {
	op := func(method, path, id, action, summary string, status int, most int64) api.Op {
		return api.Op{Method: method, Path: path, ID: id, Action: action, Tag: "inquiries", Summary: summary, Status: status, MaxBytes: most}
	}
	api.Register(a, op(http.MethodGet, "/inquiries/{id}/files", "inquiry-files", "inquiry.api", "The files of an inquiry", 0, 0), o.files)
	api.Register(a, op(http.MethodPost, "/inquiries/{id}/files", "inquiry-file-add", "inquiry.api", "Add a photo, transcript, opinion or report", http.StatusCreated, inquiry.MaxPhoto), o.addFile)
	api.Register(a, op(http.MethodGet, "/inquiries/{id}/files/{file}", "inquiry-file", "inquiry.api", "A file: officials get the original, applicants a copy without camera data", 0, 0), o.file)
	api.Register(a, op(http.MethodDelete, "/inquiries/{id}/files/{file}", "inquiry-file-drop", "inquiry.api", "Take a file out before the record is closed", 0, 0), o.dropFile)
	api.Register(a, op(http.MethodPost, "/inquiries/{id}/uploads", "photo-begin", "inquiry.record", "Announce a photo that comes in pieces", http.StatusCreated, 0), o.begin)
	api.Register(a, op(http.MethodGet, "/inquiries/{id}/uploads", "photo-list", "inquiry.record", "Photos that have not arrived completely", 0, 0), o.uploads)
	api.Register(a, op(http.MethodPatch, "/inquiries/{id}/uploads/{upload}", "photo-append", "inquiry.record", "Send the next piece; what was answered is durable", 0, inquiry.MaxPhoto), o.more)
	api.Register(a, op(http.MethodPost, "/inquiries/{id}/uploads/{upload}/finish", "photo-finish", "inquiry.record", "Take a photo that has arrived", http.StatusCreated, 0), o.finish)
}

type fileBody struct {
	ID    string    `json:"id"`
	Role  string    `json:"role"`
	Item  string    `json:"item,omitempty"`
	Name  string    `json:"name"`
	Type  string    `json:"type"`
	Size  int64     `json:"size"`
	At    time.Time `json:"at"`
	Taken string    `json:"taken,omitempty" doc:"As the camera had it; for officials"`
	Lat   float64   `json:"lat,omitempty"`
	Lng   float64   `json:"lng,omitempty"`
}

func fileOf(f inquiry.File) fileBody {
	return fileBody{f.ID, f.Role, f.Item, f.Name, f.Type, f.Size, f.At, f.Shot.At, f.Shot.Lat, f.Shot.Lng}
}

type filesOut struct {
	Body struct {
		Files []fileBody `json:"files"`
	}
}

func (o operations) files(ctx context.Context, actor auth.Principal, in *idIn) (*filesOut, error) {
	x, err := o.s.Open(ctx, actor, in.ID)
	if err != nil {
		return nil, err
	}
	list, err := o.s.Files(ctx, actor, x)
	if err != nil {
		return nil, err
	}
	r := &filesOut{}
	r.Body.Files = []fileBody{}
	for _, f := range list {
		r.Body.Files = append(r.Body.Files, fileOf(f))
	}
	return r, nil
}

type addIn struct {
	ID   string `path:"id" maxLength:"64"`
	Role string `query:"role" enum:"photo,transcript,opinion,report" required:"true"`
	Item string `query:"item" maxLength:"64"`
	Name string `query:"name" maxLength:"300"`
	api.Upload
}

type fileOut struct{ Body fileBody }

func (o operations) addFile(ctx context.Context, actor auth.Principal, in *addIn) (*fileOut, error) {
	f, err := o.s.AddFile(ctx, actor, in.ID, in.Role, in.Item, inquiry.Upload{Name: in.Name, Body: in.Reader()})
	if err != nil {
		return nil, err
	}
	return &fileOut{fileOf(f)}, nil
}

type fileIn struct {
	ID   string `path:"id" maxLength:"64"`
	File string `path:"file" maxLength:"64"`
}

func (o operations) file(ctx context.Context, actor auth.Principal, in *fileIn) (*api.File, error) {
	f, body, err := o.s.File(ctx, actor, in.ID, in.File)
	if err != nil {
		return nil, err
	}
	return api.NewFile(f.Type, f.Name, body), nil
}

func (o operations) dropFile(ctx context.Context, actor auth.Principal, in *fileIn) (*struct{}, error) {
	return &struct{}{}, o.s.DropFile(ctx, actor, in.ID, in.File)
}

type beginIn struct {
	ID   string `path:"id" maxLength:"64"`
	Item string `query:"item" maxLength:"64"`
	Body struct {
		Name string `json:"name" maxLength:"300"`
		Size int64  `json:"size" minimum:"1"`
	}
}

type uploadingBody struct {
	ID       string    `json:"id"`
	Material string    `json:"material" doc:"Line of the checklist"`
	Name     string    `json:"name"`
	Size     int64     `json:"size"`
	Offset   int64     `json:"offset" doc:"Bytes that are durable: the next byte to send."`
	Expires  time.Time `json:"expires_at"`
}

type uploadingOut struct{ Body uploadingBody }

func uploadingOf(u inquiry.Uploading) uploadingBody {
	return uploadingBody{u.ID, u.Item, u.Name, u.Size, u.Offset, u.Expires}
}

func (o operations) begin(ctx context.Context, actor auth.Principal, in *beginIn) (*uploadingOut, error) {
	u, err := o.s.BeginUpload(ctx, actor, in.ID, in.Item, in.Body.Name, in.Body.Size)
	if err != nil {
		return nil, err
	}
	return &uploadingOut{uploadingOf(u)}, nil
}

type uploadsOut struct {
	Body struct {
		Uploads []uploadingBody `json:"uploads"`
	}
}

func (o operations) uploads(ctx context.Context, actor auth.Principal, in *idIn) (*uploadsOut, error) {
	list, err := o.s.Uploads(ctx, actor, in.ID)
	if err != nil {
		return nil, err
	}
	r := &uploadsOut{}
	r.Body.Uploads = []uploadingBody{}
	for _, u := range list {
		r.Body.Uploads = append(r.Body.Uploads, uploadingOf(u))
	}
	return r, nil
}

type moreIn struct {
	ID       string `path:"id" maxLength:"64"`
	UploadID string `path:"upload" maxLength:"64"`
	Offset   int64  `query:"offset" required:"true" minimum:"0"`
	api.Upload
}

func (o operations) more(ctx context.Context, actor auth.Principal, in *moreIn) (*uploadingOut, error) {
	u, err := o.s.AppendUpload(ctx, actor, in.ID, in.UploadID, in.Offset, in.Reader())
	if err != nil {
		return nil, err
	}
	return &uploadingOut{uploadingOf(u)}, nil
}

type finishIn struct {
	ID       string `path:"id" maxLength:"64"`
	UploadID string `path:"upload" maxLength:"64"`
}

func (o operations) finish(ctx context.Context, actor auth.Principal, in *finishIn) (*fileOut, error) {
	f, err := o.s.FinishUpload(ctx, actor, in.ID, in.UploadID)
	if err != nil {
		return nil, err
	}
	return &fileOut{fileOf(f)}, nil
}
