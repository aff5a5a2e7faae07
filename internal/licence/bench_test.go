package licence_test

import (
	"io"
	"testing"

	"github.com/tongban/tongban/internal/kit/auth"
	"github.com/tongban/tongban/internal/kit/dbtest"
	"github.com/tongban/tongban/internal/kit/sign"
	"github.com/tongban/tongban/internal/licence"
	"github.com/tongban/tongban/internal/licence/licencetest"
)

// BenchmarkVerification compares a whole verification (look-up, file, hash,
// signature, use recorded) with the check of the signature alone.
func BenchmarkVerification(b *testing.B) {
	w := licencetest.New(b, dbtest.SQLite(b, licencetest.Areas()...))
	r := licencetest.Request("case-1")
	l := w.Issue(b, r)
	_, body, err := w.Download(b.Context(), licencetest.Holder(r), l.ID, licence.ChannelPage)
	if err != nil {
		b.Fatal(err)
	}
	file, err := io.ReadAll(body)
	if err != nil {
		b.Fatal(err)
	}
	if err := body.Close(); err != nil {
		b.Fatal(err)
	}
	roots := w.CA.Roots()
	b.Run("signature", func(b *testing.B) {
		b.RunParallel(func(p *testing.PB) {
			for p.Next() {
				if rep, err := sign.Verify(file, roots); err != nil || !rep.Valid() {
					b.Errorf("%+v, %v", rep, err)
				}
			}
		})
	})
	b.Run("whole", func(b *testing.B) {
		b.SetParallelism(16)
		b.RunParallel(func(p *testing.PB) {
			for p.Next() {
				if v, err := w.Verify(b.Context(), auth.Principal{}, l.Code, licence.ChannelQR); err != nil || !v.Good() {
					b.Errorf("%+v, %v", v, err)
				}
			}
		})
	})
}
