package statute

import (
	_ "embed"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/tongban/tongban/internal/kit/day"
)

//go:embed holidays.csv
var holidays string

// national is read once; it is the same for everybody.
var national = sync.OnceValue(func() []Table {
	tables, err := parseNotices(holidays)
	if err != nil {
		panic(err) // the file is part of the program
	}
	return tables
})

// National returns the tables of the State Council's notices that the program
// ships with.
func National() []Table { return slices.Clone(national()) }

// parseNotices reads lines "notice,<year>,<address>" and
// "<date>,<off|work>,<name>,<year of the notice>".
func parseNotices(text string) ([]Table, error) {
	var tables []Table
	index := map[string]int{}
	for i, line := range strings.Split(text, "\n") {
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		f := strings.Split(line, ",")
		if len(f) == 3 && f[0] == "notice" {
			year, err := strconv.Atoi(f[1])
			if err != nil {
				return nil, fmt.Errorf("line %d: year: %w", i+1, err)
			}
			index[f[1]] = len(tables)
			tables = append(tables, Table{Year: year, Source: f[2], Whole: true})
			continue
		}
		if len(f) != 4 || f[1] != "off" && f[1] != "work" {
			return nil, fmt.Errorf("line %d: want date, off or work, name, year", i+1)
		}
		date, err := day.Parse(f[0])
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", i+1, err)
		}
		at, ok := index[f[3]]
		if !ok {
			return nil, fmt.Errorf("line %d: no notice of %s", i+1, f[3])
		}
		tables[at].Days = append(tables[at].Days, TableDay{Date: date, Work: f[1] == "work", Name: f[2]})
	}
	return tables, nil
}

// EnglishHoliday translates the name of a holiday as the notices write it. A
// name it does not know, of a region's own holiday, stays as it is.
func EnglishHoliday(name string) string {
	switch strings.Trim(name, "“”") {
	case "元旦":
		return "New Year's Day"
	case "春节":
		return "Spring Festival"
	case "清明节":
		return "Qingming Festival"
	case "劳动节", "五一", "五一”国际劳动节":
		return "Labour Day"
	case "端午节":
		return "Dragon Boat Festival"
	case "中秋节":
		return "Mid-Autumn Festival"
	case "国庆节", "十一":
		return "National Day"
	case "中秋节、国庆节", "国庆节、中秋节":
		return "National Day and Mid-Autumn Festival"
	case "抗日战争暨世界反法西斯战争胜利70周年纪念日":
		return "70th anniversary of victory in the War of Resistance"
	}
	return name
}
