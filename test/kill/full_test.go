//go:build linux

package kill

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"

	"github.com/tongban/tongban/internal/kit/dbtest"
	"github.com/tongban/tongban/test/platform"
)

// files counts what lies in a folder of the disk.
func files(t *testing.T, folder string) int {
	t.Helper()
	n := 0
	err := filepath.WalkDir(folder, func(_ string, d os.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			n++
		}
		return err
	})
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		t.Fatal(err)
	}
	return n
}

// A full disk: who sends, decides or uploads is told so in words, nothing is half
// stored, what can be read is read, and the same step succeeds once there is space.
func TestFullDisk(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("starts the binary")
	}
	binary, err := platform.Build(t.Context(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		full(t, binary, "")
	})
	t.Run("postgres", func(t *testing.T) { // whose own disk is another: files alone fail
		t.Parallel()
		full(t, binary, dbtest.PostgresURL(t))
	})
}

func full(t *testing.T, binary, database string) {
	t.Helper()
	data := t.TempDir()
	program, disk := onDisk(t, binary, data)
	p := start(t, program, data, database)
	lin, clerk := signIn(t, p, "lin"), signIn(t, p, "clerk")
	first, second, third := ready(t, lin), ready(t, lin), ready(t, lin)
	accepted, err := lin.Submit(t.Context(), first)
	if err != nil {
		t.Fatal(err)
	}
	d := filled{t: t, lin: lin, clerk: clerk, draft: second, id: accepted.Case, disk: data}
	before := d.state()

	disk.full.Store(true)
	d.upload(second, http.StatusServiceUnavailable)
	var pages []outage
	if database == "" {
		d.until(third)
		pages = d.refused()
	}
	if after := d.state(); after != before {
		t.Errorf("before %s\nafter  %s", before, after)
	}

	disk.full.Store(false)
	d.succeeds(pages)
	d.upload(third, http.StatusCreated)
	stop(t, p)
}

// filled is a platform whose disk is full or was.
type filled struct {
	t          *testing.T
	lin, clerk *platform.Client
	draft, id  string
	disk       string // its data folder
}

