package config

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Worker are the settings of the worker.
type Worker struct {
	Common `embed:""`
	Queues []string `help:"Task queues to serve; default: all." placeholder:"QUEUE"`
	// EngineStartTimeout covers loading the weights of a large model.
	EngineStartTimeout time.Duration `help:"How long an engine that this host runs may take from launch to serving." default:"15m"`
	EngineStopGrace    time.Duration `help:"How long an engine may finish its requests between SIGTERM and SIGKILL." default:"30s"`
	// MaxLoadTests is one because load tests on one host disturb each other's
	// timing, and a load test is only right while its host has CPU to spare.
	MaxLoadTests int `help:"Load tests that run at the same time." default:"1"`
	MaxWatches   int `help:"Fleets that this worker watches at the same time." default:"1000"`
	// MaxRollouts bounds how much of production can be wrong at a time.
	MaxRollouts int           `help:"Rollouts that may touch production at the same time, over all workers, which should agree; 0 is any number." default:"0"`
	ProbeListen string        `help:"Address for /health/live and /metrics of this worker; empty serves none." placeholder:"HOST:PORT"`
	Retention   time.Duration `help:"After which time events and idempotency keys are removed." default:"720h"`
	// Snapshots of one fleet a minute are some 7 MB in two days, its minutes some
	// 60 MB in two weeks, and its hours some 30 MB in 400 days: a year of history
	// with the year before to compare it with.
	RawRetention    time.Duration `help:"After which time snapshots are removed, once they are rolled up." default:"48h"`
	MinuteRetention time.Duration `help:"After which time roll-ups of a minute are removed." default:"336h"`
	HourRetention   time.Duration `help:"After which time roll-ups of an hour are removed." default:"9600h"`
	Notify          []string      `help:"Who is told of violations, outcomes and decisions to take: [FLEET/]NAME=KIND:REFERENCE, where KIND is webhook or slack and REFERENCE, env:NAME or file:PATH, holds the address." placeholder:"TARGET"`
	// BuildID marks what this worker runs, so that Temporal keeps an open rollout on
	// workers of the code it began with; "" leaves worker versioning off.
	BuildID        string `name:"build-id" help:"Version of this worker in its worker deployment, for example the image's tag: open runs and rollouts stay on workers of their own version; empty leaves worker versioning off." placeholder:"ID"`
	DeploymentName string `help:"Worker deployment that the build ID belongs to." default:"performance-agent"`
	// NotifySigningKey is the key itself once the settings are loaded.
	NotifySigningKey string  `help:"Where the key is that webhooks are signed with: env:NAME or file:PATH." placeholder:"REFERENCE"`
	Advisor          Advisor `embed:"" prefix:"advisor-"`
	// NotifyTargets are what Notify says, with addresses.
	NotifyTargets []NotifyTarget `kong:"-"`
}

// LoadWorker reads the settings of the worker; queues are the task queues there
// are. It returns ErrPrinted after --help and --version.
func LoadWorker(src Source, queues []string) (Worker, error) {
	var w Worker
	if err := load(src, &w, "worker", "Temporal worker of the Performance Agent."); err != nil {
		return Worker{}, err
	}
	w.EngineLauncher, w.Queues = withoutBlanks(w.EngineLauncher), withoutBlanks(w.Queues)
	if len(w.Queues) == 0 {
		w.Queues = slices.Clone(queues)
	}
	if err := w.check(queues); err != nil {
		return Worker{}, err
	}
	var err error
	if w.NotifySigningKey, err = src.secret("notify-signing-key", w.NotifySigningKey); err != nil {
		return Worker{}, err
	}
	if w.Payload, err = src.payloadKeys(w.PayloadKeys); err != nil {
		return Worker{}, err
	}
	if w.Advisor, err = src.advisor(w.Advisor); err != nil {
		return Worker{}, err
	}
	if w.NotifyTargets, err = src.notifyTargets(w.Notify, []string{"webhook", "slack"}); err != nil {
		return Worker{}, err
	}
	return w, nil
}

// withoutBlanks drops what two separators in a row leave behind.
func withoutBlanks(list []string) []string {
	return slices.DeleteFunc(list, func(s string) bool { return strings.TrimSpace(s) == "" })
}

func (w Worker) check(queues []string) error {
	if err := w.Common.check(); err != nil {
		return err
	}
	for _, q := range w.Queues {
		if !slices.Contains(queues, q) {
			return wrong("queues", fmt.Sprintf("%q is no task queue", q), "choose from "+strings.Join(queues, ", "))
		}
	}
	for _, limit := range []struct {
		flag  string
		value int
	}{{"max-load-tests", w.MaxLoadTests}, {"max-watches", w.MaxWatches}} {
		if limit.value < 1 {
			return wrong(limit.flag, fmt.Sprintf("%d would never do any work", limit.value), "give at least 1, or leave the queue out of --queues")
		}
	}
	if w.BuildID != "" && w.DeploymentName == "" {
		return wrong("deployment-name", "is empty", "name the worker deployment, or leave --build-id out")
	}
	if w.MaxRollouts < 0 {
		return wrong("max-rollouts", fmt.Sprintf("%d is negative", w.MaxRollouts), "give 0 for any number")
	}
	return w.checkRest()
}

func (w Worker) checkRest() error {
	if w.ProbeListen != "" {
		if err := checkListen("probe-listen", w.ProbeListen); err != nil {
			return err
		}
	}
	for _, d := range []struct {
		flag  string
		value time.Duration
	}{{"engine-start-timeout", w.EngineStartTimeout}, {"engine-stop-grace", w.EngineStopGrace}, {"retention", w.Retention}, {"raw-retention", w.RawRetention}} {
		if err := positive(d.flag, d.value); err != nil {
			return err
		}
	}
	return w.checkRollups()
}

// checkRollups wants coarser measurements to outlive finer ones, which is what
// they are for.
func (w Worker) checkRollups() error {
	const fix = "give at least as much, or keep the finer ones for less"
	switch {
	case w.MinuteRetention < w.RawRetention:
		return wrong("minute-retention", fmt.Sprintf("%s is less than --raw-retention, %s", w.MinuteRetention, w.RawRetention), fix)
	case w.HourRetention < w.MinuteRetention:
		return wrong("hour-retention", fmt.Sprintf("%s is less than --minute-retention, %s", w.HourRetention, w.MinuteRetention), fix)
	}
	return nil
}
