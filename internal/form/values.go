package form

import (
	"encoding/json"
	"errors"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/day"
	"github.com/tongban/tongban/internal/kit/fault"
	"github.com/tongban/tongban/internal/kit/idcode"
)

// Bounds that hold whatever a package says.
const (
	maxTyped    = 4000 // characters kept of what could not be read
	maxLine     = 200  // characters of a text without a limit of its own
	maxLong     = 4000
	maxNumber   = 1e12
	maxDecimals = 4
)

func first(vs []string) string {
	if len(vs) == 0 {
		return ""
	}
	return vs[0]
}

func parseOne(f contract.Field, typed string) Parsed {
	s := clean(typed, f.Kind == KindLong)
	if s == "" {
		return Parsed{}
	}
	bad := func(code string) Parsed {
		return Parsed{Typed: []string{clip(s)}, Fault: invalid(f, code)}
	}
	switch f.Kind {
	case KindInteger:
		n, ok := readInteger(s)
		if !ok {
			return bad("form.field.integer")
		}
		return Parsed{Value: n}
	case KindDecimal:
		x, ok := readDecimal(s)
		if !ok {
			return bad("form.field.number")
		}
		return Parsed{Value: x}
	case KindYesNo, KindDeclaration:
		switch s {
		case "yes":
			return Parsed{Value: true}
		case "no":
			return Parsed{Value: false}
		}
		return bad("form.field.choose")
	case KindMoney:
		return parseMoney(f, s)
	case KindPoint:
		return parsePoint(f, s)
	case KindDivision:
		return parseDivision(f, s)
	}
	return Parsed{Value: tidy(f.Kind, s)}
}

// tidy gives a text the form that its kind is written in.
func tidy(kind, s string) string {
	switch kind {
	case KindPhone:
		return strings.NewReplacer(" ", "", "-", "", "(", "", ")", "", ".", "").Replace(fold(s))
	case KindEmail:
		return fold(s)
	case KindResidentID:
		if id, err := idcode.ResidentID(s); err == nil {
			return id
		}
		return strings.ToUpper(fold(s))
	case KindCreditCode:
		if code, err := idcode.CreditCode(s); err == nil {
			return code
		}
		return strings.ToUpper(fold(s))
	}
	return s
}

func parseChoices(values []string) Parsed {
	var list []string
	for _, v := range values {
		if v = clean(v, false); v != "" && !slices.Contains(list, v) {
			list = append(list, v)
		}
	}
	if len(list) == 0 {
		return Parsed{}
	}
	return Parsed{Value: list}
}

func parseDate(f contract.Field, parts []string) Parsed {
	all := ""
	nums := make([]string, 0, len(parts))
	for i := range parts {
		parts[i] = clip(fold(clean(parts[i], false)))
		all += parts[i]
		nums = append(nums, strings.TrimRight(parts[i], "年月日"))
	}
	if all == "" {
		return Parsed{}
	}
	if d, ok := readDate(nums); ok {
		return Parsed{Value: d}
	}
	code := "form.field.date"
	if len(parts) == 3 && slices.Contains(parts, "") {
		code = "form.field.date_part"
	}
	return Parsed{Typed: parts, Fault: invalid(f, code)}
}

// readDate reads year, month and day.
func readDate(parts []string) (string, bool) {
	if len(parts) != 3 || len(parts[0]) != 4 {
		return "", false
	}
	var n [3]int
	for i, p := range parts {
		v, err := strconv.Atoi(p)
		if err != nil || len(p) > 4 || v < 1 {
			return "", false
		}
		n[i] = v
	}
	// 31 February would normalise to March: what was typed is not a date then.
	d := day.Of(n[0], time.Month(n[1]), n[2])
	if y, m, dd := d.Date(); y != n[0] || int(m) != n[1] || dd != n[2] {
		return "", false
	}
	return d.String(), true
}

var (
	integerText = regexp.MustCompile(`^-?\d{1,13}$`)
	decimalText = regexp.MustCompile(`^-?(\d{1,13}|\d{0,13}\.\d{1,10})$`)
	grouped     = regexp.MustCompile(`^-?\d{1,3}(,\d{3})+(\.\d+)?$`)
)

