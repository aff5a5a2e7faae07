package catalog

import (
	"embed"
	"fmt"
	"io/fs"
	"strings"

	"github.com/tongban/tongban/internal/contract"
)

//go:embed scaffold
var scaffolds embed.FS

// Scaffold returns the files of a new package for an item: facts of the county's
// list are filled in, what somebody has to write is marked, and it can be tried
// at once. An item that the list does not have is added to a department.
func Scaffold(item contract.ItemID, department string) (Files, error) {
	ref, err := readReference()
	if err != nil {
		return nil, err
	}
	it, err := listed(ref, item, department)
	if err != nil {
		return nil, err
	}
	dept := ref.departments[ref.dept[it.Department]]
	fill := strings.NewReplacer(
		"{item}", string(it.ID), "{name}", it.Name, "{agency}", string(dept.Agency),
		"{agency_zh}", dept.Name.ZH, "{agency_en}", dept.Name.EN, "{added}", addedLines(it),
		"{write_zh}", ToWriteZH, "{write_en}", ToWriteEN,
	)
	files := Files{}
	err = fs.WalkDir(scaffolds, "scaffold", func(name string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		text, err := scaffolds.ReadFile(name)
		if err != nil {
			return err
		}
		return files.put(strings.TrimPrefix(name, "scaffold/"), fill.Replace(string(text)))
	})
	if err != nil {
		return nil, fmt.Errorf("new package: %w", err)
	}
	return files, nil
}

// listed finds an item in the embedded list, or makes one up for a department.
func listed(ref *reference, item contract.ItemID, department string) (Item, error) {
	items, _, err := readItems(ref)
	if err != nil {
		return Item{}, err
	}
	for _, it := range items {
		if it.ID == item {
			return it, nil
		}
	}
	if _, ok := ref.dept[department]; !ok {
		return Item{}, ErrNoItem.With("item", string(item))
	}
	return Item{ID: item, Name: ToWriteZH, Department: department, Added: &contract.Added{Type: "20", Department: department}}, nil
}

func addedLines(it Item) string {
	if it.Added == nil {
		return ""
	}
	return fmt.Sprintf("added: # not on the county's published list; pages say so\n  type: %q\n  department: %s\n  why: {zh: %s, en: '%s'}\n",
		it.Added.Type, it.Added.Department, ToWriteZH, ToWriteEN)
}
