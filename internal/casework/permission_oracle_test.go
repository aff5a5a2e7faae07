package casework

import (
	"slices"
	"strings"

	"github.com/tongban/tongban/internal/kit/auth"
)

// A second reading of who may do what, written from the law and from the documents
// and sharing nothing with policy.cedar or the conditions of lists. Permission
// tests compare all three.

// matter is a case, or what belongs to one, as permissions see it.
type matter struct {
	agency, division, applicant, operator, item string
	reviewers, concerned                        []string
	bundle                                      bool
	parts, agencies                             []string
	takenBy, takenIn, taker, counter            string
	steps                                       []string // roles that take the step now
	unit, decider, holder, deputy, shelf        string
	keeper, receiver, account, about            string
	headless                                    bool
	handler, planner                            string
	plannedByHead                               bool
}

// person is who asks.
type asker struct {
	auth.Principal
}

func (p asker) staff() bool                { return p.Kind == auth.Staff }
func (p asker) oneOf(roles ...string) bool { return p.staff() && slices.ContainsFunc(roles, p.Is) }
func (p asker) handles() bool              { return p.oneOf("clerk", "reviewer", "approver", "head") }
func (p asker) answers() bool              { return p.oneOf("approver", "head") }
func (p asker) window() bool               { return p.oneOf("counter") }

// forThem: the applicant, whoever has a right to act for them as far as that right
// goes, or the clerk before whom one of these stands, who is never one of them.
func (p asker) forThem(m matter) bool {
	side := p.Kind == auth.Resident
	if p.window() && p.For.Kind == auth.ForCounter {
		side = p.For.Person != p.ID
	}
	subject := p.ID
	if p.For.ID != "" {
		subject = p.For.ID
	}
	return side && subject == m.applicant && (len(p.For.Items) == 0 || slices.Contains(p.For.Items, m.item))
}

// owns: the agency that decides; hall: the one that took it in.
func (p asker) owns(m matter) bool { return p.staff() && p.Agency == m.agency }

func (p asker) hall(m matter) bool {
	return p.window() && p.Agency != "" && p.Agency == m.takenBy
}

// above: supervision reaches down from a division to everything below it, over the
// place that handles a case and over the place that took it in.
func (p asker) above(m matter) bool {
	under := func(d string) bool { return d != "" && p.Division != "" && strings.HasPrefix(d, p.Division) }
	return under(m.division) || under(m.takenIn)
}

// own: filed by, or asked for by, the official. kept: has signed, acted for the
// applicant, or withdrew (回避). Both are a part in the case.
func (p asker) own(m matter) bool  { return p.staff() && (p.ID == m.operator || p.ID == m.applicant) }
func (p asker) kept(m matter) bool { return p.staff() && slices.Contains(m.concerned, p.ID) }
func (p asker) part(m matter) bool { return p.own(m) || p.kept(m) }
func (p asker) took(m matter) bool { return p.staff() && p.ID == m.taker }

// steps says whether a role of the asker is among those that take the step.
func (p asker) step(m matter) bool { return slices.ContainsFunc(m.steps, p.Is) }

func among(action, list string) bool { return slices.Contains(strings.Fields(list), action) }

// may is the second reading.
func may(who auth.Principal, action string, m matter) bool {
	p := asker{who}
	switch p.Kind {
	case auth.Anonymous, auth.Machine:
		return action == "progress"
	case auth.System:
		return maySystem(p, action, m)
	case auth.Resident:
		return mayResident(p, action, m)
	case auth.Staff:
		return mayStaff(p, action, m)
	}
	return false
}

// maySystem: the law and the procedure bring about what needs no judgement.
func maySystem(p asker, action string, m matter) bool {
	if among(action, "progress view shelf") {
		return true
	}
	if action == "submit" && p.ID == "system:last-signature" || action == "withdraw" && p.ID == "system:owed-material" {
		return true
	}
	return slices.Contains(m.steps, "system") && among(action,
		"deem take_up grant complete hold release drop parts_accepted sum_up sum_up_partly deliver receive come_back lose forward")
}

func mayResident(p asker, action string, m matter) bool {
	switch {
	case among(action, "progress api act"):
		return true
	case among(action, "mine submit view read write supplement object ask_withdrawal recusals choose_delivery"):
		return p.forThem(m)
	case among(action, "withdraw resubmit deliver"):
		return p.forThem(m) && slices.Contains(m.steps, "applicant")
	}
	return false
}

func mayStaff(p asker, action string, m matter) bool {
	return !refused(p, action, m) && (mayAtDesk(p, action, m) || mayAtWindow(p, action, m) || mayLead(p, action, m))
}

// refused: nobody decides one's own case, or twice (art. 34(3)), or one that they
// spoke for.
func refused(p asker, action string, m matter) bool {
	const judged = "refuse not_required terminate review countersign approve deny pause resume end_special publicise end_notice " +
		"recall send keep breach rectified settle opine revoke cancel extend"
	const handled = judged + " accept correct correct_onsite take_back lift earlier deliver inquire dispatch lose come_back receive incomplete " +
		"turn_back take_in move_paper shelf delivery_address"
	const seen = "view read unmask verify write confer answer unit units part_denied claim holds release hand_over take_over assign " +
		"declare order_withdrawal answer_withdrawal recusals"
	switch {
	case p.part(m) && among(action, handled):
	case p.kept(m) && among(action, seen):
	case p.own(m) && among(action, "claim take_over assign order_withdrawal answer_withdrawal answer verify write confer"):
	case p.took(m) && among(action, judged+" answer receive incomplete turn_back"):
	case slices.Contains(m.reviewers, p.ID) && among(action, "review countersign approve deny"):
	case action == "answer" && p.ID == m.decider && !p.Is("head"):
	case action == "move_approve" && p.ID == m.planner:
	default:
		return false
	}
	return true
}

