package sms_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"

	"github.com/tongban/tongban/internal/kit/sms"
)

func message() sms.Message {
	return sms.Message{ID: "m-1", To: "13800000001", Text: "已受理", Template: "accept", Params: map[string]string{"item": "卫生许可"}}
}

func TestGatewayGetsKeyIdAndTemplate(t *testing.T) {
	t.Parallel()
	status := http.StatusOK
	var got map[string]any
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer k" || r.Header.Get("Idempotency-Key") != "m-1" {
			t.Errorf("headers %v", r.Header)
		}
		if err := json.NewDecoder(r.Body).Decode(&got); err != nil {
			t.Error(err)
		}
		w.WriteHeader(status)
	}))
	t.Cleanup(srv.Close)
	g, err := sms.NewGateway(srv.URL, "k", map[string]string{"accept": "SMS_1"})
	if err != nil {
		t.Fatal(err)
	}
	if err := g.Send(t.Context(), message()); err != nil || got["template"] != "SMS_1" || got["to"] != "13800000001" || got["text"] != "已受理" {
		t.Errorf("sent %v, %v", got, err)
	}
	for code, final := range map[int]bool{400: true, 422: true, 401: false, 429: false, 500: false} {
		status = code
		if err := g.Send(t.Context(), message()); err == nil || errors.Is(err, sms.ErrRefused) != final {
			t.Errorf("%d: %v", code, err)
		}
	}
}

func TestMalformedNumbersAreRefused(t *testing.T) {
	t.Parallel()
	d, err := sms.NewDrop(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	for _, to := range []string{"", "1380000x", "12345", "+", "1234567890123456"} {
		m := message()
		m.To = to
		if err := d.Send(t.Context(), m); !errors.Is(err, sms.ErrRefused) {
			t.Errorf("%q: %v", to, err)
		}
	}
	m := message()
	m.ID = "../x"
	if err := d.Send(t.Context(), m); !errors.Is(err, sms.ErrRefused) {
		t.Errorf("a path as id: %v", err)
	}
}

func TestDropKeepsOneFileAMessage(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	d, err := sms.NewDrop(dir)
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := d.Send(t.Context(), message()); err != nil {
			t.Fatal(err)
		}
	}
	files, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil || len(files) != 1 {
		t.Fatalf("%v, %v", files, err)
	}
	if b, err := os.ReadFile(files[0]); err != nil || !json.Valid(b) {
		t.Errorf("%s, %v", b, err)
	}
}

func TestSettingsOfTheGateway(t *testing.T) {
	t.Parallel()
	for _, u := range []string{"", "ftp://x", "https://", "://"} {
		if _, err := sms.NewGateway(u, "", nil); err == nil {
			t.Errorf("%q is taken", u)
		}
	}
}
