package event

import (
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/gowebpki/jcs"
)

// ErrErased means that the salt is gone, and with it the way to show what the
// leaf was the hash of.
var ErrErased = errors.New("the salt of this event was erased")

// leafRecord is what is hashed: every field, in RFC 8785 form. It never
// changes; another form would be another version.
type leafRecord struct {
	V         int             `json:"v"`
	ID        string          `json:"id"`
	Name      string          `json:"name"`
	At        string          `json:"at"` // UTC, six decimals: 2026-11-24T01:02:03.000004Z
	ActorKind string          `json:"actorKind"`
	Actor     string          `json:"actor"`
	ActorName string          `json:"actorName"`
	Subject   string          `json:"subject"`
	Object    string          `json:"object"`
	Purpose   string          `json:"purpose"`
	Basis     string          `json:"basis"`
	Body      json.RawMessage `json:"body"`
}

// Record returns the canonical JSON (RFC 8785) of the whole event: what a
// receipt shows and the leaf covers. Its members are v (1), id, name, at (UTC
// with six decimals), actorKind, actor, actorName, subject, object, purpose,
// basis (all strings, empty when there is none) and body (the event).
func (r Recorded) Record() ([]byte, error) {
	return canonical(leafRecord{
		V: 1, ID: r.ID, Name: r.Name, At: r.At.UTC().Format("2006-01-02T15:04:05.000000Z"),
		ActorKind: string(r.ActorKind), Actor: r.ActorID, ActorName: r.ActorName,
		Subject: r.Subject, Object: r.Object, Purpose: r.Purpose, Basis: r.Basis, Body: r.Body,
	})
}

// Hash computes the leaf of the transparency log:
//
//	SHA-256( 0x00 || salt || record )
//
// with the 16 random bytes of Salt and the bytes of Record. The 0x00 is the
// leaf prefix of RFC 6962 section 2.1, so the tree's leaf data is salt||record.
// Without the salt the hash tells nothing about the record, not even to one who
// guesses it.
func (r Recorded) Hash() ([]byte, error) {
	if len(r.Salt) == 0 {
		return nil, ErrErased
	}
	record, err := r.Record()
	if err != nil {
		return nil, err
	}
	h := sha256.New()
	h.Write([]byte{0})
	h.Write(r.Salt)
	h.Write(record)
	return h.Sum(nil), nil
}

func canonical(v any) ([]byte, error) {
	raw, err := json.Marshal(v)
	if err != nil {
		return nil, err
	}
	out, err := jcs.Transform(raw)
	if err != nil {
		return nil, fmt.Errorf("canonical JSON: %w", err)
	}
	return out, nil
}
