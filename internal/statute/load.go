package statute

import (
	"embed"
	"fmt"
	"io/fs"
	"path"
	"slices"

	"github.com/goccy/go-yaml"
)

//go:embed procedures/*.yaml
var shipped embed.FS

// firstOwn is the first number of an edition that an installation brings: the
// program counts its own from 1, and both may get new ones.
const firstOwn = 100

// LoadProcedures reads the procedures that the program ships with.
func LoadProcedures() (*Procedures, error) { return ReadProcedures(shipped) }

// LoadProceduresWith reads the procedures that the program ships with and the
// editions that an installation brings of them, *.yaml in the root of own. Whatever
// is wrong with one of them is an error: a case follows what was checked.
func LoadProceduresWith(own fs.FS) (*Procedures, error) {
	ps, err := LoadProcedures()
	if err != nil {
		return nil, err
	}
	names, err := fs.Glob(own, "*.yaml")
	if err != nil {
		return nil, fmt.Errorf("list procedures: %w", err)
	}
	for _, name := range names {
		p, err := readProcedure(own, name)
		if err != nil {
			return nil, err
		}
		if _, err := ps.Get(p.ID); err != nil {
			return nil, fmt.Errorf("%s: the program has no procedure %q; an installation may bring editions of those that it has", name, p.ID)
		}
		if p.Version < firstOwn {
			return nil, fmt.Errorf("%s: version %d: editions of an installation count from %d, lower numbers are the program's", name, p.Version, firstOwn)
		}
		ps.list = append(ps.list, p)
	}
	return ps, ps.check()
}

// ReadProcedures reads procedures/*.yaml of files and checks each. The newest
// edition stands in <id>.yaml, an older one in <id>@<version>.yaml.
func ReadProcedures(files fs.FS) (*Procedures, error) {
	names, err := fs.Glob(files, "procedures/*.yaml")
	if err != nil {
		return nil, fmt.Errorf("list procedures: %w", err)
	}
	var ps Procedures
	read := map[*Procedure]string{}
	for _, name := range names {
		p, err := readProcedure(files, name)
		if err != nil {
			return nil, err
		}
		ps.list, read[p] = append(ps.list, p), name
	}
	if err := ps.check(); err != nil {
		return nil, err
	}
	for _, p := range ps.All() {
		if want := "procedures/" + p.ID + ".yaml"; read[p] != want {
			return nil, fmt.Errorf("%s: the newest edition of %s belongs in %s", read[p], p.ID, want)
		}
	}
	return &ps, nil
}

// readProcedure reads one edition, whose file is named after it.
func readProcedure(files fs.FS, name string) (*Procedure, error) {
	text, err := fs.ReadFile(files, name)
	if err != nil {
		return nil, fmt.Errorf("read procedure: %w", err)
	}
	p, err := ParseProcedure(text)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	is := path.Base(name)
	if is != p.ID+".yaml" && is != p.file() {
		return nil, fmt.Errorf("%s: is edition %d of %s, so the file is %s.yaml or, when it is no longer the newest, %s", name, p.Version, p.ID, p.ID, p.file())
	}
	return p, nil
}

// file is the name of an edition that is not the newest.
func (p *Procedure) file() string { return fmt.Sprintf("%s@%d.yaml", p.ID, p.Version) }

// The file form of a procedure.
type (
	procedureFile struct {
		ID          string           `yaml:"id"`
		Version     int              `yaml:"version"` // absent is 1
		Name        Text             `yaml:"name"`
		Initial     string           `yaml:"initial"`
		States      []stateFile      `yaml:"states"`
		Documents   []documentFile   `yaml:"documents"`
		Decision    int              `yaml:"decision_days"`
		Extension   int              `yaml:"extension_days"`
		ExtensionBy Text             `yaml:"extension_by"`
		NoExtension Text             `yaml:"no_extension"`
		Transitions []transitionFile `yaml:"transitions"`
	}
	stateFile struct {
		ID      string    `yaml:"id"`
		Name    Text      `yaml:"name"`
		Actors  []Role    `yaml:"actors"`
		Clock   ClockKind `yaml:"clock"`
		NoClock Text      `yaml:"no_clock"`
		Final   bool      `yaml:"final"`
		Outcome Outcome   `yaml:"outcome"`
	}
	documentFile struct {
		Kind    string `yaml:"kind"`
		Name    Text   `yaml:"name"`
		Article string `yaml:"article"`
	}
	transitionFile struct {
		From      []string      `yaml:"from"`
		Action    string        `yaml:"action"`
		To        string        `yaml:"to"`
		Name      Text          `yaml:"name"`
		Roles     []Role        `yaml:"roles"`
		Document  string        `yaml:"document"`
		Clocks    []effectsFile `yaml:"clocks"`
		Automatic bool          `yaml:"automatic"`
		Deemed    bool          `yaml:"deemed"`
		Reasons   bool          `yaml:"reasons"`
		Article   string        `yaml:"article"`
	}
	effectsFile struct {
		Clock ClockKind `yaml:"clock"`
		Entry EntryKind `yaml:"entry"`
	}
)

// ParseProcedure reads one procedure and checks it. Keys that it does not know
// are errors: a misspelt clock would be a clock that never runs.
func ParseProcedure(text []byte) (*Procedure, error) {
	var f procedureFile
	if err := yaml.UnmarshalWithOptions(text, &f, yaml.Strict()); err != nil {
		return nil, fmt.Errorf("parse procedure: %w", err)
	}
	p := &Procedure{
		ID: f.ID, Version: max(f.Version, 1), Name: f.Name, Initial: f.Initial,
		DecisionDays: f.Decision, ExtensionDays: f.Extension, ExtensionBy: f.ExtensionBy, NoExtension: f.NoExtension,
	}
	for _, s := range f.States {
		p.States = append(p.States, ProcedureState(s))
	}
	for _, d := range f.Documents {
		p.Documents = append(p.Documents, Document(d))
	}
	for _, t := range f.Transitions {
		p.transitions = append(p.transitions, t.steps()...)
	}
	if err := p.check(); err != nil {
		return nil, err
	}
	return p, nil
}

// steps is one transition per state that it leads out of.
func (t transitionFile) steps() []Transition {
	effects := make([]ClockEffect, len(t.Clocks))
	for i, e := range t.Clocks {
		effects[i] = ClockEffect(e)
	}
	out := make([]Transition, len(t.From))
	for i, from := range t.From {
		out[i] = Transition{
			From: from, Action: t.Action, To: t.To, Name: t.Name, Roles: slices.Clone(t.Roles),
			Document: t.Document, Clocks: effects, Automatic: t.Automatic, Deemed: t.Deemed,
			Reasons: t.Reasons, Article: t.Article,
		}
	}
	return out
}

// Shipped are the files of the procedures that the program ships with, for whoever
// writes an edition of one of them.
func Shipped() fs.FS { return shipped }
