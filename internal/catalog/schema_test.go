package catalog

import (
	"bytes"
	"encoding/json"
	"flag"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/tongban/tongban/services"
)

var update = flag.Bool("update", false, "write the schemas anew")

const schemaFolder = "../../docs/schema"

func TestSchemasAreThoseInTheDocuments(t *testing.T) {
	t.Parallel()
	schemas, err := Schemas()
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range schemas {
		file := filepath.Join(schemaFolder, name)
		if *update {
			if err := os.WriteFile(file, want, 0o600); err != nil {
				t.Fatal(err)
			}
			continue
		}
		have, err := os.ReadFile(file)
		if err != nil || !bytes.Equal(have, want) {
			t.Errorf("%s is not what the program reads (%v): run go test ./internal/catalog -run Schemas -update", file, err)
		}
	}
}

func schemaOf(t *testing.T, name string) *jsonschema.Schema {
	t.Helper()
	schemas, err := Schemas()
	if err != nil {
		t.Fatal(err)
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(schemas[name]))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource(name, doc); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile(name)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// What another tool reads from YAML must fit the schema as it fits the program.
func TestShippedPackagesFitTheSchemas(t *testing.T) {
	t.Parallel()
	for _, file := range []string{"service", "form"} {
		schema := schemaOf(t, file+"-1.json")
		names, err := fs.Glob(services.Files, "*/"+file+".yaml")
		if err != nil || len(names) == 0 {
			t.Fatal(names, err)
		}
		for _, name := range names {
			text, err := fs.ReadFile(services.Files, name)
			if err != nil {
				t.Fatal(err)
			}
			asJSON, err := yaml.YAMLToJSON(text)
			if err != nil {
				t.Fatal(err)
			}
			var doc any
			if err := json.Unmarshal(asJSON, &doc); err != nil {
				t.Fatal(err)
			}
			if err := schema.Validate(doc); err != nil {
				t.Errorf("%s: %v", name, err)
			}
			if m, ok := doc.(map[string]any); ok {
				m["colour"] = "red"
				if schema.Validate(m) == nil {
					t.Errorf("%s: an unknown key passes", name)
				}
			}
		}
	}
}
