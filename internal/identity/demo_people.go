package identity

import (
	"time"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/auth"
	"github.com/tongban/tongban/internal/kit/day"
)

// demoPerson is one demonstration account. Names, phones and addresses are
// invented. So are the numbers: a sequence of 000 is not given out, and where a
// man's number needs an odd one, 511699 is no county.
type demoPerson struct {
	username, name string
	number         string
	phone          string
	address        string
	title          contract.Text
	agency         contract.AgencyID
	roles          []string
	actingFor      string
}

// The agencies of the demonstration's staff.
const (
	demoAgency   = contract.AgencyID("115113016823646795") // 区行政审批局
	demoHealth   = contract.AgencyID("11511301008778490F") // 区卫健局
	demoCivil    = contract.AgencyID("11511301008778298W") // 区民政局
	demoDisabled = contract.AgencyID("11511301452259996U") // 区残联
	demoIndustry = contract.AgencyID("11511301008778183N") // 区经信局
	demoMarket   = contract.AgencyID("11511301MB051073XA") // 区市场监管局
	demoFire     = contract.AgencyID("11511300MB1A21304N") // 区消防大队
	demoCity     = contract.AgencyID("11511301MB0T669970") // 区综合执法局
	demoSocial   = contract.AgencyID("11511301008778239R") // 区人社局
	// demoNeighbour is the approval bureau of the next district, invented for the
	// demonstration: its hall takes in what is handled here.
	demoNeighbour = contract.AgencyID("demo-511603-approval")
)

func demoPeople() []demoPerson { return append(demoResidents(), demoStaff()...) }

func demoResidents() []demoPerson {
	return []demoPerson{
		{username: "zhou", name: "周淑芬", number: "511602197904120004", phone: "13000000001", address: "四川省广安市广安区北辰街道朝阳巷6号（演示地址）"},
		{username: "lin", name: "林晓梅", number: "511602198809090008", phone: "13000000002", address: "四川省广安市广安区中桥街道滨江路21号（演示地址）", actingFor: demoCompany},
		{username: "chen", name: "陈静", number: "511602199405200009", phone: "13000000003", address: demoHome},
		{username: "huang", name: "黄磊", number: "511699199208080019", phone: "13000000004", address: demoHome},
		{username: "zhao", name: "赵志远", number: "511699200106150018", phone: "13000000005", address: "四川省广安市广安区北辰街道朝阳巷6号（演示地址）"},
		{username: "sun", name: "孙悦", number: "511602199803120004", phone: "13000000006", address: "四川省广安市广安区浓洄街道人民路33号（演示地址）"},
		{username: "he", name: "何建军", number: "511699198110010018", phone: "13000000007", address: "四川省广安市广安区清和街52号（演示地址）", actingFor: demoRestaurant},
	}
}

// demoHome is where 陈静, 黄磊 and their child live.
const demoHome = "四川省广安市广安区万盛街道洪州大道12号（演示地址）"

// Posts of the demonstration's staff.
var (
	demoReview = contract.Text{ZH: "审查岗", EN: "reviewer"}
	demoHead   = contract.Text{ZH: "审批负责人", EN: "approving head"}
)

func demoStaff() []demoPerson {
	staff := func(username, name, zh, en string, roles ...string) demoPerson {
		return demoPerson{username: username, name: name, title: contract.Text{ZH: zh, EN: en}, agency: demoAgency, roles: roles}
	}
	list := []demoPerson{
		staff("clerk", "何敏", "受理岗", "counter clerk", auth.RoleClerk),
		staff("reviewer1", "唐建国", "审查岗", "reviewer", auth.RoleReviewer),
		staff("reviewer2", "邓丽华", "审查岗", "reviewer", auth.RoleReviewer),
		staff("approver", "蒋志强", "审批岗", "approver", auth.RoleApprover),
		staff("head", "廖国平", "局领导", "head of the bureau", auth.RoleHead),
		staff("supervisor", "罗文", "效能监察岗", "supervisor", auth.RoleSupervisor),
		staff("catalog", "谢雨欣", "事项管理岗", "catalogue manager", auth.RoleCatalogManager),
		staff("admin", "熊伟", "系统管理员", "system administrator", auth.RoleAdministrator),
		staff("window1", "袁小琴", "综合窗口岗", "integrated window", auth.RoleCounter),
		staff("window2", "龚雪", "综合窗口岗", "integrated window", auth.RoleCounter),
		{
			username: "window3", name: "段凯", title: contract.Text{ZH: "综合窗口岗", EN: "integrated window"},
			agency: demoNeighbour, roles: []string{auth.RoleCounter},
		},
	}
	for _, a := range []struct {
		username, reviewer, second, head string
		agency                           contract.AgencyID
	}{
		{"health", "杨柳", "", "冯志刚", demoHealth},
		{"civil", "曾玉兰", "黎明霞", "彭建华", demoCivil},
		{"disabled", "吕芳", "", "苏明", demoDisabled},
		{"industry", "卢涛", "", "蔡国栋", demoIndustry},
		{"market", "贾伟", "", "丁晓东", demoMarket},
		{"fire", "魏强", "夏刚强", "薛刚", demoFire},
		{"city", "叶青", "", "阎军", demoCity},
		{"social", "潘洁", "", "", demoSocial},
	} {
		list = append(list, demoPerson{
			username: a.username, name: a.reviewer, title: demoReview, agency: a.agency, roles: []string{auth.RoleClerk, auth.RoleReviewer},
		})
		if a.second != "" { // where two officials examine a case (Licensing Law art. 34)
			list = append(list, demoPerson{
				username: a.username + "2", name: a.second, title: demoReview, agency: a.agency, roles: []string{auth.RoleClerk, auth.RoleReviewer},
			})
		}
		if a.head != "" {
			list = append(list, demoPerson{
				username: a.username + "-head", name: a.head, title: demoHead, agency: a.agency, roles: []string{auth.RoleApprover, auth.RoleHead},
			})
		}
	}
	return list
}

