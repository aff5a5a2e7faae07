package catalog

import (
	"fmt"
	"strings"

	"github.com/tongban/tongban/internal/contract"
)

// messages says what each rule found. The command line prints the English, the
// catalogue desk either.
var messages = map[string]contract.Text{
	"missing_file": {ZH: "缺这个文件", EN: "the file is missing"},
	"yaml":         {ZH: "文件读不通：{reason}", EN: "cannot be read: {reason}"},
	"format": {
		ZH: "服务包格式写的是 {have}，本程序读的是 {want}",
		EN: "format is {have}; this program reads {want}",
	},
	"bundle": {
		ZH: "一件事（bundle）必须列出 parts，别的程序不能有",
		EN: "procedure bundle needs parts, and only a bundle may have them",
	},
	"after":          {ZH: "“{value}”不是排在前面的环节", EN: "{value} is no part that stands before"},
	"section":        {ZH: "没有分组“{value}”", EN: "there is no section {value}"},
	"columns":        {ZH: "分组和表格要有 fields，别的题型不能有", EN: "a group or table needs fields, and nothing else may have any"},
	"part":           {ZH: "事项 {item} 还没有发布，不能放进一件事", EN: "{item} is not published, so no bundle can join it"},
	"no_item":        {ZH: "目录里没有事项 {item}；清单外的事项要写 added", EN: "{item} is not in the catalogue; an item beyond the list needs added"},
	"to_write":       {ZH: "还没有写，写了才能发布", EN: "is still to be written; until then it cannot be published"},
	"department":     {ZH: "没有部门“{value}”", EN: "there is no department {value}"},
	"type":           {ZH: "没有事项类型“{value}”", EN: "there is no item type {value}"},
	"required":       {ZH: "必须填写", EN: "must be given"},
	"both_languages": {ZH: "中文和英文要都有", EN: "must be given in both languages"},
	"pattern":        {ZH: "“{value}”不合格式：{want}", EN: "{value} is not of the form {want}"},
	"one_of":         {ZH: "“{value}”不在允许的值里：{want}", EN: "{value} is not one of {want}"},
	"duplicate":      {ZH: "“{value}”重复了", EN: "{value} is used twice"},
	"rule":           {ZH: "规则写错了：{reason}", EN: "the rule does not compile: {reason}"},
	"promised": {
		ZH: "承诺 {promised} 天比法定 {statutory} 天还长",
		EN: "promises {promised} days, more than the {statutory} the law gives",
	},
	"accept": {
		ZH: "受理期限应在 1 到 5 个工作日之间（行政许可法第三十二条）",
		EN: "acceptance must take 1 to 5 working days (Administrative Licensing Law, Article 32)",
	},
	"deliver": {
		ZH: "送达期限应在 1 到 10 个工作日之间（行政许可法第四十四条）",
		EN: "delivery must take 1 to 10 working days (Administrative Licensing Law, Article 44)",
	},
	"immediate": {
		ZH: "程序 instant、单位 immediate 和最多 1 个工作日的期限要一起用，也只能一起用",
		EN: "procedure instant, unit immediate and at most 1 working day belong together, and only together",
	},
	"denied_word": {
		ZH: "材料名称不能用“{word}”：写不出名字的材料就不能要（行政许可法第三十一条）",
		EN: "a material may not be called {word}: what has no name cannot be asked for (Administrative Licensing Law, Article 31)",
	},
	"at_once": {
		ZH: "决定前要现场核查或者听证的，不能当场办结，也不能凭承诺当场决定",
		EN: "what is visited or heard before the decision cannot be decided at once, by a rule or on a commitment",
	},
	"no_hearing": {
		ZH: "程序 {value} 里没有听证的环节；一件事由各单项自己规定听证",
		EN: "the procedure {value} has no place for a hearing; of a bundle, each part says so itself",
	},
	"hearing_special": {
		ZH: "要求听证的，特别程序里也要列出 hearing，听证期间才不计入期限（行政许可法第四十五条）",
		EN: "where a hearing is asked for, special procedures must list hearing, so that its time is not counted (Administrative Licensing Law, Article 45)",
	},
	"visits": {
		ZH: "要带到窗口的材料和到现场次数对不上",
		EN: "materials brought to the counter and the number of visits contradict each other",
	},
	"phones":   {ZH: "咨询电话和投诉电话不能相同", EN: "must differ from the number for questions"},
	"faq":      {ZH: "许可事项至少要有一个常见问题", EN: "a licence needs at least one frequently asked question"},
	"steps":    {ZH: "办理流程至少要有 {n} 步", EN: "at least {n} steps must be described"},
	"basis":    {ZH: "至少要有一条依据", EN: "at least one legal basis must be cited"},
	"verified": {ZH: "没有原文，就不能说核对过", EN: "cannot be verified without a quotation"},
	"unverified": {
		ZH: "引文还没有和公布的文本核对，页面会这样说明",
		EN: "the wording has not been checked against the published text; the page says so",
	},
	"held_not_asked": {
		ZH: "政府已有的材料不能要求上传（国务院令第 716 号第七条）",
		EN: "what government holds must not be asked for (State Council Decree 716, Article 7)",
	},
	"upload_limits": {ZH: "要上传的材料必须写明格式、大小和份数", EN: "a material to upload needs types, max_mb and max_files"},
	"public_line":   {ZH: "证照至少要有一行可公开核验", EN: "at least one line must be public, or nobody can verify it"},
	"options":       {ZH: "选择题至少要有两个选项，别的题型不能有选项", EN: "a choice needs two options or more, and nothing else may have any"},
	"electronic":    {ZH: "写了领取方式，就要有电子送达（electronic）", EN: "names ways to get the result, so it must name electronic too"},
	"no_pages":      {ZH: "表单一页都没有", EN: "the form has no pages"},
	"empty_page":    {ZH: "这一页没有要填的内容", EN: "the page has no fields"},
}

// message fills the holes of a message; args are name, value pairs.
func message(code string, args ...any) contract.Text {
	m := messages[code]
	for i := 0; i+1 < len(args); i += 2 {
		hole, value := "{"+fmt.Sprint(args[i])+"}", fmt.Sprint(args[i+1])
		m.ZH = strings.ReplaceAll(m.ZH, hole, value)
		m.EN = strings.ReplaceAll(m.EN, hole, value)
	}
	return m
}
