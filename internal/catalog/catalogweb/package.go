package catalogweb

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/tongban/tongban/internal/catalog"
	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/fault"
	"github.com/tongban/tongban/internal/kit/web"
)

// maxPackageForm bounds the edit form of a package: every file of it, with the
// escapes of a form.
const maxPackageForm = 3*catalog.MaxPackage + 64<<10

func (p *pages) packageRoutes() {
	k := p.k
	k.Page("GET /staff/packages", "catalog.manage", p.packages)
	k.Page("POST /staff/packages", "catalog.edit", p.upload)
	k.Page("GET /staff/packages/{id}", "catalog.manage", p.workspace)
	k.Page("POST /staff/packages/{id}", "catalog.edit", p.saveWorkspace)
	k.Page("GET /staff/catalog/{item}/versions/{version}/package.zip", "catalog.manage", p.download)
	k.Page("POST /staff/catalog/{item}/versions/{version}/edit", "catalog.edit", p.editVersion)
}

func workspacePath(id string) string { return "/staff/packages/" + url.PathEscape(id) }

// packagesData is the list of packages that are worked on.
type packagesData struct {
	form *web.Form
	list []catalog.Workspace
}

func (p *pages) packages(w http.ResponseWriter, r *http.Request) error {
	return p.showPackages(w, r, web.NewForm(nil))
}

func (p *pages) showPackages(w http.ResponseWriter, r *http.Request, f *web.Form) error {
	list, err := p.s.Workspaces(r.Context(), p.k.Actor(r))
	if err != nil {
		return err
	}
	status := http.StatusOK
	if f.Bad() {
		status = http.StatusUnprocessableEntity
	}
	return p.k.Render(w, r, status, packagesPage(p.k.View(r), packagesData{f, list}))
}

// upload takes a packed package in, to be looked at before it is published.
func (p *pages) upload(w http.ResponseWriter, r *http.Request) error {
	f, err := web.ReadForm(w, r, catalog.MaxPackage+64<<10)
	if err != nil {
		return err
	}
	files, err := uploaded(f)
	if err == nil {
		var id string
		if id, err = p.s.OpenWorkspace(r.Context(), p.k.Actor(r), files); err == nil {
			return p.k.SeeOther(w, r, workspacePath(id))
		}
	}
	if e, ok := errors.AsType[*fault.Error](err); ok && strings.HasPrefix(e.Code, "catalog.package.") {
		f.Add("package", e.Code, e.Args...)
		return p.showPackages(w, r, f)
	}
	return err
}

func uploaded(f *web.Form) (catalog.Files, error) {
	list := f.File("package")
	if len(list) == 0 {
		return nil, catalog.ErrNoPackage
	}
	file, err := list[0].Open()
	if err != nil {
		return nil, err
	}
	defer func() { _ = file.Close() }()
	packed, err := io.ReadAll(io.LimitReader(file, catalog.MaxPackage+1))
	if err != nil {
		return nil, err
	}
	return catalog.ReadZip(packed)
}

// workspaceData is one package that is worked on.
type workspaceData struct {
	catalog.Workspace
	form *web.Form
	exam catalog.Examined
}

func (p *pages) workspace(w http.ResponseWriter, r *http.Request) error {
	return p.showWorkspace(w, r, web.NewForm(nil), http.StatusOK)
}

func (p *pages) showWorkspace(w http.ResponseWriter, r *http.Request, f *web.Form, status int) error {
	ws, exam, err := p.s.Workspace(r.Context(), p.k.Actor(r), r.PathValue("id"))
	if err != nil {
		return err
	}
	return p.k.Render(w, r, status, workspacePage(p.k.View(r), workspaceData{ws, f, exam}))
}

