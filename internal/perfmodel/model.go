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
	consts   Constants
	weights  float64 // bytes on one GPU
	kvBytes  float64 // bytes on one GPU
	blocks   int
	cost     stepCost
}

// New resolves a configuration and lays out its memory. It fails when a flag
// cannot be resolved, when the weights do not fit, and when the KV cache cannot
// hold one request of the greatest length, in the engine's words.
func New(cfg serving.EngineConfig, hw serving.Hardware) (Model, error) {
	return NewWith(cfg, hw, DefaultTuning())
}

// Tuning is what the physics of a model rests on beside the data files' shapes.
// It is for fitting, and for hosts and GPUs that are known to differ.
type Tuning struct {
	Constants Constants
	// GPU adjusts the row of the GPU; nil leaves it.
	GPU func(GPU) GPU
}

// DefaultTuning is that of the data files.
func DefaultTuning() Tuning { return Tuning{Constants: DefaultConstants()} }

// NewWith is New on other constants.
func NewWith(cfg serving.EngineConfig, hw serving.Hardware, t Tuning) (Model, error) {
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
	if t.GPU != nil {
		gpu = t.GPU(gpu)
	}
	m := Model{settings: s, arch: arch, gpu: gpu, consts: t.Constants,
		profile: versionProfile(s.minor, t.Constants.host(s.minor, s.AsyncScheduling))}
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
	m.cost = newStepCost(arch, gpu, s, m.profile, t.Constants)
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

// APISeconds is the frontend's part of a request's TTFT.
func (m Model) APISeconds(promptTokens int) float64 {
	return m.api(float64(promptTokens))
}

func (m Model) api(promptTokens float64) float64 {
	return m.consts.APISeconds + m.consts.APISecondsPerToken*promptTokens
}

// StepSeconds is the time of one engine step. It allocates nothing.
func (m Model) StepSeconds(b Batch) float64 {
	return m.cost.seconds(b.load(m.cost.window))
}
