package contract

// Service is one published, immutable version of a service package: the
// implementation-list entry (实施清单) with its form, materials and procedure.
// A case keeps the version it was filed under.
type Service struct {
	// Format is the version of the package format; see Format below.
	Format  int    `json:"format" yaml:"format"`
	Item    ItemID `json:"item" yaml:"item"`
	Version int    `json:"version" yaml:"-"`
	// Added is set for an item that is not on the county's published list.
	Added     *Added         `json:"added,omitempty" yaml:"added"`
	Name      Text           `json:"name" yaml:"name"`
	Agency    AgencyID       `json:"agency" yaml:"agency"`
	Procedure string         `json:"procedure" yaml:"procedure"` // id of a statute procedure
	Guide     Guide          `json:"guide" yaml:"guide"`
	Limits    Limits         `json:"limits" yaml:"limits"`
	Handling  Handling       `json:"handling" yaml:"handling"`
	Materials []MaterialSpec `json:"materials" yaml:"materials"`
	Rules     Rules          `json:"rules" yaml:"rules"`
	Licence   *LicenceSpec   `json:"licence,omitempty" yaml:"licence"`
	// Signers sign beside the applicant, in any order; the case starts when the
	// last has signed.
	Signers []SignerSpec `json:"signers,omitempty" yaml:"signers"`
	// Commitment is what an applicant may choose instead of proof (告知承诺制).
	Commitment *CommitmentSpec `json:"commitment,omitempty" yaml:"commitment"`
	// Parts make the service a bundle (一件事一次办): one form, one set of
	// materials, one case for each part, worked in parallel.
	Parts []Part `json:"parts,omitempty" yaml:"parts"`
	// Settings are facts that the domain reference could not verify and a place
	// may set otherwise; the guide shows them with their source.
	Settings []Setting `json:"settings,omitempty" yaml:"settings"`
	Form     Form      `json:"form" yaml:"-"` // form.yaml
	// Delivery lists the ways in which the result can come: DeliverElectronic,
	// DeliverPickup, DeliverCourier. Empty is electronic alone: there is no paper.
	Delivery []string `json:"delivery,omitempty" yaml:"delivery"`
}

// Format is the version of the package format that this program reads.
const Format = 1

// Added describes an item that the county's published list does not have. Pages
// mark it as added.
type Added struct {
	Type       string `json:"type" yaml:"type"`             // of GB/T 39046 table A.1, as the source codes it
	Department string `json:"department" yaml:"department"` // id of a department of the catalogue
	Why        Text   `json:"why" yaml:"why"`
}

// Setting is one configurable fact: a limit, an amount, a rule that differs by
// place. Source says where the value comes from.
//
// A setting with an ID and a Number is one that rules and texts read: rules as
// settings.<id>, texts as {settings.<id>}, so that a place changes one line.
type Setting struct {
	ID     string   `json:"id,omitempty" yaml:"id"`
	Number *float64 `json:"number,omitempty" yaml:"number"`
	Name   Text     `json:"name" yaml:"name"`
	Value  Text     `json:"value" yaml:"value"`
	Source Text     `json:"source" yaml:"source"`
}

// SignerSpec is one more person who must sign an application: the other spouse,
// an adult of the household, the employer's representative.
type SignerSpec struct {
	ID   string `json:"id" yaml:"id"`
	Name Text   `json:"name" yaml:"name"`           // "the other parent"
	When string `json:"when,omitempty" yaml:"when"` // CEL; empty is always
	// NameField and NumberField are the fields with the person's name and
	// identity number; in a repeating group, Group is the group and each row a
	// signer of its own.
	Group       string `json:"group,omitempty" yaml:"group"`
	NameField   string `json:"name_field" yaml:"name_field"`
	NumberField string `json:"number_field" yaml:"number_field"`
	Text        Text   `json:"text" yaml:"text"` // what is signed
	// Pages the signer fills in are those of the form with this signer's id in
	// Page.Signer; what the applicant said elsewhere the signer reads.
}

// CommitmentSpec lets an applicant commit instead of proving (domain: 告知承诺制).
// The agency decides on the spot and verifies within VerifyDays.
type CommitmentSpec struct {
	When       string   `json:"when,omitempty" yaml:"when"` // CEL: who may choose it
	Content    []Text   `json:"content" yaml:"content"`     // what is promised
	Liability  []Text   `json:"liability" yaml:"liability"`
	Materials  []string `json:"materials" yaml:"materials"`     // not asked for when committed
	VerifyDays int      `json:"verify_days" yaml:"verify_days"` // working days after the decision
	Basis      LawRef   `json:"basis" yaml:"basis"`
}

