package formtest

import (
	"testing"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/form"
)

// PromisesItem is a bundle of which two parts let applicants commit instead of proving.
const PromisesItem contract.ItemID = "promises"

// Promises puts the bundle and its parts into the catalogue: the kitchen and the exits
// both ask for a plan, each for a paper of its own, and each may be committed to.
func (w *World) Promises(t testing.TB) {
	t.Helper()
	both := func(zh, en string) contract.Text { return contract.Text{ZH: zh, EN: en} }
	upload := func(id, element string, name contract.Text) contract.MaterialSpec {
		return contract.MaterialSpec{
			ID: id, Name: name, Origin: form.OriginUpload, Required: true, Types: []string{"pdf"}, MaxMB: 5, MaxFiles: 2, Element: element,
		}
	}
	part := func(id string, name contract.Text) contract.Service {
		return contract.Service{
			Item: contract.ItemID(id + "-item"), Version: 1, Name: name, Agency: "agency-" + contract.AgencyID(id), Procedure: "notify-and-commit",
			Form: contract.Form{Pages: []contract.Page{{ID: "place", Title: both("地方在哪里？", "Where is it?"), Fields: []contract.Field{
				{ID: "place", Kind: form.KindText, Label: both("地址", "Address"), Required: true, Element: "place"},
			}}}},
			Materials: []contract.MaterialSpec{upload("plan", "plan", both("平面图", "Plan")), upload(id+"_paper", "", both(name.ZH+"的证明", "Proof of "+name.EN))},
			Commitment: &contract.CommitmentSpec{
				Content: []contract.Text{both(name.ZH+"符合要求。", name.EN+" is as required.")}, Liability: []contract.Text{both("不符合的，撤销"+name.ZH+"。", name.EN+" is revoked if not.")},
				Materials: []string{"plan", id + "_paper"}, VerifyDays: 20, Basis: contract.LawRef{Law: both("测试法", "Test Act"), Article: "第一条"},
			},
		}
	}
	kitchen, exits := part("kitchen", both("后厨检查", "Kitchen check")), part("exits", both("出口检查", "Check of exits"))
	bundle := contract.Service{
		Item: PromisesItem, Version: 1, Name: both("开一家店", "Opening a shop"), Procedure: "bundle",
		Parts: []contract.Part{{ID: "kitchen", Item: kitchen.Item, Required: true}, {ID: "exits", Item: exits.Item, When: "a.big"}},
		Form: contract.Form{Pages: []contract.Page{{ID: "size", Title: both("店大吗？", "Is it big?"), Fields: []contract.Field{
			{ID: "big", Kind: form.KindYesNo, Label: both("大店", "Big"), Required: true},
		}}}},
	}
	whole, problems := form.Merge(bundle, []contract.Service{kitchen, exits})
	if more := form.Check(whole); len(problems)+len(more) > 0 {
		t.Fatal(problems, more)
	}
	for _, s := range []contract.Service{whole, kitchen, exits} {
		w.Catalog[s.Item] = s
	}
}
