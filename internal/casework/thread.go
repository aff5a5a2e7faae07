package casework

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/auth"
	"github.com/tongban/tongban/internal/kit/event"
)

// Turn is what one agency asked another or answered, among the messages between the
// agencies of a case. It is read from the tasks, the record of steps and the log;
// nothing is stored twice.
type Turn struct {
	// Change is what happened, as contract.UnitTask has it: "sent", "answered",
	// "recalled", "closed" or "late".
	Change string
	Unit   Unit // the sending that it is about, as it stands now
	Actor  contract.Actor
	// Agency is in whose name; empty for the applicant and for what came by itself.
	Agency contract.Text
	Why    string        // it was asked again, or recalled
	Before contract.Text // agency that was asked before, where it went to another; for who leads
	Files  []TurnFile
	At     time.Time
	Fresh  bool // an opinion that who leads the case had not read before
}

// TurnFile is a file that goes with a turn.
type TurnFile struct {
	contract.Material
	// Title is the material's name in the service; empty where an agency attached it.
	Title contract.Text
	// Task is the task under which the agency that is asked opens a material; empty
	// for who leads the case.
	Task string
}

// Entry is one thing in a thread: a message or a turn.
type Entry struct {
	Message *Message
	Turn    *Turn
}

// Entries are messages and turns together, in the order of time.
func (t Thread) Entries() []Entry {
	list := make([]Entry, 0, len(t.Messages)+len(t.Turns))
	for i := range t.Messages {
		list = append(list, Entry{Message: &t.Messages[i]})
	}
	for i := range t.Turns {
		list = append(list, Entry{Turn: &t.Turns[i]})
	}
	slices.SortStableFunc(list, func(a, b Entry) int { return a.at().Compare(b.at()) })
	return list
}

func (e Entry) at() time.Time {
	if e.Turn != nil {
		return e.Turn.At
	}
	return e.Message.At
}

// turns reads what agencies asked each other on a case, as far as the actor's may
// know: who handles the case all of it, an agency that is asked what it was asked
// and said itself.
func (s *Service) turns(ctx context.Context, actor auth.Principal, c Case) ([]Turn, error) {
	all, err := unitsOf(ctx, s.c.DB, c.ID)
	if err != nil || len(all) == 0 {
		return nil, err
	}
	leads := s.see(actor, c) == nil
	visible := func(u Unit) bool { return leads || s.c.Policy.Check(actor, "casework.unit", unitObject(c, u)) == nil }
	if !slices.ContainsFunc(all, visible) {
		return nil, nil
	}
	events, err := s.c.Events.OfNamed(ctx, "case:"+string(c.ID), contract.UnitTask{}.EventName(), contract.CaseMoved{}.EventName())
	if err != nil {
		return nil, err
	}
	steps, err := stepsOf(ctx, s.c.DB, c.ID)
	if err != nil {
		return nil, err
	}
	list, err := told(events, steps, all, visible, leads)
	if err != nil {
		return nil, err
	}
	return list, s.attach(ctx, actor, c, list, leads)
}

// told makes turns of the events of the tasks that one may see.
func told(events []event.Recorded, steps []Step, all []Unit, visible func(Unit) bool, leads bool) (list []Turn, err error) {
	carried := 0 // turns before it know their step
	for _, rec := range events {
		if rec.Name == (contract.CaseMoved{}).EventName() {
			var e contract.CaseMoved
			if err := json.Unmarshal(rec.Body, &e); err != nil {
				return nil, fmt.Errorf("event %s: %w", rec.ID, err)
			}
			for ; carried < len(list); carried++ {
				list[carried].by(steps, e.Step)
			}
			continue
		}
		var e contract.UnitTask
		if err := json.Unmarshal(rec.Body, &e); err != nil {
			return nil, fmt.Errorf("event %s: %w", rec.ID, err)
		}
		i := slices.IndexFunc(all, func(u Unit) bool { return u.ID == e.Unit && u.Round == e.Round })
		if i < 0 || !visible(all[i]) {
			continue
		}
		who := contract.Actor{Kind: string(rec.ActorKind), ID: rec.ActorID, Name: rec.ActorName}
		list = append(list, turnOf(all, i, e.Change, who, rec.At, leads))
	}
	return list, nil
}

