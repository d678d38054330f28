package serving

// LatencySummary describes the distribution of one latency. P95Low and P95High
// bound the p95 with 95% confidence (bootstrap); they equal P95 when there are
// too few samples to say.
type LatencySummary struct {
	Count       int     `json:"count"`
	MeanSeconds float64 `json:"mean_seconds"`
	P50Seconds  float64 `json:"p50_seconds"`
	P90Seconds  float64 `json:"p90_seconds"`
	P95Seconds  float64 `json:"p95_seconds"`
	P99Seconds  float64 `json:"p99_seconds"`
	P95Low      float64 `json:"p95_low_seconds"`
	P95High     float64 `json:"p95_high_seconds"`
}

// LoadSpec is one load. Unless its profile is closed, requests are sent at
// planned times whatever the engine does.
type LoadSpec struct {
	Workload        Workload `json:"workload"` // its rate is the rate sent
	DurationSeconds float64  `json:"duration_seconds"`
	WarmupSeconds   float64  `json:"warmup_seconds"` // sent before and not counted
	MaxRequests     int      `json:"max_requests,omitempty"`
	Seed            uint64   `json:"seed"`
	// TextSeed gives the prompts other words at the same lengths and times, so
	// that a load that is repeated on one engine finds nothing of itself in its
	// prefix cache; 0 means Seed. The beginnings that prompts share stay.
	TextSeed uint64 `json:"text_seed,omitempty"`
	// RequestTimeoutSeconds bounds one request; a timed-out request is an error.
	RequestTimeoutSeconds float64 `json:"request_timeout_seconds,omitempty"`
	// Profile is "open" (default), "closed", "ramp" or "trace".
	Profile     string  `json:"profile,omitempty"`
	Concurrency int     `json:"concurrency,omitempty"`  // in flight, of a closed loop
	RampToRate  float64 `json:"ramp_to_rate,omitempty"` // at the end of a ramp, which begins at the workload's rate
	// Trace is replayed Speedup times as fast as it was recorded (0: once).
	Trace   []TraceRequest `json:"trace,omitempty"`
	Speedup float64        `json:"speedup,omitempty"`
	// Protocol is "openai-chat" (default), "openai-completions", "tgi" or "sglang".
	Protocol string     `json:"protocol,omitempty"`
	Stop     *StopRules `json:"stop,omitempty"`
}

// LoadResult is what a load saw. Latencies run from the planned send time, so a
// stalled engine cannot hide the requests it delayed.
type LoadResult struct {
	RatePerSecond   float64        `json:"rate_per_second"` // planned
	SentPerSecond   float64        `json:"sent_per_second"` // delivered
	DurationSeconds float64        `json:"duration_seconds"`
	Requests        int            `json:"requests"`
	Errors          int            `json:"errors"`
	ErrorKinds      map[string]int `json:"error_kinds,omitempty"`
	Good            int            `json:"good"` // met all objectives
	GoodputRPS      float64        `json:"goodput_rps"`
	// Abandoned were cut off by the generator because the load was plainly lost.
	// They are neither good nor errors, and enter the latencies with the time
	// they had waited, so the quantiles of such a result are lower bounds.
	Abandoned int `json:"abandoned,omitempty"`
	// MeanPromptTokens and MeanOutputTokens are per request as the engine counts
	// them; 0 when it reports no usage.
	MeanPromptTokens      float64        `json:"mean_prompt_tokens,omitempty"`
	MeanOutputTokens      float64        `json:"mean_output_tokens,omitempty"`
	OutputTokensPerSecond float64        `json:"output_tokens_per_second"`
	TTFT                  LatencySummary `json:"ttft"`
	ITL                   LatencySummary `json:"itl"`
	E2E                   LatencySummary `json:"e2e"`
	// LagP99Seconds is how late the generator itself sent; a result whose lag is
	// beyond its limit is Invalid and says nothing about the engine.
	LagP99Seconds float64 `json:"lag_p99_seconds"`
	Invalid       string  `json:"invalid,omitempty"`
	// TokenGaps pools the times between the tokens of all whole answers, where ITL
	// is one mean for each; events that carry several tokens count as one. Its
	// quantiles are exact within 3%.
	TokenGaps *LatencySummary `json:"token_gaps,omitempty"`
	// CPUShare is what the generator's process used of the processors that it may
	// use, 0..1; WakeP99Seconds is how long what could run in it waited for one.
	// Together they say whether the times above are the generator's own.
	CPUShare       float64 `json:"cpu_share,omitempty"`
	WakeP99Seconds float64 `json:"wake_p99_seconds,omitempty"`
	// Concurrency is the number kept in flight by a closed loop.
	Concurrency int `json:"concurrency,omitempty"`
	// Stopped is the rule that ended the load before its time, for a person.
	Stopped string `json:"stopped,omitempty"`
}

