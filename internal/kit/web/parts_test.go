package web_test

import (
	"context"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/a-h/templ"

	"github.com/tongban/tongban/internal/kit/fault"
	"github.com/tongban/tongban/internal/kit/web"
	"github.com/tongban/tongban/internal/kit/webtest"
)

// sample shows every part once, with faults.
func sample(v web.View) templ.Component {
	var x fault.Form
	for _, n := range []string{"name", "story", "kind", "w", "days", "born", "plan", "true"} {
		x.Add(n, "form.date")
	}
	f := web.NewForm(url.Values{"name": {`"<b>`}, "kind": {"b"}, "w": {"2"}, "days": {"1", "3"}, "born-year": {"1990"}})
	f.Fail(x.Err())
	options := []web.Option{{Value: "1", Label: "一"}, {Value: "2", Label: "二", Hint: "提示"}, {Value: "3", Label: "三"}}
	arg := func(name string) web.FieldArgs { return web.FieldArgs{Name: name, Label: name, Hint: "提示"} }
	parts := []templ.Component{
		web.ErrorSummary(v, f),
		web.Input(v, f, web.InputArgs{FieldArgs: arg("name"), Suffix: "平方米", InputMode: "decimal", Width: 5, Autocomplete: "name", MaxLength: 9}),
		web.Input(v, nil, web.InputArgs{FieldArgs: web.FieldArgs{Name: "free", Label: "free", Optional: true}, Value: "x"}),
		web.TextArea(v, f, web.TextAreaArgs{FieldArgs: arg("story"), Rows: 3}),
		web.Select(v, f, web.ChoiceArgs{FieldArgs: arg("kind"), Options: options}),
		web.Radios(v, f, web.ChoiceArgs{FieldArgs: arg("w"), Options: options, Rows: true}),
		web.Checkboxes(v, f, web.ChoiceArgs{FieldArgs: arg("days"), Options: options}),
		web.DateInput(v, f, web.InputArgs{FieldArgs: arg("born"), Autocomplete: "bday"}),
		web.FileInput(v, f, web.FileArgs{FieldArgs: arg("plan"), Accept: "image/png", Multiple: true}),
		web.Checkbox(v, f, web.CheckboxArgs{Name: "true", Label: "属实"}),
		web.Button(v, web.ButtonArgs{Text: "提交", Icon: "check"}),
		web.Button(v, web.ButtonArgs{Text: "删除", Hidden: "图", Secondary: true, Small: true, Name: "act", Value: "del", Action: "/x"}),
		web.LinkButton(v, "/back", web.ButtonArgs{Text: "返回", Warning: true, Wide: true}),
		web.Tag(web.Warn, "容缺"),
		web.Light(web.Red, "超 1 天"), web.Light(web.Yellow, "剩 1 天"), web.Light(web.Green, "剩 9 天"), web.Light(web.Paused, "暂停"),
		web.Done(v, "已完成"),
		web.CaseNumber("5116022026111610230004827"),
		web.When(v, webtest.Now),
		web.Empty(v, web.EmptyArgs{Icon: "inbox", Title: "没有", Text: "以后", Link: web.Link{Href: "/services", Text: "找"}}),
		web.SummaryRow(v, web.RowArgs{Key: "面积", Value: "48", Note: "来自", Change: "/x"}),
		web.Task(web.TaskArgs{Href: "/x", Title: "店铺", Hint: "名称"}),
		web.Step(v, web.StepArgs{State: web.StepNow, Title: "审查", At: webtest.Now, Text: "谁"}),
		web.Pager(v, web.PagerArgs{Prev: "/p", Next: "/n", Text: "47"}),
	}
	framed := []templ.Component{web.Details("为什么？"), web.Banner(v, web.Bad), web.Banner(v, web.Info), web.Source(v), web.TaskList(), web.Timeline(), web.SummaryList(), web.Actions()}
	return templ.ComponentFunc(func(ctx context.Context, w io.Writer) error {
		if _, err := io.WriteString(w, "<h1>x</h1>"); err != nil {
			return err
		}
		for _, c := range parts {
			if err := c.Render(ctx, w); err != nil {
				return err
			}
			if _, err := io.WriteString(w, "\n"); err != nil {
				return err
			}
		}
		for _, c := range framed {
			if err := c.Render(words(ctx, "字"), w); err != nil {
				return err
			}
		}
		return nil
	})
}

func TestPartsInBothLanguages(t *testing.T) {
	t.Parallel()
	k := webtest.New(t, webtest.Options{})
	k.Open("GET /parts", func(w http.ResponseWriter, r *http.Request) error {
		v := k.View(r)
		f := web.NewForm(nil)
		f.Add("x", "form.date")
		frame := web.Layout(v, web.PageInfo{Title: "零件", Nav: "home", Back: web.Link{Href: "/"}, Form: f})
		return k.Render(w, r, http.StatusOK, inside(frame, sample(v)))
	})
	b := webtest.Browse(t, k.Handler())
	for _, locale := range web.Locales() {
		p := b.In(locale).Get("/parts")
		webtest.Check(t, p)
		main, err := p.Doc.Find("main").Html()
		if err != nil {
			t.Fatal(err)
		}
		// Names of built files change with every build.
		main = strings.ReplaceAll(main, hashed(t, k), "/assets/icons.svg")
		webtest.Golden(t, "parts."+locale+".html", p.Text("title")+"\n"+main+"\n")
	}
}

func hashed(t *testing.T, k *web.Kit) string {
	t.Helper()
	return k.ViewOf(web.ZH, k.Actor(request(t, http.MethodGet, "/", ""))).Asset("icons.svg")
}

func TestEveryFaultLeadsToAField(t *testing.T) {
	t.Parallel()
	k := webtest.New(t, webtest.Options{})
	k.Open("GET /parts", func(w http.ResponseWriter, r *http.Request) error {
		return k.Render(w, r, http.StatusOK, sample(k.View(r)))
	})
	p := webtest.Browse(t, k.Handler()).Get("/parts")
	links := p.Doc.Find(".govuk-error-summary a")
	if links.Length() != 8 {
		t.Fatalf("%d links", links.Length())
	}
	for i := range links.Length() {
		href := links.Eq(i).AttrOr("href", "")
		if f := p.Doc.Find(href); !f.Is("input, select, textarea") {
			t.Errorf("%s leads to no field", href)
		}
	}
	if got := p.Doc.Find("#name").AttrOr("value", ""); got != `"<b>` {
		t.Errorf("what was typed came back as %q", got)
	}
}

func TestNumberCopiesWithoutBlanks(t *testing.T) {
	t.Parallel()
	html := webtest.Render(t, web.CaseNumber("5116022026111610230004827"))
	if strings.Count(html, "<span>") != 5 || strings.ContainsAny(strings.ReplaceAll(html, "class=", ""), " \n") && strings.Contains(html, "> <") {
		t.Error(html)
	}
}
