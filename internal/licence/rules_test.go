package licence

import (
	"errors"
	"testing"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/day"
	"github.com/tongban/tongban/internal/kit/idcode"
)

func TestValidityEndsOnTheEveOfTheAnniversary(t *testing.T) {
	t.Parallel()
	tests := []struct {
		from  string
		years int
		want  string
	}{
		{"2026-11-24", 4, "2030-11-23"},
		{"2024-02-29", 4, "2028-02-28"},
		{"2024-02-29", 1, "2025-02-28"},
		{"2025-03-01", 3, "2028-02-29"},
		{"2026-01-01", 1, "2026-12-31"},
		{"2026-11-24", 0, "9999-12-31"},
	}
	for _, tt := range tests {
		if got := validity(day.MustParse(tt.from), tt.years).String(); got != tt.want {
			t.Errorf("%s for %d years: got %s, want %s", tt.from, tt.years, got, tt.want)
		}
	}
}

func TestEveryActHasAWayAndFinalStatesHaveNone(t *testing.T) {
	t.Parallel()
	for _, s := range []State{Pending, Withdrawn, Revoked, Cancelled} {
		if acts := s.Acts(); len(acts) != 0 {
			t.Errorf("%s allows %v", s, acts)
		}
	}
	for _, s := range []State{Valid, Suspended, Expired} {
		for _, a := range s.Acts() {
			if _, err := s.after(a); err != nil {
				t.Errorf("%s %s: %v", s, a, err)
			}
		}
	}
	if _, err := Expired.after(Suspend); !errors.Is(err, ErrState) {
		t.Errorf("suspend an expired one: %v", err)
	}
}

func TestIssuerWithoutACreditCodeGetsAWellMadeOne(t *testing.T) {
	t.Parallel()
	tests := []struct {
		agency contract.Agency
		want   string
	}{
		{contract.Agency{ID: "a", Code: "115113016823646795"}, "115113016823646795"},
		{contract.Agency{ID: "11511301008778183N"}, "11511301008778183N"},
		{contract.Agency{ID: "known"}, "11330105002500287C"},
	}
	known := map[contract.AgencyID]string{"known": "11330105002500287C"}
	for _, tt := range tests {
		if got, err := issuerCode(tt.agency, known); err != nil || got != tt.want {
			t.Errorf("%+v: got %s, %v", tt.agency, got, err)
		}
	}
	made, err := issuerCode(contract.Agency{ID: "68236467-9", Division: "511602"}, nil)
	if err != nil || made[:8] != "11511602" {
		t.Errorf("got %s, %v", made, err)
	}
	if _, err := idcode.CreditCode(made); err != nil {
		t.Errorf("%s: %v", made, err)
	}
}
