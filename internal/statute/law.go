package statute

import "github.com/tongban/tongban/internal/kit/cite"

// Special is a special procedure (特别程序, GB/T 39046 A.7).
type Special string

// The special procedures of class 2 that XK art. 45 takes out of the limit.
// There are no others: a site visit, a public notice or a query to another
// agency runs on the agency's own time.
const (
	Hearing      Special = "hearing"
	Tender       Special = "tender"
	Auction      Special = "auction"
	Inspection   Special = "inspection"
	Testing      Special = "testing"
	Quarantine   Special = "quarantine"
	Appraisal    Special = "appraisal"
	ExpertReview Special = "expert_review"
)

// Specials lists the special procedures in the order of the law.
func Specials() []Special {
	return []Special{Hearing, Tender, Auction, Inspection, Testing, Quarantine, Appraisal, ExpertReview}
}

// StopsClock reports whether the law lets the procedure stop the clock.
func (s Special) StopsClock() bool { return s.Name() != (Text{}) }

// Name is what the law calls the procedure.
func (s Special) Name() Text {
	switch s {
	case Hearing:
		return Text{"听证", "hearing"}
	case Tender:
		return Text{"招标", "invitation of tenders"}
	case Auction:
		return Text{"拍卖", "auction"}
	case Inspection:
		return Text{"检验", "inspection"}
	case Testing:
		return Text{"检测", "testing"}
	case Quarantine:
		return Text{"检疫", "quarantine"}
	case Appraisal:
		return Text{"鉴定", "appraisal"}
	case ExpertReview:
		return Text{"专家评审", "expert review"}
	}
	return Text{}
}

// Article is an article of law that a clock or a procedure rests on.
type Article struct {
	Code string
	Law  Text
	No   Text
	Says Text // in short, in our words
	// Verified says that the article was read in the published text. Pages say
	// of the others that they must be checked.
	Verified bool
}

// The articles that clocks cite.
const (
	ArticleStart     = "mfd-201"
	ArticleWorkdays  = "xk-82"
	ArticleAccept    = "xk-32"
	ArticleDecide    = "xk-42"
	ArticleDeliver   = "xk-44"
	ArticlePause     = "xk-45"
	ArticleTwo       = "xk-34"
	ArticleReasons   = "xk-38"
	ArticleFraud     = "xk-69"
	ArticleClosedOut = "xk-70"
)

// Articles lists what is cited.
func Articles() []Article {
	licensing := Text{"中华人民共和国行政许可法", "Administrative Licensing Law"}
	xk := func(code, place, saysZH, saysEN string) Article {
		return Article{code, licensing, placeOf(place), Text{saysZH, saysEN}, true}
	}
	return []Article{
		{
			ArticleStart,
			Text{"中华人民共和国民法典", "Civil Code"},
			placeOf("第二百零一条"),
			Text{"按日计算期间的，开始的当日不计入。", "A period of days does not count the day on which it begins."},
			false,
		},
		xk(ArticleAccept, "第三十二条",
			"材料不齐全的，当场或者五日内一次告知；逾期不告知的，自收到材料之日起即为受理。",
			"What is missing is said at once or within five days, all together; after that the papers count as accepted from the day they came."),
		xk(ArticleTwo, "第三十四条",
			"需要核实申请材料实质内容的，指派两名以上工作人员。",
			"Two or more officials check the substance of an application."),
		xk(ArticleReasons, "第三十八条",
			"不予许可的，说明理由并告知复议、诉讼权利。",
			"A denial gives its reasons and names the ways to contest it."),
		xk(ArticleDecide, "第四十二条",
			"自受理之日起二十日内决定；经本机关负责人批准可以延长十日；统一、联合、集中办理的为四十五日，可以延长十五日。",
			"The decision comes within twenty days of acceptance, ten more by leave of the head; forty-five and fifteen where agencies act together."),
		xk(ArticleDeliver, "第四十四条",
			"自决定之日起十日内颁发、送达。", "The licence is issued and delivered within ten days of the decision."),
		xk(ArticlePause, "第四十五条",
			"听证、招标、拍卖、检验、检测、检疫、鉴定和专家评审的时间不计算在期限内，应当书面告知申请人。",
			"Time for a hearing, tender, auction, inspection, testing, quarantine, appraisal or expert review is not counted, and is told in writing."),
		xk(ArticleFraud, "第六十九条",
			"违法准予的许可可以撤销；以欺骗、贿赂取得的应当撤销。",
			"A licence granted against the law may be revoked; one got by fraud or bribery must be."),
		xk(ArticleClosedOut, "第七十条",
			"有效期届满未延续、终止、被撤销等情形，应当办理注销手续。",
			"A licence that has run out, ended or been revoked is taken off the register."),
		xk(ArticleWorkdays, "第八十二条",
			"期限以工作日计算，不含法定节假日。", "Periods are working days, without statutory holidays."),
	}
}

// placeOf is a place in a law in both languages.
func placeOf(zh string) Text {
	en, _ := cite.Place(zh)
	return Text{zh, en}
}

// ArticleOf finds an article by its code.
func ArticleOf(code string) (Article, bool) {
	for _, a := range Articles() {
		if a.Code == code {
			return a, true
		}
	}
	return Article{}, false
}
