package api

import (
	"net/http"
	"slices"

	"github.com/optiinfra/performance-agent/internal/llmsim/sched"
	"github.com/optiinfra/performance-agent/internal/llmsim/text"
)

// defaultMaxTokens is that of the completions route; chat goes on to the end of
// the context.
const defaultMaxTokens = 16

// Finish reasons.
const (
	finishStop   = "stop"
	finishLength = "length"
)

// question is a request that the engine can run.
type question struct {
	prompt    []sched.Token
	answer    text.Answer
	output    int // tokens that will be generated
	maxTokens int
	reason    string
	interval  int  // tokens in an event of the stream; 0: no stream
	usage     bool // in the stream
}

// question checks a request and settles how long its answer will be. limit is
// the client's, nil where it set none.
func (s *Server) question(b body, prompt []sched.Token, limit *int) (question, *failure) {
	if b.Model != "" && !slices.Contains(s.config.ServedNames, b.Model) {
		return question{}, newFailure(http.StatusNotFound, "NotFoundError", "The model `%s` does not exist.", b.Model).of("model")
	}
	most, problem := s.maxTokens(len(prompt), limit)
	if problem != nil {
		return question{}, problem
	}
	q := question{
		prompt: prompt, maxTokens: most, usage: b.includeUsage(),
		answer: s.vocabulary.Answer(prompt, s.config.Seed),
		output: most, reason: finishLength,
	}
	if b.Stream {
		q.interval = max(s.config.StreamInterval, 1)
	}
	if !b.IgnoreEOS {
		if n, stops := q.answer.Length(most); stops {
			q.output, q.reason = max(n, min(b.MinTokens, most)), finishStop
		}
	}
	return q, nil
}

// maxTokens is how long the answer may be.
func (s *Server) maxTokens(prompt int, limit *int) (int, *failure) {
	context := s.config.MaxModelLen
	switch {
	case prompt == 0:
		return 0, badRequest("The decoder prompt cannot be empty").of("prompt")
	case prompt >= context:
		return 0, badRequest("This model's maximum context length is %d tokens. However, your request has %d input tokens. Please reduce the length of the input messages.", context, prompt).of("input_tokens")
	case limit == nil:
		return context - prompt, nil
	case *limit < 1:
		return 0, badRequest("max_tokens must be at least 1, got %d.", *limit).of("max_tokens")
	case prompt+*limit > context:
		return 0, badRequest("'max_tokens' or 'max_completion_tokens' is too large: %d. This model's maximum context length is %d tokens and your request has %d input tokens (%d > %d - %d).", *limit, context, prompt, *limit, context, prompt).of("max_tokens")
	}
	return *limit, nil
}
