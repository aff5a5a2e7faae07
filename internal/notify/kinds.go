package notify

import (
	"strings"

	"github.com/tongban/tongban/internal/kit/auth"
)

// Group gathers kinds of message that a person wants or does not want.
type Group string

// The groups. Statutory messages the law demands; they cannot be switched off.
const (
	Statutory Group = "statutory"
	Progress  Group = "progress"
	Messages  Group = "messages"
	Signing   Group = "signing"
	Mandates  Group = "mandates"
	Reminders Group = "reminders"
)

// The groups of what officials are told. The inbox has all of it; beside it a channel
// carries only what the official asked for.
const (
	Cards      Group = "cards"
	Objections Group = "objections" // and requests to withdraw
	Opinions   Group = "opinions"
	Hands      Group = "hands" // cases that come into one's hands
)

// Groups lists the groups of applicants in the order of the page.
func Groups() []Group {
	return []Group{Statutory, Progress, Messages, Signing, Mandates, Reminders}
}

// DutyGroups lists the groups of officials in the order of the page.
func DutyGroups() []Group { return []Group{Cards, Objections, Opinions, Hands} }

// GroupsOf are the groups that somebody chooses about.
func GroupsOf(p auth.Principal) []Group {
	if p.Kind == auth.Staff {
		return DutyGroups()
	}
	return Groups()
}

// Kinds that are not the name of a step.
const (
	kindLicence  = "licence" // ready; with a word behind it, what became of it
	kindLapse    = "lapse"   // counts as withdrawn: what was owed did not come
	kindMessage  = "message"
	kindDeadline = "deadline"
)

// kinds lists what people are told about, with the group of each. Statutory are
// the notices that the Licensing Law demands (art. 32, 38, 42, 44, 45, 50, 69,
// 70) and withdrawal for want of what was owed, which ends a matter.
var kinds = map[string]Group{
	"submit": Progress, "withdraw": Progress, "resubmit": Progress, "supplement": Progress, "parts_accepted": Progress,
	"publicise": Progress, "end_notice": Progress, "keep": Progress, "release": Progress, "end_special": Progress,
	"correct_onsite": Statutory, "take_back": Progress, "rectified": Statutory,
	"accept": Statutory, "deem": Statutory, "correct": Statutory, "refuse": Statutory, "not_required": Statutory,
	"pause": Statutory, "resume": Statutory, "extend": Statutory, "approve": Statutory, "grant": Statutory,
	"deny": Statutory, "terminate": Statutory, "revoke": Statutory, "cancel": Statutory, "breach": Statutory,
	"drop": Statutory, kindLapse: Statutory, kindDeadline: Progress,
	"bundle.granted": Progress, "bundle.partly": Progress, "bundle.denied": Progress,

	kindLicence: Statutory, "licence.change": Statutory, "licence.renew": Statutory,
	"licence.valid": Statutory, "licence.suspended": Statutory, "licence.withdrawn": Statutory,
	"licence.revoked": Statutory, "licence.cancelled": Statutory, "licence.deemed": Statutory,
	"licence.expired": Reminders, "licence.expiring": Reminders,

	"material.due": Reminders, "material.passed": Statutory,
	"sign.ask": Signing, "sign.remind": Signing, "sign.given": Signing, "sign.done": Signing,
	"sign.declined": Signing, "sign.ended": Signing,
	"mandate.offered": Mandates, "mandate.active": Mandates, "mandate.declined": Mandates, "mandate.revoked": Mandates,
	"move.earlier": Progress, "move.units": Progress, "move.both": Progress,
	"forward": Progress, "receive": Statutory, "dispatch": Progress, "lose": Statutory, "come_back": Progress,
	"incomplete": Progress, "turn_back": Progress,
	"shelf.shelved": Statutory, "shelf.recoded": Statutory, "shelf.reminded": Reminders, "shelf.failed": Statutory,
	"shelf.sent": Progress, "shelf.returned": Statutory, "paper.missing": Statutory, "paper.lost": Statutory, "stuck.answered": Progress,
	"bar.lifted":    Progress,
	"visit.planned": Statutory, "visit.moved": Statutory, "visit.cancelled": Progress, "visit.no_show": Progress,
	"visit.closed": Progress, "visit.corrected": Progress,
	"hearing.told": Statutory, "hearing.set": Statutory, "hearing.moved": Statutory, "hearing.host": Statutory, "hearing.host_kept": Statutory,
	"hearing.lapsed": Progress, "hearing.closed": Progress, "hearing.cancelled": Statutory, "hearing.due_moved": Statutory,
	"review.closed": Progress, "errand.closed": Progress,
	kindCard + "yellow": Cards, kindCard + "red": Cards, kindObjection: Objections, kindWithdrawal: Objections,
	kindOpinion: Opinions, kindOverdue: Opinions, kindAssigned: Hands, kindHanded: Hands,
	kindMessage: Messages, "objection.kept": Messages, "objection.changed": Messages, "withdrawal.granted": Messages, "withdrawal.refused": Messages,
}

// silent are the steps of procedures that nobody is told about, each with why. A
// step that is neither here nor among the kinds fails a test.
var silent = map[string]string{
	"take_up":     "follows acceptance by itself; acceptance is told",
	"review":      "a step within the agency; the page of the case shows it",
	"countersign": "a step within the agency; the page of the case shows it",
	"opine":       "between agencies; the page of the case shows who was asked and until when",
	"recall":      "between agencies",
	"send":        "between agencies",
	"hold":        "a part waits for an earlier one; the page of the bundle says so, release is told",
	"complete":    "the decision and the licence are told",
	"deliver":     "the person has just received it",
}

// inboxOnly are the steps of a part of a bundle that are put into the inbox and
// sent nowhere: the bundle's own messages go out for all parts together. What the
// applicant must act on, and what goes against them, goes out for each part.
var inboxOnly = map[string]bool{
	"accept": true, "deem": true, "approve": true, "grant": true, "release": true, "resubmit": true, "supplement": true, "end_special": true,
	kindLicence: true, "licence.change": true, "licence.renew": true,
}

// Kinds lists every kind of message, for tests of the words.
func Kinds() []string {
	var all []string
	for k := range kinds {
		all = append(all, k)
	}
	return all
}

// Group is the group of a message.
func (m Message) Group() Group {
	if m.Statutory {
		return Statutory
	}
	return kinds[m.Kind]
}

// Path is the page that shows more.
func (m Message) Path() string {
	switch {
	case m.Place != "":
		return m.Place
	case strings.HasPrefix(m.Kind, kindLicence):
		return "/licences"
	}
	return "/cases/" + string(m.Case)
}