// Part is one service of a bundle. The package names ID, Item, When, Required,
// Blocking, After, Answers and From; publishing resolves the rest from the part's
// own package.
type Part struct {
	ID       string   `json:"id" yaml:"id"`
	Item     ItemID   `json:"item" yaml:"item"`
	When     string   `json:"when,omitempty" yaml:"when"` // CEL over the merged form; empty is always
	Required bool     `json:"required" yaml:"required"`   // the bundle cannot be granted without it
	Blocking bool     `json:"blocking" yaml:"blocking"`   // its denial ends the bundle
	After    []string `json:"after,omitempty" yaml:"after"`
	// Answers are answers to the part's own form that the bundle fixes, by field id:
	// the merged form does not ask them.
	Answers map[string]any `json:"answers,omitempty" yaml:"answers"`
	// From says by id which of the part's own materials another part produces:
	// they are not asked for when that part applies.
	From map[string]string `json:"from,omitempty" yaml:"from"`

	Version int      `json:"version" yaml:"-"`
	Name    Text     `json:"name" yaml:"-"`
	Agency  AgencyID `json:"agency" yaml:"-"`
	// Fields and Materials say for each field and material of the part under
	// which id the merged form asks it.
	Fields    map[string]string `json:"fields,omitempty" yaml:"-"`
	Materials map[string]string `json:"materials,omitempty" yaml:"-"`
	// Signers says the same of the part's signers.
	Signers map[string]string `json:"signers,omitempty" yaml:"-"`
	// Commitment is what the applicant may choose instead of the part's proof, in the
	// ids of the merged form. Bundles that were published before have one choice for
	// all their parts, in Service.Commitment.
	Commitment *CommitmentSpec `json:"commitment,omitempty" yaml:"-"`
}

// Guide is what the service guide (办事指南) says beyond the other fields.
type Guide struct {
	Summary    Text       `json:"summary" yaml:"summary"`       // one plain sentence
	Objects    []string   `json:"objects" yaml:"objects"`       // A.4: "1" person, "2" enterprise, ...
	Conditions []Text     `json:"conditions" yaml:"conditions"` // acceptance conditions
	Basis      []LawRef   `json:"basis" yaml:"basis"`
	Fee        Text       `json:"fee" yaml:"fee"`
	Result     Text       `json:"result" yaml:"result"`
	Visits     int        `json:"visits" yaml:"visits"`
	Steps      []Text     `json:"steps" yaml:"steps"`
	Consult    string     `json:"consult" yaml:"consult"`
	Complain   string     `json:"complain" yaml:"complain"`
	FAQ        []Question `json:"faq" yaml:"faq"`
	Keywords   []string   `json:"keywords" yaml:"keywords"` // what people type
}

// Question is one frequently asked question.
type Question struct {
	Q Text `json:"q" yaml:"q"`
	A Text `json:"a" yaml:"a"`
}

// LawRef cites law. Verified says that the wording was checked against the
// published text; otherwise pages say that it must be checked.
type LawRef struct {
	Law      Text   `json:"law" yaml:"law"`
	Article  string `json:"article" yaml:"article"`
	Quote    Text   `json:"quote" yaml:"quote"`
	Verified bool   `json:"verified" yaml:"verified"`
}

// Limits are the statutory and promised periods, in working days unless Unit
// says otherwise.
type Limits struct {
	Accept    int    `json:"accept" yaml:"accept"`       // acceptance decision; 5 by the Licensing Law art. 32(4)
	Statutory int    `json:"statutory" yaml:"statutory"` // decision
	Promised  int    `json:"promised" yaml:"promised"`   // decision; never more than Statutory
	Deliver   int    `json:"deliver" yaml:"deliver"`     // 10 by art. 44
	Unit      string `json:"unit" yaml:"unit"`           // "workday" or "immediate"
}

