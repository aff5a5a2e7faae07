package config

import (
	"bytes"
	"fmt"
	"io"
	"maps"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// Describe writes every key with its meaning, environment variable, flag,
// default and present value, as a settings file that Load can read. Secrets are
// left out.
func (c Config) Describe(w io.Writer) error {
	b := new(bytes.Buffer)
	fmt.Fprintln(b, "# Settings of tongban. A flag is stronger than the environment, that than this file (--config FILE).")
	section := ""
	for _, s := range c.settings() {
		name := s.key
		if sec, rest, ok := strings.Cut(s.key, "."); ok {
			name = rest
			if sec != section {
				section = sec
				fmt.Fprintf(b, "\n[%s]\n", sec)
			}
		}
		fmt.Fprintf(b, "\n# %s\n# %s, --%s; default %s\n", s.meaning, s.env(), s.flag(), quote(s))
		switch {
		case s.secret && !harmless(s):
			fmt.Fprintf(b, "# %s = (secret)\n", name)
		default:
			fmt.Fprintf(b, "%s = %s\n", name, literal(s.value))
		}
	}
	_, err := w.Write(b.Bytes())
	return err
}

// harmless reports whether a secret setting holds nothing secret at present.
func harmless(s setting) bool {
	u, err := url.Parse(s.value.String())
	if s.value.String() == "" {
		return true
	}
	if s.key != "database" || err != nil {
		return false
	}
	_, password := u.User.Password()
	return !password && !u.Query().Has("password")
}

func quote(s setting) string {
	if s.standard == "" {
		return "empty"
	}
	return s.standard
}

func literal(v any) string {
	switch v := v.(type) {
	case *boolean, *number:
		return v.(fmt.Stringer).String()
	case fmt.Stringer:
		return strconv.Quote(v.String())
	}
	return `""`
}

type text string

func (t *text) Set(s string) error { *t = text(s); return nil }
func (t *text) String() string     { return string(*t) }

type number int

func (n *number) Set(s string) error {
	v, err := strconv.Atoi(s)
	if err != nil {
		return fmt.Errorf("%q is no whole number", s)
	}
	*n = number(v)
	return nil
}
func (n *number) String() string { return strconv.Itoa(int(*n)) }

type boolean bool

func (b *boolean) Set(s string) error {
	v, err := strconv.ParseBool(s)
	if err != nil {
		return fmt.Errorf("%q is neither true nor false", s)
	}
	*b = boolean(v)
	return nil
}
func (b *boolean) String() string   { return strconv.FormatBool(bool(*b)) }
func (b *boolean) IsBoolFlag() bool { return true }

// prefixes are networks, with commas between them.
type prefixes []netip.Prefix

func (p *prefixes) Set(s string) error {
	*p = nil
	for part := range strings.SplitSeq(s, ",") {
		if part = strings.TrimSpace(part); part == "" {
			continue
		}
		network, err := netip.ParsePrefix(part)
		if err != nil {
			return fmt.Errorf("%q is no network, as 10.1.0.0/16", part)
		}
		*p = append(*p, network.Masked())
	}
	return nil
}

func (p *prefixes) String() string {
	var parts []string
	for _, network := range *p {
		parts = append(parts, network.String())
	}
	return strings.Join(parts, ",")
}

// names are words with commas between them: a,b.
type names []string

func (n *names) Set(s string) error {
	*n = nil
	for part := range strings.SplitSeq(s, ",") {
		if part = strings.TrimSpace(part); part != "" {
			*n = append(*n, part)
		}
	}
	return nil
}

func (n *names) String() string { return strings.Join(*n, ",") }

// pairs are names with values, with commas between them: a=b,c=d.
type pairs map[string]string

func (p *pairs) Set(s string) error {
	*p = nil
	for part := range strings.SplitSeq(s, ",") {
		if part = strings.TrimSpace(part); part == "" {
			continue
		}
		name, value, ok := strings.Cut(part, "=")
		if !ok || name == "" || value == "" {
			return fmt.Errorf("%q is no pair, as name=value", part)
		}
		if *p == nil {
			*p = pairs{}
		}
		(*p)[name] = value
	}
	return nil
}

func (p *pairs) String() string {
	var parts []string
	for _, name := range slices.Sorted(maps.Keys(*p)) {
		parts = append(parts, name+"="+(*p)[name])
	}
	return strings.Join(parts, ",")
}

// Size is a number of bytes, written 500KB, 20MB or 1GB (powers of 1024).
type Size int64

var units = []struct {
	suffix string
	shift  int
}{{"GB", 30}, {"MB", 20}, {"KB", 10}, {"B", 0}, {"", 0}}

// Set reads a size.
func (z *Size) Set(s string) error {
	for _, u := range units {
		digits, ok := strings.CutSuffix(strings.ToUpper(strings.TrimSpace(s)), u.suffix)
		if !ok {
			continue
		}
		n, err := strconv.ParseInt(strings.TrimSpace(digits), 10, 64)
		if err != nil || n < 0 || n > (1<<62)>>u.shift {
			break
		}
		*z = Size(n << u.shift)
		return nil
	}
	return fmt.Errorf("%q is no size, as 20MB", s)
}

// String writes a size in the largest unit that divides it.
func (z *Size) String() string {
	for _, u := range units {
		if *z != 0 && int64(*z)%(1<<u.shift) == 0 {
			return strconv.FormatInt(int64(*z)>>u.shift, 10) + u.suffix
		}
	}
	return "0"
}
