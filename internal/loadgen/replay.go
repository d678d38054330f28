package loadgen

import (
	"time"

	"github.com/optiinfra/performance-agent/internal/serving"
)

// planReplay plans the requests of a trace at their own times, divided by the
// speed-up. The first seconds of the replay are the warm-up. Prefix sharing is
// the workload's, times and lengths are the trace's.
func planReplay(spec serving.LoadSpec) (shots []shot, window time.Duration) {
	speedup := spec.Speedup
	if speedup <= 0 {
		speedup = 1
	}
	warmup, limit := seconds(spec.WarmupSeconds), orForever(spec.DurationSeconds)
	groups := max(1, spec.Workload.PrefixGroups)
	counted := 0
	for i, r := range spec.Trace {
		at := seconds(r.AtSeconds / speedup)
		if at-warmup >= limit || spec.MaxRequests > 0 && counted >= spec.MaxRequests {
			break
		}
		if at >= warmup {
			counted++
			window = at - warmup
		}
		shots = append(shots, shot{index: i, at: at, prompt: r.PromptTokens, output: r.OutputTokens,
			group: int(mix(spec.Seed, uint64(i)) % uint64(groups))})
	}
	return shots, window
}

// countedShots are the requests of a plan that count, with the later turns of
// their sessions, of which the end of the window may cut some.
func countedShots(shots []shot, warmup time.Duration) int {
	n := 0
	for _, s := range shots {
		if s.at >= warmup {
			n += 1 + len(s.rest)
		}
	}
	return n
}
