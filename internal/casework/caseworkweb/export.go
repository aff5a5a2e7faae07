package caseworkweb

import (
	"context"
	"encoding/csv"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/tongban/tongban/internal/casework"
	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/day"
	"github.com/tongban/tongban/internal/kit/idcode"
	"github.com/tongban/tongban/internal/kit/web"
)

// listRoutes are looking for cases and taking lists out.
func listRoutes(k *web.Kit, p pages) {
	k.Page("GET /staff/search", "casework.search", p.search)
	k.Page("GET /staff/export", "casework.export", p.askExport)
	k.Page("POST /staff/export", "casework.export", p.export)
}

// searchData is the page of a search.
type searchData struct {
	listData
	Form  *web.Form
	Found casework.Found
	Asked bool
}

func (p pages) search(w http.ResponseWriter, r *http.Request) error {
	q := query(r)
	f := web.NewForm(r.URL.Query())
	d := searchData{Form: f, Asked: q.Text != ""}
	status := http.StatusOK
	if d.Asked {
		found, err := p.s.Search(r.Context(), p.k.Actor(r), casework.Search{Text: q.Text, Item: q.Item, After: q.After})
		switch {
		case f.Fail(err):
			status, d.Asked = statusOf(f), false
		case err != nil:
			return err
		}
		d.Found = found
	}
	d.listData = p.list(casework.List{Cases: d.Found.Cases, Total: d.Found.Total, Next: d.Found.Next}, q, "/staff/search")
	return p.k.Render(w, r, status, searchPage(p.k.View(r), d))
}

// exportFields are the filters that an export takes over from its list.
var exportFields = []string{"list", "tab", "q", "item", "light", "before", "queue", "holder"}

func (p pages) askExport(w http.ResponseWriter, r *http.Request) error {
	return p.k.Render(w, r, http.StatusOK, exportPage(p.k.View(r), web.NewForm(r.URL.Query())))
}

func (p pages) export(w http.ResponseWriter, r *http.Request) error {
	f, err := web.ReadForm(w, r, maxForm)
	if err != nil {
		return err
	}
	before, err := day.Parse(f.Get("before"))
	if err != nil {
		before = day.Date{}
	}
	e, err := p.s.Export(r.Context(), p.k.Actor(r), casework.ExportQuery{
		Query: casework.Query{
			Tab: casework.Tab(f.Get("tab")), Text: strings.TrimSpace(f.Get("q")), Item: contract.ItemID(f.Get("item")), Light: f.Get("light"),
			Before: before, Queue: f.Get("queue"), Holder: contract.AccountID(f.Get("holder")),
		},
		List: f.Get("list"), Purpose: f.Get("purpose"),
	})
	if f.Fail(err) {
		return p.k.Render(w, r, statusOf(f), exportPage(p.k.View(r), f))
	}
	if err != nil {
		return err
	}
	h := w.Header()
	h.Set("Content-Type", "text/csv; charset=utf-8")
	h.Set("Content-Disposition", `attachment; filename="`+exportName(p.s.Today())+`"`)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cache-Control", "no-store")
	v := p.k.View(r)
	return writeCases(r.Context(), w, p.s, e, v.Locale != web.ZH, v.T)
}

func exportName(today day.Date) string { return "cases-" + today.String() + ".csv" }

// exportColumns are the words above the columns.
var exportColumns = []string{"number", "item", "applicant", "agency", "state", "whose", "light", "filed", "accepted", "due", "decided", "holder"}

// writeCases writes a list as CSV that spreadsheet programs open as it is: UTF-8
// with a mark at the beginning, and no cell that they would take for a formula.
func writeCases(ctx context.Context, to io.Writer, s *casework.Service, e casework.Export, english bool, t func(string, ...any) string) error {
	if _, err := io.WriteString(to, "\ufeff"); err != nil {
		return err
	}
	out := csv.NewWriter(to)
	out.UseCRLF = true
	head := make([]string, len(exportColumns))
	for i, name := range exportColumns {
		head[i] = t("casework.export.col." + name)
	}
	if err := out.Write(head); err != nil {
		return err
	}
	say := func(x contract.Text) string {
		if english && x.EN != "" {
			return x.EN
		}
		return x.ZH
	}
	today := s.Today()
	err := e.Each(ctx, func(x casework.Exported) error {
		light := string(x.Light(today))
		if light != "" {
			light = t("casework.light.name." + light)
		}
		line := []string{
			idcode.GroupCaseNumber(x.Number), say(x.ItemName), x.Name, say(x.AgencyName), say(s.StateName(x.Case)), t("casework.tab." + tabOf(x.Stage)), light,
			dateOf(x.Filed), dateOf(x.Accepted), x.Due.Promised.String(), dateOf(x.Decided), x.Holder.Name,
		}
		for i := range line {
			line[i] = harmless(line[i])
		}
		return out.Write(line)
	})
	out.Flush()
	if err != nil {
		return err
	}
	return out.Error()
}

// harmless keeps a spreadsheet program from taking a cell for a formula.
func harmless(cell string) string {
	if cell != "" && strings.ContainsRune("=+-@\t\r＝＋－＠", []rune(cell)[0]) {
		return "'" + cell
	}
	return cell
}

// exportPath leads from a list to its export, with the same filter.
func exportPath(list string, d listData) string {
	q := url.Values{}
	for name, value := range map[string]string{
		"list": list, "tab": string(d.Tab), "q": d.Query.Text, "item": string(d.Query.Item), "light": d.Query.Light,
		"before": d.Query.Before.String(), "queue": d.Query.Queue, "holder": string(d.Query.Holder),
	} {
		if value != "" {
			q.Set(name, value)
		}
	}
	return "/staff/export?" + q.Encode()
}

func dateOf(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return day.In(t).String()
}

// tabOf is the tab whose name says where a stage is.
func tabOf(stage casework.Stage) string {
	if stage == casework.StageOpinions {
		return string(casework.TabAwaiting)
	}
	return string(stage)
}

// lastWord is a key without its area, as programs read it.
func lastWord(key string) string { return key[strings.LastIndexByte(key, '.')+1:] }
