package counter

import (
	"context"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/auth"
	"github.com/tongban/tongban/internal/kit/db"
	"github.com/tongban/tongban/internal/kit/event"
	"github.com/tongban/tongban/internal/kit/fault"
	"github.com/tongban/tongban/internal/kit/policy"
)

// Priorities lists those whom a hall may let go first.
func Priorities() []string { return []string{"elder", "disabled", "soldier", "pregnant"} }

// Purposes lists what windows are for.
func Purposes() []string { return []string{PurposeGeneral, PurposeIssue, PurposeStuck} }

// Bounds of what administrators write.
const (
	maxShort = 60
	maxLong  = 200
	// MaxKinds is how many kinds of business a hall may have.
	MaxKinds = 6
)

// HallInput is what an administrator says of a hall.
type HallInput struct {
	Agency     contract.AgencyID // of a new hall
	Name       contract.Text
	Address    contract.Text
	Hours      contract.Text
	Phone      string
	Notice     contract.Text
	Kinds      []Kind
	Priorities []string
	Open       bool
	Networks   []string // CIDRs from which tickets may be taken; empty is anywhere
	Edition    int      // that was changed
}

var letter = regexp.MustCompile(`^[A-Z]$`)

func (in *HallInput) check() error {
	var f fault.Form
	need := func(field string, t *contract.Text, most int, must bool) {
		t.ZH, t.EN = strings.TrimSpace(t.ZH), strings.TrimSpace(t.EN)
		if must && t.ZH == "" {
			f.Add(field+"-zh", "counter.field.missing")
		}
		if must && t.EN == "" {
			f.Add(field+"-en", "counter.field.missing")
		}
		if utf8.RuneCountInString(t.ZH) > most {
			f.Add(field+"-zh", "counter.field.long", "max", most)
		}
		if utf8.RuneCountInString(t.EN) > 2*most {
			f.Add(field+"-en", "counter.field.long", "max", 2*most)
		}
	}
	need("name", &in.Name, maxShort, true)
	need("address", &in.Address, maxLong, true)
	need("hours", &in.Hours, maxLong, true)
	need("notice", &in.Notice, maxLong, false)
	if in.Phone = strings.TrimSpace(in.Phone); len(in.Phone) > 40 {
		f.Add("phone", "counter.field.long", "max", 40)
	}
	in.checkKinds(&f)
	in.checkNetworks(&f)
	if slices.ContainsFunc(in.Priorities, func(p string) bool { return !slices.Contains(Priorities(), p) }) {
		f.Add("priorities", "counter.ticket.priority")
	}
	return f.Err()
}

func (in *HallInput) checkKinds(f *fault.Form) {
	if len(in.Kinds) == 0 || len(in.Kinds) > MaxKinds {
		f.Add("kind-1-letter", "counter.hall.kinds", "max", MaxKinds)
	}
	seen := map[string]bool{}
	for i := range in.Kinds {
		k := &in.Kinds[i]
		k.Letter = strings.ToUpper(strings.TrimSpace(k.Letter))
		name := "kind-" + string(rune('1'+i))
		if !letter.MatchString(k.Letter) || seen[k.Letter] {
			f.Add(name+"-letter", "counter.hall.letter")
		}
		seen[k.Letter] = true
		if k.Name.ZH = strings.TrimSpace(k.Name.ZH); k.Name.ZH == "" || utf8.RuneCountInString(k.Name.ZH) > maxShort {
			f.Add(name+"-zh", "counter.field.missing")
		}
		if k.Name.EN = strings.TrimSpace(k.Name.EN); k.Name.EN == "" || utf8.RuneCountInString(k.Name.EN) > maxShort {
			f.Add(name+"-en", "counter.field.missing")
		}
	}
}

// HallNow is a hall as it stands at this moment, for the public.
type HallNow struct {
	Hall
	Windows []Window
	Waiting map[string]int // by kind
	Total   int            // who wait
}

// Staffed counts the windows where somebody sits who calls a kind; "" is any.
func (h HallNow) Staffed(kind string) int {
	n := 0
	for _, w := range h.Windows {
		if w.Clerk != "" && (kind == "" || slices.Contains(w.Kinds, kind)) {
			n++
		}
	}
	return n
}

// Kind returns a kind of business of the hall by its letter.
func (h Hall) Kind(l string) (Kind, bool) {
	i := slices.IndexFunc(h.Kinds, func(k Kind) bool { return k.Letter == l })
	if i < 0 {
		return Kind{}, false
	}
	return h.Kinds[i], true
}

// Halls lists the halls with how many wait in each; it is public.
func (s *Service) Halls(ctx context.Context) ([]HallNow, error) {
	halls, err := listHalls(ctx, s.c.DB)
	if err != nil {
		return nil, err
	}
	list := make([]HallNow, 0, len(halls))
	for _, h := range halls {
		now, err := s.nowIn(ctx, h)
		if err != nil {
			return nil, err
		}
		list = append(list, now)
	}
	return list, nil
}

