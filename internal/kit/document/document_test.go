package document_test

import (
	"bytes"
	"compress/zlib"
	"errors"
	"fmt"
	"image"
	colour "image/color" //nolint:misspell // its name
	"image/jpeg"
	"image/png"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tongban/tongban/internal/kit/document"
	"github.com/tongban/tongban/internal/kit/fault"
	"github.com/tongban/tongban/internal/kit/pdf"
)

// file makes a PDF of objects; pages says how many pages it has.
func file(pages int, more ...string) string {
	var kids, objects strings.Builder
	for i := range pages {
		fmt.Fprintf(&kids, "%d 0 R ", 10+i)
		fmt.Fprintf(&objects, "%d 0 obj << /Type /Page /Parent 2 0 R /Contents 5 0 R >> endobj\n", 10+i)
	}
	return "%PDF-1.7\n1 0 obj << /Type /Catalog /Pages 2 0 R >> endobj\n" +
		"2 0 obj << /Type /Pages /Kids [" + kids.String() + "] /Count " + fmt.Sprint(pages) + " /MediaBox [0 0 300 400] >> endobj\n" +
		"5 0 obj << /Length 12 >> stream\n0 0 m 9 9 l S\nendstream endobj\n" + objects.String() + strings.Join(more, "\n") +
		"\ntrailer << /Root 1 0 R /Size 50 >>\n%%EOF\n"
}

func flate(n int) string {
	var b bytes.Buffer
	w := zlib.NewWriter(&b)
	if _, err := w.Write(make([]byte, n)); err != nil {
		panic(err)
	}
	if err := w.Close(); err != nil {
		panic(err)
	}
	return b.String()
}

func packed(kind string, text string) string {
	return fmt.Sprintf("40 0 obj << %s /Filter /FlateDecode /Length %d >> stream\n%s\nendstream endobj", kind, len(text), text)
}

func deflated(text string) string {
	var b bytes.Buffer
	w := zlib.NewWriter(&b)
	_, _ = w.Write([]byte(text))
	_ = w.Close()
	return b.String()
}

func picture(w, h int) []byte {
	img := image.NewRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			img.Set(x, y, colour.RGBA{uint8(x), uint8(y), 90, 255})
		}
	}
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		panic(err)
	}
	return b.Bytes()
}

func photo(w, h int) []byte {
	img, err := png.Decode(bytes.NewReader(picture(w, h)))
	if err != nil {
		panic(err)
	}
	var b bytes.Buffer
	if err := jpeg.Encode(&b, img, nil); err != nil {
		panic(err)
	}
	return b.Bytes()
}

func TestGoodFilesAreKnown(t *testing.T) {
	t.Parallel()
	for name, x := range map[string]struct {
		body  []byte
		kind  string
		pages int
	}{
		"one page":     {[]byte(file(1)), document.PDF, 1},
		"three pages":  {[]byte(file(3)), document.PDF, 3},
		"open at page": {[]byte(file(2, "30 0 obj << /S /GoTo /D [10 0 R /Fit] >> endobj")), document.PDF, 2},
		"png":          {picture(9, 4), document.PNG, 1},
		"jpg":          {photo(9, 4), document.JPG, 1},
		"other":        {[]byte("PK\x03\x04 something"), "", 0},
	} {
		info, err := document.Inspect(x.body)
		if err != nil || info.Kind != x.kind || info.Pages != x.pages {
			t.Errorf("%s: %+v, %v", name, info, err)
		}
	}
}

