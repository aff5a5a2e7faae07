package identity_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/identity"
	"github.com/tongban/tongban/internal/kit/auth"
	"github.com/tongban/tongban/internal/kit/day"
	"github.com/tongban/tongban/internal/kit/db"
	"github.com/tongban/tongban/internal/kit/event"
	"github.com/tongban/tongban/internal/kit/fault"
	"github.com/tongban/tongban/internal/kit/policy"
)

// today is the day on which the clock of a world begins.
var today = day.Of(2026, time.November, 20)

// session signs somebody in and returns what each further request finds.
func (w *world) session(username string) func() auth.Principal {
	w.t.Helper()
	w.add(time.Minute) // a code is good once
	e, err := w.SignIn(w.t.Context(), identity.Attempt{
		Username: username, Password: identity.DemoPassword, Code: w.code(username), OneStep: true, IP: "192.0.2.1",
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return func() auth.Principal { w.t.Helper(); return w.find(e.Token) }
}

func (w *world) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

// act makes a session act for somebody.
func (w *world) act(s func() auth.Principal, subject string) {
	w.t.Helper()
	_, err := w.Act(w.t.Context(), s(), subject)
	w.must(err)
}

func offerTo(name, account string) identity.NewMandate {
	return identity.NewMandate{
		Other: identity.Person{Name: name, Account: account}, Items: []string{"i1"}, Period: identity.Period{From: today, To: today.Add(30)},
	}
}

func TestAMandateTakesBothSides(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		chen, sun, he := w.session("chen"), w.session("sun"), w.session("he")
		m, err := w.MakeMandate(ctx, chen(), offerTo("孙悦", " SUN "))
		w.must(err)
		if _, err := w.Act(ctx, sun(), chen().ID); !errors.Is(err, identity.ErrNoMandate) {
			t.Errorf("acts before it was accepted: %v", err)
		}
		for name, err := range map[string]error{
			"the offerer answers":      w.AnswerMandate(ctx, chen(), m.ID, true),
			"a stranger answers":       w.AnswerMandate(ctx, he(), m.ID, true),
			"a stranger ends":          w.EndMandate(ctx, he(), m.ID),
			"a stranger looks":         second(w.Mandate(ctx, he(), m.ID)),
			"staff look":               second(w.Mandate(ctx, w.signIn("admin"), m.ID)),
			"a second while one waits": second(w.MakeMandate(ctx, chen(), offerTo("孙悦", "sun"))),
			"none such":                w.AnswerMandate(ctx, sun(), "none", true),
		} {
			if err == nil || fault.KindOf(err) == fault.Internal {
				t.Errorf("%s: %v", name, err)
			}
		}
		w.must(w.AnswerMandate(ctx, sun(), m.ID, true))
		if err := w.AnswerMandate(ctx, sun(), m.ID, false); err == nil {
			t.Error("answered twice")
		}
		m, err = w.Mandate(ctx, chen(), m.ID)
		if err != nil || m.Granted.Level != 3 || m.Accepted.Level != 3 || m.Granted.At.IsZero() || m.Accepted.At.IsZero() || m.AgentName != "孙悦" || m.PrincipalName != "陈静" {
			t.Errorf("evidence: %+v, %v", m, err)
		}
		w.act(sun, chen().ID)
		p := sun()
		want := auth.Acting{Kind: auth.ForPerson, ID: chen().ID, Name: "陈静", Mandate: m.ID, Items: []string{"i1"}}
		if p.For.Kind != want.Kind || p.For.ID != want.ID || p.For.Mandate != want.Mandate || p.For.Covers("i2") || !p.For.Covers("i1") {
			t.Errorf("acts as %+v", p.For)
		}
		if parties, err := w.Parties(ctx, p); err != nil || len(parties) != 1 || parties[0] != (contract.Party{Kind: "person", ID: chen().ID, Name: "陈静"}) {
			t.Errorf("%+v, %v", parties, err)
		}
	})
}

