package casework

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/auth"
	"github.com/tongban/tongban/internal/kit/blob"
	"github.com/tongban/tongban/internal/kit/db"
	"github.com/tongban/tongban/internal/kit/event"
	"github.com/tongban/tongban/internal/kit/fault"
	"github.com/tongban/tongban/internal/kit/id"
)

// counterIntake stores what comes and refuses programs.
type counterIntake struct{ blobs *blob.Folder }

func (i counterIntake) Take(ctx context.Context, spec contract.MaterialSpec, name string, body io.Reader) (contract.Material, error) {
	data, err := io.ReadAll(body)
	if err != nil {
		return contract.Material{}, err
	}
	if bytes.HasPrefix(data, []byte("MZ")) {
		return contract.Material{}, fault.New(fault.Invalid, "form.file.type")
	}
	key, size, err := i.blobs.Put(ctx, bytes.NewReader(data), 1<<20)
	return contract.Material{
		ID: spec.ID, File: id.New(), Name: name, Type: "application/pdf", Size: size, Blob: contract.BlobID(key), Level: "C", Origin: contract.MaterialUpload,
	}, err
}

func upload(name, content string) Upload { return Upload{Name: name, Body: strings.NewReader(content)} }

// linFor is Lin acting for the salon with a right to some services only.
func linFor(items ...string) auth.Principal {
	p := lin
	p.For.Items, p.For.Mandate = items, "m-1"
	return p
}

func text(s string) Words { return Words{Thread: contract.ThreadApplicant, Text: s} }

func TestWhoWritesAndReadsInACase(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		c := w.file(t, "m", joint)
		inFire := staff("fire1", auth.RoleReviewer)
		inFire.Agency = string(fire)
		self := staff("lin", auth.RoleClerk) // the operator, were she an official
		for _, x := range []struct {
			name   string
			who    auth.Principal
			thread string
			want   error
		}{
			{"the applicant", lin, contract.ThreadApplicant, nil},
			{"an agent whose right covers it", linFor(string(joint)), contract.ThreadApplicant, nil},
			{"an agent whose right does not", linFor("another"), contract.ThreadApplicant, ErrNotFound},
			{"the operator for herself", auth.Principal{Kind: auth.Resident, ID: "lin"}, contract.ThreadApplicant, ErrNotFound},
			{"somebody else", zhou, contract.ThreadApplicant, ErrNotFound},
			{"the clerk", clerk, contract.ThreadApplicant, nil},
			{"the supervisor only looks", supervisor, contract.ThreadApplicant, fault.New(fault.Denied, "policy.denied")},
			{"staff elsewhere", abroad(clerk), contract.ThreadApplicant, ErrNotFound},
			{"her own case on the desk", self, contract.ThreadApplicant, fault.New(fault.Denied, "policy.denied")},
			{"the applicant between agencies", lin, contract.ThreadInternal, fault.New(fault.Denied, "policy.denied")},
			{"the clerk between agencies", clerk, contract.ThreadInternal, nil},
			{"the agency that is asked", inFire, contract.ThreadInternal, nil},
			{"the agency that is asked, to the applicant", inFire, contract.ThreadApplicant, ErrNotFound},
			{"no such thread", clerk, "gossip", ErrNotFound},
		} {
			_, err := w.Write(t.Context(), x.who, c.ID, Words{Thread: x.thread, Text: "你好"})
			_, readErr := w.Messages(t.Context(), x.who, c.ID, x.thread)
			if !errors.Is(err, x.want) || !errors.Is(readErr, x.want) {
				t.Errorf("%s: writes %v, reads %v, want %v", x.name, err, readErr, x.want)
			}
		}
	})
}

