package statute_test

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/tongban/tongban/internal/kit/day"
	"github.com/tongban/tongban/internal/statute"
)

// edition is the example as an edition, with a piece of it replaced.
func edition(n int, old, with string) *fstest.MapFile {
	text := strings.Replace(example(old, with), "id: x\n", fmt.Sprintf("id: x\nversion: %d\n", n), 1)
	return &fstest.MapFile{Data: []byte(text)}
}

func TestEditionsOfAProcedure(t *testing.T) {
	t.Parallel()
	renamed := []string{"id: B,", "id: C,"} // and the steps with it
	later := edition(2, "", "")
	later.Data = []byte(strings.NewReplacer(renamed[0], renamed[1], "to: B", "to: C", "from: [B]", "from: [C]").Replace(string(later.Data)))
	ps, err := statute.ReadProcedures(fstest.MapFS{
		"procedures/x.yaml": later, "procedures/x@1.yaml": edition(1, "", ""),
	})
	if err != nil {
		t.Fatal(err)
	}
	newest, err := ps.Get("x")
	if err != nil || newest.Version != 2 || len(ps.All()) != 1 || len(ps.Every()) != 2 {
		t.Errorf("newest %+v, %v", newest, err)
	}
	first, err := ps.GetVersion("x", 1)
	if err != nil || first.Version != 1 {
		t.Errorf("edition 1: %+v, %v", first, err)
	}
	if _, err := ps.GetVersion("x", 3); !errors.Is(err, statute.ErrEdition) {
		t.Errorf("edition 3: %v", err)
	}
	c := statute.Compare(first, newest)
	if !slices.Equal(c.Gone, []string{"B"}) || !slices.Equal(c.New, []string{"C"}) || len(c.Meaning) > 0 || c.Limits || c.None() ||
		!slices.Equal(c.StepsGone, []string{"A -pass-> B", "B -end-> Z"}) {
		t.Errorf("changes %+v", c)
	}
	if c := statute.Compare(first, first); !c.None() {
		t.Errorf("the same edition differs: %+v", c)
	}
	text := newest.Markdown(first)
	for _, want := range []string{"Edition 2", "Since edition 1", "cannot be moved): B", "New states: C", "No extension: none"} {
		if !strings.Contains(text, want) {
			t.Errorf("the description lacks %q", want)
		}
	}
}

func TestUnsoundEditionsAreNotLoaded(t *testing.T) {
	t.Parallel()
	one := edition(1, "", "")
	for _, tt := range []struct {
		rule  string
		files fstest.MapFS
		want  string
	}{
		{"a file is named after its procedure", fstest.MapFS{"procedures/b.yaml": one}, "is edition 1 of x, so the file is x.yaml"},
		{"and after its edition", fstest.MapFS{"procedures/x.yaml": edition(3, "", ""), "procedures/x@1.yaml": edition(2, "", "")}, "x@2.yaml"},
		{"the newest edition has the plain name", fstest.MapFS{"procedures/x.yaml": one, "procedures/x@2.yaml": edition(2, "", "")}, "the newest edition of x belongs in procedures/x.yaml"},
		{"old editions do not stand alone", fstest.MapFS{"procedures/x@1.yaml": one}, "belongs in procedures/x.yaml"},
		{"each is there once", fstest.MapFS{"procedures/x.yaml": one, "procedures/x@1.yaml": one}, "a second procedure"},
		{"a state means the same in all", fstest.MapFS{
			"procedures/x@1.yaml": one, "procedures/x.yaml": edition(2, "en: Z}, final: true", "en: Z}, outcome: ended, final: true"),
		}, "edition 2: state Z means something else than in edition 1"},
		{"a broken file is told by its name", fstest.MapFS{"procedures/x.yaml": {Data: []byte("id: [")}}, "procedures/x.yaml"},
	} {
		if _, err := statute.ReadProcedures(tt.files); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v, want %q", tt.rule, err, tt.want)
		}
	}
}

func TestEditionsThatAnInstallationBrings(t *testing.T) {
	t.Parallel()
	shipped, err := fs.ReadFile(statute.Shipped(), "procedures/instant.yaml")
	if err != nil {
		t.Fatal(err)
	}
	own := func(old, with string) fstest.MapFS {
		return fstest.MapFS{"instant.yaml": {Data: []byte(strings.Replace(string(shipped), old, with, 1))}}
	}
	ps, err := statute.LoadProceduresWith(own("id: instant\n", "id: instant\nversion: 100\n"))
	if err != nil {
		t.Fatal(err)
	}
	if p, err := ps.Get("instant"); err != nil || p.Version != 100 || len(ps.Editions("instant")) < 2 {
		t.Errorf("newest %v, %v", p, err)
	}
	for _, tt := range []struct {
		rule  string
		files fstest.MapFS
		want  string
	}{
		{"low numbers are the program's", own("id: instant\n", "id: instant\nversion: 7\n"), "count from 100"},
		{"only of procedures that are there", fstest.MapFS{"x.yaml": edition(100, "", "")}, `the program has no procedure "x"`},
		{"checked like any other", own("roles: [clerk]", "roles: [mayor]"), "unknown role mayor"},
	} {
		if _, err := statute.LoadProceduresWith(tt.files); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v, want %q", tt.rule, err, tt.want)
		}
	}
}

