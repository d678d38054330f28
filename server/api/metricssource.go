package api

import (
	"context"
	"fmt"
	"maps"
	"regexp"
	"slices"

	"github.com/optiinfra/performance-agent/internal/serving"
)

// maxExporters bounds the exporters of a fleet; those of a host are read for each
// of its replicas.
const maxExporters = 256

// labelName is a label of Prometheus' data model; the reserved ones begin with
// two underscores.
var labelName = regexp.MustCompile(`^[a-zA-Z_][a-zA-Z0-9_]*$`)

// metricsProblems judges where a fleet's measurements are to come from.
func (s *Server) metricsProblems(ctx context.Context, f serving.Fleet) []FieldProblem {
	list := sourceProblems(f.Metrics)
	list = append(list, gpuSourceProblems(f.GPUMetrics)...)
	return append(list, s.sourceAddressProblems(ctx, f)...)
}

func sourceProblems(m serving.MetricsSource) []FieldProblem {
	kinds := []string{serving.MetricsScrape, serving.MetricsPrometheus}
	const at = "body.metrics"
	switch {
	case !slices.Contains(kinds, m.SourceKind()):
		return []FieldProblem{{Field: at + ".kind", Message: fmt.Sprintf("%q is unknown", m.Kind), Fix: fmt.Sprintf("use one of %v", kinds)}}
	case m.Kind == serving.MetricsPrometheus && m.Address == "":
		return []FieldProblem{{Field: at + ".address", Message: "is missing", Fix: "give the base URL of the Prometheus server"}}
	case m.SourceKind() == serving.MetricsScrape && (m.Address != "" || len(m.Labels) > 0 || m.InstanceLabel != ""):
		return []FieldProblem{{Field: at, Message: "has settings of another kind: scraping reads the replicas' own pages", Fix: "set kind to prometheus, or remove them"}}
	}
	list := labelProblems(at+".labels", m.Labels)
	if m.InstanceLabel != "" && !labelName.MatchString(m.InstanceLabel) {
		list = append(list, FieldProblem{Field: at + ".instance_label", Message: "is not the name of a label", Fix: "use letters, digits and underscores"})
	}
	return list
}

func gpuSourceProblems(g serving.GPUSource) []FieldProblem {
	kinds := []string{serving.GPUExporter, serving.GPUPrometheus}
	const at = "body.gpu_metrics"
	switch {
	case g.Kind == "" && len(g.Addresses)+len(g.Labels)+len(g.Replicas) == 0:
		return nil
	case !slices.Contains(kinds, g.Kind):
		return []FieldProblem{{Field: at + ".kind", Message: fmt.Sprintf("%q is unknown", g.Kind), Fix: fmt.Sprintf("use one of %v", kinds)}}
	case len(g.Addresses) == 0 || len(g.Addresses) > maxExporters:
		return []FieldProblem{{Field: at + ".addresses", Message: fmt.Sprintf("must be 1 to %d", maxExporters), Fix: "give the base URLs of the exporters, or of the Prometheus server"}}
	case g.Kind == serving.GPUPrometheus && len(g.Addresses) > 1:
		return []FieldProblem{{Field: at + ".addresses", Message: "must be one Prometheus server", Fix: "give the server that scrapes the exporters"}}
	}
	list := labelProblems(at+".labels", g.Labels)
	for _, endpoint := range slices.Sorted(maps.Keys(g.Replicas)) {
		list = append(list, labelProblems(at+".replicas."+endpoint, g.Replicas[endpoint])...)
	}
	return list
}

func labelProblems(field string, labels map[string]string) []FieldProblem {
	var list []FieldProblem
	for _, name := range slices.Sorted(maps.Keys(labels)) {
		if !labelName.MatchString(name) || labels[name] == "" {
			list = append(list, FieldProblem{Field: field + "." + name, Message: "is not a label and its value", Fix: `write it like {"job": "chat"}`})
		}
	}
	return list
}

// sourceAddressProblems also guards at every measurement: a name may resolve
// otherwise than when the fleet was registered.
func (s *Server) sourceAddressProblems(ctx context.Context, f serving.Fleet) []FieldProblem {
	var list []FieldProblem
	add := func(field, address string) {
		if message, fix := s.guard.check(ctx, address); message != "" {
			list = append(list, FieldProblem{Field: field, Message: message, Fix: fix})
		}
	}
	if f.Metrics.Address != "" {
		add("body.metrics.address", f.Metrics.Address)
	}
	for i, a := range f.GPUMetrics.Addresses {
		add(fmt.Sprintf("body.gpu_metrics.addresses[%d]", i), a)
	}
	return list
}
