package formweb_test

import (
	"encoding/json"
	"io/fs"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/form/formtest"
	"github.com/tongban/tongban/internal/form/formweb"
	"github.com/tongban/tongban/internal/kit/auth"
	"github.com/tongban/tongban/internal/kit/webtest"
)

// spouseNumber is the identity number of Zhao in the test world.
const spouseNumber = "511602199001011236"

// everything opens a world with the service that asks every kind of question;
// prepare changes it before the pages are asked.
func everything(t *testing.T, prepare ...func(w *formtest.World)) (*formtest.World, *webtest.Browser, string) {
	t.Helper()
	w := formtest.SQLite(t).WithEverything(t)
	for _, p := range prepare {
		p(w)
	}
	k := webtest.New(t, webtest.Options{
		Texts: []fs.FS{formweb.Texts},
		Actors: map[string]auth.Principal{
			"zhou": formtest.Zhou, "lin": formtest.Lin, "zhao": {Kind: auth.Resident, ID: "zhao", Name: "赵志远", Level: 2},
		},
		Allow: formtest.Allow(t),
	})
	formweb.Routes(k, w.Service, directory{})
	b := webtest.Browse(t, k.Handler()).As("zhou")
	p := b.Post("/apply/"+string(formtest.EverythingItem), nil)
	if p.Status != http.StatusSeeOther {
		t.Fatalf("not begun: %d %s", p.Status, p.Text("main"))
	}
	return w, b, p.Location()
}

// fill sends a page of questions and expects to be led on.
func fill(t *testing.T, b *webtest.Browser, draft, page string, v url.Values) {
	t.Helper()
	p := send(t, b, b.Get(draft+"/pages/"+page), v)
	if p.Status != http.StatusSeeOther {
		t.Fatalf("%s: %d %s", page, p.Status, p.Text("main"))
	}
}

func TestEveryPageIsSound(t *testing.T) {
	t.Parallel()
	_, b, draft := everything(t)
	paths := []string{
		"", "/consent", "/pages/person", "/pages/spouse", "/pages/family", "/pages/place", "/pages/money", "/pages/rooms", "/pages/pictures",
		"/commitment", "/materials/lease", "/materials/lease?way=upload", "/materials/lease?way=statement", "/materials/lease?way=counter",
		"/materials/lease?way=owed", "/materials/report", "/materials/story", "/materials/food", "/materials/marriage", "/signers", "/check",
		"/dispute/address", "/delete",
	}
	for _, locale := range []string{"zh-CN", "en"} {
		for _, path := range paths {
			p := b.In(locale).Get(draft + path)
			if p.Status != http.StatusOK {
				t.Errorf("%s: %d", path, p.Status)
				continue
			}
			webtest.Check(t, p)
			if strings.Contains(p.Text("main"), "{") || strings.Contains(p.Text("main"), "form.") {
				t.Errorf("%s in %s has bare words: %s", path, locale, p.Text("main"))
			}
		}
	}
}

