package perfmodel

import (
	"fmt"

	"github.com/optiinfra/performance-agent/internal/serving"
)

// Settings are the resolved values behind a configuration: what the flags say
// and, where they are silent, the defaults of that version on that GPU.
type Settings struct {
	GPU                  string
	Policy               Policy
	MaxNumSeqs           int
	MaxNumBatchedTokens  int // per step
	BlockSize            int // tokens
	TensorParallel       int
	PipelineParallel     int
	DataParallel         int // engines behind one address, each with its own cache and GPUs
	MaxModelLen          int // tokens
	LongPrefillThreshold int // greatest chunk of one prompt in a step; 0: no limit
	GPUMemoryUtilization float64
	MemoryFlag           string // that GPUMemoryUtilization comes from
	// StaticMemory: the share holds weights and KV cache only, and a step's
	// activations take what is left (SGLang).
	StaticMemory   bool
	MaxCacheTokens int // of the KV cache; 0: what memory holds
	// CPUOffloadBytes of the weights on one GPU stay in the host's memory.
	CPUOffloadBytes float64
	// HostCacheBytes of each GPU's KV cache are kept in the host's memory when the
	// GPU needs the room; HostCacheRatio says the same relative to the GPU's cache.
	HostCacheBytes, HostCacheRatio float64
	KVCacheMemoryBytes             float64 // per GPU; 0: from utilization

	Eager bool
	// Uncompiled: steps that hold prompts or exceed the largest graph launch their
	// kernels one by one.
	Uncompiled      bool
	ChunkedPrefill  bool
	PrefixCaching   bool
	AsyncScheduling bool
	// PrefillFirst is the scheduler of vLLM before 0.8: prompts are computed
	// whole, in steps of their own, before any decode.
	PrefillFirst bool
	// ReserveFullPrompt admits a request only when its whole prompt fits the free
	// blocks (0.19 and later).
	ReserveFullPrompt bool
	// Watermark is the part of the KV cache that admission leaves free.
	Watermark   float64
	Speculation Speculation
	TGI         TGISettings
	SGLang      SGLangSettings

	Weights string // one of the Weights constants
	KVDtype string // one of the KV constants
	// SlowDequant is set when a flag forces kernels that rebuild 16-bit weights.
	SlowDequant bool
	// GraphMax is the largest batch with a captured CUDA graph; 0 when eager.
	GraphMax int
	// LengthFollowsCache cuts MaxModelLen to what the cache holds, where others
	// refuse to start.
	LengthFollowsCache  bool
	runningFollowsCache bool // MaxNumSeqs, in SGLang
	minor               int
}

// SettingsOf resolves a configuration on the given hardware. The error names the
// flag that cannot be resolved, or the engine when it is not modelled.
func SettingsOf(cfg serving.EngineConfig, hw serving.Hardware) (Settings, error) {
	gpu, err := LookupGPU(hw.GPU)
	if err != nil {
		return Settings{}, err
	}
	arch, err := LookupArchitecture(cfg.Model)
	if err != nil {
		return Settings{}, err
	}
	gpus := max(hw.GPUs, 1)
	switch cfg.Engine {
	case serving.VLLM:
		return resolveVLLM(cfg, gpus, gpu, arch)
	case serving.TGI:
		return resolveTGI(cfg, gpus, gpu, arch)
	case serving.SGLang:
		return resolveSGLang(cfg, gpus, gpu, arch)
	}
	return Settings{}, fmt.Errorf("engine %q is not modelled", cfg.Engine)
}