// mayAtDesk is what handlers of an agency do, and who supervises them.
func mayAtDesk(p asker, action string, m matter) bool {
	here := p.handles() && p.owns(m)
	watches := p.oneOf("supervisor", "auditor")
	switch {
	case among(action, "progress api act"):
		return true
	case action == "export":
		return p.handles() || watches
	case action == "desk" || action == "search":
		return p.handles() || watches || p.window()
	case action == "tasks":
		return p.handles() || p.window()
	case action == "oversee":
		return watches
	case action == "inbox":
		return p.handles() || p.Is("supervisor")
	case action == "view":
		return here || watches && p.above(m)
	case among(action, "write verify inquire claim holds declare bars phrases work_rules absence"):
		return here
	case among(action, "read unmask settle earlier mark"): // a bundle's answers are the parts'
		return here && !m.bundle
	case among(action, "accept refuse not_required correct terminate review countersign approve deny correct_onsite take_back pause resume "+
		"end_special publicise end_notice recall send keep breach rectified revoke cancel extend deliver"):
		return here && p.step(m)
	case among(action, "receive incomplete turn_back lose"):
		return p.oneOf("clerk") && p.Agency != "" && p.owns(m) && slices.Contains(m.steps, "clerk")
	case among(action, "unit units"):
		return p.oneOf("reviewer", "approver", "head") && p.Agency == m.unit
	case action == "opine":
		return p.oneOf("reviewer") && p.Agency == m.unit && slices.Contains(m.steps, "unit")
	case action == "part_denied":
		return p.handles() && p.step(m) && slices.Contains(m.parts, p.Agency)
	case action == "confer":
		return p.handles() && slices.Contains(m.agencies, p.Agency)
	case action == "explain":
		return here && (m.handler == p.ID || m.handler == "" || p.Is("head"))
	case action == "card":
		return here || watches && p.above(m)
	case action == "rule_card":
		return p.oneOf("supervisor") && p.above(m) && m.handler != p.ID
	}
	return false
}

// mayAtWindow is what the clerks of a hall do: for who stands there, and with what
// the hall took in.
func mayAtWindow(p asker, action string, m matter) bool {
	side := p.window() && p.For.Kind == auth.ForCounter && p.forThem(m)
	switch {
	case among(action, "mine submit supplement object ask_withdrawal recusals choose_delivery"):
		return side
	case among(action, "view read write"):
		return side || p.hall(m)
	case among(action, "withdraw resubmit"):
		return side && slices.Contains(m.steps, "applicant")
	case action == "deliver":
		return side && slices.Contains(m.steps, "applicant") ||
			(p.hall(m) || p.window() && p.Agency != "" && p.Agency == m.shelf) && slices.Contains(m.steps, "clerk")
	case action == "verify":
		return p.hall(m)
	case among(action, "accept correct correct_onsite take_back"):
		return p.hall(m) && m.counter == "accept" && slices.Contains(m.steps, "clerk")
	case among(action, "dispatch lose come_back"):
		return p.hall(m) && slices.Contains(m.steps, "receiver")
	case action == "take_in":
		return p.hall(m) || p.oneOf("clerk") && p.Agency != "" && p.owns(m)
	case action == "papers":
		return p.window()
	case action == "move_paper":
		return (p.handles() || p.window()) && p.Agency != "" && (p.Agency == m.keeper || p.Agency == m.receiver)
	case among(action, "shelf delivery_address"):
		return p.window() && p.Agency != "" && p.Agency == m.shelf
	}
	return false
}

// mayLead is what heads and their deputies do, and who leads a division's catalogue.
func mayLead(p asker, action string, m matter) bool {
	here, head := p.handles() && p.owns(m), p.Is("head")
	switch action {
	case "lift", "phrase_edit", "work_rule_edit":
		return head && p.owns(m)
	case "objections":
		return p.answers()
	case "answer", "assign", "withdrawals", "recusals":
		return p.answers() && p.owns(m)
	case "release", "hand_over":
		return here && (m.holder == p.ID || m.deputy == p.ID || head)
	case "take_over":
		return here && (m.deputy == p.ID || head)
	case "absence_set":
		return here && (m.account == p.ID || head)
	case "order_withdrawal", "answer_withdrawal":
		return p.answers() && p.owns(m) && m.about != p.ID && (head || m.headless)
	case "moves":
		return head || p.Is("catalog_manager")
	case "move_plan":
		return head && p.owns(m) || p.Is("catalog_manager") && p.Division == m.division
	case "move_approve":
		return head && p.owns(m) || p.Is("catalog_manager") && p.Division == m.division && m.plannedByHead
	}
	return false
}
