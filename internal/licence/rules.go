package licence

import (
	"fmt"
	"slices"
	"strings"

	"github.com/tongban/tongban/internal/contract"
	"github.com/tongban/tongban/internal/kit/day"
	"github.com/tongban/tongban/internal/kit/idcode"
	"github.com/tongban/tongban/internal/kit/mask"
	"github.com/tongban/tongban/internal/kit/pdf"
)

// Act is what staff do to a licence.
type Act string

// The acts that change a state.
const (
	Suspend  Act = "suspend"
	Resume   Act = "resume"
	Withdraw Act = "withdraw"
	Revoke   Act = "revoke"
	Cancel   Act = "cancel"
)

// transitions lists which act leads from which states to which.
var transitions = []struct {
	act  Act
	from []State
	to   State
}{
	{Suspend, []State{Valid, Deemed}, Suspended},
	{Resume, []State{Suspended}, Valid},
	{Withdraw, []State{Valid, Suspended, Expired, Deemed, Upcoming}, Withdrawn},
	{Revoke, []State{Valid, Suspended, Expired, Deemed, Upcoming}, Revoked},
	{Cancel, []State{Valid, Suspended, Expired, Deemed, Upcoming}, Cancelled},
}

// after returns the state an act leads to.
func (s State) after(a Act) (State, error) {
	for _, t := range transitions {
		if t.act == a && slices.Contains(t.from, s) {
			return t.to, nil
		}
	}
	return "", ErrState
}

// Acts lists what can be done to a licence in state s.
func (s State) Acts() []Act {
	var acts []Act
	for _, t := range transitions {
		if slices.Contains(t.from, s) {
			acts = append(acts, t.act)
		}
	}
	return acts
}

// validity returns the last day of a licence of so many years. It ends on the
// eve of the anniversary; none is given, it has no end.
func validity(from day.Date, years int) day.Date {
	if years == 0 {
		return LongTerm
	}
	y, m, d := from.Date()
	last := day.Of(y+years, m, d)
	if _, lm, _ := last.Date(); lm != m {
		return day.Of(y+years, m+1, 1).Add(-1) // from 29 February: the last day of February
	}
	return last.Add(-1)
}

// numberText is the number on the sheet: 川广安广卫公字〔2026〕第 0318 号.
func numberText(prefix string, year, serial int) string {
	return fmt.Sprintf("%s〔%d〕第 %04d 号", prefix, year, serial)
}

// sameNumber compares printed numbers as people copy them: with or without
// blanks, brackets of any width.
func sameNumber(a, b string) bool {
	fold := strings.NewReplacer(" ", "", "\u3000", "", "\u00a0", "", "[", "〔", "]", "〕", "（", "〔", "）", "〕", "(", "〔", ")", "〕", "【", "〔", "】", "〕")
	return a != "" && fold.Replace(a) == fold.Replace(b)
}

// identifier names a licence by GB/T 36904. The serial is random and not the
// printed number: verification by identifier is open to all, and nobody shall
// find licences by counting.
func identifier(typeCode, issuer, code string) (string, error) {
	l := idcode.LicenceIdentifier{Type: typeCode, Issuer: issuer, Serial: code[:16], Version: 1}
	if err := l.Check(); err != nil {
		return "", fmt.Errorf("licence identifier: %w", err)
	}
	return l.String(), nil
}

// issuerCode is the credit code of the issuing agency. Sources lack some: then
// the configuration may know it; else one is made up with the division and a
// right check character, and the licence is only good for a demonstration.
func issuerCode(a contract.Agency, known map[contract.AgencyID]string) (string, error) {
	for _, c := range []string{a.Code, string(a.ID), known[a.ID]} {
		if code, err := idcode.CreditCode(c); err == nil {
			return code, nil
		}
	}
	code, err := idcode.CompleteCreditCode("11" + fixed(a.Division, 6) + "D" + fixed(string(a.ID), 8))
	if err != nil {
		return "", fmt.Errorf("issuer code: %w", err)
	}
	return code, nil
}

// fixed returns the digits of s cut or filled to n.
func fixed(s string, n int) string {
	only := strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, s)
	return (only + strings.Repeat("0", n))[:n]
}

// publicName is the holder as those who verify see it: companies are public,
// people are masked (domain rule of desensitisation).
func publicName(p contract.Party) string {
	if p.Kind == "person" {
		return mask.Name(p.Name)
	}
	return p.Name
}

// publicFace returns the lines that the service made public; a person's name
// is masked wherever it stands.
func publicFace(l Licence) []contract.FaceLine {
	var out []contract.FaceLine
	for _, line := range l.Face {
		if !line.Public {
			continue
		}
		if l.Holder.Kind == "person" && l.Holder.Name != "" {
			line.Value = strings.ReplaceAll(line.Value, l.Holder.Name, publicName(l.Holder))
		}
		out = append(out, line)
	}
	return out
}

// period writes the validity as the sheet has it.
func period(l Licence) string {
	if l.To == LongTerm {
		return pdf.Date(l.From) + "起，长期"
	}
	return pdf.Date(l.From) + "至 " + pdf.Date(l.To)
}

// PublicHolder is the holder's name as lists show it: a person's is masked.
func (l Licence) PublicHolder() string { return publicName(l.Holder) }
