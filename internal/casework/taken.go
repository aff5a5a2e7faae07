package casework

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/auth"
	"github.com/tongban/tongban/internal/kit/db"
	"github.com/tongban/tongban/internal/kit/fault"
)

// Counters tells where a session at a window takes place. Counter implements it.
type Counters interface {
	At(ctx context.Context, session string) (contract.Counter, error)
}

// Faults of what is confirmed at a window.
var (
	// ErrUnconfirmed means that the person at the window has not confirmed.
	ErrUnconfirmed = fault.New(fault.Invalid, "casework.unconfirmed")
	// ErrNoWindow means that the session at the window is not the actor's.
	ErrNoWindow = fault.New(fault.Denied, "casework.no_window")
)

// attended stores what a counter adds to an application: how the person confirmed
// it, and which materials were compared with their originals.
func (s *Service) attended(ctx context.Context, tx db.Tx, actor auth.Principal, c Case, svc contract.Service, f application) error {
	if err := s.compared(ctx, tx, actor, c, svc, f.Materials); err != nil {
		return err
	}
	if f.Confirmed == nil {
		return nil
	}
	return s.keepConfirmation(ctx, tx, c, actSubmit, *f.Confirmed)
}

// compared notes the materials that a clerk compared with their originals before
// they were handed in (level B of G108), and which originals stay.
func (s *Service) compared(
	ctx context.Context, tx db.Tx, actor auth.Principal, c Case, svc contract.Service, list []contract.Material,
) error {
	if c.Procedure == bundleProcedure { // its parts have the papers
		return nil
	}
	for _, m := range list {
		if m.Paper == contract.PaperKept {
			if err := s.stays(ctx, tx, actor, c, svc, m); err != nil {
				return err
			}
		}
		if m.Seen == nil || m.Level != levelVerified {
			continue
		}
		o := Original{By: Handler{string(m.Seen.By), m.Seen.ByName}, Agency: m.Seen.Agency}
		if err := insertOriginal(ctx, tx, c.ID, m.File, o, micro(m.Seen.At)); err != nil {
			return err
		}
		if err := s.keepCopy(ctx, tx, c, materialSpec(svc, m.ID), m); err != nil {
			return err
		}
		e := contract.MaterialVerified{Case: c.ID, Material: m.ID, File: m.File, At: m.Seen.At.UTC().Truncate(time.Microsecond)}
		if err := s.c.Events.Record(ctx, tx, meta(actor, c), e); err != nil {
			return err
		}
	}
	return nil
}

func (s *Service) stays(
	ctx context.Context, tx db.Tx, actor auth.Principal, c Case, svc contract.Service, m contract.Material,
) error {
	return s.c.Events.Record(ctx, tx, meta(actor, c), contract.MaterialOnPaper{
		Case: c.ID, Number: c.Number, Item: c.Item, Material: m.ID, File: m.File, Name: materialSpec(svc, m.ID).Name,
		Agency: c.Agency, TakenBy: contract.AgencyID(actor.Agency), Session: actor.For.Mandate, Window: c.Counter.Window,
		At: s.c.Now().UTC().Truncate(time.Microsecond),
	})
}

// onPaperSome reports whether originals stay with a submission.
func onPaperSome(list []contract.Material) bool {
	return slices.ContainsFunc(list, func(m contract.Material) bool { return m.Paper == contract.PaperKept })
}

// Confirmed keeps how somebody confirmed at a window the last step of a case.
func (s *Service) Confirmed(ctx context.Context, tx db.Tx, actor auth.Principal, id contract.CaseID, what string, x contract.Confirmed) error {
	c, err := caseByID(ctx, tx, id)
	if err != nil {
		return err
	}
	if !actor.AtCounter() || !applies(actor, c) {
		return ErrNotFound
	}
	return s.keepConfirmation(ctx, tx, c, what, x)
}

func (s *Service) keepConfirmation(ctx context.Context, tx db.Tx, c Case, what string, x contract.Confirmed) error {
	k := confirmation{Confirmed: x, step: c.Step, what: what}
	var err error
	if k.name, err = s.c.Seal.Seal(confirmSeal(c.ID), x.Name); err != nil {
		return fmt.Errorf("seal name: %w", err)
	}
	if x.Mark != "" {
		if k.mark, err = s.c.Seal.Seal(confirmSeal(c.ID), x.Mark); err != nil {
			return fmt.Errorf("seal mark: %w", err)
		}
	}
	return insertConfirmation(ctx, tx, c.ID, k)
}

func confirmSeal(id contract.CaseID) string { return "casework.confirmation:" + string(id) }

// Attested is one confirmation at a window, as the page of a case shows it.
type Attested struct {
	contract.Confirmed
	Step int
	What string // "submit", "resubmit" or "withdraw"
}

// Confirmations lists what was confirmed at a window in a case that the actor may
// read.
func (s *Service) Confirmations(ctx context.Context, actor auth.Principal, id contract.CaseID) ([]Attested, error) {
	c, err := s.Open(ctx, actor, id)
	if err != nil || s.c.Policy.Check(actor, "casework.read", object(c, nil)) != nil {
		return nil, err // who may not read it sees the case without
	}
	rows, err := confirmationsOf(ctx, s.c.DB, id)
	if err != nil {
		return nil, err
	}
	list := make([]Attested, 0, len(rows))
	for _, x := range rows {
		if x.Name, err = s.c.Seal.Open(confirmSeal(id), x.name); err != nil {
			return nil, fmt.Errorf("open name: %w", err)
		}
		list = append(list, Attested{Confirmed: x.Confirmed, Step: x.step, What: x.what})
	}
	return list, nil
}

