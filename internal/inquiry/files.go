package inquiry

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/auth"
	"github.com/tongban/tongban/internal/kit/db"
	"github.com/tongban/tongban/internal/kit/document"
	"github.com/tongban/tongban/internal/kit/fault"
	"github.com/tongban/tongban/internal/kit/job"
)

// Faults of files that a person may be told.
var (
	ErrFiles    = fault.New(fault.Invalid, "inquiry.files_many", "max", maxFiles)
	ErrOffset   = fault.New(fault.Conflict, "inquiry.offset", "offset", 0)
	ErrNoUpload = fault.New(fault.NotFound, "inquiry.no_upload")
)

// Bounds of the files of one inquiry.
const (
	maxFiles   = 200
	photoMB    = 20
	uploadKeep = 24 * time.Hour
)

// roles are what files of an inquiry may be: with the action that adds one and
// what it may be.
var roles = map[string]struct {
	kind   []Kind
	action string
	types  []string
}{
	"photo":      {[]Kind{KindVisit}, "record", []string{"jpg", "png"}},
	"transcript": {[]Kind{KindHearing}, "preside", []string{"pdf", "jpg", "png"}},
	"opinion":    {[]Kind{KindReview}, "plan", []string{"pdf", "jpg", "png"}},
	"report":     {[]Kind{KindErrand, KindReview}, "plan", []string{"pdf", "jpg", "png"}},
}

// MaxPhoto is the most bytes that a file may have.
const MaxPhoto = photoMB << 20

// AddFile takes a file for an inquiry. Of a photo, time and place that the camera
// wrote are kept as evidence; the applicant gets a copy without them.
func (s *Service) AddFile(ctx context.Context, actor auth.Principal, id, role, item string, u Upload) (File, error) {
	x, err := s.mayAdd(ctx, actor, id, role, item)
	if err != nil {
		return File{}, err
	}
	return s.take(ctx, actor, x, role, item, u)
}

// mayAdd checks that an inquiry takes such a file now.
func (s *Service) mayAdd(ctx context.Context, actor auth.Principal, id, role, item string) (Inquiry, error) {
	r, known := roles[role]
	if !known {
		return Inquiry{}, ErrNotFound
	}
	x, c, err := s.open(ctx, actor, id, r.kind...)
	if err != nil {
		return x, err
	}
	if err := s.c.Policy.Check(actor, "inquiry."+r.action, object(x.Head, c)); err != nil {
		return x, err
	}
	return x, s.takes(&x, role, item)
}

func (s *Service) takes(x *Inquiry, role, item string) error {
	switch role {
	case "photo":
		if item != "" && !slices.ContainsFunc(x.Visit.Checklist, func(c contract.CheckItem) bool { return c.ID == item }) {
			return ErrNotFound
		}
		return s.recordable(x)
	case "transcript":
		return s.heard(x)
	case "opinion":
		if x.Review.member(item) == nil {
			return ErrNotFound
		}
	}
	if !x.Open {
		return ErrState
	}
	return nil
}

func (s *Service) take(ctx context.Context, actor auth.Principal, x Inquiry, role, item string, u Upload) (File, error) {
	spec := contract.MaterialSpec{ID: "inquiry-" + role, Types: roles[role].types, MaxMB: photoMB, MaxFiles: maxFiles}
	m, err := s.c.Intake.Take(ctx, spec, u.Name, u.Body)
	if err != nil {
		return File{}, err
	}
	f := File{
		ID: s.c.NewID(), Inquiry: x.ID, Role: role, Item: item, Name: m.Name, Type: m.Type, Size: m.Size, Blob: m.Blob,
		At: s.at(), By: Person{contract.AccountID(actor.ID), actor.Name},
	}
	if role == "photo" {
		if err := s.develop(ctx, &f); err != nil {
			return f, err
		}
	}
	_, err = s.step(ctx, actor, x.ID, roles[role].action, 0, func(ctx context.Context, tx db.Tx, x *Inquiry) (string, error) {
		if err := s.takes(x, role, item); err != nil {
			return "", err
		}
		fresh, err := s.keep(ctx, tx, f)
		if err != nil || !fresh { // the same photo again is the one that is there
			return "", err
		}
		if role == "photo" { // a photo is part of the record: who confirmed it before confirmed another
			x.Visit.Rev++
			x.State = Recording
		}
		return role, nil
	})
	return f, err
}

func (s *Service) keep(ctx context.Context, tx db.Tx, f File) (bool, error) {
	n, err := countFiles(ctx, tx, f.Inquiry)
	if err != nil {
		return false, err
	}
	if n >= maxFiles {
		return false, ErrFiles
	}
	text, err := json.Marshal(f.Shot)
	if err != nil {
		return false, fmt.Errorf("photo %s: %w", f.ID, err)
	}
	shot, err := s.c.Seal.Seal("inquiry.shot:"+f.ID, string(text))
	if err != nil {
		return false, fmt.Errorf("seal photo %s: %w", f.ID, err)
	}
	return insertFile(ctx, tx, f, shot)
}

