package counter

import (
	"net/netip"
	"slices"
	"strings"

	"github.com/tongban/tongban/internal/kit/fault"
)

// MaxNetworks is how many networks a hall may name.
const MaxNetworks = 20

// TakesFrom reports whether tickets of the hall may be taken from an address: from
// anywhere, or from the networks that the hall names.
func (h Hall) TakesFrom(address string) bool {
	if len(h.Networks) == 0 {
		return true
	}
	a, err := netip.ParseAddr(address)
	if err != nil {
		return false
	}
	a = a.Unmap().WithZone("")
	return slices.ContainsFunc(h.Networks, func(n string) bool {
		p, err := netip.ParsePrefix(n)
		return err == nil && p.Contains(a)
	})
}

// checkNetworks brings networks into one form: an address alone is itself, what
// stands behind the length of a prefix does not count, and twice is once.
func (in *HallInput) checkNetworks(f *fault.Form) {
	var list []string
	for _, n := range in.Networks {
		if n = strings.TrimSpace(n); n == "" {
			continue
		}
		p, ok := network(n)
		if !ok {
			f.Add("networks", "counter.hall.network", "network", clip(n, 50))
			return
		}
		if !slices.Contains(list, p.String()) {
			list = append(list, p.String())
		}
	}
	if len(list) > MaxNetworks {
		f.Add("networks", "counter.hall.networks_many", "max", MaxNetworks)
		return
	}
	in.Networks = list
}

func network(text string) (netip.Prefix, bool) {
	if a, err := netip.ParseAddr(text); err == nil && a.Zone() == "" {
		a = a.Unmap()
		return netip.PrefixFrom(a, a.BitLen()), true
	}
	p, err := netip.ParsePrefix(text)
	if err != nil {
		return netip.Prefix{}, false
	}
	if p.Addr().Is4In6() { // addresses come unmapped: a prefix of mapped ones would never match
		if p.Bits() < 96 {
			return netip.Prefix{}, false
		}
		p = netip.PrefixFrom(p.Addr().Unmap(), p.Bits()-96)
	}
	return p.Masked(), true
}