func TestWhatAMandateMustSay(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		chen := w.signIn("chen")
		for name, change := range map[string]func(*identity.NewMandate){
			"nobody":         func(n *identity.NewMandate) { n.Other = identity.Person{} },
			"name alone":     func(n *identity.NewMandate) { n.Other = identity.Person{Name: "孙悦"} },
			"two ways":       func(n *identity.NewMandate) { n.Other.Number = "511602199803120004" },
			"no services":    func(n *identity.NewMandate) { n.Items = nil },
			"unknown":        func(n *identity.NewMandate) { n.Items = []string{"i1", "i9"} },
			"yesterday":      func(n *identity.NewMandate) { n.From = today.Add(-1) },
			"backwards":      func(n *identity.NewMandate) { n.To = n.From.Add(-1) },
			"over a year":    func(n *identity.NewMandate) { n.To = n.From.Add(366) },
			"no end":         func(n *identity.NewMandate) { n.To = day.Date{} },
			"no start":       func(n *identity.NewMandate) { n.From = day.Date{} },
			"oneself":        func(n *identity.NewMandate) { n.Other = identity.Person{Name: "陈静", Account: "chen"} },
			"wrong name":     func(n *identity.NewMandate) { n.Other.Name = "孙月" },
			"no such person": func(n *identity.NewMandate) { n.Other.Account = "nobody" },
			"an official":    func(n *identity.NewMandate) { n.Other = identity.Person{Name: "何敏", Account: "clerk"} },
		} {
			n := offerTo("孙悦", "sun")
			change(&n)
			if _, err := w.MakeMandate(ctx, chen, n); fault.KindOf(err) != fault.Invalid {
				t.Errorf("%s: %v", name, err)
			}
		}
		weak := chen
		weak.Level = 1
		if _, err := w.MakeMandate(ctx, weak, offerTo("孙悦", "sun")); fault.KindOf(err) != fault.Denied {
			t.Errorf("with a level too low: %v", err)
		}
		if _, err := w.MakeMandate(ctx, w.signIn("clerk"), offerTo("孙悦", "sun")); !errors.Is(err, policy.ErrDenied) {
			t.Errorf("staff: %v", err)
		}
		byNumber := offerTo("孙悦", "")
		byNumber.Other.Number, byNumber.To = "511602199803120004", today.Add(365)
		if _, err := w.MakeMandate(ctx, chen, byNumber); err != nil {
			t.Errorf("by number, for a year: %v", err)
		}
	})
}

func TestLookingForPeopleTellsNothingAndIsCounted(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		zhao := w.signIn("zhao")
		for i, other := range []identity.Person{
			{Name: "无名氏", Account: "sun"},
			{Name: "孙悦", Account: "nobody"},
			{Name: "孙悦", Number: "511602198809090008"},
			{Name: "孙悦", Number: "not a number"},
			{Name: "何敏", Account: "clerk"},
		} {
			n := offerTo("", "")
			n.Other = other
			if _, err := w.MakeMandate(t.Context(), zhao, n); !errors.Is(err, identity.ErrNobody) {
				t.Errorf("%d: %v", i, err)
			}
		}
		var err error
		for range 6 {
			_, err = w.MakeMandate(t.Context(), zhao, offerTo("孙悦", "nobody"))
		}
		if !errors.Is(err, identity.ErrFinds) {
			t.Errorf("the eleventh try: %v", err)
		}
		w.add(time.Hour)
		if _, err := w.MakeMandate(t.Context(), zhao, identity.NewMandate{
			Other: identity.Person{Name: "孙悦", Account: "sun"}, Items: []string{"i1"}, Period: identity.Period{From: today, To: today.Add(1)},
		}); err != nil {
			t.Errorf("an hour later: %v", err)
		}
	})
}

// Whoever ends a right ends it for the very next request of a session under it.
func TestAnEndedRightStopsTheNextRequest(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		zhou, lin, zhao, chen := w.session("zhou"), w.session("lin"), w.session("zhao"), w.session("chen")
		if lin().For.ID == "" {
			t.Fatal("lin acts for nobody")
		}
		w.must(w.EndMandate(ctx, zhou(), lin().For.Mandate)) // the legal representative
		if p := lin(); p.For.ID != "" || p.ID == "" {
			t.Errorf("the operator after the end: %+v", p.For)
		}

		w.act(zhao, zhou().ID)
		mandate := zhao().For.Mandate
		w.must(w.EndMandate(ctx, zhao(), mandate)) // the agent
		if p := zhao(); p.For.ID != "" {
			t.Errorf("the agent after the end: %+v", p.For)
		}
		if err := w.EndMandate(ctx, zhou(), mandate); !errors.Is(err, identity.ErrMandateOver) {
			t.Errorf("ended twice: %v", err)
		}

		w.act(chen, identity.DemoWardID)
		w.must(w.EndWard(ctx, chen(), chen().For.Mandate))
		if p := chen(); p.For.ID != "" {
			t.Errorf("the guardian after the end: %+v", p.For)
		}

		w.act(zhou, "demo-company-qinghe")
		w.must(w.db.InTx(ctx, func(ctx context.Context, tx db.Tx) error {
			_, err := tx.ExecContext(ctx, "UPDATE identity_companies SET rep_account = 'demo-he' WHERE id = 'demo-company-qinghe'")
			return err
		}))
		if p := zhou(); p.For.ID != "" {
			t.Errorf("who was the legal representative: %+v", p.For)
		}
	})
}

