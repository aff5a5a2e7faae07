package idcode

import (
	"encoding/csv"
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/tongban/tongban/internal/kit/day"
)

// expected maps the error column of the data to our faults. A transposition is
// found by the check character.
var expected = map[string]error{
	"length": ErrLength, "illegal_char": ErrCharacters, "bad_date": ErrDate,
	"check_digit": ErrCheck, "transposition": ErrCheck,
}

func rows(t *testing.T, name string) [][]string {
	t.Helper()
	f, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	all, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	return all[1:]
}

func TestSyntheticNumbersGiveTheExpectedFault(t *testing.T) {
	t.Parallel()
	check := map[string]func(string) (string, error){"uscc": CreditCode, "resident_id": ResidentID}
	n := 0
	for _, r := range rows(t, "testdata/ids.csv") {
		got, err := check[r[1]](r[0])
		if r[2] == "valid" && (err != nil || got != r[0]) {
			t.Errorf("%s %s: got %q, %v; want it valid", r[1], r[0], got, err)
		}
		if r[2] == "invalid" && !errors.Is(err, expected[r[3]]) {
			t.Errorf("%s %s: got %v; want %v", r[1], r[0], err, expected[r[3]])
		}
		n++
	}
	if n != 227 {
		t.Errorf("checked %d numbers, want 227", n)
	}
}

func TestResidentNumberTells(t *testing.T) {
	t.Parallel()
	r, err := ParseResident(" 11010519491231002x ")
	if err != nil {
		t.Fatal(err)
	}
	want := Resident{Number: "11010519491231002X", Area: "110105", Birth: day.Of(1949, 12, 31), Sex: Female}
	if r != want {
		t.Errorf("got %+v, want %+v", r, want)
	}
	if got := r.Age(day.Of(2026, 12, 30)); got != 76 {
		t.Errorf("age on the eve of the birthday: got %d, want 76", got)
	}
	if got := r.Age(day.Of(2026, 12, 31)); got != 77 {
		t.Errorf("age on the birthday: got %d, want 77", got)
	}
	if err := r.BornBy(day.Of(1949, 12, 30)); !errors.Is(err, ErrFuture) {
		t.Errorf("born tomorrow: got %v, want ErrFuture", err)
	}
}

func TestNumbersFromPublicDocuments(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name  string
		check func(string) (string, error)
		in    string
		want  error
	}{
		{"resident, standard, X", ResidentID, "11010519491231002X", nil},
		{"resident, standard", ResidentID, "440524188001010014", nil},
		{"resident, residence permit", ResidentID, completeResident("83000019900101001"), nil},
		{"resident, no such province", ResidentID, completeResident("99010519491231002"), ErrArea},
		{"resident, 29 February of a common year", ResidentID, completeResident("11010519490229002"), ErrDate},
		{"resident, X in the middle", ResidentID, "1101051949123X002X", ErrCharacters},
		{"resident, full-width digits", ResidentID, "１１０１０５１９４９１２３１００２Ｘ", nil},
		{"resident, empty", ResidentID, "", ErrLength},
		{"credit code", CreditCode, "91350100M000100Y43", nil},
		{"credit code of a ministry", CreditCode, "11100000000013338W", nil},
		{"credit code of an agency", CreditCode, "11330105002500287C", nil},
		{"credit code, lower case and spaces", CreditCode, "9135 0100 m000 100y 43", nil},
		{"credit code with I", CreditCode, "91350100I000100Y43", ErrCharacters},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if _, err := tt.check(tt.in); !errors.Is(err, tt.want) {
				t.Errorf("%q: got %v, want %v", tt.in, err, tt.want)
			}
		})
	}
}

func completeResident(s17 string) string { return s17 + string(residentCheck(s17)) }

func TestCompleteCreditCode(t *testing.T) {
	t.Parallel()
	got, err := CompleteCreditCode("91350100M000100Y4")
	if err != nil || got != "91350100M000100Y43" {
		t.Errorf("got %q, %v", got, err)
	}
	if _, err := CompleteCreditCode("91350100M000100Y43"); !errors.Is(err, ErrLength) {
		t.Errorf("18 characters: got %v, want ErrLength", err)
	}
}

func TestLicenceIdentifiersSeenInTheWild(t *testing.T) {
	t.Parallel()
	for _, r := range rows(t, "testdata/identifiers.csv") {
		l, err := ParseLicenceIdentifier(r[0])
		if strings.HasPrefix(r[1], "test record") {
			// Its check character is whatever the test record's author typed.
			t.Logf("%s: %v", r[0], err)
			continue
		}
		if err != nil || l.String() != r[0] {
			t.Errorf("%s: got %s, %v", r[0], l, err)
		}
	}
	for _, s := range []string{
		"1.2.156.3005.2.11100000000013338W009.11330105002500287C.2025052201.002.0",
		"1.2.156.3005.2.11100000000013338W011.11430000006122244L.20230000403.001.U",
		"1.2.156.3005.2.11100000MB03271699022.340100.000000016.001.9",
	} {
		l, err := ParseLicenceIdentifier(s)
		if err != nil || l.String() != s {
			t.Errorf("%s: got %s, %v", s, l, err)
		}
	}
}

