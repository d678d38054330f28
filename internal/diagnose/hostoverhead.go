package diagnose

import (
	"fmt"
	"slices"
	"strings"

	"github.com/optiinfra/performance-agent/internal/serving"
	"github.com/optiinfra/performance-agent/internal/slo"
)

// hostOverhead finds an engine whose kernels are launched one by one: always,
// or for batches beyond the largest captured graph. The floor of a step is then
// 0.3 to 0.6 ms a layer, whatever the GPU could do (perfmodel.md 1.2).
func hostOverhead(f facts) (serving.Bottleneck, bool) {
	flag, summary, found := f.launchedOneByOne()
	if !found {
		return serving.Bottleneck{}, false
	}
	severity, confidence := serving.SeverityMedium, 0.7
	slow, late := f.latency(serving.MetricITL)
	switch {
	case gpuIsSlower(f.in.Fleet.Hardware.GPU):
		severity, confidence = serving.SeverityLow, 0.3
	case late:
		severity, confidence = worse(serving.SeverityHigh, severityOf(slow.ratio)), 0.9
	}
	e := evidence{{Name: "cuda_graphs_enabled", Observed: 0, Threshold: 1, Text: flag}}
	if limit := f.settings.graphBatch(); f.settings.eager() == "" {
		e = evidence{}
		e.add("batch_requests", f.batch, limit.Or(0), "running at once; larger batches than the threshold have no graph ("+flag+")")
	} else {
		e.add("batch_requests", f.batch, 0, "the smaller, the more the launches weigh")
	}
	e.add("step_seconds", f.stepSeconds(), 0, "window over engine steps, so idle time is in it")
	e.add("itl_mean_seconds", histogramMean(slo.LatencyHistogram(f.s, serving.MetricITL)), 0, "")
	if late {
		e = append(e, slow.evidence)
	}
	return serving.Bottleneck{
		Kind: serving.BottleneckHostOverhead, Severity: severity, Confidence: confidence, Evidence: e, Summary: summary,
		Families: []serving.Family{serving.FamilyCUDAGraphs},
	}, true
}

// graphsMatter is the batch up to which a missing graph shows: 1.28 times at 128
// requests on H100, hardly 7% at the largest batches (levers.md).
const graphsMatter = 256

// launchedOneByOne says what keeps the engine from its CUDA graphs.
func (f facts) launchedOneByOne() (flag, summary string, found bool) {
	if flag = f.settings.eager(); flag != "" {
		return flag + " is set; 0 is off", fmt.Sprintf("CUDA graphs are off (%s): the host launches every kernel of every step.", flag), true
	}
	limit, known := f.settings.graphBatch().Get()
	batch, running := f.batch.Get()
	if !known || !running || batch <= limit || limit >= graphsMatter || f.computeSaturated() {
		return "", "", false
	}
	flag = f.settings.dialect.GraphBatch.Spelling(f.in.Fleet.Config)
	return flag, fmt.Sprintf("%.0f requests run at once and CUDA graphs exist for up to %.0f (%s): the host launches every kernel of most steps.", batch, limit, flag), true
}

// stepSeconds is the time of one engine step of one replica.
func (f facts) stepSeconds() serving.Measure {
	return serving.Known(f.s.WindowSeconds * float64(f.replicas())).Over(f.s.EngineSteps)
}

// gpuIsSlower names cards that take longer for a kernel than the host to launch
// it, so that graphs gain nothing there (levers.md).
func gpuIsSlower(gpu string) bool {
	words := strings.FieldsFunc(strings.ToUpper(gpu), func(r rune) bool { return r == ' ' || r == '-' || r == '_' })
	return slices.ContainsFunc(words, func(w string) bool { return slices.Contains([]string{"L4", "A10", "A10G", "L40S"}, w) })
}
