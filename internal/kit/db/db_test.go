package db_test

import (
	"context"
	"testing/fstest"

	"github.com/tongban/tongban/internal/kit/db"
)

var kv = area("test", "0001_kv.sql", "-- +goose Up\nCREATE TABLE test_kv (k TEXT PRIMARY KEY, v TEXT NOT NULL);")

func area(name string, filesAndTexts ...string) db.Area {
	m := fstest.MapFS{}
	for i := 0; i < len(filesAndTexts); i += 2 {
		m["migrations/"+filesAndTexts[i]] = &fstest.MapFile{Data: []byte(filesAndTexts[i+1])}
	}
	return db.Area{Name: name, Files: m}
}

func put(ctx context.Context, q db.Q, k, v string) error {
	_, err := q.ExecContext(ctx, "INSERT INTO test_kv (k, v) VALUES ($1, $2)", k, v)
	return err
}
