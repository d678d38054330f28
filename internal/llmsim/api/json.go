package api

import (
	"encoding/json"
	"net/http"
)

// reply writes a value that always marshals.
func reply(w http.ResponseWriter, v any) {
	body, err := json.Marshal(v)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	writeJSON(w, http.StatusOK, body)
}

func writeJSON(w http.ResponseWriter, status int, body []byte) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write(body) // the client may have gone
}

// object is a JSON object of values that always marshal.
type object map[string]any

func (o object) json() []byte {
	data, _ := json.Marshal(o)
	return data
}
