package licence

import "github.com/tongban/tongban/internal/kit/day"

// CopyNote says what an annotated copy (加注件) is for, to those who verify it.
type CopyNote struct {
	Purpose, Recipient string
	To day.Date
	Good bool // neither ended nor taken back
}
