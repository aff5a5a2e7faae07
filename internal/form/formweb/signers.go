package formweb

import (
	"errors"
	"net/http"
	"net/url"
	"strings"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/form"
	"github.com/tongban/tongban/internal/kit/fault"
	"github.com/tongban/tongban/internal/kit/web"
)

// signerKey is a signer's id in an address: a slash there would part the path.
func signerKey(id string) string { return strings.ReplaceAll(id, "/", ".") }

func signerID(r *http.Request) string { return strings.ReplaceAll(r.PathValue("signer"), ".", "/") }

func signaturePath(id contract.DraftID, signer string) string {
	return "/signatures/" + url.PathEscape(string(id)) + "/" + url.PathEscape(signerKey(signer))
}

// signers shows who signs and how far they are.
func (p pages) signers(w http.ResponseWriter, r *http.Request) error {
	d, ok, err := p.open(w, r)
	if err != nil || !ok {
		return err
	}
	return p.k.Render(w, r, http.StatusOK, signersPage(p.k.View(r), signersData{d}))
}

func (p pages) remind(w http.ResponseWriter, r *http.Request) error {
	err := p.s.Remind(r.Context(), p.k.Actor(r), draftID(r), signerID(r))
	switch {
	case errors.Is(err, form.ErrReminded):
		p.k.Flash(w, "form.notice.reminded_already")
	case err != nil:
		return err
	default:
		p.k.Flash(w, "form.notice.reminded")
	}
	return p.k.SeeOther(w, r, "/drafts/"+url.PathEscape(string(draftID(r)))+"/signers")
}

// recall takes an application back from its signers, to change it.
func (p pages) recall(w http.ResponseWriter, r *http.Request) error {
	if err := p.s.Recall(r.Context(), p.k.Actor(r), draftID(r)); err != nil {
		return err
	}
	p.k.Flash(w, "form.notice.recalled")
	return p.k.SeeOther(w, r, "/drafts/"+url.PathEscape(string(draftID(r))))
}

func signedCount(d form.Draft) int {
	n := 0
	for _, s := range d.Signers {
		if s.State == form.SignerSigned {
			n++
		}
	}
	return n
}

func signerNames(v web.View, d form.Draft) string {
	names := make([]string, 0, len(d.Signers))
	for _, s := range d.Signers {
		name := pick(v, s.Spec.Name)
		if s.Name != "" {
			name = v.T("form.signers.who", "role", name, "name", s.Name)
		}
		names = append(names, name)
	}
	return v.Join(names)
}

// toSign lists what waits for the actor's signature.
func (p pages) toSign(w http.ResponseWriter, r *http.Request) error {
	list, err := p.s.Signatures(r.Context(), p.k.Actor(r))
	if err != nil {
		return err
	}
	return p.k.Render(w, r, http.StatusOK, toSignPage(p.k.View(r), list))
}

// waiting counts what is still to be signed.
func waiting(list []form.ToSign) int {
	n := 0
	for _, x := range list {
		if x.State == form.SignerWaiting {
			n++
		}
	}
	return n
}

func (p pages) asSigner(r *http.Request) (form.Signature, error) {
	return p.s.Signature(r.Context(), p.k.Actor(r), draftID(r), signerID(r))
}

func (p pages) signature(w http.ResponseWriter, r *http.Request) error {
	x, err := p.asSigner(r)
	if err != nil {
		return err
	}
	return p.k.Render(w, r, http.StatusOK, signaturePage(p.k.View(r), signatureData{Signature: x}))
}

// ifWaiting links to what a signer fills in, while it can be changed.
func ifWaiting(x signatureData, path string) string {
	if x.Signer.State == form.SignerWaiting {
		return path
	}
	return ""
}

// mineSteps are a signer's own pages.
func mineSteps(x signatureData) []form.PageState {
	var list []form.PageState
	for _, ps := range x.State.Pages {
		if !ps.Signing() {
			list = append(list, ps)
		}
	}
	return list
}

// mineLeft counts what a signer has to do before signing.
func mineLeft(x signatureData) int { return len(x.State.Faults()) }

