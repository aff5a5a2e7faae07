package form_test

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/form"
	"github.com/tongban/tongban/internal/form/formtest"
	"github.com/tongban/tongban/internal/kit/auth"
	"github.com/tongban/tongban/internal/kit/event"
	"github.com/tongban/tongban/internal/kit/fault"
)

// family are answers to everything that the birth form asks of a mother.
func family() map[string]any {
	return map[string]any{
		"child": "黄小满", "married": true, "spouse_name": "黄磊", "spouse_number": formtest.HuangNumber, "phone": "13900138000", "declared": true,
	}
}

func begin(t *testing.T, w *formtest.World, answers map[string]any) contract.DraftID {
	t.Helper()
	id, err := w.Start(t.Context(), formtest.Chen, w.Birth)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Fill(t, formtest.Chen, id, 0, answers); err != nil {
		t.Fatal(err)
	}
	return id
}

func pdf(name string) form.Upload {
	return form.Upload{Name: name + ".pdf", Body: strings.NewReader(formtest.PDF(name))}
}

// waiting is a draft that waits for its signer.
func waiting(t *testing.T, w *formtest.World) contract.DraftID {
	t.Helper()
	id := begin(t, w, family())
	for _, m := range []string{"proof", "marriage"} {
		if _, err := w.Attach(t.Context(), formtest.Chen, id, m, pdf(m)); err != nil {
			t.Fatal(m, err)
		}
	}
	if r, err := w.Submit(t.Context(), formtest.Chen, id, form.Change{}); err != nil || r.Case != "" {
		t.Fatal(r, err)
	}
	return id
}

var keyed = form.Signing{Method: form.SignKeyed, Mark: "黄磊"}

func names(t *testing.T, w *formtest.World, id contract.DraftID) []string {
	t.Helper()
	list, err := w.Events.Of(t.Context(), "draft:"+string(id))
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, e := range list {
		out = append(out, e.Name)
	}
	return out
}

func last[E event.Event](t *testing.T, w *formtest.World, id contract.DraftID) (e E) {
	t.Helper()
	list, err := w.Events.Of(t.Context(), "draft:"+string(id))
	if err != nil {
		t.Fatal(err)
	}
	for _, x := range slices.Backward(list) {
		if x.Name == e.EventName() {
			if err := json.Unmarshal(x.Body, &e); err != nil {
				t.Fatal(err)
			}
			return e
		}
	}
	t.Fatalf("no %s", e.EventName())
	return e
}

