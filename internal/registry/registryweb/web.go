// Package registryweb has the desk of the connections to registries: which
// answer, which do not, and the switch for maintenance.
package registryweb

import (
	"embed"
	"net/http"
	"strconv"

	"github.com/tongban/tongban/internal/kit/web"
	"github.com/tongban/tongban/internal/registry"
)

// Texts are the words of these pages.
//
//go:embed locale
var Texts embed.FS

// Routes lists every URL of this area.
func Routes(k *web.Kit, s *registry.Service) {
	e := site{k, s}
	k.Page("GET /staff/registries", registry.ActionDesk, e.desk)
	k.Page("POST /staff/registries/{id}/off", registry.ActionSwitch, e.off)
	k.Page("POST /staff/registries/{id}/on", registry.ActionSwitch, e.on)
}

type site struct {
	k *web.Kit
	s *registry.Service
}

const formBytes = 8 << 10

func (e site) desk(w http.ResponseWriter, r *http.Request) error {
	return e.render(w, r, http.StatusOK, nil)
}

func (e site) render(w http.ResponseWriter, r *http.Request, status int, f *web.Form) error {
	states, err := e.s.States(r.Context(), e.k.Actor(r))
	if err != nil {
		return err
	}
	w.Header().Set("Cache-Control", "no-store")
	return e.k.Render(w, r, status, deskPage(e.k.View(r), f, states))
}

func (e site) off(w http.ResponseWriter, r *http.Request) error {
	f, err := web.ReadForm(w, r, formBytes)
	if err != nil {
		return err
	}
	err = e.s.Set(r.Context(), e.k.Actor(r), r.PathValue("id"), true, f.Get("reason"))
	if f.Fail(err) {
		return e.render(w, r, http.StatusUnprocessableEntity, f)
	}
	if err != nil {
		return err
	}
	e.k.Flash(w, "registry.notice.off")
	return e.k.SeeOther(w, r, "/staff/registries")
}

func (e site) on(w http.ResponseWriter, r *http.Request) error {
	if err := e.s.Set(r.Context(), e.k.Actor(r), r.PathValue("id"), false, ""); err != nil {
		return err
	}
	e.k.Flash(w, "registry.notice.on")
	return e.k.SeeOther(w, r, "/staff/registries")
}

// milliseconds is how long the last answer took.
func milliseconds(v web.View, s registry.State) string {
	return v.T("registry.desk.ms", "n", strconv.FormatInt(s.Health.Latency.Milliseconds(), 10))
}
