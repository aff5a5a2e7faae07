package form

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/auth"
	"github.com/tongban/tongban/internal/kit/day"
	"github.com/tongban/tongban/internal/kit/fault"
	"github.com/tongban/tongban/internal/kit/pdf"
)

// Press prints an application to be read and signed by hand.
type Press interface {
	Letter(l pdf.Letter) ([]byte, error)
}

// ErrNoPress means that this installation prints nothing.
var ErrNoPress = fault.New(fault.Unavailable, "form.counter.no_press")

// Print is an application as it stands, on paper: what was answered, what is
// handed in, and a line to sign on. The revision stands on each page, so that a
// signature says under what it was given.
func (s *Service) Print(ctx context.Context, actor auth.Principal, id contract.DraftID) ([]byte, error) {
	d, err := s.Draft(ctx, actor, id)
	switch {
	case err != nil:
		return nil, err
	case d.Receipt != nil:
		return nil, ErrSubmitted // the case prints its receipt
	case s.c.Press == nil:
		return nil, ErrNoPress
	}
	l := pdf.Letter{
		Meta:   pdf.Meta{Title: paperTitle(d), Subject: d.Service.Name.ZH, Keywords: string(d.ID), At: s.c.Now()},
		Number: fmt.Sprintf("申请编号 %s · 第 %d 稿", d.ID, d.Rev),
		Paragraphs: []string{
			"申请人：" + d.Party.Name + partyCode(d.Party),
			"请逐项核对下列内容。内容有误的，请当场告诉窗口人员更正后重新打印。",
		},
		Rows: paperRows(d),
		Closing: []string{
			"本人（本单位）确认以上内容是本人的真实意思，所提交的材料真实有效，并愿意承担相应的法律责任。",
			"申请人（代理人）签名：______________________　　　　　　　　　　日期：______________",
			"窗口人员（见证）签名：______________________　　　　　　　　　　日期：______________",
		},
		Date: day.In(s.c.Now()),
		Summary: []string{
			"Application for " + d.Service.Name.EN + ". Please read every line; what is wrong is corrected and printed again.",
			"I confirm that this is what I apply for and that what I hand in is true.",
		},
		Footer: []string{d.Service.Name.ZH, "本表由窗口人员根据申请人陈述填写，经申请人签名确认后提交。"},
	}
	file, err := s.c.Press.Letter(l)
	if err != nil {
		return nil, fmt.Errorf("print application: %w", err)
	}
	return file, nil
}

func paperTitle(d Draft) string {
	if d.Kind == KindCorrection {
		return "补正材料确认表"
	}
	return "申请表：" + d.Service.Name.ZH
}

func partyCode(p contract.Party) string {
	if p.Code == "" {
		return ""
	}
	return "（" + p.Code + "）"
}

// paperRows are the answers and the materials.
func paperRows(d Draft) []pdf.Row {
	var rows []pdf.Row
	for _, ps := range d.Result.Steps() {
		for _, fs := range ps.Fields {
			if fs.Material != nil || fs.Field.Kind == KindSignature || fs.Field.Kind == KindDeclaration {
				continue
			}
			rows = append(rows, pdf.Row{Label: fs.Field.Label.ZH, LabelEN: fs.Field.Label.EN, Value: paperValue(d, fs)})
		}
	}
	for _, k := range d.Offered() {
		rows = append(rows, promiseRow(k))
	}
	for _, m := range d.Result.Materials {
		names := make([]string, 0, len(m.Files))
		for _, f := range m.Files {
			if f.Name != "" {
				names = append(names, f.Name)
			}
		}
		text := paperWays[m.Way]
		if len(names) > 0 {
			text = strings.Join(append([]string{text}, names...), "、")
		}
		rows = append(rows, pdf.Row{Label: "材料：" + m.Spec.Name.ZH, LabelEN: m.Spec.Name.EN, Value: orDash(text)})
	}
	return rows
}

// promiseRow says whether the applicant commits, and to what, part by part.
func promiseRow(k Choosing) pdf.Row {
	row := pdf.Row{Label: "告知承诺", LabelEN: "Commitment", Value: "没有选择承诺，提交证明材料"}
	switch {
	case k.Given == "":
		row.Value = "还没有选择"
	case k.Given == "yes" && !k.Barred:
		said := make([]string, 0, len(k.Spec.Content)+len(k.Spec.Liability))
		for _, t := range append(slices.Clone(k.Spec.Content), k.Spec.Liability...) {
			said = append(said, t.ZH)
		}
		row.Value = strings.Join(said, "")
	}
	if k.Part != "" {
		row.Value = "“" + k.Name.ZH + "”：" + row.Value
	}
	return row
}

// paperWays say how a material comes.
var paperWays = map[string]string{
	contract.MaterialUpload: "扫描件或者照片", contract.MaterialCopy: "使用以前核验过的副本", contract.MaterialLicence: "用电子证照代替",
	contract.MaterialHeld: "由部门共享取得，不用提交", contract.MaterialStatement: "以书面声明代替", contract.MaterialCounter: "出示原件",
	contract.MaterialOwed: "容缺后补", contract.MaterialCommitted: "告知承诺，不用提交", contract.MaterialPart: "由同一件事的其他事项办出",
}

func paperValue(d Draft, fs FieldState) string {
	if fs.Value == nil {
		return orDash(strings.Join(fs.Typed, " "))
	}
	if fs.Words.ZH != "" {
		return fs.Words.ZH
	}
	return orDash(d.Result.Show(fs.Field, fs.Value).ZH)
}

func orDash(s string) string {
	if s == "" {
		return "—"
	}
	return s
}
