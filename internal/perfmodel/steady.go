package perfmodel

import "math"

// steady is the state of a replica in equilibrium, reached from the number of
// requests that arrive in one mean step: it fixes the batch and with it the
// step's time, and so the rate.
type steady struct {
	demand  demand
	api     float64 // seconds in the frontend
	ahead   float64 // steps that are scheduled before the running one ends
	perStep float64 // requests arriving in one mean step
	rate    float64 // per second
	step    float64 // mean seconds between steps of a request
	decode  float64 // seconds of a step without prefill
	prefill float64 // seconds of a step with prefill
	share   float64 // of steps that hold prefill
	chunks  float64 // steps that one prompt takes
	decodes float64 // decoding sequences
	running float64 // decoding and prefilling sequences
	// recomputed is the part of a prompt's work done again after preemption.
	recomputed float64
	budgetFill float64 // used part of the token budget that decodes leave
	kvFill     float64 // used part of the KV cache
	spread     float64 // relative standard deviation of a request's mean step
	slotWait   float64 // mean seconds for a slot or for KV blocks
	budgetWait float64 // mean seconds behind other prompts
}

// Preemption sets in before the cache is full, because requests are admitted
// when their prompt fits and grow later. At a full cache a request loses its
// work preemptionsAtFull times on average (fitted on an 8B model on one L4 with
// 64 clients, the reference model's case of a starved cache).
const (
	preemptionStart   = 0.85
	preemptionsAtFull = 1.0
)

// at is the state in which perStep requests arrive in a mean step.
func (m Model) at(d demand, perStep float64) steady {
	s := steady{demand: d, perStep: perStep, api: m.api(d.prompt)}
	if m.settings.AsyncScheduling {
		s.ahead = 1
	}
	s.decodes = perStep * d.decodeSteps()
	room := m.room(s.decodes)
	s.chunks = m.chunks(d.fresh, room)
	s.running = s.decodes + perStep*s.chunks
	s.kvFill = (s.running*d.private + d.hit*math.Min(d.groups, s.running)) / m.kvTokens()
	over := math.Min(1, math.Max(0, s.kvFill-preemptionStart)/(1-preemptionStart))
	if m.settings.Policy != PolicyTGI { // which never preempts
		s.recomputed = preemptionsAtFull * over * (d.output / (d.fresh + d.output))
	}
	s.budgetFill = perStep * d.fresh * (1 + s.recomputed) / room
	// Steps happen only while somebody decodes, so an idle replica is met with one.
	seen := math.Max(1, s.decodes)
	l := load{decodes: seen, decodeContext: seen * d.context, drafts: seen * float64(m.settings.Speculation.Drafts)}
	s.decode = m.cost.seconds(l)
	if m.settings.PrefillFirst {
		m.stepApart(&s)
	} else {
		m.stepMixed(&s, l)
	}
	s.rate = perStep / s.step
	return s
}

// room is the token budget of a step that decodes leave to prompts.
func (m Model) room(decodes float64) float64 {
	room := float64(m.settings.MaxNumBatchedTokens)
	if !m.settings.PrefillFirst {
		room -= decodes * float64(1+m.settings.Speculation.Drafts)
	}
	return math.Max(1, room)
}

// chunks is the number of steps one prompt takes.
func (m Model) chunks(fresh, room float64) float64 {
	if t := float64(m.settings.LongPrefillThreshold); t > 0 {
		room = math.Min(room, t)
	}
	return math.Max(1, math.Ceil(fresh/room))
}

// stepMixed is the scheduler that adds prompt chunks to decode steps. Chunks
// arrive at random, so some steps hold none and some several.
func (m Model) stepMixed(s *steady, l load) {
	chunks := s.perStep * s.chunks * (1 + s.recomputed)
	s.share = math.Min(1, math.Max(1-math.Exp(-chunks), s.budgetFill))
	together := 1.0
	if s.share > 0 {
		together = math.Max(1, chunks/s.share)
	}
	m.addChunks(&l, s, together)
	s.prefill = m.cost.seconds(l)
	s.step = s.share*s.prefill + (1-s.share)*s.decode
}