// Limits may change while a clock runs, never to the applicant's disadvantage and
// never so that the agency is late by the change alone.
func TestOtherLimitsOfARunningClock(t *testing.T) {
	t.Parallel()
	cal := statute.NewBook(statute.National()...).For("511602")
	on := day.MustParse
	clock := statute.DecisionClock(20, 10) // from Monday 2026-11-16: by law 12-14, promised 11-30
	limits := func(date string, statutory, promised, extension int) statute.Entry {
		return statute.Entry{Kind: statute.Limits, On: on(date), Statutory: statutory, Promised: promised, Extension: extension}
	}
	extend := statute.Entry{Kind: statute.Extend, On: on("2026-11-18"), Days: 10, Reason: "案情复杂"}
	pause := statute.Entry{Kind: statute.Pause, On: on("2026-11-18"), ID: "a", Special: statute.Testing, Until: on("2026-11-25"), Reason: "检测"}
	stop := statute.Entry{Kind: statute.Stop, On: on("2026-11-18")}
	for _, tt := range []struct {
		what           string
		history        []statute.Entry
		promised, due  string
		err            error
		extensionAfter bool // is allowed still
	}{
		{"shorter", []statute.Entry{limits("2026-11-18", 15, 5, 10)}, "2026-11-23", "2026-12-07", nil, true},
		{"the same", []statute.Entry{limits("2026-11-18", 20, 10, 10)}, "2026-11-30", "2026-12-14", nil, true},
		{"no extension any more", []statute.Entry{limits("2026-11-18", 20, 10, 0)}, "2026-11-30", "2026-12-14", nil, false},
		{"longer by law", []statute.Entry{limits("2026-11-18", 21, 10, 10)}, "", "", statute.ErrLonger, false},
		{"a longer promise", []statute.Entry{limits("2026-11-18", 20, 11, 10)}, "", "", statute.ErrLonger, false},
		{"a longer extension", []statute.Entry{limits("2026-11-18", 20, 10, 15)}, "", "", statute.ErrLonger, false},
		{"on the last day in time", []statute.Entry{limits("2026-11-18", 20, 2, 10)}, "2026-11-18", "2026-12-14", nil, true},
		{"over at once", []statute.Entry{limits("2026-11-19", 20, 2, 10)}, "", "", statute.ErrAtOnce, false},
		{"over by law at once", []statute.Entry{limits("2026-12-08", 15, 10, 10)}, "", "", statute.ErrAtOnce, false},
		{"late before and no worse", []statute.Entry{limits("2026-12-02", 16, 10, 10)}, "2026-11-30", "2026-12-08", nil, true},
		{"an extension stays", []statute.Entry{extend, limits("2026-11-19", 15, 5, 10)}, "2026-12-07", "2026-12-21", nil, false},
		{"in a pause", []statute.Entry{pause, limits("2026-11-19", 15, 5, 10)}, "2026-11-30", "2026-12-14", nil, true},
		{"over before the pause", []statute.Entry{pause, limits("2026-11-19", 15, 1, 10)}, "", "", statute.ErrAtOnce, false},
		{"after the end", []statute.Entry{stop, limits("2026-11-19", 15, 5, 10)}, "", "", statute.ErrPhase, false},
		{"no limit", []statute.Entry{limits("2026-11-18", 20, 0, 10)}, "", "", statute.ErrLimit, false},
		{"a promise beyond the law", []statute.Entry{limits("2026-11-18", 5, 6, 10)}, "", "", statute.ErrLimit, false},
	} {
		history := append([]statute.Entry{{Kind: statute.Start, On: on("2026-11-16")}}, tt.history...)
		s, err := statute.Replay(cal, clock, history)
		if !errors.Is(err, tt.err) {
			t.Errorf("%s: %v, want %v", tt.what, err, tt.err)
		}
		if err != nil {
			continue
		}
		if s.DuePromised.String() != tt.promised || s.Due.String() != tt.due {
			t.Errorf("%s: promised %s, by law %s; want %s and %s", tt.what, s.DuePromised, s.Due, tt.promised, tt.due)
		}
		again := statute.Entry{Kind: statute.Extend, On: on("2026-12-02"), Days: 10, Reason: "案情复杂"}
		if _, err := statute.Replay(cal, clock, append(history, again)); (err == nil) != tt.extensionAfter {
			t.Errorf("%s: extended afterwards: %v", tt.what, err)
		}
	}
}
