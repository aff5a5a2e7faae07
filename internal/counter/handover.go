package counter

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/auth"
	"github.com/tongban/tongban/internal/kit/day"
	"github.com/tongban/tongban/internal/kit/db"
	"github.com/tongban/tongban/internal/kit/fault"
	"github.com/tongban/tongban/internal/kit/idcode"
	"github.com/tongban/tongban/internal/kit/pdf"
	"github.com/tongban/tongban/internal/kit/policy"
)

// States of a list.
const (
	ListMade      = "made"
	ListConfirmed = "confirmed"
	ListTakenBack = "taken_back"
)

// What came of one line of a list.
const (
	ItemReceived = "received"
	ItemMissing  = "missing"
	ItemExtra    = "extra" // it came and stood on no list: it goes back
)

// Faults of lists.
var (
	ErrNoHandover    = fault.New(fault.NotFound, "counter.handover.none")
	ErrHandoverEmpty = fault.New(fault.Conflict, "counter.handover.empty")
	ErrHandoverDone  = fault.New(fault.Conflict, "counter.handover.done")
)

// maxExtra bounds what a receiver may find beside a list.
const maxExtra = 20

// Handover is a list by which papers go from a hall to a department (交接单).
type Handover struct {
	ID       string
	Number   string
	From     contract.Agency
	To       contract.Agency
	State    string
	MadeBy   contract.Actor
	Made     time.Time
	DoneBy   contract.Actor
	Done     time.Time
	Items    []HandoverItem
	Count    int // of items, in lists
	Disputed int // differences that nobody settled
}

// HandoverItem is one line of a list.
type HandoverItem struct {
	No       int
	Paper    contract.PaperID
	Case     contract.CaseID
	Number   string
	Item     contract.Text
	Name     contract.Text
	Original bool
	Sheets   int
	Result   string
	Reason   string
	Settled  string
}

// Waiting is what lies in the hall for one department.
type Waiting struct {
	To     contract.AgencyID
	Name   contract.Text
	Papers []contract.Paper
}

// Taken is what a receiver says of a list, line by line.
type Taken struct {
	Missing map[int]string // by line, with the reason
	Extra   []Extra
}

// Extra is a paper that came and stood on no list.
type Extra struct {
	Name   string
	Sheets int
	Reason string
}

// ToHandOver lists what lies in an actor's hall, by department.
func (s *Service) ToHandOver(ctx context.Context, actor auth.Principal) ([]Waiting, error) {
	if err := s.c.Policy.Check(actor, ActionHandOver, ofAgency("Handover", "", contract.AgencyID(actor.Agency), actor.Division)); err != nil {
		return nil, err
	}
	papers, err := s.c.Back.Papers.PapersToHandOver(ctx, s.c.DB, actor)
	if err != nil {
		return nil, err
	}
	return byDepartment(papers), nil
}

func byDepartment(papers []contract.Paper) []Waiting {
	var list []Waiting
	for _, p := range papers {
		i := slices.IndexFunc(list, func(w Waiting) bool { return w.To == p.For })
		if i < 0 {
			list = append(list, Waiting{To: p.For, Name: p.ForName})
			i = len(list) - 1
		}
		list[i].Papers = append(list[i].Papers, p)
	}
	return list
}

