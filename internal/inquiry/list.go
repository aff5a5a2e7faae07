package inquiry

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/auth"
	"github.com/tongban/tongban/internal/kit/day"
	"github.com/tongban/tongban/internal/kit/policy"
)

// Tabs of the list of inquiries.
const (
	TabToday   = "today"
	TabWeek    = "week"
	TabOverdue = "overdue"
	TabOpen    = "open"
	TabDone    = "done"
)

// Tabs are the tabs in the order of the page.
func Tabs() []string { return []string{TabToday, TabWeek, TabOverdue, TabOpen, TabDone} }

// Query chooses inquiries of the actor's agency.
type Query struct {
	Tab   string
	Mine  bool
	Kind  Kind
	After string // id of the last one on the page before
}

// List is a page of inquiries, with how many each tab has.
type List struct {
	Rows   []Head
	Counts map[string]int
	Next   string
	Query  Query
}

const pageSize = 30

// List lists inquiries of the actor's agency: the rule of the policy, in SQL. What
// concerns the actor's own case is left out.
func (s *Service) List(ctx context.Context, actor auth.Principal, q Query) (List, error) {
	if err := s.c.Policy.Check(actor, "inquiry.desk", policy.Object{Type: "Desk", ID: actor.Agency, Attrs: map[string]any{"agency": actor.Agency}}); err != nil {
		return List{}, err
	}
	if !slices.Contains(Tabs(), q.Tab) {
		q.Tab = TabToday
	}
	out := List{Query: q, Counts: map[string]int{}}
	p := s.scope(actor, q)
	for _, tab := range Tabs() {
		n, err := countAgenda(ctx, s.c.DB, p, tab)
		if err != nil {
			return out, err
		}
		out.Counts[tab] = n
	}
	rows, err := agenda(ctx, s.c.DB, p, q.Tab, q.After, pageSize+1)
	if err != nil {
		return out, err
	}
	if len(rows) > pageSize {
		rows = rows[:pageSize]
		last := rows[pageSize-1]
		out.Next = last.Day.String() + "|" + last.ID
	}
	for _, r := range rows {
		out.Rows = append(out.Rows, r.Head)
	}
	return out, nil
}

// scope is what an agenda is narrowed to.
type scope struct {
	agency, actor, kind, mine string
	today, week               day.Date
}

func (s *Service) scope(actor auth.Principal, q Query) scope {
	today := s.Today()
	p := scope{agency: actor.Agency, actor: actor.ID, kind: string(q.Kind), today: today}
	p.week = today.Add(7 - (int(today.Weekday())+6)%7 - 1) // Sunday of this week
	if q.Mine {
		p.mine = "|" + actor.ID + "|"
	}
	return p
}

// Mine lists the open inquiries about whom the actor is or acts for.
func (s *Service) Mine(ctx context.Context, actor auth.Principal) ([]Head, error) {
	rows, err := ofApplicant(ctx, s.c.DB, actor.Subject(), 50)
	if err != nil {
		return nil, err
	}
	var list []Head
	for _, r := range rows {
		if s.sees(actor, r.Head, contract.InquiryCase{}) {
			list = append(list, r.Head)
		}
	}
	return list, nil
}

// Calendar is the appointment of an inquiry as a calendar file (RFC 5545), for who
// may see it.
func (s *Service) Calendar(ctx context.Context, actor auth.Principal, id, link string, english bool) ([]byte, error) {
	x, _, err := s.open(ctx, actor, id)
	if err != nil {
		return nil, err
	}
	at := Slot{x.Day, x.Slot}
	if !at.ok() || !x.Open {
		return nil, ErrNotFound
	}
	title, place := "现场核查："+x.ItemName.ZH, ""
	if x.Kind == KindHearing {
		title = "听证：" + x.ItemName.ZH
	}
	if english {
		title = map[Kind]string{KindVisit: "Site visit: ", KindHearing: "Hearing: "}[x.Kind] + x.ItemName.EN
	}
	switch {
	case x.Visit != nil:
		place = x.Visit.Place
	case x.Hearing != nil:
		place = x.Hearing.Place
	}
	const stamp = "20060102T150405Z"
	lines := []string{
		"BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Tongban//Inquiries//ZH", "METHOD:PUBLISH", "BEGIN:VEVENT",
		"UID:" + x.ID + "@tongban", fmt.Sprintf("SEQUENCE:%d", x.Revision), "DTSTAMP:" + x.Moved.UTC().Format(stamp),
		"DTSTART:" + at.Begins().UTC().Format(stamp), "DTEND:" + at.Ends().UTC().Format(stamp),
		"SUMMARY:" + escape(title), "LOCATION:" + escape(place), "URL:" + link, "END:VEVENT", "END:VCALENDAR",
	}
	var out strings.Builder
	for _, l := range lines {
		fold(&out, l)
	}
	return []byte(out.String()), s.recordRead(ctx, actor, x.Head, "appointment")
}

var escaper = strings.NewReplacer(`\`, `\\`, ";", `\;`, ",", `\,`, "\n", `\n`, "\r", "")

// escape writes text as RFC 5545 section 3.3.11 has it.
func escape(s string) string { return escaper.Replace(s) }

// fold breaks lines after at most 75 octets and within no character (RFC 5545
// section 3.1).
func fold(out *strings.Builder, line string) {
	n := 0
	for _, r := range line {
		size := len(string(r))
		if n+size > 75 {
			out.WriteString("\r\n ")
			n = 1
		}
		out.WriteRune(r)
		n += size
	}
	out.WriteString("\r\n")
}
