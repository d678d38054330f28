package llmsim_test

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/llmsim"
	"github.com/optiinfra/performance-agent/internal/llmsim/sched"
	"github.com/optiinfra/performance-agent/internal/perfmodel"
	"github.com/optiinfra/performance-agent/internal/serving"
)

const model8B = "meta-llama/Llama-3.1-8B-Instruct"

func newModel(t *testing.T, gpu string, flags ...string) perfmodel.Model {
	t.Helper()
	cfg := serving.EngineConfig{Engine: serving.VLLM, Version: "0.20.1", Model: model8B}
	for i := 0; i < len(flags); i += 2 {
		cfg = cfg.With(flags[i], flags[i+1])
	}
	m, err := perfmodel.New(cfg, serving.Hardware{GPU: gpu, GPUs: 1})
	require.NoError(t, err)
	return m
}

func newCore(t *testing.T, gpu string, flags ...string) *llmsim.Core {
	t.Helper()
	c, err := llmsim.NewModelCore(newModel(t, gpu, flags...), 1)
	require.NoError(t, err)
	return c
}

// distinct are prompts that share nothing; shared makes them begin alike.
func arrivals(n, prompt, output, shared int) []llmsim.Arrival {
	out := make([]llmsim.Arrival, n)
	for i := range out {
		tokens := make([]sched.Token, prompt)
		for j := range tokens {
			tokens[j] = sched.Token(j)
			if j >= shared {
				tokens[j] = sched.Token(1_000_000 + i*prompt + j)
			}
		}
		out[i] = llmsim.Arrival{Prompt: tokens, Output: output}
	}
	return out
}

// The expected figures are those of the reference model (perfmodel.md,
// appendix): 600 tokens in, 250 out, 256 clients on one H100.
func TestClosed_ChatOnH100_ReachesThroughputOfReferenceModel(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name  string
		want  float64
		flags []string
	}{
		{"mistuned", 1047, []string{"--enforce-eager", "", "--max-num-seqs", "16", "--gpu-memory-utilization", "0.5"}},
		{"eager 64 slots", 3669, []string{"--enforce-eager", "", "--max-num-seqs", "64"}},
		{"defaults", 7820, nil},
		{"fp8", 9792, []string{"--quantization", "fp8"}},
		{"fp8 and fp8 kv", 10982, []string{"--quantization", "fp8", "--kv-cache-dtype", "fp8"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			run, err := llmsim.Closed(newCore(t, "H100", c.flags...), 256, arrivals(1536, 600, 250, 0))
			require.NoError(t, err)
			t.Logf("%.0f tok/s, reference %.0f, %d steps", run.OutputTokensPerSecond(), c.want, run.Steps)
			require.InEpsilon(t, c.want, run.OutputTokensPerSecond(), 0.2)
			require.Zero(t, run.Final.Used, "blocks leaked")
		})
	}
}

func TestClosed_OneClient_RunsAtTheSpeedOfMemory(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		want  float64
		flags []string
	}{
		{67, []string{"--enforce-eager", ""}}, {154, nil}, {232, []string{"--quantization", "fp8"}},
	} {
		run, err := llmsim.Closed(newCore(t, "H100", c.flags...), 1, arrivals(4, 600, 250, 0))
		require.NoError(t, err)
		require.InEpsilon(t, c.want, run.OutputTokensPerSecond(), 0.2, "%v", c.flags)
	}
}

func TestClosed_KVStarvedCard_PreemptsAndFP8KVHelps(t *testing.T) {
	t.Parallel()
	bf16, err := llmsim.Closed(newCore(t, "L4", "--max-model-len", "8192"), 64, arrivals(256, 600, 250, 0))
	require.NoError(t, err)
	fp8, err := llmsim.Closed(newCore(t, "L4", "--max-model-len", "8192", "--kv-cache-dtype", "fp8"), 64, arrivals(256, 600, 250, 0))
	require.NoError(t, err)
	t.Logf("bf16 %.0f tok/s %d preemptions, fp8 kv %.0f tok/s %d", bf16.OutputTokensPerSecond(), bf16.Final.Preemptions, fp8.OutputTokensPerSecond(), fp8.Final.Preemptions)
	require.Positive(t, bf16.Final.Preemptions)
	require.Less(t, fp8.Final.Preemptions, bf16.Final.Preemptions)
	require.Greater(t, fp8.OutputTokensPerSecond(), 1.2*bf16.OutputTokensPerSecond())
}

func TestClosed_SharedPrefix_GainsOnlyWithPrefixCaching(t *testing.T) {
	t.Parallel()
	run := func(shared int, flags ...string) llmsim.Run {
		r, err := llmsim.Closed(newCore(t, "H100", flags...), 64, arrivals(256, 4000, 200, shared))
		require.NoError(t, err)
		return r
	}
	off, on, alone := run(3000, "--enable-prefix-caching", "false"), run(3000), run(0)
	require.Zero(t, off.Final.PrefixQueries)
	require.InDelta(t, 0.75, float64(on.Final.PrefixHits)/float64(on.Final.PrefixQueries), 0.02)
	require.Greater(t, on.OutputTokensPerSecond(), 1.5*off.OutputTokensPerSecond())
	require.InEpsilon(t, off.OutputTokensPerSecond(), alone.OutputTokensPerSecond(), 0.02)
}

