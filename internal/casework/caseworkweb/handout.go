package caseworkweb

import (
	"io"
	"net/http"

	"github.com/tongban/tongban/internal/casework"
	"github.com/tongban/tongban/internal/kit/web"
)

// copyHeader says what a copy for officials is: marked or not and why, and the
// SHA-256 of the original that it was made from.
const copyHeader = "Tongban-Copy"

// hand sends a file. A copy that could not be marked says so in its name too, for
// whoever finds it on a desk later.
func (p pages) hand(w http.ResponseWriter, r *http.Request, m casework.Handed, inline bool, body io.Reader) error {
	name := m.Name
	if said := copyText(m); said != "" {
		w.Header().Set(copyHeader, said)
	}
	if m.Unmarked != "" {
		name = p.k.View(r).T("casework.copy.unmarked", "name", name)
	}
	return p.k.SendFile(w, r, web.File{Name: name, Type: m.Type, Size: m.Size, Inline: inline}, body)
}

// copyText is "" for what the applicants have of themselves.
func copyText(m casework.Handed) string {
	switch {
	case m.Marked:
		return "marked; original=sha256:" + string(m.Blob)
	case m.Unmarked != "":
		return "unmarked; reason=" + m.Unmarked + "; original=sha256:" + string(m.Blob)
	}
	return ""
}
