package casework

import (
	"testing"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/auth"
)

// An opinion is news to the agency that leads the case until it reads the thread,
// and to nobody else; so is each time another is given.
func TestOpinionsAreNewsToWhoLeads(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		minute := func() { w.clock.set(w.clock.now().Add(60e9)) }
		c := w.act(t, clerk, w.file(t, "news", joint), Action{Name: "accept"})
		news := func(p auth.Principal) News {
			n, err := w.News(ctx, p, []contract.CaseID{c.ID})
			must(t, err)
			return n[c.ID]
		}
		inbox := func(p auth.Principal) Inbox {
			x, err := w.Inbox(ctx, p)
			must(t, err)
			return x
		}
		if n := news(clerk); n.Count() != 0 {
			t.Fatalf("what one asked is no news: %+v", n)
		}
		minute()
		must(t, w.Opine(ctx, fireman, c.ID, "u-fire", Answer{Opinion: OpinionObject, Reasons: []string{"疏散通道不足"}}))
		if n := news(reviewer1); n != (News{Internal: 1}) || n.Thread() != contract.ThreadInternal {
			t.Errorf("the opinion is no news: %+v", n)
		}
		if news(fireman).Count()+news(warden).Count()+news(lin).Count() != 0 {
			t.Error("the opinion is news to others")
		}
		if x := inbox(clerk); len(x.Messages) != 1 || x.News[c.ID].Internal != 1 {
			t.Errorf("who works the case is told %+v", x.Messages)
		}
		fresh := func(p auth.Principal) (n int) {
			thread, err := w.Messages(ctx, p, c.ID, contract.ThreadInternal)
			must(t, err)
			for _, turn := range thread.Turns {
				if turn.Fresh {
					n++
				}
			}
			return n
		}
		if fresh(fireman) != 0 || news(clerk).Internal != 1 {
			t.Error("another agency's reading counts")
		}
		if fresh(clerk) != 1 || fresh(clerk) != 0 || news(clerk).Count() != 0 || len(inbox(clerk).Messages) != 0 {
			t.Errorf("read, and still news: %+v", news(clerk))
		}
		minute()
		_ = w.act(t, reviewer1, w.load(t, c.ID), Action{Name: "send", Target: "u-fire", Opinion: "已补充通道"})
		minute()
		must(t, w.Opine(ctx, fireman, c.ID, "u-fire", Answer{Opinion: OpinionAgree, Note: "同意"}))
		if news(clerk) != (News{Internal: 1}) {
			t.Errorf("the second opinion: %+v", news(clerk))
		}
		// Writing does not read: an opinion that came meanwhile stays news.
		_, err := w.Write(ctx, clerk, c.ID, Words{Thread: contract.ThreadInternal, Text: "收到。"})
		must(t, err)
		if news(clerk).Internal != 1 {
			t.Errorf("after writing: %+v", news(clerk))
		}
	})
}

// What the others write reaches the agency that was asked, also when it answered
// before; not who is kept from the case, and nothing of what the applicant writes.
func TestWordsReachTheAgencyThatIsAsked(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		c := w.act(t, clerk, w.file(t, "words", joint), Action{Name: "accept"})
		words := func(p auth.Principal) []UnitTask {
			x, err := w.Inbox(ctx, p)
			must(t, err)
			for _, u := range x.Words {
				if u.Case != c.ID || x.News[c.ID] != (News{Internal: 1}) {
					t.Errorf("%s is told %+v of %+v", key(p), x.News[c.ID], u)
				}
			}
			return x.Words
		}
		must(t, w.Opine(ctx, fireman, c.ID, "u-fire", Answer{Opinion: OpinionAgree, Note: "同意"}))
		_, err := w.Write(ctx, lin, c.ID, Words{Thread: contract.ThreadApplicant, Text: "我明天在店里。"})
		must(t, err)
		if len(words(fireman)) != 0 {
			t.Error("the applicant's words are news to an agency that is asked")
		}
		_, err = w.Write(ctx, clerk, c.ID, Words{Thread: contract.ThreadInternal, Text: "请看第二页。"})
		must(t, err)
		messenger := of(fire, staff("fire-clerk", auth.RoleClerk))
		for p, want := range map[*auth.Principal]int{&fireman: 1, &firechief: 1, &warden: 1, &clerk: 0, &reviewer1: 0, &messenger: 0, &supervisor: 0} {
			if got := words(*p); len(got) != want {
				t.Errorf("%s is told of %d, want %d", key(*p), len(got), want)
			}
		}
		_, err = w.Messages(ctx, fireman, c.ID, contract.ThreadInternal)
		must(t, err)
		if len(words(firechief)) != 0 || len(words(warden)) != 1 {
			t.Error("each agency reads for itself")
		}
	})
}
