package inquiry

import (
	"slices"
	"time"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/day"
	"github.com/tongban/tongban/internal/kit/fault"
)

// Faults of expert reviews that a person may be told.
var (
	ErrFewExperts = fault.New(fault.Conflict, "inquiry.experts_few", "n", 0) // the roster has too few
	ErrOpinions   = fault.New(fault.Conflict, "inquiry.opinions_missing")
	ErrLink       = fault.New(fault.NotFound, "inquiry.link_over") // used, replaced or too old
)

// Bounds of a panel of experts.
const (
	maxPanel = 15
	linkDays = 14 // a link is good so long
)

// Verdicts of an expert, and of a review.
const (
	VerdictFor     = "for"
	VerdictChanges = "changes" // for, once something is changed
	VerdictAgainst = "against"
)

// Finding is what a verdict means: experts are in favour or not; an institution finds
// that what it tested meets the requirements or not.
func Finding(kind Kind, verdict string) string {
	if kind != KindErrand {
		return verdict
	}
	switch verdict {
	case VerdictFor:
		return ResultPass
	case VerdictChanges:
		return ResultCorrections
	case VerdictAgainst:
		return ResultFail
	}
	return verdict
}

func verdicts() []string { return []string{VerdictFor, VerdictChanges, VerdictAgainst} }

// Review is what is known of an expert review, or of an errand to an institution.
type Review struct {
	Special     string   `json:"special"`  // kind of special procedure
	Question    string   `json:"question"` // what is to be found out
	Days        int      `json:"days"`     // expected, told in writing
	Until       day.Date `json:"until"`
	Panel       []Member `json:"panel,omitempty"`
	Materials   []string `json:"materials,omitempty"` // files of the case that experts are given
	Institution string   `json:"institution,omitempty"`
	Sent        day.Date `json:"sent,omitzero"`
	Received    day.Date `json:"received,omitzero"`
	Verdict     string   `json:"verdict,omitempty"`
	Result      string   `json:"result,omitempty"`
	Ended       string   `json:"ended,omitempty"`
	Number      string   `json:"number,omitempty"`
}

// Member is an expert on a panel.
type Member struct {
	ID       string    `json:"id"`
	Expert   string    `json:"expert"`
	Name     string    `json:"name"`
	Field    string    `json:"field"`
	Unit     string    `json:"unit"`
	How      string    `json:"how"`                // "drawn" or "chosen"
	Why      string    `json:"why,omitempty"`      // of a choice
	Conflict string    `json:"conflict,omitempty"` // declared; the expert was replaced
	Linked   time.Time `json:"linked,omitzero"`
	Verdict  string    `json:"verdict,omitempty"`
	Opinion  string    `json:"opinion,omitempty"`
	Given    time.Time `json:"given,omitzero"`
	ByLink   bool      `json:"by_link,omitempty"`
	Enterer  string    `json:"enterer,omitempty"`
}

// Expert is one entry of an agency's roster.
type Expert struct {
	ID      string
	Agency  contract.AgencyID
	Name    string
	Field   string
	Unit    string
	Contact string // sealed at rest
	Active  bool
	At      time.Time
}

// Seated are the members who are on the panel now.
func (r *Review) Seated() []Member {
	return slices.DeleteFunc(slices.Clone(r.Panel), func(m Member) bool { return m.Conflict != "" })
}

// draw takes n experts by chance whom the panel has not had.
func (r *Review) draw(roster []Expert, field string, n int, pick func(n int) int) ([]Expert, error) {
	free := slices.DeleteFunc(slices.Clone(roster), func(e Expert) bool {
		return !e.Active || field != "" && e.Field != field || r.had(e.ID)
	})
	if len(free) < n {
		return nil, ErrFewExperts.With("n", len(free))
	}
	var drawn []Expert
	for range n {
		i := pick(len(free))
		drawn = append(drawn, free[i])
		free = slices.Delete(free, i, i+1)
	}
	return drawn, nil
}

func (r *Review) had(expert string) bool {
	return slices.ContainsFunc(r.Panel, func(m Member) bool { return m.Expert == expert })
}

func (r *Review) member(id string) *Member {
	i := slices.IndexFunc(r.Panel, func(m Member) bool { return m.ID == id })
	if i < 0 {
		return nil
	}
	return &r.Panel[i]
}

// opine takes an expert's opinion, once.
func (m *Member) opine(verdict, opinion string, at time.Time) error {
	if m.Conflict != "" || !m.Given.IsZero() {
		return ErrState
	}
	var form fault.Form
	if !slices.Contains(verdicts(), verdict) {
		form.Add("verdict", "inquiry.verdict_needed")
	}
	opinion = checkWords(&form, "opinion", opinion, maxText, true)
	if err := form.Err(); err != nil {
		return err
	}
	m.Verdict, m.Opinion, m.Given = verdict, opinion, at
	return nil
}

// Count sums up the opinions.
type Count struct{ For, Changes, Against, Open int }

// Count says how the experts stand.
func (r *Review) Count() (c Count) {
	for _, m := range r.Seated() {
		switch m.Verdict {
		case VerdictFor:
			c.For++
		case VerdictChanges:
			c.Changes++
		case VerdictAgainst:
			c.Against++
		default:
			c.Open++
		}
	}
	return c
}

// Majority is what more than half of the experts say, "" where there is none.
func (r *Review) Majority() string {
	c := r.Count()
	half := (c.For + c.Changes + c.Against) / 2
	switch {
	case c.For > half:
		return VerdictFor
	case c.Against > half:
		return VerdictAgainst
	case c.For+c.Changes > half:
		return VerdictChanges
	}
	return ""
}
