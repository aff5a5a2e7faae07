package casework

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"slices"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/auth"
	"github.com/tongban/tongban/internal/kit/day"
	"github.com/tongban/tongban/internal/kit/fault"
	"github.com/tongban/tongban/internal/kit/idcode"
	"github.com/tongban/tongban/internal/statute"
)

// ErrCursor means that a page was asked for with a cursor that is not ours.
var ErrCursor = fault.New(fault.Invalid, "casework.cursor")

// cursor is the last row of a page; the next page begins behind it.
type cursor struct {
	Rank  int             `json:"r"`
	Due   string          `json:"d"`
	Filed int64           `json:"f"`
	ID    contract.CaseID `json:"i"`
	Unit  string          `json:"u,omitempty"`
}

func (c cursor) String() string {
	text, err := json.Marshal(c)
	if err != nil {
		return "" // a struct of texts and numbers
	}
	return base64.RawURLEncoding.EncodeToString(text)
}

func readCursor(s string) (*cursor, error) {
	if s == "" {
		return nil, nil //nolint:nilnil // no cursor is the first page
	}
	text, err := base64.RawURLEncoding.DecodeString(s)
	if err != nil {
		return nil, ErrCursor.Wrap(err)
	}
	var c cursor
	if err := json.Unmarshal(text, &c); err != nil {
		return nil, ErrCursor.Wrap(err)
	}
	return &c, nil
}

// Tab is one part of the work list.
type Tab string

// The tabs. Those with an action hold what the actor may do next; the others what
// the actor may see.
const (
	TabTransit     Tab = "transit" // on their way from the place that took them in
	TabAccept      Tab = "accept"
	TabReview      Tab = "review"
	TabCountersign Tab = "countersign"
	TabDecide      Tab = "decide"
	TabPaused      Tab = "paused"
	TabNotice      Tab = "notice"
	TabVerify      Tab = "verify"
	TabRectify     Tab = "rectify"
	TabOpinions    Tab = "opinions" // that this agency is asked for
	TabAwaiting    Tab = "awaiting" // cases that wait for the opinions of others
	TabApplicant   Tab = "applicant"
	TabWaiting     Tab = "waiting"
	TabParts       Tab = "parts"
	TabDeliver     Tab = "deliver"
	TabDone        Tab = "done"
)

// tabRule says what a tab holds.
type tabRule struct {
	tab    Tab
	stage  Stage
	action string
	rare   bool
}

// tabs says for each tab in which stage its cases are, and which step the actor
// must be allowed to take; "" is to see. A rare one shows only with cases in it.
var tabs = []tabRule{
	{TabTransit, StageTransit, actReceive, true},
	{TabAccept, StageAccept, actAccept, false},
	{TabReview, StageReview, actReview, false},
	{TabCountersign, StageCountersign, actCountersign, false},
	{TabDecide, StageDecide, actApprove, false},
	{TabPaused, StagePaused, actResume, true},
	{TabNotice, StageNotice, actEndNotice, true},
	{TabVerify, StageVerify, actKeep, true},
	{TabRectify, StageRectify, actRectified, true},
	{TabAwaiting, StageOpinions, "", true},
	{TabApplicant, StageApplicant, "", false},
	{TabWaiting, StageWaiting, "", true},
	{TabParts, StageParts, "", true},
	{TabDeliver, StageDeliver, "", false},
	{TabDone, StageDone, "", false},
}

// Query is what a work list is asked for.
type Query struct {
	Tab    Tab
	Text   string // number, or part of the applicant's or the item's name
	Item   contract.ItemID
	Light  string // "red", "yellow", "amber", "green"
	Before day.Date
	After  string // cursor
	Limit  int
	Queue  string             // QueueMine, QueueUnit; "" is all
	Holder contract.AccountID // QueueMine: of another, "" is one's own
}

// Count is a tab with the exact number of its cases under the actor's permission.
type Count struct {
	Tab Tab
	N   int
}

// List is one page of a work list.
type List struct {
	Tab    Tab
	Cases  []Case
	Units  []UnitTask // of the tab of opinions, in place of cases
	Total  int        // under the filter
	Counts []Count
	Late   int                   // opinions that this agency owes beyond their day
	Lights map[statute.Light]int // of the tab, without the filter
	Items  []ItemName
	Queues []QueueCount // of the tab, without the filter
	Next   string       // cursor; "" on the last page
}

