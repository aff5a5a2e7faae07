package web

import (
	"net/http/httptest"
	"net/netip"
	"testing"
)

func TestOnlyATrustedProxyTellsForWhomItAsks(t *testing.T) {
	t.Parallel()
	trusted := []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("10.1.0.0/16")}
	for _, tt := range []struct{ name, peer, header, want string }{
		{"no proxy", "203.0.113.7:5000", "", "203.0.113.7:0"},
		{"a stranger claims to be another", "203.0.113.7:5000", "198.51.100.1", "203.0.113.7:0"},
		{"the proxy tells", "127.0.0.1:5000", "198.51.100.1", "198.51.100.1:0"},
		{"the client wrote a line before the proxy's", "127.0.0.1:5000", "1.1.1.1, 198.51.100.1", "198.51.100.1:0"},
		{"two proxies", "127.0.0.1:5000", "1.1.1.1, 198.51.100.1, 10.1.2.3", "198.51.100.1:0"},
		{"rubbish behind a proxy", "127.0.0.1:5000", "unknown", "127.0.0.1:0"},
		{"the proxy asks for itself", "127.0.0.1:5000", "", "127.0.0.1:0"},
		{"a mapped address", "127.0.0.1:5000", "::ffff:198.51.100.1", "198.51.100.1:0"},
		{"version six", "[2001:db8::1]:5000", "", "[2001:db8::1]:0"},
	} {
		r := httptest.NewRequest("GET", "/", nil)
		r.RemoteAddr = tt.peer
		if tt.header != "" {
			r.Header.Set("X-Forwarded-For", tt.header)
		}
		if got := clientAddress(r, trusted); got != tt.want {
			t.Errorf("%s: %s, want %s", tt.name, got, tt.want)
		}
	}
}