// saveWorkspace saves what was edited and then does what the button says.
func (p *pages) saveWorkspace(w http.ResponseWriter, r *http.Request) error {
	f, err := web.ReadForm(w, r, maxPackageForm)
	if err != nil {
		return err
	}
	ctx, actor, id := r.Context(), p.k.Actor(r), r.PathValue("id")
	if f.Get("action") == "delete" {
		if err := p.s.DeleteWorkspace(ctx, actor, id); err != nil {
			return err
		}
		p.k.Flash(w, "catalog.notice.thrown_away")
		return p.k.SeeOther(w, r, "/staff/packages")
	}
	ws, _, err := p.s.Workspace(ctx, actor, id)
	if err != nil {
		return err
	}
	rev, err := strconv.ParseInt(f.Get("rev"), 10, 64)
	if err != nil {
		return catalog.ErrEdited
	}
	if files := edited(ws.Files, f); files != nil {
		err := p.s.SaveWorkspace(ctx, actor, id, rev, files)
		if errors.Is(err, catalog.ErrEdited) && f.Fail(err) {
			return p.showWorkspace(w, r, f, http.StatusConflict) // with what was typed
		}
		if err != nil {
			return err
		}
		rev++
	}
	if f.Get("action") != "publish" {
		p.k.Flash(w, "catalog.notice.package_saved")
		return p.k.SeeOther(w, r, workspacePath(id))
	}
	exam, _, err := p.s.PublishWorkspace(ctx, actor, id, rev)
	if errors.Is(err, catalog.ErrProblems) {
		return p.showWorkspace(w, r, web.NewForm(nil), http.StatusUnprocessableEntity)
	}
	if err != nil {
		return err
	}
	p.k.Flash(w, "catalog.notice.published")
	return p.k.SeeOther(w, r, deskPath(exam.Service.Item))
}

// edited returns the files with what the form changed, nil if nothing did.
// Browsers send line ends their own way.
func edited(files catalog.Files, f *web.Form) catalog.Files {
	out, changed := catalog.Files{}, false
	for name, text := range files {
		out[name] = text
		if _, sent := f.Values[fileField(name)]; !sent {
			continue
		}
		if now := strings.ReplaceAll(f.Raw(fileField(name)), "\r\n", "\n"); now != text {
			out[name], changed = now, true
		}
	}
	if !changed {
		return nil
	}
	return out
}

// place is where a problem stands: file, line and path.
func place(p catalog.Problem) string {
	at := p.File
	if p.Line > 0 {
		at += ":" + strconv.Itoa(p.Line)
	}
	return strings.TrimSpace(at + " " + p.Path)
}

func fileField(name string) string { return "file:" + name }

// text is a file as the form shows it: what was typed, else what is stored.
func (d workspaceData) text(name string) string {
	if _, typed := d.form.Values[fileField(name)]; typed {
		return d.form.Raw(fileField(name))
	}
	return d.Files[name]
}

// download hands out the files of a version as an archive.
func (p *pages) download(w http.ResponseWriter, r *http.Request) error {
	files, err := p.source(r)
	if err != nil {
		return err
	}
	var b bytes.Buffer
	if err := files.WriteZip(&b); err != nil {
		return err
	}
	return p.k.SendFile(w, r, web.File{
		Name: r.PathValue("item") + "-" + r.PathValue("version") + ".zip", Type: "application/zip", Size: int64(b.Len()),
	}, &b)
}

func (p *pages) source(r *http.Request) (catalog.Files, error) {
	n, err := strconv.Atoi(r.PathValue("version"))
	if err != nil {
		return nil, catalog.ErrNoPackage
	}
	return p.s.Source(r.Context(), p.k.Actor(r), contract.ItemID(r.PathValue("item")), n)
}

// editVersion begins to work on the files of a published version.
func (p *pages) editVersion(w http.ResponseWriter, r *http.Request) error {
	files, err := p.source(r)
	if err != nil {
		return err
	}
	id, err := p.s.OpenWorkspace(r.Context(), p.k.Actor(r), files)
	if err != nil {
		return err
	}
	return p.k.SeeOther(w, r, workspacePath(id))
}