func TestMessagesAreCountedUntilTheSideHasRead(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		c := w.file(t, "m", hygiene)
		unread := func(p auth.Principal) int {
			n, err := w.Unread(t.Context(), p, []contract.CaseID{c.ID})
			must(t, err)
			return n[c.ID]
		}
		m, err := w.Write(t.Context(), lin, c.ID, Words{Thread: contract.ThreadApplicant, Text: "  明天在店里。\r\n可以来。 ", Files: []Upload{upload("门头.pdf", "%PDF 1")}})
		must(t, err)
		if m.No != 1 || m.Text != "明天在店里。\n可以来。" || unread(lin) != 0 || unread(clerk) != 1 || unread(abroad(clerk)) != 1 {
			t.Fatalf("%+v, lin %d, clerk %d", m, unread(lin), unread(clerk))
		}
		told := w.messageEvents(t, c.ID)
		if len(told) != 1 || len(told[0].Files) != 1 || told[0].Files[0] != string(m.Files[0].Blob) || len(m.Files[0].Blob) != 64 {
			t.Errorf("what is attached is not told by its hash: %+v", told)
		}
		thread, err := w.Messages(t.Context(), reviewer1, c.ID, contract.ThreadApplicant)
		must(t, err)
		if len(thread.Messages) != 1 || thread.Messages[0].Text != m.Text || !thread.Messages[0].Fresh || thread.Messages[0].Own {
			t.Errorf("thread %+v", thread.Messages)
		}
		_, err = w.Write(t.Context(), clerk, c.ID, text("收到。"))
		must(t, err)
		if unread(lin) != 1 || unread(reviewer1) != 0 {
			t.Errorf("after the answer: lin %d, reviewer %d", unread(lin), unread(reviewer1))
		}
		peek, err := w.Peek(t.Context(), lin, c.ID)
		must(t, err)
		if len(peek.Messages) != 2 || !peek.Messages[1].Fresh || unread(lin) != 1 {
			t.Errorf("a look marks nothing: %+v", peek.Messages)
		}
		todos, err := w.Todos(t.Context(), lin)
		must(t, err)
		if len(todos) != 1 || todos[0].Kind != TodoMessage || todos[0].Count != 1 {
			t.Errorf("todos %+v", todos)
		}
		_, err = w.Messages(t.Context(), lin, c.ID, contract.ThreadApplicant)
		must(t, err)
		if unread(lin) != 0 || unread(clerk) != 0 {
			t.Errorf("after reading: lin %d, clerk %d", unread(lin), unread(clerk))
		}
		file := thread.Messages[0].Files[0]
		_, body, err := w.MessageFile(t.Context(), clerk, c.ID, file.File)
		must(t, err)
		if readAll(t, body) != "%PDF 1" {
			t.Error("another file came")
		}
		if _, _, err := w.MessageFile(t.Context(), zhou, c.ID, file.File); !errors.Is(err, ErrNotFound) {
			t.Errorf("a stranger opens the file: %v", err)
		}
		if kept, err := w.KeepsBlob(t.Context(), file.Blob); err != nil || !kept {
			t.Errorf("kept %v, %v", kept, err)
		}
		reads := 0
		events, err := w.events.About(t.Context(), "salon", 100)
		must(t, err)
		for _, e := range events {
			if e.Name == (contract.PersonalDataRead{}).EventName() && strings.Contains(string(e.Body), "message") {
				reads++
			}
		}
		if reads != 2 {
			t.Errorf("%d reads of messages are recorded, want that of the reviewer and the clerk's of the file", reads)
		}
		var body2 []byte
		must(t, w.c.DB.QueryRowContext(t.Context(), `SELECT body FROM casework_messages WHERE case_id = $1 AND no = 1`, c.ID).Scan(&body2))
		if bytes.Contains(body2, []byte("明天")) {
			t.Error("the words are stored in the clear")
		}
	})
}

func (w *world) messageEvents(t testing.TB, id contract.CaseID) (all []contract.MessageSent) {
	t.Helper()
	list, err := w.events.Of(t.Context(), "case:"+string(id))
	must(t, err)
	for _, rec := range list {
		if rec.Name == (contract.MessageSent{}).EventName() {
			var e contract.MessageSent
			must(t, json.Unmarshal(rec.Body, &e))
			all = append(all, e)
		}
	}
	return all
}

