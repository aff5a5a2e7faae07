package licence

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/auth"
	"github.com/tongban/tongban/internal/kit/day"
	"github.com/tongban/tongban/internal/kit/db"
	"github.com/tongban/tongban/internal/kit/event"
	"github.com/tongban/tongban/internal/kit/fault"
	"github.com/tongban/tongban/internal/kit/pdf"
)

// Copy is an annotated copy (加注件) of a licence: a file of its own, stamped
// with what it is for and signed again, that its holder hands out.
type Copy struct {
	ID        string
	Licence   contract.LicenceID
	Purpose   string
	Recipient string
	To        day.Date // last day
	Made      time.Time
	Ended     time.Time // taken back; zero while it counts
	Blob      contract.BlobID
	Size      int64

	account string
	code    string // behind its QR
}

// Good reports whether the copy counts on a day.
func (c Copy) Good(today day.Date) bool { return c.Ended.IsZero() && !today.After(c.To) }

// CopyNote says what an annotated copy is for, to those who verify it.
type CopyNote struct {
	Purpose, Recipient string
	To                 day.Date
	Good               bool // neither over nor taken back
}

// CopyOrder is what a holder wants a copy for.
type CopyOrder struct {
	Purpose, Recipient string
	Days               int
}

// Bounds of a copy: what fits on the stamp, and for how long and how often.
const (
	MaxPurpose   = 40
	MaxRecipient = 30
	MaxCopyDays  = 365
	copiesADay   = 20
)

// check returns what is wrong with an order, by field.
func (o CopyOrder) check() error {
	var form fault.Form
	length := func(name, value string, most int) {
		if n := len([]rune(value)); n == 0 || n > most {
			form.Add(name, "licence.copy."+name, "n", most)
		}
	}
	length("purpose", o.Purpose, MaxPurpose)
	length("recipient", o.Recipient, MaxRecipient)
	if o.Days < 1 || o.Days > MaxCopyDays {
		form.Add("days", "licence.copy.days", "n", MaxCopyDays)
	}
	return form.Err()
}

// Fields of a copy that are encrypted: to whom a person shows a licence is theirs
// to know.
const (
	purposeField   = "licence.copy.purpose"
	recipientField = "licence.copy.recipient"
)

// MakeCopy prints, stamps and signs an annotated copy. It is done at once, for
// the person waits for the file; only the row is in a transaction.
func (s *Service) MakeCopy(ctx context.Context, actor auth.Principal, id contract.LicenceID, o CopyOrder) (Copy, error) {
	l, err := s.visible(ctx, actor, "licence.copy", id)
	if err != nil {
		return Copy{}, err
	}
	o.Purpose, o.Recipient = strings.Join(strings.Fields(o.Purpose), " "), strings.Join(strings.Fields(o.Recipient), " ")
	if err := o.check(); err != nil {
		return Copy{}, err
	}
	if !l.StateOn(day.In(s.Now())).usable() || l.Blob == "" {
		return Copy{}, ErrState
	}
	now := s.Now()
	made, err := copiesSince(ctx, s.DB, l.ID, now.Add(-24*time.Hour))
	if err != nil {
		return Copy{}, err
	}
	if made >= copiesADay {
		return Copy{}, ErrCopies.With("n", copiesADay)
	}
	c := Copy{
		ID: s.NewID(), Licence: l.ID, Purpose: o.Purpose, Recipient: o.Recipient,
		To: day.In(now).Add(o.Days), Made: now, account: actor.ID, code: s.NewCode(),
	}
	sh, err := s.signed(ctx, l, s.stamped(l, c), "加注件："+o.Purpose)
	if err != nil {
		return Copy{}, err
	}
	c.Blob, c.Size = contract.BlobID(sh.blob), sh.size
	return c, s.keepCopy(ctx, actor, l, c)
}

func (s *Service) keepCopy(ctx context.Context, actor auth.Principal, l Licence, c Copy) error {
	purpose, err := s.Sealer.Seal(purposeField, c.Purpose)
	if err != nil {
		return err
	}
	recipient, err := s.Sealer.Seal(recipientField, c.Recipient)
	if err != nil {
		return err
	}
	err = s.DB.InTx(ctx, func(ctx context.Context, tx db.Tx) error { return addCopy(ctx, tx, c, purpose, recipient) })
	if err != nil {
		return err
	}
	return s.record(ctx, actor, l, UseCopy, ChannelPage)
}

