package casework

import (
	"context"
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/auth"
	"github.com/tongban/tongban/internal/kit/day"
	"github.com/tongban/tongban/internal/kit/db"
	"github.com/tongban/tongban/internal/kit/dbtest"
	"github.com/tongban/tongban/internal/kit/pdf"
	"github.com/tongban/tongban/internal/kit/sign"
	"github.com/tongban/tongban/internal/statute"
)

var update = flag.Bool("update", false, "write golden files anew")

// TestEveryDocumentSaysWhatTheLawAsks makes each kind of document and compares
// its wording with a golden file.
func TestEveryDocumentSaysWhatTheLawAsks(t *testing.T) {
	t.Parallel()
	w := newWorld(t, dbtest.SQLite(t, areas()...))
	w.c.Code = func(int) string { return "7KQ4M2" }
	opening603(w)
	ways := []func(c Case) Case{
		func(c Case) Case { // correction, extension, grant
			c = w.act(t, clerk, c, Action{Name: "correct", Marks: []contract.Mark{
				{Kind: "field", ID: "area", Reason: "平面图上标的是 48 平方米"}, {Kind: "material", ID: "plan", Reason: "缺盖章页"},
			}})
			w.handInAgain(t, c.ID)
			c = w.act(t, clerk, c, Action{Name: "accept"})
			c = w.act(t, head, c, Action{Name: "extend", Reasons: []string{"需要核实检测报告"}})
			c = w.act(t, reviewer1, c, opinion("review"))
			c = w.act(t, reviewer2, c, opinion("countersign"))
			return w.act(t, approver, c, Action{Name: "approve"})
		},
		func(c Case) Case {
			c = w.act(t, clerk, c, Action{Name: "accept"})
			c = w.act(t, reviewer1, c, opinion("review"))
			c = w.act(t, reviewer2, c, opinion("countersign"))
			return w.act(t, approver, c, Action{Name: "deny", Reasons: []string{"没有消毒间", "检测报告超过一年"}})
		},
		func(c Case) Case {
			return w.act(t, clerk, c, Action{Name: "refuse", Reasons: []string{"不属于本机关职权"}, Organ: "广安市卫生健康委员会"})
		},
		func(c Case) Case {
			return w.act(t, clerk, c, Action{Name: "not_required", Reasons: []string{"不对外营业的场所不需要许可"}})
		},
		func(c Case) Case { return w.act(t, lin, c, Action{Name: "withdraw"}) },
	}
	seen := map[string]bool{}
	for i, way := range ways {
		c := way(w.file(t, "paper-"+string(rune('a'+i)), hygiene))
		w.drain(t)
		for kind, text := range w.texts(t, c) {
			if !seen[kind] {
				seen[kind] = true
				golden(t, kind+".txt", text)
			}
		}
	}
	sub := w.submission("paper-instant", filing)
	sub.Instant = true
	done, err := w.submit(t.Context(), lin, sub)
	must(t, err)
	w.drain(t)
	golden(t, "grant-instant.txt", w.texts(t, w.load(t, done.Case))["grant"])
	silent := w.file(t, "silent", hygiene)
	w.clock.to("2026-11-24")
	w.drain(t)
	golden(t, "acceptance_notice-deemed.txt", w.texts(t, silent)["acceptance_notice"])
	w.otherPapers(t, seen)
	for kind := range w.forms {
		if !seen[kind] {
			t.Errorf("no document %s was made", kind)
		}
	}
	for _, p := range w.c.Procedures.All() {
		for _, d := range p.Documents {
			offers := func(s statute.ProcedureState) bool {
				return slices.ContainsFunc(p.Actions(s.ID), func(x statute.Transition) bool {
					return x.Document == d.Kind && (slices.Contains(offered, x.Action) || x.By(statute.RoleSystem) || x.Action == actResubmit)
				})
			}
			if _, ok := w.forms[d.Kind]; !ok && slices.ContainsFunc(p.States, offers) {
				t.Errorf("%s issues %s, which has no wording", p.ID, d.Kind)
			}
		}
	}
}

// serials are those of case numbers, which depend on the block they came from.
var serials = regexp.MustCompile(`1023 ?\d{6} ?\d`)

