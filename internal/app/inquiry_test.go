package app

import (
	"io/fs"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/tongban/tongban/internal/form/formtest"
	"github.com/tongban/tongban/internal/identity"
	"github.com/tongban/tongban/internal/kit/api"
	"github.com/tongban/tongban/internal/kit/auth"
	"github.com/tongban/tongban/internal/kit/day"
	"github.com/tongban/tongban/internal/kit/webtest"
	"github.com/tongban/tongban/services"
)

// hearingRequired publishes the hygiene licence as if a law asked for a hearing: of
// which kind, and for which applications.
func (w *world) hearingRequired(t *testing.T, kind, when string) {
	t.Helper()
	w.hygieneAs(t, "  dept_code:", `  hearing:
    kind: `+kind+`
    when: `+when+`
    why: {zh: 与相邻住户有重大利益关系, en: The neighbours are concerned}
    law: {law: {zh: 测试法, en: Test Act}, article: 第一条, quote: {zh: "", en: ""}, verified: false}
  dept_code:`)
}

// hygieneAs publishes the hygiene licence with a place of its package changed.
func (w *world) hygieneAs(t *testing.T, was, is string) {
	t.Helper()
	const name = "public-place-hygiene-new"
	changed := fstest.MapFS{}
	err := fs.WalkDir(services.Files, name, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := fs.ReadFile(services.Files, path)
		changed[path] = &fstest.MapFile{Data: text}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	file := changed[name+"/service.yaml"]
	text := strings.Replace(string(file.Data), was, is, 1)
	if text == string(file.Data) {
		t.Fatalf("the package does not say %q", was)
	}
	file.Data = []byte(text)
	if err := w.catalog.PublishPackages(t.Context(), auth.SystemPrincipal("test"), changed); err != nil {
		t.Fatal(err)
	}
}

// inquiryView is an inquiry as far as these tests look.
type inquiryView struct {
	ID, State, Due string
	Open           bool
	Revision       int64
	Visit          *struct {
		Checklist []struct {
			ID, Kind string
			Limit    struct{ Min *float64 }
		}
		Rev int64
	}
	Hearing *struct {
		HoldBy string `json:"hold_by"`
	}
	Review *struct {
		Panel []struct{ ID, Name string }
	}
}

// inquire takes a step of an inquiry, which must succeed.
func (c caller) inquire(id, step string, in map[string]any) inquiryView {
	c.t.Helper()
	var v inquiryView
	body := map[string]any{"step": step}
	for k, x := range in {
		body[k] = x
	}
	c.call(http.MethodPost, "/inquiries/"+id+"/steps", body, &v)
	return v
}

// refuses tries a step of a case that must not be taken, because of what is said.
func (c caller) refuses(id, action, because string) {
	c.t.Helper()
	a := c.try(http.MethodPost, "/cases/"+id+"/actions", c.action(id, action))
	if a.status != http.StatusConflict || !strings.Contains(a.body, because) {
		c.t.Errorf("%s: %d %.300s, want a conflict that says %q", action, a.status, a.body, because)
	}
}

// to moves the clock to ten in the morning of a day.
func (w *world) to(t *testing.T, date string) {
	t.Helper()
	w.clock.add(day.MustParse(date).Time().Add(10 * time.Hour).Sub(w.clock.now()))
	w.drain(t)
}

// reviewed is a case of the hygiene licence that waits for its decision.
func (w *world) reviewed(t *testing.T) string {
	t.Helper()
	lin := w.signIn(t, "lin")
	r := lin.submit(lin.prepare())
	w.drain(t)
	w.steps(t, r.Case, "clerk accept", "reviewer1 review", "reviewer2 countersign")
	return r.Case
}

func demo(names ...string) []string {
	for i, n := range names {
		names[i] = string(identity.DemoAccountID(n))
	}
	return names
}

// paper downloads the newest document of a kind and reads its text with another
// program; it is "" where that is not installed.
func (c caller) paper(id, kind string) (file, text string) {
	c.t.Helper()
	var list struct {
		Documents []struct{ ID, Kind string }
	}
	c.call(http.MethodGet, "/cases/"+id+"/documents", nil, &list)
	for _, d := range list.Documents {
		if k, _, _ := strings.Cut(d.Kind, ":"); k != kind {
			continue
		}
		a := c.get(api.Prefix + "/cases/" + id + "/documents/" + d.ID)
		if !strings.HasPrefix(a.body, "%PDF-") {
			c.t.Fatalf("%s: %d %.80q", kind, a.status, a.body)
		}
		file = filepath.Join(c.t.TempDir(), kind+".pdf")
		if err := os.WriteFile(file, []byte(a.body), 0o600); err != nil {
			c.t.Fatal(err)
		}
		return file, program(c.t, "pdftotext", "-layout", file, "-")
	}
	c.t.Fatalf("no %s among %s", kind, show(list))
	return "", ""
}

// program runs another program, where it is installed.
func program(t *testing.T, name string, args ...string) string {
	t.Helper()
	if _, err := exec.LookPath(name); err != nil {
		return ""
	}
	out, err := exec.CommandContext(t.Context(), name, args...).CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v\n%s", name, err, out)
	}
	return string(out)
}

