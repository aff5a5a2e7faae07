package sign

import (
	"bytes"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"codeberg.org/go-pdf/fpdf"
)

var at = time.Date(2026, 11, 24, 3, 4, 5, 0, time.UTC)

func clock() time.Time { return at }

// plain seals nothing: what sealing does is kit/seal's matter.
type plain struct{}

func (plain) Seal(field, text string) ([]byte, error) { return []byte(field + "\n" + text), nil }

func (plain) Open(field string, sealed []byte) (string, error) {
	text, ok := strings.CutPrefix(string(sealed), field+"\n")
	if !ok {
		return "", errors.New("another field")
	}
	return text, nil
}

func document(t *testing.T) []byte {
	t.Helper()
	f := fpdf.New("P", "mm", "A4", "")
	f.SetCreationDate(at)
	f.SetModificationDate(at)
	f.SetFont("Helvetica", "", 14)
	f.AddPage()
	f.Text(20, 30, "Licence 0318")
	f.LinkString(20, 20, 30, 10, "https://example.org/") // gives the page annotations
	f.AddPage()
	f.Text(20, 30, "Second page")
	var b bytes.Buffer
	if err := f.Output(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func signed(t *testing.T) ([]byte, *CA) {
	t.Helper()
	ca, err := OpenCA(t.TempDir(), plain{}, clock)
	if err != nil {
		t.Fatal(err)
	}
	s, err := ca.Signer(t.Context(), "广安区行政审批局")
	if err != nil {
		t.Fatal(err)
	}
	out, err := Sign(t.Context(), document(t), s, Options{At: at, Reason: "颁发证照 licence", Location: "广安区"})
	if err != nil {
		t.Fatal(err)
	}
	return out, ca
}

func verify(t *testing.T, pdf []byte, ca *CA) Report {
	t.Helper()
	r, err := Verify(pdf, ca.Roots())
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestVerifyTellsWhoSignedWhatAndWhen(t *testing.T) {
	t.Parallel()
	pdf, ca := signed(t)
	r := verify(t, pdf, ca)
	if !r.Valid() || r.Signer != "广安区行政审批局（演示 DEMO）" || !r.At.Equal(at) || r.Reason != "颁发证照 licence" {
		t.Errorf("got %+v", r)
	}
	if !bytes.HasPrefix(pdf, document(t)) {
		t.Error("signing changed the bytes of the document")
	}
	if r.Fingerprint == "" || !strings.Contains(r.Issuer, "演示") {
		t.Errorf("got %+v", r)
	}
}

func TestCertificateSaysThatItIsADemo(t *testing.T) {
	t.Parallel()
	_, ca := signed(t)
	if got := ca.root.cert.Subject.String(); !strings.Contains(got, "DEMO NOT LEGAL 演示 无法律效力") {
		t.Errorf("root subject %s", got)
	}
	if got := ca.signers["广安区行政审批局"].cert.Subject.String(); !strings.Contains(got, "DEMO NOT LEGAL 演示 无法律效力") {
		t.Errorf("signer subject %s", got)
	}
}

// TestOneChangedByteIsFound flips every byte in and around the signature and
// each 31st elsewhere.
func TestOneChangedByteIsFound(t *testing.T) {
	t.Parallel()
	pdf, ca := signed(t)
	roots := ca.Roots()
	value := bytes.LastIndex(pdf, []byte("/Contents <"))
	dense := func(i int) bool {
		return i > value-200 && i < value+2600 || i > value+2*maxCMS-100 || i < 64
	}
	changed := 0
	for i := range pdf {
		if !dense(i) && i%31 != 0 {
			continue
		}
		for _, bit := range []byte{0x01, 0x20} {
			bad := bytes.Clone(pdf)
			bad[i] ^= bit
			if r, err := Verify(bad, roots); err == nil && r.Valid() {
				t.Fatalf("byte %d (%q to %q) changed and still valid", i, pdf[i], bad[i])
			}
			changed++
		}
	}
	t.Logf("%d changes found", changed)
}

func TestAddedDataIsReported(t *testing.T) {
	t.Parallel()
	pdf, ca := signed(t)
	for _, tail := range []string{"\n", "% note", "\n9 0 obj\n<< /X 1 >>\nendobj\n"} {
		r := verify(t, append(bytes.Clone(pdf), tail...), ca)
		if !r.Intact || r.WholeFile || r.Valid() {
			t.Errorf("tail %q: got %+v", tail, r)
		}
	}
	if r := verify(t, pdf[:len(pdf)-1], ca); r.Valid() {
		t.Error("cut off by a byte and still valid")
	}
}

func TestStrangersAreNotTrusted(t *testing.T) {
	t.Parallel()
	pdf, _ := signed(t)
	_, other := signed(t)
	if r := verify(t, pdf, other); !r.Intact || r.Trusted || r.Valid() {
		t.Errorf("another root: got %+v", r)
	}
	if r, err := Verify(pdf, nil); err != nil || r.Trusted {
		t.Errorf("no roots: got %+v, %v", r, err)
	}
}

func TestFilesThatCannotBeChecked(t *testing.T) {
	t.Parallel()
	if _, err := Verify(document(t), nil); !errors.Is(err, ErrUnsigned) {
		t.Errorf("unsigned: got %v", err)
	}
	if _, err := Verify([]byte("GIF89a"), nil); !errors.Is(err, ErrNotPDF) {
		t.Errorf("picture: got %v", err)
	}
	pdf, ca := signed(t)
	s, err := ca.Signer(t.Context(), "x")
	if err != nil {
		t.Fatal(err)
	}
	for name, b := range map[string][]byte{"signed": pdf, "text": []byte("hello"), "cut": document(t)[:200]} {
		if _, err := Sign(t.Context(), b, s, Options{At: at}); !errors.Is(err, ErrNotPDF) {
			t.Errorf("sign %s: got %v, want ErrNotPDF", name, err)
		}
	}
}

func TestAuthorityIsTheSameAfterRestart(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	certificates := make([][]byte, 2)
	for i := range certificates {
		ca, err := OpenCA(dir, plain{}, clock)
		if err != nil {
			t.Fatal(err)
		}
		s, err := ca.Signer(t.Context(), "区行政审批局")
		if err != nil {
			t.Fatal(err)
		}
		certificates[i] = slices.Concat(ca.Certificate(), s.(*identity).cert.Raw)
	}
	if !bytes.Equal(certificates[0], certificates[1]) {
		t.Error("made new certificates at the second start")
	}
	files, err := filepath.Glob(filepath.Join(dir, "*.sealed"))
	if err != nil || len(files) != 2 {
		t.Fatalf("got %v, %v", files, err)
	}
	for _, f := range files {
		if info, err := os.Stat(f); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: mode %v, %v", f, info.Mode(), err)
		}
	}
	if left, err := filepath.Glob(filepath.Join(dir, ".new-*")); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

// tool returns a program from outside, which CI must have.
func tool(t *testing.T, name string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		if os.Getenv("CI") != "" {
			t.Fatalf("%s is missing", name)
		}
		t.Skipf("%s is missing", name)
	}
	return path
}

func run(t *testing.T, name string, args ...string) string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), tool(t, name), args...).CombinedOutput()
	if err != nil {
		t.Logf("%s: %v", name, err)
	}
	return string(out)
}

