// Package loadgen puts load on an OpenAI-compatible server and measures what
// its users would have felt: an open-loop, streaming load generator.
//
// Open loop means that requests leave at planned times whatever the engine
// does, and that every latency runs from the planned time. An engine that
// stalls therefore cannot hide the requests it held up (coordinated omission).
// How late the generator itself was is measured too; a result whose lag is
// beyond its limit is marked Invalid, since it says nothing about the engine.
//
// Parts: schedule.go and trace.go plan requests, prompt.go writes them,
// request.go and stream.go send one and read its answer, load.go sends a plan,
// criteria.go and backlog.go judge what came back, result.go sums it up,
// search.go decides which rate to try next, ladder.go runs that search,
// traffic.go keeps production-like traffic up for as long as it is wanted.
//
// Activities call Steady and Ladder; the local stack calls RunTraffic. The
// package must never retry a request (a retry hides a lost one), never follow
// the environment's proxy, and never reuse prompts across seeds (the second
// measurement would be served from the first one's prefix cache).
package loadgen
