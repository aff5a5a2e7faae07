package calendar_test

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tongban/tongban/internal/calendar"
	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/auth"
	"github.com/tongban/tongban/internal/kit/day"
	"github.com/tongban/tongban/internal/kit/db"
	"github.com/tongban/tongban/internal/kit/dbtest"
	"github.com/tongban/tongban/internal/kit/event"
	"github.com/tongban/tongban/internal/kit/fault"
	"github.com/tongban/tongban/internal/kit/id"
	"github.com/tongban/tongban/internal/kit/job"
	"github.com/tongban/tongban/internal/kit/policy"
)

var noon = time.Date(2026, 11, 20, 4, 0, 0, 0, time.UTC)

func now() time.Time { return noon }

func d(s string) day.Date { return day.MustParse(s) }

func areas() []db.Area {
	return []db.Area{job.Area(), event.Area(), {Name: "calendar", Files: calendar.Migrations}}
}

// world is one process on a database.
type world struct {
	calendar *calendar.Service
	events   *event.Log
	queue    *job.Queue
}

func process(t *testing.T, d *db.DB) world {
	t.Helper()
	q := job.New(d, now, id.New, slog.New(slog.DiscardHandler))
	l := event.New(d, q, now, id.New)
	s := calendar.New(calendar.Config{
		DB: d, Events: l, Now: now, Log: slog.New(slog.DiscardHandler), Root: "511602",
		Policy: policy.Must(map[string]string{"calendar": calendar.Policies}),
	})
	if err := s.Load(t.Context()); err != nil {
		t.Fatal(err)
	}
	return world{s, l, q}
}

func administrator(division string) auth.Principal {
	return auth.Principal{Kind: auth.Staff, ID: "admin", Roles: []string{auth.RoleAdministrator}, Division: division}
}

const table2027 = `date,kind,name
2027-01-01,off,元旦
2027-02-05,off,春节
2027-02-06,off,春节
2027-01-30,work,春节
2026-12-31,off,元旦
`

func TestTheNoticeOfAYearMakesItKnown(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d1 *db.DB) {
		w := process(t, d1)
		var told []contract.CalendarChanged
		event.Subscribe(w.events, "test", func(_ context.Context, _ db.Tx, _ event.Recorded, e contract.CalendarChanged) error {
			if got := w.calendar.For("511602").Lookup(d("2027-02-05")); got.Workday {
				t.Error("told of a change that the calendar does not show yet")
			}
			told = append(told, e)
			return nil
		})
		if got := w.calendar.For("").Lookup(d("2027-02-05")); !got.Workday || !got.Provisional {
			t.Fatalf("before the notice: %+v", got)
		}
		if err := w.calendar.SetYear(t.Context(), administrator("511602"), "", 2027, "国办发明电〔2026〕7号", table2027); err != nil {
			t.Fatal(err)
		}
		cal := w.calendar.For("511602000000")
		for date, work := range map[string]bool{"2027-02-05": false, "2027-01-30": true, "2026-12-31": false, "2027-10-01": true, "2027-02-08": true} {
			if got := cal.Lookup(d(date)); got.Workday != work || got.Provisional {
				t.Errorf("%s: %+v, want workday %v", date, got, work)
			}
		}
		if got := cal.Lookup(d("2027-02-05")); got.Source != "国办发明电〔2026〕7号" || got.Name != "春节" {
			t.Errorf("not said where from: %+v", got)
		}
		if err := w.queue.Drain(t.Context()); err != nil {
			t.Fatal(err)
		}
		if len(told) != 1 || told[0].Year != 2027 || told[0].Region != "" {
			t.Fatalf("told %+v", told)
		}
		// 1 October was guessed to be off; the days that count otherwise are named.
		want := []string{"2026-12-31", "2027-01-30", "2027-02-05", "2027-10-01"}
		for _, x := range want {
			if !slices.Contains(told[0].Days, x) {
				t.Errorf("%s is not named in %v", x, told[0].Days)
			}
		}
		if slices.Contains(told[0].Days, "2027-02-06") {
			t.Error("a Saturday that stays off counts no other way")
		}
	}, areas()...)
}

