package serving

import "maps"

// Where the measurements of a fleet's engines come from.
const (
	// MetricsScrape reads each replica's own metrics page; it is the default.
	MetricsScrape = "scrape"
	// MetricsPrometheus asks a Prometheus server that scrapes the replicas.
	MetricsPrometheus = "prometheus"
)

// MetricsSource says where the measurements of a fleet's engines come from. Its
// zero value is the replicas' own pages.
type MetricsSource struct {
	Kind string `json:"kind,omitempty"`
	// Address is the base URL of the Prometheus server.
	Address string `json:"address,omitempty"`
	// Labels are what the series of the fleet's replicas must have besides the
	// instance, for example {"job": "chat"}.
	Labels map[string]string `json:"labels,omitempty"`
	// InstanceLabel is the label that holds a replica's host and port, or its host
	// alone; "" means "instance".
	InstanceLabel string `json:"instance_label,omitempty"`
}

// SourceKind is the kind, with its default.
func (m MetricsSource) SourceKind() string {
	if m.Kind == "" {
		return MetricsScrape
	}
	return m.Kind
}

// Where the figures of a fleet's GPUs come from.
const (
	// GPUExporter reads the pages of DCGM exporters.
	GPUExporter = "dcgm"
	// GPUPrometheus asks a Prometheus server that scrapes DCGM exporters.
	GPUPrometheus = "prometheus"
)

// GPUSource says where the figures of a fleet's GPUs come from. A replica's GPUs
// are those on its own host that have the labels, as many as the fleet's hardware
// says; Replicas tells them where a host has more.
type GPUSource struct {
	Kind string `json:"kind,omitempty"` // "" is none: GPU figures are unknown
	// Addresses are base URLs: of DCGM exporters, or of the one Prometheus server.
	Addresses []string `json:"addresses,omitempty"`
	// Labels are what the series of the fleet's GPUs must have, for example
	// {"namespace": "prod"}.
	Labels map[string]string `json:"labels,omitempty"`
	// Replicas are the labels of the GPUs of single replicas, by endpoint, for
	// example {"http://10.0.0.7:8000": {"gpu": "0"}}.
	Replicas map[string]map[string]string `json:"replicas,omitempty"`
}

// LabelsOf are the labels that the GPUs of a replica have.
func (g GPUSource) LabelsOf(endpoint string) map[string]string {
	out := maps.Clone(g.Labels)
	if out == nil {
		out = map[string]string{}
	}
	maps.Copy(out, g.Replicas[endpoint])
	return out
}