func TestRowsComeAndGoWithoutLoss(t *testing.T) {
	t.Parallel()
	_, b, draft := everything(t)
	page := draft + "/pages/family"
	p := send(t, b, b.Get(page), url.Values{"members.add": {"1"}})
	if p.Status != http.StatusSeeOther || !strings.HasSuffix(p.Location(), "#members.0") {
		t.Fatalf("%d %s", p.Status, p.Location())
	}
	p = b.Get(page)
	if p.Doc.Find("#members\\.0").Length() != 1 || p.Doc.Find(".govuk-error-message").Length() != 0 {
		t.Fatalf("no row, or blame for it: %s", p.Text("main"))
	}
	send(t, b, p, url.Values{"members.0.name": {"张三"}, "members.0.income": {"三千"}, "members.add": {"1"}})
	p = b.Get(page)
	if p.Doc.Find("#members\\.0\\.income").AttrOr("value", "") != "三千" || p.Doc.Find("#members\\.1").Length() != 1 {
		t.Fatalf("lost what was typed: %s", p.Body)
	}
	p = send(t, b, p, url.Values{"members.1.name": {"李四"}, "members.1.income": {"1,200.50"}})
	webtest.Check(t, p)
	if p.Status != http.StatusUnprocessableEntity || p.Doc.Find(".govuk-error-summary a[href='#members.0.income']").Length() != 1 {
		t.Fatalf("%d %s", p.Status, p.Text("main"))
	}
	send(t, b, p, url.Values{"members.remove": {"0"}})
	p = b.Get(page)
	if p.Doc.Find("#members\\.0\\.name").AttrOr("value", "") != "李四" || p.Doc.Find("#members\\.1").Length() != 0 || !strings.Contains(p.Text(".tb-computed"), "120050") {
		t.Errorf("after removing the first: %s", p.Text("main"))
	}
	fill(t, b, draft, "family", nil)
	if en := b.In("en").Get(draft + "/check"); !strings.Contains(en.Text("main"), "Family member 1") || !strings.Contains(en.Text("main"), "1,200.50") {
		t.Errorf("check: %s", en.Text("main"))
	}
}

func TestThreeRowsAreEnough(t *testing.T) {
	t.Parallel()
	_, b, draft := everything(t)
	for range 4 {
		p := b.Get(draft + "/pages/family")
		if p.Doc.Find("button[name='members.add']").Length() == 0 {
			if p.Doc.Find(".tb-row").Length() != 3 {
				t.Errorf("%d rows", p.Doc.Find(".tb-row").Length())
			}
			return
		}
		v := url.Values{"members.add": {"1"}}
		p.Doc.Find(".tb-row input[name$='.name']").Each(func(_ int, s *goquery.Selection) { v.Set(s.AttrOr("name", ""), "某人") })
		send(t, b, p, v)
	}
	t.Error("a fourth row can be added")
}

func TestPlaceStepByStep(t *testing.T) {
	t.Parallel()
	_, b, draft := everything(t)
	page := draft + "/pages/place"
	step := func(v url.Values) *webtest.Page {
		p := send(t, b, b.Get(page), v)
		if p.Status == http.StatusSeeOther {
			p = b.Get(page)
		}
		webtest.Check(t, p)
		return p
	}
	p := step(url.Values{"division-1": {"51"}, "do": {"step:division"}})
	if p.Doc.Find("select").Length() != 2 || p.Doc.Find(".govuk-error-message").Length() != 0 {
		t.Fatalf("%d levels: %s", p.Doc.Find("select").Length(), p.Text("main"))
	}
	p = send(t, b, p, url.Values{"division-1": {"51"}, "division-2": {"5116"}})
	if p.Status != http.StatusUnprocessableEntity || !strings.Contains(p.Text("#division-error"), "往下选") {
		t.Errorf("a city is taken for a county: %d %s", p.Status, p.Text("main"))
	}
	p = step(url.Values{"do": {"find:division"}, "division-q": {"北辰"}})
	if p.Doc.Find("input[type=radio][value='511602002']").Length() != 1 || !strings.Contains(p.Text("main"), "四川省广安市广安区北辰街道") {
		t.Fatalf("not found: %s", p.Text("main"))
	}
	p = step(url.Values{"do": {"find:division"}, "division-q": {"没有这个地方"}})
	if !strings.Contains(p.Text("main"), "找到 0 个") {
		t.Errorf("finds: %s", p.Text("main"))
	}
	fill(t, b, draft, "place", url.Values{"division": {"511602002"}})
	p = step(url.Values{"do": {"local:division"}, "division-1": {"51"}, "division-2": {"5101"}})
	if !strings.Contains(p.Text(".tb-place__full"), "四川省广安市广安区") {
		t.Errorf("in our county: %s", p.Text("main"))
	}
	// Who changes the province leaves the old town behind.
	p = step(url.Values{"division-1": {"51"}, "division-2": {"5101"}, "division-3": {"511602"}, "do": {"step:division"}})
	if !strings.Contains(p.Text(".tb-place__full"), "四川省成都市") {
		t.Errorf("keeps the county of another city: %s", p.Text(".tb-place__full"))
	}
}