// sign takes the signature of the actor.
func (p pages) sign(w http.ResponseWriter, r *http.Request) error {
	f, err := web.ReadForm(w, r, maxForm)
	if err != nil {
		return err
	}
	how := signing(f)
	if how.Mark == "" {
		f.Add("mark", "form.signature.missing")
		return p.signAgain(w, r, f)
	}
	done, err := p.s.Sign(r.Context(), p.k.Actor(r), draftID(r), signerID(r), how)
	switch {
	case fault.KindOf(err) == fault.Invalid:
		e, _ := errors.AsType[*fault.Error](err)
		if len(e.Fields) > 0 {
			f.Fail(err)
		} else {
			f.Add("mark", e.Code, e.Args...)
		}
		return p.signAgain(w, r, f)
	case err != nil:
		return err
	}
	p.k.Flash(w, "form.notice.signed")
	if done.Last {
		p.k.Flash(w, "form.notice.signed_last")
	}
	return p.k.SeeOther(w, r, "/signatures")
}

func (p pages) signAgain(w http.ResponseWriter, r *http.Request, f *web.Form) error {
	x, err := p.asSigner(r)
	if err != nil {
		return err
	}
	return p.k.Render(w, r, http.StatusUnprocessableEntity, signaturePage(p.k.View(r), signatureData{x, f}))
}

func (p pages) decline(w http.ResponseWriter, r *http.Request) error {
	f, err := web.ReadForm(w, r, maxForm)
	if err != nil {
		return err
	}
	err = p.s.Decline(r.Context(), p.k.Actor(r), draftID(r), signerID(r), f.Get("reason"))
	if fault.KindOf(err) == fault.Invalid && f.Fail(err) {
		return p.signAgain(w, r, f)
	}
	if err != nil {
		return err
	}
	p.k.Flash(w, "form.notice.declined")
	return p.k.SeeOther(w, r, "/signatures")
}

// ownPage finds a page that the signer fills in.
func ownPage(x form.Signature, id string) (form.PageState, bool) {
	for _, ps := range x.State.Pages {
		if ps.Page.ID == id {
			return ps, true
		}
	}
	return form.PageState{}, false
}

type ownData struct {
	form.Signature
	Page  form.PageState
	Form  *web.Form
	Frame frame
}

func (p pages) ownQuestion(w http.ResponseWriter, r *http.Request) error {
	x, err := p.asSigner(r)
	if err != nil {
		return err
	}
	ps, ok := ownPage(x, r.PathValue("page"))
	if !ok || x.Signer.State != form.SignerWaiting {
		return p.k.SeeOther(w, r, signaturePath(x.Draft.ID, x.Signer.ID))
	}
	f := web.NewForm(values(ps.Fields))
	addFaults(f, ps.Fields, begun)
	return p.askOwn(w, r, http.StatusOK, ownData{x, ps, f, frame{}}, nil)
}

func (p pages) askOwn(w http.ResponseWriter, r *http.Request, status int, x ownData, sent *web.Form) error {
	v := p.k.View(r)
	places, err := p.lookUp(r.Context(), v, sent, x.Page.Fields)
	if err != nil {
		return err
	}
	x.Frame = frame{form: x.Form, draft: x.Draft, places: places}
	return p.k.Render(w, r, status, ownPageView(v, x))
}

// ownAnswer keeps what a signer fills in.
func (p pages) ownAnswer(w http.ResponseWriter, r *http.Request) error {
	f, err := web.ReadForm(w, r, maxForm)
	if err != nil {
		return err
	}
	x, err := p.asSigner(r)
	if err != nil {
		return err
	}
	here := signaturePath(x.Draft.ID, x.Signer.ID)
	ps, ok := ownPage(x, r.PathValue("page"))
	if !ok {
		return p.k.SeeOther(w, r, here)
	}
	_, pressed := p.placeButton(f)
	change := form.Change{Rev: number(f.Get("rev")), Fields: read(f, ps.Page.Fields)}
	x, err = p.s.SaveSignature(r.Context(), p.k.Actor(r), x.Draft.ID, x.Signer.ID, change)
	if err != nil {
		return err
	}
	if ps, ok = ownPage(x, ps.Page.ID); !ok {
		return p.k.SeeOther(w, r, here)
	}
	_, rows := rowButton(f, ps.Fields)
	shown := web.NewForm(values(ps.Fields))
	switch {
	case pressed || rows:
		addFaults(shown, ps.Fields, begun)
		return p.askOwn(w, r, http.StatusOK, ownData{x, ps, shown, frame{}}, f)
	case ps.Done || f.Get("do") == "back":
		return p.k.SeeOther(w, r, here)
	}
	addFaults(shown, ps.Fields, func(form.FieldState) bool { return true })
	return p.askOwn(w, r, http.StatusUnprocessableEntity, ownData{x, ps, shown, frame{}}, f)
}