func TestADayIsEnteredAndTakenBack(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d1 *db.DB) {
		w := process(t, d1)
		admin := administrator("511602")
		edit := calendar.Edit{Region: "511602000000", Date: d("2026-11-25"), Kind: calendar.Off, Name: "县庆", Source: "区政府〔2026〕3号"}
		if err := w.calendar.SetDay(t.Context(), admin, edit); err != nil {
			t.Fatal(err)
		}
		for region, work := range map[string]bool{"511602": false, "511602001": false, "5116": true, "": true} {
			if got := w.calendar.For(region).IsWorkday(d("2026-11-25")); got != work {
				t.Errorf("%q: workday %v, want %v", region, got, work)
			}
		}
		edit.Kind = calendar.Work
		if err := w.calendar.SetDay(t.Context(), admin, edit); err != nil {
			t.Fatal(err)
		}
		if !w.calendar.For("511602").IsWorkday(d("2026-11-25")) {
			t.Error("the later entry does not win")
		}
		if err := w.calendar.RemoveDay(t.Context(), admin, "511602", d("2026-11-25")); err != nil {
			t.Fatal(err)
		}
		if got := w.calendar.For("511602").Lookup(d("2026-11-25")); !got.Workday || got.Name != "" {
			t.Errorf("still entered: %+v", got)
		}
		if err := w.calendar.RemoveDay(t.Context(), admin, "511602", d("2026-11-25")); !errors.Is(err, calendar.ErrNotOurs) {
			t.Errorf("taken back twice: %v", err)
		}
		if recs, err := w.events.Of(t.Context(), "calendar:511602"); err != nil || len(recs) != 3 {
			t.Errorf("%d events, %v; want one per edit that was kept", len(recs), err)
		}
	}, areas()...)
}

func TestATableIsReplacedAsAWhole(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d1 *db.DB) {
		w, admin, ctx := process(t, d1), administrator("511602"), t.Context()
		for _, text := range []string{table2027, "2027-03-01，休，例\n"} {
			if err := w.calendar.SetYear(ctx, admin, "", 2027, "notice", text); err != nil {
				t.Fatal(err)
			}
		}
		cal := w.calendar.For("")
		if cal.IsWorkday(d("2027-03-01")) || !cal.IsWorkday(d("2027-02-05")) || !cal.IsWorkday(d("2026-12-31")) || !cal.Known(2027) {
			t.Error("a day of the replaced table is left, or one of the new is missing")
		}
		if err := w.calendar.RemoveYear(ctx, admin, "", 2027); err != nil {
			t.Fatal(err)
		}
		if w.calendar.For("").Known(2027) {
			t.Error("the year is known without a table")
		}
		if err := w.calendar.RemoveYear(ctx, admin, "", 2027); !errors.Is(err, calendar.ErrNotOurs) {
			t.Errorf("taken back twice: %v", err)
		}
		// A changed notice of a year that the program ships with.
		if err := w.calendar.SetYear(ctx, admin, "", 2026, "changed", "2026-01-01,off,元旦\n"); err != nil {
			t.Fatal(err)
		}
		if got := w.calendar.For("511602").Lookup(d("2026-02-16")); !got.Workday {
			t.Errorf("the old notice still holds: %+v", got)
		}
		if err := w.calendar.RemoveYear(ctx, admin, "", 2026); err != nil {
			t.Fatal(err)
		}
		if got := w.calendar.For("511602").Lookup(d("2026-02-16")); got.Workday {
			t.Errorf("the shipped notice did not come back: %+v", got)
		}
	}, areas()...)
}