// turnOf is the i-th sending as an event changed it.
func turnOf(all []Unit, i int, change string, who contract.Actor, at time.Time, leads bool) Turn {
	u := all[i]
	t := Turn{Change: change, Unit: u, Actor: who, At: at}
	switch change {
	case UnitAnswered:
		t.Agency = u.AgencyName
	case UnitRecalled:
		t.Why = u.Why
	case UnitSent:
		if i > 0 && leads && all[i-1].ID == u.ID && all[i-1].Agency != u.Agency {
			t.Before = all[i-1].AgencyName
		}
	}
	return t
}

// by completes a turn with the step that carried it: an event of a task stands in
// the log right before that of its step.
func (t *Turn) by(steps []Step, no int) {
	i := slices.IndexFunc(steps, func(st Step) bool { return st.No == no })
	if i < 0 || t.Change == UnitAnswered || t.Change == UnitLate {
		return
	}
	st := steps[i]
	t.Agency = st.Unit
	if t.Change == UnitSent && st.Action == actSend {
		t.Why = st.Opinion
	}
}

// attach adds the files: what the agency needs of the application to what is asked,
// what it attached to what it answers. An agency opens the papers of the application
// while it is asked, no longer.
func (s *Service) attach(ctx context.Context, actor auth.Principal, c Case, list []Turn, leads bool) error {
	reads := leads && s.c.Policy.Check(actor, "casework.read", object(c, nil)) == nil
	for i := range list {
		t := &list[i]
		if t.Change == UnitAnswered {
			for _, f := range t.Unit.Files {
				t.Files = append(t.Files, TurnFile{Material: f})
			}
		}
	}
	asks := func(t Turn) bool { return t.Change == UnitSent && (reads || !leads && t.Unit.State == UnitOpen) }
	if !slices.ContainsFunc(list, asks) {
		return nil
	}
	svc, err := s.ServiceOf(ctx, c)
	if err != nil {
		return err
	}
	h, err := lastHandIn(ctx, s.c.DB, c.ID)
	if err != nil {
		return err
	}
	for i := range list {
		if t := &list[i]; asks(*t) {
			t.Files = papersFor(svc, t.Unit.ID, h.materials, leads)
		}
	}
	return nil
}

// papersFor are the materials that the service lists for a task.
func papersFor(svc contract.Service, unit string, materials []contract.Material, leads bool) (list []TurnFile) {
	needs := unitSpec(svc, unit).Materials
	for _, m := range materials {
		if m.Blob == "" || !slices.Contains(needs, m.ID) {
			continue
		}
		f := TurnFile{Material: m, Title: MarkName(svc, contract.Mark{Kind: "material", ID: m.ID})}
		if !leads {
			f.Task = unit
		}
		f.Name = "" // how applicants call their files is told where reading is recorded
		list = append(list, f)
	}
	return list
}

// openOpinionFile finds a file that an agency attached to its opinion, for who may read
// that opinion.
func (s *Service) openOpinionFile(ctx context.Context, actor auth.Principal, id contract.CaseID, file string) (Handed, io.ReadCloser, error) {
	all, err := unitsOf(ctx, s.c.DB, id)
	if err != nil {
		return Handed{}, nil, err
	}
	for _, u := range all {
		i := slices.IndexFunc(u.Files, func(f contract.Material) bool { return f.File == file })
		if i < 0 {
			continue
		}
		c, err := caseByID(ctx, s.c.DB, id)
		if err != nil {
			return Handed{}, nil, err
		}
		asked := s.c.Policy.Check(actor, "casework.unit", unitObject(c, u)) == nil
		if s.mayConfer(ctx, actor, c) != nil || !asked && s.see(actor, c) != nil {
			return Handed{}, nil, ErrNotFound
		}
		if asked {
			err = s.recordUnitRead(ctx, actor, c, []string{"opinion:file"})
		} else {
			err = s.recordRead(ctx, actor, c, "", "opinion:file")
		}
		if err != nil {
			return Handed{}, nil, err
		}
		body, err := s.c.Blobs.Open(ctx, string(u.Files[i].Blob))
		if err != nil {
			return Handed{}, nil, fmt.Errorf("file %s of an opinion: %w", file, err)
		}
		return Handed{Material: u.Files[i]}, body, nil
	}
	return Handed{}, nil, ErrNotFound
}

// Task is the newest task that an agency was given in a thread; "" is none.
func (t Thread) Task(agency string) string {
	for _, x := range slices.Backward(t.Turns) {
		if string(x.Unit.Agency) == agency {
			return x.Unit.ID
		}
	}
	return ""
}
