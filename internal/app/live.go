package app

import (
	"context"
	"errors"
	"io"
	"sync/atomic"
	"time"

	"github.com/tongban/tongban/internal/app/story"
	"github.com/tongban/tongban/internal/kit/config"
	"github.com/tongban/tongban/internal/kit/day"
	"github.com/tongban/tongban/internal/statute"
)

// live lets a demonstration that was never started live through its last weeks, under a
// clock of its own, before it is opened.
func live(ctx context.Context, c config.Config, today time.Time, logs io.Writer) (err error) {
	var now atomic.Pointer[time.Time]
	at := func(t time.Time) { t = t.UTC(); now.Store(&t) }
	at(day.In(today).Add(-story.Days).Time())
	c.Log.Level = "warn" // who starts a demonstration asks about requests to come
	t, err := openTools(ctx, c, func() time.Time { return *now.Load() }, logs)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, t.db.Close()) }()
	a, err := build(ctx, t)
	if err != nil {
		return err
	}
	agencies, err := a.directory.Agencies(ctx, c.Site.Division)
	if err != nil || len(agencies) > 0 { // started before
		return err
	}
	if err := a.seed(ctx, t); err != nil {
		return err
	}
	handler, err := site(t, a)
	if err != nil {
		return err
	}
	calendar := a.calendar.For(c.Site.Division)
	return story.Tell(ctx, story.Town{
		Handler: handler, At: at, Drain: t.jobs.Drain, Press: t.press,
		Workday: func(n int) day.Date { return workdayBefore(calendar, day.In(today), n) },
	})
}

// workdayBefore is the n-th working day before d.
func workdayBefore(c *statute.Calendar, d day.Date, n int) day.Date {
	for n > 0 {
		d = d.Add(-1)
		if c.IsWorkday(d) {
			n--
		}
	}
	return d
}