func TestOpen_Overload_ShowsAsQueueingInTTFT(t *testing.T) {
	t.Parallel()
	at40 := func(flags ...string) []llmsim.Outcome {
		list := arrivals(1200, 600, 250, 0)
		for i := range list {
			list[i].AtSeconds = float64(i) / 40
		}
		run, err := llmsim.Open(newCore(t, "H100", flags...), list)
		require.NoError(t, err)
		slices.SortFunc(run.Outcomes, func(a, b llmsim.Outcome) int { return int((a.TTFTSeconds - b.TTFTSeconds) * 1e9) })
		return run.Outcomes
	}
	mistuned := at40("--enforce-eager", "", "--max-num-seqs", "16", "--gpu-memory-utilization", "0.5")
	defaults := at40()
	require.Greater(t, mistuned[600].TTFTSeconds, 10.0)
	require.Less(t, defaults[600].TTFTSeconds, 0.2)
	require.Greater(t, mistuned[600].QueueSeconds, 0.95*mistuned[600].TTFTSeconds, "the wait is in the queue")
}

func TestOpen_Outcomes_AddUp(t *testing.T) {
	t.Parallel()
	list := arrivals(40, 300, 20, 160)
	for i := range list {
		list[i].AtSeconds = 1 + 0.05*float64(i)
	}
	run, err := llmsim.Open(newCore(t, "H100"), list)
	require.NoError(t, err)
	for i, o := range run.Outcomes {
		require.Equal(t, list[i].AtSeconds, o.ArrivedSeconds)
		require.Equal(t, 300, o.PromptTokens)
		require.Equal(t, 20, o.OutputTokens)
		require.Len(t, o.GapSeconds, 19)
		sum := o.TTFTSeconds
		for _, g := range o.GapSeconds {
			require.Positive(t, g)
			sum += g
		}
		require.InDelta(t, o.E2ESeconds, sum, 1e-9)
		require.GreaterOrEqual(t, o.QueueSeconds, 0.0)
		require.InDelta(t, o.TPOTSeconds(), (o.E2ESeconds-o.TTFTSeconds)/19, 1e-12)
	}
	require.Equal(t, 160, run.Outcomes[39].CachedTokens)
	require.Zero(t, run.Outcomes[0].CachedTokens)
}

func TestRun_SameSeed_IsReproduced(t *testing.T) {
	t.Parallel()
	once := func() llmsim.Run {
		r, err := llmsim.Closed(newCore(t, "H100"), 8, arrivals(32, 100, 30, 0))
		require.NoError(t, err)
		return r
	}
	require.Equal(t, once(), once())
	other, err := llmsim.NewModelCore(newModel(t, "H100"), 2)
	require.NoError(t, err)
	run, err := llmsim.Closed(other, 8, arrivals(32, 100, 30, 0))
	require.NoError(t, err)
	require.NotEqual(t, once().Seconds, run.Seconds)
	require.InEpsilon(t, once().Seconds, run.Seconds, 0.01, "jitter is noise, not an effect")
}

func TestRun_RequestBeyondModelLength_IsRejected(t *testing.T) {
	t.Parallel()
	_, err := llmsim.Open(newCore(t, "H100", "--max-model-len", "1000"), arrivals(1, 900, 200, 0))
	require.ErrorIs(t, err, llmsim.ErrRejected)
	_, err = llmsim.Closed(newCore(t, "H100"), 0, nil)
	require.Error(t, err)
	run, err := llmsim.Closed(newCore(t, "H100"), 3, nil)
	require.NoError(t, err)
	require.Zero(t, run.OutputTokensPerSecond())
}

// ended counts answers.
type ended struct{ count int }

func (e *ended) Step(sched.Stats, []sched.Emission)   {}
func (e *ended) Finished(*sched.Request, string, int) { e.count++ }
func (e *ended) Lost(float64)                         {}

func TestOpen_WatchThatHasSeenEnough_EndsTheRun(t *testing.T) {
	t.Parallel()
	list := arrivals(20, 100, 20, 0)
	for i := range list {
		list[i].AtSeconds = float64(i)
	}
	var seen ended
	whole, err := llmsim.Open(newCore(t, "H100"), list)
	require.NoError(t, err)
	cut, err := llmsim.Open(newCore(t, "H100"), list, llmsim.Watch{Observer: &seen, Done: func() bool { return seen.count == 3 }})
	require.NoError(t, err)
	require.Equal(t, 3, seen.count)
	require.Less(t, cut.Steps, whole.Steps/2)
	require.Equal(t, whole.Outcomes[0], cut.Outcomes[0], "what ended before is as it would have been")
}