func TestDispute(t *testing.T) {
	t.Parallel()
	w, b, draft := everything(t)
	page := draft + "/pages/person"
	p := b.Get(page)
	if !strings.Contains(p.Text("main"), "来自公安人口信息，2024 年 3 月 18 日 登记") || p.Doc.Find("a[href='"+draft+"/dispute/address']").Length() != 1 {
		t.Fatalf("held: %s", p.Text("main"))
	}
	p = send(t, b, b.Get(draft+"/dispute/address"), url.Values{"do": {"dispute"}})
	webtest.Check(t, p)
	if p.Status != http.StatusUnprocessableEntity || p.Doc.Find(".govuk-error-summary a").Length() != 2 {
		t.Fatalf("%d %s", p.Status, p.Text("main"))
	}
	p = send(t, b, p, url.Values{"do": {"dispute"}, "address": {"金安大道 8 号"}, "reason": {"搬家了"}})
	if p.Location() != page {
		t.Fatalf("%d leads to %q %s", p.Status, p.Location(), p.Text("main"))
	}
	p = follow(t, b, p)
	if p.Text("#address") != "金安大道 8 号" || !strings.Contains(p.Text("main"), "搬家了") || !strings.Contains(p.Text("main"), "建安北路 12 号") {
		t.Errorf("disputed: %s", p.Text("main"))
	}
	fill(t, b, draft, "person", url.Values{"grown": {"yes"}})
	p = b.Get(draft + "/dispute/address")
	webtest.Check(t, p)
	if p = send(t, b, p, url.Values{"do": {"undo"}}); p.Location() != page {
		t.Errorf("undoing leads to %q", p.Location())
	}
	if p = b.Get(page); p.Doc.Find("#address").Length() != 0 {
		t.Error("still asks for the address")
	}
	w.People.Down = map[string]bool{"person": true}
	b2 := b.Post("/apply/"+string(formtest.EverythingItem), url.Values{"new": {"yes"}})
	p = b.Get(b2.Location() + "/pages/person")
	if !strings.Contains(p.Text("main"), "登记系统暂时没有回应") || p.Doc.Find("#name").Length() != 1 {
		t.Errorf("a registry that is down: %s", p.Text("main"))
	}
}

func TestConsentComesFirst(t *testing.T) {
	t.Parallel()
	w, b, draft := everything(t)
	for _, l := range w.People.Lookups {
		for _, k := range l.Keys {
			if strings.HasPrefix(k, "marriage.") {
				t.Fatal("looked at the marriage register without being asked")
			}
		}
	}
	if p := b.Get(draft); p.Doc.Find("main a.govuk-button[href='"+draft+"/consent']").Length() != 1 {
		t.Errorf("does not begin with consent: %s", p.Text("main"))
	}
	p := send(t, b, b.Get(draft+"/consent"), nil)
	webtest.Check(t, p)
	if p.Status != http.StatusUnprocessableEntity || !strings.Contains(p.Text(".govuk-error-summary"), "婚姻登记") {
		t.Fatalf("%d %s", p.Status, p.Text("main"))
	}
	if p = send(t, b, p, url.Values{"consent.marriage": {"no"}}); p.Status != http.StatusSeeOther {
		t.Fatalf("%d %s", p.Status, p.Text("main"))
	}
	if p = b.Get(draft + "/pages/spouse"); p.Doc.Find("#spouse_name").Length() != 1 {
		t.Error("does not ask who declined")
	}
	send(t, b, b.Get(draft+"/consent"), url.Values{"consent.marriage": {"yes"}})
	if p = b.Get(draft + "/pages/spouse"); p.Doc.Find("#spouse_name").Length() != 0 || !strings.Contains(p.Text("main"), "赵志远") {
		t.Errorf("asks what the register holds: %s", p.Text("main"))
	}
}

