package event_test

import (
	"encoding/json"
	"testing"

	"github.com/gowebpki/jcs"

	"github.com/tongban/tongban/internal/kit/event"
)

// The record is what the general transformation of RFC 8785 makes of it,
// whatever stands in its texts.
func FuzzRecord(f *testing.F) {
	f.Add("何敏", "<a&b>\"\\/\u2028\x7f", "\x00\b\t\n\v\f\r\x1f", "\xff\xc3", `{"b":1e3,"a":"<\u4e2d>"}`)
	f.Fuzz(func(t *testing.T, who, object, purpose, basis, body string) {
		if !json.Valid([]byte(body)) {
			return
		}
		if _, err := jcs.Transform([]byte(body)); err != nil {
			return
		}
		rec := event.Recorded{ID: "0193", Name: "n", At: noon, ActorName: who, Object: object, Purpose: purpose, Basis: basis, Body: []byte(body)}
		raw, err := json.Marshal(map[string]any{
			"v": 1, "id": "0193", "name": "n", "at": "2026-11-24T04:00:00.000001Z", "actorKind": "", "actor": "", "actorName": who,
			"subject": "", "object": object, "purpose": purpose, "basis": basis, "body": json.RawMessage(body),
		})
		if err != nil {
			t.Fatal(err)
		}
		want, err := jcs.Transform(raw)
		if err != nil {
			t.Fatal(err)
		}
		got, err := rec.Record()
		if err != nil || string(got) != string(want) {
			t.Errorf("%v\n%s\n%s", err, got, want)
		}
	})
}
