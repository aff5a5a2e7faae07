package app

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// run1 runs a command to its end.
func run1(t *testing.T, args ...string) (code int, out, errs string) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Minute) // a server that should not start ends; a busy machine takes its time
	defer cancel()
	code = Run(ctx, args, func(string) string { return "" }, &stdout, &stderr)
	return code, stdout.String(), stderr.String()
}

// serve says once that it is ready, answers what balancers, collectors and
// programs ask, and ends without a fault when it is told to.
func TestServe(t *testing.T) {
	t.Parallel()
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	out, in := io.Pipe()
	data := t.TempDir()
	code := make(chan int, 1)
	var logs bytes.Buffer
	go func() {
		code <- Run(ctx, []string{"serve", "--demo", "--data", data, "--listen", "127.0.0.1:0"}, func(string) string { return "" }, in, &logs)
		_ = in.Close()
	}()
	lines := bufio.NewScanner(out)
	if !lines.Scan() {
		t.Fatalf("nothing was said; exit code %d: %s", <-code, logs.String())
	}
	_, url, ok := strings.Cut(lines.Text(), "tongban: ready at ")
	if !ok {
		t.Fatalf("the first line is %q", lines.Text())
	}
	rest := make(chan string)
	go func() {
		text, _ := io.ReadAll(out)
		rest <- lines.Text() + string(text)
	}()
	answers(t, url)
	stop()
	select {
	case c := <-code:
		if c != exitOK {
			t.Errorf("exit code %d: %s", c, logs.String())
		}
	case <-time.After(5 * time.Minute):
		t.Fatal("it does not stop")
	}
	if n := strings.Count(<-rest, "ready at"); n != 1 {
		t.Errorf("it said %d times that it is ready", n)
	}
	if strings.Contains(logs.String(), "level=ERROR") {
		t.Errorf("log: %s", logs.String())
	}
}

func answers(t *testing.T, url string) {
	t.Helper()
	for path, want := range map[string]string{
		"/": "<!doctype html>", "/healthz": "ok\n", "/readyz": "ready\n", "/metrics": "# HELP ",
		"/api/v1/openapi.json": `"openapi":"3.1.0"`,
	} {
		body := fetch(t, url+path)
		if !strings.Contains(body, want) {
			t.Errorf("%s: %.200s", path, body)
		}
		if strings.HasSuffix(path, ".json") && !json.Valid([]byte(body)) {
			t.Errorf("%s is not JSON", path)
		}
	}
}

func fetch(t *testing.T, url string) string {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	res, err := client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	body, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode != http.StatusOK {
		t.Errorf("%s: %d, %v", url, res.StatusCode, err)
	}
	return string(body)
}

// What the operator got wrong is told in one line that names it.
func TestWhatCannotStart(t *testing.T) {
	t.Parallel()
	taken, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = taken.Close() })
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	broken := filepath.Join(dir, "broken.db")
	for path, text := range map[string]string{file: "not a folder", broken: strings.Repeat("not a database. ", 100)} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for name, c := range map[string]struct {
		args []string
		code int
		says string
	}{
		"no such command":   {[]string{"sevre"}, exitUsage, `"sevre"`},
		"no such flag":      {[]string{"serve", "--prot", "80"}, exitUsage, "-prot"},
		"a flag's value":    {[]string{"serve", "--demo=perhaps"}, exitUsage, "demo"},
		"not an address":    {[]string{"serve", "--listen", "8080"}, exitUsage, "listen"},
		"a word too many":   {[]string{"serve", "demo"}, exitUsage, "demo"},
		"port taken":        {[]string{"serve", "--listen", taken.Addr().String(), "--data", filepath.Join(dir, "d1")}, exitFailed, taken.Addr().String()},
		"data is a file":    {[]string{"serve", "--listen", "127.0.0.1:0", "--data", file}, exitFailed, file},
		"data not writable": {[]string{"serve", "--listen", "127.0.0.1:0", "--data", "/proc/tongban"}, exitFailed, "/proc/tongban"},
		"no database there": {[]string{"serve", "--listen", "127.0.0.1:0", "--data", filepath.Join(dir, "d2"), "--database", "postgres://secret:word@127.0.0.1:1/none?connect_timeout=2"}, exitFailed, "127.0.0.1"},
		"no such URL":       {[]string{"serve", "--listen", "127.0.0.1:0", "--data", filepath.Join(dir, "d4"), "--database", "postgres://secret:word@h:port/none"}, exitFailed, "postgres"},
		"not a database":    {[]string{"serve", "--listen", "127.0.0.1:0", "--data", filepath.Join(dir, "d3"), "--database", broken}, exitFailed, "broken.db"},
		"no settings file":  {[]string{"serve", "--config", filepath.Join(dir, "none.toml")}, exitUsage, "none.toml"},
		"nothing to check":  {[]string{"check"}, exitUsage, "folder"},
		"an empty folder":   {[]string{"check", t.TempDir()}, exitFailed, "package"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			code, out, errs := run1(t, c.args...)
			first, rest, _ := strings.Cut(errs, "\n")
			if code != c.code || !strings.Contains(first, c.says) {
				t.Errorf("exit code %d, want %d; says %q, want a line with %q", code, c.code, errs, c.says)
			}
			if strings.Contains(out, "ready") || strings.Contains(errs, "word") && strings.HasPrefix(name, "no ") {
				t.Errorf("out %q, errors %q", out, errs)
			}
			if c.code == exitFailed && rest != "" {
				t.Errorf("more than one line: %q", errs)
			}
		})
	}
}

