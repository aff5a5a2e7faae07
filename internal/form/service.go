package form

import (
	"context"
	"embed"
	"fmt"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/auth"
	"github.com/tongban/tongban/internal/kit/day"
	"github.com/tongban/tongban/internal/kit/db"
	"github.com/tongban/tongban/internal/kit/fault"
	"github.com/tongban/tongban/internal/kit/job"
	"github.com/tongban/tongban/internal/kit/policy"
	"github.com/tongban/tongban/internal/kit/rule"
)

// Migrations are the tables of this area.
//
//go:embed migrations/*.sql
var Migrations embed.FS

// Policies says who may do what with drafts.
//
//go:embed policy.cedar
var Policies string

const (
	// keep is how long a draft that nobody touches is kept.
	keep = 30 * 24 * time.Hour
	// maxContent bounds the answers of one draft as stored, in bytes.
	maxContent = 1 << 20
	// maxDrafts bounds how many unfinished applications a person has; the list
	// shows as many.
	maxDrafts = 50
	// sealedField binds sealed answers to this column.
	sealedField = "form_drafts.sealed"
)

// Config is what the form needs from the rest of the program.
type Config struct {
	DB      *db.DB
	Catalog Catalog
	Cases   Cases
	People  People
	Blobs   Blobs
	Parts   Parts
	Seal    Sealer
	Policy  Policy
	Jobs    *job.Queue
	Events  Events
	Now     func() time.Time
	NewID   func() string
	// Counters tells where somebody is served in person; nil is nowhere.
	Counters Counters
	// Press prints applications to be signed by hand; nil prints none.
	Press Press
	// Registries, Licences and Copies may be nil: then nothing is held.
	Registries Registries
	Licences   Licences
	Copies     Copies
	// Scanner may be nil: then files are only looked at by type and structure.
	Scanner Scanner
	// Stamp writes on copies that are used again; nil hands them on as they are.
	Stamp Stamper
	// Calendars and Region give working days; Barred may be nil: nobody is.
	Calendars Calendars
	Region    string
	Barred    Barred
	// Divisions names a division; nil shows codes.
	Divisions func(code string) (contract.Text, bool)
	// Keepers tell of a file whether somebody else keeps it.
	Keepers []Keeper
	// MaxUploadMB bounds every upload, whatever a package says; 0 is 20.
	MaxUploadMB int
}

// Service keeps drafts and hands them in.
type Service struct {
	c        Config
	engine   *rule.Engine
	compiled sync.Map // "item@version" to *Compiled; versions never change
}

// New returns the service.
func New(c Config) (*Service, error) {
	e, err := rule.New()
	if err != nil {
		return nil, fmt.Errorf("form: %w", err)
	}
	if c.MaxUploadMB == 0 {
		c.MaxUploadMB = 20
	}
	return &Service{c: c, engine: e}, nil
}

func (s *Service) today() day.Date { return day.In(s.c.Now()) }

// compile returns the service version ready to evaluate; each is compiled once.
func (s *Service) compile(svc contract.Service) (*Compiled, error) {
	key := fmt.Sprintf("%s@%d", svc.Item, svc.Version)
	if c, ok := s.compiled.Load(key); ok {
		return c.(*Compiled), nil
	}
	c, err := Compile(s.engine, svc)
	if err != nil {
		return nil, fmt.Errorf("compile %s: %w", key, err)
	}
	s.compiled.Store(key, c)
	return c, nil
}

func (s *Service) version(ctx context.Context, item contract.ItemID, version int) (*Compiled, error) {
	if c, ok := s.compiled.Load(fmt.Sprintf("%s@%d", item, version)); ok {
		return c.(*Compiled), nil
	}
	svc, err := s.c.Catalog.Version(ctx, item, version)
	if err != nil {
		return nil, fmt.Errorf("service of draft: %w", err)
	}
	return s.compile(svc)
}

// load reads a draft for the actor. Whoever may not see it is told that it does
// not exist; its owner is told why it does not open.
func (s *Service) load(ctx context.Context, actor auth.Principal, id contract.DraftID, action string) (row, error) {
	r, err := selectDraft(ctx, s.c.DB, id)
	if err != nil {
		return row{}, err
	}
	if err := s.may(actor, action, r); err != nil {
		return row{}, err
	}
	if r.Submitted.IsZero() && !r.Expires.After(s.c.Now()) {
		return row{}, ErrExpired
	}
	return r, nil
}

func (s *Service) may(actor auth.Principal, action string, r row) error {
	subject := r.Company
	if subject == "" {
		subject = string(r.Owner)
	}
	err := s.c.Policy.Check(actor, action, policy.Object{Type: "Draft", ID: string(r.ID), Attrs: map[string]any{
		"owner": string(r.Owner), "subject": subject, "item": string(r.Item),
	}})
	switch {
	case fault.KindOf(err) != fault.Denied:
		return err
	case !actor.Applies() || actor.Person() != string(r.Owner):
		return ErrNotFound.Wrap(err)
	case actor.Subject() != subject: // also where the right was revoked: it is kept, but does not open
		return ErrOtherParty.With("name", r.Party.Name).Wrap(err)
	}
	return ErrNotCovered.Wrap(err)
}

