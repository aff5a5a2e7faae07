package statute_test

import (
	"testing"

	"github.com/tongban/tongban/internal/statute"
)

func procedures(t *testing.T) *statute.Procedures {
	t.Helper()
	ps, err := statute.LoadProcedures()
	if err != nil {
		t.Fatal(err)
	}
	return ps
}

func TestShippedProceduresAreSound(t *testing.T) {
	t.Parallel()
	if n := len(procedures(t).All()); n != 2 {
		t.Errorf("%d procedures, want licensing and instant", n)
	}
}
