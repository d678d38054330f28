package api

import (
	"encoding/json"
	"net/http"
)

// health says, like vLLM, that the process can serve, not that it makes
// progress: an engine that hangs is healthy here.
func (s *Server) health(w http.ResponseWriter, _ *http.Request) {
	if !s.gate.isOpen() {
		w.WriteHeader(http.StatusServiceUnavailable)
	}
}

func (s *Server) version(w http.ResponseWriter, _ *http.Request) {
	reply(w, map[string]any{"version": s.config.Version, "simulated": true})
}

type modelCard struct {
	ID          string   `json:"id"`
	Object      string   `json:"object"`
	Created     int64    `json:"created"`
	OwnedBy     string   `json:"owned_by"`
	Root        string   `json:"root"`
	Parent      *string  `json:"parent"`
	MaxModelLen int      `json:"max_model_len"`
	Permission  []string `json:"permission"`
}

func (s *Server) models(w http.ResponseWriter, _ *http.Request) {
	if !s.gate.isOpen() {
		unavailable().write(w)
		return
	}
	list := struct {
		Object string      `json:"object"`
		Data   []modelCard `json:"data"`
	}{Object: "list"}
	for _, name := range s.config.ServedNames {
		list.Data = append(list.Data, modelCard{
			ID: name, Object: "model", Created: s.serial.started(), OwnedBy: "vllm",
			Root: s.config.Model, MaxModelLen: s.config.MaxModelLen, Permission: []string{},
		})
	}
	reply(w, list)
}

func (s *Server) resetPrefixCache(w http.ResponseWriter, r *http.Request) {
	if !s.gate.enter() {
		unavailable().write(w)
		return
	}
	defer s.gate.leave()
	ok, err := s.engine.ResetPrefixCache(r.Context())
	switch {
	case err != nil:
		engineFailure().write(w)
	case !ok:
		newFailure(http.StatusConflict, "ConflictError", "The prefix cache is in use by running requests.").write(w)
	}
}

// reply writes a value that always marshals.
func reply(w http.ResponseWriter, v any) {
	body, err := json.Marshal(v)
	if err != nil {
		engineFailure().write(w)
		return
	}
	writeJSON(w, http.StatusOK, body)
}
