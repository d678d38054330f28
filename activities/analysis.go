package activities

import (
	"context"
	"fmt"
	"strings"

	"github.com/optiinfra/performance-agent/internal/diagnose"
	"github.com/optiinfra/performance-agent/internal/engine"
	"github.com/optiinfra/performance-agent/internal/propose"
	"github.com/optiinfra/performance-agent/internal/serving"
)

// Analysis runs the pure rules. They run as activities, although workflows may
// call them, so that better rules never break the replay of an open run.
type Analysis struct {
	engines  engine.Registry
	searches *searches
}

// NewAnalysis returns the analysing activities.
func NewAnalysis(engines engine.Registry) *Analysis {
	return &Analysis{engines: engines, searches: &searches{}}
}

// DiagnoseFleetInput is what was measured.
type DiagnoseFleetInput struct {
	Fleet    serving.Fleet    `json:"fleet"`
	Snapshot serving.Snapshot `json:"snapshot"`
}

// DiagnoseFleetResult is what limits the fleet and what load it is under.
type DiagnoseFleetResult struct {
	Bottlenecks []serving.Bottleneck `json:"bottlenecks"`
	Workload    serving.Workload     `json:"workload"`
}

// DiagnoseFleet finds bottlenecks and the workload. It fails for good when no
// workload is given and none can be observed, since nothing can be tried then.
func (a *Analysis) DiagnoseFleet(_ context.Context, in DiagnoseFleetInput) (DiagnoseFleetResult, error) {
	workload, ok := diagnose.ObserveWorkload(in.Snapshot)
	if in.Fleet.Workload != nil {
		// What is given describes the requests; the rate is taken from production
		// where it was seen.
		observed := workload.RatePerSecond
		workload = *in.Fleet.Workload
		if ok && workload.RatePerSecond == 0 {
			workload.RatePerSecond = observed
		}
	} else if !ok {
		return DiagnoseFleetResult{}, translate(fmt.Errorf(
			"fleet %s served too little traffic to learn its workload: set the fleet's workload or observe longer: %w",
			in.Fleet.Name, serving.ErrPermanent))
	}
	return DiagnoseFleetResult{
		Bottlenecks: diagnose.Diagnose(diagnose.Input{Snapshot: in.Snapshot, Fleet: in.Fleet, Workload: &workload}),
		Workload:    workload,
	}, nil
}

// ProposeCandidatesInput is what proposals are made from.
type ProposeCandidatesInput struct {
	Fleet       serving.Fleet        `json:"fleet"`
	Snapshot    serving.Snapshot     `json:"snapshot"`
	Workload    serving.Workload     `json:"workload"`
	Bottlenecks []serving.Bottleneck `json:"bottlenecks"`
	Limit       int                  `json:"limit"`
}

// ProposeCandidatesResult is what to try, best first. Defaults is the engine's
// own configuration for the model, which a run always measures.
type ProposeCandidatesResult struct {
	Recommendations []serving.Recommendation `json:"recommendations"`
	Candidates      []serving.Candidate      `json:"candidates"`
	Defaults        serving.Candidate        `json:"defaults"`
}

// ProposeCandidates turns findings into recommendations and those into
// candidates.
func (a *Analysis) ProposeCandidates(_ context.Context, in ProposeCandidatesInput) (ProposeCandidatesResult, error) {
	known, err := a.engines.Engine(in.Fleet.Config.Engine)
	if err != nil {
		return ProposeCandidatesResult{}, translate(fmt.Errorf("%w: %w", err, serving.ErrPermanent))
	}
	input := propose.Input{Fleet: in.Fleet, Snapshot: in.Snapshot, Workload: in.Workload, Bottlenecks: in.Bottlenecks}
	recs, err := propose.Recommend(input, known)
	if err != nil {
		return ProposeCandidatesResult{}, translate(fmt.Errorf("recommend for %s: %w", in.Fleet.Name, err))
	}
	return ProposeCandidatesResult{
		Recommendations: recs,
		Candidates:      propose.Candidates(input, recs, known, in.Limit),
		Defaults:        propose.Defaults(in.Fleet),
	}, nil
}

// ValidateConfigInput is a configuration that somebody wants to run.
type ValidateConfigInput struct {
	Fleet  serving.Fleet        `json:"fleet"`
	Config serving.EngineConfig `json:"config"`
}

// ValidateConfig fails for good when the engine would refuse the configuration;
// the message names each flag, the rule and the fix.
func (a *Analysis) ValidateConfig(_ context.Context, in ValidateConfigInput) error {
	known, err := a.engines.Engine(in.Config.Engine)
	if err != nil {
		return translate(fmt.Errorf("%w: %w", err, serving.ErrPermanent))
	}
	problems := known.Validate(in.Config, in.Fleet.Hardware)
	if len(problems) == 0 {
		return nil
	}
	texts := make([]string, 0, len(problems))
	for _, p := range problems {
		texts = append(texts, fmt.Sprintf("%s: %s (%s)", p.Flag, p.Rule, p.Fix))
	}
	return translate(fmt.Errorf("invalid configuration: %s: %w", strings.Join(texts, "; "), serving.ErrPermanent))
}
