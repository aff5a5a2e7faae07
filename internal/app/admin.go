package app

import (
	"context"
	"errors"
	"fmt"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/clock"
	"github.com/tongban/tongban/internal/kit/fault"
	"github.com/tongban/tongban/internal/kit/web"
)

// admin makes the first administrator of an installation and prints the one-time
// link with which that person sets a password. The others are made on the page of
// accounts.
func admin(ctx context.Context, p process) (err error) {
	const want = "admin takes: create NAME AGENCY, as: tongban admin create xiong 115113016823646795 --data data"
	c, err := load(p, 3, want)
	if err != nil {
		return err
	}
	if c.Args[0] != "create" {
		return &misuseError{fmt.Errorf("%s, not %q", want, c.Args)}
	}
	t, err := openTools(ctx, c, clock.System(), p.err)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, t.db.Close()) }()
	a, err := build(ctx, t)
	if err != nil {
		return err
	}
	if err := a.directory.Seed(ctx); err != nil {
		return fmt.Errorf("seed directory: %w", err)
	}
	token, err := a.identity.FirstAdministrator(ctx, c.Args[1], contract.AgencyID(c.Args[2]))
	if f, ok := errors.AsType[*fault.Error](err); ok {
		return errors.New(t.text(web.EN, f.Code, f.Args...))
	}
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(p.out, "Open this link within three days to set the password of %s; it works once:\n%s/signin/set?t=%s\n", c.Args[1], c.BaseURL, token)
	return err
}
