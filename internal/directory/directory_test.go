package directory_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/tongban/tongban/internal/directory"
	"github.com/tongban/tongban/internal/kit/db"
	"github.com/tongban/tongban/internal/kit/dbtest"
)

func each(t *testing.T, fn func(t *testing.T, s *directory.Service)) {
	t.Helper()
	dbtest.Each(t, func(t *testing.T, d *db.DB) { fn(t, directory.New(d)) },
		db.Area{Name: "directory", Files: directory.Migrations})
}

func TestADivisionIsFoundByItsCode(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, s *directory.Service) {
		for _, tt := range []struct {
			code, full string
			level      directory.Level
		}{
			{"51", "四川省", directory.Province},
			{"5116", "四川省广安市", directory.City},
			{"511602", "四川省广安市广安区", directory.County},
			{"511602000000", "四川省广安市广安区", directory.County}, // padded
		} {
			d, err := s.Division(t.Context(), tt.code)
			if err != nil || d.Level != tt.level {
				t.Errorf("%s: %+v, %v", tt.code, d, err)
			}
			if full, err := s.FullName(t.Context(), tt.code); err != nil || full != tt.full {
				t.Errorf("%s: %q, %v", tt.code, full, err)
			}
		}
		for _, bad := range []string{"", "5", "99", "511602999", "51160２", "五一"} {
			if _, err := s.Division(t.Context(), bad); !errors.Is(err, directory.ErrNoDivision) {
				t.Errorf("%q: %v", bad, err)
			}
		}
	})
}

func TestEveryChildLiesBelowItsParent(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, s *directory.Service) {
		provinces, err := s.Children(t.Context(), "")
		if err != nil || len(provinces) < 31 {
			t.Fatalf("%d provinces, %v", len(provinces), err)
		}
		towns, err := s.Children(t.Context(), "511602")
		if err != nil || len(towns) == 0 {
			t.Fatalf("%d towns, %v", len(towns), err)
		}
		for _, d := range towns {
			if !strings.HasPrefix(d.Code, "511602") || d.Level != directory.Town || d.Parent != "511602" {
				t.Errorf("%+v", d)
			}
		}
	})
}

func TestVillagesCanBeImportedTwice(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, s *directory.Service) {
		towns, err := s.Children(t.Context(), "511602")
		if err != nil {
			t.Fatal(err)
		}
		village := towns[0].Code + "001"
		for range 2 {
			n, err := s.ImportVillages(t.Context(), strings.NewReader("code,name\n"+village+",北辰社区\n"))
			if err != nil || n != 1 {
				t.Fatalf("imported %d, %v", n, err)
			}
		}
		d, err := s.Division(t.Context(), village)
		if err != nil || d.Level != directory.Village || d.Name != "北辰社区" {
			t.Errorf("%+v, %v", d, err)
		}
		if _, err := s.ImportVillages(t.Context(), strings.NewReader("code,name\n999999999001,无处\n")); err == nil {
			t.Error("a village without a parent was taken")
		}
	})
}

func TestAgenciesAreKnownByTheCodesSourcesUse(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, s *directory.Service) {
		for range 2 { // a second start changes nothing
			if err := s.Seed(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		list, err := s.Agencies(t.Context(), "511602")
		if err != nil || len(list) != 34 {
			t.Fatalf("%d agencies, %v", len(list), err)
		}
		for _, a := range list {
			if a.Name.ZH == "" || a.Name.EN == "" {
				t.Errorf("agency without a name: %+v", a)
			}
		}
		a, err := s.Agency(t.Context(), "68236467-9")
		if err != nil || !strings.Contains(a.Name.ZH, "行政审批局") {
			t.Errorf("%+v, %v", a, err)
		}
		if _, err := s.Agency(t.Context(), "nobody"); !errors.Is(err, directory.ErrNoAgency) {
			t.Errorf("unknown agency: %v", err)
		}
	})
}
