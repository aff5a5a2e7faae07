// Command bench measures the platform against the least that could do the same
// work, on this machine, in one run:
//
//	full   a submission through the real binary and its API: session, permission,
//	       rules of the form, case, clock, events, deliveries
//	bare   an HTTP handler that writes the same rows through the same writer and
//	       does nothing else
//	rows   the same transactions without HTTP
//
// on SQLite and, with -postgres, on PostgreSQL, for 1, 16 and 64 clients; the
// pages that most people see, under load; and work lists with ten thousand and
// with a million cases. Run it by "make bench".
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/tongban/tongban/test/platform"
)

type options struct {
	postgres string
	rounds   int
	scale    float64
	pages    time.Duration
	few      int
	many     int
	asks     int
	only     string
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, os.Args[1:], os.Stdout)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, out io.Writer) error {
	if len(args) == 3 && args[0] == "bare" { // the child process
		return serveBare(ctx, out, args[1], args[2])
	}
	var o options
	f := flag.NewFlagSet("bench", flag.ContinueOnError)
	f.StringVar(&o.postgres, "postgres", "", "URL of a PostgreSQL server that syncs its commits")
	f.IntVar(&o.rounds, "rounds", 3, "rounds; the median is reported")
	f.Float64Var(&o.scale, "scale", 1, "number of submissions, as a part of the usual one")
	f.DurationVar(&o.pages, "pages", 5*time.Second, "how long each page is asked for")
	f.IntVar(&o.few, "few", 10_000, "work lists: cases of the small county")
	f.IntVar(&o.many, "many", 1_000_000, "work lists: cases of the large county")
	f.IntVar(&o.asks, "asks", 200, "work lists: how often each is asked for")
	f.StringVar(&o.only, "only", "", "measure this alone: lists")
	if err := f.Parse(args); err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "tongban-bench-")
	if err != nil {
		return err
	}
	return errors.Join(measure(ctx, out, o, dir), os.RemoveAll(dir))
}

func measure(ctx context.Context, out io.Writer, o options, dir string) error {
	binary, err := platform.Build(ctx, dir)
	if err != nil {
		return err
	}
	if o.only == "lists" {
		return lists(ctx, out, o, binary, filepath.Join(dir, "lists"))
	}
	changes, err := capture(ctx, binary, filepath.Join(dir, "capture"))
	if err != nil {
		return fmt.Errorf("record a submission: %w", err)
	}
	record := filepath.Join(dir, "changes.json")
	if err := save(record, changes); err != nil {
		return err
	}
	say(out, "One submission writes %d rows in one transaction:%s\n\n", len(changes), tally(changes))
	say(out, "| database | clients | full/s | bare/s | rows/s | full of bare | full p50 | full p99 | full CPU | bare CPU |\n")
	say(out, "|---|---|---|---|---|---|---|---|---|---|\n")
	kinds := []string{"SQLite"}
	if o.postgres != "" {
		kinds = append(kinds, "PostgreSQL")
	}
	var after []string
	for _, kind := range kinds {
		b := &bench{options: o, binary: binary, dir: filepath.Join(dir, kind), record: record, out: out, kind: kind}
		if err := b.submissions(ctx); err != nil {
			return fmt.Errorf("%s: %w", kind, err)
		}
		after = append(after, b.after...)
	}
	say(out, "\n%s\n", strings.Join(after, "\n"))
	if err := pages(ctx, out, o, binary, filepath.Join(dir, "pages")); err != nil {
		return err
	}
	say(out, "\n")
	return lists(ctx, out, o, binary, filepath.Join(dir, "lists"))
}

// say prints to the terminal, which takes everything.
func say(out io.Writer, format string, args ...any) { _, _ = fmt.Fprintf(out, format, args...) }

func tally(changes []change) string {
	count := map[string]int{}
	var order []string
	for _, c := range changes {
		if count[c.Table] == 0 {
			order = append(order, c.Table)
		}
		count[c.Table]++
	}
	slices.Sort(order)
	text := ""
	for _, t := range order {
		text += fmt.Sprintf(" %d %s", count[t], t)
	}
	return text
}