func TestARightEndsWithItsLastDay(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		chen, sun := w.session("chen"), w.session("sun")
		n := offerTo("孙悦", "sun")
		n.From, n.To = today.Add(1), today.Add(1)
		m, err := w.MakeMandate(ctx, chen(), n)
		w.must(err)
		w.must(w.AnswerMandate(ctx, sun(), m.ID, true))
		if _, err := w.Act(ctx, sun(), chen().ID); !errors.Is(err, identity.ErrNoMandate) {
			t.Errorf("before the first day: %v", err)
		}
		w.add(24 * time.Hour)
		sun = w.session("sun")
		w.act(sun, string(identity.DemoAccountID("chen")))
		w.add(14 * time.Hour) // past midnight in China
		if p := sun(); p.ID != "" && p.For.ID != "" {
			t.Errorf("after the last day: %+v", p.For)
		}
		if p := w.session("sun")(); p.For.ID != "" {
			t.Error("signs in as an agent after the last day")
		}
	})
}

func TestAWardComesOfAgeOnTheBirthday(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		born, on day.Date
		adult    bool
		want     bool
	}{
		{day.Of(2008, 11, 21), today, false, true},
		{day.Of(2008, 11, 20), today, false, false},
		{day.Of(2008, 11, 19), today, false, false},
		{day.Of(2008, 2, 29), day.Of(2026, 2, 28), false, true},
		{day.Of(2008, 2, 29), day.Of(2026, 3, 1), false, false},
		{day.Of(1970, 1, 1), today, true, true},
	} {
		g := identity.Guardianship{Ward: identity.Ward{Born: c.born, Adult: c.adult}}
		if got := g.Holds(c.on); got != c.want {
			t.Errorf("born %s, on %s: %v", c.born, c.on, got)
		}
	}
}

func TestTheFamilyIsWhatTheRegistersTell(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		huang := w.session("huang")
		relation := func(name, number, born, relation string) identity.Relation {
			return identity.Relation{Name: name, Number: number, Born: born, Relation: relation, Registry: "birth"}
		}
		w.family = []identity.Relation{
			relation("黄小满", "511602202605210003", "2026-05-21", "parent"),
			relation("黄大满", "51160220081120000X", "2008-11-20", "parent"), // of age today
			relation("老人", "511602194001010003", "1940-01-01", "guardian"),
		}
		found, _, err := w.FindWards(ctx, huang())
		if err != nil || len(found) != 2 || found[0].Number != "511***********0003" {
			t.Fatalf("%+v, %v", found, err)
		}
		for _, f := range found {
			w.must(w.ConfirmWard(ctx, huang(), f.Key))
		}
		for name, key := range map[string]string{"made up": "abc", "empty": "", "of age": w.PersonKey("51160220081120000X")} {
			if err := w.ConfirmWard(ctx, huang(), key); !errors.Is(err, identity.ErrNoWard) {
				t.Errorf("%s: %v", name, err)
			}
		}
		if again, _, err := w.FindWards(ctx, huang()); err != nil || len(again) != 0 {
			t.Errorf("offered again: %+v, %v", again, err)
		}
		family, err := w.Family(ctx, huang())
		if err != nil || len(family) != 2 || family[1].Ward.ID != identity.DemoWardID || family[1].Confirmed.Level != 3 {
			t.Fatalf("one child has one record, whoever its guardians are: %+v, %v", family, err)
		}
		w.act(huang, identity.DemoWardID)
		if p := huang(); p.For.Kind != auth.ForWard || p.For.Name != "黄小满" || p.Subject() != identity.DemoWardID {
			t.Errorf("%+v", p.For)
		}
		facts, err := w.PersonFacts(ctx, identity.DemoWardID)
		if err != nil || facts["person.resident_id"].Value != "511602202605210003" || facts["person.birth_date"].Value != "2026-05-21" || facts["person.phone"].Value != "" {
			t.Errorf("%+v, %v", facts, err)
		}
		w.must(w.EndWard(ctx, huang(), family[1].ID))
		w.family = nil
		if err := w.ConfirmWard(ctx, huang(), w.PersonKey("511602202605210003")); !errors.Is(err, identity.ErrNoWard) {
			t.Errorf("a register that tells nothing confirms: %v", err)
		}
		if list, err := w.Family(ctx, w.signIn("sun")); err != nil || len(list) != 0 {
			t.Errorf("a stranger's family: %+v, %v", list, err)
		}
	})
}