func TestCommandsThatTell(t *testing.T) {
	t.Parallel()
	for args, says := range map[string]string{
		"":                           "Usage: tongban COMMAND",
		"help":                       "serve",
		"serve --help":               "Usage: tongban COMMAND",
		"version":                    "tongban dev",
		"config":                     "TONGBAN_LISTEN",
		"config --listen [::1]:9999": "[::1]:9999",
		"check ../../services":       "0 problems",
	} {
		code, out, errs := run1(t, strings.Fields(args)...)
		if code != exitOK || !strings.Contains(out, says) || errs != "" {
			t.Errorf("%q: exit code %d, %q, %q", args, code, out, errs)
		}
	}
	// The list of licences is in the binaries that make builds.
	if code, out, errs := run1(t, "licences"); code == exitOK && !strings.Contains(out, "MIT") || code != exitOK && !strings.Contains(errs, "make") {
		t.Errorf("licences: exit code %d, %q, %q", code, out, errs)
	}
}

func TestConfigShowsNoSecret(t *testing.T) {
	t.Parallel()
	code, out, _ := run1(t, "config", "--smtp-host", "mail.example", "--smtp-password", "hunter2", "--database", "postgres://u:hunter2@h/d")
	if code != exitOK || strings.Contains(out, "hunter2") {
		t.Errorf("exit code %d: %s", code, out)
	}
}

// A broken package is told with its name and what is wrong, and fails the check.
func TestCheckFindsABrokenPackage(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		file, old, new, says string
	}{
		"a rule that does not compile": {"form.yaml", "when: a.disinfection", "when: a.disinfection +", "disinfection"},
		"a promise beyond the law":     {"service.yaml", "promised: ", "promised: 9", "promised"},
		"not YAML":                     {"form.yaml", "pages:", "pages: [", "form.yaml"},
		"an unknown key":               {"service.yaml", "procedure: ", "procedur: ", "procedur"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			if err := os.CopyFS(dir, os.DirFS("../../services")); err != nil {
				t.Fatal(err)
			}
			path := filepath.Join(dir, "public-place-hygiene-new", c.file)
			text, err := os.ReadFile(path)
			if err != nil || !bytes.Contains(text, []byte(c.old)) {
				t.Fatalf("%s has no %q: %v", path, c.old, err)
			}
			if err := os.WriteFile(path, bytes.Replace(text, []byte(c.old), []byte(c.new), 1), 0o600); err != nil {
				t.Fatal(err)
			}
			code, out, errs := run1(t, "check", dir)
			if all := out + errs; code != exitFailed || !strings.Contains(all, c.says) || !strings.Contains(all, "public-place-hygiene-new") {
				t.Errorf("exit code %d\n%s\n%s", code, out, errs)
			}
		})
	}
}
