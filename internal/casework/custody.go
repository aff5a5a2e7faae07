package casework

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/auth"
	"github.com/tongban/tongban/internal/kit/db"
	"github.com/tongban/tongban/internal/kit/event"
	"github.com/tongban/tongban/internal/kit/fault"
	"github.com/tongban/tongban/internal/kit/policy"
)

// Custody (材料流转): who has which paper at each moment. Every change of hands is
// a line that stays, with who did it; the paper itself knows its last.

// Faults of papers.
var (
	// ErrPaperMoved means that somebody else moved a paper first.
	ErrPaperMoved = fault.New(fault.Conflict, "casework.paper_moved")
	// ErrNoPaper means that there is no such paper.
	ErrNoPaper = fault.New(fault.NotFound, "casework.paper_none")
)

// maxPapers bounds what is taken in of one case, maxSheets a paper.
const (
	maxPapers = 100
	maxSheets = 999
)

// PaperIn is a paper as a clerk takes it in.
type PaperIn struct {
	Material string // id in the service; "" for one that no guide lists
	Name     string // of one that no guide lists
	Original bool
	Sheets   int
}

// Custody is one line of the record of a paper.
type Custody struct {
	Paper  contract.PaperID
	No     int
	From   string // "" where it was taken in
	To     string
	Keeper contract.Text // who answers for it since
	Actor  contract.Actor
	Ref    string
	Note   string
	At     time.Time
}

// custodyMove is a change of hands of papers of one case.
type custodyMove struct {
	c     Case
	actor auth.Principal
	to    string
	ref   string
	note  string
	at    time.Time
}

// TakeInPapers enters papers that somebody hands over at a window for a case that
// was taken in there, or at the agency that handles it.
func (s *Service) TakeInPapers(ctx context.Context, actor auth.Principal, id contract.CaseID, key string, list []PaperIn) error {
	return s.c.DB.InTx(ctx, func(ctx context.Context, tx db.Tx) error {
		c, err := lockCase(ctx, tx, id)
		if err != nil {
			return err
		}
		if err := s.see(actor, c); err != nil {
			return err
		}
		if err := s.c.Policy.Check(actor, "casework.take_in", object(c, nil)); err != nil {
			return err
		}
		svc, err := s.ServiceOf(ctx, c)
		if err != nil {
			return err
		}
		if err := checkPapers(svc, list); err != nil {
			return err
		}
		for i, in := range list {
			p := contract.Paper{Material: in.Material, Original: in.Original, Sheets: in.Sheets, Name: materialSpec(svc, in.Material).Name}
			if in.Material == "" {
				p.Name = contract.Text{ZH: strings.TrimSpace(in.Name), EN: strings.TrimSpace(in.Name)}
			}
			if err := s.takePaper(ctx, tx, actor, c, p, key+"/"+strconv.Itoa(i)); err != nil {
				return err
			}
		}
		return nil
	})
}

func checkPapers(svc contract.Service, list []PaperIn) error {
	var form fault.Form
	if len(list) == 0 || len(list) > maxPapers {
		form.Add("papers", "casework.papers_required")
	}
	for _, in := range list {
		known := slices.ContainsFunc(svc.Materials, func(m contract.MaterialSpec) bool { return m.ID == in.Material })
		if n := len([]rune(strings.TrimSpace(in.Name))); in.Material == "" && (n < 2 || n > 60) || in.Material != "" && !known {
			form.Add("papers", "casework.paper_name")
		}
		if in.Sheets < 1 || in.Sheets > maxSheets {
			form.Add("sheets", "casework.paper_sheets", "max", maxSheets)
		}
	}
	return form.Err()
}

