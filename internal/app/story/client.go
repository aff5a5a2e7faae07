package story

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"

	"github.com/tongban/tongban/internal/kit/api"
)

// person sends requests as somebody who has signed in.
type person struct {
	handler http.Handler
	token   string
}

// as signs a demonstration account in, as any program would.
func (x *tale) as(ctx context.Context, username string) (person, error) {
	x.pass()
	p := person{handler: x.town.Handler}
	var accounts []struct{ Username, Password, Code string }
	if err := p.call(ctx, http.MethodGet, "/demo/accounts", nil, &accounts); err != nil {
		return p, err
	}
	for _, a := range accounts {
		if a.Username != username {
			continue
		}
		in := map[string]any{"username": a.Username, "password": a.Password}
		if a.Code != "" {
			in["code"] = a.Code
		}
		var session struct{ Token string }
		if err := p.call(ctx, http.MethodPost, "/session", in, &session); err != nil {
			return p, err
		}
		p.token = session.Token
		return p, nil
	}
	return p, fmt.Errorf("no account %q", username)
}

// call sends JSON and reads JSON; whatever is not a success is an error.
func (p person) call(ctx context.Context, method, path string, in, out any) error {
	var body bytes.Buffer
	if in != nil {
		if err := json.NewEncoder(&body).Encode(in); err != nil {
			return err
		}
	}
	answer, err := p.send(ctx, method, path, "application/json", body.Bytes())
	if err != nil || out == nil {
		return err
	}
	return json.Unmarshal(answer, out)
}

// upload sends a file.
func (p person) upload(ctx context.Context, path, name, kind string, content []byte) error {
	_, err := p.send(ctx, http.MethodPost, path+"name="+url.QueryEscape(name), kind, content)
	return err
}

func (p person) send(ctx context.Context, method, path, kind string, body []byte) ([]byte, error) {
	r, err := http.NewRequestWithContext(ctx, method, api.Prefix+path, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	r.RemoteAddr = "127.0.0.1:1"
	r.Header.Set("Accept-Language", "zh-CN")
	r.Header.Set("Content-Type", kind)
	if p.token != "" {
		r.Header.Set("Authorization", "Bearer "+p.token)
	}
	w := httptest.NewRecorder()
	p.handler.ServeHTTP(w, r)
	if w.Code >= http.StatusMultipleChoices {
		return nil, fmt.Errorf("%s %s: %d %s", method, path, w.Code, w.Body)
	}
	return w.Body.Bytes(), nil
}
