// Package api is the HTTP face of a simulated engine: vLLM, TGI or SGLang, each
// with its own routes, shapes of answers and errors, health and operations, and
// all with the OpenAI routes as that engine serves them.
//
// A route turns a body into a want (want.go), the same for all APIs; settle
// decides what the answers will be, run lets the engine compute them, and the
// route's reply writes them in one piece or as events. What an engine has its
// own mind about is in its dialect (vllm.go, tgi.go, sglang.go).
//
// A request whose client goes away is aborted. The server starts in loading, is
// made ready once with Serve, and drains once with Drain: from then on it is not
// healthy, new requests are refused and those that run are finished.
//
// Every response carries X-Simulated, and the route that tells the version says
// so, too: the server must never pass for a real engine to a person, only to
// software. Answers are decided by the prompt, the seed, the number of the choice
// and the precision of the engine; sampling parameters are accepted and have no
// effect. What would change the answer and is not simulated is refused.
package api
