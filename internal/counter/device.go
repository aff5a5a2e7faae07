package counter

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/auth"
	"github.com/tongban/tongban/internal/kit/day"
	"github.com/tongban/tongban/internal/kit/db"
	"github.com/tongban/tongban/internal/kit/event"
	"github.com/tongban/tongban/internal/kit/fault"
	"github.com/tongban/tongban/internal/kit/idcode"
	"github.com/tongban/tongban/internal/kit/job"
	"github.com/tongban/tongban/internal/kit/policy"
)

// Device is a card reader at a window.
type Device struct {
	ID      string
	Hall    string
	Window  string
	Name    string
	MadeBy  contract.AccountID
	Made    time.Time
	Revoked time.Time // zero: not
	Seen    time.Time // zero: never
}

// Card is what a reader reads from the chip of an identity card (GA 450): the
// fields under their usual names.
type Card struct {
	Name    string `json:"name"`
	Sex     string `json:"sex,omitempty"`
	Nation  string `json:"nation,omitempty"`
	Birth   string `json:"birth,omitempty"`
	Address string `json:"address,omitempty"`
	Number  string `json:"number"`
	Issuer  string `json:"issuer,omitempty"`
	From    string `json:"valid_from,omitempty"` // 2016-05-21
	To      string `json:"valid_to,omitempty"`   // 2036-05-21, or 长期
	Photo   string `json:"photo,omitempty"`      // JPEG, base64
}

// Reading is one read of a card as the reader tells it.
type Reading struct {
	Card
	Nonce string    // new for each read
	At    time.Time // clock of the reader
}

// Read is one read that a clerk can use.
type Read struct {
	ID      string
	Device  string
	Window  string
	Card    Card
	At      time.Time
	Expires time.Time
	Used    time.Time
}

// Bounds of what readers send.
const (
	readLife  = 2 * time.Minute
	clockSkew = 2 * time.Minute
	maxPhoto  = 60 << 10 // the picture in the chip has one or two kilobytes
	maxField  = 200
	longTerm  = "长期"
	fieldCard = "counter.card"
)

// MakeDevice registers a card reader at a window and returns its key, which
// cannot be shown again.
func (s *Service) MakeDevice(ctx context.Context, actor auth.Principal, window, name string) (Device, string, error) {
	w, err := s.managedWindow(ctx, actor, window)
	if err != nil {
		return Device{}, "", err
	}
	name = strings.TrimSpace(name)
	if n := utf8.RuneCountInString(name); n == 0 || n > maxShort {
		var f fault.Form
		f.Add("device-name", "counter.field.missing")
		return Device{}, "", f.Err()
	}
	d := Device{Hall: w.Hall, Window: w.ID, Name: name, MadeBy: contract.AccountID(actor.ID), Made: s.now()}
	key := ""
	err = s.c.DB.InTx(ctx, func(ctx context.Context, tx db.Tx) error {
		client := auth.Client{Name: w.Number + " " + name, Scopes: []string{ScopeDevice}, MadeBy: actor.ID}
		client, secret, err := s.c.Keys.Create(ctx, tx, client)
		if err != nil {
			return err
		}
		d.ID, key = client.ID, secret
		if err := putDevice(ctx, tx, d); err != nil {
			return err
		}
		return s.deviceChanged(ctx, tx, actor, d, "made")
	})
	return d, key, err
}

func (s *Service) managedWindow(ctx context.Context, actor auth.Principal, window string) (Window, error) {
	if err := s.c.Policy.Check(actor, ActionManage, policy.Page); err != nil {
		return Window{}, err
	}
	w, err := windowByID(ctx, s.c.DB, window)
	if err != nil {
		return Window{}, err
	}
	_, err = s.manages(ctx, actor, w.Hall)
	return w, err
}

// RevokeDevice ends the key of a card reader at once.
func (s *Service) RevokeDevice(ctx context.Context, actor auth.Principal, id string) error {
	d, err := deviceByID(ctx, s.c.DB, id)
	if err != nil {
		return err
	}
	if _, err := s.manages(ctx, actor, d.Hall); err != nil {
		return err
	}
	if !d.Revoked.IsZero() {
		return nil
	}
	return s.c.DB.InTx(ctx, func(ctx context.Context, tx db.Tx) error {
		if err := s.c.Keys.Revoke(ctx, tx, d.ID); err != nil {
			return err
		}
		if err := revokeDevice(ctx, tx, d.ID, s.now()); err != nil {
			return err
		}
		return s.deviceChanged(ctx, tx, actor, d, "revoked")
	})
}

func (s *Service) deviceChanged(ctx context.Context, tx db.Tx, actor auth.Principal, d Device, what string) error {
	m := event.Meta{Actor: actor, Object: "counter_device:" + d.ID}
	return s.c.Events.Record(ctx, tx, m, DeviceChanged{Device: d.ID, Window: d.Window, What: what, At: s.now()})
}

var nonceText = regexp.MustCompile(`^[A-Za-z0-9_-]{16,64}$`)

