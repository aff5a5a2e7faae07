package form

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"unicode/utf8"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/auth"
	"github.com/tongban/tongban/internal/kit/db"
	"github.com/tongban/tongban/internal/kit/document"
	"github.com/tongban/tongban/internal/kit/fault"
)

// noteField binds the sealed words of a statement to their column.
const noteField = "form_files.note"

// papers reads what was handed in with a draft, in whatever way.
func (s *Service) papers(ctx context.Context, d *Draft) error { return s.papersIn(ctx, s.c.DB, d) }

func (s *Service) papersIn(ctx context.Context, q db.Q, d *Draft) error {
	list, err := selectFiles(ctx, q, d.ID)
	if err != nil {
		return err
	}
	d.Files = make([]contract.Material, 0, len(list))
	for _, f := range list {
		if len(f.note) > 0 {
			if f.Text, err = s.c.Seal.Open(noteField, f.note); err != nil {
				return fmt.Errorf("open statement: %w", err)
			}
		}
		d.Files = append(d.Files, f.Material)
	}
	return nil
}

// Trust levels of what stands for a material (G108): A made by the government,
// B verified against the original, C uploaded, D promised.
var wayLevels = map[string]string{
	contract.MaterialUpload: uploadLevel, contract.MaterialStatement: "D", // what is shown at a counter has its level once it was looked at
	contract.MaterialOwed: "D", contract.MaterialHeld: "A", contract.MaterialLicence: "A",
}

// maxStatement bounds a statement in one's own words.
const maxStatement = 4000

// ChooseWay chooses how a material comes. What was handed in before in another
// way is kept and counts again when that way is chosen again.
func (s *Service) ChooseWay(ctx context.Context, actor auth.Principal, id contract.DraftID, material, way string, args WayArgs) (Draft, error) {
	for range maxRetries {
		r, c, d, err := s.open(ctx, actor, id)
		if err != nil {
			return d, err
		}
		m, made, err := s.come(ctx, &d, material, way, args)
		if err != nil {
			return d, err
		}
		stored, err := s.storeWay(ctx, actor, c, r, &d, chosen{m, made, way})
		if err != nil || stored {
			return d, err
		}
	}
	return Draft{}, ErrStale
}

// chosen is a way with what stands for the material then, if anything does.
type chosen struct {
	m    contract.Material
	made bool
	way  string
}

// come makes what stands for a material in a way that is open.
func (s *Service) come(ctx context.Context, d *Draft, material, way string, args WayArgs) (contract.Material, bool, error) {
	state, err := s.wants(*d, "", material, way)
	if err != nil {
		return contract.Material{}, false, err
	}
	spec := state.Spec
	open, _ := state.Open(way)
	m := contract.Material{ID: spec.ID, File: s.c.NewID(), Name: spec.Name.ZH, Origin: way, At: s.c.Now(), Level: wayLevels[way]}
	switch way {
	case contract.MaterialUpload:
		return m, false, nil
	case contract.MaterialStatement:
		m.Text = clean(args.Text, true)
		if m.Text == "" {
			m.Text = spec.Statement.ZH
		}
		if n := utf8.RuneCountInString(m.Text); n == 0 || n > maxStatement {
			e := fault.Form{}
			e.Add("text", "form.way.statement", "n", maxStatement)
			return m, false, e.Err()
		}
	case contract.MaterialOwed:
		m.Due = open.Due
	case contract.MaterialCopy:
		return s.copied(ctx, *d, open.Copies, m, args.File)
	}
	return m, true, nil
}

// copied takes a verified copy of an earlier case; "" takes the latest. What is
// used again says so on every page (domain: trust levels of G108).
func (s *Service) copied(ctx context.Context, d Draft, from []contract.Copy, m contract.Material, id string) (contract.Material, bool, error) {
	var x contract.Copy
	for _, y := range from {
		if (id == "" && y.Checked > x.Checked) || (id != "" && y.Material.File == id) {
			x = y
		}
	}
	if x.Material.Blob == "" {
		return m, false, ErrNoWay
	}
	m.Name, m.Type, m.Size, m.Blob, m.Level = x.Material.Name, x.Material.Type, x.Material.Size, x.Material.Blob, x.Material.Level
	m.Pages, m.Turn, m.Source = x.Material.Pages, x.Material.Turn, x.Case
	if s.c.Stamp == nil {
		return m, true, nil
	}
	until := s.today().Add(copyDays)
	lines := document.Lines(document.Mark{Level: m.Level, Who: d.Party.Name, Purpose: d.Service.Name.ZH, Case: x.Case, On: s.today(), Until: until})
	if err := s.stamped(ctx, &m, lines); err != nil {
		return m, false, err
	}
	return m, true, nil
}

