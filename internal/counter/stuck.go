package counter

import (
	"cmp"
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
	if err := insertStuckStep(ctx, tx, r.ID, what, who, sealed, s.now()); err != nil {
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

// Confirm is the person's own word whether it is really solved. A report is opened
// again once.
func (s *Service) Confirm(ctx context.Context, actor auth.Principal, from, number, code string, solved bool, words string) (Report, error) {
	r, err := s.Asked(ctx, actor, from, number, code)
	if err != nil {
		return r, err
	}
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
		what := "confirmed"
		now.State, now.Solved = StuckClosed, "yes"
		if !solved {
			now.Solved = "no"
			if !now.Reopened {
				what = "reopened"
				now.State, now.Reopened, now.Overdue = StuckOpen, true, false
				now.Due = s.c.Back.Calendars.For(now.Division).AddWorkdays(s.today(), s.c.Back.stuckDays())
				if err := s.watchStuck(ctx, tx, now); err != nil {
					return err
				}
			}
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

func invalidUnless(ok bool, field, code string, args ...any) error {
	if ok {
		return nil
	}
	return invalid(field, code, args...)
}

// StuckQuery narrows the list of a desk.
type StuckQuery struct {
	State string // "" is open and answered
	Kind  string
}

// StuckDesk lists the reports that an actor's agency answers or assigns, or that
// lie in the division of a supervisor.
func (s *Service) StuckDesk(ctx context.Context, actor auth.Principal, q StuckQuery) ([]Report, error) {
	if err := s.c.Policy.Check(actor, ActionStuckDesk, policy.Page); err != nil {
		return nil, err
	}
	var list []Report
	var err error
	if actor.Is(auth.RoleSupervisor) || actor.Is(auth.RoleAuditor) {
		list, err = reportsWhere(ctx, s.c.DB, `SUBSTR(division, 1, $2) = $1`, actor.Division, len(actor.Division))
	} else {
		list, err = reportsWhere(ctx, s.c.DB, `(agency = $1 OR hall_agency = $1)`, actor.Agency)
	}
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(list, func(r Report) bool {
		state := q.State == "" && r.State == StuckClosed || q.State != "" && q.State != "all" && r.State != q.State
		return state || q.Kind != "" && r.Kind != q.Kind || s.c.Policy.Check(actor, ActionStuckRead, stuckObject(r)) != nil
	}), nil
}

// StuckCount is how many reports of one reason one agency has.
type StuckCount struct {
	Kind   string
	Agency contract.Text
	All    int
	Open   int
	Late   int
	Solved int // by the person's own word
}

// StuckCounts counts for supervision, by reason and by agency.
func (s *Service) StuckCounts(ctx context.Context, actor auth.Principal) (byKind, byAgency []StuckCount, err error) {
	list, err := s.StuckDesk(ctx, actor, StuckQuery{State: "all"})
	if err != nil {
		return nil, nil, err
	}
	for _, r := range list {
		byKind = counted(byKind, r, func(c StuckCount) bool { return c.Kind == r.Kind }, StuckCount{Kind: r.Kind})
		byAgency = counted(byAgency, r, func(c StuckCount) bool { return c.Agency == r.Agency.Name }, StuckCount{Agency: r.Agency.Name})
	}
	order := func(a, b StuckCount) int { return cmp.Compare(b.All, a.All) }
	slices.SortStableFunc(byKind, order)
	slices.SortStableFunc(byAgency, order)
	return byKind, byAgency, nil
}

func counted(list []StuckCount, r Report, same func(StuckCount) bool, first StuckCount) []StuckCount {
	i := slices.IndexFunc(list, same)
	if i < 0 {
		list, i = append(list, first), len(list)
	}
	c := &list[i]
	c.All++
	if r.State == StuckOpen {
		c.Open++
	}
	if r.Overdue {
		c.Late++
	}
	if r.Solved == "yes" {
		c.Solved++
	}
	return list
}

// StuckReport opens one to who answers, assigns or supervises. Supervisors see no
// name and no number; reading them is recorded.
func (s *Service) StuckReport(ctx context.Context, actor auth.Principal, id string) (Report, error) {
	r, err := reportByID(ctx, s.c.DB, id)
	if err != nil {
		return r, err
	}
	if s.c.Policy.Check(actor, ActionStuckRead, stuckObject(r)) != nil {
		return Report{}, ErrNoReport
	}
	if r, err = s.shown(ctx, r); err != nil {
		return r, err
	}
	if s.c.Policy.Check(actor, ActionAnswer, stuckObject(r)) != nil && s.c.Policy.Check(actor, ActionAssign, stuckObject(r)) != nil {
		r.Name, r.Phone = "", ""
		return r, nil
	}
	err = s.c.DB.InTx(ctx, func(ctx context.Context, tx db.Tx) error {
		m := metaOf(actor, string(r.Person), "stuck:"+r.ID)
		m.Purpose, m.Basis = "stuck", "优化营商环境条例；办不成事反映窗口工作规则"
		return s.c.Events.Record(ctx, tx, m, contract.PersonalDataRead{
			Subject: string(r.Person), What: []string{"name", "phone"}, Case: r.Case, Purpose: m.Purpose, Basis: m.Basis, At: s.now(),
		})
	})
	return r, err
}

// Assign gives a report to an agency.
func (s *Service) Assign(ctx context.Context, actor auth.Principal, id string, edition int, to contract.AgencyID) error {
	agency, err := s.c.Agencies.Agency(ctx, to)
	if err != nil {
		return invalid("agency", "counter.stuck.agency")
	}
	return s.changeReport(ctx, actor, id, edition, ActionAssign, func(r *Report) (string, string, error) {
		if county(agency.Division) != county(r.Division) {
			return "", "", invalid("agency", "counter.stuck.agency")
		}
		r.Agency = agency
		return "assigned", agency.Name.ZH, nil
	})
}

func county(division string) string { return division[:min(len(division), 6)] }

// Answer tells the person what came of it. What cannot be done needs the law that
// says so; what is passed on says to whom.
func (s *Service) Answer(ctx context.Context, actor auth.Principal, id string, edition int, result, answer, law string) error {
	var form fault.Form
	if !slices.Contains([]string{StuckSolved, StuckExplained, StuckPassed}, result) {
		form.Add("result", "counter.stuck.result")
	}
	within(&form, "answer", answer, 5, 1000)
	within(&form, "law", law, 0, 300)
	if result == StuckExplained && strings.TrimSpace(law) == "" {
		form.Add("law", "counter.stuck.law")
	}
	if err := form.Err(); err != nil {
		return err
	}
	return s.changeReport(ctx, actor, id, edition, ActionAnswer, func(r *Report) (string, string, error) {
		r.State, r.Result, r.Answer, r.Law, r.Answered = StuckAnswered, result, strings.TrimSpace(answer), strings.TrimSpace(law), s.now()
		if r.Reopened { // its second answer is its last
			r.State = StuckClosed
		}
		return "answered", r.Answer, nil
	})
}

func (s *Service) changeReport(ctx context.Context, actor auth.Principal, id string, edition int, action string, change func(*Report) (what, note string, err error)) error {
	return s.c.DB.InTx(ctx, func(ctx context.Context, tx db.Tx) error {
		r, err := lockReport(ctx, tx, id)
		if err != nil {
			return err
		}
		if s.c.Policy.Check(actor, ActionStuckRead, stuckObject(r)) != nil {
			return ErrNoReport
		}
		if err := s.c.Policy.Check(actor, action, stuckObject(r)); err != nil {
			return err
		}
		if r.State != StuckOpen {
			return ErrStuckDone
		}
		if edition != 0 && r.Edition != edition {
			return ErrChanged
		}
		what, note, err := change(&r)
		if err != nil {
			return err
		}
		if err := saveReport(ctx, tx, r); err != nil {
			return err
		}
		return s.noteStuck(ctx, tx, actor, r, what, note)
	})
}

// StuckDays is how many working days an answer may take.
func (s *Service) StuckDays() int { return s.c.Back.stuckDays() }

// MayDo says what an actor may do with a report, for its page.
func (s *Service) MayDo(actor auth.Principal, r Report) (assign, answer bool) {
	return s.c.Policy.Check(actor, ActionAssign, stuckObject(r)) == nil, s.c.Policy.Check(actor, ActionAnswer, stuckObject(r)) == nil
}

// AgenciesOf lists those a report can be given to.
func (s *Service) AgenciesOf(ctx context.Context, r Report) ([]contract.Agency, error) {
	return s.c.Agencies.Agencies(ctx, r.Division)
}
