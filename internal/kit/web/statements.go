package web

import "net/http"

func accessibilityPage() statement {
	return statement{
		title: "kit.accessibility.title", lead: "kit.accessibility.lead",
		sections: []string{
			"kit.accessibility.does", "kit.accessibility.checked", "kit.accessibility.gaps", "kit.accessibility.tell",
		},
	}
}

func privacyPage() statement {
	return statement{
		title: "kit.privacy.title", lead: "kit.privacy.lead",
		sections: []string{
			"kit.privacy.what", "kit.privacy.why", "kit.privacy.kept", "kit.privacy.seen", "kit.privacy.cookies",
		},
	}
}

func (k *Kit) showStatement(s func() statement) Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		return k.Render(w, r, http.StatusOK, statementPage(k.View(r), s()))
	}
}

// mode is the value of the switch for the elder version.
func (p Preferences) mode() string {
	if p.Elder {
		return "elder"
	}
	return ""
}
