package casework

import (
	"errors"
	"io"
	"os"
	"strings"
	"testing"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/auth"
	"github.com/tongban/tongban/internal/kit/dbtest"
	"github.com/tongban/tongban/internal/kit/pdf"
	"github.com/tongban/tongban/internal/kit/sign"
)

func TestReceiptIsSignedAndIsThatOfTheSubmission(t *testing.T) {
	t.Parallel()
	press, err := pdf.New()
	if err != nil && os.Getenv("CI") == "" {
		t.Skip(err) // the fonts are built by make assets
	}
	must(t, err)
	w := newWorld(t, dbtest.SQLite(t, areas()...))
	ca, err := sign.OpenCA(t.TempDir(), plainSeal{}, w.clock.now)
	must(t, err)
	w.c.Papers = Press{Printer: press, Seals: ca, Site: "https://example.test", Mark: "样章 DEMO"}
	owing(w)
	c := w.owe(t, "receipt")
	d, body, err := w.ReceiptPDF(t.Context(), lin, c.ID)
	must(t, err)
	file, err := io.ReadAll(body)
	must(t, err)
	must(t, body.Close())
	report, err := sign.Verify(file, ca.Roots())
	must(t, err)
	if !report.Valid() || d.Kind != "receipt" || d.Step != 1 || int64(len(file)) != d.Size {
		t.Errorf("%+v of %+v", report, d)
	}
	w.drain(t)
	again, body, err := w.ReceiptPDF(t.Context(), lin, c.ID)
	must(t, err)
	must(t, body.Close())
	if again.ID != d.ID {
		t.Error("the job made another one")
	}
	for _, p := range []auth.Principal{zhou, linFor("x"), abroad(clerk)} {
		if _, _, err := w.ReceiptPDF(t.Context(), p, c.ID); !errors.Is(err, ErrNotFound) {
			t.Errorf("%s: %v", p.ID, err)
		}
	}
	if out := os.Getenv("RECEIPT_OUT"); out != "" {
		must(t, os.WriteFile(out, file, 0o600))
	}
}

func TestReceiptSaysWhoFiledAndHowEachMaterialCame(t *testing.T) {
	t.Parallel()
	c := Case{Applicant: contract.Party{Kind: "person", Name: "周淑芬"}}
	for kind, want := range map[string]string{"": "本人", auth.ForPerson: "授权编号 m-7", auth.ForWard: "监护人", auth.ForCompany: "经办人"} {
		c.Agent = contract.Agent{Kind: kind, Mandate: "m-7"}
		if got := filedBy(c); !strings.Contains(got, want) {
			t.Errorf("%s: %s", kind, got)
		}
	}
	for _, x := range []struct {
		m    contract.Material
		want string
	}{
		{contract.Material{Origin: contract.MaterialUpload, Name: "a.pdf", Blob: "f00", Level: "C"}, "甲：上传电子件，a.pdf，可信等级 C，SHA-256 f00"},
		{contract.Material{Origin: contract.MaterialUpload, Name: "a.pdf", Blob: "f00", Level: "B", Seen: &contract.Seen{}}, "甲：上传电子件，已在窗口与原件核对，a.pdf，可信等级 B，SHA-256 f00"},
		{contract.Material{Origin: contract.MaterialCopy, Name: "a.pdf", Blob: "f00", Level: "B", Source: "5116"}, "甲：使用办件 5116 中核验过的副本，a.pdf，可信等级 B，SHA-256 f00"},
		{contract.Material{Origin: contract.MaterialLicence, Source: "川卫 1 号", Level: "A"}, "甲：用电子证照代替，证照编号 川卫 1 号，可信等级 A"},
		{contract.Material{Origin: contract.MaterialHeld}, "甲：由部门数据共享取得，不用提交"},
		{contract.Material{Origin: contract.MaterialStatement, Level: "D", Text: "保证属实"}, "甲：以书面声明代替，可信等级 D"},
		{contract.Material{Origin: contract.MaterialCounter}, "甲：到窗口出示原件"},
		{contract.Material{Origin: contract.MaterialOwed, Due: "2026-11-23"}, "甲：容缺后补，最迟 2026-11-23"},
		{contract.Material{Origin: contract.MaterialCommitted}, "甲：告知承诺，不用提交"},
	} {
		if got := materialLine("甲", x.m); got != x.want {
			t.Errorf("%s, want %s", got, x.want)
		}
	}
}

func TestAStatementIsSealed(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		sub := w.submission("s", hygiene)
		sub.Materials = append(sub.Materials, contract.Material{ID: "plan", Origin: contract.MaterialStatement, Text: "我保证所填属实。", Level: "D"})
		r, err := w.submit(t.Context(), lin, sub)
		must(t, err)
		var stored string
		must(t, w.c.DB.QueryRowContext(t.Context(), `SELECT words FROM casework_materials WHERE case_id = $1 AND words <> ''`, r.Case).Scan(&stored))
		content, err := w.Content(t.Context(), clerk, r.Case)
		must(t, err)
		if strings.Contains(stored, "保证") || content.Materials[1].Text != "我保证所填属实。" || content.Materials[1].File == "" {
			t.Errorf("stored %q, shown %+v", stored, content.Materials)
		}
	})
}
