package web

import (
	"net/url"
	"slices"
)

// MenuItem is an entry of a menu. It is shown only while its page is
// registered, and on the staff bar only to whom the page is open: what is not
// built or not allowed is not offered.
type MenuItem struct {
	ID   string // what PageInfo.Nav names
	Path string
	Key  string // of the text
}

func residentMenu() []MenuItem {
	return []MenuItem{
		{"home", "/", "kit.nav.home"},
		{"services", "/services", "kit.nav.services"},
		{"cases", "/cases", "kit.nav.cases"},
		{"licences", "/licences", "kit.nav.licences"},
	}
}

func staffMenu() []MenuItem {
	return []MenuItem{
		{"inbox", "/staff/inbox", "kit.staff.inbox"},
		{"tasks", "/staff/tasks", "kit.staff.tasks"},
		{"search", "/staff/search", "kit.staff.search"},
		{"counter", "/staff/counter", "kit.staff.counter"},
		{"shelf", "/staff/counter/shelf", "kit.staff.shelf"},
		{"handovers", "/staff/counter/handovers", "kit.staff.handovers"},
		{"transit", "/staff/counter/transit", "kit.staff.transit"},
		{"stuck", "/staff/stuck", "kit.staff.stuck"},
		{"inquiries", "/staff/inquiries", "kit.staff.inquiries"},
		{"licences", "/staff/licences", "kit.staff.licences"},
		{"objections", "/staff/objections", "kit.staff.objections"},
		{"withdrawals", "/staff/withdrawals", "kit.staff.withdrawals"},
		{"absence", "/staff/absence", "kit.staff.absence"},
		{"bars", "/staff/bars", "kit.staff.bars"},
		{"phrases", "/staff/phrases", "kit.staff.phrases"},
		{"supervision", "/staff/supervision", "kit.staff.supervision"},
		{"catalog", "/staff/catalog", "kit.staff.catalog"},
		{"moves", "/staff/moves", "kit.staff.moves"},
		{"days", "/staff/counter/days", "kit.staff.days"},
		{"calendar", "/staff/calendar", "kit.staff.calendar"},
		{"halls", "/staff/halls", "kit.staff.halls"},
		{"accounts", "/staff/accounts", "kit.staff.accounts"},
		{"clients", "/staff/clients", "kit.staff.clients"},
		{"registries", "/staff/registries", "kit.staff.registries"},
		{"notices", "/staff/notices", "kit.staff.notices"},
		{"jobs", "/staff/jobs", "kit.staff.jobs"},
		{"events", "/staff/events", "kit.staff.events"},
	}
}

func footerMenu() []MenuItem {
	return []MenuItem{
		{"progress", "/progress", "kit.foot.progress"},
		{"verify", "/verify", "kit.foot.verify"},
		{"stuck", "/stuck", "kit.foot.stuck"},
		{"calendar", "/calendar", "kit.foot.calendar"},
		{"preferences", "/preferences", "kit.foot.preferences"},
		{"accessibility", "/accessibility", "kit.foot.accessibility"},
		{"privacy", "/privacy", "kit.foot.privacy"},
		{"api", "/api/v1/openapi.json", "kit.foot.api"},
	}
}

// The staff bar shows so many entries before it folds the others under "More",
// and so many on a narrow screen.
const (
	barEntries    = 7
	narrowEntries = 3
)

// barItem is an entry of the staff bar. Folded stands under "More" always, Narrow
// only where the screen is narrow.
type barItem struct {
	MenuItem
	Folded, Narrow bool
}

// bar lays the staff menu out. The entry of the page stands in sight, wherever it
// is in the list: people look there to see where they are.
func (v View) bar(nav string) []barItem {
	items := v.shown(v.kit.c.StaffNav, true)
	list := make([]barItem, len(items))
	most := barEntries
	if len(items) > barEntries {
		most-- // "More" takes a place
	}
	current := -1
	for i, m := range items {
		list[i] = barItem{m, i >= most, i >= narrowEntries}
		if m.ID == nav {
			current = i
		}
	}
	if current >= most {
		list[current].Folded, list[most-1].Folded = false, true
	}
	if current >= narrowEntries {
		list[current].Narrow, list[narrowEntries-1].Narrow = false, true
	}
	return list
}

// deskHome is the first page of the desk that the person may open.
func (v View) deskHome() string {
	if items := v.shown(v.kit.c.StaffNav, true); len(items) > 0 {
		return items[0].Path
	}
	return "/account"
}

// folds reports whether an entry is folded, always or on a narrow screen.
func folds(list []barItem, narrow bool) bool {
	return slices.ContainsFunc(list, func(b barItem) bool { return b.Folded || narrow && b.Narrow })
}

// shown returns the entries that have a page; allowed also asks the policy.
func (v View) shown(items []MenuItem, allowed bool) []MenuItem {
	var out []MenuItem
	for _, m := range items {
		action, ok := v.kit.actionAt(m.Path)
		if ok && (!allowed || v.May(action)) {
			out = append(out, m)
		}
	}
	return out
}

// footerPath is where an entry leads; display settings lead back to the page.
func (v View) footerPath(m MenuItem) string {
	if m.ID == "preferences" && v.Path != m.Path {
		return m.Path + "?back=" + url.QueryEscape(v.Path)
	}
	return m.Path
}

// registered reports whether there is a page at path.
func (k *Kit) registered(path string) bool {
	_, ok := k.actionAt(path)
	return ok
}

// actionAt returns the action of the page at a path without holes.
func (k *Kit) actionAt(path string) (string, bool) {
	if path == "/" {
		path = "/{$}"
	}
	for _, r := range k.routes {
		if r.Method == "GET" && r.Path == path {
			return r.Action, true
		}
	}
	return "", k.extra[path]
}
