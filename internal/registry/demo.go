package registry

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/tongban/tongban/internal/kit/db"
)

// DemoRecord is one record of a demonstration's registry.
type DemoRecord struct {
	Registry string
	Numbers  []string // of whom it is about: a marriage is about two
	On       string   // day on which it was registered
	Values   map[string]string
	Rows     map[string][]map[string]any
}

// SeedDemo stores the records of a demonstration, invented people all of them.
// What is there already stays as it is.
func (s *Service) SeedDemo(ctx context.Context) error {
	if !s.c.Demo {
		return nil
	}
	for _, r := range demoRecords() {
		if err := s.seed(ctx, r); err != nil {
			return fmt.Errorf("demo records of %s: %w", r.Registry, err)
		}
	}
	return nil
}

func (s *Service) seed(ctx context.Context, r DemoRecord) error {
	var facts []Fact
	for key, value := range r.Values {
		facts = append(facts, Fact{Key: r.Registry + "." + key, Value: value})
	}
	for key, rows := range r.Rows {
		facts = append(facts, Fact{Key: r.Registry + "." + key, Rows: rows})
	}
	raw, err := json.Marshal(facts)
	if err != nil {
		return err
	}
	return s.c.DB.InTx(ctx, func(ctx context.Context, tx db.Tx) error {
		for _, number := range r.Numbers {
			sealed, err := s.c.Seal.Seal(fieldFacts, string(raw))
			if err != nil {
				return err
			}
			if err := putRecord(ctx, tx, r.Registry, s.c.Seal.Index(fieldNumber, number), sealed, r.On); err != nil {
				return err
			}
		}
		return nil
	})
}

// The people and companies of the demonstration, as identity has them.
const (
	zhou    = "511602197904120004"
	zhao    = "511699200106150018"
	chen    = "511602199405200009"
	huang   = "511699199208080019"
	xiaoman = "511602202605210003"
	sun     = "511602199803120004"
	he      = "511699198110010018"
	weixing = "92511602MADEM00045"
)

func member(name, number, relation, born string) map[string]any {
	return map[string]any{"name": name, "number": number, "relation": relation, "birth_date": born}
}

const (
	homeOfHuang = "四川省广安市广安区万盛街道洪州大道12号（演示地址）"
	homeOfZhou  = "四川省广安市广安区北辰街道朝阳巷6号（演示地址）"
	hospital    = "广安市人民医院"
)

func demoRecords() []DemoRecord {
	marriage := func(number, spouse, spouseNumber string) DemoRecord {
		return DemoRecord{Registry: "marriage", Numbers: []string{number}, On: "2021-05-20", Values: map[string]string{
			"status": "married", "certificate": "J511602-2021-000520", "spouse_name": spouse, "spouse_number": spouseNumber, "registered_on": "2021-05-20",
		}}
	}
	single := func(registry, number, on string, values map[string]string) DemoRecord {
		return DemoRecord{Registry: registry, Numbers: []string{number}, On: on, Values: values}
	}
	return []DemoRecord{
		marriage(chen, "黄磊", huang), marriage(huang, "陈静", chen),
		{Registry: "birth", Numbers: []string{chen, huang}, On: "2026-05-21", Values: map[string]string{
			"record": "GARY-20260521-07", "certificate": "W510000001", "child_name": "黄小满", "child_number": xiaoman, "child_birth_date": "2026-05-21",
			"hospital": hospital, "mother_name": "陈静", "father_name": "黄磊",
		}},
		{Registry: "birth", Numbers: []string{sun}, On: "2026-11-12", Values: map[string]string{ // no certificate yet
			"record": "GARY-20261112-03", "child_birth_date": "2026-11-12", "hospital": hospital, "mother_name": "孙悦",
		}},
		{
			Registry: "household", Numbers: []string{huang, chen, xiaoman}, On: "2026-06-02",
			Values: map[string]string{"number": "511602001012", "address": homeOfHuang, "division": "511602005"},
			Rows: map[string][]map[string]any{"members": {
				member("黄磊", huang, "户主", "1992-08-08"), member("陈静", chen, "配偶", "1994-05-20"), member("黄小满", xiaoman, "女", "2026-05-21"),
			}},
		},
		{
			Registry: "household", Numbers: []string{zhou, zhao}, On: "2019-03-11",
			Values: map[string]string{"number": "511602001006", "address": homeOfZhou, "division": "511602002"},
			Rows: map[string][]map[string]any{"members": {
				member("周淑芬", zhou, "户主", "1979-04-12"), member("赵志远", zhao, "子", "2001-06-15"),
			}},
		},
		single("insurance", zhou, "2026-10-31", map[string]string{"status": "insured", "employer": "灵活就业", "months": "186"}),
		single("insurance", zhao, "2026-10-31", map[string]string{"status": "insured", "employer": "广安市广安区顺达物流有限公司（演示）", "months": "14"}),
		single("insurance", chen, "2026-10-31", map[string]string{"status": "insured", "employer": "广安区城北实验学校（演示）", "months": "98"}),
		single("insurance", huang, "2026-10-31", map[string]string{"status": "insured", "employer": "广安绿能科技有限公司（演示）", "months": "121"}),
		single("insurance", sun, "2026-10-31", map[string]string{"status": "insured", "employer": hospital, "months": "16"}),
		single("employment", zhao, "2025-09-01", map[string]string{"employer": "广安市广安区顺达物流有限公司（演示）"}),
		single("employment", chen, "2018-09-01", map[string]string{"employer": "广安区城北实验学校（演示）"}),
		single("employment", huang, "2016-11-01", map[string]string{"employer": "广安绿能科技有限公司（演示）"}),
		single("employment", sun, "2025-07-15", map[string]string{"employer": hospital}),
		single("nurse", sun, "2025-06-20", map[string]string{"qualification": "护士执业资格（2025年考试合格）", "number": "HS2025510000321", "passed_on": "2025-06-20"}),
		single("estate", huang, "2020-10-16", map[string]string{
			"owned": "yes", "address": homeOfHuang, "area": "98.60", "certificate": "川（2020）广安区不动产权第0010016号",
		}),
		single("estate", zhou, "2008-04-02", map[string]string{
			"owned": "yes", "address": homeOfZhou, "area": "46.20", "certificate": "广安区房权证字第0604002号",
		}),
		single("estate", he, "2026-09-10", map[string]string{"owned": "no"}),
		single("project", weixing, "2026-09-28", map[string]string{"code": "2609-511602-04-01-100045"}),
	}
}
