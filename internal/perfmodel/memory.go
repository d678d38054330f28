package perfmodel

import (
	"fmt"
	"math"
)

// weightBytes is the size of the loaded weights on one GPU.
func weightBytes(a Architecture, s Settings) float64 {
	perWeight := bytesPerWeight(s.Weights)
	layer := (a.attentionParameters() + a.mlpParameters()) * perWeight
	total := float64(a.Layers)*layer + 2*a.embeddingParameters()
	if a.Padding > 0 {
		total *= a.Padding
	}
	return total / float64(s.TensorParallel*max(s.PipelineParallel, 1))
}

// kvTokenBytes is the KV cache of one token on one GPU. Window layers keep the
// window only and are left out: their share does not grow with the context.
func kvTokenBytes(a Architecture, s Settings) float64 {
	return float64(a.Layers-a.WindowLayers) * kvTokenLayerBytes(a, s) / float64(max(s.PipelineParallel, 1))
}

func kvTokenLayerBytes(a Architecture, s Settings) float64 {
	heads := math.Max(1, float64(a.KVHeads)/float64(s.TensorParallel))
	return 2 * heads * float64(a.HeadDim) * kvElementBytes(s.KVDtype)
}

func kvElementBytes(dtype string) float64 {
	if dtype == KVFP8 {
		return 1
	}
	return 2
}

// overheadBytes is what profiling finds beside the weights: the activations of a
// full step or the sampler's logits, whichever is larger, the CUDA context, and
// in new versions the captured graphs. Checked against logged starts to 1%.
func overheadBytes(a Architecture, s Settings, p profile) float64 {
	tp := float64(s.TensorParallel)
	activations := float64(s.MaxNumBatchedTokens) * activationBytes(a, tp)
	sampler := float64(s.sampling()) * float64(a.Vocab) * p.samplerBytes
	overhead := math.Max(activations, sampler) + 0.20*gib + draftBytes(a, s)
	if s.TensorParallel > 1 {
		overhead += 0.15 * gib
	}
	if !s.Eager {
		overhead += p.graphBytes
	}
	return overhead
}

// activationBytes is what one token of a step needs at the layer's widest place.
func activationBytes(a Architecture, tp float64) float64 {
	qkv := float64(a.QueryHeads+2*a.KVHeads) * float64(a.HeadDim)
	inner := float64(a.Intermediate + a.Active*a.ExpertIntermediate)
	return 2 * (2*float64(a.Hidden) + (3*inner+qkv)/tp)
}

// sampling is the number of sequences whose logits are held at once. SGLang's
// buffers are those of its largest graph.
func (s Settings) sampling() int {
	if s.Policy == PolicySGLang && s.GraphMax > 0 {
		return min(s.MaxNumSeqs, s.GraphMax)
	}
	return s.MaxNumSeqs
}

// kvCacheBytes is what is left for the KV cache on one GPU, or an error in the
// words the engine would use when the weights do not fit.
func kvCacheBytes(a Architecture, g GPU, s Settings, p profile) (float64, error) {
	if s.KVCacheMemoryBytes > 0 {
		if s.KVCacheMemoryBytes+weightBytes(a, s) > g.MemoryBytes {
			return 0, fmt.Errorf("--kv-cache-memory-bytes: %.2f GiB of KV cache and %.2f GiB of weights exceed the %.2f GiB of %s",
				s.KVCacheMemoryBytes/gib, weightBytes(a, s)/gib, g.MemoryBytes/gib, g.Name)
		}
		return s.KVCacheMemoryBytes, nil
	}
	budget := s.GPUMemoryUtilization * g.MemoryBytes
	weights := weightBytes(a, s) - offloaded(a, s)
	if s.StaticMemory {
		return staticCacheBytes(a, g, s, p, weights)
	}
	left := budget - weights - overheadBytes(a, s, p)
	if left <= 0 {
		return 0, fmt.Errorf("no available memory for the cache blocks: weights need %.2f GiB and a step %.2f GiB of the %.2f GiB that %s %.3g allows on %s",
			weights/gib, overheadBytes(a, s, p)/gib, budget/gib, s.MemoryFlag, s.GPUMemoryUtilization, g.Name)
	}
	return left, nil
}

// cacheBlocks turns bytes into blocks and refuses, as the engine does, a cache
// that cannot hold one request of the greatest length.
func cacheBlocks(a Architecture, s Settings, bytes float64) (int, error) {
	perBlock := float64(s.BlockSize) * kvTokenBytes(a, s)
	blocks := int(bytes / perBlock)
	if s.MaxCacheTokens > 0 {
		blocks = min(blocks, s.MaxCacheTokens/s.BlockSize)
	}
	if s.Policy == PolicyTGI || s.Policy == PolicySGLang {
		return max(blocks, 1), nil // settle refuses what does not fit
	}
	needed := (s.MaxModelLen + s.BlockSize - 1) / s.BlockSize
	if blocks < needed {
		return 0, fmt.Errorf("to serve at least one request with the model's max seq len (%d), %.2f GiB KV cache is needed, which is larger than the available KV cache memory (%.2f GiB); based on the available memory, the estimated maximum model length is %d: raise --gpu-memory-utilization or lower --max-model-len",
			s.MaxModelLen, float64(needed)*perBlock/gib, bytes/gib, blocks*s.BlockSize)
	}
	return blocks, nil
}
