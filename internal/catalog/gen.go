//go:build ignore

// Gen packs the county's item list into data/guangan.csv.gz.
//
//	go run gen.go PATH/guangan-items.jsonl
//
// What can be rebuilt is left out: the area code is the same for all, and the
// guide URL is made of the other columns. TestNothingOfTheSourceIsLost rebuilds
// the source from the packed file and compares its SHA-256.
package main

import (
	"bufio"
	"compress/gzip"
	"encoding/csv"
	"encoding/json"
	"log"
	"os"
)

type row struct {
	Department string  `json:"department"`
	MainItem   *string `json:"main_item"`
	Name       string  `json:"name"`
	ItemCode   string  `json:"item_code"`
	TaskType   string  `json:"task_type"`
	DeptCode   string  `json:"dept_code"`
}

func main() {
	in, err := os.Open(os.Args[1])
	must(err)
	out, err := os.Create("data/guangan.csv.gz")
	must(err)
	zip, err := gzip.NewWriterLevel(out, gzip.BestCompression)
	must(err)
	table := csv.NewWriter(zip)
	lines := bufio.NewScanner(in)
	for lines.Scan() {
		var r row
		must(json.Unmarshal(lines.Bytes(), &r))
		main := ""
		if r.MainItem != nil {
			main = *r.MainItem
		}
		must(table.Write([]string{r.Department, r.DeptCode, r.TaskType, main, r.ItemCode, r.Name}))
	}
	must(lines.Err())
	table.Flush()
	must(table.Error())
	must(zip.Close())
	must(out.Close())
}

func must(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
