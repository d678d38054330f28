package perfmodel

import "math"

// attention is the time of the attention kernels of one layer: decode reads the
// KV cache, prefill computes pairs of tokens and reads what was cached.
type attention struct {
	fixed          float64 // one kernel
	decodeSequence float64 // seconds of one decoding sequence
	decodeToken    float64 // seconds of one context token
	prefillPair    float64 // seconds of one query-key pair
	prefillToken   float64 // seconds of one token read
	window         float64
}

// kvStreamBF16 is decode attention's rate relative to the GPU's KVStream.
const kvStreamBF16 = 1.03

func attentionOf(a Architecture, g GPU, s Settings, p profile, c Constants) attention {
	token := kvTokenLayerBytes(a, s)
	rate, perSequence := kvStreamBF16*g.KVStream*g.BytesPerSecond, c.DecodeSequenceSeconds
	if s.KVDtype == KVFP8 {
		rate, perSequence = p.kvStreamFP8*g.BytesPerSecond, c.DecodeSequenceFP8Seconds
	}
	heads := float64(a.QueryHeads) / float64(s.TensorParallel)
	return attention{
		fixed:          g.AttentionFix,
		decodeSequence: perSequence,
		decodeToken:    token / rate,
		prefillPair:    4 * heads * float64(a.HeadDim) / (g.Attention * g.FlopsBF16),
		prefillToken:   token / (g.KVStream * g.BytesPerSecond),
		window:         float64(a.Window),
	}
}

// seconds is the time of all layers: full ones see the whole context, window
// ones the last tokens of it.
func (t *attention) seconds(l load, full, windowed float64) float64 {
	total := 0.0
	if l.decodes > 0 {
		total += (full+windowed)*(t.fixed+t.decodeSequence*l.decodes) + full*t.decodeToken*l.decodeContext
		total += windowed * t.decodeToken * math.Min(l.decodeContext, l.decodes*t.window)
	}
	if l.prefillTokens > 0 {
		total += (full+windowed)*t.fixed + full*(t.prefillPair*l.prefillPairs+t.prefillToken*l.prefillReads)
		total += windowed * (t.prefillPair*l.windowPairs + t.prefillToken*math.Min(l.prefillReads, l.prefillTokens+l.prefills*t.window))
	}
	return total
}
