package formweb

import (
	"errors"
	"net/http"
	"strings"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/form"
	"github.com/tongban/tongban/internal/kit/fault"
	"github.com/tongban/tongban/internal/kit/web"
)

// slack is what the borders of a multipart body may take beside the files.
const slack = 1 << 20

func maxUpload(m contract.MaterialSpec) int64 {
	return int64(max(m.MaxMB, 1))*int64(max(m.MaxFiles, 1))<<20 + slack
}

type materialData struct {
	Draft    form.Draft
	Material form.MaterialState
	Form     *web.Form
	From     string
}

func (p pages) material(w http.ResponseWriter, r *http.Request) error {
	d, ok, err := p.open(w, r)
	if err != nil || !ok {
		return err
	}
	m, ok := d.Result.Material(r.PathValue("material"))
	if !ok || m.Spec.Origin != form.OriginUpload {
		return p.k.SeeOther(w, r, draftPath(d))
	}
	return p.k.Render(w, r, http.StatusOK, materialPage(p.k.View(r), materialData{d, m, nil, r.URL.Query().Get("from")}))
}

func (p pages) upload(w http.ResponseWriter, r *http.Request) error {
	d, ok, err := p.open(w, r)
	if err != nil || !ok {
		return err
	}
	m, ok := d.Result.Material(r.PathValue("material"))
	if !ok || m.Spec.Origin != form.OriginUpload {
		return p.k.SeeOther(w, r, draftPath(d))
	}
	f, err := web.ReadForm(w, r, maxUpload(m.Spec))
	if errors.Is(err, web.ErrTooLarge) {
		f = &web.Form{}
		f.Add("file", "form.file.large", "mb", m.Spec.MaxMB)
		return p.k.Render(w, r, http.StatusRequestEntityTooLarge, materialPage(p.k.View(r), materialData{d, m, f, ""}))
	}
	if err != nil {
		return err
	}
	if err := p.attach(r, d, m.Spec.ID, "file", f); err != nil {
		return err
	}
	if d, err = p.s.Draft(r.Context(), p.k.Actor(r), d.ID); err != nil {
		return err
	}
	if now, ok := d.Result.Material(m.Spec.ID); ok {
		m = now
	}
	later := f.Get("do") == "later"
	if m.Fault != nil && !f.Bad() && !later {
		f.Fail(&fault.Error{Kind: fault.Invalid, Code: "form.invalid", Fields: []fault.Field{{Name: "file", Err: m.Fault}}})
	}
	path := draftPath(d, "materials", m.Spec.ID)
	switch {
	case f.Bad():
		return p.k.Render(w, r, http.StatusUnprocessableEntity, materialPage(p.k.View(r), materialData{d, m, f, f.Get("from")}))
	case later:
		p.k.Flash(w, "form.notice.saved")
		return p.k.SeeOther(w, r, draftPath(d))
	case len(f.File("file")) > 0:
		// Stay, so that the person sees what was received and can add more.
		p.k.Flash(w, "form.notice.uploaded")
		return p.k.SeeOther(w, r, withFrom(path, f.Get("from")))
	}
	return p.k.SeeOther(w, r, after(d, path, f.Get("from")))
}

func withFrom(path, from string) string {
	if from == "check" {
		return path + "?from=check"
	}
	return path
}

// attach stores the files of a control. What is wrong with one of them is said
// at the control, with the name of the file; the good ones are kept.
func (p pages) attach(r *http.Request, d form.Draft, material, control string, f *web.Form) error {
	for _, h := range f.File(control) {
		if h.Filename == "" && h.Size == 0 { // no file chosen
			continue
		}
		body, err := h.Open()
		if err != nil {
			return err
		}
		_, err = p.s.Attach(r.Context(), p.k.Actor(r), d.ID, material, form.Upload{Name: h.Filename, Body: body})
		if closing := body.Close(); err == nil {
			err = closing
		}
		e, ok := errors.AsType[*fault.Error](err)
		if ok && e.Kind == fault.Invalid {
			if f.Fault(control) == nil { // one control, one message: the first
				f.Add(control, "form.file.rejected", "file", short(h.Filename), "why", says(p.k.View(r), e))
			}
			continue
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func says(v web.View, e *fault.Error) string { return v.Fault(e) }

// short is a file's name as a message repeats it.
func short(name string) string {
	name = name[strings.LastIndexAny(name, `/\`)+1:]
	if r := []rune(name); len(r) > 40 {
		return string(r[:40]) + "…"
	}
	return name
}

func (p pages) file(w http.ResponseWriter, r *http.Request) error {
	m, body, err := p.s.File(r.Context(), p.k.Actor(r), draftID(r), r.PathValue("file"))
	if err != nil {
		return err
	}
	defer body.Close() //nolint:errcheck // read only
	return p.k.SendFile(w, r, web.File{Name: m.Name, Type: m.Type, Size: m.Size, Inline: true}, body)
}

func (p pages) deleteFile(w http.ResponseWriter, r *http.Request) error {
	actor, id := p.k.Actor(r), draftID(r)
	d, err := p.s.Draft(r.Context(), actor, id)
	if err != nil {
		return err
	}
	if err := p.s.Detach(r.Context(), actor, id, r.PathValue("file")); err != nil {
		return err
	}
	to := elsewhere(d)
	if to == "" {
		to = draftPath(d)
		for _, m := range d.Files {
			if m.File == r.PathValue("file") {
				to = draftPath(d, "materials", m.ID)
			}
		}
	}
	p.k.Flash(w, "form.notice.file_deleted")
	return p.k.SeeOther(w, r, to)
}

// accepts is the accept attribute of a file control.
func accepts(m contract.MaterialSpec) string {
	var list []string
	for _, t := range m.Types {
		switch t {
		case "pdf":
			list = append(list, "application/pdf", ".pdf")
		case "jpg":
			list = append(list, "image/jpeg", ".jpg", ".jpeg")
		case "png":
			list = append(list, "image/png", ".png")
		}
	}
	return strings.Join(list, ",")
}

func types(m contract.MaterialSpec) string { return strings.ToUpper(strings.Join(m.Types, "/")) }

// ending is what the little picture of a file says.
func ending(m contract.Material) string {
	return strings.ToUpper(m.Name[strings.LastIndexByte(m.Name, '.')+1:])
}
