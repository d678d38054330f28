// Package advisor asks a language model behind an OpenAI-compatible API: Groq's by
// default, or any other server that speaks it (vLLM too).
//
// The worker composes it behind the activities. It puts one prompt of package
// advice on the wire in strict JSON-schema mode and says what became of it: an
// answer, or an advice.Failure that tells whether and when to ask again. It retries
// nothing itself, since Temporal is the only retrier, and believes nothing of an
// answer: reading and vetting are advice's. It must never log or return the key,
// never follow a redirect with it, and never read an answer without end.
package advisor
