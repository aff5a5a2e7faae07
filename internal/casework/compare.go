package casework

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/auth"
	"github.com/tongban/tongban/internal/kit/fault"
)

// Registries asks what other authorities hold. It records itself who looked.
type Registries interface {
	Lookup(ctx context.Context, actor auth.Principal, l contract.Lookup) (contract.Known, error)
}

// How what was declared compares with what is held.
const (
	CompareSame    = "same"
	CompareDiffers = "differs"
	CompareSilent  = "silent" // the registry holds nothing of it
	CompareDown    = "down"   // the registry did not answer
)

// Compared is one declared datum beside what a registry holds of it.
type Compared struct {
	Key      string
	Field    contract.Field // zero for a material
	Name     contract.Text
	Declared contract.Text // empty where nothing was declared: the government was asked instead
	Held     contract.Text
	Source   contract.Text
	At       string // day on which it was registered or last checked
	Result   string
}

// lookPurpose is the purpose of the look in law: what was declared is verified.
const (
	lookPurpose = "check"
	lookBasis   = "行政许可法 第三十四条"
)

// licenceKey begins the keys that the chosen licence answers, not a registry.
const licenceKey = "licence."

// Compare looks up what the registries hold of what the applicant declared, for who
// handles the case: only what the service names. The look is recorded.
func (s *Service) Compare(ctx context.Context, actor auth.Principal, id contract.CaseID) ([]Compared, error) {
	c, h, svc, err := s.handedInBy(ctx, actor, id)
	if err != nil {
		return nil, err
	}
	if actor.Kind != auth.Staff || s.c.Registries == nil {
		return nil, ErrNotFound
	}
	answers, err := s.answers(svc, id, h)
	if err != nil {
		return nil, err
	}
	rows := comparable(svc)
	if len(rows) == 0 {
		return nil, nil
	}
	keys := make([]string, len(rows))
	for i, r := range rows {
		keys[i] = r.Key
	}
	slices.Sort(keys)
	known, err := s.c.Registries.Lookup(ctx, actor, contract.Lookup{
		Subject: c.Applicant, Keys: slices.Compact(keys), Item: c.Item, Object: "case:" + string(id), Purpose: lookPurpose, Basis: lookBasis,
	})
	if fault.KindOf(err) == fault.Unavailable {
		known, err = contract.Known{Down: keys}, nil
	}
	if err != nil {
		return nil, fmt.Errorf("compare with registries: %w", err)
	}
	say := s.words(ctx, c)
	for i := range rows {
		rows[i] = rows[i].judge(say, answers, known)
	}
	return rows, nil
}

// Comparable reports whether a service names data that a registry holds.
func Comparable(svc contract.Service) bool { return len(comparable(svc)) > 0 }

// comparable are the fields and materials of a service that a registry answers.
func comparable(svc contract.Service) []Compared {
	var rows []Compared
	for _, p := range svc.Form.Pages {
		for _, f := range p.Fields {
			if f.Held != "" && !strings.HasPrefix(f.Held, licenceKey) {
				rows = append(rows, Compared{Key: f.Held, Field: f, Name: f.Label})
			}
		}
	}
	for _, m := range svc.Materials {
		if m.Held != "" && !strings.HasPrefix(m.Held, licenceKey) {
			rows = append(rows, Compared{Key: m.Held, Name: m.Name})
		}
	}
	return rows
}

// judge compares one datum, as people read it: an answer that says the same is the
// same, however it is stored.
func (r Compared) judge(say shown, answers contract.Answers, known contract.Known) Compared {
	v, declared := answers[r.Field.ID]
	if declared && r.Field.ID != "" {
		r.Declared = say.value(r.Field, v, false)
	}
	held, ok := known.Facts[r.Key]
	switch {
	case slices.Contains(known.Down, r.Key):
		r.Result = CompareDown
		return r
	case !ok:
		r.Result = CompareSilent
		return r
	}
	r.Source, r.At = held.Source, held.At
	r.Held = heldWords(say, r.Field, held)
	if r.Result = CompareDiffers; r.Field.ID == "" || r.Declared.ZH == "" || plain(r.Declared.ZH) == plain(r.Held.ZH) {
		r.Result = CompareSame
	}
	if personalIn(r.Field) { // that it is the same or not is told; what it is, is unmasked where it is answered
		r.Declared, r.Held = hidden(r.Field, r.Declared), hidden(r.Field, r.Held)
	}
	return r
}

// heldWords are what a registry says in the words of the field.
func heldWords(say shown, f contract.Field, h contract.Held) contract.Text {
	if h.Rows != nil && f.ID != "" {
		list := make([]any, len(h.Rows))
		for i, row := range h.Rows {
			list[i] = row
		}
		return say.value(f, list, false)
	}
	if f.ID == "" || f.Kind == "integer" || f.Kind == "decimal" || f.Kind == "money" || f.Kind == "yesno" {
		return contract.Text{ZH: h.Value, EN: h.Value}
	}
	return say.value(f, h.Value, false)
}

// plain leaves out what people write differently and mean alike.
func plain(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == ' ' || r == '\u3000' || r == '-' || r == '（' || r == '）' || r == '(' || r == ')':
			return -1
		case r >= '\uff10' && r <= '\uff19':
			return r - 0xfee0
		}
		return r
	}, strings.ToUpper(s))
}

// hidden masks a personal datum as lists of answers do.
func hidden(f contract.Field, t contract.Text) contract.Text {
	if t.ZH == "" {
		return t
	}
	if len(f.Fields) > 0 {
		return contract.Text{ZH: "***", EN: "***"}
	}
	return contract.Text{ZH: hide(f.Kind, t.ZH), EN: hide(f.Kind, t.EN)}
}
