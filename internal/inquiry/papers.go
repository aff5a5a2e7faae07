package inquiry

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/day"
)

// Documents of inquiries.
const (
	paperVisit   = "visit_record"
	paperRight   = "hearing_right"
	paperNotice  = "hearing_notice"
	paperHearing = "hearing_record"
	paperReview  = "review_summary"
)

// Paper is the content of one document: Chinese, with a summary in English.
type Paper struct {
	Title      contract.Text
	Number     string
	CaseNumber string
	Addressee  string
	Body       []string
	Rows       []PaperRow
	List       []string
	After      []string
	Summary    []string
	Agency     contract.Agency
	Seal       string
	Date       day.Date
	At         time.Time
	CheckURL   string
}

// PaperRow is one labelled fact on a document.
type PaperRow struct {
	Label contract.Text
	Value string
}

func (p *Paper) row(zh, en, value string) {
	if value != "" {
		p.Rows = append(p.Rows, PaperRow{contract.Text{ZH: zh, EN: en}, value})
	}
}

func zhDate(d day.Date) string {
	if d.IsZero() {
		return ""
	}
	y, m, dd := d.Date()
	return fmt.Sprintf("%d年%d月%d日", y, m, dd)
}

func enDate(d day.Date) string {
	if d.IsZero() {
		return ""
	}
	y, m, dd := d.Date()
	return fmt.Sprintf("%d %s %d", dd, m, y)
}

// paper is the content of a document as the inquiry stands.
func (s *Service) paper(ctx context.Context, x Inquiry, j paperJob) (Paper, bool, error) {
	p := Paper{
		CaseNumber: x.Number, Addressee: x.Applicant.Name, Seal: "行政审批专用章", CheckURL: "/progress?number=" + x.Number,
		Agency: contract.Agency{ID: x.Agency, Name: x.AgencyName, Division: x.Division}, Date: day.In(x.Moved), At: x.Moved,
	}
	switch {
	case j.Paper == paperVisit && x.Visit != nil:
		files, err := s.files(ctx, x.ID, "photo")
		p.visit(x, files)
		return p, true, err
	case j.Paper == paperRight && x.Hearing != nil:
		p.Date, p.At = day.In(x.Made), x.Made
		p.right(x)
	case j.Paper == paperNotice && x.Hearing != nil:
		p.notice(x, j.Part)
	case j.Paper == paperHearing && x.Hearing != nil:
		files, err := s.files(ctx, x.ID, "transcript")
		p.heard(x, files)
		return p, true, err
	case j.Paper == paperReview && x.Review != nil:
		p.reviewed(x)
	default:
		return p, false, nil
	}
	return p, true, nil
}

var resultWords = map[string]contract.Text{
	ResultPass:        {ZH: "符合要求", EN: "passed"},
	ResultCorrections: {ZH: "整改后符合要求", EN: "passed once the corrections are made"},
	ResultFail:        {ZH: "不符合要求", EN: "not passed"},
	VerdictFor:        {ZH: "同意", EN: "in favour"},
	VerdictChanges:    {ZH: "修改后同意", EN: "in favour, with changes"},
	VerdictAgainst:    {ZH: "不同意", EN: "against"},
}

var itemWords = map[string]string{ItemPass: "符合", ItemFail: "不符合", ItemNone: "不适用"}

