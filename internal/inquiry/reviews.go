package inquiry

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/auth"
	"github.com/tongban/tongban/internal/kit/day"
	"github.com/tongban/tongban/internal/kit/db"
	"github.com/tongban/tongban/internal/kit/event"
	"github.com/tongban/tongban/internal/kit/fault"
	"github.com/tongban/tongban/internal/statute"
)

// NewReview is what an official says of an expert review or an errand.
type NewReview struct {
	Special     statute.Special // expert_review, or testing, inspection, quarantine, appraisal
	Question    string
	Days        int // expected working days, told to the applicant in writing
	Materials   []string
	Institution string // of an errand
	Sent        day.Date
}

// errands are the special procedures that an institution does.
func errands() []statute.Special {
	return []statute.Special{statute.Testing, statute.Inspection, statute.Quarantine, statute.Appraisal}
}

// StartReview begins an expert review, or sends something to an institution: the
// clock stands still, and the applicant is told in writing for how long (art. 45).
func (s *Service) StartReview(ctx context.Context, actor auth.Principal, id contract.CaseID, in NewReview) (Inquiry, error) {
	kind := KindReview
	if in.Special != statute.ExpertReview {
		kind = KindErrand
	}
	x, c, err := s.begin(ctx, actor, id, kind)
	if err != nil {
		return x, err
	}
	var form fault.Form
	r := &Review{Special: string(in.Special), Days: in.Days, Sent: in.Sent, Until: s.calendar(x.Head).AddWorkdays(s.Today(), max(in.Days, 0))}
	r.Question = checkWords(&form, "question", in.Question, maxLine, true)
	if kind == KindErrand {
		r.Institution = checkWords(&form, "institution", in.Institution, 100, true)
		if !slices.Contains(errands(), in.Special) {
			form.Add("special", "inquiry.special_needed")
		}
		if in.Sent.After(s.Today()) {
			form.Add("sent", "inquiry.day_future")
		}
	}
	if in.Days < 1 || in.Days > 250 {
		form.Add("days", "inquiry.days_needed")
	}
	for _, f := range in.Materials {
		if slices.ContainsFunc(c.Materials, func(m contract.Material) bool { return m.File == f }) {
			r.Materials = append(r.Materials, f)
		}
	}
	if err := form.Err(); err != nil {
		return x, err
	}
	x.Review, x.State, x.Due = r, Sitting, r.Until
	return x, s.c.DB.InTx(ctx, func(ctx context.Context, tx db.Tx) error {
		x.Special, err = s.c.Cases.StartSpecial(ctx, tx, actor, x.Case, contract.Pause{Special: string(in.Special), Days: in.Days, Reason: r.Question})
		if err != nil {
			return err
		}
		// The step above made whoever clicked twice wait: now the first one is seen.
		if err := s.onlyOne(ctx, tx, x); err != nil {
			return err
		}
		return s.add(ctx, tx, actor, &x, "started")
	})
}

func (s *Service) onlyOne(ctx context.Context, tx db.Tx, x Inquiry) error {
	all, err := s.allUnsealed(ofCase(ctx, tx, x.Case))
	if err != nil {
		return err
	}
	if slices.ContainsFunc(all, func(o Inquiry) bool { return o.Open && o.Review != nil && o.Review.Special == x.Review.Special }) {
		return ErrRunning
	}
	return nil
}

// Draw puts experts on the panel by chance.
func (s *Service) Draw(ctx context.Context, actor auth.Principal, id string, rev int64, field string, n int) (Inquiry, error) {
	return s.review(ctx, actor, id, rev, func(ctx context.Context, tx db.Tx, x *Inquiry) (string, error) {
		if n < 1 || len(x.Review.Seated())+n > maxPanel {
			var form fault.Form
			form.Add("n", "inquiry.panel_size", "max", maxPanel)
			return "", form.Err()
		}
		roster, err := s.rosterOf(ctx, tx, x.Agency)
		if err != nil {
			return "", err
		}
		drawn, err := x.Review.draw(roster, field, n, s.c.Pick)
		if err != nil {
			return "", err
		}
		for _, e := range drawn {
			x.Review.Panel = append(x.Review.Panel, s.member(e, "drawn", ""))
		}
		return "drawn", nil
	})
}

