package chaos

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"
)

// Row sums up the runs that one kind of fault, or one scenario, had a part in.
type Row struct {
	Name string `json:"name"`
	Runs int    `json:"runs"`
	// Ends counts the runs by outcome.
	Ends    map[string]int `json:"ends"`
	Sent    int            `json:"sent"`
	Excused int            `json:"excused"`
	Lost    int            `json:"lost"`
	Healed  int            `json:"healed"` // runs whose state was not right at once
	Broken  int            `json:"broken"` // runs with a breach, or not made
	Missed  int            `json:"missed"` // blows that found nothing to hit
}

// Spread is a distribution in seconds.
type Spread struct {
	Count int     `json:"count"`
	P50   float64 `json:"p50_seconds"`
	P95   float64 `json:"p95_seconds"`
	Max   float64 `json:"max_seconds"`
}

// Report is a batch.
type Report struct {
	Simulated bool     `json:"simulated_engines"`
	Runs      int      `json:"runs"`
	Broken    []uint64 `json:"broken_seeds"`
	Scenarios []Row    `json:"scenarios"`
	Faults    []Row    `json:"faults"`
	All       Row      `json:"all"`
	Restored  Spread   `json:"restored"` // from trouble to all traffic on stable
	Settled   Spread   `json:"settled"`  // from the end of run and faults to a state as it must be
	// Unplanned counts ends of programs that no fault caused: they were started again.
	Unplanned map[string]int `json:"unplanned_ends,omitempty"`
	Seconds   float64        `json:"seconds"`
	Results   []Result       `json:"results"`
}

// ReportOf sums up, in the order of the seeds.
func ReportOf(results []Result, unplanned map[string]int, seconds float64) Report {
	results = slices.SortedFunc(slices.Values(results), func(a, b Result) int { return cmp.Compare(a.Plan.Seed, b.Plan.Seed) })
	r := Report{Simulated: true, Runs: len(results), Unplanned: unplanned, Seconds: seconds, Results: results, Broken: []uint64{}}
	scenarios, faults := map[string][]Result{}, map[string][]Result{}
	var restored, settled []float64
	for _, x := range results {
		if !x.OK() {
			r.Broken = append(r.Broken, x.Plan.Seed)
		}
		scenarios[string(x.Plan.Scenario)] = append(scenarios[string(x.Plan.Scenario)], x)
		for _, kind := range x.kinds() {
			faults[kind] = append(faults[kind], x)
		}
		if x.Restored != nil {
			restored = append(restored, *x.Restored)
		}
		if x.Failed == "" {
			settled = append(settled, x.Settled)
		}
	}
	r.Scenarios, r.Faults, r.All = rows(scenarios), rows(faults), rowOf("all", results)
	r.Restored, r.Settled = spread(restored), spread(settled)
	return r
}

// OK says that there were runs and no invariant was broken in any.
func (r Report) OK() bool { return r.Runs > 0 && len(r.Broken) == 0 }

// kinds are those of the blows that hit, each once.
func (r Result) kinds() []string {
	var out []string
	for _, b := range r.Blows {
		if b.Missed == "" && !slices.Contains(out, b.Fault.Kind()) {
			out = append(out, b.Fault.Kind())
		}
	}
	return out
}

func rows(of map[string][]Result) []Row {
	out := []Row{}
	for _, name := range slices.Sorted(maps.Keys(of)) {
		out = append(out, rowOf(name, of[name]))
	}
	return out
}

func rowOf(name string, results []Result) Row {
	row := Row{Name: name, Runs: len(results), Ends: map[string]int{}}
	for _, x := range results {
		row.Ends[x.End()]++
		row.Sent, row.Excused, row.Lost = row.Sent+x.Sent, row.Excused+x.Excused, row.Lost+len(x.Lost)
		if !x.OK() {
			row.Broken++
		}
		if len(x.Repaired) > 0 {
			row.Healed++
		}
		for _, b := range x.Blows {
			if b.Missed != "" {
				row.Missed++
			}
		}
	}
	return row
}

func spread(seconds []float64) Spread {
	if len(seconds) == 0 {
		return Spread{}
	}
	seconds = slices.Sorted(slices.Values(seconds))
	at := func(q float64) float64 {
		return seconds[min(int(math.Ceil(q*float64(len(seconds))))-1, len(seconds)-1)]
	}
	return Spread{Count: len(seconds), P50: at(0.5), P95: at(0.95), Max: seconds[len(seconds)-1]}
}

// Write keeps the report as JSON.
func (r Report) Write(file string) error {
	content, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return fmt.Errorf("encode the report: %w", err)
	}
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return fmt.Errorf("folder of the report: %w", err)
	}
	return os.WriteFile(file, content, 0o644)
}