// numbers are what differs from one run to the next on a document.
var numbers = regexp.MustCompile(`[0-9]{6}[0-9A-Z]{12,19}|[0-9a-f]{64}|https?://\S+|〔2026〕[0-9A-Z]+-`)

// says compares the text of a document with a golden file.
func says(t *testing.T, name, text string) {
	t.Helper()
	if text == "" {
		t.Log("pdftotext is not here; the document was made and not read")
		return
	}
	var lines []string
	for line := range strings.SplitSeq(strings.ReplaceAll(text, "\f", ""), "\n") {
		if line = strings.Join(strings.Fields(numbers.ReplaceAllString(line, "…")), " "); line != "" {
			lines = append(lines, line)
		}
	}
	webtest.Golden(t, "papers/"+name+".txt", strings.Join(lines, "\n")+"\n")
}

// same asks the replay whether everything stored follows from what happened.
func (w *world) same(t *testing.T) {
	t.Helper()
	checked, differences, err := w.casework.Replay(t.Context())
	if err != nil || checked == 0 || len(differences) > 0 {
		t.Errorf("replay of %d cases: %v %+v", checked, err, differences)
	}
}

// Where a service asks for a visit, nothing is granted before two officials signed
// its record (Licensing Law art. 34(3)); a denial does not wait for it.
func TestNothingIsGrantedBeforeTheVisit(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		id := w.reviewed(t)
		w.signIn(t, "approver").refuses(id, "approve", "site visit")

		var x inquiryView
		w.signIn(t, "reviewer1").call(http.MethodPost, "/cases/"+id+"/visits", map[string]any{
			"purpose": "核对场所", "place": "洪洲大道 12 号", "officials": demo("reviewer1", "reviewer2"), "day": "2026-11-18", "time": "09:00-11:00",
		}, &x)
		lin := w.signIn(t, "lin")
		lin.inquire(x.ID, "confirm", nil)
		w.to(t, "2026-11-18")
		w.visited(t, x.ID, "reviewer2")
		w.signIn(t, "approver").refuses(id, "approve", "site visit")
		reviewer1 := w.signIn(t, "reviewer1")
		reviewer1.call(http.MethodGet, "/inquiries/"+x.ID, nil, &x)
		reviewer1.inquire(x.ID, "sign", map[string]any{"seen": x.Visit.Rev})
		w.signIn(t, "approver").refuses(id, "approve", "site visit")
		w.signIn(t, "reviewer2").inquire(x.ID, "sign", map[string]any{"seen": x.Visit.Rev})
		x = w.signIn(t, "lin").inquire(x.ID, "answer_record", map[string]any{
			"seen": x.Visit.Rev, "present": map[string]any{"how": "signed", "name": "林美", "statement": "无异议"},
		})
		if x.Open || x.State != "closed" {
			t.Fatalf("all signed: %s", show(x))
		}
		w.drain(t)
		w.steps(t, id, "approver approve")
		lin = w.signIn(t, "lin")
		if lin.valid().Case != id {
			t.Error("no licence came of it")
		}
		file, text := lin.paper(id, "visit_record")
		says(t, "visit", text)
		sealed(t, file)
		if _, text := lin.paper(id, "grant"); text != "" && !strings.Contains(strings.Join(strings.Fields(text), ""), "对现场进行了核查") {
			t.Errorf("the decision does not cite the visit:\n%s", text)
		}
		w.same(t)
	})
}

