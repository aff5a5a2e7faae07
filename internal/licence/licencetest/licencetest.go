// Package licencetest builds the licence area for tests, with the real job
// queue, event log, policies and signatures.
package licencetest

import (
	"bytes"
	"context"
	"log/slog"
	"strings"
	"testing"
	"time"

	"codeberg.org/go-pdf/fpdf"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/auth"
	"github.com/tongban/tongban/internal/kit/blob"
	"github.com/tongban/tongban/internal/kit/db"
	"github.com/tongban/tongban/internal/kit/dbtest"
	"github.com/tongban/tongban/internal/kit/event"
	"github.com/tongban/tongban/internal/kit/id"
	"github.com/tongban/tongban/internal/kit/job"
	"github.com/tongban/tongban/internal/kit/pdf"
	"github.com/tongban/tongban/internal/kit/policy"
	"github.com/tongban/tongban/internal/kit/sign"
	"github.com/tongban/tongban/internal/licence"
)

// Noon is what the clock shows at first: 24 November 2026, 12:00 in China.
var Noon = time.Date(2026, 11, 24, 4, 0, 0, 0, time.UTC)

// Areas are the tables a test needs.
func Areas() []db.Area {
	return []db.Area{job.Area(), event.Area(), {Name: "licence", Files: licence.Migrations}}
}

// World is the area with what it stands on.
type World struct {
	*licence.Service
	DB     *db.DB
	Queue  *job.Queue
	Log    *event.Log
	CA     *sign.CA
	Policy *policy.Engine
	Clock  time.Time
}

// Plain seals by writing the field in front: enough to see a wrong field.
type Plain struct{}

// Seal implements licence.Sealer.
func (Plain) Seal(field, text string) ([]byte, error) { return []byte(field + "\n" + text), nil }

// Open implements licence.Sealer.
func (Plain) Open(field string, sealed []byte) (string, error) {
	return strings.TrimPrefix(string(sealed), field+"\n"), nil
}

// press prints without Chinese fonts, which only make assets brings.
type press struct{}

func (press) Certificate(c pdf.Certificate) ([]byte, error) {
	f := fpdf.New("P", "mm", "A4", "")
	f.SetCreationDate(c.At)
	f.SetFont("Helvetica", "", 12)
	f.AddPage()
	f.Text(20, 20, c.Keywords)
	f.Text(20, 30, c.QR.Link)
	var b bytes.Buffer
	err := f.Output(&b)
	return b.Bytes(), err
}

// New returns the area on d.
func New(t testing.TB, d *db.DB) *World {
	t.Helper()
	w := &World{DB: d, Clock: Noon, Policy: policy.Must(map[string]string{"licence": licence.Policies})}
	now := func() time.Time { return w.Clock }
	w.Queue = job.New(d, now, id.New, slog.New(slog.DiscardHandler))
	w.Log = event.New(d, w.Queue, now, id.New)
	blobs, err := blob.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	if w.CA, err = sign.OpenCA(t.TempDir(), Plain{}, now); err != nil {
		t.Fatal(err)
	}
	w.Service = licence.New(licence.Config{
		DB: d, Queue: w.Queue, Events: w.Log, Blobs: blobs, Press: press{}, Signers: w.CA, Roots: w.CA.Roots(),
		Policy: w.Policy, Sealer: Plain{}, Now: now, NewID: id.New, NewCode: func() string { return id.Code(26) },
		BaseURL: "http://test", Demo: true,
	})
	w.Jobs(w.Queue, w.Log)
	return w
}

// Open returns the area on a fresh SQLite database, for tests of pages.
func Open(t testing.TB) *World {
	t.Helper()
	return New(t, dbtest.SQLite(t, Areas()...))
}

// Request asks for the licence of a hairdresser.
func Request(caseID string) contract.LicenceRequest {
	return contract.LicenceRequest{
		Case: contract.CaseID(caseID), CaseNumber: "5116022026111610230004829", Item: "511A0015500009",
		Spec: contract.LicenceSpec{
			TypeCode: "11100000000013338W009", Name: contract.Text{ZH: "公共场所卫生许可证", EN: "Hygiene licence for public places"},
			Prefix: "川广安广卫公字", Years: 4,
		},
		Holder:    contract.Party{Kind: "company", ID: "co-qinghe", Name: "广安区清和美发店", Code: "92511602MA66K8T333"},
		Agency:    contract.Agency{ID: "ag-approval", Name: contract.Text{ZH: "广安区行政审批局", EN: "Guang'an District Approval Bureau"}, Division: "511602", Code: "115113016823646795"},
		Face:      []contract.FaceLine{{Label: contract.Text{ZH: "单位名称", EN: "Name"}, Value: "广安区清和美发店", Public: true}, {Label: contract.Text{ZH: "负责人", EN: "Person in charge"}, Value: "周淑芬"}},
		ValidFrom: "2026-11-24", At: Noon,
	}
}

// Issue grants and prints a licence.
func (w *World) Issue(t testing.TB, r contract.LicenceRequest) licence.Licence {
	t.Helper()
	l, err := w.Get(t.Context(), Holder(r), w.Grant(t, r))
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// Grant grants a licence and works off the jobs.
func (w *World) Grant(t testing.TB, r contract.LicenceRequest) contract.LicenceID {
	t.Helper()
	out := w.Ask(t, r)
	w.Drain(t)
	return out
}

// Ask grants a licence and leaves its job waiting.
func (w *World) Ask(t testing.TB, r contract.LicenceRequest) (out contract.LicenceID) {
	t.Helper()
	err := w.DB.InTx(t.Context(), func(ctx context.Context, tx db.Tx) (err error) {
		out, err = w.Service.Issue(ctx, tx, r)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// Drain works off the jobs.
func (w *World) Drain(t testing.TB) {
	t.Helper()
	if err := w.Queue.Drain(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// Record records an event of another area and works off what it brings about.
func (w *World) Record(t testing.TB, e event.Event) {
	t.Helper()
	err := w.DB.InTx(t.Context(), func(ctx context.Context, tx db.Tx) error {
		return w.Log.Record(ctx, tx, event.Meta{}, e)
	})
	if err != nil {
		t.Fatal(err)
	}
	w.Drain(t)
}

// Holder is the account that acts for the holder of a request.
func Holder(r contract.LicenceRequest) auth.Principal {
	if r.Holder.Kind == "company" {
		return auth.Principal{Kind: auth.Resident, ID: "acc-lin", Name: "林", For: auth.Acting{Kind: auth.ForCompany, ID: r.Holder.ID}}
	}
	return auth.Principal{Kind: auth.Resident, ID: r.Holder.ID, Name: r.Holder.Name}
}

// Staff is an official with a role in the issuing agency.
func Staff(role string) auth.Principal {
	return auth.Principal{Kind: auth.Staff, ID: "acc-" + role, Name: "审批岗 01", Roles: []string{role}, Agency: "ag-approval", Division: "511602"}
}
