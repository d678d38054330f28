package telemetry

import (
	"io"
	"log/slog"
	"strings"
)

// NewLogger writes JSON lines at the level (debug, info, warn or error; anything
// else is info) and above.
func NewLogger(w io.Writer, level string) *slog.Logger {
	var l slog.Level
	if err := l.UnmarshalText([]byte(strings.ToUpper(level))); err != nil {
		l = slog.LevelInfo
	}
	return slog.New(slog.NewJSONHandler(w, &slog.HandlerOptions{Level: l}))
}
