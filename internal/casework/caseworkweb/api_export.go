package caseworkweb

import (
	"context"
	"io"
	"net/http"

	"github.com/tongban/tongban/internal/casework"
	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/api"
	"github.com/tongban/tongban/internal/kit/auth"
	"github.com/tongban/tongban/internal/kit/day"
)

// listAPI registers looking for cases and taking lists out.
func listAPI(a *api.API, s *casework.Service) {
	o := operations{s}
	op := func(method, path, id, action, summary string) api.Op {
		return api.Op{Method: method, Path: path, ID: id, Action: action, Tag: "cases", Summary: summary}
	}
	api.Register(a, op(http.MethodGet, "/case-search", "case-search", "casework.search", "Look for cases by number, query code or the beginning of a name; each search is recorded"), o.search)
	api.Register(a, op(http.MethodPost, "/case-exports", "case-export", "casework.export", "Take a list out as CSV, with a purpose that is recorded; at most 50,000 cases"), o.export)
}

type searchIn struct {
	Text  string `query:"q" required:"true" minLength:"2" maxLength:"100"`
	Item  string `query:"item"`
	After string `query:"after" doc:"next of the page before"`
	Limit int    `query:"limit" minimum:"1" maximum:"100" default:"25"`
}

type searchOut struct {
	Body struct {
		By    string     `json:"by" enum:"number,code,name" doc:"what the text was taken for"`
		Total int        `json:"total"`
		Cases []caseBody `json:"cases"`
		Next  string     `json:"next,omitempty"`
	}
}

func (o operations) search(ctx context.Context, actor auth.Principal, in *searchIn) (*searchOut, error) {
	found, err := o.s.Search(ctx, actor, casework.Search{Text: in.Text, Item: contract.ItemID(in.Item), After: in.After, Limit: in.Limit})
	if err != nil {
		return nil, err
	}
	out := &searchOut{}
	out.Body.By, out.Body.Total, out.Body.Next, out.Body.Cases = found.By, found.Total, found.Next, []caseBody{}
	for _, c := range found.Cases {
		out.Body.Cases = append(out.Body.Cases, o.body(c, actor))
	}
	return out, nil
}

type exportIn struct {
	Body struct {
		List    string `json:"list,omitempty" enum:"search,supervision" doc:"a tab of the work list, unless said"`
		Tab     string `json:"tab,omitempty" maxLength:"20"`
		Text    string `json:"q,omitempty" maxLength:"100"`
		Item    string `json:"item,omitempty" maxLength:"100"`
		Light   string `json:"light,omitempty" enum:"green,amber,yellow,red,paused"`
		Before  string `json:"before,omitempty" format:"date"`
		Queue   string `json:"queue,omitempty" enum:"mine,unit"`
		Holder  string `json:"holder,omitempty" maxLength:"64"`
		Purpose string `json:"purpose" minLength:"4" maxLength:"200" doc:"what the file is for; it is recorded"`
	}
}

func (o operations) export(ctx context.Context, actor auth.Principal, in *exportIn) (*api.File, error) {
	b := in.Body
	before, err := day.Parse(b.Before)
	if err != nil {
		before = day.Date{} // the schema lets through only dates or nothing
	}
	e, err := o.s.Export(ctx, actor, casework.ExportQuery{
		Query: casework.Query{
			Tab: casework.Tab(b.Tab), Text: b.Text, Item: contract.ItemID(b.Item), Light: b.Light, Before: before,
			Queue: b.Queue, Holder: contract.AccountID(b.Holder),
		},
		List: b.List, Purpose: b.Purpose,
	})
	if err != nil {
		return nil, err
	}
	read, write := io.Pipe()
	go func() {
		// Keys of the columns and codes, for programs; the page has words.
		write.CloseWithError(writeCases(ctx, write, o.s, e, false, func(key string, _ ...any) string { return lastWord(key) }))
	}()
	return api.NewFile("text/csv; charset=utf-8", exportName(o.s.Today()), read), nil
}