// Choose puts one expert on the panel, with the reason why this one.
func (s *Service) Choose(ctx context.Context, actor auth.Principal, id string, rev int64, expert, why string) (Inquiry, error) {
	return s.review(ctx, actor, id, rev, func(ctx context.Context, tx db.Tx, x *Inquiry) (string, error) {
		var form fault.Form
		why = checkWords(&form, "why", why, maxLine, true)
		roster, err := s.rosterOf(ctx, tx, x.Agency)
		if err != nil {
			return "", err
		}
		i := slices.IndexFunc(roster, func(e Expert) bool { return e.ID == expert && e.Active && !x.Review.had(e.ID) })
		if i < 0 {
			form.Add("expert", "inquiry.expert_unknown")
		}
		if len(x.Review.Seated()) >= maxPanel {
			form.Add("expert", "inquiry.panel_size", "max", maxPanel)
		}
		if err := form.Err(); err != nil {
			return "", err
		}
		x.Review.Panel = append(x.Review.Panel, s.member(roster[i], "chosen", why))
		return "chosen", nil
	})
}

func (s *Service) member(e Expert, how, why string) Member {
	return Member{ID: s.c.NewID(), Expert: e.ID, Name: e.Name, Field: e.Field, Unit: e.Unit, How: how, Why: why}
}

// Replace takes an expert off who declared a conflict of interest, and draws
// another of the same field in their place.
func (s *Service) Replace(ctx context.Context, actor auth.Principal, id string, rev int64, member, conflict string) (Inquiry, error) {
	return s.review(ctx, actor, id, rev, func(ctx context.Context, tx db.Tx, x *Inquiry) (string, error) {
		return s.replace(ctx, tx, x, member, conflict)
	})
}

func (s *Service) replace(ctx context.Context, tx db.Tx, x *Inquiry, member, conflict string) (string, error) {
	m := x.Review.member(member)
	if m == nil || m.Conflict != "" || !m.Given.IsZero() {
		return "", ErrState
	}
	var form fault.Form
	conflict = checkWords(&form, "conflict", conflict, maxLine, true)
	if err := form.Err(); err != nil {
		return "", err
	}
	m.Conflict = conflict
	if err := dropLinks(ctx, tx, x.ID, member); err != nil {
		return "", err
	}
	roster, err := s.rosterOf(ctx, tx, x.Agency)
	if err != nil {
		return "", err
	}
	drawn, err := x.Review.draw(roster, m.Field, 1, s.c.Pick)
	if err == nil {
		x.Review.Panel = append(x.Review.Panel, s.member(drawn[0], "drawn", ""))
	} else if fault.KindOf(err) != fault.Conflict { // nobody of the field is left: the panel is smaller, and says so
		return "", err
	}
	return "replaced", nil
}

// Opinion is what an expert says.
type Opinion struct{ Member, Verdict, Text string }

// EnterOpinion enters an expert's written opinion, for the secretary of the review.
func (s *Service) EnterOpinion(ctx context.Context, actor auth.Principal, id string, rev int64, o Opinion) (Inquiry, error) {
	return s.review(ctx, actor, id, rev, func(ctx context.Context, tx db.Tx, x *Inquiry) (string, error) {
		m := x.Review.member(o.Member)
		if m == nil {
			return "", ErrNotFound
		}
		m.Enterer = actor.Name
		if err := m.opine(o.Verdict, o.Text, s.at()); err != nil {
			return "", err
		}
		return "opinion", dropLinks(ctx, tx, x.ID, o.Member)
	})
}

