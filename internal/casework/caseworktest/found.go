package caseworktest

import (
	"encoding/json"

	"github.com/tongban/tongban/internal/casework"
	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/fault"
)

// ReadFound reads texts, and asks for those that are required: what every kind of
// field may say is the form's.
func (fakes) ReadFound(_ contract.Service, in casework.FoundInput) (contract.Answers, []fault.Field, error) {
	out := contract.Answers{}
	var faults []fault.Field
	for _, f := range in.Fields {
		text := ""
		if in.JSON != nil {
			if raw, ok := in.JSON[f.ID]; ok && json.Unmarshal(raw, &text) != nil {
				faults = append(faults, fault.Field{Name: f.ID, Err: fault.New(fault.Invalid, "form.field.type")})
				continue
			}
		} else if in.Get != nil {
			if list := in.Get(f.ID); len(list) > 0 {
				text = list[0]
			}
		}
		switch {
		case text != "":
			out[f.ID] = text
		case f.Required && !in.Partly:
			faults = append(faults, fault.Field{Name: f.ID, Err: fault.New(fault.Invalid, "form.field.required")})
		}
	}
	return out, faults, nil
}