func TestAnotherProcessTakesOver(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d1 *db.DB) {
		a, b := process(t, d1), process(t, d1)
		edit := calendar.Edit{Date: d("2026-11-25"), Kind: calendar.Off, Name: "例", Source: "例"}
		if err := a.calendar.SetDay(t.Context(), administrator("511602"), edit); err != nil {
			t.Fatal(err)
		}
		if !b.calendar.For("").IsWorkday(d("2026-11-25")) {
			t.Error("the other process cannot know yet")
		}
		err := d1.InTx(t.Context(), func(ctx context.Context, tx db.Tx) error { return b.calendar.Refresh(ctx, tx) })
		if err != nil || b.calendar.For("").IsWorkday(d("2026-11-25")) {
			t.Errorf("not taken over: %v", err)
		}
		if c := process(t, d1); c.calendar.For("").IsWorkday(d("2026-11-25")) {
			t.Error("a new process does not know")
		}
	}, areas()...)
}

func TestEachTickTakesOver(t *testing.T) {
	t.Parallel()
	database := dbtest.SQLite(t, areas()...)
	a, b := process(t, database), process(t, database)
	if err := a.calendar.SetDay(t.Context(), administrator("511602"), calendar.Edit{Date: d("2026-11-25"), Kind: calendar.Off, Name: "例", Source: "例"}); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ticks, done := make(chan time.Time), make(chan struct{})
	go func() {
		defer close(done)
		calendar.Follow(b.calendar, ctx, ticks)
	}()
	ticks <- noon
	ticks <- noon // taken only when the first is done
	cancel()
	<-done
	if b.calendar.For("").IsWorkday(d("2026-11-25")) {
		t.Error("not taken over")
	}
	if err := b.calendar.Run(ctx); err != nil {
		t.Errorf("a stop is no error: %v", err)
	}
}

func TestOnlyAdministratorsOfTheRegionEdit(t *testing.T) {
	t.Parallel()
	w := process(t, dbtest.SQLite(t, areas()...))
	clerk := auth.Principal{Kind: auth.Staff, ID: "c", Roles: []string{auth.RoleClerk}, Division: "511602"}
	for _, tt := range []struct {
		rule   string
		actor  auth.Principal
		region string
		want   bool
	}{
		{"the installation's administrator enters the country's notice", administrator("511602"), "", true},
		{"and the province's", administrator("511602"), "51", true},
		{"and the county's own", administrator("511602"), "511602", true},
		{"one of a township edits the township's", administrator("511602001"), "511602001", true},
		{"not the county's", administrator("511602001"), "511602", false},
		{"nor the country's", administrator("511602001"), "", false},
		{"a neighbour edits nothing here", administrator("511603"), "511602", false},
		{"a clerk edits nothing", clerk, "511602", false},
		{"a resident edits nothing", auth.Principal{Kind: auth.Resident, ID: "r"}, "", false},
		{"nobody edits nothing", auth.Principal{}, "", false},
	} {
		edit := calendar.Edit{Region: tt.region, Date: d("2026-11-25"), Kind: calendar.Off, Name: "例", Source: "例"}
		err := w.calendar.SetDay(t.Context(), tt.actor, edit)
		if (err == nil) != tt.want || err != nil && fault.KindOf(err) != fault.Denied {
			t.Errorf("%s: %v", tt.rule, err)
		}
		if w.calendar.MayEdit(tt.actor, tt.region) != tt.want {
			t.Errorf("%s: MayEdit says otherwise", tt.rule)
		}
		_, err = w.calendar.Preview(tt.actor, tt.region, 2027, "x", table2027)
		if (err == nil) != tt.want {
			t.Errorf("%s: preview %v", tt.rule, err)
		}
		if !tt.want {
			for _, err := range []error{
				w.calendar.RemoveDay(t.Context(), tt.actor, tt.region, d("2026-11-25")),
				w.calendar.RemoveYear(t.Context(), tt.actor, tt.region, 2027),
				w.calendar.SetYear(t.Context(), tt.actor, tt.region, 2027, "x", table2027),
			} {
				if fault.KindOf(err) != fault.Denied {
					t.Errorf("%s: %v", tt.rule, err)
				}
			}
		}
	}
}