// visitFirst visits the place of a case today, where its service asks for that before
// a grant: two officials sign, and so does the applicant.
func (w *world) visitFirst(t *testing.T, id, approver string, officials ...string) {
	t.Helper()
	if _, grant := w.signIn(t, approver).before(id); len(grant) == 0 {
		return
	}
	var x inquiryView
	first := w.signIn(t, officials[0])
	first.call(http.MethodPost, "/cases/"+id+"/visits", map[string]any{
		"purpose": "核对场所", "place": "洪洲大道 12 号", "officials": demo(slices.Clone(officials)...),
		"day": day.In(w.clock.now()).String(), "time": "09:00-11:00",
	}, &x)
	w.visited(t, x.ID, officials[1])
	first.call(http.MethodGet, "/inquiries/"+x.ID, nil, &x)
	for _, name := range officials {
		w.signIn(t, name).inquire(x.ID, "sign", map[string]any{"seen": x.Visit.Rev})
	}
	w.signIn(t, officials[0]).inquire(x.ID, "present", map[string]any{
		"seen": x.Visit.Rev, "present": map[string]any{"how": "refused", "name": "", "reason": "本人已经离开现场", "statement": ""},
	})
	w.drain(t)
}

// visited fills in the record of a visit with the photos that it asks for.
func (w *world) visited(t *testing.T, id, by string) {
	t.Helper()
	c := w.signIn(t, by)
	var x inquiryView
	c.call(http.MethodGet, "/inquiries/"+id, nil, &x)
	fields := map[string]any{}
	set := func(field, value string) { fields[field] = map[string]any{"was": "", "value": value} }
	for _, item := range x.Visit.Checklist {
		path := api.Prefix + "/inquiries/" + id + "/files?role=photo&item=" + item.ID + "&name=" + item.ID + ".png"
		if a := c.send(http.MethodPost, path, string(formtest.PNG(40+len(fields), 30)), "Content-Type", "image/png"); a.status != http.StatusCreated {
			t.Fatalf("photo: %d %s", a.status, a.body)
		}
		set("item."+item.ID, map[string]string{"pass": "pass", "number": least(item.Limit.Min), "text": "与申请一致"}[item.Kind])
	}
	set("summary", "与申请一致")
	set("result", "pass")
	c.inquire(id, "fill", map[string]any{"fields": fields})
}

// least is the smallest number that passes.
func least(limit *float64) string {
	if limit == nil {
		return "0"
	}
	return strconv.FormatFloat(*limit, 'f', -1, 64)
}

// sealed asks another program whether a document is signed and whole.
func sealed(t *testing.T, file string) {
	t.Helper()
	nss := "sql:" + t.TempDir()
	if _, err := exec.LookPath("certutil"); err != nil {
		return
	}
	program(t, "certutil", "-N", "-d", nss, "--empty-password")
	out := program(t, "pdfsig", "-nssdir", nss, file)
	for _, want := range []string{"Signature is Valid", "Total document signed"} {
		if out != "" && !strings.Contains(out, want) {
			t.Errorf("pdfsig does not say %q:\n%s", want, out)
		}
	}
}

// Without a visit the decision can still be no.
func TestADenialDoesNotWaitForTheVisit(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		id := w.reviewed(t)
		c := w.signIn(t, "approver")
		deny := c.action(id, "deny")
		deny["reasons"] = []string{"平面布局不符合要求"}
		c.call(http.MethodPost, "/cases/"+id+"/actions", deny, nil)
		w.drain(t)
		if v := w.signIn(t, "lin").look(id); v.Decided == "" || v.Licence != "" {
			t.Errorf("not denied: %s", show(v))
		}
		w.same(t)
	})
}

