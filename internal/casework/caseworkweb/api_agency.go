package caseworkweb

import (
	"context"
	"net/http"
	"time"

	"github.com/tongban/tongban/internal/casework"
	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/api"
	"github.com/tongban/tongban/internal/kit/auth"
)

// agencyAPI registers what an agency keeps beside its cases: bars after broken
// commitments, text templates, and supervision.
func agencyAPI(a *api.API, s *casework.Service) {
	o := deskOperations{s}
	op := func(method, path, id, action, summary string) api.Op {
		return api.Op{Method: method, Path: path, ID: id, Action: action, Tag: "desk", Summary: summary}
	}
	api.Register(a, op(http.MethodGet, "/bars", "bar-list", "casework.bars", "Whom broken commitments bar, of the caller's agency"), o.bars)
	api.Register(a, op(http.MethodGet, "/bars/mine", "bar-mine", "casework.mine", "What bars the person or company acted for from committing"), o.bars)
	api.Register(a, op(http.MethodPost, "/cases/{id}/bar/lift", "bar-lift", "casework.lift", "Lift the bar that a case brought about, by the head"), o.lift)
	api.Register(a, op(http.MethodGet, "/phrases", "phrase-list", "casework.phrases", "The text templates of the agency"), o.phrases)
	api.Register(a, api.Op{Method: http.MethodPost, Path: "/phrases", ID: "phrase-make", Action: "casework.phrase_edit", Tag: "desk", Status: http.StatusCreated, Summary: "Write a text template"}, o.makePhrase)
	api.Register(a, op(http.MethodPut, "/phrases/{phrase}", "phrase-change", "casework.phrase_edit", "Change a text template"), o.changePhrase)
	api.Register(a, op(http.MethodDelete, "/phrases/{phrase}", "phrase-drop", "casework.phrase_edit", "Take a text template away"), o.dropPhrase)
	api.Register(a, op(http.MethodGet, "/supervision", "supervision", "casework.oversee", "The cases of the caller's division by urgency, the cards to rule on, opinions that are late"), o.supervision)
}

type barBody struct {
	Case      string        `json:"case"`
	Number    string        `json:"number"`
	Name      contract.Text `json:"name"`
	Agency    contract.Text `json:"agency"`
	Applicant string        `json:"applicant" doc:"masked, where it is a person and the caller an official"`
	State     string        `json:"state" enum:"broken,revoked"`
	Why       string        `json:"why"`
	Since     time.Time     `json:"since"`
	Until     string        `json:"until,omitempty" doc:"day by which it can be put right"`
	Lifted    *time.Time    `json:"lifted,omitempty"`
	LiftedWhy string        `json:"lifted_why,omitempty"`
}

type barsOut struct {
	Body struct {
		Bars []barBody `json:"bars"`
	}
}

func (o deskOperations) bars(ctx context.Context, actor auth.Principal, _ *struct{}) (*barsOut, error) {
	list, err := o.s.Bars(ctx, actor)
	if err != nil {
		return nil, err
	}
	out := &barsOut{}
	out.Body.Bars = []barBody{}
	for _, x := range list {
		name := casework.ListName(x.Applicant)
		if actor.Kind == auth.Resident {
			name = x.Applicant.Name
		}
		out.Body.Bars = append(out.Body.Bars, barBody{
			string(x.Case), x.Number, x.ItemName, x.Unit, name, x.State, x.Why, x.Since.UTC(), x.Until.String(), instantOf(x.Lifted), x.LiftedWhy,
		})
	}
	return out, nil
}

type liftIn struct {
	ID   string `path:"id" maxLength:"64"`
	Body struct {
		Reason string `json:"reason" maxLength:"1000" doc:"the applicant reads it"`
	}
}

func (o deskOperations) lift(ctx context.Context, actor auth.Principal, in *liftIn) (*struct{}, error) {
	return &struct{}{}, o.s.Lift(ctx, actor, contract.CaseID(in.ID), in.Body.Reason)
}

type phraseBody struct {
	ID      string    `json:"id" readOnly:"true"`
	Kind    string    `json:"kind" maxLength:"40"`
	Title   string    `json:"title" maxLength:"200"`
	Body    string    `json:"body" maxLength:"4000" doc:"with holes in braces: applicant, item, number, agency, handler, date, filed, due"`
	By      string    `json:"by,omitempty" readOnly:"true"`
	Changed time.Time `json:"changed,omitzero" readOnly:"true"`
}

