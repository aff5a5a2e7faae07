package app

import (
	"slices"
	"testing"

	"github.com/tongban/tongban/internal/catalog"
	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/directory"
	"github.com/tongban/tongban/internal/form"
	"github.com/tongban/tongban/internal/kit/day"
	"github.com/tongban/tongban/internal/kit/db"
	"github.com/tongban/tongban/internal/kit/dbtest"
	"github.com/tongban/tongban/internal/kit/rule"
	"github.com/tongban/tongban/services"
)

// shipped are the packages that the program brings, bundles merged.
func shipped(t *testing.T) map[string]contract.Service {
	t.Helper()
	packages, err := catalog.ExamineAll(services.Files, examiner{rule.MustNew()})
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]contract.Service{}
	for _, p := range packages {
		all[p.Name] = p.Service
	}
	return all
}

// A case goes to an agency that exists, and so does a question for an opinion.
func TestShippedPackagesNameAgenciesThatExist(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		dir := directory.New(d)
		if err := dir.Seed(t.Context()); err != nil {
			t.Fatal(err)
		}
		for name, svc := range shipped(t) {
			ids := []contract.AgencyID{svc.Agency}
			for _, u := range svc.Handling.Units {
				ids = append(ids, u.Agency)
			}
			for _, p := range svc.Parts {
				ids = append(ids, p.Agency)
			}
			for _, id := range ids {
				a, err := dir.Agency(t.Context(), id)
				if err != nil || a.Name.ZH == "" {
					t.Errorf("%s names the agency %s: %v", name, id, err)
				}
			}
		}
	}, db.Area{Name: "directory", Files: directory.Migrations})
}

// The restaurant asks nothing that its parts settle among themselves, and tells
// each part what it needs.
func TestTheRestaurantServesItsParts(t *testing.T) {
	t.Parallel()
	all := shipped(t)
	bundle := all["open-restaurant"]
	own := func(p contract.Part) (*form.Compiled, error) {
		for _, svc := range all {
			if svc.Item == p.Item {
				return form.Compile(rule.MustNew(), svc)
			}
		}
		t.Fatal("no package of", p.Item)
		return nil, nil
	}
	staff := []any{map[string]any{"name": "何建军", "number": "511699198110010018", "phone": "13900138000", "job": "cook"}}
	for what, c := range map[string]struct {
		answers  contract.Answers
		files    []string
		parts    []string
		instant  bool   // of the food filing
		produced string // what stands for its health certificates
	}{
		"staff without certificates": {
			contract.Answers{"all_certified": false, "location": "street", "staff": staff, "clinic": "cdc", "days": "2026-11-24/2026-11-27", "health_declared": true},
			[]string{"photos"},
			[]string{"food", "health"},
			false, contract.MaterialPart,
		},
		"staff with certificates": {
			contract.Answers{"all_certified": true, "location": "street"},
			[]string{"health_certificates"},
			[]string{"food"},
			true, contract.MaterialUpload,
		},
		"in a shopping centre": {
			contract.Answers{
				"all_certified": true, "location": "mall", "floor": int64(3), "exits": int64(2), "built": "accepted", "people": int64(40),
				"equipment": []string{"extinguisher"}, "fire_declared": true,
			},
			[]string{"health_certificates", "plan", "fire_rules"},
			[]string{"food", "fire"},
			true, contract.MaterialUpload,
		},
	} {
		in := ofTheRestaurant()
		for id, v := range c.answers {
			in.Answers[id] = v
		}
		for _, id := range c.files {
			in.Materials = append(in.Materials, contract.Material{ID: id, File: id, Origin: contract.MaterialUpload})
		}
		r, err := form.Evaluate(bundle, in)
		if err != nil || !r.Complete() || !slices.Equal(r.Parts, c.parts) {
			t.Errorf("%s: %v, %v, %v, %v", what, r.Faults(), r.Ineligible, r.Parts, err)
			continue
		}
		list, err := form.Split(bundle, in, r, own)
		if err != nil {
			t.Fatal(err)
		}
		food := list[0]
		i := slices.IndexFunc(food.Materials, func(m contract.Material) bool { return m.ID == "health_certificates" })
		if i < 0 || food.Materials[i].Origin != c.produced || food.Instant != c.instant {
			t.Errorf("%s: %+v, instant %v", what, food.Materials, food.Instant)
		}
		for _, p := range list[1:] {
			if p.Part == "fire" && p.Answers["place_kind"] != "restaurant" {
				t.Errorf("%s: the fire check gets %v", what, p.Answers)
			}
		}
	}
}

// ofTheRestaurant is what is the same however many parts apply.
func ofTheRestaurant() form.Input {
	in := form.Input{
		Today: day.MustParse("2026-11-21"), Applicant: contract.Party{Kind: "company", ID: "c", Name: "广安区味乡小馆", Code: "92511602MADEM00045"},
		Licences: []contract.HeldLicence{}, Held: map[string]contract.Held{},
		Answers: contract.Answers{
			"area": 110.0, "new_sign": false, "business": []string{"hot"}, "banned": false, "online": false, "handlers": int64(2), "declared": true,
		},
	}
	for key, value := range map[string]string{
		"company.name": "广安区味乡小馆", "company.code": "92511602MADEM00045", "company.address": "四川省广安市广安区清和街 52 号",
		"company.legal_representative": "何建军", "person.phone": "13900138000",
	} {
		in.Held[key] = contract.Held{Value: value}
	}
	return in
}
