package serving

import "time"

// ComparedSide is one side of a comparison: what was measured, once or more.
type ComparedSide struct {
	Name string `json:"name"`
	// LoadTests and Run say where the measurements come from: load tests by ID, or
	// trials of a run by number.
	LoadTests  []string      `json:"load_tests,omitempty"`
	Run        string        `json:"run,omitempty"`
	Trials     []int         `json:"trials,omitempty"`
	Config     *EngineConfig `json:"config,omitempty"` // where the measurements are of a known one
	Replicates int           `json:"replicates"`       // measurements on this side
}

// Finding3 is what a comparison shows of a metric.
type Finding3 string

// What a comparison may show. Unshown is that no difference was shown, which is
// not that there is none.
const (
	FindingBetter  Finding3 = "better" // B is better than A
	FindingWorse   Finding3 = "worse"
	FindingUnshown Finding3 = "unshown"
	FindingNoData  Finding3 = "insufficient-data"
)

// ComparedMetric is how one metric of side B relates to side A's. Ratio is B's
// value over A's, Low and High bound it with 95% confidence; of error_rate they are
// the difference of the rates, B less A. Null is not known.
type ComparedMetric struct {
	Metric  string   `json:"metric"`
	Unit    string   `json:"unit"`
	Better  string   `json:"better"` // "higher" or "lower"
	A       Measure  `json:"a"`
	B       Measure  `json:"b"`
	Ratio   Measure  `json:"ratio"`
	Low     Measure  `json:"low"`
	High    Measure  `json:"high"`
	P       Measure  `json:"p"` // two-sided where a test could be made
	Method  string   `json:"method"`
	Finding Finding3 `json:"finding"`
	Reason  string   `json:"reason"` // one sentence for a person
}

// ComparisonRecord is a comparison that was asked for.
type ComparisonRecord struct {
	ID        string           `json:"id"`
	Fleet     string           `json:"fleet"`
	CreatedAt time.Time        `json:"created_at"`
	CreatedBy string           `json:"created_by,omitempty"`
	A         ComparedSide     `json:"a"`
	B         ComparedSide     `json:"b"`
	Metrics   []ComparedMetric `json:"metrics"`
}
