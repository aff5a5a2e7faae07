package caseworkweb

import (
	"context"

	"github.com/tongban/tongban/internal/casework"
	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/auth"
)

type opineIn struct {
	ID   string `path:"id" maxLength:"64"`
	Unit string `path:"unit" maxLength:"64"`
	Body struct {
		Opinion string     `json:"opinion" enum:"agree,object,not_needed" example:"agree" doc:"what the caller's agency thinks of it"`
		Note    string     `json:"note,omitempty" maxLength:"1000" example:"现场符合消防要求。" doc:"explanation; required unless it objects with reasons"`
		Reasons []string   `json:"reasons,omitempty" maxItems:"20" doc:"of an objection, for which they are required"`
		Files   []fileBody `json:"files,omitempty" maxItems:"3" doc:"what the opinion rests on: PDF, JPG or PNG, up to 10 MB each"`
	}
}

func (o operations) opine(ctx context.Context, actor auth.Principal, in *opineIn) (*struct{}, error) {
	return &struct{}{}, o.s.Opine(ctx, actor, contract.CaseID(in.ID), in.Unit, casework.Answer{
		Opinion: in.Body.Opinion, Note: in.Body.Note, Reasons: in.Body.Reasons,
		Files: uploadsOf(in.Body.Files),
	})
}
