package notify

import (
	"context"
	"strings"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/auth"
	"github.com/tongban/tongban/internal/kit/db"
	"github.com/tongban/tongban/internal/kit/event"
	"github.com/tongban/tongban/internal/kit/job"
)

// Jobs registers what this area does when others have done something.
func (s *Service) Jobs(q *job.Queue, l *event.Log) {
	const me = "notify"
	event.Subscribe(l, me, s.onMoved)
	event.Subscribe(l, me, s.onDeadline)
	event.Subscribe(l, me, s.onRehandled)
	event.Subscribe(l, me, s.onMessage)
	event.Subscribe(l, me, s.onShelf)
	event.Subscribe(l, me, s.onPaper)
	event.Subscribe(l, me, s.onStuck)
	event.Subscribe(l, me, s.onMaterial)
	event.Subscribe(l, me, s.onObjection)
	event.Subscribe(l, me, s.onWithdrawal)
	event.Subscribe(l, me, s.onLifted)
	event.Subscribe(l, me, s.onIssued)
	event.Subscribe(l, me, s.onChanged)
	event.Subscribe(l, me, s.onExpiring)
	event.Subscribe(l, me, s.onAsked)
	event.Subscribe(l, me, s.onSigned)
	event.Subscribe(l, me, s.onSigningEnded)
	event.Subscribe(l, me, s.onMandate)
	event.Subscribe(l, me, s.onInquiry)
	s.dutyEvents(l, me)
	job.HandleOutside(q, s.deliver, s.delivered)
}

// quietParts are the steps of a part of a bundle that its applicant is not told
// about: they handed in one thing, and the bundle's own messages tell of it.
var quietParts = map[string]bool{"submit": true, "withdraw": true}

// kindOf is the message that a step of a case is told with, "" for none.
func kindOf(e contract.CaseMoved) string {
	switch {
	case e.Action == "withdraw" && e.Deemed:
		return kindLapse
	case e.Parent != "" && quietParts[e.Action]:
		return ""
	case e.Action == "sum_up" && e.To == "DECIDED_GRANT":
		return "bundle.granted"
	case e.Action == "sum_up_partly":
		return "bundle.partly"
	case e.Action == "part_denied":
		return "bundle.denied"
	}
	if _, told := kinds[e.Action]; told {
		return e.Action
	}
	return ""
}

func (s *Service) onMoved(ctx context.Context, tx db.Tx, rec event.Recorded, e contract.CaseMoved) error {
	kind := kindOf(e)
	if kind == "" || e.Notify == "" {
		return nil
	}
	name, err := s.c.Items.Name(ctx, e.Item)
	if err != nil {
		return err
	}
	m := Message{Kind: kind, Case: e.Case, Number: e.Number, Item: name, Due: e.Due, At: e.At}
	if e.Until != "" { // a pause: the day on which it should end, not the one of the decision
		m.Due = e.Until
	}
	return s.tellCase(ctx, tx, rec, m, e.Notify)
}

func (s *Service) onDeadline(ctx context.Context, tx db.Tx, rec event.Recorded, e contract.DeadlineMoved) error {
	if e.Notify == "" {
		return nil
	}
	facts, err := s.c.Cases.Facts(ctx, auth.SystemPrincipal("notify"), e.Case)
	if err != nil {
		return err
	}
	m := Message{Kind: kindDeadline, Case: e.Case, Number: e.Number, Item: facts.ItemName, Due: e.To, At: e.At}
	return s.tellCase(ctx, tx, rec, m, e.Notify)
}

// onRehandled tells that a case is handled by another version of its service from
// now on, where that changes its day or who is asked.
func (s *Service) onRehandled(ctx context.Context, tx db.Tx, rec event.Recorded, e contract.CaseRehandled) error {
	if e.Notify == "" {
		return nil
	}
	name, err := s.c.Items.Name(ctx, e.Item)
	if err != nil {
		return err
	}
	units := len(e.Asked)+len(e.Released) > 0
	m := Message{Kind: "move.units", Case: e.Case, Number: e.Number, Item: name, Due: e.Due, At: e.At}
	switch {
	case e.Earlier && units:
		m.Kind = "move.both"
	case e.Earlier:
		m.Kind = "move.earlier"
	}
	return s.tellCase(ctx, tx, rec, m, e.Notify)
}

