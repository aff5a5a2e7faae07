package catalog

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"strings"
	"testing"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/idcode"
)

func county(t testing.TB) (*reference, []Item, *vocabulary) {
	t.Helper()
	ref, err := readReference()
	if err != nil {
		t.Fatal(err)
	}
	items, _, err := readItems(ref)
	if err != nil {
		t.Fatal(err)
	}
	for i := range items {
		items[i].Themes = ref.themesOf(items[i])
	}
	v, err := readVocabulary()
	if err != nil {
		t.Fatal(err)
	}
	return ref, items, v
}

// The packed list says everything that the source says, guide URLs included:
// the source's JSON lines can be rebuilt byte for byte.
func TestNothingOfTheSourceIsLost(t *testing.T) {
	t.Parallel()
	const source = "c17736b3fddc7ebf55ac2e2850f9a0a87e8a491c88722c3861c8fe70d2bd5650"
	ref, items, _ := county(t)
	hash := sha256.New()
	for _, i := range items {
		hash.Write([]byte(sourceLine(t, ref, i)))
	}
	if got := hex.EncodeToString(hash.Sum(nil)); got != source {
		t.Errorf("the rebuilt source has SHA-256 %s, want %s", got, source)
	}
}

func sourceLine(t *testing.T, ref *reference, i Item) string {
	t.Helper()
	main := "null"
	if i.MainItem != "" {
		main = quote(t, i.MainItem)
	}
	fields := []string{
		`"department": ` + quote(t, ref.departments[ref.dept[i.Department]].Name.ZH),
		`"main_item": ` + main,
		`"name": ` + quote(t, i.Name),
		`"area_code": ` + quote(t, i.Area),
		`"item_code": ` + quote(t, string(i.ID)),
		`"task_type": ` + quote(t, i.Type),
		`"dept_code": ` + quote(t, i.DeptCode),
		`"guide_url": ` + quote(t, i.GuideURL()),
	}
	return "{" + strings.Join(fields, ", ") + "}\n"
}

func quote(t *testing.T, s string) string {
	t.Helper()
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(s); err != nil {
		t.Fatal(err)
	}
	return strings.TrimSuffix(b.String(), "\n")
}

func TestTheCountyHasWhatTheSourceCounts(t *testing.T) {
	t.Parallel()
	ref, items, _ := county(t)
	if len(items) != 1135 || len(ref.departments) != 34 {
		t.Errorf("%d items in %d departments, want 1135 in 34", len(items), len(ref.departments))
	}
	types := map[string]int{}
	ids, names := map[contract.ItemID]bool{}, map[string]int{}
	for _, i := range items {
		types[i.Type]++
		ids[i.ID] = true
		names[i.Name]++
	}
	want := map[string]int{"1": 536, "20": 348, "10": 182, "7": 50, "5": 9, "9": 8, "8": 2}
	for id, n := range want {
		if types[id] != n {
			t.Errorf("type %s has %d items, want %d", id, types[id], n)
		}
	}
	if len(ids) != 1135 {
		t.Errorf("%d different codes, want 1135", len(ids))
	}
	for _, twice := range []string{"求职创业补贴申领", "城市建筑物、设施上张挂、张贴宣传品审批"} {
		if names[twice] != 2 {
			t.Errorf("%s comes %d times, want 2: both codes are real", twice, names[twice])
		}
	}
}

func TestDepartmentCodesAreCreditCodes(t *testing.T) {
	t.Parallel()
	ref, _, _ := county(t)
	for _, d := range ref.departments {
		if _, err := idcode.CreditCode(string(d.Agency)); err != nil && d.ID != "tobacco" {
			t.Errorf("%s: %s: %v", d.Name.ZH, d.Agency, err)
		}
	}
}

// What no rule knows is shown under "other". A few items may stand there; many
// would mean that the rules are poor.
func TestFewItemsHaveNoTheme(t *testing.T) {
	t.Parallel()
	ref, items, _ := county(t)
	used := map[string]int{}
	for _, i := range items {
		for _, id := range i.Themes {
			used[id]++
		}
	}
	if used["other"] > 30 {
		t.Errorf("%d items have no theme", used["other"])
	}
	for _, th := range ref.themes {
		if used[th.ID] == 0 && th.ID != "other" {
			t.Errorf("theme %s has no item", th.ID)
		}
	}
}

func TestUsefulItemsExist(t *testing.T) {
	t.Parallel()
	ref, items, _ := county(t)
	ids := map[contract.ItemID]bool{}
	for _, i := range items {
		ids[i.ID] = true
	}
	for _, id := range ref.useful {
		if !ids[id] && !strings.HasPrefix(string(id), "ADDED-") { // packages bring those
			t.Errorf("useful.csv: %s is not in the list", id)
		}
	}
}

// A synonym whose target is in no name of the list leads nowhere.
func TestSynonymsLeadSomewhere(t *testing.T) {
	t.Parallel()
	_, items, v := county(t)
	var names strings.Builder
	for _, i := range items {
		names.WriteString(normal(i.Name) + "\n" + normal(i.MainItem) + "\n")
	}
	for _, table := range []map[string][]string{v.synonyms, v.glossary} {
		for phrase, targets := range table {
			for _, target := range targets {
				if !strings.Contains(names.String(), target) {
					t.Errorf("%s: no item is called %s", phrase, target)
				}
			}
		}
	}
}