// HandOver makes a list of all that lies in the hall for a department. A second
// click finds nothing there.
func (s *Service) HandOver(ctx context.Context, actor auth.Principal, to contract.AgencyID) (Handover, error) {
	from, err := s.hallOf(ctx, actor)
	if err != nil {
		return Handover{}, err
	}
	if err := s.c.Policy.Check(actor, ActionHandOver, ofAgency("Handover", "", from.ID, from.Division)); err != nil {
		return Handover{}, err
	}
	receiver, err := s.c.Agencies.Agency(ctx, to)
	if err != nil {
		return Handover{}, err
	}
	h := Handover{
		ID: s.c.NewID(), From: from, To: receiver, State: ListMade, Made: s.now(),
		MadeBy: contract.Actor{Kind: string(auth.Staff), ID: actor.ID, Name: actor.Name},
	}
	err = s.c.DB.InTx(ctx, func(ctx context.Context, tx db.Tx) error {
		papers, err := s.c.Back.Papers.PapersToHandOver(ctx, tx, actor)
		if err != nil {
			return err
		}
		papers = slices.DeleteFunc(papers, func(p contract.Paper) bool { return p.For != to })
		if len(papers) == 0 {
			return ErrHandoverEmpty
		}
		today := s.today().String()
		n, err := takeSerial(ctx, tx, "handover/"+string(from.ID)+"/"+today)
		if err != nil {
			return err
		}
		h.Number = fmt.Sprintf("JJ%s%s%03d", from.Division, strings.ReplaceAll(today, "-", ""), n)
		ids := make([]contract.PaperID, len(papers))
		for i, p := range papers {
			ids[i] = p.ID
			h.Items = append(h.Items, HandoverItem{
				No: i + 1, Paper: p.ID, Case: p.Case, Number: p.Number, Item: p.Item, Name: p.Name, Original: p.Original, Sheets: p.Sheets,
			})
		}
		if err := insertHandover(ctx, tx, h); err != nil {
			return err
		}
		_, err = s.c.Back.Papers.MovePapers(ctx, tx, actor, contract.PaperMove{
			Papers: ids, From: []string{contract.PaperAtHall}, To: contract.PaperListed, Ref: h.ID, Note: h.Number,
		})
		if err != nil {
			return err
		}
		return s.tellHandover(ctx, tx, actor, h)
	})
	return h, err
}

func (s *Service) tellHandover(ctx context.Context, tx db.Tx, actor auth.Principal, h Handover) error {
	e := contract.HandoverChanged{Handover: h.ID, Number: h.Number, From: h.From.ID, To: h.To.ID, Change: h.State, Items: len(h.Items), At: s.now()}
	for _, x := range h.Items {
		switch x.Result {
		case ItemMissing:
			e.Missing++
		case ItemExtra:
			e.Extra++
		}
	}
	return s.c.Events.Record(ctx, tx, metaOf(actor, "", "handover:"+h.ID), e)
}

// handoverObject is a list as policies see it: both sides know of it.
func handoverObject(h Handover) policy.Object {
	o := ofAgency("Handover", h.ID, h.From.ID, h.From.Division)
	o.Attrs["receiver"] = string(h.To.ID)
	return o
}

// Handover opens a list to the hall that made it and the department it is for.
func (s *Service) Handover(ctx context.Context, actor auth.Principal, id string) (Handover, error) {
	h, err := handoverByID(ctx, s.c.DB, id)
	if err != nil {
		return h, err
	}
	if s.c.Policy.Check(actor, ActionHandovers, handoverObject(h)) != nil {
		return Handover{}, ErrNoHandover
	}
	return h, nil
}

// Handovers lists the newest lists that an actor's agency made or received.
func (s *Service) Handovers(ctx context.Context, actor auth.Principal) ([]Handover, error) {
	if err := s.c.Policy.Check(actor, ActionHandovers, policy.Page); err != nil {
		return nil, err
	}
	return handoversOf(ctx, s.c.DB, actor.Agency)
}

// TakeOver confirms a list line by line. What is missing and what came beside it
// is written down with its reason, and goes back to the hall to be settled.
func (s *Service) TakeOver(ctx context.Context, actor auth.Principal, id string, t Taken) (Handover, error) {
	var h Handover
	err := s.c.DB.InTx(ctx, func(ctx context.Context, tx db.Tx) (err error) {
		if h, err = lockHandover(ctx, tx, id); err != nil {
			return err
		}
		if s.c.Policy.Check(actor, ActionHandovers, handoverObject(h)) != nil {
			return ErrNoHandover
		}
		if err := s.c.Policy.Check(actor, ActionTakeOver, handoverObject(h)); err != nil {
			return err
		}
		if h.State != ListMade {
			return ErrHandoverDone
		}
		if err := t.check(h); err != nil {
			return err
		}
		got, gone := h.take(t)
		h.State, h.Done, h.DoneBy = ListConfirmed, s.now(), contract.Actor{Kind: string(auth.Staff), ID: actor.ID, Name: actor.Name}
		if err := s.movedByList(ctx, tx, actor, h, got, contract.PaperAtAgency); err != nil {
			return err
		}
		if err := s.movedByList(ctx, tx, actor, h, gone, contract.PaperMissing); err != nil {
			return err
		}
		if err := saveHandover(ctx, tx, h); err != nil {
			return err
		}
		return s.tellHandover(ctx, tx, actor, h)
	})
	return h, err
}