// otherPapers makes what the other procedures issue.
func (w *world) otherPapers(t *testing.T, seen map[string]bool) {
	t.Helper()
	keep := func(c Case, names map[string]string) {
		w.drain(t)
		texts := w.texts(t, c)
		for kind, name := range names {
			seen[kind] = true
			golden(t, name+".txt", serials.ReplaceAllString(texts[kind], "1023NNNNNN"))
		}
	}
	c := w.act(t, clerk, w.file(t, "paper-joint", joint), Action{Name: "accept"})
	c = w.act(t, reviewer1, c, Action{Name: "pause", Special: statute.ExpertReview, Days: 8, Reasons: []string{"需要评审基坑方案"}})
	c = w.act(t, reviewer1, c, Action{Name: "resume", Opinion: "评审通过"})
	c = w.act(t, head, c, Action{Name: "extend", Reasons: []string{"涉及多个地块"}, Organ: "广安区府函〔2026〕18号"})
	keep(c, map[string]string{"special_notice": "special_notice", "extension_notice": "extension_notice-joint"})

	b := w.act(t, clerk, w.file(t, "paper-benefit", benefit), Action{Name: "accept"})
	must(t, w.Opine(t.Context(), warden, b.ID, "social", Answer{Opinion: OpinionAgree, Note: "没有参保"}))
	b = w.act(t, reviewer1, w.load(t, b.ID), Action{Name: "publicise", Opinion: "拟给予低保，人均补差 420 元。"})
	b = w.act(t, reviewer1, b, Action{Name: "end_notice", Opinion: "公示七日，没有异议"})
	b = w.act(t, reviewer1, b, opinion("review"))
	b = w.act(t, approver, b, Action{Name: "approve"})
	keep(b, map[string]string{"publication": "publication", "grant": "grant-benefit"})

	keep(w.takenNextDoor(t, "paper-far", hygiene), map[string]string{"transit_receipt": "transit_receipt"})

	p := w.committed(t, "paper-promise")
	p = w.act(t, reviewer1, p, Action{Name: "breach", Reasons: []string{"现场没有消毒设施"}})
	p = w.act(t, reviewer1, p, Action{Name: "rectified", Opinion: "已经装好消毒设施"})
	p = w.act(t, approver, p, Action{Name: "revoke", Reasons: []string{"以欺骗手段取得"}})
	keep(p, map[string]string{
		"grant": "grant-commitment", "rectification": "rectification", "verification": "verification", "revocation": "revocation",
	})
	q := w.act(t, reviewer1, w.committed(t, "paper-kept"), opinion("keep"))
	q = w.act(t, approver, q, Action{Name: "cancel", Reasons: []string{"已经停业"}})
	keep(q, map[string]string{"deregistration": "deregistration", "verification": "verification-kept"})

	_, parts := w.family(t, "paper-bundle", "hygiene", "joint")
	h := w.act(t, clerk, parts["hygiene"], Action{Name: "refuse", Reasons: []string{"不属于本机关职权"}})
	whole, parts := w.reload(t, h.Parent)
	keep(whole, map[string]string{"bundle_receipt": "bundle_receipt", "bundle_result": "bundle_result"})
	keep(parts["joint"], map[string]string{"part_notice": "part_notice"})

	late := w.act(t, clerk, w.file(t, "paper-late", hygiene), Action{Name: "correct", Marks: marked()})
	w.clock.to(late.Due.Legal.Add(1).String())
	late = w.act(t, clerk, late, Action{Name: "terminate", Reasons: []string{"短信和电话各提醒一次，仍未补交平面图"}})
	keep(late, map[string]string{"termination": "termination"})
}

// texts are the documents of a case by kind, the first of each.
func (w *world) texts(t *testing.T, c Case) map[string]string {
	t.Helper()
	docs, err := w.Documents(t.Context(), clerk, c.ID)
	must(t, err)
	out := map[string]string{}
	for _, d := range slices.Backward(docs) {
		_, file, err := w.Document(t.Context(), clerk, c.ID, d.ID)
		must(t, err)
		text := readAll(t, file)
		if _, ok := out[d.Kind]; !ok {
			// Numbers of cases depend on which block they came from.
			out[d.Kind] = strings.ReplaceAll(text, c.Number[6:24], "YYYYMMDD1023NNNNNN")
		}
	}
	return out
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", "papers", name)
	if *update {
		must(t, os.MkdirAll(filepath.Dir(path), 0o750))
		must(t, os.WriteFile(path, []byte(got), 0o600))
		return
	}
	want, err := os.ReadFile(path)
	must(t, err)
	if got != string(want) {
		t.Errorf("%s differs; look at it with -update and git diff.\n got: %s", path, got)
	}
}

// plainSeal keeps the keys of the test authority readable.
type plainSeal struct{}

func (plainSeal) Seal(_, text string) ([]byte, error)          { return []byte(text), nil }
func (plainSeal) Open(_ string, sealed []byte) (string, error) { return string(sealed), nil }

