package casework

import (
	"bytes"
	"context"
	_ "embed" // papers.yaml
	"fmt"
	"slices"
	"strconv"
	"strings"
	"text/template"
	"time"

	"github.com/goccy/go-yaml"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/auth"
	"github.com/tongban/tongban/internal/kit/day"
	"github.com/tongban/tongban/internal/kit/db"
	"github.com/tongban/tongban/internal/kit/idcode"
	"github.com/tongban/tongban/internal/kit/job"
	"github.com/tongban/tongban/internal/statute"
)

//go:embed papers.yaml
var wording []byte

// paperForm is the wording of one kind of document.
type paperForm struct {
	Mark    string   `yaml:"mark"` // stands in the document's number
	Seal    string   `yaml:"seal"`
	Body    []string `yaml:"body"`
	List    string   `yaml:"list"` // "", "reasons", "marks" or "materials"
	After   []string `yaml:"after"`
	Summary []string `yaml:"summary"`
}

// readForms reads the wording of all documents.
func readForms(text []byte) (map[string]paperForm, error) {
	forms := map[string]paperForm{}
	if err := yaml.UnmarshalWithOptions(text, &forms, yaml.Strict()); err != nil {
		return nil, fmt.Errorf("read papers.yaml: %w", err)
	}
	return forms, nil
}

// paperData is what the wording can use. Dates are words of the language.
type paperData struct {
	Applicant, Item, ItemEN     string
	Number, Code                string
	Filed, Received, ReceivedEN string
	Accepted, AcceptedEN        string
	Decided, DecidedEN          string
	Stepped, SteppedEN          string
	AcceptBy, AcceptByEN        string
	Asked, CorrectBy            string
	CorrectByEN                 string
	DecideBy, DecideByEN        string
	DecideByLaw, DecideByLawEN  string
	PromisedDays, LegalDays     int
	Provisional                 bool // the days of the decision rest on holidays that are not published yet
	Organ, Opinion              string
	Remedies, RemediesEN        string
	Deemed, Instant, Electronic bool
	// Licensing says that the procedure is that of the Licensing Law, so that a
	// filing does not cite it.
	Licensing, HasLicence bool
	// Decision is what the procedure calls a decision that is not a licence.
	Decision, StepName             string
	ExtensionDays, ExtensionDaysEN string
	ExtensionBy, ExtensionByEN     string
	Special, SpecialEN             string
	SpecialText                    string
	SpecialDays                    int
	SpecialUntil, SpecialUntilEN   string
	VerifyBy, VerifyByEN           string
	RectifyBy, RectifyByEN         string
	OnCommitment, Rectified        bool
	Bundle                         bool
	// Of a case that another place took in.
	TakenIn, TakenInEN     string // who took it in
	HandledBy, HandledByEN string
	ForwardBy, ForwardByEN string
}

// defaultRemedies are the ways to contest a decision that every addressee has
// (art. 38(2); Administrative Reconsideration Law arts. 20 and 24, Administrative
// Litigation Law art. 46), for services that do not name their own: where, and until
// when.
var defaultRemedies = contract.Text{
	ZH: "如不服本决定，可以自知道本决定之日起六十日内向作出决定机关的本级人民政府申请行政复议，也可以自知道或者应当知道本决定之日起六个月内向有管辖权的人民法院提起行政诉讼。",
	EN: "You may apply for administrative reconsideration to the people's government of the same level as the agency within sixty days of learning of this decision, or bring an action before the competent people's court within six months.",
}

// Remedies are the ways to contest a decision on a case of svc.
func Remedies(svc contract.Service) contract.Text {
	if svc.Handling.Remedies.ZH == "" || svc.Handling.Remedies.EN == "" {
		return defaultRemedies
	}
	return svc.Handling.Remedies
}

// rendered is a document that is kept and waits to be entered.
type rendered struct {
	doc Document
}

