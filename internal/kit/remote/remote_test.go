package remote_test

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/tongban/tongban/internal/kit/remote"
)

type answer struct {
	Facts []string `json:"facts"`
}

func TestPost(t *testing.T) {
	t.Parallel()
	hang := make(chan struct{})
	mux := http.NewServeMux()
	reply := func(path, kind, body string, status int) {
		mux.HandleFunc("POST "+path, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", kind)
			w.WriteHeader(status)
			_, _ = w.Write([]byte(body))
		})
	}
	mux.HandleFunc("POST /right", func(w http.ResponseWriter, r *http.Request) {
		var in map[string]string
		if err := json.NewDecoder(r.Body).Decode(&in); err != nil || in["number"] != "1" || r.Header.Get("Authorization") != "Bearer k1" {
			w.WriteHeader(http.StatusForbidden)
			return
		}
		w.Header().Set("Content-Type", "application/json; charset=utf-8")
		_, _ = w.Write([]byte(`{"facts":["a"]}`))
	})
	mux.HandleFunc("POST /slow", func(_ http.ResponseWriter, r *http.Request) {
		select {
		case <-hang:
		case <-r.Context().Done():
		}
	})
	mux.HandleFunc("POST /elsewhere", func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "/right", http.StatusTemporaryRedirect)
	})
	reply("/broken", "application/json", `{"facts":[`, 200)
	reply("/other", "application/json", `{"facts":{"a":1}}`, 200)
	reply("/page", "text/html", `<p>login</p>`, 200)
	reply("/fault", "application/json", `{}`, 500)
	reply("/huge", "application/json", `{"facts":["`+strings.Repeat("x", 300<<10)+`"]}`, 200)
	s := httptest.NewServer(mux)
	t.Cleanup(s.Close)
	t.Cleanup(func() { close(hang) })
	for path, ok := range map[string]bool{
		"/right": true, "/slow": false, "/elsewhere": false, "/broken": false, "/other": false, "/page": false, "/fault": false, "/huge": false, "/none": false,
	} {
		patience := time.Minute // a busy machine answers late
		if path == "/slow" {
			patience = 100 * time.Millisecond
		}
		e, err := remote.New(s.URL+path, "k1", patience)
		if err != nil {
			t.Fatal(err)
		}
		var out answer
		err = e.Post(t.Context(), map[string]string{"number": "1"}, &out)
		if (err == nil) != ok || ok && len(out.Facts) != 1 {
			t.Errorf("%s: %+v, %v", path, out, err)
		}
		if err != nil && strings.Contains(err.Error(), "login") {
			t.Errorf("%s: the error holds the answer: %v", path, err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	e, _ := remote.New(s.URL+"/right", "", time.Second)
	if err := e.Post(ctx, map[string]string{}, &answer{}); err == nil {
		t.Error("asked for a caller who had gone")
	}
}

func TestAddresses(t *testing.T) {
	t.Parallel()
	for address, ok := range map[string]bool{
		"https://registry.example/ask": true, "http://127.0.0.1:1/ask": true, "http://localhost/ask": true,
		"http://registry.example/ask": false, "registry.example": false, "": false, "ftp://x/": false, "https://": false, "http://127.0.0.1.example/": false,
	} {
		if _, err := remote.New(address, "", time.Second); (err == nil) != ok {
			t.Errorf("%q: %v", address, err)
		}
	}
}
