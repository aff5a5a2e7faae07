package casework

import (
	"context"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/auth"
	"github.com/tongban/tongban/internal/kit/day"
	"github.com/tongban/tongban/internal/kit/db"
	"github.com/tongban/tongban/internal/kit/fault"
	"github.com/tongban/tongban/internal/kit/policy"
)

// What a text template is for.
const (
	PhraseOpinion = "opinion"
	PhraseReason  = "reason"
)

// PhraseKinds lists what templates are for.
func PhraseKinds() []string { return []string{PhraseOpinion, PhraseReason} }

// Phrase is a text template of an agency. Holes like {applicant} are filled when
// it is used; what stands in the box then is the official's own to change.
type Phrase struct {
	ID      string
	Agency  contract.AgencyID
	Kind    string
	Title   string
	Body    string
	By      Handler
	Changed time.Time
}

// Holes lists the names that a template may have between braces.
func Holes() []string {
	return []string{"applicant", "item", "number", "agency", "handler", "date", "filed", "due"}
}

// Limits of templates.
const (
	maxPhrases     = 200
	maxPhraseTitle = 60
)

// ErrPhrases means that an agency has as many templates as it can have.
var ErrPhrases = fault.New(fault.Conflict, "casework.phrases_full")

func phraseObject(agency contract.AgencyID) policy.Object {
	return policy.Object{Type: "Phrase", Attrs: map[string]any{"agency": string(agency)}}
}

// Phrases lists the templates of the actor's agency, by kind and title.
func (s *Service) Phrases(ctx context.Context, actor auth.Principal) ([]Phrase, error) {
	agency := contract.AgencyID(actor.Agency)
	if err := s.c.Policy.Check(actor, "casework.phrases", phraseObject(agency)); err != nil {
		return nil, err
	}
	return phrasesOf(ctx, s.c.DB, agency)
}

// MayEditPhrases reports whether the actor writes the templates of the agency.
func (s *Service) MayEditPhrases(actor auth.Principal) bool {
	return s.c.Policy.Check(actor, "casework.phrase_edit", phraseObject(contract.AgencyID(actor.Agency))) == nil
}

// SavePhrase stores a template of the actor's agency: a new one without an id.
func (s *Service) SavePhrase(ctx context.Context, actor auth.Principal, p Phrase) (Phrase, error) {
	p.Agency = contract.AgencyID(actor.Agency)
	if err := s.c.Policy.Check(actor, "casework.phrase_edit", phraseObject(p.Agency)); err != nil {
		return p, err
	}
	p.Title, p.Body = strings.TrimSpace(p.Title), strings.TrimSpace(p.Body)
	if err := p.check(); err != nil {
		return p, err
	}
	p.By, p.Changed = Handler{actor.ID, actor.Name}, s.c.Now()
	change := "changed"
	err := s.c.DB.InTx(ctx, func(ctx context.Context, tx db.Tx) error {
		if p.ID != "" {
			was, err := phraseByID(ctx, tx, p.ID)
			if err != nil || was.Agency != p.Agency {
				return notFoundOr(err)
			}
			if err := updatePhrase(ctx, tx, p); err != nil {
				return err
			}
			return s.phraseChanged(ctx, tx, actor, p, change)
		}
		n, err := countPhrases(ctx, tx, p.Agency)
		if err != nil {
			return err
		}
		if n >= maxPhrases {
			return ErrPhrases
		}
		p.ID, change = s.c.NewID(), "made"
		if err := insertPhrase(ctx, tx, p); err != nil {
			return err
		}
		return s.phraseChanged(ctx, tx, actor, p, change)
	})
	return p, err
}

// DropPhrase takes a template away.
func (s *Service) DropPhrase(ctx context.Context, actor auth.Principal, id string) error {
	agency := contract.AgencyID(actor.Agency)
	if err := s.c.Policy.Check(actor, "casework.phrase_edit", phraseObject(agency)); err != nil {
		return err
	}
	return s.c.DB.InTx(ctx, func(ctx context.Context, tx db.Tx) error {
		p, err := phraseByID(ctx, tx, id)
		if err != nil || p.Agency != agency {
			return notFoundOr(err)
		}
		if err := deletePhrase(ctx, tx, id); err != nil {
			return err
		}
		return s.phraseChanged(ctx, tx, actor, p, "dropped")
	})
}

