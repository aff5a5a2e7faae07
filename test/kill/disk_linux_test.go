package kill

import (
	"crypto/rand"
	"errors"
	"fmt"
	"math"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"unsafe"
)

// disk is what the data folder of a platform lies on. Once it is full, whatever
// would make a file in the folder longer fails with ENOSPC, as the kernel says it of
// a full disk; what was set aside is still written. Mounting a small disk would need
// a right that many machines do not give: this needs none. The platform runs under a
// filter of system calls (seccomp_unotify(2)) that asks the test before each write.
type disk struct {
	data string
	full atomic.Bool
}

// Numbers of linux/seccomp.h, which the standard library does not have.
const (
	setFilter    = 1 // SECCOMP_SET_MODE_FILTER
	newListener  = 8 // SECCOMP_FILTER_FLAG_NEW_LISTENER
	noPrivileges = 38
	retAllow     = 0x7fff0000
	retAsk       = 0x7fc00000 // SECCOMP_RET_USER_NOTIF
	ioctlReceive = 0xc0502100 // SECCOMP_IOCTL_NOTIF_RECV
	ioctlAnswer  = 0xc0182101 // SECCOMP_IOCTL_NOTIF_SEND
	goOn         = 1          // SECCOMP_USER_NOTIF_FLAG_CONTINUE
)

// sysSeccomp is the number of seccomp(2).
func sysSeccomp() uintptr {
	if runtime.GOARCH == "amd64" {
		return 317
	}
	return 277 // arm64 and what came after it
}

// writes are the calls that make files longer, and which argument names the file.
var writes = map[int32]int{
	syscall.SYS_WRITE: 0, syscall.SYS_PWRITE64: 0, syscall.SYS_WRITEV: 0, syscall.SYS_FALLOCATE: 0, syscall.SYS_SENDFILE: 0, syscall.SYS_SPLICE: 2,
}

type question struct {
	id    uint64
	tid   uint32
	flags uint32
	nr    int32
	arch  uint32
	at    uint64
	args  [6]uint64
}

type answer struct {
	id    uint64
	value int64
	err   int32
	flags uint32
}

// Two names by which the test binary is told to start the platform under a filter.
const (
	envBinary = "KILL_TEST_BINARY"
	envSocket = "KILL_TEST_SOCKET"
)

func TestMain(m *testing.M) {
	if binary := os.Getenv(envBinary); binary != "" {
		fmt.Fprintln(os.Stderr, "cannot start under a filter:", filtered(binary, os.Getenv(envSocket)))
		os.Exit(1)
	}
	os.Exit(m.Run())
}

// filtered turns this process into binary, whose writes are asked for at socket.
func filtered(binary, socket string) error {
	runtime.LockOSThread() // the filter is that of the thread that becomes the binary
	fd, err := syscall.Socket(syscall.AF_UNIX, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		return err
	}
	if err := syscall.Connect(fd, &syscall.SockaddrUnix{Name: socket}); err != nil {
		return err
	}
	// Load the number of the call, and ask for each that writes.
	code := []syscall.SockFilter{{Code: syscall.BPF_LD | syscall.BPF_W | syscall.BPF_ABS}}
	left := len(writes)
	for nr := range writes {
		code = append(code, syscall.SockFilter{Code: syscall.BPF_JMP | syscall.BPF_JEQ | syscall.BPF_K, Jt: uint8(left), K: uint32(nr)})
		left--
	}
	code = append(code, syscall.SockFilter{Code: syscall.BPF_RET, K: retAllow}, syscall.SockFilter{Code: syscall.BPF_RET, K: retAsk})
	program := syscall.SockFprog{Len: uint16(len(code)), Filter: &code[0]}
	env := os.Environ()
	if _, _, e := syscall.RawSyscall6(syscall.SYS_PRCTL, noPrivileges, 1, 0, 0, 0, 0); e != 0 {
		return fmt.Errorf("prctl: %w", e)
	}
	listener, _, e := syscall.RawSyscall(sysSeccomp(), setFilter, newListener, uintptr(unsafe.Pointer(&program)))
	if e != 0 {
		return fmt.Errorf("seccomp: %w", e)
	}
	if err := syscall.Sendmsg(fd, []byte{0}, syscall.UnixRights(int(listener)), nil, 0); err != nil {
		return err
	}
	return syscall.Exec(binary, append([]string{binary}, os.Args[1:]...), env)
}

