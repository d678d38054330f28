package statistics

import (
	"math/rand/v2"

	"github.com/optiinfra/performance-agent/internal/judge"
	"github.com/optiinfra/performance-agent/internal/serving"
)

// A stage as a rollout has it by default (workflows.Plan), of a canary that gets
// one request in two seconds: 5% of a fleet of 10 requests/s.
const (
	secondsPerRequest = 2
	secondsPerLook    = 10
	leastSeconds      = 600
	mostSeconds       = 3600
)

// ending is how a stage went.
type ending struct {
	action  judge.Action
	seconds float64
}

// stage judges a window that grows with each look, as a rollout does, until the
// stage is over. A stage that was extended to twice its length waits for a
// person.
func stage(r *rand.Rand, d Data, p plant) ending {
	const requests = 2 * mostSeconds / secondsPerRequest
	canary := observe(r, d, p, serving.Canary, requests, secondsPerRequest)
	baseline := observe(r, d, healthy(), serving.Baseline, requests, secondsPerRequest)
	cfg, extended := configured(r), false
	cfg.Looks = judge.Looks{FirstSeconds: secondsPerLook, LastSeconds: judge.LastLook(leastSeconds, mostSeconds)}
	var history []serving.Judgement
	for elapsed := float64(secondsPerLook); ; elapsed += secondsPerLook {
		b := until(baseline, elapsed)
		cfg.Looks.AtSeconds = elapsed
		history = append(history, judge.Judge(cfg, objectives(), until(canary, elapsed), &b))
		next := judge.NextStep(history, elapsed, leastSeconds, mostSeconds, extended)
		switch next.Action {
		case judge.Keep:
		case judge.Extend:
			extended = true
		default:
			return ending{next.Action, elapsed}
		}
	}
}

// until is what was seen of an arm by then.
func until(a judge.Arm, elapsed float64) judge.Arm {
	n := min(int(elapsed/secondsPerRequest), len(a.Observation.Samples))
	o := a.Observation
	o.Samples, o.Requests, o.Failed, o.WindowSeconds = o.Samples[:n], n, 0, elapsed
	for _, s := range o.Samples {
		if s.Failed {
			o.Failed++
		}
	}
	a.Observation = o
	return a
}

// stageRounds are few, because each is some dozens of judgements.
const stageRounds = 60

// stageRows measure whole stages.
func stageRows(share float64) []Row {
	rounds := max(int(stageRounds*share), 1)
	var rows []Row
	for _, d := range []Data{{Name: "log-normal 0.5", Sigma: 0.5}, {Name: "log-normal 1.0", Sigma: 1},
		{Name: "tied (6 values)", Sigma: 0.5, Tick: 0.5}, {Name: "heavy tail", Sigma: 0.5, HeavyShare: 0.03}, {Name: "autocorrelated 0.9", Sigma: 0.5, Rho: 0.9}, {Name: "bursts", Sigma: 0.5, BurstShare: 0.02}, engineLike()} {
		rows = append(rows, endings(healthy(), d, rounds)...)
	}
	for _, p := range plants()[1:] {
		rows = append(rows, endings(p, engineLike(), rounds*2/3)...)
	}
	return rows
}

// endings counts how stages end.
func endings(p plant, d Data, rounds int) []Row {
	r := seeded("stage, "+p.name, d.Name, "", 0)
	rounds = max(rounds, 1)
	seconds := map[judge.Action][]float64{}
	for range rounds {
		e := stage(r, d, p)
		seconds[e.action] = append(seconds[e.action], e.seconds)
	}
	bad := p.name != healthy().name
	goals := map[judge.Action]goal{judge.Abort: atMost(nominal), judge.Advance: atLeast(0.8)}
	if bad {
		goals = map[judge.Action]goal{judge.Abort: atLeast(0.8), judge.Advance: atMost(0.2)}
	}
	var rows []Row
	for _, a := range []judge.Action{judge.Abort, judge.Advance, judge.WaitForHuman} {
		row := Row{Method: "stage, planted " + p.name, Data: d.Name, Event: string(a), Rounds: rounds, Hits: len(seconds[a])}
		if took := judge.NewSample(seconds[a]); took.Count() > 0 {
			middle := took.Quantile(0.5)
			row.SecondsToVerdict = &middle
		}
		rows = append(rows, row.against(goals[a]))
	}
	return rows
}