// Handling says who works the case.
type Handling struct {
	// TwoOfficials is set where the law asks for a substantive check by two or
	// more officials (Licensing Law art. 34(3)).
	TwoOfficials bool `json:"two_officials" yaml:"two_officials"`
	// DeptCode is the four-digit department part of case numbers.
	DeptCode string `json:"dept_code" yaml:"dept_code"`
	// Remedies is quoted in every refusal and denial (art. 38(2)).
	Remedies Text `json:"remedies" yaml:"remedies"`
	// Units are asked for an opinion side by side; the agency of the service leads
	// and decides (procedures joint and payment-benefit).
	Units []Unit `json:"units,omitempty" yaml:"units"`
	// Special lists the special procedures (art. 45) that this service may start.
	Special []SpecialSpec `json:"special,omitempty" yaml:"special"`
	// Visits says what officials look at on the spot.
	Visits *VisitSpec `json:"visits,omitempty" yaml:"visits"`
	// Hearing says that the matter is heard before it is decided.
	Hearing *HearingSpec `json:"hearing,omitempty" yaml:"hearing"`
	// Counter says what the clerk at a window may do with an application taken in
	// there: CounterNone or CounterAccept, which is also to correct on the spot and
	// to issue the notice, in the name of the agency.
	Counter string `json:"counter,omitempty" yaml:"counter"`
	// Stages say more of the stages that the procedure has: how long each may take,
	// who takes it, what officials find and enter in it.
	Stages []StageSpec `json:"stages,omitempty" yaml:"stages"`
	// Regions are the divisions whose halls may take the service in for the agency
	// that handles it (跨域通办), besides those of its own: "any", or codes, each
	// with all divisions within it.
	Regions []string `json:"regions,omitempty" yaml:"regions"`
}

// StageSpec is one stage (环节) of handling.
type StageSpec struct {
	Stage string `json:"stage" yaml:"stage"` // HandlingAccept and so on
	Name  Text   `json:"name" yaml:"name"`
	// Days is the limit of the stage in working days (环节时限); 0 sets none.
	Days int `json:"days,omitempty" yaml:"days"`
	// Roles narrows who takes the step that ends the stage, among those whom the
	// procedure lets take it; empty is all of them.
	Roles []string `json:"roles,omitempty" yaml:"roles"`
	// Fields are what officials find in this stage. Rules of licence faces,
	// documents and units read them as found.<id>.
	Fields []Field `json:"fields,omitempty" yaml:"fields"`
	Help   Text    `json:"help" yaml:"help"`
}

// The stages that a package may say more of.
const (
	HandlingAccept      = "accept"
	HandlingReview      = "review"
	HandlingCountersign = "countersign" // the second official's
	HandlingDecide      = "decide"
)

// Unit is another agency that gives an opinion on a case.
type Unit struct {
	ID       string   `json:"id" yaml:"id"`
	Agency   AgencyID `json:"agency" yaml:"agency"`
	Task     Text     `json:"task" yaml:"task"` // what it is asked
	When     string   `json:"when,omitempty" yaml:"when"`
	Required bool     `json:"required" yaml:"required"` // no decision without its opinion
	Blocking bool     `json:"blocking" yaml:"blocking"` // its objection rules a grant out
	Days     int      `json:"days" yaml:"days"`         // working days for the opinion
	// Fields and Materials are all it sees of the application.
	Fields    []string `json:"fields" yaml:"fields"`
	Materials []string `json:"materials" yaml:"materials"`
}

// Pause is a special procedure that begins: its kind (see SpecialSpec), the working
// days it is expected to take, and why, for the written notice to the applicant.
type Pause struct {
	Special string
	Days    int
	Reason  string
}

// SpecialSpec is one special procedure that pauses the clock while it lasts
// (Licensing Law art. 45).
type SpecialSpec struct {
	// Kind is one of hearing, tender, auction, inspection, testing, quarantine,
	// appraisal, expert_review.
	Kind string `json:"kind" yaml:"kind"`
	Days int    `json:"days" yaml:"days"` // expected working days, told in writing
	Text Text   `json:"text" yaml:"text"` // what happens, for the applicant
}

