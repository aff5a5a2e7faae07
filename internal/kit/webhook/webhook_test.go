package webhook_test

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/tongban/tongban/internal/kit/webhook"
)

var local = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("::1/128")}

// TestSignatureIsWhatOpensslComputes compares with the file that openssl made:
// openssl dgst -sha256 -hmac geheim < testdata/signed.txt
func TestSignatureIsWhatOpensslComputes(t *testing.T) {
	t.Parallel()
	signed, err := os.ReadFile("testdata/signed.txt")
	if err != nil {
		t.Fatal(err)
	}
	golden, err := os.ReadFile("testdata/signature.txt")
	if err != nil {
		t.Fatal(err)
	}
	stamp, body, _ := strings.Cut(string(signed), ".")
	got := webhook.Sign("geheim", stamp, []byte(body))
	if got != "v1="+strings.TrimSpace(string(golden)) {
		t.Errorf("got %s, openssl %s", got, golden)
	}
	if _, err := exec.LookPath("openssl"); err != nil && os.Getenv("CI") == "" {
		t.Skip("openssl is not here; the golden file was compared")
	}
	cmd := exec.CommandContext(t.Context(), "openssl", "dgst", "-sha256", "-hmac", "geheim")
	cmd.Stdin = strings.NewReader(string(signed))
	out, err := cmd.Output()
	if err != nil || !strings.HasSuffix(strings.TrimSpace(string(out)), strings.TrimPrefix(got, "v1=")) {
		t.Errorf("openssl says %s, %v", out, err)
	}
}

func TestReceiverCanVerify(t *testing.T) {
	t.Parallel()
	status := http.StatusNoContent
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil || r.Header.Get(webhook.HeaderSignature) != webhook.Sign("s", r.Header.Get(webhook.HeaderTimestamp), body) ||
			r.Header.Get(webhook.HeaderTimestamp) != "1795492800" || r.Header.Get(webhook.HeaderID) != "m1" {
			t.Errorf("headers %v, body %s, %v", r.Header, body, err)
		}
		w.Header().Set("Location", "http://127.0.0.1:1/")
		w.WriteHeader(status)
	}))
	t.Cleanup(srv.Close)
	c := webhook.Call{ID: "m1", URL: srv.URL, Secret: "s", Body: []byte(`{"a":1}`), At: time.Date(2026, 11, 24, 4, 0, 0, 0, time.UTC)}
	s := webhook.New(local)
	if err := s.Send(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	for _, code := range []int{302, 400, 500} { // a redirect is not followed
		status = code
		var e *webhook.StatusError
		if err := s.Send(t.Context(), c); !errors.As(err, &e) || e.Code != code {
			t.Errorf("%d: %v", code, err)
		}
	}
	status = http.StatusGone
	if err := s.Send(t.Context(), c); !errors.Is(err, webhook.ErrRefused) {
		t.Errorf("gone: %v", err)
	}
}

func TestNobodyReachesOurNetwork(t *testing.T) {
	t.Parallel()
	s := webhook.New(nil)
	for address, want := range map[string]error{
		"https://127.0.0.1/":                        webhook.ErrBlocked,
		"https://10.0.0.1/":                         webhook.ErrBlocked,
		"https://172.16.3.4:8443/x":                 webhook.ErrBlocked,
		"https://192.168.1.1/":                      webhook.ErrBlocked,
		"https://169.254.169.254/latest":            webhook.ErrBlocked, // the metadata of clouds
		"https://100.64.0.1/":                       webhook.ErrBlocked,
		"https://0.0.0.0/":                          webhook.ErrBlocked,
		"https://224.0.0.1/":                        webhook.ErrBlocked,
		"https://255.255.255.255/":                  webhook.ErrBlocked,
		"https://[::1]/":                            webhook.ErrBlocked,
		"https://[fd00::1]/":                        webhook.ErrBlocked,
		"https://[fe80::1]/":                        webhook.ErrBlocked,
		"https://[::ffff:127.0.0.1]/":               webhook.ErrBlocked,
		"https://[::ffff:10.0.0.1]/":                webhook.ErrBlocked,
		"https://[64:ff9b::7f00:1]/":                webhook.ErrBlocked,
		"https://[2002:7f00:1::]/":                  webhook.ErrBlocked,
		"http://example.org/":                       webhook.ErrAddress, // no TLS
		"ftp://example.org/":                        webhook.ErrAddress,
		"https://user:secret@example.org/":          webhook.ErrAddress,
		"https://":                                  webhook.ErrAddress,
		"javascript:alert(1)":                       webhook.ErrAddress,
		"https://example.org/#x":                    webhook.ErrAddress,
		"https://e.org/" + strings.Repeat("a", 500): webhook.ErrAddress,
		"https://example.org/hook?a=b":              nil,
		"https://93.184.216.34/":                    nil,
		"https://[2606:2800:220:1::1]:8443/":        nil,
	} {
		if err := s.Check(address); !errors.Is(err, want) || (err == nil) != (want == nil) {
			t.Errorf("%s: %v, want %v", address, err, want)
		}
	}
}

// TestANameThatLeadsInsideIsBlocked: the name passes the check, its address does not.
func TestANameThatLeadsInsideIsBlocked(t *testing.T) {
	t.Parallel()
	reached := false
	srv := httptest.NewTLSServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { reached = true }))
	t.Cleanup(srv.Close)
	at := strings.Replace(srv.URL, "127.0.0.1", "localhost", 1)
	s := webhook.New(nil)
	if err := s.Check(at); err != nil {
		t.Fatal(err)
	}
	if err := s.Send(t.Context(), webhook.Call{ID: "x", URL: at}); !errors.Is(err, webhook.ErrBlocked) || reached {
		t.Errorf("reached %v, %v", reached, err)
	}
}
