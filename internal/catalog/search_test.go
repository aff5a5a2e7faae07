package catalog

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// What people type, and the item that must be among the first three. The list
// is the acceptance test of the search: add what people did not find.
var typed = []struct{ query, want string }{
	{"低保", "最低生活保障"},
	{"低保怎么申请", "最低生活保障"},
	{"我想办低保需要什么材料", "最低生活保障"},
	{"卫生许可", "公共场所卫生许可新办审批（县级）"},
	{"卫生许可证", "公共场所卫生许可新办审批（县级）"},
	{"理发店卫生许可", "公共场所卫生许可新办审批（县级）"},
	{"开理发店要办什么证", "公共场所卫生许可新办审批（县级）"},
	{"我想开一家美容院", "公共场所卫生许可新办审批（县级）"},
	{"卫生许可证到期了怎么办", "公共场所卫生许可延续（县级）"},
	{"卫生许可证丢了", "公共场所卫生许可遗失补办（县级）"},
	{"卫生许可变更", "公共场所卫生许可变更（县级）"},
	{"残疾人证", "残疾人证新办"},
	{"残疾证", "残疾人证新办"},
	{"办残疾证", "残疾人证新办"},
	{"残疾证丢了怎么补", "残疾人证挂失补办"},
	{"残疾人补贴", "困难残疾人生活补贴"},
	{"身份证", "居民身份证办理（包括临时）"},
	{"补身份证", "居民身份证办理（包括临时）"},
	{"身份证丢了怎么办", "居民身份证挂失申报、丢失招领"},
	{"外地身份证", "居民身份证跨省异地办理"},
	{"社保卡", "社会保障卡申领"},
	{"社保卡丢了", "社会保障卡挂失"},
	{"补办社保卡", "社会保障卡补领、换领、换发"},
	{"社保证明打印", "个人参保证明查询打印"},
	{"养老金认证", "养老保险定期待遇领取资格认证"},
	{"退休怎么办理", "企业职工基本养老保险正常退休申请"},
	{"失业金", "失业保险金申领"},
	{"失业金怎么领", "失业保险金申领"},
	{"工伤", "工伤事故备案"},
	{"拖欠工资", "劳动人事争议仲裁申请"},
	{"老板拖欠工资怎么办", "劳动人事争议仲裁申请"},
	{"创业贷款", "创业担保贷款申请"},
	{"医保参保", "城乡居民参保登记"},
	{"医保报销", "住院费用报销"},
	{"异地就医备案", "异地长期居住人员备案"},
	{"生育津贴", "生育津贴支付"},
	{"营业执照", "个体工商户设立登记"},
	{"我要办个体营业执照", "个体工商户设立登记"},
	{"营业执照丢了", "证照遗失补领、换发申请"},
	{"注册公司", "公司设立登记"},
	{"注销公司", "公司注销登记"},
	{"公司换法人", "公司变更登记"},
	{"开餐馆", "食品(含保健食品)经营许可核发"},
	{"开饭店需要什么手续", "食品(含保健食品)经营许可核发"},
	{"食品经营许可证", "食品(含保健食品)经营许可核发"},
	{"食品经营许可延续", "食品(含保健食品)经营许可延续"},
	{"开便利店", "仅销售预包装食品经营者备案信息采集"},
	{"预包装食品备案", "仅销售预包装食品经营者备案信息采集"},
	{"开小卖部", "仅销售预包装食品经营者备案信息采集"},
	{"烟草证", "烟草专卖零售许可证新办"},
	{"摆地摊", "临时便民服务摊点设置"},
	{"健康证", "食品行业从业人员预防性体检合格证办理"},
	{"开网吧", "开办互联网上网服务营业场所"},
	{"我要开网吧", "开办互联网上网服务营业场所"},
	{"旅馆", "旅馆业特种行业许可证核发"},
	{"民宿要办什么证", "旅馆业特种行业许可证核发"},
	{"新生儿上户口", "户口登记"},
	{"孩子上户口", "户口登记"},
	{"迁户口", "户口迁移审批"},
	{"居住证", "居住证办理"},
	{"无犯罪记录证明", "无犯罪记录证明"},
	{"护照", "普通护照签发"},
	{"出生证明", "《出生医学证明》首次签发"},
	{"结婚证", "中国内地公民婚姻登记"},
	{"结婚登记", "结婚登记预约"},
	{"离婚", "离婚登记预约"},
	{"结婚证丢了", "补领结婚证"},
	{"高龄津贴", "80周岁以上老年人高龄津贴发放"},
	{"八十岁老人补贴", "80周岁以上老年人高龄津贴发放"},
	{"老年证", "申领《四川省老年人优待证》"},
	{"公租房", "公共租赁住房申请资格审核认定"},
	{"公租房申请", "公共租赁住房申请资格审核认定"},
	{"小学入学", "学前教育、义务教育阶段入学办理"},
	{"孩子转学", "义务教育阶段学生学籍异动办理"},
	{"教师资格证", "教师资格认定"},
	{"施工许可证", "建筑工程施工许可证核发"},
	{"农村建房", "乡村建设规划许可证核发"},
	{"装自来水", "供水报装"},
	{"砍树", "林木采伐许可证核发（县级权限）"},
	{"网约车", "网络预约出租汽车运输证发放（新增）"},
	{"货车营运证", "道路货物运输车辆道路运输证配发"},
	{"代开发票", "代开增值税普通发票（县级行使）"},
	{"完税证明", "开具税收完税证明（县级行使）"},
	{"法律援助", "对公民法律援助申请的审批"},
	{"打官司没钱请律师", "对公民法律援助申请的审批"},
	{"退伍军人报到", "退役报到"},
	{"临时救助", "临时救助"},
	{"孤儿", "孤儿救助资格认定及基本生活费发放"},
	{"养狗", "犬类准养证核发"},
	{"消防验收", "特殊建设工程消防验收"},
	// slips: wrong characters of the right sound, a wrong one, one missing
	{"身分证", "居民身份证办理（包括临时）"},
	{"残疾人正", "残疾人证新办"},
	{"卫生许可正", "公共场所卫生许可新办审批（县级）"},
	{"公供场所卫生许可", "公共场所卫生许可新办审批（县级）"},
	{"失业保险申领", "失业保险金申领"},
	// pinyin, in full and initials
	{"dibao", "最低生活保障"},
	{"shenfenzheng", "居民身份证办理（包括临时）"},
	{"sfz", "居民身份证办理（包括临时）"},
	{"weishengxuke", "公共场所卫生许可新办审批（县级）"},
	{"wsxk", "公共场所卫生许可新办审批（县级）"},
	{"cjrz", "残疾人证新办"},
	{"yingyezhizhao", "个体工商户设立登记"},
	// English
	{"hygiene licence", "公共场所卫生许可新办审批（县级）"},
	{"hair salon licence", "公共场所卫生许可新办审批（县级）"},
	{"how do I open a restaurant", "食品(含保健食品)经营许可核发"},
	{"ID card", "居民身份证办理（包括临时）"},
	{"disability certificate", "残疾人证新办"},
	{"passport", "普通护照签发"},
	{"prepackaged food", "仅销售预包装食品经营者备案信息采集"},
	{"unemployment", "失业保险金申领"},
	{"register a company", "公司设立登记"},
	// width, case and punctuation do not matter
	{" ＫＴＶ ", "设立歌舞娱乐场所《娱乐经营许可证》核发"},
	{"食品（含保健食品）经营许可 核发", "食品(含保健食品)经营许可核发"},
}

