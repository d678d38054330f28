package sched

import "github.com/optiinfra/performance-agent/internal/perfmodel"

// Stats is the state of the scheduler and what it has counted since the start.
type Stats struct {
	Running, Waiting int
	Blocks, Used     int // of the KV cache; cached blocks that nobody holds count as free
	Preemptions      int
	PrefixQueries    int // tokens looked up
	PrefixHits       int // tokens found on the GPU
	HostHits         int // tokens found in the host's memory, beside those
	// StepTokens is what the engine reports as the tokens of the last step: the
	// prompts whose computation it completed, in full, and the tokens generated.
	StepTokens int
	// Evictable blocks are free and hold cached content that can still be found.
	Evictable int
	// PreemptedPrompt and PreemptedOutput are the tokens of the requests that were
	// preempted, each time anew.
	PreemptedPrompt, PreemptedOutput int
	Steps                            int // completed
	// Overloaded counts the requests refused because there were too many.
	Overloaded int
	// Reserved is the size of the blocks that running requests hold, in tokens:
	// what TGI calls the current max tokens of the batch.
	Reserved int
	// NewTokenRatio is SGLang's estimate; 0 for other engines.
	NewTokenRatio float64
	// Drafts counts the guesses made for one sequence in one step, DraftTokens
	// the tokens guessed, AcceptedTokens those that were right, and AcceptedAt
	// the same by position.
	Drafts, DraftTokens, AcceptedTokens int
	AcceptedAt                          [perfmodel.MaxDrafts]int
	// Last is the last step.
	Last Step
}

// Step is what one step did.
type Step struct {
	Seconds  float64 // from Schedule to Complete
	Admitted int     // requests that entered the batch
	Prefills int     // requests that computed a part of their prompt
	Prompt   int     // tokens that they computed
	Decodes  int     // requests that computed one token of their answer
	Drafts   int     // tokens that were guessed and verified
	// Joined says why new requests joined a batch that was running; TGI only.
	Joined Joined
}

// Joined is TGI's reason for adding requests to a running batch.
type Joined string

// The reasons, as tgi_batch_concat spells them.
const (
	JoinedNone       Joined = ""
	JoinedByChunking Joined = "chunking"
	JoinedByPressure Joined = "backpressure"
	JoinedByWait     Joined = "wait_exceeded"
)

// Usage is the share of the KV cache that requests hold.
func (s Stats) Usage() float64 { return float64(s.Used) / float64(s.Blocks) }

// Stats returns the present state.
func (s *Scheduler) Stats() Stats {
	out := s.stats
	out.Running, out.Waiting = len(s.running), len(s.waiting)
	out.Used, out.Evictable = s.pool.size()-s.pool.free, s.pool.evictable
	if g, ok := s.policy.(*sglang); ok {
		out.NewTokenRatio = g.ratio.now
	}
	for _, r := range s.running {
		out.Reserved += len(r.blocks) * s.limits.BlockSize
	}
	return out
}

// ResetPrefixCache forgets all cached content. Like the engine it refuses, with
// false, while requests hold blocks.
func (s *Scheduler) ResetPrefixCache() bool {
	if s.pool.free != s.pool.size() {
		return false
	}
	s.pool.forget()
	return true
}

// Plus adds the counts of two schedulers. SGLang's ratio is the larger
// one, and the last step's time is that of the longer.
func (s Stats) Plus(o Stats) Stats {
	s.Running += o.Running
	s.Waiting += o.Waiting
	s.Blocks += o.Blocks
	s.Used += o.Used
	s.Preemptions += o.Preemptions
	s.PrefixQueries += o.PrefixQueries
	s.PrefixHits += o.PrefixHits
	s.HostHits += o.HostHits
	s.StepTokens += o.StepTokens
	s.Evictable += o.Evictable
	s.PreemptedPrompt += o.PreemptedPrompt
	s.PreemptedOutput += o.PreemptedOutput
	s.Steps += o.Steps
	s.Overloaded += o.Overloaded
	s.Reserved += o.Reserved
	s.NewTokenRatio = max(s.NewTokenRatio, o.NewTokenRatio)
	s.Drafts += o.Drafts
	s.DraftTokens += o.DraftTokens
	s.AcceptedTokens += o.AcceptedTokens
	for i := range s.AcceptedAt {
		s.AcceptedAt[i] += o.AcceptedAt[i]
	}
	s.Last = s.Last.plus(o.Last)
	return s
}

func (s Step) plus(o Step) Step {
	s.Seconds = max(s.Seconds, o.Seconds)
	s.Admitted += o.Admitted
	s.Prefills += o.Prefills
	s.Prompt += o.Prompt
	s.Decodes += o.Decodes
	s.Drafts += o.Drafts
	if s.Joined == JoinedNone {
		s.Joined = o.Joined
	}
	return s
}