// The demonstration's companies.
const (
	demoCompany    = "demo-company-qinghe"
	demoRestaurant = "demo-company-weixiang"
)

// demoCompanies are without sealed facts; addresses follow by id.
func demoCompanies() map[string]Company {
	return map[string]Company{
		"四川省广安市广安区清和街18号（演示地址）": {
			ID: demoCompany, Name: "广安区清和美发店", CreditCode: "92511602MADEM00032", Form: "个体工商户", Status: statusOpen,
			RepName: "周淑芬", RepAccount: DemoAccountID("zhou"), Division: demoDivision,
			Scope: "理发及美容服务；预包装食品销售（仅销售预包装食品）", Registrar: "广安区市场监督管理局",
			RegisteredOn: day.Of(2026, time.March, 3), Demo: true,
		},
		"四川省广安市广安区清和街52号（演示地址）": {
			ID: demoRestaurant, Name: "广安区味乡小馆", CreditCode: "92511602MADEM00045", Form: "个体工商户", Status: statusOpen,
			RepName: "何建军", RepAccount: DemoAccountID("he"), Division: demoDivision,
			Scope: "餐饮服务；食品销售", Registrar: "广安区市场监督管理局",
			RegisteredOn: day.Of(2026, time.September, 21), Demo: true,
		},
	}
}

// demoMandates are the rights that stand when a demonstration starts. The mandate
// of a person ends within a year, as every mandate does that people give here.
func demoMandates(today day.Date) []Mandate {
	began := time.Date(2026, time.March, 3, 2, 0, 0, 0, time.UTC)
	return []Mandate{
		{
			ID: "demo-operator-lin", Kind: PartyCompany, Principal: demoCompany, Agent: DemoAccountID("lin"), Role: RoleOperator,
			From: day.Of(2026, time.March, 3), To: day.Of(2036, time.March, 2), State: MandateActive, AskedBy: SidePrincipal, Made: began,
			Granted:  Confirmation{By: DemoAccountID("zhou"), Level: grantLevel, At: began},
			Accepted: Confirmation{By: DemoAccountID("lin"), Level: grantLevel, At: began.Add(time.Hour)},
		},
		{
			ID: "demo-mandate-zhao", Kind: PartyPerson, Principal: string(DemoAccountID("zhou")), Agent: DemoAccountID("zhao"), Role: RoleAgent,
			Items: []string{
				"512B0003600029-511602000000-000-11511301008778298W-1-00", // 最低生活保障
				"511F82001002-511602000000-000-11511301452259996U-1-00",   // 残疾人证新办
			},
			From: today, To: today.Add(364), State: MandateActive, AskedBy: SidePrincipal, Made: began,
			Granted:  Confirmation{By: DemoAccountID("zhou"), Level: grantLevel, At: began},
			Accepted: Confirmation{By: DemoAccountID("zhao"), Level: grantLevel, At: began.Add(time.Hour)},
		},
	}
}

// demoChild is the ward of 陈静.
var demoChild = Relation{
	Name: "黄小满", Number: "511602202605210003", Born: "2026-05-21", Relation: "parent", Registry: "birth",
	Address: demoHome, Division: demoDivision,
}

// DemoWardID is the id of the demonstration's child.
const DemoWardID = "demo-ward-xiaoman"
