package caseworkweb

import (
	"io"
	"mime/multipart"
	"net/http"
	"net/url"
	"strings"

	"github.com/a-h/templ"

	"github.com/tongban/tongban/internal/casework"
	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/auth"
	"github.com/tongban/tongban/internal/kit/web"
)

// maxFiles bounds a form with files: three of ten megabytes and what is around
// them.
const maxFiles = 32 << 20

// messagesData is a thread on a page of its own.
type messagesData struct {
	casework.Thread
	Form     *web.Form
	Held     []casework.HeldFile // that came with the form
	Staff    bool
	Internal bool // the agencies of the case have a thread of their own
	Outward  bool // the reader writes to the applicant too
	News     casework.News
	Back     web.Link
}

// path is where the thread is read and written.
func (d messagesData) path() string {
	path := casePath(d.Case)
	if d.Staff {
		path = "/staff" + path
	}
	return path + "/messages"
}

// kind is the thread of a request: an official may choose.
func kind(r *http.Request) string {
	if r.URL.Query().Get("thread") == contract.ThreadInternal {
		return contract.ThreadInternal
	}
	return contract.ThreadApplicant
}

func (p pages) messages(w http.ResponseWriter, r *http.Request) error {
	return p.messagesPage(w, r, http.StatusOK, nil, nil)
}

func (p pages) messagesPage(w http.ResponseWriter, r *http.Request, status int, f *web.Form, held []casework.HeldFile) error {
	ctx, actor := r.Context(), p.k.Actor(r)
	t, err := p.s.Messages(ctx, actor, caseID(r), kind(r))
	if err != nil {
		return err
	}
	d := messagesData{Thread: t, Form: f, Held: held, Staff: actor.Kind == auth.Staff}
	d.Internal = d.Staff && p.s.MayConfer(ctx, actor, t.Case)
	v := p.k.View(r)
	if d.Staff {
		d.Outward, d.Back = p.s.MayTalk(actor, t.Case), p.threadBack(v, t)
		news, err := p.s.News(ctx, actor, []contract.CaseID{t.Case.ID})
		if err != nil {
			return err
		}
		d.News = news[t.Case.ID]
	}
	return p.k.Render(w, r, status, messagesPage(v, d))
}

func (p pages) write(w http.ResponseWriter, r *http.Request) error {
	f, err := web.ReadForm(w, r, maxFiles)
	if err != nil {
		return err
	}
	files, closeAll, err := uploads(f, "files")
	if err != nil {
		return err
	}
	defer closeAll()
	_, err = p.s.Write(r.Context(), p.k.Actor(r), caseID(r), casework.Words{Thread: kind(r), Text: f.Raw("text"), Files: files, Held: f.All("held")})
	if f.Fail(err) {
		held, err := p.hold(r, f, func(files []casework.Upload) ([]casework.HeldFile, error) {
			return p.s.HoldForMessage(r.Context(), p.k.Actor(r), caseID(r), kind(r), files)
		})
		if err != nil {
			return err
		}
		return p.messagesPage(w, r, statusOf(f), f, held)
	}
	if err != nil {
		return err
	}
	p.k.Flash(w, "casework.notice.sent")
	to := r.URL.Path
	if kind(r) == contract.ThreadInternal {
		to += "?thread=" + url.QueryEscape(contract.ThreadInternal)
	}
	return p.k.SeeOther(w, r, to)
}

func (p pages) messageFile(w http.ResponseWriter, r *http.Request) error {
	m, body, err := p.s.MessageFile(r.Context(), p.k.Actor(r), caseID(r), r.PathValue("file"))
	if err != nil {
		return err
	}
	defer body.Close() //nolint:errcheck // read only
	return p.hand(w, r, m, false, body)
}

// uploads opens the files of a form; an input left empty sends one without name.
func uploads(f *web.Form, name string) (list []casework.Upload, closeAll func(), err error) {
	var open []io.Closer
	closeAll = func() {
		for _, c := range open {
			c.Close() //nolint:errcheck,gosec // read only
		}
	}
	for _, h := range f.File(name) {
		if h.Filename == "" && h.Size == 0 {
			continue
		}
		var body multipart.File
		if body, err = h.Open(); err != nil {
			closeAll()
			return nil, nil, err
		}
		open = append(open, body)
		list = append(list, casework.Upload{Name: h.Filename, Body: body})
	}
	return list, closeAll, nil
}

// writer names who wrote a message to who reads it.
func writer(v web.View, m casework.Message) string {
	switch {
	case m.Side == "staff" && m.Post != "":
		return v.T("casework.message.staff", "agency", pick(v, m.Agency), "post", m.Post)
	case m.Side == "staff":
		return pick(v, m.Agency)
	case m.Author == v.Actor.ID:
		return v.T("casework.message.you")
	case m.Agent != "":
		return v.T("casework.message.agent." + m.Agent)
	}
	return v.T("casework.message.applicant")
}

// paragraphs are the lines of a text that have something on them.
func paragraphs(text string) []string {
	var out []string
	for line := range strings.SplitSeq(text, "\n") {
		if line = strings.TrimSpace(line); line != "" {
			out = append(out, line)
		}
	}
	return out
}

// threadPath leads an official to the thread of a case that has news.
func threadPath(c casework.Case, n casework.News) templ.SafeURL {
	path := deskPath(c) + "/messages"
	if n.Thread() == contract.ThreadInternal {
		path += "?thread=" + contract.ThreadInternal
	}
	return templ.SafeURL(path)
}

// unreadCount is a number on a tab; none is none.
func unreadCount(n int) int {
	if n == 0 {
		return -1
	}
	return n
}

func writePath(d messagesData) string {
	if d.Name == contract.ThreadInternal {
		return d.path() + "?thread=" + contract.ThreadInternal
	}
	return d.path()
}

func writeLabel(v web.View, d messagesData) string {
	switch {
	case d.Name == contract.ThreadInternal:
		return v.T("casework.messages.write_internal")
	case d.Staff:
		return v.T("casework.messages.write_staff")
	}
	return v.T("casework.messages.write", "agency", pick(v, d.Case.AgencyName))
}
