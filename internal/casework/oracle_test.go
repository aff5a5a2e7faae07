package casework

import (
	"fmt"
	"math/rand/v2"
	"os"
	"runtime"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/day"
	"github.com/tongban/tongban/internal/statute"
)

// oracleHistories is how many random histories the plain test compares; "make
// oracle" asks for a million.
const oracleHistories = 6000

// TestOracle compares every deadline and every explanation of random lawful cases
// with the second reading of the law in oracle_law_test.go.
func TestOracle(t *testing.T) {
	t.Parallel()
	histories, seed := oracleHistories, uint64(20260101)
	if s := os.Getenv("ORACLE_HISTORIES"); s != "" {
		n, err := strconv.Atoi(s)
		must(t, err)
		histories, seed = n, rand.Uint64()
	}
	o := newOracle(t)
	var done, happened, compared atomic.Int64
	var wg sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		wg.Go(func() {
			for n := done.Add(1); n <= int64(histories) && !t.Failed(); n = done.Add(1) {
				tr := o.trial(seed, uint64(n))
				if err := tr.run(); err != nil {
					t.Errorf("seed %d history %d: %v\n%s", seed, n, err, tr.story())
				}
				happened.Add(int64(len(tr.happened)))
				compared.Add(int64(tr.compared))
			}
		})
	}
	wg.Wait()
	t.Logf("%d histories of %d happenings, %d deadlines and explanations compared (seed %d)",
		histories, happened.Load(), compared.Load(), seed)
}

// place is a region with its own holidays, in both readings.
type place struct {
	a    almanac
	cal  *statute.Calendar
	days []day.Date // of the almanac
}

type oracle struct {
	procs  *statute.Procedures
	places []place
}

// newOracle draws the country and some regions with days of their own.
func newOracle(t testing.TB) *oracle {
	t.Helper()
	procs, err := procedures()
	must(t, err)
	o := &oracle{procs: procs}
	country := readAlmanac(t)
	days := make([]day.Date, len(country))
	for i, d := range country {
		days[i] = day.MustParse(d.text)
	}
	tables := statute.National()
	rng := rand.New(rand.NewPCG(1, 2))
	regions := []string{"11"}
	o.places = append(o.places, place{a: country, days: days})
	for n := range 5 {
		region := fmt.Sprintf("5116%02d", n+1)
		local := slices.Clone(country)
		byYear := map[int]*statute.Table{}
		for range 40 {
			i, work := 30+rng.IntN(1600), rng.IntN(3) == 0
			x := &local[i]
			weekend := country[i].why == "weekend" || country[i].why == "makeup"
			x.works, x.guess = work, false
			switch {
			case work && (weekend || days[i].Weekday()%6 == 0):
				x.why = "makeup"
			case work:
				x.why = "workday"
			default:
				x.why = "holiday"
			}
			if byYear[days[i].Year()] == nil {
				byYear[days[i].Year()] = &statute.Table{Region: region, Year: days[i].Year()}
			}
			list := &byYear[days[i].Year()].Days
			*list = append(*list, statute.TableDay{Date: days[i], Work: work, Name: "本地"})
		}
		for _, table := range byYear {
			tables = append(tables, *table)
		}
		regions = append(regions, region)
		o.places = append(o.places, place{a: local, days: days})
	}
	book := statute.NewBook(tables...)
	for i := range o.places {
		o.places[i].cal = book.For(regions[i])
	}
	return o
}

// trial is one random case in both readings.
type trial struct {
	rng      *rand.Rand
	at       place
	law      *lawCase
	rules    rules
	c        Case
	history  []clockEntry
	today    int
	specials int
	open     []string
	happened []happening
	stage    slowStage
	compared int
}

