// Package log makes the process's logger.
//
// A log line has a fixed message and attributes, and no personal data: ids, not
// names. As a second line of defence, attributes whose very name says personal
// or secret are blacked out here.
package log

import (
	"fmt"
	"io"
	"log/slog"
	"strings"
)

// hidden are attribute names that never show their value.
var hidden = map[string]bool{
	"password": true, "token": true, "cookie": true, "authorization": true, "secret": true, "otp": true,
	"phone": true, "email": true, "address": true, "id_number": true, "person": true,
}

// New returns a logger that writes lines of the level ("debug", "info", "warn",
// "error") and above to w, as "json" or "text".
func New(w io.Writer, level, format string) (*slog.Logger, error) {
	var l slog.Level
	if err := l.UnmarshalText([]byte(level)); err != nil {
		return nil, fmt.Errorf("log level: %w", err)
	}
	o := &slog.HandlerOptions{Level: l, ReplaceAttr: hide}
	switch format {
	case "json":
		return slog.New(slog.NewJSONHandler(w, o)), nil
	case "text":
		return slog.New(slog.NewTextHandler(w, o)), nil
	}
	return nil, fmt.Errorf("log format %q: json or text is needed", format)
}

func hide(_ []string, a slog.Attr) slog.Attr {
	if hidden[strings.ToLower(a.Key)] {
		return slog.String(a.Key, "[hidden]")
	}
	return a
}
