// Package api is the HTTP face of a simulated vLLM: the OpenAI routes with
// streaming, /health, /version, /metrics and the developer route that resets the
// prefix cache.
//
// It turns requests into jobs for a realtime.Loop and tokens into chunks. A
// request whose client goes away is aborted. The server starts in loading, is
// made ready once with Serve, and drains once with Drain: from then on /health
// answers 503, new requests are refused and those that run are finished.
//
// Every response carries X-Simulated, and /version says so, too: the server must
// never pass for a real engine to a person, only to software. Parameters that do
// not change timing (temperature, top_p, stop and the like) are accepted and
// have no effect.
package api
