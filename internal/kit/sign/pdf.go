package sign

import (
	"bytes"
	"context"
	"crypto/sha256"
	"crypto/x509"
	"encoding/asn1"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf16"

	"github.com/tongban/tongban/internal/kit/day"
)

// maxCMS is the room for one signature value. Ours takes about 1 KB; a chain of
// an HSM or a timestamp can take more.
const maxCMS = 8192

// Sign returns the file with a signature of s over all of it.
func Sign(ctx context.Context, pdf []byte, s Signer, o Options) ([]byte, error) {
	f, err := parse(pdf)
	if err != nil {
		return nil, err
	}
	out, err := f.update(s.Name(), o)
	if err != nil {
		return nil, err
	}
	from, to, err := fillRange(out)
	if err != nil {
		return nil, err
	}
	cms, err := s.CMS(ctx, slices.Concat(out[:from], out[to:]))
	if err != nil {
		return nil, fmt.Errorf("sign pdf: %w", err)
	}
	if len(cms) > maxCMS {
		return nil, fmt.Errorf("signature of %d bytes does not fit", len(cms))
	}
	hex.Encode(out[from+1:], cms)
	return out, nil
}

// Placeholders of fixed width, filled once the update is written.
var (
	emptyRange    = []byte("/ByteRange [0 0000000000 0000000000 0000000000]")
	emptyContents = []byte("/Contents <" + strings.Repeat("0", 2*maxCMS) + ">")
)

// update appends what a signature adds: value, field, and new versions of the
// catalogue and the first page that name them.
func (f *file) update(name string, o Options) ([]byte, error) {
	pageNo, err := f.firstPage()
	if err != nil {
		return nil, err
	}
	root, err := f.dict(f.root)
	if err != nil {
		return nil, err
	}
	page, err := f.dict(pageNo)
	if err != nil {
		return nil, err
	}
	value, field := f.size, f.size+1
	objects := map[int][]byte{
		f.root: extend(root, fmt.Sprintf("/AcroForm << /Fields [%d 0 R] /SigFlags 3 >>", field)),
		pageNo: annotate(page, field),
		value:  valueDict(name, o),
		// 132: printed and locked. An empty rectangle: the seal is part of the page.
		field: fmt.Appendf(nil, "<< /Type /Annot /Subtype /Widget /FT /Sig /T %s /V %d 0 R /P %d 0 R /Rect [0 0 0 0] /F 132 >>",
			textString(fieldName(o)), value, pageNo),
	}
	return f.appendObjects(objects), nil
}

func fieldName(o Options) string {
	if o.Field == "" {
		return "Signature1"
	}
	return o.Field
}

func valueDict(name string, o Options) []byte {
	var b bytes.Buffer
	b.WriteString("<< /Type /Sig /Filter /Adobe.PPKLite /SubFilter /ETSI.CAdES.detached\n")
	b.Write(emptyRange)
	b.WriteString("\n")
	b.Write(emptyContents)
	fmt.Fprintf(&b, "\n/M (%s) /Name %s", pdfTime(o.At), textString(name))
	if o.Reason != "" {
		fmt.Fprintf(&b, " /Reason %s", textString(o.Reason))
	}
	if o.Location != "" {
		fmt.Fprintf(&b, " /Location %s", textString(o.Location))
	}
	b.WriteString(" >>")
	return b.Bytes()
}

func (f *file) appendObjects(objects map[int][]byte) []byte {
	var b bytes.Buffer
	b.Write(f.data)
	if !bytes.HasSuffix(f.data, []byte("\n")) {
		b.WriteByte('\n')
	}
	numbers := slices.Sorted(maps.Keys(objects))
	at := map[int]int{}
	for _, n := range numbers {
		at[n] = b.Len()
		fmt.Fprintf(&b, "%d 0 obj\n%s\nendobj\n", n, objects[n])
	}
	start := b.Len()
	b.WriteString("xref\n")
	for _, n := range numbers {
		fmt.Fprintf(&b, "%d 1\n%010d 00000 n \n", n, at[n])
	}
	id := sha256.Sum256(f.data)
	fmt.Fprintf(&b, "trailer\n<< /Size %d /Root %d 0 R /Prev %d", f.size+2, f.root, f.start)
	if f.info > 0 {
		fmt.Fprintf(&b, " /Info %d 0 R", f.info)
	}
	fmt.Fprintf(&b, " /ID [<%x> <%x>] >>\nstartxref\n%d\n%%%%EOF\n", id[:16], id[16:], start)
	return b.Bytes()
}

// fillRange writes the byte range and returns where the signature value stands.
func fillRange(out []byte) (from, to int, err error) {
	at := bytes.LastIndex(out, emptyRange)
	from = bytes.LastIndex(out, emptyContents)
	if at < 0 || from < 0 {
		return 0, 0, errors.New("sign pdf: placeholders are gone")
	}
	from += len("/Contents ")
	to = from + 2*maxCMS + 2
	copy(out[at:], fmt.Sprintf("/ByteRange [0 %010d %010d %010d]", from, to, len(out)-to))
	return from, to, nil
}

