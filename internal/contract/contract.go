// Package contract has the words that areas share: identifiers, read models and
// events. It imports the standard library alone and holds no rules.
//
// Dates are ISO text ("2026-11-21", China Standard Time), instants are UTC.
package contract

import "time"

// Identifiers. Each is a type, so that a licence id cannot stand for a case id.
type (
	// ItemID names a service item: its implementation code as the source has it.
	ItemID string
	// CaseID names a case.
	CaseID string
	// DraftID names an application that is being written.
	DraftID string
	// LicenceID names an issued e-licence.
	LicenceID string
	// AgencyID names an agency: its credit code, or the source's code where it has none.
	AgencyID string
	// AccountID names an account of a person, whoever they act for.
	AccountID string
	// BlobID names stored bytes: the hex SHA-256 of them.
	BlobID string
)

// Text is one text in both languages.
type Text struct {
	ZH string `json:"zh" yaml:"zh"`
	EN string `json:"en" yaml:"en"`
}

// Party is the person or body a case is for (行政相对人).
type Party struct {
	Kind string `json:"kind"` // "person" or "company"
	ID   string `json:"id"`   // account id of the person, or company id
	Name string `json:"name"`
	// Code is the credit code of a company, which is public. A person's id
	// number never travels here.
	Code string `json:"code,omitempty"`
}

// Agent is who acts for the applicant and by what right, as every line of a
// case's record shows it.
type Agent struct {
	Account AccountID `json:"account"`
	Kind    string    `json:"kind"`    // "company", "person" or "ward" as auth.Acting; "" is oneself
	Mandate string    `json:"mandate"` // id of the right it rests on
	Name    string    `json:"name"`
}

// Counter says at which window an application was taken in for somebody who came
// (综合窗口), and by whom. The zero Counter is online.
type Counter struct {
	Session    string    `json:"session"` // id of the session at the window
	Hall       Text      `json:"hall"`
	HallID     string    `json:"hall_id,omitempty"`
	Window     string    `json:"window"` // number on the sign
	Clerk      AccountID `json:"clerk"`
	ClerkName  string    `json:"clerk_name"`
	Agency     AgencyID  `json:"agency"` // that runs the hall
	AgencyName Text      `json:"agency_name"`
	Division   string    `json:"division"` // of the hall: where it was received
	// Paper says that originals on paper go on to who handles the case.
	Paper bool `json:"paper,omitempty"`
}

// Visitor is a person who stands at a window and was identified there.
type Visitor struct {
	Account AccountID `json:"account"`
	Name    string    `json:"name"`
	Number  string    `json:"number"` // identity number, masked
	Level   int       `json:"level"`  // real-name level
	// Parties are those the person may apply for: the person first.
	Parties []Party `json:"parties"`
	// New says that the person had no account: it was made without sign-in.
	New bool `json:"new,omitempty"`
}

// Actor is who did something, as an event records it.
type Actor struct {
	Kind string `json:"kind"` // resident, staff, machine, system
	ID   string `json:"id"`
	Name string `json:"name,omitempty"` // staff post or system job; never a resident's name
}

// Material is one file handed in for a case.
type Material struct {
	ID    string    `json:"id"` // id of the material in the service package
	File  string    `json:"file"`
	Name  string    `json:"name"` // file name as the applicant had it
	Type  string    `json:"type"` // media type by content
	Size  int64     `json:"size"` // bytes
	Blob  BlobID    `json:"blob"`
	At    time.Time `json:"at"`
	Level string    `json:"level"` // trust level A..D of G108
	// Origin is how it came: MaterialUpload and so on. Only uploads and copies
	// have a Blob.
	Origin string `json:"origin"`
	Pages  int    `json:"pages,omitempty"`
	Turn   int    `json:"turn,omitempty"`   // degrees clockwise to show it upright: 0, 90, 180, 270
	Source string `json:"source,omitempty"` // number of the licence or of the earlier case, or id of the registry
	Text   string `json:"text,omitempty"`   // of a statement
	Due    string `json:"due,omitempty"`    // day by which an owed material must come
	Signer string `json:"signer,omitempty"` // who handed it in; "" the applicant
	// Seen is set where a clerk compared it with its original before it was handed in.
	Seen *Seen `json:"seen,omitempty"`
	// Paper says what became of the original at a counter: PaperKept or PaperReturned.
	Paper string `json:"paper,omitempty"`
}

// Ways in which a material comes.
const (
	MaterialUpload    = "upload"
	MaterialCopy      = "copy"      // a verified copy of an earlier case
	MaterialLicence   = "licence"   // an e-licence stands for it
	MaterialHeld      = "held"      // a registry holds it
	MaterialStatement = "statement" // stated instead
	MaterialCounter   = "counter"   // the original is brought to the counter
	MaterialOwed      = "owed"      // comes later, by Due
	MaterialCommitted = "committed" // not asked for: the applicant committed
	MaterialPart      = "part"      // another part of the bundle produces it; Source is its id
)

// Ways in which a person is identified at a window.
const (
	ProofCard = "card" // a reader read the identity card, and the clerk compared the person
	ProofSeen = "seen" // the clerk typed the number from the card shown, and compared the person
	ProofCode = "code" // the person showed a code of the own account
)

// Proof says how a person was identified at a window.
type Proof struct {
	Kind   string    `json:"kind"`
	Device string    `json:"device,omitempty"` // of a card
	At     time.Time `json:"at"`
}
