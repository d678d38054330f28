package perfmodel

import (
	"math"

	"github.com/optiinfra/performance-agent/internal/serving"
)

// demand is what one mean request asks of an engine.
type demand struct {
	workload serving.Workload
	prompt   float64 // tokens
	output   float64 // tokens, at least 1
	perStep  float64 // tokens that a sequence gains in a step; above 1 with speculation
	hit      float64 // prompt tokens found in the prefix cache
	fresh    float64 // prompt tokens to compute
	context  float64 // mean context of a decoding sequence, tokens
	private  float64 // mean KV tokens of a running request that it shares with none
	groups   float64 // shared prefixes
	arrivals float64 // squared coefficient of variation of inter-arrival times
}

// prefixCacheShare is the part of the KV cache that idle shared prefixes are
// assumed to survive in, beside running requests.
const prefixCacheShare = 0.8

func demandOf(m Model, w serving.Workload) demand {
	d := demand{workload: w, prompt: math.Max(1, w.PromptTokens.Mean), output: math.Max(1, w.OutputTokens.Mean)}
	d.perStep = m.settings.Speculation.TokensPerStep()
	d.groups = math.Max(1, float64(w.PrefixGroups))
	if m.settings.PrefixCaching {
		d.hit = m.prefixHit(d, w.PrefixShare)
	}
	d.fresh = d.prompt - d.hit
	// A running request is met in proportion to its length, so the mean generated
	// part is E[o^2]/2E[o].
	generated := d.output * (1 + w.OutputTokens.CV*w.OutputTokens.CV) / 2
	d.context = d.prompt + generated
	d.private = d.fresh + generated + float64(m.settings.BlockSize)/2
	if m.settings.Policy == PolicyTGI { // all of the answer is reserved at once
		d.private = d.fresh + d.output
	}
	d.arrivals = 1
	if w.Arrival == "constant" {
		d.arrivals = 0
	}
	return d
}

// prefixHit is the shared part of a prompt in full blocks, never all of it, less
// what does not fit the cache when there are many groups.
func (m Model) prefixHit(d demand, share float64) float64 {
	block := float64(m.settings.BlockSize)
	hit := math.Floor(d.prompt*share/block) * block
	hit = math.Max(0, math.Min(hit, d.prompt-1))
	if all := hit * d.groups; all > prefixCacheShare*m.kvTokens() {
		hit *= prefixCacheShare * m.kvTokens() / all
	}
	return hit
}

func (m Model) kvTokens() float64 { return float64(m.blocks * m.settings.BlockSize) }

// decodeSteps is the number of steps from the first token to the last.
func (d demand) decodeSteps() float64 { return (d.output - 1) / d.perStep }
