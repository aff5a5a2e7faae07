package form

import (
	"fmt"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/fault"
)

// Kinds of field. contract.Field says how the answer of each is stored.
const (
	KindText        = "text"
	KindLong        = "longtext"
	KindInteger     = "integer"
	KindDecimal     = "decimal"
	KindMoney       = "money"
	KindDate        = "date"
	KindPeriod      = "period"
	KindChoice      = "choice"
	KindChoices     = "choices"
	KindYesNo       = "yesno"
	KindPhone       = "phone"
	KindEmail       = "email"
	KindResidentID  = "resident_id"
	KindCreditCode  = "credit_code"
	KindAddress     = "address"
	KindDivision    = "division"
	KindPoint       = "map_point"
	KindLicence     = "licence"
	KindComputed    = "computed"
	KindDeclaration = "declaration"
	KindSignature   = "signature"
	KindGroup       = "group"
	KindTable       = "table"
	KindFile        = "file"
	KindPhoto       = "photo"
)

// Kinds lists every kind a field may have.
func Kinds() []string {
	return []string{
		KindText, KindLong, KindInteger, KindDecimal, KindMoney, KindDate, KindPeriod, KindChoice, KindChoices,
		KindYesNo, KindPhone, KindEmail, KindResidentID, KindCreditCode, KindAddress, KindDivision, KindPoint,
		KindLicence, KindComputed, KindDeclaration, KindSignature, KindGroup, KindTable, KindFile, KindPhoto,
	}
}

// chosenPrefix begins the keys of held data that the chosen licence answers.
const chosenPrefix = "licence."

// Rows reports whether a field of the kind has rows.
func Rows(kind string) bool { return kind == KindGroup || kind == KindTable }

// shown reports whether a field of the kind only shows something: nobody can
// answer it.
func shown(kind string) bool { return kind == KindComputed || kind == KindFile || kind == KindPhoto }

// Parsed is what somebody gave for one field: a typed value, or the text that
// could not be read as one, or nothing.
type Parsed struct {
	Value any
	Typed []string
	Fault *fault.Error // why Typed is not a Value
	// Cells are the texts of a group that could not be read, by their names
	// ("members.0.income"), and Faults say why. The cells that could be read are
	// in Value.
	Cells  map[string][]string
	Faults []fault.Field
}

// Empty reports whether nothing was given.
func (p Parsed) Empty() bool { return p.Value == nil && len(p.Typed) == 0 && len(p.Cells) == 0 }

// Errors lists everything that could not be read, by name of the control.
func (p Parsed) Errors(f contract.Field) []fault.Field {
	if p.Fault == nil {
		return p.Faults
	}
	return append([]fault.Field{{Name: f.ID, Err: p.Fault}}, p.Faults...)
}

// Put stores p as the answer of f: the value in answers, what could not be read
// in typed. Nothing takes the answer away.
func (p Parsed) Put(f contract.Field, answers contract.Answers, typed map[string][]string) {
	delete(answers, f.ID)
	for name := range typed {
		if name == f.ID || ofField(name, f.ID) {
			delete(typed, name)
		}
	}
	if p.Value != nil {
		answers[f.ID] = p.Value
	} else if len(p.Typed) > 0 {
		typed[f.ID] = p.Typed
	}
	for name, texts := range p.Cells {
		typed[name] = texts
	}
}

// Same reports whether answers and typed already say what p says.
func (p Parsed) Same(f contract.Field, answers contract.Answers, typed map[string][]string) bool {
	cells := 0
	for name, texts := range typed {
		if !ofField(name, f.ID) {
			continue
		}
		cells++
		if !slices.Equal(p.Cells[name], texts) {
			return false
		}
	}
	return cells == len(p.Cells) && equal(answers[f.ID], p.Value) && slices.Equal(typed[f.ID], p.Typed)
}

// ofField reports whether name is a cell of the group: "members.0.income".
func ofField(name, group string) bool {
	return len(name) > len(group) && name[len(group)] == '.' && name[:len(group)] == group
}

// Names of controls beside the field's own name.
var (
	dateParts   = [3]string{"-year", "-month", "-day"}
	periodParts = [2]string{"-from", "-to"}
	pointParts  = [2]string{"-lat", "-lng"}
)

const (
	drawnPart = "-drawn" // the SVG path of a drawn signature
	levels    = 5        // of divisions: "-1" province to "-5" village
)

