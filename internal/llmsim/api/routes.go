package api

import (
	"net/http"

	"github.com/optiinfra/performance-agent/internal/llmsim/text"
)

func (s *Server) completions(w http.ResponseWriter, r *http.Request) {
	s.serve(w, r, func(b body) (question, format, *failure) {
		prompt, problem := promptTokens(b.Prompt)
		if problem != nil {
			return question{}, format{}, problem
		}
		limit := b.MaxTokens
		if limit == nil {
			limit = new(int)
			*limit = defaultMaxTokens
		}
		q, problem := s.question(b, prompt, limit)
		return q, completionFormat(), problem
	})
}

func (s *Server) chatCompletions(w http.ResponseWriter, r *http.Request) {
	s.serve(w, r, func(b body) (question, format, *failure) {
		if len(b.Messages) == 0 {
			return question{}, format{}, badRequest("messages must not be empty").of("messages")
		}
		turns := make([]text.Message, len(b.Messages))
		for i, m := range b.Messages {
			turns[i] = text.Message{Role: m.Role, Content: string(m.Content)}
		}
		limit := b.MaxCompletionTokens
		if limit == nil {
			limit = b.MaxTokens
		}
		q, problem := s.question(b, text.Chat(turns), limit)
		return q, chatFormat(), problem
	})
}

// serve answers one generation request, whichever route it came by.
func (s *Server) serve(w http.ResponseWriter, r *http.Request, understand func(body) (question, format, *failure)) {
	arrived := s.engine.Now()
	if !s.gate.enter() {
		w.Header().Set("Connection", "close")
		unavailable().write(w)
		return
	}
	defer s.gate.leave()
	b, problem := readBody(w, r)
	if problem != nil {
		problem.write(w)
		return
	}
	q, f, problem := understand(b)
	if problem == nil && s.failsByFault() {
		problem = engineFailure()
	}
	if problem != nil {
		problem.write(w)
		return
	}
	s.answer(w, r, q, f, arrived)
}
