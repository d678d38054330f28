package openslo

import "go.yaml.in/yaml/v3"

// apiVersion and kind are those of the documents that we read and write.
const (
	apiVersion  = "openslo/v1"
	kindSLO     = "SLO"
	kindService = "Service"
)

// sourceType marks metric sources that mean one of our metrics: the agent counts
// it itself, at the router or from the engine.
const sourceType = "performance-agent"

// How a budget is counted.
const (
	occurrences = "Occurrences"
	timeslices  = "Timeslices"
)

type document struct {
	APIVersion string   `yaml:"apiVersion"`
	Kind       string   `yaml:"kind"`
	Metadata   metadata `yaml:"metadata"`
	Spec       spec     `yaml:"spec"`
}

// header is what tells which kind a document is of.
type header struct {
	APIVersion string `yaml:"apiVersion"`
	Kind       string `yaml:"kind"`
}

type metadata struct {
	Name        string               `yaml:"name"`
	DisplayName string               `yaml:"displayName,omitempty"`
	Labels      map[string]yaml.Node `yaml:"labels,omitempty"`
	Annotations map[string]string    `yaml:"annotations,omitempty"`
}

type spec struct {
	Description     string       `yaml:"description,omitempty"`
	Service         string       `yaml:"service"`
	Indicator       *indicator   `yaml:"indicator,omitempty"`
	IndicatorRef    string       `yaml:"indicatorRef,omitempty"`
	TimeWindow      []timeWindow `yaml:"timeWindow"`
	BudgetingMethod string       `yaml:"budgetingMethod"`
	Objectives      []objective  `yaml:"objectives"`
	AlertPolicies   []yaml.Node  `yaml:"alertPolicies,omitempty"`
}

type indicator struct {
	Metadata metadata      `yaml:"metadata"`
	Spec     indicatorSpec `yaml:"spec"`
}

type indicatorSpec struct {
	Description     string           `yaml:"description,omitempty"`
	ThresholdMetric *thresholdMetric `yaml:"thresholdMetric,omitempty"`
	RatioMetric     *ratioMetric     `yaml:"ratioMetric,omitempty"`
}

type thresholdMetric struct {
	MetricSource metricSource `yaml:"metricSource"`
}

type ratioMetric struct {
	Counter bool             `yaml:"counter"`
	Good    *thresholdMetric `yaml:"good,omitempty"`
	Bad     *thresholdMetric `yaml:"bad,omitempty"`
	Total   *thresholdMetric `yaml:"total,omitempty"`
	RawType string           `yaml:"rawType,omitempty"`
	Raw     *thresholdMetric `yaml:"raw,omitempty"`
}

type metricSource struct {
	Ref  string            `yaml:"metricSourceRef,omitempty"`
	Type string            `yaml:"type,omitempty"`
	Spec map[string]string `yaml:"spec"`
}

type timeWindow struct {
	Duration  string     `yaml:"duration"`
	IsRolling bool       `yaml:"isRolling"`
	Calendar  *yaml.Node `yaml:"calendar,omitempty"`
}

type objective struct {
	DisplayName     string   `yaml:"displayName,omitempty"`
	Op              string   `yaml:"op,omitempty"`
	Value           *float64 `yaml:"value,omitempty"`
	Target          *float64 `yaml:"target,omitempty"`
	TargetPercent   *float64 `yaml:"targetPercent,omitempty"`
	TimeSliceTarget *float64 `yaml:"timeSliceTarget,omitempty"`
	TimeSliceWindow string   `yaml:"timeSliceWindow,omitempty"`
}
