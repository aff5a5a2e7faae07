package identity

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/auth"
	"github.com/tongban/tongban/internal/kit/day"
	"github.com/tongban/tongban/internal/kit/event"
	"github.com/tongban/tongban/internal/kit/mask"
)

// Use is one use of a person's data, as the person's own log shows it.
type Use struct {
	ID     string
	At     time.Time
	Self   bool          // by who looks at the log
	Kind   auth.Kind     // who: a resident, a member of staff, a program, the system
	Title  contract.Text // of the post
	Agency contract.Text
	// Name is that of the agent, client or job.
	Name string
	// Agent is set where somebody acted by a right, Mandate its id.
	Agent      bool
	Mandate    string
	What       []string
	Registries []string // asked
	Down       []string // of them, those that did not answer
	Purpose    string
	Basis      string
	Case       contract.CaseID
	Draft      contract.DraftID
	Item       string
	ItemName   contract.Text
}

// UseQuery narrows the log.
type UseQuery struct {
	Month string // "2026-11", in China; "" is any
	After string // id of the last use of the page before
	Limit int
}

const (
	usesPage = 50
	// UsesExport bounds what one export holds.
	UsesExport = 5000
)

// months returns the instants between which a month lies, zero for any.
func (q UseQuery) months() (from, to time.Time, ok bool) {
	if q.Month == "" {
		return from, to, true
	}
	first, err := day.Parse(q.Month + "-01")
	if err != nil {
		return from, to, false
	}
	y, m, _ := first.Date()
	return first.Time(), day.Of(y, m+1, 1).Time(), true
}

// Uses lists who used the data of whom p acts for, newest first; more says that
// the list goes on. Whose right is limited to some services sees none of it.
func (s *Service) Uses(ctx context.Context, p auth.Principal, q UseQuery) (list []Use, more bool, err error) {
	if err := s.c.Policy.Check(p, ActionData, own(p)); err != nil {
		return nil, false, err
	}
	from, to, ok := q.months()
	if !ok {
		return nil, false, nil
	}
	if q.Limit <= 0 || q.Limit > UsesExport {
		q.Limit = usesPage
	}
	a := event.Among{Name: contract.PersonalDataRead{}.EventName(), From: from, To: to, Before: q.After}
	events, err := s.c.Events.AboutAmong(ctx, p.Subject(), a, q.Limit+1)
	if err != nil {
		return nil, false, err
	}
	if more = len(events) > q.Limit; more {
		events = events[:q.Limit]
	}
	known := actors{s: s, posts: map[string][]Post{}, names: map[string]string{}, agencies: map[contract.AgencyID]contract.Agency{}}
	for _, e := range events {
		u, err := known.use(ctx, p, e)
		if err != nil {
			return nil, false, err
		}
		list = append(list, u)
	}
	return list, more, s.nameItems(ctx, list)
}

func (s *Service) nameItems(ctx context.Context, list []Use) error {
	var items []string
	for _, u := range list {
		if u.Item != "" {
			items = append(items, u.Item)
		}
	}
	byItem, err := s.ItemNames(ctx, items)
	if err != nil {
		return err
	}
	for i := range list {
		list[i].ItemName = byItem[list[i].Item]
	}
	return nil
}

// actors remembers who they are while a list is made.
type actors struct {
	s        *Service
	posts    map[string][]Post
	names    map[string]string
	agencies map[contract.AgencyID]contract.Agency
}

