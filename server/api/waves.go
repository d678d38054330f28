package api

import (
	"context"
	"fmt"
	"net/http"
	"slices"

	"github.com/optiinfra/performance-agent/internal/serving"
	"github.com/optiinfra/performance-agent/workflows"
)

// WaveInput is one change for several fleets. Everything of a rollout may be said
// and holds for each of them.
type WaveInput struct {
	RolloutInput
	Fleets       []string `json:"fleets" required:"true" minItems:"1" maxItems:"200" doc:"In the order in which they are changed." example:"[\"chat-eu\", \"chat-us\"]"`
	BatchSize    int      `json:"batch_size,omitempty" minimum:"1" maximum:"50" doc:"How many fleets change side by side; 1 by default."`
	PauseSeconds float64  `json:"pause_seconds,omitempty" minimum:"0" maximum:"604800" doc:"Between a batch that went well and the next."`
}

// WaveView is a wave as its workflow tells it.
type WaveView struct {
	Execution
	workflows.WaveStatus
}

func (s *Server) registerWaves() {
	handle(s, route{method: http.MethodPost, path: prefix + "/waves", id: "start-wave", group: "rollouts",
		summary: "Ship one change to several fleets, batch after batch; stops after the first that is not promoted", action: "wave.start", reach: reachOwn,
		status: http.StatusAccepted, errors: temporalErrors()}, s.startWave)
	handle(s, route{method: http.MethodGet, path: prefix + "/waves/{id}", id: "get-wave", group: "rollouts",
		summary: "How far a wave is, fleet by fleet", fleetsOf: s.fleetsOfWave, errors: temporalErrors()}, s.getWave)
	s.registerCancel("wave", "Stop a wave: its open rollouts go back, what was promoted stays", func(_ context.Context, id string) (Execution, error) {
		return Execution{WorkflowID: workflows.WaveID(id)}, nil
	}, s.fleetsOfWave)
	handle(s, route{method: http.MethodGet, path: prefix + "/slots", id: "get-slots", group: "rollouts", reach: reachOwn,
		summary: "Which rollouts may touch production now, and which wait behind whom", errors: temporalErrors()}, s.getSlots)
}

func (s *Server) startWave(ctx context.Context, in *struct{ Body WaveInput }) (*startedOutput[WaveView], error) {
	if err := mustSee(ctx, in.Body.Fleets...); err != nil {
		return nil, err
	}
	rollouts, err := s.waveOf(ctx, in.Body)
	if err != nil {
		return nil, err
	}
	id := s.deps.NewID()
	e, err := s.deps.Workflows.Start(ctx, Start{
		Type: TypeWave, ID: workflows.WaveID(id), Engine: string(rollouts[0].To.Engine),
		Summary: fmt.Sprintf("Roll out to %d fleets", len(rollouts)),
		Input: workflows.WaveInput{ID: id, Batches: slices.Collect(slices.Chunk(rollouts, max(1, in.Body.BatchSize))),
			PauseSeconds: in.Body.PauseSeconds, RequestedBy: callerOf(ctx).Actor},
	})
	if err != nil {
		return nil, err
	}
	remark(ctx, id, nil, rollouts)
	view := WaveView{Execution: e, WaveStatus: workflows.WaveStatus{ID: id, Phase: "starting", Fleets: []workflows.WaveFleet{}}}
	return &startedOutput[WaveView]{Location: prefix + "/waves/" + id, Body: view}, nil
}

// waveOf checks the change for every fleet before the first one is touched. Those
// that run the configuration already are left out, so that a wave that stopped
// can be sent again.
func (s *Server) waveOf(ctx context.Context, in WaveInput) ([]workflows.RolloutInput, error) {
	var out []workflows.RolloutInput
	for i, name := range in.Fleets {
		if slices.Contains(in.Fleets[:i], name) {
			return nil, invalid(fmt.Sprintf("body.fleets[%d]", i), fmt.Sprintf("%q is given twice", name), "name each fleet once")
		}
		f, err := s.deps.Store.Fleet(ctx, name)
		if err != nil {
			return nil, err
		}
		if to, err := s.target(f, in.RolloutInput); err == nil && to.Equal(f.Config) {
			continue
		}
		input, err := s.rolloutOf(ctx, f, in.RolloutInput)
		if err != nil {
			return nil, fmt.Errorf("fleet %s: %w", name, err)
		}
		if err := s.ensureIdle(ctx, name); err != nil {
			return nil, err
		}
		if err := s.ensureAdmitted(ctx, f, in.OverrideReason); err != nil {
			return nil, err
		}
		out = append(out, input)
	}
	if len(out) == 0 {
		return nil, invalid("body.fleets", "all run this configuration already", "change a flag")
	}
	return out, nil
}

func (s *Server) getWave(ctx context.Context, in *IDPath) (*body[WaveView], error) {
	out := WaveView{Execution: Execution{WorkflowID: workflows.WaveID(in.ID)}}
	err := s.deps.Workflows.Status(ctx, out.Execution, &out.WaveStatus)
	return answer(out), err
}

// fleetsOfWave asks the workflow: a wave has no record.
func (s *Server) fleetsOfWave(ctx context.Context, id string) ([]string, error) {
	wave, err := s.getWave(ctx, &IDPath{ID: id})
	if err != nil {
		return nil, err
	}
	var fleets []string
	for _, f := range wave.Body.Fleets {
		fleets = append(fleets, f.Fleet)
	}
	return fleets, nil
}

func (s *Server) getSlots(ctx context.Context, _ *struct{}) (*body[serving.Slots], error) {
	out := serving.Slots{Holders: []serving.SlotRequest{}, Waiting: []serving.SlotRequest{}}
	e, open, err := s.deps.Workflows.Running(ctx, workflows.CoordinatorID)
	if err != nil || !open {
		return answer(out), err
	}
	err = s.deps.Workflows.Status(ctx, e, &out)
	who := callerOf(ctx).Principal
	foreign := func(r serving.SlotRequest) bool { return !who.sees(r.Fleet) }
	out.Holders, out.Waiting = slices.DeleteFunc(out.Holders, foreign), slices.DeleteFunc(out.Waiting, foreign)
	return answer(out), err
}
