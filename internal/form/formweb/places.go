package formweb

import (
	"context"
	"strconv"
	"strings"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/form"
	"github.com/tongban/tongban/internal/kit/web"
)

// Place is an administrative division.
type Place struct {
	Code, Name string
	Level      int // 1 province to 5 village
}

// Directory knows the administrative divisions and the departments.
type Directory interface {
	// Children are those directly below a code; below "" are the provinces.
	Children(ctx context.Context, code string) ([]Place, error)
	// Path leads from the province down to a code; a code that is none has no path.
	Path(ctx context.Context, code string) ([]Place, error)
	// Search finds those whose name has q.
	Search(ctx context.Context, q string) ([]Place, error)
	// Local is the code of the division that this office serves.
	Local() string
	Agency(ctx context.Context, id contract.AgencyID) (contract.Agency, error)
}

const (
	placeLevels = 5
	maxMatches  = 12 // more are too many to choose from: the name must be longer
	doStep      = "step:"
	doFind      = "find:"
	doLocal     = "local:"
)

// fullName joins the names of a path as an address begins, without the nodes
// that only carry others.
func fullName(path []Place) string {
	var b strings.Builder
	for _, p := range path {
		if p.Name != "市辖区" && p.Name != "县" {
			b.WriteString(p.Name)
		}
	}
	return b.String()
}

// placeButton reports whether a button of a division control was pressed, and
// of which. "In our county" is done here: it is an answer like any other.
func (p pages) placeButton(f *web.Form) (name string, ok bool) {
	do := f.Get("do")
	for _, prefix := range []string{doStep, doFind, doLocal} {
		if name, ok = strings.CutPrefix(do, prefix); !ok {
			continue
		}
		if prefix == doLocal {
			for i := 1; i <= placeLevels; i++ {
				f.Values.Del(name + "-" + strconv.Itoa(i))
			}
			f.Values.Set(name, p.dir.Local())
		}
		return name, true
	}
	return "", false
}

// place is what a division control shows.
type place struct {
	code    string
	full    string
	levels  []web.PlaceLevel
	query   string
	asked   bool
	matches []web.Option
	local   web.Option
}

// lookUp prepares the division controls of a page: the levels down to what was
// chosen and the one below it.
func (p pages) lookUp(ctx context.Context, v web.View, f *web.Form, fields []form.FieldState) (map[string]place, error) {
	out := map[string]place{}
	var failed error
	walk(fields, func(fs form.FieldState) {
		if fs.Field.Kind != form.KindDivision || fs.Held != nil || failed != nil {
			return
		}
		x, err := p.choice(ctx, v, fs)
		if err == nil {
			err = p.find(ctx, f, fs.Field.ID, &x)
		}
		out[fs.Field.ID], failed = x, err
	})
	return out, failed
}

func (p pages) choice(ctx context.Context, v web.View, fs form.FieldState) (place, error) {
	x := place{}
	x.code, _ = fs.Value.(string)
	path, err := p.dir.Path(ctx, x.code)
	if err != nil {
		return x, err
	}
	x.full = fullName(path)
	above := ""
	for i := range placeLevels {
		children, err := p.dir.Children(ctx, above)
		if err != nil || len(children) == 0 {
			return x, err
		}
		level := web.PlaceLevel{Label: v.T("form.place." + strconv.Itoa(children[0].Level))}
		for _, c := range children {
			level.Options = append(level.Options, web.Option{Value: c.Code, Label: c.Name})
		}
		if i >= len(path) {
			x.levels = append(x.levels, level)
			break
		}
		above, level.Value = path[i].Code, path[i].Code
		x.levels = append(x.levels, level)
	}
	local, err := p.dir.Path(ctx, p.dir.Local())
	if err == nil && len(local) > 0 {
		x.local = web.Option{Value: doLocal + fs.Field.ID, Label: fullName(local)}
	}
	return x, err
}

// find looks for a place by name, where that was asked for.
func (p pages) find(ctx context.Context, f *web.Form, name string, x *place) error {
	if f.Get("do") != doFind+name {
		return nil
	}
	x.query, x.asked = f.Get(name+"-q"), true
	found, err := p.dir.Search(ctx, x.query)
	if err != nil {
		return err
	}
	for _, m := range found[:min(len(found), maxMatches)] {
		path, err := p.dir.Path(ctx, m.Code)
		if err != nil {
			return err
		}
		x.matches = append(x.matches, web.Option{Value: m.Code, Label: fullName(path)})
	}
	return nil
}