func (k actors) use(ctx context.Context, p auth.Principal, e event.Recorded) (Use, error) {
	var read contract.PersonalDataRead
	if err := json.Unmarshal(e.Body, &read); err != nil {
		return Use{}, fmt.Errorf("read event %s: %w", e.ID, err)
	}
	u := Use{
		ID: e.ID, At: e.At, Self: e.ActorID == p.ID, Kind: e.ActorKind, Mandate: e.Mandate, Agent: e.OnBehalfOf != "",
		What: read.What, Registries: read.Registries, Down: read.Down, Purpose: read.Purpose, Basis: read.Basis,
		Case: read.Case, Draft: read.Draft, Item: string(read.Item),
	}
	if id, ok := strings.CutPrefix(e.Object, "case:"); ok && u.Case == "" {
		u.Case = contract.CaseID(id)
	}
	var err error
	switch e.ActorKind {
	case auth.Machine, auth.System:
		u.Name = e.ActorName
	case auth.Resident:
		u.Name, err = k.name(ctx, e.ActorID, u.Agent)
	case auth.Staff:
		u.Title, u.Agency, err = k.post(ctx, e.ActorID, day.In(e.At))
	case auth.Anonymous:
	}
	return u, err
}

// name names a resident: the agent in full, for whom they act for knows them;
// anybody else not.
func (k actors) name(ctx context.Context, id string, agent bool) (string, error) {
	if name, ok := k.names[id]; ok {
		return name, nil
	}
	a, err := accountByID(ctx, k.s.c.DB, id)
	if err != nil && !errors.Is(err, ErrNoAccount) {
		return "", err
	}
	name := a.Name
	if !agent {
		name = mask.Name(name)
	}
	k.names[id] = name
	return name, nil
}

// post says what a member of staff was on a day.
func (k actors) post(ctx context.Context, id string, on day.Date) (title, agency contract.Text, err error) {
	posts, ok := k.posts[id]
	if !ok {
		if posts, err = postsOf(ctx, k.s.c.DB, contract.AccountID(id)); err != nil {
			return title, agency, err
		}
		k.posts[id] = posts
	}
	for _, post := range posts {
		if !post.holds(on) {
			continue
		}
		a, ok := k.agencies[post.Agency]
		if !ok {
			if a, err = k.s.c.Agencies.Agency(ctx, post.Agency); err != nil {
				return title, agency, err
			}
			k.agencies[post.Agency] = a
		}
		return post.Title, a.Name, nil
	}
	return title, agency, nil
}

// Deed is one thing that was done under a right, for both sides to see.
type Deed struct {
	At     time.Time
	Kind   string // "case" or "data"
	Action string // of the case: submit, resubmit, withdraw, ...
	Case   contract.CaseID
	Number string
	Draft  contract.DraftID
	What   []string // data that was read
}

// maxDeeds bounds the list that one page shows.
const maxDeeds = 200

// Deeds lists what was done under a mandate, newest first, and how many cases it
// was used for.
func (s *Service) Deeds(ctx context.Context, p auth.Principal, mandate string) (list []Deed, cases int, err error) {
	if _, err := s.Mandate(ctx, p, mandate); err != nil {
		return nil, 0, err
	}
	events, err := s.c.Events.Under(ctx, mandate, event.Among{}, maxDeeds)
	if err != nil {
		return nil, 0, err
	}
	seen := map[contract.CaseID]bool{}
	for _, e := range events {
		d, ok, err := deed(e)
		if err != nil {
			return nil, 0, err
		}
		if !ok {
			continue
		}
		list = append(list, d)
		if d.Kind == "case" {
			seen[d.Case] = true
		}
	}
	return list, len(seen), nil
}

func deed(e event.Recorded) (d Deed, ok bool, err error) {
	switch e.Name {
	case contract.CaseMoved{}.EventName():
		var moved contract.CaseMoved
		err = json.Unmarshal(e.Body, &moved)
		d = Deed{At: e.At, Kind: "case", Action: moved.Action, Case: moved.Case, Number: moved.Number}
	case contract.PersonalDataRead{}.EventName():
		var read contract.PersonalDataRead
		err = json.Unmarshal(e.Body, &read)
		d = Deed{At: e.At, Kind: "data", Case: read.Case, Draft: read.Draft, What: read.What}
	default:
		return d, false, nil
	}
	if err != nil {
		return d, false, fmt.Errorf("read event %s: %w", e.ID, err)
	}
	return d, true, nil
}