// A hearing stands before the decision from the day the right to it is told until
// its record is closed (arts. 47, 48), and its time is not counted (art. 45).
func TestTheDecisionRestsOnTheHearing(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		id := w.reviewed(t)
		before := w.signIn(t, "lin").look(id).Due
		var x inquiryView
		w.signIn(t, "approver").call(http.MethodPost, "/cases/"+id+"/hearings", map[string]any{"why": "与相邻住户有重大利益关系"}, &x)
		for _, action := range []string{"approve", "deny"} {
			w.signIn(t, "approver").refuses(id, action, "hearing")
		}
		w.to(t, "2026-11-17")
		w.signIn(t, "lin").inquire(x.ID, "ask", nil)
		w.to(t, "2026-11-18")
		w.signIn(t, "reviewer2").inquire(x.ID, "arrange", map[string]any{
			"slot": map[string]any{"day": "2026-11-30", "time": "09:00-10:00"}, "place": "三楼会议室",
			"host": demo("head")[0], "recorder": demo("clerk")[0],
		})
		w.drain(t)
		if v := w.signIn(t, "lin").look(id); v.Stage != "paused" {
			t.Fatalf("the clock runs on: %s", show(v))
		}
		w.to(t, "2026-11-30")
		w.signIn(t, "clerk").inquire(x.ID, "hear", map[string]any{
			"text": "主持人宣布听证开始。\n申请人陈述了意见。", "participants": []any{
				map[string]any{"name": "林美", "role": "applicant", "how": "signed"},
				map[string]any{"name": "周某", "role": "third", "how": "refused", "reason": "不同意"},
			},
		})
		for _, action := range []string{"approve", "deny"} {
			c := w.signIn(t, "approver")
			if a := c.try(http.MethodPost, "/cases/"+id+"/actions", c.action(id, action)); a.status < 400 {
				t.Fatalf("%s before the record was closed: %d", action, a.status)
			}
		}
		if c := w.signIn(t, "approver"); c.try(http.MethodPost, "/cases/"+id+"/actions", c.action(id, "resume")).status < 400 {
			t.Error("the clock was let go while the hearing goes on")
		}
		w.signIn(t, "head").inquire(x.ID, "close", map[string]any{"text": "申请人的理由成立。"})
		w.drain(t)
		lin := w.signIn(t, "lin")
		after := lin.look(id).Due
		cal := w.calendar.For("511602")
		stood := cal.Workdays(day.MustParse("2026-11-18"), day.MustParse("2026-11-30"))
		for _, d := range [][2]string{{before.Legal, after.Legal}, {before.Promised, after.Promised}} {
			if want := cal.AddWorkdays(day.MustParse(d[0]), stood).String(); d[1] != want {
				t.Errorf("due %s, want %s: %d working days after %s", d[1], want, stood, d[0])
			}
		}
		w.steps(t, id, "approver approve")
		lin = w.signIn(t, "lin")
		if _, text := lin.paper(id, "grant"); text != "" && !strings.Contains(strings.Join(strings.Fields(text), ""), "本决定根据2026年11月30日听证的笔录") {
			t.Errorf("the decision does not rest on the record:\n%s", text)
		}
		for _, kind := range []string{"hearing_right", "hearing_notice", "hearing_record"} {
			_, text := lin.paper(id, kind)
			says(t, kind, text)
		}
		w.same(t)
	})
}

// An expert without an account gives one opinion by a link that is good once.
func TestAnExpertJudgesByALink(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		id := w.reviewed(t)
		head := w.signIn(t, "head")
		for _, name := range []string{"陈工", "刘工"} {
			head.call(http.MethodPost, "/experts", map[string]any{"name": name, "field": "通风", "unit": "区疾控中心", "contact": "demo@example.org", "active": true}, nil)
		}
		var x inquiryView
		reviewer := w.signIn(t, "reviewer1")
		reviewer.call(http.MethodPost, "/cases/"+id+"/reviews", map[string]any{"special": "expert_review", "question": "新风量是否足够？", "days": 5}, &x)
		x = reviewer.inquire(x.ID, "draw", map[string]any{"field": "通风", "n": 1})
		var link struct{ Token string }
		reviewer.call(http.MethodPost, "/inquiries/"+x.ID+"/links", map[string]any{"member": x.Review.Panel[0].ID}, &link)
		early := map[string]any{"step": "sum_up", "verdict": "for", "text": "足够"}
		if a := reviewer.try(http.MethodPost, "/inquiries/"+x.ID+"/steps", early); a.status != http.StatusConflict {
			t.Errorf("summed up without the opinions: %d", a.status)
		}
		expert := w.nobody(t)
		var asked map[string]any
		expert.call(http.MethodGet, "/expert/"+link.Token, nil, &asked)
		if text := show(asked); !strings.Contains(text, "新风量") || strings.Contains(text, "林美") {
			t.Errorf("asked: %s", text)
		}
		opinion := map[string]any{"verdict": "for", "opinion": "计算书和实测一致。"}
		expert.call(http.MethodPost, "/expert/"+link.Token, opinion, nil)
		if a := expert.try(http.MethodPost, "/expert/"+link.Token, opinion); a.status < 400 {
			t.Errorf("the link was good twice: %d", a.status)
		}
		w.to(t, "2026-11-18")
		w.signIn(t, "reviewer1").inquire(x.ID, "sum_up", map[string]any{"verdict": "for", "text": "新风量足够。"})
		w.drain(t)
		w.steps(t, id, "approver approve")
		lin := w.signIn(t, "lin")
		_, text := lin.paper(id, "review_summary")
		says(t, "review", text)
		if strings.Contains(text, x.Review.Panel[0].Name) {
			t.Error("the applicant's paper names the expert")
		}
		w.same(t)
	})
}

