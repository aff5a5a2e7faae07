package casework

import (
	"encoding/json"
	"reflect"
	"testing"

	"github.com/tongban/tongban/internal/contract"
)

func TestRowsAreShownCellByCellAndHiddenByColumn(t *testing.T) {
	t.Parallel()
	members := contract.Field{ID: "members", Kind: "group", Fields: []contract.Field{
		{ID: "name", Kind: "text", Label: contract.Text{ZH: "姓名", EN: "Name"}, Personal: true},
		{ID: "income", Kind: "money", Label: contract.Text{ZH: "月收入", EN: "Income"}, Unit: contract.Text{ZH: "分", EN: "fen"}},
		{ID: "works", Kind: "yesno", Label: contract.Text{ZH: "在职", EN: "Works"}},
	}}
	rows := []any{map[string]any{"name": "林晓梅", "income": int64(320000), "works": true}, map[string]any{"name": "黄小满"}}
	whole := members
	whole.Personal = true
	for _, tt := range []struct {
		field  contract.Field
		value  any
		masked bool
		zh, en string
		rows   int
	}{
		{contract.Field{Kind: "decimal", Unit: contract.Text{ZH: "平方米", EN: "m²"}}, 48.5, false, "48.5 平方米", "48.5 m²", 0},
		{contract.Field{Kind: "phone", Personal: true}, "13812348000", true, "138****8000", "138****8000", 0},
		{contract.Field{Kind: "choices"}, []string{"a", "b"}, false, "[a b]", "[a b]", 0},
		{members, rows, false, "姓名 林晓梅，月收入 320000 分，在职 true；姓名 黄小满", "Name 林晓梅, Income 320000 fen, Works true; Name 黄小满", 2},
		{members, rows, true, "姓名 林**，月收入 320000 分，在职 true；姓名 黄**", "Name 林**, Income 320000 fen, Works true; Name 黄**", 2},
		{whole, rows, true, "姓名 林**，月收入 3**，在职 t**；姓名 黄**", "Name 林**, Income 3**, Works t**; Name 黄**", 2},
	} {
		say := shown(func(f contract.Field, v any) contract.Text { return plainWords{}.Show(t.Context(), "", f, v) })
		if got := say.value(tt.field, tt.value, tt.masked); got.ZH != tt.zh || got.EN != tt.en {
			t.Errorf("%s: %+v", tt.field.Kind, got)
		}
		if got := say.rows(tt.field, tt.value, tt.masked); len(got) != tt.rows {
			t.Errorf("%s: %d rows", tt.field.Kind, len(got))
		}
		text, err := json.Marshal(tt.value)
		must(t, err)
		back, err := typed(tt.field, text)
		if err != nil || !reflect.DeepEqual(back, tt.value) {
			t.Errorf("%s read back: %#v, %v", tt.field.Kind, back, err)
		}
	}
	if !personalIn(members) {
		t.Error("rows with a personal column are not sealed")
	}
}
