package web

import (
	"fmt"
	"slices"
	"testing"

	"github.com/tongban/tongban/internal/kit/auth"
)

// TestALongStaffMenuIsFolded lays menus of several lengths out: the entry of the
// page is always in sight.
func TestALongStaffMenuIsFolded(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		entries, current int
		sight, narrow    []int // entries in sight, and on a narrow screen
	}{
		{3, 0, []int{0, 1, 2}, []int{0, 1, 2}},
		{7, 6, []int{0, 1, 2, 3, 4, 5, 6}, []int{0, 1, 6}},
		{8, 0, []int{0, 1, 2, 3, 4, 5}, []int{0, 1, 2}},
		{12, 11, []int{0, 1, 2, 3, 4, 11}, []int{0, 1, 11}},
		{12, 4, []int{0, 1, 2, 3, 4, 5}, []int{0, 1, 4}},
	} {
		var menu []MenuItem
		k := New(Config{Allow: func(auth.Principal, string) error { return nil }})
		for i := range tt.entries {
			path := fmt.Sprintf("/staff/%d", i)
			menu = append(menu, MenuItem{ID: path, Path: path, Key: "kit.staff.more"})
			k.Page("GET "+path, "some.action", nil)
		}
		k.c.StaffNav = menu
		var sight, narrow []int
		for i, b := range (View{kit: k}).bar(menu[tt.current].ID) {
			if !b.Folded {
				sight = append(sight, i)
			}
			if !b.Folded && !b.Narrow {
				narrow = append(narrow, i)
			}
		}
		if !slices.Equal(sight, tt.sight) || !slices.Equal(narrow, tt.narrow) {
			t.Errorf("%d entries at %d: %v, narrow %v", tt.entries, tt.current, sight, narrow)
		}
	}
}
