package archtest

import (
	"slices"
	"strings"
	"testing"
)

const module = "github.com/tongban/tongban/"

const root = module + "internal/"

// services is the folder of service packages, which the program carries along.
const services = module + "services"

// The rings, from the inside out.
const (
	kit        = "kit"
	kitWeb     = "kit/web"
	kitAPI     = "kit/api"
	kitTest    = "kit/dbtest"
	kitWebTest = "kit/webtest"
	contract   = "contract"
	statute    = "statute"
	area       = "area"
	areaTest   = "areatest"
	areaWeb    = "areaweb"
	app        = "app"
	tool       = "tool" // programs that write files of the repository
	outside    = "outside"
)

// ring says which ring a package is in and which area it belongs to. The path
// is that below internal.
func ring(pkg string) (name, of string) {
	first, rest, _ := strings.Cut(pkg, "/")
	switch {
	case first == app, first == "archtest", first == contract, first == statute:
		return first, ""
	case pkg == kitWeb, pkg == kitAPI, pkg == kitTest, pkg == kitWebTest:
		return pkg, ""
	case first == kit && rest != "":
		return kit, ""
	case rest == "gen":
		return tool, first
	case rest == "":
		return area, first
	case rest == first+"web":
		return areaWeb, first
	case rest == first+"test":
		return areaTest, first
	}
	return "unknown", first
}

// may lists, per ring, the rings it may import. That an area imports no other
// area is checked apart.
var may = map[string][]string{
	contract:   {},
	kit:        {kit},
	kitWeb:     {kit},
	kitAPI:     {kit},
	kitTest:    {kit},
	kitWebTest: {kit, kitWeb},
	statute:    {kit},
	area:       {kit, contract, statute},
	areaTest:   {kit, kitTest, contract, statute, area},
	areaWeb:    {kit, kitWeb, kitAPI, contract, statute, area},
	app:        {app, kit, kitWeb, kitAPI, contract, statute, area, areaWeb},
	tool:       {kit, area},
}

// never lists packages beyond the rings that a ring must not touch.
var never = map[string][]string{
	contract: {"database/sql", "net/http", "context", "os"},
	// The law is pure: no clock, no files at run time, no network, no storage.
	statute: {"database/sql", "net/http", "context", "os", root + "kit/db", root + "kit/auth", root + "kit/event", root + "kit/job"},
	area:    {"net/http", "html/template", "github.com/a-h/templ", "log"},
	areaWeb: {"database/sql", root + "kit/db"},
	kit:     {"log"},
}

// imports lists what is wrong with the imports of a package.
func imports(pkg string, list []string) (bad []string) {
	from, of := ring(pkg)
	allowed, known := may[from]
	if !known {
		return []string{pkg + " is in no ring"}
	}
	for _, imp := range list {
		if fault := judge(from, of, imp, allowed); fault != "" {
			bad = append(bad, pkg+" must not import "+imp+": "+fault)
		}
	}
	return bad
}

func judge(from, of, imp string, allowed []string) string {
	if slices.Contains(never[from], imp) {
		return "a package of the ring " + from + " never does"
	}
	rel, ours := strings.CutPrefix(imp, root)
	if !ours {
		switch {
		case strings.HasPrefix(imp, module) && (from != app && from != areaTest || imp != services):
			return "it is not below internal"
		case from == contract && strings.Contains(strings.Split(imp, "/")[0], "."):
			return "contract knows the standard library alone"
		}
		return ""
	}
	to, toOf := ring(rel)
	switch {
	case !slices.Contains(allowed, to):
		return from + " does not reach " + to
	case to == area && from != app && toOf != of:
		return "it belongs to another area"
	}
	return ""
}

func TestImports(t *testing.T) {
	t.Parallel()
	for _, s := range sources(t) {
		if s.pkg() == "archtest" {
			continue
		}
		var list []string
		for _, imp := range s.File.Imports {
			list = append(list, strings.Trim(imp.Path.Value, `"`))
		}
		for _, b := range imports(s.pkg(), list) {
			t.Errorf("%s: %s", s.Path, b)
		}
	}
}

func TestImportsCatches(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ from, imp string }{
		{"licence", root + "casework"},
		{"licence", root + "licence/licenceweb"},
		{"licence", root + "kit/web"},
		{"licence", root + "kit/api"},
		{"licence", root + "kit/dbtest"},
		{"licence", "net/http"},
		{"licence", "github.com/a-h/templ"},
		{"licence", "log"},
		{"licence/licenceweb", root + "casework"},
		{"licence/licenceweb", root + "casework/caseworkweb"},
		{"licence/licenceweb", root + "kit/db"},
		{"licence/licenceweb", "database/sql"},
		{"licence/licenceweb", root + "app"},
		{"licence/licencetest", root + "casework"},
		{"licence/helpers", root + "kit/db"},
		{"statute", root + "licence"},
		{"statute", root + "contract"},
		{"statute", root + "kit/db"},
		{"statute", root + "kit/web"},
		{"statute", "context"},
		{"kit/db", root + "contract"},
		{"kit/db", root + "licence"},
		{"kit/db", root + "kit/web"},
		{"kit/web", root + "kit/api"},
		{"contract", root + "kit/db"},
		{"contract", "github.com/google/uuid"},
		{"contract", "context"},
		{"casework", root + "app"},
		{"casework", module + "cmd/tongban"},
		{"app", root + "kit/dbtest"},
		{"catalog", services},
	} {
		if got := imports(tt.from, []string{tt.imp}); len(got) != 1 {
			t.Errorf("%s -> %s was not caught", tt.from, tt.imp)
		}
	}
	for _, tt := range []struct{ from, imp string }{
		{"licence", root + "kit/db"},
		{"licence", root + "statute"},
		{"licence/licenceweb", root + "licence"},
		{"licence/licenceweb", root + "kit/api"},
		{"statute", root + "kit/day"},
		{"app", root + "licence"},
		{"contract", "time"},
		{"app", services},
	} {
		if got := imports(tt.from, []string{tt.imp}); len(got) != 0 {
			t.Errorf("%s -> %s is right: %v", tt.from, tt.imp, got)
		}
	}
}
