// Command licences collects the licence texts of everything that the binary
// contains, from the module cache and from the installed npm packages.
//
// It is run by make before the binary is built; the output is embedded and
// printed by "tongban licences".
package main

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

func main() {
	root := flag.String("root", "..", "the project")
	out := flag.String("out", "", "file to write")
	flag.Parse()
	if err := run(*root, *out); err != nil {
		fmt.Fprintln(os.Stderr, "licences:", err)
		os.Exit(1)
	}
}

// npm lists the packages of which a part ends up in the binary, with who holds
// the rights where a package brings no licence file.
var npm = map[string]string{
	"govuk-frontend":                  "Copyright (c) Crown Copyright (Government Digital Service)",
	"@expo-google-fonts/noto-sans-sc": "",
}

// mit is the text that package.json means by "MIT".
//
//go:embed mit.txt
var mit string

type part struct {
	name, version, dir string
	text               string // where the folder has no licence file
}

func run(root, out string) error {
	parts, err := modules(root)
	if err != nil {
		return err
	}
	for _, name := range slices.Sorted(maps.Keys(npm)) {
		p, err := npmPackage(filepath.Join(root, "web", "node_modules", name), npm[name])
		if err != nil {
			return err
		}
		parts = append(parts, p)
	}
	var b bytes.Buffer
	b.WriteString("Tongban contains the following works of others, under the licences below.\n")
	for _, p := range parts {
		if err := write(&b, p); err != nil {
			return err
		}
	}
	return os.WriteFile(out, b.Bytes(), 0o600)
}

// modules asks for the modules of which a package is linked, and the Go standard library.
func modules(root string) ([]part, error) {
	cmd := exec.Command("go", "list", "-deps", "-json=Module", "./cmd/tongban")
	cmd.Dir, cmd.Stderr = root, os.Stderr
	raw, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("go list: %w", err)
	}
	seen := map[string]part{}
	for dec := json.NewDecoder(bytes.NewReader(raw)); ; {
		var p struct {
			Module *struct {
				Path, Version, Dir string
				Main               bool
			}
		}
		if err := dec.Decode(&p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return nil, fmt.Errorf("read go list: %w", err)
		}
		if p.Module != nil && !p.Module.Main {
			seen[p.Module.Path] = part{name: p.Module.Path, version: p.Module.Version, dir: p.Module.Dir}
		}
	}
	goroot, err := exec.Command("go", "env", "GOROOT", "GOVERSION").Output()
	if err != nil {
		return nil, fmt.Errorf("go env: %w", err)
	}
	env := strings.Fields(string(goroot))
	parts := []part{{name: "The Go standard library", version: env[1], dir: env[0]}}
	for _, name := range sortedKeys(seen) {
		parts = append(parts, seen[name])
	}
	return parts, nil
}

func sortedKeys(m map[string]part) []string {
	var keys []string
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

func npmPackage(dir, holder string) (part, error) {
	raw, err := os.ReadFile(filepath.Join(dir, "package.json"))
	if err != nil {
		return part{}, fmt.Errorf("npm package: %w", err)
	}
	var p struct{ Name, Version, License string }
	if err := json.Unmarshal(raw, &p); err != nil {
		return part{}, fmt.Errorf("%s: %w", dir, err)
	}
	found := part{name: p.Name, version: p.Version, dir: dir}
	if p.License == "MIT" && holder != "" {
		found.text = holder + "\n\n" + mit
	}
	return found, nil
}

var licenceFile = regexp.MustCompile(`(?i)^(licen[cs]e|copying|notice|ofl)([._-].*)?$`)

// write fails for a part without a licence text: better no binary than one that may not be handed on.
func write(b *bytes.Buffer, p part) error {
	entries, err := os.ReadDir(p.dir)
	if err != nil {
		return fmt.Errorf("%s: %w", p.name, err)
	}
	found := false
	for _, e := range entries {
		if e.IsDir() || !licenceFile.MatchString(e.Name()) {
			continue
		}
		text, err := os.ReadFile(filepath.Join(p.dir, e.Name()))
		if err != nil {
			return fmt.Errorf("%s: %w", p.name, err)
		}
		entry(b, p, e.Name(), text)
		found = true
	}
	if !found && p.text != "" {
		entry(b, p, "MIT", []byte(p.text))
		return nil
	}
	if !found {
		return fmt.Errorf("%s %s has no licence file in its folder", p.name, p.version)
	}
	return nil
}

func entry(b *bytes.Buffer, p part, source string, text []byte) {
	fmt.Fprintf(b, "\n%s\n%s %s (%s)\n%s\n%s\n", strings.Repeat("=", 78), p.name, p.version, source,
		strings.Repeat("-", 78), bytes.TrimSpace(text))
}
