package counter

import (
	"context"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/auth"
	"github.com/tongban/tongban/internal/kit/day"
	"github.com/tongban/tongban/internal/kit/db"
	"github.com/tongban/tongban/internal/kit/fault"
	"github.com/tongban/tongban/internal/kit/job"
	"github.com/tongban/tongban/internal/kit/policy"
)

// The window for what could not be got done (办不成事反映窗口): somebody came or
// clicked, and went away without. It looks for a way to get it done. It is no
// complaint, no reconsideration and no petition: these have clocks and rules of
// their own, and the page says where to go for them.

// Why something could not be got done, as people say it.
var stuckKinds = []string{"sent_away", "papers", "system", "slow", "unclear", "rule", "nobody", "other"}

// Where it failed.
var stuckPlaces = []string{"online", "hall", "department", "phone"}

// Results of an answer.
const (
	StuckSolved    = "solved"
	StuckExplained = "explained" // cannot be done, and why in law
	StuckPassed    = "passed_on"
)

// States of a report.
const (
	StuckOpen     = "open"
	StuckAnswered = "answered" // the person is asked whether it is really solved
	StuckClosed   = "closed"
)

// Faults of reports.
var (
	ErrNoReport  = fault.New(fault.NotFound, "counter.stuck.none")
	ErrStuckDone = fault.New(fault.Conflict, "counter.stuck.done")
)

const (
	stuckField   = "counter.stuck"
	maxReports   = 5 // from one address, without sign-in, in trySpan
	maxStuckAsks = 20
)

// StuckKinds lists the reasons that can be chosen.
func StuckKinds() []string { return slices.Clone(stuckKinds) }

// StuckPlaces lists where something can have failed.
func StuckPlaces() []string { return slices.Clone(stuckPlaces) }

// Reporting is what somebody reports.
type Reporting struct {
	Key   string // of the form: a second click reports nothing
	From  string // address that asks
	Name  string
	Phone string
	Place string
	Kind  string
	What  string
	Wish  string
	Case  string // number, where there is one
	Item  contract.Text
	// Division is where, for reports without a case; Hall runs the hall there.
	Division string
	Hall     contract.AgencyID
}

// Report is one report.
type Report struct {
	ID       string
	Number   string
	Code     string // told once, to who reports
	Person   contract.AccountID
	Name     string
	Phone    string // masked outside the answer's own page
	What     string
	Wish     string
	Channel  string
	Place    string
	Kind     string
	Division string
	Item     contract.Text
	Case     contract.CaseID
	CaseNo   string
	Hall     contract.AgencyID
	Agency   contract.Agency
	State    string
	Due      day.Date
	Result   string
	Answer   string
	Law      string
	Solved   string
	Reopened bool
	Overdue  bool
	Edition  int
	At       time.Time
	Answered time.Time
	Steps    []StuckStep

	codeHash string
	key      string
	contact  []byte
	words    []byte
}

// StuckStep is one line of the record of a report.
type StuckStep struct {
	What  string
	Actor contract.Actor
	Note  string
	At    time.Time
}

func stuckObject(r Report) policy.Object {
	o := ofAgency("Report", r.ID, r.Agency.ID, r.Division)
	o.Attrs["hall"] = string(r.Hall)
	o.Attrs["person"] = string(r.Person)
	return o
}

func (in Reporting) check(signedIn bool) error {
	var form fault.Form
	within(&form, "what", in.What, 5, 1000)
	within(&form, "wish", in.Wish, 2, 500)
	if !slices.Contains(stuckKinds, in.Kind) {
		form.Add("kind", "counter.stuck.kind")
	}
	if !slices.Contains(stuckPlaces, in.Place) {
		form.Add("place", "counter.stuck.place")
	}
	if !signedIn || in.Phone != "" {
		if !phoneLike(in.Phone) {
			form.Add("phone", "counter.stuck.phone")
		}
	}
	if !signedIn {
		within(&form, "name", in.Name, 1, 40)
	}
	if in.Division == "" || in.Key == "" {
		form.Add("place", "counter.stuck.place")
	}
	return form.Err()
}

func phoneLike(s string) bool {
	n := 0
	for _, r := range s {
		switch {
		case r >= '0' && r <= '9':
			n++
		case r != '-' && r != ' ' && r != '+':
			return false
		}
	}
	return n >= 7 && n <= 15
}

