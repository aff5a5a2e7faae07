package identityweb

import (
	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/identity"
	"github.com/tongban/tongban/internal/kit/day"
	"github.com/tongban/tongban/internal/kit/web"
)

func mandateHref(m identity.Mandate) string { return "/account/mandates/" + m.ID }

// mandateTitle says who acts for whom.
func mandateTitle(v web.View, m identity.Mandate) string {
	return v.T("identity.mandate.title", "agent", m.AgentName, "principal", m.PrincipalName)
}

// stateOf is where a mandate stands today; one past its last day has ended.
func stateOf(v web.View, m identity.Mandate) string {
	today := day.In(v.Now)
	switch {
	case m.State == identity.MandateDeclined:
		return "declined"
	case m.Over(today):
		return "ended"
	case m.State == identity.MandateActive && today.Before(m.From):
		return "later"
	}
	return string(m.State)
}

// itemList names the services that a right is limited to.
func itemList(v web.View, m identity.Mandate, names map[string]contract.Text) string {
	if len(m.Items) == 0 {
		return v.T("identity.mandate.all")
	}
	list := make([]string, len(m.Items))
	for i, id := range m.Items {
		list[i] = v.Pick(names[id].ZH, names[id].EN)
		if list[i] == "" {
			list[i] = id
		}
	}
	return v.Join(list)
}

func period(v web.View, from, to day.Date) string {
	if to.IsZero() {
		return v.T("identity.mandate.open", "from", v.DatePlain(from))
	}
	return v.T("identity.mandate.from_to", "from", v.DatePlain(from), "to", v.DatePlain(to))
}

// evidence says who confirmed a right, when, and how well they were known.
func evidence(v web.View, m identity.Mandate) []string {
	var list []string
	add := func(key, name string, c identity.Confirmation) {
		if c.At.IsZero() {
			return
		}
		list = append(list, v.T(key, "name", name, "time", v.Time(c.At), "level", v.T("identity.account.level."+levelKey(c.Level))))
	}
	granted := m.PrincipalName
	if m.Kind == identity.PartyCompany {
		granted = v.T("identity.mandate.company_side", "name", m.PrincipalName)
	}
	add("identity.mandate.granted", granted, m.Granted)
	add("identity.mandate.accepted", m.AgentName, m.Accepted)
	if len(list) == 0 {
		list = append(list, v.T("identity.mandate.carried"))
	}
	if !m.Ended.IsZero() {
		who := m.PrincipalName
		if m.EndedBy == m.Agent {
			who = m.AgentName
		}
		list = append(list, v.T("identity.mandate.ended_by", "name", who, "time", v.Time(m.Ended)))
	}
	return list
}

func answerText(v web.View, d mandateData) string {
	if d.Mine {
		return v.T("identity.mandate.answer_principal", "name", d.AgentName)
	}
	return v.T("identity.mandate.answer_agent", "name", d.PrincipalName)
}

func backToList(v web.View, m identity.Mandate) web.Link {
	if m.Kind == identity.PartyCompany {
		return web.Link{Href: "/account/operators", Text: v.T("identity.operators.title")}
	}
	return web.Link{Href: "/account/mandates", Text: v.T("identity.mandates.title")}
}

// deedActions are the steps of a case that have words of their own here.
var deedActions = map[string]string{
	"submit": "identity.deed.submit", "resubmit": "identity.deed.resubmit", "withdraw": "identity.deed.withdraw",
}

func deedText(v web.View, d identity.Deed) string {
	if d.Kind == "data" {
		return v.T("identity.deed.data", "what", what(v, d.What))
	}
	key, ok := deedActions[d.Action]
	if !ok {
		key = "identity.deed.other"
	}
	return v.T(key)
}

func grantTitle(v web.View, d grantData) string {
	switch {
	case d.forCompany():
		return v.T("identity.grant.title_company", "name", d.Company.Company.Name)
	case d.Ask:
		return v.T("identity.mandates.ask")
	}
	return v.T("identity.mandates.offer")
}

func grantLead(v web.View, d grantData) string {
	switch {
	case d.forCompany():
		return v.T("identity.grant.lead_company")
	case d.Ask:
		return v.T("identity.grant.lead_ask")
	}
	return v.T("identity.grant.lead_offer")
}

func grantGo(v web.View, d grantData) string {
	if d.Ask {
		return v.T("identity.grant.go_ask")
	}
	return v.T("identity.grant.go_offer")
}

func grantToHint(v web.View, d grantData) string {
	if d.forCompany() {
		return ""
	}
	return v.T("identity.grant.to_hint", "n", d.Days)
}

func grantBack(v web.View, d grantData) web.Link {
	if d.forCompany() {
		return web.Link{Href: "/account/operators", Text: v.T("identity.operators.title")}
	}
	return web.Link{Href: "/account/mandates", Text: v.T("identity.mandates.title")}
}

func serviceOptions(v web.View, found []identity.ServiceName) []web.Option {
	list := make([]web.Option, len(found))
	for i, f := range found {
		list[i] = web.Option{Value: string(f.Item), Label: v.Pick(f.Name.ZH, f.Name.EN)}
	}
	return list
}

// relation says what a guardian is to a ward, and which register told so.
func relation(v web.View, kind, registry string) string {
	return v.T("identity.family.relation."+kind, "registry", v.T("identity.data.registry."+registry))
}
