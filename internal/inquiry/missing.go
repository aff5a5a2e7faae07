package inquiry

import (
	"context"
	"fmt"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/db"
)

// Missing lists what stands before a decision: a right to be heard that still runs,
// a hearing whose record is not closed, and before a grant a visit that the service
// asks for and that was not passed.
func (s *Service) Missing(ctx context.Context, q db.Q, id contract.CaseID, d contract.Deciding) ([]contract.Text, error) {
	all, err := s.allUnsealed(ofCase(ctx, q, id))
	if err != nil {
		return nil, err
	}
	var list []contract.Text
	for _, x := range all {
		if x.Kind == KindHearing && x.Open {
			list = append(list, openHearing(x))
		}
	}
	if !d.Grant {
		return list, nil
	}
	if t, missing := visitMissing(all, d.Visit); missing {
		list = append(list, t)
	}
	return list, nil
}

func openHearing(x Inquiry) contract.Text {
	if x.State == Told {
		by := x.Hearing.lastAsk()
		return contract.Text{
			ZH: fmt.Sprintf("已告知听证权利，最迟到%s可以提出听证", zhDate(by)),
			EN: fmt.Sprintf("the right to a hearing was told; it can be asked for until %s", enDate(by)),
		}
	}
	return contract.Text{ZH: "听证笔录还没有完成，决定要根据笔录作出", EN: "the record of the hearing is not closed, and the decision rests on it"}
}

// visitMissing judges by the last visit that was closed.
func visitMissing(all []Inquiry, required bool) (contract.Text, bool) {
	var last *Inquiry
	for i, x := range all {
		if x.Kind == KindVisit && x.State == Closed {
			last = &all[i]
		}
	}
	switch {
	case last == nil && required:
		return contract.Text{ZH: "还没有完成现场核查", EN: "there was no site visit yet"}, true
	case last == nil:
		return contract.Text{}, false
	case last.Visit.value(fieldResult) == ResultFail:
		return contract.Text{ZH: "现场核查不符合要求", EN: "the site visit was not passed"}, true
	case last.Visit.value(fieldResult) == ResultCorrections && last.Visit.Corrected == "":
		return contract.Text{ZH: "现场核查要求的整改还没有确认完成", EN: "the corrections that the visit asked for are not confirmed"}, true
	}
	return contract.Text{}, false
}

// Keeps reports whether an inquiry that goes on holds a special procedure.
func (s *Service) Keeps(ctx context.Context, tx db.Tx, special string) (bool, error) {
	return keeps(ctx, tx, special)
}

// Cited are the records that a decision on a case rests on.
func (s *Service) Cited(ctx context.Context, id contract.CaseID) ([]contract.Text, error) {
	all, err := s.allUnsealed(ofCase(ctx, s.c.DB, id))
	if err != nil {
		return nil, err
	}
	var list []contract.Text
	for _, x := range all {
		if x.State != Closed {
			continue
		}
		switch x.Kind {
		case KindHearing:
			list = append(list, contract.Text{
				ZH: fmt.Sprintf("本决定根据%s听证的笔录（%s）作出。", zhDate(x.Day), x.Hearing.Number),
				EN: fmt.Sprintf("This decision rests on the record of the hearing of %s.", enDate(x.Day)),
			})
		case KindVisit:
			list = append(list, contract.Text{
				ZH: fmt.Sprintf("%s对现场进行了核查（%s）。", zhDate(x.Day), x.Visit.Number),
				EN: fmt.Sprintf("The place was visited on %s.", enDate(x.Day)),
			})
		case KindReview, KindErrand:
			what := contract.Text{ZH: "专家评审意见", EN: "an expert review"}
			if x.Kind == KindErrand {
				what = contract.Text{ZH: "检验、检测、鉴定结果", EN: "a test, inspection or appraisal"}
			}
			list = append(list, contract.Text{
				ZH: fmt.Sprintf("本决定参考了%s（%s）。", what.ZH, x.Review.Number), EN: fmt.Sprintf("It takes into account %s.", what.EN),
			})
		}
	}
	return list, nil
}