func TestWhoGrantsOperators(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		he, sun, chen := w.session("he"), w.session("sun"), w.session("chen")
		const company = "demo-company-weixiang"
		operator := func(name, account string, admin bool) identity.NewOperator {
			return identity.NewOperator{
				Company: company, Administrator: admin, Other: identity.Person{Name: name, Account: account}, Period: identity.Period{From: today, To: today.Add(100)},
			}
		}
		if _, err := w.MakeOperator(ctx, sun(), operator("陈静", "chen", false)); !errors.Is(err, policy.ErrDenied) {
			t.Errorf("a stranger grants: %v", err)
		}
		weak := he()
		weak.Level = 2
		if _, err := w.MakeOperator(ctx, weak, operator("孙悦", "sun", false)); fault.KindOf(err) != fault.Denied {
			t.Errorf("without L3: %v", err)
		}
		m, err := w.MakeOperator(ctx, he(), operator("孙悦", "sun", true))
		w.must(err)
		if _, err := w.Act(ctx, sun(), company); !errors.Is(err, identity.ErrNoMandate) {
			t.Errorf("acts before accepting: %v", err)
		}
		w.must(w.AnswerMandate(ctx, sun(), m.ID, true))
		w.act(sun, company)
		if p := sun(); len(p.For.Items) != 0 || p.For.Mandate != m.ID {
			t.Errorf("%+v", p.For)
		}
		if _, err := w.MakeOperator(ctx, sun(), operator("黄磊", "huang", true)); !errors.Is(err, policy.ErrDenied) {
			t.Errorf("an administrator makes an administrator: %v", err)
		}
		limited := operator("陈静", "chen", false)
		limited.Items = []string{"i2"}
		o, err := w.MakeOperator(ctx, sun(), limited)
		w.must(err)
		w.must(w.AnswerMandate(ctx, chen(), o.ID, true))
		w.act(chen, company)
		if p := chen(); p.For.Covers("i1") || !p.For.Covers("i2") {
			t.Errorf("limits: %+v", p.For)
		}
		if err := w.EndMandate(ctx, chen(), m.ID); !errors.Is(err, identity.ErrNoSuchMandate) {
			t.Errorf("an operator ends an administrator: %v", err)
		}
		if err := w.EndMandate(ctx, sun(), o.ID); err != nil {
			t.Errorf("an administrator ends an operator: %v", err)
		}
		companies, err := w.Companies(ctx, sun())
		if err != nil || len(companies) != 1 || companies[0].AsLegal || len(companies[0].Rights) != 2 {
			t.Errorf("%+v, %v", companies, err)
		}
		if none, err := w.Companies(ctx, chen()); err != nil || len(none) != 0 {
			t.Errorf("an operator sees the rights of the company: %+v, %v", none, err)
		}
		if given, err := w.OperatorOf(ctx, chen()); err != nil || len(given) != 1 || given[0].State != identity.MandateEnded {
			t.Errorf("%+v, %v", given, err)
		}
	})
}

