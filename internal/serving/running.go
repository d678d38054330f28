package serving

// RunningRequest is a request that a router has passed on and that has not ended.
// Its age is the least that it will have taken: a measurement censored on the
// right. It is in no sample until it ends, and then no longer here, so a request
// never counts twice.
type RunningRequest struct {
	// AgeSeconds since it reached the router.
	AgeSeconds float64 `json:"age_seconds"`
	// TTFTSeconds is known once the first token of a stream has come.
	TTFTSeconds Measure `json:"ttft_seconds"`
	// AwaitsToken marks a stream whose first token has not come: its time to first
	// token is at least its age. An answer in one piece has no such time.
	AwaitsToken bool `json:"awaits_token,omitempty"`
}