func (p *Paper) visit(x Inquiry, photos []File) {
	v := x.Visit
	p.Title, p.Number = contract.Text{ZH: "现场核查记录", EN: "Record of a site visit"}, v.Number
	p.Body = []string{fmt.Sprintf("根据《中华人民共和国行政许可法》第三十四条第三款，%s指派两名工作人员，就“%s”申请进行了现场核查。", x.AgencyName.ZH, x.ItemName.ZH)}
	p.row("核查目的", "Purpose", v.Purpose)
	p.row("核查地点", "Place", v.Place)
	p.row("核查时间", "Time", zhDate(x.Day)+" "+x.Slot)
	count := map[string]int{}
	for _, f := range photos {
		count[f.Item]++
	}
	for _, c := range v.Checklist {
		p.List = append(p.List, v.line(c, count[c.ID]))
	}
	if text := v.value(fieldSummary); text != "" {
		p.After = append(p.After, "核查情况："+text)
	}
	result := resultWords[v.value(fieldResult)]
	p.After = append(p.After, "核查结果："+result.ZH+"。"+v.until())
	if len(photos) > 0 {
		p.After = append(p.After, fmt.Sprintf("现场照片 %d 张，另存于案卷。", len(photos)))
	}
	if v.Present.Statement != "" {
		p.After = append(p.After, "当事人陈述："+v.Present.Statement)
	}
	p.After = append(p.After, v.Present.words())
	for _, o := range v.Officials {
		p.row("核查人员", "Official", o.Name+"（"+o.At.In(day.CST).Format("2006-01-02 15:04")+" 确认）")
	}
	p.Summary = []string{fmt.Sprintf(`Record of the site visit of %s for "%s" by two officials. Result: %s. A site visit does not stop the time to decide.`,
		enDate(x.Day), x.ItemName.EN, result.EN)}
}

// line is one line of the checklist on the record.
func (v *Visit) line(c contract.CheckItem, photos int) string {
	value := v.value(ItemField(c.ID))
	if w, ok := itemWords[value]; ok {
		value = w
	} else if c.Kind == contract.CheckNumber {
		value += " " + c.Unit.ZH + "（" + itemWords[v.Verdict(c)] + "）"
	}
	out := c.Text.ZH + "：" + value
	if note := v.value(NoteField(c.ID)); note != "" {
		out += "。" + note
	}
	if photos > 0 {
		out += fmt.Sprintf("（照片 %d 张）", photos)
	}
	return out
}

func (v *Visit) until() string {
	if by, err := day.Parse(v.value(fieldCorrect)); err == nil && v.value(fieldResult) == ResultCorrections {
		return "请于" + zhDate(by) + "前完成整改。"
	}
	return ""
}

func (p Present) words() string {
	who := p.Name
	if p.Capacity != "" {
		who += "（" + p.Capacity + "）"
	}
	switch p.How {
	case Signed:
		return "在场人" + who + "阅后确认无误，已签名。"
	case Refused:
		return "在场人" + who + "拒绝签名，原因：" + p.Reason + "。"
	}
	return "现场没有申请人一方的人员签名。"
}

func (p *Paper) right(x Inquiry) {
	h := x.Hearing
	p.Title, p.Number = contract.Text{ZH: "听证权利告知书", EN: "Notice of the right to a hearing"}, number("听告", x.Head, p.Date, 1)
	by := h.Parties[0].AskBy
	p.Body = []string{
		fmt.Sprintf("你（单位）的“%s”申请（办件编号 %s）正在审查。该事项涉及重大利益关系：%s", x.ItemName.ZH, x.Number, h.Why),
		fmt.Sprintf("根据《中华人民共和国行政许可法》第四十七条，你（单位）享有要求听证的权利。要求听证的，应当在被告知之日起五个工作日内，即最迟于%s，在网上或者以书面形式提出；逾期不提出的，视为放弃。", zhDate(by)),
	}
	p.After = []string{"听证由行政机关在收到申请之日起二十个工作日内组织。不收取任何费用。"}
	p.Summary = []string{fmt.Sprintf(`Your application "%s" touches a major interest. You may ask for a hearing until %s (five working days, Administrative Licensing Law, Article 47). A hearing costs nothing.`, x.ItemName.EN, enDate(by))}
}