// draft completes a loaded row: service, answers, files, correction, result.
func (s *Service) draft(ctx context.Context, actor auth.Principal, r row) (*Compiled, Draft, error) {
	c, err := s.version(ctx, r.Item, r.Version)
	if err != nil {
		return nil, Draft{}, err
	}
	d, err := s.unpack(c, r)
	if err != nil || d.Receipt != nil {
		return c, d, err
	}
	if err := s.papers(ctx, &d); err != nil {
		return nil, Draft{}, err
	}
	if err := s.signatures(ctx, s.c.DB, c, &d); err != nil {
		return nil, Draft{}, err
	}
	if err := s.confirmed(ctx, s.c.DB, &d, r); err != nil {
		return nil, Draft{}, err
	}
	if d.Kind == KindCorrection {
		k, err := s.c.Cases.Correction(ctx, actor, d.Case)
		if err != nil {
			return nil, Draft{}, err
		}
		d.Correction = &k
	}
	return c, d, s.judge(c, &d)
}

// input is what the draft is judged by as it stands.
func (s *Service) input(c *Compiled, d *Draft) Input {
	in := Input{
		Answers: d.Answers, Typed: d.Typed, Applicant: d.Party, Today: s.today(), Divisions: s.c.Divisions, DueBy: s.dueBy,
		Held: d.Held, Down: d.Down, Disputed: d.disputed(), Licences: d.Licences, Copies: d.Copies,
		Materials: ofSigner(d.Files, ""), Ways: d.Ways, Commits: d.commits(),
		Signers: map[string]SignerInput{},
	}
	for _, g := range d.signed {
		x := g.input
		x.Materials = ofSigner(d.Files, g.row.Signer)
		in.Signers[g.row.Signer] = x
	}
	if d.Correction != nil {
		in.Answers = merge(d.Correction.Answers, d.Answers)
		in.Materials = slices.Concat(d.Correction.Materials, d.Files)
		in.Reopened, in.Held, in.Signers = d.Correction.Marks, nil, c.signedBefore(in)
	}
	return in
}

// judge evaluates the draft as it stands.
func (s *Service) judge(c *Compiled, d *Draft) error {
	var err error
	if d.Result, err = c.Evaluate(s.input(c, d)); err != nil {
		return err
	}
	for i, k := range d.Choices {
		_, d.Choices[i].Offered = d.Result.Commitment(k.Part)
	}
	d.Signers = d.signers()
	return nil
}

// signedBefore gives the signers of a case that is corrected what they said and
// handed in: they signed, and are not asked again.
func (c *Compiled) signedBefore(in Input) map[string]SignerInput {
	all := map[string]SignerInput{}
	put := func(id string, answers contract.Answers) {
		all[id] = SignerInput{Answers: answers, Materials: ofSigner(in.Materials, id), Signature: &contract.Signature{Signer: id}}
	}
	for _, g := range c.Service.Signers {
		if g.Group == "" {
			put(g.ID, in.Answers)
			continue
		}
		for i, row := range rowsOf(in.Answers[g.Group]) {
			put(g.ID+"/"+strconv.Itoa(i), row)
		}
	}
	return all
}

func ofSigner(files []contract.Material, signer string) []contract.Material {
	return slices.DeleteFunc(slices.Clone(files), func(m contract.Material) bool { return m.Signer != signer })
}

// dueBy is the day by which something must come that comes so many working days
// later.
func (s *Service) dueBy(workdays int) string {
	if s.c.Calendars == nil {
		return ""
	}
	return s.c.Calendars.For(s.c.Region).AddWorkdays(s.today(), workdays).String()
}

// Draft returns a draft of the actor's.
func (s *Service) Draft(ctx context.Context, actor auth.Principal, id contract.DraftID) (Draft, error) {
	r, err := s.load(ctx, actor, id, "form.view")
	if err != nil {
		return Draft{}, err
	}
	if err := s.recordRead(ctx, actor, "draft:"+string(id), subjectOfRow(r), "answers"); err != nil {
		return Draft{}, err
	}
	if r, err = s.refresh(ctx, actor, r); err != nil {
		return Draft{}, err
	}
	_, d, err := s.draft(ctx, actor, r)
	return d, err
}

// OpenDrafts lists the actor's unfinished applications, newest first.
func (s *Service) OpenDrafts(ctx context.Context, actor auth.Principal) ([]Open, error) {
	if !actor.Applies() {
		return nil, nil
	}
	rows, err := selectOpen(ctx, s.c.DB, actor.Person(), subjectOf(actor), s.c.Now())
	if err != nil {
		return nil, err
	}
	if len(rows) > 0 {
		if err := s.recordRead(ctx, actor, "", actor.Subject(), "drafts"); err != nil {
			return nil, err
		}
	}
	list := make([]Open, 0, len(rows))
	for _, r := range rows {
		if err := s.may(actor, "form.view", r); err != nil {
			continue
		}
		c, err := s.version(ctx, r.Item, r.Version)
		if err != nil {
			return nil, err
		}
		list = append(list, Open{
			ID: r.ID, Item: r.Item, Name: c.Service.Name, Party: r.Party,
			State: r.State, Done: r.Done, Total: r.Total, Saved: r.Saved, Expires: r.Expires,
		})
	}
	return list, nil
}
