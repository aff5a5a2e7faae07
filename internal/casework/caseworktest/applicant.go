package caseworktest

import (
	"bytes"
	"context"
	"io"
	"testing"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/blob"
	"github.com/tongban/tongban/internal/kit/db"
	"github.com/tongban/tongban/internal/kit/fault"
	"github.com/tongban/tongban/internal/kit/id"
)

// intake stores what comes, PDF alone.
type intake struct{ blobs *blob.Folder }

// Take refuses what is no PDF.
func (i intake) Take(ctx context.Context, spec contract.MaterialSpec, name string, body io.Reader) (contract.Material, error) {
	data, err := io.ReadAll(body)
	if err != nil {
		return contract.Material{}, err
	}
	if !bytes.HasPrefix(data, []byte("%PDF")) {
		return contract.Material{}, fault.New(fault.Invalid, "casework.supplement_empty")
	}
	key, size, err := i.blobs.Put(ctx, bytes.NewReader(data), 1<<20)
	return contract.Material{
		ID: spec.ID, File: id.New(), Name: name, Type: "application/pdf", Size: size, Blob: contract.BlobID(key),
		Level: "C", Origin: contract.MaterialUpload,
	}, err
}

// FileOwing submits an application of the salon that owes the lease until the
// 23rd, and brings its plan to the counter.
func (w *World) FileOwing(t testing.TB, key string) contract.CaseID {
	t.Helper()
	sub := w.Submission(t, key, Hygiene)
	sub.Materials = append(sub.Materials,
		contract.Material{ID: "lease", File: "owed-1", Origin: contract.MaterialOwed, Due: "2026-11-23", At: w.Now()},
		contract.Material{ID: "plan", File: "counter-1", Origin: contract.MaterialCounter, At: w.Now()})
	var r contract.Receipt
	must(t, w.DB.InTx(t.Context(), func(ctx context.Context, tx db.Tx) (err error) {
		r, err = w.Submit(ctx, tx, Lin, sub)
		return err
	}))
	return r.Case
}
