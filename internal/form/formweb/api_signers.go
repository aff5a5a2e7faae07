package formweb

import (
	"context"
	"encoding/json"
	"net/http"
	"time"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/form"
	"github.com/tongban/tongban/internal/kit/api"
	"github.com/tongban/tongban/internal/kit/auth"
)

// apiSigners registers what applicants and signers do about signatures. A signer
// of a row is named "<id>/<row>", with the slash as %2F.
func apiSigners(a *api.API, o operations) {
	api.Register(a, api.Op{Method: http.MethodPost, Path: "/drafts/{id}/signers/{signer}/reminder", ID: "signer-remind", Action: "form.edit", Tag: "signatures", Summary: "Remind a signer, once a day at most"}, o.remind)
	api.Register(a, api.Op{Method: http.MethodPost, Path: "/drafts/{id}/recall", ID: "draft-recall", Action: "form.edit", Tag: "signatures", Summary: "Take an application back from its signers, to change it; signatures given are void"}, o.recall)
	api.Register(a, api.Op{Method: http.MethodGet, Path: "/signatures", ID: "signature-list", Action: "form.sign", Tag: "signatures", Summary: "What you are asked to sign"}, o.signatures)
	api.Register(a, api.Op{Method: http.MethodGet, Path: "/signatures/{id}/{signer}", ID: "signature-get", Action: "form.sign", Tag: "signatures", Summary: "An application to be read and signed; the look is recorded"}, o.signature)
	api.Register(a, api.Op{Method: http.MethodPut, Path: "/signatures/{id}/{signer}/answers", ID: "signature-answer", Action: "form.sign", Tag: "signatures", Summary: "Merge your own answers", MaxBytes: maxForm}, o.signerAnswer)
	api.Register(a, api.Op{Method: http.MethodPost, Path: "/signatures/{id}/{signer}/materials/{material}", ID: "signature-attach", Action: "form.sign", Tag: "signatures", Summary: "Upload your own file", Status: http.StatusCreated, MaxBytes: maxFile}, o.signerAttach)
	api.Register(a, api.Op{Method: http.MethodDelete, Path: "/signatures/{id}/{signer}/files/{file}", ID: "signature-detach", Action: "form.sign", Tag: "signatures", Summary: "Delete your own file"}, o.signerDetach)
	api.Register(a, api.Op{Method: http.MethodPost, Path: "/signatures/{id}/{signer}", ID: "signature-sign", Action: "form.sign", Tag: "signatures", Summary: "Sign; the last signature submits the application"}, o.sign)
	api.Register(a, api.Op{Method: http.MethodPost, Path: "/signatures/{id}/{signer}/refusal", ID: "signature-decline", Action: "form.sign", Tag: "signatures", Summary: "Refuse to sign, with a reason"}, o.decline)
}

type signerIn struct {
	ID     string `path:"id" maxLength:"64"`
	Signer string `path:"signer" maxLength:"64"`
}

func (o operations) remind(ctx context.Context, actor auth.Principal, in *signerIn) (*struct{}, error) {
	return &struct{}{}, o.s.Remind(ctx, actor, contract.DraftID(in.ID), in.Signer)
}

func (o operations) recall(ctx context.Context, actor auth.Principal, in *draftPathIn) (*draftOut, error) {
	if err := o.s.Recall(ctx, actor, contract.DraftID(in.ID)); err != nil {
		return nil, err
	}
	return o.show(ctx, actor, contract.DraftID(in.ID))
}

type toSignBody struct {
	Draft     string         `json:"draft"`
	Signer    string         `json:"signer"`
	Service   string         `json:"service"`
	Name      contract.Text  `json:"name"`
	Role      contract.Text  `json:"role"`
	Applicant contract.Party `json:"applicant"`
	State     string         `json:"state" enum:"waiting,signed,declined"`
	Asked     time.Time      `json:"asked_at"`
	Expires   time.Time      `json:"expires_at"`
}

type signaturesOut struct {
	Body struct {
		Signatures []toSignBody `json:"signatures"`
	}
}

func (o operations) signatures(ctx context.Context, actor auth.Principal, _ *struct{}) (*signaturesOut, error) {
	list, err := o.s.Signatures(ctx, actor)
	if err != nil {
		return nil, err
	}
	out := &signaturesOut{}
	out.Body.Signatures = []toSignBody{}
	for _, x := range list {
		out.Body.Signatures = append(out.Body.Signatures, toSignBody{
			string(x.Draft), x.Signer, string(x.Item), x.Name, x.Role, x.Applicant, x.State, x.Asked, x.Expires,
		})
	}
	return out, nil
}

type signatureOut struct {
	Body signatureBody
}

