package casework

import (
	"cmp"
	"context"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/auth"
	"github.com/tongban/tongban/internal/kit/db"
	"github.com/tongban/tongban/internal/statute"
)

// Counting a million cases at each look would cost more with every case that
// comes. So numbers are kept by what the rules of lists distinguish (the tally),
// and a list takes away the few cases in which the actor has a part.

// What the tally counts by. They are not variables of a package: a linter's rule.
func byHolder() dim { return dim{"h", "holder"} }
func byItem() dim   { return dim{"i", "item"} }
func byLight() dim  { return dim{"l", "light"} }

// tallies are what a handler's lists are counted from.
type tallies struct {
	agency string
	taken  map[Tab]map[string][]string // by place, roles of the actor that take the tab's step
	held   []tallied
	aside  []aside
}

// handles reports whether an actor handles the cases of an agency and nothing else:
// no supervisor's view of a division, no hall's view of what it took in.
func handles(actor auth.Principal) bool {
	return actor.Kind == auth.Staff && actor.Agency != "" && slices.ContainsFunc(handlerRoles(), actor.Is) &&
		!actor.Is(auth.RoleCounter) && !actor.Is(auth.RoleSupervisor) && !actor.Is(auth.RoleAuditor)
}

func handlerRoles() []string {
	return []string{auth.RoleClerk, auth.RoleReviewer, auth.RoleApprover, auth.RoleHead}
}

// places lists where in the procedures a role of the actor takes a step, with those
// roles. A case handled by an old edition stays in it.
func (s *Service) places(actor auth.Principal, action string) map[string][]string {
	all := map[string][]string{}
	for _, t := range s.c.Procedures.Takers(action) {
		for _, r := range t.Roles {
			if actor.Is(string(r)) && !slices.Contains(all[t.Place], string(r)) {
				all[t.Place] = append(all[t.Place], string(r))
			}
		}
	}
	return all
}

// proceduresWhere lists where in the procedures a role of the actor takes a step.
func (s *Service) proceduresWhere(actor auth.Principal, action string) []string {
	return slices.Sorted(maps.Keys(s.places(actor, action)))
}

// takenAt adds to a list that one of an actor's roles takes a step: by the procedure,
// and by the service, which may leave the stage to some of those roles.
func takenAt(w *where, places map[string][]string, action string) {
	byRole := map[string][]string{}
	all := make([]string, 0, len(places))
	for place, roles := range places {
		all = append(all, place)
		for _, r := range roles {
			byRole[r] = append(byRole[r], place)
		}
	}
	slices.Sort(all)
	w.oneOf(placeColumn, all)
	stage := stageOf(action)
	if stage == "" || len(all) == 0 {
		return
	}
	condition, args := "stage_roles = '' OR stage <> ?", []any{stage}
	for _, r := range handlerRoles() {
		if list := byRole[r]; len(list) > 0 {
			slices.Sort(list)
			condition += " OR stage_roles LIKE ? ESCAPE '!' AND " + placeColumn + " IN (" + strings.TrimSuffix(strings.Repeat("?, ", len(list)), ", ") + ")"
			args = append(args, "%|"+escapeLike(r)+"|%")
			for _, place := range list {
				args = append(args, place)
			}
		}
	}
	w.and(condition, args...)
}

// takesAt says of a case what takenAt says of all.
func takesAt(places map[string][]string, action string, stage Stage, place, only string) bool {
	roles, ok := places[place]
	if !ok || only == "" || stageOf(action) != stage {
		return ok
	}
	return slices.ContainsFunc(roles, func(r string) bool { return slices.Contains(barred(only), r) })
}

// openBook reads the numbers of a handler's lists; nil is for who is none.
func (s *Service) openBook(ctx context.Context, q db.Q, actor auth.Principal) (*tallies, error) {
	if !handles(actor) {
		return nil, nil //nolint:nilnil // no book is an answer
	}
	b := &tallies{agency: actor.Agency, taken: map[Tab]map[string][]string{}}
	var stages []string
	not := &where{}
	for _, t := range tabs {
		if t.action != "" {
			b.taken[t.tab] = s.places(actor, t.action)
		}
		w := s.rule(actor, t.action)
		stages = append(stages, "stage = "+not.arg(t.stage)+" AND NOT ("+not.join(w)+")")
	}
	not.and(strings.Join(stages, " OR "))
	var err error
	if b.held, err = tallyOf(ctx, q, actor.Agency, byHolder(), ""); err != nil {
		return nil, err
	}
	b.aside, err = casesAside(ctx, q, actor.ID, actor.Agency, not)
	return b, err
}

