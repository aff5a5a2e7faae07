package statute

import (
	"fmt"
	"strings"
)

// Markdown describes the procedure with a diagram (Mermaid) and tables.
func (p *Procedure) Markdown() string {
	var b strings.Builder
	fmt.Fprintf(&b, "# %s %s\n\n", p.Name.ZH, p.Name.EN)
	fmt.Fprintf(&b, "Written by `go test ./internal/statute -update` from `internal/statute/procedures/%s.yaml`; do not edit.\n\n", p.ID)
	p.diagram(&b)
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
			law = a.Law.EN + " " + a.No.EN
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