// Parse reads a field from what a browser sent. get returns the values of a
// named control. The names are
//
//	f.ID                       one value, or several of choices; yes or no
//	f.ID-year -month -day      of a date; f.ID alone takes an ISO date
//	f.ID-from f.ID-to          of a period, each a date as above
//	f.ID-1 ... f.ID-5          of a division, codes from province to village;
//	                           f.ID alone takes any code
//	f.ID-lat f.ID-lng          of a map point; f.ID alone takes "30.4,106.6"
//	f.ID f.ID-drawn            of a signature: the name as keyed, or an SVG path
//	f.ID.0.name                cell of a group
//	f.ID.rows                  number of rows that the page shows
//	f.ID.add f.ID.remove       buttons: a new row; the row of this number goes
//
// Rows at the end in which nothing is filled in are dropped, unless add asks
// for one.
func Parse(f contract.Field, get func(name string) []string) Parsed {
	switch f.Kind {
	case KindComputed, KindFile, KindPhoto:
		return Parsed{}
	case KindGroup, KindTable:
		return parseRows(f, get)
	case KindDate:
		return parseDate(f, dateTyped(f.ID, get))
	case KindPeriod:
		return parsePeriod(f, periodTyped(f.ID, get))
	case KindChoices:
		return parseChoices(get(f.ID))
	case KindDivision:
		return parseDivision(f, pickedDivision(f.ID, get))
	case KindPoint:
		one := first(get(f.ID))
		lat, lng := first(get(f.ID+pointParts[0])), first(get(f.ID+pointParts[1]))
		if one == "" && lat+lng != "" {
			one = lat + "," + lng
		}
		return parseOne(f, one)
	case KindSignature:
		return parseSignature(first(get(f.ID)), first(get(f.ID+drawnPart)))
	}
	return parseOne(f, first(get(f.ID)))
}

// reparse reads again what was kept as typed.
func reparse(f contract.Field, typed []string) Parsed {
	switch f.Kind {
	case KindDate:
		if len(typed) == 1 {
			typed = strings.Split(fold(typed[0]), "-")
		}
		return parseDate(f, slices.Clone(typed))
	case KindPeriod:
		if len(typed) == 1 {
			typed = splitPeriod(typed[0])
		}
		return parsePeriod(f, slices.Clone(typed))
	case KindChoices:
		return parseChoices(typed)
	case KindSignature:
		if s, ok := strings.CutPrefix(first(typed), drawnPrefix); ok {
			return parseSignature("", s)
		}
		return parseSignature(strings.TrimPrefix(first(typed), keyedPrefix), "")
	}
	return parseOne(f, first(typed))
}

func dateTyped(id string, get func(name string) []string) []string {
	if one := first(get(id)); strings.TrimSpace(one) != "" {
		return strings.Split(fold(one), "-")
	}
	parts := make([]string, 0, len(dateParts))
	for _, suffix := range dateParts {
		parts = append(parts, first(get(id+suffix)))
	}
	return parts
}

// periodTyped returns six parts: two dates.
func periodTyped(id string, get func(name string) []string) []string {
	if one := first(get(id)); strings.TrimSpace(one) != "" {
		return splitPeriod(one)
	}
	var parts []string
	for _, suffix := range periodParts {
		d := dateTyped(id+suffix, get)
		for i := range dateParts {
			if i < len(d) {
				parts = append(parts, d[i])
				continue
			}
			parts = append(parts, "")
		}
	}
	return parts
}

func splitPeriod(s string) []string {
	var parts []string
	for _, d := range strings.Split(fold(s), "/") {
		parts = append(parts, strings.Split(d, "-")...)
	}
	return parts
}

func parsePeriod(f contract.Field, parts []string) Parsed {
	for i := range parts {
		parts[i] = clip(fold(clean(parts[i], false)))
	}
	if strings.Join(parts, "") == "" {
		return Parsed{}
	}
	if len(parts) != 2*len(dateParts) {
		return Parsed{Typed: []string{clip(strings.Join(parts, "-"))}, Fault: invalid(f, "form.field.period")}
	}
	from, to := parseDate(f, slices.Clone(parts[:3])), parseDate(f, slices.Clone(parts[3:]))
	a, okFrom := from.Value.(string)
	b, okTo := to.Value.(string)
	if okFrom && okTo {
		return Parsed{Value: a + "/" + b}
	}
	code := "form.field.period"
	if slices.Contains(parts, "") {
		code = "form.field.period_part"
	}
	return Parsed{Typed: parts, Fault: invalid(f, code)}
}

func validatePeriod(f contract.Field, s string) *fault.Error {
	if from, to, ok := strings.Cut(s, "/"); !ok || from > to {
		return invalid(f, "form.field.period_order")
	}
	return nil
}

var moneyText = regexp.MustCompile(`^-?\d{1,12}(\.\d+)?$`)

// parseMoney reads an amount in yuan. Fen are counted by digits, never by a
// floating-point number.
func parseMoney(f contract.Field, typed string) Parsed {
	s := fold(typed)
	for _, sign := range []string{"¥", "￥", "元", "圆", "RMB", "CNY"} {
		s = strings.TrimSuffix(strings.TrimPrefix(s, sign), sign)
	}
	if s = ungroup(s); !moneyText.MatchString(s) {
		return Parsed{Typed: []string{clip(typed)}, Fault: invalid(f, "form.field.money")}
	}
	yuan, fen, _ := strings.Cut(s, ".")
	fen = strings.TrimRight(fen, "0")
	if len(fen) > 2 {
		return Parsed{Typed: []string{clip(typed)}, Fault: invalid(f, "form.field.decimals", "n", 2)}
	}
	n, err := strconv.ParseInt(yuan+(fen + "00")[:2], 10, 64)
	if err != nil {
		return Parsed{Typed: []string{clip(typed)}, Fault: invalid(f, "form.field.money")}
	}
	return Parsed{Value: n}
}

