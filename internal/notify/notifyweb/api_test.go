package notifyweb_test

import (
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/tongban/tongban/internal/kit/api"
	"github.com/tongban/tongban/internal/kit/auth"
	"github.com/tongban/tongban/internal/kit/id"
	"github.com/tongban/tongban/internal/kit/web"
	"github.com/tongban/tongban/internal/kit/webtest"
	"github.com/tongban/tongban/internal/notify/notifytest"
	"github.com/tongban/tongban/internal/notify/notifyweb"
)

func TestChoicesByTheInterface(t *testing.T) {
	t.Parallel()
	now := func() time.Time { return webtest.Now }
	s, engine := notifytest.Open(t, now, web.NewTexts(notifyweb.Texts).T, moved("accept"))
	actors := map[string]auth.Principal{
		"lin": {Kind: auth.Resident, ID: "lin"}, "clerk": {Kind: auth.Staff, ID: "clerk", Roles: []string{auth.RoleClerk}},
	}
	mux := http.NewServeMux()
	a := api.New(api.Config{
		Mux: mux, Policy: engine, Log: slog.New(slog.DiscardHandler), NewID: id.New,
		Actor:  func(r *http.Request) (auth.Principal, error) { return actors[r.Header.Get("X-Actor")], nil },
		Locale: func(*http.Request) string { return "en" },
		Text:   func(_, key string, _ ...any) string { return key },
	})
	notifyweb.API(a, s)
	if unknown := a.Unknown(); len(unknown) > 0 {
		t.Errorf("no policy for %v", unknown)
	}
	do := func(actor, method, path, body string) (int, string) {
		r := httptest.NewRequestWithContext(t.Context(), method, "/api/v1"+path, strings.NewReader(body))
		r.Header.Set("X-Actor", actor)
		r.Header.Set("Content-Type", "application/json")
		w := httptest.NewRecorder()
		mux.ServeHTTP(w, r)
		return w.Code, w.Body.String()
	}
	const choice = `{"locale":"en","quiet":true,"from":"21:00","to":"07:30","off":{"sms":["progress"]}}`
	for _, x := range []struct {
		name, actor, method, path, body string
		want                            int
		has                             string
	}{
		{"standard", "lin", "GET", "/notice-choices", "", 200, `"locked":"mail"`},
		{"choose", "lin", "PUT", "/notice-choices", choice, 200, `"sms":["progress"]`},
		{"kept", "lin", "GET", "/notice-choices", "", 200, `"from":"21:00"`},
		{"no such hour", "lin", "PUT", "/notice-choices", strings.Replace(choice, "21:00", "25:00", 1), 422, "notify.choice.clock"},
		{"an official", "clerk", "GET", "/notice-choices", "", 200, `"off":{}`},
		{"an official chooses", "clerk", "PUT", "/notice-choices", strings.Replace(choice, `"off":{`, `"on":{"mail":["cards","progress"]},"off":{`, 1), 200, `"on":{"mail":["cards"]}`},
		{"not for residents", "lin", "PUT", "/notice-choices", strings.Replace(choice, `"off":{`, `"on":{"mail":["cards"]},"off":{`, 1), 200, `"off":{"sms":["progress"]}`},
		{"nobody", "", "GET", "/notice-choices", "", 401, ""},
		{"inside", "lin", "PUT", "/webhook", `{"url":"https://10.0.0.1/"}`, 422, "webhook.blocked"},
		{"webhook", "lin", "PUT", "/webhook", `{"url":"https://example.org/h"}`, 200, `"secret":"`},
		{"drop", "lin", "DELETE", "/webhook", "", 204, ""},
		{"how messages went", "lin", "GET", "/notices", "", 200, `"channel":"sms","class":"refused"`},
	} {
		code, body := do(x.actor, x.method, x.path, x.body)
		compact := body
		var v any
		if json.Unmarshal([]byte(body), &v) == nil {
			b, err := json.Marshal(v)
			if err != nil {
				t.Fatal(err)
			}
			compact = string(b)
		}
		if code != x.want || !strings.Contains(compact, x.has) {
			t.Errorf("%s: %d %s", x.name, code, compact)
		}
	}
}
