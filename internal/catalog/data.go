package catalog

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/csv"
	"encoding/hex"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/tongban/tongban/internal/contract"
)

// data/SOURCE.md says where each file comes from.
//
//go:embed data
var data embed.FS

// area is the county of the embedded list, 广安区.
const area = "511602000000"

// reference is what does not change while the process runs.
type reference struct {
	departments []Department
	types       []Type
	themes      []Theme
	rules       []themeRule
	useful      []contract.ItemID
	dept        map[string]int // id to place in departments
	theme       map[string]int
}

func readReference() (*reference, error) {
	r := &reference{dept: map[string]int{}, theme: map[string]int{}}
	var err error
	if r.departments, err = readDepartments(); err != nil {
		return nil, err
	}
	if r.types, err = readTypes(); err != nil {
		return nil, err
	}
	if r.themes, err = readThemes(); err != nil {
		return nil, err
	}
	for i, d := range r.departments {
		r.dept[d.ID] = i
	}
	for i, t := range r.themes {
		r.theme[t.ID] = i
	}
	if r.rules, err = readRules(r); err != nil {
		return nil, err
	}
	useful, err := table("useful.csv", 1)
	for _, row := range useful {
		r.useful = append(r.useful, contract.ItemID(row[0]))
	}
	return r, err
}

func (r *reference) hasType(id string) bool {
	return slices.ContainsFunc(r.types, func(t Type) bool { return t.ID == id })
}

// table reads an embedded CSV without its heading.
func table(name string, columns int) ([][]string, error) {
	text, err := data.ReadFile("data/" + name)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", name, err)
	}
	r := csv.NewReader(bytes.NewReader(text))
	r.FieldsPerRecord = columns
	rows, err := r.ReadAll()
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", name, err)
	}
	return rows[1:], nil
}

func readDepartments() ([]Department, error) {
	rows, err := table("departments.csv", 4)
	list := make([]Department, len(rows))
	for i, r := range rows {
		list[i] = Department{ID: r[0], Name: contract.Text{ZH: r[1], EN: r[2]}, Agency: contract.AgencyID(r[3])}
	}
	return list, err
}

func readTypes() ([]Type, error) {
	rows, err := table("types.csv", 3)
	list := make([]Type, len(rows))
	for i, r := range rows {
		list[i] = Type{ID: r[0], Name: contract.Text{ZH: r[1], EN: r[2]}}
	}
	return list, err
}

func readThemes() ([]Theme, error) {
	rows, err := table("themes.csv", 5)
	list := make([]Theme, len(rows))
	for i, r := range rows {
		list[i] = Theme{Kind: r[0], ID: r[1], Name: contract.Text{ZH: r[2], EN: r[3]}, Icon: r[4]}
	}
	return list, err
}

// readItems unpacks the county's list. The hash tells whether a database
// already has it.
func readItems(ref *reference) (items []Item, hash string, err error) {
	packed, err := data.ReadFile("data/guangan.csv.gz")
	if err != nil {
		return nil, "", fmt.Errorf("read items: %w", err)
	}
	zip, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		return nil, "", fmt.Errorf("unpack items: %w", err)
	}
	text, err := io.ReadAll(zip)
	if err != nil {
		return nil, "", fmt.Errorf("unpack items: %w", err)
	}
	rows, err := csv.NewReader(bytes.NewReader(text)).ReadAll()
	if err != nil {
		return nil, "", fmt.Errorf("read items: %w", err)
	}
	names := map[string]string{}
	for _, d := range ref.departments {
		names[d.Name.ZH] = d.ID
	}
	for i, r := range rows {
		dept, ok := names[r[0]]
		if !ok {
			return nil, "", fmt.Errorf("read items: department %q has no entry", r[0])
		}
		items = append(items, Item{
			ID: contract.ItemID(r[4]), Seq: i, Name: r[5], MainItem: r[3],
			Type: r[2], Department: dept, DeptCode: r[1], Area: area,
		})
	}
	sum := sha256.Sum256(text)
	return items, hex.EncodeToString(sum[:]), nil
}

// themeRule gives a theme to items whose text has any of the words and none of
// the others. Department narrows it; without words every item of it has the theme.
type themeRule struct {
	theme      string
	department string
	any, none  []string
}

func readRules(ref *reference) ([]themeRule, error) {
	rows, err := table("theme_rules.csv", 4)
	if err != nil {
		return nil, err
	}
	list := make([]themeRule, len(rows))
	for i, r := range rows {
		_, known := ref.theme[r[0]]
		_, dept := ref.dept[r[1]]
		if !known || r[1] != "" && !dept || r[1] == "" && r[2] == "" {
			return nil, fmt.Errorf("theme_rules.csv: rule %d is wrong: %v", i+1, r)
		}
		list[i] = themeRule{theme: r[0], department: r[1], any: words(r[2]), none: words(r[3])}
	}
	return list, nil
}

func words(s string) []string {
	if s == "" {
		return nil
	}
	return strings.Split(s, "|")
}

func (r themeRule) matches(department, text string) bool {
	if r.department != "" && r.department != department {
		return false
	}
	return (len(r.any) == 0 || hasAny(text, r.any)) && !hasAny(text, r.none)
}

func hasAny(text string, words []string) bool {
	for _, w := range words {
		if strings.Contains(text, w) {
			return true
		}
	}
	return false
}

// themesOf derives the themes of an item. What no rule knows is "other": no
// item may fall out of the browse pages.
func (r *reference) themesOf(i Item) []string {
	text := i.Name + "\n" + i.MainItem
	has := make([]bool, len(r.themes))
	for _, rule := range r.rules {
		if n := r.theme[rule.theme]; !has[n] {
			has[n] = rule.matches(i.Department, text)
		}
	}
	var ids []string
	for n, t := range r.themes {
		if has[n] {
			ids = append(ids, t.ID)
		}
	}
	if len(ids) == 0 {
		return []string{"other"}
	}
	return ids
}
