package web

import "net/url"

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
		{"tasks", "/staff/tasks", "kit.staff.tasks"},
		{"licences", "/staff/licences", "kit.staff.licences"},
		{"objections", "/staff/objections", "kit.staff.objections"},
		{"bars", "/staff/bars", "kit.staff.bars"},
		{"phrases", "/staff/phrases", "kit.staff.phrases"},
		{"supervision", "/staff/supervision", "kit.staff.supervision"},
		{"catalog", "/staff/catalog", "kit.staff.catalog"},
		{"calendar", "/staff/calendar", "kit.staff.calendar"},
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
		{"calendar", "/calendar", "kit.foot.calendar"},
		{"preferences", "/preferences", "kit.foot.preferences"},
		{"accessibility", "/accessibility", "kit.foot.accessibility"},
		{"privacy", "/privacy", "kit.foot.privacy"},
		{"api", "/api/v1/openapi.json", "kit.foot.api"},
	}
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
