package api_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/serving"
	"github.com/optiinfra/performance-agent/workflows"
)

// onceBody asks for one load of a profile.
func onceBody(base map[string]any) map[string]any {
	whole := map[string]any{"workload": map[string]any{"rate_per_second": 2, "prompt_tokens": lengths(400), "output_tokens": lengths(120)},
		"duration_seconds": 30, "warmup_seconds": 0, "seed": 1}
	for key, value := range base {
		whole[key] = value
	}
	return loadTestBody(func(spec map[string]any) { spec["search"], spec["base"] = "once", whole })
}

func startedSpec(t *testing.T, body map[string]any) serving.LadderSpec {
	t.Helper()
	h := newHarness(t).withFleet()
	r := h.do(http.MethodPost, "/api/v1/fleets/chat/loadtests", body)
	require.Equal(t, http.StatusAccepted, r.Code, r.Body.String())
	return h.workflows.started[0].Input.(workflows.LoadTestInput).Spec
}

func TestLoadTest_Profiles_ReachTheWorkflow(t *testing.T) {
	t.Parallel()
	closed := startedSpec(t, onceBody(map[string]any{"profile": "closed", "concurrency": 8, "protocol": "tgi",
		"stop": map[string]any{"max_errors": 3, "max_error_rate": 0.1, "over_saturation": true}}))
	require.Equal(t, 8, closed.Base.Concurrency)
	require.Equal(t, serving.StopRules{MaxErrors: 3, MaxErrorRate: 0.1, OverSaturation: true}, *closed.Base.Stop)
	require.Equal(t, serving.ProtocolTGI, closed.Base.Protocol)
	ramp := startedSpec(t, onceBody(map[string]any{"profile": "ramp", "ramp_to_rate": 20}))
	require.Equal(t, 20.0, ramp.Base.RampToRate)
}

func TestLoadTest_Trace_IsReadFromCSV(t *testing.T) {
	t.Parallel()
	body := onceBody(map[string]any{"profile": "trace", "speedup": 2})
	body["trace_csv"] = "at,prompt,output\n10,300,40\n10.5,20,5\n"
	spec := startedSpec(t, body)
	require.Equal(t, []serving.TraceRequest{{PromptTokens: 300, OutputTokens: 40}, {AtSeconds: 0.5, PromptTokens: 20, OutputTokens: 5}}, spec.Base.Trace)
	require.Equal(t, 2.0, spec.Base.Speedup)
}

func TestLoadTest_WorkloadOfATrace_IsTakenFromIt(t *testing.T) {
	t.Parallel()
	body := loadTestBody(func(spec map[string]any) {
		spec["base"] = map[string]any{"duration_seconds": 30, "warmup_seconds": 0, "seed": 1, "workload": map[string]any{
			"rate_per_second": 0, "source": "trace", "prefix_share": 0.5,
			"prompt_tokens": map[string]any{"mean": 0, "cv": 0}, "output_tokens": map[string]any{"mean": 0, "cv": 0}}}
	})
	body["trace_csv"] = "at,prompt,output\n0,100,40\n1,300,20\n2,200,30\n"
	w := startedSpec(t, body).Base.Workload
	require.Equal(t, 1.0, w.RatePerSecond)
	require.Equal(t, 200.0, w.PromptTokens.Mean)
	require.Equal(t, 30.0, w.OutputTokens.Mean)
	require.Equal(t, 0.5, w.PrefixShare)
}

func TestLoadTest_Shapes_BringTheirMeans(t *testing.T) {
	t.Parallel()
	spec := startedSpec(t, loadTestBody(func(spec map[string]any) {
		spec["base"] = map[string]any{"duration_seconds": 30, "warmup_seconds": 0, "seed": 1, "workload": map[string]any{
			"rate_per_second": 2, "arrival": "gamma", "arrival_shape": 0.25,
			"prompt_tokens": map[string]any{"mean": 0, "cv": 0, "shape": "uniform", "min": 100, "max": 300},
			"output_tokens": map[string]any{"mean": 0, "cv": 0, "shape": "empirical", "points": []int{10, 30}}}}
		spec["confidence"], spec["attainment"] = 0.95, 0.9
	}))
	require.Equal(t, 200.0, spec.Base.Workload.PromptTokens.Mean)
	require.Equal(t, 20.0, spec.Base.Workload.OutputTokens.Mean)
	require.Equal(t, 0.95, spec.Confidence)
}

func TestLoadTest_WrongProfile_NamesFieldAndFix(t *testing.T) {
	t.Parallel()
	csv := onceBody(map[string]any{"profile": "trace"})
	csv["trace_csv"] = "at,prompt,output\nyesterday,1,1\n"
	misplaced := onceBody(nil)
	misplaced["trace_csv"] = "at,prompt,output\n1,1,1\n"
	ladder := func(key string, value any) map[string]any {
		return loadTestBody(func(spec map[string]any) { spec[key] = value })
	}
	for field, body := range map[string]map[string]any{
		"body.spec.base.profile":             onceBody(map[string]any{"profile": "wave"}),
		"body.spec.base.protocol":            onceBody(map[string]any{"protocol": "grpc"}),
		"body.spec.base.concurrency":         onceBody(map[string]any{"profile": "closed"}),
		"body.spec.base.ramp_to_rate":        onceBody(map[string]any{"profile": "ramp", "ramp_to_rate": 1e9}),
		"body.spec.base.duration_seconds":    onceBody(map[string]any{"duration_seconds": 1e6}),
		"body.spec.base.stop.max_error_rate": onceBody(map[string]any{"stop": map[string]any{"max_error_rate": 2}}),
		"body.trace_csv":                     csv,
		"body.spec.confidence":               ladder("confidence", 2),
		"body.spec.rates":                    ladder("rates", []float64{1, 1e6}),
		"body.spec.search":                   ladder("search", "guess"),
	} {
		h := newHarness(t).withFleet()
		r := h.do(http.MethodPost, "/api/v1/fleets/chat/loadtests", body)
		require.Equal(t, http.StatusUnprocessableEntity, r.Code, field)
		problem := r.problem()
		require.Equal(t, field, fieldsOf(problem))
		require.NotEmpty(t, problem.Errors[0].Fix, field)
		require.Empty(t, h.workflows.started)
	}
	h := newHarness(t).withFleet()
	require.Equal(t, "body.trace_csv", fieldsOf(h.do(http.MethodPost, "/api/v1/fleets/chat/loadtests", misplaced).problem()))
}