// render makes one document outside any transaction. It may run twice: the same
// content is the same bytes under the same name.
func (s *Service) render(ctx context.Context, j paperJob) (rendered, error) {
	p, at, err := s.paper(ctx, j)
	if err != nil {
		return rendered{}, err
	}
	file, err := s.c.Papers.Render(ctx, p)
	if err != nil {
		return rendered{}, fmt.Errorf("render %s: %w", j.Paper, err)
	}
	id, size, err := s.c.Blobs.Put(ctx, bytes.NewReader(file), int64(len(file)))
	if err != nil {
		return rendered{}, fmt.Errorf("keep %s: %w", j.Paper, err)
	}
	return rendered{Document{
		ID: s.c.NewID(), Case: j.Case, Kind: j.Paper, Title: p.Title, Number: p.Number, Step: j.Step, At: at,
		Blob: contract.BlobID(id), Size: size,
	}}, nil
}

func (s *Service) keepPaper(ctx context.Context, tx db.Tx, _ paperJob, r rendered) error {
	return insertDocument(ctx, tx, r.doc)
}

// paper is the content of a document as the case stood at the step.
func (s *Service) paper(ctx context.Context, j paperJob) (Paper, time.Time, error) {
	var none time.Time
	c, err := caseByID(ctx, s.c.DB, j.Case)
	if err != nil {
		return Paper{}, none, err
	}
	svc, r, err := s.lawOf(ctx, c)
	if err != nil {
		return Paper{}, none, err
	}
	steps, err := stepsOf(ctx, s.c.DB, c.ID)
	if err != nil {
		return Paper{}, none, err
	}
	i := slices.IndexFunc(steps, func(x Step) bool { return x.No == j.Step })
	form, ok := s.forms[j.Paper]
	title, known := r.proc.Document(j.Paper)
	if i < 0 || !ok || !known {
		return Paper{}, none, job.Dead(fmt.Errorf("no wording or step for document %s of case %s", j.Paper, c.ID))
	}
	issuer := c.Agency
	if j.Paper == paperTransitReceipt { // of the place that took it in
		issuer = c.Counter.Agency
	}
	agency, err := s.c.Agencies.Agency(ctx, issuer)
	if err != nil {
		return Paper{}, none, err
	}
	data, err := s.paperData(ctx, c, steps[:i+1], svc, r)
	if err != nil {
		return Paper{}, none, err
	}
	p := Paper{
		Kind: j.Paper, Title: contract.Text(title.Name), Number: paperNumber(form.Mark, c, steps[i]),
		CaseNumber: c.Number, Addressee: c.Applicant.Name, Agency: agency, Seal: form.Seal,
		Date: day.In(steps[i].At), At: steps[i].At,
		CheckURL: "/progress?number=" + c.Number, Phone: askAt(agency, c, svc),
	}
	if p.List, err = s.paperList(ctx, form.List, c, steps[i], svc); err != nil {
		return Paper{}, none, err
	}
	if err := p.fill(form, data); err != nil {
		return Paper{}, none, err
	}
	if err := s.cite(ctx, &p, c, steps[i]); err != nil {
		return Paper{}, none, err
	}
	found, err := s.paperFound(ctx, c, svc, j.Paper, steps[i])
	if err != nil {
		return Paper{}, none, err
	}
	p.Rows = append(append(p.Rows, paperBasis(svc, steps[i].Action)...), found...)
	return p, steps[i].At, s.receiptDetails(ctx, &p, c, svc, steps[i])
}

// fill executes the wording. Paragraphs that come out empty are left out.
func (p *Paper) fill(form paperForm, data paperData) error {
	for _, part := range []struct {
		from []string
		to   *[]string
	}{{form.Body, &p.Body}, {form.After, &p.After}, {form.Summary, &p.Summary}} {
		for _, text := range part.from {
			t, err := template.New(p.Kind).Option("missingkey=error").Parse(text)
			if err != nil {
				return fmt.Errorf("wording of %s: %w", p.Kind, err)
			}
			var b strings.Builder
			if err := t.Execute(&b, data); err != nil {
				return fmt.Errorf("wording of %s: %w", p.Kind, err)
			}
			if line := strings.TrimSpace(b.String()); line != "" {
				*part.to = append(*part.to, line)
			}
		}
	}
	return nil
}