func (s *Service) movedByList(ctx context.Context, tx db.Tx, actor auth.Principal, h Handover, papers []contract.PaperID, to string) error {
	if len(papers) == 0 {
		return nil
	}
	_, err := s.c.Back.Papers.MovePapers(ctx, tx, actor, contract.PaperMove{
		Papers: papers, From: []string{contract.PaperListed}, Claim: h.ID, To: to, Ref: h.ID, Note: h.Number,
	})
	return err
}

func (t Taken) check(h Handover) error {
	var form fault.Form
	for no, reason := range t.Missing {
		if no < 1 || no > len(h.Items) {
			form.Add("items", "counter.handover.line")
			continue
		}
		within(&form, fmt.Sprintf("reason-%d", no), reason, 2, 200)
	}
	if len(t.Extra) > maxExtra {
		form.Add("extra", "counter.handover.line")
	}
	for i, x := range t.Extra {
		within(&form, fmt.Sprintf("extra-name-%d", i+1), x.Name, 2, 60)
		within(&form, fmt.Sprintf("extra-reason-%d", i+1), x.Reason, 2, 200)
		if x.Sheets < 1 || x.Sheets > 999 {
			form.Add(fmt.Sprintf("extra-sheets-%d", i+1), "counter.handover.sheets")
		}
	}
	return form.Err()
}

// take writes down what came; it returns the papers that did and those that did not.
func (h *Handover) take(t Taken) (got, gone []contract.PaperID) {
	for i := range h.Items {
		x := &h.Items[i]
		reason, missing := t.Missing[x.No]
		if missing {
			x.Result, x.Reason = ItemMissing, strings.TrimSpace(reason)
			gone = append(gone, x.Paper)
			continue
		}
		x.Result = ItemReceived
		got = append(got, x.Paper)
	}
	for _, x := range t.Extra {
		name := strings.TrimSpace(x.Name)
		h.Items = append(h.Items, HandoverItem{
			No: len(h.Items) + 1, Name: contract.Text{ZH: name, EN: name}, Sheets: x.Sheets, Result: ItemExtra, Reason: strings.TrimSpace(x.Reason),
		})
	}
	return got, gone
}

// TakeBack ends a list that nobody confirmed: its papers lie in the hall again.
func (s *Service) TakeBack(ctx context.Context, actor auth.Principal, id string) error {
	return s.c.DB.InTx(ctx, func(ctx context.Context, tx db.Tx) error {
		h, err := s.ownList(ctx, tx, actor, id)
		if err != nil {
			return err
		}
		if h.State != ListMade {
			return ErrHandoverDone
		}
		var all []contract.PaperID
		for _, x := range h.Items {
			all = append(all, x.Paper)
		}
		if err := s.movedByList(ctx, tx, actor, h, all, contract.PaperAtHall); err != nil {
			return err
		}
		h.State, h.Done, h.DoneBy = ListTakenBack, s.now(), contract.Actor{Kind: string(auth.Staff), ID: actor.ID, Name: actor.Name}
		if err := saveHandover(ctx, tx, h); err != nil {
			return err
		}
		return s.tellHandover(ctx, tx, actor, h)
	})
}

func (s *Service) ownList(ctx context.Context, tx db.Tx, actor auth.Principal, id string) (Handover, error) {
	h, err := lockHandover(ctx, tx, id)
	if err != nil {
		return h, err
	}
	if s.c.Policy.Check(actor, ActionHandovers, handoverObject(h)) != nil {
		return h, ErrNoHandover
	}
	return h, s.c.Policy.Check(actor, ActionHandOver, handoverObject(h))
}

