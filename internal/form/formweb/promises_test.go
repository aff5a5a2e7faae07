package formweb_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/tongban/tongban/internal/form/formtest"
	"github.com/tongban/tongban/internal/kit/webtest"
)

// Each part of a bundle that may be committed to is asked on a page of its own, with
// its own text; who broke an earlier commitment for one is left the proof there alone.
func TestEachPartIsPromisedOnItsOwnPage(t *testing.T) {
	t.Parallel()
	w, b, _ := everything(t, func(w *formtest.World) { w.Promises(t) })
	w.People.Broke = map[string]bool{"zhou exits-item": true}
	begun := b.Post("/apply/"+string(formtest.PromisesItem), nil)
	draft := begun.Location()
	fill(t, b, draft, "size", url.Values{"big": {"yes"}})
	fill(t, b, draft, "kitchen-place", url.Values{"place": {"洪州大道 1 号"}})

	if p := b.Get(draft + "/commitment"); p.Location() != draft+"/commitment/kitchen" {
		t.Errorf("the first choice stands at %q", p.Location())
	}
	if p := b.Get(draft + "/commitment/roof"); p.Location() != draft {
		t.Errorf("a part that there is not: %d %q", p.Status, p.Location())
	}
	for _, tt := range []struct{ locale, part, has, hasNot string }{
		{"zh-CN", "kitchen", "后厨检查：承诺，还是交证明？", "出口检查符合要求"},
		{"en", "kitchen", "Kitchen check is as required.", "Check of exits"},
		{"zh-CN", "exits", "不符合的，撤销出口检查。", "后厨检查符合要求"},
		{"en", "exits", "An earlier commitment was not kept", "I promise this"},
	} {
		p := b.In(tt.locale).Get(draft + "/commitment/" + tt.part)
		webtest.Check(t, p)
		if text := p.Text("main"); !strings.Contains(text, tt.has) || strings.Contains(text, tt.hasNot) {
			t.Errorf("%s in %s: %s", tt.part, tt.locale, text)
		}
	}
	b.In("zh-CN")

	kitchen := b.Get(draft + "/commitment/kitchen")
	if p := send(t, b, kitchen, nil); p.Status != http.StatusUnprocessableEntity {
		t.Errorf("no choice: %d", p.Status)
	}
	if p := send(t, b, kitchen, url.Values{"commit": {"yes"}}); p.Location() != draft+"/commitment/exits" {
		t.Errorf("after the kitchen comes %q", p.Location())
	}
	exits := b.Get(draft + "/commitment/exits")
	if p := send(t, b, exits, url.Values{"commit": {"yes"}}); p.Status != http.StatusUnprocessableEntity || !strings.Contains(p.Text("main"), "没有兑现") {
		t.Errorf("committed after a broken commitment: %d %s", p.Status, p.Text("main"))
	}
	if p := send(t, b, exits, url.Values{"commit": {"no"}}); p.Location() != draft+"/materials/plan" {
		t.Errorf("after the exits comes %q", p.Location())
	}
	p := b.Get(draft + "/check")
	webtest.Check(t, p)
	for _, want := range []string{"后厨检查：承诺，还是交证明？已承诺", "出口检查：承诺，还是交证明？交证明材料", "后厨检查符合要求。"} {
		if !strings.Contains(strings.Join(strings.Fields(p.Text("main")), " "), want) {
			t.Errorf("the check does not say %q: %s", want, p.Text("main"))
		}
	}
	if strings.Contains(p.Text("main"), "出口检查符合要求。") {
		t.Error("what is not promised is repeated as promised")
	}
}

// The same by the API, which says for which part.
func TestEachPartIsPromisedByTheAPI(t *testing.T) {
	t.Parallel()
	w, c := openAPI(t)
	w.Promises(t)
	chen := c.as("chen")
	d := chen.do("POST", "/drafts", `{"service":"promises"}`, http.StatusCreated)
	draft := "/drafts/" + d["id"].(string)
	d = chen.do("PUT", draft+"/answers", `{"answers":{"big":true,"place":"洪州大道 1 号"}}`, http.StatusOK)
	if list := d["commitments"].([]any); len(list) != 2 || d["commitment"] != nil || list[1].(map[string]any)["part"] != "exits" {
		t.Fatalf("offers %v", d["commitments"])
	}
	if p := chen.do("PUT", draft+"/commitment", `{"commit":true}`, http.StatusUnprocessableEntity); p["code"] != "form.commit.which_part" {
		t.Errorf("one choice for two parts: %v", p)
	}
	chen.do("PUT", draft+"/commitment", `{"commit":true,"part":"roof"}`, http.StatusConflict)
	d = chen.do("PUT", draft+"/commitment", `{"commit":true,"part":"exits"}`, http.StatusOK)
	for i, want := range []string{"", "yes"} {
		if got := d["commitments"].([]any)[i].(map[string]any)["given"]; got != want {
			t.Errorf("part %d was given %q, want %q", i, got, want)
		}
	}
}