// onMessage tells that the agency wrote; the words stay in the case.
func (s *Service) onMessage(ctx context.Context, tx db.Tx, rec event.Recorded, e contract.MessageSent) error {
	if e.Notify == "" {
		return nil
	}
	name, err := s.c.Items.Name(ctx, e.Item)
	if err != nil {
		return err
	}
	m := Message{Kind: kindMessage, Case: e.Case, Number: e.Number, Item: name, At: e.At, Place: "/cases/" + string(e.Case) + "/messages"}
	return s.tellCase(ctx, tx, rec, m, e.Notify)
}

func (s *Service) onMaterial(ctx context.Context, tx db.Tx, rec event.Recorded, e contract.MaterialDue) error {
	if e.Notify == "" {
		return nil
	}
	name, err := s.c.Items.Name(ctx, e.Item)
	if err != nil {
		return err
	}
	m := Message{
		Kind: "material.due", Case: e.Case, Number: e.Number, Item: name, Due: e.Due, At: e.At,
		Facts: Facts{Name: e.Name, Left: e.Left},
	}
	if e.Passed {
		m.Kind = "material.passed"
	}
	return s.tellCase(ctx, tx, rec, m, e.Notify)
}

func (s *Service) onObjection(ctx context.Context, tx db.Tx, rec event.Recorded, e contract.ObjectionAnswered) error {
	if e.Notify == "" || kinds["objection."+e.Result] == "" {
		return nil
	}
	name, err := s.c.Items.Name(ctx, e.Item)
	if err != nil {
		return err
	}
	m := Message{
		Kind: "objection." + e.Result, Case: e.Case, Number: e.Number, Item: name, At: e.At,
		Place: "/cases/" + string(e.Case) + "/objection",
	}
	return s.tellCase(ctx, tx, rec, m, e.Notify)
}

// onWithdrawal tells whether the official whom the applicant named withdraws.
func (s *Service) onWithdrawal(ctx context.Context, tx db.Tx, rec event.Recorded, e contract.WithdrawalAnswered) error {
	if e.Notify == "" || kinds["withdrawal."+e.Result] == "" {
		return nil
	}
	name, err := s.c.Items.Name(ctx, e.Item)
	if err != nil {
		return err
	}
	m := Message{
		Kind: "withdrawal." + e.Result, Case: e.Case, Number: e.Number, Item: name, At: e.At,
		Place: "/cases/" + string(e.Case) + "/withdrawal",
	}
	return s.tellCase(ctx, tx, rec, m, e.Notify)
}

// onLifted tells that somebody may commit for a service again.
func (s *Service) onLifted(ctx context.Context, tx db.Tx, rec event.Recorded, e contract.BarLifted) error {
	name, err := s.c.Items.Name(ctx, e.Item)
	if err != nil {
		return err
	}
	m := Message{Kind: "bar.lifted", Case: e.Case, Number: e.Number, Item: name, At: e.At, Place: "/cases/bars"}
	return s.tellCase(ctx, tx, rec, m, e.Notify)
}

func (s *Service) onIssued(ctx context.Context, tx db.Tx, rec event.Recorded, e contract.LicenceIssued) error {
	kind := kindLicence
	if e.Effect == contract.LicenceChange || e.Effect == contract.LicenceRenew {
		kind += "." + e.Effect
	}
	return s.tellHolder(ctx, tx, rec, Message{Kind: kind, Case: e.Case, At: e.At, Place: licencePath(e.Licence)})
}

// onChanged tells that a licence was suspended, resumed, withdrawn, revoked or
// cancelled, ran out or counts as renewed: nobody shall learn it first from who
// scans the code. That an older version was replaced, the newer one's message says.
func (s *Service) onChanged(ctx context.Context, tx db.Tx, rec event.Recorded, e contract.LicenceChanged) error {
	kind := kindLicence + "." + e.To
	if _, told := kinds[kind]; !told {
		return nil
	}
	return s.tellHolder(ctx, tx, rec, Message{Kind: kind, Case: e.Case, At: e.At, Place: licencePath(e.Licence)})
}

func (s *Service) onExpiring(ctx context.Context, tx db.Tx, rec event.Recorded, e contract.LicenceExpiring) error {
	m := Message{
		Kind: "licence.expiring", Case: e.Case, Due: e.LastDay, At: e.At, Place: licencePath(e.Licence),
		Facts: Facts{Name: e.Name, Left: e.Left},
	}
	return s.tellHolder(ctx, tx, rec, m)
}

func licencePath(id contract.LicenceID) string {
	if id == "" {
		return ""
	}
	return "/licences/" + string(id)
}

