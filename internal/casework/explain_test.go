package casework

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/cite"
	"github.com/tongban/tongban/internal/statute"
)

// Every clock and every term is told day by day, with the article that counts the
// day or does not, in the words that pages use, in both languages.
func TestEveryPeriodIsExplainedInBothLanguages(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		k := w.populate(t)
		w.clock.to("2026-11-20")
		for lang, file := range map[string]string{"zh": "zh-CN", "en": "en"} {
			text, err := os.ReadFile(filepath.Join("caseworkweb", "locale", file+".json"))
			must(t, err)
			all, words := map[string]any{}, map[string]string{}
			must(t, json.Unmarshal(text, &all))
			for key, value := range all { // the others count something
				if word, ok := value.(string); ok {
					words[key] = word
				}
			}
			book := teller{zh: lang == "zh", words: words}
			for _, x := range []struct {
				name string
				of   Case
			}{
				{"paused", k.paused},
				{"opinions", k.asked},
				{"verification", k.committed},
				{"rectification", k.rectify},
				{"correction", k.correcting},
				{"owed", k.owing},
				{"objection", k.denied},
				{"waiting", k.parts["joint"]},
				{"no licence", k.parts["filing"]},
			} {
				book.tell(t, w, x.name, w.load(t, x.of.ID))
			}
			golden := filepath.Join("testdata", "explain."+lang+".txt")
			if *update {
				must(t, os.WriteFile(golden, []byte(book.text.String()), 0o600))
			}
			want, err := os.ReadFile(golden)
			must(t, err)
			if string(want) != book.text.String() {
				t.Errorf("%s differs from %s; -update writes it anew:\n%s", lang, golden, book.text.String())
			}
		}
	})
}

// teller writes explanations in one language.
type teller struct {
	zh    bool
	words map[string]string
	text  strings.Builder
}

func (b *teller) pick(x statute.Text) string {
	if b.zh {
		return x.ZH
	}
	return x.EN
}

func (b *teller) tell(t testing.TB, w *world, name string, c Case) {
	t.Helper()
	fmt.Fprintf(&b.text, "== %s\n", name)
	if no := b.pick(statute.Text(w.NoClock(c))); no != "" {
		fmt.Fprintln(&b.text, no)
	}
	clocks, err := w.Explanations(t.Context(), lin, c.ID)
	must(t, err)
	main, err := w.Explain(t.Context(), lin, c.ID)
	must(t, err)
	if i := slices.IndexFunc(clocks, func(e Explanation) bool { return e.Clock == main.Clock }); i >= 0 && len(clocks[i].Lines) != len(main.Lines) {
		t.Errorf("%s: two explanations of %s", name, main.Clock)
	}
	for _, e := range clocks {
		fmt.Fprintf(&b.text, "- %s %s..%s %d/%d %s, by analogy %v\n",
			b.clock(t, string(e.Clock)), e.Started, e.Promised, e.PromisedDays, e.LegalDays, e.Article, e.Analogy)
		b.lines(t, e.Lines)
	}
	terms, err := w.Terms(t.Context(), lin, c.ID)
	must(t, err)
	for _, x := range terms {
		fmt.Fprintf(&b.text, "- %s %s %s..%s %d\n", x.Kind, b.pick(statute.Text(x.Name)), x.Began, x.Due, x.Days)
		b.lines(t, x.Lines)
	}
}

func (b *teller) clock(t testing.TB, kind string) string {
	t.Helper()
	for key, word := range b.words {
		if strings.HasSuffix(key, ".clock."+kind) {
			return word
		}
	}
	t.Errorf("clock %s has no name", kind)
	return kind
}

func (b *teller) lines(t testing.TB, lines []statute.Line) {
	t.Helper()
	for _, l := range lines {
		why := b.words["casework.why."+string(l.Why)]
		if l.Why == statute.ReasonHoliday {
			why = b.pick(statute.Text{ZH: l.Name, EN: statute.EnglishHoliday(l.Name)})
		}
		article, known := statute.ArticleOf(l.Article)
		if why == "" || !known && l.Why != statute.ReasonAfter {
			t.Errorf("%s: no words for %s, article %q", l.Date, l.Why, l.Article)
		}
		no := "  "
		if l.Counted {
			no = fmt.Sprintf("%2d", l.Ordinal)
		}
		fmt.Fprintf(&b.text, "  %s %s %s (%s) %v\n", l.Date, no, why, b.pick(statute.Text{ZH: article.Law.ZH + " " + article.No.ZH, EN: cite.In(article.Law.EN, article.No.EN)}), l.Marks)
	}
}

// An official who acts after five silent days finds the case accepted, also where
// the job has not said so yet: what is told late is not told (art. 32(4)).
func TestNobodyRefusesAfterSilence(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		c := w.file(t, "late", hygiene)
		other := w.file(t, "other", hygiene)
		w.clock.to("2026-11-23") // the last day
		other = w.act(t, clerk, other, Action{Name: "refuse", Reasons: []string{"不属于许可范围"}})
		if other.Outcome != statute.Refused {
			t.Errorf("on the last day: %+v", other)
		}
		w.clock.to("2026-11-24")
		for _, a := range []Action{
			{Name: "refuse", Reasons: []string{"不属于许可范围"}},
			{Name: actCorrect, Marks: []contract.Mark{{Kind: "field", ID: "name", Reason: "与招牌不一致"}}},
			{Name: actAccept},
		} {
			if _, err := w.Act(t.Context(), clerk, c.ID, a); err == nil {
				t.Errorf("%s after five silent days", a.Name)
			}
		}
		w.drain(t)
		if c = w.load(t, c.ID); !c.Deemed || !c.Accepted.Equal(c.Received) {
			t.Errorf("not deemed accepted: %+v", c)
		}
		if _, err := w.Act(t.Context(), lin, c.ID, Action{Name: actWithdraw}); err != nil {
			t.Errorf("the applicant withdraws all the same: %v", err)
		}
	})
}
