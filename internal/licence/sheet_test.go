package licence_test

import (
	"errors"
	"flag"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/tongban/tongban/internal/kit/dbtest"
	"github.com/tongban/tongban/internal/kit/pdf"
	"github.com/tongban/tongban/internal/licence"
	"github.com/tongban/tongban/internal/licence/licencetest"
)

var update = flag.Bool("update", false, "write golden files anew")

// needed skips the test where something from outside is missing, but not in CI.
func needed(t *testing.T, err error) {
	t.Helper()
	switch {
	case err != nil && os.Getenv("CI") == "":
		t.Skip(err)
	case err != nil:
		t.Fatal(err)
	}
}

func run(t *testing.T, name string, args ...string) string {
	t.Helper()
	_, err := exec.LookPath(name)
	needed(t, err)
	out, err := exec.CommandContext(t.Context(), name, args...).CombinedOutput()
	if err != nil {
		t.Logf("%s: %v", name, err)
	}
	return string(out)
}

// issuedSheet prints a licence with the real fonts and stores it in a file.
func issuedSheet(t *testing.T) (path string, l licence.Licence) {
	t.Helper()
	press, err := pdf.New()
	if errors.Is(err, pdf.ErrNoFont) {
		needed(t, err)
	}
	w := licencetest.New(t, dbtest.SQLite(t, licencetest.Areas()...))
	w.Press = press
	r := licencetest.Request("case-1")
	l = w.Issue(t, r)
	_, body, err := w.Download(t.Context(), licencetest.Holder(r), l.ID, licence.ChannelPage)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = body.Close() }()
	file, err := io.ReadAll(body)
	if err != nil {
		t.Fatal(err)
	}
	path = filepath.Join(t.TempDir(), "licence.pdf")
	if err := os.WriteFile(path, file, 0o600); err != nil {
		t.Fatal(err)
	}
	return path, l
}

func TestSheetSaysWhatWasGranted(t *testing.T) {
	t.Parallel()
	path, l := issuedSheet(t)
	text := run(t, "pdftotext", "-layout", path, "-")
	if !strings.Contains(text, l.Identifier) {
		t.Errorf("the sheet does not name its identifier:\n%s", text)
	}
	var lines []string
	for line := range strings.SplitSeq(strings.ReplaceAll(text, l.Identifier, "IDENTIFIER"), "\n") {
		if line = strings.Join(strings.Fields(line), " "); line != "" {
			lines = append(lines, line)
		}
	}
	got := regexp.MustCompile(`\f`).ReplaceAllString(strings.Join(lines, "\n")+"\n", "")
	const golden = "testdata/sheet.txt"
	if *update {
		if err := os.WriteFile(golden, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil || string(want) != got {
		t.Errorf("%s differs (%v):\n%s", golden, err, got)
	}
}

func TestSheetIsValidForOthers(t *testing.T) {
	t.Parallel()
	path, _ := issuedSheet(t)
	nss := "sql:" + t.TempDir()
	run(t, "certutil", "-N", "-d", nss, "--empty-password")
	out := run(t, "pdfsig", "-nssdir", nss, path)
	for _, want := range []string{"Signature is Valid", "Total document signed", "广安区行政审批局（演示 DEMO）"} {
		if !strings.Contains(out, want) {
			t.Errorf("pdfsig does not say %q:\n%s", want, out)
		}
	}
	if out := run(t, "qpdf", "--check", path); !strings.Contains(out, "No syntax or stream encoding errors") {
		t.Errorf("qpdf: %s", out)
	}
}