// extend adds an entry to a dictionary.
func extend(dict []byte, entry string) []byte {
	return fmt.Appendf(nil, "%s\n%s\n>>", bytes.TrimSuffix(dict, []byte(">>")), entry)
}

// annotate adds an annotation to a page, which may have some already.
func annotate(page []byte, n int) []byte {
	if before, after, ok := bytes.Cut(page, []byte("/Annots [")); ok {
		return fmt.Appendf(nil, "%s/Annots [%d 0 R %s", before, n, after)
	}
	return extend(page, fmt.Sprintf("/Annots [%d 0 R]", n))
}

// textString writes a PDF text string as UTF-16 in hexadecimal, which needs no
// escapes.
func textString(s string) string {
	var b strings.Builder
	b.WriteString("<FEFF")
	for _, u := range utf16.Encode([]rune(s)) {
		fmt.Fprintf(&b, "%04X", u)
	}
	b.WriteString(">")
	return b.String()
}

const timeLayout = "20060102150405"

func pdfTime(t time.Time) string { return "D:" + t.In(day.CST).Format(timeLayout) + "+08'00'" }

// The shapes in which Sign writes what Verify reads.
var (
	reRange  = regexp.MustCompile(`/ByteRange \[0 (\d{10}) (\d{10}) (\d{10})\]`)
	reTime   = regexp.MustCompile(`/M \(D:(\d{14})\+08'00'\)`)
	reReason = regexp.MustCompile(`/Reason <FEFF([0-9A-F]*)>`)
)

// Verify checks the last signature of a file that Sign wrote. Roots are the
// authorities we trust; nil trusts nobody. An error means that there is nothing
// to check; everything else stands in the report.
func Verify(pdf []byte, roots *x509.CertPool) (Report, error) {
	if !bytes.HasPrefix(pdf, []byte("%PDF-")) {
		return Report{}, ErrNotPDF
	}
	all := reRange.FindAllSubmatchIndex(pdf, -1)
	if len(all) == 0 {
		return Report{}, ErrUnsigned
	}
	m := all[len(all)-1]
	from, to, tail := number(pdf[m[2]:m[3]]), number(pdf[m[4]:m[5]]), number(pdf[m[6]:m[7]])
	end := to + tail
	if m[1] > from || from+2*maxCMS+2 != to || end > len(pdf) || end < to {
		return Report{}, nil // a range that does not fit covers nothing
	}
	r := Report{WholeFile: end == len(pdf)}
	cms, err := signatureValue(pdf[from:to])
	if err != nil {
		return r, nil //nolint:nilerr // a spoilt value is a finding: not intact
	}
	r.describe(pdf[to:end])
	cert, err := verifyDetached(cms, slices.Concat(pdf[:from], pdf[to:end]))
	if err != nil {
		return r, nil //nolint:nilerr // the finding is that the bytes are not those signed
	}
	r.Intact = true
	r.Signer, r.Issuer = cert.Subject.CommonName, cert.Issuer.CommonName
	r.Fingerprint = fmt.Sprintf("%X", sha256.Sum256(cert.Raw))
	r.Trusted = trusted(cert, roots, r.At)
	return r, nil
}

// describe reads time and reason, which stand behind the value and are signed.
func (r *Report) describe(dict []byte) {
	if m := reTime.FindSubmatch(dict); m != nil {
		if t, err := time.ParseInLocation(timeLayout, string(m[1]), day.CST); err == nil {
			r.At = t.UTC()
		}
	}
	if m := reReason.FindSubmatch(dict); m != nil {
		if b, err := hex.DecodeString(string(m[1])); err == nil {
			r.Reason = decodeUTF16(b)
		}
	}
}

func decodeUTF16(b []byte) string {
	u := make([]uint16, len(b)/2)
	for i := range u {
		u[i] = uint16(b[2*i])<<8 | uint16(b[2*i+1])
	}
	return string(utf16.Decode(u))
}

// signatureValue decodes <hex>: a DER value and zeros behind it, written as
// Sign writes it and in no other way.
func signatureValue(b []byte) ([]byte, error) {
	if b[0] != '<' || b[len(b)-1] != '>' {
		return nil, errors.New("no value at the byte range")
	}
	raw := make([]byte, hex.DecodedLen(len(b)-2))
	if _, err := hex.Decode(raw, b[1:len(b)-1]); err != nil {
		return nil, fmt.Errorf("decode value: %w", err)
	}
	if !bytes.Equal(b[1:len(b)-1], []byte(hex.EncodeToString(raw))) {
		return nil, errors.New("value in another spelling")
	}
	var v asn1.RawValue
	rest, err := asn1.Unmarshal(raw, &v)
	if err != nil {
		return nil, fmt.Errorf("read value: %w", err)
	}
	if len(bytes.Trim(rest, "\x00")) > 0 {
		return nil, errors.New("something behind the value")
	}
	return v.FullBytes, nil
}

// trusted checks the chain at the claimed time: a file stays good when the
// certificate expires later.
func trusted(cert *x509.Certificate, roots *x509.CertPool, at time.Time) bool {
	if roots == nil || at.IsZero() {
		return false
	}
	_, err := cert.Verify(x509.VerifyOptions{
		Roots: roots, CurrentTime: at, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageAny},
	})
	return err == nil
}
