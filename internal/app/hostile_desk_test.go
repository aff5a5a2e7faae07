package app

import (
	"net/http"
	"strings"
	"testing"

	"github.com/tongban/tongban/internal/form/formtest"
	"github.com/tongban/tongban/internal/identity"
	"github.com/tongban/tongban/internal/kit/api"
)

// badCall is a call that must be refused, on things that are there.
type badCall struct {
	name         string
	c            caller
	method, path string
	kind, body   string
}

// TestWhatOfficialsSendIsCheckedToo: files, numbers, steps and ids that are wrong,
// from people who may do the thing itself.
func TestWhatOfficialsSendIsCheckedToo(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		id := w.reviewed(t)
		reviewer1 := w.signIn(t, "reviewer1")
		var visit inquiryView
		reviewer1.call(http.MethodPost, "/cases/"+id+"/visits", map[string]any{
			"purpose": "核对场所", "place": "洪洲大道 12 号", "officials": demo("reviewer1", "reviewer2"), "day": "2026-11-18", "time": "09:00-11:00",
		}, &visit)
		var device struct{ Key string }
		w.signIn(t, "admin").call(http.MethodPost, "/counter/devices", map[string]any{"window": "guangan-1", "name": "读卡器"}, &device)
		others := w.signIn(t, "zhou").begin(shopSignItem, map[string]any{"sign_words": "周记"})
		window := w.sits(t, "window1", "1")
		window.serves(walkIn, "唐秀兰", "")
		own := window.begin(shopSignItem, map[string]any{"phone": "13900138000"})
		for _, x := range slicesOf(
			w.badAtDesk(t, reviewer1, id, visit.ID), w.badAtWindow(t, window, own.ID, others.ID, id), w.badInHall(t, caller{w, t, device.Key}),
		) {
			a := x.c.send(x.method, api.Prefix+x.path, x.body, "Content-Type", x.kind)
			unbroken(t, x.name, a)
			if a.status < 400 {
				t.Errorf("%s: %d %.200s", x.name, a.status, a.body)
			}
		}
		if v := w.signIn(t, "lin").look(id); v.Decided != "" {
			t.Errorf("something was decided: %s", show(v))
		}
		w.drain(t)
		w.same(t)
	})
}

func slicesOf(lists ...[]badCall) (all []badCall) {
	for _, l := range lists {
		all = append(all, l...)
	}
	return all
}

const asJSON = "application/json"