// indexed is the index of the county, made once for all tests: it never changes.
func indexed(t testing.TB) (*index, []Item, *vocabulary) {
	t.Helper()
	w := once()
	if w.err != nil {
		t.Fatal(w.err)
	}
	return w.x, w.items, w.v
}

type indexWorld struct {
	x     *index
	items []Item
	v     *vocabulary
	err   error
}

var once = sync.OnceValue(func() indexWorld {
	ref, err1 := readReference()
	v, err2 := readVocabulary()
	if err := errors.Join(err1, err2); err != nil {
		return indexWorld{err: err}
	}
	items, _, err := readItems(ref)
	for i := range items {
		items[i].Themes = ref.themesOf(items[i])
	}
	return indexWorld{buildIndex(items, ref, v), items, v, err}
})

func TestTypicalPhrasesFindTheRightItemInTheFirstThree(t *testing.T) {
	t.Parallel()
	x, items, v := indexed(t)
	for _, q := range typed {
		found, _ := x.search(clip(normal(q.query), maxQuery), v)
		var first []string
		ok := false
		for _, d := range found[:min(3, len(found))] {
			first = append(first, items[d].Name)
			ok = ok || items[d].Name == q.want
		}
		if !ok {
			t.Errorf("%q finds %s, want %s", q.query, strings.Join(first, " | "), q.want)
		}
	}
}

func TestTypedDepartmentFindsItsItems(t *testing.T) {
	t.Parallel()
	x, items, v := indexed(t)
	for _, q := range []string{"民政局", "区民政局", "民政局在哪里"} {
		found, _ := x.search(normal(q), v)
		if len(found) < 20 || items[found[0]].Department != "civil-affairs" {
			t.Errorf("%q finds %d items", q, len(found))
		}
	}
}

func TestNonsenseFindsNothing(t *testing.T) {
	t.Parallel()
	x, items, v := indexed(t)
	for _, q := range []string{"", "的", "qqqqzzz", "🙂", "魑魅魍魉", "<script>", "12", "a"} {
		if found, _ := x.search(normal(q), v); len(found) > 0 {
			t.Errorf("%q finds %s", q, items[found[0]].Name)
		}
	}
}

func TestGramsArePairsOfCharactersAndWords(t *testing.T) {
	t.Parallel()
	tests := map[string]string{
		"卫生许可":       "卫生 生许 许可",
		"证":          "证",
		"ktv开店":      "ktv 开店",
		"80周岁":       "80 周岁",
		"hair salon": "hair salon",
		"a证b":        "a 证 b",
		"":           "",
		"低保低保":       "低保 保低",
	}
	for in, want := range tests {
		if got := strings.Join(grams(in), " "); got != want {
			t.Errorf("grams(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestMarkShowsWhatWasFound(t *testing.T) {
	t.Parallel()
	var got strings.Builder
	for _, p := range Mark("公共场所卫生许可新办审批", []string{"卫生许可"}) {
		if p.Hit {
			fmt.Fprintf(&got, "[%s]", p.Text)
		} else {
			got.WriteString(p.Text)
		}
	}
	if want := "公共场所[卫生许可]新办审批"; got.String() != want {
		t.Errorf("marked %s, want %s", got.String(), want)
	}
}

// The goal is a 99th percentile under 20 ms.
func BenchmarkSearch(b *testing.B) {
	ref, items, v := county(b)
	x := buildIndex(items, ref, v)
	var took []time.Duration
	for b.Loop() {
		start := b.Elapsed()
		x.search(normal(typed[len(took)%len(typed)].query), v)
		took = append(took, b.Elapsed()-start)
	}
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)*99/100].Microseconds()), "p99-µs")
}

func BenchmarkBuildIndex(b *testing.B) {
	ref, items, v := county(b)
	for b.Loop() {
		buildIndex(items, ref, v)
	}
}