// covers reports whether a tab has the cases of a kind.
func (b *tallies) covers(t tabRule, stage Stage, place, only string) bool {
	return stage == t.stage && (t.action == "" || takesAt(b.taken[t.tab], t.action, stage, place, only))
}

// holders counts a tab by holder; "" is the queue of the unit.
func (b *tallies) holders(t tabRule) map[string]int {
	n := map[string]int{}
	for _, x := range b.held {
		if b.covers(t, x.stage, x.place, x.roles) {
			n[x.word] += x.n
		}
	}
	for _, x := range b.aside {
		if b.covers(t, x.stage, x.place, x.roles) {
			n[x.holder]--
		}
	}
	return n
}

// count counts a tab as a query narrows it to a queue.
func (b *tallies) count(t tabRule, q Query, actor auth.Principal) int {
	n := b.holders(t)
	switch {
	case q.Queue == QueueUnit:
		return n[""]
	case q.Holder != "":
		return n[string(q.Holder)]
	case q.Queue == QueueMine:
		return n[actor.ID]
	}
	all := 0
	for _, x := range n {
		all += x
	}
	return all
}

// words counts a tab by item or light, in the queue of the unit or altogether.
func (b *tallies) words(ctx context.Context, q db.Q, t tabRule, by dim, unit bool) (map[string]int, error) {
	list, err := tallyOf(ctx, q, b.agency, by, t.stage)
	if err != nil {
		return nil, err
	}
	n := map[string]int{}
	for _, x := range list {
		if b.covers(t, x.stage, x.place, x.roles) && (!unit || !x.held) {
			n[x.word] += x.n
		}
	}
	for _, x := range b.aside {
		if !b.covers(t, x.stage, x.place, x.roles) || unit && x.holder != "" {
			continue
		}
		if by == byItem() {
			n[x.item]--
		} else {
			n[x.light]--
		}
	}
	return n, nil
}

// fill reads one page of a tab from the book: what fill reads from the cases.
func (b *tallies) fill(ctx context.Context, s *Service, list List, t tabRule, base *where, q Query) (List, error) {
	today, unit := s.Today(), q.Queue == QueueUnit
	after, err := readCursor(q.After)
	if err != nil {
		return list, err
	}
	lights, err := b.words(ctx, s.c.DB, t, byLight(), unit)
	if err != nil {
		return list, err
	}
	items, err := b.words(ctx, s.c.DB, t, byItem(), unit)
	if err != nil {
		return list, err
	}
	spans := spansOf(lights, today.String())
	list.Lights = map[statute.Light]int{}
	all := 0
	for _, x := range spans {
		list.Lights[ranks[x.rank]] += x.n
		all += x.n
	}
	if list.Items, err = itemNames(ctx, s.c.DB, b.agency, t.stage, some(items, 200)); err != nil {
		return list, err
	}
	w := filtered(base, q, today)
	switch {
	case q.Text != "" || !q.Before.IsZero() || q.Item != "" && q.Light != "":
		list.Total, err = countCases(ctx, s.c.DB, w)
	case q.Item != "":
		list.Total = items[string(q.Item)]
	case q.Light != "":
		list.Total = list.Lights[statute.Light(q.Light)]
	default:
		list.Total = all
	}
	if err != nil {
		return list, err
	}
	list.Cases, err = s.page(ctx, w, spans, q, after)
	return list.cut(q.limit(), today), err
}

