package log_test

import (
	"encoding/json"
	"log/slog"
	"strings"
	"testing"

	"github.com/tongban/tongban/internal/kit/log"
)

func TestPersonalAndSecretAttributesAreHidden(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	l, err := log.New(&b, "info", "json")
	if err != nil {
		t.Fatal(err)
	}
	l.Info("signed in", slog.String("account", "a1"), slog.String("phone", "138"), slog.Group("g", slog.String("password", "x")))
	l.Debug("quiet")
	var line map[string]any
	if err := json.Unmarshal([]byte(b.String()), &line); err != nil {
		t.Fatal(err, b.String())
	}
	if line["account"] != "a1" || line["phone"] != "[hidden]" || line["g"].(map[string]any)["password"] != "[hidden]" {
		t.Error(b.String())
	}
}

func TestUnknownLevelOrFormatIsRefused(t *testing.T) {
	t.Parallel()
	for _, c := range [][2]string{{"loud", "text"}, {"info", "xml"}} {
		if _, err := log.New(&strings.Builder{}, c[0], c[1]); err == nil {
			t.Error(c)
		}
	}
	var b strings.Builder
	l, err := log.New(&b, "warn", "text")
	if err != nil {
		t.Fatal(err)
	}
	l.Warn("x")
	if !strings.Contains(b.String(), "level=WARN msg=x") {
		t.Error(b.String())
	}
}