func TestDangerousFilesAreRefused(t *testing.T) {
	t.Parallel()
	bomb := flate(3 << 20)
	hidden := deflated("30 0 << /S /JavaScript /JS (app.alert(1)) >>")
	zip := "PK\x05\x06" + strings.Repeat("\x00", 18)
	for name, x := range map[string]struct {
		body string
		want *fault.Error
	}{
		"nothing":          {"", document.ErrEmpty},
		"script":           {file(1, "30 0 obj << /S /JavaScript /JS (app.alert(1)) >> endobj"), document.ErrActive},
		"script escaped":   {file(1, "30 0 obj << /S /J#61vaScript /J#53 (app.alert(1)) >> endobj"), document.ErrActive},
		"script nested":    {file(1, "30 0 obj << /AA << /O [ << /S /Java#53cript >> ] >> >> endobj"), document.ErrActive},
		"script packed":    {file(1, packed("/Type /ObjStm /N 1 /First 5", hidden)), document.ErrActive},
		"script in stream": {file(1, "30 0 obj << /Length 40 >> stream\n31 0 obj << /S /JavaScript /X 1 >> endobj\nendstream endobj"), document.ErrActive},
		"starts a program": {file(1, "30 0 obj << /S /Launch /F (cmd.exe) >> endobj"), document.ErrActive},
		"sends data":       {file(1, "30 0 obj << /S /SubmitForm /F (http://x) >> endobj"), document.ErrActive},
		"form of scripts":  {file(1, "30 0 obj << /XFA (x) >> endobj"), document.ErrActive},
		"attachment":       {file(1, "30 0 obj << /Type /Filespec /EF << /F 5 0 R >> >> endobj"), document.ErrAttached},
		"attached note":    {file(1, "30 0 obj << /Type /Annot /Subtype /FileAttachment >> endobj"), document.ErrAttached},
		"locked":           {strings.Replace(file(1, "30 0 obj << /Filter /Standard >> endobj"), "/Size 50", "/Encrypt 30 0 R", 1), document.ErrLocked},
		"bomb in objects":  {file(1, packed("/Type /ObjStm /N 1 /First 5", bomb)), document.ErrBomb},
		"bomb in a page":   {file(1, packed("", bomb)), document.ErrBomb},
		"bomb in a bomb":   {file(1, strings.Replace(packed("", deflated(bomb)), "/FlateDecode", "[/FlateDecode /FlateDecode]", 1)), document.ErrBomb},
		"no end":           {strings.Replace(file(1), "%%EOF", "", 1), document.ErrCut},
		"much after":       {file(1) + strings.Repeat("x", 4000), document.ErrMixed},
		"archive too":      {file(1) + zip, document.ErrMixed},
		"no pages":         {"%PDF-1.7\n1 0 obj << /Type /Catalog >> endobj\ntrailer << /Root 1 0 R >>\n%%EOF\n" + strings.Repeat(" ", 64), document.ErrBroken},
		"pages in circles": {file(1, "2 0 obj << /Type /Pages /Kids [2 0 R] >> endobj"), document.ErrBroken},
		"many pages":       {file(3100), document.ErrPages},
		"deep":             {file(1, "30 0 obj "+strings.Repeat("[", 5000)+" endobj", "2 0 obj 7 endobj"), document.ErrBroken},
		"picture cut":      {string(picture(200, 200)[:200]), document.ErrCut},
		"picture and more": {string(picture(4, 4)) + "<html>", document.ErrMixed},
		"photo cut":        {string(photo(200, 200)[:900]), document.ErrCut},
		"photo archive":    {string(photo(20, 20)) + zip, document.ErrMixed},
		"not a picture":    {"\x89PNG\r\n\x1a\nrubbish", document.ErrBroken},
	} {
		if _, err := document.InspectWithin([]byte(x.body), 2<<20); !errors.Is(err, x.want) {
			t.Errorf("%s: %v, want %v", name, err, x.want)
		}
	}
}

func TestHugePicturesAreRefusedUnopened(t *testing.T) {
	t.Parallel()
	big := picture(4, 4)
	copy(big[16:24], []byte{0, 0, 0x75, 0x30, 0, 0, 0x75, 0x30}) // 30000 x 30000
	if _, err := document.Inspect(big); err == nil {
		t.Error("taken")
	}
}

// lacking skips a test on a machine without what scripts/setup installs; in CI
// that is a failure.
func lacking(t *testing.T, what string) {
	t.Helper()
	if os.Getenv("CI") != "" {
		t.Fatal("this machine lacks " + what)
	}
	t.Skip("this machine lacks " + what)
}

func stamper(t *testing.T) *document.Stamper {
	t.Helper()
	p, err := pdf.New()
	if errors.Is(err, pdf.ErrNoFont) {
		lacking(t, "the font that make assets fetches")
	}
	if err != nil {
		t.Fatal(err)
	}
	return document.NewStamper(p)
}

var lines = []string{"此件经与原件核对无误，仅供办理政务服务事项时使用，有效期至 2027 年 2 月 20 日", "广安区清和美发店 · 公共场所卫生许可变更 · 511602202611211023000482 · 2026-11-22"}

func tool(t *testing.T, body []byte, name string, args ...string) string {
	t.Helper()
	bin, err := exec.LookPath(name)
	if err != nil {
		lacking(t, name)
	}
	path := filepath.Join(t.TempDir(), "f.pdf")
	if err := os.WriteFile(path, body, 0o600); err != nil {
		t.Fatal(err)
	}
	for i := range args {
		args[i] = strings.ReplaceAll(args[i], "%", path)
	}
	out, err := exec.CommandContext(t.Context(), bin, args...).CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v: %s", name, err, out)
	}
	return string(out)
}

