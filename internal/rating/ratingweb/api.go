package ratingweb

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/api"
	"github.com/tongban/tongban/internal/kit/auth"
	"github.com/tongban/tongban/internal/rating"
)

// API registers the operations of this area.
func API(a *api.API, s *rating.Service) {
	api.Register(a, api.Op{
		Method: http.MethodPost, Path: "/cases/{id}/rating", ID: "rating-give", Action: "rating.give",
		Tag: "ratings", Summary: "Rate a case that has ended, or supplement the rating once", Status: http.StatusCreated,
	}, give(s))
	api.Register(a, api.Op{
		Method: http.MethodGet, Path: "/services/{item}/rating", ID: "rating-summary", Action: "rating.summary",
		Tag: "ratings", Summary: "How a service was rated",
	}, summarise(s))
}

type giveIn struct {
	ID   string `path:"id" maxLength:"64"`
	Body struct {
		Satisfaction int      `json:"satisfaction" doc:"Exchange code of GB/T 39046 A.8: 1 is best (five stars), 5 is worst."`
		Indicators   []string `json:"indicators,omitempty" maxItems:"20"`
		Text         string   `json:"text,omitempty"`
	}
}

type giveOut struct {
	Body struct {
		ID           string    `json:"id"`
		Satisfaction int       `json:"satisfaction"`
		Supplement   bool      `json:"supplement"`
		At           time.Time `json:"at"`
	}
}

func give(s *rating.Service) func(context.Context, auth.Principal, *giveIn) (*giveOut, error) {
	return func(ctx context.Context, actor auth.Principal, in *giveIn) (*giveOut, error) {
		r, err := s.Rate(ctx, actor, contract.CaseID(in.ID), rating.Input{
			Satisfaction: rating.Satisfaction(in.Body.Satisfaction),
			Indicators:   in.Body.Indicators,
			Text:         in.Body.Text,
		})
		if err != nil {
			return nil, err
		}
		out := &giveOut{}
		out.Body.ID, out.Body.Satisfaction = r.ID, int(r.Satisfaction)
		out.Body.Supplement, out.Body.At = r.Supplement, r.At
		return out, nil
	}
}

type summaryIn struct {
	Item string `path:"item" maxLength:"128"`
}

// summaryOut says numerator and denominator, never a lonely percentage.
type summaryOut struct {
	Body struct {
		Given   int            `json:"given" doc:"Ratings that people gave."`
		Good    int            `json:"good" doc:"Of these, levels 1 to 3."`
		Levels  map[string]int `json:"levels" doc:"By exchange code."`
		Default int            `json:"default" doc:"Ratings nobody gave; not part of given."`
	}
}

func summarise(s *rating.Service) func(context.Context, auth.Principal, *summaryIn) (*summaryOut, error) {
	return func(ctx context.Context, _ auth.Principal, in *summaryIn) (*summaryOut, error) {
		sum, err := s.Summary(ctx, contract.ItemID(in.Item))
		if err != nil {
			return nil, err
		}
		out := &summaryOut{}
		out.Body.Given, out.Body.Good, out.Body.Default = sum.Given, sum.Good, sum.Default
		out.Body.Levels = map[string]int{}
		for _, l := range s.Menu().Levels {
			out.Body.Levels[strconv.Itoa(int(l.Satisfaction))] = sum.Levels[l.Satisfaction]
		}
		return out, nil
	}
}
