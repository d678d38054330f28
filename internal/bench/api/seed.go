package api

import (
	"context"
	"fmt"
	"time"

	"github.com/optiinfra/performance-agent/internal/serving"
	"github.com/optiinfra/performance-agent/internal/store"
)

// seededRuns are the fleets that have a history to read: one run with its trials
// each, and a violation.
const seededRuns = 40

func fleetName(i int) string { return fmt.Sprintf("fleet-%d", i) }
func runName(i int) string   { return fmt.Sprintf("run-%d", i) }

// seed registers a fleet for each start, and the histories.
func seed(ctx context.Context, db *store.Store) error {
	for i := range startRate * int(startDuration.Seconds()) {
		_, err := db.CreateFleet(ctx, serving.Fleet{Name: fleetName(i), Replicas: 2, Hardware: serving.Hardware{GPU: "H100", GPUs: 1},
			Config:      serving.EngineConfig{Engine: serving.VLLM, Model: "meta-llama/Llama-3.1-8B-Instruct"},
			Router:      serving.AdapterRef{Kind: "gateway", Address: "http://127.0.0.1:1"},
			Provisioner: serving.AdapterRef{Kind: "process"},
			SLOs:        []serving.Objective{{Name: "ttft-p95", Metric: serving.MetricTTFT, Quantile: .95, Threshold: .5}}})
		if err != nil {
			return fmt.Errorf("register fleet %d: %w", i, err)
		}
	}
	for i := range seededRuns {
		if err := seedHistory(ctx, db, i); err != nil {
			return fmt.Errorf("history %d: %w", i, err)
		}
	}
	return nil
}

func seedHistory(ctx context.Context, db *store.Store, i int) error {
	at := time.Now().UTC().Add(-time.Hour)
	closed := at.Add(10 * time.Minute)
	run := serving.RunRecord{ID: runName(i), WorkflowID: "optimize:" + fleetName(i), Fleet: fleetName(i), Phase: "done",
		Outcome: serving.OutcomePromoted, StartedAt: at, UpdatedAt: closed, ClosedAt: &closed}
	if err := db.SaveRun(ctx, run); err != nil {
		return err
	}
	for n := range 6 {
		trial := serving.TrialRecord{RunID: run.ID, Fleet: run.Fleet, UpdatedAt: closed,
			Trial: serving.Trial{Number: n + 1, Purpose: "full", Status: serving.TrialMeasured}}
		if err := db.SaveTrial(ctx, trial); err != nil {
			return err
		}
	}
	if err := db.SaveRollout(ctx, serving.RolloutRecord{ID: "rollout-" + run.ID, WorkflowID: "rollout:" + run.Fleet, Fleet: run.Fleet,
		StartedAt: at, UpdatedAt: closed, ClosedAt: &closed}); err != nil {
		return err
	}
	return db.SaveViolation(ctx, serving.ViolationRecord{ID: "violation-" + run.ID, Fleet: run.Fleet, OpenedAt: at, ResolvedAt: &closed})
}
