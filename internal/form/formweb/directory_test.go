package formweb_test

import (
	"context"
	"strings"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/form/formweb"
)

// directory is a country of one province.
type directory struct{}

var country = []formweb.Place{
	{Code: "51", Name: "四川省", Level: 1},
	{Code: "5116", Name: "广安市", Level: 2},
	{Code: "5101", Name: "成都市", Level: 2},
	{Code: "511602", Name: "广安区", Level: 3},
	{Code: "511603", Name: "前锋区", Level: 3},
	{Code: "511602001", Name: "浓洄街道", Level: 4},
	{Code: "511602002", Name: "北辰街道", Level: 4},
}

func (directory) Children(_ context.Context, code string) ([]formweb.Place, error) {
	var list []formweb.Place
	for _, p := range country {
		if strings.HasPrefix(p.Code, code) && p.Level == levelOf(code)+1 {
			list = append(list, p)
		}
	}
	return list, nil
}

func levelOf(code string) int {
	for _, p := range country {
		if p.Code == code {
			return p.Level
		}
	}
	return 0
}

func (directory) Path(_ context.Context, code string) ([]formweb.Place, error) {
	if levelOf(code) == 0 {
		return nil, nil
	}
	var list []formweb.Place
	for _, p := range country {
		if strings.HasPrefix(code, p.Code) {
			list = append(list, p)
		}
	}
	return list, nil
}

func (directory) Search(_ context.Context, q string) ([]formweb.Place, error) {
	var list []formweb.Place
	for _, p := range country {
		if q != "" && strings.Contains(p.Name, q) {
			list = append(list, p)
		}
	}
	return list, nil
}

func (directory) Local() string { return "511602" }

func (directory) Agency(_ context.Context, id contract.AgencyID) (contract.Agency, error) {
	return contract.Agency{ID: id, Name: contract.Text{ZH: "区行政审批局", EN: "Approval Bureau"}}, nil
}
