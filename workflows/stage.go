package workflows

import (
	"fmt"
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"github.com/optiinfra/performance-agent/activities"
	"github.com/optiinfra/performance-agent/internal/judge"
	"github.com/optiinfra/performance-agent/internal/serving"
)

// CanaryStage is one step of a rollout: it shifts the traffic, lets it soak
// while it judges again and again, and returns the verdict with its numbers. It
// never takes traffic back: its parent owns the undo.
func CanaryStage(ctx workflow.Context, in StageInput) (StageResult, error) {
	s := &stage{in: in, result: StageResult{Index: in.Index, Weight: in.Weight}}
	if err := s.init(ctx); err != nil {
		return StageResult{}, err
	}
	return s.run(ctx)
}

// stage is the state of one step.
type stage struct {
	in       StageInput
	result   StageResult
	history  []serving.Judgement
	paused   bool
	accepted *Command
	extended bool
	soakFrom time.Time // judged samples end after this
	warm     bool      // the warm-up was over at the last look
	marks    []serving.ArmMark
	gauges   []serving.ArmGauges
}

func (s *stage) init(ctx workflow.Context) error {
	if err := workflow.SetQueryHandler(ctx, StatusQuery, func() (StageResult, error) { return s.result, nil }); err != nil {
		return fmt.Errorf("register query: %w", err)
	}
	return commands{
		allowed: func(string) error { return nil },
		apply: func(_ workflow.Context, name string, c Command) {
			switch name {
			case Pause, Resume:
				s.paused = name == Pause
			case Promote:
				s.accepted = &c
			}
		},
		phase: func() Phase { return PhaseShifting },
	}.listen(ctx, Pause, Resume, Promote)
}

func (s *stage) run(ctx workflow.Context) (StageResult, error) {
	err := workflow.ExecuteActivity(writing(ctx, fmt.Sprintf("canary to %d%%", s.in.Weight)), traffic.SetWeights,
		activities.SetWeightsInput{Fleet: s.in.Fleet, Weights: s.in.Weights}).Get(ctx, nil)
	if err != nil {
		return s.result, err
	}
	s.result.StartedUnix = unix(workflow.Now(ctx))
	show(ctx, WeightKey.ValueSet(int64(s.in.Weight)))
	s.soakFrom = workflow.Now(ctx).Add(seconds(s.in.Plan.WarmupSeconds))
	for {
		if err := s.tick(ctx); err != nil {
			return s.result, err
		}
		if s.accepted != nil {
			s.conclude(ctx, serving.Judgement{Verdict: serving.VerdictPass, Reason: "accepted " + by(*s.accepted),
				ComparedWith: "nothing"})
			return s.result, nil
		}
		judgement, err := s.look(ctx)
		if err != nil {
			return s.result, err
		}
		if s.decide(ctx, judgement) {
			return s.result, nil
		}
	}
}

// tick waits for the next look, or until a person accepts the stage.
func (s *stage) tick(ctx workflow.Context) error {
	// The timer must go when a person wins, or history fills with stale timers.
	_, err := workflow.AwaitWithOptions(ctx, workflow.AwaitOptions{Timeout: seconds(s.in.Plan.TickSeconds),
		TimerOptions: workflow.TimerOptions{Summary: fmt.Sprintf("soak at %d%%", s.in.Weight)}},
		func() bool { return s.accepted != nil })
	return err
}

// look asks for a judgement. That nothing can be measured is a judgement too:
// it is not a pass, and a person decides in the end.
func (s *stage) look(ctx workflow.Context) (serving.Judgement, error) {
	if warm := !workflow.Now(ctx).Before(s.soakFrom); warm && !s.warm {
		s.warm, s.marks, s.gauges = true, nil, nil // what the engines counted while warming up is left out
	}
	var out activities.JudgeStageResult
	err := workflow.ExecuteActivity(quickly(ctx, fmt.Sprintf("judge canary at %d%%", s.in.Weight)), judging.JudgeStage,
		activities.JudgeStageInput{Fleet: s.in.Fleet, SinceUnix: s.judgedSince(ctx), Reference: s.in.Reference,
			Config: s.judge(ctx), Weights: s.in.Weights, Marks: s.marks, Gauges: s.gauges}).Get(ctx, &out)
	if temporal.IsCanceledError(err) {
		return out.Judgement, err
	}
	if err != nil {
		return serving.Judgement{Verdict: serving.VerdictInsufficientData, Reason: "cannot judge: " + rootMessage(err)}, nil
	}
	if len(out.Marks) > 0 {
		s.marks = out.Marks
	}
	s.gauges = out.Gauges
	return out.Judgement, nil
}

// judge is the plan's configuration at this look of the stage's many.
func (s *stage) judge(ctx workflow.Context) judge.Config {
	c := s.in.Plan.Judge
	c.Looks.FirstSeconds = s.in.Plan.TickSeconds
	c.Looks.LastSeconds = judge.LastLook(s.in.MinSeconds, s.in.Plan.MaxStageSeconds)
	c.Looks.AtSeconds = max(workflow.Now(ctx).Sub(s.soakFrom).Seconds(), 0)
	return c
}

// judgedSince leaves the warm-up out. During the warm-up itself everything since
// the shift is looked at, so that a plain disaster aborts at once (see decide).
func (s *stage) judgedSince(ctx workflow.Context) float64 {
	if workflow.Now(ctx).Before(s.soakFrom) {
		return s.result.StartedUnix
	}
	return unix(s.soakFrom)
}

// decide notes the judgement and says whether the stage is over.
func (s *stage) decide(ctx workflow.Context, j serving.Judgement) bool {
	s.result.Judgements++
	s.result.Judgement = j
	warm := !workflow.Now(ctx).Before(s.soakFrom)
	if warm || j.HardAbort {
		s.history = append(s.history, j)
	}
	workflow.SetCurrentDetails(ctx, s.details())
	if !warm && !j.HardAbort {
		return false
	}
	d := judge.NextStep(s.history, workflow.Now(ctx).Sub(s.soakFrom).Seconds(), s.in.MinSeconds,
		s.in.Plan.MaxStageSeconds, s.extended)
	switch d.Action {
	case judge.Abort:
		s.conclude(ctx, j)
		return true
	case judge.Extend:
		s.extended = true
		return false
	case judge.Keep:
		return false
	}
	if s.paused {
		return false
	}
	s.result.NeedsHuman = d.Action == judge.WaitForHuman
	s.conclude(ctx, j)
	return true
}

func (s *stage) conclude(ctx workflow.Context, j serving.Judgement) {
	s.result.Judgement = j
	s.result.EndedUnix = unix(workflow.Now(ctx))
	show(ctx, OutcomeKey.ValueSet(string(j.Verdict)))
	workflow.SetCurrentDetails(ctx, s.details())
}

func (s *stage) details() string {
	j := s.result.Judgement
	text := fmt.Sprintf("**%s** at %d%% after %d looks: %s\n", j.Verdict, s.in.Weight, s.result.Judgements, j.Reason)
	if len(j.Checks) > 0 {
		text += "\n| metric | test | verdict | observed | reference |\n|---|---|---|---|---|\n"
	}
	for _, c := range j.Checks {
		text += fmt.Sprintf("| %s | %s | %s | %.4g | %.4g |\n", c.Metric, c.Test, c.Verdict, c.Observed, c.Reference)
	}
	return text
}
