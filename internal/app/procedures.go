package app

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"text/tabwriter"

	"github.com/tongban/tongban/internal/casework"
	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/clock"
	"github.com/tongban/tongban/internal/kit/config"
	"github.com/tongban/tongban/internal/statute"
)

// loadProcedures reads the procedures of the program and the editions that the
// installation brings. A folder that was named must be there; the one in the data
// folder need not.
func loadProcedures(c config.Config) (*statute.Procedures, error) {
	dir := c.Procedures
	if dir == "" {
		dir = filepath.Join(c.Data, "procedures")
		if _, err := os.Stat(dir); errors.Is(err, os.ErrNotExist) {
			return statute.LoadProcedures()
		}
	}
	info, err := os.Stat(dir)
	if err != nil {
		return nil, fmt.Errorf("procedures of the installation: %w", err)
	}
	if !info.IsDir() {
		return nil, fmt.Errorf("procedures of the installation: %s is not a folder", dir)
	}
	ps, err := statute.LoadProceduresWith(os.DirFS(dir))
	if err != nil {
		return nil, fmt.Errorf("procedures of the installation in %s: %w", dir, err)
	}
	return ps, nil
}

const procedureUsage = `as: tongban procedures [list] | procedures check | procedures move --dry-run --item ITEM --from VERSION/EDITION --to VERSION/EDITION`

// procedures lists the editions of procedures with their running cases, checks
// those that an installation brings, and tries moves.
func procedures(ctx context.Context, p process) error {
	verb := "list"
	if len(p.args) > 0 && !strings.HasPrefix(p.args[0], "-") {
		verb, p.args = p.args[0], p.args[1:]
	}
	switch verb {
	case "list":
		return withCases(ctx, p, listProcedures)
	case "check":
		return checkProcedures(p)
	case "move":
		return dryMove(ctx, p)
	}
	return &misuseError{fmt.Errorf("procedures knows list, check and move, not %q", verb)}
}

// withCases runs a command that reads the cases of an installation.
func withCases(ctx context.Context, p process, run func(context.Context, io.Writer, *casework.Service) error) (err error) {
	c, err := load(p, 0, procedureUsage)
	if err != nil {
		return err
	}
	// A folder mistyped would be a new installation without cases.
	if _, err := os.Stat(c.Database); err != nil && !strings.Contains(c.Database, "://") {
		return fmt.Errorf("no installation: %w", err)
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
	return run(ctx, p.out, a.casework)
}

func listProcedures(ctx context.Context, out io.Writer, cases *casework.Service) error {
	running, err := cases.EditionsInUse(ctx)
	if err != nil {
		return err
	}
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "procedure\tedition\trunning cases\tname")
	for _, p := range cases.Procedures() {
		n := 0
		for _, r := range running {
			if r.Procedure == p.ID && r.Edition == p.Version {
				n = r.Cases
			}
		}
		fmt.Fprintf(w, "%s\t%d\t%d\t%s %s\n", p.ID, p.Version, n, p.Name.ZH, p.Name.EN)
	}
	return w.Flush()
}

// checkProcedures tells what the editions of an installation have otherwise than
// the ones before them.
func checkProcedures(p process) error {
	c, err := load(p, 0, procedureUsage)
	if err != nil {
		return err
	}
	ps, err := loadProcedures(c)
	if err != nil {
		return err
	}
	for _, newest := range ps.All() {
		editions := ps.Editions(newest.ID)
		for i, e := range editions[1:] {
			tellChanges(p.out, editions[i], e)
		}
	}
	_, err = fmt.Fprintf(p.out, "%d editions of %d procedures are sound\n", len(ps.Every()), len(ps.All()))
	return err
}