func (o *oracle) trial(seed, n uint64) *trial {
	rng := rand.New(rand.NewPCG(seed, n))
	at := o.places[rng.IntN(len(o.places))]
	svc := randomService(rng)
	proc, err := o.procs.Get(svc.procedure)
	if err != nil {
		panic(err)
	}
	tr := &trial{
		rng: rng, at: at, today: 31 + rng.IntN(1461), // 2024 to 2027
		law: &lawCase{svc: svc, a: at.a, clocks: map[string]*lawClock{}},
		c:   Case{State: proc.Initial},
	}
	tr.rules = rules{proc: proc, cal: at.cal, lights: statute.DefaultLights(), correctionDays: svc.correct, verifyDays: svc.verify}
	tr.rules.limits = contract.Limits{Accept: svc.accept, Statutory: svc.limit, Promised: svc.promised, Deliver: svc.deliver, Unit: "workday"}
	if svc.procedure == "instant" {
		tr.rules.limits.Unit = "immediate"
	}
	// What is left open is what the law says.
	if rng.IntN(4) == 0 {
		tr.law.svc.accept, tr.rules.limits.Accept = 5, 0
		tr.law.svc.deliver, tr.rules.limits.Deliver = 10, 0
	}
	if rng.IntN(4) == 0 && svc.procedure != "instant" {
		tr.law.svc.promised, tr.rules.limits.Promised = svc.limit, 0
	}
	if general := map[string]int{"licensing": 20, "joint": 45, "notify-and-commit": 20}[svc.procedure]; general > 0 && rng.IntN(2) == 0 {
		tr.law.svc.limit, tr.rules.limits.Statutory = general, 0
		tr.law.svc.promised = min(general, tr.law.svc.promised)
		if tr.rules.limits.Promised == 0 {
			tr.law.svc.promised = general
		} else {
			tr.rules.limits.Promised = tr.law.svc.promised
		}
	}
	if svc.verify == 30 {
		tr.rules.verifyDays = 0 // thirty where the service says nothing
	}
	tr.stages()
	tr.forwarded(o)
	return tr
}

// forwarded lets another place take a case in, with its own holidays. Instant
// services have no papers that go on.
func (tr *trial) forwarded(o *oracle) {
	if tr.law.svc.procedure == "instant" || tr.rng.IntN(3) > 0 {
		return
	}
	from := o.places[tr.rng.IntN(len(o.places))]
	tr.law.svc.elsewhere, tr.law.svc.forward, tr.law.from = true, 1+tr.rng.IntN(6), from.a
	tr.rules.forwardDays, tr.rules.from = tr.law.svc.forward, from.cal
	if tr.law.svc.forward == 3 {
		tr.rules.forwardDays = 0 // three where nobody set it
	}
}

func randomService(rng *rand.Rand) lawService {
	kinds := []lawService{
		{procedure: "licensing", extension: 10, special: true, onsite: true},
		{procedure: "joint", extension: 15, special: true, onsite: true},
		{procedure: "confirmation", special: true, onsite: true},
		{procedure: "payment-benefit", special: true, onsite: true, publicise: true},
		{procedure: "notify-and-commit", extension: 10, special: true, onsite: true, rule: true, verify: 1 + rng.IntN(30)},
		{procedure: "instant", rule: true},
	}
	s := kinds[rng.IntN(len(kinds))]
	s.limit = 1 + rng.IntN(60)
	s.promised = 1 + rng.IntN(s.limit)
	if s.procedure == "instant" {
		s.limit, s.promised = 1, 1
	}
	s.accept, s.deliver, s.correct = 1+rng.IntN(5), 1+rng.IntN(10), 1+rng.IntN(30)
	return s
}

// story tells a history that went wrong so that it can be kept as a table test.
func (tr *trial) story() string {
	s := fmt.Sprintf("%+v\n", tr.law.svc)
	for _, x := range tr.happened {
		s += fmt.Sprintf("  %s %s %s %d\n", tr.at.a[x.day].text, x.what, x.which, x.days)
	}
	return s + "  today " + tr.at.a[tr.today].text
}

func (tr *trial) run() error {
	first := happening{what: "hand in", day: tr.today}
	if tr.law.svc.elsewhere {
		first.what = "taken in elsewhere"
	}
	if err := tr.do(first); err != nil {
		return err
	}
	for n := tr.rng.IntN(20); n > 0 && tr.law.phase != "over"; n-- {
		tr.wait()
		if err := tr.listen(); err != nil {
			return err
		}
		if err := tr.unlawful(); err != nil {
			return err
		}
		if err := tr.move(); err != nil {
			return err
		}
		if err := tr.do(tr.next()); err != nil {
			return err
		}
	}
	tr.wait()
	return tr.compare()
}

// listen hears silence: the code must know of it on the very day the law does. The
// platform may have stood still for a while before it acts.
func (tr *trial) listen() error {
	silent := tr.law.silent(tr.today)
	knows := tr.c.Due.Clock == statute.Acceptance && past(tr.c.Due.Legal, tr.at.days[tr.today])
	if silent != knows {
		return fmt.Errorf("on %s silence is acceptance: law %v, code %v", tr.at.a[tr.today].text, silent, knows)
	}
	if !silent {
		return nil
	}
	// Papers may have been confirmed when the five days were over already.
	first := max(tr.law.clocks["acceptance"].due(tr.at.a, tr.today)+1, tr.happened[len(tr.happened)-1].day)
	if tr.rng.IntN(2) == 0 {
		tr.today = first // the job came in time
	}
	return tr.do(happening{what: "silence", day: tr.today})
}

