package metrics_test

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/tongban/tongban/internal/kit/db"
	"github.com/tongban/tongban/internal/kit/dbtest"
	"github.com/tongban/tongban/internal/kit/id"
	"github.com/tongban/tongban/internal/kit/job"
	"github.com/tongban/tongban/internal/kit/metrics"
)

type ping struct{ Fail bool }

func (ping) Kind() string { return "test.ping" }

func now() time.Time { return time.Date(2026, 11, 24, 4, 0, 0, 0, time.UTC) }

func scrape(t *testing.T, m *metrics.Metrics) string {
	t.Helper()
	w := httptest.NewRecorder()
	m.Handler().ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	if w.Code != http.StatusOK {
		t.Fatal(w.Code, w.Body)
	}
	return w.Body.String()
}

func contains(t *testing.T, text string, want ...string) {
	t.Helper()
	for _, w := range want {
		if !strings.Contains(text, w+"\n") {
			t.Errorf("no line %q", w)
		}
	}
}

func TestRequestsAreCountedByRouteNotByPath(t *testing.T) {
	t.Parallel()
	m := metrics.New(now)
	mux := http.NewServeMux()
	mux.HandleFunc("GET /cases/{id}", func(w http.ResponseWriter, r *http.Request) {
		if r.PathValue("id") == "3" {
			http.NotFound(w, r)
			return
		}
		if err := http.NewResponseController(w).Flush(); err != nil {
			t.Error(err)
		}
		_, _ = io.WriteString(w, "hello")
	})
	for _, path := range []string{"/cases/1", "/cases/2", "/cases/3", "/nowhere"} {
		m.HTTP(mux).ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, path, nil))
	}
	text := scrape(t, m)
	contains(t, text, `tongban_http_seconds_count{route="GET /cases/{id}",status="200"} 2`,
		`tongban_http_seconds_count{route="GET /cases/{id}",status="404"} 1`, `tongban_http_seconds_count{route="none",status="404"} 1`)
	if strings.Contains(text, "/cases/1") {
		t.Error("a path is in the metrics")
	}
}

func TestJobsAndDatabaseShow(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		m := metrics.New(now)
		q := job.New(d, now, id.New, slog.New(slog.DiscardHandler))
		m.DB(d)
		m.Jobs(q)
		job.Handle(q, func(_ context.Context, _ db.Tx, p ping) error {
			if p.Fail {
				return job.Dead(errors.New("no"))
			}
			return nil
		})
		for _, fail := range []bool{true, false} {
			err := d.InTx(t.Context(), func(ctx context.Context, tx db.Tx) error { return q.InsertTx(ctx, tx, ping{fail}, job.Insert{}) })
			if err != nil {
				t.Fatal(err)
			}
		}
		if err := q.Drain(t.Context()); err == nil {
			t.Fatal("nothing failed")
		}
		text := scrape(t, m)
		contains(t, text, `tongban_job_attempts_total{kind="test.ping",outcome="done"} 1`, `tongban_job_attempts_total{kind="test.ping",outcome="dead"} 1`,
			`tongban_job_dead{kind="test.ping"} 1`, `tongban_job_due{kind="test.ping"} 0`, `tongban_job_overdue_seconds{kind="test.ping"} 0`, "tongban_db_waits 0")
		if d.Dialect() == db.SQLite && strings.Contains(text, "\ntongban_db_commits 0\n") {
			t.Error("commits are not counted")
		}
	}, job.Area())
}
