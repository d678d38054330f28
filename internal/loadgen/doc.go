// Package loadgen puts load on an LLM server and measures what its users would
// have felt: a streaming load generator that speaks OpenAI chat and completions,
// TGI and SGLang.
//
// Open, ramp and trace profiles are open loop: requests leave at planned times
// whatever the engine does, and every latency runs from the planned time. An
// engine that stalls therefore cannot hide the requests it held up (coordinated
// omission). A closed loop and the later turns of sessions wait for answers by
// their nature; their latencies run from the moment they were free to go.
//
// The generator judges itself. How late it was, how long its own work waited for
// a processor and how much of the load left in time is measured; a result beyond
// its limits is marked Invalid with the reason, since it says nothing about the
// engine.
//
// Parts: plan.go chooses what a profile sends, schedule.go, arrival.go, replay.go
// and closed.go when, prompt.go and protocol.go how it is written. load.go sends a
// plan, session.go a request and the turns after it, request.go and stream.go one
// request, gaps.go and meter.go count on the way. criteria.go and attained.go hold
// requests against objectives, backlog.go and saturation.go find an engine that
// falls behind, stop.go ends a load early, result.go sums it up. search.go decides
// which rate to try next, ladder.go and rung.go run that search, limit.go bounds
// what it found. traffic.go keeps production-like traffic up.
//
// Activities call Ladder, tests and tools Steady; the local stack calls RunTraffic.
// The package must never retry a request (a retry hides a lost one), never follow
// the environment's proxy, and never reuse prompts across seeds (the second
// measurement would be served from the first one's prefix cache).
package loadgen