func TestLicenceIdentifierFaults(t *testing.T) {
	t.Parallel()
	const root = "1.2.156.3005.2."
	tests := []struct {
		in   string
		want error
	}{
		{"", ErrShape},
		{"1.2.156.3005.3.11100000000013338W009.11330105002500287C.2025052201.002.0", ErrShape},
		{root + "11100000000013338W009.11330105002500287C.2025052201.002", ErrShape},
		{root + "11100000000013338W009.11330105002500287C.2025052201.2.0", ErrShape},
		{root + "11100000000013338W009.11330105002500287C.2025052201.000.0", ErrShape},
		{root + "11100000000013338W009.11330105002500287C..002.0", ErrShape},
		{root + "11100000000013338W00.11330105002500287C.2025052201.002.0", ErrLength},
		{root + "11100000000013338W009.1133010500.2025052201.002.0", ErrLength},
		{root + "11100000000013338W009.11330105002500287C.2025/52201.002.0", ErrCharacters},
		{root + "11100000000013338W009.11330105002500287C.2025052201.002.1", ErrCheck},
		{root + "11100000000013338W009.11330105002500287C.2025052210.002.0", ErrCheck},
	}
	for _, tt := range tests {
		if _, err := ParseLicenceIdentifier(tt.in); !errors.Is(err, tt.want) {
			t.Errorf("%s: got %v, want %v", tt.in, err, tt.want)
		}
	}
}

func TestCaseNumber(t *testing.T) {
	t.Parallel()
	got, err := CaseNumber("511602", day.Of(2026, 11, 16), "1023", 482)
	if err != nil {
		t.Fatal(err)
	}
	const want = "511602202611161023000482"
	if got[:24] != want || len(got) != 25 {
		t.Errorf("got %s", got)
	}
	if n, err := ParseCaseNumber(GroupCaseNumber(got)); err != nil || n != got {
		t.Errorf("grouped number: got %s, %v", n, err)
	}
	// ISO 7064 gives 0794 with check character 5 as its MOD 11,10 example.
	if c := hybrid("0794", digits); c != '5' {
		t.Errorf("check of 0794: got %c, want 5", c)
	}
	for _, bad := range []func() (string, error){
		func() (string, error) { return CaseNumber("51160", day.Of(2026, 11, 16), "1023", 1) },
		func() (string, error) { return CaseNumber("511602", day.Date{}, "1023", 1) },
		func() (string, error) { return CaseNumber("511602", day.Of(2026, 11, 16), "10A3", 1) },
		func() (string, error) { return CaseNumber("511602", day.Of(2026, 11, 16), "1023", 1000000) },
		func() (string, error) { return CaseNumber("511602", day.Of(2026, 11, 16), "1023", 0) },
	} {
		if n, err := bad(); err == nil {
			t.Errorf("bad parts gave %s", n)
		}
	}
}

type seed struct {
	s     string
	check func(string) (string, error)
}

// seeds are good numbers of each kind.
func seeds(t testing.TB) []seed {
	t.Helper()
	number, err := CaseNumber("511602", day.Of(2026, 11, 16), "1023", 482)
	if err != nil {
		t.Fatal(err)
	}
	return []seed{
		{"11010519491231002X", ResidentID},
		{"440524188001010014", ResidentID},
		{"91350100M000100Y43", CreditCode},
		{number, ParseCaseNumber},
		{"1.2.156.3005.2.11100000000013338W009.11330105002500287C.2025052201.002.0", parseAndPrint},
	}
}

func parseAndPrint(s string) (string, error) {
	l, err := ParseLicenceIdentifier(s)
	if err != nil {
		return "", err
	}
	return l.String(), nil
}

// TestOneWrongCharacterIsCaught changes each character of good numbers to each
// other one: the weights and moduli were chosen so that none slips through.
func TestOneWrongCharacterIsCaught(t *testing.T) {
	t.Parallel()
	for _, seed := range seeds(t) {
		if _, err := seed.check(seed.s); err != nil {
			t.Fatalf("%s: %v", seed.s, err)
		}
		for i := range seed.s {
			for _, c := range []byte(alphabet36) {
				other := seed.s[:i] + string(c) + seed.s[i+1:]
				if other == seed.s || seed.s[i] == '.' {
					continue
				}
				if got, err := seed.check(other); err == nil {
					t.Errorf("%s passes as %s", other, got)
				}
			}
		}
	}
}

func FuzzNeverPanicsAndNormalisedStaysGood(f *testing.F) {
	for _, s := range seeds(f) {
		f.Add(s.s)
	}
	f.Add("１１０１０５ 19491231002x")
	f.Add("1.2.156.3005.2.....")
	f.Add("\xff\xfe")
	f.Fuzz(func(t *testing.T, s string) {
		for _, check := range []func(string) (string, error){ResidentID, CreditCode, ParseCaseNumber, parseAndPrint} {
			n, err := check(s)
			if err != nil {
				continue
			}
			if again, err := check(n); err != nil || again != n {
				t.Errorf("%q gave %q, and that gave %q, %v", s, n, again, err)
			}
		}
		if g := strings.ReplaceAll(GroupCaseNumber(s), " ", ""); g != strings.ReplaceAll(s, " ", "") {
			t.Errorf("grouped %q to %q", s, g)
		}
	})
}
