package casework

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/auth"
	"github.com/tongban/tongban/internal/kit/fault"
)

// said reads the thread between agencies as somebody sees it: one word for each
// entry, in order.
func (w *world) said(t testing.TB, p auth.Principal, id contract.CaseID) (list []string, turns []Turn) {
	t.Helper()
	thread, err := w.Messages(t.Context(), p, id, contract.ThreadInternal)
	must(t, err)
	for _, e := range thread.Entries() {
		if e.Message != nil {
			list = append(list, e.Message.Text)
			continue
		}
		list = append(list, e.Turn.Change+" "+e.Turn.Unit.ID)
	}
	return list, thread.Turns
}

// asked is a case on which one agency objected and agreed when it was asked again,
// and the task of another was taken back and given to a third.
func (w *world) asked(t testing.TB) Case {
	t.Helper()
	minute := func() { w.clock.set(w.clock.now().Add(60e9)) }
	c := w.act(t, clerk, w.file(t, "thread", joint), Action{Name: "accept"})
	minute()
	_, err := w.Write(t.Context(), clerk, c.ID, Words{Thread: contract.ThreadInternal, Text: "请看第二页。"})
	must(t, err)
	minute()
	must(t, w.Opine(t.Context(), fireman, c.ID, "u-fire", Answer{
		Opinion: OpinionObject, Note: "现场看过。", Reasons: []string{"疏散通道不足", "没有应急照明"}, Files: []Upload{upload("勘验.pdf", "%PDF fire")},
	}))
	minute()
	c = w.act(t, reviewer1, w.load(t, c.ID), Action{Name: "send", Target: "u-fire", Opinion: "已补充通道"})
	minute()
	must(t, w.Opine(t.Context(), fireman, c.ID, "u-fire", Answer{Opinion: OpinionAgree, Note: "同意"}))
	minute()
	c = w.act(t, reviewer1, w.load(t, c.ID), Action{Name: "recall", Target: "v-city", Reasons: []string{"职责不在该单位"}})
	minute()
	c = w.act(t, reviewer1, c, Action{Name: "send", Target: "v-city", Agency: "housing", Days: 2, Opinion: "归你单位管"})
	minute()
	return c
}

func TestAThreadTellsWhatAgenciesAskedAndAnswered(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		c := w.asked(t)
		list, turns := w.said(t, clerk, c.ID)
		want := []string{
			"sent u-fire", "sent v-city", "请看第二页。", "answered u-fire", "sent u-fire", "answered u-fire", "recalled v-city", "sent v-city",
		}
		if !slices.Equal(list, want) {
			t.Fatalf("thread %v, want %v", list, want)
		}
		first, answer, again, recalled, moved := turns[0], turns[2], turns[3], turns[5], turns[6]
		if first.Actor.ID != clerk.ID || first.Agency.ZH == "" || len(first.Files) != 1 || first.Files[0].Title.ZH == "" || first.Files[0].Task != "" {
			t.Errorf("asked: %+v", first)
		}
		if answer.Unit.Opinion != OpinionObject || len(answer.Unit.Reasons) != 2 || answer.Actor.ID != fireman.ID ||
			answer.Agency != answer.Unit.AgencyName || len(answer.Files) != 1 || answer.Files[0].Name != "勘验.pdf" {
			t.Errorf("objected: %+v", answer)
		}
		if again.Why != "已补充通道" || again.Unit.Round != 2 || again.Actor.ID != reviewer1.ID || again.Before.ZH != "" {
			t.Errorf("asked again: %+v", again)
		}
		if recalled.Why != "职责不在该单位" || moved.Why != "归你单位管" || moved.Before != recalled.Unit.AgencyName || moved.Before.ZH == "" {
			t.Errorf("sent elsewhere: %+v, %+v", recalled, moved)
		}
		_, body, err := w.MessageFile(t.Context(), reviewer1, c.ID, answer.Files[0].File)
		must(t, err)
		if readAll(t, body) != "%PDF fire" {
			t.Error("another file came")
		}
		if kept, err := w.KeepsBlob(t.Context(), answer.Files[0].Blob); err != nil || !kept {
			t.Errorf("the file of an opinion would be swept away: %v", err)
		}
		// What was recalled keeps why it had been sent, and who decides ends what is open.
		c = w.act(t, reviewer1, c, Action{Name: "recall", Target: "v-city", Reasons: []string{"不再需要"}})
		w.clock.set(w.clock.now().Add(60e9))
		_ = w.act(t, lin, w.load(t, c.ID), Action{Name: "withdraw"})
		list, turns = w.said(t, clerk, c.ID)
		n := len(turns)
		if list[len(list)-1] != "closed v-city" || turns[n-1].Actor.Kind != string(auth.Resident) || turns[n-1].Actor.Name != "" ||
			turns[n-2].Why != "不再需要" || turns[n-3].Why != "归你单位管" {
			t.Errorf("in the end %v: %+v", list, turns[n-3:])
		}
	})
}

