package formweb

import (
	"context"
	"net/http"
	"time"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/form"
	"github.com/tongban/tongban/internal/kit/api"
	"github.com/tongban/tongban/internal/kit/auth"
)

// apiMaterials registers how materials come.
func apiMaterials(a *api.API, o operations) {
	api.Register(a, api.Op{Method: http.MethodPost, Path: "/drafts/{id}/materials/{material}", ID: "draft-attach", Action: "form.edit", Tag: "drafts", Summary: "Upload a file (PDF, JPG or PNG, told by its content)", Status: http.StatusCreated, MaxBytes: maxFile}, o.attach)
	api.Register(a, api.Op{Method: http.MethodPut, Path: "/drafts/{id}/materials/{material}/way", ID: "draft-way", Action: "form.edit", Tag: "drafts", Summary: "Choose how a material comes: as a file, as a verified copy, as a statement, at the counter, or later"}, o.way)
	api.Register(a, api.Op{Method: http.MethodPost, Path: "/drafts/{id}/materials/{material}/uploads", ID: "upload-begin", Action: "form.edit", Tag: "drafts", Summary: "Announce a file that comes in pieces", Status: http.StatusCreated}, o.beginUpload)
	api.Register(a, api.Op{Method: http.MethodGet, Path: "/drafts/{id}/uploads", ID: "upload-list", Action: "form.view", Tag: "drafts", Summary: "Files that have not arrived completely, with the byte to go on from"}, o.uploads)
	api.Register(a, api.Op{Method: http.MethodPatch, Path: "/drafts/{id}/uploads/{upload}", ID: "upload-append", Action: "form.edit", Tag: "drafts", Summary: "Send the next piece of a file; what was answered is durable", MaxBytes: maxFile}, o.appendUpload)
	api.Register(a, api.Op{Method: http.MethodPost, Path: "/drafts/{id}/uploads/{upload}/finish", ID: "upload-finish", Action: "form.edit", Tag: "drafts", Summary: "Hand in a file that has arrived", Status: http.StatusCreated}, o.finishUpload)
	api.Register(a, api.Op{Method: http.MethodDelete, Path: "/drafts/{id}/uploads/{upload}", ID: "upload-cancel", Action: "form.edit", Tag: "drafts", Summary: "Forget a file that was arriving"}, o.cancelUpload)
	api.Register(a, api.Op{Method: http.MethodGet, Path: "/drafts/{id}/files/{file}", ID: "draft-file", Action: "form.view", Tag: "drafts", Summary: "A file as it was handed in"}, o.file)
	api.Register(a, api.Op{Method: http.MethodPut, Path: "/drafts/{id}/files/{file}/turn", ID: "draft-turn", Action: "form.edit", Tag: "drafts", Summary: "Turn how a picture is shown"}, o.turn)
	api.Register(a, api.Op{Method: http.MethodDelete, Path: "/drafts/{id}/files/{file}", ID: "draft-detach", Action: "form.edit", Tag: "drafts", Summary: "Delete an uploaded file"}, o.detach)
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

type wayIn struct {
	ID       string `path:"id" maxLength:"64"`
	Material string `path:"material" maxLength:"64"`
	Body     struct {
		Way  string `json:"way" enum:"upload,copy,statement,counter,owed"`
		Text string `json:"text,omitempty" maxLength:"8000" doc:"Of a statement; without it the words of the service."`
		File string `json:"file,omitempty" maxLength:"64" doc:"Of a copy; without it the latest."`
	}
}

func (o operations) way(ctx context.Context, actor auth.Principal, in *wayIn) (*draftOut, error) {
	args := form.WayArgs{Text: in.Body.Text, File: in.Body.File}
	return shown(o.s.ChooseWay(ctx, actor, contract.DraftID(in.ID), in.Material, in.Body.Way, args))
}

type beginIn struct {
	ID       string `path:"id" maxLength:"64"`
	Material string `path:"material" maxLength:"64"`
	Body     struct {
		Name string `json:"name" maxLength:"300"`
		Size int64  `json:"size" minimum:"1"`
	}
}

type uploadingBody struct {
	ID       string    `json:"id"`
	Material string    `json:"material"`
	Name     string    `json:"name"`
	Size     int64     `json:"size"`
	Offset   int64     `json:"offset" doc:"Bytes that are durable: the next byte to send."`
	Expires  time.Time `json:"expires_at"`
}

type uploadingOut struct {
	Body uploadingBody
}

func uploadingOf(u form.Uploading) uploadingBody {
	return uploadingBody{u.ID, u.Material, u.Name, u.Size, u.Offset, u.Expires}
}

func (o operations) beginUpload(ctx context.Context, actor auth.Principal, in *beginIn) (*uploadingOut, error) {
	u, err := o.s.BeginUpload(ctx, actor, contract.DraftID(in.ID), in.Material, in.Body.Name, in.Body.Size)
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

func (o operations) uploads(ctx context.Context, actor auth.Principal, in *draftPathIn) (*uploadsOut, error) {
	list, err := o.s.Uploads(ctx, actor, contract.DraftID(in.ID))
	if err != nil {
		return nil, err
	}
	out := &uploadsOut{}
	out.Body.Uploads = []uploadingBody{}
	for _, u := range list {
		out.Body.Uploads = append(out.Body.Uploads, uploadingOf(u))
	}
	return out, nil
}

type appendIn struct {
	ID       string `path:"id" maxLength:"64"`
	UploadID string `path:"upload" maxLength:"64"`
	Offset   int64  `query:"offset" required:"true" minimum:"0" doc:"Byte of the file that the body begins with"`
	api.Upload
}

func (o operations) appendUpload(ctx context.Context, actor auth.Principal, in *appendIn) (*uploadingOut, error) {
	u, err := o.s.AppendUpload(ctx, actor, contract.DraftID(in.ID), in.UploadID, in.Offset, in.Reader())
	if err != nil {
		return nil, err
	}
	return &uploadingOut{uploadingOf(u)}, nil
}

type uploadIn struct {
	ID       string `path:"id" maxLength:"64"`
	UploadID string `path:"upload" maxLength:"64"`
}

func (o operations) finishUpload(ctx context.Context, actor auth.Principal, in *uploadIn) (*fileOut, error) {
	m, err := o.s.FinishUpload(ctx, actor, contract.DraftID(in.ID), in.UploadID)
	if err != nil {
		return nil, err
	}
	return &fileOut{fileOf(m)}, nil
}

func (o operations) cancelUpload(ctx context.Context, actor auth.Principal, in *uploadIn) (*struct{}, error) {
	return &struct{}{}, o.s.CancelUpload(ctx, actor, contract.DraftID(in.ID), in.UploadID)
}

type fileIn struct {
	ID   string `path:"id" maxLength:"64"`
	File string `path:"file" maxLength:"64"`
}

func (o operations) file(ctx context.Context, actor auth.Principal, in *fileIn) (*api.File, error) {
	m, body, err := o.s.File(ctx, actor, contract.DraftID(in.ID), in.File)
	if err != nil {
		return nil, err
	}
	return api.NewFile(m.Type, m.Name, body), nil
}

type turnIn struct {
	ID   string `path:"id" maxLength:"64"`
	File string `path:"file" maxLength:"64"`
	Body struct {
		Turn int `json:"turn" enum:"0,90,180,270"`
	}
}

func (o operations) turn(ctx context.Context, actor auth.Principal, in *turnIn) (*struct{}, error) {
	return &struct{}{}, o.s.Rotate(ctx, actor, contract.DraftID(in.ID), in.File, in.Body.Turn)
}

func (o operations) detach(ctx context.Context, actor auth.Principal, in *fileIn) (*struct{}, error) {
	return &struct{}{}, o.s.Detach(ctx, actor, contract.DraftID(in.ID), in.File)
}
