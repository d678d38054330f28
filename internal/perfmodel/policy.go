package perfmodel

// Policy names a scheduler: which requests compute how much in the next step.
type Policy string

// The policies that are modelled. PolicyVLLMV0 is vLLM before 0.8.
const (
	PolicyVLLMV1 Policy = "vllm-v1"
	PolicyVLLMV0 Policy = "vllm-v0"
	PolicyTGI    Policy = "tgi"
	PolicySGLang Policy = "sglang"
)

// TGISettings are what only TGI's scheduler knows; zero for other engines.
type TGISettings struct {
	// MaxConcurrentRequests is how many requests may be in the server; those
	// above it are refused with 429.
	MaxConcurrentRequests int
	MaxInputTokens        int // of one request
	// WaitingServedRatio and MaxWaitingTokens say when decoding is paused for a
	// prefill: when as many requests wait as this part of the batch, or after so
	// many decode steps without one. Both are ignored with chunked prefill.
	WaitingServedRatio float64
	MaxWaitingTokens   int // decode steps
	// MaxBatchSize bounds the running batch; 0: no bound. Ignored with chunked
	// prefill.
	MaxBatchSize int
}

// SGLangSettings are what only SGLang's scheduler knows; zero for other engines.
type SGLangSettings struct {
	// MaxPrefillTokens bounds one prefill batch beside the chunk size.
	MaxPrefillTokens int
	// Order of the waiting queue: OrderFCFS, OrderPrefix or OrderOutput.
	Order string
	// Conservativeness scales the part of a running request's remaining answer
	// that admission keeps free.
	Conservativeness float64
	// MixedChunk lets running requests decode in the step that computes prompts.
	MixedChunk bool
	// MaxQueuedRequests is how many may wait; those above it are refused with
	// 503. 0: no limit.
	MaxQueuedRequests int
}

// Orders of SGLang's waiting queue.
const (
	OrderFCFS   = "fcfs" // by arrival
	OrderPrefix = "lpm"  // longest match in the prefix cache first
	OrderOutput = "lof"  // longest answer asked for first
)
