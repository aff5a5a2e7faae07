package rule

import (
	"fmt"
	"strings"
	"time"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
	"cel.dev/cel-go/common/types/traits"

	"github.com/tongban/tongban/internal/kit/idcode"
)

func dateFunction(name string, count func(from, to time.Time) int64) cel.EnvOption {
	return cel.Function(name, cel.Overload(name+"_string_string",
		[]*cel.Type{cel.StringType, cel.StringType}, cel.IntType,
		cel.BinaryBinding(func(x, y ref.Val) ref.Val {
			from, err := time.Parse(time.DateOnly, strings.TrimSpace(fmt.Sprint(x.Value())))
			if err != nil {
				return types.Int(0)
			}
			to, err := time.Parse(time.DateOnly, strings.TrimSpace(fmt.Sprint(y.Value())))
			if err != nil {
				return types.Int(0)
			}
			return types.Int(count(from, to))
		})))
}

func daysBetween(from, to time.Time) int64 { return int64(to.Sub(from) / (24 * time.Hour)) }

// yearsBetween counts full years: a person is 18 on the birthday, not before.
func yearsBetween(from, to time.Time) int64 {
	n := to.Year() - from.Year()
	if to.Month() < from.Month() || to.Month() == from.Month() && to.Day() < from.Day() {
		n--
	}
	return int64(n)
}

// textFunction is a function of a text that may be blank or not well made; then
// it gives the blank text.
func textFunction(name string, f func(string) string) cel.EnvOption {
	return cel.Function(name, cel.Overload(name+"_string", []*cel.Type{cel.StringType}, cel.StringType,
		cel.UnaryBinding(func(x ref.Val) ref.Val {
			s, _ := x.Value().(string)
			return types.String(f(s))
		})))
}

func periodDay(s string, i int) string {
	days := strings.Split(s, "/")
	if len(days) != 2 {
		return ""
	}
	return days[i]
}

func birthDate(number string) string {
	r, err := idcode.ParseResident(number)
	if err != nil {
		return ""
	}
	return r.Birth.String()
}

func sexOf(number string) string {
	r, err := idcode.ParseResident(number)
	switch {
	case err != nil:
		return ""
	case r.Sex == idcode.Male:
		return "male"
	}
	return "female"
}

func yuanFunction() cel.EnvOption {
	return cel.Function("yuan", cel.Overload("yuan_dyn", []*cel.Type{cel.DynType}, cel.DoubleType,
		cel.UnaryBinding(func(x ref.Val) ref.Val {
			switch n := x.(type) {
			case types.Int:
				return types.Double(n) / 100
			case types.Double:
				return n / 100
			}
			return types.MaybeNoSuchOverloadErr(x)
		})))
}

// sumFunction adds up a list of numbers, or one column of a group.
func sumFunction() cel.EnvOption {
	list := cel.ListType(cel.DynType)
	return cel.Function("sum",
		cel.Overload("sum_list", []*cel.Type{list}, cel.DynType,
			cel.UnaryBinding(func(l ref.Val) ref.Val { return sum(l, nil) })),
		cel.Overload("sum_list_string", []*cel.Type{list, cel.StringType}, cel.DynType,
			cel.BinaryBinding(sum)))
}

func sum(list, column ref.Val) ref.Val {
	l, ok := list.(traits.Lister)
	if !ok {
		return types.MaybeNoSuchOverloadErr(list)
	}
	var total ref.Val = types.Int(0)
	for it := l.Iterator(); it.HasNext() == types.True; {
		x := it.Next()
		if m, ok := x.(traits.Mapper); ok && column != nil {
			v, found := m.Find(column)
			if !found {
				continue // a cell that does not apply
			}
			x = v
		}
		total = plus(total, x)
	}
	return total
}

// plus adds whole numbers as such, so that fen stay exact, and others as decimals.
func plus(x, y ref.Val) ref.Val {
	a, whole := x.(types.Int)
	if b, ok := y.(types.Int); ok && whole {
		return a.Add(b)
	}
	f, okX := decimal(x)
	g, okY := decimal(y)
	if !okX || !okY {
		return types.MaybeNoSuchOverloadErr(y)
	}
	return types.Double(f + g)
}

func decimal(v ref.Val) (float64, bool) {
	switch n := v.(type) {
	case types.Int:
		return float64(n), true
	case types.Double:
		return float64(n), true
	}
	return 0, false
}
