package advisortest

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"sync"
)

// Key is what callers must present.
const Key = "gsk_local0123456789"

// Behaviour answers one call; body is the request's.
type Behaviour func(w http.ResponseWriter, r *http.Request, body Request)

// Request is the part of a call that is looked at.
type Request struct {
	Model    string `json:"model"`
	Messages []struct {
		Role    string `json:"role"`
		Content string `json:"content"`
	} `json:"messages"`
	MaxCompletionTokens int `json:"max_completion_tokens"`
	ResponseFormat      struct {
		Type       string `json:"type"`
		JSONSchema struct {
			Name   string `json:"name"`
			Strict bool   `json:"strict"`
			Schema any    `json:"schema"`
		} `json:"json_schema"`
	} `json:"response_format"`
}

// Server behaves call by call as it is told; the last behaviour stays.
type Server struct {
	http  *httptest.Server
	mu    sync.Mutex
	next  []Behaviour
	calls []Request
}

// Start serves on a free local port. The caller closes it.
func Start(behaviours ...Behaviour) *Server {
	s := &Server{next: behaviours}
	s.http = httptest.NewServer(http.HandlerFunc(s.serve))
	return s
}

// URL is the API's base.
func (s *Server) URL() string { return s.http.URL + "/openai/v1" }

// Close ends the server, when its callers have gone.
func (s *Server) Close() { s.http.Close() }

// Calls are those that arrived, in order.
func (s *Server) Calls() []Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]Request(nil), s.calls...)
}

func (s *Server) serve(w http.ResponseWriter, r *http.Request) {
	var body Request
	content, err := io.ReadAll(io.LimitReader(r.Body, 1<<20))
	if err == nil {
		err = json.Unmarshal(content, &body)
	}
	s.mu.Lock()
	s.calls = append(s.calls, body)
	act := s.next[0]
	if len(s.next) > 1 {
		s.next = s.next[1:]
	}
	s.mu.Unlock()
	switch {
	case r.URL.Path != "/openai/v1/chat/completions" || r.Method != http.MethodPost:
		fail(w, http.StatusNotFound, "unknown_url", "Unknown request URL")
	case r.Header.Get("Authorization") != "Bearer "+Key:
		fail(w, http.StatusUnauthorized, "invalid_api_key", "Invalid API Key")
	case err != nil:
		fail(w, http.StatusBadRequest, "invalid_json", "could not parse the request")
	case body.ResponseFormat.Type != "json_schema" || !body.ResponseFormat.JSONSchema.Strict:
		fail(w, http.StatusBadRequest, "invalid_request_error", "strict json_schema expected")
	case notStrict(body.ResponseFormat.JSONSchema.Schema) != "":
		fail(w, http.StatusBadRequest, "invalid_request_error", notStrict(body.ResponseFormat.JSONSchema.Schema))
	default:
		act(w, r, body)
	}
}

// fail answers in the form of Groq's errors.
func fail(w http.ResponseWriter, status int, code, message string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(map[string]any{"error": map[string]string{"message": message, "type": "invalid_request_error", "code": code}})
}

// notStrict says what strict mode would refuse of a schema: an object must require
// all of its fields and forbid others.
func notStrict(schema any) string {
	node, isObject := schema.(map[string]any)
	if !isObject {
		return ""
	}
	if node["type"] == "object" {
		fields, _ := node["properties"].(map[string]any)
		required, _ := node["required"].([]any)
		if node["additionalProperties"] != false || len(required) != len(fields) {
			return fmt.Sprintf("schema: an object with %d fields requires %s", len(fields), strconv.Itoa(len(required)))
		}
		for _, f := range fields {
			if wrong := notStrict(f); wrong != "" {
				return wrong
			}
		}
	}
	return notStrict(node["items"])
}
