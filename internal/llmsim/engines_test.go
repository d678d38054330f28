package llmsim_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/llmsim"
	"github.com/optiinfra/performance-agent/internal/perfmodel"
	"github.com/optiinfra/performance-agent/internal/serving"
)

func coreOf(t *testing.T, gpu string, kind serving.EngineKind, flags ...string) *llmsim.Core {
	t.Helper()
	cfg := serving.EngineConfig{Engine: kind, Version: map[serving.EngineKind]string{
		serving.VLLM: "0.20.1", serving.TGI: "3.3.7", serving.SGLang: "0.5.15",
	}[kind], Model: model8B}
	for i := 0; i < len(flags); i += 2 {
		cfg = cfg.With(flags[i], flags[i+1])
	}
	m, err := perfmodel.New(cfg, serving.Hardware{GPU: gpu, GPUs: 1})
	require.NoError(t, err)
	c, err := llmsim.NewModelCore(m, 1)
	require.NoError(t, err)
	return c
}

// figures are what a flag is expected to move.
type figures struct {
	throughput, ttft, itl, worstGap, hits float64
	retractions, overloaded               int
}

func figuresOf(run llmsim.Run) figures {
	f := figures{throughput: run.OutputTokensPerSecond(), retractions: run.Final.Preemptions, overloaded: run.Final.Overloaded}
	served := 0.0
	for _, o := range run.Outcomes {
		if o.Overloaded {
			continue
		}
		served++
		f.ttft += o.TTFTSeconds
		f.itl += o.TPOTSeconds()
		for _, g := range o.GapSeconds {
			f.worstGap = max(f.worstGap, g)
		}
	}
	f.ttft, f.itl = f.ttft/served, f.itl/served
	f.hits = float64(run.Final.PrefixHits) / float64(max(run.Final.PrefixQueries, 1))
	return f
}

// crowd keeps 100 clients busy with prompts of 600 tokens, half of them shared,
// and answers of 120 of the 400 tokens that are asked for.
func crowd(t *testing.T, gpu string, kind serving.EngineKind, flags ...string) figures {
	t.Helper()
	list := arrivals(300, 600, 120, 300)
	for i := range list {
		list[i].MaxTokens = 400
	}
	run, err := llmsim.Closed(coreOf(t, gpu, kind, flags...), 100, list)
	require.NoError(t, err)
	require.Zero(t, run.Final.Used)
	return figuresOf(run)
}

// interrupted is the longest gap in eight answers while a prompt of 12000 tokens
// arrives.
func interrupted(t *testing.T, kind serving.EngineKind, flags ...string) float64 {
	t.Helper()
	list := append(arrivals(8, 100, 200, 0), arrivals(1, 12000, 2, 0)...)
	list[8].AtSeconds = 0.5
	run, err := llmsim.Open(coreOf(t, "H100", kind, flags...), list)
	require.NoError(t, err)
	run.Outcomes = run.Outcomes[:8]
	return figuresOf(run).worstGap
}

func TestTGI_FlagsInAWholeRun_MoveWhatTheyAreDocumentedToMove(t *testing.T) {
	t.Parallel()
	base := crowd(t, "H100", serving.TGI)
	require.Zero(t, base.retractions, "TGI never preempts")
	require.Positive(t, base.hits)

	require.Less(t, interrupted(t, serving.TGI, "--max-batch-prefill-tokens", "512"), 0.2*interrupted(t, serving.TGI),
		"smaller prefills hold decoding up for less")
	graphs := crowd(t, "H100", serving.TGI, "--cuda-graphs", "1,2,4,8,16,32,64,128")
	require.Less(t, graphs.itl, base.itl, "batches above 32 run without graphs by default")
	require.Greater(t, crowd(t, "H100", serving.TGI, "--cuda-graphs", "0").itl, 1.05*graphs.itl)
	fp8 := crowd(t, "H100", serving.TGI, "--quantize", "fp8", "--cuda-graphs", "1,32,128")
	require.Greater(t, fp8.throughput, 1.05*crowd(t, "H100", serving.TGI, "--cuda-graphs", "1,32,128").throughput)

	few := crowd(t, "H100", serving.TGI, "--max-concurrent-requests", "20")
	require.Positive(t, few.overloaded)
	require.Less(t, few.itl, base.itl, "who is let in is served faster")
	require.Zero(t, base.overloaded)

	starved := crowd(t, "L4", serving.TGI, "--max-total-tokens", "2048")
	require.Greater(t, crowd(t, "L4", serving.TGI, "--max-total-tokens", "2048", "--kv-cache-dtype", "fp8_e5m2").throughput, 1.1*starved.throughput)
	require.Greater(t, starved.throughput, 1.05*crowd(t, "L4", serving.TGI, "--max-total-tokens", "2048", "--cuda-memory-fraction", "0.9").throughput)
}

