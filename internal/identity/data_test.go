package identity_test

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"strings"
	"testing"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/identity"
	"github.com/tongban/tongban/internal/kit/auth"
	"github.com/tongban/tongban/internal/kit/db"
	"github.com/tongban/tongban/internal/kit/dbtest"
	"github.com/tongban/tongban/internal/kit/event"
)

func TestWhatIsKnownOfPersonsAndCompanies(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		lin := w.signIn("lin")
		company, err := w.CompanyFacts(ctx, lin.For.ID)
		if err != nil {
			t.Fatal(err)
		}
		person, err := w.PersonFacts(ctx, lin.ID)
		if err != nil {
			t.Fatal(err)
		}
		maps.Copy(person, company)
		for key, want := range map[string]string{
			"company.name": "广安区清和美发店", "company.code": "92511602MADEM00032", "company.legal_representative": "周淑芬",
			"company.address": "四川省广安市广安区清和街18号（演示地址）", "person.name": "林晓梅", "person.phone": "13000000002",
			"person.resident_id": "511602198809090008", "person.email": "lin@demo.example", "person.sex": "female",
			"person.birth_date": "1988-09-09", "person.division": "511602",
		} {
			if h := person[key]; h.Value != want || h.Source.ZH == "" || h.Source.EN == "" || h.At != "2026-11-20" {
				t.Errorf("%s = %+v", key, h)
			}
		}
		for party, want := range map[contract.Party]string{
			{Kind: identity.PartyPerson, ID: lin.ID}: "511602198809090008", {Kind: identity.PartyCompany, ID: lin.For.ID}: "92511602MADEM00032",
			{Kind: identity.PartyPerson, ID: "demo-clerk"}: "",
		} {
			if got, err := w.Number(ctx, party); err != nil || got != want {
				t.Errorf("%+v has %q, %v", party, got, err)
			}
		}
		if _, err := w.PersonFacts(ctx, "nobody"); !errors.Is(err, identity.ErrNoAccount) {
			t.Errorf("of nobody: %v", err)
		}
	})
}

func TestUsesSayWhoFromWhichPost(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		zhou, clerk := w.signIn("zhou"), w.signIn("clerk")
		err := w.db.InTx(t.Context(), func(ctx context.Context, tx db.Tx) error {
			read := contract.PersonalDataRead{Subject: zhou.ID, What: []string{"answers"}, Case: "c1", Purpose: "acceptance", Basis: "b", At: w.now()}
			if err := w.events.Record(ctx, tx, event.Meta{Actor: clerk, Subject: zhou.ID}, read); err != nil {
				return err
			}
			return w.events.Record(ctx, tx, event.Meta{Actor: auth.SystemPrincipal("check"), Subject: zhou.ID}, read)
		})
		if err != nil {
			t.Fatal(err)
		}
		uses, _, err := w.Uses(t.Context(), zhou, identity.UseQuery{})
		if err != nil || len(uses) != 2 {
			t.Fatalf("%+v, %v", uses, err)
		}
		if u := uses[1]; u.Agency.ZH != "广安区行政审批局" || u.Title.ZH != "受理岗" || u.Case != "c1" || u.Self || u.Name != "" {
			t.Errorf("%+v", u)
		}
		if u := uses[0]; u.Kind != auth.System || u.Agency.ZH != "" {
			t.Errorf("%+v", u)
		}
	})
}

func TestTheLogHoldsNoNameOfAResident(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		lin := w.signIn("lin")
		if err := w.SignOut(t.Context(), lin); err != nil {
			t.Fatal(err)
		}
		_ = w.try(identity.Attempt{Username: "林晓梅 secret", Password: "my real password"})
		events, err := w.events.Page(t.Context(), "", 100)
		if err != nil {
			t.Fatal(err)
		}
		text, err := json.Marshal(events)
		if err != nil {
			t.Fatal(err)
		}
		for _, private := range []string{"林晓梅", "secret", "my real password", "13000000002", "511602198809090008"} {
			if strings.Contains(string(text), private) {
				t.Errorf("%q is in the log", private)
			}
		}
		var names []string
		for _, e := range events {
			names = append(names, e.Name)
		}
		if got := strings.Join(names, " "); got != "identity.signed_in.v1 identity.signed_out.v1 identity.sign_in_failed.v1" {
			t.Errorf("recorded: %s", got)
		}
	})
}

func TestFactsAreSealedAtRestAndMaskedOutside(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		var number, phone, email []byte
		var index string
		err := w.db.QueryRowContext(t.Context(), "SELECT number, phone, email, number_index FROM identity_accounts WHERE username = $1", "lin").
			Scan(&number, &phone, &email, &index)
		if err != nil {
			t.Fatal(err)
		}
		stored := string(number) + string(phone) + string(email) + index
		for _, private := range []string{"5116021988", "13000000002", "demo.example"} {
			if strings.Contains(stored, private) {
				t.Errorf("%s stands in the table", private)
			}
		}
		p, err := w.Profile(t.Context(), w.signIn("lin"))
		if err != nil || p.Number != "511***********0008" || p.Phone != "130****0002" || p.Email != "l***@demo.example" {
			t.Errorf("%+v, %v", p, err)
		}
	})
}

func TestDemonstrationAccountsAreWorthNothingElsewhere(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		open(t, d, true)
		w := open(t, d, false) // other keys of sealing, same tables
		if list, err := w.DemoAccounts(t.Context()); err != nil || list != nil {
			t.Errorf("%v, %v", list, err)
		}
		if err := w.try(identity.Attempt{Username: "zhou", Password: identity.DemoPassword}); !errors.Is(err, auth.ErrFailed) {
			t.Errorf("err = %v", err)
		}
	}, areas()...)
}
