package licenceweb

import (
	"context"
	"net/http"
	"time"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/api"
	"github.com/tongban/tongban/internal/kit/auth"
	"github.com/tongban/tongban/internal/kit/day"
	"github.com/tongban/tongban/internal/licence"
)

// apiCopies registers what holders do with their licences.
func apiCopies(a *api.API, s *licence.Service) {
	const tag = "licences"
	api.Register(a, api.Op{
		Method: http.MethodPost, Path: "/licences/{id}/presentations", ID: "licence-present", Action: "licence.present", Tag: tag,
		Summary: "A code to show: it works once, for a minute",
	}, func(ctx context.Context, actor auth.Principal, in *presentIn) (*presentOut, error) {
		x, err := s.Present(ctx, actor, contract.LicenceID(in.ID), licence.Scope(in.Body.Scope))
		if err != nil {
			return nil, err
		}
		out := &presentOut{}
		out.Body.Link, out.Body.Scope, out.Body.Expires = x.Link, string(x.Scope), x.Expires
		return out, nil
	})
	api.Register(a, api.Op{
		Method: http.MethodGet, Path: "/licences/{id}/copies", ID: "licence-copies", Action: "licence.copy", Tag: tag,
		Summary: "The annotated copies of a licence, newest first",
	}, func(ctx context.Context, actor auth.Principal, in *idIn) (*copiesOut, error) {
		list, err := s.Copies(ctx, actor, contract.LicenceID(in.ID))
		if err != nil {
			return nil, err
		}
		out := &copiesOut{}
		out.Body.Copies = []copyJSON{}
		for _, c := range list {
			out.Body.Copies = append(out.Body.Copies, copyJSONOf(s, c))
		}
		return out, nil
	})
	api.Register(a, api.Op{
		Method: http.MethodPost, Path: "/licences/{id}/copies", ID: "licence-copy", Action: "licence.copy", Tag: tag,
		Summary: "Make an annotated copy: stamped with what it is for, and signed again",
	}, func(ctx context.Context, actor auth.Principal, in *copyIn) (*copyOut, error) {
		o := licence.CopyOrder{Purpose: in.Body.Purpose, Recipient: in.Body.Recipient, Days: in.Body.Days}
		c, err := s.MakeCopy(ctx, actor, contract.LicenceID(in.ID), o)
		if err != nil {
			return nil, err
		}
		return &copyOut{Body: copyJSONOf(s, c)}, nil
	})
	api.Register(a, api.Op{
		Method: http.MethodGet, Path: "/licences/{id}/copies/{copy}/pdf", ID: "licence-copy-pdf", Action: "licence.copy", Tag: tag,
		Summary: "The file of an annotated copy (PDF, PAdES)",
	}, func(ctx context.Context, actor auth.Principal, in *copyIDIn) (*api.File, error) {
		l, _, body, err := s.CopyFile(ctx, actor, contract.LicenceID(in.ID), in.Copy)
		if err != nil {
			return nil, err
		}
		return api.NewFile("application/pdf", fileName(l), body), nil
	})
	api.Register(a, api.Op{
		Method: http.MethodDelete, Path: "/licences/{id}/copies/{copy}", ID: "licence-copy-end", Action: "licence.copy", Tag: tag,
		Summary: "Take an annotated copy back: it verifies as ended",
	}, func(ctx context.Context, actor auth.Principal, in *copyIDIn) (*struct{}, error) {
		return nil, s.EndCopy(ctx, actor, contract.LicenceID(in.ID), in.Copy)
	})
}

type presentIn struct {
	ID   string `path:"id" maxLength:"64"`
	Body struct {
		Scope string `json:"scope" enum:"minimum,face" doc:"What the other side sees."`
	}
}

type presentOut struct {
	Body struct {
		Link    string    `json:"link" doc:"To show as a QR code. Whoever opens it is asked before it is used up."`
		Scope   string    `json:"scope"`
		Expires time.Time `json:"expires"`
	}
}

type copyIn struct {
	ID   string `path:"id" maxLength:"64"`
	Body struct {
		Purpose   string `json:"purpose" maxLength:"80"`
		Recipient string `json:"recipient" maxLength:"80"`
		Days      int    `json:"days" minimum:"1" maximum:"365"`
	}
}

type copyIDIn struct {
	ID   string `path:"id" maxLength:"64"`
	Copy string `path:"copy" maxLength:"64"`
}

type copyJSON struct {
	ID        string    `json:"id"`
	Purpose   string    `json:"purpose"`
	Recipient string    `json:"recipient"`
	ValidTo   string    `json:"valid_to"`
	Made      time.Time `json:"made"`
	Good      bool      `json:"good" doc:"Neither over nor taken back."`
}

type (
	copyOut   struct{ Body copyJSON }
	copiesOut struct {
		Body struct {
			Copies []copyJSON `json:"copies"`
		}
	}
)

func copyJSONOf(s *licence.Service, c licence.Copy) copyJSON {
	return copyJSON{c.ID, c.Purpose, c.Recipient, c.To.String(), c.Made, c.Good(day.In(s.Now()))}
}
