// Package advice is the conversation with a language model, without the wire: what
// it is told of a fleet, the form in which it must answer, and what of an answer
// is believed.
//
// Compose makes the prompt, Parse reads an answer strictly, Vet holds it against
// the engine's catalogue and the fleet's policy, Plain says the same without a
// language model. Redact takes out what looks like a secret.
//
// Callers: activities (runs and insights) and the evaluation of the advisor. The
// package is pure. Both sides are untrusted: what comes from a fleet (names,
// labels) is data that is quoted and never part of an instruction, and what comes
// from the language model changes nothing unless the catalogue knows the flag, the
// value is of a closed type, the engine would start with it and policy allows its
// risk. It must never let through a capability cut, another checkpoint, a path or
// any free text that an engine would be launched with, and never take a language
// model's expectation for a prediction.
package advice