// paperNumber is the number of a document (文号): kind, year, and the serial of
// the case with the step, so that no counter is needed.
func paperNumber(mark string, c Case, s Step) string {
	serial := c.Number
	if len(serial) == 25 {
		serial = serial[6:24]
	}
	return fmt.Sprintf("%s〔%d〕%s-%d号", mark, day.In(s.At).Year(), serial, s.No)
}

// paperData works out what the wording needs; steps ends with the document's own.
func (s *Service) paperData(ctx context.Context, c Case, steps []Step, svc contract.Service, r rules) (paperData, error) {
	own := steps[len(steps)-1]
	d := paperData{
		Applicant: c.Applicant.Name, Item: c.ItemName.ZH, ItemEN: c.ItemName.EN,
		Number: idcode.GroupCaseNumber(c.Number), Code: c.QueryCode,
		Organ: own.Organ, Opinion: own.Opinion,
		Remedies: Remedies(svc).ZH, RemediesEN: Remedies(svc).EN,
		Deemed: own.Deemed, Instant: own.Action == actGrant && !c.Committed,
		Electronic: own.Actor.Kind == string(auth.System),
		Licensing:  r.licensing(),
		HasLicence: issues(svc), OnCommitment: own.Action == actGrant && c.Committed,
		Rectified: own.Action == actRectified, Bundle: r.proc.ID == bundleProcedure,
		ExtensionDays: numeral(r.proc.ExtensionDays), ExtensionDaysEN: numeralEN(r.proc.ExtensionDays),
		ExtensionBy: r.proc.ExtensionBy.ZH, ExtensionByEN: r.proc.ExtensionBy.EN,
	}
	d.TakenIn, d.TakenInEN, d.HandledBy, d.HandledByEN = c.Counter.AgencyName.ZH, c.Counter.AgencyName.EN, c.AgencyName.ZH, c.AgencyName.EN
	if t, err := r.proc.Transition(own.From, own.Action); err == nil {
		d.StepName = t.Name.ZH
	}
	if !d.Licensing && r.reviews() {
		d.Decision = d.StepName
	}
	if err := s.paperSpecial(ctx, &d, c, own); err != nil {
		return d, err
	}
	received := c.Filed
	var decided time.Time
	for _, st := range steps {
		if t, err := r.proc.Transition(st.From, st.Action); err == nil && t.Effect(statute.Acceptance) == statute.Start {
			received = st.At
		}
		switch st.Action {
		case actApprove, actGrant, actDeny:
			decided = st.At
		case actCorrect:
			d.Asked, _ = words(day.In(st.At))
		}
	}
	accepted := c.Accepted
	d.Filed, _ = words(day.In(c.Filed))
	d.Received, d.ReceivedEN = words(day.In(received))
	d.Accepted, d.AcceptedEN = words(legalDay(accepted))
	d.Decided, d.DecidedEN = words(legalDay(decided))
	d.Stepped, d.SteppedEN = words(day.In(own.At))
	return d, s.paperDeadlines(ctx, &d, c, own, r)
}

// paperDeadlines reads the deadlines as they were at the step, not as they are
// when the document happens to be rendered.
func (s *Service) paperDeadlines(ctx context.Context, d *paperData, c Case, own Step, r rules) error {
	history, err := entriesOf(ctx, s.c.DB, c.ID)
	if err != nil {
		return err
	}
	history = slices.DeleteFunc(history, func(e clockEntry) bool { return e.step > own.No })
	for _, k := range statute.Clocks() {
		st, err := r.run(k, history)
		if err != nil {
			return err
		}
		switch k {
		case statute.Forwarding:
			d.ForwardBy, d.ForwardByEN = words(st.Due)
		case statute.Acceptance:
			d.AcceptBy, d.AcceptByEN = words(st.Due)
			if !st.Started.IsZero() { // the day they came, whenever that was confirmed
				d.Received, d.ReceivedEN = words(st.Started)
			}
		case statute.Correction:
			d.CorrectBy, d.CorrectByEN = words(st.Due)
		case statute.Decision:
			d.DecideBy, d.DecideByEN = words(st.DuePromised)
			d.DecideByLaw, d.DecideByLawEN = words(st.Due)
			d.PromisedDays, d.LegalDays, d.Provisional = st.Promised, st.Limit, st.Provisional
		case statute.Verification:
			d.VerifyBy, d.VerifyByEN = words(st.Due)
		case statute.Rectification:
			d.RectifyBy, d.RectifyByEN = words(st.Due)
		case statute.Delivery:
		}
	}
	return nil
}

