package formweb

import (
	"cmp"
	"errors"
	"net/http"
	"net/url"
	"slices"
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

// fileName is the control of a material's files on a page of questions.
func fileName(material string) string { return "file." + material }

type materialData struct {
	Draft    form.Draft
	Material form.MaterialState
	Form     *web.Form
	From     string
	Way      string // that the page shows
}

// material shows one material: the way in which it comes, and the other ways.
func (p pages) material(w http.ResponseWriter, r *http.Request) error {
	d, ok, err := p.openFor(w, r)
	if err != nil || !ok {
		return err
	}
	m, ok := d.Result.Material(r.PathValue("material"))
	if !ok {
		return p.k.SeeOther(w, r, draftPath(d))
	}
	q := r.URL.Query()
	return p.k.Render(w, r, http.StatusOK, materialPage(p.k.View(r), materialData{d, m, nil, q.Get("from"), shownWay(m, q.Get("way"))}))
}

// shownWay is the way that a page shows: the one asked for, the chosen one, or
// the first.
func shownWay(m form.MaterialState, asked string) string {
	if _, ok := m.Open(asked); ok {
		return asked
	}
	if _, ok := m.Open(m.Way); ok || len(m.Ways) == 0 {
		return m.Way
	}
	return m.Ways[0].Kind
}

// otherWays are the ways that a page does not show.
func otherWays(x materialData) []form.Way {
	return slices.DeleteFunc(slices.Clone(x.Material.Ways), func(w form.Way) bool { return w.Kind == x.Way })
}

// upload takes what was handed in for a material, in whatever way.
func (p pages) upload(w http.ResponseWriter, r *http.Request) error {
	d, ok, err := p.openFor(w, r)
	if err != nil || !ok {
		return err
	}
	m, ok := d.Result.Material(r.PathValue("material"))
	if !ok || !m.Asked {
		return p.k.SeeOther(w, r, draftPath(d))
	}
	f, err := web.ReadForm(w, r, maxUpload(m.Spec))
	if errors.Is(err, web.ErrTooLarge) {
		f = &web.Form{}
		f.Add("file", "form.file.large", "mb", m.Spec.MaxMB)
		return p.k.Render(w, r, http.StatusRequestEntityTooLarge, materialPage(p.k.View(r), materialData{d, m, f, "", contract.MaterialUpload}))
	}
	if err != nil {
		return err
	}
	way := shownWay(m, f.Get("way"))
	if err := p.hand1(r, d, m, way, f); err != nil {
		return err
	}
	if d, err = p.s.Draft(r.Context(), p.k.Actor(r), d.ID); err != nil {
		return err
	}
	if now, ok := d.Result.Material(m.Spec.ID); ok {
		m = now
	}
	return p.handed(w, r, materialData{d, m, f, f.Get("from"), way})
}

// hand1 does what the page of a material was sent for. What is the person's to
// mend is said at the control.
func (p pages) hand1(r *http.Request, d form.Draft, m form.MaterialState, way string, f *web.Form) error {
	if way == contract.MaterialUpload {
		if m.Way != way && m.Way != "" && (sentFiles(f) || f.Get("do") == doSend) {
			if _, err := p.s.ChooseWay(r.Context(), p.k.Actor(r), d.ID, m.Spec.ID, way, form.WayArgs{}); err != nil {
				return err
			}
		}
		if err := p.attach(r, d, m.Spec.ID, "file", f); err != nil {
			return err
		}
		return p.fileDone(r, d, f)
	}
	if do := f.Get("do"); do == "later" || do == "back" {
		return nil
	}
	args := form.WayArgs{Text: f.Get("text"), File: f.Get("copy")}
	_, err := p.s.ChooseWay(r.Context(), p.k.Actor(r), d.ID, m.Spec.ID, way, args)
	if err != nil && !f.Fail(err) {
		return err
	}
	return nil
}

// handed decides where the page of a material leads.
func (p pages) handed(w http.ResponseWriter, r *http.Request, x materialData) error {
	f, path := x.Form, draftPath(x.Draft, "materials", x.Material.Spec.ID)
	do := f.Get("do")
	if x.Material.Fault != nil && !f.Bad() && do == "next" && !sentFiles(f) {
		f.Fail(&fault.Error{Kind: fault.Invalid, Code: "form.invalid", Fields: []fault.Field{{Name: "file", Err: x.Material.Fault}}})
	}
	switch {
	case f.Bad():
		return p.k.Render(w, r, http.StatusUnprocessableEntity, materialPage(p.k.View(r), x))
	case do == "back":
		return p.k.SeeOther(w, r, backPath(x.Draft, x.From))
	case do == "later":
		p.k.Flash(w, "form.notice.saved")
		return p.k.SeeOther(w, r, draftPath(x.Draft))
	case sentFiles(f) || fileButton(f) != "":
		// Stay, so that the person sees what was received and can add more.
		if sentFiles(f) {
			p.k.Flash(w, "form.notice.uploaded")
		}
		return p.k.SeeOther(w, r, withFrom(path, x.From))
	case x.Material.Page != "":
		return p.k.SeeOther(w, r, withFrom(draftPath(x.Draft, "pages", x.Material.Page), x.From))
	}
	return p.k.SeeOther(w, r, after(x.Draft, path, x.From))
}

func withFrom(path, from string) string {
	if from == "check" {
		return path + "?from=check"
	}
	return path
}

// sentFiles reports whether any file came with the form.
func sentFiles(f *web.Form) bool {
	for _, list := range f.Files {
		for _, h := range list {
			if h.Filename != "" || h.Size > 0 {
				return true
			}
		}
	}
	return false
}

// What the buttons of a list of files do.
const (
	doDrop  = "drop:"
	doLeft  = "left:"
	doRight = "right:"
	doSend  = "upload"
)

// fileButton is the button of a list of files that was pressed, or "".
func fileButton(f *web.Form) string {
	do := f.Get("do")
	if do == doSend {
		return do
	}
	for _, prefix := range []string{doDrop, doLeft, doRight} {
		if strings.HasPrefix(do, prefix) {
			return do
		}
	}
	return ""
}

// fileDone does what a button of a list of files asks for.
func (p pages) fileDone(r *http.Request, d form.Draft, f *web.Form) error {
	actor := p.k.Actor(r)
	what, file, ok := strings.Cut(fileButton(f), ":")
	if !ok {
		return nil
	}
	i := slices.IndexFunc(d.Files, func(m contract.Material) bool { return m.File == file })
	if i < 0 {
		return nil // gone already
	}
	switch what + ":" {
	case doLeft:
		return p.s.Rotate(r.Context(), actor, d.ID, file, d.Files[i].Turn+270)
	case doRight:
		return p.s.Rotate(r.Context(), actor, d.ID, file, d.Files[i].Turn+90)
	}
	return p.s.Detach(r.Context(), actor, d.ID, file)
}

// pageFiles takes the files of a page of questions.
func (p pages) pageFiles(r *http.Request, d form.Draft, ps form.PageState, f *web.Form) error {
	for _, fs := range ps.Fields {
		if fs.Material == nil || !fs.Material.Asked {
			continue
		}
		if err := p.attach(r, d, fs.Material.Spec.ID, fileName(fs.Material.Spec.ID), f); err != nil {
			return err
		}
	}
	return p.fileDone(r, d, f)
}

// fileAnchor is the part of the page that a file or its button has changed.
func fileAnchor(f *web.Form, ps form.PageState) string {
	_, file, _ := strings.Cut(fileButton(f), ":")
	for _, fs := range ps.Fields {
		if fs.Material == nil {
			continue
		}
		name := fileName(fs.Material.Spec.ID)
		has := slices.ContainsFunc(fs.Material.Files, func(m contract.Material) bool { return m.File == file })
		if has || len(f.File(name)) > 0 {
			return web.Part(name)
		}
	}
	return "main"
}

// attach stores the files of a control for a material of the draft.
func (p pages) attach(r *http.Request, d form.Draft, material, control string, f *web.Form) error {
	return p.each(r, control, f, func(u form.Upload) error {
		_, err := p.s.Attach(r.Context(), p.k.Actor(r), d.ID, material, u)
		return err
	})
}

// each stores the files of a control. What is wrong with one of them is said at
// the control, with the name of the file; the good ones are kept.
func (p pages) each(r *http.Request, control string, f *web.Form, store func(form.Upload) error) error {
	for _, h := range f.File(control) {
		if h.Filename == "" && h.Size == 0 { // no file chosen
			continue
		}
		body, err := h.Open()
		if err != nil {
			return err
		}
		err = store(form.Upload{Name: h.Filename, Body: body})
		if closing := body.Close(); err == nil {
			err = closing
		}
		e, ok := errors.AsType[*fault.Error](err)
		if ok && (e.Kind == fault.Invalid || e.Kind == fault.Unavailable) {
			if f.Fault(control) == nil { // one control, one message: the first
				f.Add(control, "form.file.rejected", "file", short(h.Filename), "why", p.k.View(r).Fault(e))
			}
			continue
		}
		if err != nil {
			return err
		}
	}
	return nil
}

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

// deleteFile removes a file of a correction, whose files have no page of their own.
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

// facts are what is known of a file: size, pages, when, and the head of its hash.
func facts(v web.View, m contract.Material) string {
	list := []string{v.Size(m.Size)}
	if m.Pages > 0 {
		list = append(list, v.T("form.upload.pages", "n", m.Pages))
	}
	list = append(list, v.T("form.upload.at", "at", v.TimeShort(m.At)))
	if len(m.Blob) > 8 {
		list = append(list, v.T("form.upload.hash", "hash", string(m.Blob[:8])))
	}
	if v.English() {
		return strings.Join(list, ", ")
	}
	return strings.Join(list, "，")
}

// handedAs is how a material comes, in words.
func handedAs(v web.View, m form.MaterialState) string {
	way := cmp.Or(m.Way, m.Spec.Origin)
	switch way {
	case contract.MaterialOwed:
		for _, x := range m.Handed() {
			if x.Due != "" {
				return v.T("form.way.owed_by", "at", dayWords(v, x.Due))
			}
		}
	case contract.MaterialLicence, contract.MaterialHeld, contract.MaterialCopy:
		for _, x := range m.Handed() {
			if x.Source != "" {
				return v.T("form.way."+way+"_from", "source", x.Source)
			}
		}
	case form.OriginUpload:
		return ""
	}
	return v.T("form.origin." + way)
}

// wayPath is the page of a material with another way.
func wayPath(x materialData, way string) string {
	q := url.Values{"way": {way}}
	if x.From == "check" {
		q.Set("from", x.From)
	}
	return draftPath(x.Draft, "materials", x.Material.Spec.ID) + "?" + q.Encode()
}