func (p *Paper) notice(x Inquiry, part string) {
	h := x.Hearing
	p.Title, p.Number = contract.Text{ZH: "听证通知书", EN: "Notice of a hearing"}, number("听通", x.Head, p.Date, len(h.Times))
	if part != "" && part != "1" {
		p.Title = contract.Text{ZH: "听证时间变更通知书", EN: "Notice of another time for a hearing"}
	}
	p.Body = []string{fmt.Sprintf("根据《中华人民共和国行政许可法》第四十八条，现就“%s”申请举行听证，请按时参加。", x.ItemName.ZH)}
	p.row("时间", "Time", zhDate(x.Day)+" "+x.Slot)
	p.row("地点", "Place", h.Place)
	p.row("主持人", "Chair", h.Host.Name)
	p.row("记录人", "Recorder", h.Recorder.Name)
	open := "公开举行"
	if h.Private != "" {
		open = "不公开举行：" + h.PrivateWhy
	}
	p.row("方式", "Form", open)
	p.After = []string{
		"认为主持人与本事项有直接利害关系的，有权申请回避。听证中可以提出证据，进行申辩和质证，也可以委托代理人参加。",
		"听证所需时间不计算在办理期限内（第四十五条）。听证不收取任何费用；行政机关根据听证笔录作出决定。",
	}
	p.Summary = []string{fmt.Sprintf(`A hearing on "%s" is held on %s, %s. You may ask for the chair to step aside, bring evidence and question what is said. It is free of charge, its time does not count, and the decision rests on its record (Administrative Licensing Law, Article 45 and Article 48).`, x.ItemName.EN, enDate(x.Day), x.Slot)}
}

func (p *Paper) heard(x Inquiry, files []File) {
	h := x.Hearing
	p.Title, p.Number = contract.Text{ZH: "听证笔录", EN: "Record of a hearing"}, h.Number
	p.row("时间", "Time", zhDate(x.Day)+" "+x.Slot)
	p.row("地点", "Place", h.Place)
	p.row("主持人", "Chair", h.Host.Name)
	p.row("记录人", "Recorder", h.Recorder.Name)
	p.Body = []string{fmt.Sprintf("事由：%s", h.Why)}
	for _, line := range strings.Split(h.Transcript, "\n") {
		if line = strings.TrimSpace(line); line != "" {
			p.Body = append(p.Body, line)
		}
	}
	for _, f := range files {
		p.Body = append(p.Body, "笔录附件："+f.Name+"（SHA-256 "+string(f.Blob)+"）")
	}
	for _, a := range h.Attendance {
		line := a.Name + "（" + roleWords[a.Role] + "）："
		if a.How == Refused {
			line += "拒绝签名，原因：" + a.Reason
		} else {
			line += "确认无误，已签名"
		}
		p.List = append(p.List, line)
	}
	p.After = []string{"听证结论：" + h.Conclusion, "行政机关根据本笔录作出行政许可决定（《中华人民共和国行政许可法》第四十八条第二款）。"}
	p.Summary = []string{fmt.Sprintf(`Record of the hearing of %s on "%s". The decision rests on it (Administrative Licensing Law, Article 48).`, enDate(x.Day), x.ItemName.EN)}
}

var roleWords = map[string]string{
	"applicant": "申请人", "third": "利害关系人", "agent": "委托代理人", "reviewer": "审查人员", "witness": "证人", "expert": "鉴定人", "interpreter": "翻译", "other": "其他",
}

func (p *Paper) reviewed(x Inquiry) {
	r := x.Review
	p.Title, p.Number = contract.Text{ZH: "专家评审意见", EN: "Result of an expert review"}, r.Number
	verdict := resultWords[Finding(x.Kind, r.Verdict)]
	if x.Kind == KindErrand {
		p.Title = contract.Text{ZH: "检验检测鉴定结果", EN: "Result of a test or appraisal"}
		p.row("机构", "Institution", r.Institution)
		p.row("送出日期", "Sent", zhDate(r.Sent))
		p.row("收到报告", "Report received", zhDate(r.Received))
	}
	p.Body = []string{"问题：" + r.Question, "结果：" + verdict.ZH + "。" + r.Result}
	for i, m := range r.Seated() {
		p.List = append(p.List, fmt.Sprintf("专家 %d（%s）：%s。%s", i+1, m.Field, resultWords[m.Verdict].ZH, m.Opinion))
	}
	p.After = []string{"评审所需时间不计算在办理期限内（《中华人民共和国行政许可法》第四十五条）。"}
	p.Summary = []string{fmt.Sprintf(`Result on "%s": %s. The time it took does not count (Administrative Licensing Law, Article 45).`, x.ItemName.EN, verdict.EN)}
}
