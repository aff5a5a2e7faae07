package story

import (
	"context"
	"io/fs"
	"maps"
	"net/http"
	"path"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"

	"github.com/tongban/tongban/internal/form"
	"github.com/tongban/tongban/internal/kit/day"
	"github.com/tongban/tongban/services"
)

// tale is one case, from its application on.
type tale struct {
	*moments
	name string
	id   string // of the case
	err  error  // of the step at which it ended
}

// step is something that somebody does.
type step func(ctx context.Context, x *tale) error

// draft is an application as far as it is looked at here.
type draft struct {
	ID        string
	Consents  []struct{ Registry string }
	Materials []struct {
		ID, Fault string
		Name      struct{ ZH string }
		Asked     bool
		Types     []string
	}
}

// applies sends an application with the answers of the first scenario in a file of the
// package.
func applies(who, file string) step {
	return func(ctx context.Context, x *tale) error {
		p, err := x.as(ctx, who)
		if err != nil {
			return err
		}
		d, err := x.fill(ctx, p, file)
		if err != nil {
			return err
		}
		var sent struct{ Case string }
		err = p.call(ctx, http.MethodPost, "/drafts/"+d.ID+"/submission", nil, &sent)
		x.id = sent.Case // none yet where others sign first
		return err
	}
}

// fill answers what the form asks; what registers hold is not said again.
func (x *tale) fill(ctx context.Context, p person, file string) (draft, error) {
	var d draft
	item, given, err := x.scenario(file)
	if err != nil {
		return d, err
	}
	if err := p.call(ctx, http.MethodPost, "/drafts", map[string]any{"service": item}, &d); err != nil {
		return d, err
	}
	at := "/drafts/" + d.ID
	var registries []string
	for _, c := range d.Consents {
		registries = append(registries, c.Registry)
	}
	put := func(what string, in any) {
		if err == nil {
			d = draft{ID: d.ID} // what an answer leaves out is not as it was before
			err = p.call(ctx, http.MethodPut, at+what, in, &d)
		}
	}
	if len(registries) > 0 {
		put("/consent", map[string]any{"registries": registries})
	}
	put("/answers", map[string]any{"answers": given.Answers})
	if given.Committed {
		put("/commitment", map[string]any{"commit": true})
	}
	for _, material := range slices.Sorted(maps.Keys(given.Ways)) {
		put("/materials/"+material+"/way", map[string]any{"way": given.Ways[material]})
	}
	for _, m := range d.Materials {
		if err == nil && m.Asked && m.Fault != "" {
			err = x.attach(ctx, p, at+"/materials/"+m.ID+"?", m.Name.ZH, m.Types)
		}
	}
	return d, err
}

func (x *tale) attach(ctx context.Context, p person, at, title string, types []string) error {
	if slices.Contains(types, "pdf") {
		content, err := x.town.sheet(title)
		if err != nil {
			return err
		}
		return p.upload(ctx, at, title+".pdf", "application/pdf", content)
	}
	content, err := photo()
	if err != nil {
		return err
	}
	return p.upload(ctx, at, title+".png", "image/png", content)
}

// scenario is the item of a package and the situation of the first scenario of a file.
func (x *tale) scenario(file string) (item string, given form.Given, err error) {
	text, err := fs.ReadFile(services.Files, path.Join(path.Dir(path.Dir(file)), "service.yaml"))
	if err != nil {
		return "", given, err
	}
	var service struct{ Item string }
	if err := yaml.Unmarshal(text, &service); err != nil {
		return "", given, err
	}
	if text, err = fs.ReadFile(services.Files, file); err != nil {
		return "", given, err
	}
	list, err := form.ParseScenarios(text)
	if err != nil {
		return "", given, err
	}
	given = list[0].Given
	written, err := day.Parse(given.Today)
	given.Answers, _ = later(given.Answers, weeks(x.today().Sub(written))).(map[string]any)
	return service.Item, given, err
}

// weeks rounds days up to whole weeks: a working day stays one, mostly.
func weeks(days int) int {
	for days%7 != 0 {
		days++
	}
	return days
}

// later moves every date in answers by some days.
func later(v any, days int) any {
	switch v := v.(type) {
	case string:
		from, to, isRange := strings.Cut(v, "/")
		first, err := day.Parse(from)
		if err != nil {
			return v
		}
		if !isRange {
			return first.Add(days).String()
		}
		last, err := day.Parse(to)
		if err != nil {
			return v
		}
		return first.Add(days).String() + "/" + last.Add(days).String()
	case []any:
		for i := range v {
			v[i] = later(v[i], days)
		}
	case map[string]any:
		for k := range v {
			v[k] = later(v[k], days)
		}
	}
	return v
}