func (w *world) badAtDesk(t *testing.T, c caller, id, visit string) []badCall {
	t.Helper()
	photo := "/inquiries/" + visit + "/files?role=photo&name=a.png&item="
	clerk, head := w.signIn(t, "clerk"), w.signIn(t, "head")
	return []badCall{
		{"a photo that is none", c, http.MethodPost, photo, "image/png", marker},
		{"a page with a picture's name", c, http.MethodPost, photo, "image/png", "<script>" + marker + "</script>"},
		{"a photo too large", c, http.MethodPost, photo, "image/png", string(formtest.PNG(40, 30)) + strings.Repeat("a", 60<<20)},
		{"a file in a part of nothing", c, http.MethodPost, "/inquiries/" + visit + "/files?role=" + marker + "&name=a.png", "image/png", string(formtest.PNG(40, 30))},
		{"a line that the list lacks", c, http.MethodPost, photo + marker, "image/png", string(formtest.PNG(40, 30))},
		{"a photo announced as endless", c, http.MethodPost, "/inquiries/" + visit + "/uploads", asJSON, `{"name":"a.png","size":9223372036854775807}`},
		{"a piece of nothing", c, http.MethodPatch, "/inquiries/" + visit + "/uploads/" + unknown + "?offset=-1", "application/octet-stream", marker},
		{"a step of another kind", c, http.MethodPost, "/inquiries/" + visit + "/steps", asJSON, `{"step":"hear","text":"` + marker + `"}`},
		{"a step that is none", c, http.MethodPost, "/inquiries/" + visit + "/steps", asJSON, `{"step":"` + marker + `"}`},
		{"signed before it is filled in", c, http.MethodPost, "/inquiries/" + visit + "/steps", asJSON, `{"step":"sign","seen":99}`},
		{"a visit by one", c, http.MethodPost, "/cases/" + id + "/visits", asJSON, `{"purpose":"核对","place":"此处","officials":["` + demo("reviewer1")[0] + `"],"day":"2026-11-18","time":"09:00-11:00"}`},
		{"a visit by a stranger", c, http.MethodPost, "/cases/" + id + "/visits", asJSON, `{"purpose":"核对","place":"此处","officials":["` + demo("reviewer1")[0] + `","` + demo("market")[0] + `"],"day":"2026-11-18","time":"09:00-11:00"}`},
		{"a visit yesterday", c, http.MethodPost, "/cases/" + id + "/visits", asJSON, `{"purpose":"核对","place":"此处","officials":["` + demo("reviewer1")[0] + `","` + demo("reviewer2")[0] + `"],"day":"2020-01-01","time":"09:00-11:00"}`},
		{"a day that is none", c, http.MethodPost, "/cases/" + id + "/visits", asJSON, `{"purpose":"核对","place":"此处","officials":["a","b"],"day":"2026-02-30","time":"25:00-26:00"}`},
		{"handed to another agency", c, http.MethodPost, "/cases/" + id + "/hands", asJSON, `{"do":"assign","to":"` + demo("market")[0] + `"}`},
		{"an old step", head, http.MethodPost, "/cases/" + id + "/actions", asJSON, `{"action":"extend","step":1,"reasons":["理由"]}`},
		{"an absence that ends first", clerk, http.MethodPost, "/absences", asJSON, `{"from":"2026-11-24","to":"2026-11-20","kind":"leave"}`},
		{"one's own deputy", clerk, http.MethodPost, "/absences", asJSON, `{"from":"2026-11-23","to":"2026-11-24","kind":"leave","deputy":"` + demo("clerk")[0] + `"}`},
		{"another's absence", clerk, http.MethodPost, "/absences", asJSON, `{"official":"` + string(identity.DemoAccountID("head")) + `","from":"2026-11-23","to":"2026-11-24","kind":"leave"}`},
		{"a rule that is none", head, http.MethodPut, "/work-rules/review", asJSON, `{"how":"` + marker + `"}`},
		{"a list for no purpose", c, http.MethodPost, "/case-exports", asJSON, `{"tab":"review","purpose":"\u0000\u0000\u0000\u0000"}`},
		{"a search for one letter", c, http.MethodGet, "/case-search?q=a", "", ""},
		{"a search without an end", c, http.MethodGet, "/case-search?limit=100000&q=" + marker, "", ""},
	}
}

