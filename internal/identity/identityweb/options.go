package identityweb

import (
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

// actingNow is the hint of the right that the session acts by now.
func actingNow(d accountData, a auth.Acting) (identity.Right, bool) {
	for _, r := range d.Rights {
		if r.ID == a.ID {
			return r, true
		}
	}
	return identity.Right{}, false
}
