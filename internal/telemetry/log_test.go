package telemetry_test

import (
	"bytes"
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/telemetry"
)

func TestNewLogger_LogsFromItsLevelOnInItsForm(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	log, err := telemetry.NewLogger(&out, "warn", "json")
	require.NoError(t, err)
	log.Info("not this")
	east := time.FixedZone("", 5*3600)
	log.Warn("this", "at", time.Date(2026, 11, 20, 17, 0, 0, 0, east))

	var line map[string]any
	require.NoError(t, json.Unmarshal(out.Bytes(), &line), "one line only")
	require.Equal(t, "this", line["msg"])
	require.Equal(t, "2026-11-20T12:00:00Z", line["at"])

	out.Reset()
	log, err = telemetry.NewLogger(&out, "debug", "text")
	require.NoError(t, err)
	log.Debug("now", "fleet", "chat")
	require.Contains(t, out.String(), "msg=now fleet=chat")
}

func TestNewLogger_UnknownLevelOrForm_SaysWhatThereIs(t *testing.T) {
	t.Parallel()
	_, err := telemetry.NewLogger(&bytes.Buffer{}, "loud", "text")
	require.ErrorContains(t, err, "debug, info, warn or error")
	_, err = telemetry.NewLogger(&bytes.Buffer{}, "info", "xml")
	require.ErrorContains(t, err, "text or json")
}
