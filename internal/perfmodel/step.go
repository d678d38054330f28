package perfmodel

import "math"

// stepCost holds the constants of the step time of one model, so that asking for
// a step is a few dozen multiplications.
type stepCost struct {
	layers, windowLayers, window float64

	gemms       [4]gemm // qkv, o, gate and up, down of one layer
	experts     experts
	head        gemm    // output head, on rows that sample
	sampler     float64 // seconds of one sequence
	samplerBase float64
	rowElements float64 // element-wise seconds of one row and layer
	layerFixed  float64

	tensorParallel bool
	reduce         AllReduce
	reduceFloor    float64 // eager mode
	rowBytes       float64 // of one all-reduce

	attention attention

	hostBase, hostPerSequence float64
	eager                     bool
	launchLayer               float64 // CPU seconds to launch one layer's kernels
	graphMax                  int
	uncompiled                bool

	drafter drafter
	stages  float64 // of the pipeline
	hop     float64 // seconds between two stages
	offload float64 // seconds to read offloaded weights
	// hostToken is the copy of one token's KV cache from the host; the step waits
	// for it.
	hostToken float64
}

// Fixed constants of a step.
const (
	// Launching costs more with 8-bit formats, which add quantization kernels,
	// and with experts, which add routing.
	launch8Bit     = 1.25
	launchExperts  = 1.3
	launchEpilogue = 0.3e-3
	// Steps that hold prompt chunks run piecewise graphs up to the largest
	// captured size and compiled code without a graph above it.
	launchPiecewise = 0.25
	launchCompiled  = 0.40
	reduceSwitch    = 6 * mib
	// stageHopSeconds passes activations from one pipeline stage to the next.
	stageHopSeconds = 50e-6
)

func newStepCost(a Architecture, g GPU, s Settings, p profile, k Constants) stepCost {
	tp := float64(s.TensorParallel)
	h, d := float64(a.Hidden), float64(a.HeadDim)
	q, kv := float64(a.QueryHeads)/tp, math.Max(1, float64(a.KVHeads)/tp)
	inner := float64(a.Intermediate) / tp
	kern := kernelsOf(g, s.Weights, s.SlowDequant)
	c := stepCost{
		layers: float64(a.Layers), windowLayers: float64(a.WindowLayers), window: float64(a.Window),
		head:        kernelsOf(g, WeightsBF16, false).gemmOf(g, float64(a.Vocab)/tp, h),
		experts:     expertsOf(a, g, s.Weights, kern, k, tp),
		rowElements: (16*h + 6*(inner+float64(a.Active*a.ExpertIntermediate)/tp)) / (0.7 * g.BytesPerSecond),
		layerFixed:  k.LayerSeconds,
		rowBytes:    2 * h,
		attention:   attentionOf(a, g, s, p, k),
		hostBase:    p.host.BaseSeconds, hostPerSequence: p.host.SequenceSeconds,
		eager: s.Eager, graphMax: s.GraphMax, uncompiled: s.Uncompiled,
		stages: float64(max(s.PipelineParallel, 1)), hop: stageHopSeconds,
		offload: offloaded(a, s) / hostLink(g), hostToken: kvTokenBytes(a, s) / hostLink(g),
	}
	if a.Sampled {
		c.sampler, c.samplerBase = k.SamplerSeconds*float64(a.Vocab), k.SamplerBaseSeconds
	}
	c.gemms[0] = kern.gemmOf(g, (q+2*kv)*d, h)
	c.gemms[1] = kern.gemmOf(g, h, q*d)
	if inner > 0 {
		c.gemms[2] = kern.gemmOf(g, 2*inner, h)
		c.gemms[3] = kern.gemmOf(g, h, inner)
	}
	if c.reduce, c.tensorParallel = g.allReduce(s.TensorParallel); c.tensorParallel {
		c.reduceFloor = g.AllReduceEager
		if p.fusedReduce && !s.Eager {
			c.reduce.Skew *= k.FusedReduce
		}
	}
	c.launchLayer = launchLayer(a, s, k)
	c.drafter = newDrafter(g, s)
	return c
}

func launchLayer(a Architecture, s Settings, k Constants) float64 {
	t := k.LaunchSeconds
	if s.Weights == WeightsFP8 || s.Weights == WeightsINT8 {
		t *= launch8Bit
	}
	if a.Experts > 0 {
		t *= launchExperts
	}
	return t
}

// seconds is the time of one step with the given load. A pipeline works on as
// many parts of it at once as it has stages, so that the step of all lasts as
// long as one part takes through all layers.
func (c *stepCost) seconds(l load) float64 {
	if c.stages > 1 {
		l = l.split(math.Max(1, math.Min(c.stages, l.sequences())))
	}
	rows := l.decodes + l.prefillTokens + l.drafts
	if rows <= 0 {
		return 0
	}
	sequences := l.sequences()
	rows = c.padded(rows)
	gpu := c.layers*c.layerSeconds(rows) + c.attention.seconds(l, c.layers-c.windowLayers, c.windowLayers) +
		c.head.seconds(sequences+l.drafts)
	sampling := c.samplerBase + c.sampler*(sequences+l.drafts) // begins when the last kernel of the step has ended
	host := c.hostBase + c.hostPerSequence*sequences
	gpu += c.offload + (c.stages-1)*c.hop + c.hostToken*l.hostTokens
	return math.Max(gpu, c.launchFloor(rows, l.prefillTokens > 0)) + sampling + host + c.drafter.seconds(c, l)
}

func (c *stepCost) layerSeconds(rows float64) float64 {
	t := c.layerFixed + c.rowElements*rows + c.experts.seconds(rows)
	for i := range c.gemms {
		if c.gemms[i].sharpness > 0 {
			t += c.gemms[i].seconds(rows)
		}
	}
	if c.tensorParallel {
		t += 2 * c.reduceSeconds(rows)
	}
	return t
}

// reduceSeconds is one all-reduce of the activations of rows.
func (c *stepCost) reduceSeconds(rows float64) float64 {
	bytes := rows * c.rowBytes
	t := c.reduce.SmallSeconds + bytes*c.reduce.SmallPerByte
	if bytes > reduceSwitch {
		t = c.reduce.LargeSeconds + bytes*c.reduce.LargePerByte
	}
	if c.eager {
		t = math.Max(t, c.reduceFloor)
	}
	return t + c.reduce.Skew
}

// launchFloor is the least time of a step that the CPU needs to issue its
// kernels. A step of decodes that fits a captured graph has none.
func (c *stepCost) launchFloor(rows float64, mixed bool) float64 {
	share := 0.0
	switch {
	case c.eager:
		share = 1
	case c.uncompiled && (mixed || rows > float64(c.graphMax)):
		share = 1
	case rows > float64(c.graphMax):
		share = launchCompiled
	case mixed:
		share = launchPiecewise
	default:
		return 0
	}
	return c.layers*c.launchLayer*share + launchEpilogue
}

// padded is the size of the captured graph that a batch runs in: 1, 2, 4, then
// steps of 8 to 256 and of 16 above. Batches beyond the largest graph, and all
// batches in eager mode, run at their own size.
func (c *stepCost) padded(rows float64) float64 {
	if c.eager || rows > float64(c.graphMax) {
		return rows
	}
	switch {
	case rows <= 2:
		return math.Ceil(rows)
	case rows <= 4:
		return 4
	case rows <= 256:
		return 8 * math.Ceil(rows/8)
	}
	return 16 * math.Ceil(rows/16)
}
