package api

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"

	"github.com/optiinfra/performance-agent/internal/propose"
	"github.com/optiinfra/performance-agent/internal/serving"
	"github.com/optiinfra/performance-agent/workflows"
)

// taskPrincipal is under whom the IDs of tasks are kept, beside the idempotency
// keys of callers.
const taskPrincipal = "orchestrator-task"

// startTask starts the run of a task, or finds the one that it started before. A
// result without a run is one that needed none.
func (s *Server) startTask(ctx context.Context, task TaskRequest) (TaskResult, error) {
	if err := s.checkTask(task); err != nil {
		return TaskResult{}, err
	}
	result := TaskResult{Fleet: task.Parameters.Fleet}
	body, err := json.Marshal([]any{task.Type, task.Parameters})
	if err != nil {
		return result, fmt.Errorf("encode the task: %w", err)
	}
	sum := sha256.Sum256(body)
	state, before, err := s.deps.Store.ClaimKey(ctx, taskPrincipal, task.ID, hex.EncodeToString(sum[:]))
	switch {
	case err != nil:
		return result, fmt.Errorf("claim the task: %w", err)
	case state == KeyReused:
		return result, invalid("task_id", "was used for another task", "give every task an ID of its own")
	case state == KeyRunning:
		return result, newProblem(http.StatusConflict, "in-progress", "the task is being started by another call; send it again in a second")
	case state == KeyDone:
		return result, json.Unmarshal(before.Body, &result)
	}
	return s.claimedTask(ctx, task, result)
}

func (s *Server) checkTask(task TaskRequest) error {
	switch {
	case task.Type != TaskOptimizeKVCache && task.Type != TaskTuneInference:
		return invalid("task_type", "is unknown", fmt.Sprintf("use one of %v", TaskTypes()))
	case task.Parameters.Fleet == "":
		return invalid("parameters.fleet", "is missing", "name one of GET /api/v1/fleets")
	}
	return nil
}

// claimedTask does the work of a claim and ends it: kept if it led anywhere, free
// again if it did not.
func (s *Server) claimedTask(ctx context.Context, task TaskRequest, result TaskResult) (TaskResult, error) {
	result, err := s.beginTask(ctx, task, result)
	after, cancel := context.WithTimeout(context.WithoutCancel(ctx), finishTimeout)
	defer cancel()
	if err != nil {
		return result, errors.Join(err, s.deps.Store.ReleaseKey(after, taskPrincipal, task.ID))
	}
	kept, err := json.Marshal(result)
	if err != nil {
		return result, fmt.Errorf("encode the result: %w", err)
	}
	if err := s.deps.Store.FinishKey(after, taskPrincipal, task.ID, Answer{Status: http.StatusOK, Body: kept}); err != nil {
		s.deps.Log.ErrorContext(ctx, "task not noted as started: sent again, it would find the fleet busy", "task", task.ID, "error", err)
	}
	return result, nil
}

func (s *Server) beginTask(ctx context.Context, task TaskRequest, result TaskResult) (TaskResult, error) {
	options := orZero(task.Parameters.Options)
	if task.Type == TaskOptimizeKVCache {
		candidates, err := s.cacheCandidates(ctx, task.Parameters.Fleet)
		if err != nil {
			return result, err
		}
		if len(candidates) == 0 {
			result.Outcome = serving.OutcomeNoImprovement
			result.Reason = "no change of the KV cache answers what limits the fleet now"
			return result, nil
		}
		options.Candidates = candidates
	}
	input := struct {
		FleetPath
		Patience
		Body *workflows.OptimizeOptions
	}{FleetPath{task.Parameters.Fleet}, Patience{}, &options}
	started, err := s.startRun(ctx, &input)
	if err != nil {
		return result, err
	}
	result.RunID, result.WorkflowID, result.Phase = started.Body.ID, started.Body.WorkflowID, started.Body.Phase
	return result, nil
}

// cacheCandidates are the fleet's configuration with each change of the KV cache
// that the rules recommend for what limits the fleet.
func (s *Server) cacheCandidates(ctx context.Context, fleet string) ([]serving.EngineConfig, error) {
	f, err := s.deps.Store.Fleet(ctx, fleet)
	if err != nil {
		return nil, err
	}
	snapshot, err := s.snapshotFor(ctx, f, AnalyseInput{Collect: true})
	if err != nil {
		return nil, err
	}
	found, err := s.assess(f, snapshot, serving.FamilyKVCache)
	if err != nil {
		return nil, err
	}
	known, err := s.deps.Engines.Engine(f.Config.Engine)
	if err != nil {
		return nil, err
	}
	var out []serving.EngineConfig
	input := propose.Input{Fleet: f, Snapshot: snapshot, Workload: found.workload, Bottlenecks: found.bottlenecks}
	for _, c := range propose.Candidates(input, found.recommendations, known, len(found.recommendations)) {
		if !c.Config.Equal(f.Config) {
			out = append(out, c.Config)
		}
	}
	return out, nil
}
