package scan_test

import (
	"bufio"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/tongban/tongban/internal/kit/fault"
	"github.com/tongban/tongban/internal/kit/scan"
)

// eicar is the harmless text that every scanner finds.
const eicar = `X5O!P%@AP[4\PZX54(P^)7CC)7}$EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*`

// clamd speaks the protocol as the daemon does: it reads chunks until an empty
// one, and answers once.
func clamd(t *testing.T, network, address string, limit int, answer func(body string) string) string {
	t.Helper()
	l, err := (&net.ListenConfig{}).Listen(t.Context(), network, address)
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	t.Cleanup(func() {
		if err := l.Close(); err != nil {
			t.Error(err)
		}
		<-done
	})
	go func() {
		defer close(done)
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			serve(c, limit, answer)
		}
	}()
	return l.Addr().String()
}

func serve(c net.Conn, limit int, answer func(string) string) {
	defer c.Close() //nolint:errcheck // a test
	r := bufio.NewReader(c)
	if cmd, err := r.ReadString(0); err != nil || cmd != "zINSTREAM\x00" {
		_, _ = io.WriteString(c, "UNKNOWN COMMAND\x00")
		return
	}
	var body strings.Builder
	for {
		var n uint32
		if binary.Read(r, binary.BigEndian, &n) != nil {
			return
		}
		if n == 0 {
			break
		}
		if _, err := io.CopyN(&body, r, int64(n)); err != nil {
			return
		}
		if limit > 0 && body.Len() > limit {
			_, _ = io.WriteString(c, "INSTREAM size limit exceeded. ERROR\x00")
			return
		}
	}
	_, _ = io.WriteString(c, answer(body.String()))
}

func honest(body string) string {
	if strings.Contains(body, eicar) {
		return "stream: Win.Test.EICAR_HDB-1 FOUND\x00"
	}
	return "stream: OK\x00"
}

func TestScan(t *testing.T) {
	t.Parallel()
	for name, x := range map[string]struct {
		body   string
		answer func(string) string
		limit  int
		want   error
	}{
		"clean":        {"a plan", honest, 0, nil},
		"empty":        {"", honest, 0, nil},
		"large":        {strings.Repeat("x", 300<<10), honest, 0, nil},
		"malware":      {"before " + eicar, honest, 0, scan.ErrFound},
		"behind chunk": {strings.Repeat("x", 128<<10) + eicar, honest, 0, scan.ErrFound},
		"too long":     {strings.Repeat("x", 300<<10), honest, 100 << 10, scan.ErrDown},
		"in trouble":   {"a plan", func(string) string { return "stream: Can't allocate memory ERROR\x00" }, 0, scan.ErrDown},
		"no answer":    {"a plan", func(string) string { return "" }, 0, scan.ErrDown},
		"nonsense":     {"a plan", func(string) string { return "OK\x00" }, 0, scan.ErrDown},
		"endless":      {"a plan", func(string) string { return strings.Repeat("x", 100<<10) }, 0, scan.ErrDown},
	} {
		c, err := scan.New(clamd(t, "tcp", "127.0.0.1:0", x.limit, x.answer), 0)
		if err != nil {
			t.Fatal(err)
		}
		if err := c.Scan(t.Context(), strings.NewReader(x.body)); !errors.Is(err, x.want) || x.want == nil && err != nil {
			t.Errorf("%s: %v, want %v", name, err, x.want)
		}
	}
}

func TestScanOverASocket(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "c")
	clamd(t, "unix", path, 0, honest)
	c, err := scan.New("unix:"+path, 0)
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Scan(t.Context(), strings.NewReader(eicar)); !errors.Is(err, scan.ErrFound) {
		t.Error(err)
	}
}

func TestNobodyLooks(t *testing.T) {
	t.Parallel()
	addr := clamd(t, "tcp", "127.0.0.1:0", 0, func(string) string { <-t.Context().Done(); return "" }) // never in time
	slow, err := scan.New(addr, 50*time.Millisecond)
	if err != nil {
		t.Fatal(err)
	}
	if err := slow.Scan(t.Context(), strings.NewReader("x")); !errors.Is(err, scan.ErrDown) || fault.KindOf(err) != fault.Unavailable {
		t.Errorf("a scanner that hangs: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := slow.Scan(ctx, strings.NewReader("x")); !errors.Is(err, scan.ErrDown) {
		t.Errorf("a caller that has gone: %v", err)
	}
	gone, err := scan.New("127.0.0.1:1", time.Second)
	if err != nil {
		t.Fatal(err)
	}
	if err := gone.Scan(t.Context(), strings.NewReader("x")); !errors.Is(err, scan.ErrDown) {
		t.Errorf("a scanner that is not there: %v", err)
	}
	broken := io.MultiReader(strings.NewReader("x"), failing{})
	if err := slow.Scan(t.Context(), broken); err == nil || errors.Is(err, scan.ErrDown) {
		t.Errorf("a file that breaks off: %v", err)
	}
	for _, bad := range []string{"", "localhost", "unix:"} {
		if _, err := scan.New(bad, 0); err == nil {
			t.Errorf("%q is an address", bad)
		}
	}
}

type failing struct{}

func (failing) Read([]byte) (int, error) { return 0, errors.New("gone") }
