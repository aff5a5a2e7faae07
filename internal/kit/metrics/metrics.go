// Package metrics counts what the process does, for Prometheus.
package metrics

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/tongban/tongban/internal/kit/db"
	"github.com/tongban/tongban/internal/kit/job"
)

// Metrics is the registry of one process and what every process counts.
type Metrics struct {
	registry *prometheus.Registry
	now      func() time.Time
	seconds  *prometheus.HistogramVec
	size     *prometheus.HistogramVec
}

// New returns an empty registry with the Go runtime's own metrics.
func New(now func() time.Time) *Metrics {
	m := &Metrics{
		registry: prometheus.NewRegistry(), now: now,
		seconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "tongban_http_seconds", Help: "Time to answer a request.",
			Buckets: []float64{.001, .0025, .005, .01, .02, .05, .1, .25, .5, 1, 2.5, 10},
		}, []string{"route", "status"}),
		size: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "tongban_http_bytes", Help: "Bytes of an answer's body.",
			Buckets: prometheus.ExponentialBuckets(256, 4, 8),
		}, []string{"route"}),
	}
	m.registry.MustRegister(m.seconds, m.size, collectors.NewGoCollector(),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

// Registry takes the metrics of an area.
func (m *Metrics) Registry() prometheus.Registerer { return m.registry }

// Handler answers a scrape.
func (m *Metrics) Handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{Registry: m.registry})
}

// HTTP counts the requests to next. It must wrap the ServeMux itself, which
// writes the matched pattern into the request: the pattern and not the path is
// counted, so that the number of series is bounded and no id is in one.
func (m *Metrics) HTTP(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		begin := m.now()
		c := &counted{ResponseWriter: w, status: http.StatusOK}
		defer func() {
			route := r.Pattern
			if route == "" {
				route = "none"
			}
			m.seconds.WithLabelValues(route, strconv.Itoa(c.status)).Observe(m.now().Sub(begin).Seconds())
			m.size.WithLabelValues(route).Observe(float64(c.bytes))
		}()
		next.ServeHTTP(c, r)
	})
}

// counted remembers what was answered.
type counted struct {
	http.ResponseWriter
	status int
	bytes  int64
	sent   bool
}

func (c *counted) WriteHeader(status int) {
	if !c.sent && status >= 200 {
		c.status, c.sent = status, true
	}
	c.ResponseWriter.WriteHeader(status)
}

func (c *counted) Write(b []byte) (int, error) {
	c.sent = true
	n, err := c.ResponseWriter.Write(b)
	c.bytes += int64(n)
	return n, err
}

// Unwrap lets http.ResponseController reach what is below.
func (c *counted) Unwrap() http.ResponseWriter { return c.ResponseWriter }

// DB publishes the pools of d and how many transactions share a commit.
func (m *Metrics) DB(d *db.DB) {
	gauge := func(name, help string, value func(db.Stats) float64) {
		m.registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: name, Help: help},
			func() float64 { return value(d.Stats()) }))
	}
	gauge("tongban_db_connections_in_use", "Database connections at work.", func(s db.Stats) float64 { return float64(s.InUse) })
	gauge("tongban_db_waits", "Times somebody waited for a connection.", func(s db.Stats) float64 { return float64(s.Waits) })
	gauge("tongban_db_wait_seconds", "Time spent waiting for a connection.", func(s db.Stats) float64 { return s.Waited.Seconds() })
	gauge("tongban_db_transactions", "Write transactions asked of the SQLite writer.", func(s db.Stats) float64 { return float64(s.Transactions) })
	gauge("tongban_db_commits", "Commits of the SQLite writer; each carries one or more transactions.", func(s db.Stats) float64 { return float64(s.Commits) })
}

// Jobs publishes what the queue does and what waits in it.
func (m *Metrics) Jobs(q *job.Queue) {
	attempts := prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "tongban_job_attempts_total", Help: "Attempts of jobs by outcome.",
	}, []string{"kind", "outcome"})
	late := prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Name: "tongban_job_late_seconds", Help: "From due to the start of an attempt.",
		Buckets: []float64{.01, .05, .1, .25, .5, 1, 2, 5, 15, 60, 600, 3600},
	}, []string{"kind"})
	m.registry.MustRegister(attempts, late, backlogs{q})
	q.Observe(func(d job.Done) {
		attempts.WithLabelValues(d.Kind, string(d.Outcome)).Inc()
		late.WithLabelValues(d.Kind).Observe(d.Late.Seconds())
	})
}

var (
	dueDesc    = prometheus.NewDesc("tongban_job_due", "Jobs that are due.", []string{"kind"}, nil)
	oldestDesc = prometheus.NewDesc("tongban_job_overdue_seconds", "How long the oldest due job waits.", []string{"kind"}, nil)
	deadDesc   = prometheus.NewDesc("tongban_job_dead", "Dead letters.", []string{"kind"}, nil)
)

// backlogs asks the queue when it is scraped.
type backlogs struct{ q *job.Queue }

// Describe implements prometheus.Collector.
func (b backlogs) Describe(ch chan<- *prometheus.Desc) {
	ch <- dueDesc
	ch <- oldestDesc
	ch <- deadDesc
}

// Collect implements prometheus.Collector.
func (b backlogs) Collect(ch chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	all, err := b.q.Backlogs(ctx)
	if err != nil {
		ch <- prometheus.NewInvalidMetric(dueDesc, err)
		return
	}
	for _, x := range all {
		ch <- prometheus.MustNewConstMetric(dueDesc, prometheus.GaugeValue, float64(x.Due), x.Kind)
		ch <- prometheus.MustNewConstMetric(oldestDesc, prometheus.GaugeValue, x.Oldest.Seconds(), x.Kind)
		ch <- prometheus.MustNewConstMetric(deadDesc, prometheus.GaugeValue, float64(x.Dead), x.Kind)
	}
}