// Hall returns one hall as it stands at this moment; it is public.
func (s *Service) Hall(ctx context.Context, id string) (HallNow, error) {
	h, err := hallByID(ctx, s.c.DB, id)
	if err != nil {
		return HallNow{}, err
	}
	return s.nowIn(ctx, h)
}

func (s *Service) nowIn(ctx context.Context, h Hall) (HallNow, error) {
	windows, err := windowsOf(ctx, s.c.DB, h.ID)
	if err != nil {
		return HallNow{}, err
	}
	for i, w := range windows {
		if w.OnDay != s.today() { // nobody sits there overnight
			windows[i].Clerk, windows[i].ClerkName = "", ""
		}
	}
	waiting, err := waitingIn(ctx, s.c.DB, h.ID, s.today())
	if err != nil {
		return HallNow{}, err
	}
	now := HallNow{Hall: h, Windows: windows, Waiting: waiting}
	for _, n := range waiting {
		now.Total += n
	}
	return now, nil
}

// Managed lists the halls that an administrator sets up, and the agencies that
// can have one.
func (s *Service) Managed(ctx context.Context, actor auth.Principal) (halls []Hall, agencies []contract.Agency, err error) {
	if err := s.c.Policy.Check(actor, ActionManage, policy.Page); err != nil {
		return nil, nil, err
	}
	all, err := listHalls(ctx, s.c.DB)
	if err != nil {
		return nil, nil, err
	}
	for _, h := range all {
		if s.c.Policy.Check(actor, ActionManage, inHall(h)) == nil {
			halls = append(halls, h)
		}
	}
	agencies, err = s.c.Agencies.Agencies(ctx, actor.Division)
	return halls, agencies, err
}

// ManagedHall returns a hall with its windows and devices, to be set up.
func (s *Service) ManagedHall(ctx context.Context, actor auth.Principal, id string) (Hall, []Window, []Device, error) {
	h, err := s.manages(ctx, actor, id)
	if err != nil {
		return Hall{}, nil, nil, err
	}
	windows, err := windowsOf(ctx, s.c.DB, id)
	if err != nil {
		return Hall{}, nil, nil, err
	}
	devices, err := devicesOf(ctx, s.c.DB, id)
	return h, windows, devices, err
}

func (s *Service) manages(ctx context.Context, actor auth.Principal, hall string) (Hall, error) {
	if err := s.c.Policy.Check(actor, ActionManage, policy.Page); err != nil {
		return Hall{}, err
	}
	h, err := hallByID(ctx, s.c.DB, hall)
	if err != nil {
		return Hall{}, err
	}
	return h, s.c.Policy.Check(actor, ActionManage, inHall(h))
}

// MakeHall adds a hall and returns its id.
func (s *Service) MakeHall(ctx context.Context, actor auth.Principal, in HallInput) (string, error) {
	if err := s.c.Policy.Check(actor, ActionManage, policy.Page); err != nil {
		return "", err
	}
	if err := in.check(); err != nil {
		return "", err
	}
	agency, err := s.c.Agencies.Agency(ctx, in.Agency)
	if fault.KindOf(err) == fault.NotFound {
		var f fault.Form
		f.Add("agency", "counter.field.missing")
		return "", f.Err()
	}
	if err != nil {
		return "", err
	}
	h := Hall{ID: s.c.NewID(), Agency: agency.ID, Division: agency.Division}
	if err := s.c.Policy.Check(actor, ActionManage, inHall(h)); err != nil {
		return "", err
	}
	h = h.with(in)
	h.Edition, h.Changed = 1, s.now()
	return h.ID, s.c.DB.InTx(ctx, func(ctx context.Context, tx db.Tx) error {
		if err := putHall(ctx, tx, h); err != nil {
			return err
		}
		return s.hallChanged(ctx, tx, actor, h, "made")
	})
}

func (h Hall) with(in HallInput) Hall {
	h.Name, h.Address, h.Hours, h.Notice = in.Name, in.Address, in.Hours, in.Notice
	h.Phone, h.Kinds, h.Priorities, h.Open, h.Networks = in.Phone, in.Kinds, in.Priorities, in.Open, in.Networks
	return h
}

// ChangeHall changes a hall. Of two who change it at once the second is told.
func (s *Service) ChangeHall(ctx context.Context, actor auth.Principal, id string, in HallInput) error {
	h, err := s.manages(ctx, actor, id)
	if err != nil {
		return err
	}
	if err := in.check(); err != nil {
		return err
	}
	h = h.with(in)
	h.Changed = s.now()
	return s.c.DB.InTx(ctx, func(ctx context.Context, tx db.Tx) error {
		ok, err := updateHall(ctx, tx, h, in.Edition)
		if err != nil {
			return err
		}
		if !ok {
			return ErrEdition
		}
		return s.hallChanged(ctx, tx, actor, h, "changed")
	})
}

func (s *Service) hallChanged(ctx context.Context, tx db.Tx, actor auth.Principal, h Hall, what string) error {
	m := event.Meta{Actor: actor, Object: "counter_hall:" + h.ID}
	return s.c.Events.Record(ctx, tx, m, HallChanged{Hall: h.ID, Agency: h.Agency, What: what, At: s.now()})
}
