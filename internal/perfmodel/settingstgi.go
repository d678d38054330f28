package perfmodel

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/optiinfra/performance-agent/internal/engine"
	"github.com/optiinfra/performance-agent/internal/serving"
)

// TGI's memory share: the launcher leaves 5% of what --cuda-memory-fraction
// allows (TGI_WIGGLE_ROOM).
const tgiWiggleRoom = 0.95

// Defaults of TGI (launcher/src/main.rs).
const (
	tgiConcurrent     = 128
	tgiServedRatio    = 0.3
	tgiWaitingTokens  = 20
	tgiGraphMax       = 32
	tgiFormerTotal    = 4096 // greatest length by default before 2.4.1
	tgiFormerHeadroom = 50   // of the prefill above the longest prompt, before 2.4.1
)

// tgiChunking is the first release that splits prompts over prefills, takes the
// model's whole length and caches prefixes.
func tgiChunking() engine.Version { return engine.Version{2, 4, 1} }

// resolveTGI gives the launcher's flags and defaults. Environment variables
// (ATTENTION, PREFIX_CACHING) are no part of a configuration: attention is what
// the launcher chooses, flashinfer or on old cards and releases paged.
func resolveTGI(cfg serving.EngineConfig, gpus int, gpu GPU, arch Architecture) (Settings, error) {
	version, stated := engine.ParseVersion(cfg.Version)
	if !stated && cfg.Version != "" {
		return Settings{}, fmt.Errorf("version %q is not of the form 3.3.7", cfg.Version)
	}
	chunks := !stated || !version.Before(tgiChunking())
	r := reader{cfg: cfg}
	s := Settings{
		GPU: gpu.Name, Policy: PolicyTGI, minor: newest, Uncompiled: true,
		MemoryFlag: "--cuda-memory-fraction", GPUMemoryUtilization: tgiWiggleRoom * r.ratio("--cuda-memory-fraction", 1),
		BlockSize: 1, ChunkedPrefill: chunks, PrefixCaching: chunks, PrefillFirst: !chunks,
		TensorParallel: r.integer("--num-shard", gpus), DataParallel: 1, PipelineParallel: 1,
		MaxNumSeqs: r.integer("--max-concurrent-requests", tgiConcurrent),
	}
	if v, set := r.value("--sharded"); set && v == "false" {
		s.TensorParallel = 1
	}
	if !chunks {
		s.BlockSize = 16 // paged attention
		// Later releases ignore the flag for models with flash attention.
		s.MaxCacheTokens = r.integer("--max-batch-total-tokens", 0)
	}
	s.resolveTGILengths(&r, arch, chunks)
	s.resolveTGIBatch(&r, gpu, arch, chunks)
	s.GraphMax = tgiGraphs(&r)
	s.Eager = s.GraphMax == 0
	if r.err == nil {
		r.err = s.resolveTGIFormats(&r, arch, gpu)
	}
	if r.err == nil {
		r.err = s.checkTGI(&r, gpus, gpu, arch)
	}
	return s, r.err
}

// resolveTGILengths: the length of a request is the model's or, when memory
// holds less, what memory holds; settle does the latter.
func (s *Settings) resolveTGILengths(r *reader, arch Architecture, chunks bool) {
	total := arch.MaxModelLen
	if !chunks {
		total = min(total, tgiFormerTotal)
	}
	_, given := r.value("--max-total-tokens")
	s.MaxModelLen = r.integer("--max-total-tokens", total)
	s.LengthFollowsCache = !given
	input := r.integer("--max-input-length", 0)
	s.TGI.MaxInputTokens = r.integer("--max-input-tokens", input)
}

func (s *Settings) resolveTGIBatch(r *reader, gpu GPU, arch Architecture, chunks bool) {
	s.TGI.MaxConcurrentRequests = s.MaxNumSeqs
	s.TGI.WaitingServedRatio = r.number("--waiting-served-ratio", tgiServedRatio)
	s.TGI.MaxWaitingTokens = r.integer("--max-waiting-tokens", tgiWaitingTokens)
	s.TGI.MaxBatchSize = r.integer("--max-batch-size", 0)
	prefill := tgiPrefillTokens(gpu, arch, s)
	if !chunks {
		longest := s.TGI.MaxInputTokens
		if longest == 0 {
			longest = s.MaxModelLen - 1
		}
		prefill = longest + tgiFormerHeadroom
		if s.TGI.MaxBatchSize > 0 {
			s.MaxNumSeqs = min(s.MaxNumSeqs, s.TGI.MaxBatchSize)
		}
	}
	s.MaxNumBatchedTokens = r.integer("--max-batch-prefill-tokens", prefill)
}