func TestMessagesHaveLimits(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		c := w.file(t, "m", hygiene)
		for _, x := range []struct {
			name  string
			words Words
			field string
		}{
			{"nothing", text("   "), "text"},
			{"too much", text(strings.Repeat("长", 2001)), "text"},
			{"too many files", Words{Thread: contract.ThreadApplicant, Text: "好", Files: make([]Upload, 4)}, "files"},
			{"a program", Words{Thread: contract.ThreadApplicant, Text: "好", Files: []Upload{upload("x.pdf", "MZ...")}}, "files"},
		} {
			_, err := w.Write(t.Context(), lin, c.ID, x.words)
			if f := fault.FieldsOf(err); len(f) != 1 || f[0].Name != x.field {
				t.Errorf("%s: %v", x.name, err)
			}
		}
		// Two at the same time cannot pass the limit of an hour together.
		var wg sync.WaitGroup
		var mu sync.Mutex
		sent := 0
		for i := range messagesPerHour + 5 {
			wg.Go(func() {
				_, err := w.Write(t.Context(), lin, c.ID, text(fmt.Sprint("第", i)))
				mu.Lock()
				defer mu.Unlock()
				if err == nil {
					sent++
				} else if !errors.Is(err, ErrMessages) {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if sent != messagesPerHour {
			t.Errorf("%d messages in an hour", sent)
		}
		w.clock.set(w.clock.now().Add(61 * time.Minute))
		_, err := w.Write(t.Context(), lin, c.ID, text("再说一句"))
		must(t, err)
		c = w.act(t, lin, w.load(t, c.ID), Action{Name: "withdraw"})
		w.clock.set(c.Ended.Add(30 * 24 * time.Hour))
		_, err = w.Write(t.Context(), clerk, c.ID, text("三十天之内"))
		must(t, err)
		w.clock.set(c.Ended.Add(30*24*time.Hour + time.Second))
		if _, err := w.Write(t.Context(), lin, c.ID, text("晚了")); !errors.Is(err, ErrMessagesClosed) {
			t.Errorf("after thirty days: %v", err)
		}
	})
}

// owing makes the lease of the shop a material that may come later and be used
// again.
func owing(w *world) {
	svc := w.services[hygiene]
	svc.Materials = []contract.MaterialSpec{
		{ID: "plan", Name: contract.Text{ZH: "平面图", EN: "Floor plan"}, Origin: "upload", Types: []string{"pdf"}, MaxFiles: 2, Element: "floor_plan"},
		{ID: "lease", Name: contract.Text{ZH: "租赁合同", EN: "Lease"}, Origin: "upload", Types: []string{"pdf"}, MaxFiles: 2, OwedDays: 5, Element: "lease", CounterToo: true},
		{ID: "licence", Name: contract.Text{ZH: "营业执照", EN: "Business licence"}, Origin: "government"},
	}
	w.services[hygiene] = svc
}

func (w *world) owe(t testing.TB, key string) Case {
	t.Helper()
	sub := w.submission(key, hygiene)
	sub.Materials = append(sub.Materials, contract.Material{ID: "lease", File: "owed-" + key, Origin: contract.MaterialOwed, Due: "2026-11-23", At: w.clock.now()})
	r, err := w.submit(t.Context(), lin, sub)
	must(t, err)
	return w.load(t, r.Case)
}

// remindersOf counts what was told of owed materials.
func (w *world) remindersOf(t testing.TB, id contract.CaseID) (soon, passed int) {
	t.Helper()
	events, err := w.events.Of(t.Context(), "case:"+string(id))
	must(t, err)
	for _, e := range events {
		switch {
		case e.Name != (contract.MaterialDue{}).EventName():
		case strings.Contains(string(e.Body), `"passed":true`):
			passed++
		default:
			soon++
		}
	}
	return soon, passed
}

func TestWhatIsOwedIsRemindedOfAndThenWithdraws(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		owing(w)
		c := w.owe(t, "late")
		c = w.act(t, clerk, c, Action{Name: "accept"})
		due := func() (soon, passed int) { return w.remindersOf(t, c.ID) }
		w.clock.to("2026-11-18")
		w.drain(t)
		if soon, _ := due(); soon != 0 {
			t.Fatal("reminded too early")
		}
		w.clock.to("2026-11-19") // two working days before Monday
		w.drain(t)
		w.drain(t)
		if soon, passed := due(); soon != 1 || passed != 0 {
			t.Fatalf("reminded %d times, passed %d", soon, passed)
		}
		c = w.act(t, reviewer1, w.load(t, c.ID), opinion("review"))
		c = w.act(t, reviewer2, c, opinion("countersign"))
		if _, err := w.Act(t.Context(), approver, c.ID, opinion("approve")); !errors.Is(err, ErrOwed) {
			t.Errorf("granted while something is owed: %v", err)
		}
		w.clock.to("2026-11-23")
		w.drain(t)
		if got := w.load(t, c.ID); got.Stage == StageDone {
			t.Fatal("withdrawn on the last day")
		}
		w.clock.to("2026-11-24")
		w.drain(t)
		// The job may run again, after a crash or at the same time.
		var wg sync.WaitGroup
		for range 4 {
			wg.Go(func() {
				err := w.c.DB.InTx(t.Context(), func(ctx context.Context, tx db.Tx) error {
					return w.owedDue(ctx, tx, owedJob{Case: c.ID, Material: "lease"})
				})
				if err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		w.drain(t)
		c = w.load(t, c.ID)
		steps, err := stepsOf(t.Context(), w.c.DB, c.ID)
		must(t, err)
		last := steps[len(steps)-1]
		ends := slices.DeleteFunc(slices.Clone(steps), func(s Step) bool { return s.Action != "withdraw" })
		if c.State != "WITHDRAWN" || len(ends) != 1 || !last.Deemed || last.Actor.Kind != string(auth.System) || !slices.Equal(last.Reasons, []string{"lease"}) {
			t.Errorf("state %s, withdrawn %d times, last step %+v", c.State, len(ends), last)
		}
		if soon, passed := due(); soon != 1 || passed != 1 {
			t.Errorf("reminded %d times, passed %d", soon, passed)
		}
		docs, err := w.Documents(t.Context(), lin, c.ID)
		must(t, err)
		_, body, err := w.Document(t.Context(), lin, c.ID, docs[0].ID)
		must(t, err)
		if got := readAll(t, body); docs[0].Kind != "withdrawal_notice" || !strings.Contains(got, "视为撤回") {
			t.Errorf("notice %s: %s", docs[0].Kind, got)
		}
		todos, err := w.Todos(t.Context(), lin)
		must(t, err)
		if len(todos) != 1 || todos[0].Kind != TodoObject {
			t.Errorf("todos %+v", todos)
		}
	})
}

func TestWhatIsOwedCanBeHandedInAndNothingHappens(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		owing(w)
		c := w.owe(t, "paid")
		c = w.act(t, clerk, c, Action{Name: "accept"})
		_, places, err := w.Supplements(t.Context(), lin, c.ID)
		must(t, err)
		if len(places) != 2 || places[0].Spec.ID != "lease" || places[0].Owed == nil || places[0].Owed.Left != 5 || places[1].Has != 1 {
			t.Fatalf("places %+v", places)
		}
		before := w.load(t, c.ID)
		c, err = w.Supplement(t.Context(), lin, c.ID, Supplement{Material: "lease", Note: "合同两页", Files: []Upload{upload("合同.pdf", "%PDF lease")}})
		must(t, err)
		if c.Step != before.Step+1 || c.State != before.State || c.Due != before.Due {
			t.Errorf("the case moved: %+v", c)
		}
		if _, err := w.Act(t.Context(), reviewer1, c.ID, Action{Name: "review", Opinion: "好", Step: before.Step}); !errors.Is(err, ErrStale) {
			t.Errorf("who had the case open did not learn of it: %v", err)
		}
		content, err := w.Content(t.Context(), clerk, c.ID)
		must(t, err)
		if content.Round != 2 || len(content.Materials) != 2 || content.Materials[1].Origin != contract.MaterialUpload || len(content.Lines) != 4 {
			t.Errorf("content %+v", content)
		}
		w.clock.to("2026-12-01")
		w.drain(t)
		if got := w.load(t, c.ID); got.Stage == StageDone {
			t.Errorf("withdrawn although it came: %s", got.State)
		}
		owes, err := w.OwedOf(t.Context(), lin, c.ID)
		must(t, err)
		if len(owes) != 1 || !owes[0].Given {
			t.Errorf("owed %+v", owes)
		}
	})
}

func TestSupplementsAreOfWhatTheGuideListsBeforeTheDecision(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		owing(w)
		c := w.file(t, "s", hygiene)
		add := func(p auth.Principal, material string, n int) error {
			files := make([]Upload, n)
			for i := range files {
				files[i] = upload("f.pdf", fmt.Sprint("%PDF ", material, i))
			}
			_, err := w.Supplement(t.Context(), p, c.ID, Supplement{Material: material, Files: files})
			return err
		}
		for _, x := range []struct {
			name, material string
			who            auth.Principal
			n              int
			want           fault.Kind
		}{
			{"listed", "plan", lin, 1, fault.Internal},
			{"an agent whose right covers it", "plan", linFor(string(hygiene)), 1, fault.Internal},
			{"an agent whose right does not", "plan", linFor("x"), 1, fault.NotFound},
			{"not listed", "diary", lin, 1, fault.Invalid},
			{"held by government", "licence", lin, 1, fault.Invalid},
			{"no file", "plan", lin, 0, fault.Invalid},
			{"too many", "plan", lin, 3, fault.Invalid},
			{"a stranger", "plan", zhou, 1, fault.NotFound},
			{"the clerk", "plan", clerk, 1, fault.NotFound},
		} {
			err := add(x.who, x.material, x.n)
			if x.want == fault.Internal && err != nil || x.want != fault.Internal && fault.KindOf(err) != x.want {
				t.Errorf("%s: %v", x.name, err)
			}
		}
		c = w.act(t, clerk, w.load(t, c.ID), Action{Name: "correct", Marks: marked()})
		if err := add(lin, "plan", 1); err == nil {
			t.Error("taken beside a correction that has the same material in hand")
		}
		w.act(t, lin, w.load(t, c.ID), Action{Name: "withdraw"})
		if err := add(lin, "plan", 1); err == nil {
			t.Error("taken after the end")
		}
	})
}

