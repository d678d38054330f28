package activities

import (
	"context"
	"fmt"

	"github.com/optiinfra/performance-agent/internal/engine"
	"github.com/optiinfra/performance-agent/internal/serving"
)

// TrialLookup reads trials that were recorded: those of a fleet from the newest,
// as many as are worth looking at, and all of one run by number.
type TrialLookup interface {
	RecentTrials(ctx context.Context, fleet string) ([]serving.TrialRecord, error)
	Trials(ctx context.Context, runID string) ([]serving.TrialRecord, error)
}

// Evidence finds what is known of a configuration before it is rolled out.
type Evidence struct {
	engines engine.Registry
	trials  TrialLookup
}

// NewEvidence returns the activities that look up evidence.
func NewEvidence(engines engine.Registry, trials TrialLookup) *Evidence {
	return &Evidence{engines: engines, trials: trials}
}

// FindEvidenceInput is a fleet and the configuration that it may be given.
type FindEvidenceInput struct {
	Fleet  serving.Fleet        `json:"fleet"`
	Config serving.EngineConfig `json:"config"`
}

// FindEvidenceResult is what the change puts at stake, and of exactly this change
// the newest trial that passed the quality gate and the newest cold start; nil
// when there is none.
type FindEvidenceResult struct {
	Risk      serving.RiskClass    `json:"risk"`
	Trial     *serving.PassedTrial `json:"trial,omitempty"`
	ColdStart *serving.ColdStart   `json:"cold_start,omitempty"`
}

// FindEvidence classes a change and looks for a trial that covers it: one of the
// same configuration, in a run whose baseline is what the fleet runs now.
func (a *Evidence) FindEvidence(ctx context.Context, in FindEvidenceInput) (FindEvidenceResult, error) {
	known, err := a.engines.Engine(in.Config.Engine)
	if err != nil {
		return FindEvidenceResult{}, translate(fmt.Errorf("%w: %w", err, serving.ErrPermanent))
	}
	out := FindEvidenceResult{Risk: engine.RiskOf(known.Catalogue(), in.Fleet.Config, in.Config)}
	recent, err := a.trials.RecentTrials(ctx, in.Fleet.Name)
	if err != nil {
		return out, translate(fmt.Errorf("trials of %s: %w", in.Fleet.Name, err))
	}
	for _, r := range recent {
		if out.Trial != nil {
			break
		}
		if !r.Trial.Candidate.Config.Equal(in.Config) {
			continue
		}
		baseline, same, err := a.comparedWith(ctx, r.RunID, in.Fleet.Config)
		if err != nil {
			return out, translate(err)
		}
		if same {
			out.take(in.Fleet.Policy, baseline, r)
		}
	}
	return out, nil
}

// take keeps what a trial of the change tells that no newer one told.
func (out *FindEvidenceResult) take(p serving.Policy, baseline serving.Trial, r serving.TrialRecord) {
	if t := r.Trial; out.ColdStart == nil && t.ReadySeconds > 0 && baseline.ReadySeconds > 0 {
		c := serving.JudgeColdStart(p, t.ReadySeconds, serving.Known(baseline.ReadySeconds))
		out.ColdStart = &c
	}
	if q := r.Trial.Quality; q != nil && q.Verdict == serving.VerdictPass && r.Trial.Status == serving.TrialMeasured {
		out.Trial = &serving.PassedTrial{RunID: r.RunID, Number: r.Trial.Number, Quality: *q}
	}
}

// comparedWith is the baseline of a run, if the run held its candidates to this
// configuration: the first trial of a run is always of what the fleet ran then.
func (a *Evidence) comparedWith(ctx context.Context, runID string, config serving.EngineConfig) (serving.Trial, bool, error) {
	trials, err := a.trials.Trials(ctx, runID)
	if err != nil {
		return serving.Trial{}, false, fmt.Errorf("trials of run %s: %w", runID, err)
	}
	if len(trials) == 0 {
		return serving.Trial{}, false, nil
	}
	first := trials[0].Trial
	return first, first.Number == 1 && first.Candidate.Config.Equal(config), nil
}
