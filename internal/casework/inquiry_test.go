package casework

import (
	"context"
	"errors"
	"testing"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/auth"
	"github.com/tongban/tongban/internal/kit/db"
)

// pending is what is still to be found out.
type pending struct {
	before, keeps bool
	agenda        []contract.InquiryTask
}

func (p *pending) Missing(context.Context, db.Tx, contract.CaseID, contract.Deciding) ([]contract.Text, error) {
	if !p.before {
		return nil, nil
	}
	return []contract.Text{{ZH: "听证笔录还没有完成", EN: "the record is open"}}, nil
}

func (p *pending) Keeps(context.Context, db.Tx, string) (bool, error) { return p.keeps, nil }

func (p *pending) Agenda(context.Context, auth.Principal, []contract.AccountID) ([]contract.InquiryTask, error) {
	return p.agenda, nil
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