func TestCaseStartsWhenTheLastHasSigned(t *testing.T) {
	t.Parallel()
	formtest.Each(t, func(t *testing.T, w *formtest.World) {
		id := waiting(t, w)
		if asked := last[contract.SignatureAsked](t, w, id); asked.Notify != "huang" || asked.Signer != "spouse" {
			t.Errorf("asked %+v", asked)
		}
		d, err := w.Draft(t.Context(), formtest.Chen, id)
		if err != nil || d.State != form.StateSigning || len(d.Signers) != 1 || d.Signers[0].State != form.SignerWaiting || w.Count(t) != 0 {
			t.Fatalf("%s %+v %v", d.State, d.Signers, err)
		}
		frozen(t, w, id)
		list, err := w.Signatures(t.Context(), formtest.Huang)
		if err != nil || len(list) != 1 || list[0].Draft != id || list[0].Applicant.Name != "陈静" || list[0].Role.EN != "The spouse" {
			t.Fatalf("%+v %v", list, err)
		}
		x, err := w.Signature(t.Context(), formtest.Huang, id, "spouse")
		if err != nil || len(x.State.Pages) != 1 || x.State.Pages[0].Fields[0].Value != "13900139000" || len(x.Draft.Result.Pages) == 0 {
			t.Fatalf("%+v %v", x.State, err)
		}
		if read := last[contract.PersonalDataRead](t, w, id); read.Subject != "chen" || read.Purpose != "signature" {
			t.Errorf("the look is recorded as %+v", read)
		}
		if _, err := w.Sign(t.Context(), formtest.Huang, id, "spouse", form.Signing{Method: form.SignKeyed, Mark: "陈静"}); fault.FieldsOf(err) == nil {
			t.Errorf("signed with another name: %v", err)
		}
		signAtOnce(t, w, id)
		s := w.Cases.Submitted[0]
		if w.Count(t) != 1 || w.Cases.Actors[0].ID != "system:last-signature" || s.Operator != "chen" || s.Applicant.ID != "chen" ||
			len(s.Signatures) != 1 || s.Signatures[0].Account != "huang" || s.Signatures[0].Method != "keyed" || s.Signatures[0].Name != "黄磊" {
			t.Errorf("%d cases: %+v by %+v", w.Count(t), s.Signatures, w.Cases.Actors)
		}
		if s.Answers["spouse_phone"] != "13900139000" || s.Answers["phone"] != "13900138000" {
			t.Errorf("answers are %v", s.Answers)
		}
		if d, err := w.Draft(t.Context(), formtest.Chen, id); err != nil || d.Receipt == nil || d.Receipt.QueryCode == "" {
			t.Errorf("the applicant has no receipt: %v", err)
		}
		if list, err := w.Signatures(t.Context(), formtest.Huang); err != nil || len(list) != 0 {
			t.Errorf("still asked: %v %v", list, err)
		}
		if given := last[contract.SignatureGiven](t, w, id); !given.Last || given.Notify != "chen" {
			t.Errorf("given %+v", given)
		}
	})
}

// signAtOnce signs from many places at the same time: it counts once.
func signAtOnce(t *testing.T, w *formtest.World, id contract.DraftID) {
	t.Helper()
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			if _, err := w.Sign(t.Context(), formtest.Huang, id, "spouse", keyed); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	again, err := w.Sign(t.Context(), formtest.Huang, id, "spouse", keyed)
	if err != nil || !again.Last || again.Receipt == nil || again.Receipt.Number == "" || again.Receipt.QueryCode != "" {
		t.Errorf("again: %+v %v", again, err)
	}
}

// frozen: nothing of a draft that waits for signatures can be changed.
func frozen(t *testing.T, w *formtest.World, id contract.DraftID) {
	t.Helper()
	ctx := t.Context()
	for what, try := range map[string]func() error{
		"save":   func() error { _, err := w.Fill(t, formtest.Chen, id, 0, map[string]any{"child": "别人"}); return err },
		"attach": func() error { _, err := w.Attach(ctx, formtest.Chen, id, "photo", pdf("x")); return err },
		"way": func() error {
			_, err := w.ChooseWay(ctx, formtest.Chen, id, "proof", "counter", form.WayArgs{})
			return err
		},
		"commit": func() error { _, err := w.Commit(ctx, formtest.Chen, id, "", true); return err },
		"delete": func() error { return w.Delete(ctx, formtest.Chen, id) },
	} {
		if err := try(); !errors.Is(err, form.ErrSigning) {
			t.Errorf("%s: %v", what, err)
		}
	}
	if r, err := w.Submit(ctx, formtest.Chen, id, form.Change{}); err != nil || r.Case != "" {
		t.Errorf("the second click: %+v %v", r, err)
	}
}

