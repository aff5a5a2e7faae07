package casework

import (
	"context"
	"fmt"

	"github.com/tongban/tongban/internal/kit/idcode"
	"github.com/tongban/tongban/internal/kit/pdf"
	"github.com/tongban/tongban/internal/kit/sign"
)

// Press prints documents and signs them in the name of the agency. It is the
// Papers of the product.
type Press struct {
	Printer *pdf.Press
	Seals   sign.Provider
	Site    string // "https://host", for the QR code
	Mark    string // under the star of the seal: that it is a sample
}

// Render prints and signs one document.
func (p Press) Render(ctx context.Context, d Paper) ([]byte, error) {
	letter := pdf.Letter{
		Meta: pdf.Meta{
			Title: d.Title.ZH, Author: d.Agency.Name.ZH, Subject: d.Title.EN,
			Keywords: d.CaseNumber + " " + d.Number, At: d.At,
		},
		Number: d.Number, To: d.Addressee, Paragraphs: d.Body, List: d.List, Closing: d.After,
		Agency: d.Agency.Name.ZH, Date: d.Date,
		Seal:    &pdf.Seal{Text: d.Agency.Name.ZH, Mark: p.Mark},
		Summary: d.Summary,
		QR:      &pdf.QR{Link: p.Site + d.CheckURL, Notes: []string{"扫码查询办理进度", "Scan to see the progress"}},
		Footer:  []string{"办件编号 Case " + idcode.GroupCaseNumber(d.CaseNumber), d.Seal},
	}
	if d.Phone != "" {
		letter.Footer[1] += "　咨询电话 Telephone " + d.Phone
	}
	for _, r := range d.Rows {
		letter.Rows = append(letter.Rows, pdf.Row{Label: r.Label.ZH, LabelEN: r.Label.EN, Value: r.Value})
	}
	file, err := p.Printer.Letter(letter)
	if err != nil {
		return nil, fmt.Errorf("print: %w", err)
	}
	signer, err := p.Seals.Signer(ctx, d.Agency.Name.ZH)
	if err != nil {
		return nil, fmt.Errorf("seal of %s: %w", d.Agency.ID, err)
	}
	return sign.Sign(ctx, file, signer, sign.Options{At: d.At, Reason: d.Title.ZH, Location: d.Agency.Division})
}
