package licenceweb

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/api"
	"github.com/tongban/tongban/internal/kit/auth"
	"github.com/tongban/tongban/internal/kit/day"
	"github.com/tongban/tongban/internal/licence"
)

// API registers the operations of this area.
func API(a *api.API, s *licence.Service) {
	apiCopies(a, s)
	limit := auth.NewLimiter(verifyLimit, time.Minute, s.Now)
	const tag = "licences"
	api.Register(a, api.Op{
		Method: http.MethodGet, Path: "/licences", ID: "licence-list", Action: "licence.mine", Tag: tag,
		Summary: "The licences of the person or company who asks, newest first",
	}, func(ctx context.Context, actor auth.Principal, _ *struct{}) (*licencesOut, error) {
		list, err := s.Mine(ctx, actor)
		if err != nil {
			return nil, err
		}
		out := &licencesOut{}
		out.Body.Licences = []licenceJSON{}
		for _, l := range list {
			out.Body.Licences = append(out.Body.Licences, toJSON(s, l))
		}
		return out, nil
	})
	api.Register(a, api.Op{
		Method: http.MethodGet, Path: "/licences/{id}", ID: "licence-get", Action: "licence.view", Tag: tag,
		Summary: "One licence with its face, for its holder and its agency",
	}, func(ctx context.Context, actor auth.Principal, in *idIn) (*getOut, error) {
		l, err := s.Get(ctx, actor, contract.LicenceID(in.ID))
		if err != nil {
			return nil, err
		}
		return &getOut{Body: toJSON(s, l)}, nil
	})
	api.Register(a, api.Op{
		Method: http.MethodGet, Path: "/licences/{id}/pdf", ID: "licence-pdf", Action: "licence.download", Tag: tag,
		Summary: "The signed sheet (PDF, PAdES)",
	}, func(ctx context.Context, actor auth.Principal, in *idIn) (*api.File, error) {
		l, body, err := s.Download(ctx, actor, contract.LicenceID(in.ID), licence.ChannelAPI)
		if err != nil {
			return nil, err
		}
		return api.NewFile("application/pdf", fileName(l), body), nil
	})
	api.Register(a, api.Op{
		Method: http.MethodGet, Path: "/verifications/{identifier}", ID: "licence-verify", Action: "licence.verify", Tag: tag,
		Summary: "What anybody may know about a licence, by identifier or verification code",
	}, func(ctx context.Context, actor auth.Principal, in *verifyIn) (*verifyOut, error) {
		if err := allow(limit, in.address); err != nil {
			return nil, err
		}
		v, err := s.Verify(ctx, actor, in.Identifier, licence.ChannelAPI)
		if err != nil {
			return nil, err
		}
		return &verifyOut{Body: verificationOf(v)}, nil
	})
}

type idIn struct {
	ID string `path:"id" maxLength:"64"`
}

// verifyIn also learns the caller's address, which bounds how often it may ask.
type verifyIn struct {
	Identifier string `path:"identifier" maxLength:"120" doc:"1.2.156.3005.2.… or the code behind the QR"`
	address    string
}

// Resolve is called by huma before the handler.
func (i *verifyIn) Resolve(hc huma.Context) []error {
	i.address = hc.RemoteAddr()
	return nil
}

type textJSON struct {
	ZH string `json:"zh"`
	EN string `json:"en"`
}

type faceJSON struct {
	Label textJSON `json:"label"`
	Value string   `json:"value"`
}

type licenceJSON struct {
	ID         string     `json:"id"`
	Case       string     `json:"case"`
	Name       textJSON   `json:"name"`
	Number     string     `json:"number" doc:"Empty while the sheet is being signed."`
	Identifier string     `json:"identifier"`
	Holder     string     `json:"holder"`
	Issuer     textJSON   `json:"issuer"`
	ValidFrom  string     `json:"valid_from"`
	ValidTo    string     `json:"valid_to" doc:"9999-12-31 is without end."`
	State      string     `json:"state" enum:"pending,valid,suspended,withdrawn,revoked,cancelled,superseded,upcoming,expired,deemed" doc:"deemed: renewal not decided in time, Administrative Licensing Law, Article 50."`
	VerifyURL  string     `json:"verify_url"`
	Version    int        `json:"version"`
	Prior      string     `json:"prior,omitempty" doc:"The version it came from."`
	Face       []faceJSON `json:"face"`
}

type licencesOut struct {
	Body struct {
		Licences []licenceJSON `json:"licences"`
	}
}

type getOut struct{ Body licenceJSON }

func toJSON(s *licence.Service, l licence.Licence) licenceJSON {
	return licenceJSON{
		ID: string(l.ID), Case: string(l.Case), Name: textJSON(l.Name), Number: l.Number, Identifier: l.Identifier,
		Holder: l.Holder.Name, Issuer: textJSON(l.AgencyName), ValidFrom: l.From.String(), ValidTo: l.To.String(),
		State: string(l.StateOn(day.In(s.Now()))), VerifyURL: s.Link(l), Version: l.Version, Prior: string(l.Prior), Face: faceOf(l.Face),
	}
}

func faceOf(lines []contract.FaceLine) []faceJSON {
	out := make([]faceJSON, 0, len(lines))
	for _, f := range lines {
		out = append(out, faceJSON{textJSON(f.Label), f.Value})
	}
	return out
}

type verificationJSON struct {
	Good       bool          `json:"good" doc:"It can be relied on now."`
	State      string        `json:"state" enum:"valid,suspended,withdrawn,revoked,cancelled,superseded,upcoming,expired,deemed"`
	Reason     string        `json:"reason,omitempty"`
	Basis      string        `json:"basis,omitempty"`
	Name       textJSON      `json:"name"`
	Number     string        `json:"number"`
	Identifier string        `json:"identifier"`
	Holder     string        `json:"holder" doc:"A person's name is masked."`
	Issuer     textJSON      `json:"issuer"`
	ValidFrom  string        `json:"valid_from"`
	ValidTo    string        `json:"valid_to"`
	Face       []faceJSON    `json:"face" doc:"Public lines only."`
	Version    int           `json:"version"`
	Replaced   bool          `json:"replaced" doc:"A newer version counts instead, or will."`
	Signature  signatureJSON `json:"signature"`
	CheckedAt  time.Time     `json:"checked_at"`
}

type signatureJSON struct {
	Signer  string    `json:"signer"`
	At      time.Time `json:"at"`
	Intact  bool      `json:"intact" doc:"Content and signature are unchanged."`
	Trusted bool      `json:"trusted" doc:"Made by an authority this site trusts."`
}

type verifyOut struct{ Body verificationJSON }

func verificationOf(v licence.Verification) verificationJSON {
	return verificationJSON{
		Good: v.Good(), State: string(v.State), Reason: v.Reason, Basis: v.Basis, Name: textJSON(v.Name),
		Number: v.Number, Identifier: v.Identifier, Holder: v.Holder, Issuer: textJSON(v.Issuer),
		ValidFrom: v.From.String(), ValidTo: v.To.String(), Face: faceOf(v.Face),
		Version: v.Version, Replaced: v.Newer, Signature: signatureJSON(v.Signature), CheckedAt: v.At,
	}
}
