package rating

import (
	_ "embed"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/goccy/go-yaml"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/fault"
)

//go:embed indicators.yaml
var indicators []byte

// maxText bounds what a rater may write, in characters.
const maxText = 500

// Menu is the levels, best first, with their indicators.
type Menu struct {
	Version string  `yaml:"version"`
	Levels  []Level `yaml:"levels"`
}

// Level is one level of satisfaction.
type Level struct {
	Satisfaction Satisfaction  `yaml:"satisfaction"`
	Name         contract.Text `yaml:"name"`
	Indicators   []Indicator   `yaml:"indicators"`
}

// Indicator is one thing a rater may point at.
type Indicator struct {
	ID string `yaml:"id"`
	ZH string `yaml:"zh"`
	EN string `yaml:"en"`
}

// Level returns the level with the code.
func (m Menu) Level(s Satisfaction) (Level, bool) {
	i := slices.IndexFunc(m.Levels, func(l Level) bool { return l.Satisfaction == s })
	if i < 0 {
		return Level{}, false
	}
	return m.Levels[i], true
}

func (l Level) has(id string) bool {
	return slices.ContainsFunc(l.Indicators, func(x Indicator) bool { return x.ID == id })
}

// readMenu refuses a menu that is not the five levels in order, or that lacks a
// word in either language.
func readMenu(b []byte) (Menu, error) {
	var m Menu
	if err := yaml.UnmarshalWithOptions(b, &m, yaml.Strict()); err != nil {
		return m, fmt.Errorf("read indicators: %w", err)
	}
	if len(m.Levels) != int(VeryDissatisfied) {
		return m, fmt.Errorf("indicators: %d levels, not five", len(m.Levels))
	}
	seen := map[string]bool{}
	for i, l := range m.Levels {
		if int(l.Satisfaction) != i+1 || l.Name.ZH == "" || l.Name.EN == "" {
			return m, fmt.Errorf("indicators: level %d is incomplete or out of order", i+1)
		}
		for _, x := range l.Indicators {
			if x.ID == "" || x.ZH == "" || x.EN == "" || seen[x.ID] {
				return m, fmt.Errorf("indicators: %q is incomplete or stands twice", x.ID)
			}
			seen[x.ID] = true
		}
	}
	return m, nil
}

// Input is what a rater sends.
type Input struct {
	Satisfaction Satisfaction
	Indicators   []string
	Text         string
}

// check returns the input without blanks and repetitions, or the faults beside
// its fields. Indicators must belong to the chosen level.
func check(m Menu, in Input) (Input, error) {
	var form fault.Form
	level, ok := m.Level(in.Satisfaction)
	if !ok {
		form.Add("satisfaction", "rating.satisfaction_needed")
	}
	var chosen []string
	for _, id := range in.Indicators {
		switch {
		case !ok || slices.Contains(chosen, id):
		case !level.has(id):
			form.Add("indicators", "rating.indicator_of_other_level")
		default:
			chosen = append(chosen, id)
		}
	}
	in.Indicators, in.Text = chosen, strings.TrimSpace(in.Text)
	if n := utf8.RuneCountInString(in.Text); n > maxText {
		form.Add("text", "rating.text_too_long", "max", maxText, "n", n)
	}
	return in, form.Err()
}

// next decides whether the case may be rated and as what.
func next(facts contract.CaseFacts, before []Rating, in Input) (Rating, error) {
	if !facts.Ended {
		return Rating{}, ErrNotEnded
	}
	if len(before) > 1 {
		return Rating{}, ErrTwice
	}
	return Rating{
		Case: facts.ID, Item: facts.Item, Agency: facts.Agency,
		Supplement:   len(before) == 1,
		Satisfaction: in.Satisfaction, Indicators: in.Indicators, Text: in.Text,
	}, nil
}

// given leaves out what nobody said.
func given(list []Rating) []Rating {
	return slices.DeleteFunc(slices.Clone(list), func(r Rating) bool { return r.Default })
}
