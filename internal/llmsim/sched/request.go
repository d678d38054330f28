package sched

// Request is one prompt and the answer to be generated for it. The exported
// fields above Times are set by the caller before Add and not changed after.
type Request struct {
	Prompt []Token
	// Output is the number of tokens the request will generate, at least 1. A
	// real engine learns it token by token; here it is known and used only to
	// end the request.
	Output int
	// MaxTokens is what the client asked for, which TGI reserves and SGLang
	// expects; less than Output: exactly Output.
	MaxTokens int
	// Next gives the i-th generated token, so that an answer that comes back in
	// a later prompt is found in the prefix cache. Nil: no such reuse.
	Next func(i int) Token

	// Choice numbers the requests by which a client gets Choices answers to one
	// prompt, from 0; both are 0 for a single answer. Only metrics tell them apart.
	Choice, Choices int

	// Times in seconds on the caller's clock; zero until reached.
	Times Times
	// Cached is the number of prompt tokens found in the prefix cache at the
	// first admission, Generated the number of tokens so far, Preemptions how
	// often the request lost its blocks.
	Cached, Generated, Preemptions int

	state    state
	tokens   []Token    // prompt and what has been generated
	computed int        // tokens whose KV entries exist or are being computed
	blocks   []int32    // of the KV cache, in order
	hashes   []uint64   // of the full blocks of tokens
	named    int        // blocks already made findable
	home     *Scheduler // that it was added to
	serial   uint64     // order of Add
	match    int        // blocks found in the cache when the queue was last sorted
	limit    int        // of MaxTokens, set by the scheduler; 0: none
}

// Times are the stations of a request. Arrived and Queued are the caller's:
// when the API received it and when it reached the scheduler.
type Times struct {
	Arrived, Queued, Scheduled, FirstToken, LastToken float64
}

type state int

const (
	stateNew state = iota
	stateWaiting
	stateRunning
	stateDone
)

// known is the number of tokens that can be computed now.
func (r *Request) known() int { return len(r.Prompt) + r.Generated }

// decoding says that the prompt, or what a preemption lost, has been computed:
// only the next token is missing.
func (r *Request) decoding() bool { return r.Generated > 0 && r.computed == r.known()-1 }

// asks is the greatest length of the answer as the engine knows it.
func (r *Request) asks() int {
	most := max(r.MaxTokens, r.Output)
	if r.limit > 0 {
		most = min(most, r.limit)
	}
	return most
}

func blocksFor(tokens, blockSize int) int { return (tokens + blockSize - 1) / blockSize }

// extendHashes names the blocks that have become full of known tokens.
func (r *Request) extendHashes(blockSize int) {
	for len(r.hashes) < len(r.tokens)/blockSize {
		parent, from := uint64(0), len(r.hashes)*blockSize
		if len(r.hashes) > 0 {
			parent = r.hashes[len(r.hashes)-1]
		}
		r.hashes = append(r.hashes, blockHash(parent, r.tokens[from:from+blockSize]))
	}
}

// generate records one more token of the answer.
func (r *Request) generate(cache bool) {
	if cache && r.Next != nil {
		r.tokens = append(r.tokens, r.Next(r.Generated))
	}
	r.Generated++
}

func (r *Request) finished() bool { return r.Generated >= r.Output }
