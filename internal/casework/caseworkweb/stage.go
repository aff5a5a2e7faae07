package caseworkweb

import (
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/tongban/tongban/internal/casework"
	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/day"
	"github.com/tongban/tongban/internal/kit/fault"
	"github.com/tongban/tongban/internal/kit/web"
	"github.com/tongban/tongban/internal/statute"
)

// foundPrefix begins the names of the controls for findings.
const foundPrefix = "found-"

// foundOf reads what was entered in the fields of a stage. A page without them
// sends nothing.
func foundOf(f *web.Form) casework.Entered {
	if !f.Has("found", "yes") {
		return casework.Entered{}
	}
	return casework.Entered{
		Get:     func(name string) []string { return f.All(foundPrefix + name) },
		Earlier: f.All("found-earlier"),
	}
}

// stageData is the form of a stage with what stands.
type stageData struct {
	casework.StageForm
	Findings []casework.Finding
}

// loadStage reads the form of the stage and everything that was found so far.
func (p pages) loadStage(r *http.Request, c casework.Case) (d stageData, err error) {
	ctx, actor := r.Context(), p.k.Actor(r)
	if d.StageForm, _, err = p.s.StageForm(ctx, actor, c); err != nil {
		return d, err
	}
	d.Findings, err = p.s.Findings(ctx, actor, c.ID)
	if fault.KindOf(err) == fault.Denied {
		return d, nil
	}
	return d, err
}

// asks reports whether there is something to enter or to correct.
func (d stageData) asks() bool { return len(d.Fields)+len(d.Earlier) > 0 }

// earlierWrong reports whether a field of an earlier stage came back with a fault,
// so that it is shown open.
func (d stageData) earlierWrong(f *web.Form) bool {
	for _, x := range d.Earlier {
		for _, y := range f.Faults() {
			if y.Name == foundPrefix+x.ID || strings.HasPrefix(y.Name, foundPrefix+x.ID+".") {
				return true
			}
		}
	}
	return false
}

// textOf is a finding as a control shows it.
func textOf(f contract.Field, v any) string {
	switch x := v.(type) {
	case string:
		return x
	case int64:
		if f.Kind == "money" {
			return strconv.FormatFloat(float64(x)/100, 'f', -1, 64)
		}
		return strconv.FormatInt(x, 10)
	case float64:
		return strconv.FormatFloat(x, 'f', -1, 64)
	case bool:
		if x {
			return "yes"
		}
		return "no"
	}
	return ""
}

func listOf(v any) []string {
	list, _ := v.([]string)
	return list
}

func fieldOptions(v web.View, f contract.Field) []web.Option {
	out := make([]web.Option, 0, len(f.Options)+2)
	for _, o := range f.Options {
		out = append(out, web.Option{Value: o.ID, Label: pick(v, o.Label), Hint: pick(v, o.Hint)})
	}
	if f.Kind != "yesno" {
		return out
	}
	words := []string{v.T("casework.yes"), v.T("casework.no")}
	if len(out) == 2 {
		words = []string{out[0].Label, out[1].Label}
	}
	return []web.Option{{Value: "yes", Label: words[0]}, {Value: "no", Label: words[1]}}
}

func fieldArgs(v web.View, f contract.Field) web.FieldArgs {
	return web.FieldArgs{Name: foundPrefix + f.ID, Label: pick(v, f.Label), Hint: pick(v, f.Hint), Optional: !f.Required || f.When != ""}
}

// spareRows are the empty rows that a table shows below what it has.
const spareRows = 2

// tableRows is how many rows of a table a page shows.
func tableRows(form *web.Form, f contract.Field, v any) int {
	rows, _ := v.([]any)
	n := len(rows) + spareRows
	if typed, err := strconv.Atoi(form.Get(foundPrefix + f.ID + ".rows")); err == nil {
		n = max(n, typed)
	}
	most := f.Limit.MaxLen
	if most == 0 {
		most = 20
	}
	return min(n, most)
}

func cellName(f contract.Field, row int, column string) string {
	return f.ID + "." + strconv.Itoa(row) + "." + column
}

func cellValue(v any, row int, column string) any {
	rows, _ := v.([]any)
	if row >= len(rows) {
		return nil
	}
	cells, _ := rows[row].(map[string]any)
	return cells[column]
}

// stageLight is the light of the stage alone, with its words; ok is false where the
// service sets no limit.
func stageLight(v web.View, c casework.Case, d deskLimits) (lightOf, bool) {
	state := c.Limit.Light(d.Today, c.Due.Paused)
	if state == "" {
		return lightOf{}, false
	}
	n := d.Left(c, c.Limit.Due)
	switch state {
	case statute.PausedLight:
		return lightOf{web.Paused, v.T("casework.stage.paused")}, true
	case statute.Yellow:
		return lightOf{web.Yellow, v.T("casework.stage.over", "n", -n)}, true
	case statute.Amber, statute.Green, statute.Red:
	}
	shape := web.Green
	if state == statute.Amber {
		shape = web.Yellow
	}
	if n <= 0 {
		return lightOf{shape, v.T("casework.stage.today")}, true
	}
	return lightOf{shape, v.T("casework.stage.left", "n", n)}, true
}

// corrected tells who found something else before.
func corrected(list []casework.Finding, f casework.Finding) (casework.Finding, bool) {
	if f.Corrects < 1 || f.Corrects > len(list) {
		return casework.Finding{}, false
	}
	return list[f.Corrects-1], true
}

// deskLimits is what the light of a stage is worked out with.
type deskLimits struct {
	Today day.Date
	Left  func(casework.Case, day.Date) int
}

// stageName is the stage that a limit is of: a case that waits for a special
// procedure is still in the one that it left.
func (d deskData) stageName() casework.Stage {
	if d.Case.Stage == casework.StagePaused {
		return casework.StageReview
	}
	return d.Case.Stage
}

func suffixOf(v web.View, f contract.Field) string {
	if f.Kind == "money" {
		return v.T("casework.yuan")
	}
	return pick(v, f.Unit)
}

func periodArgs(v web.View, f contract.Field, value any) web.PeriodArgs {
	from, to, _ := strings.Cut(textOf(f, value), "/")
	return web.PeriodArgs{FieldArgs: fieldArgs(v, f), From: from, To: to}
}

func withEmpty(v web.View, list []web.Option) []web.Option {
	return append([]web.Option{{Label: v.T("casework.choose")}}, list...)
}

// cellField is a column as a field of its own, by the name of its cell.
func cellField(f contract.Field, row int, column contract.Field) contract.Field {
	column.ID = cellName(f, row, column.ID)
	return column
}

// stagesOf are the limits of the stages, told to officials alone.
func (p pages) stagesOf(r *http.Request, c casework.Case, staff bool) ([]casework.Term, error) {
	if !staff {
		return nil, nil
	}
	all, err := p.s.Terms(r.Context(), p.k.Actor(r), c.ID)
	return slices.DeleteFunc(all, func(t casework.Term) bool { return t.Kind != "stage" }), err
}
