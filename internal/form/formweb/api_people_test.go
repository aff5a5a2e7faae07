package formweb_test

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/form/formtest"
)

func (c client) as(who string) client {
	c.who = who
	return c
}

// Two people by programs of their own: she writes, he fills in his part and signs.
func TestTwoPeopleByAPI(t *testing.T) {
	t.Parallel()
	w, c := openAPI(t)
	w.People.Data["marriage.certificate"] = contract.Held{Value: "J510-1", Source: contract.Text{ZH: "婚姻登记", EN: "marriage register"}}
	chen, huang := c.as("chen"), c.as("huang")
	d := chen.do("POST", "/drafts", `{"service":"birth-registration"}`, http.StatusCreated)
	draft := "/drafts/" + d["id"].(string)
	if d = chen.do("PUT", draft+"/consent", `{"registries":["marriage"]}`, http.StatusOK); d["consents"].([]any)[0].(map[string]any)["given"] != "yes" {
		t.Errorf("consents %v", d["consents"])
	}
	chen.do("PUT", draft+"/answers", fmt.Sprintf(`{"answers":{"child":"黄小满","married":true,"spouse_name":"黄磊","spouse_number":%q,"declared":true}}`, formtest.HuangNumber), http.StatusOK)
	if p := chen.do("PUT", draft+"/answers", `{"answers":{"spouse_phone":"13900139000"}}`, http.StatusUnprocessableEntity); p["code"] != "form.draft.unread" {
		t.Errorf("answered for the signer: %v", p)
	}
	chen.do("PUT", draft+"/disputes/phone", `{"reason":"换号了"}`, http.StatusOK)
	chen.do("PUT", draft+"/answers", `{"answers":{"phone":"13700137000"}}`, http.StatusOK)
	chen.do("DELETE", draft+"/disputes/phone", "", http.StatusOK)
	chen.do("PUT", draft+"/disputes/phone", `{"reason":"换号了"}`, http.StatusOK)
	uploadInPieces(t, chen, draft)
	chen.do("PUT", draft+"/commitment", `{"commit":true}`, http.StatusOK)
	chen.do("PUT", draft+"/commitment", `{"commit":false}`, http.StatusOK)
	chen.do("PUT", draft+"/materials/proof/way", `{"way":"fax"}`, http.StatusUnprocessableEntity)
	d = chen.do("PUT", draft+"/materials/proof/way", `{"way":"owed"}`, http.StatusOK)
	if d["complete"] != true {
		t.Fatalf("not complete: %v", d)
	}
	r := chen.do("POST", draft+"/submission", "", http.StatusOK)
	if r["state"] != "signing" || r["case"] != nil || w.Count(t) != 0 {
		t.Fatalf("%v", r)
	}
	chen.do("POST", draft+"/signers/spouse/reminder", "", http.StatusTooManyRequests)
	chen.do("POST", draft+"/recall", "", http.StatusOK)
	chen.do("POST", draft+"/submission", "", http.StatusOK)
	list := huang.do("GET", "/signatures", "", http.StatusOK)["signatures"].([]any)
	if len(list) != 1 || list[0].(map[string]any)["signer"] != "spouse" {
		t.Fatalf("%v", list)
	}
	at := "/signatures/" + list[0].(map[string]any)["draft"].(string) + "/spouse"
	chen.do("GET", at, "", http.StatusNotFound)
	x := huang.do("GET", at, "", http.StatusOK)
	if x["complete"] != true || len(x["read"].([]any)) == 0 || len(x["pages"].([]any)) != 1 {
		t.Errorf("%v", x)
	}
	huang.do("PUT", at+"/answers", `{"answers":{"spouse_word":"恭喜"}}`, http.StatusOK)
	huang.do("PUT", at+"/answers", `{"answers":{"child":"别人"}}`, http.StatusUnprocessableEntity)
	file := huang.do("POST", at+"/materials/spouse_card?name=card.pdf", formtest.PDF("card"), http.StatusCreated)
	huang.do("DELETE", at+"/files/"+file["id"].(string), "", http.StatusNoContent)
	huang.do("POST", at+"/refusal", `{"reason":"再看看"}`, http.StatusNoContent)
	huang.do("POST", at, `{"method":"keyed","mark":"陈静"}`, http.StatusUnprocessableEntity)
	if x = huang.do("POST", at, `{"method":"keyed","mark":"黄磊"}`, http.StatusOK); x["last"] != true || x["number"] == "" || w.Count(t) != 1 {
		t.Errorf("%v", x)
	}
	s := w.Cases.Submitted[0]
	if s.Answers["spouse_word"] != "恭喜" || len(s.Disputes) != 1 || len(s.Signatures) != 1 {
		t.Errorf("%v %v %v", s.Answers, s.Disputes, s.Signatures)
	}
}

func uploadInPieces(t *testing.T, chen client, draft string) {
	t.Helper()
	body := formtest.PDF("a photo in two pieces")
	u := chen.do("POST", draft+"/materials/photo/uploads", fmt.Sprintf(`{"name":"照片.pdf","size":%d}`, len(body)), http.StatusCreated)
	at := draft + "/uploads/" + u["id"].(string)
	chen.do("PATCH", at+"?offset=0", body[:40], http.StatusOK)
	if p := chen.do("PATCH", at+"?offset=7", "x", http.StatusConflict); p["code"] != "form.upload.offset" {
		t.Errorf("%v", p)
	}
	chen.do("POST", at+"/finish", "", http.StatusConflict)
	open := chen.do("GET", draft+"/uploads", "", http.StatusOK)["uploads"].([]any)
	if len(open) != 1 || open[0].(map[string]any)["offset"] != float64(40) {
		t.Errorf("%v", open)
	}
	chen.do("PATCH", at+"?offset=40", body[40:], http.StatusOK)
	m := chen.do("POST", at+"/finish", "", http.StatusCreated)
	if m["name"] != "照片.pdf" || m["pages"] != float64(1) {
		t.Errorf("%v", m)
	}
	chen.do("PUT", draft+"/files/"+m["id"].(string)+"/turn", `{"turn":90}`, http.StatusNoContent)
	chen.do("DELETE", draft+"/files/"+m["id"].(string), "", http.StatusNoContent)
	second := chen.do("POST", draft+"/materials/photo/uploads", `{"name":"b.pdf","size":9}`, http.StatusCreated)
	chen.do("DELETE", draft+"/uploads/"+second["id"].(string), "", http.StatusNoContent)
}
