package form

import (
	"fmt"

	"github.com/tongban/tongban/internal/contract"
)

// trace says what an instant grant was based on (PIPL art. 24: transparent).
// Personal answers are named, never repeated.
func (c *Compiled) trace(r Result) []contract.Text {
	files := 0
	for _, m := range r.Materials {
		files += len(m.Files)
	}
	list := []contract.Text{
		{
			ZH: fmt.Sprintf("要填的 %d 项都填了，格式都对", len(r.Answers)),
			EN: fmt.Sprintf("All %d answers are given and well formed", len(r.Answers)),
		},
	}
	if n := len(r.Uploads()); n > 0 {
		list = append(list, contract.Text{
			ZH: fmt.Sprintf("要交的 %d 种材料都交了，共 %d 个文件", n, files),
			EN: fmt.Sprintf("All materials asked for (%d) are there, in %d files", n, files),
		})
	}
	if n := len(c.Service.Rules.Eligible); n > 0 {
		list = append(list, contract.Text{
			ZH: fmt.Sprintf("申请条件 %d 条都符合", n),
			EN: fmt.Sprintf("All conditions hold (%d)", n),
		})
	}
	for _, ref := range c.instant.Refs() {
		if f, ok := r.field(ref.Name); ok && ref.Var == "a" {
			list = append(list, traceField(f))
		}
	}
	return append(list, contract.Text{
		ZH: "按已公布的规则自动办结，没有人工裁量；有疑问可以要求人工复核",
		EN: "Granted by the published rule without discretion; you can ask for a person to look at it again",
	})
}

func traceField(f FieldState) contract.Text {
	if f.Field.Personal {
		return contract.Text{ZH: f.Field.Label.ZH + "：已填写", EN: f.Field.Label.EN + ": given"}
	}
	t := f.Words
	return contract.Text{ZH: f.Field.Label.ZH + "：" + t.ZH, EN: f.Field.Label.EN + ": " + t.EN}
}
