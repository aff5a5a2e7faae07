package identityweb

import (
	"slices"
	"strconv"

	"github.com/tongban/tongban/internal/identity"
	"github.com/tongban/tongban/internal/kit/auth"
	"github.com/tongban/tongban/internal/kit/web"
)

// levelKey is the end of the key that explains a real-name level.
func levelKey(level int) string { return strconv.Itoa(min(max(level, 0), 4)) }

// actingOptions are oneself and those for whom one may act.
func actingOptions(v web.View, d accountData) []web.Option {
	list := []web.Option{{Value: "", Label: v.T("identity.acting.self", "name", d.Name)}}
	for _, r := range d.Rights {
		list = append(list, web.Option{Value: r.ID, Label: r.Name, Hint: rightHint(v, r)})
	}
	return list
}

// rightHint says by what right, how far and until when.
func rightHint(v web.View, r identity.Right) string {
	hint := v.T("identity.acting.role."+r.Role, "code", r.Code)
	if r.Role == identity.RoleGuardian && !r.Until.IsZero() {
		return v.Join([]string{hint, v.T("identity.acting.until_grown", "date", v.DatePlain(r.Until.Add(1)))})
	}
	parts := []string{hint}
	if n := len(r.Items); n > 0 {
		parts = append(parts, v.T("identity.acting.items", "n", n))
	}
	if !r.Until.IsZero() {
		parts = append(parts, v.T("identity.acting.until", "date", v.DatePlain(r.Until)))
	}
	return v.Join(parts)
}

// demoGroup is the accounts of residents, or of the staff of one agency.
type demoGroup struct {
	Name     string
	Accounts []identity.DemoAccount
}

// demoGroups puts residents first, then agency by agency.
func demoGroups(v web.View, all []identity.DemoAccount) []demoGroup {
	var list []demoGroup
	for _, a := range all {
		name := v.T("identity.demo.residents")
		if a.Kind == auth.Staff {
			name = v.Pick(a.Agency.ZH, a.Agency.EN)
		}
		i := slices.IndexFunc(list, func(g demoGroup) bool { return g.Name == name })
		if i < 0 {
			i, list = len(list), append(list, demoGroup{Name: name})
		}
		list[i].Accounts = append(list[i].Accounts, a)
	}
	return list
}
