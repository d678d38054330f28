package telemetry_test

import (
	"bytes"
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/telemetry"
)

func TestNewLogger_WritesJSONFromItsLevelUp(t *testing.T) {
	t.Parallel()
	for level, lines := range map[string]int{"debug": 3, "info": 2, "error": 1, "nonsense": 2} {
		var out bytes.Buffer
		log := telemetry.NewLogger(&out, level)
		log.Debug("a")
		log.Info("b", "fleet", "chat")
		log.Error("c")
		got := bytes.Split(bytes.TrimSpace(out.Bytes()), []byte("\n"))
		require.Len(t, got, lines, level)
		require.True(t, json.Valid(got[0]))
	}
}