// stamped makes the copy that is handed on: a file of its own.
func (s *Service) stamped(ctx context.Context, m *contract.Material, lines []string) (err error) {
	body, err := s.c.Blobs.Open(ctx, string(m.Blob))
	if err != nil {
		return fmt.Errorf("open copy: %w", err)
	}
	text, err := io.ReadAll(body)
	if err = errors.Join(err, body.Close()); err != nil {
		return fmt.Errorf("read copy: %w", err)
	}
	if text, err = s.c.Stamp.Stamp(m.Type, text, lines); err != nil {
		return fmt.Errorf("stamp copy: %w", err)
	}
	blob, size, err := s.c.Blobs.Put(ctx, bytes.NewReader(text), int64(len(text)))
	if err != nil {
		return fmt.Errorf("store copy: %w", err)
	}
	m.Blob, m.Size = contract.BlobID(blob), size
	return s.c.DB.InTx(ctx, func(ctx context.Context, tx db.Tx) error {
		return addOrphan(ctx, tx, m.Blob, s.c.Now()) // until the row that names it is stored
	})
}

// storeWay writes the way and what came in it as one revision.
func (s *Service) storeWay(ctx context.Context, actor auth.Principal, c *Compiled, r row, d *Draft, x chosen) (bool, error) {
	d.Ways[x.m.ID] = x.way
	d.Files = slices.DeleteFunc(d.Files, func(m contract.Material) bool { return m.ID == x.m.ID && m.Origin != contract.MaterialUpload })
	f := file{Material: x.m}
	if x.made {
		d.Files = append(d.Files, x.m)
	}
	var err error
	if x.m.Text != "" {
		if f.note, err = s.c.Seal.Seal(noteField, x.m.Text); err != nil {
			return false, fmt.Errorf("seal statement: %w", err)
		}
		f.Text = ""
	}
	if err := s.judge(c, d); err != nil {
		return false, err
	}
	if r.Answers, r.Sealed, err = s.pack(c, *d); err != nil {
		return false, err
	}
	r.Done, r.Total = d.Result.Progress()
	r.Saved, r.Mandate = s.c.Now(), actor.For.Mandate
	r.Expires = later(r.Expires, r.Saved.Add(keep))
	ok := false
	err = s.c.DB.InTx(ctx, func(ctx context.Context, tx db.Tx) error {
		if ok, err = updateDraft(ctx, tx, r); err != nil || !ok {
			return err
		}
		if err := deleteWay(ctx, tx, r.ID, x.m.ID, s.c.Now()); err != nil {
			return err
		}
		if x.made {
			if err := insertFile(ctx, tx, r.ID, f); err != nil {
				return err
			}
		}
		return s.tell(ctx, tx, actor, r, x.m.ID)
	})
	d.Rev, d.Saved, d.Expires = r.Rev+1, r.Saved, r.Expires
	return ok, err
}

// Rotate turns how an uploaded picture is shown, in quarters clockwise; the
// file itself stays as it was received.
func (s *Service) Rotate(ctx context.Context, actor auth.Principal, id contract.DraftID, fileID string, turn int) error {
	if turn%90 != 0 {
		return fault.New(fault.Invalid, "form.file.turn")
	}
	turn = ((turn % 360) + 360) % 360
	r, d, err := s.hands(ctx, actor, id, "")
	if err != nil {
		return err
	}
	i := slices.IndexFunc(d.Files, func(m contract.Material) bool { return m.File == fileID })
	if i < 0 {
		return ErrNotFound
	}
	if _, err := s.wants(d, "", d.Files[i].ID, contract.MaterialUpload); err != nil {
		return err
	}
	r.Saved, r.Expires = s.c.Now(), later(r.Expires, s.c.Now().Add(keep))
	return s.c.DB.InTx(ctx, func(ctx context.Context, tx db.Tx) error {
		open, err := touchDraft(ctx, tx, r)
		if err != nil || !open {
			return errors.Join(err, onlyIf(err == nil, ErrSubmitted))
		}
		if ok, err := turnFile(ctx, tx, id, fileID, turn); err != nil || !ok {
			return errors.Join(err, onlyIf(err == nil, ErrNotFound))
		}
		return s.tell(ctx, tx, actor, r, d.Files[i].ID)
	})
}

// copyDays is how long a stamped copy says it may be used.
const copyDays = 90
