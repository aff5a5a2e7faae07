package counter_test

import (
	"errors"
	"slices"
	"testing"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/counter"
	"github.com/tongban/tongban/internal/counter/countertest"
	"github.com/tongban/tongban/internal/kit/auth"
	"github.com/tongban/tongban/internal/kit/fault"
)

// hallAsIs is what an administrator sees in the form of a hall.
func hallAsIs(t *testing.T, w *countertest.World) counter.HallInput {
	t.Helper()
	h, err := w.Hall(t.Context(), counter.DemoHall)
	if err != nil {
		t.Fatal(err)
	}
	return counter.HallInput{
		Name: h.Name, Address: h.Address, Hours: h.Hours, Notice: h.Notice, Phone: h.Phone, Kinds: h.Kinds, Priorities: h.Priorities,
		Open: h.Open, Networks: h.Networks, Edition: h.Edition,
	}
}

func TestTicketsAreTakenInTheNetworksOfTheHallAlone(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *countertest.World) {
		admin := countertest.Staff(auth.RoleAdministrator)
		set := func(networks ...string) error {
			in := hallAsIs(t, w)
			in.Networks = networks
			return w.ChangeHall(t.Context(), admin, counter.DemoHall, in)
		}
		take := func(hall, ip string) error {
			_, err := w.Take(t.Context(), nobody, hall, counter.Take{Kind: "A", IP: ip})
			return err
		}
		if err := take(counter.DemoHall, "203.0.113.9"); err != nil {
			t.Errorf("no network is named, and yet: %v", err)
		}
		for _, bad := range []string{"10.8.3", "10.8.3.0/33", "10.8.3.0/-1", "fd00::/129", "hall.example.org", "fe80::1%eth0", "::ffff:0.0.0.0/90", "10.0.0.0/8 or so", "<script>"} {
			var f *fault.Error
			if err := set("10.0.0.0/8", bad); !errors.As(err, &f) || f.Kind != fault.Invalid {
				t.Errorf("%q: %v", bad, err)
			}
		}
		if err := set(slices.Repeat([]string{"10.8.3.0/24"}, 50)...); err != nil {
			t.Errorf("the same often: %v", err)
		}
		if err := set(" 10.8.3.77/24 ", "10.8.3.0/24", "", "::ffff:192.0.2.0/120", "fd00:12::1/48", "198.51.100.4"); err != nil {
			t.Fatal(err)
		}
		want := []string{"10.8.3.0/24", "192.0.2.0/24", "fd00:12::/48", "198.51.100.4/32"}
		if got := hallAsIs(t, w).Networks; !slices.Equal(got, want) {
			t.Errorf("stored %v, want %v", got, want)
		}
		for ip, may := range map[string]bool{
			"10.8.3.5": true, "10.8.4.5": false, "::ffff:10.8.3.5": true, "192.0.2.200": true, "fd00:12::9": true, "fd00:13::9": false,
			"198.51.100.4": true, "198.51.100.5": false, "": false, "unknown": false,
		} {
			if err := take(counter.DemoHall, ip); may && err != nil || !may && !errors.Is(err, counter.ErrNetwork) {
				t.Errorf("from %q: %v", ip, err)
			}
		}
		if err := take(counter.DemoNeighbour, "203.0.113.9"); err != nil {
			t.Errorf("in another hall: %v", err)
		}
		if err := set(); err != nil {
			t.Fatal(err)
		}
		if err := take(counter.DemoHall, "203.0.113.10"); err != nil {
			t.Errorf("the networks are taken away, and yet: %v", err)
		}
		made, err := w.MakeHall(t.Context(), admin, func() counter.HallInput {
			in := hallAsIs(t, w)
			in.Agency, in.Networks, in.Name = contract.AgencyID(countertest.Agency), []string{"10.9.0.0/16"}, contract.Text{ZH: "分中心", EN: "Branch"}
			return in
		}())
		if err != nil {
			t.Fatal(err)
		}
		if err := take(made, "10.8.0.1"); !errors.Is(err, counter.ErrNetwork) {
			t.Errorf("a new hall: %v", err)
		}
	})
}