// rule is the policy for an action as a condition of SQL. It must say exactly
// what policy.cedar says; TestListRuleIsThePolicy compares them.
func (s *Service) rule(actor auth.Principal, action string) *where {
	w := &where{}
	switch {
	case actor.Kind == auth.Resident && action == "":
		return ownRule(actor)
	case actor.Kind == auth.Staff:
		s.staffRule(w, actor, action)
		w = s.withHall(w, actor, action)
	default:
		w.and("1 = 0")
	}
	return w
}

func (s *Service) staffRule(w *where, actor auth.Principal, action string) {
	// Nobody sees a case from which one is kept (回避), or in which one has a part.
	w.and(`concerned NOT LIKE ? ESCAPE '!'`, "%|"+escapeLike(actor.ID)+"|%")
	handler := slices.ContainsFunc([]string{auth.RoleClerk, auth.RoleReviewer, auth.RoleApprover, auth.RoleHead}, actor.Is)
	overseer := (actor.Is(auth.RoleSupervisor) || actor.Is(auth.RoleAuditor)) && actor.Division != ""
	switch {
	case action != "":
		w.and("agency = ?", actor.Agency)
		takenAt(w, s.places(actor, action), action)
		w.and("operator <> ? AND applicant_id <> ?", actor.ID, actor.ID)
		if reviewersApart(action) {
			w.and("reviewer <> ? AND second <> ?", actor.ID, actor.ID)
		}
		if takerApart(action) { // nor for who took it in at a counter
			w.and("taker <> ?", actor.ID)
		}
		onlyTheir(w, actor, action)
	case handler && overseer:
		// A supervisor sees what was taken in in the division, too (policy: parents of the case).
		n := len(actor.Division)
		w.and("agency = ? OR SUBSTR(division, 1, ?) = ? OR SUBSTR(taken_division, 1, ?) = ?", actor.Agency, n, actor.Division, n, actor.Division)
	case handler:
		w.and("agency = ?", actor.Agency)
	case overseer:
		n := len(actor.Division)
		w.and("SUBSTR(division, 1, ?) = ? OR SUBSTR(taken_division, 1, ?) = ?", n, actor.Division, n, actor.Division)
	default:
		w.and("1 = 0")
	}
}

// reviewersApart reports whether a step is not for who reviewed the case: two
// officials are two (art. 34(3)), and who reviewed does not decide.
func reviewersApart(action string) bool {
	return slices.Contains([]string{actReview, actCountersign, actApprove, actDeny}, action)
}

// Tasks is the work list of an official: tabs with exact counts, one tab's
// cases by urgency.
func (s *Service) Tasks(ctx context.Context, actor auth.Principal, q Query) (List, error) {
	actor = atDesk(actor)
	owed, late, err := s.owedOpinions(ctx, actor)
	if err != nil {
		return List{}, err
	}
	list := List{Late: late}
	numbers, err := s.openBook(ctx, s.c.DB, actor)
	if err != nil {
		return list, err
	}
	base, shown, idle, err := s.countTabs(ctx, numbers, actor, q, &list, owed)
	if err != nil {
		return list, err
	}
	switch {
	case owed >= 0 && (q.Tab == TabOpinions || q.Tab == "" && idle && owed > 0):
		list.Tab, list.Total = TabOpinions, owed
		return s.fillUnits(ctx, list, actor, q)
	case base == nil: // a tab that this post does not have
		return list, ErrNotFound
	}
	q = q.of(shown)
	q.Tab = shown.tab
	if list.Queues, err = s.queues(ctx, numbers, actor, list.Tab, q); err != nil {
		return list, err
	}
	if numbers != nil && q.Holder == "" && q.Queue != QueueMine {
		return numbers.fill(ctx, s, list, shown, base, q)
	}
	return s.fill(ctx, list, base, q) // what one official holds is little
}

// countTabs counts the tabs of a post and finds the one to show, with its
// condition; idle says that it is empty.
func (s *Service) countTabs(ctx context.Context, numbers *tallies, actor auth.Principal, q Query, list *List, owed int) (base *where, shown tabRule, idle bool, err error) {
	for _, t := range tabs {
		if t.tab == TabAwaiting && owed >= 0 { // opinions stand before what one only sees
			list.Counts = append(list.Counts, Count{TabOpinions, owed})
		}
		if t.action != "" && !s.takesSome(actor, t.action) {
			continue // not a matter of this post
		}
		w, n, err := s.tab(ctx, numbers, actor, t, q.of(t))
		if err != nil {
			return nil, shown, false, err
		}
		if n == 0 && t.rare && q.Tab != t.tab {
			continue // not listed, so not the one to show either
		}
		list.Counts = append(list.Counts, Count{t.tab, n})
		if q.opens(t, n, base != nil, idle) {
			list.Tab, shown, base, idle = t.tab, t, w, n == 0
		}
	}
	return base, shown, idle, nil
}