func TestWaysOfAPaper(t *testing.T) {
	t.Parallel()
	_, b, draft := everything(t)
	path := draft + "/materials/lease"
	choose := func(fields map[string]string) *webtest.Page {
		typ, body := multipartFile(t, fields, "", "", "")
		return b.Send(http.MethodPost, path, typ, body)
	}
	if p := b.Get(path); !strings.Contains(p.Text("main"), "5116022026051010230004827") || p.Doc.Find("input[name=copy][checked]").Length() != 1 {
		t.Errorf("a verified copy is not offered: %s", p.Text("main"))
	}
	for way, c := range map[string]struct {
		fields map[string]string
		says   string
	}{
		"copy":      {map[string]string{"copy": "old-lease"}, "5116022026051010230004827"},
		"statement": {nil, "书面说明"},
		"counter":   {nil, "带到窗口"},
		"owed":      {nil, "以后补交，最迟 2026 年 12 月 4 日"},
	} {
		fields := map[string]string{"way": way, "do": "next"}
		for k, v := range c.fields {
			fields[k] = v
		}
		p := choose(fields)
		if p.Status != http.StatusSeeOther || p.Location() != draft+"/materials/report" {
			t.Errorf("%s: %d %q %s", way, p.Status, p.Location(), p.Text("main"))
		}
		if p = b.Get(draft + "/check"); !strings.Contains(p.Text("main"), c.says) {
			t.Errorf("%s: the check does not say %s: %s", way, c.says, p.Text("main"))
		}
	}
	typ, body := multipartFile(t, map[string]string{"way": "upload", "do": "next"}, "file", "合同.pdf", formtest.PDF("x"))
	p := follow(t, b, b.Send(http.MethodPost, path, typ, body))
	if !strings.Contains(p.Text(".tb-files"), "合同.pdf") || p.Doc.Find("iframe[loading=lazy]").Length() != 1 {
		t.Errorf("uploaded: %s", p.Text("main"))
	}
	typ, body = multipartFile(t, map[string]string{"way": "statement", "text": "", "do": "next"}, "", "", "")
	if p = b.Send(http.MethodPost, draft+"/materials/story", typ, body); p.Status != http.StatusUnprocessableEntity {
		t.Errorf("an empty statement: %d", p.Status)
	}
	typ, body = multipartFile(t, map[string]string{"way": "held", "do": "next"}, "", "", "")
	if p = b.Send(http.MethodPost, draft+"/materials/food", typ, body); p.Status != http.StatusSeeOther || p.Location() != draft {
		t.Errorf("what is not asked: %d %s", p.Status, p.Location())
	}
	if p = b.Get(draft + "/materials/food"); !strings.Contains(p.Text("main"), "JY25116020001234") || p.Doc.Find("input[type=file]").Length() != 0 {
		t.Errorf("a licence stands for it: %s", p.Text("main"))
	}
}

