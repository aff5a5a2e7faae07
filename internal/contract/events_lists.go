package contract

import "time"

// CasesSearched is recorded when an official looks for cases: by what, how many
// there were, and which were shown. What was typed is not kept, for it is a name.
type CasesSearched struct {
	By    string    `json:"by"` // number, code, name
	Item  ItemID    `json:"item,omitempty"`
	Found int       `json:"found"`
	Shown []CaseID  `json:"shown"`
	At    time.Time `json:"at"`
}

// EventName is the event's wire name.
func (CasesSearched) EventName() string { return "casework.searched.v1" }

// CasesExported is recorded before a list leaves the platform as a file.
type CasesExported struct {
	List    string    `json:"list"` // tab, "search" or "supervision"
	By      string    `json:"by,omitempty"`
	Item    ItemID    `json:"item,omitempty"`
	Light   string    `json:"light,omitempty"`
	Before  string    `json:"before,omitempty"`
	Queue   string    `json:"queue,omitempty"`
	Rows    int       `json:"rows"`
	Purpose string    `json:"purpose"`
	At      time.Time `json:"at"`
}

// EventName is the event's wire name.
func (CasesExported) EventName() string { return "casework.exported.v1" }
