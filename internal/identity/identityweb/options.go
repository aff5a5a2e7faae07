package identityweb

import (
	"strconv"

	"github.com/tongban/tongban/internal/identity"
	"github.com/tongban/tongban/internal/kit/web"
)

// levelKey is the end of the key that explains a real-name level.
func levelKey(level int) string { return strconv.Itoa(min(max(level, 0), 4)) }

// actingOptions are oneself and the companies one may act for.
func actingOptions(v web.View, d accountData) []web.Option {
	list := []web.Option{{Value: "", Label: v.T("identity.acting.self", "name", d.Name)}}
	for _, m := range d.Mandates {
		list = append(list, web.Option{Value: m.Company, Label: m.Name, Hint: mandateHint(v, m)})
	}
	return list
}

func mandateHint(v web.View, m identity.Mandate) string {
	switch {
	case m.AsLegal:
		return v.T("identity.acting.legal", "code", m.Code)
	case m.Until.IsZero():
		return v.T("identity.acting.operator", "code", m.Code)
	}
	return v.T("identity.acting.operator_until", "code", m.Code, "date", v.DatePlain(m.Until))
}