// Link makes a link for an expert without an account: good for one opinion and
// for linkDays days. An older one of the same expert is good no more. The secret is
// shown once and only its hash is kept.
func (s *Service) Link(ctx context.Context, actor auth.Principal, id, member string) (string, error) {
	secret := s.c.Token(32)
	_, err := s.review(ctx, actor, id, 0, func(ctx context.Context, tx db.Tx, x *Inquiry) (string, error) {
		m := x.Review.member(member)
		if m == nil || m.Conflict != "" || !m.Given.IsZero() {
			return "", ErrState
		}
		m.Linked = s.at()
		if err := dropLinks(ctx, tx, x.ID, member); err != nil {
			return "", err
		}
		return "linked", insertLink(ctx, tx, hashed(secret), x.ID, member, s.c.Now().Add(linkDays*24*time.Hour))
	})
	if err != nil {
		return "", err
	}
	return secret, nil
}

func hashed(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return hex.EncodeToString(sum[:])
}

// ForExpert is what an expert with a link sees: the question and the materials
// they were given, nothing else of the case.
type ForExpert struct {
	Item      contract.Text
	Agency    contract.Text
	Question  string
	Until     day.Date
	Member    Member
	Materials []contract.Material
	Titles    map[string]contract.Text
}

// expert finds the seat that a link is for.
func (s *Service) expert(ctx context.Context, secret string) (Inquiry, Member, contract.InquiryCase, error) {
	id, member, err := linked(ctx, s.c.DB, hashed(secret), s.c.Now())
	if err != nil {
		return Inquiry{}, Member{}, contract.InquiryCase{}, err
	}
	x, err := s.unsealed(byID(ctx, s.c.DB, id))
	if err != nil {
		return x, Member{}, contract.InquiryCase{}, err
	}
	m := x.Review.member(member)
	if m == nil || !x.Open {
		return x, Member{}, contract.InquiryCase{}, ErrLink
	}
	c, err := s.c.Cases.ForInquiry(ctx, asSystem, x.Case)
	return x, *m, c, err
}

// ExpertView shows an expert what to judge. That it was read is recorded.
func (s *Service) ExpertView(ctx context.Context, secret string) (ForExpert, error) {
	x, m, c, err := s.expert(ctx, secret)
	if err != nil {
		return ForExpert{}, err
	}
	v := ForExpert{Item: x.ItemName, Agency: x.AgencyName, Question: x.Review.Question, Until: x.Review.Until, Member: m, Titles: c.Titles}
	for _, f := range c.Materials {
		if slices.Contains(x.Review.Materials, f.File) {
			v.Materials = append(v.Materials, f)
		}
	}
	return v, s.expertRead(ctx, x, m, "question")
}

// ExpertFile opens one of the files that an expert was given.
func (s *Service) ExpertFile(ctx context.Context, secret, file string) (contract.Material, io.ReadCloser, error) {
	x, m, c, err := s.expert(ctx, secret)
	if err != nil {
		return contract.Material{}, nil, err
	}
	i := slices.IndexFunc(c.Materials, func(f contract.Material) bool { return f.File == file })
	if i < 0 || !slices.Contains(x.Review.Materials, file) {
		return contract.Material{}, nil, ErrNotFound
	}
	if err := s.expertRead(ctx, x, m, "material:"+c.Materials[i].ID); err != nil {
		return contract.Material{}, nil, err
	}
	body, err := s.c.Blobs.Open(ctx, string(c.Materials[i].Blob))
	if err != nil {
		return contract.Material{}, nil, fmt.Errorf("material %s: %w", file, err)
	}
	return c.Materials[i], body, nil
}

func (s *Service) expertRead(ctx context.Context, x Inquiry, m Member, what string) error {
	meta := event.Meta{Actor: expertActor(m), Subject: x.Applicant.ID, Object: "case:" + string(x.Case), Purpose: "expert review", Basis: basis(KindReview)}
	return s.c.DB.InTx(ctx, func(ctx context.Context, tx db.Tx) error {
		return s.c.Events.Record(ctx, tx, meta, contract.PersonalDataRead{
			Subject: x.Applicant.ID, What: []string{"review:" + what}, Case: x.Case, Purpose: meta.Purpose, Basis: meta.Basis, At: s.at(),
		})
	})
}

// expertActor is an expert as the log names them: by the entry of the roster.
func expertActor(m Member) auth.Principal {
	return auth.Principal{Kind: auth.Machine, ID: "expert:" + m.Expert}
}

