package contract

import "time"

// PaperMoved is recorded when a paper that an applicant handed in changes hands.
type PaperMoved struct {
	Case   CaseID    `json:"case"`
	Paper  PaperID   `json:"paper"`
	From   string    `json:"from,omitempty"` // state before; "" where it was taken in
	To     string    `json:"to"`
	Agency AgencyID  `json:"agency,omitempty"` // that answers for it now
	Ref    string    `json:"ref,omitempty"`
	Notify AccountID `json:"notify,omitempty"` // set where the applicant must know: lost, returned
	At     time.Time `json:"at"`
}

// EventName is the event's wire name.
func (PaperMoved) EventName() string { return "casework.paper.v1" }

// TransitMoved is recorded when the parcel of a case that goes from the place
// which took it in to the place which handles it sets out, arrives, is lost or
// comes back.
type TransitMoved struct {
	Case   CaseID    `json:"case"`
	Number string    `json:"number"`
	Leg    string    `json:"leg"`
	Change string    `json:"change"` // "sent", "moving", "delivered", "lost", "returned", "incomplete", "turned_back"
	From   AgencyID  `json:"from"`
	To     AgencyID  `json:"to"`
	Notify AccountID `json:"notify,omitempty"`
	At     time.Time `json:"at"`
}

// EventName is the event's wire name.
func (TransitMoved) EventName() string { return "casework.transit.v1" }

// DeliveryChosen is recorded when an applicant says how the result shall come.
type DeliveryChosen struct {
	Case CaseID    `json:"case"`
	Way  string    `json:"way"`
	At   time.Time `json:"at"`
}

// EventName is the event's wire name.
func (DeliveryChosen) EventName() string { return "casework.delivery.v1" }

// HandoverChanged is recorded when papers go from a hall to a department by a
// list, and when the department confirms it item by item.
type HandoverChanged struct {
	Handover string    `json:"handover"`
	Number   string    `json:"number"`
	From     AgencyID  `json:"from"`
	To       AgencyID  `json:"to"`
	Change   string    `json:"change"` // "made", "confirmed"
	Items    int       `json:"items"`
	Missing  int       `json:"missing"`
	Extra    int       `json:"extra"`
	At       time.Time `json:"at"`
}

// EventName is the event's wire name.
func (HandoverChanged) EventName() string { return "counter.handover.v1" }

// ShelfChanged is recorded for each thing that befalls a result on the issue
// shelf. It never carries the pick-up code.
type ShelfChanged struct {
	Parcel string    `json:"parcel"`
	Case   CaseID    `json:"case"`
	Number string    `json:"number"` // of the case
	Hall   AgencyID  `json:"hall"`
	Change string    `json:"change"` // "shelved", "recoded", "reminded", "issued", "sent", "delivered", "failed", "returned", "moved"
	Until  string    `json:"until,omitempty"`
	Notify AccountID `json:"notify,omitempty"`
	At     time.Time `json:"at"`
}

// EventName is the event's wire name.
func (ShelfChanged) EventName() string { return "counter.shelf.v1" }

// StuckChanged is recorded when somebody reports that they could not get
// something done (办不成事), and for what becomes of it.
type StuckChanged struct {
	Report string    `json:"report"`
	Number string    `json:"number"`
	Change string    `json:"change"` // "reported", "assigned", "answered", "confirmed", "reopened", "overdue"
	Agency AgencyID  `json:"agency,omitempty"`
	Due    string    `json:"due,omitempty"`
	Notify AccountID `json:"notify,omitempty"`
	At     time.Time `json:"at"`
}

// EventName is the event's wire name.
func (StuckChanged) EventName() string { return "counter.stuck.v1" }
