package casework

import (
	"context"
	"encoding/base64"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/auth"
	"github.com/tongban/tongban/internal/kit/db"
	"github.com/tongban/tongban/internal/kit/fault"
)

// Trust levels of materials (G108): produced by the issuing body, compared with
// the original by an official, uploaded, stated.
const (
	levelIssued   = "A"
	levelVerified = "B"
)

// maxNote bounds what an official notes on an original.
const maxNote = 200

// Verification is what an official saw of an original.
type Verification struct {
	Note string
	Scan []Upload // of the original, made at the counter; at most one
}

// Copies are the verified copies in earlier cases of a subject that may stand
// for materials with these elements: level A or B, newest first. How old one may
// be is for the service that asks. Only who acts for the subject is told, and
// whose right is limited, of the services it covers.
func (s *Service) Copies(ctx context.Context, actor auth.Principal, subject contract.Party, elements []string) ([]contract.Copy, error) {
	if !actor.Applies() || subject.ID == "" || actor.Subject() != subject.ID {
		return nil, ErrNotFound
	}
	elements = slices.DeleteFunc(slices.Clone(elements), func(e string) bool { return e == "" })
	if len(elements) == 0 {
		return nil, nil
	}
	return copiesOf(ctx, s.c.DB, subject.ID, actor.For.Items, elements)
}

// Verify notes that an official compared a material with its original. From
// then on it has level B, and later applications of the same applicant may use
// it instead of another upload.
func (s *Service) Verify(ctx context.Context, actor auth.Principal, id contract.CaseID, file string, v Verification) error {
	c, h, svc, err := s.handedInBy(ctx, actor, id)
	if err != nil {
		return err
	}
	if err := s.c.Policy.Check(actor, "casework.verify", object(c, nil)); err != nil {
		return err
	}
	i := slices.IndexFunc(h.materials, func(m contract.Material) bool { return m.File == file })
	if i < 0 {
		return ErrNotFound
	}
	m, spec := h.materials[i], materialSpec(svc, h.materials[i].ID)
	if !Verifiable(c, m) {
		return ErrState
	}
	if v.Note = strings.TrimSpace(v.Note); len([]rune(v.Note)) > maxNote {
		var form fault.Form
		form.Add("note", "casework.too_long", "max", maxNote)
		return form.Err()
	}
	if len(v.Scan) > 0 && m.Blob == "" {
		scans, err := s.take(ctx, spec, v.Scan[:1])
		if err != nil {
			return err
		}
		m.Name, m.Type, m.Size, m.Blob = scans[0].Name, scans[0].Type, scans[0].Size, scans[0].Blob
	}
	m.Level = levelVerified
	return s.c.DB.InTx(ctx, func(ctx context.Context, tx db.Tx) error { return s.verified(ctx, tx, actor, c, seen{spec, m, v.Note}) })
}

// Verifiable tells what has an original that somebody can look at, as long as
// the case is open.
func Verifiable(c Case, m contract.Material) bool {
	if c.Stage == StageDone {
		return false
	}
	switch m.Origin {
	case contract.MaterialUpload, contract.MaterialCounter:
		return m.Level != levelIssued && m.Level != levelVerified
	}
	return false
}

// seen is a material whose original an official has compared.
type seen struct {
	spec     contract.MaterialSpec
	material contract.Material
	note     string
}

func (s *Service) verified(ctx context.Context, tx db.Tx, actor auth.Principal, c Case, x seen) error {
	m := x.material
	if err := verifyMaterial(ctx, tx, c.ID, m); err != nil {
		return err
	}
	o := Original{By: Handler{actor.ID, actor.Name}, Agency: lookedAt(actor, c), Note: x.note}
	if err := insertOriginal(ctx, tx, c.ID, m.File, o, micro(s.c.Now())); err != nil {
		return err
	}
	if err := s.keepCopy(ctx, tx, c, x.spec, m); err != nil {
		return err
	}
	return s.c.Events.Record(ctx, tx, meta(actor, c), contract.MaterialVerified{
		Case: c.ID, Material: m.ID, File: m.File, At: s.c.Now().UTC().Truncate(time.Microsecond),
	})
}

