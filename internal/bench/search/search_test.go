//go:debug randseednop=0
package search_test

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/bench/search"
	"github.com/optiinfra/performance-agent/internal/engine/known"
	"github.com/optiinfra/performance-agent/internal/serving"
)

// small is what most tests look at; it remembers what was measured.
var small = sync.OnceValues(func() ([]*search.Study, error) {
	e, err := known.Engines().Engine(serving.VLLM)
	if err != nil {
		return nil, err
	}
	return search.NewStudies(search.Small(), search.DrawOpen, e)
})

func studies(t *testing.T) []*search.Study {
	t.Helper()
	list, err := small()
	require.NoError(t, err)
	return list
}

func TestCases_HaveAtLeast500ValidConfigurationsEach(t *testing.T) {
	t.Parallel()
	kinds := map[serving.EngineKind]bool{}
	starts := map[string]bool{}
	cases := search.Cases()
	require.GreaterOrEqual(t, len(cases), 8)
	for _, c := range cases {
		e, err := known.Engines().Engine(c.Engine)
		require.NoError(t, err)
		for _, draw := range []string{search.DrawOpen, search.DrawHeldOut} {
			s, err := search.NewSite(c, draw, e)
			require.NoError(t, err, c.Name)
			grid := search.Space{Base: s.Fleet.Config, Axes: c.Axes}.Valid(e, s.Fleet.Hardware)
			require.GreaterOrEqual(t, len(grid), 500, c.Name)
			require.False(t, s.Hidden.Crashes(s.Fleet.Config), "%s: production does not crash", c.Name)
		}
		kinds[c.Engine], starts[c.Start] = true, true
	}
	require.Len(t, kinds, 3)
	require.Len(t, starts, 2, "tuned starts are made of the optimum")
}

func TestHidden_DrawsDifferAndRepeat(t *testing.T) {
	t.Parallel()
	e, err := known.Engines().Engine(serving.VLLM)
	require.NoError(t, err)
	site := func(draw string) search.Hidden {
		s, err := search.NewSite(search.Small(), draw, e)
		require.NoError(t, err)
		return s.Hidden
	}
	require.Equal(t, site(search.DrawOpen), site(search.DrawOpen))
	require.NotEqual(t, site(search.DrawOpen).Compute, site(search.DrawHeldOut).Compute)
	h := site(search.DrawOpen)
	for _, f := range []float64{h.Compute, h.Bandwidth, h.EightBit, h.Host} {
		require.InDelta(t, 1, f, 0.25)
	}
}

func TestExhaust_NothingOfTheGridIsBetter(t *testing.T) {
	t.Parallel()
	s := studies(t)[0]
	require.Equal(t, 24, s.Optimum.Configs)
	require.Less(t, s.Optimum.Starts, 24, "a share of 0.99 does not start")
	for _, cfg := range s.Grid {
		require.LessOrEqual(t, s.Site.Truth(cfg), s.Optimum.Rate, cfg.FlagList())
	}
	require.Equal(t, s.Optimum.Rate, s.Site.Truth(s.Optimum.Config))
	require.LessOrEqual(t, s.Optimum.Low, s.Optimum.Rate)
	require.Less(t, s.StartRate, s.Optimum.Rate, "16 slots are too few")
}

func TestStudies_TunedOneBeginsAtTheOptimum(t *testing.T) {
	t.Parallel()
	list := studies(t)
	require.Len(t, list, 2)
	require.True(t, list[1].Fleet.Config.Equal(list[0].Optimum.Config))
	require.InDelta(t, list[1].Optimum.Rate, list[1].StartRate, 1e-9)
}

