package formtest

import (
	_ "embed"
	"testing"

	"github.com/goccy/go-yaml"

	"github.com/tongban/tongban/internal/contract"
)

// EverythingItem is the service that asks every kind of question.
const EverythingItem contract.ItemID = "test-everything"

//go:embed testdata/everything.yaml
var everything []byte

// Everything is a service with every kind of field, every way of a material,
// signers, a commitment and consent to look-ups, for tests of the pages.
func Everything(t testing.TB) contract.Service {
	t.Helper()
	var pkg struct {
		Service contract.Service `yaml:"service"`
		Form    contract.Form    `yaml:"form"`
	}
	if err := yaml.UnmarshalWithOptions(everything, &pkg, yaml.Strict()); err != nil {
		t.Fatalf("everything.yaml: %v", err)
	}
	svc := pkg.Service
	svc.Form, svc.Version = pkg.Form, 1
	return svc
}

// WithEverything adds that service, and what it looks up, to the world.
func (w *World) WithEverything(t testing.TB) *World {
	t.Helper()
	w.Catalog[EverythingItem] = Everything(t)
	marriage := contract.Text{ZH: "民政部门婚姻登记", EN: "marriage register"}
	account := contract.Text{ZH: "公安人口信息", EN: "population register"}
	w.People.Data["person.name"] = contract.Held{Value: "周淑芬", Source: account, At: "2026-09-01", Registry: "person"}
	w.People.Data["person.address"] = contract.Held{Value: "四川省广安市广安区北辰街道建安北路 12 号", Source: account, At: "2024-03-18", Registry: "person"}
	w.People.Data["marriage.spouse_name"] = contract.Held{Value: "赵志远", Source: marriage, At: "2019-05-20", Registry: "marriage"}
	w.People.Persons = map[contract.AccountID]Person{
		"zhou": {Name: "周淑芬", Number: "511602198504120024"},
		"zhao": {Name: "赵志远", Number: "511602199001011236"},
	}
	w.People.Licences = []contract.HeldLicence{{
		ID: "lic1", TypeCode: "11100000MB0000000K001", Name: contract.Text{ZH: "食品经营许可证", EN: "Food business licence"}, Number: "JY25116020001234",
		Agency: contract.Text{ZH: "区市场监管局", EN: "Market Regulation Bureau"}, From: "2023-04-02", To: "2028-04-01",
		Face: map[string]string{"address": "广安区建安北路 12 号"},
	}}
	w.People.Verified = []contract.Copy{{
		Material: contract.Material{ID: "lease", File: "old-lease", Name: "租赁合同.pdf", Type: "application/pdf", Size: 2048, Blob: "c0ffee", Level: "B", Origin: "upload"},
		Name:     contract.Text{ZH: "租赁合同", EN: "Lease"}, Case: "5116022026051010230004827", Checked: "2026-05-12", Element: "lease",
	}}
	return w
}