// TestAThreadTellsAnAgencyOnlyWhatItIsAsked: the thread is no way around what an
// agency may see of a case.
func TestAThreadTellsAnAgencyOnlyWhatItIsAsked(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		c := w.asked(t)
		_, all := w.said(t, clerk, c.ID)
		letter := all[2].Files[0].File
		instead := of("housing", staff("instead", auth.RoleReviewer))
		messenger := of(fire, staff("fire-clerk", auth.RoleClerk)) // talks with the others, is not asked
		for _, x := range []struct {
			who   auth.Principal
			want  []string
			file  bool // opens what the fire brigade attached
			never []string
		}{
			{fireman, []string{"sent u-fire", "请看第二页。", "answered u-fire", "sent u-fire", "answered u-fire"}, true, []string{"职责不在该单位", "归你单位管"}},
			{warden, []string{"sent v-city", "请看第二页。", "recalled v-city"}, false, []string{"疏散通道不足", "归你单位管", "已补充通道"}},
			{instead, []string{"请看第二页。", "sent v-city"}, false, []string{"疏散通道不足", "职责不在该单位"}},
			{messenger, []string{"请看第二页。"}, false, []string{"疏散通道不足", "职责不在该单位"}},
		} {
			list, turns := w.said(t, x.who, c.ID)
			if !slices.Equal(list, x.want) {
				t.Errorf("%s reads %v, want %v", key(x.who), list, x.want)
			}
			for _, turn := range turns {
				if string(turn.Unit.Agency) != x.who.Agency || turn.Before.ZH != "" {
					t.Errorf("%s reads of another: %+v", key(x.who), turn)
				}
				for _, secret := range x.never {
					if strings.Contains(turn.Why+turn.Unit.Why+turn.Unit.Note+strings.Join(turn.Unit.Reasons, ""), secret) {
						t.Errorf("%s reads %q", key(x.who), secret)
					}
				}
				for _, f := range turn.Files {
					if f.Title.ZH == "" {
						continue // the own letter
					}
					_, _, err := w.UnitMaterial(t.Context(), x.who, c.ID, f.Task, f.File)
					must(t, err)
				}
			}
			_, _, err := w.MessageFile(t.Context(), x.who, c.ID, letter)
			if x.file != (err == nil) || err != nil && !errors.Is(err, ErrNotFound) {
				t.Errorf("%s opens the letter of the fire brigade: %v", key(x.who), err)
			}
		}
		for _, p := range []auth.Principal{lin, zhou, supervisor, abroad(clerk)} {
			if _, err := w.Messages(t.Context(), p, c.ID, contract.ThreadInternal); err == nil {
				t.Errorf("%s reads what agencies write to each other", key(p))
			}
			if _, _, err := w.MessageFile(t.Context(), p, c.ID, letter); !errors.Is(err, ErrNotFound) {
				t.Errorf("%s opens what is attached to an opinion: %v", key(p), err)
			}
		}
	})
}

func TestWhatIsAttachedToAnOpinionIsLookedAt(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		c := w.act(t, clerk, w.file(t, "files", joint), Action{Name: "accept"})
		agree := func(files ...Upload) Answer { return Answer{Opinion: OpinionAgree, Note: "同意", Files: files} }
		for name, x := range map[string]Answer{
			"a program":      agree(upload("x.pdf", "MZ...")),
			"too many files": agree(make([]Upload, maxMessageFiles+1)...),
		} {
			err := w.Opine(t.Context(), fireman, c.ID, "u-fire", x)
			if f := fault.FieldsOf(err); len(f) != 1 || f[0].Name != "files" {
				t.Errorf("%s: %v", name, err)
			}
		}
		must(t, w.Opine(t.Context(), fireman, c.ID, "u-fire", agree(upload("a.pdf", "%PDF a"), upload("b.pdf", "%PDF b"))))
		seen, err := w.Units(t.Context(), lin, c.ID)
		must(t, err)
		if len(seen[0].Files) != 0 {
			t.Errorf("the applicant sees what agencies send each other: %+v", seen[0].Files)
		}
		own, err := w.UnitPage(t.Context(), firechief, c.ID, "u-fire")
		must(t, err)
		if len(own.Files) != 2 {
			t.Errorf("its own agency sees %d files", len(own.Files))
		}
	})
}

// The record of steps that the applicant reads is no way around it either: who was
// asked, and no words.
func TestTheApplicantDoesNotReadWhatAgenciesWriteToEachOther(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		c := w.asked(t)
		secrets := []string{"现场看过", "疏散通道不足", "没有应急照明", "已补充通道", "职责不在该单位", "归你单位管", "同意", fireman.Name}
		words := func(p auth.Principal) string {
			steps, err := w.Steps(t.Context(), p, c.ID)
			must(t, err)
			if len(steps) < 8 {
				t.Errorf("%s reads %d steps", key(p), len(steps))
			}
			var all strings.Builder
			for _, st := range steps {
				all.WriteString(st.Actor.Name + st.Opinion + strings.Join(st.Reasons, "") + "\n")
			}
			return all.String()
		}
		for _, secret := range secrets {
			if strings.Contains(words(lin), secret) {
				t.Errorf("the applicant reads %q", secret)
			}
			if !strings.Contains(words(reviewer1), secret) {
				t.Errorf("who leads does not read %q", secret)
			}
		}
	})
}