func TestMeasure_SaysWhatATrialWouldShow(t *testing.T) {
	t.Parallel()
	s := studies(t)[0]
	tooMuch := s.Measure(search.Ask{Config: s.Fleet.Config.With("--gpu-memory-utilization", "0.99"), Fidelity: 1}, 0)
	require.Equal(t, serving.TrialFailed, tooMuch.Status)
	require.Contains(t, tooMuch.Reason, "out of memory")
	require.InDelta(t, search.StartCost, tooMuch.Cost(), 1e-9)

	crash := s.Fleet.Config
	for _, f := range s.Site.Hidden.Crash {
		crash = crash.With(f.Name, f.Value)
	}
	died := s.Measure(search.Ask{Config: crash, Fidelity: 0.4}, 0)
	require.True(t, died.Crashed || died.Cost() == search.StartCost, "a crash under load has cost the load")

	whole := s.Measure(search.Ask{Config: s.Fleet.Config, Fidelity: 1}, 0)
	require.Equal(t, serving.TrialMeasured, whole.Status)
	require.Less(t, whole.Good, whole.Bad)
	require.Equal(t, whole, s.Measure(search.Ask{Config: s.Fleet.Config, Fidelity: 1}, 0), "the same load shows the same")
	other := s.Measure(search.Ask{Config: s.Fleet.Config, Fidelity: 1}, 1)
	require.NotEqual(t, whole.Good, other.Good, "another load is other noise")
	require.InEpsilon(t, s.StartRate, whole.Good, 0.25)
}

func TestMeasure_OfAStart_SendsNoLoad(t *testing.T) {
	t.Parallel()
	s := studies(t)[0]
	seen := s.Measure(search.Ask{Config: s.Fleet.Config, Fidelity: 1, Procedure: search.ProcedureStart}, 0)
	require.Equal(t, serving.TrialMeasured, seen.Status)
	require.Zero(t, seen.Good)
	require.InDelta(t, search.StartCost, seen.Cost(), 1e-9)
}

func TestStrategies_BeginWithTheStartKeepTheBudgetAndRepeat(t *testing.T) {
	t.Parallel()
	s := studies(t)[0]
	for _, name := range search.Names() {
		run := func() search.Play { return s.Run(search.New(name, s.Problem(3)), 4, 6, 3) }
		p := run()
		require.True(t, p.Seen[0].Config.Equal(s.Fleet.Config), name)
		last := p.Curve[len(p.Curve)-1]
		require.LessOrEqual(t, last.Trials, 6.0, name)
		require.Len(t, p.Curve, len(p.Seen), name)
		require.Equal(t, p, run(), "%s with the same seed", name)
	}
}

func TestRandomAndTPE_MeasureNothingTwice(t *testing.T) {
	t.Parallel()
	s := studies(t)[0]
	for _, name := range []string{"random", "tpe"} {
		keys := map[string]bool{}
		for _, seen := range s.Run(search.New(name, s.Problem(1)), 12, 24, 1).Seen {
			require.False(t, keys[seen.Config.Key()], "%s: %v", name, seen.Config.FlagList())
			keys[seen.Config.Key()] = true
		}
		require.Greater(t, len(keys), 12, name)
	}
}

func TestAutoTune_FindsTheShareThenTriesSlotsWithBudgets(t *testing.T) {
	t.Parallel()
	s := studies(t)[0]
	p := s.Run(search.New("auto_tune", s.Problem(0)), 12, 24, 0)
	var starts, walks int
	for _, seen := range p.Seen[1:] {
		if seen.Procedure == search.ProcedureStart {
			starts++
			require.Zero(t, walks, "the share is found before any load")
			continue
		}
		require.Equal(t, search.ProcedureWalk, seen.Procedure)
		require.Equal(t, serving.TrialMeasured, seen.Status)
		walks++
	}
	require.Positive(t, starts)
	require.Equal(t, 4, walks, "two numbers of slots with two budgets")
}

func TestFalseWin_IsAChangeThatGainsLessThanTheMinimumEffect(t *testing.T) {
	t.Parallel()
	s := studies(t)[0]
	require.True(t, s.FalseWin(search.Play{Won: true, Rate: s.StartRate * 1.04}))
	require.False(t, s.FalseWin(search.Play{Won: true, Rate: s.StartRate * 1.06}))
	require.False(t, s.FalseWin(search.Play{}))
}