// takePaper enters one paper. Source makes it happen once.
func (s *Service) takePaper(ctx context.Context, tx db.Tx, actor auth.Principal, c Case, p contract.Paper, source string) error {
	p.ID, p.Case, p.Since = contract.PaperID(s.c.NewID()), c.ID, s.c.Now()
	p.State, p.Keeper, p.KeeperName = contract.PaperAtAgency, c.Agency, c.AgencyName
	p.Hall, p.HallName = c.Counter.Agency, c.Counter.AgencyName
	atHall := c.Counter.Agency != "" && actor.Agency == string(c.Counter.Agency) || actor.Kind == auth.System
	if atHall {
		p.State, p.Keeper, p.KeeperName = contract.PaperAtHall, c.Counter.Agency, c.Counter.AgencyName
	}
	transit := takenElsewhere(c.Counter, c.Division)
	fresh, err := insertPaper(ctx, tx, p, source, transit)
	if err != nil || !fresh {
		return err
	}
	return s.noteCustody(ctx, tx, p, "", custodyMove{c: c, actor: actor, to: p.State, at: p.Since})
}

// onPaper enters what F the intake said stays at the window.
func (s *Service) onPaper(ctx context.Context, tx db.Tx, rec event.Recorded, e contract.MaterialOnPaper) error {
	c, err := lockCase(ctx, tx, e.Case)
	if err != nil {
		return err
	}
	p := contract.Paper{Material: e.Material, Name: e.Name, Original: true, Sheets: 1}
	clerk := auth.Principal{Kind: auth.Staff, ID: string(c.Counter.Clerk), Name: c.Counter.ClerkName, Agency: string(c.Counter.Agency), Division: c.Counter.Division}
	return s.takePaper(ctx, tx, clerk, c, p, "event/"+rec.ID)
}

// MovePapers changes the hands of papers in the caller's transaction: by a list
// of a hall, back to the applicant. All of them, or none.
func (s *Service) MovePapers(ctx context.Context, tx db.Tx, actor auth.Principal, m contract.PaperMove) ([]contract.Paper, error) {
	var out []contract.Paper
	for _, id := range m.Papers {
		p, err := paperByID(ctx, tx, id)
		if err != nil {
			return nil, err
		}
		c, err := caseByID(ctx, tx, p.Case)
		if err != nil {
			return nil, err
		}
		if !slices.Contains(m.From, p.State) || m.Claim != "" && p.Ref != m.Claim {
			return nil, ErrPaperMoved
		}
		if err := s.c.Policy.Check(actor, "casework.move_paper", paperObject(c, p, m.To)); err != nil {
			return nil, err
		}
		x := custodyMove{c: c, actor: actor, to: m.To, ref: m.Ref, note: m.Note, at: s.c.Now()}
		if err := s.movePaper(ctx, tx, x, p); err != nil {
			return nil, err
		}
		if p, err = paperByID(ctx, tx, id); err != nil {
			return nil, err
		}
		out = append(out, p)
	}
	return out, nil
}

// paperObject is a paper as policies see it: its case, who has it, and who is to
// have it.
func paperObject(c Case, p contract.Paper, to string) policy.Object {
	o := object(c, nil)
	o.Attrs["keeper"] = string(p.Keeper)
	o.Attrs["receiver"] = ""
	if to == contract.PaperAtAgency || to == contract.PaperMissing {
		o.Attrs["receiver"] = string(c.Agency)
	}
	return o
}

// movePaper changes the hands of one paper, if nobody did since it was read.
func (s *Service) movePaper(ctx context.Context, tx db.Tx, m custodyMove, p contract.Paper) error {
	from := p.State
	p.State, p.Ref, p.Since = m.to, m.ref, m.at
	switch m.to {
	case contract.PaperAtHall:
		p.Keeper, p.KeeperName = p.Hall, p.HallName
	case contract.PaperAtAgency, contract.PaperReturning:
		p.Keeper, p.KeeperName = m.c.Agency, m.c.AgencyName
	case contract.PaperGivenBack:
		p.Keeper, p.KeeperName = "", contract.Text{}
	}
	// Listed, sent, missing and lost: who had it last answers for it.
	ok, err := updatePaper(ctx, tx, p, from)
	if err != nil {
		return err
	}
	if !ok {
		return ErrPaperMoved
	}
	return s.noteCustody(ctx, tx, p, from, m)
}

