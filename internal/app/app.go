// Package app wires every area together and runs the commands.
//
// It holds no rules and no SQL: it reads the settings, opens the tools, hands
// them to the areas, and puts their pages and operations on one server.
package app

import (
	"context"
	"embed"
	"errors"
	"flag"
	"fmt"
	"io"
	"runtime/debug"
	"strings"

	"github.com/tongban/tongban/internal/kit/config"
	"github.com/tongban/tongban/internal/kit/fault"
	"github.com/tongban/tongban/internal/kit/web"
)

// command is one word after "tongban".
type command struct {
	name, about string
	run         func(ctx context.Context, p process) error
}

// process is what a command gets from outside.
type process struct {
	args   []string
	getenv func(string) string
	out    io.Writer
	err    io.Writer
}

func commands() []command {
	return []command{
		{"serve", "run the platform; --demo --data DIR --listen HOST:PORT --database URL", serve},
		{"check", "lint service packages and run their scenarios: check services/", check},
		{"service", "make and publish a service package: service new|pack|publish; see docs/service-packages.md", servicePackage},
		{"dev", "try service packages while writing them: dev services/ --listen HOST:PORT", dev},
		{"admin", "make the first administrator: admin create NAME AGENCY --data DIR", admin},
		{"replay", "work out every deadline again from what happened, tell differences: replay --data DIR", replay},
		{"procedures", "list editions of procedures, check those of an installation, try a move of running cases: procedures move --dry-run", procedures},
		{"villages", "import villages, the fifth level of divisions: villages FILE --data DIR", villages},
		{"config", "print every setting with its meaning, default and present value", describe},
		{"licences", "print the licences of the works of others in this binary", licences},
		{"version", "print the version", version},
	}
}

// Exit codes.
const (
	exitOK = iota
	exitFailed
	exitUsage
)

// Run executes one command and returns the exit code of the process.
func Run(ctx context.Context, args []string, getenv func(string) string, stdout, stderr io.Writer) int {
	if len(args) == 0 || args[0] == "help" || args[0] == "--help" || args[0] == "-h" {
		usage(stdout)
		return exitOK
	}
	for _, c := range commands() {
		if c.name != args[0] {
			continue
		}
		err := c.run(ctx, process{args[1:], getenv, stdout, stderr})
		return exitCode(c.name, err, stdout, stderr)
	}
	fmt.Fprintf(stderr, "tongban: there is no command %q\n\n", args[0])
	usage(stderr)
	return exitUsage
}

func exitCode(name string, err error, stdout, stderr io.Writer) int {
	if errors.Is(err, flag.ErrHelp) {
		usage(stdout)
		return exitOK
	}
	if err == nil {
		return exitOK
	}
	// PostgreSQL's driver tells each address it tried on a line of its own.
	fmt.Fprintln(stderr, "tongban "+name+":", strings.ReplaceAll(sentence(err), "\n\t", " "))
	if _, ok := errors.AsType[*misuseError](err); ok {
		return exitUsage
	}
	return exitFailed
}

// sentence says an error in words: a fault is known to pages by its code, and to
// who reads a terminal by nothing.
func sentence(err error) string {
	f, ok := errors.AsType[*fault.Error](err)
	if !ok {
		return err.Error()
	}
	return strings.Replace(err.Error(), f.Error(), texts().T(web.EN, f.Code, f.Args...), 1)
}

// misuseError is for the caller to mend: words, flags or settings.
type misuseError struct{ err error }

func (e *misuseError) Error() string { return e.err.Error() }
func (e *misuseError) Unwrap() error { return e.err }

// load reads the settings of a command that takes a number of words beside
// flags. A word too many is refused: "serve demo" is not "serve --demo".
func load(p process, words int, want string) (config.Config, error) {
	c, err := config.Load(p.args, p.getenv)
	if err == nil && len(c.Args) != words {
		err = fmt.Errorf("%s, not %q", want, c.Args)
	}
	if err != nil {
		return c, &misuseError{err}
	}
	return c, nil
}

func usage(w io.Writer) {
	fmt.Fprintln(w, "通办 Tongban: government services, handled in one place.\n\nUsage: tongban COMMAND [--flags]")
	fmt.Fprintln(w)
	for _, c := range commands() {
		fmt.Fprintf(w, "  %-10s %s\n", c.name, c.about)
	}
}

func describe(_ context.Context, p process) error {
	c, err := load(p, 0, "config takes flags alone")
	if err != nil {
		return err
	}
	return c.Describe(p.out)
}

// thirdParty is made by make: the licence texts of everything linked in.
//
//go:embed all:thirdparty
var thirdParty embed.FS

func licences(_ context.Context, p process) error {
	b, err := thirdParty.ReadFile("thirdparty/licences.txt")
	if err != nil {
		return errors.New("this binary was built without the list; build it with make")
	}
	_, err = p.out.Write(b)
	return err
}

// release is set by the linker in released binaries.
var release = "dev"

func version(_ context.Context, p process) error {
	_, err := fmt.Fprintln(p.out, "tongban", versionText())
	return err
}

func versionText() string {
	if release != "dev" {
		return release
	}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return release
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" {
			return release + " " + s.Value
		}
	}
	return release
}
