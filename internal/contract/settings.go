package contract

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strconv"
)

// mark is where a text shows the number of a setting.
var mark = regexp.MustCompile(`\{settings\.([a-z][a-z0-9_]*)\}`)

// Filled returns the service with the numbers of its settings in its texts: a
// text names one as {settings.<id>}. What is not known stays as it is written.
func (s Service) Filled() (Service, error) {
	numbers := map[string]string{}
	for _, x := range s.Settings {
		if x.ID != "" && x.Number != nil {
			numbers[x.ID] = strconv.FormatFloat(*x.Number, 'f', -1, 64)
		}
	}
	// As JSON every text is there, however deep, and a number needs no escape in it.
	text, err := json.Marshal(s)
	if err != nil {
		return s, fmt.Errorf("fill in settings: %w", err)
	}
	if !mark.Match(text) {
		return s, nil
	}
	text = mark.ReplaceAllFunc(text, func(m []byte) []byte {
		if n, ok := numbers[string(mark.FindSubmatch(m)[1])]; ok {
			return []byte(n)
		}
		return m
	})
	var out Service
	if err := json.Unmarshal(text, &out); err != nil {
		return s, fmt.Errorf("fill in settings: %w", err)
	}
	return out, nil
}

// Unfilled returns the settings that texts of the service name and nobody knows.
func (s Service) Unfilled() ([]string, error) {
	filled, err := s.Filled()
	if err != nil {
		return nil, err
	}
	text, err := json.Marshal(filled)
	if err != nil {
		return nil, fmt.Errorf("fill in settings: %w", err)
	}
	var list []string
	for _, m := range mark.FindAllSubmatch(text, -1) {
		list = append(list, string(m[1]))
	}
	return list, nil
}
