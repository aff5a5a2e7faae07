package casework

import (
	"encoding/json"
	"reflect"
	"testing"

	"github.com/tongban/tongban/internal/contract"
)

func TestAnswersOfEveryKindAreShownInWordsAndHiddenByColumn(t *testing.T) {
	t.Parallel()
	rows := contract.Field{ID: "members", Kind: "group", Fields: []contract.Field{
		{ID: "name", Kind: "text", Label: contract.Text{ZH: "姓名", EN: "Name"}, Personal: true},
		{ID: "income", Kind: "money", Label: contract.Text{ZH: "月收入", EN: "Income"}},
		{ID: "works", Kind: "yesno", Label: contract.Text{ZH: "在职", EN: "Works"}},
	}}
	for _, tt := range []struct {
		field contract.Field
		value any
		zh    string
		en    string
		mask  string
	}{
		{contract.Field{Kind: "money"}, int64(123450), "1234.50 元", "CNY 1234.50", ""},
		{contract.Field{Kind: "money"}, int64(-500), "-5 元", "CNY -5", ""},
		{contract.Field{Kind: "decimal"}, 0.000001, "0.000001", "0.000001", ""},
		{contract.Field{Kind: "decimal", Unit: contract.Text{ZH: "平方米", EN: "m²"}}, 48.5, "48.5 平方米", "48.5 m²", ""},
		{contract.Field{Kind: "period"}, "2026-11-20/2026-12-01", "2026-11-20 至 2026-12-01", "2026-11-20 to 2026-12-01", ""},
		{contract.Field{Kind: "signature"}, "keyed:林晓梅", "林晓梅（输入签名）", "林晓梅 (keyed)", ""},
		{contract.Field{Kind: "phone", Personal: true}, "13812348000", "13812348000", "13812348000", "138****8000"},
		{
			rows,
			[]any{map[string]any{"name": "林晓梅", "income": int64(320000), "works": true}, map[string]any{"name": "黄小满"}},
			"姓名 林晓梅，月收入 3200 元，在职 是；姓名 黄小满", "Name 林晓梅, Income CNY 3200, Works Yes; Name 黄小满",
			"姓名 林**，月收入 3200 元，在职 是；姓名 黄**",
		},
	} {
		if got := show(tt.field, tt.value); got.ZH != tt.zh || got.EN != tt.en {
			t.Errorf("%s: %+v", tt.field.Kind, got)
		}
		if got := hidden(tt.field, tt.value); tt.mask != "" && got.ZH != tt.mask {
			t.Errorf("%s hidden: %s", tt.field.Kind, got.ZH)
		}
		text, err := json.Marshal(tt.value)
		must(t, err)
		back, err := typed(tt.field, text)
		if err != nil || !reflect.DeepEqual(back, tt.value) {
			t.Errorf("%s read back: %#v, %v", tt.field.Kind, back, err)
		}
	}
	if !personalIn(rows) {
		t.Error("rows with a personal column are not sealed")
	}
}