func readInteger(s string) (int64, bool) {
	s = ungroup(fold(s))
	if !integerText.MatchString(s) {
		return 0, false
	}
	n, err := strconv.ParseInt(s, 10, 64)
	return n, err == nil
}

func readDecimal(s string) (float64, bool) {
	s = ungroup(fold(s))
	if !decimalText.MatchString(s) {
		return 0, false
	}
	x, err := strconv.ParseFloat(s, 64)
	return x, err == nil
}

// ungroup takes 1,200 for 1200, but never 1,2 for 12.
func ungroup(s string) string {
	if grouped.MatchString(s) {
		return strings.ReplaceAll(s, ",", "")
	}
	return s
}

// ParseJSON reads a field from a typed JSON value. null takes the answer away.
func ParseJSON(f contract.Field, raw json.RawMessage) Parsed {
	if string(raw) == "null" {
		return Parsed{}
	}
	bad := Parsed{Typed: []string{""}, Fault: invalid(f, "form.field.type")}
	switch f.Kind {
	case KindComputed, KindFile, KindPhoto:
		return Parsed{Fault: invalid(f, "form.field.unasked")}
	case KindGroup, KindTable:
		return parseRowsJSON(f, raw, bad)
	case KindInteger, KindDecimal, KindMoney:
		return parseNumber(f, raw, bad)
	case KindYesNo, KindDeclaration:
		var b bool
		if json.Unmarshal(raw, &b) != nil {
			return bad
		}
		return Parsed{Value: b}
	case KindChoices:
		var list []string
		if json.Unmarshal(raw, &list) != nil {
			return bad
		}
		return parseChoices(list)
	}
	var s string
	if json.Unmarshal(raw, &s) != nil {
		return bad
	}
	return reparse(f, []string{s})
}

func parseNumber(f contract.Field, raw json.RawMessage, bad Parsed) Parsed {
	var x float64
	if len(raw) == 0 || raw[0] == '"' || json.Unmarshal(raw, &x) != nil || math.Abs(x) > maxNumber*100 {
		return bad
	}
	if f.Kind == KindDecimal {
		return Parsed{Value: x}
	}
	if x != math.Trunc(x) {
		return Parsed{Typed: []string{string(raw)}, Fault: invalid(f, "form.field.integer")}
	}
	return Parsed{Value: int64(x)}
}

// fold turns full-width digits, letters and signs into the usual ones and drops
// blanks: people type numbers with a Chinese keyboard.
func fold(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return -1
		case r >= '\uff01' && r <= '\uff5e':
			return r - 0xfee0
		case r == '。':
			return '.'
		case r == '—' || r == '–' || r == '−':
			return '-'
		}
		return r
	}, s)
}

// clean removes what nobody types on purpose: broken UTF-8, control
// characters, and the invisible ones that turn the direction of a text.
func clean(s string, lines bool) string {
	s = strings.ToValidUTF8(s, "")
	s = strings.ReplaceAll(s, "\r\n", "\n")
	s = strings.Map(func(r rune) rune {
		switch {
		case r == '\n' && lines:
			return r
		case r == '\n' || r == '\r' || r == '\t' || r == '\u00a0' || r == '\u3000':
			return ' '
		case unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || unicode.Is(unicode.Co, r):
			return -1
		}
		return r
	}, s)
	return strings.TrimSpace(s)
}

func clip(s string) string {
	if utf8.RuneCountInString(s) <= maxTyped {
		return s
	}
	return string([]rune(s)[:maxTyped])
}

// Words is an argument of a message that has its own words in each language.
type Words contract.Text

// In returns the words in a language, Chinese where there are no others.
func (w Words) In(locale string) string {
	if locale == "en" && w.EN != "" {
		return w.EN
	}
	return w.ZH
}

// String is for logs.
func (w Words) String() string { return w.ZH }

// invalid is a fault of field f. The label is always an argument.
func invalid(f contract.Field, code string, args ...any) *fault.Error {
	return fault.New(fault.Invalid, code, append([]any{"label", Words(f.Label)}, args...)...)
}

var (
	mobile   = regexp.MustCompile(`^(\+?86)?1[3-9]\d{9}$`)
	landline = regexp.MustCompile(`^(0\d{9,11}|[2-8]\d{6,7}|[48]00\d{7})$`)
	email    = regexp.MustCompile(`^[A-Za-z0-9.!#$%&'*+/=?^_{|}~-]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?)+$`)
)