// MaterialSpec is one material that the guide lists. What is not listed is not asked for.
type MaterialSpec struct {
	ID   string `json:"id" yaml:"id"`
	Name Text   `json:"name" yaml:"name"`
	Note Text   `json:"note" yaml:"note"`
	// Origin is the ordinary way: "government" (held, never asked), "upload",
	// "statement" (a promise in one's own words or the given ones), "form" (made
	// of the answers) or "counter" (the original is shown).
	Origin   string   `json:"origin" yaml:"origin"`
	When     string   `json:"when,omitempty" yaml:"when"` // CEL over answers; empty is always
	Required bool     `json:"required" yaml:"required"`
	Types    []string `json:"types" yaml:"types"` // "pdf", "jpg", "png"
	MaxMB    int      `json:"max_mb" yaml:"max_mb"`
	MaxFiles int      `json:"max_files" yaml:"max_files"`
	Basis    Text     `json:"basis" yaml:"basis"`

	// What may stand for an upload, in this order. Licence: a valid e-licence of
	// one of these type codes that the applicant holds; then the material is not
	// asked for. Held: a key that a registry answers ("marriage.certificate"); then
	// it is not asked for either, and asked for when the registry is silent.
	Licence []string `json:"licence,omitempty" yaml:"licence"`
	Held    string   `json:"held,omitempty" yaml:"held"`
	// ReuseDays lets a copy of level A or B from an earlier case be used, if it is
	// not older; 0 does not.
	ReuseDays int `json:"reuse_days,omitempty" yaml:"reuse_days"`
	// Statement may be made instead (level D); what it says.
	Statement Text `json:"statement" yaml:"statement"`
	// CounterToo lets the applicant bring the original to the counter instead.
	CounterToo bool `json:"counter_too,omitempty" yaml:"counter_too"`
	// OwedDays lets it come later (容缺受理): working days after the submission;
	// when they pass, the case counts as withdrawn. 0 does not.
	OwedDays int `json:"owed_days,omitempty" yaml:"owed_days"`
	// Element names the material across services, so that a bundle asks it once.
	Element string `json:"element,omitempty" yaml:"element"`
	// Photo opens the camera on a phone.
	Photo bool `json:"photo,omitempty" yaml:"photo"`
	// Signer is who hands it in, "" the applicant.
	Signer string `json:"signer,omitempty" yaml:"signer"`
}

// Rules are CEL expressions over the form's answers, the applicant and today.
type Rules struct {
	Eligible []Check `json:"eligible" yaml:"eligible"`         // all must hold to submit
	Instant  string  `json:"instant,omitempty" yaml:"instant"` // true: may be granted at once. Never denies.
}

// Check is one rule with what to tell the person when it does not hold.
type Check struct {
	Rule    string `json:"rule" yaml:"rule"`
	Message Text   `json:"message" yaml:"message"`
}

// LicenceSpec says what a grant issues.
type LicenceSpec struct {
	TypeCode string        `json:"type_code" yaml:"type_code"` // 21 characters
	Name     Text          `json:"name" yaml:"name"`
	Prefix   string        `json:"prefix" yaml:"prefix"` // of the printed number
	Years    int           `json:"years" yaml:"years"`   // of validity; 0 is long-term (长期)
	Face     []LicenceLine `json:"face" yaml:"face"`
	// Effect is what the grant does: LicenceIssue (also ""), LicenceChange,
	// LicenceRenew or LicenceCancel. All but the first act on the licence that the
	// applicant chose in the field Prior, of kind licence.
	Effect string `json:"effect,omitempty" yaml:"effect"`
	Prior  string `json:"prior,omitempty" yaml:"prior"`
}

// What a grant does to a licence.
const (
	LicenceIssue  = "issue"  // a new one
	LicenceChange = "change" // a new version with the same number and last day (变更)
	LicenceRenew  = "renew"  // a new version that lasts Years from the old last day (延续)
	LicenceCancel = "cancel" // the old one ends (注销), Licensing Law art. 70
)

// LicenceLine is one line on the face of a licence; Value is CEL over answers.
type LicenceLine struct {
	// ID names the line for later services: held "licence.<id>".
	ID    string `json:"id,omitempty" yaml:"id"`
	Label Text   `json:"label" yaml:"label"`
	Value string `json:"value" yaml:"value"`
	// Public lines are shown by the public verification page.
	Public bool `json:"public" yaml:"public"`
}

// Form is what an applicant fills in, one thing per page.
type Form struct {
	Sections []Section `json:"sections,omitempty" yaml:"sections"`
	Pages    []Page    `json:"pages" yaml:"pages"`
}

// Section is a heading of the task list over several pages.
type Section struct {
	ID    string `json:"id" yaml:"id"`
	Title Text   `json:"title" yaml:"title"`
}

