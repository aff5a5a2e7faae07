package casework

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/auth"
	"github.com/tongban/tongban/internal/kit/day"
	"github.com/tongban/tongban/internal/kit/db"
	"github.com/tongban/tongban/internal/kit/fault"
	"github.com/tongban/tongban/internal/kit/idcode"
)

// Kinds of documents that confirm a submission.
const (
	paperReceipt        = "receipt"
	paperBundleReceipt  = "bundle_receipt"
	paperTransitReceipt = "transit_receipt" // of the place that takes in for another
)

// ErrNoReceipt means that nothing was received yet: a part of a bundle that
// waits for another.
var ErrNoReceipt = fault.New(fault.NotFound, "casework.no_receipt")

// ReceiptPDF is the signed receipt of the submission. It is made on the spot
// where the job that makes it has not come to it.
func (s *Service) ReceiptPDF(ctx context.Context, actor auth.Principal, id contract.CaseID) (Document, io.ReadCloser, error) {
	c, err := s.Open(ctx, actor, id)
	if err != nil {
		return Document{}, nil, err
	}
	if err := s.c.Policy.Check(actor, "casework.read", object(c, nil)); err != nil {
		return Document{}, nil, err
	}
	d, err := s.receiptOf(ctx, s.c.DB, id)
	if errors.Is(err, ErrNotFound) {
		d, err = s.makeReceipt(ctx, c)
	}
	if err != nil {
		return d, nil, err
	}
	if err := s.recordRead(ctx, actor, c, "", "receipt"); err != nil {
		return d, nil, err
	}
	file, err := s.c.Blobs.Open(ctx, string(d.Blob))
	if err != nil {
		return d, nil, fmt.Errorf("receipt of case %s: %w", id, err)
	}
	return d, file, nil
}

// receiptOf is the receipt of the first submission.
func (s *Service) receiptOf(ctx context.Context, q db.Q, id contract.CaseID) (Document, error) {
	docs, err := documentsOf(ctx, q, id)
	found := Document{}
	for _, d := range docs { // the newest first
		if isReceipt(d.Kind) {
			found = d
		}
	}
	if err == nil && found.ID == "" {
		return found, ErrNotFound
	}
	return found, err
}

func isReceipt(kind string) bool {
	return kind == paperReceipt || kind == paperBundleReceipt || kind == paperTransitReceipt
}

func (s *Service) makeReceipt(ctx context.Context, c Case) (Document, error) {
	steps, err := stepsOf(ctx, s.c.DB, c.ID)
	if err != nil {
		return Document{}, err
	}
	proc, err := s.procedure(c)
	if err != nil {
		return Document{}, err
	}
	for _, st := range steps {
		t, err := proc.Transition(st.From, st.Action)
		if err != nil || !isReceipt(t.Document) {
			continue
		}
		r, err := s.render(ctx, paperJob{Case: c.ID, Step: st.No, Paper: t.Document})
		if err != nil {
			return Document{}, err
		}
		if err := s.c.DB.InTx(ctx, func(ctx context.Context, tx db.Tx) error { return insertDocument(ctx, tx, r.doc) }); err != nil {
			return Document{}, err
		}
		return s.receiptOf(ctx, s.c.DB, c.ID) // the job may have been first
	}
	return Document{}, ErrNoReceipt
}

// receiptDetails writes down what was received, from whom, and what one can do
// if the agency stays silent.
func (s *Service) receiptDetails(ctx context.Context, p *Paper, c Case, svc contract.Service, st Step) error {
	if !isReceipt(p.Kind) {
		return nil
	}
	h, err := handInAt(ctx, s.c.DB, c.ID, st.At)
	if err != nil {
		return err
	}
	answers, err := s.answers(svc, c.ID, h)
	if err != nil {
		return err
	}
	p.Rows = []PaperRow{
		{contract.Text{ZH: "办件编号", EN: "Case number"}, idcode.GroupCaseNumber(c.Number)},
		{contract.Text{ZH: "查询码", EN: "Query code"}, c.QueryCode},
		{contract.Text{ZH: "收到时间", EN: "Received"}, clockText(st)},
		{contract.Text{ZH: "提交人", EN: "Filed by"}, filedBy(c)},
		{contract.Text{ZH: "填报内容", EN: "Answers"}, fmt.Sprintf("%d 项 items", len(answers))},
	}
	promises, err := promisesOf(ctx, s.c.DB, c)
	if err != nil {
		return err
	}
	p.Rows = append(p.Rows, promiseRows(promises)...)
	lines := []string{fmt.Sprintf("申请表（网上填报，%d 项）", len(answers))}
	for _, m := range h.materials {
		lines = append(lines, materialLine(materialSpec(svc, m.ID).Name.ZH, m))
	}
	if p.Kind == paperBundleReceipt { // its list is that of the parts
		for i, l := range lines[1:] {
			p.Rows = append(p.Rows, PaperRow{contract.Text{ZH: fmt.Sprintf("材料 %d", i+1), EN: "Material"}, l})
		}
	} else {
		p.List = lines
	}
	p.After = append(p.After, silence(svc))
	return nil
}