type ownMaterialData struct {
	form.Signature
	Material form.MaterialState
	Form     *web.Form
}

func ownMaterial(x form.Signature, id string) (form.MaterialState, bool) {
	for _, m := range x.State.Materials {
		if m.Spec.ID == id {
			return m, true
		}
	}
	return form.MaterialState{}, false
}

func (p pages) ownPaper(w http.ResponseWriter, r *http.Request) error {
	x, err := p.asSigner(r)
	if err != nil {
		return err
	}
	m, ok := ownMaterial(x, r.PathValue("material"))
	if !ok || x.Signer.State != form.SignerWaiting {
		return p.k.SeeOther(w, r, signaturePath(x.Draft.ID, x.Signer.ID))
	}
	return p.k.Render(w, r, http.StatusOK, ownMaterialPage(p.k.View(r), ownMaterialData{x, m, nil}))
}

// ownUpload takes a file that a signer hands in.
func (p pages) ownUpload(w http.ResponseWriter, r *http.Request) error {
	actor := p.k.Actor(r)
	x, err := p.asSigner(r)
	if err != nil {
		return err
	}
	m, ok := ownMaterial(x, r.PathValue("material"))
	if !ok {
		return p.k.SeeOther(w, r, signaturePath(x.Draft.ID, x.Signer.ID))
	}
	f, err := web.ReadForm(w, r, maxUpload(m.Spec))
	if err != nil {
		return err
	}
	path := signaturePath(x.Draft.ID, x.Signer.ID) + "/materials/" + url.PathEscape(m.Spec.ID)
	if file, drop := strings.CutPrefix(f.Get("do"), doDrop); drop {
		if err := p.s.DetachSigner(r.Context(), actor, x.Draft.ID, x.Signer.ID, file); err != nil {
			return err
		}
		return p.k.SeeOther(w, r, path)
	}
	err = p.each(r, "file", f, func(u form.Upload) error {
		_, err := p.s.AttachSigner(r.Context(), actor, x.Draft.ID, x.Signer.ID, m.Spec.ID, u)
		return err
	})
	if err != nil {
		return err
	}
	if !sentFiles(f) && m.Fault != nil {
		f.Fail(&fault.Error{Kind: fault.Invalid, Code: "form.invalid", Fields: []fault.Field{{Name: "file", Err: m.Fault}}})
	}
	switch {
	case f.Bad():
		if x, err = p.asSigner(r); err != nil {
			return err
		}
		if now, ok := ownMaterial(x, m.Spec.ID); ok {
			m = now
		}
		return p.k.Render(w, r, http.StatusUnprocessableEntity, ownMaterialPage(p.k.View(r), ownMaterialData{x, m, f}))
	case sentFiles(f):
		return p.k.SeeOther(w, r, path)
	}
	return p.k.SeeOther(w, r, signaturePath(x.Draft.ID, x.Signer.ID))
}

func (p pages) ownFile(w http.ResponseWriter, r *http.Request) error {
	m, body, err := p.s.FileSigner(r.Context(), p.k.Actor(r), draftID(r), signerID(r), r.PathValue("file"))
	if err != nil {
		return err
	}
	defer body.Close() //nolint:errcheck // read only
	return p.k.SendFile(w, r, web.File{Name: m.Name, Type: m.Type, Size: m.Size, Inline: true}, body)
}
