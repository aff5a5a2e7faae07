package counter

import (
	"context"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/db"
)

// The halls of the demonstration. Addresses, hours and telephones are invented.
const (
	DemoHall      = "guangan"  // of 广安区行政审批局
	DemoNeighbour = "qianfeng" // of the next district, which takes in for this one
)

// SeedDemo makes the halls of the demonstration with their windows. What is there
// already stays as it is, so it can run at each start.
func (s *Service) SeedDemo(ctx context.Context) error {
	if !s.c.Demo {
		return nil
	}
	return s.c.DB.InTx(ctx, func(ctx context.Context, tx db.Tx) error {
		for _, h := range demoHalls() {
			h.Demo, h.Open, h.Edition, h.Changed = true, true, 1, s.now()
			if err := putHall(ctx, tx, h); err != nil {
				return err
			}
			for _, w := range demoWindows(h.ID) {
				if err := seedWindow(ctx, tx, w); err != nil {
					return err
				}
			}
		}
		return nil
	})
}

func text(zh, en string) contract.Text { return contract.Text{ZH: zh, EN: en} }

func demoKinds() []Kind {
	return []Kind{
		{"A", text("个人办事", "Personal matters")},
		{"B", text("企业办事", "Business matters")},
		{"C", text("领取结果", "Collect a result")},
		{"D", text("办不成事反映", "Could not get it done")},
	}
}

func demoHalls() []Hall {
	hours := text("周一至周五 9:00—12:00，13:30—17:00（法定节假日除外）", "Monday to Friday 9:00–12:00 and 13:30–17:00, except on public holidays")
	return []Hall{
		{
			ID: DemoHall, Agency: "115113016823646795", Division: "511602",
			Name:    text("广安区政务服务中心", "Guang'an District Government Service Centre"),
			Address: text("四川省广安市广安区滨江东路 1 号（演示地址）", "1 Binjiang East Road, Guang'an District (demo address)"),
			Hours:   hours, Kinds: demoKinds(), Priorities: Priorities(),
		},
		{
			ID: DemoNeighbour, Agency: "demo-511603-approval", Division: "511603",
			Name:    text("前锋区政务服务中心（演示）", "Qianfeng District Government Service Centre (demo)"),
			Address: text("四川省广安市前锋区永前大道 8 号（演示地址）", "8 Yongqian Avenue, Qianfeng District (demo address)"),
			Hours:   hours, Kinds: demoKinds(), Priorities: Priorities(),
		},
	}
}

func demoWindows(hall string) []Window {
	window := func(number string, name contract.Text, purpose string, kinds ...string) Window {
		return Window{
			ID: hall + "-" + number, Hall: hall, Number: number, Name: name, Purpose: purpose, Kinds: kinds, Open: true, Edition: 1,
		}
	}
	list := []Window{
		window("1", text("综合窗口", "Integrated window"), PurposeGeneral, "A", "B"),
		window("2", text("综合窗口", "Integrated window"), PurposeGeneral, "A", "B"),
	}
	if hall == DemoHall {
		list = append(list, window("3", text("综合窗口", "Integrated window"), PurposeGeneral, "A", "B"))
	}
	return append(list,
		window("8", text("出件窗口", "Issue window"), PurposeIssue, "C"),
		window("9", text("办不成事反映窗口", "Could-not-get-it-done window"), PurposeStuck, "D"),
	)
}