// tab counts the cases of one tab.
func (s *Service) tab(ctx context.Context, numbers *tallies, actor auth.Principal, t tabRule, q Query) (*where, int, error) {
	w := s.rule(actor, t.action)
	w.and("stage = ?", t.stage)
	q.queued(w, actor)
	if numbers != nil {
		return w, numbers.count(t, q, actor), nil
	}
	n, err := countCases(ctx, s.c.DB, w)
	return w, n, err
}

// opens reports whether a tab of n cases is the one to show. Where none is asked
// for, it is the first with something to do; chosen and idle say that one was
// found before, and that it is empty.
func (q Query) opens(t tabRule, n int, chosen, idle bool) bool {
	if q.Tab != "" {
		return q.Tab == t.tab
	}
	return !chosen || idle && n > 0 && t.action != ""
}

// NextTask is the case that an official opens after another: the most urgent of
// the same tab, then of the tabs with something to do, in their order. It is "" where
// nothing is left.
func (s *Service) NextTask(ctx context.Context, actor auth.Principal, from Tab, not contract.CaseID) (contract.CaseID, error) {
	actor = atDesk(actor)
	order := slices.Clone(tabs)
	slices.SortStableFunc(order, func(a, b tabRule) int { return btoi(b.tab == from) - btoi(a.tab == from) })
	for _, t := range order {
		if t.action == "" || !s.takesSome(actor, t.action) {
			continue
		}
		w := s.rule(actor, t.action)
		w.and("stage = ? AND id <> ?", t.stage, not)
		w.and("holder = '' OR holder = ?", actor.ID) // what others hold is theirs
		list, err := listUrgent(ctx, s.c.DB, w, s.Today().String(), nil, 1)
		if err != nil {
			return "", err
		}
		if len(list) > 0 {
			return list[0].ID, nil
		}
	}
	return "", nil
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

// LateOpinions lists the opinions that agencies of the actor's division owe beyond
// their day, the oldest first, for supervision.
func (s *Service) LateOpinions(ctx context.Context, actor auth.Principal) ([]UnitTask, error) {
	if !actor.Is(auth.RoleSupervisor) && !actor.Is(auth.RoleAuditor) || actor.Division == "" {
		return nil, nil
	}
	w := &where{}
	w.and("u.state = 'open' AND u.late AND SUBSTR(u.division, 1, ?) = ?", len(actor.Division), actor.Division)
	return tasksWhere(ctx, s.c.DB, w, maxLate)
}

// maxLate bounds the list of late opinions.
const maxLate = 100

// Supervised is the list of a supervisor: every case of the division, by urgency.
func (s *Service) Supervised(ctx context.Context, actor auth.Principal, q Query) (List, error) {
	return s.fill(ctx, List{Tab: q.Tab}, s.supervisedRule(actor, q), q)
}

func (s *Service) supervisedRule(actor auth.Principal, q Query) *where {
	w := &where{}
	if actor.Is(auth.RoleSupervisor) || actor.Is(auth.RoleAuditor) {
		s.staffRule(w, auth.Principal{Kind: auth.Staff, ID: actor.ID, Roles: []string{auth.RoleSupervisor}, Division: actor.Division}, "")
	} else {
		w.and("1 = 0")
	}
	if q.Tab != TabDone {
		w.and("stage <> ?", StageDone)
	}
	return w
}

// Records are the latest cards of supervision in the actor's division.
func (s *Service) Records(ctx context.Context, actor auth.Principal, limit int) ([]Record, error) {
	if !actor.Is(auth.RoleSupervisor) && !actor.Is(auth.RoleAuditor) || actor.Division == "" {
		return nil, nil
	}
	return recordsIn(ctx, s.c.DB, actor.Division, limit)
}

// ranks are the lights in the order of urgency.
var ranks = map[int]statute.Light{
	0: statute.Red, 1: statute.Yellow, 2: statute.Amber, 3: statute.Green, 4: statute.PausedLight, 5: "",
}

func rankOf(light statute.Light) int {
	for rank, l := range ranks {
		if l == light {
			return rank
		}
	}
	return 5
}

// fill reads one page of a list.
func (s *Service) fill(ctx context.Context, list List, base *where, q Query) (List, error) {
	today := s.Today()
	after, err := readCursor(q.After)
	if err != nil {
		return list, err
	}
	lights, err := countLights(ctx, s.c.DB, base, today.String())
	if err != nil {
		return list, err
	}
	list.Lights = map[statute.Light]int{}
	for rank, n := range lights {
		list.Lights[ranks[rank]] = n
	}
	if list.Items, err = itemsIn(ctx, s.c.DB, base); err != nil {
		return list, err
	}
	w := filtered(base, q, today)
	if list.Total, err = countCases(ctx, s.c.DB, w); err != nil {
		return list, err
	}
	if list.Cases, err = listUrgent(ctx, s.c.DB, w, today.String(), after, q.limit()+1); err != nil {
		return list, err
	}
	return list.cut(q.limit(), today), nil
}

func (q Query) limit() int {
	if q.Limit < 1 || q.Limit > 100 {
		return 25
	}
	return q.Limit
}

// cut ends a page after so many cases, and says where the next begins.
func (l List) cut(limit int, today day.Date) List {
	if len(l.Cases) > limit {
		l.Cases = l.Cases[:limit]
		last := l.Cases[limit-1]
		l.Next = cursor{Rank: rankOf(last.Light(today)), Due: last.Due.Promised.String(), ID: last.ID}.String()
	}
	return l
}

func filtered(base *where, q Query, today day.Date) *where {
	w := base.clone()
	if q.Text != "" {
		if number, err := idcode.ParseCaseNumber(q.Text); err == nil {
			w.and("number = ?", number)
		} else {
			if q.Tab == TabDone { // there are too many to look into each
				nameBegins(w, q.Text)
				return narrowed(w, q, today)
			}
			like := "%" + escapeLike(q.Text) + "%"
			w.and(`applicant_name LIKE ? ESCAPE '!' OR item_zh LIKE ? ESCAPE '!' OR number LIKE ? ESCAPE '!'`, like, like, like)
		}
	}
	return narrowed(w, q, today)
}

// nameBegins narrows a list to names of applicants that begin so; at least two
// characters, as the index has them.
func nameBegins(w *where, text string) {
	runes := []rune(text)
	if len(runes) < 2 {
		w.and("1 = 0")
		return
	}
	w.and("applicant_name <> '' AND SUBSTR(applicant_name, 1, 2) = ? AND SUBSTR(applicant_name, 1, ?) = ?", string(runes[:2]), len(runes), text)
}

func narrowed(w *where, q Query, today day.Date) *where {
	if q.Item != "" {
		w.and("item = ?", q.Item)
	}
	if q.Light != "" {
		rank := urgency(w.arg(today.String()))
		w.and(rank+" = ?", rankOf(statute.Light(q.Light)))
	}
	if !q.Before.IsZero() {
		w.and("due <> '' AND due <= ?", q.Before)
	}
	return w
}

func escapeLike(s string) string {
	out := make([]rune, 0, len(s))
	for _, r := range s {
		if r == '%' || r == '_' || r == '!' {
			out = append(out, '!')
		}
		out = append(out, r)
	}
	return string(out)
}

// Page is one page of an applicant's cases.
type Page struct {
	Cases []Case
	Total int
	Next  string
}

// Mine lists the cases of the person, or of the company the person acts for.
func (s *Service) Mine(ctx context.Context, actor auth.Principal, after string, limit int) (Page, error) {
	var p Page
	cur, err := readCursor(after)
	if err != nil {
		return p, err
	}
	if limit < 1 || limit > 100 {
		limit = 20
	}
	if !actor.Applies() {
		return p, nil
	}
	w := ownRule(actor)
	w.and("parent = ''") // parts stand with their bundle
	if p.Total, err = countCases(ctx, s.c.DB, w); err != nil {
		return p, err
	}
	if p.Cases, err = listRecent(ctx, s.c.DB, w, cur, limit+1); err != nil {
		return p, err
	}
	if len(p.Cases) > limit {
		p.Cases = p.Cases[:limit]
		last := p.Cases[limit-1]
		p.Next = cursor{Filed: micro(last.Filed), ID: last.ID}.String()
	}
	return p, nil
}