// Page is one question page.
type Page struct {
	ID      string  `json:"id" yaml:"id"`
	Section string  `json:"section,omitempty" yaml:"section"` // id of a section; "" stands before all
	Title   Text    `json:"title" yaml:"title"`               // asked as a question
	Hint    Text    `json:"hint" yaml:"hint"`
	When    string  `json:"when,omitempty" yaml:"when"`     // CEL; empty is always
	Signer  string  `json:"signer,omitempty" yaml:"signer"` // who fills it in; "" the applicant
	Fields  []Field `json:"fields" yaml:"fields"`
}

// Field is one field. An answer is stored by kind as:
//
//	text longtext phone email resident_id credit_code address  string
//	choice                   string, id of the option
//	choices                  []string, ids in the order of the options
//	yesno declaration        bool
//	integer                  int64
//	decimal                  float64
//	money                    int64, in fen
//	date                     "2006-01-02"
//	period                   "2006-01-02/2006-01-02" (ISO 8601)
//	division                 string, code of 2 to 12 digits; Limit.Min is the least level
//	map_point                "30.456000,106.633000", WGS 84
//	licence                  string, id of a licence of the applicant; LicenceTypes
//	computed                 what Value gives; never asked, shown
//	signature                string: "keyed:<name>" or "drawn:<SVG path>"
//	group table              []any of map[string]any; Fields are the columns
//	file photo               none: shows the material Material on this page
type Field struct {
	ID       string   `json:"id" yaml:"id"`
	Kind     string   `json:"kind" yaml:"kind"`
	Label    Text     `json:"label" yaml:"label"`
	Hint     Text     `json:"hint" yaml:"hint"`
	Required bool     `json:"required" yaml:"required"`
	When     string   `json:"when,omitempty" yaml:"when"`
	Unit     Text     `json:"unit" yaml:"unit"`
	Options  []Option `json:"options,omitempty" yaml:"options"`
	Limit    Limit    `json:"limit" yaml:"limit"`
	Checks   []Check  `json:"checks,omitempty" yaml:"checks"`
	// Held says where the government already has the answer ("company.name",
	// "person.phone", "marriage.spouse_name", "licence.address"): shown with its
	// source instead of asked.
	Held string `json:"held,omitempty" yaml:"held"`
	// Personal fields are encrypted at rest and masked for those who need not see them.
	Personal bool `json:"personal,omitempty" yaml:"personal"`
	// Element names the datum across services (数据元), so that a bundle asks it once.
	Element string `json:"element,omitempty" yaml:"element"`
	// Fields are those of one row of a group or table. Their rules see the row as
	// row.<id>. Limit.MinLen and MaxLen bound the number of rows.
	Fields []Field `json:"fields,omitempty" yaml:"fields"`
	// Row names one row of a group: "family member".
	Row Text `json:"row" yaml:"row"`
	// Value computes a computed field: CEL over what was answered before.
	Value string `json:"value,omitempty" yaml:"value"`
	// Material is the material that a file or photo field asks for.
	Material string `json:"material,omitempty" yaml:"material"`
	// LicenceTypes are the type codes that a licence field offers.
	LicenceTypes []string `json:"licence_types,omitempty" yaml:"licence_types"`
	// Public and Papers are of fields that officials fill in: shown to the
	// applicant too; printed on these kinds of the procedure's documents.
	Public bool     `json:"public,omitempty" yaml:"public"`
	Papers []string `json:"papers,omitempty" yaml:"papers"`
}

// Limit bounds a field: characters of texts, rows of groups, value of numbers
// (money in yuan).
type Limit struct {
	MinLen int      `json:"min_len,omitempty" yaml:"min_len"`
	MaxLen int      `json:"max_len,omitempty" yaml:"max_len"`
	Min    *float64 `json:"min,omitempty" yaml:"min"`
	Max    *float64 `json:"max,omitempty" yaml:"max"`
}

// Option is one choice.
type Option struct {
	ID    string `json:"id" yaml:"id"`
	Label Text   `json:"label" yaml:"label"`
	Hint  Text   `json:"hint" yaml:"hint"`
}

// Agency is an agency as pages and documents name it.
type Agency struct {
	ID       AgencyID `json:"id"`
	Name     Text     `json:"name"`
	Division string   `json:"division"`
	Code     string   `json:"code"` // unified social credit code, "" where the source has none
	Phone    string   `json:"phone,omitempty"`
}
