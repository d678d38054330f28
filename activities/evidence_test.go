package activities_test

import (
	"context"
	"errors"
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/temporal"

	"github.com/optiinfra/performance-agent/activities"
	"github.com/optiinfra/performance-agent/internal/engine/known"
	"github.com/optiinfra/performance-agent/internal/serving"
)

// shelf keeps the trials of one run, newest first.
type shelf struct {
	recent []serving.TrialRecord
	first  serving.TrialRecord
	err    error
}

func (s shelf) RecentTrials(context.Context, string) ([]serving.TrialRecord, error) {
	return s.recent, s.err
}

func (s shelf) Trials(context.Context, string) ([]serving.TrialRecord, error) {
	return []serving.TrialRecord{s.first}, nil
}

func fp8() (from, to serving.EngineConfig) {
	from = serving.EngineConfig{Engine: serving.VLLM, Model: "m"}
	return from, from.With("--quantization", "fp8")
}

func TestFindEvidence_TakesTheNewestTrialThatPassed(t *testing.T) {
	t.Parallel()
	from, to := fp8()
	trial := func(n int, verdict serving.Verdict) serving.TrialRecord {
		return serving.TrialRecord{RunID: "r", Trial: serving.Trial{Number: n, Candidate: serving.Candidate{Config: to},
			Status: serving.TrialMeasured, Quality: &serving.Quality{Verdict: verdict}}}
	}
	first := serving.TrialRecord{RunID: "r", Trial: serving.Trial{Number: 1, Candidate: serving.Candidate{Config: from}}}
	a := activities.NewEvidence(known.Engines(), shelf{first: first, recent: []serving.TrialRecord{
		trial(5, serving.VerdictInsufficientData), trial(4, serving.VerdictPass), trial(3, serving.VerdictPass), first}})
	out, err := a.FindEvidence(t.Context(), activities.FindEvidenceInput{Fleet: serving.Fleet{Config: from}, Config: to})
	require.NoError(t, err)
	require.Equal(t, 4, out.Trial.Number)
	require.True(t, out.Risk.Exceeds(serving.RiskCheap))
}

func TestFindEvidence_StoreThatIsDown_IsTriedAgainAndNeverNoEvidence(t *testing.T) {
	t.Parallel()
	from, to := fp8()
	a := activities.NewEvidence(known.Engines(), shelf{err: errors.New("connection refused")})
	_, err := a.FindEvidence(t.Context(), activities.FindEvidenceInput{Fleet: serving.Fleet{Config: from}, Config: to})
	require.ErrorContains(t, err, "connection refused")
	var permanent *temporal.ApplicationError
	require.False(t, errors.As(err, &permanent) && permanent.NonRetryable())
}

func TestFindEvidence_UnknownEngine_IsPermanent(t *testing.T) {
	t.Parallel()
	a := activities.NewEvidence(known.Engines(), shelf{})
	_, err := a.FindEvidence(t.Context(), activities.FindEvidenceInput{Config: serving.EngineConfig{Engine: "mystery"}})
	var permanent *temporal.ApplicationError
	require.ErrorAs(t, err, &permanent)
	require.True(t, permanent.NonRetryable())
}