func TestLinesOfATable(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ text, want string }{
		{"2027-02-06,off,春节", ""},
		{"2027/2/6，休，春节", ""},
		{"2027年2月6日\t班\t春节", ""},
		{`"2027-02-06","上班","春节"`, ""},
		{"2026-12-31,放假,元旦", ""},
		{"tomorrow,off,春节", "calendar.line_date"},
		{"2027-02-30,off,春节", "calendar.line_date"},
		{"2028-02-06,off,春节", "calendar.line_year"},
		{"2026-06-06,off,春节", "calendar.line_year"},
		{"2027-02-06,holiday,春节", "calendar.line_kind"},
		{"2027-02-06", "calendar.line_kind"},
		{"2027-02-06,off", "calendar.line_name"},
		{"2027-02-06,off,", "calendar.line_name"},
		{"2027-02-06,off," + strings.Repeat("春", 41), "calendar.line_name"},
	} {
		lines := calendar.ReadTable("# heading\n日期,类别,名称\n\n"+tt.text+"\n", 2027)
		if len(lines) != 1 || lines[0].No != 4 {
			t.Errorf("%q: %+v", tt.text, lines)
			continue
		}
		if got := lines[0].Fault; (got == nil) != (tt.want == "") || got != nil && got.Code != tt.want {
			t.Errorf("%q: %v, want %q", tt.text, got, tt.want)
		}
	}
	twice := calendar.ReadTable("2027-02-06,off,春节\n2027-02-06,work,春节", 2027)
	if twice[0].Fault != nil || twice[1].Fault == nil || twice[1].Fault.Code != "calendar.line_twice" {
		t.Errorf("a day twice: %+v", twice)
	}
}

func TestPreviewSaysWhatWouldChange(t *testing.T) {
	t.Parallel()
	w, admin := process(t, dbtest.SQLite(t, areas()...)), administrator("511602")
	p, err := w.calendar.Preview(admin, "", 2027, "notice", table2027)
	if err != nil || len(p.Lines) != 5 || len(p.Changes) == 0 {
		t.Fatalf("%+v, %v", p, err)
	}
	for _, c := range p.Changes {
		switch c.Date {
		case d("2027-01-30"):
			if !c.Works || c.Name != "春节" || c.Statutory != "" {
				t.Errorf("%+v", c)
			}
		case d("2027-10-01"): // the table has forgotten it
			if !c.Works || c.Statutory != "国庆节" {
				t.Errorf("%+v", c)
			}
		}
	}
	if w.calendar.For("").Known(2027) {
		t.Error("a preview changed something")
	}
	p, err = w.calendar.Preview(admin, "", 2027, "", "2027-02-06,off,春节\nrubbish")
	if fields := fault.FieldsOf(err); len(fields) != 2 || fields[0].Name != "source" || fields[1].Name != "table" {
		t.Errorf("%v", err)
	}
	if len(p.Lines) != 2 || p.Lines[1].Fault == nil {
		t.Errorf("the lines are lost: %+v", p)
	}
	for rule, err := range map[string]error{
		"an empty table": w.calendar.SetYear(t.Context(), admin, "", 2027, "x", " \n"),
		"a long table":   w.calendar.SetYear(t.Context(), admin, "", 2027, "x", strings.Repeat("2027-02-06,off,春节\n", 300)),
		"a far year":     w.calendar.SetYear(t.Context(), admin, "", 3000, "x", "3000-02-06,off,春节"),
		"no name":        w.calendar.SetDay(t.Context(), admin, calendar.Edit{Date: d("2026-11-25"), Kind: calendar.Off, Source: "x"}),
		"no source":      w.calendar.SetDay(t.Context(), admin, calendar.Edit{Date: d("2026-11-25"), Kind: calendar.Off, Name: "x"}),
		"no date":        w.calendar.SetDay(t.Context(), admin, calendar.Edit{Kind: calendar.Off, Name: "x", Source: "x"}),
		"a far date":     w.calendar.SetDay(t.Context(), admin, calendar.Edit{Date: d("3000-11-25"), Kind: calendar.Off, Name: "x", Source: "x"}),
		"no kind":        w.calendar.SetDay(t.Context(), admin, calendar.Edit{Date: d("2026-11-25"), Name: "x", Source: "x"}),
		"no region":      w.calendar.SetDay(t.Context(), admin, calendar.Edit{Region: "Sichuan", Date: d("2026-11-25"), Kind: calendar.Off, Name: "x", Source: "x"}),
	} {
		if fault.KindOf(err) != fault.Invalid {
			t.Errorf("%s: %v", rule, err)
		}
	}
}

