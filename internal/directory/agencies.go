package directory

import (
	"bytes"
	_ "embed"
	"encoding/csv"
	"strings"

	"github.com/tongban/tongban/internal/contract"
)

// agencyCSV has the 34 departments of Guang'an District: what the service list
// calls them with the district before it, our English, and the credit code that
// most of their item codes carry, if its check digit is right.
//
//go:embed data/agencies.csv
var agencyCSV []byte

// agencyRow is an agency with the codes sources use for it.
type agencyRow struct {
	contract.Agency
	codes []string
}

func countyAgencies() ([]agencyRow, error) {
	rows, err := csv.NewReader(bytes.NewReader(agencyCSV)).ReadAll()
	if err != nil {
		return nil, err
	}
	list := make([]agencyRow, 0, len(rows))
	for _, r := range rows[1:] {
		list = append(list, agencyRow{
			Agency: contract.Agency{
				ID: contract.AgencyID(r[0]), Division: r[1], Code: r[2],
				Name: contract.Text{ZH: r[3], EN: r[4]},
			},
			codes: strings.Fields(r[5]),
		})
	}
	return list, nil
}