// before is what the desk says that a decision still waits for.
func (c caller) before(id string) (always, grant []struct{ EN string }) {
	c.t.Helper()
	var v struct {
		BeforeAny   []struct{ EN string } `json:"before_any"`
		BeforeGrant []struct{ EN string } `json:"before_grant"`
	}
	c.call(http.MethodGet, "/cases/"+id+"/inquiries", nil, &v)
	return v.BeforeAny, v.BeforeGrant
}

// Where the law prescribes a hearing it is held before anything is decided, whoever
// asks for it or not (art. 46); its time is not counted (art. 45).
func TestNothingIsDecidedBeforeThePrescribedHearing(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		w.hearingRequired(t, "must", `""`)
		id := w.reviewed(t)
		due := w.signIn(t, "lin").look(id).Due
		approver := w.signIn(t, "approver")
		for _, action := range []string{"approve", "deny"} {
			approver.refuses(id, action, "prescribes a hearing")
		}
		if always, grant := approver.before(id); len(always) != 1 || !strings.Contains(always[0].EN, "prescribes") || len(grant) != 1 {
			t.Errorf("the desk says %v %v", always, grant)
		}
		if page := approver.get("/staff/cases/" + id); !strings.Contains(page.body, "The law prescribes a hearing") {
			t.Error("the review screen does not say that a hearing is missing")
		}
		var x inquiryView
		approver.call(http.MethodPost, "/cases/"+id+"/hearings", map[string]any{"why": "与相邻住户有重大利益关系"}, &x)
		if x.State != "asked" {
			t.Fatalf("it waits for somebody to ask: %s", show(x))
		}
		approver.refuses(id, "deny", "no time and place")
		lin := w.signIn(t, "lin")
		if a := lin.try(http.MethodPost, "/inquiries/"+x.ID+"/steps", map[string]any{"step": "waive"}); a.status != http.StatusConflict {
			t.Errorf("given up, though the law prescribes it: %d", a.status)
		}
		w.to(t, "2026-11-17")
		w.signIn(t, "reviewer2").inquire(x.ID, "arrange", map[string]any{
			"slot": map[string]any{"day": "2026-11-30", "time": "09:00-10:00"}, "place": "三楼会议室",
			"host": demo("head")[0], "recorder": demo("clerk")[0],
		})
		w.to(t, "2026-11-30")
		w.signIn(t, "clerk").inquire(x.ID, "hear", map[string]any{
			"text": "听证。", "participants": []any{map[string]any{"name": "林美", "role": "applicant", "how": "signed"}},
		})
		w.signIn(t, "head").inquire(x.ID, "close", map[string]any{"text": "理由成立。"})
		w.drain(t)
		if after := w.signIn(t, "lin").look(id).Due; after.Legal <= due.Legal {
			t.Errorf("the time of the hearing was counted: %s after %s", after.Legal, due.Legal)
		}
		approver = w.signIn(t, "approver")
		if always, grant := approver.before(id); len(always) != 0 || len(grant) != 1 {
			t.Errorf("heard, and the desk says %v %v", always, grant)
		}
		w.steps(t, id, "approver approve")
		w.same(t)
	})
}

// Where others are concerned the right to a hearing is told before the decision, and
// whoever has it may give it up (art. 47). Applications that the service does not
// mean are decided without.
func TestTheRightToAHearingIsToldBeforeTheDecision(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		when  string
		asked bool
	}{{"a.area > 1.0", true}, {"a.area > 100000.0", false}} {
		each(t, func(t *testing.T, w *world) {
			w.hearingRequired(t, "offer", tt.when)
			id := w.reviewed(t)
			if tt.asked {
				approver := w.signIn(t, "approver")
				for _, action := range []string{"approve", "deny"} {
					approver.refuses(id, action, "told of their right")
				}
				var x inquiryView
				approver.call(http.MethodPost, "/cases/"+id+"/hearings", map[string]any{"why": "与相邻住户有重大利益关系"}, &x)
				approver.refuses(id, "approve", "can be asked for until")
				if x = w.signIn(t, "lin").inquire(x.ID, "waive", nil); x.State != "lapsed" {
					t.Fatalf("given up: %s", show(x))
				}
			}
			w.steps(t, id, "approver approve")
			w.same(t)
		})
	}
}
