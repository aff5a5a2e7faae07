package web

import (
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
)

// clientAddress is where a request comes from, as "host:0": the port says
// nothing of a person and would give each connection a limit of its own.
//
// A proxy that we trust tells in X-Forwarded-For for whom it asks. The header is
// read from its end, for only what trusted proxies added can be believed; who
// is not trusted can write whatever they like there.
func clientAddress(r *http.Request, trusted []netip.Prefix) string {
	host := Host(r.RemoteAddr)
	hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for _, hop := range slices.Backward(hops) {
		if !among(trusted, host) {
			break
		}
		a, err := netip.ParseAddr(strings.TrimSpace(hop))
		if err != nil {
			break
		}
		host = a.Unmap().String()
	}
	return net.JoinHostPort(host, "0")
}

// Host is an address without its port: what limits of tries count by.
func Host(address string) string {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return address
	}
	return host
}

func among(trusted []netip.Prefix, host string) bool {
	a, err := netip.ParseAddr(host)
	return err == nil && slices.ContainsFunc(trusted, func(p netip.Prefix) bool { return p.Contains(a.Unmap()) })
}