// stamped is the sheet of a licence as an annotated copy.
func (s *Service) stamped(l Licence, c Copy) pdf.Certificate {
	sheet := s.certificate(l)
	sheet.At = c.Made
	sheet.Title += "（加注件）"
	sheet.QR.Link = s.BaseURL + "/v/" + c.code
	sheet.QR.Notes = []string{"扫码核验这份加注件。"}
	sheet.Stamp = []string{
		"加注件　仅供" + c.Recipient + "用于" + c.Purpose,
		"有效期至 " + pdf.Date(c.To) + "，他用无效",
	}
	return sheet
}

// Copies lists the annotated copies of a licence, newest first.
func (s *Service) Copies(ctx context.Context, actor auth.Principal, id contract.LicenceID) ([]Copy, error) {
	if _, err := s.visible(ctx, actor, "licence.copy", id); err != nil {
		return nil, err
	}
	rows, err := copiesOf(ctx, s.DB, id)
	if err != nil {
		return nil, err
	}
	var out []Copy
	for _, r := range rows {
		c, err := s.openCopy(r, nil)
		if err != nil {
			return nil, err
		}
		out = append(out, c)
	}
	return out, nil
}

func (s *Service) openCopy(r copyRow, err error) (Copy, error) {
	if err != nil {
		return Copy{}, err
	}
	if r.Purpose, err = s.Sealer.Open(purposeField, r.purpose); err != nil {
		return Copy{}, fmt.Errorf("open copy %s: %w", r.ID, err)
	}
	if r.Recipient, err = s.Sealer.Open(recipientField, r.recipient); err != nil {
		return Copy{}, fmt.Errorf("open copy %s: %w", r.ID, err)
	}
	return r.Copy, nil
}

// CopyFile opens the file of an annotated copy. The caller closes it.
func (s *Service) CopyFile(ctx context.Context, actor auth.Principal, id contract.LicenceID, copyID string) (Licence, Copy, io.ReadCloser, error) {
	l, c, err := s.copyOf(ctx, actor, id, copyID)
	if err != nil {
		return Licence{}, Copy{}, nil, err
	}
	if err := s.record(ctx, actor, l, UseDownload, ChannelCopy); err != nil {
		return Licence{}, Copy{}, nil, err
	}
	body, err := s.Blobs.Open(ctx, string(c.Blob))
	if err != nil {
		return Licence{}, Copy{}, nil, fmt.Errorf("open copy %s: %w", copyID, err)
	}
	return l, c, body, nil
}

// EndCopy takes an annotated copy back: from now on it verifies as ended.
func (s *Service) EndCopy(ctx context.Context, actor auth.Principal, id contract.LicenceID, copyID string) error {
	l, c, err := s.copyOf(ctx, actor, id, copyID)
	if err != nil || !c.Ended.IsZero() {
		return err
	}
	now := s.Now()
	return s.DB.InTx(ctx, func(ctx context.Context, tx db.Tx) error {
		if err := endCopy(ctx, tx, copyID, now); err != nil {
			return err
		}
		m := event.Meta{
			Actor: actor, Subject: l.Holder.ID, Object: "licence:" + string(l.ID), Purpose: "own use", Basis: "consent of the holder",
		}
		return s.Events.Record(ctx, tx, m, contract.LicenceUsed{Licence: l.ID, Kind: "copy_end", Channel: ChannelPage, At: now})
	})
}

func (s *Service) copyOf(ctx context.Context, actor auth.Principal, id contract.LicenceID, copyID string) (Licence, Copy, error) {
	l, err := s.visible(ctx, actor, "licence.copy", id)
	if err != nil {
		return Licence{}, Copy{}, err
	}
	c, err := s.openCopy(copyByID(ctx, s.DB, copyID))
	if err == nil && c.Licence != id {
		err = ErrNotFound
	}
	return l, c, err
}

// verifiedCopy answers for an annotated copy: what it is for, and how the
// licence stands.
func (s *Service) verifiedCopy(ctx context.Context, actor auth.Principal, c Copy, channel string) (Verification, error) {
	l, err := s.open(byID(ctx, s.DB, c.Licence))
	if err != nil {
		return Verification{}, err
	}
	l.Blob = c.Blob
	v, err := s.verified(ctx, actor, l, channel)
	v.Copy = &CopyNote{c.Purpose, c.Recipient, c.To, c.Good(day.In(s.Now()))}
	return v, err
}
