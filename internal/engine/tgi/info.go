package tgi

import (
	"bytes"
	"encoding/json"
	"fmt"

	"github.com/optiinfra/performance-agent/internal/engine"
	"github.com/optiinfra/performance-agent/internal/serving"
)

const pathInfo = "/info"

// InfoPaths is the one route that says what the metrics page does not: the
// model, the version and the limits.
func (e Engine) InfoPaths() []string { return []string{pathInfo} }

// ReadInfo translates the answer of /info (struct Info of router/src/lib.rs, of
// which later versions have fewer fields). Everything that is not null is
// revealed under its own key.
func (e Engine) ReadInfo(path string, body []byte) (engine.Info, error) {
	if path != pathInfo {
		return engine.Info{}, fmt.Errorf("read tgi info: %s is not one of its routes", path)
	}
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.UseNumber() // a limit is to be shown as it is written
	var fields map[string]any
	if err := decoder.Decode(&fields); err != nil {
		return engine.Info{}, fmt.Errorf("read tgi %s: %w", pathInfo, err)
	}
	info := engine.Info{Revealed: map[string]string{}}
	for name, value := range fields {
		switch value.(type) {
		case string, json.Number, bool:
			info.Revealed[name] = fmt.Sprint(value)
		}
	}
	info.Model, info.Version = info.Revealed["model_id"], info.Revealed["version"]
	if n, ok := fields["max_batch_total_tokens"].(json.Number); ok {
		if tokens, err := n.Float64(); err == nil && tokens > 0 {
			info.KVCapacityTokens = serving.Known(tokens)
		}
	}
	return info, nil
}