// tgiPrefillTokens is the launcher's estimate of a prefill that keeps the GPU
// busy for a second: its peak rate over the work of one token, at most the
// model's length and what an eighth of the memory holds in activations.
func tgiPrefillTokens(gpu GPU, arch Architecture, s *Settings) int {
	perToken := 2 * (float64(arch.Layers)*(arch.attentionParameters()+arch.activeParameters()) + arch.embeddingParameters()/2)
	tp := float64(max(s.TensorParallel, 1))
	room := gpu.MemoryBytes / 8 / activationBytes(arch, tp)
	return max(1, int(math.Min(math.Min(gpu.FlopsBF16*tp/perToken, room), float64(s.MaxModelLen))))
}

// tgiGraphs is the largest batch with a graph; 0: none.
func tgiGraphs(r *reader) int {
	text, set := r.value("--cuda-graphs")
	if !set {
		if q, _ := r.value("--quantize"); strings.HasPrefix(q, "bitsandbytes") {
			return 0
		}
		return tgiGraphMax
	}
	largest := 0
	for _, size := range strings.FieldsFunc(text, func(c rune) bool { return c == ',' || c == ' ' }) {
		n, err := strconv.Atoi(size)
		if err != nil || n < 0 {
			r.fail("--cuda-graphs", text, "a list of batch sizes")
			return 0
		}
		largest = max(largest, n)
	}
	return largest
}

func (s *Settings) resolveTGIFormats(r *reader, arch Architecture, gpu GPU) error {
	value, _ := r.value("--quantize")
	var err error
	if s.Weights, s.SlowDequant, err = tgiWeights(value, r.cfg.Model, arch.Native, gpu); err != nil {
		return err
	}
	switch v, _ := r.value("--kv-cache-dtype"); v {
	case "":
		s.KVDtype = KVBF16
	case "fp8_e4m3fn", "fp8_e5m2":
		s.KVDtype = KVFP8
	default:
		return fmt.Errorf("--kv-cache-dtype %s is not modelled", v)
	}
	s.Speculation, err = tgiSpeculation(r)
	return err
}

// tgiWeights maps the names of --quantize. AWQ and GPTQ checkpoints run on
// Marlin kernels whatever the flag says; bitsandbytes rebuilds weights.
func tgiWeights(value, model, native string, gpu GPU) (format string, slow bool, err error) {
	const flag = "--quantize"
	stored := checkpointFormat(model, native)
	switch value {
	case "", "compressed-tensors":
		return resolveWeights(flag, "", model, native, gpu)
	case "fp8":
		return resolveWeights(flag, value, model, native, gpu)
	case "awq", "gptq", "marlin":
		if stored != WeightsW4 {
			return "", false, fmt.Errorf("%s %s needs a checkpoint of that format, %s is %s", flag, value, model, stored)
		}
		return WeightsW4, false, nil
	case "eetq", "bitsandbytes", "bitsandbytes-nf4", "bitsandbytes-fp4":
		if stored != WeightsBF16 {
			return "", false, fmt.Errorf("%s %s does not fit a %s checkpoint", flag, value, stored)
		}
		format = WeightsW8A16
		if strings.HasSuffix(value, "4") {
			format = WeightsW4
		}
		return format, value != "eetq", nil
	}
	return "", false, fmt.Errorf("%s %s is not modelled", flag, value)
}

func (s *Settings) checkTGI(r *reader, gpus int, gpu GPU, arch Architecture) error {
	input, prefill := s.TGI.MaxInputTokens, s.MaxNumBatchedTokens
	switch {
	case input >= s.MaxModelLen:
		return fmt.Errorf("--max-input-tokens %d must be less than --max-total-tokens %d", input, s.MaxModelLen)
	case !s.ChunkedPrefill && prefill < input:
		return fmt.Errorf("--max-batch-prefill-tokens %d must be at least --max-input-tokens %d", prefill, input)
	}
	if err := s.checkParallel(parallelFlags{tensor: "--num-shard"}, gpus, gpu, arch); err != nil {
		return err
	}
	return r.err
}
