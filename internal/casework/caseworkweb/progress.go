package caseworkweb

import (
	"errors"
	"net/http"

	"github.com/tongban/tongban/internal/casework"
	"github.com/tongban/tongban/internal/kit/web"
)

func (p pages) askProgress(w http.ResponseWriter, r *http.Request) error {
	f := web.NewForm(map[string][]string{"number": {r.URL.Query().Get("number")}})
	return p.k.Render(w, r, http.StatusOK, progressPage(p.k.View(r), f, nil, 0))
}

// progress answers by POST, so that codes stand in no log and no history.
func (p pages) progress(w http.ResponseWriter, r *http.Request) error {
	f, err := web.ReadForm(w, r, maxForm)
	if err != nil {
		return err
	}
	v := p.k.View(r)
	found, err := p.s.Progress(r.Context(), web.Host(r.RemoteAddr), f.Get("number"), f.Get("code"))
	if errors.Is(err, casework.ErrNoProgress) {
		f.Add("number", casework.ErrNoProgress.Code)
		return p.k.Render(w, r, http.StatusNotFound, progressPage(v, f, nil, 0))
	}
	if err != nil {
		return err
	}
	left := p.s.DaysLeft(casework.Case{Division: found.Number[:6]}, found.Due.Promised)
	return p.k.Render(w, r, http.StatusOK, progressPage(v, f, &found, left))
}
