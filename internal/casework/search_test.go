package casework

import (
	"errors"
	"slices"
	"testing"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/auth"
	"github.com/tongban/tongban/internal/kit/fault"
)

// A search finds what the actor sees, by number, code and name, and is recorded.
func TestSearchFindsWhatOneSees(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		a, b := w.file(t, "a", hygiene), w.file(t, "b", away)
		name := string([]rune(a.Applicant.Name)[:2])
		for _, x := range []struct {
			who  auth.Principal
			text string
			by   string
			want []contract.CaseID
		}{
			{clerk, a.Number, "number", []contract.CaseID{a.ID}},
			{clerk, a.QueryCode, "code", []contract.CaseID{a.ID}},
			{clerk, " " + name + " ", "name", w.sees(t, clerk, a, b)},
			{supervisor, name, "name", w.sees(t, supervisor, a, b)},
			{abroad(clerk), a.Number, "number", nil},
			{abroad(clerk), name, "name", w.sees(t, abroad(clerk), a, b)},
			{clerk, "%%", "name", nil},
			{clerk, a.Applicant.Name + "x", "name", nil},
		} {
			got, err := w.Search(t.Context(), x.who, Search{Text: x.text, Limit: 1})
			must(t, err)
			ids := []contract.CaseID{}
			for f := got; ; {
				for _, c := range f.Cases {
					ids = append(ids, c.ID)
				}
				if f.Next == "" {
					break
				}
				f, err = w.Search(t.Context(), x.who, Search{Text: x.text, Limit: 1, After: f.Next})
				must(t, err)
			}
			slices.Sort(ids)
			slices.Sort(x.want)
			if got.By != x.by || got.Total != len(x.want) || !slices.Equal(ids, x.want) {
				t.Errorf("%s looks for %q: by %s, %d, %v; want %v", key(x.who), x.text, got.By, got.Total, ids, x.want)
			}
		}
		for _, text := range []string{"", "王", " "} {
			if _, err := w.Search(t.Context(), clerk, Search{Text: text}); fault.KindOf(err) != fault.Invalid {
				t.Errorf("%q: %v", text, err)
			}
		}
		for _, p := range []auth.Principal{lin, zhou, {}, catalogger, auth.SystemPrincipal("test")} {
			if _, err := w.Search(t.Context(), p, Search{Text: a.Number}); fault.KindOf(err) != fault.Denied {
				t.Errorf("%s: %v", key(p), err)
			}
		}
	})
}

func (w *world) sees(t *testing.T, p auth.Principal, all ...Case) (ids []contract.CaseID) {
	t.Helper()
	for _, c := range all {
		if w.see(p, c) == nil {
			ids = append(ids, c.ID)
		}
	}
	return ids
}

// An export has the cases of its list, names only for who reads applications, and
// says what it is for.
func TestExportIsTheList(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		w.manyCases(t, 30)
		for _, p := range everybody() {
			for _, tab := range tabs {
				q := ExportQuery{Query: Query{Tab: tab.tab}, Purpose: "每月核对"}
				e, err := w.Export(t.Context(), p, q)
				if !handles(p) && !p.Is(auth.RoleSupervisor) && !p.Is(auth.RoleAuditor) {
					if fault.KindOf(err) != fault.Denied {
						t.Errorf("%s: %v", key(p), err)
					}
					continue
				}
				if errors.Is(err, ErrNotFound) { // not a tab of the post
					continue
				}
				must(t, err)
				var got []contract.CaseID
				must(t, e.Each(t.Context(), func(x Exported) error {
					got = append(got, x.ID)
					if x.Applicant.Kind == "person" && x.Name == x.Applicant.Name {
						t.Errorf("%s takes out the name of %s", key(p), x.ID)
					}
					return nil
				}))
				want, n := w.walk(t, p, tab.tab)
				slices.Sort(got)
				slices.Sort(want)
				if !p.Is(auth.RoleSupervisor) && !p.Is(auth.RoleAuditor) && (!slices.Equal(got, want) || e.N != n) {
					t.Errorf("%s, %s: %d exported, %d listed", key(p), tab.tab, len(got), n)
				}
			}
		}
		for _, purpose := range []string{"", "abc", "   x   "} {
			if _, err := w.Export(t.Context(), head, ExportQuery{Query: Query{Tab: TabDone}, Purpose: purpose}); fault.KindOf(err) != fault.Invalid {
				t.Errorf("purpose %q: %v", purpose, err)
			}
		}
	})
}
