package perfmodel

import (
	"fmt"

	"github.com/optiinfra/performance-agent/internal/serving"
)

// Model is one replica: an architecture in a weight format on a GPU under
// resolved settings. It is immutable; its methods may be called from several
// goroutines. The zero value is not usable.
type Model struct {
	settings Settings
	arch     Architecture
	gpu      GPU
	profile  profile
	weights  float64 // bytes on one GPU
	kvBytes  float64 // bytes on one GPU
	blocks   int
	cost     stepCost
}

// New resolves a configuration and lays out its memory. It fails when a flag
// cannot be resolved, when the weights do not fit, and when the KV cache cannot
// hold one request of the greatest length, in the engine's words.
func New(cfg serving.EngineConfig, hw serving.Hardware) (Model, error) {
	s, err := SettingsOf(cfg, hw)
	if err != nil {
		return Model{}, fmt.Errorf("performance model: %w", err)
	}
	arch, err := LookupArchitecture(cfg.Model)
	if err != nil {
		return Model{}, fmt.Errorf("performance model: %w", err)
	}
	gpu, err := LookupGPU(hw.GPU)
	if err != nil {
		return Model{}, fmt.Errorf("performance model: %w", err)
	}
	m := Model{settings: s, arch: arch, gpu: gpu, profile: versionProfile(s.minor, s.AsyncScheduling)}
	m.weights = weightBytes(arch, s)
	if m.kvBytes, err = kvCacheBytes(arch, gpu, s, m.profile); err != nil {
		return Model{}, fmt.Errorf("performance model: %w", err)
	}
	if m.blocks, err = cacheBlocks(arch, s, m.kvBytes); err != nil {
		return Model{}, fmt.Errorf("performance model: %w", err)
	}
	if err = m.settings.settle(m.blocks * s.BlockSize); err != nil {
		return Model{}, fmt.Errorf("performance model: %w", err)
	}
	m.cost = newStepCost(arch, gpu, s, m.profile)
	return m, nil
}

// Settings are the resolved flags and defaults.
func (m Model) Settings() Settings { return m.settings }

// KVBlocks is the number of KV cache blocks of the replica.
func (m Model) KVBlocks() int { return m.blocks }

// BlockSize is the number of tokens in a KV block.
func (m Model) BlockSize() int { return m.settings.BlockSize }

// KVCacheBytes is the size of the KV cache on one GPU.
func (m Model) KVCacheBytes() float64 { return m.kvBytes }

// WeightsBytes is the size of the loaded weights on one GPU.
func (m Model) WeightsBytes() float64 { return m.weights }

// API server time before the first token, on a good host: HTTP, chat template,
// tokenizer and the way to the engine and back (6 ms median measured, 15 ms in
// the fit of BLIS; slow hosts reach 40 ms).
const (
	apiSeconds         = 10e-3
	apiSecondsPerToken = 10e-6
)

// APISeconds is the frontend's part of a request's TTFT.
func (m Model) APISeconds(promptTokens int) float64 {
	return apiSeconds + apiSecondsPerToken*float64(promptTokens)
}

// StepSeconds is the time of one engine step. It allocates nothing.
func (m Model) StepSeconds(b Batch) float64 {
	return m.cost.seconds(b.load(m.cost.window))
}