// SettleItem closes a difference: the hall says what became of it. A missing paper
// that was found lies in the hall again and goes with the next list.
func (s *Service) SettleItem(ctx context.Context, actor auth.Principal, id string, no int, found bool, note string) error {
	var form fault.Form
	within(&form, "note", note, 2, 200)
	if err := form.Err(); err != nil {
		return err
	}
	return s.c.DB.InTx(ctx, func(ctx context.Context, tx db.Tx) error {
		h, err := s.ownList(ctx, tx, actor, id)
		if err != nil {
			return err
		}
		i := slices.IndexFunc(h.Items, func(x HandoverItem) bool { return x.No == no })
		if i < 0 || h.Items[i].Result != ItemMissing && h.Items[i].Result != ItemExtra {
			return ErrNoHandover
		}
		x := &h.Items[i]
		if x.Settled != "" {
			return ErrHandoverDone
		}
		if x.Result == ItemMissing {
			to := contract.PaperLost
			if found {
				to = contract.PaperAtHall
			}
			if _, err := s.c.Back.Papers.MovePapers(ctx, tx, actor, contract.PaperMove{
				Papers: []contract.PaperID{x.Paper}, From: []string{contract.PaperMissing}, Claim: h.ID, To: to, Note: strings.TrimSpace(note),
			}); err != nil {
				return err
			}
		}
		x.Settled = strings.TrimSpace(note)
		return settleItem(ctx, tx, h.ID, no, x.Settled, s.now())
	})
}

// HandoverPDF prints a list, with room for both signatures.
func (s *Service) HandoverPDF(ctx context.Context, actor auth.Principal, id string) ([]byte, error) {
	h, err := s.Handover(ctx, actor, id)
	if err != nil {
		return nil, err
	}
	l := pdf.Letter{
		Meta:   pdf.Meta{Title: "材料交接单", Author: h.From.Name.ZH, Subject: "Hand-over list", Keywords: h.Number, At: h.Made},
		Number: h.Number, To: h.To.Name.ZH, Agency: h.From.Name.ZH, Date: day.In(h.Made),
		Paragraphs: []string{fmt.Sprintf("下列材料共 %d 项、%d 张，由%s移交%s。请逐项核对并在系统中确认；缺少或者多出的，注明原因后退回。",
			len(h.Items), sheets(h.Items), h.From.Name.ZH, h.To.Name.ZH)},
		Rows: []pdf.Row{
			{Label: "移交人", LabelEN: "Handed over by", Value: h.MadeBy.Name},
			{Label: "移交时间", LabelEN: "At", Value: h.Made.In(day.CST).Format("2006-01-02 15:04")},
		},
		Closing: []string{
			"移交人签名：＿＿＿＿＿＿＿＿＿＿　　日期：＿＿＿＿年＿＿月＿＿日",
			"接收人签名：＿＿＿＿＿＿＿＿＿＿　　日期：＿＿＿＿年＿＿月＿＿日",
		},
		Summary: []string{fmt.Sprintf("Hand-over list %s: %d papers, %d sheets, from %s to %s. Both sign; the receiver confirms each line in the system.",
			h.Number, len(h.Items), sheets(h.Items), h.From.Name.EN, h.To.Name.EN)},
		QR:     &pdf.QR{Link: s.c.Back.Site + "/staff/counter/handovers/" + h.ID, Notes: []string{"扫码确认", "Scan to confirm"}},
		Footer: []string{"交接单 " + h.Number},
	}
	if h.State == ListConfirmed {
		l.Rows = append(l.Rows, pdf.Row{Label: "接收人（系统确认）", LabelEN: "Received by", Value: h.DoneBy.Name + " " + h.Done.In(day.CST).Format("2006-01-02 15:04")})
	}
	for _, x := range h.Items {
		l.List = append(l.List, x.line())
	}
	return s.c.Back.Press.Letter(l)
}

func sheets(items []HandoverItem) int {
	n := 0
	for _, x := range items {
		n += x.Sheets
	}
	return n
}

func (x HandoverItem) line() string {
	kind := "复印件"
	if x.Original {
		kind = "原件"
	}
	text := fmt.Sprintf("%s，%s，%d 张", x.Name.ZH, kind, x.Sheets)
	if x.Number != "" {
		text += fmt.Sprintf("（办件 %s，%s）", idcode.GroupCaseNumber(x.Number), x.Item.ZH)
	}
	switch x.Result {
	case ItemReceived:
		return text + "　已收"
	case ItemMissing:
		return text + "　缺：" + x.Reason
	case ItemExtra:
		return x.Name.ZH + fmt.Sprintf("，%d 张　多：", x.Sheets) + x.Reason
	}
	return text
}
