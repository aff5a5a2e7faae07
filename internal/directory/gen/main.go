// Command gen packs the divisions of data/divisions into one text, for
// embedding: run it when the National Bureau of Statistics publishes new codes.
//
//	go run ./internal/directory/gen -from DIR -to internal/directory/data/divisions.txt.gz
//
// Each line is a level, the code's own segment and the name, parents before
// children, so that a code is written once: "151四川省", "216广安市".
package main

import (
	"bufio"
	"compress/gzip"
	"encoding/csv"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

func main() {
	from := flag.String("from", "", "folder with provinces.csv, cities.csv, areas.csv, streets.csv")
	to := flag.String("to", "internal/directory/data/divisions.txt.gz", "file to write")
	flag.Parse()
	if err := run(*from, *to); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// segments are the lengths of a code's parts, by level (GB/T 2260, GB/T 10114).
var segments = map[int]int{2: 2, 4: 2, 6: 2, 9: 3}

func run(from, to string) (err error) {
	var lines []string
	for level, name := range []string{"provinces", "cities", "areas", "streets"} {
		more, err := read(filepath.Join(from, name+".csv"), level+1)
		if err != nil {
			return err
		}
		lines = append(lines, more...)
	}
	slices.Sort(lines)      // a parent's code is a prefix, so it comes first
	f, err := os.Create(to) //nolint:gosec // the path is the developer's own
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	z, err := gzip.NewWriterLevel(f, gzip.BestCompression)
	if err != nil {
		return err
	}
	w := bufio.NewWriter(z)
	for _, l := range lines {
		code, rest, _ := strings.Cut(l, " ")
		line := rest[:1] + code[len(code)-segments[len(code)]:] + rest[1:] + "\n"
		if _, err := w.WriteString(line); err != nil {
			return err
		}
	}
	return errors.Join(w.Flush(), z.Close())
}

func read(path string, level int) ([]string, error) {
	f, err := os.Open(path) //nolint:gosec // the path is the developer's own
	if err != nil {
		return nil, err
	}
	defer f.Close() //nolint:errcheck // read only
	r := csv.NewReader(f)
	if _, err := r.Read(); err != nil {
		return nil, err
	}
	var lines []string
	for {
		row, err := r.Read()
		if errors.Is(err, io.EOF) {
			return lines, nil
		}
		if err != nil {
			return nil, err
		}
		lines = append(lines, fmt.Sprintf("%s %d%s", row[0], level, row[1]))
	}
}
