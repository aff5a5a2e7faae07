package contract

// Service is one published, immutable version of a service package: the
// implementation-list entry (实施清单) with its form, materials and procedure.
// A case keeps the version it was filed under.
type Service struct {
	Item      ItemID         `json:"item" yaml:"item"`
	Version   int            `json:"version" yaml:"-"`
	Name      Text           `json:"name" yaml:"name"`
	Agency    AgencyID       `json:"agency" yaml:"agency"`
	Procedure string         `json:"procedure" yaml:"procedure"` // id of a statute procedure
	Guide     Guide          `json:"guide" yaml:"guide"`
	Limits    Limits         `json:"limits" yaml:"limits"`
	Handling  Handling       `json:"handling" yaml:"handling"`
	Materials []MaterialSpec `json:"materials" yaml:"materials"`
	Rules     Rules          `json:"rules" yaml:"rules"`
	Licence   *LicenceSpec   `json:"licence,omitempty" yaml:"licence"`
	Form      Form           `json:"form" yaml:"-"` // form.yaml
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
}

// MaterialSpec is one material that the guide lists. What is not listed is not asked for.
type MaterialSpec struct {
	ID       string   `json:"id" yaml:"id"`
	Name     Text     `json:"name" yaml:"name"`
	Note     Text     `json:"note" yaml:"note"`
	Origin   string   `json:"origin" yaml:"origin"`       // "government", "upload", "form" (made by the form itself), "counter"
	When     string   `json:"when,omitempty" yaml:"when"` // CEL over answers; empty is always
	Required bool     `json:"required" yaml:"required"`
	Types    []string `json:"types" yaml:"types"` // "pdf", "jpg", "png"
	MaxMB    int      `json:"max_mb" yaml:"max_mb"`
	MaxFiles int      `json:"max_files" yaml:"max_files"`
	Basis    Text     `json:"basis" yaml:"basis"`
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
}

// LicenceLine is one line on the face of a licence; Value is CEL over answers.
type LicenceLine struct {
	Label Text   `json:"label" yaml:"label"`
	Value string `json:"value" yaml:"value"`
	// Public lines are shown by the public verification page.
	Public bool `json:"public" yaml:"public"`
}

// Form is what an applicant fills in, one thing per page.
type Form struct {
	Pages []Page `json:"pages" yaml:"pages"`
}

// Page is one question page.
type Page struct {
	ID     string  `json:"id" yaml:"id"`
	Title  Text    `json:"title" yaml:"title"` // asked as a question
	Hint   Text    `json:"hint" yaml:"hint"`
	When   string  `json:"when,omitempty" yaml:"when"` // CEL; empty is always
	Fields []Field `json:"fields" yaml:"fields"`
}

// Field is one field. Kinds: text, longtext, integer, decimal, date, choice,
// choices, yesno, phone, email, resident_id, credit_code, address, declaration.
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
	// "person.phone"): shown with its source instead of asked.
	Held string `json:"held,omitempty" yaml:"held"`
	// Personal fields are encrypted at rest and masked for those who need not see them.
	Personal bool `json:"personal,omitempty" yaml:"personal"`
}

// Limit bounds a field: characters of texts, value of numbers.
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
