package document

import (
	"fmt"
	"strings"

	"github.com/tongban/tongban/internal/kit/day"
)

// Mark is what a copy that leaves the system says of itself.
type Mark struct {
	Level   string // trust level A to D
	Agency  string // who made it (level A) or verified it; may be empty
	Who     string // for whom, or who took it
	Purpose string
	Case    string // number
	On      day.Date
	Until   day.Date // zero is open
}

// Lines are the words written over a copy, as the rules for stored
// certificates have them (G108: levels A and B).
func Lines(m Mark) []string {
	first := "此件由办件当事人提供，仅供办理政务服务事项时使用"
	switch m.Level {
	case "A":
		agency := m.Agency
		if agency == "" {
			agency = "发证"
		}
		first = "此件由" + agency + "机构提供，仅供办理政务服务事项时使用"
	case "B":
		first = "此件经与原件核对无误，仅供办理政务服务事项时使用"
	}
	if !m.Until.IsZero() {
		y, month, d := m.Until.Date()
		first += fmt.Sprintf("，有效期至 %d 年 %d 月 %d 日", y, int(month), d)
	}
	second := make([]string, 0, 4)
	for _, x := range []string{m.Who, m.Purpose, m.Case, m.On.String()} {
		if x != "" {
			second = append(second, x)
		}
	}
	return []string{first, strings.Join(second, " · ")}
}
