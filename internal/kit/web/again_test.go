package web

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/tongban/tongban/internal/kit/fault"
)

// What was typed is on the page of an outage, unless it is none of a page's business.
func TestAnOutageKeepsWhatWasTyped(t *testing.T) {
	t.Parallel()
	outage := fault.New(fault.Unavailable, "db.unavailable").Wrap(errors.New("disk full"))
	typed := url.Values{"opinion": {"齐全 <b>"}, "marks": {"a", "b"}}
	for name, c := range map[string]struct {
		method string
		form   url.Values
		err    error
		kept   bool
	}{
		"a step":             {http.MethodPost, typed, outage, true},
		"a page":             {http.MethodGet, typed, outage, false},
		"another fault":      {http.MethodPost, typed, fault.New(fault.Conflict, "casework.stale"), false},
		"who knows":          {http.MethodPost, typed, fault.New(fault.Unavailable, "db.uncertain"), false},
		"a password":         {http.MethodPost, url.Values{"username": {"lin"}, "new_password": {"x"}}, outage, false},
		"more than fits":     {http.MethodPost, url.Values{"opinion": {strings.Repeat("a", keptBytes)}}, outage, false},
		"an error of ours":   {http.MethodPost, typed, errors.New("bug"), false},
		"a form of one knob": {http.MethodPost, url.Values{}, outage, true},
	} {
		r := httptest.NewRequestWithContext(t.Context(), c.method, "/staff/cases/1/accept?from=list", strings.NewReader(c.form.Encode()))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		if _, err := ReadForm(httptest.NewRecorder(), r, 2<<20); err != nil {
			t.Fatal(err)
		}
		got := keep(r, c.err)
		if (got != nil) != c.kept {
			t.Errorf("%s: kept %+v", name, got)
		}
		if name != "a step" || got == nil {
			continue
		}
		want := [][2]string{{"marks", "a"}, {"marks", "b"}, {"opinion", "齐全 <b>"}}
		if got.Action != "/staff/cases/1/accept?from=list" || !slices.Equal(got.Fields, want) {
			t.Errorf("kept %+v", got)
		}
	}
}
