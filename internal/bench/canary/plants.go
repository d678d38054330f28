package canary

// Plants are those of the table.
func Plants() []Plant {
	return append(append(goodPlants(), badPlants()...), undecidable()...)
}

func goodPlants() []Plant {
	return []Plant{
		{Name: "equal", Want: Promote},
		{Name: "better: first token x0.5", Want: Promote, TTFT: 0.5},
		{Name: "better: gaps x0.7", Want: Promote, ITL: 0.7},
		{Name: "better: all x0.4", Want: Promote, TTFT: 0.4, ITL: 0.4},
		{Name: "slower by 3%, allowed", Want: Promote, TTFT: 1.03, ITL: 1.03},
		{Name: "equal, no capacity for a baseline", Want: Promote, NoBaseline: true},
		{Name: "equal, engines' pages unreadable", Want: Promote, NoMetrics: true},
		{Name: "equal, pages lost in mid-stage", Want: Promote, MetricsLost: 400},
		{Name: "cold start: x8 for 50 s", Want: Promote, ColdSeconds: 50, ColdFactor: 8, Everywhere: true},
		{Name: "cold start of the canary alone", Want: Promote, ColdSeconds: 50, ColdFactor: 8},
		{Name: "noisy: spread x1.5 on all arms", Want: Promote, Sigma: 1.5},
		{Name: "whole fleet slow x1.4, canary too", Want: Promote, TTFT: 1.4, Everywhere: true},
		{Name: "whole fleet fails 1% more", Want: Promote, Errors: 0.01, Everywhere: true},
		{Name: "engine restarts every 10 min, counters reset", Want: Promote, RestartEvery: 600},
		{Name: "equal, router without samples", Want: Promote, Unsampled: true},
		{Name: "better x0.5, router without samples", Want: Promote, TTFT: 0.5, ITL: 0.5, Unsampled: true},
	}
}

func badPlants() []Plant {
	return []Plant{
		{Name: "slower: all x1.6", Want: Back, TTFT: 1.6, ITL: 1.6},
		{Name: "slower: first token x2", Want: Back, TTFT: 2},
		{Name: "slower: gaps x1.3", Want: Back, ITL: 1.3},
		{Name: "slower at the tail only x2.5", Want: Back, Tail: 2.5},
		{Name: "objective broken twofold", Want: Back, TTFT: 6},
		{Name: "first token x2, no baseline", Want: Back, TTFT: 2, NoBaseline: true},
		{Name: "4% more errors", Want: Back, Errors: 0.04},
		{Name: "errors in bursts, 8% more", Want: Back, Errors: 0.08, Burst: 4},
		{Name: "half of all requests fail", Want: Back, Errors: 0.5},
		{Name: "streams break: 5%", Want: Back, Broken: 0.05},
		{Name: "hangs: 40% never end", Want: Back, Hang: 0.4},
		{Name: "crash after 200 s", Want: Back, DiesAfter: 200},
		{Name: "crash at once", Want: Back, DiesAfter: 1},
		{Name: "flapping: x4 every other 60 s", Want: Back, Or: Ask, TTFT: 4, ITL: 1.5, FlapSeconds: 120},
		{Name: "fading: x6 an hour", Want: Back, Fading: 6},
		{Name: "bad only from 25% on", Want: Back, TTFT: 2.5, AfterWeight: 25},
		{Name: "bad only from 50% on", Want: Back, TTFT: 2.5, AfterWeight: 50},
		{Name: "breaks its objective only at 100%", Want: Back, TTFT: 8, AfterWeight: 100},
		{Name: "errors begin after 5 min", Want: Back, Errors: 0.06, AfterSecond: 300},
		{Name: "slow x3, engines' pages unreadable", Want: Back, TTFT: 3, NoMetrics: true},
		{Name: "first token x2.5, router without samples", Want: Back, TTFT: 2.5, Unsampled: true},
		{Name: "5% more errors, router without samples", Want: Back, Errors: 0.05, Unsampled: true},
		{Name: "gaps x2, router without samples", Want: Back, ITL: 2, Unsampled: true},
		{Name: "objective broken twofold, router without samples", Want: Back, TTFT: 6, Unsampled: true},
		{Name: "hangs: 40%, router without samples", Want: Back, Hang: 0.4, Unsampled: true},
	}
}

// undecidable are those that a person must look at.
func undecidable() []Plant {
	return []Plant{
		{Name: "no traffic at all", Want: Ask, Rate: 0.001},
		{Name: "too little traffic: a request in 4 minutes", Want: Ask, Rate: 0.08},
		{Name: "all metrics lost: no samples, no pages", Want: Ask, Unsampled: true, NoMetrics: true},
		{Name: "quality drop: answers half as long", Want: Ask, Lengths: 0.5},
		{Name: "quality drop: answers twice as long", Want: Ask, Or: Back, Lengths: 2},
		{Name: "memory creep: the KV cache fills in an hour", Want: Ask, Creep: 0.9},
		{Name: "KV pressure: 0.2 preemptions a request", Want: Ask, Preemptions: 0.2},
		{Name: "queue of 8 at every replica, latencies equal", Want: Ask, Queue: 8},
	}
}