func TestOnlyWhoWasAskedSigns(t *testing.T) {
	t.Parallel()
	formtest.Each(t, func(t *testing.T, w *formtest.World) {
		id := waiting(t, w)
		forAnother := formtest.Huang
		forAnother.For = auth.Acting{Kind: auth.ForPerson, ID: "zhou"}
		for name, who := range map[string]auth.Principal{
			"applicant": formtest.Chen, "same name": formtest.Namesake, "same number": formtest.Twin, "stranger": formtest.Zhou, "nobody": {},
			"for another": forAnother, "staff": {Kind: auth.Staff, ID: "huang"},
		} {
			for what, try := range map[string]func() error{
				"read":    func() error { _, err := w.Signature(t.Context(), who, id, "spouse"); return err },
				"sign":    func() error { _, err := w.Sign(t.Context(), who, id, "spouse", keyed); return err },
				"decline": func() error { return w.Decline(t.Context(), who, id, "spouse", "不同意") },
				"attach": func() error {
					_, err := w.AttachSigner(t.Context(), who, id, "spouse", "spouse_card", pdf("x"))
					return err
				},
			} {
				if err := try(); !errors.Is(err, form.ErrNoSigner) {
					t.Errorf("%s can %s: %v", name, what, err)
				}
			}
			if list, err := w.Signatures(t.Context(), who); err != nil || len(list) != 0 {
				t.Errorf("%s is asked: %v %v", name, list, err)
			}
		}
		if _, err := w.Draft(t.Context(), formtest.Huang, id); !errors.Is(err, form.ErrNotFound) {
			t.Errorf("the signer opens the draft itself: %v", err)
		}
		if _, err := w.Signature(t.Context(), formtest.Huang, id, "other"); !errors.Is(err, form.ErrNoSigner) {
			t.Errorf("another signer: %v", err)
		}
	})
}

func TestRecallVoidsSignatures(t *testing.T) {
	t.Parallel()
	formtest.Each(t, func(t *testing.T, w *formtest.World) {
		id := waiting(t, w)
		card, err := w.AttachSigner(t.Context(), formtest.Huang, id, "spouse", "spouse_card", pdf("card"))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Attach(t.Context(), formtest.Chen, id, "spouse_card", pdf("x")); err == nil {
			t.Error("the applicant hands in the signer's paper")
		}
		if _, _, err := w.File(t.Context(), formtest.Chen, id, card.File); err != nil {
			t.Log("the applicant may not look at it: ", err)
		}
		if err := w.Decline(t.Context(), formtest.Huang, id, "spouse", "名字写错了"); err != nil {
			t.Fatal(err)
		}
		if d, _ := w.Draft(t.Context(), formtest.Chen, id); d.Signers[0].State != form.SignerDeclined || d.Signers[0].Reason != "名字写错了" {
			t.Errorf("%+v", d.Signers)
		}
		if err := w.Recall(t.Context(), formtest.Zhou, id); !errors.Is(err, form.ErrNotFound) {
			t.Errorf("a stranger recalls: %v", err)
		}
		for range 2 { // again is what was asked for
			if err := w.Recall(t.Context(), formtest.Chen, id); err != nil {
				t.Fatal(err)
			}
		}
		if ended := last[contract.SigningEnded](t, w, id); ended.Reason != contract.SigningRecalled || !slices.Contains(ended.Signers, "huang") {
			t.Errorf("ended %+v", ended)
		}
		if _, err := w.Sign(t.Context(), formtest.Huang, id, "spouse", keyed); !errors.Is(err, form.ErrNoSigner) {
			t.Errorf("signed what was recalled: %v", err)
		}
		d, err := w.Fill(t, formtest.Chen, id, 0, map[string]any{"child": "黄小曼"})
		if err != nil || d.State != form.StateOpen || len(d.Files) != 2 {
			t.Fatalf("%s %d files: %v", d.State, len(d.Files), err)
		}
		if _, err := w.Submit(t.Context(), formtest.Chen, id, form.Change{}); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Sign(t.Context(), formtest.Huang, id, "spouse", form.Signing{Method: form.SignDrawn, Mark: "M1 1 L20 20 L30 5"}); err != nil {
			t.Fatal(err)
		}
		if w.Count(t) != 1 || w.Cases.Submitted[0].Answers["child"] != "黄小曼" || w.Cases.Submitted[0].Signatures[0].Method != "drawn" {
			t.Errorf("%d cases: %+v", w.Count(t), w.Cases.Submitted[0].Answers)
		}
	})
}

