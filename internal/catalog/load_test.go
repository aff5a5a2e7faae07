package catalog

import (
	"io/fs"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/rule"
	"github.com/tongban/tongban/services"
)

func check(t testing.TB) func(string) error {
	t.Helper()
	e := rule.MustNew()
	return func(expr string) error {
		_, err := e.Compile(expr)
		return err
	}
}

// checker is what these tests of package catalog itself publish with; importing
// catalogtest here would be a cycle.
type ruleChecker func(string) error

func checker(t testing.TB) Examiner { return ruleChecker(check(t)) }

func (r ruleChecker) Rule(expr string) error { return r(expr) }

func (ruleChecker) Examine(contract.Service, Files) []Problem { return nil }

func (ruleChecker) Merge(bundle contract.Service, parts []contract.Service) (contract.Service, []Problem) {
	joined := slices.Clone(bundle.Parts)
	for i := range joined {
		joined[i].Version = parts[i].Version
	}
	bundle.Parts = joined
	return bundle, nil
}

func TestShippedPackagesAreSound(t *testing.T) {
	t.Parallel()
	packages, err := LoadAll(services.Files, check(t))
	if err != nil {
		t.Fatal(err)
	}
	if len(packages) < 2 {
		t.Fatalf("%d packages, want two at the least", len(packages))
	}
	for _, p := range packages {
		for _, problem := range p.Problems {
			if !problem.Warning {
				t.Errorf("%s: %s", p.Name, problem)
			}
		}
	}
}

// sound returns the hygiene package with one edit: old is replaced by new in
// the named file.
func edited(t *testing.T, file, old, new string) Files {
	t.Helper()
	out := Files{}
	for _, name := range []string{serviceFile, formFile} {
		text, err := fs.ReadFile(services.Files, "public-place-hygiene-new/"+name)
		if err != nil {
			t.Fatal(err)
		}
		s := string(text)
		if name == file {
			if !strings.Contains(s, old) {
				t.Fatalf("%s has no %q to break", file, old)
			}
			s = strings.Replace(s, old, new, 1)
		}
		out[name] = s
	}
	return out
}

func TestEachRuleCatches(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, file, old, new string
		code, path           string
	}{
		{"unknown key", serviceFile, "procedure: licensing", "procedure: licensing\ncolour: red", "yaml", ""},
		{"wrong type", serviceFile, "visits: 0", "visits: none", "yaml", ""},
		{"bad yaml", serviceFile, "procedure: licensing", "procedure: [licensing", "yaml", ""},
		{"unknown procedure", serviceFile, "procedure: licensing", "procedure: magic", "one_of", "procedure"},
		{"promised more than the law gives", serviceFile, "promised: 10", "promised: 21", "promised", "limits.promised"},
		{"acceptance too slow", serviceFile, "accept: 5", "accept: 6", "accept", "limits.accept"},
		{"delivery too slow", serviceFile, "deliver: 10", "deliver: 11", "deliver", "limits.deliver"},
		{"licence that claims to be immediate", serviceFile, "unit: workday", "unit: immediate", "immediate", "limits"},
		{"catch-all material", serviceFile, "zh: 公共场所卫生管理制度", "zh: 其他材料", "denied_word", "materials[5].name.zh"},
		{"language missing", serviceFile, "en: No fee", `en: ""`, "both_languages", "guide.fee"},
		{"same phone for both", serviceFile, "consult: 0826-0000000", `consult: "12345"`, "phones", "guide.complain"},
		{"phone without area code", serviceFile, "consult: 0826-0000000", `consult: "2200000"`, "pattern", "guide.consult"},
		{"visits without anything to bring", serviceFile, "visits: 0", "visits: 1", "visits", "guide.visits"},
		{"verified without words", serviceFile, "      verified: false", "      verified: true", "verified", "guide.basis[2].verified"},
		{"same material twice", serviceFile, "id: plans", "id: identity", "duplicate", "materials[3].id"},
		{"rule that does not compile", serviceFile, "when: a.central_air", "when: a.central_air &&", "rule", "materials[6].when"},
		{"held by government, yet to upload", serviceFile, "origin: upload", "origin: government", "held_not_asked", "materials[2].types"},
		{"upload without limits", serviceFile, "max_files: 2", "max_files: 0", "upload_limits", "materials[2]"},
		{"type code too short", serviceFile, `type_code: "115113016823646795001"`, `type_code: "1151"`, "pattern", "licence.type_code"},
		{"unknown kind of field", formFile, "kind: decimal", "kind: float", "one_of", "form.pages[2].fields[0].kind"},
		{"same field twice", formFile, "id: seats", "id: area", "duplicate", "form.pages[2].fields[1].id"},
		{"result that comes in no way", serviceFile, "delivery: [electronic, pickup, courier]", "delivery: [electronic, pigeon]", "one_of", "delivery[1]"},
		{"result on paper alone", serviceFile, "delivery: [electronic, pickup, courier]", "delivery: [pickup]", "electronic", "delivery"},
		{"region that is no division", serviceFile, `regions: ["5116"]`, `regions: ["anywhere"]`, "pattern", "handling.regions[0]"},
		{"region twice", serviceFile, `regions: ["5116"]`, `regions: ["5116", "5116"]`, "duplicate", "handling.regions[1]"},
		{"counter that may all", serviceFile, "counter: accept", "counter: decide", "one_of", "handling.counter"},
		{"hearing of no kind", serviceFile, "  dept_code:", hearing("perhaps", "第四十七条"), "one_of", "handling.hearing.kind"},
		{"hearing by no article", serviceFile, "  dept_code:", hearing("must", `""`), "required", "handling.hearing.law.article"},
		{"form key unknown", formFile, "    fields:", "    field:", "yaml", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, problems := Load(edited(t, tt.file, tt.old, tt.new), check(t))
			for _, p := range problems {
				if p.Code == tt.code && p.Path == tt.path {
					if p.File != tt.file || p.Line == 0 || p.Message.ZH == "" || p.Message.EN == "" {
						t.Errorf("problem has no place or words: %+v", p)
					}
					return
				}
			}
			t.Errorf("nothing caught; problems: %v", problems)
		})
	}
}

