// Package advisortest is a local server that behaves like Groq's API: it checks
// the key, the model and the strict schema as Groq does, and answers as it is told,
// well or badly. For tests and the evaluation; it is no language model, and nothing
// that it answers says anything about one.
package advisortest
