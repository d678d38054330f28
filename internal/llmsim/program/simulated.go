package program

import (
	"fmt"
	"log/slog"
	"strings"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/optiinfra/performance-agent/internal/llmsim"
	"github.com/optiinfra/performance-agent/internal/llmsim/api"
	"github.com/optiinfra/performance-agent/internal/llmsim/metrics"
	"github.com/optiinfra/performance-agent/internal/llmsim/text"
	"github.com/optiinfra/performance-agent/internal/perfmodel"
	"github.com/optiinfra/performance-agent/internal/serving"
)

// simulated is what the program does differently from engine to engine.
type simulated interface {
	kind() serving.EngineKind
	// version is the one whose behaviour and metric names are simulated.
	version() string
	address() address
	// equip completes what all engines have in common.
	equip(*outfit)
	// announce logs what the engine logs at its start.
	announce(*slog.Logger, perfmodel.Model)
	// refusal is how the process complains at its start.
	refusal(error) string
	// warmup is the part of loading in which the engine listens and is not ready.
	warmup() float64
}

// simulatedFor finds the engine of a kind.
func simulatedFor(kind serving.EngineKind) (simulated, error) {
	for _, s := range []simulated{vllmServer{}, tgiServer{}, sglangServer{}} {
		if s.kind() == kind {
			return s, nil
		}
	}
	return nil, fmt.Errorf("engine %q is not simulated", kind)
}

// outfit is what an engine is put together from.
type outfit struct {
	options  Options
	model    perfmodel.Model
	registry *prometheus.Registry

	config   api.Config
	traffic  api.Traffic
	observer llmsim.Observer
	page     *metrics.Page // nil: the engine shows none
}

// outfitOf puts together what all engines have in common.
func outfitOf(o Options, m perfmodel.Model, s simulated) *outfit {
	settings := m.Settings()
	out := &outfit{options: o, model: m, registry: prometheus.NewRegistry(), config: api.Config{
		Engine: s.kind(), Model: o.Config.Model, ServedNames: o.servedNames(), Version: s.version(),
		MaxModelLen: settings.MaxModelLen, StreamInterval: o.number("--stream-interval", 1), Seed: o.Seed,
		Precision: text.Precision{Weights: settings.Weights, KV: settings.KVDtype},
	}}
	out.page = metrics.NewPage(out.registry)
	s.equip(out)
	return out
}

// servedNames are what clients may ask for.
func (o Options) servedNames() []string {
	if names := strings.Fields(o.text("--served-model-name")); len(names) > 0 {
		return names
	}
	return []string{o.Config.Model}
}