func TestStampedPDFs(t *testing.T) {
	t.Parallel()
	s := stamper(t)
	letters := func() []byte {
		p, err := pdf.New()
		if err != nil {
			t.Fatal(err)
		}
		b, err := p.Letter(pdf.Letter{Meta: pdf.Meta{Title: "通知"}, To: "周淑芬", Paragraphs: []string{"正文第一段。"}, Agency: "广安区行政审批局"})
		if err != nil {
			t.Fatal(err)
		}
		return b
	}()
	for name, in := range map[string][]byte{
		"plain":  []byte(file(3)),
		"turned": []byte(strings.Replace(file(2), "/Count 2", "/Count 2 /Rotate 90", 1)),
		"letter": letters,
	} {
		out, err := s.Stamp("application/pdf", in, lines)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		before, _ := document.Inspect(in)
		after, err := document.Inspect(out)
		if err != nil || after.Pages != before.Pages {
			t.Errorf("%s: %+v, %v", name, after, err)
		}
		tool(t, out, "qpdf", "--check", "%")
		text := tool(t, out, "pdftotext", "-layout", "%", "-")
		if n := strings.Count(text, "此件经与原件核对无误"); n < before.Pages || !strings.Contains(text, "清和美发店") {
			t.Errorf("%s: the lines stand %d times on %d pages:\n%s", name, n, before.Pages, text)
		}
		if name == "letter" && !strings.Contains(text, "正文第一段") {
			t.Errorf("the page itself is gone:\n%s", text)
		}
	}
}

// Files as other programs write them: packed objects, an index stream, split for
// the web.
func TestStampReadsWhatOthersWrite(t *testing.T) {
	t.Parallel()
	s := stamper(t)
	bin, err := exec.LookPath("qpdf")
	if err != nil {
		lacking(t, "qpdf")
	}
	dir := t.TempDir()
	src := filepath.Join(dir, "in.pdf")
	plain, err := s.Stamp("application/pdf", []byte(file(4)), lines)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(src, plain, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, option := range [][]string{{"--object-streams=generate"}, {"--linearize"}, {"--object-streams=generate", "--linearize", "--compress-streams=y"}} {
		out := filepath.Join(dir, "out.pdf")
		if b, err := exec.CommandContext(t.Context(), bin, append(option, src, out)...).CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, b)
		}
		in, err := os.ReadFile(out)
		if err != nil {
			t.Fatal(err)
		}
		if info, err := document.Inspect(in); err != nil || info.Pages != 4 {
			t.Errorf("%v: %+v, %v", option, info, err)
		}
		again, err := s.Stamp("application/pdf", in, []string{"第二次"})
		if err != nil {
			t.Fatal(err)
		}
		tool(t, again, "qpdf", "--check", "%")
		if text := tool(t, again, "pdftotext", "-layout", "%", "-"); !strings.Contains(text, "第二次") {
			t.Errorf("%v: %s", option, text)
		}
	}
	locked := filepath.Join(dir, "locked.pdf")
	if b, err := exec.CommandContext(t.Context(), bin, "--encrypt", "a", "b", "256", "--", src, locked).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, b)
	}
	in, err := os.ReadFile(locked)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := document.Inspect(in); !errors.Is(err, document.ErrLocked) {
		t.Errorf("a locked file: %v", err)
	}
}

func TestStampedPictures(t *testing.T) {
	t.Parallel()
	s := stamper(t)
	for mediaType, in := range map[string][]byte{"image/png": picture(600, 400), "image/jpeg": photo(600, 400)} {
		out, err := s.Stamp(mediaType, in, lines)
		if err != nil {
			t.Fatal(mediaType, err)
		}
		info, err := document.Inspect(out)
		if err != nil || info.Width != 600 || info.Height <= 400 {
			t.Errorf("%s: %+v, %v", mediaType, info, err)
		}
		if bytes.Equal(in, out) {
			t.Errorf("%s: nothing was written", mediaType)
		}
	}
	if _, err := s.Stamp("text/html", []byte("x"), lines); !errors.Is(err, document.ErrType) {
		t.Errorf("a page of the web: %v", err)
	}
}

func FuzzInspect(f *testing.F) {
	f.Add([]byte(file(2)))
	f.Add(picture(3, 3))
	f.Add(photo(3, 3))
	f.Add([]byte(file(1, packed("/Type /ObjStm /N 1 /First 5", deflated("30 0 << /A /B >>")))))
	f.Fuzz(func(_ *testing.T, b []byte) {
		_, _ = document.Inspect(b) // must come back, whatever it says
	})
}