func (r *Reading) check(now time.Time) error {
	var f fault.Form
	if !nonceText.MatchString(r.Nonce) {
		f.Add("nonce", ErrNonce.Code)
	}
	if r.At.Before(now.Add(-clockSkew)) || r.At.After(now.Add(clockSkew)) {
		f.Add("at", ErrReadOld.Code)
	}
	id, err := idcode.ParseResident(r.Number)
	if err == nil {
		err = id.BornBy(day.In(now))
	}
	if e, ok := asFault(err); ok {
		f.Add("number", e.Code, e.Args...)
	}
	r.Number = id.Number
	r.Name = strings.Join(strings.Fields(r.Name), " ")
	if n := utf8.RuneCountInString(r.Name); n == 0 || n > maxShort {
		f.Add("name", ErrReadName.Code)
	}
	for _, x := range []struct{ name, value string }{
		{"sex", r.Sex},
		{"nation", r.Nation},
		{"birth", r.Birth},
		{"address", r.Address},
		{"issuer", r.Issuer},
		{"valid_from", r.From},
		{"valid_to", r.To},
	} {
		if utf8.RuneCountInString(x.value) > maxField {
			f.Add(x.name, ErrReadField.Code)
		}
	}
	if r.To != "" && r.To != longTerm {
		if _, err := day.Parse(r.To); err != nil {
			f.Add("valid_to", ErrReadField.Code)
		}
	}
	if r.Photo != "" && !isPhoto(r.Photo) {
		f.Add("photo", ErrPhoto.Code)
	}
	return f.Err()
}

func isPhoto(text string) bool {
	b, err := base64.StdEncoding.DecodeString(text)
	return err == nil && len(b) <= maxPhoto && bytes.HasPrefix(b, []byte{0xff, 0xd8, 0xff})
}

// Tell takes what a card reader read. It can be used once, at the window of the
// reader, for two minutes; the same read is not taken twice.
func (s *Service) Tell(ctx context.Context, reader auth.Principal, r Reading) (Read, error) {
	if err := s.c.Policy.Check(reader, ActionDevice, policy.Page); err != nil {
		return Read{}, err
	}
	d, err := deviceByID(ctx, s.c.DB, strings.TrimPrefix(reader.ID, "client:"))
	if err == nil && !d.Revoked.IsZero() {
		err = ErrNoDevice
	}
	if err != nil {
		return Read{}, err
	}
	if err := r.check(s.c.Now()); err != nil {
		return Read{}, err
	}
	text, err := json.Marshal(r.Card)
	if err != nil {
		return Read{}, fmt.Errorf("store read: %w", err)
	}
	sealed, err := s.c.Seal.Seal(fieldCard, string(text))
	if err != nil {
		return Read{}, err
	}
	read := Read{ID: s.c.NewID(), Device: d.ID, Window: d.Window, Card: r.Card, At: s.now(), Expires: s.now().Add(readLife)}
	return read, s.c.DB.InTx(ctx, func(ctx context.Context, tx db.Tx) error {
		ok, err := putRead(ctx, tx, read, r.Nonce, sealed)
		if err != nil {
			return err
		}
		if !ok {
			return ErrReplay
		}
		if err := s.c.Jobs.InsertTx(ctx, tx, wipeJob{}, job.Insert{At: read.Expires, Unique: read.ID}); err != nil {
			return err
		}
		m := event.Meta{Actor: reader, Object: "counter_device:" + d.ID}
		return s.c.Events.Record(ctx, tx, m, CardRead{Read: read.ID, Device: d.ID, Window: d.Window, At: read.At})
	})
}

// Latest returns the latest read at the window of a clerk that can still be used,
// or ErrNoRead.
func (s *Service) Latest(ctx context.Context, actor auth.Principal) (Read, error) {
	p, err := s.works(ctx, actor, ActionServe)
	if err != nil {
		return Read{}, err
	}
	return s.latestRead(ctx, s.c.DB, p.Window.ID, s.now())
}

// Photo returns the picture of a read at the window of a clerk.
func (s *Service) Photo(ctx context.Context, actor auth.Principal, id string) ([]byte, error) {
	p, err := s.works(ctx, actor, ActionServe)
	if err != nil {
		return nil, err
	}
	r, err := s.usable(ctx, p, id)
	if err != nil {
		return nil, err
	}
	if r.Card.Photo == "" {
		return nil, ErrNoRead
	}
	return base64.StdEncoding.DecodeString(r.Card.Photo)
}

// usable returns a read of a window that nobody used and that is fresh.
func (s *Service) usable(ctx context.Context, p Place, id string) (Read, error) {
	r, err := s.readByID(ctx, s.c.DB, id)
	switch {
	case err != nil:
		return Read{}, err
	case r.Window != p.Window.ID:
		return Read{}, ErrNoRead
	case !r.Used.IsZero() || !s.now().Before(r.Expires):
		return Read{}, ErrReadGone
	}
	if to, err := day.Parse(r.Card.To); err == nil && to.Before(s.today()) {
		return Read{}, ErrCardExpired.With("date", to)
	}
	return r, nil
}

// Scanned reads what a scanner or reader that types like a keyboard has typed: a
// code of eight digits, a number alone, or name and number with anything between.
func Scanned(text string) (Identify, error) {
	text = strings.TrimSpace(text)
	if codeText.MatchString(text) {
		return Identify{How: contract.ProofCode, Code: text}, nil
	}
	in := Identify{How: contract.ProofSeen}
	for part := range strings.FieldsFuncSeq(text, func(r rune) bool { return strings.ContainsRune("|,;\t\n\r，；", r) }) {
		part = strings.TrimSpace(part)
		if number, err := idcode.ResidentID(part); err == nil {
			in.Number = number
			continue
		}
		if in.Name == "" && nameText.MatchString(part) {
			in.Name = part
		}
	}
	if in.Number == "" {
		return Identify{}, ErrScan
	}
	return in, nil
}

var (
	codeText = regexp.MustCompile(`^\d{8}$`)
	nameText = regexp.MustCompile(`^[\p{Han}·]{2,30}$`)
)

// wipeJob wipes what card readers read and nobody used.
type wipeJob struct{}

// Kind is the job's name.
func (wipeJob) Kind() string { return "counter.wipe_reads" }

func (s *Service) wipeReads(ctx context.Context, tx db.Tx, _ wipeJob) error {
	return wipeReads(ctx, tx, s.now())
}
