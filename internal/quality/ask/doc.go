// Package ask puts prompts to a running engine for package quality: greedily and
// with log probabilities where the engine tells them, through the OpenAI API
// that all engines have. It also makes the smoke test and empties an engine's
// prefix cache.
//
// Activities call it. It must never retry a request (the activity is repeated as
// a whole), never judge an answer, and never be pointed at an engine whose
// latency is being measured at the time.
package ask
