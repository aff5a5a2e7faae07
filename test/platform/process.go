// Package platform starts the real binary and talks to it as a program of
// somebody else would: for tests that kill it and for benchmarks.
package platform

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// Build compiles the binary into dir and returns its path. If TONGBAN_BINARY
// names one, that is taken instead.
func Build(ctx context.Context, dir string) (string, error) {
	if given := os.Getenv("TONGBAN_BINARY"); given != "" {
		return filepath.Abs(given)
	}
	return link(ctx, filepath.Join(dir, "tongban"), "")
}

// BuildAhead compiles a binary whose clock runs ahead, to see days pass.
func BuildAhead(ctx context.Context, dir string, by time.Duration) (string, error) {
	return link(ctx, filepath.Join(dir, "tongban-ahead"), "-X github.com/tongban/tongban/internal/kit/clock.ahead="+by.String())
}

func link(ctx context.Context, binary, flags string) (string, error) {
	cmd := exec.CommandContext(ctx, "go", "build", "-ldflags", flags, "-o", binary, "github.com/tongban/tongban/cmd/tongban") //nolint:gosec // our own
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build: %w\n%s", err, out)
	}
	return binary, nil
}

// Process is a running demonstration platform.
type Process struct {
	URL    string // http://127.0.0.1:...
	cmd    *exec.Cmd
	ended  chan struct{}
	stderr *os.File
	jobs   *jobs
}

// Start runs "serve --demo" of binary on a free port, with its data in data and
// its tables in database (empty: SQLite in data), and more settings, such as
// "--log-level=debug". It returns once the platform answers. What the platform logs goes to log.txt in data.
func Start(ctx context.Context, binary, data, database string, settings ...string) (*Process, error) {
	if err := os.MkdirAll(data, 0o700); err != nil {
		return nil, err
	}
	log, err := os.OpenFile(filepath.Join(data, "log.txt"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600) //nolint:gosec // a test's folder
	if err != nil {
		return nil, err
	}
	told := &jobs{log: log, done: make(chan struct{}, 1)}
	args := []string{"serve", "--demo", "--data", data, "--listen", "127.0.0.1:0", "--log-level", "warn"}
	if database != "" {
		args = append(args, "--database", database)
	}
	args = append(args, settings...)
	cmd := exec.Command(binary, args...) //nolint:gosec,noctx // ended by Stop or Kill, which say how
	cmd.Stderr = told
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	p := &Process{cmd: cmd, ended: make(chan struct{}), stderr: log, jobs: told}
	ready := make(chan string, 1)
	go p.watch(out, ready)
	select {
	case p.URL = <-ready:
		return p, nil
	case <-p.ended:
		text, _ := os.ReadFile(log.Name())
		return nil, fmt.Errorf("the platform does not start:\n%s", text)
	case <-ctx.Done():
		return nil, errors.Join(ctx.Err(), p.Kill())
	}
}

// Until waits for what jobs bring about: it looks at once and after each job that
// the platform has done, until ok says so. The platform tells of jobs at the log
// level debug.
func (p *Process) Until(ctx context.Context, ok func() bool) error {
	for !ok() {
		select {
		case <-p.jobs.done:
		case <-p.ended:
			return errors.New("the platform has ended")
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

// jobs keeps the log and tells when a job is done.
type jobs struct {
	log  io.Writer
	done chan struct{}
}

func (j *jobs) Write(lines []byte) (int, error) {
	if bytes.Contains(lines, []byte("job done")) {
		select {
		case j.done <- struct{}{}:
		default: // who waits has not looked since the one before
		}
	}
	return j.log.Write(lines)
}

// watch reads the platform's output to its end and tells the address.
func (p *Process) watch(out io.Reader, ready chan<- string) {
	defer close(p.ended)
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if _, url, ok := strings.Cut(lines.Text(), "ready at "); ok {
			ready <- strings.TrimSpace(url)
		}
	}
	_ = p.cmd.Wait()
	_ = p.stderr.Close()
}

// Kill ends the process as a power cut would, and waits until it is gone.
func (p *Process) Kill() error {
	err := p.cmd.Process.Kill()
	<-p.ended
	if errors.Is(err, os.ErrProcessDone) {
		return nil
	}
	return err
}

// Stop asks the process to end and waits for it.
func (p *Process) Stop() error {
	if err := p.cmd.Process.Signal(os.Interrupt); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return err
	}
	select {
	case <-p.ended:
		return nil
	case <-time.After(2 * time.Minute): // a busy machine takes its time
		return errors.Join(errors.New("the platform does not stop"), p.Kill())
	}
}

// CPU is the processor time the process has used, on Linux; elsewhere zero.
func (p *Process) CPU() time.Duration { return CPU(p.cmd.Process.Pid) }

// CPU is the processor time that a process has used, on Linux; elsewhere zero.
func CPU(pid int) time.Duration {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0
	}
	// The second field is a name in brackets; user and system time are the 14th and 15th.
	_, rest, _ := strings.Cut(string(text), ") ")
	fields := strings.Fields(rest)
	if len(fields) < 13 {
		return 0
	}
	user, err := strconv.Atoi(fields[11])
	system, err2 := strconv.Atoi(fields[12])
	if err != nil || err2 != nil {
		return 0
	}
	return time.Duration(user+system) * 10 * time.Millisecond // Linux counts in hundredths
}
