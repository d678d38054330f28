package telemetry

import (
	"fmt"
	"io"
	"log/slog"
	"time"
)

// NewLogger makes the log of a process. level is "debug", "info", "warn" or
// "error"; format is "text" for people or "json" for collectors. Times are UTC,
// so that lines of machines in different zones sort.
func NewLogger(w io.Writer, level, format string) (*slog.Logger, error) {
	var least slog.Level
	if err := least.UnmarshalText([]byte(level)); err != nil {
		return nil, fmt.Errorf("log level %q: use debug, info, warn or error", level)
	}
	options := &slog.HandlerOptions{Level: least, ReplaceAttr: utcTimes}
	switch format {
	case "text":
		return slog.New(withTrace{slog.NewTextHandler(w, options)}), nil
	case "json":
		return slog.New(withTrace{slog.NewJSONHandler(w, options)}), nil
	}
	return nil, fmt.Errorf("log format %q: use text or json", format)
}

func utcTimes(_ []string, a slog.Attr) slog.Attr {
	if t, ok := a.Value.Any().(time.Time); ok {
		a.Value = slog.TimeValue(t.UTC())
	}
	return a
}