func TestTheLogNamesTheAgentAndHidesItFromThem(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		zhou, zhao, lin := w.session("zhou"), w.session("zhao"), w.session("lin")
		w.act(zhao, zhou().ID)
		agent, operator := zhao(), lin()
		w.must(w.db.InTx(ctx, func(ctx context.Context, tx db.Tx) error {
			read := contract.PersonalDataRead{
				Subject: zhou().ID, What: []string{"person.name"}, Registries: []string{"person"}, Purpose: "prefill", Basis: "b", Item: "i1", Draft: "d1", At: w.now(),
			}
			if err := w.events.Record(ctx, tx, event.Meta{Actor: agent, Subject: zhou().ID, Object: "draft:d1"}, read); err != nil {
				return err
			}
			moved := contract.CaseMoved{Case: "c1", Number: "n1", Action: "submit", At: w.now()}
			if err := w.events.Record(ctx, tx, event.Meta{Actor: agent, Subject: zhou().ID, Object: "case:c1"}, moved); err != nil {
				return err
			}
			read.Subject = operator.For.ID
			return w.events.Record(ctx, tx, event.Meta{Actor: operator, Subject: operator.For.ID, Object: "draft:d2"}, read)
		}))
		uses, more, err := w.Uses(ctx, zhou(), identity.UseQuery{Month: "2026-11"})
		if err != nil || more || len(uses) != 1 {
			t.Fatalf("%+v, %v", uses, err)
		}
		if u := uses[0]; !u.Agent || u.Self || u.Name != "赵志远" || u.Mandate != agent.For.Mandate || u.Draft != "d1" || u.ItemName.ZH != "最低生活保障" {
			t.Errorf("%+v", u)
		}
		for _, month := range []string{"2026-10", "2026-12", "no month"} {
			if uses, _, err := w.Uses(ctx, zhou(), identity.UseQuery{Month: month}); err != nil || len(uses) != 0 {
				t.Errorf("%s: %+v, %v", month, uses, err)
			}
		}
		if _, _, err := w.Uses(ctx, agent, identity.UseQuery{}); !errors.Is(err, policy.ErrDenied) {
			t.Errorf("an agent reads the log: %v", err)
		}
		if uses, _, err := w.Uses(ctx, operator, identity.UseQuery{}); err != nil || len(uses) != 1 || !uses[0].Self {
			t.Errorf("an operator without limits: %+v, %v", uses, err)
		}
		for _, p := range []auth.Principal{zhou(), agent} {
			deeds, cases, err := w.Deeds(ctx, p, agent.For.Mandate)
			if err != nil || cases != 1 || len(deeds) != 2 || deeds[0].Number != "n1" || deeds[1].What[0] != "person.name" {
				t.Errorf("%+v, %d, %v", deeds, cases, err)
			}
		}
		if _, _, err := w.Deeds(ctx, operator, agent.For.Mandate); !errors.Is(err, identity.ErrNoSuchMandate) {
			t.Errorf("a stranger reads what an agent did: %v", err)
		}
	})
}

func TestKeysOfPersons(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		key, name, err := w.KeyOf(ctx, identity.DemoAccountID("huang"))
		if err != nil || name != "黄磊" || key == "" || key != w.PersonKey(" 511699199208080019 ") {
			t.Errorf("%q %q %v", key, name, err)
		}
		if id, ok, err := w.AccountByKey(ctx, key); err != nil || !ok || id != identity.DemoAccountID("huang") {
			t.Errorf("%s %v %v", id, ok, err)
		}
		if key, name, err := w.KeyOf(ctx, identity.DemoWardID); err != nil || name != "黄小满" || key == "" {
			t.Errorf("of a ward: %q %q %v", key, name, err)
		}
		if key, name, err := w.KeyOf(ctx, identity.DemoAccountID("clerk")); err != nil || key != "" || name != "何敏" {
			t.Errorf("of an official: %q %q %v", key, name, err)
		}
		if w.PersonKey("nonsense") != "" {
			t.Error("nonsense has a key")
		}
		for _, key := range []string{"", "nonsense", w.PersonKey("511602202605210003")} {
			if _, ok, err := w.AccountByKey(ctx, key); ok || err != nil {
				t.Errorf("%q has an account: %v", key, err)
			}
		}
	})
}

func TestWhoStandsBehindAnApplicant(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		of := func(kind, id string) string {
			list, err := w.Recipients(ctx, contract.Party{Kind: kind, ID: id})
			w.must(err)
			return fmt.Sprint(list)
		}
		for _, tt := range []struct{ kind, id, want string }{
			{"company", "demo-company-qinghe", "[demo-zhou]"},
			{"company", "nobody", "[]"},
			{"person", "demo-lin", "[demo-lin]"},
			{"person", "nobody", "[]"},
		} {
			if got := of(tt.kind, tt.id); got != tt.want {
				t.Errorf("behind %s %s: %s", tt.kind, tt.id, got)
			}
		}
		if got := of("person", identity.DemoWardID); !strings.Contains(got, "demo-chen") {
			t.Errorf("behind the ward: %s", got)
		}
		w.must(w.db.InTx(ctx, func(ctx context.Context, tx db.Tx) error {
			_, err := tx.ExecContext(ctx, "UPDATE identity_companies SET rep_account = 'demo-he' WHERE id = 'demo-company-qinghe'")
			return err
		}))
		if got := of("company", "demo-company-qinghe"); got != "[demo-he]" {
			t.Errorf("behind the company now: %s", got)
		}
	})
}