// develop reads what the camera wrote into a photo and makes the copy without it.
func (s *Service) develop(ctx context.Context, f *File) error {
	body, err := s.bytes(ctx, f.Blob)
	if err != nil {
		return err
	}
	shot := document.ShotOf(body)
	f.Shot = Shot{At: shot.At, Lat: shot.Lat, Lng: shot.Lng, Where: shot.Where}
	bare, err := document.Bare(body)
	if err != nil {
		return err
	}
	id, _, err := s.c.Blobs.Put(ctx, bytes.NewReader(bare), int64(len(bare)))
	if err != nil {
		return fmt.Errorf("keep copy: %w", err)
	}
	f.Copy = contract.BlobID(id)
	return nil
}

func (s *Service) bytes(ctx context.Context, id contract.BlobID) (b []byte, err error) {
	r, err := s.c.Blobs.Open(ctx, string(id))
	if err != nil {
		return nil, fmt.Errorf("open file: %w", err)
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	return io.ReadAll(io.LimitReader(r, MaxPhoto+1))
}

// DropFile takes a file out before the record is closed.
func (s *Service) DropFile(ctx context.Context, actor auth.Principal, id, file string) error {
	f, err := s.fileOf(ctx, s.c.DB, id, file)
	if err != nil {
		return err
	}
	_, err = s.step(ctx, actor, id, roles[f.Role].action, 0, func(ctx context.Context, tx db.Tx, x *Inquiry) (string, error) {
		if err := s.takes(x, f.Role, f.Item); err != nil {
			return "", err
		}
		if err := deleteFile(ctx, tx, f.ID); err != nil {
			return "", err
		}
		if f.Role == "photo" {
			x.Visit.Rev++
		}
		return f.Role + "_dropped", nil
	})
	return err
}

// Files lists the files of an inquiry. The applicant sees photos and their own
// record's transcript; when and where a photo was taken is for officials.
func (s *Service) Files(ctx context.Context, actor auth.Principal, x Inquiry) ([]File, error) {
	list, err := s.files(ctx, x.ID, "")
	if err != nil || actor.Kind == auth.Staff && actor.For.Kind == "" {
		return list, err
	}
	list = slices.DeleteFunc(list, func(f File) bool { return f.Role != "photo" && f.Role != "transcript" || x.State != Closed })
	for i := range list {
		list[i].Shot = Shot{}
	}
	return list, nil
}

// File opens one file. Officials get the original, the applicant the copy without
// what the camera wrote, once the record is closed.
func (s *Service) File(ctx context.Context, actor auth.Principal, id, file string) (File, io.ReadCloser, error) {
	x, _, err := s.open(ctx, actor, id)
	if err != nil {
		return File{}, nil, err
	}
	list, err := s.Files(ctx, actor, x)
	if err != nil {
		return File{}, nil, err
	}
	i := slices.IndexFunc(list, func(f File) bool { return f.ID == file })
	if i < 0 {
		return File{}, nil, ErrNotFound
	}
	f := list[i]
	blob := f.Blob
	if f.Copy != "" && (actor.Kind == auth.Resident || actor.For.Kind != "") {
		blob, f.Size = f.Copy, 0
	}
	if err := s.recordRead(ctx, actor, x.Head, f.Role); err != nil {
		return f, nil, err
	}
	body, err := s.c.Blobs.Open(ctx, string(blob))
	if err != nil {
		return f, nil, fmt.Errorf("file %s: %w", f.ID, err)
	}
	return f, body, nil
}

func (s *Service) files(ctx context.Context, id, role string) ([]File, error) {
	rows, err := filesOf(ctx, s.c.DB, id)
	if err != nil {
		return nil, err
	}
	var list []File
	for _, r := range rows {
		if role != "" && r.Role != role {
			continue
		}
		f, err := s.shown(r)
		if err != nil {
			return nil, err
		}
		list = append(list, f)
	}
	return list, nil
}

func (s *Service) shown(r fileRow) (File, error) {
	text, err := s.c.Seal.Open("inquiry.shot:"+r.ID, r.shot)
	if err != nil {
		return r.File, fmt.Errorf("photo %s: %w", r.ID, err)
	}
	return r.File, json.Unmarshal([]byte(text), &r.Shot)
}

func (s *Service) fileOf(ctx context.Context, q db.Q, id, file string) (File, error) {
	list, err := filesOf(ctx, q, id)
	if err != nil {
		return File{}, err
	}
	i := slices.IndexFunc(list, func(r fileRow) bool { return r.ID == file })
	if i < 0 {
		return File{}, ErrNotFound
	}
	return list[i].File, nil
}

// photoCount counts the photos of each line of a checklist.
func (s *Service) photoCount(ctx context.Context, id string) (map[string]int, error) {
	list, err := filesOf(ctx, s.c.DB, id)
	if err != nil {
		return nil, err
	}
	n := map[string]int{}
	for _, f := range list {
		if f.Role == "photo" {
			n[f.Item]++
		}
	}
	return n, nil
}

// KeepsBlob tells whether an inquiry names a stored file.
func (s *Service) KeepsBlob(ctx context.Context, id contract.BlobID) (bool, error) {
	return keepsBlob(ctx, s.c.DB, id)
}

// Uploading is a photo that comes in pieces.
type Uploading struct {
	ID      string
	Inquiry string
	Item    string
	Name    string
	Size    int64
	Offset  int64
	Expires time.Time
}

// BeginUpload announces a photo that comes in pieces, over a line that breaks.
func (s *Service) BeginUpload(ctx context.Context, actor auth.Principal, id, item, name string, size int64) (Uploading, error) {
	if _, err := s.mayAdd(ctx, actor, id, "photo", item); err != nil {
		return Uploading{}, err
	}
	if size < 1 || size > MaxPhoto {
		return Uploading{}, fault.New(fault.Invalid, "inquiry.photo_large", "mb", photoMB)
	}
	if r := []rune(name); len(r) > 200 {
		name = string(r[:200])
	}
	u := Uploading{ID: s.c.NewID(), Inquiry: id, Item: item, Name: name, Size: size, Expires: s.c.Now().Add(uploadKeep)}
	return u, s.c.DB.InTx(ctx, func(ctx context.Context, tx db.Tx) error {
		open, err := uploadsOf(ctx, tx, id, s.c.Now())
		if err != nil {
			return err
		}
		if len(open) >= maxUploads {
			return ErrFiles
		}
		if err := insertUpload(ctx, tx, u, actor.ID); err != nil {
			return err
		}
		return s.c.Jobs.InsertTx(ctx, tx, forgetJob{u.ID}, job.Insert{At: u.Expires})
	})
}

// maxUploads bounds the photos of one visit that arrive at the same time.
const maxUploads = 50

// Uploads lists photos that have not arrived completely.
func (s *Service) Uploads(ctx context.Context, actor auth.Principal, id string) ([]Uploading, error) {
	if _, err := s.mayAdd(ctx, actor, id, "photo", ""); err != nil {
		return nil, err
	}
	return uploadsOf(ctx, s.c.DB, id, s.c.Now())
}

func (s *Service) upload(ctx context.Context, actor auth.Principal, id, upload string) (Inquiry, Uploading, error) {
	x, err := s.mayAdd(ctx, actor, id, "photo", "")
	if err != nil {
		return x, Uploading{}, err
	}
	open, err := uploadsOf(ctx, s.c.DB, id, s.c.Now())
	if err != nil {
		return x, Uploading{}, err
	}
	i := slices.IndexFunc(open, func(u Uploading) bool { return u.ID == upload })
	if i < 0 {
		return x, Uploading{}, ErrNoUpload
	}
	return x, open[i], nil
}

// AppendUpload takes the next piece. The offset must be the one last told.
func (s *Service) AppendUpload(ctx context.Context, actor auth.Principal, id, upload string, offset int64, body io.Reader) (Uploading, error) {
	_, u, err := s.upload(ctx, actor, id, upload)
	if err != nil {
		return u, err
	}
	if offset != u.Offset {
		return u, ErrOffset.With("offset", u.Offset)
	}
	size, writing := s.c.Parts.Append(ctx, u.ID, offset, u.Size, body)
	if size == u.Offset && writing != nil {
		return u, fmt.Errorf("receive photo: %w", writing)
	}
	ctx = context.WithoutCancel(ctx) // what is durable is noted, though the line may be gone
	moved := false
	err = s.c.DB.InTx(ctx, func(ctx context.Context, tx db.Tx) error {
		moved, err = moveUpload(ctx, tx, u.ID, offset, size)
		return err
	})
	switch {
	case err != nil:
		return u, err
	case !moved:
		return u, ErrOffset.With("offset", u.Offset)
	}
	u.Offset = size
	if writing != nil {
		return u, fmt.Errorf("receive photo: %w", writing)
	}
	return u, nil
}

// FinishUpload takes a photo that has arrived.
func (s *Service) FinishUpload(ctx context.Context, actor auth.Principal, id, upload string) (File, error) {
	x, u, err := s.upload(ctx, actor, id, upload)
	if err != nil {
		return File{}, err
	}
	if u.Offset != u.Size {
		return File{}, ErrOffset.With("offset", u.Offset)
	}
	part, err := s.c.Parts.Open(ctx, u.ID)
	if err != nil {
		return File{}, fmt.Errorf("open upload: %w", err)
	}
	f, err := s.take(ctx, actor, x, "photo", u.Item, Upload{u.Name, part})
	err = errors.Join(err, part.Close())
	if err != nil && fault.KindOf(err) != fault.Invalid { // it may get better
		return f, err
	}
	return f, errors.Join(err, s.forget(ctx, u.ID))
}

func (s *Service) forget(ctx context.Context, upload string) error {
	ctx = context.WithoutCancel(ctx)
	err := s.c.DB.InTx(ctx, func(ctx context.Context, tx db.Tx) error { return deleteUpload(ctx, tx, upload) })
	return errors.Join(err, s.c.Parts.Remove(ctx, upload))
}
