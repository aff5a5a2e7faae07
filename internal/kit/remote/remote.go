// Package remote asks another system over HTTPS: JSON there, JSON back, within
// bounds of time and size. It follows no redirects: the key is for one address.
package remote

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"time"
)

// maxAnswer bounds what the other system may send.
const maxAnswer = 256 << 10

// Endpoint is one address of another system.
type Endpoint struct {
	url, key string
	client   *http.Client
}

// New returns the endpoint at an address; key goes into "Authorization: Bearer",
// "" sends none. Plain HTTP is for a system on this machine alone.
func New(address, key string, timeout time.Duration) (*Endpoint, error) {
	u, err := url.Parse(address)
	if err != nil {
		return nil, fmt.Errorf("address %q: %w", address, err)
	}
	if u.Host == "" || u.Scheme != "https" && (u.Scheme != "http" || !local(u.Hostname())) {
		return nil, fmt.Errorf("address %q: https is needed", address)
	}
	return &Endpoint{url: u.String(), key: key, client: &http.Client{
		Timeout:       timeout,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}, nil
}

func local(host string) bool { return host == "localhost" || host == "127.0.0.1" || host == "::1" }

// Post sends in and reads the answer into out. Whatever is not a 200 with one
// JSON value of a bounded size is an error, which never holds what was sent.
func (e *Endpoint) Post(ctx context.Context, in, out any) error {
	body, err := json.Marshal(in)
	if err != nil {
		return fmt.Errorf("write question: %w", err)
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, e.url, bytes.NewReader(body))
	if err != nil {
		return fmt.Errorf("write question: %w", err)
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Accept", "application/json")
	if e.key != "" {
		r.Header.Set("Authorization", "Bearer "+e.key)
	}
	res, err := e.client.Do(r)
	if err != nil {
		return fmt.Errorf("ask: %w", err)
	}
	defer func() { _ = res.Body.Close() }()
	if res.StatusCode != http.StatusOK {
		return fmt.Errorf("answered %d", res.StatusCode)
	}
	if kind, _, err := mime.ParseMediaType(res.Header.Get("Content-Type")); err != nil || kind != "application/json" {
		return fmt.Errorf("answered %q, not JSON", res.Header.Get("Content-Type"))
	}
	return read(res.Body, out)
}

func read(body io.Reader, out any) error {
	text, err := io.ReadAll(io.LimitReader(body, maxAnswer+1))
	if err != nil {
		return fmt.Errorf("read answer: %w", err)
	}
	if len(text) > maxAnswer {
		return errors.New("the answer is too long")
	}
	if err := json.Unmarshal(text, out); err != nil {
		return errors.New("the answer is not the JSON that was agreed") // never what stands in it
	}
	return nil
}
