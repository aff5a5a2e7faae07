package web

import (
	"errors"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/tongban/tongban/internal/kit/fault"
)

// keptBytes bounds what the page of an outage carries of a form.
const keptBytes = 512 << 10

// kept is a form that could not be taken in, to be sent again as it was.
type kept struct {
	Action string
	Fields [][2]string
}

// keep returns what was sent when the product could not store it, so that nobody
// types it again. Files do not fit into a page, and a password must not stand in
// one. Where only looking tells whether it was stored, sending again is no advice.
func keep(r *http.Request, err error) *kept {
	f, ok := errors.AsType[*fault.Error](err)
	if !ok || f.Kind != fault.Unavailable || f.Code == "db.uncertain" || r.Method != http.MethodPost {
		return nil
	}
	sent := r.PostForm
	if m := r.MultipartForm; m != nil {
		if len(m.File) > 0 {
			return nil
		}
		sent = url.Values(m.Value)
	}
	form := &kept{Action: r.URL.RequestURI()}
	size := 0
	for _, name := range slices.Sorted(maps.Keys(sent)) {
		if strings.Contains(name, "password") {
			return nil
		}
		for _, value := range sent[name] {
			form.Fields = append(form.Fields, [2]string{name, value})
			size += len(name) + len(value)
		}
	}
	if size > keptBytes || sent == nil {
		return nil
	}
	return form
}
