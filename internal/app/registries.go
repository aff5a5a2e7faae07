package app

import (
	"context"
	"fmt"
	"time"

	"github.com/tongban/tongban/internal/catalog"
	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/identity"
	"github.com/tongban/tongban/internal/kit/auth"
	"github.com/tongban/tongban/internal/kit/config"
	"github.com/tongban/tongban/internal/kit/fault"
	"github.com/tongban/tongban/internal/kit/remote"
	"github.com/tongban/tongban/internal/registry"
)

// remotes are the registries of other authorities that the settings name.
func remotes(c config.Config) (map[string]registry.Remote, error) {
	all := map[string]registry.Remote{}
	for id, r := range c.Registries {
		if r.URL == "" {
			continue
		}
		timeout := time.Duration(r.Seconds) * time.Second
		e, err := remote.New(r.URL, r.Key, timeout)
		if err != nil {
			return nil, fmt.Errorf("setting registries.%s.url: %w", id, err)
		}
		all[id] = registry.Remote{Poster: e, Timeout: timeout}
	}
	return all, nil
}

// offered is the catalogue as rights to act for others name its services. The
// areas are asked when somebody uses it: identity is made before the catalogue.
type offered struct{ a *areas }

func (o offered) ServiceNames(ctx context.Context, items []string) ([]identity.ServiceName, error) {
	var list []identity.ServiceName
	for _, id := range items {
		it, err := o.a.catalog.Item(ctx, contract.ItemID(id))
		if fault.KindOf(err) == fault.NotFound {
			continue
		}
		if err != nil {
			return nil, err
		}
		list = append(list, serviceName(it))
	}
	return list, nil
}

func (o offered) FindServices(ctx context.Context, query string, limit int) ([]identity.ServiceName, error) {
	res, err := o.a.catalog.Search(ctx, catalog.Query{Text: query, Limit: limit})
	if err != nil {
		return nil, err
	}
	var list []identity.ServiceName
	for _, it := range res.Items {
		list = append(list, serviceName(it))
	}
	return list, nil
}

func serviceName(it catalog.Item) identity.ServiceName {
	return identity.ServiceName{Item: it.ID, Name: contract.Text{ZH: it.Name, EN: it.NameEN}, Online: it.Online()}
}

// looks are the registers as officials compare with them. The registry is made
// after the cases, which it asks itself.
type looks struct{ a *areas }

func (l looks) Lookup(ctx context.Context, actor auth.Principal, x contract.Lookup) (contract.Known, error) {
	return l.a.registry.Lookup(ctx, actor, x)
}

// relations are the registers of families as identity asks them.
type relations struct{ a *areas }

func (r relations) Wards(ctx context.Context, actor auth.Principal) ([]identity.Relation, bool, error) {
	found, down, err := r.a.registry.Wards(ctx, actor)
	list := make([]identity.Relation, len(found))
	for i, f := range found {
		list[i] = identity.Relation(f)
	}
	return list, down, err
}
