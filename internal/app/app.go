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

	"github.com/tongban/tongban/internal/kit/config"
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
		switch {
		case errors.Is(err, flag.ErrHelp):
			usage(stdout)
		case err != nil:
			fmt.Fprintln(stderr, "tongban "+c.name+":", err)
			return exitFailed
		}
		return exitOK
	}
	fmt.Fprintf(stderr, "tongban: there is no command %q\n\n", args[0])
	usage(stderr)
	return exitUsage
}

func usage(w io.Writer) {
	fmt.Fprintln(w, "通办 Tongban: government services, handled in one place.\n\nUsage: tongban COMMAND [--flags]")
	fmt.Fprintln(w)
	for _, c := range commands() {
		fmt.Fprintf(w, "  %-9s %s\n", c.name, c.about)
	}
}

func describe(_ context.Context, p process) error {
	c, err := config.Load(p.args, p.getenv)
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
