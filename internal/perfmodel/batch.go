package perfmodel

// Batch is what one engine step computes.
type Batch struct {
	// Decodes is the number of sequences that add one token, and
	// DecodeContextTokens the sum of their context lengths.
	Decodes             int
	DecodeContextTokens int
	// DraftTokens are verified beside the decodes' own tokens (speculative
	// decoding); their sequences read the KV cache once.
	DraftTokens int
	// HostTokens of the KV cache are copied from the host's memory first.
	HostTokens int
	// Prefills are the prompt chunks of the step. The slice is only read.
	Prefills []Chunk
}

// Chunk is a part of a prompt: New tokens to compute after Cached ones that are
// in the KV cache already (earlier chunks or a shared prefix).
type Chunk struct {
	New    int
	Cached int
}

// load is a batch in the continuous form the equations take; Predict asks for
// averages that are no whole numbers.
type load struct {
	decodes, decodeContext float64
	prefills               float64 // number of chunks
	prefillTokens          float64 // new tokens of all chunks
	prefillReads           float64 // new plus cached tokens of all chunks
	prefillPairs           float64 // attention pairs: sum of n*p + n*n/2
	windowPairs            float64 // the same within the attention window
	hostTokens             float64 // copied from the host's memory
	drafts                 float64 // tokens verified beside the decodes' own
}

// add counts one chunk (or a fractional number of like chunks).
func (l *load) add(count, fresh, cached, window float64) {
	l.prefills += count
	l.prefillTokens += count * fresh
	l.prefillReads += count * (fresh + cached)
	pairs := fresh*cached + fresh*fresh/2
	l.prefillPairs += count * pairs
	l.windowPairs += count * min(pairs, fresh*window)
}

func (b Batch) load(window float64) load {
	l := load{decodes: float64(b.Decodes), decodeContext: float64(b.DecodeContextTokens), drafts: float64(b.DraftTokens), hostTokens: float64(b.HostTokens)}
	for _, c := range b.Prefills {
		l.add(1, float64(c.New), float64(c.Cached), window)
	}
	return l
}

// sequences is the number of requests in the batch.
func (l load) sequences() float64 { return l.decodes + l.prefills }

// split is what one of the given number of like parts of the batch holds.
func (l load) split(parts float64) load {
	return load{
		decodes: l.decodes / parts, decodeContext: l.decodeContext / parts, drafts: l.drafts / parts, hostTokens: l.hostTokens / parts,
		prefills: l.prefills / parts, prefillTokens: l.prefillTokens / parts, prefillReads: l.prefillReads / parts,
		prefillPairs: l.prefillPairs / parts, windowPairs: l.windowPairs / parts,
	}
}