func notFoundOr(err error) error {
	if err == nil {
		return ErrNotFound
	}
	return err
}

func (s *Service) phraseChanged(ctx context.Context, tx db.Tx, actor auth.Principal, p Phrase, change string) error {
	m := meta(actor, Case{})
	m.Object = "phrase:" + p.ID
	return s.c.Events.Record(ctx, tx, m, contract.PhraseChanged{
		Phrase: p.ID, Agency: p.Agency, Change: change, At: s.c.Now().UTC().Truncate(time.Microsecond),
	})
}

var hole = regexp.MustCompile(`\{([^{}]*)\}`)

func (p Phrase) check() error {
	var form fault.Form
	if !slices.Contains(PhraseKinds(), p.Kind) {
		form.Add("kind", "casework.phrase_kind")
	}
	switch n := len([]rune(p.Title)); {
	case n == 0:
		form.Add("title", "casework.phrase_title")
	case n > maxPhraseTitle:
		form.Add("title", "casework.too_long", "max", maxPhraseTitle)
	}
	limit := maxOpinion
	if p.Kind == PhraseReason {
		limit = maxReason
	}
	switch n := len([]rune(p.Body)); {
	case n == 0:
		form.Add("body", "casework.phrase_body")
	case n > limit:
		form.Add("body", "casework.too_long", "max", limit)
	}
	for _, m := range hole.FindAllStringSubmatch(p.Body, -1) {
		if !slices.Contains(Holes(), m[1]) {
			form.Add("body", "casework.phrase_hole", "name", m[1])
			break
		}
	}
	return form.Err()
}

// Filled are the templates of the actor's agency with their holes filled for a
// case that the actor handles, or, where unit is named, for its task of the
// actor's agency: then the applicant's name stays as hidden as on that page.
func (s *Service) Filled(ctx context.Context, actor auth.Principal, id contract.CaseID, unit string) ([]Phrase, error) {
	agency := contract.AgencyID(actor.Agency)
	if err := s.c.Policy.Check(actor, "casework.phrases", phraseObject(agency)); err != nil {
		return nil, err
	}
	facts, err := s.facts(ctx, actor, id, unit)
	if err != nil {
		return nil, err
	}
	list, err := phrasesOf(ctx, s.c.DB, agency)
	for i := range list {
		list[i].Body = fill(list[i].Body, facts)
	}
	return list, err
}

// facts are what the holes of templates stand for.
func (s *Service) facts(ctx context.Context, actor auth.Principal, id contract.CaseID, unit string) (map[string]string, error) {
	if unit == "" {
		c, err := s.Open(ctx, actor, id)
		if err != nil {
			return nil, err
		}
		return s.holes(actor, c, c.Applicant.Name, c.AgencyName, c.Due.Promised), nil
	}
	c, u, _, err := s.openUnit(ctx, actor, id, unit)
	if err != nil {
		return nil, err
	}
	return s.holes(actor, c, ListName(c.Applicant), u.AgencyName, u.Due), nil
}

func (s *Service) holes(actor auth.Principal, c Case, applicant string, agency contract.Text, due day.Date) map[string]string {
	return map[string]string{
		"applicant": applicant, "item": c.ItemName.ZH, "number": c.Number, "agency": agency.ZH, "handler": actor.Name,
		"date": inChinese(s.Today()), "filed": inChinese(day.In(c.Filed)), "due": inChinese(due),
	}
}

func inChinese(d day.Date) string {
	zh, _ := words(d)
	return zh
}

// fill writes facts into the holes; a hole without a fact stays for the official
// to see.
func fill(body string, facts map[string]string) string {
	return hole.ReplaceAllStringFunc(body, func(m string) string {
		if text := facts[m[1:len(m)-1]]; text != "" {
			return text
		}
		return m
	})
}
