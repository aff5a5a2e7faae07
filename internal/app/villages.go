package app

import (
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/tongban/tongban/internal/directory"
	"github.com/tongban/tongban/internal/kit/db"
)

// villages imports the fifth level of divisions, some 620,000 villages, which
// is too much to carry for those who do not need it.
func villages(ctx context.Context, p process) (err error) {
	c, err := load(p, 1, `name one file of rows "code,name", as: tongban villages villages.csv.gz --data data`)
	if err != nil {
		return err
	}
	file, err := os.Open(c.Args[0])
	if err != nil {
		return err
	}
	defer file.Close() //nolint:errcheck // read only
	var rows io.Reader = file
	if strings.HasSuffix(c.Args[0], ".gz") {
		if rows, err = gzip.NewReader(file); err != nil {
			return fmt.Errorf("%s: %w", c.Args[0], err)
		}
	}
	if err := os.MkdirAll(c.Data, 0o700); err != nil {
		return fmt.Errorf("data folder: %w", err)
	}
	d, err := db.Open(ctx, c.Database)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, d.Close()) }()
	if err := d.Migrate(ctx, schema()...); err != nil {
		return err
	}
	n, err := directory.New(d).ImportVillages(ctx, rows)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(p.out, "%d villages\n", n)
	return err
}
