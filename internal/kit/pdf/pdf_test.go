package pdf

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/tongban/tongban/internal/kit/day"
)

var update = flag.Bool("update", false, "write golden files anew")

var at = time.Date(2026, 11, 24, 3, 0, 0, 0, time.UTC)

func press(t testing.TB) *Press {
	t.Helper()
	p, err := New()
	if errors.Is(err, ErrNoFont) && os.Getenv("CI") == "" {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func licenceSheet() Certificate {
	return Certificate{
		Meta:   Meta{Title: "公共场所卫生许可证", Author: "广安区行政审批局", Keywords: "1.2.156.3005.2.x", At: at},
		Number: "川广安广卫公字〔2026〕第 0318 号", Name: "公共场所卫生许可证", NameEN: "Hygiene licence for public places",
		Rows: []Row{
			{"单位名称", "Name", "广安区清和美发店"},
			{"信用代码", "Code", "92511602MA66K8T333"},
			{"法定代表人或者负责人", "Legal representative or person in charge", "周淑芬"},
			{"地址", "Address", "四川省广安市广安区洪州大道东段 128 号附 6 号"},
			{"许可项目", "Licensed for", "美容美发场所（理发）"},
			{"有效期限", "Valid", "2026 年 11 月 24 日至 2030 年 11 月 23 日"},
		},
		QR:     QR{"https://example.org/v/ABCDEFGHJKMNPQRSTVWXYZ1234", []string{"扫码核验真伪和状态。", "把文件交到核验页也能核验签名。"}},
		Agency: "广安区行政审批局", Date: day.Of(2026, 11, 24), Seal: Seal{"广安区行政审批局（样章）", "DEMO"},
		Footer: []string{"电子证照标识　1.2.156.3005.2.115113016823646795001.115113016823646795.2026000318.001.M", "样张：印章和签名无法律效力"},
	}
}

func notice() Letter {
	return Letter{
		Meta:   Meta{Title: "补正材料通知书", Author: "广安区行政审批局", At: at},
		Number: "广安区审批补〔2026〕第 0482 号", To: "广安区清和美发店",
		Paragraphs: []string{"你单位于 2026 年 11 月 16 日提出的公共场所卫生许可新办审批（县级）申请，收悉。依照《中华人民共和国行政许可法》第三十二条第一款第四项的规定，现将需要补正的全部内容一次告知如下："},
		List:       []string{"平面图：没有标出消毒间的位置。", "卫生检测报告：超过一年，请换成近期的。"},
		Rows:       []Row{{"办件编号", "Case number", "511602 20261116 1023 000482 9"}},
		Closing:    []string{"请在 2026 年 12 月 7 日以前补正。"},
		Agency:     "广安区行政审批局", Date: day.Of(2026, 11, 24), Seal: &Seal{"广安区行政审批局", "样章 DEMO"},
		Summary: []string{"Please correct two things by 7 December 2026: the floor plan does not show the disinfection room, and the hygiene test report is more than a year old."},
		QR:      &QR{"https://example.org/progress?number=5116022026", []string{"扫码查进度"}},
		Footer:  []string{"办件编号 511602 20261116 1023 000482 9"},
	}
}

// text returns the text of a file as a reader copies it, blanks folded.
func text(t *testing.T, file []byte) string {
	t.Helper()
	return tool(t, file, "pdftotext", "-layout", "%", "-")
}

func tool(t *testing.T, file []byte, name string, args ...string) string {
	t.Helper()
	bin, err := exec.LookPath(name)
	if err != nil {
		if os.Getenv("CI") != "" {
			t.Fatalf("%s is missing", name)
		}
		t.Skipf("%s is missing", name)
	}
	path := filepath.Join(t.TempDir(), "f.pdf")
	if err := os.WriteFile(path, file, 0o600); err != nil {
		t.Fatal(err)
	}
	for i := range args {
		args[i] = strings.ReplaceAll(args[i], "%", path)
	}
	out, err := exec.CommandContext(t.Context(), bin, args...).CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v: %s", name, err, out)
	}
	var lines []string
	for line := range strings.SplitSeq(string(out), "\n") {
		if line = strings.Join(strings.Fields(line), " "); line != "" {
			lines = append(lines, line)
		}
	}
	return strings.Join(lines, "\n") + "\n"
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.MkdirAll("testdata", 0o750); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil || got != string(want) {
		t.Errorf("%s differs (%v):\n%s", path, err, got)
	}
}

func certificate(t *testing.T, c Certificate) []byte {
	t.Helper()
	b, err := press(t).Certificate(c)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func letter(t *testing.T, l Letter) []byte {
	t.Helper()
	b, err := press(t).Letter(l)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestTextCanBeCopied(t *testing.T) {
	t.Parallel()
	golden(t, "certificate.txt", text(t, certificate(t, licenceSheet())))
	golden(t, "letter.txt", text(t, letter(t, notice())))
}

func TestSameInputSameBytes(t *testing.T) {
	t.Parallel()
	for range 3 {
		if !bytes.Equal(certificate(t, licenceSheet()), certificate(t, licenceSheet())) {
			t.Fatal("two prints of one licence differ")
		}
	}
	if !bytes.Equal(letter(t, notice()), letter(t, notice())) {
		t.Error("two prints of one letter differ")
	}
}

func TestFilesAreWellMade(t *testing.T) {
	t.Parallel()
	for name, file := range map[string][]byte{"certificate": certificate(t, licenceSheet()), "letter": letter(t, notice())} {
		if len(file) > 64<<10 {
			t.Errorf("%s: %d bytes", name, len(file))
		}
		if out := tool(t, file, "qpdf", "--check", "%"); !strings.Contains(out, "No syntax or stream encoding errors") {
			t.Errorf("%s: %s", name, out)
		}
		info := tool(t, file, "pdfinfo", "%")
		for _, want := range []string{"Pages: 1", "A4", "Author: 广安区行政审批局", "CreationDate: Tue Nov 24"} {
			if !strings.Contains(info, want) {
				t.Errorf("%s: pdfinfo does not say %q:\n%s", name, want, info)
			}
		}
		if fonts := tool(t, file, "pdffonts", "%"); strings.Count(fonts, "Identity-H yes no yes") != 2 {
			t.Errorf("%s: fonts are not embedded with Unicode:\n%s", name, fonts)
		}
		if !bytes.Contains(file, []byte("/Lang (zh-CN)")) && !bytes.Contains(file, []byte("/Lang(zh-CN)")) {
			t.Errorf("%s does not name its language", name)
		}
	}
}

func TestLongLettersTakeMorePages(t *testing.T) {
	t.Parallel()
	l := notice()
	for i := range 60 {
		l.List = append(l.List, fmt.Sprintf("第 %d 处：%s", i, strings.Repeat("材料与申请表所填的内容不一致，", 4)))
	}
	out := text(t, letter(t, l))
	for _, want := range []string{"—1—", "—5—", "第 59 处", "Please correct two things"} {
		if !strings.Contains(out, want) {
			t.Errorf("does not say %q", want)
		}
	}
}

func TestLongLicenceFitsOnePageOrIsRefused(t *testing.T) {
	t.Parallel()
	c := licenceSheet()
	c.Rows[4].Value = strings.Repeat("公共浴室、理发店、美容店、", 12)
	if out := tool(t, certificate(t, c), "pdfinfo", "%"); !strings.Contains(out, "Pages: 1\n") {
		t.Errorf("pdfinfo: %s", out)
	}
	c.Rows[4].Value = strings.Repeat("公共浴室、理发店、美容店、", 400)
	if _, err := press(t).Certificate(c); !errors.Is(err, ErrTooLong) {
		t.Errorf("got %v, want ErrTooLong", err)
	}
}

func TestCharacterWithoutGlyph(t *testing.T) {
	t.Parallel()
	c := licenceSheet()
	c.Rows[2].Value = "周𠮷芬" // U+20BB7 lies outside the Basic Multilingual Plane
	if _, err := press(t).Certificate(c); !errors.Is(err, ErrGlyph) {
		t.Errorf("a licence with a spoilt name: got %v, want ErrGlyph", err)
	}
	l := notice()
	l.To = "周𠮷芬"
	if out := text(t, letter(t, l)); !strings.Contains(out, "周〓芬") {
		t.Errorf("letter says %.80s", out)
	}
}

// TestCutFontKeepsEveryCharacter prints accented letters, which are composite
// glyphs, rare characters and many of them.
func TestCutFontKeepsEveryCharacter(t *testing.T) {
	t.Parallel()
	l := notice()
	var many strings.Builder
	for r := '一'; r < '一'+600; r++ {
		many.WriteRune(r)
	}
	l.Paragraphs = []string{"Café Ångström Ñandú ½ ℃ ⅲ", "龘靐齉爨䶮㙓", many.String()}
	got := strings.ReplaceAll(strings.ReplaceAll(text(t, letter(t, l)), "\n", ""), " ", "")
	for _, want := range []string{"CaféÅngströmÑandú½℃ⅲ", "龘靐齉爨䶮㙓", many.String()} {
		if !strings.Contains(got, strings.ReplaceAll(want, " ", "")) {
			t.Errorf("lost %.30s in %.200s", want, got)
		}
	}
}

func TestLinesBreakAsChineseDoes(t *testing.T) {
	t.Parallel()
	measure := func(s string) float64 { // a Chinese character is two wide
		n := 0.0
		for _, r := range s {
			n++
			if r > 0x2000 {
				n++
			}
		}
		return n
	}
	tests := []struct {
		text  string
		width float64
		want  string
	}{
		{"", 10, ""},
		{"公共场所卫生许可", 8, "公共场所|卫生许可"},
		{"公共场所，卫生", 8, "公共场|所，卫生"},
		{"依照《许可法》办", 6, "依照|《许可|法》办"},
		{"the quick brown fox", 9, "the quick|brown fox"},
		{"编号 5116022026 完", 10, "编号|5116022026|完"},
		{"5116022026111610230004829", 10, "5116022026|1116102300|04829"},
		{"甲\n乙", 10, "甲|乙"},
		{"a ", 10, "a"},
		{"，，，", 4, "，，|，"},
	}
	for _, tt := range tests {
		if got := strings.Join(wrap(tt.text, tt.width, measure), "|"); got != tt.want {
			t.Errorf("%q in %v: got %q, want %q", tt.text, tt.width, got, tt.want)
		}
	}
}

func FuzzWrapLosesNothing(f *testing.F) {
	f.Add("依照《许可法》第 32 条，2026 年 11 月", 7)
	f.Add("\xff\x00 （（（", 1)
	f.Fuzz(func(t *testing.T, s string, width int) {
		if width < 1 || width > 100 {
			return
		}
		s = strings.ToValidUTF8(s, "")
		lines := wrap(s, float64(width), func(s string) float64 { return float64(len([]rune(s))) })
		strip := strings.NewReplacer(" ", "", "\n", "").Replace
		if got := strip(strings.Join(lines, "")); got != strip(s) {
			t.Errorf("%q became %q", s, got)
		}
	})
}

func BenchmarkCertificate(b *testing.B) {
	p := press(b)
	for b.Loop() {
		if _, err := p.Certificate(licenceSheet()); err != nil {
			b.Fatal(err)
		}
	}
}
