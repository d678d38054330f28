package perfmodel

import "fmt"

// Bounds of SGLang's running requests when no flag says (kv_cache_configurator):
// 512 times the requests of full length that the cache holds, within these.
const (
	sglangLeastRunning = 2048
	sglangMostRunning  = 4096
	sglangSpeculating  = 48 // with speculative decoding
)

// settle fills what follows from the size of the KV cache, in tokens, and
// refuses what does not fit it.
func (s *Settings) settle(tokens int) error {
	switch s.Policy {
	case PolicyTGI:
		return s.settleTGI(tokens)
	case PolicySGLang:
		if s.runningFollowsCache {
			most := min(max(512*tokens/s.MaxModelLen, sglangLeastRunning), sglangMostRunning)
			s.MaxNumSeqs = max(1, min(most, tokens/2))
		}
		s.MaxModelLen = min(s.MaxModelLen, tokens)
	}
	return nil
}

func (s *Settings) settleTGI(tokens int) error {
	room := tokens - max(s.Speculation.Drafts-1, 0)
	if s.MaxModelLen > room && !s.LengthFollowsCache {
		return fmt.Errorf("--max-total-tokens %d exceeds the %d tokens that memory holds: not enough memory to handle it, lower --max-total-tokens or raise %s",
			s.MaxModelLen, room, s.MemoryFlag)
	}
	s.MaxModelLen = min(s.MaxModelLen, room)
	if s.MaxModelLen < 2 {
		return fmt.Errorf("not enough memory for a request: the cache holds %d tokens", tokens)
	}
	if s.TGI.MaxInputTokens == 0 {
		s.TGI.MaxInputTokens = s.MaxModelLen - 1
	}
	return nil
}

// parallelFlags are an engine's names for the sizes of its groups; "": it has
// none.
type parallelFlags struct{ tensor, pipeline, data string }

// checkParallel refuses groups that the replica's GPUs or the model's shape do
// not allow.
func (s *Settings) checkParallel(f parallelFlags, gpus int, gpu GPU, arch Architecture) error {
	tp, all := s.TensorParallel, s.TensorParallel*s.PipelineParallel*s.DataParallel
	switch {
	case tp > gpus:
		return fmt.Errorf("%s %d needs %d GPUs, a replica has %d", f.tensor, tp, tp, gpus)
	case s.PipelineParallel > arch.Layers:
		return fmt.Errorf("%s %d exceeds the %d layers of %s", f.pipeline, s.PipelineParallel, arch.Layers, arch.Name)
	case s.DataParallel > 1 && arch.Experts > 0:
		return fmt.Errorf("%s %d is not modelled for mixtures of experts", f.data, s.DataParallel)
	case tp*s.PipelineParallel > gpus:
		return fmt.Errorf("%s %d with %s %d needs %d GPUs, a replica has %d", f.pipeline, s.PipelineParallel, f.tensor, tp, tp*s.PipelineParallel, gpus)
	case all > gpus:
		return fmt.Errorf("%s %d needs %d GPUs, a replica has %d", f.data, s.DataParallel, all, gpus)
	case arch.QueryHeads%tp != 0:
		return fmt.Errorf("%s %d does not divide the %d attention heads of %s", f.tensor, tp, arch.QueryHeads, arch.Name)
	case tp > 1:
		if _, ok := gpu.allReduce(tp); !ok {
			return fmt.Errorf("%s %d is not modelled on %s", f.tensor, tp, gpu.Name)
		}
	}
	return nil
}
