package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/tongban/tongban/internal/identity"
	"github.com/tongban/tongban/internal/kit/clock"
	"github.com/tongban/tongban/internal/kit/web"
)

// drain is how long requests in flight may take to end after a stop.
const drain = 20 * time.Second

// serve runs the platform until ctx ends: pages, API and jobs.
func serve(ctx context.Context, p process) (err error) {
	c, err := load(p, 0, "serve takes flags alone")
	if err != nil {
		return err
	}
	// The address first: a port that is taken should be told before anything is made.
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", c.Listen)
	if err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	defer listener.Close() // a second time after the server closed it
	c, now := c.At(listener.Addr().String()), clock.System()
	if c.DemoCases {
		// A tale that was not told to its end is no reason not to open: its case
		// stands where it stopped, as any case may.
		if err := live(ctx, c, now(), p.err); err != nil {
			fmt.Fprintln(p.err, "tongban serve: cases of the demonstration:", sentence(err))
		}
	}
	t, err := openTools(ctx, c, now, p.err)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, t.db.Close()) }()
	a, err := build(ctx, t)
	if err != nil {
		return err
	}
	if err := a.seed(ctx, t); err != nil {
		return err
	}
	handler, err := site(t, a)
	if err != nil {
		return err
	}
	if err := announce(ctx, p, t, a); err != nil {
		return err
	}
	return run(ctx, t, a, listener, handler)
}

// announce prints the one line that scripts wait for, and in a demonstration
// what a newcomer needs.
func announce(ctx context.Context, p process, t *tools, a *areas) error {
	fmt.Fprintf(p.out, "tongban: ready at %s\n", t.config.BaseURL)
	if !t.config.Demo {
		return nil
	}
	accounts, err := a.identity.DemoAccounts(ctx)
	if err != nil {
		return err
	}
	fmt.Fprintf(p.out, "Demonstration: invented people, no legal effect. Every password is %s;\n", identity.DemoPassword)
	fmt.Fprintf(p.out, "the second factor of officials stands on %s/signin.\n", t.config.BaseURL)
	for _, d := range accounts {
		fmt.Fprintf(p.out, "  %-11s %s\n", d.Username, t.text(web.ZH, "identity.demo.who."+d.Username)+" · "+t.text(web.EN, "identity.demo.who."+d.Username))
	}
	return nil
}

// run serves until ctx ends, then lets requests and jobs finish what they began.
func run(ctx context.Context, t *tools, a *areas, l net.Listener, h http.Handler) error {
	g, ctx := errgroup.WithContext(ctx)
	server := web.NewServer(l.Addr().String(), h)
	g.Go(func() error {
		if err := server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			return fmt.Errorf("serve: %w", err)
		}
		return nil
	})
	g.Go(func() error {
		<-ctx.Done()
		t.log.InfoContext(ctx, "stopping", slog.Duration("at_most", drain))
		stop, cancel := context.WithTimeout(context.WithoutCancel(ctx), drain)
		defer cancel()
		return server.Shutdown(stop)
	})
	g.Go(func() error { return t.jobs.Run(ctx) })
	g.Go(func() error { return a.calendar.Run(ctx) })
	g.Go(func() error { return a.casework.Run(ctx) })
	return g.Wait()
}