func TestDocumentsAreSignedInTheNameOfTheAgency(t *testing.T) {
	t.Parallel()
	press, err := pdf.New()
	if err != nil && os.Getenv("CI") == "" {
		t.Skip(err) // the fonts are built by make assets
	}
	if err != nil {
		t.Fatal(err)
	}
	at := monday
	ca, err := sign.OpenCA(t.TempDir(), plainSeal{}, func() time.Time { return at })
	must(t, err)
	agency, err := agencies{}.Agency(t.Context(), bureau)
	must(t, err)
	file, err := Press{Printer: press, Seals: ca, Site: "https://example.test", Mark: "样章 DEMO"}.Render(t.Context(), Paper{
		Kind: "acceptance_notice", Title: contract.Text{ZH: "受理通知书", EN: "Notice of acceptance"}, Number: "受〔2026〕1号",
		CaseNumber: "5116022026111610230000011", Addressee: "清和美发店", Body: []string{"已经受理。"},
		List: []string{"一", "二"}, Summary: []string{"Accepted."}, Agency: agency, Date: day.In(at), At: at,
		CheckURL: "/progress?number=5116022026111610230000011",
	})
	must(t, err)
	report, err := sign.Verify(file, ca.Roots())
	must(t, err)
	if !report.Valid() || !strings.Contains(report.Signer, agency.Name.ZH) {
		t.Errorf("report: %+v", report)
	}
}

// TestAJobThatRunsTwiceMakesOneDocument: rendering is outside any transaction
// and may be repeated after a crash.
func TestAJobThatRunsTwiceMakesOneDocument(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		c := w.file(t, "twice", hygiene)
		j := paperJob{Case: c.ID, Step: 1, Paper: "receipt"}
		for range 2 {
			r, err := w.render(t.Context(), j)
			must(t, err)
			must(t, w.c.DB.InTx(t.Context(), func(ctx context.Context, tx db.Tx) error { return w.keepPaper(ctx, tx, j, r) }))
		}
		w.drain(t)
		docs, err := w.Documents(t.Context(), lin, c.ID)
		must(t, err)
		if len(docs) != 1 {
			t.Errorf("documents: %+v", docs)
		}
		// A licence told twice is delivered once; a deadline looked at twice changes nothing.
		for range 2 {
			must(t, w.c.DB.InTx(t.Context(), func(ctx context.Context, tx db.Tx) error { return w.lapse(ctx, tx, c.ID) }))
		}
		w.checkInvariants(t, c.ID)
	})
}

// TestStoredLightIsTheLightOfTheLaw compares the light that lists tell by dates
// with the rule that knows the whole history.
func TestStoredLightIsTheLightOfTheLaw(t *testing.T) {
	t.Parallel()
	w := newWorld(t, dbtest.SQLite(t, areas()...))
	submitted := w.file(t, "light-1", hygiene)
	accepted := w.act(t, clerk, w.file(t, "light-2", hygiene), Action{Name: "accept"})
	extended := w.act(t, head, w.act(t, clerk, w.file(t, "light-3", hygiene), Action{Name: "accept"}), because("extend"))
	for _, c := range []Case{submitted, accepted, extended} {
		_, r, history, err := w.clocks(t.Context(), w.c.DB, c)
		must(t, err)
		state, err := r.run(c.Due.Clock, history)
		must(t, err)
		for i := range 80 {
			today := day.In(monday).Add(i)
			if got, want := c.Light(today), r.lights.Of(state, today, statute.Finding{}); got != want {
				t.Errorf("%s on %s: %s, want %s", c.Due.Clock, today, got, want)
			}
		}
	}
}

func TestPersonalDataAreMaskedByTheirKind(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ kind, value, want string }{
		{"phone", "13812348000", "138****8000"},
		{"resident_id", "51160219800101002X", "511***********002X"},
		{"email", "zhou@example.cn", "z***@example.cn"},
		{"address", "四川省广安市广安区洪州大道东段128号", "四川省广安市广安区***"},
		{"date", "1980-01-01", "1980******"},
		{"text", "周淑芬", "周**"},
	} {
		if got := hide(tt.kind, tt.value); got != tt.want {
			t.Errorf("%s %q: %q, want %q", tt.kind, tt.value, got, tt.want)
		}
	}
	if got := ListName(contract.Party{Kind: "person", Name: "周淑芬"}); got != "周**" {
		t.Errorf("person in a list: %q", got)
	}
	if got := ListName(contract.Party{Kind: "company", Name: "清和美发店"}); got != "清和美发店" {
		t.Errorf("company in a list: %q", got)
	}
}

// TestPersonalAnswersAreSealed looks at what is really stored.
func TestPersonalAnswersAreSealed(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		c := w.file(t, "sealed", hygiene)
		var plain string
		var sealed []byte
		must(t, w.c.DB.QueryRowContext(t.Context(),
			"SELECT answers, sealed FROM casework_answers WHERE case_id = $1", c.ID).Scan(&plain, &sealed))
		if contains(plain+string(sealed), "13812348000") || !contains(plain, "48.5") || len(sealed) == 0 {
			t.Errorf("stored: %s", plain)
		}
		if _, err := w.Content(t.Context(), auth.Principal{Kind: auth.Resident, ID: "zhou"}, c.ID); err == nil {
			t.Error("a stranger reads")
		}
	})
}
