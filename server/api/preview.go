package api

import (
	"context"
	"fmt"
	"math"
	"net/http"

	"github.com/optiinfra/performance-agent/internal/serving"
)

// PreviewInput is a measurement and the fleet that it is of. Nothing of either is
// kept.
type PreviewInput struct {
	ConfigInput
	Engine   serving.EngineKind  `json:"engine,omitempty" doc:"Only needed when the command line does not tell." example:"vllm"`
	Hardware serving.Hardware    `json:"hardware" required:"true"`
	Replicas int                 `json:"replicas,omitempty" minimum:"1" maximum:"10000" default:"1"`
	SLOs     []serving.Objective `json:"slos,omitempty" maxItems:"50"`
	Workload *serving.Workload   `json:"workload,omitempty" doc:"Used instead of the one that the snapshot shows."`
	Policy   serving.Policy      `json:"policy,omitempty" doc:"Which risks may be proposed."`
	Snapshot *serving.Snapshot   `json:"snapshot,omitempty" doc:"A measurement, as in the field snapshot of GET .../metrics."`
	Pages    []NormalizeInput    `json:"pages,omitempty" maxItems:"64" doc:"Instead of a snapshot: the metrics pages of each replica, with an earlier one."`
}

// Preview is an analysis that was not kept.
type Preview struct {
	Snapshot        serving.Snapshot         `json:"snapshot" doc:"What was diagnosed."`
	Workload        *serving.Workload        `json:"workload,omitempty" doc:"Given or observed; absent when it cannot be told."`
	Bottlenecks     []serving.Bottleneck     `json:"bottlenecks"`
	Recommendations []serving.Recommendation `json:"recommendations"`
}

const previewPath = prefix + "/analyses/preview"

// previewName stands for the fleet in texts: a preview has none.
const previewName = "preview"

func (s *Server) registerPreview() {
	handle(s, route{method: http.MethodPost, path: previewPath, id: "preview-analysis", group: "analysis", role: serving.RoleViewer, reach: reachNone,
		summary:  "Diagnose a measurement of a described fleet without keeping anything",
		deadline: pageTimeout, maxBody: maxPageBody, bodyTimeout: pageTimeout,
		errors: []int{http.StatusRequestEntityTooLarge, http.StatusServiceUnavailable}}, s.previewAnalysis)
}

func (s *Server) previewAnalysis(_ context.Context, in *struct{ Body PreviewInput }) (*body[Preview], error) {
	f, err := s.previewFleet(in.Body)
	if err != nil {
		return nil, err
	}
	snapshot, err := s.previewSnapshot(in.Body)
	if err != nil {
		return nil, err
	}
	snapshot.Fleet, snapshot.Variant = f.Name, serving.Stable
	if snapshot.Engine == "" {
		snapshot.Engine = f.Config.Engine
	}
	if err := checkSnapshot(snapshot, f); err != nil {
		return nil, err
	}
	found, err := s.assess(f, snapshot, "")
	if err != nil {
		return nil, err
	}
	out := Preview{Snapshot: snapshot, Bottlenecks: found.bottlenecks, Recommendations: found.recommendations}
	if found.workload.RatePerSecond > 0 {
		out.Workload = &found.workload
	}
	return answer(out), nil
}

// previewSnapshot is the measurement that was given, or that of the pages.
func (s *Server) previewSnapshot(in PreviewInput) (serving.Snapshot, error) {
	switch {
	case in.Snapshot != nil && len(in.Pages) > 0:
		return serving.Snapshot{}, invalid("body.pages", "is given together with snapshot", "give one of them")
	case in.Snapshot != nil:
		return *in.Snapshot, nil
	case len(in.Pages) == 0:
		return serving.Snapshot{}, invalid("body.snapshot", "is missing", "give a snapshot, or pages: two metrics pages of each replica")
	}
	replicas := make([][]serving.Reading, 0, len(in.Pages))
	for i, page := range in.Pages {
		field := fmt.Sprintf("body.pages[%d]", i)
		if page.Earlier == nil {
			return serving.Snapshot{}, invalid(field+".earlier", "is missing", "counters say nothing without an earlier page of the same replica")
		}
		if err := page.check(field); err != nil {
			return serving.Snapshot{}, err
		}
		_, readings, err := s.read(field, page)
		if err != nil {
			return serving.Snapshot{}, err
		}
		replicas = append(replicas, readings)
	}
	return serving.Window("", "", replicas), nil
}

// previewFleet checks the description as that of a fleet, but for what only
// matters to a fleet that is reached.
func (s *Server) previewFleet(in PreviewInput) (serving.Fleet, error) {
	config, err := s.resolve(in.ConfigInput, in.Engine)
	if err != nil {
		return serving.Fleet{}, err
	}
	f := serving.Fleet{Name: previewName, Config: config, Hardware: in.Hardware, Replicas: max(in.Replicas, 1),
		SLOs: in.SLOs, Workload: in.Workload, Policy: in.Policy}
	f.Hardware.GPUs = max(f.Hardware.GPUs, 1)
	if list := append(s.hardwareProblems(f.Hardware), policyProblems(f.Policy)...); len(list) > 0 {
		return f, invalidFields(list)
	}
	if err := checkObjectives("body.slos", f.SLOs); err != nil {
		return f, err
	}
	if err := takeWorkload("body.workload", f.Workload); err != nil {
		return f, err
	}
	return f, s.checkConfig(f.Config, f.Hardware)
}

// checkSnapshot refuses what no measurement can be; a snapshot from outside may
// be anything.
func checkSnapshot(m serving.Snapshot, f serving.Fleet) error {
	switch {
	case m.Engine != f.Config.Engine:
		return invalid("body.snapshot.engine", "is not the engine of the configuration", "describe the fleet that was measured")
	case !(m.WindowSeconds > 0):
		return invalid("body.snapshot.window_seconds", "must be above 0", "give the seconds between the first and the last reading")
	}
	for _, h := range []struct {
		field string
		of    *serving.Histogram
	}{
		{"ttft", m.TTFT}, {"itl", m.ITL}, {"tpot", m.TPOT}, {"e2e", m.E2E}, {"queue", m.Queue}, {"prefill", m.Prefill},
		{"decode", m.Decode}, {"prompt_lengths", m.PromptLengths}, {"output_lengths", m.OutputLengths},
	} {
		if message := histogramProblem(h.of); message != "" {
			return invalid("body.snapshot."+h.field, message, "give cumulative counts for rising bounds, without +Inf, and the count of all")
		}
	}
	return nil
}

func histogramProblem(h *serving.Histogram) string {
	if h == nil {
		return ""
	}
	if len(h.Counts) != len(h.Bounds) {
		return "has another number of counts than of bounds"
	}
	bound, below := math.Inf(-1), 0.0
	for i, upper := range h.Bounds {
		if !(upper > bound) {
			return "has bounds that do not rise"
		}
		if !(h.Counts[i] >= below) {
			return "has counts that fall"
		}
		bound, below = upper, h.Counts[i]
	}
	if !(h.Count >= below) {
		return "has a count that is less than that of its last bucket"
	}
	return ""
}
