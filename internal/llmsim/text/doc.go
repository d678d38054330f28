// Package text stands in for the tokenizer and the weights of a model: it turns
// text into tokens and writes answers.
//
// A token is a word, that is a run of characters without white space, so a
// prompt of N words has N tokens; chat adds one token for the role of each
// message and one for the answer to come. Equal words are equal tokens, hence
// the prefix cache works on real text. Answers are words drawn from a fixed
// vocabulary by the prompt and a seed: the same prompt gets the same answer from
// every engine with that seed, whatever its flags.
//
// The package is pure. An answer has no meaning and must never be judged for
// its content.
package text
