package config_test

import (
	"errors"
	"flag"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/tongban/tongban/internal/kit/config"
)

func env(pairs ...string) func(string) string {
	return func(name string) string {
		for i := 0; i < len(pairs); i += 2 {
			if pairs[i] == name {
				return pairs[i+1]
			}
		}
		return ""
	}
}

func file(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "f.toml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func load(t *testing.T, getenv func(string) string, args ...string) config.Config {
	t.Helper()
	c, err := config.Load(args, getenv)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestNothingGivenWorks(t *testing.T) {
	t.Parallel()
	c := load(t, env())
	if c.Listen != "127.0.0.1:8080" || c.Database != "data/tongban.db" || c.KeyFile != "data/keys/master.key" || c.RingFile() != "data/keys/ring.json" ||
		c.BlobDir() != "data/files" || c.BaseURL != "http://127.0.0.1:8080" || c.Demo || c.MailDrop != "" || c.Upload.File != 20<<20 || c.Site.Division != "511602" {
		t.Errorf("%+v", c)
	}
}

func TestFlagBeatsEnvironmentBeatsFileBeatsDefault(t *testing.T) {
	t.Parallel()
	f := file(t, "listen = \"f:1\"\ndata = \"f\"\ndatabase = \"f.db\"\n[smtp]\nport = 2525\n")
	c := load(t, env("TONGBAN_DATA", "e", "TONGBAN_DATABASE", "e.db", "TONGBAN_CONFIG", f), "--database", "a.db", "x", "--demo", "y")
	if c.Listen != "f:1" || c.Data != "e" || c.Database != "a.db" || c.SMTP.Port != 2525 || c.Session.Hours != 12 || !c.Demo {
		t.Errorf("%+v", c)
	}
	if !reflect.DeepEqual(c.Args, []string{"x", "y"}) {
		t.Error(c.Args)
	}
	if c := load(t, env(), "--config="+f, "--demo=false", "--listen", "0.0.0.0:80"); c.Demo || c.Data != "f" || c.BaseURL != "http://localhost:80" {
		t.Errorf("%+v", c)
	}
}

func TestSecretsComeFromAFile(t *testing.T) {
	t.Parallel()
	f := file(t, "geheim\n")
	if c := load(t, env("TONGBAN_SMTP_PASSWORD_FILE", f)); c.SMTP.Password != "geheim" {
		t.Errorf("%q", c.SMTP.Password)
	}
	if _, err := config.Load(nil, env("TONGBAN_SMTP_PASSWORD_FILE", f+"x")); !errors.Is(err, os.ErrNotExist) {
		t.Error(err)
	}
}

func TestMistakesNameTheKey(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		args []string
		file string
		want string
	}{
		"unknown key":      {nil, "lissten = \"x\"", "unknown key lissten"},
		"unknown section":  {nil, "[smpt]\nhost = \"x\"", "unknown key smpt.host"},
		"list":             {nil, "data = [1]", "key data"},
		"no TOML":          {nil, "=", "settings file"},
		"unknown flag":     {[]string{"--dmeo"}, "", "dmeo"},
		"number":           {[]string{"--smtp-port", "x"}, "", "setting smtp.port (from --smtp-port)"},
		"port":             {[]string{"--smtp-port", "0"}, "", "smtp.port"},
		"boolean":          {nil, "demo = \"maybe\"", "setting demo (from the file)"},
		"size":             {[]string{"--upload-file", "20 apples"}, "", "upload.file"},
		"size too large":   {[]string{"--upload-file", "9999999999999GB"}, "", "upload.file"},
		"size too small":   {[]string{"--upload-file", "3"}, "", "upload.file"},
		"listen":           {[]string{"--listen", "8080"}, "", "listen"},
		"base_url":         {[]string{"--base-url", "https://x/y"}, "", "base_url"},
		"division":         {[]string{"--site-division", "Guang'an"}, "", "site.division"},
		"level":            {[]string{"--log-level", "loud"}, "", "log.level"},
		"format":           {[]string{"--log-format", "xml"}, "", "log.format"},
		"tls":              {[]string{"--smtp-tls", "yes"}, "", "smtp.tls"},
		"both mails":       {[]string{"--smtp-host", "h", "--mail-drop", "d"}, "", "mail_drop"},
		"both messages":    {[]string{"--sms-url", "https://h", "--sms-drop", "d"}, "", "sms_drop"},
		"templates":        {[]string{"--sms-templates", "accept"}, "", "sms.templates"},
		"allowed networks": {[]string{"--webhook-allow", "10.1.0.0"}, "", "webhook.allow"},
		"idle over whole":  {[]string{"--session-hours", "1"}, "", "session.idle_hours"},
		"cases of nobody":  {[]string{"--demo-cases"}, "", "demo_cases"},
		"two at a time":    {[]string{"--session-hours", "0", "--listen", "x"}, "", "session.hours"},
		"proxy":            {[]string{"--proxies", "10.1.0.0"}, "", "proxies"},
		"missing the file": {[]string{"--config", "/no/such"}, "", "/no/such"},
	} {
		args := c.args
		if c.file != "" {
			args = append(args, "--config", file(t, c.file))
		}
		if _, err := config.Load(args, env()); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := config.Load([]string{"--help"}, env()); !errors.Is(err, flag.ErrHelp) {
		t.Error(err)
	}
}

func TestDescriptionIsAFileThatLoads(t *testing.T) {
	t.Parallel()
	c := load(t, env("TONGBAN_SMTP_PASSWORD", "geheim"), "--demo", "--upload-file", "1500KB", "--site-name-zh", `广安"区`, "--database", "postgres://me:geheim@db/x")
	var b strings.Builder
	if err := c.Describe(&b); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(b.String(), "geheim") {
		t.Error("a secret is shown")
	}
	again := load(t, env("TONGBAN_SMTP_PASSWORD", "geheim", "TONGBAN_DATABASE", c.Database), "--config", file(t, b.String()))
	if !reflect.DeepEqual(again, c) {
		t.Errorf("\n%+v\n%+v\n%s", again, c, b.String())
	}
}