func TestReport_HasTheCasesWithEachStrategysFigures(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	r, err := search.ReportOf(&out, known.Engines(), 2, search.Small())
	require.NoError(t, err)
	folder := t.TempDir()
	file := filepath.Join(folder, "search.json")
	require.NoError(t, r.Write(file))
	require.NoError(t, r.Plot(filepath.Join(folder, "search.svg")))
	svg, err := os.ReadFile(filepath.Join(folder, "search.svg"))
	require.NoError(t, err)
	require.Contains(t, string(svg), "<svg")

	data, err := os.ReadFile(file)
	require.NoError(t, err)
	var got struct {
		Simulated bool `json:"simulated"`
		Cases     []struct {
			Strategies map[string]map[string]any `json:"strategies"`
		} `json:"cases"`
		Strategies map[string]map[string]map[string]any `json:"strategies"`
	}
	require.NoError(t, json.Unmarshal(data, &got))
	require.True(t, got.Simulated)
	require.Len(t, got.Cases, 2)
	for _, name := range search.Names() {
		require.Contains(t, out.String(), name)
		for _, c := range got.Cases {
			require.Contains(t, c.Strategies[name], "trials_to_95")
			require.Positive(t, c.Strategies[name]["fraction_at_12"])
		}
		require.Contains(t, got.Strategies[search.DrawOpen][name], "false_wins")
	}
}

// played is a search that had these fractions after each whole trial.
func played(s *search.Study, fractions ...float64) search.Play {
	var p search.Play
	for i, f := range fractions {
		p.Seen = append(p.Seen, search.Seen{Ask: search.Ask{Config: s.Fleet.Config, Fidelity: 1}, Status: serving.TrialMeasured})
		p.Curve = append(p.Curve, search.Mark{Trials: float64(i + 1), Count: i + 1, Fraction: f})
	}
	return p
}

func TestScore_CountsTrialsToTheGoalByTheMedianSeed(t *testing.T) {
	t.Parallel()
	s := studies(t)[0]
	score := search.ScoreOf(s, []search.Play{played(s, 0.5, 0.96), played(s, 0.5, 0.6, 0.7, 0.97), played(s, 0.5, 0.6)})
	require.InDelta(t, 4, *score.TrialsTo95, 1e-9)
	require.Equal(t, 2, score.Reached95)
	require.InDelta(t, (0.96+0.97+0.6)/3, score.FractionAt12, 1e-9)
	require.InDelta(t, 0.6, score.WorstAt12, 1e-9)
	require.InDelta(t, 0.5, score.Curve[0], 1e-9)
	require.InDelta(t, score.FractionAt12, score.Curve[23], 1e-9, "what a search has it keeps")

	missed := search.ScoreOf(s, []search.Play{played(s, 0.96), played(s, 0.6)})
	require.Nil(t, missed.TrialsTo95, "half is not most")
}

func TestRaise_BetterPointOfTheGrid_BecomesTheOptimum(t *testing.T) {
	t.Parallel()
	s := *studies(t)[0]
	truth := s.Optimum
	s.Optimum.Rate, s.Optimum.Config = truth.Rate/2, s.Fleet.Config
	p := played(&s, 2)
	p.Seen[0].Config = truth.Config
	s.Raise([]search.Play{p})
	require.True(t, s.Optimum.Raised)
	require.True(t, s.Optimum.Config.Equal(truth.Config))
	require.InDelta(t, truth.Rate, s.Optimum.Rate, 1e-9)
	require.InDelta(t, 1, p.Curve[0].Fraction, 1e-9)
}

func TestOurs_ChangesOnlyWhatWasConfirmed(t *testing.T) {
	t.Parallel()
	list := studies(t)
	won := list[0].Run(search.New("ours", list[0].Problem(0)), 12, 24, 0)
	require.True(t, won.Won, "16 slots are easily beaten")
	require.Greater(t, won.Rate, 1.05*list[0].StartRate)
	tuned := list[1].Run(search.New("ours", list[1].Problem(0)), 12, 24, 0)
	require.False(t, tuned.Won, "nothing is better than the best")
}
