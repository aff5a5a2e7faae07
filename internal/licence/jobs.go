package licence

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/auth"
	"github.com/tongban/tongban/internal/kit/day"
	"github.com/tongban/tongban/internal/kit/db"
	"github.com/tongban/tongban/internal/kit/event"
	"github.com/tongban/tongban/internal/kit/fault"
	"github.com/tongban/tongban/internal/kit/job"
	"github.com/tongban/tongban/internal/kit/pdf"
	"github.com/tongban/tongban/internal/kit/sign"
)

// sheetJob prints and signs the sheet of a granted licence.
type sheetJob struct {
	Licence contract.LicenceID `json:"licence"`
}

// Kind names the job.
func (sheetJob) Kind() string { return "licence.print" }

// sheet is a signed sheet in the blob store.
type sheet struct {
	blob string
	size int64
}

// maxSheet bounds a signed sheet.
const maxSheet = 8 << 20

// Jobs registers the work of this area.
func (s *Service) Jobs(q *job.Queue, l *event.Log) {
	job.HandleOutside(q, s.press, s.issued)
	job.Handle(q, s.watch)
	event.Subscribe(l, "licence", s.onMoved)
	event.Subscribe(l, "licence", s.onRenewal)
}

// press makes the sheet. It may run twice after a crash: the number stays the
// first one, and a sheet that nobody refers to is lost, not issued.
func (s *Service) press(ctx context.Context, j sheetJob) (sheet, error) {
	l, err := s.number(ctx, j.Licence)
	if errors.Is(err, ErrNotFound) {
		return sheet{}, job.Dead(err)
	}
	if err != nil {
		return sheet{}, err
	}
	if l.State != Pending {
		return sheet{string(l.Blob), l.Size}, nil
	}
	sh, err := s.signed(ctx, l, s.certificate(l), "颁发"+l.Name.ZH)
	if fault.KindOf(err) == fault.Invalid {
		return sheet{}, job.Dead(err) // the same text will not fit the next time
	}
	return sh, err
}

// signed prints a sheet, signs it and stores the file.
func (s *Service) signed(ctx context.Context, l Licence, c pdf.Certificate, reason string) (sheet, error) {
	page, err := s.Press.Certificate(c)
	if err != nil {
		return sheet{}, fmt.Errorf("print licence %s: %w", l.ID, err)
	}
	signer, err := s.Signers.Signer(ctx, l.AgencyName.ZH)
	if err != nil {
		return sheet{}, fmt.Errorf("signer of licence %s: %w", l.ID, err)
	}
	signed, err := sign.Sign(ctx, page, signer, sign.Options{At: s.Now(), Reason: reason, Location: l.AgencyName.ZH})
	if err != nil {
		return sheet{}, fmt.Errorf("sign licence %s: %w", l.ID, err)
	}
	blob, size, err := s.Blobs.Put(ctx, bytes.NewReader(signed), maxSheet)
	if err != nil {
		return sheet{}, fmt.Errorf("store licence %s: %w", l.ID, err)
	}
	return sheet{blob, size}, nil
}

// number gives the licence its printed number, in a transaction of its own: a
// counter in the transaction of the decision would make decisions wait for
// each other. A licence that has one keeps it.
func (s *Service) number(ctx context.Context, id contract.LicenceID) (Licence, error) {
	err := s.DB.InTx(ctx, func(ctx context.Context, tx db.Tx) error {
		r, err := byID(ctx, tx, id)
		if err != nil || r.Number != "" {
			return err
		}
		year := r.From.Year()
		serial, err := nextSerial(ctx, tx, r.prefix, year)
		if err != nil {
			return err
		}
		return setNumber(ctx, tx, id, numberText(r.prefix, year, serial))
	})
	if err != nil {
		return Licence{}, err
	}
	return s.open(byID(ctx, s.DB, id))
}

// issued makes the licence valid and says so, once.
func (s *Service) issued(ctx context.Context, tx db.Tx, j sheetJob, r sheet) error {
	now := s.Now()
	ok, err := setSheet(ctx, tx, j.Licence, r.blob, r.size, now)
	if err != nil || !ok {
		return err
	}
	l, err := byID(ctx, tx, j.Licence)
	if err != nil {
		return err
	}
	if err := s.replace(ctx, tx, l.Licence); err != nil {
		return err
	}
	if err := s.planWatch(ctx, tx, l.Licence); err != nil {
		return err
	}
	m := event.Meta{
		Actor: auth.SystemPrincipal("licence-print"), Subject: l.Holder.ID, Object: "licence:" + string(l.ID),
	}
	return s.Events.Record(ctx, tx, m, contract.LicenceIssued{
		Licence: l.ID, Case: l.Case, Number: l.Number, Identifier: l.Identifier,
		Holder: l.Holder.ID, Blob: l.Blob, At: now, Effect: l.Effect, Version: l.Version,
	})
}

// Link is the address behind the QR code.
func (s *Service) Link(l Licence) string { return s.BaseURL + "/v/" + l.Code }

// certificate is the sheet of a licence.
func (s *Service) certificate(l Licence) pdf.Certificate {
	rows := make([]pdf.Row, 0, len(l.Face)+1)
	for _, f := range l.Face {
		rows = append(rows, pdf.Row{Label: f.Label.ZH, LabelEN: f.Label.EN, Value: f.Value})
	}
	rows = append(rows, pdf.Row{Label: "有效期限", LabelEN: "Valid", Value: period(l)})
	c := pdf.Certificate{
		Meta: pdf.Meta{
			Title: l.Name.ZH + " " + l.Number, Author: l.AgencyName.ZH, Subject: l.Name.EN,
			Keywords: l.Identifier, At: l.Granted,
		},
		Number: l.Number, Name: l.Name.ZH, NameEN: l.Name.EN, Rows: rows,
		QR:     pdf.QR{Link: s.Link(l), Notes: []string{"扫码核验真伪和状态。", "把文件交到核验页也能核验签名。"}},
		Agency: l.AgencyName.ZH, Date: day.In(l.Granted),
		Seal:   pdf.Seal{Text: l.AgencyName.ZH},
		Footer: []string{"电子证照标识　E-licence identifier", l.Identifier},
	}
	if l.Version > 1 {
		c.Footer = append(c.Footer, fmt.Sprintf("第 %d 版，代替第 %d 版　Version %d, replaces version %d", l.Version, l.Version-1, l.Version, l.Version-1))
	}
	if s.Demo {
		c.Seal = pdf.Seal{Text: l.AgencyName.ZH + "（样章）", Mark: "DEMO"}
		c.Footer = append(c.Footer, "样张：印章和签名无法律效力　Specimen: seal and signature have no legal effect")
	}
	return c
}