func tellChanges(out io.Writer, before, after *statute.Procedure) {
	c := statute.Compare(before, after)
	fmt.Fprintf(out, "%s: edition %d, before %d\n", after.ID, after.Version, before.Version)
	for _, x := range []struct {
		what string
		list []string
	}{
		{"states gone", c.Gone}, {"new states", c.New}, {"another clock", c.Clocks}, {"steps gone", c.StepsGone}, {"new steps", c.StepsNew},
	} {
		if len(x.list) > 0 {
			fmt.Fprintf(out, "  %s: %s\n", x.what, strings.Join(x.list, ", "))
		}
	}
	if c.Limits {
		fmt.Fprintf(out, "  limits: %d days to decide and %d more, before %d and %d\n", after.DecisionDays, after.ExtensionDays, before.DecisionDays, before.ExtensionDays)
	}
}

// dryMove tells of every running case whether it may move and why. It moves none:
// that takes two people, on /staff/moves.
func dryMove(ctx context.Context, p process) error {
	flags := flag.NewFlagSet("procedures move", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	dry := flags.Bool("dry-run", false, "")
	item := flags.String("item", "", "implementation code of the service; empty for every service of --procedure")
	agency := flags.String("agency", "", "whose cases; may be left out with --item")
	procedure := flags.String("procedure", "", "id of the procedure that the cases follow; may be left out with --item")
	from := flags.String("from", "", "version of the service and edition of the procedure, as 1/1")
	to := flags.String("to", "", "the same, to move to")
	rest := ownFlags(flags, p.args)
	misuse := func(err error) error { return &misuseError{fmt.Errorf("%s: %w", procedureUsage, err)} }
	if err := flags.Parse(rest.own); err != nil {
		return misuse(err)
	}
	if !*dry {
		return misuse(errors.New("cases are moved by two people on the page /staff/moves; here is --dry-run alone"))
	}
	t := casework.Target{Agency: contract.AgencyID(*agency), Item: contract.ItemID(*item), Procedure: *procedure}
	for _, x := range []struct {
		text             string
		version, edition *int
	}{{*from, &t.FromVersion, &t.FromEdition}, {*to, &t.ToVersion, &t.ToEdition}} {
		if _, err := fmt.Sscanf(x.text, "%d/%d", x.version, x.edition); err != nil {
			return misuse(fmt.Errorf("%q is not VERSION/EDITION", x.text))
		}
	}
	if t.Item == "" && (t.Procedure == "" || t.Agency == "") {
		return misuse(errors.New("name --item, or --procedure and --agency"))
	}
	p.args = rest.others
	return withCases(ctx, p, func(ctx context.Context, out io.Writer, cases *casework.Service) error {
		return tryMove(ctx, out, cases, t)
	})
}

// split are flags of a command of its own and those of every command.
type split struct{ own, others []string }

func ownFlags(flags *flag.FlagSet, args []string) split {
	var s split
	for i := 0; i < len(args); i++ {
		name, _, has := strings.Cut(strings.TrimLeft(args[i], "-"), "=")
		f := flags.Lookup(name)
		if f == nil {
			s.others = append(s.others, args[i])
			continue
		}
		s.own = append(s.own, args[i])
		_, boolean := f.Value.(interface{ IsBoolFlag() bool })
		if !has && !boolean && i+1 < len(args) {
			i++
			s.own = append(s.own, args[i])
		}
	}
	return s
}

func tryMove(ctx context.Context, out io.Writer, cases *casework.Service, t casework.Target) error {
	t, err := cases.Aim(ctx, t)
	if err != nil {
		return err
	}
	all, may := 0, 0
	err = cases.DryRun(ctx, t, func(c casework.MoveCase) error {
		all++
		verdict := "may not 不可"
		if c.Movable {
			may++
			verdict = "may 可"
		}
		fmt.Fprintf(out, "%s  %s  %s (%s)\n", c.Number, verdict, c.State.ZH, c.State.EN)
		for _, n := range c.Notes {
			fmt.Fprintf(out, "    %s\n    %s\n", n.Text.ZH, n.Text.EN)
		}
		return nil
	})
	if err == nil {
		_, err = fmt.Fprintf(out, "%d running cases, %d may move, %d may not; nothing was changed\n", all, may, all-may)
	}
	return err
}
