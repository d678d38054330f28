package diagnose

import (
	"slices"
	"strings"

	"github.com/optiinfra/performance-agent/internal/engine/dialect"
	"github.com/optiinfra/performance-agent/internal/perfmodel"
	"github.com/optiinfra/performance-agent/internal/serving"
)

// settings reads how the engine was launched: from the flags of the fleet's
// record, else from what the engine reveals, else from the defaults that the
// performance model knows.
type settings struct {
	dialect  dialect.Dialect
	config   serving.EngineConfig
	revealed map[string]string
	missing  []serving.Missing
	// model is nil when the fleet is not modelled.
	model *perfmodel.Model
}

func newSettings(cfg serving.EngineConfig, hw serving.Hardware, s serving.Snapshot) settings {
	out := settings{dialect: dialect.Of(cfg.Engine), config: cfg, revealed: s.Revealed, missing: s.Missing}
	if m, err := perfmodel.New(cfg, hw); err == nil {
		out.model = &m
	}
	return out
}

// slots is how many requests one replica may run at once; unknown when it is
// left to a default that nobody states.
func (s settings) slots() serving.Measure {
	perRank, ok := s.dialect.Slots.In(s.config, s.revealed).Get()
	if !ok {
		return s.defaultSlots()
	}
	return serving.Known(perRank * s.dialect.Ranks.In(s.config, s.revealed).Or(1))
}

func (s settings) defaultSlots() serving.Measure {
	if s.model == nil || s.dialect.LeastSlots == 0 {
		return serving.Unknown()
	}
	return serving.Known(float64(s.model.Settings().MaxNumSeqs))
}

// budget is how many tokens of prompts one step computes; unknown when prompts
// are computed whole or the default is not known.
func (s settings) budget() serving.Measure {
	if s.chunkingOff() {
		return serving.Unknown()
	}
	if v := s.dialect.Budget.In(s.config, s.revealed); v.IsKnown() {
		return v
	}
	if s.model == nil {
		return serving.Unknown()
	}
	return serving.Known(float64(s.model.Settings().MaxNumBatchedTokens))
}

func (s settings) chunkingOff() bool {
	state, _ := s.dialect.Chunking.In(s.config, s.revealed)
	return state == dialect.Off
}

// eager returns the flag that switches CUDA graphs off, "" if none does.
func (s settings) eager() string {
	if state, flag := s.dialect.Graphs.In(s.config, s.revealed); state == dialect.Off {
		return flag
	}
	return ""
}

// graphBatch is the largest batch that runs from a captured graph.
func (s settings) graphBatch() serving.Measure {
	if v := s.dialect.GraphBatch.In(s.config, s.revealed); v.IsKnown() {
		return v
	}
	if s.dialect.DefaultGraphBatch > 0 {
		return serving.Known(s.dialect.DefaultGraphBatch)
	}
	if s.model == nil || s.model.Settings().GraphMax == 0 {
		return serving.Unknown()
	}
	return serving.Known(float64(s.model.Settings().GraphMax))
}

// prefixCaching reads the switch, and else what the engine counts: who looks
// tokens up has a cache.
func (s settings) prefixCaching(snap serving.Snapshot) dialect.State {
	state, _ := s.dialect.Prefix.In(s.config, s.revealed)
	saidOff := slices.ContainsFunc(s.missing, func(m serving.Missing) bool {
		return strings.HasPrefix(m.Quantity, "prefix_") && m.Reason == "prefix caching is off"
	})
	switch {
	case state == dialect.Off, state == dialect.Unsaid && saidOff:
		return dialect.Off
	case state == dialect.On, snap.PrefixQueryTokens.Or(0) > 0:
		return dialect.On
	}
	return dialect.Unsaid
}

// slowKernels says that a flag rules out the faster kernels that the checkpoint's
// own format would get.
func (s settings) slowKernels() bool {
	v, _ := s.config.Get(s.dialect.Quantization.Flag)
	return slices.Contains(s.dialect.SlowKernels, v)
}

// drafting says whether the engine speculates: by its flags, or by its counts.
func (s settings) drafting(snap serving.Snapshot) bool {
	state, _ := s.dialect.Draft.In(s.config, s.revealed)
	return state == dialect.On || snap.DraftTokens.Or(0) > 0
}

// tensorParallel is the number of GPUs that one model is spread over.
func (s settings) tensorParallel() float64 {
	return s.dialect.TensorParallel.In(s.config, s.revealed).Or(1)
}