func TestSignersAreReminded(t *testing.T) {
	t.Parallel()
	formtest.Each(t, func(t *testing.T, w *formtest.World) {
		id := waiting(t, w)
		if err := w.Remind(t.Context(), formtest.Chen, id, "spouse"); !errors.Is(err, form.ErrReminded) {
			t.Errorf("reminded at once: %v", err)
		}
		w.Clock.Pass(25 * time.Hour)
		if err := w.Remind(t.Context(), formtest.Chen, id, "spouse"); err != nil {
			t.Fatal(err)
		}
		asked := func() int {
			return len(slices.DeleteFunc(names(t, w, id), func(n string) bool { return n != (contract.SignatureAsked{}).EventName() }))
		}
		if n := asked(); n != 2 {
			t.Errorf("asked %d times", n)
		}
		for i, days := range []int{2, 4, 7, 7} {
			w.Clock.Pass(time.Duration(days) * 24 * time.Hour)
			if err := w.Queue.Drain(t.Context()); err != nil {
				t.Fatal(err)
			}
			if n := asked(); n != 3+i {
				t.Errorf("asked %d times, want %d", n, 3+i)
			}
		}
		w.Clock.Pass(10 * 24 * time.Hour)
		if err := w.Queue.Drain(t.Context()); err != nil {
			t.Fatal(err)
		}
		d, err := w.Draft(t.Context(), formtest.Chen, id)
		if err != nil || d.State != form.StateOpen || d.Answers["child"] != "黄小满" {
			t.Errorf("after 30 days: %s %v", d.State, err)
		}
		if ended := last[contract.SigningEnded](t, w, id); ended.Reason != contract.SigningExpired {
			t.Errorf("ended %+v", ended)
		}
		if _, err := w.Sign(t.Context(), formtest.Huang, id, "spouse", keyed); !errors.Is(err, form.ErrNoSigner) {
			t.Errorf("signed too late: %v", err)
		}
	})
}

func TestSignersMustBeKnownAndOthers(t *testing.T) {
	t.Parallel()
	formtest.Each(t, func(t *testing.T, w *formtest.World) {
		answers := family()
		answers["spouse_name"], answers["spouse_number"] = "陈静", "511602199003070021"
		w.People.Persons["chen"] = formtest.Person{Name: "陈静", Number: "11010519491231002X"}
		answers["spouse_number"] = "11010519491231002X"
		id := begin(t, w, answers)
		for _, m := range []string{"proof", "marriage"} {
			if _, err := w.Attach(t.Context(), formtest.Chen, id, m, pdf(m)); err != nil {
				t.Fatal(err)
			}
		}
		_, err := w.Submit(t.Context(), formtest.Chen, id, form.Change{})
		if !errors.Is(err, form.ErrIncomplete) || fault.FieldsOf(err)[0].Err.Code != "form.sign.self" {
			t.Errorf("asked oneself: %v", err)
		}
	})
}

func TestLastSignatureFailsWithTheCase(t *testing.T) {
	t.Parallel()
	formtest.Each(t, func(t *testing.T, w *formtest.World) {
		id := waiting(t, w)
		w.Cases.Fail = fault.New(fault.Unavailable, "casework.numbers_used_up")
		if _, err := w.Sign(t.Context(), formtest.Huang, id, "spouse", keyed); !errors.Is(err, w.Cases.Fail) {
			t.Fatal(err)
		}
		if d, _ := w.Draft(t.Context(), formtest.Chen, id); d.State != form.StateSigning || d.Signers[0].State != form.SignerWaiting {
			t.Errorf("a signature was kept without the case: %+v", d.Signers)
		}
		w.Cases.Fail = nil
		if x, err := w.Sign(t.Context(), formtest.Huang, id, "spouse", keyed); err != nil || !x.Last || w.Count(t) != 1 {
			t.Errorf("%+v %v", x, err)
		}
	})
}