// Report takes a report in: from who is signed in, from a clerk for who stands at
// the window, or from anybody with a phone number.
func (s *Service) Report(ctx context.Context, actor auth.Principal, in Reporting) (Report, error) {
	if err := s.c.Policy.Check(actor, ActionStuck, policy.Page); err != nil {
		return Report{}, err
	}
	named := actor.Applies()
	if err := in.check(named); err != nil {
		return Report{}, err
	}
	if !named && actor.Kind != auth.Staff {
		if err := s.tried(ctx, maxReports, "counter.try.report", in.From); err != nil {
			return Report{}, err
		}
	}
	r, err := s.newReport(ctx, actor, in)
	if err != nil {
		return r, err
	}
	err = s.c.DB.InTx(ctx, func(ctx context.Context, tx db.Tx) error {
		n, err := takeSerial(ctx, tx, "stuck/"+r.Division+"/"+s.today().String())
		if err != nil {
			return err
		}
		r.Number = fmt.Sprintf("BB%s%s%04d", r.Division, strings.ReplaceAll(s.today().String(), "-", ""), n)
		fresh, err := insertReport(ctx, tx, r)
		if err != nil {
			return err
		}
		if !fresh { // a second click: the code was shown the first time
			known, err := reportByKey(ctx, tx, in.Key)
			r.ID, r.Number, r.Code = known.ID, known.Number, ""
			return err
		}
		if err := s.noteStuck(ctx, tx, actor, r, "reported", ""); err != nil {
			return err
		}
		return s.watchStuck(ctx, tx, r)
	})
	return r, err
}

// newReport works out whose it is: of the agency that handles the case, where one
// is named that the person may know of; of the hall otherwise.
func (s *Service) newReport(ctx context.Context, actor auth.Principal, in Reporting) (Report, error) {
	r := Report{
		ID: s.c.NewID(), Code: s.c.Back.Code(pickupLength), Channel: "online", Place: in.Place, Kind: in.Kind, Division: in.Division,
		Item: in.Item, Hall: in.Hall, Agency: contract.Agency{ID: in.Hall}, State: StuckOpen, Edition: 1, At: s.now(), key: in.Key,
	}
	if actor.Kind == auth.Staff {
		r.Channel, r.Division, r.Hall, r.Agency.ID = "counter", actor.Division, contract.AgencyID(actor.Agency), contract.AgencyID(actor.Agency)
	}
	if actor.Applies() {
		r.Person = contract.AccountID(actor.Person())
	}
	if number := strings.TrimSpace(in.Case); number != "" {
		c, err := s.c.Back.Cases.FactsByNumber(ctx, actor, number)
		switch {
		case err == nil:
			r.Case, r.CaseNo, r.Item, r.Agency.ID = c.ID, c.Number, c.ItemName, c.Agency
		case fault.KindOf(err) == fault.NotFound || fault.KindOf(err) == fault.Denied:
			r.CaseNo = clip(number, 60) // kept as typed: the number may be what is wrong
		default:
			return r, err
		}
	}
	var err error
	if r.Agency, err = s.c.Agencies.Agency(ctx, r.Agency.ID); err != nil {
		return r, err
	}
	r.Due = s.c.Back.Calendars.For(r.Division).AddWorkdays(s.today(), s.c.Back.stuckDays())
	r.codeHash = s.c.Seal.Index(stuckField, r.Code)
	if r.contact, err = s.sealed([]string{strings.TrimSpace(in.Name), strings.TrimSpace(in.Phone)}); err != nil {
		return r, err
	}
	r.words, err = s.sealed([]string{strings.TrimSpace(in.What), strings.TrimSpace(in.Wish)})
	return r, err
}

func (s *Service) sealed(list []string) ([]byte, error) {
	text, err := json.Marshal(list)
	if err != nil {
		return nil, err
	}
	return s.c.Seal.Seal(stuckField, string(text))
}

func (s *Service) opened(sealed []byte) ([2]string, error) {
	var out [2]string
	text, err := s.c.Seal.Open(stuckField, sealed)
	if err != nil {
		return out, err
	}
	return out, json.Unmarshal([]byte(text), &out)
}

// stuckJob looks at a report on the day after it was due.
type stuckJob struct {
	Report string `json:"report"`
	Due    string `json:"due"`
}

// Kind names the job.
func (stuckJob) Kind() string { return "counter.stuck" }

func (s *Service) watchStuck(ctx context.Context, tx db.Tx, r Report) error {
	return s.c.Jobs.InsertTx(ctx, tx, stuckJob{r.ID, r.Due.String()}, job.Insert{At: r.Due.Add(1).Time(), Unique: r.ID + "@" + r.Due.String()})
}

// stuckDue tells once that a report was not answered by its day.
func (s *Service) stuckDue(ctx context.Context, tx db.Tx, j stuckJob) error {
	r, err := lockReport(ctx, tx, j.Report)
	if err != nil || r.State != StuckOpen || r.Overdue || r.Due.String() != j.Due {
		return err
	}
	r.Overdue = true
	if err := saveReport(ctx, tx, r); err != nil {
		return err
	}
	return s.noteStuck(ctx, tx, auth.SystemPrincipal("stuck"), r, "overdue", "")
}

