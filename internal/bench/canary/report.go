package canary

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"text/tabwriter"

	"golang.org/x/sync/errgroup"
)

// goals of the seeded runs.
const (
	goalGoodPromoted = 0.95
	// FullRuns are those of bad canaries, and as many of good ones; ShortRuns are
	// enough to see that a change made the rollout worse by much.
	FullRuns  = 200
	ShortRuns = 40
)

// Row is one plant: its first seed in full, and how many of all were right.
type Row struct {
	Result
	Runs   int `json:"runs"`
	Rights int `json:"rights"`
}

// Report is what was found.
type Report struct {
	Simulated bool  `json:"simulated"` // always
	Rows      []Row `json:"rows"`
	// Confusion counts wanted ends against those that came, over all runs.
	Confusion    map[Want]map[Want]int `json:"confusion"`
	BadRuns      int                   `json:"bad_runs"`
	BadPromoted  int                   `json:"bad_promoted"`
	GoodRuns     int                   `json:"good_runs"`
	GoodPromoted int                   `json:"good_promoted"`
	Wrong        []Result              `json:"wrong,omitempty"`
}

// Run rolls every plant out under several seeds, at least that many bad and good
// canaries, prints the table and writes it to the file as JSON.
func Run(w io.Writer, file string, runs int) error {
	plants := Plants()
	r, err := Measure(plants, seedsFor(plants, runs))
	if err != nil {
		return err
	}
	if err := r.Print(w); err != nil {
		return fmt.Errorf("print canaries: %w", err)
	}
	return r.Write(file)
}

// seedsFor spreads the runs over the plants of a kind. Those that a person must
// look at soak for hours of virtual time, so they get a few only.
func seedsFor(plants []Plant, runs int) map[Want]int {
	const asked = 3
	of := map[Want]int{}
	for _, p := range plants {
		of[p.Want]++
	}
	seeds := map[Want]int{Ask: asked}
	for _, want := range []Want{Promote, Back} {
		seeds[want] = (runs + of[want] - 1) / max(of[want], 1)
	}
	return seeds
}

// Measure runs each plant under as many seeds as its wanted end has.
func Measure(plants []Plant, seedsOf map[Want]int) (Report, error) {
	results := make([][]Result, len(plants))
	group := errgroup.Group{}
	group.SetLimit(runtime.GOMAXPROCS(0))
	for i, p := range plants {
		seeds := seedsOf[p.Want]
		results[i] = make([]Result, seeds)
		for s := range seeds {
			group.Go(func() (err error) {
				results[i][s], err = Roll(p, uint64(1000*i+s+1))
				return err
			})
		}
	}
	if err := group.Wait(); err != nil {
		return Report{}, err
	}
	return reportOf(plants, results), nil
}

func reportOf(plants []Plant, results [][]Result) Report {
	r := Report{Simulated: true, Confusion: map[Want]map[Want]int{Promote: {}, Back: {}, Ask: {}}}
	for i, of := range results {
		row := Row{Result: of[0], Runs: len(of)}
		for _, one := range of {
			r.Confusion[one.Want][one.Got]++
			if one.Right {
				row.Rights++
			} else {
				r.Wrong = append(r.Wrong, one)
			}
			promoted := 0
			if one.Got == Promote {
				promoted = 1
			}
			if plants[i].Bad() {
				r.BadRuns, r.BadPromoted = r.BadRuns+1, r.BadPromoted+promoted
			} else {
				r.GoodRuns, r.GoodPromoted = r.GoodRuns+1, r.GoodPromoted+promoted
			}
		}
		r.Rows = append(r.Rows, row)
	}
	return r
}

// Print writes a line for each plant, the confusion matrix and the goals.
func (r Report) Print(w io.Writer) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "planted canary (simulated)\texpected\tgot\tat\tafter s\tright\tof seeds")
	for _, row := range r.Rows {
		expected, right := string(row.Want), "yes"
		if row.Or != "" {
			expected += " or " + string(row.Or)
		}
		if !row.Right {
			right = "NO"
		}
		fmt.Fprintf(t, "%s\t%s\t%s\t%d%%\t%.0f\t%s\t%d/%d\n", row.Plant, expected, row.Got, row.AtWeight, row.Seconds, right, row.Rights, row.Runs)
	}
	fmt.Fprintln(t, "\t\t\t\t\t\t\nexpected (all seeds)\tpromote\tback\task\t\t\t")
	for _, want := range []Want{Promote, Back, Ask} {
		c := r.Confusion[want]
		fmt.Fprintf(t, "%s\t%d\t%d\t%d\t\t\t\n", want, c[Promote], c[Back], c[Ask])
	}
	if err := t.Flush(); err != nil {
		return err
	}
	_, err := fmt.Fprintf(w, "bad canaries promoted: %d of %d (goal 0): %s\ngood canaries promoted: %d of %d, %.1f%% (goal %.0f%%): %s\n",
		r.BadPromoted, r.BadRuns, met(r.BadPromoted == 0), r.GoodPromoted, r.GoodRuns, 100*r.goodShare(), 100*goalGoodPromoted, met(r.goodShare() >= goalGoodPromoted))
	return err
}

func (r Report) goodShare() float64 { return float64(r.GoodPromoted) / float64(max(r.GoodRuns, 1)) }

func met(ok bool) string {
	if ok {
		return "met"
	}
	return "MISSED"
}

// Write keeps the report as JSON.
func (r Report) Write(file string) error {
	data, err := json.MarshalIndent(r, "", " ")
	if err == nil {
		err = os.MkdirAll(filepath.Dir(file), 0o755)
	}
	if err == nil {
		err = os.WriteFile(file, data, 0o644)
	}
	if err != nil {
		return fmt.Errorf("write the report: %w", err)
	}
	return nil
}
