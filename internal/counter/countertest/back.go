package countertest

import (
	"context"
	"slices"
	"sync"
	"testing"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/counter"
	"github.com/tongban/tongban/internal/kit/auth"
	"github.com/tongban/tongban/internal/kit/db"
	"github.com/tongban/tongban/internal/kit/fault"
	"github.com/tongban/tongban/internal/kit/id"
	"github.com/tongban/tongban/internal/kit/pdf"
	"github.com/tongban/tongban/internal/statute"
)

// Health is a department that the hall takes in for.
const Health = "11511301008778490F"

// CarrierSecret signs what the carrier EMS tells.
const CarrierSecret = "a secret of the tests"

// Cases are what the rooms behind the window ask of cases.
type Cases struct {
	mu        sync.Mutex
	Papers    map[contract.PaperID]*contract.Paper
	Known     map[string]contract.CaseFacts // by number
	Delivered []contract.Delivery
	Read      int // addresses
	Legs      map[string]int
}

// Official is staff of the department.
func Official(name, role string) auth.Principal {
	return auth.Principal{Kind: auth.Staff, ID: name, Name: name, Roles: []string{role}, Agency: Health, Division: "511602"}
}

func newBack(t testing.TB) (counter.Back, *Cases) {
	t.Helper()
	press, err := pdf.New()
	if err != nil {
		t.Fatal(err)
	}
	c := &Cases{Papers: map[contract.PaperID]*contract.Paper{}, Known: map[string]contract.CaseFacts{}, Legs: map[string]int{}}
	return counter.Back{
		Papers: c, Results: c, Cases: c, Calendars: calendars{statute.NewBook(statute.National()...)}, Press: press, Code: id.Code,
		Carriers: counter.SignedCarriers(map[string]string{"EMS": CarrierSecret}), Couriers: []string{"顺丰"},
	}, c
}

type calendars struct{ b *statute.Book }

// For is the calendar of a region.
func (c calendars) For(region string) *statute.Calendar { return c.b.For(region) }

// Paper puts one into the hall.
func (c *Cases) Paper(name string) contract.PaperID {
	c.mu.Lock()
	defer c.mu.Unlock()
	p := &contract.Paper{
		ID: contract.PaperID(name), Case: "case-1", Number: "5116022026112001010000016", Name: contract.Text{ZH: name, EN: name}, Original: true, Sheets: 2,
		State: contract.PaperAtHall, Keeper: Agency, For: Health, ForName: contract.Text{ZH: "广安区卫生健康局", EN: "Health"}, Hall: Agency,
	}
	c.Papers[p.ID] = p
	return p.ID
}

// PapersToHandOver lists what lies in the hall.
func (c *Cases) PapersToHandOver(_ context.Context, _ db.Q, actor auth.Principal) ([]contract.Paper, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	var list []contract.Paper
	for _, p := range c.Papers {
		if p.State == contract.PaperAtHall && string(p.Hall) == actor.Agency {
			list = append(list, *p)
		}
	}
	return list, nil
}

// MovePapers moves all or none.
func (c *Cases) MovePapers(_ context.Context, _ db.Tx, _ auth.Principal, m contract.PaperMove) ([]contract.Paper, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, x := range m.Papers {
		if p := c.Papers[x]; p == nil || !slices.Contains(m.From, p.State) || m.Claim != "" && p.Ref != m.Claim {
			return nil, fault.New(fault.Conflict, "casework.paper_moved")
		}
	}
	for _, x := range m.Papers {
		c.Papers[x].State, c.Papers[x].Ref = m.To, m.Ref
		if m.To == contract.PaperMissing {
			c.Papers[x].Ref = m.Ref
		}
	}
	return nil, nil
}

// ShelfCase is a case by its number.
func (c *Cases) ShelfCase(_ context.Context, _ auth.Principal, number string, _ contract.AgencyID) (contract.CaseFacts, error) {
	return c.FactsByNumber(context.Background(), auth.Principal{}, number)
}

// FactsByNumber is a case by its number.
func (c *Cases) FactsByNumber(_ context.Context, _ auth.Principal, number string) (contract.CaseFacts, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	f, ok := c.Known[number]
	if !ok {
		return f, fault.New(fault.NotFound, "casework.not_found")
	}
	return f, nil
}

// Deliver notes the proof.
func (c *Cases) Deliver(_ context.Context, _ db.Tx, _ auth.Principal, _ contract.CaseID, how contract.Delivery) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.Delivered = append(c.Delivered, how)
	return nil
}

// DeliveryAddress is always the same.
func (c *Cases) DeliveryAddress(context.Context, db.Tx, auth.Principal, contract.CaseID, contract.AgencyID) (contract.DeliveryChoice, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.Read++
	return contract.DeliveryChoice{Way: contract.DeliverCourier, Name: "周淑芬", Phone: "13900000000", Address: "广安区建安中路 1 号"}, nil
}

// Carrier knows the waybills of the tests.
func (c *Cases) Carrier(_ context.Context, _ db.Tx, e contract.CarrierEvent) (bool, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	_, known := c.Legs[e.Waybill]
	if known {
		c.Legs[e.Waybill]++
	}
	return known, nil
}
