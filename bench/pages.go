package main

import (
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"time"

	"github.com/tongban/tongban/test/platform"
)

// pages asks for the pages that most people see, from 16 clients at once.
func pages(ctx context.Context, out io.Writer, o options, binary, dir string) error {
	p, err := platform.Start(ctx, binary, dir, "")
	if err != nil {
		return err
	}
	defer func() { _ = p.Stop() }()
	say(out, "\n| page, 16 clients | pages/s | p50 | p99 | HTML | compressed |\n")
	say(out, "|---|---|---|---|---|---|\n")
	for _, page := range [][2]string{{"home", "/"}, {"guide", "/services/" + platform.Hygiene}, {"search", "/search?q=%E5%8D%AB%E7%94%9F%E8%AE%B8%E5%8F%AF"}, {"progress", "/progress"}} {
		if err := onePage(ctx, out, o, page[0], p.URL+page[1]); err != nil {
			return fmt.Errorf("%s: %w", page[0], err)
		}
	}
	return nil
}

func onePage(ctx context.Context, out io.Writer, o options, name, url string) error {
	plain, packed, err := sizes(ctx, url)
	if err != nil {
		return err
	}
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 64}}
	ask := func(ctx context.Context, _ int) error {
		r, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
		if err != nil {
			return err
		}
		w, err := client.Do(r)
		if err != nil {
			return err
		}
		_, err = io.Copy(io.Discard, w.Body)
		return errors.Join(err, w.Body.Close())
	}
	if _, _, err := load1(ctx, ask, 0, 200, 16); err != nil { // warms up
		return err
	}
	var took []time.Duration
	asked := 0
	begin := time.Now() //nolint:forbidigo // measures
	for time.Since(begin) < o.pages {
		_, times, err := load1(ctx, ask, 0, 1000, 16)
		if err != nil {
			return err
		}
		took, asked = append(took, times...), asked+1000
	}
	slices.Sort(took)
	say(out, "| %s | %.0f | %s | %s | %d B | %d B |\n", name, float64(asked)/time.Since(begin).Seconds(),
		ms(took[len(took)/2]), ms(took[len(took)*99/100]), plain, packed)
	return nil
}

// sizes returns the bytes of a page as it is, and as a browser gets it.
func sizes(ctx context.Context, url string) (plain, packed int, err error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return 0, 0, err
	}
	r.Header.Set("Accept-Encoding", "gzip")
	w, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		return 0, 0, err
	}
	defer func() { _ = w.Body.Close() }()
	if w.StatusCode != http.StatusOK {
		return 0, 0, fmt.Errorf("status %d", w.StatusCode)
	}
	counter := &counting{r: w.Body}
	var body io.Reader = counter
	if w.Header.Get("Content-Encoding") == "gzip" {
		if body, err = gzip.NewReader(counter); err != nil {
			return 0, 0, err
		}
	}
	n, err := io.Copy(io.Discard, body) //nolint:gosec // our own page
	return int(n), counter.n, err
}

type counting struct {
	r io.Reader
	n int
}

// Read counts what comes over the wire.
func (c *counting) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n += n
	return n, err
}
