package app

import (
	"context"
	"io"
	"math/rand/v2"

	"github.com/tongban/tongban/internal/casework"
	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/inquiry"
	"github.com/tongban/tongban/internal/kit/auth"
	"github.com/tongban/tongban/internal/kit/db"
	"github.com/tongban/tongban/internal/kit/id"
)

// inquiries is what an agency finds out first, as casework asks it. It is made
// after casework, because it starts and ends special procedures there.
type inquiries struct{ areas *areas }

func (i inquiries) Missing(ctx context.Context, q db.Q, id contract.CaseID, d contract.Deciding) ([]contract.Text, error) {
	return i.areas.inquiry.Missing(ctx, q, id, d)
}

func (i inquiries) Keeps(ctx context.Context, tx db.Tx, special string) (bool, error) {
	return i.areas.inquiry.Keeps(ctx, tx, special)
}

func (i inquiries) Cited(ctx context.Context, id contract.CaseID) ([]contract.Text, error) {
	return i.areas.inquiry.Cited(ctx, id)
}

func (i inquiries) Presided(ctx context.Context, q db.Q, id contract.CaseID) ([]contract.AccountID, error) {
	return i.areas.inquiry.Presided(ctx, q, id)
}

func (i inquiries) Agenda(ctx context.Context, actor auth.Principal, whose []contract.AccountID) ([]contract.InquiryTask, error) {
	return i.areas.inquiry.Agenda(ctx, actor, whose)
}

// records is casework as inquiries enter their documents there.
type records struct{ cases *casework.Service }

func (r records) Attach(ctx context.Context, tx db.Tx, id contract.CaseID, d inquiry.Document) error {
	return r.cases.Attach(ctx, tx, id, casework.Document{
		Kind: d.Kind, Title: d.Title, Number: d.Number, At: d.At, Blob: d.Blob, Size: d.Size,
	})
}

// inquiryPress prints the documents of inquiries as those of cases are.
type inquiryPress struct{ press casework.Press }

func (p inquiryPress) Render(ctx context.Context, d inquiry.Paper) ([]byte, error) {
	out := casework.Paper{
		Title: d.Title, Number: d.Number, CaseNumber: d.CaseNumber, Addressee: d.Addressee, Body: d.Body, List: d.List,
		After: d.After, Summary: d.Summary, Agency: d.Agency, Seal: d.Seal, Date: d.Date, At: d.At, CheckURL: d.CheckURL,
	}
	for _, r := range d.Rows {
		out.Rows = append(out.Rows, casework.PaperRow{Label: r.Label, Value: r.Value})
	}
	return p.press.Render(ctx, out)
}

// laterIntake is the form area as inquiries hand it files.
type laterIntake struct{ areas *areas }

func (i laterIntake) Take(ctx context.Context, spec contract.MaterialSpec, name string, body io.Reader) (contract.Material, error) {
	return i.areas.form.Take(ctx, spec, name, body)
}

// buildInquiries puts the area together; casework is there already.
func (a *areas) buildInquiries(t *tools, press casework.Press) {
	a.inquiry = inquiry.New(inquiry.Config{
		DB: t.db, Jobs: t.jobs, Events: t.events, Policy: t.policy, Seal: t.seal, Blobs: t.blobs, Parts: t.blobs.Parts(),
		Cases: a.casework, Records: records{a.casework}, Staff: a.identity, Calendars: a.calendar, FreshCalendars: a.calendar.Refresh,
		Intake: laterIntake{a}, Papers: inquiryPress{press},
		Now: t.now, NewID: t.newID, Token: id.Code, Pick: rand.IntN, Log: t.log,
	})
}