// next draws something that the law allows now.
func (tr *trial) next() happening {
	x := happening{day: tr.today}
	var may []string
	svc := tr.law.svc
	add := func(ok bool, what ...string) {
		if ok {
			may = append(may, what...)
		}
	}
	switch tr.law.phase {
	case "forwarding":
		add(true, "papers came", "papers came", "papers came", "sent on", "lost", "came back")
		add(tr.rng.IntN(4) == 0, "withdraw")
	case "received":
		add(true, "accept", "accept", "accept", "accept", "correct", "correct", "correct")
		add(tr.rng.IntN(3) == 0, "refuse", "not needed", "withdraw")
		add(svc.onsite, "slip shown")
		add(svc.rule, "rule", "rule")
	case "onsite":
		add(true, "slip mended", "slip mended", "slip left", "withdraw")
	case "correcting":
		add(true, "corrected", "corrected", "corrected", "corrected", "withdraw")
		add(tr.timeIsOver(), "give up", "give up") // what a notice gave is kept to its last day
	case "deciding":
		if tr.law.publicly {
			add(true, "publication over", "publication over", "withdraw")
			break
		}
		add(true, "grant", "deny")
		add(tr.rng.IntN(3) == 0, "withdraw")
		add(svc.special, "special begins", "special begins", "special begins", "special begins")
		add(tr.mayExtend(), "extended", "extended")
		add(svc.publicise, "published")
	case "special":
		add(true, "special begins", "special begins", "special ends", "special ends", "special ends")
		add(tr.rng.IntN(4) == 0, "withdraw")
	case "decided":
		add(true, "deliver")
	case "verifying":
		add(true, "kept", "breach", "breach", "revoke")
	case "rectifying":
		add(true, "rectified")
		add(tr.timeIsOver(), "revoke")
	}
	x.what = may[tr.rng.IntN(len(may))]
	switch x.what {
	case "papers came": // confirmed later than they came, at times
		if f := tr.law.clocks["forwarding"]; tr.rng.IntN(2) == 0 {
			x.days = tr.rng.IntN(min(12, x.day-f.last) + 1)
		}
	case "special begins":
		tr.specials++
		x.which, x.days = fmt.Sprint("s", tr.specials), 1+tr.rng.IntN(25)
		tr.open = append(tr.open, x.which)
	case "special ends":
		i := tr.rng.IntN(len(tr.open))
		x.which = tr.open[i]
		tr.open = slices.Delete(tr.open, i, i+1)
	case "breach":
		x.days = 1 + tr.rng.IntN(30)
	}
	return x
}

// actionOf is what the code calls a happening.
var actionOf = map[string]string{
	"hand in": actSubmit, "taken in elsewhere": actForward, "papers came": actReceive, "sent on": actDispatch, "lost": actLose, "came back": actComeBack, "corrected": actResubmit, "slip shown": actCorrectOnsite, "slip mended": actResubmit, "slip left": actTakeBack, "correct": actCorrect,
	"accept": actAccept, "silence": actDeem, "refuse": "refuse", "not needed": "not_required", "withdraw": actWithdraw, "give up": actTerminate,
	"special begins": actPause, "special ends": actResume, "extended": actExtend, "published": actPublicise, "publication over": actEndNotice,
	"grant": actApprove, "deny": actDeny, "rule": actGrant, "deliver": actDeliver,
	"kept": actKeep, "breach": actBreach, "rectified": actRectified, "revoke": actRevoke,
}

// input is a happening as the code takes it, at some moment of the day in China.
func (tr *trial) input(x happening) input {
	at := time.Unix(almanacStart+int64(x.day)*86400+tr.rng.Int64N(86400), 0).UTC()
	in := input{at: at, actor: clerk, Action: Action{
		Name: actionOf[x.what], Reasons: []string{"依法"}, Opinion: "符合", Organ: "区政府", Days: x.days,
		Marks: []contract.Mark{{Kind: "field", ID: "name", Reason: "更正"}},
	}}
	switch x.what {
	case "special begins":
		kinds := statute.Specials()
		in.special = Special{ID: x.which, Kind: kinds[tr.rng.IntN(len(kinds))], Until: tr.rules.cal.AddWorkdays(day.In(at), x.days)}
	case "papers came":
		in.OnTheWay.Arrived = tr.at.days[x.day-x.days]
	case "special ends":
		in.special = Special{ID: x.which}
		if len(tr.open) > 0 {
			in.Name = actEndSpecial
		}
	}
	return in
}

// do lets something happen in both readings and compares the case.
func (tr *trial) do(x happening) error {
	tr.happened = append(tr.happened, x)
	in := tr.input(x)
	if tr.law.phase == "deciding" {
		tr.c.Stage = StageDecide // who reviews is not the matter of clocks
	}
	c, out, err := tr.rules.apply(tr.c, tr.history, in)
	if err != nil {
		return fmt.Errorf("%s on %s, which the law allows: %w", x.what, tr.at.a[x.day].text, err)
	}
	tr.c, tr.history = c, append(tr.history, out.entries...)
	tr.law.happen(x)
	tr.compared++
	if want := tr.due(); c.Due != want {
		return fmt.Errorf("after %s: code %+v, law %+v", x.what, c.Due, want)
	}
	if x.what == "silence" && (day.In(c.Accepted) != tr.at.days[tr.law.received] || !c.Deemed) {
		return fmt.Errorf("deemed accepted on %s, by law on %s", c.Accepted, tr.at.a[tr.law.received].text)
	}
	return tr.watchStage(x)
}

// due is what the law says of the clock that runs.
func (tr *trial) due() Due {
	k := tr.law.clocks[tr.law.running]
	if k == nil {
		return Due{}
	}
	a, now := tr.law.almanacOf(k), k.last
	due, promised := k.due(a, now), k.duePromised(a, now)
	d := Due{
		Clock: statute.ClockKind(k.name), Legal: tr.at.days[due], Promised: tr.at.days[promised],
		Provisional: a.guessed(k.event, due), Paused: k.lasting(),
	}
	if d.Paused || k.over >= 0 {
		return d
	}
	for i := k.event; i <= promised; i++ { // amber: a fifth of the promise is left, or one day
		if left := k.promised - k.used(a, i, now); left <= max(1, k.promised/5) {
			d.Warn = tr.at.days[i]
			break
		}
	}
	return d
}

// compare looks at every clock of the case, as it is told to people.
func (tr *trial) compare() error {
	today := tr.at.days[tr.today]
	kinds := started(tr.history)
	if len(kinds) != len(tr.law.clocks) {
		return fmt.Errorf("clocks %v, by law %d", kinds, len(tr.law.clocks))
	}
	for _, k := range kinds {
		law := tr.law.clocks[string(k)]
		if law == nil {
			return fmt.Errorf("the law knows no clock %s here", k)
		}
		st, err := tr.rules.run(k, tr.history)
		if err != nil {
			return err
		}
		got, want := deadlineOf(st, today), tr.deadline(law)
		if got != want {
			return fmt.Errorf("%s: code %+v, law %+v", k, got, want)
		}
		clock, entries, err := pick(k, tr.history)
		if err != nil {
			return err
		}
		lines, err := statute.Explain(tr.rules.calendar(k), clock, entries, today)
		if err != nil {
			return err
		}
		if err := sameLines(lines, law.explain(tr.law.almanacOf(law), tr.today)); err != nil {
			return fmt.Errorf("%s explained: %w", k, err)
		}
		tr.compared++
	}
	return nil
}

func (tr *trial) deadline(k *lawClock) Deadline {
	a, now := tr.law.almanacOf(k), tr.today
	due, promised, used := k.due(a, now), k.duePromised(a, now), k.used(a, now, now)
	d := Deadline{
		Clock: statute.ClockKind(k.name), Phase: statute.Running, Started: tr.at.days[k.event],
		PromisedDays: k.promised, LegalDays: k.limit, Extended: k.added,
		Promised: tr.at.days[promised], Legal: tr.at.days[due], Used: used, Left: k.promised - used, LeftByLaw: k.limit - used,
		Late: k.late(a, now), Provisional: a.guessed(k.event, due),
	}
	switch {
	case k.over >= 0:
		d.Phase, d.Ended = statute.Stopped, tr.at.days[k.over]
	case k.lasting():
		d.Phase = statute.Paused
	}
	return d
}

// sameLines compares explanations; the code tells 800 days at most.
func sameLines(got []statute.Line, want []lawLine) error {
	if len(got) != min(len(want), 800) {
		return fmt.Errorf("%d days told, by law %d", len(got), len(want))
	}
	for i, l := range got {
		x := lawLine{
			text: want[i].text, why: string(l.Why), article: l.Article, ordinal: l.Ordinal, notes: len(l.Entries),
			promised: slices.Contains(l.Marks, statute.MarkPromised), due: slices.Contains(l.Marks, statute.MarkDue),
			now: slices.Contains(l.Marks, statute.MarkToday),
		}
		if x != want[i] || l.Counted != (l.Ordinal > 0) || i > 0 && l.Date != got[i-1].Date.Add(1) {
			return fmt.Errorf("%s: code %+v, law %+v", l.Date, x, want[i])
		}
	}
	if len(got) > 0 && got[0].Date.String() != want[0].text {
		return fmt.Errorf("begins on %s, by law on %s", got[0].Date, want[0].text)
	}
	return nil
}