// ExpertOpinion takes an expert's opinion by the link, which is used up by it.
func (s *Service) ExpertOpinion(ctx context.Context, secret, verdict, opinion string) error {
	return s.byLink(ctx, secret, func(_ context.Context, _ db.Tx, _ *Inquiry, m *Member) (string, error) {
		m.ByLink = true
		return "opinion", m.opine(verdict, opinion, s.at())
	})
}

// ExpertConflict is an expert's own word that they must not judge this case:
// somebody else is drawn.
func (s *Service) ExpertConflict(ctx context.Context, secret, conflict string) error {
	return s.byLink(ctx, secret, func(ctx context.Context, tx db.Tx, x *Inquiry, m *Member) (string, error) {
		return s.replace(ctx, tx, x, m.ID, conflict)
	})
}

func (s *Service) byLink(ctx context.Context, secret string, do func(context.Context, db.Tx, *Inquiry, *Member) (string, error)) error {
	seen, member, _, err := s.expert(ctx, secret)
	if err != nil {
		return err
	}
	return s.c.DB.InTx(ctx, func(ctx context.Context, tx db.Tx) error {
		used, err := useLink(ctx, tx, hashed(secret), s.c.Now())
		if err != nil {
			return err
		}
		if !used {
			return ErrLink
		}
		x, err := s.unsealed(locked(ctx, tx, seen.ID))
		if err != nil {
			return err
		}
		m := x.Review.member(member.ID)
		if m == nil || !x.Open {
			return ErrLink
		}
		return s.apply(ctx, tx, expertActor(*m), &x, func(ctx context.Context, tx db.Tx, x *Inquiry) (string, error) {
			return do(ctx, tx, x, x.Review.member(member.ID))
		})
	})
}

// Outcome is what a review or an errand came to; Received is when the report came.
type Outcome struct {
	Verdict, Result string
	Received        day.Date
}

// CloseReview sums up: the verdict of the panel, or the report of the institution.
// The clock of the case goes on.
func (s *Service) CloseReview(ctx context.Context, actor auth.Principal, id string, rev int64, in Outcome) (Inquiry, error) {
	verdict, result, received := in.Verdict, in.Result, in.Received
	files, err := s.files(ctx, id, "report")
	if err != nil {
		return Inquiry{}, err
	}
	return s.review(ctx, actor, id, rev, func(ctx context.Context, tx db.Tx, x *Inquiry) (string, error) {
		r := x.Review
		var form fault.Form
		if !slices.Contains(verdicts(), verdict) {
			form.Add("verdict", "inquiry.verdict_needed")
		}
		result = checkWords(&form, "result", result, maxText, true)
		if x.Kind == KindErrand {
			switch {
			case received.IsZero(), received.After(s.Today()), received.Before(r.Sent):
				form.Add("received", "inquiry.received_needed")
			case len(files) == 0:
				form.Add("files", "inquiry.report_needed")
			}
		}
		if err := form.Err(); err != nil {
			return "", err
		}
		if x.Kind == KindReview && (len(r.Seated()) == 0 || r.Count().Open > 0) {
			return "", ErrOpinions
		}
		r.Verdict, r.Result, r.Received, r.Number = verdict, result, received, number("审", x.Head, s.Today(), int(x.Revision))
		x.State, x.Open, x.Due = Closed, false, day.Date{}
		if err := s.endSpecial(ctx, tx, actor, x, result); err != nil {
			return "", err
		}
		return "closed", s.print(ctx, tx, *x, paperReview, "")
	})
}

// review is step for expert reviews and errands that go on.
func (s *Service) review(ctx context.Context, actor auth.Principal, id string, rev int64, do change) (Inquiry, error) {
	return s.step(ctx, actor, id, "plan", rev, func(ctx context.Context, tx db.Tx, x *Inquiry) (string, error) {
		if x.Review == nil {
			return "", ErrNotFound
		}
		if !x.Open {
			return "", ErrState
		}
		return do(ctx, tx, x)
	})
}
