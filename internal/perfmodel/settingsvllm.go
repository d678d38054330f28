package perfmodel

import (
	"fmt"

	"github.com/optiinfra/performance-agent/internal/serving"
)

// resolveVLLM gives vLLM's flags and the defaults of its API server.
func resolveVLLM(cfg serving.EngineConfig, gpus int, gpu GPU, arch Architecture) (Settings, error) {
	minor, err := minorVersion(cfg.Version)
	if err != nil {
		return Settings{}, err
	}
	r := reader{cfg: cfg}
	s := Settings{
		GPU: gpu.Name, minor: minor, Policy: PolicyVLLMV1,
		PrefillFirst: minor < 8, ReserveFullPrompt: minor >= 19,
		BlockSize:            r.integer("--block-size", 16),
		TensorParallel:       r.integer("--tensor-parallel-size", 1),
		PipelineParallel:     r.integer("--pipeline-parallel-size", 1),
		DataParallel:         r.integer("--data-parallel-size", 1),
		CPUOffloadBytes:      r.number("--cpu-offload-gb", 0) * gib,
		HostCacheBytes:       r.number("--kv-offloading-size", 0) * gib / float64(max(r.integer("--tensor-parallel-size", 1), 1)),
		Watermark:            r.number("--watermark", 0),
		MemoryFlag:           "--gpu-memory-utilization",
		MaxModelLen:          r.integer("--max-model-len", arch.MaxModelLen),
		LongPrefillThreshold: r.integer("--long-prefill-token-threshold", 0),
		GPUMemoryUtilization: r.ratio("--gpu-memory-utilization", defaultUtilization(minor)),
		KVCacheMemoryBytes:   r.number("--kv-cache-memory-bytes", 0),
		Eager:                r.boolean("--enforce-eager", false),
		ChunkedPrefill:       r.boolean("--enable-chunked-prefill", minor >= 8),
		PrefixCaching:        r.boolean("--enable-prefix-caching", minor >= 8),
		AsyncScheduling:      r.boolean("--async-scheduling", asyncDefault(minor)) && minor >= 10,
	}
	if s.PrefillFirst {
		s.Policy = PolicyVLLMV0
	}
	s.ReserveFullPrompt = s.ReserveFullPrompt && r.boolean("--scheduler-reserve-full-isl", true)
	s.resolveSpeculation(&r)
	s.resolveLimits(&r, gpu)
	if r.err == nil {
		r.err = s.resolveFormats(&r, arch, gpu)
	}
	if r.err == nil {
		r.err = s.check(&r, gpus, gpu, arch)
	}
	return s, r.err
}

// resolveLimits fills the scheduler limits with the API server's defaults: large
// ones on data-centre cards of 70 GiB and more except the A100.
func (s *Settings) resolveLimits(r *reader, gpu GPU) {
	seqs, tokens := 256, 2048
	if s.minor >= 8 && gpu.MemoryBytes >= 70*gib && gpu.Name != "A100-80" {
		seqs, tokens = 1024, 8192
	}
	if !s.ChunkedPrefill {
		tokens = max(tokens, s.MaxModelLen)
	}
	if v, ok := r.value("--performance-mode"); ok && v == "throughput" && s.minor >= 17 {
		seqs, tokens = 2*seqs, 2*tokens
	}
	s.MaxNumBatchedTokens = r.integer("--max-num-batched-tokens", tokens)
	s.MaxNumSeqs = r.integer("--max-num-seqs", min(seqs, s.MaxNumBatchedTokens))
	if !s.Eager {
		s.GraphMax = r.integer("--max-cudagraph-capture-size", min(2*s.MaxNumSeqs*(1+s.Speculation.Drafts), 512))
	}
}

// resolveSpeculation also switches asynchronous scheduling off where the method
// needs the tokens of a step before the next is scheduled.
func (s *Settings) resolveSpeculation(r *reader) {
	var err error
	if s.Speculation, err = vllmSpeculation(r); err != nil && r.err == nil {
		r.err = err
	}
	if s.Speculation.Method == DraftNgram {
		s.AsyncScheduling = false
	}
}

func (s *Settings) resolveFormats(r *reader, arch Architecture, gpu GPU) error {
	quantization, _ := r.value("--quantization")
	var err error
	s.Weights, s.SlowDequant, err = resolveWeights("--quantization", quantization, r.cfg.Model, arch.Native, gpu)
	if err != nil {
		return err
	}
	switch v, _ := r.value("--dtype"); v {
	case "", "auto", "half", "float16", "bfloat16":
	default:
		return fmt.Errorf("--dtype %s is not modelled", v)
	}
	switch v, _ := r.value("--kv-cache-dtype"); v {
	case "", "auto", "float16", "bfloat16":
		s.KVDtype = KVBF16
	case "fp8", "fp8_e4m3", "fp8_e5m2":
		s.KVDtype = KVFP8
	default:
		return fmt.Errorf("--kv-cache-dtype %s is not modelled", v)
	}
	return nil
}

// check refuses what the engine itself would refuse and what the model does not
// describe.
func (s *Settings) check(r *reader, gpus int, gpu GPU, arch Architecture) error {
	switch {
	case s.Watermark >= 1:
		return fmt.Errorf("--watermark %g is not below 1", s.Watermark)
	case s.MaxNumBatchedTokens < s.MaxNumSeqs:
		return fmt.Errorf("--max-num-batched-tokens %d must be at least --max-num-seqs %d", s.MaxNumBatchedTokens, s.MaxNumSeqs)
	case !s.ChunkedPrefill && s.MaxNumBatchedTokens < s.MaxModelLen:
		return fmt.Errorf("--max-num-batched-tokens %d must be at least --max-model-len %d without chunked prefill", s.MaxNumBatchedTokens, s.MaxModelLen)
	}
	if err := r.refuse(unmodelledVLLM()); err != nil {
		return err
	}
	flags := parallelFlags{tensor: "--tensor-parallel-size", pipeline: "--pipeline-parallel-size", data: "--data-parallel-size"}
	if err := s.checkParallel(flags, gpus, gpu, arch); err != nil {
		return err
	}
	return r.err
}

// defaultUtilization rose from 0.90 to 0.92 with vLLM 0.20.
func defaultUtilization(minor int) float64 {
	if minor >= 20 {
		return 0.92
	}
	return 0.90
}

// unmodelledVLLM are flags that change results and that this model knows nothing
// of; each with the value that is its default.
func unmodelledVLLM() []neutral {
	return []neutral{
		{"--enable-expert-parallel", "false"}, {"--enable-eplb", "false"}, {"--enable-dbo", "false"},
		{"--decode-context-parallel-size", "1"}, {"--scheduling-policy", "fcfs"}, {"--num-scheduler-steps", "1"},
		{"--scheduler-delay-factor", "0"}, {"--preemption-mode", "recompute"}, {"--speculative-model", ""}, {"--spec-method", ""},
	}
}
