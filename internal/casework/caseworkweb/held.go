package caseworkweb

import (
	"net/http"

	"github.com/tongban/tongban/internal/casework"
	"github.com/tongban/tongban/internal/kit/web"
)

// hold keeps the files of a form that comes back to the person, so that they are not
// lost with it: a browser empties the inputs for files. What cannot be kept is said
// beside the field.
func (p pages) hold(
	r *http.Request, f *web.Form, keep func([]casework.Upload) ([]casework.HeldFile, error),
) ([]casework.HeldFile, error) {
	files, closeAll, err := uploads(f, "files")
	if err != nil {
		return nil, err
	}
	defer closeAll()
	held := p.s.Held(p.k.Actor(r), caseID(r), f.All("held"))
	more, err := keep(files)
	if err != nil && f.Fault("files") == nil && !f.Fail(err) {
		return nil, err
	}
	held = append(held, more...)
	f.Values.Del("held")
	for _, h := range held {
		f.Values.Add("held", h.Ticket)
	}
	return held, nil
}

// heldOptions are the files that a form has already, each to be left out.
func heldOptions(v web.View, held []casework.HeldFile) (out []web.Option) {
	for _, h := range held {
		out = append(out, web.Option{Value: h.Ticket, Label: h.Name, Hint: v.Size(h.Size)})
	}
	return out
}
