package formweb

import (
	"bytes"
	"errors"
	"net/http"
	"strings"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/form"
	"github.com/tongban/tongban/internal/kit/fault"
	"github.com/tongban/tongban/internal/kit/web"
)

// counterData is what a clerk does at the window before an application or a
// correction is handed in: originals, print, confirmation.
type counterData struct {
	Draft form.Draft
	Form  *web.Form
	Back  web.Link
}

// original is one thing whose original a clerk looks at.
type original struct {
	Key      string // file, or "material.<id>"
	Name     contract.Text
	File     *contract.Material // nil where only the original is shown
	Material string
	Shown    form.Shown
	Scan     bool // a scan may be made
}

// originals are those of a draft, in the order of its materials.
func originals(d form.Draft) []original {
	var list []original
	for _, m := range d.Result.Materials {
		switch m.Way {
		case contract.MaterialUpload:
			for _, f := range m.Files {
				list = append(list, original{Key: f.File, Name: m.Spec.Name, File: &f, Material: m.Spec.ID, Shown: d.Shown[f.File]})
			}
		case contract.MaterialCounter:
			list = append(list, shownThere(d, m))
		}
	}
	return list
}

// shownThere is a material whose original is shown at the window: by the file of
// its scan, or by what was chosen, or by itself.
func shownThere(d form.Draft, m form.MaterialState) original {
	x := original{Key: "material." + m.Spec.ID, Name: m.Spec.Name, Material: m.Spec.ID, Scan: true}
	for _, f := range d.Files {
		if f.ID == m.Spec.ID && f.Origin == contract.MaterialCounter && f.Signer == "" {
			x.Key = f.File
			if f.Blob != "" {
				x.File = &f
			}
		}
	}
	x.Shown = d.Shown[x.Key]
	return x
}

func (x original) compared() string { return "seen." + x.Key }
func (x original) paper() string    { return "paper." + x.Key }
func (x original) scan() string     { return "scan." + x.Material }

// atCounter reports whether the page is shown to a clerk who serves somebody.
func atCounter(v web.View) bool { return v.Actor.AtCounter() }

// unsettled counts the originals at which nobody has looked yet.
func unsettled(d form.Draft) int {
	n := 0
	for _, x := range originals(d) {
		if !x.Shown.Compared {
			n++
		}
	}
	return n
}

// counterDraft loads the draft of the path, an application or a correction.
func (p pages) counterDraft(w http.ResponseWriter, r *http.Request) (form.Draft, bool, error) {
	actor := p.k.Actor(r)
	d, err := p.s.Draft(r.Context(), actor, draftID(r))
	if err != nil {
		return d, false, err
	}
	switch {
	case d.Receipt != nil:
		return d, false, p.k.SeeOther(w, r, elsewhere(d))
	case d.State == form.StateSigning:
		return d, false, p.k.SeeOther(w, r, draftPath(d, "signers"))
	}
	return d, true, nil
}

// counterBack is where the page leads back to.
func counterBack(v web.View, d form.Draft) web.Link {
	if d.Kind == form.KindCorrection {
		return web.Link{Href: elsewhere(d), Text: v.T("form.counter.back_correct")}
	}
	return web.Link{Href: draftPath(d, "check"), Text: v.T("form.back.check")}
}

func (p pages) counter(w http.ResponseWriter, r *http.Request) error {
	d, ok, err := p.counterDraft(w, r)
	if err != nil || !ok {
		return err
	}
	return p.showCounter(w, r, http.StatusOK, d, nil)
}

func (p pages) showCounter(w http.ResponseWriter, r *http.Request, status int, d form.Draft, f *web.Form) error {
	v := p.k.View(r)
	return p.k.Render(w, r, status, counterPage(v, counterData{d, f, counterBack(v, d)}))
}

// maxCounter bounds what comes with the page: scans and the signed sheet.
const maxCounter = 60 << 20

// What the buttons of the page do.
const (
	doOriginals = "originals"
	doConfirm   = "confirm"
)

// atWindow keeps what the clerk saw of the originals, and takes the confirmation.
func (p pages) atWindow(w http.ResponseWriter, r *http.Request) error {
	f, err := web.ReadForm(w, r, maxCounter)
	if err != nil {
		return err
	}
	d, ok, err := p.counterDraft(w, r)
	if err != nil || !ok {
		return err
	}
	if f.Get("do") == doConfirm {
		return p.confirm(w, r, d, f)
	}
	if err := p.keepOriginals(r, d, f); err != nil {
		return err
	}
	if f.Bad() {
		if d, err = p.s.Draft(r.Context(), p.k.Actor(r), d.ID); err != nil {
			return err
		}
		return p.showCounter(w, r, http.StatusUnprocessableEntity, d, f)
	}
	p.k.Flash(w, "form.notice.originals")
	return p.k.SeeOther(w, r, draftPath(d, "counter"))
}

