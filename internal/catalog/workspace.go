package catalog

import (
	"context"
	"time"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/auth"
	"github.com/tongban/tongban/internal/kit/db"
	"github.com/tongban/tongban/internal/kit/event"
	"github.com/tongban/tongban/internal/kit/fault"
)

// Faults of the desk's workspaces.
var (
	ErrNoWorkspace = fault.New(fault.NotFound, "catalog.workspace.not_found")
	ErrEdited      = fault.New(fault.Conflict, "catalog.workspace.edited") // somebody else saved in between
)

// Workspace is a package that somebody works on at the catalogue desk. Nothing
// of it holds until it is published.
type Workspace struct {
	ID    string
	Item  contract.ItemID
	Name  string
	Files Files
	Rev   int64
	At    time.Time
	By    string
}

// WorkspaceChanged says that a package was edited, published or thrown away at
// the desk.
type WorkspaceChanged struct {
	Workspace string          `json:"workspace"`
	Item      contract.ItemID `json:"item"`
	Change    string          `json:"change"` // made, saved, published, deleted
	Version   int             `json:"version,omitempty"`
	At        time.Time       `json:"at"`
}

// EventName is the event's wire name.
func (WorkspaceChanged) EventName() string { return "catalog.workspace.v1" }

// Workspaces lists the packages that are worked on, last edited first.
func (s *Service) Workspaces(ctx context.Context, actor auth.Principal) ([]Workspace, error) {
	if err := s.c.Policy.Check(actor, "catalog.manage", object("")); err != nil {
		return nil, err
	}
	return listWorkspaces(ctx, s.c.DB)
}

// Workspace returns one with what is known about it.
func (s *Service) Workspace(ctx context.Context, actor auth.Principal, id string) (Workspace, Examined, error) {
	if err := s.c.Policy.Check(actor, "catalog.manage", object("")); err != nil {
		return Workspace{}, Examined{}, err
	}
	w, err := getWorkspace(ctx, s.c.DB, id)
	if err != nil {
		return w, Examined{}, err
	}
	e, err := s.Examine(ctx, w.Files)
	return w, e, err
}

// OpenWorkspace begins to work on files: an uploaded package, or the source of a
// published version.
func (s *Service) OpenWorkspace(ctx context.Context, actor auth.Principal, files Files) (string, error) {
	w := Workspace{ID: s.c.NewID(), Files: files}
	return w.ID, s.saveWorkspace(ctx, actor, w, "made")
}

// SaveWorkspace stores edited files; rev is what the editor saw. Files that
// cannot be read are stored all the same: nothing typed is lost.
func (s *Service) SaveWorkspace(ctx context.Context, actor auth.Principal, id string, rev int64, files Files) error {
	return s.saveWorkspace(ctx, actor, Workspace{ID: id, Files: files, Rev: rev}, "saved")
}

func (s *Service) saveWorkspace(ctx context.Context, actor auth.Principal, w Workspace, change string) error {
	if err := s.c.Policy.Check(actor, "catalog.edit", object("")); err != nil {
		return err
	}
	svc, _ := Load(w.Files, s.c.Examiner.Rule)
	seen := w.Rev
	w.Item, w.Name, w.Rev, w.At, w.By = svc.Item, svc.Name.ZH, seen+1, s.c.Now().UTC(), actor.ID
	return s.c.DB.InTx(ctx, func(ctx context.Context, tx db.Tx) error {
		if err := putWorkspace(ctx, tx, w, seen); err != nil {
			return err
		}
		return s.workspaceEvent(ctx, tx, actor, w, change, 0)
	})
}

// PublishWorkspace publishes the package of a workspace as it is stored, and
// closes the workspace.
func (s *Service) PublishWorkspace(ctx context.Context, actor auth.Principal, id string, rev int64) (Examined, int, error) {
	w, err := getWorkspace(ctx, s.c.DB, id)
	if err != nil {
		return Examined{}, 0, err
	}
	if w.Rev != rev {
		return Examined{}, 0, ErrEdited
	}
	e, version, err := s.PublishFiles(ctx, actor, w.Files)
	if err != nil {
		return e, 0, err
	}
	return e, version, s.closeWorkspace(ctx, actor, w, "published", version)
}

// DeleteWorkspace throws away what was worked on.
func (s *Service) DeleteWorkspace(ctx context.Context, actor auth.Principal, id string) error {
	if err := s.c.Policy.Check(actor, "catalog.edit", object("")); err != nil {
		return err
	}
	w, err := getWorkspace(ctx, s.c.DB, id)
	if err != nil {
		return err
	}
	return s.closeWorkspace(ctx, actor, w, "deleted", 0)
}

func (s *Service) closeWorkspace(ctx context.Context, actor auth.Principal, w Workspace, change string, version int) error {
	w.At = s.c.Now().UTC()
	return s.c.DB.InTx(ctx, func(ctx context.Context, tx db.Tx) error {
		if err := deleteWorkspace(ctx, tx, w.ID); err != nil {
			return err
		}
		return s.workspaceEvent(ctx, tx, actor, w, change, version)
	})
}

func (s *Service) workspaceEvent(ctx context.Context, tx db.Tx, actor auth.Principal, w Workspace, change string, version int) error {
	m := event.Meta{Actor: actor, Object: "workspace:" + w.ID}
	return s.c.Events.Record(ctx, tx, m, WorkspaceChanged{Workspace: w.ID, Item: w.Item, Change: change, Version: version, At: w.At})
}

// Source returns the files that a version was published from.
func (s *Service) Source(ctx context.Context, actor auth.Principal, item contract.ItemID, version int) (Files, error) {
	if err := s.c.Policy.Check(actor, "catalog.manage", object(item)); err != nil {
		return nil, err
	}
	return getSource(ctx, s.c.DB, item, version)
}