// page lists cases rank by rank, each in the order of an index.
func (s *Service) page(ctx context.Context, w *where, spans []rankSpan, q Query, after *cursor) ([]Case, error) {
	var list []Case
	want := q.limit() + 1
	for rank := range len(ranks) {
		if after != nil && rank < after.Rank || q.Light != "" && rank != rankOf(statute.Light(q.Light)) {
			continue
		}
		of := w.clone()
		of.and(urgency(of.arg(s.Today().String()))+" = ?", rank)
		var more []Case
		for _, x := range spans {
			if x.rank != rank || x.n <= 0 {
				continue
			}
			part, err := listRank(ctx, s.c.DB, of, x, after, want-len(list))
			if err != nil {
				return nil, err
			}
			more = append(more, part...)
		}
		slices.SortFunc(more, func(a, b Case) int {
			return cmp.Or(strings.Compare(a.Due.Promised.String(), b.Due.Promised.String()), cmp.Compare(a.ID, b.ID))
		})
		if list = append(list, more...); len(list) >= want {
			return list[:want], nil
		}
	}
	return list, nil
}

// spansOf sorts what lights follow from into ranks, as urgency does.
func spansOf(lights map[string]int, today string) []rankSpan {
	all := map[rankSpan]rankSpan{}
	for word, n := range lights {
		part := strings.Split(word, "|")
		if n == 0 || len(part) != 4 {
			continue
		}
		key := rankSpan{rank: rankOfWord(part[0], part[1], part[2], part[3], today), card: part[0] == "r"}
		x, known := all[key]
		x.rank, x.card, x.n = key.rank, key.card, x.n+n
		if due := part[2]; !known || due < x.first {
			x.first = due
		}
		x.last = max(x.last, part[2])
		all[key] = x
	}
	return slices.Collect(maps.Values(all))
}

// rankOfWord is the rank of a light's word in the tally.
func rankOfWord(kind, legal, due, warn, today string) int {
	switch {
	case kind == "-":
		return 5
	case kind == "r" || kind == "n" && legal != "" && legal < today:
		return 0
	case kind == "n" && due != "" && due < today:
		return 1
	case kind == "p":
		return 4
	case warn != "" && warn <= today:
		return 2
	}
	return 3
}

// some lists what there is of, at most so many.
func some(n map[string]int, most int) []string {
	var list []string
	for word, x := range n {
		if x > 0 {
			list = append(list, word)
		}
	}
	slices.Sort(list)
	return list[:min(len(list), most)]
}

// heldIn counts the cases of a tab by who holds them.
func (s *Service) heldIn(ctx context.Context, b *tallies, actor auth.Principal, t tabRule, q Query) ([]QueueCount, error) {
	if b == nil {
		w := s.rule(actor, t.action)
		w.and("stage = ?", t.stage)
		return countHolders(ctx, s.c.DB, w)
	}
	return b.queue(ctx, s.c.DB, t, q)
}

func (b *tallies) queue(ctx context.Context, tx db.Q, t tabRule, q Query) ([]QueueCount, error) {
	var list []QueueCount
	for holder, n := range b.holders(t) {
		c := QueueCount{Holder: contract.AccountID(holder), N: n}
		if q.Holder != "" && c.Holder == q.Holder {
			name, err := holderName(ctx, tx, holder)
			if err != nil {
				return nil, err
			}
			c.Name = name
		}
		list = append(list, c)
	}
	slices.SortFunc(list, func(a, b QueueCount) int { return cmp.Compare(a.Holder, b.Holder) })
	return list, nil
}

// When the log is folded: so often, and where so many lines are.
const (
	foldEvery = 2 * time.Second
	foldLines = 256
)

// Run folds the log of the tally until ctx ends.
func (s *Service) Run(ctx context.Context) error {
	tick := time.NewTicker(foldEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
			if err := s.Fold(ctx, foldLines); err != nil && ctx.Err() == nil {
				s.c.Log.WarnContext(ctx, "tally not folded", slog.Any("err", err))
			}
		}
	}
}

// Fold folds the log of every agency that has at least so many lines.
func (s *Service) Fold(ctx context.Context, lines int) error {
	agencies, err := unfolded(ctx, s.c.DB, lines)
	if err != nil {
		return err
	}
	for _, agency := range agencies {
		err := s.c.DB.InTx(ctx, func(ctx context.Context, tx db.Tx) error {
			_, err := foldTally(ctx, tx, agency)
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}