// validate returns what is wrong with a typed value, or nil.
func validate(f contract.Field, v any) *fault.Error {
	switch x := v.(type) {
	case string:
		return validateText(f, x)
	case int64:
		if f.Kind == KindMoney {
			return validateMoney(f, x)
		}
		return validateNumber(f, float64(x))
	case float64:
		if scaled := x * 1e4; math.Abs(scaled-math.Round(scaled)) > 1e-4 {
			return invalid(f, "form.field.decimals", "n", maxDecimals)
		}
		return validateNumber(f, x)
	case bool:
		if f.Kind == KindDeclaration && f.Required && !x {
			return invalid(f, "form.field.declare")
		}
	case []string:
		for _, id := range x {
			if !hasOption(f, id) {
				return invalid(f, "form.field.option")
			}
		}
	}
	return nil
}

func validateText(f contract.Field, s string) *fault.Error {
	switch f.Kind {
	case KindDate, KindPoint, KindLicence:
		return nil // it was read as what it is; the applicant's licences are known to Evaluate
	case KindPeriod:
		return validatePeriod(f, s)
	case KindDivision:
		return validateDivision(f, s)
	case KindSignature:
		return validateSignature(f, s)
	case KindChoice:
		if !hasOption(f, s) {
			return invalid(f, "form.field.option")
		}
		return nil
	case KindPhone:
		if !mobile.MatchString(s) && !landline.MatchString(s) {
			return invalid(f, "form.field.phone")
		}
		return nil
	case KindEmail:
		if !email.MatchString(s) || len(s) > 254 {
			return invalid(f, "form.field.email")
		}
		return nil
	case KindResidentID:
		_, err := idcode.ResidentID(s)
		return coded(f, err)
	case KindCreditCode:
		_, err := idcode.CreditCode(s)
		return coded(f, err)
	}
	return validateLength(f, s)
}

// coded tells the reason that idcode gives, with the label of the field.
func coded(f contract.Field, err error) *fault.Error {
	if err == nil {
		return nil
	}
	for _, r := range []struct {
		reason *fault.Error
		code   string
	}{
		{idcode.ErrLength, "form.field.id_length"},
		{idcode.ErrCharacters, "form.field.id_characters"},
		{idcode.ErrArea, "form.field.id_area"},
		{idcode.ErrDate, "form.field.id_date"},
		{idcode.ErrFuture, "form.field.id_date"},
	} {
		if errors.Is(err, r.reason) {
			return invalid(f, r.code)
		}
	}
	return invalid(f, "form.field.id_check").Wrap(err)
}

func validateLength(f contract.Field, s string) *fault.Error {
	most := f.Limit.MaxLen
	if most == 0 {
		most = maxLine
		if f.Kind == KindLong {
			most = maxLong
		}
	}
	n := utf8.RuneCountInString(s)
	if n > most {
		return invalid(f, "form.field.long", "n", most, "have", n)
	}
	if n < f.Limit.MinLen {
		return invalid(f, "form.field.short", "n", f.Limit.MinLen)
	}
	return nil
}

func validateNumber(f contract.Field, x float64) *fault.Error {
	low, high := -maxNumber, maxNumber
	if f.Limit.Min != nil {
		low = *f.Limit.Min
	}
	if f.Limit.Max != nil {
		high = *f.Limit.Max
	}
	unit := Words(f.Unit)
	if x < low {
		return invalid(f, "form.field.small", "min", number(low), "unit", unit)
	}
	if x > high {
		return invalid(f, "form.field.great", "max", number(high), "unit", unit)
	}
	return nil
}

func number(x float64) string { return strconv.FormatFloat(x, 'f', -1, 64) }

func hasOption(f contract.Field, id string) bool {
	return slices.ContainsFunc(f.Options, func(o contract.Option) bool { return o.ID == id })
}

// missing is the fault of a required field without an answer.
func missing(f contract.Field) *fault.Error {
	switch f.Kind {
	case KindChoice, KindChoices, KindYesNo, KindDivision, KindLicence:
		return invalid(f, "form.field.choose")
	case KindSignature:
		return invalid(f, "form.field.sign")
	case KindDeclaration:
		return invalid(f, "form.field.declare")
	}
	return invalid(f, "form.field.required")
}
