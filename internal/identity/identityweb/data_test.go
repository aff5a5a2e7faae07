package identityweb

import (
	"encoding/json"
	"testing"
)

// What staff read and why is told in words: also what other areas record.
func TestEachUseIsToldInWords(t *testing.T) {
	t.Parallel()
	for _, file := range []string{"locale/zh-CN.json", "locale/en.json"} {
		body, err := Texts.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var texts map[string]any
		if err := json.Unmarshal(body, &texts); err != nil {
			t.Fatal(err)
		}
		for _, purpose := range []string{"acceptance", "check", "counter", "delivery", "expert review", "inquiry", "opinion", "review", "stuck", "supervision"} {
			if texts["identity.data.purpose."+purposes[purpose]] == nil {
				t.Errorf("%s: %q is shown to people as it is", file, purpose)
			}
		}
		for kind, name := range whats {
			if texts["identity.data.what."+name] == nil {
				t.Errorf("%s: no word for %q", file, kind)
			}
		}
	}
}
