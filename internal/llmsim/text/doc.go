// Package text stands in for the tokenizer and the weights of a model: it turns
// text into tokens and writes answers.
//
// A token is a word, that is a run of characters without white space, so a
// prompt of N words has N tokens; chat adds one token for the role of each
// message and one for the answer to come. Equal words are equal tokens, hence
// the prefix cache works on real text.
//
// Answers are words drawn from a fixed vocabulary by the prompt, a seed and the
// number of the choice: every engine with that seed gives the same prompt the
// same answer, whatever its flags, with one exception. A model in a coarser
// number format (Precision) says something else at a small, fixed share of the
// places, so that a quality gate has something to measure. A place that differs
// does not lead the rest of the answer astray, as it would in a real model:
// the share of differing tokens is what Precision says.
//
// The package is pure. An answer has no meaning and must never be judged for
// its content.
package text
