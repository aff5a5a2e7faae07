// Package webhook posts signed JSON to addresses that strangers chose.
//
// Such an address must not lead into our own network (server-side request
// forgery): the check is made on the IP address at the moment of connecting, so
// that no name, redirect or change of DNS gets around it.
//
// The receiver verifies, with the secret that only both know,
//
//	Tongban-Signature: v1=hex(HMAC-SHA256(secret, timestamp + "." + body))
//
// where timestamp is the text of the header Tongban-Timestamp (Unix seconds),
// and refuses what is older than five minutes. Tongban-Id is the same for every
// attempt, to tell a repetition.
package webhook

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"syscall"
	"time"

	"github.com/tongban/tongban/internal/kit/fault"
)

// How a delivery can fail. Any other error is worth a retry.
var (
	// ErrAddress means that the address is none we post to: https is needed.
	ErrAddress = fault.New(fault.Invalid, "webhook.address")
	// ErrBlocked means that the address leads into a network that is not public.
	ErrBlocked = fault.New(fault.Invalid, "webhook.blocked")
	// ErrRefused means that the receiver will never take it (410 Gone).
	ErrRefused = fault.New(fault.Invalid, "webhook.refused")
)

// Names of the headers.
const (
	HeaderID        = "Tongban-Id"
	HeaderTimestamp = "Tongban-Timestamp"
	HeaderSignature = "Tongban-Signature"
)

const (
	timeout   = 10 * time.Second
	maxURL    = 500
	maxAnswer = 64 << 10
)

// Call is one delivery.
type Call struct {
	ID     string // the same for every attempt
	URL    string
	Secret string
	Body   []byte // JSON
	At     time.Time
}

// Sender posts calls.
type Sender struct {
	client  *http.Client
	allowed []netip.Prefix
}

// New returns a Sender. Addresses in the allowed networks may be private and
// need no TLS: for receivers inside a government's own network.
func New(allowed []netip.Prefix) *Sender {
	s := &Sender{allowed: allowed}
	dialer := &net.Dialer{Timeout: timeout, Control: s.control}
	s.client = &http.Client{
		Timeout: timeout,
		Transport: &http.Transport{
			Proxy: nil, DialContext: dialer.DialContext, TLSHandshakeTimeout: timeout,
			ResponseHeaderTimeout: timeout, DisableKeepAlives: true, MaxResponseHeaderBytes: maxAnswer,
		},
		// Where a redirect leads, its owner did not register.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	return s
}

// control is called with the IP address that is about to be connected to.
func (s *Sender) control(_, address string, _ syscall.RawConn) error {
	at, err := netip.ParseAddrPort(address)
	if err != nil {
		return ErrBlocked.Wrap(err)
	}
	if s.within(at.Addr()) || Public(at.Addr()) {
		return nil
	}
	return ErrBlocked
}

func (s *Sender) within(a netip.Addr) bool {
	for _, n := range s.allowed {
		if n.Contains(a.Unmap()) {
			return true
		}
	}
	return false
}

// special are the networks that are not part of the public Internet, or that
// carry an address of another family in them (RFC 6890 and its successors).
var special = []netip.Prefix{
	netip.MustParsePrefix("0.0.0.0/8"), netip.MustParsePrefix("100.64.0.0/10"), netip.MustParsePrefix("192.0.0.0/24"),
	netip.MustParsePrefix("192.0.2.0/24"), netip.MustParsePrefix("192.88.99.0/24"), netip.MustParsePrefix("198.18.0.0/15"),
	netip.MustParsePrefix("198.51.100.0/24"), netip.MustParsePrefix("203.0.113.0/24"), netip.MustParsePrefix("240.0.0.0/4"),
	netip.MustParsePrefix("64:ff9b::/96"), netip.MustParsePrefix("64:ff9b:1::/48"), netip.MustParsePrefix("100::/64"),
	netip.MustParsePrefix("2001::/23"), netip.MustParsePrefix("2001:db8::/32"), netip.MustParsePrefix("2002::/16"),
	netip.MustParsePrefix("fec0::/10"),
}

// Public reports whether an address belongs to the public Internet.
func Public(a netip.Addr) bool {
	a = a.Unmap().WithZone("")
	if !a.IsGlobalUnicast() || a.IsPrivate() || a.IsLoopback() || a.IsLinkLocalUnicast() {
		return false
	}
	for _, n := range special {
		if n.Contains(a) {
			return false
		}
	}
	return true
}

// Check returns a fault for an address that is never posted to. That a name does
// not lead into a private network is known only when it is connected to.
func (s *Sender) Check(address string) error {
	u, err := url.Parse(address)
	if err != nil || len(address) > maxURL || u.Hostname() == "" || u.User != nil || u.Opaque != "" || u.Fragment != "" {
		return ErrAddress.Wrap(err)
	}
	ip, err := netip.ParseAddr(u.Hostname())
	switch {
	case err == nil && s.within(ip):
		if u.Scheme != "https" && u.Scheme != "http" {
			return ErrAddress
		}
		return nil
	case u.Scheme != "https":
		return ErrAddress
	case err == nil && !Public(ip):
		return ErrBlocked
	}
	return nil
}

// Send posts a call. It returns nil once the receiver answered with a 2xx status.
func (s *Sender) Send(ctx context.Context, c Call) error {
	if err := s.Check(c.URL); err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.URL, bytes.NewReader(c.Body))
	if err != nil {
		return ErrAddress.Wrap(err)
	}
	stamp := strconv.FormatInt(c.At.Unix(), 10)
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("User-Agent", "Tongban-Webhook/1")
	req.Header.Set(HeaderID, c.ID)
	req.Header.Set(HeaderTimestamp, stamp)
	req.Header.Set(HeaderSignature, Sign(c.Secret, stamp, c.Body))
	res, err := s.client.Do(req)
	if errors.Is(err, ErrBlocked) {
		return ErrBlocked.Wrap(err)
	}
	if err != nil {
		return fmt.Errorf("post webhook: %w", err)
	}
	defer res.Body.Close() //nolint:errcheck // read only
	_, _ = io.Copy(io.Discard, io.LimitReader(res.Body, maxAnswer))
	switch {
	case res.StatusCode >= 200 && res.StatusCode < 300:
		return nil
	case res.StatusCode == http.StatusGone:
		return ErrRefused
	}
	return &StatusError{res.StatusCode}
}

// StatusError is an answer that is not 2xx.
type StatusError struct{ Code int }

func (e *StatusError) Error() string { return "webhook answers " + strconv.Itoa(e.Code) }

// Sign returns the value of the signature's header.
func Sign(secret, timestamp string, body []byte) string {
	m := hmac.New(sha256.New, []byte(secret))
	m.Write([]byte(timestamp))
	m.Write([]byte{'.'})
	m.Write(body)
	return "v1=" + hex.EncodeToString(m.Sum(nil))
}
