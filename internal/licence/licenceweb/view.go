package licenceweb

import (
	"fmt"
	"net/url"
	"strings"

	"rsc.io/qr"

	"github.com/tongban/tongban/internal/kit/day"
	"github.com/tongban/tongban/internal/kit/web"
	"github.com/tongban/tongban/internal/licence"
)

type showData struct {
	licence.Licence
	Versions []licence.Licence
	Uses     []licence.Use
}

// next is the address of older uses.
func (d showData) next() string {
	if len(d.Uses) < perPage {
		return ""
	}
	return "/licences/" + url.PathEscape(string(d.ID)) + "?before=" + url.QueryEscape(d.Uses[len(d.Uses)-1].ID)
}

type deskData struct {
	Number string
	List   []licence.Licence
	Pager  web.PagerArgs
}

type deskShowData struct {
	licence.Licence
	State licence.State
	Acts  []licence.Act
	Form  *web.Form
}

type confirmData struct {
	licence.Licence
	Change licence.Change
}

// qrCode is a QR code as an SVG path; a margin of four modules belongs to it
// (ISO/IEC 18004).
type qrCode struct {
	Size int
	Path string
}

const quietZone = 4

func newQR(link string) (qrCode, error) {
	c, err := qr.Encode(link, qr.M)
	if err != nil {
		return qrCode{}, fmt.Errorf("encode QR code: %w", err)
	}
	var b strings.Builder
	for y := range c.Size {
		for x := 0; x < c.Size; x++ {
			run := 0
			for x+run < c.Size && c.Black(x+run, y) {
				run++
			}
			if run > 0 {
				fmt.Fprintf(&b, "M%d %dh%dv1h-%dz", x+quietZone, y+quietZone, run, run)
				x += run
			}
		}
	}
	return qrCode{c.Size + 2*quietZone, b.String()}, nil
}

func (c qrCode) viewBox() string { return fmt.Sprintf("0 0 %d %d", c.Size, c.Size) }

// state is where a licence stands today.
func state(v web.View, l licence.Licence) licence.State { return l.StateOn(day.In(v.Now)) }

// soon is how many days before its end a licence warns its holder.
const soon = 60

// badge is the word in the corner of a card: the state, or the days left.
func badge(v web.View, l licence.Licence) string {
	if left := l.To.Sub(day.In(v.Now)); state(v, l) == licence.Valid && left <= soon && l.Next == "" {
		return v.T("licence.ends_in", "n", left)
	}
	return v.T("licence.state." + string(state(v, l)))
}

// until is the last day of validity.
func until(v web.View, d day.Date) string {
	if d == licence.LongTerm {
		return v.T("licence.long_term")
	}
	return d.String()
}

func period(v web.View, from, to day.Date) string {
	if to == licence.LongTerm {
		return v.T("licence.period_open", "from", from.String())
	}
	return v.T("licence.period", "from", from.String(), "to", to.String())
}

// card colours the cards by the area of life they belong to: here by state.
func card(s licence.State) string {
	switch s {
	case licence.Valid, licence.Pending, licence.Deemed, licence.Upcoming:
		return ""
	case licence.Suspended, licence.Expired:
		return "tb-lic--2"
	case licence.Withdrawn, licence.Revoked, licence.Cancelled, licence.Superseded:
		return "tb-lic--3"
	}
	return ""
}

// tagKind is the colour of a state in a table.
func tagKind(s licence.State) string {
	switch s {
	case licence.Valid, licence.Deemed:
		return web.OK
	case licence.Pending, licence.Upcoming:
		return web.Info
	case licence.Superseded:
		return web.Plain
	case licence.Suspended, licence.Expired:
		return web.Warn
	case licence.Withdrawn, licence.Revoked, licence.Cancelled:
		return web.Bad
	}
	return web.Plain
}

// usable reports whether the licence can be relied on today.
func usable(v web.View, l licence.Licence) bool {
	s := state(v, l)
	return s == licence.Valid || s == licence.Deemed
}

// used says who used a licence and how.
func used(v web.View, u licence.Use) string {
	who := "other"
	if u.Own {
		who = "own"
	}
	if u.Agent {
		who = "agent"
	}
	if u.Who != "" {
		who = "staff"
	}
	key := "licence.use." + u.Kind + "." + who
	if u.Channel == licence.ChannelCounter {
		key = "licence.use." + u.Kind + ".counter"
	}
	if u.Kind == licence.UseVerify {
		key = "licence.use." + u.Kind + "." + u.Channel
	}
	text := v.T(key, "who", u.Who)
	if u.Times > 1 {
		text += v.T("licence.use.times", "n", u.Times)
	}
	return text
}
