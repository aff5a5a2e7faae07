package inquiry_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"image"
	"image/jpeg"
	"io"
	"strings"
	"testing"

	"github.com/tongban/tongban/internal/inquiry"
	"github.com/tongban/tongban/internal/inquiry/inquirytest"
	"github.com/tongban/tongban/internal/kit/document"
	"github.com/tongban/tongban/internal/kit/fault"
	"github.com/tongban/tongban/internal/kit/policy"
)

// camera is a photo with the time in it, as a camera writes it.
func camera(t *testing.T) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := jpeg.Encode(&b, image.NewGray(image.Rect(0, 0, 8, 8)), nil); err != nil {
		t.Fatal(err)
	}
	taken := "2026:11:18 09:30:00\x00"
	tiff := []byte("MM\x00*\x00\x00\x00\x08\x00\x01\x01\x32\x00\x02\x00\x00\x00\x14\x00\x00\x00\x1a\x00\x00\x00\x00" + taken)
	exif := append([]byte("Exif\x00\x00"), tiff...)
	out := append([]byte{0xff, 0xd8, 0xff, 0xe1}, binary.BigEndian.AppendUint16(nil, uint16(len(exif)+2))...)
	return append(append(out, exif...), b.Bytes()[2:]...)
}

func TestWhatTheCameraWroteIsKeptAsEvidenceAndNotGivenToTheApplicant(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		ctx, x := t.Context(), plan(t, w)
		w.To("2026-11-18")
		f, err := w.AddFile(ctx, inquirytest.Second, x.ID, "photo", "exits", inquiry.Upload{Name: "a.jpg", Body: bytes.NewReader(camera(t))})
		if err != nil || f.Shot.At != "2026-11-18 09:30:00" {
			t.Fatalf("shot %+v: %v", f.Shot, err)
		}
		x = fill(t, w, x.ID)
		for _, p := range []string{"r1", "r2"} {
			who := inquirytest.Reviewer
			if p == "r2" {
				who = inquirytest.Second
			}
			if _, err := w.SignVisit(ctx, who, x.ID, x.Visit.Rev); err != nil {
				t.Fatal(err)
			}
		}
		if _, _, err := w.File(ctx, inquirytest.Lin, x.ID, f.ID); !errors.Is(err, inquiry.ErrNotFound) {
			t.Errorf("seen before the record is closed: %v", err)
		}
		if _, err := w.SettlePresent(ctx, inquirytest.Second, x.ID, x.Visit.Rev, inquiry.Present{How: inquiry.Absent}); err != nil {
			t.Fatal(err)
		}
		got, body, err := w.File(ctx, inquirytest.Lin, x.ID, f.ID)
		if err != nil {
			t.Fatal(err)
		}
		copied, err := io.ReadAll(body)
		if err = errors.Join(err, body.Close()); err != nil || bytes.Contains(copied, []byte("Exif")) || got.Shot.At != "" || document.ShotOf(copied).At != "" {
			t.Errorf("the applicant's copy: %+v %v", got.Shot, err)
		}
	})
}

func TestHostileFilesAreRefusedAndLeaveNothing(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		ctx, x := t.Context(), plan(t, w)
		w.To("2026-11-18")
		for name, body := range map[string]string{
			"script.jpg": "<script>alert(1)</script>", "empty.png": "", "cut.jpg": string(camera(t)[:60]), "program.png": "MZ\x90\x00", "text.pdf": "hello",
		} {
			_, err := w.AddFile(ctx, inquirytest.Second, x.ID, "photo", "exits", inquiry.Upload{Name: name, Body: strings.NewReader(body)})
			if fault.KindOf(err) != fault.Invalid {
				t.Errorf("%s: %v", name, err)
			}
		}
		if _, err := w.AddFile(ctx, inquirytest.Third, x.ID, "photo", "", inquiry.Upload{Name: "a.png", Body: bytes.NewReader(inquirytest.Picture(t))}); !errors.Is(err, policy.ErrDenied) {
			t.Errorf("by an official of no part: %v", err)
		}
		if _, err := w.AddFile(ctx, inquirytest.Second, x.ID, "photo", "other", inquiry.Upload{Name: "a.png", Body: bytes.NewReader(inquirytest.Picture(t))}); !errors.Is(err, inquiry.ErrNotFound) {
			t.Errorf("for a line that is not there: %v", err)
		}
		y, err := w.Open(ctx, inquirytest.Second, x.ID)
		if err != nil || y.Visit.Rev != 0 {
			t.Errorf("left a trace: %d %v", y.Visit.Rev, err)
		}
	})
}

func TestAPhotoGoesOnWhereTheLineBroke(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		ctx, x, photo := t.Context(), plan(t, w), camera(t)
		w.To("2026-11-18")
		u, err := w.BeginUpload(ctx, inquirytest.Second, x.ID, "exits", "a.jpg", int64(len(photo)))
		if err != nil {
			t.Fatal(err)
		}
		if u, err = w.AppendUpload(ctx, inquirytest.Second, x.ID, u.ID, 0, bytes.NewReader(photo[:100])); err != nil || u.Offset != 100 {
			t.Fatalf("offset %d: %v", u.Offset, err)
		}
		if _, err := w.AppendUpload(ctx, inquirytest.Second, x.ID, u.ID, 50, bytes.NewReader(photo[50:])); !errors.Is(err, inquiry.ErrOffset) {
			t.Errorf("another byte: %v", err)
		}
		if _, err := w.FinishUpload(ctx, inquirytest.Second, x.ID, u.ID); !errors.Is(err, inquiry.ErrOffset) {
			t.Errorf("finished half: %v", err)
		}
		if _, err := w.AppendUpload(ctx, inquirytest.Second, x.ID, u.ID, 100, bytes.NewReader(photo[100:])); err != nil {
			t.Fatal(err)
		}
		if f, err := w.FinishUpload(ctx, inquirytest.Second, x.ID, u.ID); err != nil || f.Item != "exits" {
			t.Fatalf("finish: %+v %v", f, err)
		}
		if list, err := w.Uploads(ctx, inquirytest.Second, x.ID); err != nil || len(list) != 0 {
			t.Errorf("left: %v %v", list, err)
		}
	})
}
