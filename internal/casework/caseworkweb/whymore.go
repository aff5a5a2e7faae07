package caseworkweb

import (
	"strings"

	"github.com/tongban/tongban/internal/kit/web"
	"github.com/tongban/tongban/internal/statute"
)

// entryTexts tells what happened to a clock on a day: which special procedure began
// or ended and by which notice that was told (Licensing Law art. 45), what was
// added, which other limits hold.
func entryTexts(v web.View, l statute.Line) []string {
	var list []string
	for _, e := range l.Entries {
		special := ""
		if e.Special != "" {
			special = specialName(v, e.Special)
		}
		text := ""
		switch {
		case e.Kind == statute.Pause && e.Until.IsZero():
			text = v.T("casework.entry.pause_open", "special", special, "reason", e.Reason)
		case e.Kind == statute.Pause:
			text = v.T("casework.entry.pause", "special", special, "date", e.Until, "reason", e.Reason)
		case e.Kind == statute.Resume:
			text = v.T("casework.entry.resume", "special", special)
		case e.Kind == statute.Extend:
			text = v.T("casework.entry.extend", "n", e.Days, "reason", e.Reason)
		case e.Kind == statute.Limits:
			text = v.T("casework.entry.limits", "promised", e.Promised, "statutory", e.Statutory)
		}
		if text = strings.TrimSpace(text); text != "" {
			list = append(list, text)
		}
	}
	return list
}

// entryBody is one thing that happened to a clock.
type entryBody struct {
	Kind      string `json:"kind" enum:"start,pause,resume,extend,stop,limits"`
	Special   string `json:"special,omitempty" doc:"the special procedure that pauses the clock"`
	Until     string `json:"until,omitempty" doc:"expected end that the written notice told"`
	Days      int    `json:"days,omitempty" doc:"that an extension adds"`
	Promised  int    `json:"promised,omitempty" doc:"limit of another version"`
	Statutory int    `json:"statutory,omitempty" doc:"limit of another version"`
	Reason    string `json:"reason,omitempty"`
}

func entriesOf(l statute.Line) []entryBody {
	var list []entryBody
	for _, e := range l.Entries {
		list = append(list, entryBody{
			Kind: string(e.Kind), Special: string(e.Special), Until: e.Until.String(), Days: e.Days,
			Promised: e.Promised, Statutory: e.Statutory, Reason: e.Reason,
		})
	}
	return list
}