func (s *Service) noteCustody(ctx context.Context, tx db.Tx, p contract.Paper, from string, m custodyMove) error {
	err := insertCustody(ctx, tx, m.c.ID, Custody{
		Paper: p.ID, From: from, To: p.State, Keeper: p.KeeperName, Actor: recorded(m.actor), Ref: m.ref, Note: m.note, At: m.at,
	}, p.Keeper)
	if err != nil {
		return err
	}
	e := contract.PaperMoved{
		Case: m.c.ID, Paper: p.ID, From: from, To: p.State, Agency: p.Keeper, Ref: m.ref, At: m.at.UTC().Truncate(time.Microsecond),
	}
	if p.State == contract.PaperLost || p.State == contract.PaperMissing || p.State == contract.PaperGivenBack {
		e.Notify = m.c.Operator
	}
	return s.c.Events.Record(ctx, tx, meta(m.actor, m.c), e)
}

// GivePaperBack puts a paper into the applicant's hands again, against a signature.
func (s *Service) GivePaperBack(ctx context.Context, actor auth.Principal, paper contract.PaperID, to string) error {
	to = strings.TrimSpace(to)
	if n := len([]rune(to)); n < 2 || n > 40 {
		var form fault.Form
		form.Add("to", "casework.paper_receiver")
		return form.Err()
	}
	return s.c.DB.InTx(ctx, func(ctx context.Context, tx db.Tx) error {
		if err := s.seePaper(ctx, tx, actor, paper); err != nil {
			return err
		}
		_, err := s.MovePapers(ctx, tx, actor, contract.PaperMove{
			Papers: []contract.PaperID{paper}, From: []string{contract.PaperAtHall, contract.PaperAtAgency},
			To: contract.PaperGivenBack, Note: to,
		})
		return err
	})
}

// PaperFound puts a paper that was missing, or that comes back by messenger, into
// the hall again, to be sent anew.
func (s *Service) PaperFound(ctx context.Context, actor auth.Principal, paper contract.PaperID, note string) error {
	return s.c.DB.InTx(ctx, func(ctx context.Context, tx db.Tx) error {
		if err := s.seePaper(ctx, tx, actor, paper); err != nil {
			return err
		}
		_, err := s.MovePapers(ctx, tx, actor, contract.PaperMove{
			Papers: []contract.PaperID{paper}, From: []string{contract.PaperMissing, contract.PaperLost, contract.PaperReturning},
			To: contract.PaperAtHall, Note: strings.TrimSpace(note),
		})
		return err
	})
}

// seePaper is ErrNoPaper for whoever may not know of its case.
func (s *Service) seePaper(ctx context.Context, q db.Q, actor auth.Principal, paper contract.PaperID) error {
	p, err := paperByID(ctx, q, paper)
	if err != nil {
		return err
	}
	c, err := caseByID(ctx, q, p.Case)
	if err != nil {
		return err
	}
	if s.see(actor, c) != nil {
		return ErrNoPaper
	}
	return nil
}

// Papers lists the papers of a case with the record of each, for whoever may see
// the case.
func (s *Service) Papers(ctx context.Context, actor auth.Principal, id contract.CaseID) ([]contract.Paper, []Custody, error) {
	if _, err := s.Open(ctx, actor, id); err != nil {
		return nil, nil, err
	}
	papers, err := papersOf(ctx, s.c.DB, id)
	if err != nil {
		return nil, nil, err
	}
	log, err := custodyOf(ctx, s.c.DB, id)
	return papers, log, err
}

// PapersToHandOver lists what lies in the hall of an actor's agency for departments
// of its own place. What goes to another place goes with its case.
func (s *Service) PapersToHandOver(ctx context.Context, q db.Q, actor auth.Principal) ([]contract.Paper, error) {
	if err := s.c.Policy.Check(actor, "casework.papers", policy.Page); err != nil {
		return nil, err
	}
	return papersInHall(ctx, q, actor.Agency)
}
