package inquiry

import (
	"context"
	"fmt"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/auth"
	"github.com/tongban/tongban/internal/kit/db"
)

// Missing lists what stands before a decision: a right to be heard that still runs,
// a hearing whose record is not closed or that the service asks for and nobody began,
// and before a grant a visit that the service asks for and that was not passed.
func (s *Service) Missing(ctx context.Context, q db.Q, id contract.CaseID, d contract.Deciding) ([]contract.Text, error) {
	all, err := s.allUnsealed(ofCase(ctx, q, id))
	if err != nil {
		return nil, err
	}
	list := hearingMissing(all, d.Hearing)
	if !d.Grant {
		return list, nil
	}
	if t, missing := visitMissing(all, d.Visit); missing {
		list = append(list, t)
	}
	return list, nil
}

// Before is what stands before the decision on a case: before any, and before a
// grant alone.
type Before struct {
	Any   []contract.Text
	Grant []contract.Text
}

// Before tells officials who may work a case what its decision still waits for.
func (s *Service) Before(ctx context.Context, actor auth.Principal, id contract.CaseID) (Before, error) {
	c, err := s.c.Cases.ForInquiry(ctx, actor, id)
	if err != nil || !c.Open {
		return Before{}, err
	}
	d := contract.Deciding{Grant: true, Visit: c.Visits != nil && c.Visits.Required && !c.Committed}
	if c.Hearing != nil {
		d.Hearing = c.Hearing.Kind
	}
	list, err := s.Missing(ctx, s.c.DB, id, d)
	if err != nil {
		return Before{}, err
	}
	d.Grant = false
	either, err := s.Missing(ctx, s.c.DB, id, d)
	if err != nil {
		return Before{}, err
	}
	return Before{Any: either, Grant: list[len(either):]}, nil
}

// hearingMissing lists the hearings that go on, or says that the one which the
// service asks for is still to be begun. One that must be held is done when its
// record is closed (art. 46); one that is offered also when nobody wanted it in
// time, or who wanted it took that back (art. 47).
func hearingMissing(all []Inquiry, kind string) (list []contract.Text) {
	done := kind == ""
	for _, x := range all {
		switch {
		case x.Kind != KindHearing:
		case x.Open:
			list = append(list, openHearing(x))
		case x.State == Closed:
			done = true
		case kind == contract.HearingOffer && !x.Hearing.ExOfficio:
			done = true
		}
	}
	switch {
	case done || len(list) > 0:
		return list
	case kind == contract.HearingMust:
		return []contract.Text{{
			ZH: "这个事项依法应当听证（行政许可法第四十六条），还没有举行",
			EN: "the law prescribes a hearing for this matter (Administrative Licensing Law, Article 46), and none was held",
		}}
	}
	return []contract.Text{{
		ZH: "还没有告知申请人和利害关系人有要求听证的权利（行政许可法第四十七条）",
		EN: "the applicant and the persons concerned were not yet told of their right to a hearing (Administrative Licensing Law, Article 47)",
	}}
}

func openHearing(x Inquiry) contract.Text {
	if x.State == Told {
		by := x.Hearing.lastAsk()
		return contract.Text{
			ZH: fmt.Sprintf("已告知听证权利，最迟到%s可以提出听证", zhDate(by)),
			EN: fmt.Sprintf("the right to a hearing was told; it can be asked for until %s", enDate(by)),
		}
	}
	if x.State == Asked {
		return contract.Text{ZH: "要举行的听证还没有确定时间和地点", EN: "the hearing that is to be held has no time and place yet"}
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

// Presided are the officials who preside or presided over a hearing on a case: they
// do not review it (art. 48(3)).
func (s *Service) Presided(ctx context.Context, q db.Q, id contract.CaseID) ([]contract.AccountID, error) {
	all, err := s.allUnsealed(ofCase(ctx, q, id))
	if err != nil {
		return nil, err
	}
	var list []contract.AccountID
	for _, x := range all {
		if x.Kind == KindHearing && x.State != Cancelled && x.Hearing.Host.ID != "" {
			list = append(list, x.Hearing.Host.ID)
		}
	}
	return list, nil
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
