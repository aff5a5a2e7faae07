package form_test

import (
	"testing"

	"github.com/goccy/go-yaml"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/form"
	"github.com/tongban/tongban/services"
)

const (
	hygiene = "public-place-hygiene-new"
	filing  = "prepackaged-food-filing"
)

// shipped reads a package that comes with the product.
func shipped(t testing.TB, name string) contract.Service {
	t.Helper()
	var svc contract.Service
	for file, into := range map[string]any{"service.yaml": &svc, "form.yaml": &svc.Form} {
		text, err := services.Files.ReadFile(name + "/" + file)
		if err != nil {
			t.Fatal(err)
		}
		if err := yaml.UnmarshalWithOptions(text, into, yaml.Strict()); err != nil {
			t.Fatalf("%s/%s: %v", name, file, err)
		}
	}
	svc.Version = 1
	return svc
}

func TestShippedPackagesAreSound(t *testing.T) {
	t.Parallel()
	for _, name := range []string{hygiene, filing} {
		for _, p := range form.Check(shipped(t, name)) {
			t.Errorf("%s: %s", name, p)
		}
	}
}