func signIn(t *testing.T, p *platform.Process, name string) *platform.Client {
	t.Helper()
	c, err := p.SignIn(t.Context(), name)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func ready(t *testing.T, c *platform.Client) string {
	t.Helper()
	draft, err := c.Ready(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return draft
}

// state is what must stay as it is: the draft, the case, the files.
func (d filled) state() string {
	d.t.Helper()
	var draft struct {
		State    string
		Complete bool
		Rev      int
	}
	var c struct{ State, Stage string }
	var all struct {
		Cases []struct{ ID string }
	}
	for path, out := range map[string]any{"/drafts/" + d.draft: &draft, "/cases/" + d.id: &c, "/cases": &all} {
		if err := d.lin.Call(d.t.Context(), http.MethodGet, path, nil, out); err != nil {
			d.t.Fatal(err)
		}
	}
	return fmt.Sprintf("%+v %+v %d cases, %d files, %d begun", draft, c, len(all.Cases), files(d.t, filepath.Join(d.disk, "files")), files(d.t, filepath.Join(d.disk, "files", "tmp")))
}

// upload hands in another plan.
func (d filled) upload(draft string, want int) {
	d.t.Helper()
	status, told := d.send(d.lin, "/api/v1/drafts/"+draft+"/materials/plans?name=plan.png", "image/png", platform.Picture("another"), "en")
	if status != want {
		d.t.Errorf("an upload is answered by %d, want %d: %s", status, want, told)
	}
	if want != http.StatusCreated && !strings.Contains(told, "Files cannot be stored") {
		d.t.Errorf("an upload is told %s", told)
	}
}

// until saves answers to a draft until they cannot be saved: what the database has
// set aside on the disk is used up then.
func (d filled) until(draft string) {
	d.t.Helper()
	for n := range 20_000 {
		answers := map[string]any{"answers": map[string]any{"area": 20 + n%200}}
		if err := d.lin.Call(d.t.Context(), http.MethodPut, "/drafts/"+draft+"/answers", answers, nil); err != nil {
			d.t.Logf("the disk is full after %d changes", n)
			d.unavailable(err)
			return
		}
	}
	d.t.Fatal("a full disk takes everything")
}

const opinion = "材料齐全，符合法定形式。"

// outage is a page that keeps what it could not store.
type outage struct {
	who  *platform.Client
	page string
}

// refused sends and decides, by pages and as programs do. It returns the last page of
// each.
func (d filled) refused() (pages []outage) {
	d.t.Helper()
	var draft struct{ Rev int }
	if err := d.lin.Call(d.t.Context(), http.MethodGet, "/drafts/"+d.draft, nil, &draft); err != nil {
		d.t.Fatal(err)
	}
	declared := url.Values{"rev": {strconv.Itoa(draft.Rev)}, "declared": {"yes"}}
	accept := url.Values{"opinion": {opinion}}
	says := map[string]string{"en": "Nothing was half saved", "zh-CN": "没有留下不完整的内容"}
	for path, try := range map[string]struct {
		who  *platform.Client
		form url.Values
	}{"/drafts/" + d.draft + "/submit": {d.lin, declared}, "/staff/cases/" + d.id + "/accept": {d.clerk, accept}} {
		last := outage{who: try.who}
		for locale, words := range says {
			status, page := d.send(try.who, path, "application/x-www-form-urlencoded", []byte(try.form.Encode()), locale)
			if status != http.StatusServiceUnavailable || !strings.Contains(page, words) || !strings.Contains(page, `lang="`+locale+`"`) {
				d.t.Errorf("%s in %s: %d %s", path, locale, status, body(page))
			}
			for name := range try.form {
				if !strings.Contains(page, `name="`+name+`" value="`+try.form.Get(name)+`"`) {
					d.t.Errorf("%s in %s: %s is lost: %s", path, locale, name, body(page))
				}
			}
			last.page = page
		}
		pages = append(pages, last)
	}
	_, err := d.lin.Submit(d.t.Context(), d.draft)
	d.unavailable(err)
	d.unavailable(d.accept())
	for _, path := range []string{"/", "/healthz", "/drafts/" + d.draft + "/check", "/cases/" + d.id} {
		if status, page := d.send(d.lin, path, "", nil, "en"); status != http.StatusOK {
			d.t.Errorf("%s: %d %s", path, status, page)
		}
	}
	return pages
}

// again presses "Send again" on the page of an outage: the form in it goes where it
// says, with what stands in it and nothing else.
func (d filled) again(x outage) {
	d.t.Helper()
	doc, err := goquery.NewDocumentFromReader(strings.NewReader(x.page))
	if err != nil {
		d.t.Fatal(err)
	}
	form := doc.Find(`main form[method="post"]`)
	path, there := form.Attr("action")
	if form.Length() != 1 || !there {
		d.t.Fatalf("nothing to send again: %s", body(x.page))
	}
	kept := url.Values{}
	form.Find("input").Each(func(_ int, in *goquery.Selection) { kept.Add(in.AttrOr("name", ""), in.AttrOr("value", "")) })
	status, page := d.send(x.who, path, "application/x-www-form-urlencoded", []byte(kept.Encode()), "en")
	if status != http.StatusSeeOther && status != http.StatusOK {
		d.t.Errorf("sent again, %s answers %d: %s", path, status, body(page))
	}
}

func (d filled) accept() error {
	return d.clerk.Call(d.t.Context(), http.MethodPost, "/cases/"+d.id+"/actions", map[string]any{"action": "accept", "opinion": opinion}, nil)
}

func (d filled) unavailable(err error) {
	d.t.Helper()
	problem, ok := errors.AsType[*platform.ProblemError](err)
	if !ok || problem.Status != http.StatusServiceUnavailable || !strings.Contains(problem.Body, `"db.unavailable"`) {
		d.t.Errorf("a program is told: %v", err)
	}
}

// body is the part of a page that says something.
func body(page string) string {
	_, main, _ := strings.Cut(page, "<main")
	return main
}

// succeeds does what was refused, from the pages that kept it or as programs do; each
// is done once.
func (d filled) succeeds(pages []outage) {
	d.t.Helper()
	for _, x := range pages {
		d.again(x)
	}
	if pages == nil {
		if _, err := d.lin.Submit(d.t.Context(), d.draft); err != nil {
			d.t.Errorf("it cannot be sent: %v", err)
		}
		if err := d.accept(); err != nil {
			d.t.Errorf("it cannot be accepted: %v", err)
		}
	}
	if _, page := d.send(d.clerk, "/staff/cases/"+d.id, "", nil, "zh-CN"); !strings.Contains(page, opinion) {
		d.t.Errorf("what the clerk typed is not in the record: %s", body(page))
	}
	var all struct {
		Cases []struct{ ID string }
	}
	if err := d.lin.Call(d.t.Context(), http.MethodGet, "/cases", nil, &all); err != nil || len(all.Cases) != 2 {
		d.t.Errorf("%d cases, %v", len(all.Cases), err)
	}
	// The papers of both, which jobs make, come now.
	ctx, cancel := context.WithTimeout(d.t.Context(), 5*time.Minute)
	defer cancel()
	for {
		status, _ := d.send(d.lin, "/cases/"+d.id+"/receipt.pdf", "", nil, "en")
		if status == http.StatusOK {
			return
		}
		if ctx.Err() != nil {
			d.t.Fatalf("no receipt: %d", status)
		}
	}
}

// send sends a body, or asks for a page where there is none.
func (d filled) send(c *platform.Client, path, kind string, body []byte, locale string) (status int, answer string) {
	d.t.Helper()
	status, answer, err := c.Raw(d.t.Context(), path, kind, body, locale)
	if err != nil {
		d.t.Fatal(err)
	}
	return status, answer
}
