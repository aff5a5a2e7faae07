package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"github.com/tongban/tongban/internal/form"
	"github.com/tongban/tongban/internal/kit/auth"
	"github.com/tongban/tongban/internal/kit/blob"
	"github.com/tongban/tongban/internal/kit/config"
	"github.com/tongban/tongban/internal/kit/db"
	"github.com/tongban/tongban/internal/kit/event"
	"github.com/tongban/tongban/internal/kit/id"
	"github.com/tongban/tongban/internal/kit/job"
	"github.com/tongban/tongban/internal/kit/log"
	"github.com/tongban/tongban/internal/kit/mail"
	"github.com/tongban/tongban/internal/kit/metrics"
	"github.com/tongban/tongban/internal/kit/pdf"
	"github.com/tongban/tongban/internal/kit/policy"
	"github.com/tongban/tongban/internal/kit/scan"
	"github.com/tongban/tongban/internal/kit/seal"
	"github.com/tongban/tongban/internal/kit/sign"
	"github.com/tongban/tongban/internal/kit/sms"
	"github.com/tongban/tongban/internal/kit/web"
)

// tools is what the areas are made of: everything of kit that has state.
type tools struct {
	config  config.Config
	log     *slog.Logger
	now     func() time.Time
	newID   func() string
	db      *db.DB
	jobs    *job.Queue
	events  *event.Log
	policy  *policy.Engine
	seal    *seal.Sealer
	blobs   *blob.Folder
	scanner form.Scanner // nil: nobody looks for malware
	mail    mail.Sender  // nil: no mail is sent
	sms     sms.Sender   // nil: no short messages are sent
	press   *pdf.Press
	ca      *sign.CA
	hasher  *auth.Hasher
	metrics *metrics.Metrics
	texts   *web.Texts
	// trial publishes packages that are still being written.
	trial bool
}

// openTools opens the database and the keys, and brings the tables up to date.
// The clock is the caller's, for a test that lets working days pass.
func openTools(ctx context.Context, c config.Config, now func() time.Time, logs io.Writer) (t *tools, err error) {
	t = &tools{config: c, now: now, newID: id.New, hasher: auth.NewHasher(0)}
	if t.log, err = log.New(logs, c.Log.Level, c.Log.Format); err != nil {
		return nil, err
	}
	// Ours alone: keys and files of people lie in it.
	if err := os.MkdirAll(c.Data, 0o700); err != nil {
		return nil, fmt.Errorf("data folder: %w", err)
	}
	if t.policy, err = policy.New(policies()); err != nil {
		return nil, err
	}
	if t.seal, err = openSeal(c); err != nil {
		return nil, err
	}
	if t.blobs, err = blob.Open(c.BlobDir()); err != nil {
		return nil, err
	}
	if c.Scan.Address != "" {
		if t.scanner, err = scan.New(c.Scan.Address, 0); err != nil {
			return nil, fmt.Errorf("setting scan.address: %w", err)
		}
	}
	if t.mail, err = openMail(c); err != nil {
		return nil, err
	}
	if t.sms, err = openSMS(c); err != nil {
		return nil, err
	}
	if t.press, err = pdf.New(); err != nil {
		return nil, err
	}
	if t.ca, err = sign.OpenCA(filepath.Join(c.Data, "ca"), t.seal, t.now); err != nil {
		return nil, err
	}
	if t.db, err = db.Open(ctx, c.Database); err != nil {
		return nil, err
	}
	if err := t.db.Migrate(ctx, schema()...); err != nil {
		return nil, errors.Join(err, t.db.Close())
	}
	t.jobs = job.New(t.db, t.now, t.newID, t.log)
	t.events = event.New(t.db, t.jobs, t.now, t.newID)
	t.metrics = metrics.New(t.now)
	t.metrics.DB(t.db)
	t.metrics.Jobs(t.jobs)
	t.texts = texts()
	return t, nil
}

func openSeal(c config.Config) (*seal.Sealer, error) {
	key, err := seal.OpenKeyFile(c.KeyFile)
	if err != nil {
		return nil, err
	}
	return seal.Load(key, c.RingFile())
}

// openMail returns nil where neither a server nor a folder is set.
func openMail(c config.Config) (mail.Sender, error) {
	switch {
	case c.MailDrop != "":
		return mail.NewDrop(c.MailDrop, c.SMTP.From)
	case c.SMTP.Host != "":
		return mail.NewSMTP(mail.Server{
			Host: c.SMTP.Host, Port: c.SMTP.Port, User: c.SMTP.User, Password: c.SMTP.Password,
			From: c.SMTP.From, TLS: mail.TLS(c.SMTP.TLS),
		})
	}
	return nil, nil //nolint:nilnil // no mail is a setting, not a fault
}

// openSMS returns nil where neither a gateway nor a folder is set.
func openSMS(c config.Config) (sms.Sender, error) {
	switch {
	case c.SMSDrop != "":
		return sms.NewDrop(c.SMSDrop)
	case c.SMS.URL != "":
		return sms.NewGateway(c.SMS.URL, c.SMS.Key, c.SMS.Templates)
	}
	return nil, nil //nolint:nilnil // no short messages is a setting, not a fault
}

// verificationCode returns the 130 random bits that a QR code carries.
func verificationCode() string { return id.Code(26) }

// text returns the sentence of a key in a language.
func (t *tools) text(locale, key string, args ...any) string { return t.texts.T(locale, key, args...) }
