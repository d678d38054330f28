package advisortest

import (
	"encoding/json"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// Says answers with a text as the message.
func Says(text string) Behaviour { return choice(text, "", "stop") }

// CutAtLength cuts the answer's message at its greatest length.
func CutAtLength(text string) Behaviour { return choice(text, "", "length") }

// Refuses answers with a refusal.
func Refuses(words string) Behaviour { return choice("", words, "stop") }

// Empty answers without any choice.
func Empty() Behaviour {
	return func(w http.ResponseWriter, _ *http.Request, body Request) {
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(completion(body, []any{}))
	}
}

func choice(text, refusal, finish string) Behaviour {
	return func(w http.ResponseWriter, _ *http.Request, body Request) {
		message := map[string]any{"role": "assistant", "content": text}
		if refusal != "" {
			message["refusal"] = refusal
		}
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(completion(body, []any{map[string]any{"index": 0, "message": message, "finish_reason": finish}}))
	}
}

func completion(body Request, choices []any) map[string]any {
	return map[string]any{"id": "chatcmpl-local", "object": "chat.completion", "model": body.Model, "choices": choices,
		"usage": map[string]int{"prompt_tokens": 3000, "completion_tokens": 500, "total_tokens": 3500}}
}

// Limits answers 429 and wants to be left alone for a while.
func Limits(after time.Duration) Behaviour {
	return func(w http.ResponseWriter, _ *http.Request, _ Request) {
		w.Header().Set("Retry-After", strconv.FormatFloat(after.Seconds(), 'f', -1, 64))
		w.Header().Set("X-Ratelimit-Remaining-Tokens", "0")
		fail(w, http.StatusTooManyRequests, "rate_limit_exceeded", "Rate limit reached for model, please try again later")
	}
}

// Fails answers with a status and Groq's form of an error.
func Fails(status int, code string) Behaviour {
	return func(w http.ResponseWriter, _ *http.Request, _ Request) {
		fail(w, status, code, http.StatusText(status))
	}
}

// FailsInHTML answers as a proxy before the API would.
func FailsInHTML(status int) Behaviour {
	return func(w http.ResponseWriter, _ *http.Request, _ Request) {
		w.WriteHeader(status)
		_, _ = io.WriteString(w, "<html>bad gateway</html>")
	}
}

// Hangs does not answer until the caller gives up.
func Hangs() Behaviour {
	return func(_ http.ResponseWriter, r *http.Request, _ Request) { <-r.Context().Done() }
}

// BreaksOff sends half of an answer and cuts the connection.
func BreaksOff(text string) Behaviour {
	return func(w http.ResponseWriter, _ *http.Request, body Request) {
		whole, _ := json.Marshal(completion(body, []any{map[string]any{"index": 0, "message": map[string]any{"role": "assistant", "content": text}}}))
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Content-Length", strconv.Itoa(len(whole)))
		_, _ = w.Write(whole[:len(whole)/2])
		if f, ok := w.(http.Flusher); ok {
			f.Flush()
		}
		panic(http.ErrAbortHandler)
	}
}

// Redirects sends the caller, with its key, somewhere else.
func Redirects(to string) Behaviour {
	return func(w http.ResponseWriter, r *http.Request, _ Request) {
		http.Redirect(w, r, to, http.StatusTemporaryRedirect)
	}
}

// Obeys behaves as the most gullible of language models: where a message holds the
// phrase, it answers what the phrase's author wants, and otherwise as it should.
func Obeys(phrase, wanted, honest string) Behaviour {
	return func(w http.ResponseWriter, r *http.Request, body Request) {
		answer := honest
		for _, m := range body.Messages {
			if strings.Contains(strings.ToLower(m.Content), strings.ToLower(phrase)) {
				answer = wanted
			}
		}
		Says(answer)(w, r, body)
	}
}