// stepApart is the scheduler that stops decoding while it computes prompts.
func (m Model) stepApart(s *steady) {
	var l load
	chunks := s.perStep * s.chunks * (1 + s.recomputed)
	// Prompts that arrived during a decode step are computed together.
	together := math.Max(1, math.Min(chunks, m.room(0)*s.chunks/s.demand.fresh))
	m.addChunks(&l, s, together)
	s.prefill = m.cost.seconds(l)
	stopped := chunks / together * s.prefill
	s.step = s.decode + stopped
	s.share = stopped / s.step
	s.budgetFill = s.share
}

// addChunks puts count mean chunks into a load: each sees the shared prefix and
// on average half of the prompt's earlier chunks.
func (m Model) addChunks(l *load, s *steady, count float64) {
	size := s.demand.fresh / s.chunks
	cached := s.demand.hit + size*(s.chunks-1)/2
	l.add(count, size, cached, m.cost.window)
}

// full is the state of an overloaded replica: slots, KV cache or token budget
// are used up.
func (m Model) full(d demand) steady { return m.filled(d, 1) }

// peak is the state with the highest rate. It is that of the full replica unless
// preemption eats more than the larger batch gains.
func (m Model) peak(d demand, full steady) steady {
	if calm := m.filled(d, preemptionStart); calm.rate > full.rate {
		return calm
	}
	return full
}

// filled is the largest batch that slots, token budget and the given part of the
// KV cache allow.
func (m Model) filled(d demand, kv float64) steady {
	fits := func(perStep float64) bool {
		s := m.at(d, perStep)
		return s.running <= float64(m.settings.MaxNumSeqs) && s.kvFill <= kv && s.budgetFill <= 1
	}
	return m.at(d, highest(fits, float64(m.settings.MaxNumSeqs+m.settings.MaxNumBatchedTokens)))
}

// steady finds the state at a rate up to that of the peak. The rate rises with
// perStep, except where a threshold makes larger batches slower; the search then
// ends at one of the states that have the rate. limit is the number of sequences
// in a full replica.
func (m Model) steady(d demand, rate float64, peak steady, limit float64) steady {
	below := func(perStep float64) bool { return m.at(d, perStep).rate <= rate }
	s := m.at(d, highest(below, peak.perStep))
	s.budgetWait = s.step * s.chunks * s.budgetFill / (2 * (1 - math.Min(s.budgetFill, maxBusy)))
	s.slotWait = slotWait(&s, limit)
	s.spread = m.spread(&s)
	return s
}

// maxBusy bounds the utilization in queueing formulas, which diverge at 1.
const maxBusy = 0.9999

// slotWait is the mean wait of a queue with limit servers (Sakasegawa's
// approximation), each held for a request's time in the engine.
func slotWait(s *steady, limit float64) float64 {
	busy := math.Min(s.running/limit, maxBusy)
	cv := s.demand.workload.OutputTokens.CV
	variation := (s.demand.arrivals + cv*cv) / 2
	held := s.chunks*s.prefill + s.residence()
	return held * variation * math.Pow(busy, math.Sqrt(2*(limit+1))-1) / (limit * (1 - busy))
}

// spread is how much a request's mean step differs from the mean of all: by the
// prefill steps it happens to meet and by the size of the batch it shares.
func (m Model) spread(s *steady) float64 {
	steps := math.Max(1, s.demand.decodeSteps())
	met := (s.prefill - s.decode) * math.Sqrt(math.Max(0, s.share*(1-s.share))/steps)
	more := s.decodes + math.Sqrt(s.decodes)
	batch := m.cost.seconds(load{decodes: more, decodeContext: more * s.demand.context, drafts: more * float64(m.settings.Speculation.Drafts)}) - s.decode
	return math.Hypot(met, math.Max(0, batch)) / s.step
}

// residence is the mean time from the first to the last token.
func (s *steady) residence() float64 { return s.demand.decodeSteps() * s.step }

// itl is the mean time between two tokens of a request.
func (s *steady) itl() float64 { return s.step / s.demand.perStep }

// busyStep is the step that an arrival meets, weighted by how often it meets one.
func (s *steady) busyStep() float64 {
	return s.step * (1 - math.Exp(-s.running))
}

// ttft waits on average for half of the running step, and for the whole of the
// next where that one is scheduled ahead.
func (s *steady) ttft() float64 {
	return s.api + (0.5+s.ahead)*s.busyStep() + s.chunks*s.prefill + s.budgetWait + s.slotWait
}
