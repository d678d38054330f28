package canary

// Want is what a rollout of a plant should come to.
type Want string

// The ends of a rollout. Ask is a stage that a person must decide; as nobody
// does, it goes back in the end.
const (
	Promote Want = "promote"
	Back    Want = "back"
	Ask     Want = "ask"
)

// Plant is what is different about a canary, and the circumstances. Factors are
// of the healthy engine; 0 means 1.
type Plant struct {
	Name string
	Want Want
	// Or is another end that is right as well, "" for none.
	Or Want

	TTFT, ITL float64 // factors on the latencies
	Tail      float64 // factor on the slowest tenth of the first tokens
	Lengths   float64 // factor on the tokens of an answer
	Sigma     float64 // factor on the spread of the first token, of all arms

	Errors float64 // added share of failed requests
	Burst  float64 // mean length of a burst of them; 0 is 1
	Broken float64 // share of streams that break after the first tokens
	Hang   float64 // share of requests that never end

	Queue       float64 // requests waiting at a replica more than usual
	Preemptions float64 // a request
	Creep       float64 // of the KV cache, in parts an hour
	Fading      float64 // factor by which first tokens slow down in each hour

	ColdSeconds float64 // during which a fresh replica is ColdFactor slower
	ColdFactor  float64
	FlapSeconds float64 // the differences come and go with this period
	AfterWeight int     // they begin at this weight of the canary
	AfterSecond float64 // they begin so long after the canary's start

	Everywhere   bool    // the other arms have them too
	NoTraffic    bool    // the router sends the canary none
	DiesAfter    float64 // seconds after which no replica of the canary runs
	NoMetrics    bool    // the engines' pages cannot be read
	MetricsLost  float64 // seconds after which they no longer can
	RestartEvery float64 // seconds: the canary's engine restarts and its counters with it
	NoBaseline   bool    // no capacity for a fresh copy of stable
	Unsampled    bool    // the router keeps no single requests
	Rate         float64 // requests/s of the fleet; 0 is usualRate
}

func (p Plant) withDefaults() Plant {
	for _, f := range []*float64{&p.TTFT, &p.ITL, &p.Tail, &p.Lengths, &p.Sigma, &p.Burst, &p.ColdFactor, &p.Fading} {
		if *f == 0 {
			*f = 1
		}
	}
	if p.Rate == 0 {
		p.Rate = usualRate
	}
	return p
}

// Bad says whether it must never be promoted.
func (p Plant) Bad() bool { return p.Want != Promote }
