package api

import (
	"context"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/optiinfra/performance-agent/internal/promrules"
	"github.com/optiinfra/performance-agent/internal/serving"
)

func (s *Server) registerPrometheusRules() {
	handle(s, route{method: http.MethodGet, path: prefix + "/fleets/{fleet}/slos/prometheus-rules", id: "prometheus-rules", group: "slos",
		summary: "Recording and alerting rules for a Prometheus server that scrapes the fleet's engines; a comment says which objectives have none and why"},
		s.prometheusRules)
}

func (s *Server) prometheusRules(ctx context.Context, in *struct {
	FleetPath
	Match []string `query:"match,explode" doc:"Labels of the fleet's series at that server, as name=value. By default the labels of the fleet's metrics source." example:"job=chat"`
}) (*yamlOutput, error) {
	f, err := s.deps.Store.Fleet(ctx, in.Fleet)
	if err != nil {
		return nil, err
	}
	matchers, err := matchersOf(f, in.Match)
	if err != nil {
		return nil, err
	}
	e, err := s.deps.Engines.Engine(f.Config.Engine)
	if err != nil {
		return nil, err
	}
	bounds, err := s.bucketBounds(ctx, f)
	if err != nil {
		return nil, err
	}
	text, _, err := promrules.Write(promrules.Input{Fleet: f.Name, Engine: f.Config.Engine, Objectives: f.SLOs,
		Indicators: e.Indicators(), Matchers: matchers, Bounds: bounds})
	return &yamlOutput{ContentType: yamlType, ETag: etag(f), Body: text}, err
}

// matchersOf are the labels that pick the fleet's series. Without any, the rules
// would count every engine that the server scrapes.
func matchersOf(f serving.Fleet, asked []string) ([]string, error) {
	labels := maps.Clone(f.Metrics.Labels)
	if labels == nil {
		labels = map[string]string{}
	}
	for _, m := range asked {
		name, value, ok := strings.Cut(m, "=")
		if !ok || !labelName.MatchString(name) {
			return nil, invalid("query.match", "must be name=value", "for example match=job=chat")
		}
		labels[name] = value
	}
	if len(labels) == 0 {
		return nil, invalid("query.match", "is needed: the fleet's record does not say by which labels its series are found", "for example match=job=chat")
	}
	var out []string
	for _, name := range slices.Sorted(maps.Keys(labels)) {
		out = append(out, name+"="+strconv.Quote(labels[name]))
	}
	return out, nil
}

// bucketBounds are those that the latest measurement of the fleet has.
func (s *Server) bucketBounds(ctx context.Context, f serving.Fleet) (map[serving.Metric][]float64, error) {
	rec, err := s.deps.Store.LatestSnapshot(ctx, f.Name)
	if err != nil && !s.isNotFound(err) {
		return nil, err
	}
	out := map[serving.Metric][]float64{}
	for _, m := range []serving.Metric{serving.MetricTTFT, serving.MetricITL, serving.MetricE2E} {
		if h := rec.Snapshot.Latency(m); h != nil {
			out[m] = h.Bounds
		}
	}
	return out, nil
}
