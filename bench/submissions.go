package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/tongban/tongban/internal/kit/db"
	"github.com/tongban/tongban/test/platform"
)

// levels are how many clients ask at the same time, and how many submissions
// they make in one round.
var levels = []struct{ clients, submissions int }{{1, 400}, {16, 2000}, {64, 3000}}

// bench is the measurement on one database.
type bench struct {
	options
	binary, dir, record, kind string
	out                       io.Writer
	after                     []string // what is said below the table
}

// world is one database with as many drafts as are needed.
type world struct{ data, database string }

func (b *bench) submissions(ctx context.Context) error {
	var worlds [3]world
	total := 0
	for _, l := range levels {
		total += b.rounds * b.count(l.submissions)
	}
	for i, name := range []string{"full", "bare", "rows"} {
		var err error
		if worlds[i], err = b.world(ctx, name, total); err != nil {
			return err
		}
		defer worlds[i].drop(ctx, b.postgres)
	}
	p, err := platform.Start(ctx, b.binary, worlds[0].data, worlds[0].database)
	if err != nil {
		return err
	}
	defer func() { _ = p.Stop() }()
	lin, err := p.SignIn(ctx, "lin")
	if err != nil {
		return err
	}
	bareURL, bareCPU, stop, err := b.startBare(ctx, worlds[1].database)
	if err != nil {
		return err
	}
	defer stop()
	changes, err := load(b.record)
	if err != nil {
		return err
	}
	replayer := newReplay(changes)
	d, err := db.Open(ctx, worlds[2].database)
	if err != nil {
		return err
	}
	defer func() { _ = d.Close() }()
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 128}}
	ways := [3]func(context.Context, int) error{
		func(ctx context.Context, n int) error { _, err := lin.Submit(ctx, draftID(n)); return err },
		func(ctx context.Context, n int) error { return post(ctx, client, bareURL, n) },
		func(ctx context.Context, n int) error { return replayer.run(ctx, d, n) },
	}
	if err := b.table(ctx, ways, [2]func() time.Duration{p.CPU, bareCPU}); err != nil {
		return err
	}
	return b.settle(ctx, worlds[0].database)
}

// settle waits until the platform has printed and told everything that the
// submissions asked for, and says how long that took.
func (b *bench) settle(ctx context.Context, database string) error {
	d, err := db.Open(ctx, database)
	if err != nil {
		return err
	}
	begin := time.Now() //nolint:forbidigo // measures
	first, left := -1, -1
	for left != 0 && time.Since(begin) < time.Minute {
		err := d.QueryRowContext(ctx, "SELECT COUNT(*) FROM job_jobs WHERE NOT dead AND due <= $1", time.Now().Add(5*time.Minute).UnixMicro()).Scan(&left) //nolint:forbidigo // measures
		if err != nil {
			return errors.Join(err, d.Close())
		}
		if first < 0 {
			first = left
		}
		time.Sleep(100 * time.Millisecond)
	}
	took := time.Since(begin).Seconds()
	b.after = append(b.after, fmt.Sprintf("%s: %d papers and messages were left to make; after %.0f s, %d (%.0f/s).", b.kind, first, took, left, float64(first-left)/took))
	return d.Close()
}

func (b *bench) count(n int) int { return max(64, int(float64(n)*b.scale)) }

// table runs every level in rounds, the three ways by turns, so that whatever
// else the machine does hits them alike.
func (b *bench) table(ctx context.Context, ways [3]func(context.Context, int) error, used [2]func() time.Duration) error {
	next := 0
	for _, l := range levels {
		n := b.count(l.submissions)
		var rates [3][]float64
		before := [2]time.Duration{used[0](), used[1]()}
		var took []time.Duration
		for range b.rounds {
			for i, way := range ways {
				rate, times, err := load1(ctx, way, next, n, l.clients)
				if err != nil {
					return err
				}
				rates[i] = append(rates[i], rate)
				if i == 0 {
					took = append(took, times...)
				}
			}
			next += n
		}
		full, bare, rows := median(rates[0]), median(rates[1]), median(rates[2])
		slices.Sort(took)
		each := func(i int) time.Duration { return (used[i]() - before[i]) / time.Duration(n*b.rounds) }
		say(b.out, "| %s | %d | %.0f | %.0f | %.0f | %.0f %% | %s | %s | %s | %s |\n", b.kind, l.clients, full, bare, rows, 100*full/bare,
			ms(took[len(took)/2]), ms(took[len(took)*99/100]), ms(each(0)), ms(each(1)))
	}
	return nil
}

// load1 calls way for n numbers from first on, from many clients at once.
func load1(ctx context.Context, way func(context.Context, int) error, first, n, clients int) (float64, []time.Duration, error) {
	var next atomic.Int64
	var mu sync.Mutex
	var all []time.Duration
	var failed error
	var work sync.WaitGroup
	begin := time.Now() //nolint:forbidigo // measures
	for range clients {
		work.Go(func() {
			var mine []time.Duration
			for i := next.Add(1) - 1; i < int64(n); i = next.Add(1) - 1 {
				start := time.Now() //nolint:forbidigo // measures
				if err := way(ctx, first+int(i)); err != nil {
					mu.Lock()
					failed = errors.Join(failed, err)
					mu.Unlock()
					return
				}
				mine = append(mine, time.Since(start))
			}
			mu.Lock()
			all = append(all, mine...)
			mu.Unlock()
		})
	}
	work.Wait()
	return float64(n) / time.Since(begin).Seconds(), all, failed
}