func (p pages) keepOriginals(r *http.Request, d form.Draft, f *web.Form) error {
	actor := p.k.Actor(r)
	for _, x := range originals(d) {
		key := x.Key // the page calls it so; with a scan it has another
		err := p.each(r, x.scan(), f, func(u form.Upload) error {
			now, err := p.s.ScanOriginal(r.Context(), actor, d.ID, x.Material, u)
			if m, ok := now.Result.Material(x.Material); err == nil && ok {
				key = shownThere(now, m).Key
			}
			return err
		})
		if err != nil {
			return err
		}
		seen := form.Comparing{Compared: f.Get(x.compared()) != "", Paper: f.Get(x.paper())}
		if _, err := p.s.Compare(r.Context(), actor, d.ID, key, seen); err != nil && !f.Fail(err) {
			return err
		}
	}
	return nil
}

func (p pages) confirm(w http.ResponseWriter, r *http.Request, d form.Draft, f *web.Form) error {
	how := form.Confirming{Rev: number(f.Get("rev")), Method: f.Get("method")}
	if how.Method == contract.ConfirmDrawn {
		how.Mark = web.Drawn(f.Get("mark-drawn"))
	}
	if f.Get("witness") == "" {
		f.Add("witness", "form.counter.witness_missing")
		return p.showCounter(w, r, http.StatusUnprocessableEntity, d, f)
	}
	once := func(u form.Upload) error {
		if u.Name != "" {
			how.Sheet = &u
		}
		_, err := p.s.Confirm(r.Context(), p.k.Actor(r), d.ID, how)
		return err
	}
	err := p.each(r, "sheet", f, once)
	if err == nil && how.Sheet == nil && !f.Bad() {
		err = once(form.Upload{})
	}
	switch {
	case errors.Is(err, form.ErrStale):
		f.Add("method", "form.draft.stale")
		if d, err = p.s.Draft(r.Context(), p.k.Actor(r), d.ID); err != nil {
			return err
		}
		return p.showCounter(w, r, http.StatusConflict, d, f)
	case f.Fail(err) || f.Bad():
		return p.showCounter(w, r, http.StatusUnprocessableEntity, d, f)
	case err != nil:
		return err
	}
	p.k.Flash(w, "form.notice.confirmed")
	return p.k.SeeOther(w, r, counterBack(p.k.View(r), d).Href)
}

// print is the application on paper, to be read and signed.
func (p pages) print(w http.ResponseWriter, r *http.Request) error {
	file, err := p.s.Print(r.Context(), p.k.Actor(r), draftID(r))
	if err != nil {
		return err
	}
	name := string(draftID(r)) + ".pdf"
	return p.k.SendFile(w, r, web.File{Name: name, Type: "application/pdf", Size: int64(len(file)), Inline: true}, bytes.NewReader(file))
}

// signing is how somebody signs: drawn or typed; at a window drawn, or by hand on
// paper before the clerk.
func signing(f *web.Form) form.Signing {
	if path := web.Drawn(f.Get("mark-drawn")); path != "" {
		return form.Signing{Method: form.SignDrawn, Mark: path}
	}
	if f.Get("paper") != "" {
		return form.Signing{Method: form.SignPaper, Mark: form.SignPaper}
	}
	return form.Signing{Method: form.SignKeyed, Mark: f.Get("mark")}
}

// unconfirmed reports whether a fault says that the person has to confirm first.
func unconfirmed(err error) bool {
	e, ok := errors.AsType[*fault.Error](err)
	return ok && e.Code == form.ErrUnconfirmed.Code
}

// confirmedText says who confirmed, how, where and before whom.
func confirmedText(v web.View, k contract.Confirmed) string {
	return v.T("form.counter.confirmed_by", "name", k.Name, "how", v.T("form.counter.method."+k.Method),
		"hall", pick(v, k.Hall), "window", k.Window, "clerk", k.ClerkName, "at", v.Time(k.At))
}

// paperOptions say what becomes of an original on paper.
func paperOptions(v web.View) []web.Option {
	list := []web.Option{{Value: "", Label: v.T("form.counter.paper_none")}}
	for _, k := range []string{contract.PaperReturned, contract.PaperKept} {
		list = append(list, web.Option{Value: k, Label: v.T("form.counter.paper_" + k)})
	}
	return list
}

// counterDone reports whether a clerk can hand the draft in.
func counterDone(d form.Draft) bool { return d.Confirmed != nil }

// originalName is what a list of originals calls one of several files.
func originalName(v web.View, x original) string {
	if x.File == nil || x.File.Name == "" || strings.EqualFold(x.File.Name, pick(v, x.Name)) {
		return pick(v, x.Name)
	}
	return v.T("form.counter.file", "material", pick(v, x.Name), "file", x.File.Name)
}