// tellHolder completes a message about a licence with what its case knows. That it
// ends soon or has ended is for who stands for the holder now: whoever filed years
// ago may have left.
func (s *Service) tellHolder(ctx context.Context, tx db.Tx, rec event.Recorded, m Message) error {
	facts, err := s.c.Cases.Facts(ctx, auth.SystemPrincipal("notify"), m.Case)
	if err != nil {
		return err
	}
	m.Number, m.Item = facts.Number, facts.ItemName
	filed := facts.Operator
	if kinds[m.Kind] == Reminders {
		now, err := s.c.Recipients.Recipients(ctx, facts.Applicant)
		if err != nil {
			return err
		}
		if len(now) > 0 {
			m.Subject = facts.Applicant.ID
			return s.tell(ctx, tx, rec, m, now...)
		}
	}
	return s.tellCase(ctx, tx, rec, m, filed)
}

func (s *Service) onAsked(ctx context.Context, tx db.Tx, rec event.Recorded, e contract.SignatureAsked) error {
	if e.Notify == "" {
		return nil
	}
	m := Message{Kind: "sign.ask", At: e.At, Place: "/signatures/" + string(e.Draft) + "/" + e.Signer, Facts: Facts{Left: daysUntil(e.At, e.Expires)}}
	if e.Remind {
		m.Kind = "sign.remind"
	}
	return s.tellItem(ctx, tx, rec, m, e.Item, e.Notify)
}

func (s *Service) onSigned(ctx context.Context, tx db.Tx, rec event.Recorded, e contract.SignatureGiven) error {
	if e.Notify == "" {
		return nil
	}
	m := Message{Kind: "sign.given", At: e.At, Place: "/drafts/" + string(e.Draft)}
	switch {
	case e.Declined:
		m.Kind = "sign.declined"
	case e.Last:
		m.Kind, m.Place = "sign.done", "/cases"
	}
	return s.tellItem(ctx, tx, rec, m, e.Item, e.Notify)
}

func (s *Service) onSigningEnded(ctx context.Context, tx db.Tx, rec event.Recorded, e contract.SigningEnded) error {
	m := Message{Kind: "sign.ended", At: e.At, Place: "/signatures"}
	return s.tellItem(ctx, tx, rec, m, e.Item, append([]contract.AccountID{e.Notify}, e.Signers...)...)
}

func (s *Service) onMandate(ctx context.Context, tx db.Tx, rec event.Recorded, e contract.MandateChanged) error {
	kind := "mandate." + e.State
	if e.Notify == "" || kinds[kind] == "" {
		return nil
	}
	return s.tell(ctx, tx, rec, Message{Kind: kind, At: e.At, Place: "/account/mandates"}, e.Notify)
}

func (s *Service) tellItem(ctx context.Context, tx db.Tx, rec event.Recorded, m Message, item contract.ItemID, to ...contract.AccountID) error {
	var err error
	if m.Item, err = s.c.Items.Name(ctx, item); err != nil {
		return err
	}
	return s.tell(ctx, tx, rec, m, to...)
}

// tellCase tells whoever filed a case, and the person it was filed for: what an
// agent does, the principal sees too. Of what the law demands to be told, a
// company's legal representative and the guardians of a ward are told as well.
func (s *Service) tellCase(ctx context.Context, tx db.Tx, rec event.Recorded, m Message, filed contract.AccountID) error {
	facts, err := s.c.Cases.Facts(ctx, auth.SystemPrincipal("notify"), m.Case)
	if err != nil {
		return err
	}
	m.Subject = facts.Applicant.ID
	m.Facts.By = facts.AgencyName
	m.inbox = facts.Parent != "" && inboxOnly[m.Kind]
	to := []contract.AccountID{filed}
	behind, err := s.c.Recipients.Recipients(ctx, facts.Applicant)
	if err != nil {
		return err
	}
	for _, account := range behind {
		if kinds[m.Kind] == Statutory || string(account) == facts.Applicant.ID {
			to = append(to, account)
		}
	}
	return s.tell(ctx, tx, rec, m, to...)
}

// tell puts a message into the inbox of each, under the event's id, so that a
// delivery that comes twice is one message.
func (s *Service) tell(ctx context.Context, tx db.Tx, rec event.Recorded, m Message, to ...contract.AccountID) error {
	told := map[contract.AccountID]bool{"": true}
	for _, account := range to {
		if told[account] {
			continue
		}
		first := len(told) == 1
		told[account] = true
		one := m
		one.ID, one.Account, one.Statutory = rec.ID, account, kinds[m.Kind] == Statutory
		if !first {
			one.ID += "-" + strings.Repeat("x", len(told)-2)
		}
		if one.Subject == "" {
			one.Subject = string(account)
		}
		if err := s.put(ctx, tx, one, first); err != nil {
			return err
		}
	}
	return nil
}
