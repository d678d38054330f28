package perfmodel

import (
	"fmt"
	"math"

	"github.com/optiinfra/performance-agent/internal/engine"
	"github.com/optiinfra/performance-agent/internal/serving"
)

// resolveSGLang gives SGLang's server arguments and defaults
// (srt/server_args.py).
func resolveSGLang(cfg serving.EngineConfig, gpus int, gpu GPU, arch Architecture) (Settings, error) {
	version, stated := engine.ParseVersion(cfg.Version)
	if !stated && cfg.Version != "" {
		return Settings{}, fmt.Errorf("version %q is not of the form 0.5.15", cfg.Version)
	}
	r := reader{cfg: cfg}
	s := Settings{
		GPU: gpu.Name, Policy: PolicySGLang, minor: newest, PrefillFirst: true, LengthFollowsCache: true,
		MemoryFlag: "--mem-fraction-static", StaticMemory: true,
		Uncompiled:       stated && version.Before(engine.Version{0, 5, 14}) || r.boolean("--disable-piecewise-cuda-graph", false),
		BlockSize:        r.integer("--page-size", 1),
		TensorParallel:   r.integer("--tp-size", 1),
		PipelineParallel: r.integer("--pp-size", 1),
		DataParallel:     r.integer("--dp-size", 1),
		MaxModelLen:      r.integer("--context-length", arch.MaxModelLen),
		MaxCacheTokens:   r.integer("--max-total-tokens", 0),
		PrefixCaching:    !r.boolean("--disable-radix-cache", false),
		AsyncScheduling:  !r.boolean("--disable-overlap-schedule", false),
		CPUOffloadBytes:  r.number("--cpu-offload-gb", 0) * gib,
	}
	if r.boolean("--enable-hierarchical-cache", false) {
		s.HostCacheBytes = r.number("--hicache-size", 0) * 1e9
		s.HostCacheRatio = r.number("--hicache-ratio", 2)
	}
	s.resolveSGLangBatch(&r, gpu, stated && version.Before(engine.Version{0, 4, 3}))
	if r.err == nil {
		r.err = s.resolveSGLangFormats(&r, arch, gpu)
	}
	s.resolveSGLangMemory(&r, gpu)
	if r.err == nil {
		r.err = s.checkSGLang(&r, gpus, gpu, arch)
	}
	return s, r.err
}

func (s *Settings) resolveSGLangBatch(r *reader, gpu GPU, early bool) {
	prefill := r.integer("--max-prefill-tokens", 16384)
	s.SGLang.MaxPrefillTokens = max(prefill, s.MaxModelLen) // the longest prompt must fit
	s.SGLang.MixedChunk = r.boolean("--enable-mixed-chunk", false)
	s.PrefillFirst = !s.SGLang.MixedChunk
	s.SGLang.Conservativeness = r.number("--schedule-conservativeness", 1)
	s.SGLang.MaxQueuedRequests = r.integer("--max-queued-requests", 0)
	s.SGLang.Order = sglangOrder(r, early)
	s.resolveChunk(r, sglangChunk(gpu), prefill)
	// Without a flag the number follows from the cache; settle does that.
	s.MaxNumSeqs = r.integer("--max-running-requests", sglangMostRunning)
	_, given := r.value("--max-running-requests")
	s.runningFollowsCache = !given
	switch {
	case r.boolean("--disable-cuda-graph", false):
		s.Eager = true
	default:
		most := r.integer("--cuda-graph-max-bs", sglangGraphMax(gpu, s.TensorParallel))
		s.GraphMax = r.integer("--cuda-graph-max-bs-decode", most)
	}
	if v, _ := r.value("--cuda-graph-backend-decode"); v == "disabled" {
		s.Eager, s.GraphMax = true, 0
	}
	if v, _ := r.value("--cuda-graph-backend-prefill"); v == "disabled" {
		s.Uncompiled = true
	}
}

// resolveChunk reads --chunked-prefill-size, where -1 means whole prompts.
func (s *Settings) resolveChunk(r *reader, fallback, prefill int) {
	s.ChunkedPrefill = true
	if v, set := r.value("--chunked-prefill-size"); set && v == "-1" {
		s.ChunkedPrefill, s.MaxNumBatchedTokens = false, prefill
		return
	}
	s.MaxNumBatchedTokens = r.integer("--chunked-prefill-size", fallback)
}

// sglangOrder reads --schedule-policy. dfs-weight groups what shares a prefix,
// which is lpm's order as far as this model goes. Before 0.4.3 the default was
// lpm.
func sglangOrder(r *reader, early bool) string {
	v, set := r.value("--schedule-policy")
	switch {
	case !set && early, v == "lpm", v == "dfs-weight":
		return OrderPrefix
	case !set, v == "fcfs":
		return OrderFCFS
	case v == "lof":
		return OrderOutput
	}
	r.fail("--schedule-policy", v, "modelled; fcfs, lpm, dfs-weight and lof are")
	return OrderFCFS
}

