// Package sms sends short messages: through the HTTP gateway of a provider, or
// into a folder where somebody trying the product can read them.
package sms

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/tongban/tongban/internal/kit/fault"
)

// ErrRefused means that this message will never be taken: a malformed number or
// a gateway's final no. Any other error is worth a retry.
var ErrRefused = fault.New(fault.Invalid, "sms.refused")

// Message is one short message to one person.
type Message struct {
	// ID is the same for every attempt to send this message, so that a gateway
	// can tell a repetition: letters, digits and hyphens.
	ID   string
	To   string // mobile number
	Text string
	// Template names the text with the operator, who in China approves texts
	// beforehand; Params are what is filled in.
	Template string
	Params   map[string]string
	At       time.Time
}

// Sender sends messages.
type Sender interface {
	Send(ctx context.Context, m Message) error
}

// check refuses what no gateway would take, without telling the number: it would
// reach the log.
func (m Message) check() error {
	if m.ID == "" || strings.Trim(m.ID, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-") != "" {
		return ErrRefused.Wrap(errors.New("malformed message id"))
	}
	digits := strings.TrimPrefix(m.To, "+")
	if len(digits) < 6 || len(digits) > 15 || strings.Trim(digits, "0123456789") != "" { // ITU-T E.164
		return ErrRefused.Wrap(errors.New("malformed number"))
	}
	return nil
}

// body is the message as the gateway gets it.
type body struct {
	ID       string            `json:"id"`
	To       string            `json:"to"`
	Template string            `json:"template,omitempty"`
	Params   map[string]string `json:"params,omitempty"`
	Text     string            `json:"text"`
}

// Gateway posts each message as JSON to an address, with a key as bearer token
// and the message's id as idempotency key.
type Gateway struct {
	url, key  string
	templates map[string]string
	client    *http.Client
}

// NewGateway checks the settings; it does not connect. Templates gives the
// provider's id of a template by our name of it.
func NewGateway(address, key string, templates map[string]string) (*Gateway, error) {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
		return nil, errors.New("sms gateway: an http(s) address is needed")
	}
	return &Gateway{address, key, templates, &http.Client{Timeout: 20 * time.Second}}, nil
}

// Send implements Sender. It returns nil once the gateway has taken the message.
func (g *Gateway) Send(ctx context.Context, m Message) error {
	if err := m.check(); err != nil {
		return err
	}
	data, err := json.Marshal(body{m.ID, m.To, g.templates[m.Template], m.Params, m.Text})
	if err != nil {
		return fmt.Errorf("write sms: %w", err)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, g.url, bytes.NewReader(data))
	if err != nil {
		return fmt.Errorf("sms gateway: %w", err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Idempotency-Key", m.ID)
	if g.key != "" {
		req.Header.Set("Authorization", "Bearer "+g.key)
	}
	res, err := g.client.Do(req)
	if err != nil {
		return fmt.Errorf("sms gateway: %w", err)
	}
	defer res.Body.Close() //nolint:errcheck // read only
	_, _ = io.Copy(io.Discard, io.LimitReader(res.Body, 64<<10))
	switch {
	case res.StatusCode < 300:
		return nil
	case res.StatusCode == http.StatusBadRequest || res.StatusCode == http.StatusNotFound || res.StatusCode == http.StatusUnprocessableEntity:
		return ErrRefused.Wrap(fmt.Errorf("gateway answers %d", res.StatusCode))
	}
	// A wrong key or a limit is ours to mend: the message can still go.
	return fmt.Errorf("sms gateway answers %d", res.StatusCode)
}

// Drop writes each message to a folder as "<id>.json".
type Drop struct{ dir string }

// NewDrop returns a Drop into dir, which is made if need be.
func NewDrop(dir string) (*Drop, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("sms folder: %w", err)
	}
	return &Drop{dir}, nil
}

// Send implements Sender. A repetition replaces the file.
func (d *Drop) Send(_ context.Context, m Message) error {
	if err := m.check(); err != nil {
		return err
	}
	data, err := json.MarshalIndent(body{m.ID, m.To, m.Template, m.Params, m.Text}, "", "  ")
	if err != nil {
		return fmt.Errorf("write sms: %w", err)
	}
	place := filepath.Join(d.dir, m.ID+".json")
	if err := os.WriteFile(place+".tmp", append(data, '\n'), 0o600); err != nil {
		return fmt.Errorf("write sms: %w", err)
	}
	if err := os.Rename(place+".tmp", place); err != nil {
		return fmt.Errorf("write sms: %w", err)
	}
	return nil
}
