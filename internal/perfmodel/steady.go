package perfmodel

import "math"

// steady is the fixed point of a replica at one rate: the mean step time and the
// batch that it implies agree.
type steady struct {
	demand  demand
	rate    float64
	step    float64 // mean seconds between tokens of a request
	decode  float64 // seconds of a step without prefill
	prefill float64 // seconds of a step with prefill
	share   float64 // of steps that hold prefill
	chunks  float64 // steps that one prompt takes
	decodes float64 // decoding sequences
	running float64 // decoding and prefilling sequences
	spread  float64 // relative standard deviation of a request's mean step
	// budgetFill is the used part of the token budget left by decodes.
	budgetFill float64
	kvTokens   float64
	slotWait   float64 // mean seconds for a slot or for KV blocks
	budgetWait float64 // mean seconds behind other prompts
}

// Limits of the search for the fixed point: iterating from below converges to
// the stable solution or runs away, and near saturation it is slow.
const (
	steadyIterations = 300
	steadyTolerance  = 1e-5
	// kvUsable is the part of the KV cache that running requests fill before
	// preemption eats the gain.
	kvUsable = 0.95
)

// steady finds the state at a rate; ok is false when the replica is saturated.
func (m Model) steady(d demand, rate float64) (s steady, ok bool) {
	s = steady{demand: d, rate: rate}
	step := m.cost.seconds(load{decodes: 1, decodeContext: d.context})
	limit := m.limit(d)
	for range steadyIterations {
		next, fits := m.settle(&s, step)
		if !fits || s.running > limit {
			return s, false
		}
		done := math.Abs(next-step) <= steadyTolerance*step
		step = next
		if done {
			m.settle(&s, step)
			m.finish(&s, limit)
			return s, true
		}
	}
	return s, false
}

// limit is how many sequences can be in the engine: slots or KV blocks.
func (m Model) limit(d demand) float64 {
	tokens := kvUsable*m.kvTokens() - d.hit*math.Min(d.groups, float64(m.settings.MaxNumSeqs))
	return math.Max(1, math.Min(float64(m.settings.MaxNumSeqs), tokens/d.private))
}

// settle fills the state that a mean step time implies and returns the step time
// that this state implies; fits is false when prompts arrive faster than the
// token budget admits them.
func (m Model) settle(s *steady, step float64) (next float64, fits bool) {
	d := s.demand
	s.step = step
	s.decodes = s.rate * (d.output - 1) * step
	room := float64(m.settings.MaxNumBatchedTokens) - s.decodes
	if m.settings.PrefillFirst {
		room = float64(m.settings.MaxNumBatchedTokens)
	}
	if room < 1 {
		return step, false
	}
	s.chunks = m.chunks(d.fresh, room)
	s.running = s.decodes + s.rate*s.chunks*step
	if m.settings.PrefillFirst {
		return m.settleApart(s)
	}
	return m.settleMixed(s, room)
}

// chunks is the number of steps one prompt takes.
func (m Model) chunks(fresh, room float64) float64 {
	size := room
	if t := float64(m.settings.LongPrefillThreshold); t > 0 {
		size = math.Min(size, t)
	}
	return math.Max(1, math.Ceil(fresh/size))
}

// settleMixed is the scheduler that adds prompt chunks to decode steps. Chunks
// arrive at random, so some steps hold none and some several.
func (m Model) settleMixed(s *steady, room float64) (float64, bool) {
	d := s.demand
	perStep := s.rate * s.chunks * s.step
	s.budgetFill = s.rate * d.fresh * s.step / room
	if s.budgetFill >= 1 {
		return s.step, false
	}
	s.share = math.Max(1-math.Exp(-perStep), s.budgetFill)
	l := load{decodes: s.decodes, decodeContext: s.decodes * d.context}
	s.decode = m.cost.seconds(l)
	if s.share <= 0 {
		return s.decode, true
	}
	m.addChunks(&l, s, perStep/s.share)
	s.prefill = m.cost.seconds(l)
	return s.share*s.prefill + (1-s.share)*s.decode, true
}

// settleApart is the scheduler that stops decoding while it computes prompts.
func (m Model) settleApart(s *steady) (float64, bool) {
	d := s.demand
	s.decode = m.cost.seconds(load{decodes: s.decodes, decodeContext: s.decodes * d.context})
	var l load
	m.addChunks(&l, s, 1)
	s.prefill = m.cost.seconds(l)
	s.budgetFill = s.rate * s.chunks * s.prefill
	if s.budgetFill >= 1 {
		return s.step, false
	}
	s.share = s.budgetFill
	return s.decode / (1 - s.budgetFill), true
}

// addChunks puts count mean chunks into a load: each sees the shared prefix and
// on average half of the prompt's earlier chunks.
func (m Model) addChunks(l *load, s *steady, count float64) {
	size := s.demand.fresh / s.chunks
	cached := s.demand.hit + size*(s.chunks-1)/2
	l.add(count, size, cached, m.cost.window)
}

// finish derives waits and spread once the step time is found.
func (m Model) finish(s *steady, limit float64) {
	d := s.demand
	shared := d.hit * math.Min(d.groups, s.running)
	s.kvTokens = s.running*d.private + shared
	s.budgetWait = s.step * s.chunks * s.budgetFill / (2 * (1 - s.budgetFill))
	s.slotWait = slotWait(s, limit)
	s.spread = m.spread(s)
}

// slotWait is the mean wait of a queue with limit servers (Sakasegawa's
// approximation), each held for a request's time in the engine.
func slotWait(s *steady, limit float64) float64 {
	busy := math.Min(s.running/limit, 0.999999)
	cv := s.demand.workload.OutputTokens.CV
	variation := (s.demand.arrivals + cv*cv) / 2
	held := s.chunks*s.prefill + s.residence()
	return held * variation * math.Pow(busy, math.Sqrt(2*(limit+1))-1) / (limit * (1 - busy))
}

// spread is how much a request's mean step differs from the mean of all: by the
// prefill steps it happens to meet and by the size of the batch it shares.
func (m Model) spread(s *steady) float64 {
	steps := math.Max(1, s.demand.output-1)
	met := (s.prefill - s.decode) * math.Sqrt(math.Max(0, s.share*(1-s.share))/steps)
	more := s.decodes + math.Sqrt(s.decodes)
	batch := m.cost.seconds(load{decodes: more, decodeContext: more * s.demand.context}) - s.decode
	return math.Hypot(met, math.Max(0, batch)) / s.step
}

// residence is the mean time from the first to the last token.
func (s *steady) residence() float64 { return (s.demand.output - 1) * s.step }

// residual is the mean wait for the step that is running on arrival.
func (s *steady) residual() float64 { return s.busyStep() / 2 }

// busyStep is the step that an arrival meets, weighted by how often it meets one.
func (s *steady) busyStep() float64 {
	return s.step * (1 - math.Exp(-s.running))
}

func (s *steady) ttft() float64 {
	d := s.demand
	return apiSeconds + apiSecondsPerToken*d.prompt + s.residual() + s.chunks*s.prefill + s.budgetWait + s.slotWait
}
