// Package scan has files looked at for malware by ClamAV.
//
// It speaks INSTREAM of the clamd protocol (clamd(8)): the file goes over the
// connection in chunks, and nothing of it is written to disk on the way.
package scan

import (
	"bufio"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"time"

	"github.com/tongban/tongban/internal/kit/fault"
)

// Faults of this package.
var (
	// ErrFound means that the file holds malware. The name of it is for the log.
	ErrFound = fault.New(fault.Invalid, "scan.found")
	// ErrDown means that nobody looked at the file.
	ErrDown = fault.New(fault.Unavailable, "scan.down")
)

// ClamAV is a clamd that listens at an address.
type ClamAV struct {
	network, address string
	wait             time.Duration
}

// New returns the scanner at host:port, or at unix:/path of a socket. wait
// bounds one scan; zero is a minute.
func New(address string, wait time.Duration) (*ClamAV, error) {
	if wait == 0 {
		wait = time.Minute
	}
	if path, ok := strings.CutPrefix(address, "unix:/"); ok {
		return &ClamAV{"unix", "/" + path, wait}, nil
	}
	if _, port, err := net.SplitHostPort(address); err != nil || port == "" {
		return nil, errors.New("scanner: host:port or unix:/path is needed")
	}
	return &ClamAV{"tcp", address, wait}, nil
}

// chunk is how much is sent at once; clamd bounds the whole by StreamMaxLength.
const chunk = 64 << 10

// maxReply bounds the answer.
const maxReply = 4 << 10

// Scan returns nil for a clean file, ErrFound for malware, and ErrDown where
// nobody looked: then the file must not be taken for clean.
func (c *ClamAV) Scan(ctx context.Context, r io.Reader) error {
	ctx, cancel := context.WithTimeout(ctx, c.wait)
	defer cancel()
	conn, err := (&net.Dialer{}).DialContext(ctx, c.network, c.address)
	if err != nil {
		return ErrDown.Wrap(err)
	}
	defer conn.Close() //nolint:errcheck // the answer has come, or has not
	// The deadline of the context ends reads and writes too.
	stop := context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) })
	defer stop()
	sending := send(conn, r)
	if errors.Is(sending, errSource) {
		return sending
	}
	reply, err := bufio.NewReader(io.LimitReader(conn, maxReply)).ReadString(0)
	if err != nil {
		return ErrDown.Wrap(errors.Join(sending, err))
	}
	return verdict(strings.TrimSuffix(reply, "\x00"))
}

// errSource is a fault of the file's own reader, not of the scanner.
var errSource = errors.New("read file to scan")

// send streams the file. clamd breaks off where the file is longer than it
// takes; its answer says so.
func send(conn net.Conn, r io.Reader) error {
	if _, err := conn.Write([]byte("zINSTREAM\x00")); err != nil {
		return err
	}
	buf := make([]byte, 4+chunk)
	for {
		n, reading := io.ReadFull(r, buf[4:])
		if n > 0 {
			binary.BigEndian.PutUint32(buf, uint32(n)) //nolint:gosec // at most a chunk
			if _, err := conn.Write(buf[:4+n]); err != nil {
				return err
			}
		}
		switch {
		case errors.Is(reading, io.EOF) || errors.Is(reading, io.ErrUnexpectedEOF):
			_, err := conn.Write([]byte{0, 0, 0, 0})
			return err
		case reading != nil:
			return fmt.Errorf("%w: %w", errSource, reading)
		}
	}
}

// verdict reads "stream: OK", "stream: Eicar-Signature FOUND" or an error.
func verdict(reply string) error {
	answer, ok := strings.CutPrefix(reply, "stream: ")
	switch {
	case ok && answer == "OK":
		return nil
	case ok && strings.HasSuffix(answer, " FOUND"):
		return ErrFound.Wrap(errors.New(strings.TrimSuffix(answer, " FOUND")))
	}
	return ErrDown.Wrap(fmt.Errorf("clamd says %.200q", reply))
}
