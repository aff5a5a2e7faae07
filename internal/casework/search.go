package casework

import (
	"context"
	"strings"
	"time"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/auth"
	"github.com/tongban/tongban/internal/kit/db"
	"github.com/tongban/tongban/internal/kit/event"
	"github.com/tongban/tongban/internal/kit/fault"
	"github.com/tongban/tongban/internal/kit/idcode"
	"github.com/tongban/tongban/internal/kit/policy"
)

// Search is what an official looks for: a case number, a query code, or how the
// name of an applicant begins; of one service, or of all.
type Search struct {
	Text  string
	Item  contract.ItemID
	After string
	Limit int
}

// Found is one page of what a search finds, newest first, with the exact number.
type Found struct {
	By    string // what the text was taken for: number, code, name
	Cases []Case
	Total int
	Next  string
}

// Search finds cases among those that the actor may see. That somebody looked, and
// what was shown, is recorded.
func (s *Service) Search(ctx context.Context, actor auth.Principal, q Search) (Found, error) {
	if err := s.c.Policy.Check(actor, "casework.search", policy.Page); err != nil {
		return Found{}, err
	}
	cur, err := readCursor(q.After)
	if err != nil {
		return Found{}, err
	}
	w, by, err := s.sought(actor, q)
	if err != nil {
		return Found{}, err
	}
	f := Found{By: by}
	if f.Total, err = countCases(ctx, s.c.DB, w); err != nil {
		return f, err
	}
	limit := Query{Limit: q.Limit}.limit()
	if f.Cases, err = listRecent(ctx, s.c.DB, w, cur, limit+1); err != nil {
		return f, err
	}
	if len(f.Cases) > limit {
		f.Cases = f.Cases[:limit]
		last := f.Cases[limit-1]
		f.Next = cursor{Filed: micro(last.Filed), ID: last.ID}.String()
	}
	e := contract.CasesSearched{By: by, Item: q.Item, Found: f.Total, Shown: []contract.CaseID{}, At: s.c.Now().UTC().Truncate(time.Microsecond)}
	for _, c := range f.Cases {
		e.Shown = append(e.Shown, c.ID)
	}
	return f, s.c.DB.InTx(ctx, func(ctx context.Context, tx db.Tx) error {
		return s.c.Events.Record(ctx, tx, event.Meta{Actor: actor, Object: "agency:" + actor.Agency, Purpose: "search"}, e)
	})
}

// sought is the condition of a search: the rule who may see, and what was typed.
func (s *Service) sought(actor auth.Principal, q Search) (w *where, by string, err error) {
	text := strings.TrimSpace(q.Text)
	w = s.rule(atDesk(actor), "")
	switch number, err := idcode.ParseCaseNumber(text); {
	case err == nil:
		by = "number"
		w.and("number = ?", number)
	case isCode(text):
		by = "code"
		begins := string([]rune(text)[:2]) // six letters can be a name, too
		w.and("query_code = ? OR applicant_name <> '' AND SUBSTR(applicant_name, 1, 2) = ? AND SUBSTR(applicant_name, 1, ?) = ?", normalCode(text), begins, len([]rune(text)), text)
	case len([]rune(text)) >= 2 && len([]rune(text)) <= 100:
		by = "name"
		nameBegins(w, text)
	default:
		var form fault.Form
		form.Add("q", "casework.search_text")
		return nil, "", form.Err()
	}
	if q.Item != "" {
		w.and("item = ?", q.Item)
	}
	return w, by, nil
}

// isCode reports whether a text can be a query code.
func isCode(text string) bool {
	code := normalCode(text)
	if len(code) != codeLength {
		return false
	}
	return !strings.ContainsFunc(code, func(r rune) bool { return (r < '0' || r > '9') && (r < 'A' || r > 'Z') })
}