func TestAYearSaysWhereItComesFrom(t *testing.T) {
	t.Parallel()
	w, admin := process(t, dbtest.SQLite(t, areas()...)), administrator("511602")
	if err := w.calendar.SetDay(t.Context(), admin, calendar.Edit{Region: "511602", Date: d("2026-11-25"), Kind: calendar.Off, Name: "县庆", Source: "区政府"}); err != nil {
		t.Fatal(err)
	}
	v, err := w.calendar.Year("511602", 2026)
	if err != nil || !v.Known || v.Workdays != 247 || len(v.Days) != 365 || len(v.Notices) != 2 || len(v.Entered) != 1 {
		t.Fatalf("known %v, %d working days, notices %+v, entered %+v, %v", v.Known, v.Workdays, v.Notices, v.Entered, err)
	}
	if n := v.Notices[0]; n.Region != "" || n.Days != 39 || !strings.Contains(n.Source, "gov.cn") {
		t.Errorf("the country's notice: %+v", n)
	}
	if v, err := w.calendar.Year("", 2027); err != nil || v.Known || len(v.Notices) != 0 {
		t.Errorf("2027: %+v, %v", v, err)
	}
	for _, bad := range []struct {
		region string
		year   int
	}{{"", 1999}, {"", 2101}, {"x", 2026}} {
		if _, err := w.calendar.Year(bad.region, bad.year); fault.KindOf(err) != fault.Invalid {
			t.Errorf("%+v: %v", bad, err)
		}
	}
}

func TestCountTellsEachDay(t *testing.T) {
	t.Parallel()
	w := process(t, dbtest.SQLite(t, areas()...))
	c, err := w.calendar.Count("511602", d("2026-09-18"), 20)
	if err != nil || c.Date != d("2026-10-22") || c.Provisional || len(c.Between) != 34 {
		t.Errorf("%s, %d days, %v", c.Date, len(c.Between), err)
	}
	if c, err := w.calendar.Count("", d("2026-12-20"), 20); err != nil || !c.Provisional {
		t.Errorf("%+v, %v", c, err)
	}
	for _, bad := range []error{
		second(w.calendar.Count("", day.Date{}, 5)), second(w.calendar.Count("", d("2026-01-01"), 0)),
		second(w.calendar.Count("", d("2026-01-01"), 1001)), second(w.calendar.Count("zz", d("2026-01-01"), 1)),
	} {
		if fault.KindOf(bad) != fault.Invalid {
			t.Errorf("%v", bad)
		}
	}
}

func second[T any](_ T, err error) error { return err }

// The event's wire form is read by casework and by whoever verifies the log.
func TestChangedEventOnTheWire(t *testing.T) {
	t.Parallel()
	w := process(t, dbtest.SQLite(t, areas()...))
	edit := calendar.Edit{Region: "511602", Date: d("2026-11-25"), Kind: calendar.Off, Name: "县庆", Source: "区政府"}
	if err := w.calendar.SetDay(t.Context(), administrator("511602"), edit); err != nil {
		t.Fatal(err)
	}
	recs, err := w.events.Of(t.Context(), "calendar:511602")
	if err != nil || len(recs) != 1 {
		t.Fatal(recs, err)
	}
	var got map[string]any
	if err := json.Unmarshal(recs[0].Body, &got); err != nil {
		t.Fatal(err)
	}
	if recs[0].Name != "calendar.changed.v1" || recs[0].ActorID != "admin" || got["region"] != "511602" || got["year"] != 2026.0 {
		t.Errorf("%s by %s: %s", recs[0].Name, recs[0].ActorID, recs[0].Body)
	}
}
