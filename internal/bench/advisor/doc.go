// Package advisor evaluates advice on planted bottlenecks whose right family is
// known (package diagnosis plants them on simulated engines): the rules always, a
// language model behind the real API where a key is present. It also measures how
// long an insight takes whose first two attempts fail, against a stand-in of the
// API.
//
// Callers: deploy/bench. The right families were written down by whoever planted the
// bottlenecks and are never taken from an answer. It never presents the stand-in's
// answers as those of a language model.
package advisor