// hearing is a hearing that a package asks for, written before the department code.
func hearing(kind, article string) string {
	return `  hearing:
    kind: ` + kind + `
    why: {zh: 影响相邻住户, en: Neighbours are concerned}
    law: {law: {zh: 测试法, en: Test Act}, article: ` + article + `, quote: {zh: "", en: ""}, verified: false}
  dept_code:`
}

// What is found out before a decision has its place in the procedure, and nothing is
// decided at once.
func TestWhatIsFoundOutFirstLeavesNoDecisionAtOnce(t *testing.T) {
	t.Parallel()
	const instant, special = "  instant: a.central_air\n", "  special: [{kind: testing, days: 5, text: {zh: 检测, en: Test}}]\n"
	const visited, unvisited = "required: true\n    prepare:", "required: false\n    prepare:"
	heard := hearing("must", "第四十六条")
	for _, tt := range []struct {
		name       string
		edits      []string // old, new
		code, path string   // "" for nothing found
	}{
		{"a hearing", []string{"  dept_code:", heard}, "", ""},
		{"a visit", []string{visited, visited}, "", ""},
		{"a grant at once", []string{visited, unvisited, "  eligible:", instant + "  eligible:"}, "", ""},
		{"a visit and a grant at once", []string{"  eligible:", instant + "  eligible:"}, "at_once", "handling.visits.required"},
		{"a hearing and a grant at once", []string{"  dept_code:", heard, "  eligible:", instant + "  eligible:"}, "at_once", "handling.hearing"},
		{"a hearing where there is no place", []string{"  dept_code:", heard, "procedure: licensing", "procedure: instant"}, "no_hearing", "handling.hearing"},
		{"a hearing whose time would count", []string{"  dept_code:", special + heard}, "hearing_special", "handling.special"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			files := edited(t, serviceFile, tt.edits[0], tt.edits[1])
			for i := 2; i < len(tt.edits); i += 2 {
				files[serviceFile] = strings.Replace(files[serviceFile], tt.edits[i], tt.edits[i+1], 1)
			}
			_, problems := Load(files, check(t))
			problems = slices.DeleteFunc(problems, func(p Problem) bool {
				return p.Warning || p.Code == "immediate" // of the procedure that was changed
			})
			switch {
			case tt.code == "" && len(problems) > 0:
				t.Errorf("found %v", problems)
			case tt.code != "" && !slices.ContainsFunc(problems, func(p Problem) bool { return p.Code == tt.code && p.Path == tt.path }):
				t.Errorf("not caught: %v", problems)
			}
		})
	}
}

func TestMissingFilesAreToldByName(t *testing.T) {
	t.Parallel()
	_, problems := Load(Files{}, check(t))
	if len(problems) != 2 || problems[0].String() != "service.yaml: the file is missing" {
		t.Errorf("problems: %v", problems)
	}
}

func TestProblemSaysFileLineAndPath(t *testing.T) {
	t.Parallel()
	_, problems := Load(edited(t, serviceFile, "promised: 10", "promised: 21"), check(t))
	var got []string
	for _, p := range problems {
		if !p.Warning {
			got = append(got, p.String())
		}
	}
	text, err := fs.ReadFile(services.Files, "public-place-hygiene-new/"+serviceFile)
	if err != nil {
		t.Fatal(err)
	}
	line := strings.Count(strings.Split(string(text), "  promised: ")[0], "\n") + 1
	want := "service.yaml:" + strconv.Itoa(line) + ": limits.promised: promises 21 days, more than the 20 the law gives"
	if len(got) != 1 || got[0] != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