// keepCopy offers a material of level A or B to later applications.
func (s *Service) keepCopy(ctx context.Context, tx db.Tx, c Case, spec contract.MaterialSpec, m contract.Material) error {
	if spec.Element == "" || m.Blob == "" || m.Level != levelIssued && m.Level != levelVerified {
		return nil
	}
	return insertCopy(ctx, tx, reusable{
		id: c.ID, file: m.File, subject: c.Applicant.ID, element: spec.Element, item: c.Item,
		name: spec.Name, checked: s.Today().String(),
	})
}

// sealWords seals what somebody stated instead of a material.
func (s *Service) sealWords(id contract.CaseID, list []contract.Material) ([]contract.Material, error) {
	return eachWords(list, func(text string) (string, error) {
		sealed, err := s.c.Seal.Seal(wordsSeal(id), text)
		return base64.StdEncoding.EncodeToString(sealed), err
	})
}

// openWords opens what sealWords sealed.
func (s *Service) openWords(id contract.CaseID, list []contract.Material) ([]contract.Material, error) {
	return eachWords(list, func(text string) (string, error) {
		sealed, err := base64.StdEncoding.DecodeString(text)
		if err != nil {
			return "", err
		}
		return s.c.Seal.Open(wordsSeal(id), sealed)
	})
}

func eachWords(list []contract.Material, change func(string) (string, error)) ([]contract.Material, error) {
	list = slices.Clone(list)
	for i, m := range list {
		if m.Text == "" {
			continue
		}
		text, err := change(m.Text)
		if err != nil {
			return nil, fmt.Errorf("statement for %s: %w", m.ID, err)
		}
		list[i].Text = text
	}
	return list, nil
}

func wordsSeal(id contract.CaseID) string { return "casework.statement:" + string(id) }

// HandedIn tells of one material of the newest round without opening its file.
func (s *Service) HandedIn(ctx context.Context, actor auth.Principal, id contract.CaseID, file string) (contract.Material, error) {
	_, h, _, err := s.handedInBy(ctx, actor, id)
	if err != nil {
		return contract.Material{}, err
	}
	i := slices.IndexFunc(h.materials, func(m contract.Material) bool { return m.File == file })
	if i < 0 {
		return contract.Material{}, ErrNotFound
	}
	return h.materials[i], nil
}

// Originals says which materials of a case were compared with their originals,
// by file.
func (s *Service) Originals(ctx context.Context, actor auth.Principal, id contract.CaseID) (map[string]Original, error) {
	c, err := s.Open(ctx, actor, id)
	if err != nil {
		return nil, err
	}
	if err := s.c.Policy.Check(actor, "casework.read", object(c, nil)); err != nil {
		return nil, err
	}
	return originalsOf(ctx, s.c.DB, id)
}

// handedOver does what follows from handing materials in: what is owed is
// watched, what government produced can be used again, and each use of an
// earlier copy is a read of the applicant's data.
func (s *Service) handedOver(ctx context.Context, tx db.Tx, c Case, svc contract.Service, h handIn) error {
	if err := s.owe(ctx, tx, c, svc, h.materials); err != nil {
		return err
	}
	if h.round > 1 { // told with the first round
		return nil
	}
	var used []string
	for _, m := range h.materials {
		switch m.Origin {
		case contract.MaterialCopy:
			used = append(used, "copy:"+m.ID)
		case contract.MaterialUpload:
			if err := s.keepCopy(ctx, tx, c, materialSpec(svc, m.ID), m); err != nil {
				return err
			}
		}
	}
	if len(used) == 0 {
		return nil
	}
	m := meta(auth.SystemPrincipal("material-reuse"), c)
	m.Purpose, m.Basis = "reuse", reuseBasis
	return s.c.Events.Record(ctx, tx, m, contract.PersonalDataRead{
		Subject: c.Applicant.ID, What: used, Case: c.ID, Purpose: m.Purpose, Basis: m.Basis,
		At: s.c.Now().UTC().Truncate(time.Microsecond),
	})
}

// reuseBasis is why a verified copy is used instead of asking again.
const reuseBasis = "国办函〔2016〕108号（材料可信等级与复用）"