// paperSpecial is what the notice of a special procedure tells (art. 45).
func (s *Service) paperSpecial(ctx context.Context, d *paperData, c Case, own Step) error {
	if own.Action != actPause {
		return nil
	}
	list, err := specialsOf(ctx, s.c.DB, c.ID)
	if err != nil {
		return err
	}
	for _, x := range list {
		if x.Step == own.No {
			d.Special, d.SpecialEN, d.SpecialText, d.SpecialDays = x.Kind.Name().ZH, x.Kind.Name().EN, x.Text.ZH, x.Days
			d.SpecialUntil, d.SpecialUntilEN = words(x.Until)
		}
	}
	if d.SpecialText == d.Special {
		d.SpecialText = ""
	}
	return nil
}

// licensing reports whether the procedure is one of the Licensing Law, which says
// so of its documents.
func (r rules) licensing() bool {
	return slices.ContainsFunc(r.proc.Documents, func(d statute.Document) bool { return strings.HasPrefix(d.Article, "xk-") })
}

// reviews reports whether the procedure has a review before its decision.
func (r rules) reviews() bool {
	return slices.ContainsFunc(r.proc.States, func(st statute.ProcedureState) bool {
		_, err := r.proc.Transition(st.ID, actReview)
		return err == nil
	})
}

// numeral writes the count of days of an extension as official documents do.
func numeral(n int) string {
	switch n {
	case 10:
		return "十"
	case 15:
		return "十五"
	}
	return strconv.Itoa(n)
}

func numeralEN(n int) string {
	switch n {
	case 10:
		return "ten"
	case 15:
		return "fifteen"
	}
	return strconv.Itoa(n)
}

func legalDay(t time.Time) day.Date {
	if t.IsZero() {
		return day.Date{}
	}
	return day.In(t)
}

// words writes a date in Chinese and in English.
func words(d day.Date) (zh, en string) {
	if d.IsZero() {
		return "", ""
	}
	y, m, dd := d.Date()
	return fmt.Sprintf("%d年%d月%d日", y, m, dd), fmt.Sprintf("%d %s %d", dd, m, y)
}

// paperList is the numbered list of a document.
func (s *Service) paperList(ctx context.Context, list string, c Case, own Step, svc contract.Service) ([]string, error) {
	switch list {
	case "reasons":
		return own.Reasons, nil
	case "marks":
		marks, err := marksOf(ctx, s.c.DB, c.ID, c.Marked)
		if err != nil {
			return nil, err
		}
		out := make([]string, len(marks))
		for i, m := range marks {
			out[i] = MarkName(svc, m).ZH + "：" + m.Reason
		}
		return out, nil
	case "materials":
		return s.handedIn(ctx, c, svc)
	case "parts":
		return s.partList(ctx, c, own)
	}
	return nil, nil
}

// handedIn lists the materials of the newest round by the names of the guide.
func (s *Service) handedIn(ctx context.Context, c Case, svc contract.Service) ([]string, error) {
	h, err := lastHandIn(ctx, s.c.DB, c.ID)
	if err != nil {
		return nil, err
	}
	out := []string{"申请表（网上填报）"}
	for _, spec := range svc.Materials {
		n := 0
		for _, m := range h.materials {
			if m.ID == spec.ID {
				n++
			}
		}
		if n > 0 {
			out = append(out, fmt.Sprintf("%s（%d 个文件）", spec.Name.ZH, n))
		}
	}
	return out, nil
}

// MarkName is what a marked field or material is called.
func MarkName(svc contract.Service, m contract.Mark) contract.Text {
	if m.Kind == "field" {
		return fieldsOf(svc)[m.ID].Label
	}
	for _, spec := range svc.Materials {
		if spec.ID == m.ID {
			return spec.Name
		}
	}
	return contract.Text{ZH: m.ID, EN: m.ID}
}