type signatureBody struct {
	Draft     string         `json:"draft"`
	Signer    signerBody     `json:"signer"`
	Service   string         `json:"service"`
	Name      contract.Text  `json:"name"`
	Applicant contract.Party `json:"applicant"`
	Rev       int64          `json:"rev" doc:"Of your own answers."`
	Text      contract.Text  `json:"text" doc:"What is signed."`
	Complete  bool           `json:"complete" doc:"You can sign."`
	Read      []pageBody     `json:"read" doc:"What the applicant said."`
	Pages     []pageBody     `json:"pages,omitempty" doc:"For you to fill in."`
	Materials []materialBody `json:"materials,omitempty" doc:"For you to hand in."`
}

func signatureOf(x form.Signature) *signatureOut {
	b := signatureBody{
		Draft: string(x.Draft.ID), Signer: signerOf(x.Signer), Service: string(x.Draft.Service.Item), Name: x.Draft.Service.Name,
		Applicant: x.Draft.Party, Rev: x.Rev, Text: x.State.Spec.Text, Complete: x.State.Complete(), Read: []pageBody{},
	}
	for _, p := range x.Draft.Result.Pages {
		b.Read = append(b.Read, pageOf(p))
	}
	for _, p := range x.State.Pages {
		b.Pages = append(b.Pages, pageOf(p))
	}
	for _, m := range x.State.Materials {
		b.Materials = append(b.Materials, materialOf(m))
	}
	return &signatureOut{b}
}

func (o operations) signature(ctx context.Context, actor auth.Principal, in *signerIn) (*signatureOut, error) {
	x, err := o.s.Signature(ctx, actor, contract.DraftID(in.ID), in.Signer)
	if err != nil {
		return nil, err
	}
	return signatureOf(x), nil
}

type signerAnswerIn struct {
	ID     string `path:"id" maxLength:"64"`
	Signer string `path:"signer" maxLength:"64"`
	Body   struct {
		Rev     int64                      `json:"rev,omitempty" doc:"Revision the answers were made from; without it they overwrite."`
		Answers map[string]json.RawMessage `json:"answers"`
	}
}

func (o operations) signerAnswer(ctx context.Context, actor auth.Principal, in *signerAnswerIn) (*signatureOut, error) {
	x, err := o.s.SaveSignatureJSON(ctx, actor, contract.DraftID(in.ID), in.Signer, in.Body.Rev, in.Body.Answers)
	if err != nil {
		return nil, err
	}
	return signatureOf(x), nil
}

type signerAttachIn struct {
	ID       string `path:"id" maxLength:"64"`
	Signer   string `path:"signer" maxLength:"64"`
	Material string `path:"material" maxLength:"64"`
	Name     string `query:"name" maxLength:"300" doc:"Name of the file as its owner knows it"`
	api.Upload
}

func (o operations) signerAttach(ctx context.Context, actor auth.Principal, in *signerAttachIn) (*fileOut, error) {
	m, err := o.s.AttachSigner(ctx, actor, contract.DraftID(in.ID), in.Signer, in.Material, form.Upload{Name: in.Name, Body: in.Reader()})
	if err != nil {
		return nil, err
	}
	return &fileOut{fileOf(m)}, nil
}

type signerFileIn struct {
	ID     string `path:"id" maxLength:"64"`
	Signer string `path:"signer" maxLength:"64"`
	File   string `path:"file" maxLength:"64"`
}

func (o operations) signerDetach(ctx context.Context, actor auth.Principal, in *signerFileIn) (*struct{}, error) {
	return &struct{}{}, o.s.DetachSigner(ctx, actor, contract.DraftID(in.ID), in.Signer, in.File)
}

type signIn struct {
	ID     string `path:"id" maxLength:"64"`
	Signer string `path:"signer" maxLength:"64"`
	Body   struct {
		Method string `json:"method" enum:"keyed,drawn"`
		Mark   string `json:"mark" maxLength:"32000" doc:"Your name as typed, or the path of the drawing (SVG)."`
	}
}

type signedOut struct {
	Body struct {
		Last   bool   `json:"last" doc:"It was the last signature: the application is submitted."`
		Number string `json:"number,omitempty" doc:"Of the case."`
	}
}

func (o operations) sign(ctx context.Context, actor auth.Principal, in *signIn) (*signedOut, error) {
	x, err := o.s.Sign(ctx, actor, contract.DraftID(in.ID), in.Signer, form.Signing{Method: in.Body.Method, Mark: in.Body.Mark})
	if err != nil {
		return nil, err
	}
	out := &signedOut{}
	out.Body.Last = x.Last
	if x.Receipt != nil {
		out.Body.Number = x.Receipt.Number
	}
	return out, nil
}

type declineIn struct {
	ID     string `path:"id" maxLength:"64"`
	Signer string `path:"signer" maxLength:"64"`
	Body   struct {
		Reason string `json:"reason" maxLength:"2000"`
	}
}

func (o operations) decline(ctx context.Context, actor auth.Principal, in *declineIn) (*struct{}, error) {
	return &struct{}{}, o.s.Decline(ctx, actor, contract.DraftID(in.ID), in.Signer, in.Body.Reason)
}
