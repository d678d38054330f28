package diagnosis

import (
	"math"

	"github.com/optiinfra/performance-agent/internal/llmsim"
	"github.com/optiinfra/performance-agent/internal/llmsim/sched"
)

// traffic is what one replica receives.
type traffic struct {
	arrivals []llmsim.Arrival
	failed   []float64 // times of the requests that a fault answers
	refused  []float64 // times of those that the engine has no place for
	counted  int       // arrivals that the HTTP side has counted
}

// newTraffic draws Poisson arrivals of the plant's shape at a rate until the end.
// longest bounds prompt and answer together, as the engine does.
func newTraffic(p Plant, rate, end float64, longest int, r *random) traffic {
	var out traffic
	base := r.next()
	for at := r.exponential() / rate; at < end; at += r.exponential() / rate {
		prompt := min(r.length(p.Prompt.Mean, p.Prompt.CV), longest*3/4)
		output := min(r.length(p.Output.Mean, p.Output.CV), longest-prompt-1)
		group := r.next() % uint64(max(p.Groups, 1))
		if r.uniform() < p.Fails {
			out.failed = append(out.failed, at)
			continue
		}
		out.arrivals = append(out.arrivals, llmsim.Arrival{AtSeconds: at, Prompt: tokens(prompt, p.Shared, base+group, r), Output: output,
			MaxTokens: int(math.Round(max(p.AsksFor, 1) * float64(output)))})
	}
	return out
}

// Arrivals are the first n requests of the plant's shape at a rate, the same for
// the same seed.
func (p Plant) Arrivals(n int, rate float64, longest int, seed uint64) []llmsim.Arrival {
	r := random{state: seed}
	margin := 1 + 10/math.Sqrt(float64(n)) // so that a Poisson count does not fall short
	all := newTraffic(p, rate, margin*float64(n)/rate, longest, &r).arrivals
	return all[:min(n, len(all))]
}

// tokens make a prompt that begins like the others of its group.
func tokens(n int, shared float64, group uint64, r *random) []sched.Token {
	out := make([]sched.Token, n)
	common := int(float64(n) * shared)
	start := random{state: group}
	for i := range out {
		if i < common {
			out[i] = sched.Token(start.next())
		} else {
			out[i] = sched.Token(r.next())
		}
	}
	return out
}