func (w *world) badAtWindow(t *testing.T, c caller, own, others, id string) []badCall {
	t.Helper()
	return []badCall{
		{"a company of somebody else", c, http.MethodPut, "/counter/session/subject", asJSON, `{"subject":"` + salon + `"}`},
		{"a person of nobody", c, http.MethodPut, "/counter/session/subject", asJSON, `{"subject":"\u0000` + marker + `"}`},
		{"two at one window", c, http.MethodPost, "/counter/sessions", asJSON, `{"how":"seen","number":"511602197904120004","name":"周淑芬","matched":true}`},
		{"somebody else's draft", c, http.MethodGet, "/drafts/" + others, "", ""},
		{"answers for somebody else", c, http.MethodPut, "/drafts/" + others + "/answers", asJSON, `{"answers":{"phone":"1"}}`},
		{"somebody else's draft handed in", c, http.MethodPost, "/drafts/" + others + "/submission", asJSON, ""},
		{"somebody else's case withdrawn", c, http.MethodPost, "/cases/" + id + "/withdrawal", asJSON, `{"step":0,"method":"drawn","mark":"M10 10L40 60L80 20L120 70","witness":true}`},
		{"an original of nothing", c, http.MethodPut, "/drafts/" + own + "/originals/" + unknown, asJSON, `{"compared":true,"paper":"kept"}`},
		{"a mark that is no drawing", c, http.MethodPost, "/drafts/" + own + "/confirmation", asJSON, `{"method":"drawn","mark":"<svg onload=` + marker + `>","witness":true}`},
		{"confirmed without a witness", c, http.MethodPost, "/drafts/" + own + "/confirmation", asJSON, `{"method":"drawn","mark":"M10 10L40 60L80 20L120 70","witness":false}`},
		{"an endless drawing", c, http.MethodPost, "/drafts/" + own + "/confirmation", asJSON, `{"method":"drawn","witness":true,"mark":"M1 1` + strings.Repeat("L2 2", 1<<20) + `"}`},
		{"a list for nobody", c, http.MethodPost, "/counter/handovers", asJSON, `{"to":"` + marker + `"}`},
		{"a result of a case elsewhere", c, http.MethodPost, "/counter/shelf", asJSON, `{"key":"k","number":"` + marker + `","kind":"licence","sheets":-1,"slot":"A"}`},
		{"a wrong code", c, http.MethodPost, "/counter/shelf/issue", asJSON, `{"code":"000000","id_number":"` + walkIn + `","signed":true}`},
		{"a place behind another's window", c, http.MethodPut, "/counter/window", asJSON, `{"window":"qianfeng-1"}`},
	}
}

func (w *world) badInHall(t *testing.T, reader caller) []badCall {
	t.Helper()
	nobody, lin := w.nobody(t), w.signIn(t, "lin")
	return []badCall{
		{"a card without a device", nobody, http.MethodPost, "/counter/reads", asJSON, `{"nonce":"0123456789abcdef","at":"2026-11-16T02:00:00Z","card":{"name":"a","number":"` + walkIn + `"}}`},
		{"a card of long ago", reader, http.MethodPost, "/counter/reads", asJSON, `{"nonce":"0123456789abcdef","at":"2020-11-16T02:00:00Z","card":{"name":"唐秀兰","number":"` + walkIn + `"}}`},
		{"a card with a wrong number", reader, http.MethodPost, "/counter/reads", asJSON, `{"nonce":"0123456789abcdee","at":"2026-11-16T02:00:00Z","card":{"name":"唐秀兰","number":"511602198506150000"}}`},
		{"a photo too large", reader, http.MethodPost, "/counter/reads", asJSON, `{"nonce":"0123456789abcded","at":"2026-11-16T02:00:00Z","card":{"name":"唐秀兰","number":"` + walkIn + `","photo":"` + strings.Repeat("A", 90000) + `"}}`},
		{"a ticket for nothing", nobody, http.MethodPost, "/halls/guangan/tickets", asJSON, `{"kind":"Z"}`},
		{"a ticket in no hall", nobody, http.MethodPost, "/halls/" + marker + "/tickets", asJSON, `{"kind":"A"}`},
		{"an unsigned carrier", nobody, http.MethodPost, "/carriers/ems/events", asJSON, `{"id":"1","waybill":"EA1","status":"delivered"}`},
		{"a report of a book", lin, http.MethodPost, "/stuck", asJSON, `{"key":"k","kind":"other","place":"hall","wish":"a","what":"` + strings.Repeat(marker, 1<<18) + `"}`},
		{"a report of nothing", lin, http.MethodPost, "/stuck", asJSON, `{"key":"k","kind":"other","place":"hall","wish":"","what":"\u0000"}`},
		{"a report of no kind", lin, http.MethodPost, "/stuck", asJSON, `{"key":"k","kind":"` + marker + `","place":"hall","wish":"办成","what":"一直没有办成"}`},
		{"somebody else's report", nobody, http.MethodPost, "/stuck/ask", asJSON, `{"number":"` + marker + `","code":"000000"}`},
	}
}
