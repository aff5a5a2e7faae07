package app

import (
	"context"

	"github.com/tongban/tongban/internal/calendar/calendarweb"
	"github.com/tongban/tongban/internal/catalog"
	"github.com/tongban/tongban/internal/catalog/catalogweb"
	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/directory"
	"github.com/tongban/tongban/internal/form"
	"github.com/tongban/tongban/internal/kit/auth"
	"github.com/tongban/tongban/internal/kit/day"
	"github.com/tongban/tongban/internal/kit/rule"
)

// Adapters stand where two areas use other words for the same thing. They hold
// no rules.

// published is the catalogue as casework asks it: the version a case was filed under.
type published struct{ catalog *catalog.Service }

func (p published) Service(ctx context.Context, item contract.ItemID, version int) (contract.Service, error) {
	return p.catalog.Version(ctx, item, version)
}

// names is the catalogue as notices ask it.
type names struct{ catalog *catalog.Service }

func (n names) Name(ctx context.Context, item contract.ItemID) (contract.Text, error) {
	it, err := n.catalog.Item(ctx, item)
	if err != nil {
		return contract.Text{}, err
	}
	return contract.Text{ZH: it.Name, EN: it.NameEN}, nil
}

// faces evaluates the face of a licence with the rules of its package.
type faces struct{ rules *rule.Engine }

func (f faces) Evaluate(svc contract.Service, holder contract.Party, on day.Date, answers contract.Answers) ([]contract.FaceLine, error) {
	return form.Face(f.rules, svc, holder, on, answers)
}

// unsent is the form as the home page asks it: what a person has begun.
type unsent struct{ form *form.Service }

func (u unsent) Open(ctx context.Context, actor auth.Principal) ([]catalogweb.Draft, error) {
	open, err := u.form.OpenDrafts(ctx, actor)
	if err != nil {
		return nil, err
	}
	list := make([]catalogweb.Draft, 0, len(open))
	for _, d := range open {
		list = append(list, catalogweb.Draft{ID: d.ID, Name: d.Name, Done: d.Done, Total: d.Total, Expires: d.Expires})
	}
	return list, nil
}

// regions names the divisions that have working-day tables of their own. The
// directory has no English names; Chinese ones are better than none.
func regions(d *directory.Service) calendarweb.Names {
	return func(ctx context.Context, code string) (contract.Text, error) {
		name, err := d.FullName(ctx, code)
		return contract.Text{ZH: name, EN: name}, err
	}
}

// divisions names a division for forms, whose rules run without a context. What
// cannot be read now counts as unknown.
func divisions(d *directory.Service) func(code string) (contract.Text, bool) {
	return func(code string) (contract.Text, bool) {
		name, err := d.FullName(context.Background(), code)
		return contract.Text{ZH: name, EN: name}, err == nil && name != ""
	}
}