// onDisk returns a program that runs the binary with its data on a disk of its own.
func onDisk(t *testing.T, binary, data string) (program string, d *disk) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	d = &disk{data: data}
	socket := "@tongban-" + rand.Text() // in no folder: the path of one may be too long
	l, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go d.attend(l)
	script := fmt.Sprintf("#!/bin/sh\n%s=%q %s=%q exec %q \"$@\"\n", envBinary, binary, envSocket, socket, self)
	program = filepath.Join(t.TempDir(), "tongban")
	if err := os.WriteFile(program, []byte(script), 0o700); err != nil {
		t.Fatal(err)
	}
	return program, d
}

// attend answers for each process that comes, until no more can come.
func (d *disk) attend(l net.Listener) {
	for {
		c, err := l.Accept()
		if err != nil {
			return
		}
		listener, err := received(c.(*net.UnixConn))
		_ = c.Close()
		if err == nil {
			go d.decide(listener)
		}
	}
}

// received is the file that came over a connection.
func received(c *net.UnixConn) (int, error) {
	rights := make([]byte, syscall.CmsgSpace(4))
	_, n, _, _, err := c.ReadMsgUnix(make([]byte, 1), rights)
	if err != nil {
		return 0, err
	}
	messages, err := syscall.ParseSocketControlMessage(rights[:n])
	if err != nil || len(messages) != 1 {
		return 0, errors.Join(err, errors.New("no file came"))
	}
	files, err := syscall.ParseUnixRights(&messages[0])
	if err != nil {
		return 0, err
	}
	return files[0], nil
}

// decide answers whether a process may write, until it ends.
func (d *disk) decide(listener int) {
	defer func() { _ = syscall.Close(listener) }()
	wait, err := syscall.EpollCreate1(syscall.EPOLL_CLOEXEC)
	if err != nil {
		return
	}
	defer func() { _ = syscall.Close(wait) }()
	if err := syscall.EpollCtl(wait, syscall.EPOLL_CTL_ADD, listener, &syscall.EpollEvent{Events: syscall.EPOLLIN}); err != nil {
		return
	}
	events := make([]syscall.EpollEvent, 1)
	for {
		if _, err := syscall.EpollWait(wait, events, -1); errors.Is(err, syscall.EINTR) {
			continue
		} else if err != nil || events[0].Events&syscall.EPOLLHUP != 0 { // nobody is left to ask
			return
		}
		var q question
		if _, _, e := syscall.Syscall(syscall.SYS_IOCTL, uintptr(listener), ioctlReceive, uintptr(unsafe.Pointer(&q))); e != 0 {
			continue // who asked was interrupted, and asks again
		}
		a := answer{id: q.id, flags: goOn}
		if d.full.Load() && d.grows(q) {
			a = answer{id: q.id, err: -int32(syscall.ENOSPC)}
		}
		_, _, _ = syscall.Syscall(syscall.SYS_IOCTL, uintptr(listener), ioctlAnswer, uintptr(unsafe.Pointer(&a)))
	}
}

// grows reports whether a call makes a file on the disk longer.
func (d *disk) grows(q question) bool {
	fd := q.args[writes[q.nr]]
	file := fmt.Sprintf("/proc/%d/fd/%d", q.tid, fd)
	path, err := os.Readlink(file)
	if err != nil || !strings.HasPrefix(path, d.data+"/") {
		return false
	}
	info, err := os.Stat(file) // the file itself, also where it was taken out of its folder
	if err != nil {
		return false
	}
	switch q.nr {
	case syscall.SYS_PWRITE64:
		return int64(q.args[3]+q.args[2]) > info.Size()
	case syscall.SYS_WRITE:
		return d.position(q.tid, fd)+int64(q.args[2]) > info.Size()
	}
	return true
}

// position is where the next write of a file goes; where that cannot be told, it is
// taken for the end.
func (d *disk) position(tid uint32, fd uint64) int64 {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/fdinfo/%d", tid, fd))
	var at, flags int64
	if _, scanned := fmt.Sscanf(string(text), "pos: %d\nflags: %o", &at, &flags); err != nil || scanned != nil || flags&syscall.O_APPEND != 0 {
		return math.MaxInt32
	}
	return at
}