func TestPhotoOnThePage(t *testing.T) {
	t.Parallel()
	_, b, draft := everything(t)
	page := draft + "/pages/pictures"
	p := b.Get(page)
	if p.Doc.Find("form#question[enctype='multipart/form-data'] input[type=file][capture]").Length() != 1 {
		t.Fatalf("no camera: %s", p.Body)
	}
	fields := map[string]string{"rev": p.Doc.Find("#question input[name=rev]").AttrOr("value", ""), "shown": "sign_text", "sign_text": "清和"}
	typ, body := multipartFile(t, fields, "file.photo", "门面.png", string(formtest.PNG(6, 4)))
	p = b.Send(http.MethodPost, page, typ, body)
	if p.Status != http.StatusSeeOther {
		t.Fatalf("%d %s", p.Status, p.Text("main"))
	}
	p = b.Get(page)
	if !strings.Contains(p.Text(".tb-files"), "门面.png") || p.Doc.Find("#sign_text").AttrOr("value", "") != "清和" {
		t.Fatalf("lost: %s", p.Text("main"))
	}
	right := p.Doc.Find("button[value^='right:']").AttrOr("value", "")
	send(t, b, p, url.Values{"do": {right}, "sign_text": {"清和美发"}})
	p = b.Get(page)
	if p.Doc.Find("img.tb-turn-90").Length() != 1 || p.Doc.Find("#sign_text").AttrOr("value", "") != "清和美发" {
		t.Errorf("turned: %s", p.Body)
	}
	fields["rev"] = p.Doc.Find("#question input[name=rev]").AttrOr("value", "")
	typ, body = multipartFile(t, fields, "file.photo", "坏.png", "<html>")
	if p = b.Send(http.MethodPost, page, typ, body); p.Status != http.StatusUnprocessableEntity || p.Doc.Find(".govuk-error-summary a[href='#file.photo']").Length() != 1 {
		t.Errorf("a bad photo: %d %s", p.Status, p.Text("main"))
	}
	drop := b.Get(page).Doc.Find("button[value^='drop:']").AttrOr("value", "")
	send(t, b, b.Get(page), url.Values{"do": {drop}, "sign_text": {"清和"}})
	if p = b.Get(page); p.Doc.Find(".tb-files li").Length() != 0 {
		t.Error("not removed")
	}
}

func TestBackKeepsWhatWasTyped(t *testing.T) {
	t.Parallel()
	_, b, draft := everything(t)
	p := send(t, b, b.Get(draft+"/pages/money"), url.Values{"rent": {"很多"}, "lease_time-from-year": {"2026"}, "do": {"back"}})
	if p.Location() != draft {
		t.Fatalf("back leads to %q", p.Location())
	}
	p = b.Get(draft + "/pages/money")
	if p.Doc.Find("#rent").AttrOr("value", "") != "很多" || p.Doc.Find("[name='lease_time-from-year']").AttrOr("value", "") != "2026" {
		t.Errorf("lost: %s", p.Body)
	}
	// Enter means "save and continue", whatever stands above.
	if first := p.Doc.Find("button[form=question], #question button").First(); first.AttrOr("value", "") != "next" {
		t.Errorf("Enter presses %s", first.Text())
	}
}

func TestAutosave(t *testing.T) {
	t.Parallel()
	_, b, draft := everything(t)
	page := draft + "/pages/money"
	one, two := b.Get(page), b.Get(page)
	save := func(p *webtest.Page, revs string, v url.Values) (int, map[string]any) {
		v.Set("rev", p.Doc.Find("#question input[name=rev]").AttrOr("value", ""))
		v.Set("revs", revs)
		res := b.Post(page+"/autosave", v)
		var out map[string]any
		if err := json.Unmarshal([]byte(res.Body), &out); err != nil {
			t.Fatalf("%d %s: %v", res.Status, res.Body, err)
		}
		return res.Status, out
	}
	status, out := save(one, "", url.Values{"shown": {"rent"}, "rent": {"2500"}})
	if status != http.StatusOK || out["text"] != "10:00 已保存" || out["rev"] == nil {
		t.Fatalf("%d %v", status, out)
	}
	first := out["rev"]
	// The other tab saves another field: no fight.
	if status, out = save(two, "", url.Values{"shown": {"lease_time"}, "lease_time-from-year": {"2026"}}); status != http.StatusOK {
		t.Fatalf("%d %v", status, out)
	}
	// The same field in the other tab, which never saw the first answer.
	if status, out = save(two, "", url.Values{"shown": {"rent"}, "rent": {"3000"}}); status != http.StatusConflict || out["conflict"] != true || out["href"] != page {
		t.Fatalf("%d %v", status, out)
	}
	// The first tab goes on with its own field, knowing which revision is its own.
	own := "rent:" + jsonNumber(first)
	if status, out = save(one, own, url.Values{"shown": {"rent"}, "rent": {"2600"}}); status != http.StatusOK {
		t.Fatalf("%d %v", status, out)
	}
	own = "rent:" + jsonNumber(out["rev"])
	// What it sends at last does not wipe out what the other tab saved.
	p := send(t, b, one, url.Values{"revs": {own}, "rent": {"2600"}, "prior": {"lic1"}})
	if p.Status != http.StatusConflict || !strings.Contains(p.Text("table"), "租期") || strings.Contains(p.Text("table"), "租金") {
		t.Errorf("%d %s", p.Status, p.Text("main"))
	}
	if p = b.As("lin").Post(page+"/autosave", url.Values{"shown": {"rent"}, "rent": {"1"}}); p.Status != http.StatusNotFound {
		t.Errorf("a stranger saves: %d", p.Status)
	}
	if p = b.Post(page+"/autosave", url.Values{"shown": {"rent"}, "rent": {strings.Repeat("9", 10<<20)}}); p.Status != http.StatusRequestEntityTooLarge {
		t.Errorf("10 MB: %d", p.Status)
	}
}

