package growth

import (
	"errors"
	"fmt"

	"github.com/optiinfra/performance-agent/workflows"
)

// Entry is one thing and what it costs, with the arithmetic.
type Entry struct {
	Name string `json:"name"`
	Size
	How string `json:"how"`
}

// Report is what the part counted.
type Report struct {
	Entries []Entry `json:"entries"`
}

const daySeconds = 86400

// Measure counts in the recorded histories of the folder.
func Measure(folder string) (Report, error) {
	all := map[string]history{}
	for _, name := range []string{"monitor-repaired", "optimize-promoted", "trial-measured", "rollout-promoted", "stage-passed"} {
		h, err := readHistory(folder, name)
		if err != nil {
			return Report{}, err
		}
		all[name] = h
	}
	var r Report
	if err := r.monitor(all["monitor-repaired"]); err != nil {
		return r, err
	}
	return r, r.run(all["optimize-promoted"], all["trial-measured"], all["rollout-promoted"], all["stage-passed"])
}

// monitor tells a calm round, which loads the fleet and watches it, from what the
// execution costs by itself.
func (r *Report) monitor(h history) error {
	loads, watches := h.scheduled("LoadFleet"), h.scheduled("WatchFleet")
	if len(loads) == 0 || len(watches) == 0 || watches[0] < loads[0] {
		return errors.New("the recorded monitor shows no round")
	}
	start := h[:loads[0]].size()
	round := h[loads[0]:h.decided(watches[0])].size()
	rounds := daySeconds / workflows.WatchSeconds
	executions := rounds / float64(workflows.RoundsPerExecution)
	day := round.times(rounds).plus(start.plus(Size{Events: 1}).times(executions))
	r.Entries = append(r.Entries,
		Entry{"one calm round of a monitor", round, fmt.Sprintf("counted: load the fleet, watch it for %.0f s", workflows.WatchSeconds)},
		Entry{"a monitored fleet and day, without changes of state", day,
			fmt.Sprintf("%d s / %.0f s = %.0f rounds x %.0f events, + %.2f executions x (%.0f at the start + 1 at the end)",
				daySeconds, workflows.WatchSeconds, rounds, round.Events, executions, start.Events)})
	return nil
}

// run adds up an optimization that promoted, with its trials and its rollout.
func (r *Report) run(optimize, trial, rollout, stage history) error {
	trials, stages := optimize.children("Trial"), rollout.children("CanaryStage")
	if trials == 0 || stages == 0 {
		return errors.New("the recorded run shows no trial, or the rollout no stage")
	}
	tick, err := stage.tick()
	if err != nil {
		return err
	}
	wholeRollout := rollout.size().plus(stage.size().times(float64(stages)))
	wholeRun := optimize.size().plus(trial.size().times(float64(trials))).plus(wholeRollout)
	r.Entries = append(r.Entries,
		Entry{"one trial", trial.size(), "counted"},
		Entry{"one look of a stage", tick, "counted between two judgements; a stage of 10 min looks every 10 s, so it has 60"},
		Entry{"one rollout, short stages", wholeRollout, fmt.Sprintf("%.0f + %d stages x %.0f", rollout.size().Events, stages, stage.size().Events)},
		Entry{"one optimize run that promotes, with its rollout", wholeRun,
			fmt.Sprintf("%.0f + %d trials x %.0f + rollout %.0f", optimize.size().Events, trials, trial.size().Events, wholeRollout.Events)})
	return nil
}

// tick is what lies between two judgements of a stage, on average.
func (h history) tick() (Size, error) {
	looks := h.scheduled("JudgeStage")
	if len(looks) < 2 {
		return Size{}, errors.New("the recorded stage was judged only once")
	}
	first, last := looks[0], looks[len(looks)-1]
	return h[first:last].size().times(1 / float64(len(looks)-1)), nil
}
