package event

import (
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"unicode/utf8"

	"github.com/gowebpki/jcs"
)

// ErrErased means that the salt is gone, and with it the way to show what the
// leaf was the hash of.
var ErrErased = errors.New("the salt of this event was erased")

// Record returns the canonical JSON (RFC 8785) of the whole event: what a
// receipt shows and the leaf covers. Its members are v (the number 1), id, name,
// at (UTC with six decimals: 2026-11-24T01:02:03.000004Z), actorKind, actor,
// actorName, subject, object, purpose, basis (all texts, empty when there is
// none) and body (the event). An event of somebody who acted for another has two
// more, mandate and onBehalfOf, and v is the number 2. Neither form ever changes;
// another would have another v.
func (r Recorded) Record() ([]byte, error) {
	body, err := jcs.Transform(r.Body)
	if err != nil {
		return nil, fmt.Errorf("canonical JSON: %w", err)
	}
	return r.record(body), nil
}

// record writes the members in the order of RFC 8785 section 3.2.3. The general
// transformation of the whole would take half the time of a transaction.
func (r Recorded) record(canonicalBody []byte) []byte {
	b := make([]byte, 0, 400+len(canonicalBody))
	member := func(name, value string) {
		b = append(b, ',', '"')
		b = append(b, name...)
		b = append(b, '"', ':')
		b = appendText(b, value)
	}
	b = appendText(append(b, `{"actor":`...), r.ActorID)
	member("actorKind", string(r.ActorKind))
	member("actorName", r.ActorName)
	member("at", r.At.UTC().Format("2006-01-02T15:04:05.000000Z"))
	member("basis", r.Basis)
	b = append(append(b, `,"body":`...), canonicalBody...)
	member("id", r.ID)
	acting := r.OnBehalfOf != "" || r.Mandate != ""
	if acting {
		member("mandate", r.Mandate)
	}
	member("name", r.Name)
	member("object", r.Object)
	if acting {
		member("onBehalfOf", r.OnBehalfOf)
	}
	member("purpose", r.Purpose)
	member("subject", r.Subject)
	if acting {
		return append(b, `,"v":2}`...)
	}
	return append(b, `,"v":1}`...)
}

// appendText writes a JSON string as RFC 8785 section 3.2.2.2 wants it: escaped
// is only what must be, in its shortest form.
func appendText(b []byte, s string) []byte {
	b = append(b, '"')
	for _, c := range s { // what is no UTF-8 becomes U+FFFD, as in encoding/json
		switch {
		case c == '"' || c == '\\':
			b = append(b, '\\', byte(c))
		case c >= ' ':
			b = utf8.AppendRune(b, c)
		case c >= '\b' && c <= '\r' && c != '\v':
			b = append(b, '\\', "btn.fr"[c-'\b'])
		default:
			b = fmt.Appendf(b, "\\u%04x", c)
		}
	}
	return append(b, '"')
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
	return leaf(r.Salt, record), nil
}

func leaf(salt, record []byte) []byte {
	h := sha256.New()
	h.Write([]byte{0})
	h.Write(salt)
	h.Write(record)
	return h.Sum(nil)
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