func phraseOf(p casework.Phrase) phraseBody {
	return phraseBody{p.ID, p.Kind, p.Title, p.Body, p.By.Name, p.Changed.UTC()}
}

type phrasesOut struct {
	Body struct {
		Phrases []phraseBody `json:"phrases"`
	}
}

func (o deskOperations) phrases(ctx context.Context, actor auth.Principal, _ *struct{}) (*phrasesOut, error) {
	list, err := o.s.Phrases(ctx, actor)
	if err != nil {
		return nil, err
	}
	out := &phrasesOut{}
	out.Body.Phrases = []phraseBody{}
	for _, p := range list {
		out.Body.Phrases = append(out.Body.Phrases, phraseOf(p))
	}
	return out, nil
}

// writtenPhrase is a template as a caller writes it.
type writtenPhrase struct {
	Kind  string `json:"kind" maxLength:"40"`
	Title string `json:"title" maxLength:"200"`
	Body  string `json:"body" maxLength:"4000" doc:"with holes in braces: applicant, item, number, agency, handler, date, filed, due"`
}

type (
	makePhraseIn   struct{ Body writtenPhrase }
	changePhraseIn struct {
		Phrase string `path:"phrase" maxLength:"64"`
		Body   writtenPhrase
	}
	dropPhraseIn struct {
		Phrase string `path:"phrase" maxLength:"64"`
	}
	phraseOut struct{ Body phraseBody }
)

func (o deskOperations) makePhrase(ctx context.Context, actor auth.Principal, in *makePhraseIn) (*phraseOut, error) {
	return o.savePhrase(ctx, actor, "", in.Body)
}

func (o deskOperations) changePhrase(ctx context.Context, actor auth.Principal, in *changePhraseIn) (*phraseOut, error) {
	return o.savePhrase(ctx, actor, in.Phrase, in.Body)
}

func (o deskOperations) savePhrase(ctx context.Context, actor auth.Principal, id string, w writtenPhrase) (*phraseOut, error) {
	p, err := o.s.SavePhrase(ctx, actor, casework.Phrase{ID: id, Kind: w.Kind, Title: w.Title, Body: w.Body})
	if err != nil {
		return nil, err
	}
	return &phraseOut{phraseOf(p)}, nil
}

func (o deskOperations) dropPhrase(ctx context.Context, actor auth.Principal, in *dropPhraseIn) (*struct{}, error) {
	return &struct{}{}, o.s.DropPhrase(ctx, actor, in.Phrase)
}

type superviseIn struct {
	Text  string `query:"q" maxLength:"100"`
	Item  string `query:"item" maxLength:"100"`
	Light string `query:"light" enum:"green,amber,yellow,red,paused"`
	After string `query:"after"`
	Limit int    `query:"limit" minimum:"1" maximum:"100" default:"25"`
}

type superviseOut struct {
	Body struct {
		Total  int            `json:"total" doc:"exact, under the filter"`
		Cases  []caseBody     `json:"cases"`
		Next   string         `json:"next,omitempty"`
		Cards  []cardBody     `json:"cards" doc:"without a ruling, the explained ones first"`
		Counts map[string]int `json:"card_counts" doc:"open, explained, overdue, kept, cancelled"`
		Late   []inboxOpinion `json:"late" doc:"opinions that agencies of the division owe too long"`
	}
}

func (o deskOperations) supervision(ctx context.Context, actor auth.Principal, in *superviseIn) (*superviseOut, error) {
	list, err := o.s.Supervised(ctx, actor, casework.Query{
		Text: in.Text, Item: contract.ItemID(in.Item), Light: in.Light, After: in.After, Limit: in.Limit,
	})
	if err != nil {
		return nil, err
	}
	cards, n, err := o.s.CardsToRule(ctx, actor)
	if err != nil {
		return nil, err
	}
	late, err := o.s.LateOpinions(ctx, actor)
	if err != nil {
		return nil, err
	}
	out := &superviseOut{}
	b := &out.Body
	b.Total, b.Next, b.Cases, b.Cards, b.Late = list.Total, list.Next, []caseBody{}, []cardBody{}, []inboxOpinion{}
	b.Counts = map[string]int{"open": n.Open, "explained": n.Explained, "overdue": n.Overdue, "kept": n.Kept, "cancelled": n.Cancelled}
	for _, c := range list.Cases {
		b.Cases = append(b.Cases, operations(o).body(c, actor))
	}
	for _, r := range cards {
		b.Cards = append(b.Cards, cardOf(r))
	}
	for _, u := range late {
		b.Late = append(b.Late, opinionOf(u))
	}
	return out, nil
}
