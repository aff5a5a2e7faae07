package statute

import (
	"fmt"
	"strings"

	"github.com/tongban/tongban/internal/kit/cite"
)

// Markdown describes the procedure with a diagram (Mermaid) and tables, and with
// what is otherwise than in the edition before, where there is one.
func (p *Procedure) Markdown(before *Procedure) string {
	var b strings.Builder
	fmt.Fprintf(&b, "# %s %s\n\n", p.Name.ZH, p.Name.EN)
	fmt.Fprintf(&b, "Edition %d. Written by `go test ./internal/statute -update` from `internal/statute/procedures/`; do not edit.\n\n", p.Version)
	if before != nil {
		p.changes(&b, before)
	}
	p.diagram(&b)
	p.extension(&b)
	p.stateTable(&b)
	p.stepTable(&b)
	p.documentTable(&b)
	return b.String()
}

// diagram draws solid steps of people; dashed ones are not in Mermaid's state
// diagrams, so what the system does by itself is marked with a gear.
func (p *Procedure) diagram(b *strings.Builder) {
	fmt.Fprintf(b, "```mermaid\nstateDiagram-v2\n    [*] --> %s\n", p.Initial)
	for _, s := range p.States {
		fmt.Fprintf(b, "    %s: %s %s\n", s.ID, s.Name.ZH, s.Name.EN)
	}
	for _, t := range p.transitions {
		mark := ""
		if t.Automatic || t.Deemed {
			mark = " ⚙"
		}
		fmt.Fprintf(b, "    %s --> %s: %s%s\n", t.From, t.To, t.Action, mark)
	}
	for _, s := range p.States {
		if s.Final {
			fmt.Fprintf(b, "    %s --> [*]\n", s.ID)
		}
	}
	b.WriteString("```\n\n⚙ follows by itself: at once, or when a period passes in silence.\n\n")
}

// extension says by how much the limit of the decision may grow, or why it may not.
func (p *Procedure) extension(b *strings.Builder) {
	switch {
	case p.ExtensionDays > 0:
		by := Text{"本机关负责人", "the head of the agency"}
		if p.ExtensionBy.EN != "" {
			by = p.ExtensionBy
		}
		fmt.Fprintf(b, "Extension, once: %d working days by leave of %s (%s).\n\n", p.ExtensionDays, by.EN, by.ZH)
	case p.NoExtension.EN != "":
		fmt.Fprintf(b, "No extension: %s %s\n\n", p.NoExtension.EN, p.NoExtension.ZH)
	}
}

func (p *Procedure) changes(b *strings.Builder, before *Procedure) {
	c := Compare(before, p)
	fmt.Fprintf(b, "## Since edition %d\n\n", before.Version)
	for _, x := range []struct {
		what string
		list []string
	}{
		{"States that are gone (a case in one of them cannot be moved)", c.Gone},
		{"New states", c.New},
		{"States with another clock", c.Clocks},
		{"Steps that are gone or taken otherwise", c.StepsGone},
		{"New steps", c.StepsNew},
	} {
		if len(x.list) > 0 {
			fmt.Fprintf(b, "- %s: %s\n", x.what, strings.Join(x.list, ", "))
		}
	}
	if c.Limits {
		fmt.Fprintf(b, "- Limits of the law: %s, before %s\n", p.limitsText(), before.limitsText())
	}
	if c.None() {
		b.WriteString("- Nothing but words\n")
	}
	b.WriteString("\n")
}

func (p *Procedure) limitsText() string {
	return fmt.Sprintf("%d days to decide, %d more by leave", p.DecisionDays, p.ExtensionDays)
}

func (p *Procedure) stateTable(b *strings.Builder) {
	b.WriteString("## States\n\n| state | 中文 | English | must act | clock | outcome |\n|---|---|---|---|---|---|\n")
	for _, s := range p.States {
		clock := string(s.Clock)
		if clock == "" {
			clock = "none: " + s.NoClock.EN
		}
		fmt.Fprintf(b, "| %s | %s | %s | %s | %s | %s |\n", s.ID, s.Name.ZH, s.Name.EN, roles(s.Actors), clock, or(string(s.Outcome)))
	}
}

func (p *Procedure) stepTable(b *strings.Builder) {
	b.WriteString("\n## Steps\n\n| from | action | to | 中文 | English | by | document | clocks | rests on |\n|---|---|---|---|---|---|---|---|---|\n")
	for _, t := range p.transitions {
		var clocks []string
		for _, e := range t.Clocks {
			clocks = append(clocks, fmt.Sprintf("%s %s", e.Entry, e.Clock))
		}
		law := ""
		if a, ok := ArticleOf(t.Article); ok {
			law = cite.In(a.Law.EN, a.No.EN)
		}
		fmt.Fprintf(b, "| %s | %s | %s | %s | %s | %s | %s | %s | %s |\n", t.From, t.Action, t.To, t.Name.ZH, t.Name.EN,
			roles(t.Roles), or(t.Document), or(strings.Join(clocks, ", ")), or(law))
	}
}

func (p *Procedure) documentTable(b *strings.Builder) {
	b.WriteString("\n## Documents\n\n| kind | 中文 | English |\n|---|---|---|\n")
	for _, d := range p.Documents {
		fmt.Fprintf(b, "| %s | %s | %s |\n", d.Kind, d.Name.ZH, d.Name.EN)
	}
}

func roles(rs []Role) string {
	list := make([]string, len(rs))
	for i, r := range rs {
		list[i] = string(r)
	}
	return or(strings.Join(list, ", "))
}

func or(s string) string {
	if s == "" {
		return "–"
	}
	return s
}
