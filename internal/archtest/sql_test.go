package archtest

import (
	"go/ast"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var (
	sqlCalls  = []string{"ExecContext", "QueryContext", "QueryRowContext"}
	statement = regexp.MustCompile(`\b(?:SELECT\s[\s\S]*\sFROM|INSERT\s+INTO|UPDATE\s+\w+\s+SET|DELETE\s+FROM)\b`)
	sqlTable  = regexp.MustCompile(`\b(?:FROM|INTO|UPDATE|JOIN)\s+([a-z][a-z0-9_]*)`)
	withTable = regexp.MustCompile(`(?:\bWITH|,)\s+([a-z][a-z0-9_]*)\s*(?:\([^)]*\))?\s+AS\s`)
	created   = regexp.MustCompile(`(?i)\b(?:CREATE|ALTER|DROP)\s+(?:VIRTUAL\s+)?(?:TABLE|(?:UNIQUE\s+)?INDEX|VIEW|TRIGGER)\s+(?:IF\s+(?:NOT\s+)?EXISTS\s+)?([a-z][a-z0-9_]*)`)
)

// prefix is what the names of a package's tables begin with, "" when it may
// have none. Package db itself runs migrations and knows no table of ours.
func prefix(pkg string) (string, bool) {
	switch r, of := ring(pkg); r {
	case area:
		return of + "_", true
	case kit:
		return strings.TrimPrefix(pkg, "kit/") + "_", true
	case areaWeb, app, contract, statute, kitWeb, kitAPI:
		return "", true
	}
	return "", false
}

// sqlFaults reports SQL outside store files and tables that are not the package's.
func sqlFaults(s source) (bad []string) {
	own, checked := prefix(s.pkg())
	if !checked || s.pkg() == "kit/db" {
		return nil
	}
	store := own != "" && strings.HasPrefix(filepath.Base(s.Path), "store")
	ast.Inspect(s.File, func(n ast.Node) bool {
		if call, ok := n.(*ast.CallExpr); ok && isSQLCall(call) && !store {
			bad = append(bad, s.Path+": SQL is run in store files alone")
		}
		sql, ok := text(n)
		if !ok {
			return true
		}
		if statement.MatchString(sql) && !store {
			bad = append(bad, s.Path+": SQL stands in store files alone: "+firstLine(sql))
		}
		if store {
			bad = append(bad, foreign(s.Path, own, sql)...)
		}
		return true
	})
	return bad
}

func isSQLCall(call *ast.CallExpr) bool {
	sel, ok := call.Fun.(*ast.SelectorExpr)
	return ok && slices.Contains(sqlCalls, sel.Sel.Name)
}

// foreign reports tables in a text that do not begin with own.
func foreign(path, own, sql string) (bad []string) {
	var local []string // named in the statement itself
	for _, m := range withTable.FindAllStringSubmatch(sql, -1) {
		local = append(local, m[1])
	}
	for _, m := range sqlTable.FindAllStringSubmatch(sql, -1) {
		if !strings.HasPrefix(m[1], own) && !slices.Contains(local, m[1]) {
			bad = append(bad, path+": table "+m[1]+" is not one of "+own+"…")
		}
	}
	return bad
}

func firstLine(s string) string { line, _, _ := strings.Cut(strings.TrimSpace(s), "\n"); return line }

func TestSQLStandsInStores(t *testing.T) {
	t.Parallel()
	for _, s := range sources(t) {
		for _, b := range sqlFaults(s) {
			t.Error(b)
		}
	}
}

func TestSQLFaultsCatches(t *testing.T) {
	t.Parallel()
	const foreignTable = "package x\nfunc f() { q.QueryContext(ctx, `SELECT 1 FROM casework_cases`) }"
	const split = "package x\nconst q = `DELETE FROM casework_cases`"
	const with = "package x\nconst q = `WITH due AS (SELECT id FROM casework_cases) SELECT id FROM due`"
	for _, tt := range []struct {
		path, src string
		want      int
	}{
		{"casework/store.go", foreignTable, 0},
		{"casework/store_lists.go", foreignTable, 0},
		{"casework/service.go", foreignTable, 2}, // run and written in the wrong place
		{"licence/store_read.go", foreignTable, 1},
		{"licence/rules.go", foreignTable, 2},
		{"casework/rules.go", split, 1},
		{"licence/store.go", split, 1},
		{"casework/store.go", with, 0},
		{"casework/caseworkweb/store.go", foreignTable, 2},
		{"statute/store.go", split, 1},
		{"app/store.go", split, 1},
		{"kit/job/store.go", split, 1},
		{"kit/db/migrate.go", split, 0},
	} {
		if got := sqlFaults(source{Path: tt.path, File: parse(t, tt.path, tt.src).File}); len(got) != tt.want {
			t.Errorf("%s: got %v, want %d faults", tt.path, got, tt.want)
		}
	}
}

// migrationFaults reports tables and indexes of a migration that do not carry
// the name of the package they belong to.
func migrationFaults(pkg, name, sql string) (bad []string) {
	own, ok := prefix(pkg)
	if !ok || own == "" {
		return []string{name + ": a package without store has no migrations"}
	}
	for _, m := range created.FindAllStringSubmatch(sql, -1) {
		if !strings.HasPrefix(m[1], own) {
			bad = append(bad, name+": "+m[1]+" does not begin with "+own)
		}
	}
	return bad
}

func TestTablesCarryTheNameOfTheirArea(t *testing.T) {
	t.Parallel()
	n := 0
	walk(t, ".sql", func(name string) {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		pkg := filepath.ToSlash(strings.TrimSuffix(filepath.Dir(strings.TrimPrefix(name, "../")), "/migrations"))
		for _, bad := range migrationFaults(pkg, name, string(b)) {
			t.Error(bad)
		}
		n++
	})
	if n < 5 {
		t.Fatalf("only %d migrations: this test checks nothing", n)
	}
}

func TestMigrationFaultsCatches(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		pkg, sql string
		want     int
	}{
		{"licence", "CREATE TABLE licence_licences (id TEXT)", 0},
		{"licence", "CREATE TABLE licences (id TEXT)", 1},
		{"licence", "CREATE UNIQUE INDEX by_number ON licence_licences (number)", 1},
		{"licence", "ALTER TABLE casework_cases ADD x TEXT", 1},
		{"licence/licenceweb", "CREATE TABLE licence_x (id TEXT)", 1},
		{"kit/job", "CREATE TABLE job_jobs (id TEXT); CREATE INDEX job_due ON job_jobs (due)", 0},
		{"kit/job", "CREATE TABLE IF NOT EXISTS jobs (id TEXT)", 1},
	} {
		if got := migrationFaults(tt.pkg, "x.sql", tt.sql); len(got) != tt.want {
			t.Errorf("%s: %s: got %v, want %d", tt.pkg, tt.sql, got, tt.want)
		}
	}
}
