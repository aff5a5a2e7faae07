// Package story lets the demonstration county live through some weeks before it is
// shown: invented people apply, officials act, deadlines pass, so that a newcomer finds
// desks with work on them. Everything is done through the product's own API under its
// permissions; nothing is written past it.
package story

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	colour "image/color" //nolint:misspell // its name
	"image/png"
	"net/http"
	"slices"
	"time"

	"github.com/tongban/tongban/internal/kit/day"
	"github.com/tongban/tongban/internal/kit/pdf"
)

// Town is the product that the story is told to.
type Town struct {
	Handler http.Handler
	// Workday is the working day n before today; the story ends with yesterday's.
	Workday func(n int) day.Date
	// At moves the clock, Drain does every job that is due by it.
	At    func(time.Time)
	Drain func(context.Context) error
	Press *pdf.Press
}

// Days is how long before today the county begins: before the first scene, the longest
// holiday and a few working days for what it rests on.
const Days = 40

// Tell lets every scene happen, day by day. A tale in which a step fails ends there and
// is told in the error; the others go on.
func Tell(ctx context.Context, town Town) error {
	ordered := slices.Clone(scenes())
	slices.SortStableFunc(ordered, func(a, b scene) int { return b.back - a.back })
	tales := map[string]*tale{}
	moment := moments{town: town}
	for _, s := range ordered {
		if err := moment.to(ctx, town.Workday(s.back)); err != nil {
			return err
		}
		x := tales[s.of]
		if x == nil {
			x = &tale{moments: &moment, name: s.of}
			tales[s.of] = x
		}
		for _, step := range s.steps {
			if x.err == nil {
				x.err = step(ctx, x)
			}
			if err := town.Drain(ctx); err != nil {
				return err
			}
		}
	}
	var failed []error
	for _, x := range tales {
		if x.err != nil {
			failed = append(failed, fmt.Errorf("story of %s: %w", x.name, x.err))
		}
	}
	return errors.Join(failed...)
}

// moments is the clock of the story. It goes through every day, so that deadlines pass
// on theirs; what passed since the last scene is caught up with when the platform starts.
type moments struct {
	town Town
	now  time.Time
}

const (
	opening = 9*time.Hour + 10*time.Minute // the first scene of a day
	// A code of the second factor is good once, and tries to sign in are counted by the minute.
	between = 50 * time.Second
)

func (m *moments) pass() {
	m.now = m.now.Add(between)
	m.town.At(m.now)
}

func (m *moments) today() day.Date { return day.In(m.now) }

// to goes to the opening of a day, day after day.
func (m *moments) to(ctx context.Context, until day.Date) error {
	first := until
	if !m.now.IsZero() {
		first = day.In(m.now).Add(1)
	}
	for d := first; !d.After(until); d = d.Add(1) {
		m.now = d.Time().Add(opening)
		m.town.At(m.now)
		if err := m.town.Drain(ctx); err != nil {
			return err
		}
	}
	return nil
}

// sheet is a file to hand in, that says of itself that it is invented.
func (t Town) sheet(title string) ([]byte, error) {
	return t.Press.Letter(pdf.Letter{
		Meta:       pdf.Meta{Title: title, Lang: "zh-CN"},
		Paragraphs: []string{"这是演示材料，内容是虚构的，没有任何效力。"},
		Summary:    []string{"Invented for a demonstration; without any effect."},
	})
}

// photo is a picture in the size of a portrait, plainly not one.
func photo() ([]byte, error) {
	const width, height = 358, 441
	img := image.NewRGBA(image.Rect(0, 0, width, height))
	for y := range height {
		for x := range width {
			c := colour.RGBA{R: 0xe6, G: 0xf1, B: 0xef, A: 0xff}
			if head, trunk := inside(x, y, width/2, 170, 80), inside(x, y, width/2, height, 150); head || trunk {
				c = colour.RGBA{R: 0x0f, G: 0x59, B: 0x5f, A: 0xff}
			}
			img.SetRGBA(x, y, c)
		}
	}
	var b bytes.Buffer
	err := png.Encode(&b, img)
	return b.Bytes(), err
}

// inside a circle.
func inside(x, y, cx, cy, radius int) bool {
	dx, dy := x-cx, y-cy
	return dx*dx+dy*dy < radius*radius
}