// LadderSpec searches the highest rate that keeps all objectives.
type LadderSpec struct {
	Base       LoadSpec    `json:"base"` // workload, warm-up, seed; its rate is the reference rate
	Objectives []Objective `json:"objectives"`
	// StepSeconds is the least length of a step; a step lasts until it has
	// MinRequests, at most 3 times as long.
	StepSeconds float64 `json:"step_seconds"`
	MinRequests int     `json:"min_requests"`
	StartRate   float64 `json:"start_rate"` // first rung above the reference rate; 0: reference
	MaxRate     float64 `json:"max_rate"`
	// Resolution ends the bisection: highest fail / highest pass - 1.
	Resolution float64 `json:"resolution"`
	MaxSteps   int     `json:"max_steps"`
	// Search is "" (geometric growth from the reference rate, then bisection),
	// "rates" (the rungs of Rates in their order, until one fails) or "once" (the
	// load of Base with its profile, and no search).
	Search string    `json:"search,omitempty"`
	Rates  []float64 `json:"rates,omitempty"`
	// Confidence, for example 0.95, makes verdicts three-valued: a rung passes or
	// fails when the interval of the share that kept each objective lies on one
	// side of the share required, and goes on, up to 3 times its length, until it
	// does. 0 compares the quantile measured and knows no doubt.
	Confidence float64 `json:"confidence,omitempty"`
	// Attainment is the least share of requests that must meet all objectives
	// together, 0..1; 0: no such rule.
	Attainment float64 `json:"attainment,omitempty"`
}

// LadderStep is one rung: what was sent and whether all objectives held.
type LadderStep struct {
	Load     LoadResult `json:"load"`
	Verdict  Outcome3   `json:"verdict"`
	Breaches []Evidence `json:"breaches,omitempty"`
	// Attained counts, for each objective, the requests that missed it.
	Attained []Attainment `json:"attained,omitempty"`
}

// Attainment is how often a rule was kept. Allowed is the share of requests that
// may miss it; Low and High bound the true share that does.
type Attainment struct {
	Name     string  `json:"name"`
	Requests int     `json:"requests"`
	Missed   int     `json:"missed"`
	Allowed  float64 `json:"allowed"`
	Low      float64 `json:"low"`
	High     float64 `json:"high"`
}

// Outcome3 is the verdict on one rung.
type Outcome3 string

// Rung verdicts.
const (
	RungPass    Outcome3 = "pass"
	RungFail    Outcome3 = "fail"
	RungInvalid Outcome3 = "invalid"
	// RungIndeterminate is a rung after which the limit may be on either side.
	RungIndeterminate Outcome3 = "indeterminate"
)

