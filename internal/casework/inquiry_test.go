package casework

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/auth"
	"github.com/tongban/tongban/internal/kit/db"
)

// pending is what is still to be found out.
type pending struct {
	before, keeps, unvisited, unheard bool
	agenda                            []contract.InquiryTask
	presided                          []contract.AccountID
}

func (p *pending) Missing(_ context.Context, _ db.Q, _ contract.CaseID, d contract.Deciding) ([]contract.Text, error) {
	var list []contract.Text
	if p.before {
		list = append(list, contract.Text{ZH: "听证笔录还没有完成", EN: "the record is open"})
	}
	if p.unheard && d.Hearing != "" {
		list = append(list, contract.Text{ZH: "还没有举行听证", EN: "no hearing was held"})
	}
	if p.unvisited && d.Grant && d.Visit {
		list = append(list, contract.Text{ZH: "现场核查不符合要求", EN: "the site visit was not passed"})
	}
	return list, nil
}

func (p *pending) Keeps(context.Context, db.Tx, string) (bool, error) { return p.keeps, nil }

func (p *pending) Agenda(context.Context, auth.Principal, []contract.AccountID) ([]contract.InquiryTask, error) {
	return p.agenda, nil
}

func (p *pending) Presided(context.Context, db.Q, contract.CaseID) ([]contract.AccountID, error) {
	return p.presided, nil
}

func (p *pending) Cited(context.Context, contract.CaseID) ([]contract.Text, error) { return nil, nil }

func TestADecisionWaitsForWhatItMustRestOn(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		p    pending
		want error
	}{{pending{before: true}, ErrInquiry}, {pending{}, nil}} {
		s := &Service{c: Config{Inquiries: &tt.p}}
		if err := s.inquired(t.Context(), db.Tx{}, &work{}, true); !errors.Is(err, tt.want) {
			t.Errorf("%+v: %v", tt.p, err)
		}
	}
}

func TestASpecialProcedureEndsWithItsInquiry(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		keeps, inquired bool
		want            error
	}{{true, false, ErrKept}, {true, true, nil}, {false, false, nil}} {
		s := &Service{c: Config{Inquiries: &pending{keeps: tt.keeps}}}
		if err := s.kept(t.Context(), db.Tx{}, &work{a: Action{inquired: tt.inquired}}); !errors.Is(err, tt.want) {
			t.Errorf("%+v: %v", tt, err)
		}
	}
}

// A version that asks for a site visit says of each case what its visit came to.
func TestAMoveSaysWhatTheVisitCameTo(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name   string
		p      Inquiries
		zh, en string
	}{
		{"no visits are known", nil, "还没有完成现场核查", "there was no site visit yet"},
		{"none was passed, and a hearing is open", &pending{before: true, unvisited: true}, "现场核查不符合要求", "the site visit was not passed"},
		{"one was passed, and a hearing is open", &pending{before: true}, "已经通过", "was passed"},
		{"one was passed", &pending{}, "已经通过", "was passed"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			each(t, func(t *testing.T, base *world) {
				w := newMoveWorld(base)
				w.c.Inquiries = tt.p
				c := accepted(t, w, w.file(t, "case", hygiene))
				version := w.publish(hygiene, func(s *contract.Service) { s.Handling.Visits = &contract.VisitSpec{Required: true} })
				got := w.judged(t, c, target(c, version, 1))
				if !got.Movable || len(got.Notes) != 1 || got.Notes[0].Code != "visit" ||
					!strings.Contains(got.Notes[0].Text.ZH, tt.zh) || !strings.Contains(got.Notes[0].Text.EN, tt.en) {
					t.Errorf("%v %+v", got.Movable, got.Notes)
				}
			})
		})
	}
}

// The hearing that a service asks for stands before either decision, in the cases
// that it means; a visit stands before a grant, and after one on a commitment.
func TestWhatTheServiceAsksForStandsBeforeTheDecision(t *testing.T) {
	t.Parallel()
	visited := func(s *contract.Service) { s.Handling.Visits = &contract.VisitSpec{Required: true} }
	for _, tt := range []struct {
		name      string
		change    func(*contract.Service)
		grant     bool
		committed bool
		want      error
	}{
		{"heard before a grant", heard(""), true, false, ErrInquiry},
		{"heard before a denial", heard(""), false, false, ErrInquiry},
		{"heard where the condition holds", heard("area"), false, false, ErrInquiry},
		{"not where it does not", heard("never"), true, false, nil},
		{"visited before a grant", visited, true, false, ErrInquiry},
		{"not before a denial", visited, false, false, nil},
		{"not before a grant on a commitment", visited, true, true, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			each(t, func(t *testing.T, base *world) {
				w := newMoveWorld(base)
				w.c.Inquiries, w.c.Conditions = &pending{unheard: true, unvisited: true}, sometimes{}
				c := w.file(t, "case", hygiene)
				c.Committed = tt.committed
				svc, err := w.service(t.Context(), c.Item, c.Version)
				if err != nil {
					t.Fatal(err)
				}
				tt.change(&svc)
				if err := w.c.DB.InTx(t.Context(), func(ctx context.Context, tx db.Tx) error {
					if got := w.inquired(ctx, tx, &work{svc: svc, c: c}, tt.grant); !errors.Is(got, tt.want) {
						t.Errorf("%v, want %v", got, tt.want)
					}
					return nil
				}); err != nil {
					t.Fatal(err)
				}
			})
		})
	}
}

// Who presided over a hearing does not review the case, even where the hearing came
// first, and is not offered it (art. 48(3)).
func TestWhoPresidedDoesNotReview(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		c := w.act(t, clerk, w.file(t, "heard", hygiene), Action{Name: actAccept})
		offered := func(p auth.Principal) bool {
			now, err := caseByID(ctx, w.c.DB, c.ID)
			must(t, err)
			list, err := w.Choices(ctx, p, now)
			must(t, err)
			return slices.ContainsFunc(list, func(x Choice) bool { return reviews(x.Action) })
		}
		w.c.Inquiries = &pending{presided: []contract.AccountID{contract.AccountID(reviewer1.ID)}}
		if offered(reviewer1) || !offered(reviewer2) {
			t.Errorf("offered to who presided %v, to a colleague %v", offered(reviewer1), offered(reviewer2))
		}
		if _, err := w.Act(ctx, reviewer1, c.ID, Action{Name: actReview, Opinion: "同意"}); !errors.Is(err, ErrPreside) {
			t.Errorf("who presided reviews: %v", err)
		}
		_ = w.act(t, reviewer2, c, Action{Name: actReview, Opinion: "同意"})
		if offered(reviewer1) {
			t.Error("who presided countersigns")
		}
		if _, err := w.Act(ctx, reviewer1, c.ID, Action{Name: actCountersign, Opinion: "同意"}); !errors.Is(err, ErrPreside) {
			t.Errorf("who presided countersigns: %v", err)
		}
	})
}
