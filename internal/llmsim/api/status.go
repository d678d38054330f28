package api

import "net/http"

// statusWriter remembers the status of an answer and, of one in a single piece,
// its length.
type statusWriter struct {
	http.ResponseWriter
	status int
	length int64
}

// WriteHeader implements http.ResponseWriter.
func (w *statusWriter) WriteHeader(status int) {
	w.status = status
	w.ResponseWriter.WriteHeader(status)
}

// Write implements http.ResponseWriter.
func (w *statusWriter) Write(p []byte) (int, error) {
	if w.Header().Get("Content-Type") == "application/json" {
		w.length += int64(len(p))
	}
	return w.ResponseWriter.Write(p)
}

// Unwrap lets http.ResponseController flush.
func (w *statusWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }
