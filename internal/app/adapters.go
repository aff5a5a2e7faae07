package app

import (
	"context"
	"io"

	"github.com/a-h/templ"

	"github.com/tongban/tongban/internal/calendar/calendarweb"
	"github.com/tongban/tongban/internal/casework"
	"github.com/tongban/tongban/internal/casework/caseworkweb"
	"github.com/tongban/tongban/internal/catalog"
	"github.com/tongban/tongban/internal/catalog/catalogweb"
	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/directory"
	"github.com/tongban/tongban/internal/form"
	"github.com/tongban/tongban/internal/kit/auth"
	"github.com/tongban/tongban/internal/kit/web"
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

// unsent is the form as the home page asks it: what a person has begun.
type unsent struct {
	form  *form.Service
	cases *casework.Service
}

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

// Waiting shows what cases and signatures ask of the person who looks.
func (u unsent) Waiting(ctx context.Context, v web.View) (templ.Component, error) {
	return caseworkweb.Waiting(ctx, v, u.cases, begun{u})
}

// Signatures lists what waits for the person's signature.
func (u unsent) Signatures(ctx context.Context, actor auth.Principal) ([]caseworkweb.Signature, error) {
	asked, err := u.form.Signatures(ctx, actor)
	if err != nil {
		return nil, err
	}
	var list []caseworkweb.Signature
	for _, x := range asked {
		if x.State == form.SignerSigned {
			continue
		}
		list = append(list, caseworkweb.Signature{Draft: x.Draft, Signer: x.Signer, Name: x.Name, From: x.Applicant.Name, Asked: x.Asked})
	}
	return list, nil
}

// begun is the form as a person's own space asks it.
type begun struct{ unsent }

func (b begun) Open(ctx context.Context, actor auth.Principal) ([]caseworkweb.Draft, error) {
	open, err := b.form.OpenDrafts(ctx, actor)
	if err != nil {
		return nil, err
	}
	list := make([]caseworkweb.Draft, 0, len(open))
	for _, d := range open {
		list = append(list, caseworkweb.Draft{ID: d.ID, Name: d.Name, Done: d.Done, Total: d.Total, Expires: d.Expires})
	}
	return list, nil
}

// intake is the form as casework hands it files that come later. The form is
// made after casework, because it hands in to it.
type intake struct{ areas *areas }

func (i intake) Take(ctx context.Context, spec contract.MaterialSpec, name string, body io.Reader) (contract.Material, error) {
	return i.areas.form.Take(ctx, spec, name, body)
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
