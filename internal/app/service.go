package app

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/tongban/tongban/internal/catalog"
	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/auth"
	"github.com/tongban/tongban/internal/kit/clock"
	"github.com/tongban/tongban/internal/kit/config"
	"github.com/tongban/tongban/internal/kit/rule"
)

// servicePackage makes, packs and publishes service packages.
func servicePackage(ctx context.Context, p process) error {
	if len(p.args) == 0 {
		return &misuseError{errors.New("say what to do: service new, service pack or service publish")}
	}
	verbs := map[string]func(context.Context, process) error{
		"new": newPackage, "pack": packPackage, "publish": publishPackage,
	}
	verb, ok := verbs[p.args[0]]
	if !ok {
		return &misuseError{fmt.Errorf("service knows new, pack and publish, not %q", p.args[0])}
	}
	p.args = p.args[1:]
	return verb(ctx, p)
}

// newPackage writes the files of a new package, ready to be tried.
func newPackage(_ context.Context, p process) error {
	flags := flag.NewFlagSet("service new", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	item := flags.String("item", "", "implementation code of the item, as in the catalogue")
	department := flags.String("department", "", "for an item that is not on the county's list: the department it is added to")
	if len(p.args) == 0 || p.args[0] == "" || p.args[0][0] == '-' {
		return &misuseError{errors.New("name the folder, as: tongban service new services/my-service --item CODE")}
	}
	folder := p.args[0]
	if err := flags.Parse(p.args[1:]); err != nil || *item == "" || flags.NArg() > 0 {
		return &misuseError{errors.Join(errors.New("as: tongban service new FOLDER --item CODE [--department ID]"), err)}
	}
	files, err := catalog.Scaffold(contract.ItemID(*item), *department)
	if err != nil {
		return err
	}
	if _, err := os.Stat(folder); err == nil {
		return fmt.Errorf("%s is there already", folder)
	}
	for _, name := range files.Names() {
		path := filepath.Join(folder, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
			return fmt.Errorf("new package: %w", err)
		}
		if err := os.WriteFile(path, []byte(files[name]), 0o600); err != nil {
			return fmt.Errorf("new package: %w", err)
		}
		fmt.Fprintln(p.out, path)
	}
	fmt.Fprintf(p.out, "Next: tongban dev %s\n", filepath.Dir(folder))
	return nil
}

// readPackage reads a package from a folder or an archive.
func readPackage(path string) (catalog.Files, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("package: %w", err)
	}
	if info.IsDir() {
		return catalog.ReadFolder(os.DirFS(path))
	}
	if info.Size() > catalog.MaxPackage {
		return nil, catalog.ErrTooLarge
	}
	packed, err := os.ReadFile(path) //nolint:gosec // the caller names the file
	if err != nil {
		return nil, fmt.Errorf("package: %w", err)
	}
	return catalog.ReadZip(packed)
}

// packPackage writes a package folder as an archive.
func packPackage(_ context.Context, p process) (err error) {
	if len(p.args) != 2 {
		return &misuseError{errors.New("as: tongban service pack FOLDER FILE.zip")}
	}
	files, err := readPackage(p.args[0])
	if err != nil {
		return err
	}
	rules, err := rule.New()
	if err != nil {
		return err
	}
	if _, problems := catalog.Load(files, examiner{rules}.Rule); catalog.HasErrors(problems) {
		return fmt.Errorf("%s: %s", p.args[0], problems[0])
	}
	out, err := os.Create(p.args[1])
	if err != nil {
		return fmt.Errorf("pack: %w", err)
	}
	defer func() { err = errors.Join(err, out.Close()) }()
	return files.WriteZip(out)
}

// publishPackage publishes a package into the database of an installation, which
// may be running.
func publishPackage(ctx context.Context, p process) (err error) {
	c, err := config.Load(p.args, p.getenv)
	if err == nil && len(c.Args) != 1 {
		err = errors.New("as: tongban service publish FOLDER|FILE.zip --data DIR")
	}
	if err != nil {
		return &misuseError{err}
	}
	files, err := readPackage(c.Args[0])
	if err != nil {
		return err
	}
	t, err := openTools(ctx, c, clock.System(), p.err)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, t.db.Close()) }()
	a, err := build(ctx, t)
	if err != nil {
		return err
	}
	if err := a.seed(ctx, t); err != nil { // a new installation has no catalogue yet
		return err
	}
	e, version, err := a.catalog.PublishFiles(ctx, auth.SystemPrincipal("command-line"), files)
	for _, problem := range e.Problems {
		fmt.Fprintln(p.out, problem)
	}
	if err != nil {
		return err
	}
	fmt.Fprintf(p.out, "%s: version %d is in force\n", e.Service.Item, version)
	return nil
}