// promiseRows say what was committed to, part by part.
func promiseRows(list []Promise) []PaperRow {
	rows := make([]PaperRow, 0, len(list))
	for _, p := range list {
		text := ""
		if p.Part != "" {
			text = "“" + p.Name.ZH + "”："
		}
		for _, t := range p.Committed.Content {
			text += t.ZH
		}
		rows = append(rows, PaperRow{contract.Text{ZH: "告知承诺", EN: "Commitment"}, text})
	}
	return rows
}

// clockText is the legal time of a step, in China.
func clockText(st Step) string {
	return st.At.In(day.CST).Format("2006-01-02 15:04:05") + "（UTC+8）"
}

// filedBy says who filed and by what right: the receipt is the applicant's, and
// whoever acts for another does so by name.
func filedBy(c Case) string {
	who := c.Agent.Name
	switch c.Agent.Kind {
	case auth.ForCompany:
		return who + "（单位经办人，代表" + c.Applicant.Name + "） (operator of the company)"
	case auth.ForPerson:
		return who + "（代理人，受" + c.Applicant.Name + "委托，授权编号 " + c.Agent.Mandate + "） (agent with a mandate)"
	case auth.ForWard:
		return who + "（监护人，代" + c.Applicant.Name + "） (guardian)"
	}
	if c.Applicant.Kind == "company" {
		return "单位经办人，代表" + c.Applicant.Name + " (operator of the company)"
	}
	return c.Applicant.Name + "本人 (the applicant)"
}

// ways are how a material came, in words.
func ways(m contract.Material) string {
	switch m.Origin {
	case contract.MaterialUpload:
		if m.Seen != nil {
			return "上传电子件，已在窗口与原件核对"
		}
		return "上传电子件"
	case contract.MaterialCopy:
		return "使用办件 " + m.Source + " 中核验过的副本"
	case contract.MaterialLicence:
		return "用电子证照代替，证照编号 " + m.Source
	case contract.MaterialHeld:
		return "由部门数据共享取得，不用提交"
	case contract.MaterialStatement:
		return "以书面声明代替"
	case contract.MaterialCounter:
		return "到窗口出示原件"
	case contract.MaterialOwed:
		return "容缺后补，最迟 " + m.Due
	case contract.MaterialCommitted:
		return "告知承诺，不用提交"
	case contract.MaterialPart:
		return "由同一件事中的“" + m.Name + "”办出，不用提交"
	}
	return m.Origin
}

// materialLine names a material with how it came, its trust level and, of a
// file, the hash of its bytes: who has the file can prove that it is the one.
func materialLine(name string, m contract.Material) string {
	parts := []string{ways(m)}
	if m.Blob != "" {
		parts = append(parts, m.Name)
	}
	if m.Level != "" {
		parts = append(parts, "可信等级 "+m.Level)
	}
	if m.Blob != "" {
		parts = append(parts, "SHA-256 "+string(m.Blob))
	}
	return name + "：" + strings.Join(parts, "，")
}

// silence says what to do when the agency says nothing in time.
func silence(svc contract.Service) string {
	text := "受理后逾期不作决定的，可以向监督机构反映或者拨打12345"
	if svc.Guide.Complain != "" {
		text = "受理后逾期不作决定的，可以拨打监督投诉电话" + svc.Guide.Complain + "或者12345反映"
	}
	return text + "，也可以依法申请行政复议或者提起行政诉讼。"
}