// validateMoney bounds an amount in fen; a package that takes debts says so.
func validateMoney(f contract.Field, fen int64) *fault.Error {
	if f.Limit.Min == nil {
		zero := 0.0
		f.Limit.Min = &zero
	}
	f.Unit = contract.Text{ZH: "元", EN: "yuan"}
	return validateNumber(f, float64(fen)/100)
}

// pickedDivision takes the deepest list in which something was chosen that lies
// in what was chosen above: whoever changes the county leaves an old town behind.
func pickedDivision(id string, get func(name string) []string) string {
	if one := first(get(id)); one != "" {
		return one
	}
	code := ""
	for level := 1; level <= levels; level++ {
		next := first(get(id + "-" + strconv.Itoa(level)))
		if next == "" || !strings.HasPrefix(next, code) {
			break
		}
		code = next
	}
	return code
}

var divisionText = regexp.MustCompile(`^([1-9]\d|[1-9]\d{3}|[1-9]\d{5}|[1-9]\d{8}|[1-9]\d{11})$`)

// parseDivision takes 511602000000 for 511602 (GB/T 2260 and 10114).
func parseDivision(f contract.Field, typed string) Parsed {
	s := fold(clean(typed, false))
	if s == "" {
		return Parsed{}
	}
	if !divisionText.MatchString(s) {
		return Parsed{Typed: []string{clip(typed)}, Fault: invalid(f, "form.field.division")}
	}
	for _, n := range []int{9, 6, 4, 2} {
		if len(s) > n && strings.Trim(s[n:], "0") == "" {
			s = s[:n]
		}
	}
	return Parsed{Value: s}
}

// DivisionLevel is 1 for a province to 5 for a village, by the length of a code.
func DivisionLevel(code string) int {
	switch n := len(code); {
	case n == 0:
		return 0
	case n <= 6:
		return n / 2
	case n <= 9:
		return 4
	}
	return levels
}

func validateDivision(f contract.Field, code string) *fault.Error {
	if f.Limit.Min != nil && DivisionLevel(code) < int(*f.Limit.Min) {
		return invalid(f, "form.field.division_level")
	}
	return nil
}

var pointText = regexp.MustCompile(`^(-?\d{1,3}(?:\.\d{1,15})?),(-?\d{1,3}(?:\.\d{1,15})?)$`)

// Bounds of the country, in degrees.
const (
	south, north = 3.0, 54.0
	west, east   = 73.0, 136.0
)

// parsePoint reads latitude and longitude in degrees (WGS 84), in either order:
// in China they cannot be taken for each other.
func parsePoint(f contract.Field, typed string) Parsed {
	bad := Parsed{Typed: []string{clip(typed)}, Fault: invalid(f, "form.field.map_point")}
	s := strings.NewReplacer("、", ",", ";", ",", "°", "").Replace(fold(typed))
	m := pointText.FindStringSubmatch(s)
	if m == nil {
		return bad
	}
	lat, err := strconv.ParseFloat(m[1], 64)
	if err != nil {
		return bad
	}
	lng, err := strconv.ParseFloat(m[2], 64)
	if err != nil {
		return bad
	}
	if lat >= west && lng <= north {
		lat, lng = lng, lat
	}
	if lat < south || lat > north || lng < west || lng > east {
		return bad
	}
	return Parsed{Value: fmt.Sprintf("%.6f,%.6f", lat, lng)}
}

// Forms of a signature.
const (
	keyedPrefix = "keyed:"
	drawnPrefix = "drawn:"
)

func parseSignature(keyed, drawn string) Parsed {
	if s := clean(drawn, false); s != "" {
		return Parsed{Value: drawnPrefix + s}
	}
	if s := clean(keyed, false); s != "" {
		return Parsed{Value: keyedPrefix + clip(s)}
	}
	return Parsed{}
}

// A drawn signature is lines only: nothing in it can become markup.
var svgPath = regexp.MustCompile(`^[MmLl][MmLlHhVvQqCcZz0-9 ,.-]*$`)

const (
	maxPath   = 30_000
	maxSigned = 50 // characters of a keyed name
	minPath   = 12
)

func validateSignature(f contract.Field, s string) *fault.Error {
	if path, ok := strings.CutPrefix(s, drawnPrefix); ok {
		if len(path) > maxPath || len(path) < minPath || !svgPath.MatchString(path) {
			return invalid(f, "form.field.signature")
		}
		return nil
	}
	name, ok := strings.CutPrefix(s, keyedPrefix)
	if n := len([]rune(name)); !ok || n < 2 || n > maxSigned {
		return invalid(f, "form.field.signature")
	}
	return nil
}

// round keeps what a computed number shows.
func round(x float64) float64 { return math.Round(x*1e4) / 1e4 }
