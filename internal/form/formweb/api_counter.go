package formweb

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"time"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/form"
	"github.com/tongban/tongban/internal/kit/api"
	"github.com/tongban/tongban/internal/kit/auth"
)

// apiCounter registers what a clerk does at a window for who stands there.
func apiCounter(a *api.API, o operations) {
	api.Register(a, api.Op{Method: http.MethodGet, Path: "/drafts/{id}/application.pdf", ID: "draft-print", Action: "form.view", Tag: "drafts", Summary: "The application on paper, to be read and signed by hand"}, o.print)
	api.Register(a, api.Op{Method: http.MethodPut, Path: "/drafts/{id}/originals/{file}", ID: "draft-original", Action: "form.confirm", Tag: "counter", Summary: "Say what was seen of an original at the window; file is the id of a file, or \"material.<id>\" where only the original is shown"}, o.original)
	api.Register(a, api.Op{Method: http.MethodPost, Path: "/drafts/{id}/originals/{material}/scan", ID: "draft-original-scan", Action: "form.confirm", Tag: "counter", Summary: "Scan an original that is shown at the window", MaxBytes: maxFile}, o.scan)
	api.Register(a, api.Op{Method: http.MethodPost, Path: "/drafts/{id}/confirmation", ID: "draft-confirm", Action: "form.confirm", Tag: "counter", Summary: "Note that the person at the window confirmed what stands in the draft now, with the scan of the sheet that they signed by hand; a later change makes it void", MaxBytes: maxSheet}, o.confirm)
}

func (o operations) print(ctx context.Context, actor auth.Principal, in *draftPathIn) (*api.File, error) {
	file, err := o.s.Print(ctx, actor, contract.DraftID(in.ID))
	if err != nil {
		return nil, err
	}
	return api.NewFile("application/pdf", in.ID+".pdf", io.NopCloser(bytes.NewReader(file))), nil
}

type originalIn struct {
	ID   string `path:"id" maxLength:"64"`
	File string `path:"file" maxLength:"80"`
	Body struct {
		Compared bool   `json:"compared" doc:"The clerk compared it with its original (level B)."`
		Paper    string `json:"paper,omitempty" enum:"kept,returned," doc:"What became of the original."`
	}
}

func (o operations) original(ctx context.Context, actor auth.Principal, in *originalIn) (*draftOut, error) {
	return shown(o.s.Compare(ctx, actor, contract.DraftID(in.ID), in.File, form.Comparing{Compared: in.Body.Compared, Paper: in.Body.Paper}))
}

func (o operations) scan(ctx context.Context, actor auth.Principal, in *attachIn) (*draftOut, error) {
	return shown(o.s.ScanOriginal(ctx, actor, contract.DraftID(in.ID), in.Material, form.Upload{Name: in.Name, Body: in.Reader()}))
}

type confirmIn struct {
	ID   string `path:"id" maxLength:"64"`
	Body struct {
		Rev     int64      `json:"rev" minimum:"0" example:"7" doc:"That the person read."`
		Method  string     `json:"method" enum:"paper,drawn" example:"paper" doc:"By hand on paper, or on the screen."`
		Mark    string     `json:"mark,omitempty" maxLength:"30000" doc:"Path of a drawn signature; required where it was drawn."`
		Witness bool       `json:"witness" example:"true" doc:"The clerk saw the person sign."`
		Sheet   *sheetBody `json:"sheet,omitempty" doc:"Scan of the sheet that was signed by hand."`
	}
}

// maxSheet bounds a confirmation with its sheet: base64 takes a third more.
const maxSheet = 15 << 20

// sheetBody is the scan of a signed sheet.
type sheetBody struct {
	Name    string `json:"name" minLength:"1" maxLength:"300" example:"签字页.pdf" doc:"Of the file."`
	Content []byte `json:"content" doc:"PDF, JPG or PNG as base64, up to 10 MB."`
}

type confirmedBody struct {
	Method string        `json:"method" enum:"paper,drawn"`
	Hall   contract.Text `json:"hall"`
	Window string        `json:"window"`
	Clerk  string        `json:"clerk"`
	At     time.Time     `json:"at"`
	Sheet  bool          `json:"sheet,omitempty" doc:"The scan of the sheet that was signed by hand is kept."`
}

func confirmedOf(d form.Draft) *confirmedBody {
	k := d.Confirmed
	if k == nil {
		return nil
	}
	return &confirmedBody{k.Method, k.Hall, k.Window, k.ClerkName, k.At, k.Sheet != nil}
}

func (o operations) confirm(ctx context.Context, actor auth.Principal, in *confirmIn) (*draftOut, error) {
	how := form.Confirming{Rev: in.Body.Rev, Method: in.Body.Method, Mark: in.Body.Mark}
	if !in.Body.Witness {
		how.Method = "" // nobody saw it
	}
	if sheet := in.Body.Sheet; sheet != nil {
		how.Sheet = &form.Upload{Name: sheet.Name, Body: bytes.NewReader(sheet.Content)}
	}
	return shown(o.s.Confirm(ctx, actor, contract.DraftID(in.ID), how))
}
