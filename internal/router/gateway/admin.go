package gateway

import (
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"time"

	"github.com/optiinfra/performance-agent/internal/router"
	"github.com/optiinfra/performance-agent/internal/serving"
)

// maxAdminBodyBytes is far above any list of endpoints.
const maxAdminBodyBytes = 1 << 20

// AdminHandler serves the control routes, for a listener that users do not
// reach: it has no authentication of its own.
//
//	GET /admin/traffic                  serving.Traffic
//	PUT /admin/weights                  serving.Weights -> serving.Traffic
//	PUT /admin/variants/{variant}       {"endpoints": [...]} -> serving.Traffic
//	GET /admin/observations             ?since_unix= &until_unix= &variant= -> []serving.ArmObservation
//	GET /admin/counters                 []serving.ArmCounters
//	GET /admin/health
//
// Errors are problem details (RFC 9457): 400 not JSON, 409 stale revision or
// variant in use, 422 invalid, 500 state not saved.
func (g *Gateway) AdminHandler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /admin/traffic", g.getTraffic)
	mux.HandleFunc("PUT /admin/weights", g.putWeights)
	mux.HandleFunc("PUT /admin/variants/{variant}", g.putVariant)
	mux.HandleFunc("GET /admin/observations", g.getObservations)
	mux.HandleFunc("GET /admin/counters", g.getCounters)
	mux.HandleFunc("GET /admin/health", g.getHealth)
	return mux
}

func (g *Gateway) getTraffic(w http.ResponseWriter, _ *http.Request) {
	writeJSON(w, http.StatusOK, g.Traffic())
}

func (g *Gateway) putWeights(w http.ResponseWriter, r *http.Request) {
	var weights serving.Weights
	if !readJSON(w, r, &weights) {
		return
	}
	g.answerChange(w, g.SetWeights(weights))
}

func (g *Gateway) putVariant(w http.ResponseWriter, r *http.Request) {
	var body struct {
		Endpoints *[]string `json:"endpoints"`
	}
	if !readJSON(w, r, &body) {
		return
	}
	if body.Endpoints == nil {
		writeProblem(w, http.StatusUnprocessableEntity, "invalid", "endpoints is missing")
		return
	}
	g.answerChange(w, g.SetEndpoints(serving.Variant(r.PathValue("variant")), *body.Endpoints))
}

// answerChange is the one place that knows which refusal has which status.
func (g *Gateway) answerChange(w http.ResponseWriter, err error) {
	switch {
	case err == nil:
		writeJSON(w, http.StatusOK, g.Traffic())
	case errors.Is(err, router.ErrStaleRevision):
		writeProblem(w, http.StatusConflict, "stale-revision", err.Error())
	case errors.Is(err, router.ErrInUse):
		writeProblem(w, http.StatusConflict, "variant-in-use", err.Error())
	case errors.Is(err, router.ErrInvalid):
		writeProblem(w, http.StatusUnprocessableEntity, "invalid", err.Error())
	default:
		g.opts.Logger.Error("change not made", "error", err)
		writeProblem(w, http.StatusInternalServerError, "state-not-saved", err.Error())
	}
}

func (g *Gateway) getObservations(w http.ResponseWriter, r *http.Request) {
	since, errSince := unixParameter(r, "since_unix", 0)
	// A second ahead, so that what ends in this instant is in.
	until, errUntil := unixParameter(r, "until_unix", unixSeconds(time.Now())+1)
	if err := errors.Join(errSince, errUntil); err != nil {
		writeProblem(w, http.StatusUnprocessableEntity, "invalid", err.Error())
		return
	}
	variant := serving.Variant(r.URL.Query().Get("variant"))
	if variant != "" && lineIndex(variant) < 0 {
		writeProblem(w, http.StatusUnprocessableEntity, "invalid", invalid("variant %q is unknown", variant).Error())
		return
	}
	writeJSON(w, http.StatusOK, g.Observe(variant, since, until))
}

func (g *Gateway) getCounters(w http.ResponseWriter, _ *http.Request) {
	writeJSON(w, http.StatusOK, g.Counters())
}

func unixParameter(r *http.Request, name string, fallback float64) (float64, error) {
	text := r.URL.Query().Get(name)
	if text == "" {
		return fallback, nil
	}
	v, err := strconv.ParseFloat(text, 64)
	if err != nil || v != v {
		return 0, invalid("%s=%q is not a number of seconds", name, text)
	}
	return v, nil
}

// health is the answer of the health route.
type health struct {
	Status        string                    `json:"status"` // "ok" or "degraded"
	Detail        string                    `json:"detail,omitempty"`
	Revision      int64                     `json:"revision"`
	UptimeSeconds float64                   `json:"uptime_seconds"`
	Abandoned     map[serving.Variant]int64 `json:"abandoned"` // requests whose client left
}

func (g *Gateway) getHealth(w http.ResponseWriter, _ *http.Request) {
	h := health{Status: "ok", Revision: g.table.Load().weights.Revision,
		UptimeSeconds: time.Since(g.started).Seconds(), Abandoned: map[serving.Variant]int64{}}
	for _, a := range g.arms {
		if n := a.abandoned.Load(); n > 0 {
			h.Abandoned[a.variant] = n
		}
	}
	if err := g.StateError(); err != nil {
		h.Status, h.Detail = "degraded", err.Error()
	}
	writeJSON(w, http.StatusOK, h)
}

func readJSON(w http.ResponseWriter, r *http.Request, into any) bool {
	d := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxAdminBodyBytes))
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		writeProblem(w, http.StatusBadRequest, "malformed", err.Error())
		return false
	}
	return true
}

func writeJSON(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v)
}

// problem is an error as RFC 9457 has it.
type problem struct {
	Type   string `json:"type"`
	Title  string `json:"title"`
	Status int    `json:"status"`
	Detail string `json:"detail"`
}

func writeProblem(w http.ResponseWriter, status int, kind, detail string) {
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(problem{Type: "urn:performance-agent:gateway:" + kind,
		Title: http.StatusText(status), Status: status, Detail: detail})
}