// nssFolder makes the certificate folder without which pdfsig checks nothing.
func nssFolder(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	if out := run(t, "certutil", "-N", "-d", "sql:"+dir, "--empty-password"); out != "" {
		t.Logf("certutil: %s", out)
	}
	return "sql:" + dir
}

func write(t *testing.T, name string, data []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestOtherProgramsAgree asks poppler, qpdf and OpenSSL.
func TestOtherProgramsAgree(t *testing.T) {
	t.Parallel()
	pdf, ca := signed(t)
	path := write(t, "signed.pdf", pdf)
	nss := nssFolder(t)

	out := run(t, "pdfsig", "-nssdir", nss, path)
	for _, want := range []string{"Signature is Valid", "Total document signed", "ETSI.CAdES.detached", "演示 DEMO"} {
		if !strings.Contains(out, want) {
			t.Errorf("pdfsig does not say %q:\n%s", want, out)
		}
	}
	bad := bytes.Clone(pdf)
	bad[300] ^= 1
	if out := run(t, "pdfsig", "-nssdir", nss, write(t, "bad.pdf", bad)); strings.Contains(out, "Signature is Valid") {
		t.Errorf("pdfsig calls a changed file valid:\n%s", out)
	}
	long := write(t, "long.pdf", append(bytes.Clone(pdf), "% more\n"...))
	if out := run(t, "pdfsig", "-nssdir", nss, long); strings.Contains(out, "Total document signed") {
		t.Errorf("pdfsig does not see appended data:\n%s", out)
	}

	if out := run(t, "qpdf", "--check", path); !strings.Contains(out, "No syntax or stream encoding errors") {
		t.Errorf("qpdf: %s", out)
	}

	from := bytes.LastIndex(pdf, []byte("/Contents <")) + len("/Contents ")
	value, err := signatureValue(pdf[from : from+2*maxCMS+2])
	if err != nil {
		t.Fatal(err)
	}
	content := slices.Concat(pdf[:from], pdf[from+2*maxCMS+2:])
	root := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: ca.Certificate()})
	out = run(t, "openssl", "cms", "-verify", "-binary", "-inform", "DER", "-in", write(t, "sig.der", value),
		"-content", write(t, "content", content), "-CAfile", write(t, "ca.pem", root), "-purpose", "any",
		"-attime", "1795500000", "-out", os.DevNull)
	if !strings.Contains(out, "successful") {
		t.Errorf("openssl: %s", out)
	}
}

// TestWhoTrustsTheRootTrustsTheFile imports the root certificate, as one does
// who wants to check offline. It needs the true time, which pdfsig asks for.
func TestWhoTrustsTheRootTrustsTheFile(t *testing.T) {
	t.Parallel()
	now := time.Now() //nolint:forbidigo // pdfsig compares with the true time
	dir := t.TempDir()
	ca, err := OpenCA(dir, plain{}, func() time.Time { return now })
	if err != nil {
		t.Fatal(err)
	}
	s, err := ca.Signer(t.Context(), "广安区行政审批局")
	if err != nil {
		t.Fatal(err)
	}
	pdf, err := Sign(t.Context(), document(t), s, Options{At: now})
	if err != nil {
		t.Fatal(err)
	}
	nss, path := nssFolder(t), write(t, "signed.pdf", pdf)
	if out := run(t, "pdfsig", "-nssdir", nss, path); strings.Contains(out, "Certificate is Trusted") {
		t.Errorf("trusted without the root:\n%s", out)
	}
	run(t, "certutil", "-A", "-d", nss, "-n", "demo", "-t", "CT,C,C", "-i", filepath.Join(dir, "ca.crt"))
	if out := run(t, "pdfsig", "-nssdir", nss, path); !strings.Contains(out, "Certificate is Trusted") {
		t.Errorf("not trusted with the root:\n%s", out)
	}
}

func FuzzVerifyNeverPanics(f *testing.F) {
	ca, err := OpenCA(f.TempDir(), plain{}, clock)
	if err != nil {
		f.Fatal(err)
	}
	f.Add([]byte("%PDF-1.4\n/ByteRange [0 0000000010 0000016396 0000000001]"))
	f.Add([]byte("%PDF-1.4\nxref\n0 1\ntrailer\n<< /Size 1 /Root 1 0 R >>\nstartxref\n9\n%%EOF"))
	f.Add([]byte("%PDF-1.4\n/ByteRange [0 0000000010 9999999999 9999999999]" + hex.EncodeToString(make([]byte, 64))))
	f.Fuzz(func(t *testing.T, b []byte) {
		if r, err := Verify(b, ca.Roots()); err == nil && r.Valid() {
			t.Errorf("%q is valid", b)
		}
		if p, err := parse(b); err == nil {
			_, _ = p.update("x", Options{})
		}
	})
}
