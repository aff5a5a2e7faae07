package licence

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/auth"
	"github.com/tongban/tongban/internal/kit/day"
	"github.com/tongban/tongban/internal/kit/sign"
)

// Verification is what the public learns about a licence: the minimum.
type Verification struct {
	Name       contract.Text
	Number     string
	Identifier string
	Holder     string // a person's name is masked
	Issuer     contract.Text
	From, To   day.Date
	State      State // on the day of asking; Expired is told
	Reason     string
	Basis      string
	Changed    time.Time
	Face       []contract.FaceLine // public lines
	Signature  Signature
	At         time.Time
	Version    int
	// Newer is set when another version is signed that counts instead or will.
	Newer bool
	// DeemedTo is the last day of a deemed renewal.
	DeemedTo day.Date
	// Copy says what an annotated copy is for; nil for the licence itself.
	Copy *CopyNote
	// Full says that the holder let all lines be seen, names in full.
	Full bool
}

// Good reports whether the licence can be relied on now.
func (v Verification) Good() bool {
	return v.State.usable() && v.Signature.Intact && v.Signature.Trusted && (v.Copy == nil || v.Copy.Good)
}

// Signature is what the check of the signed sheet found.
type Signature struct {
	Signer  string
	At      time.Time
	Intact  bool // content and signature are as they were
	Trusted bool // by an authority we trust
}

// Verify answers to a verification code or an identifier.
func (s *Service) Verify(ctx context.Context, actor auth.Principal, code, channel string) (Verification, error) {
	l, err := s.find(ctx, code)
	if errors.Is(err, ErrNotFound) {
		c, err := s.openCopy(copyByCode(ctx, s.DB, strings.ToUpper(strings.TrimSpace(code))))
		if err != nil {
			return Verification{}, err
		}
		return s.verifiedCopy(ctx, actor, c, ChannelCopy)
	}
	if err != nil {
		return Verification{}, err
	}
	return s.verified(ctx, actor, l, channel)
}

// VerifyNumber answers to an identifier with the printed number that belongs to it.
func (s *Service) VerifyNumber(ctx context.Context, actor auth.Principal, identifier, number string) (Verification, error) {
	l, err := s.find(ctx, identifier)
	if err != nil {
		return Verification{}, err
	}
	if !sameNumber(l.Number, number) {
		return Verification{}, ErrNotFound
	}
	return s.verified(ctx, actor, l, ChannelForm)
}

// find takes a code or an identifier, as typed. One that is not signed yet
// does not exist for the public.
func (s *Service) find(ctx context.Context, text string) (Licence, error) {
	text = strings.ToUpper(strings.Join(strings.Fields(text), ""))
	get := byIdentifier
	if !strings.Contains(text, ".") {
		text, get = strings.ReplaceAll(text, "-", ""), byCode
	}
	l, err := s.open(get(ctx, s.DB, text))
	if err != nil {
		return Licence{}, err
	}
	if l.Blob == "" {
		return Licence{}, ErrNotFound
	}
	return l, nil
}

func (s *Service) verified(ctx context.Context, actor auth.Principal, l Licence, channel string) (Verification, error) {
	data, err := s.sheet(ctx, l)
	if err != nil {
		return Verification{}, err
	}
	if err := s.record(ctx, actor, l, UseVerify, channel); err != nil {
		return Verification{}, err
	}
	return s.answer(l, data)
}

// sheet reads the stored file.
func (s *Service) sheet(ctx context.Context, l Licence) ([]byte, error) {
	body, err := s.Blobs.Open(ctx, string(l.Blob))
	if err != nil {
		return nil, fmt.Errorf("open sheet of %s: %w", l.ID, err)
	}
	defer body.Close() //nolint:errcheck // read only
	data, err := io.ReadAll(io.LimitReader(body, maxSheet))
	if err != nil {
		return nil, fmt.Errorf("read sheet of %s: %w", l.ID, err)
	}
	return data, nil
}

// answer checks the sheet and says the minimum.
func (s *Service) answer(l Licence, data []byte) (Verification, error) {
	now := s.Now()
	v := Verification{
		Name: l.Name, Number: l.Number, Identifier: l.Identifier, Holder: publicName(l.Holder),
		Issuer: l.AgencyName, From: l.From, To: l.To, State: l.StateOn(day.In(now)),
		Reason: l.Reason, Basis: l.Basis, Changed: l.Changed, Face: publicFace(l), At: now,
		Version: l.Version, Newer: l.State == Superseded || !l.Renewed.IsZero(), DeemedTo: l.DeemedTo(),
	}
	r, err := sign.Verify(data, s.Roots)
	if err != nil && !errors.Is(err, sign.ErrUnsigned) && !errors.Is(err, sign.ErrNotPDF) {
		return Verification{}, err
	}
	same := hash(data) == string(l.Blob)
	v.Signature = Signature{
		Signer: r.Signer, At: r.At, Intact: r.Intact && r.WholeFile && same, Trusted: r.Trusted,
	}
	return v, nil
}

// MaxFile bounds a file that somebody hands in to be checked.
const MaxFile = maxSheet

// FileCheck is what we know of a file.
type FileCheck struct {
	// Issued: it is, to the byte, the file of this licence.
	Issued *Verification
	// Otherwise what its signature says by itself.
	Signed  bool
	Altered bool // signed, and changed or extended since
	Ours    bool // signed by an authority we trust
	Signer  string
}

// VerifyFile checks whether a file is one that we issued.
func (s *Service) VerifyFile(ctx context.Context, actor auth.Principal, file io.Reader) (FileCheck, error) {
	data, err := io.ReadAll(io.LimitReader(file, MaxFile+1))
	if err != nil {
		return FileCheck{}, fmt.Errorf("read file: %w", err)
	}
	if len(data) > MaxFile {
		return FileCheck{}, ErrNotOurs
	}
	l, err := s.open(byBlob(ctx, s.DB, hash(data)))
	if err == nil {
		if err := s.record(ctx, actor, l, UseVerify, ChannelFile); err != nil {
			return FileCheck{}, err
		}
		v, err := s.answer(l, data)
		return FileCheck{Issued: &v, Signed: true, Ours: v.Signature.Trusted, Signer: v.Signature.Signer}, err
	}
	if !errors.Is(err, ErrNotFound) {
		return FileCheck{}, err
	}
	c, err := s.openCopy(copyByBlob(ctx, s.DB, hash(data)))
	if err == nil {
		v, err := s.verifiedCopy(ctx, actor, c, ChannelCopy)
		return FileCheck{Issued: &v, Signed: true, Ours: v.Signature.Trusted, Signer: v.Signature.Signer}, err
	}
	if !errors.Is(err, ErrNotFound) {
		return FileCheck{}, err
	}
	r, err := sign.Verify(bytes.Clone(data), s.Roots)
	if errors.Is(err, sign.ErrUnsigned) || errors.Is(err, sign.ErrNotPDF) {
		return FileCheck{}, nil
	}
	if err != nil {
		return FileCheck{}, err
	}
	return FileCheck{Signed: true, Altered: !r.Intact || !r.WholeFile, Ours: r.Trusted, Signer: r.Signer}, nil
}

// Root is the certificate that our signatures lead to, in DER, for those who
// check files offline; nil where the provider of seals publishes its own.
func (s *Service) Root() []byte {
	if p, ok := s.Signers.(interface{ Certificate() []byte }); ok {
		return p.Certificate()
	}
	return nil
}

func hash(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}
