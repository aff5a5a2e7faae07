package app

import (
	"context"
	"errors"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/directory"
	"github.com/tongban/tongban/internal/form/formweb"
)

// places is the directory as forms ask it.
type places struct {
	directory *directory.Service
	local     string
}

func (p places) Children(ctx context.Context, code string) ([]formweb.Place, error) {
	return placesOf(p.directory.Children(ctx, code))
}

// Path is none for what is no division: the code came from outside.
func (p places) Path(ctx context.Context, code string) ([]formweb.Place, error) {
	if code == "" {
		return nil, nil
	}
	list, err := p.directory.Path(ctx, code)
	if errors.Is(err, directory.ErrNoDivision) {
		return nil, nil
	}
	return placesOf(list, err)
}

func (p places) Search(ctx context.Context, q string) ([]formweb.Place, error) {
	return placesOf(p.directory.Search(ctx, q))
}

func (p places) Local() string { return p.local }

func (p places) Agency(ctx context.Context, id contract.AgencyID) (contract.Agency, error) {
	return p.directory.Agency(ctx, id)
}

func placesOf(list []directory.Division, err error) ([]formweb.Place, error) {
	if err != nil {
		return nil, err
	}
	out := make([]formweb.Place, 0, len(list))
	for _, d := range list {
		out = append(out, formweb.Place{Code: d.Code, Name: d.Name, Level: int(d.Level)})
	}
	return out, nil
}