func jsonNumber(v any) string {
	b, _ := json.Marshal(v)
	return string(b)
}

func TestTooMuchIsSaidClearly(t *testing.T) {
	t.Parallel()
	_, b, draft := everything(t)
	send(t, b, b.Get(draft+"/pages/money"), url.Values{"rent": {"2500"}, "do": {"later"}})
	p := b.Post(draft+"/pages/money", url.Values{"shown": {"rent"}, "rent": {strings.Repeat("9", 10<<20)}})
	webtest.Check(t, p)
	if p.Status != http.StatusRequestEntityTooLarge || p.Doc.Find(".govuk-error-summary").Length() != 1 || p.Doc.Find("#rent").AttrOr("value", "") != "2500" {
		t.Errorf("%d %s", p.Status, p.Text("main"))
	}
}

func TestIneligibleSaysWhatToDo(t *testing.T) {
	t.Parallel()
	_, b, draft := everything(t)
	fill(t, b, draft, "person", url.Values{"grown": {"no"}})
	for _, path := range []string{"", "/check"} {
		p := b.Get(draft + path)
		if !strings.Contains(p.Text("main"), "要年满 18 岁") || p.Doc.Find("main .tb-banner a[href^='/services/']").Length() != 1 {
			t.Errorf("%s: %s", path, p.Text("main"))
		}
	}
}

func TestExpiredDraftSaysSo(t *testing.T) {
	t.Parallel()
	w, b, draft := everything(t)
	w.Clock.Pass(40 * 24 * 3600 * 1e9)
	if p := b.Get(draft); p.Status != http.StatusNotFound {
		t.Errorf("expired: %d", p.Status)
	}
	if p := b.Post(draft+"/pages/money/autosave", url.Values{"shown": {"rent"}, "rent": {"1"}}); p.Status != http.StatusNotFound || !strings.Contains(p.Body, "没有保存") {
		t.Errorf("autosave: %d %s", p.Status, p.Body)
	}
}

// The parts of a bundle stand on the check page with their departments.
func TestBundleOnTheCheckPage(t *testing.T) {
	t.Parallel()
	_, b, draft := everything(t, func(w *formtest.World) {
		svc := w.Catalog[formtest.EverythingItem]
		svc.Parts = []contract.Part{
			{ID: "a", Item: w.Hygiene, Name: contract.Text{ZH: "卫生许可", EN: "Hygiene licence"}, Agency: "health", Required: true, Fields: map[string]string{"area": "rent"}},
			{ID: "b", Item: w.Filing, When: "a.grown == false", Name: contract.Text{ZH: "备案", EN: "Filing"}, Agency: "market"},
		}
		w.Catalog[formtest.EverythingItem] = svc
	})
	fill(t, b, draft, "person", url.Values{"grown": {"yes"}})
	p := b.Get(draft + "/check")
	if text := p.Text(".tb-parts"); !strings.Contains(text, "卫生许可") || !strings.Contains(text, "区行政审批局") || strings.Contains(text, "备案") {
		t.Errorf("parts: %s", text)
	}
}
