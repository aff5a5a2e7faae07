package caseworkweb

import (
	"testing"

	"github.com/tongban/tongban/internal/casework"
	"github.com/tongban/tongban/internal/contract"
)

// Who supervises is shown nothing that was handed in, which is what a read records:
// so no name either.
func TestWhoLooksOnSeesNoName(t *testing.T) {
	t.Parallel()
	d := deskData{}
	d.Case.Applicant = contract.Party{Kind: "person", Name: "周淑芬"}
	if got := d.applicant(); got != "周**" {
		t.Errorf("who looks on sees %q", got)
	}
	d.Content = &casework.Content{}
	if got := d.applicant(); got != "周淑芬" {
		t.Errorf("who handles the case sees %q", got)
	}
}

// A cell that a spreadsheet program would take for a formula is text.
func TestCellsAreHarmless(t *testing.T) {
	t.Parallel()
	for cell, want := range map[string]string{
		"": "", "王伟": "王伟", "2026-11-16": "2026-11-16", `=HYPERLINK("x")`: `'=HYPERLINK("x")`, "+1": "'+1", "-1": "'-1", "@SUM(A1)": "'@SUM(A1)", "\tx": "'\tx", "＝1": "'＝1",
	} {
		if got := harmless(cell); got != want {
			t.Errorf("%q became %q", cell, got)
		}
	}
}