func TestOriginalsMakeCopiesForLater(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		owing(w)
		sub := w.submission("v", hygiene)
		sub.Materials = append(sub.Materials, contract.Material{ID: "lease", File: "at-counter", Origin: contract.MaterialCounter, At: w.clock.now()})
		r, err := w.submit(t.Context(), lin, sub)
		must(t, err)
		salon := sub.Applicant
		copies := func(p auth.Principal) []contract.Copy {
			list, err := w.Copies(t.Context(), p, salon, []string{"floor_plan", "lease", ""})
			must(t, err)
			return list
		}
		if got := copies(lin); len(got) != 0 {
			t.Fatalf("an upload that nobody checked: %+v", got)
		}
		for _, p := range []auth.Principal{lin, zhou, supervisor, abroad(clerk)} {
			if err := w.Verify(t.Context(), p, r.Case, "file-1", Verification{}); err == nil {
				t.Errorf("%s verifies", p.ID)
			}
		}
		must(t, w.Verify(t.Context(), clerk, r.Case, "file-1", Verification{Note: "当面核对"}))
		must(t, w.Verify(t.Context(), clerk, r.Case, "at-counter", Verification{Scan: []Upload{upload("lease.pdf", "%PDF scanned lease")}}))
		if err := w.Verify(t.Context(), clerk, r.Case, "file-1", Verification{}); !errors.Is(err, ErrState) {
			t.Errorf("verified twice: %v", err)
		}
		got := copies(lin)
		if len(got) != 2 || got[0].Material.Level != "B" || got[0].Material.Origin != contract.MaterialCopy || got[0].Case != r.Number || got[0].Checked != "2026-11-16" {
			t.Fatalf("copies %+v", got)
		}
		if list := copies(linFor("another")); len(list) != 0 {
			t.Errorf("an agent whose right does not cover the service sees %+v", list)
		}
		for _, p := range []auth.Principal{zhou, clerk, {Kind: auth.Resident, ID: "lin"}} {
			if _, err := w.Copies(t.Context(), p, salon, []string{"lease"}); !errors.Is(err, ErrNotFound) {
				t.Errorf("%s is told: %v", p.ID, err)
			}
		}
		_, body, err := w.Material(t.Context(), lin, r.Case, "at-counter")
		must(t, err)
		if readAll(t, body) != "%PDF scanned lease" {
			t.Error("the scan is not the material's file")
		}
		// Using one is a read of the applicant's data.
		next := w.submission("reuse", hygiene)
		m := got[0].Material
		m.ID = "lease"
		next.Materials = []contract.Material{m}
		again, err := w.submit(t.Context(), lin, next)
		must(t, err)
		events, err := w.events.Of(t.Context(), "case:"+string(again.Case))
		must(t, err)
		if !slices.ContainsFunc(events, recordedReuse) {
			t.Error("the use of a copy is not recorded")
		}
	})
}

func recordedReuse(e event.Recorded) bool {
	return e.Name == (contract.PersonalDataRead{}).EventName() && e.Purpose == "reuse"
}
