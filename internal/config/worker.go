package config

import (
	"fmt"
	"slices"
	"time"
)

// Worker is the settings of the worker.
type Worker struct {
	Shared
	Queues        []string      `env:"PERFAGENT_QUEUES" placeholder:"QUEUE" help:"Task queues to serve; default: all."`
	MaxLoadTests  int           `default:"1" env:"PERFAGENT_MAX_LOAD_TESTS" help:"Load tests that this worker runs at a time; more disturb each other's timing."`
	MaxWatches    int           `default:"1000" env:"PERFAGENT_MAX_WATCHES" help:"Fleets that this worker watches at a time."`
	StopTimeout   time.Duration `default:"25s" env:"PERFAGENT_STOP_TIMEOUT" help:"What running activities get to finish at shutdown."`
	MetricsListen string        `env:"PERFAGENT_METRICS_LISTEN" placeholder:"ADDRESS" help:"Address for /health/live of the worker; none by default."`
}

// Validate names the field that is wrong and how to mend it.
func (w Worker) Validate(known []string) error {
	for _, q := range w.Queues {
		if !slices.Contains(known, q) {
			return fmt.Errorf("queues: %q is unknown, use some of %v", q, known)
		}
	}
	if w.MaxLoadTests < 1 || w.MaxWatches < 1 {
		return fmt.Errorf("max-load-tests, max-watches: %d and %d must be at least 1", w.MaxLoadTests, w.MaxWatches)
	}
	if w.StopTimeout < 0 {
		return fmt.Errorf("stop-timeout: %s must not be negative", w.StopTimeout)
	}
	return nil
}