// LadderResult is the measurement of one configuration. The true limit lies
// between MaxGood (the highest rate that passed) and MinBad (the lowest that
// failed; unknown when none failed).
type LadderResult struct {
	Reference LoadResult   `json:"reference"` // at the reference rate
	Best      LoadResult   `json:"best"`      // at MaxGood
	MaxGood   float64      `json:"max_good_rps"`
	MinBad    Measure      `json:"min_bad_rps"`
	Steps     []LadderStep `json:"steps"`
	Seconds   float64      `json:"seconds"`
	// Ended says why the search stopped, for a person: resolution reached, rate
	// or step limit, nothing passes, or a generator that could not keep time.
	Ended string `json:"ended,omitempty"`
	// Limit is the estimate of the highest rate that keeps all objectives, between
	// LimitLow and LimitHigh with 95% confidence: where an isotonic fit of the
	// shares of misses over the rates crosses what is allowed, its bounds by
	// redrawing those shares. Absent where no rung fails or none passes.
	Limit     float64 `json:"limit_rps,omitempty"`
	LimitLow  float64 `json:"limit_low_rps,omitempty"`
	LimitHigh float64 `json:"limit_high_rps,omitempty"`
}

// TrialStatus is how a trial ended.
type TrialStatus string

// Trial endings. A candidate that does not start or crashes is a failed trial,
// not a failed run.
const (
	TrialMeasured TrialStatus = "measured"
	TrialFailed   TrialStatus = "failed"
)

// Trial is one staging measurement of a candidate.
type Trial struct {
	Number       int          `json:"number"`
	Purpose      string       `json:"purpose"` // "baseline", "screen", "full", "repeat", "hold-out", "baseline-again"
	Candidate    Candidate    `json:"candidate"`
	Status       TrialStatus  `json:"status"`
	Reason       string       `json:"reason,omitempty"`
	Result       LadderResult `json:"result"`
	ReadySeconds float64      `json:"ready_seconds"`
	// ColdStart holds ReadySeconds to what is tolerated; nil where the engine did
	// not start, and in trials of before it was judged.
	ColdStart *ColdStart `json:"cold_start,omitempty"`
	// Smoke is what the engine can do and Quality what its answers are worth; a
	// trial that was not gated has no Quality, that of the baseline only counts
	// the reference answers.
	Smoke   []SmokeCheck `json:"smoke,omitempty"`
	Quality *Quality     `json:"quality,omitempty"`
	// CacheFlushed says that the prefix cache was emptied after the checks and
	// before the load; the engine was started afresh for the trial either way.
	CacheFlushed bool `json:"cache_flushed,omitempty"`
	// Fidelity is the share of a full trial's length that the load had; 0 is 1.
	// What is shorter screens, and proves nothing.
	Fidelity float64 `json:"fidelity,omitempty"`
	// Why is what the search expected of it.
	Why string `json:"why,omitempty"`
	// StagingSeconds is how long the trial took, start and checks included.
	StagingSeconds float64 `json:"staging_seconds,omitempty"`
}

// Drift is how two measurements of the present configuration differ, one at each
// end of a search: its goodput at both in requests/s, and the least relative gap
// between them that both allow (0: they agree). Beyond Bound nothing measured in
// between can be compared.
type Drift struct {
	First  float64 `json:"first_rps"`
	Again  float64 `json:"again_rps"`
	Gap    float64 `json:"gap"`
	Bound  float64 `json:"bound"`
	Reason string  `json:"reason"`
}

// Comparison is a candidate's measurement against the baseline's. A gain is the
// ratio of goodputs (1 = equal) or the relative reduction of the E2E p95 at the
// reference rate (0 = equal). Low and High bound it; ThroughputRatioHigh is 0
// where the candidate failed at no rate, so that nothing bounds it above.
type Comparison struct {
	ThroughputRatio     float64 `json:"throughput_ratio"`
	ThroughputRatioLow  float64 `json:"throughput_ratio_low"`
	ThroughputRatioHigh float64 `json:"throughput_ratio_high,omitempty"`
	E2EP95Reduction     float64 `json:"e2e_p95_reduction"`
	E2EP95ReductionLow  float64 `json:"e2e_p95_reduction_low"`
	E2EP95ReductionHigh float64 `json:"e2e_p95_reduction_high,omitempty"`
}
