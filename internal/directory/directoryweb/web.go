// Package directoryweb answers programs about divisions and agencies.
package directoryweb

import (
	"context"
	"embed"
	"net/http"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/directory"
	"github.com/tongban/tongban/internal/kit/api"
	"github.com/tongban/tongban/internal/kit/auth"
)

// Texts are the words of this area.
//
//go:embed locale
var Texts embed.FS

type divisionIn struct {
	Code string `path:"code" maxLength:"12" doc:"2, 4, 6, 9 or 12 digits; zeros behind it are taken off"`
}

type division struct {
	Code      string `json:"code"`
	Parent    string `json:"parent,omitempty"`
	Name      string `json:"name"`
	FullName  string `json:"full_name,omitempty" doc:"as an address begins with it"`
	Level     int    `json:"level" doc:"1 province, 2 city, 3 county, 4 town, 5 village"`
	Official  bool   `json:"official" doc:"false for what exists in the statistics alone"`
	ValidFrom string `json:"valid_from,omitempty"`
	ValidTo   string `json:"valid_to,omitempty"`
	Successor string `json:"successor,omitempty"`
}

type divisionOut struct{ Body division }

type divisionsOut struct {
	Body struct {
		Divisions []division `json:"divisions"`
	}
}

type searchIn struct {
	Q string `query:"q" maxLength:"50" doc:"part of a name; empty gives the provinces"`
}

type agenciesIn struct {
	Division string `query:"division" required:"true" maxLength:"12"`
}

type agenciesOut struct {
	Body struct {
		Agencies []contract.Agency `json:"agencies"`
	}
}

// API registers the operations of this area.
func API(a *api.API, s *directory.Service) {
	api.Register(a, op("/divisions", "division-list", "Divisions by a part of their name, or the provinces"),
		func(ctx context.Context, _ auth.Principal, in *searchIn) (*divisionsOut, error) {
			if in.Q == "" {
				return list(s.Children(ctx, ""))
			}
			return list(s.Search(ctx, in.Q))
		})
	api.Register(a, op("/divisions/{code}", "division-get", "One division with its full name"),
		func(ctx context.Context, _ auth.Principal, in *divisionIn) (*divisionOut, error) {
			d, err := s.Division(ctx, in.Code)
			if err != nil {
				return nil, err
			}
			out := &divisionOut{shape(d)}
			out.Body.FullName, err = s.FullName(ctx, in.Code)
			return out, err
		})
	api.Register(a, op("/divisions/{code}/children", "division-children", "The divisions directly below one"),
		func(ctx context.Context, _ auth.Principal, in *divisionIn) (*divisionsOut, error) {
			if _, err := s.Division(ctx, in.Code); err != nil {
				return nil, err
			}
			return list(s.Children(ctx, in.Code))
		})
	api.Register(a, op("/agencies", "agency-list", "The agencies of a division"),
		func(ctx context.Context, _ auth.Principal, in *agenciesIn) (*agenciesOut, error) {
			found, err := s.Agencies(ctx, in.Division)
			out := &agenciesOut{}
			out.Body.Agencies = append([]contract.Agency{}, found...)
			return out, err
		})
}

func op(path, id, summary string) api.Op {
	return api.Op{Method: http.MethodGet, Path: path, ID: id, Action: "directory.view", Tag: "directory", Summary: summary}
}

func list(found []directory.Division, err error) (*divisionsOut, error) {
	if err != nil {
		return nil, err
	}
	out := &divisionsOut{}
	out.Body.Divisions = make([]division, 0, len(found))
	for _, d := range found {
		out.Body.Divisions = append(out.Body.Divisions, shape(d))
	}
	return out, nil
}

func shape(d directory.Division) division {
	return division{
		Code: d.Code, Parent: d.Parent, Name: d.Name, Level: int(d.Level), Official: d.Official,
		ValidFrom: d.ValidFrom.String(), ValidTo: d.ValidTo.String(), Successor: d.Successor,
	}
}
