// Package ratingweb lets applicants say how it went.
package ratingweb

import (
	"embed"
	"net/http"
	"strconv"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/web"
	"github.com/tongban/tongban/internal/rating"
)

// Texts are the words of these pages.
//
//go:embed locale
var Texts embed.FS

// maxForm bounds the rating form, in bytes: 500 characters and the indicators.
const maxForm = 16 << 10

// Routes lists every URL of this area.
func Routes(k *web.Kit, s *rating.Service) {
	k.Page("GET /cases/{id}/rate", "rating.give", show(k, s))
	k.Page("POST /cases/{id}/rate", "rating.give", rate(k, s))
}

func show(k *web.Kit, s *rating.Service) web.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		return render(k, s, w, r, nil)
	}
}

func rate(k *web.Kit, s *rating.Service) web.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		f, err := web.ReadForm(w, r, maxForm)
		if err != nil {
			return err
		}
		id := contract.CaseID(r.PathValue("id"))
		_, err = s.Rate(r.Context(), k.Actor(r), id, input(f))
		if f.Fail(err) {
			return render(k, s, w, r, f)
		}
		if err != nil {
			return err
		}
		k.Flash(w, "rating.notice.thanks")
		return k.SeeOther(w, r, "/cases/"+string(id)+"/rate")
	}
}

// input reads what was chosen. Every level has its indicators on the page, so
// those of the levels not chosen are left out here: without JavaScript nobody
// clears them for the person.
func input(f *web.Form) rating.Input {
	n, _ := strconv.Atoi(f.Get("satisfaction")) // 0, which is no level, is told at the field
	return rating.Input{
		Satisfaction: rating.Satisfaction(n),
		Indicators:   f.All(indicatorsOf(rating.Satisfaction(n))),
		Text:         f.Get("text"),
	}
}

func indicatorsOf(s rating.Satisfaction) string { return "indicators-" + strconv.Itoa(int(s)) }

func render(k *web.Kit, s *rating.Service, w http.ResponseWriter, r *http.Request, f *web.Form) error {
	view, err := s.View(r.Context(), k.Actor(r), contract.CaseID(r.PathValue("id")))
	if err != nil {
		return err
	}
	status := http.StatusOK
	if f.Bad() {
		status = http.StatusUnprocessableEntity
	}
	return k.Render(w, r, status, ratePage(k.View(r), rateData{view, s.Menu(), f}))
}