// Sheet opens the scan of a sheet that somebody signed by hand at a window.
func (s *Service) Sheet(ctx context.Context, actor auth.Principal, id contract.CaseID, step int) (Handed, io.ReadCloser, error) {
	c, _, _, err := s.handedInBy(ctx, actor, id)
	if err != nil {
		return Handed{}, nil, err
	}
	rows, err := confirmationsOf(ctx, s.c.DB, id)
	if err != nil {
		return Handed{}, nil, err
	}
	i := slices.IndexFunc(rows, func(x confirmation) bool { return x.step == step && x.Sheet != nil })
	if i < 0 {
		return Handed{}, nil, ErrNotFound
	}
	if err := s.recordRead(ctx, actor, c, "", "signed_sheet"); err != nil {
		return Handed{}, nil, err
	}
	return s.handOut(ctx, actor, c, *rows[i].Sheet)
}

// sheetSpec is what the scan of a signed sheet may be.
var sheetSpec = contract.MaterialSpec{ID: "signed-sheet", Types: []string{"pdf", "jpg", "png"}, MaxMB: 10, MaxFiles: 1}

// Confirming is how somebody confirms a step at a window, as it comes in.
type Confirming struct {
	Method string
	Mark   string   // path of a drawn signature
	Sheet  []Upload // scan of what was signed by hand; none or one
}

// WithdrawAt withdraws a case for who stands at the window, with their
// confirmation and the clerk as witness.
func (s *Service) WithdrawAt(ctx context.Context, actor auth.Principal, id contract.CaseID, step int, how Confirming) (Case, error) {
	c, err := s.Open(ctx, actor, id)
	if err != nil {
		return c, err
	}
	if !actor.AtCounter() || !applies(actor, c) {
		return c, ErrNotFound
	}
	x, err := s.attest(ctx, actor, how)
	if err != nil {
		return c, err
	}
	err = s.c.DB.InTx(ctx, func(ctx context.Context, tx db.Tx) error {
		found, err := lockCase(ctx, tx, id)
		if err != nil {
			return err
		}
		if found, err = s.overtaken(ctx, tx, found); err != nil {
			return err
		}
		c, err = s.step(ctx, tx, actor, found, Action{Name: actWithdraw, Step: step})
		if err != nil {
			return err
		}
		if err := s.keepConfirmation(ctx, tx, c, actWithdraw, x); err != nil {
			return err
		}
		return s.c.Events.Record(ctx, tx, meta(actor, c), contract.PersonConfirmed{
			Case: c.ID, What: actWithdraw, Method: x.Method, Account: x.Account, Session: x.Session, Window: x.Window, At: x.At,
		})
	})
	return c, err
}

// attest checks how somebody confirms, and where.
func (s *Service) attest(ctx context.Context, actor auth.Principal, how Confirming) (contract.Confirmed, error) {
	at, err := s.window(ctx, actor)
	if err != nil {
		return contract.Confirmed{}, err
	}
	x := contract.Confirmed{
		Method: how.Method, Name: actor.For.PersonName, Account: contract.AccountID(actor.Person()),
		Session: at.Session, Hall: at.Hall, Window: at.Window, Clerk: contract.AccountID(actor.ID), ClerkName: actor.Name,
		At: s.c.Now().UTC().Truncate(time.Microsecond),
	}
	var form fault.Form
	switch how.Method {
	case contract.ConfirmDrawn:
		if x.Mark = how.Mark; !s.drawn(x.Mark) {
			form.Add("mark", "casework.confirm_drawing")
		}
	case contract.ConfirmPaper:
	default:
		form.Add("method", "casework.confirm_how")
	}
	if err := form.Err(); err != nil {
		return x, err
	}
	if how.Method == contract.ConfirmPaper && len(how.Sheet) > 0 {
		files, err := s.take(ctx, sheetSpec, how.Sheet[:1])
		if err != nil {
			return x, err
		}
		x.Sheet = &files[0]
	}
	return x, nil
}

// drawn reports whether a mark is a drawn signature, as forms take it.
func (s *Service) drawn(mark string) bool {
	if s.c.Drawn == nil {
		return false
	}
	return s.c.Drawn(mark)
}

// window is where the actor serves somebody now.
func (s *Service) window(ctx context.Context, actor auth.Principal) (contract.Counter, error) {
	if !actor.AtCounter() || s.c.Counters == nil {
		return contract.Counter{}, ErrNoWindow
	}
	at, err := s.c.Counters.At(ctx, actor.For.Mandate)
	if err != nil {
		return at, errors.Join(ErrNoWindow, err)
	}
	if string(at.Clerk) != actor.ID {
		return at, ErrNoWindow
	}
	return at, nil
}

// lookAt gives the files of a supplement what the clerk saw of their original.
func (s *Service) lookAt(ctx context.Context, actor auth.Principal, a Supplement, files []contract.Material) error {
	if !actor.AtCounter() || !a.Compared && a.Paper == "" {
		return nil
	}
	if a.Paper != "" && a.Paper != contract.PaperKept && a.Paper != contract.PaperReturned {
		var form fault.Form
		form.Add("paper", "casework.paper_unknown")
		return form.Err()
	}
	at, err := s.window(ctx, actor)
	if err != nil {
		return err
	}
	for i := range files {
		files[i].Paper = a.Paper
		if a.Compared {
			files[i].Level, files[i].Seen = levelVerified, seenAt(actor, at, s.c.Now().UTC().Truncate(time.Microsecond))
		}
	}
	return nil
}

// seenAt is who compares something with its original at a window.
func seenAt(actor auth.Principal, at contract.Counter, now time.Time) *contract.Seen {
	return &contract.Seen{By: contract.AccountID(actor.ID), ByName: actor.Name, Agency: at.AgencyName, At: now}
}
