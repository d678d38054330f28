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

// FindEvidenceResult is what the change puts at stake, and the newest trial of
// exactly this change that passed the quality gate, nil when there is none.
type FindEvidenceResult struct {
	Risk  serving.RiskClass    `json:"risk"`
	Trial *serving.PassedTrial `json:"trial,omitempty"`
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
		if q := r.Trial.Quality; q == nil || q.Verdict != serving.VerdictPass ||
			r.Trial.Status != serving.TrialMeasured || !r.Trial.Candidate.Config.Equal(in.Config) {
			continue
		}
		same, err := a.comparedWith(ctx, r.RunID, in.Fleet.Config)
		if err != nil {
			return out, translate(err)
		}
		if same {
			out.Trial = &serving.PassedTrial{RunID: r.RunID, Number: r.Trial.Number, Quality: *r.Trial.Quality}
			return out, nil
		}
	}
	return out, nil
}

// comparedWith reports whether a run held its candidates to this configuration:
// the first trial of a run is always of what the fleet ran then.
func (a *Evidence) comparedWith(ctx context.Context, runID string, config serving.EngineConfig) (bool, error) {
	trials, err := a.trials.Trials(ctx, runID)
	if err != nil {
		return false, fmt.Errorf("trials of run %s: %w", runID, err)
	}
	return len(trials) > 0 && trials[0].Trial.Number == 1 && trials[0].Trial.Candidate.Config.Equal(config), nil
}