func median(x []float64) float64 {
	slices.Sort(x)
	return x[len(x)/2]
}

func ms(d time.Duration) string { return fmt.Sprintf("%.1f ms", float64(d.Microseconds())/1000) }

// world makes a database with one ready draft and n copies of it.
func (b *bench) world(ctx context.Context, name string, n int) (world, error) {
	w := world{data: filepath.Join(b.dir, name)}
	w.database = filepath.Join(w.data, "tongban.db")
	if b.kind == "PostgreSQL" {
		var err error
		if w.database, err = newSchema(ctx, b.postgres, "bench_"+name); err != nil {
			return w, err
		}
	}
	p, err := platform.Start(ctx, b.binary, w.data, w.database)
	if err != nil {
		return w, err
	}
	lin, err := p.SignIn(ctx, "lin")
	if err != nil {
		return w, err
	}
	draft, err := lin.Ready(ctx)
	if err != nil {
		return w, err
	}
	if err := p.Stop(); err != nil {
		return w, err
	}
	d, err := db.Open(ctx, w.database)
	if err != nil {
		return w, err
	}
	return w, errors.Join(copyDraft(ctx, d, draft, n), d.Close())
}

func newSchema(ctx context.Context, server, name string) (string, error) {
	d, err := db.Open(ctx, server)
	if err != nil {
		return "", err
	}
	_, err = d.ExecContext(ctx, "DROP SCHEMA IF EXISTS "+name+" CASCADE")
	_, err2 := d.ExecContext(ctx, "CREATE SCHEMA "+name)
	if err := errors.Join(err, err2, d.Close()); err != nil {
		return "", err
	}
	u, err := url.Parse(server)
	if err != nil {
		return "", err
	}
	q := u.Query()
	q.Set("search_path", name)
	u.RawQuery = q.Encode()
	return u.String(), nil
}

// drop removes a PostgreSQL schema; a folder goes with its parent.
func (w world) drop(ctx context.Context, server string) {
	u, err := url.Parse(w.database)
	if err != nil || u.Query().Get("search_path") == "" {
		return
	}
	if d, err := db.Open(context.WithoutCancel(ctx), server); err == nil {
		_, _ = d.ExecContext(context.WithoutCancel(ctx), "DROP SCHEMA IF EXISTS "+u.Query().Get("search_path")+" CASCADE")
		_ = d.Close()
	}
}

func copyDraft(ctx context.Context, d *db.DB, draft string, n int) error {
	columns := "kind, item, version, owner, company, party, case_id, rev, answers, sealed, done, total, created_at, saved_at, held_at, expires_at, submitted_at, receipt"
	return d.InTx(ctx, func(ctx context.Context, tx db.Tx) error {
		for i := range n {
			if _, err := tx.ExecContext(ctx, "INSERT INTO form_drafts (id, "+columns+") SELECT CAST($1 AS TEXT), "+columns+
				" FROM form_drafts WHERE id = $2", draftID(i), draft); err != nil {
				return err
			}
			if _, err := tx.ExecContext(ctx, `INSERT INTO form_files (id, draft_id, material, name, type, size, blob, uploaded_at)
				SELECT CAST($1 AS TEXT) || material, CAST($1 AS TEXT), material, name, type, size, blob, uploaded_at FROM form_files WHERE draft_id = $2`,
				draftID(i), draft); err != nil {
				return err
			}
		}
		return nil
	})
}

// startBare runs the bare handler in a process of its own, as the platform is.
func (b *bench) startBare(ctx context.Context, database string) (url string, cpu func() time.Duration, stop func(), err error) {
	self, err := os.Executable()
	if err != nil {
		return "", nil, nil, err
	}
	cmd := exec.CommandContext(ctx, self, "bare", b.record, database) //nolint:gosec // ourselves
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		return "", nil, nil, err
	}
	if err := cmd.Start(); err != nil {
		return "", nil, nil, err
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		return "", nil, nil, err
	}
	_, url, _ = strings.Cut(strings.TrimSpace(line), "ready at ")
	cpu = func() time.Duration { return platform.CPU(cmd.Process.Pid) }
	return url, cpu, func() { _ = cmd.Process.Signal(os.Interrupt); _ = cmd.Wait() }, nil
}

func post(ctx context.Context, client *http.Client, url string, n int) error {
	body, err := json.Marshal(map[string]int{"N": n})
	if err != nil {
		return err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, url+"/", bytes.NewReader(body))
	if err != nil {
		return err
	}
	w, err := client.Do(r)
	if err != nil {
		return err
	}
	text, err := io.ReadAll(w.Body)
	if err := errors.Join(err, w.Body.Close()); err != nil {
		return err
	}
	if w.StatusCode != http.StatusOK {
		return fmt.Errorf("bare handler: %d %s", w.StatusCode, text)
	}
	return nil
}