// Defaults by GPU memory, as SGLang has them.

func sglangChunk(gpu GPU) int {
	switch m := gpu.MemoryBytes / gib; {
	case m < 35:
		return 2048
	case m < 60:
		return 4096
	case m < 160:
		return 8192
	}
	return 16384
}

func sglangGraphMax(gpu GPU, tp int) int {
	large := tp >= 4
	pick := func(few, many int) int {
		if large {
			return many
		}
		return few
	}
	switch m := gpu.MemoryBytes / gib; {
	case m < 20:
		return 8
	case m < 35:
		return pick(24, 80)
	case m < 60:
		return pick(32, 160)
	case m < 160:
		return pick(256, 512)
	}
	return 512
}

// resolveSGLangMemory computes the default of --mem-fraction-static: all but
// 512 MB, 1.5 MB for each token of a chunk, the parallel groups' share and the
// graphs'; at least 10 GB on large cards.
func (s *Settings) resolveSGLangMemory(r *reader, gpu GPU) {
	chunk := 2048
	if s.ChunkedPrefill {
		chunk = max(chunk, s.MaxNumBatchedTokens)
	}
	reserved := 512*mib + 1.5*mib*float64(chunk) +
		float64(s.TensorParallel*s.PipelineParallel)/8*gib + 2*mib*float64(s.GraphMax)
	if gpu.MemoryBytes > 60*gib {
		reserved = math.Max(reserved, 10*gib)
	}
	share := math.Round(1000*(gpu.MemoryBytes-reserved)/gpu.MemoryBytes) / 1000
	s.GPUMemoryUtilization = r.ratio("--mem-fraction-static", math.Max(share, 0.1))
}

func (s *Settings) resolveSGLangFormats(r *reader, arch Architecture, gpu GPU) error {
	value, _ := r.value("--quantization")
	var err error
	if s.Weights, s.SlowDequant, err = sglangWeights(value, r.cfg.Model, arch.Native, gpu); err != nil {
		return err
	}
	switch v, _ := r.value("--dtype"); v {
	case "", "auto", "half", "float16", "bfloat16":
	default:
		return fmt.Errorf("--dtype %s is not modelled", v)
	}
	switch v, _ := r.value("--kv-cache-dtype"); v {
	case "", "auto", "bf16", "bfloat16":
		s.KVDtype = KVBF16
	case "fp8_e4m3", "fp8_e5m2":
		s.KVDtype = KVFP8
	default:
		return fmt.Errorf("--kv-cache-dtype %s is not modelled", v)
	}
	s.Speculation, err = sglangSpeculation(r)
	if s.Speculation.On() && s.runningFollowsCache {
		s.MaxNumSeqs, s.runningFollowsCache = sglangSpeculating, false
	}
	return err
}

// sglangWeights maps the names of --quantization onto those of vLLM.
func sglangWeights(value, model, native string, gpu GPU) (format string, slow bool, err error) {
	const flag = "--quantization"
	switch value {
	case "w8a8_fp8", "modelopt_fp8":
		value = "fp8"
	case "w8a8_int8":
		if stored := checkpointFormat(model, native); stored != WeightsINT8 {
			return "", false, fmt.Errorf("%s %s needs an INT8 checkpoint, %s is %s", flag, value, model, stored)
		}
		value = ""
	case "marlin", "moe_wna16":
		value = "gptq_marlin"
	}
	return resolveWeights(flag, value, model, native, gpu)
}

func (s *Settings) checkSGLang(r *reader, gpus int, gpu GPU, arch Architecture) error {
	if err := r.refuse(unmodelledSGLang()); err != nil {
		return err
	}
	switch {
	case s.ChunkedPrefill && s.MaxNumBatchedTokens%s.BlockSize != 0:
		return fmt.Errorf("--chunked-prefill-size %d must be a multiple of --page-size %d", s.MaxNumBatchedTokens, s.BlockSize)
	case s.Speculation.On() && s.SGLang.MixedChunk:
		return fmt.Errorf("--enable-mixed-chunk does not work with --speculative-algorithm")
	}
	flags := parallelFlags{tensor: "--tp-size", pipeline: "--pp-size", data: "--dp-size"}
	if err := s.checkParallel(flags, gpus, gpu, arch); err != nil {
		return err
	}
	return r.err
}

// unmodelledSGLang is as unmodelledVLLM.
func unmodelledSGLang() []neutral {
	return []neutral{
		{"--enable-dp-attention", "false"}, {"--enable-two-batch-overlap", "false"}, {"--ep-size", "1"},
		{"--enable-priority-scheduling", "false"}, {"--retraction-policy", "length"}, {"--disaggregation-mode", "null"},
		{"--hicache-storage-backend", ""}, {"--num-continuous-decode-steps", "1"},
	}
}
