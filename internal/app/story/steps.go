package story

import (
	"context"
	"errors"
	"maps"
	"net/http"
	"net/url"
	"strconv"

	"github.com/tongban/tongban/internal/identity"
)

// more is what a step says beside its name.
type more map[string]any

// opinions are what officials write where nothing is wrong.
var opinions = map[string]string{
	"accept": "材料齐全，符合法定形式。", "review": "材料齐全，符合条件，建议准予。", "countersign": "同意审查意见。", "approve": "同意。",
}

// acts takes a step of the case.
func acts(who, action string, and more) step {
	return func(ctx context.Context, x *tale) error {
		p, err := x.as(ctx, who)
		if err != nil {
			return err
		}
		var seen struct{ Step int }
		if err := p.call(ctx, http.MethodGet, "/cases/"+x.id, nil, &seen); err != nil {
			return err
		}
		in := more{"action": action, "step": seen.Step, "opinion": opinions[action]}
		maps.Copy(in, and)
		return p.call(ctx, http.MethodPost, "/cases/"+x.id+"/actions", in, nil)
	}
}

// sends sends JSON to an operation of the case.
func sends(who, operation string, in more) step {
	return func(ctx context.Context, x *tale) error {
		p, err := x.as(ctx, who)
		if err != nil {
			return err
		}
		return p.call(ctx, http.MethodPost, "/cases/"+x.id+operation, in, nil)
	}
}

// signs signs what waits for somebody's signature, and the application is sent: its
// applicant finds it among the cases then.
func signs(applicant, who, name string) step {
	return func(ctx context.Context, x *tale) error {
		p, err := x.as(ctx, who)
		if err != nil {
			return err
		}
		var list struct {
			Signatures []struct{ Draft, Signer, State string }
		}
		if err := p.call(ctx, http.MethodGet, "/signatures", nil, &list); err != nil {
			return err
		}
		for _, s := range list.Signatures {
			if s.State != "waiting" {
				continue
			}
			at := "/signatures/" + s.Draft + "/" + url.PathEscape(s.Signer)
			err := p.call(ctx, http.MethodGet, at, nil, nil) // it is read before it is signed
			if err == nil {
				err = p.call(ctx, http.MethodPost, at, more{"method": "keyed", "mark": name}, nil)
			}
			if err != nil {
				return err
			}
		}
		return x.newest(ctx, applicant)
	}
}

// newest goes on with the case that somebody filed last.
func (x *tale) newest(ctx context.Context, applicant string) error {
	p, err := x.as(ctx, applicant)
	if err != nil {
		return err
	}
	var list struct{ Cases []struct{ ID string } }
	if err := p.call(ctx, http.MethodGet, "/cases", nil, &list); err != nil {
		return err
	}
	if len(list.Cases) == 0 {
		return errors.New("nothing was filed")
	}
	x.id = list.Cases[0].ID
	return nil
}

// within takes a step of one part of the applicant's bundle.
func within(owner, part string, then step) step {
	return func(ctx context.Context, x *tale) error {
		p, err := x.as(ctx, owner)
		if err != nil {
			return err
		}
		var whole struct{ Parts []struct{ ID, Case string } }
		if err := p.call(ctx, http.MethodGet, "/cases/"+x.id+"/parts", nil, &whole); err != nil {
			return err
		}
		for _, y := range whole.Parts {
			if y.ID == part {
				inner := *x
				inner.id = y.Case
				return then(ctx, &inner)
			}
		}
		return errors.New("no part " + part)
	}
}

// visits is a site visit of today by two officials, from the appointment to the signatures.
func visits(first, second, present string) step {
	return func(ctx context.Context, x *tale) error {
		p, err := x.as(ctx, first)
		if err != nil {
			return err
		}
		var v visit
		err = p.call(ctx, http.MethodPost, "/cases/"+x.id+"/visits", more{
			"purpose": "核对经营场所与申请是否一致", "place": "申请的经营场所", "day": x.today().String(), "time": "09:30-11:00",
			"officials": []any{identity.DemoAccountID(first), identity.DemoAccountID(second)},
		}, &v)
		if err != nil {
			return err
		}
		if err := v.fill(ctx, p); err != nil {
			return err
		}
		if err := p.call(ctx, http.MethodGet, "/inquiries/"+v.ID, nil, &v); err != nil {
			return err
		}
		seen := more{"step": "sign", "seen": v.Visit.Rev}
		if err := v.step(ctx, p, seen); err != nil {
			return err
		}
		if p, err = x.as(ctx, second); err != nil {
			return err
		}
		return errors.Join(v.step(ctx, p, seen), v.step(ctx, p, more{
			"step": "present", "seen": v.Visit.Rev, "present": more{"how": "signed", "name": present, "capacity": "负责人", "statement": "属实。"},
		}))
	}
}

// visit is an inquiry as far as it is looked at here.
type visit struct {
	ID    string
	Visit struct {
		Checklist []struct {
			ID, Kind string
			Limit    struct{ Min *float64 }
		}
		Rev int64
	}
}

func (v visit) step(ctx context.Context, p person, in more) error {
	return p.call(ctx, http.MethodPost, "/inquiries/"+v.ID+"/steps", in, nil)
}

// fill enters what was seen, a photo for each point: everything is as it should be.
func (v visit) fill(ctx context.Context, p person) error {
	picture, err := photo()
	if err != nil {
		return err
	}
	entered := func(value string) more { return more{"was": "", "value": value} }
	fields := more{"summary": entered("与申请一致。"), "result": entered("pass")}
	for _, point := range v.Visit.Checklist {
		least := 0.0
		if point.Limit.Min != nil {
			least = *point.Limit.Min
		}
		fields["item."+point.ID] = entered(map[string]string{
			"pass": "pass", "number": strconv.FormatFloat(least, 'f', -1, 64), "text": "与申请一致",
		}[point.Kind])
		at := "/inquiries/" + v.ID + "/files?role=photo&item=" + point.ID + "&"
		if err := p.upload(ctx, at, point.ID+".png", "image/png", picture); err != nil {
			return err
		}
	}
	return v.step(ctx, p, more{"step": "fill", "fields": fields})
}
