package contract

import "time"

// PaperID names one sheet of paper, or a set of them, that somebody handed in.
type PaperID string

// Where a paper is. Each word says also who answers for it.
const (
	PaperAtHall    = "hall"     // with the window that took it in
	PaperListed    = "listed"   // on a hand-over list, on its way to the department
	PaperSent      = "sent"     // with a carrier or a messenger, to the place that handles the case
	PaperAtAgency  = "agency"   // with the agency that handles the case
	PaperMissing   = "missing"  // should have come with a list or a parcel, and did not
	PaperLost      = "lost"     // gone
	PaperReturning = "back"     // on its way back to the hall
	PaperGivenBack = "returned" // with the applicant again
)

// Paper is one material on paper in the hands of government, from the moment it is
// taken in until the applicant has it again.
type Paper struct {
	ID       PaperID `json:"id"`
	Case     CaseID  `json:"case"`
	Number   string  `json:"number"` // of the case
	Item     Text    `json:"item"`
	Material string  `json:"material,omitempty"` // id in the service; "" is one that no guide lists
	Name     Text    `json:"name"`
	Original bool    `json:"original"` // else a copy
	Sheets   int     `json:"sheets"`
	State    string  `json:"state"`
	// Keeper answers for the paper; with the applicant it is empty.
	Keeper     AgencyID  `json:"keeper,omitempty"`
	KeeperName Text      `json:"keeper_name"`
	For        AgencyID  `json:"for"` // agency that handles the case
	ForName    Text      `json:"for_name"`
	Hall       AgencyID  `json:"hall"` // that took it in
	HallName   Text      `json:"hall_name"`
	Ref        string    `json:"ref,omitempty"` // list or leg that it is on
	Since      time.Time `json:"since"`
}

// PaperMove says what happened to papers.
type PaperMove struct {
	Papers []PaperID
	From   []string // states in which they must be, one of
	To     string   // state in which they then are
	Ref    string   // list or leg that it is about
	Note   string   // why, where something is wrong
	// Claim asks for the papers with this reference alone, "" for any.
	Claim string
}

// Ways in which a result reaches an applicant.
const (
	DeliverElectronic = "electronic"
	DeliverPickup     = "pickup"  // from the issue shelf of a hall
	DeliverCourier    = "courier" // to an address
)

// Delivery is the proof that a result reached the applicant (送达): how, into whose
// hands, by whom and when.
type Delivery struct {
	Way     string    // DeliverPickup, DeliverCourier
	Hall    AgencyID  // that runs the shelf it lay on
	Place   Text      // the hall
	To      string    // who received it
	Agent   bool      // for the applicant, with a mandate
	Mandate string    // right of the agent, as recorded at the window
	By      string    // who handed it over: post, or carrier with waybill
	Proof   string    // "signature", "carrier"
	At      time.Time // when; zero is now
}

// DeliveryChoice is how an applicant wants the result. Phone and Address are
// personal: only who sends it reads them.
type DeliveryChoice struct {
	Case    CaseID
	Way     string
	Ways    []string // that the service has
	Name    string   // who receives it
	Phone   string
	Address string
	At      time.Time
}

// CarrierEvent is what a carrier, or staff in its place, tells of a parcel.
type CarrierEvent struct {
	ID      string // of the event at the carrier: the same event counts once
	Carrier string
	Waybill string
	Status  string // CarrierTaken and so on
	Note    string
	Signer  string // who took the parcel
	At      time.Time
}

// What becomes of a parcel.
const (
	CarrierTaken     = "taken"
	CarrierMoving    = "moving"
	CarrierDelivered = "delivered"
	CarrierFailed    = "failed" // nobody took it; it comes back
	CarrierReturned  = "returned"
	CarrierLost      = "lost"
)