func (s *Service) noteStuck(ctx context.Context, tx db.Tx, actor auth.Principal, r Report, what, note string) error {
	sealed, err := s.c.Seal.Seal(stuckField, note)
	if err != nil {
		return err
	}
	who := contract.Actor{Kind: string(actor.Kind)}
	if actor.Kind == auth.Staff {
		who.Name = actor.Name
	}
	if err := insertStuckStep(ctx, tx, r.ID, stuckRow{StuckStep{What: what, Actor: who, At: s.now()}, sealed}); err != nil {
		return err
	}
	e := contract.StuckChanged{Report: r.ID, Number: r.Number, Change: what, Agency: r.Agency.ID, Due: r.Due.String(), At: s.now()}
	if what == "answered" || what == "assigned" {
		e.Notify = r.Person
	}
	return s.c.Events.Record(ctx, tx, metaOf(actor, string(r.Person), "stuck:"+r.ID), e)
}

// Asked is what number and code show of a report, without sign-in.
func (s *Service) Asked(ctx context.Context, actor auth.Principal, from, number, code string) (Report, error) {
	if err := s.c.Policy.Check(actor, ActionStuck, policy.Page); err != nil {
		return Report{}, err
	}
	if err := s.tried(ctx, maxStuckAsks, "counter.try.ask", from); err != nil {
		return Report{}, err
	}
	r, err := reportByNumber(ctx, s.c.DB, strings.ToUpper(strings.TrimSpace(number)))
	if err != nil && !errors.Is(err, ErrNoReport) {
		return r, err
	}
	want, got := []byte(r.codeHash), []byte(s.c.Seal.Index(stuckField, readable(code)))
	own := actor.Kind == auth.Resident && r.Person != "" && string(r.Person) == actor.ID
	if subtle.ConstantTimeCompare(want, got) != 1 && !own || r.ID == "" {
		return Report{}, ErrNoReport
	}
	return s.shown(ctx, r)
}

// shown is a report with its words, for who may read them.
func (s *Service) shown(ctx context.Context, r Report) (Report, error) {
	words, err := s.opened(r.words)
	if err != nil {
		return r, err
	}
	contact, err := s.opened(r.contact)
	if err != nil {
		return r, err
	}
	r.What, r.Wish, r.Name, r.Phone = words[0], words[1], contact[0], contact[1]
	r.Steps, err = s.stuckSteps(ctx, r.ID)
	return r, err
}

func (s *Service) stuckSteps(ctx context.Context, id string) ([]StuckStep, error) {
	rows, err := stuckStepsOf(ctx, s.c.DB, id)
	if err != nil {
		return nil, err
	}
	list := make([]StuckStep, len(rows))
	for i, x := range rows {
		list[i] = x.StuckStep
		if list[i].Note, err = s.c.Seal.Open(stuckField, x.note); err != nil {
			return nil, err
		}
	}
	return list, nil
}

// MyReports lists the reports of who is signed in.
func (s *Service) MyReports(ctx context.Context, actor auth.Principal) ([]Report, error) {
	if actor.Kind != auth.Resident {
		return nil, nil
	}
	return reportsWhere(ctx, s.c.DB, `person = $1`, actor.ID)
}

// Word is what somebody says of the answer to a report.
type Word struct {
	From, Number, Code string // as Asked takes them
	Solved             bool
	Words              string // where it still sticks
}

// Confirm is the person's own word whether it is really solved. A report is opened
// again once.
func (s *Service) Confirm(ctx context.Context, actor auth.Principal, in Word) (Report, error) {
	r, err := s.Asked(ctx, actor, in.From, in.Number, in.Code)
	if err != nil {
		return r, err
	}
	solved, words := in.Solved, in.Words
	if !solved {
		if err := invalidUnless(len([]rune(strings.TrimSpace(words))) >= 2 && len([]rune(words)) <= 500, "words", "counter.length", "min", 2, "max", 500); err != nil {
			return r, err
		}
	}
	err = s.c.DB.InTx(ctx, func(ctx context.Context, tx db.Tx) error {
		now, err := lockReport(ctx, tx, r.ID)
		if err != nil {
			return err
		}
		if now.State != StuckAnswered {
			return ErrStuckDone
		}
		what, err := s.judged(ctx, tx, &now, solved)
		if err != nil {
			return err
		}
		if err := saveReport(ctx, tx, now); err != nil {
			return err
		}
		return s.noteStuck(ctx, tx, actor, now, what, strings.TrimSpace(words))
	})
	if err != nil {
		return r, err
	}
	again, err := reportByID(ctx, s.c.DB, r.ID)
	if err != nil {
		return again, err
	}
	return s.shown(ctx, again)
}

// judged closes a report by the person's word, or opens it again, once.
func (s *Service) judged(ctx context.Context, tx db.Tx, r *Report, solved bool) (what string, err error) {
	r.State, r.Solved = StuckClosed, "yes"
	if solved {
		return "confirmed", nil
	}
	r.Solved = "no"
	if r.Reopened {
		return "confirmed", nil
	}
	r.State, r.Reopened, r.Overdue = StuckOpen, true, false
	r.Due = s.c.Back.Calendars.For(r.Division).AddWorkdays(s.today(), s.c.Back.stuckDays())
	return "reopened", s.watchStuck(ctx, tx, *r)
}

func invalidUnless(ok bool, field, code string, args ...any) error {
	if ok {
		return nil
	}
	return invalid(field, code, args...)
}