func TestSGLang_FlagsInAWholeRun_MoveWhatTheyAreDocumentedToMove(t *testing.T) {
	t.Parallel()
	base := crowd(t, "H100", serving.SGLang)
	require.Greater(t, base.hits, 0.4)
	off := crowd(t, "H100", serving.SGLang, "--disable-radix-cache", "")
	require.Zero(t, off.hits)
	require.Greater(t, base.throughput, 1.05*off.throughput)
	mixed := interrupted(t, serving.SGLang, "--enable-mixed-chunk", "", "--chunked-prefill-size", "1024")
	require.Less(t, mixed, 0.3*interrupted(t, serving.SGLang, "--enable-mixed-chunk", ""), "chunks of 8192")
	require.Less(t, mixed, 0.3*interrupted(t, serving.SGLang, "--chunked-prefill-size", "1024"), "prompts go first, however they are cut")
	require.Greater(t, crowd(t, "H100", serving.SGLang, "--max-running-requests", "16").ttft, 2*base.ttft)
	require.Greater(t, crowd(t, "H100", serving.SGLang, "--disable-overlap-schedule", "").itl, 1.1*base.itl)
	require.Greater(t, crowd(t, "H100", serving.SGLang, "--disable-cuda-graph", "").itl, base.itl)

	starved := []string{"--max-total-tokens", "16000"}
	plain := crowd(t, "H100", serving.SGLang, starved...)
	bold := crowd(t, "H100", serving.SGLang, append(starved, "--schedule-conservativeness", "0.3")...)
	careful := crowd(t, "H100", serving.SGLang, append(starved, "--schedule-conservativeness", "1.5")...)
	require.GreaterOrEqual(t, bold.throughput, plain.throughput, "answers are short of what is asked for")
	require.Less(t, careful.throughput, bold.throughput)
	require.GreaterOrEqual(t, bold.retractions, careful.retractions)
	require.Less(t, plain.throughput, 0.8*base.throughput)
}

// levers.md: 1.7 to 2.0x for one client with EAGLE-3, a loss at high load.
func TestClosed_Speculation_GainsForOneClientAndLosesForMany(t *testing.T) {
	t.Parallel()
	const config = `{"method":"eagle3","model":"yuhuili/EAGLE3-LLaMA3.1-Instruct-8B","num_speculative_tokens":3}`
	run := func(clients int, flags ...string) llmsim.Run {
		r, err := llmsim.Closed(coreOf(t, "H100", serving.VLLM, flags...), clients, arrivals(4*clients, 300, 200, 0))
		require.NoError(t, err)
		return r
	}
	with := run(1, "--speculative-config", config)
	require.InDelta(t, 1.85, with.OutputTokensPerSecond()/run(1).OutputTokensPerSecond(), 0.3)
	accepted := float64(with.Final.AcceptedTokens) / float64(with.Final.Drafts)
	require.InDelta(t, 1.75, accepted, 0.15)
	many := run(256, "--speculative-config", config)
	require.Less(t, many.OutputTokensPerSecond(), run(256).OutputTokensPerSecond())
}

// The search uses Predict and the proof uses the simulator: they must agree on
// the engines.
func TestPredict_SaturatedEngines_AgreeWithTheSimulation(t *testing.T) {
	t.Parallel()
	for name, cfg := range engines() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m, err := perfmodel.New(cfg, serving.Hardware{GPU: "H100", GPUs: 1})
			require.NoError(t, err)
			if m.Settings().Policy != perfmodel.PolicyTGI {
				flag := map[perfmodel.Policy]string{perfmodel.PolicyVLLMV1: "--max-num-seqs", perfmodel.PolicySGLang: "--max-running-requests"}
				m, err = perfmodel.New(cfg.With(flag[m.Settings().Policy], "128"), serving.Hardware{GPU: "H100", GPUs: 1})
				require.NoError(t, err)
			}
			c, err := llmsim.NewModelCore(m, 1)
			require.NoError(t, err)
			run, err := llmsim.Closed(c, 128, arrivals(1280, 500, 250, 0))
			require.NoError(t, err)
			p := perfmodel.Predict(m, serving.Workload{PromptTokens: serving.Lengths{Mean: 500}, OutputTokens: serving.Lengths{Mean: 250}}, 1e5)
			t.Logf("simulated %.0f, predicted %.0f tok/s", run.OutputTokensPerSecond(), p.OutputTokensPerSecond)
			require.InEpsilon(t, run.OutputTokensPerSecond(), p.OutputTokensPerSecond, 0.15)
		})
	}
}
