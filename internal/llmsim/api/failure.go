package api

import (
	"encoding/json"
	"fmt"
	"net/http"
)

// failure is an error in the shape of the OpenAI API as vLLM fills it.
type failure struct {
	status  int
	Message string  `json:"message"`
	Type    string  `json:"type"`
	Param   *string `json:"param"`
	Code    int     `json:"code"` // the status again
}

func newFailure(status int, kind, format string, args ...any) *failure {
	return &failure{status: status, Message: fmt.Sprintf(format, args...), Type: kind, Code: status}
}

func badRequest(format string, args ...any) *failure {
	return newFailure(http.StatusBadRequest, "BadRequestError", format, args...)
}

func engineFailure() *failure {
	return newFailure(http.StatusInternalServerError, "InternalServerError",
		"EngineCore encountered an issue. See stack trace (above) for the root cause.")
}

func unavailable() *failure {
	return newFailure(http.StatusServiceUnavailable, "ServiceUnavailableError", "The engine does not accept requests: it is loading or shutting down.")
}

func (f *failure) of(param string) *failure {
	f.Param = &param
	return f
}

// body is the JSON of the error.
func (f *failure) body() []byte {
	data, _ := json.Marshal(map[string]*failure{"error": f}) // strings and numbers always marshal
	return data
}

func (f *failure) write(w http.ResponseWriter) {
	writeJSON(w, f.status, f.body())
}

func writeJSON(w http.ResponseWriter, status int, body []byte) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write(body) // the client may have gone
}
