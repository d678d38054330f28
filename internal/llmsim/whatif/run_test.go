package whatif_test

import (
	"fmt"
	"io"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/llmsim/whatif"
	"github.com/optiinfra/performance-agent/internal/perfmodel"
	"github.com/optiinfra/performance-agent/internal/serving"
)

func engine(t testing.TB, flags ...string) perfmodel.Model {
	t.Helper()
	cfg := serving.EngineConfig{Engine: serving.VLLM, Model: "meta-llama/Llama-3.1-8B-Instruct", Version: "0.15.1"}
	for i := 0; i+1 < len(flags); i += 2 {
		cfg = cfg.With(flags[i], flags[i+1])
	}
	m, err := perfmodel.New(cfg, serving.Hardware{GPU: "H100", GPUs: 1})
	require.NoError(t, err)
	return m
}

func traffic(stages ...whatif.Stage) whatif.Traffic {
	t := whatif.DefaultTraffic()
	t.Stages, t.Input, t.Output = stages, 500, 100
	return t
}

func TestRun_Stages_AreReportedEachAndTogether(t *testing.T) {
	t.Parallel()
	r, err := whatif.Run(engine(t), traffic(whatif.Stage{Rate: 2, Seconds: 50}, whatif.Stage{Rate: 20, Seconds: 50}), 1)
	require.NoError(t, err)
	require.Equal(t, 1100, r.Requests)
	require.Len(t, r.Stages, 2)
	require.Equal(t, 100, r.Stages[0].Requests)
	require.Equal(t, 1000, r.Stages[1].Requests)
	require.Greater(t, r.Stages[1].ITL.Mean, r.Stages[0].ITL.Mean, "a fuller batch is slower")
	require.InEpsilon(t, r.E2E.Mean, r.TTFT.Mean+99*r.ITL.Mean, 0.02, "E2E is TTFT and the gaps")
	require.True(t, r.Simulated)
}

func TestRun_SameSeed_SaysTheSame(t *testing.T) {
	t.Parallel()
	load := traffic(whatif.Stage{Rate: 5, Seconds: 40})
	first, err := whatif.Run(engine(t), load, 7)
	require.NoError(t, err)
	second, err := whatif.Run(engine(t), load, 7)
	require.NoError(t, err)
	require.Equal(t, first, second)
	other, err := whatif.Run(engine(t), load, 8)
	require.NoError(t, err)
	require.NotEqual(t, first.E2E, other.E2E)
}

func TestRun_SharedPrompts_AreFoundInTheCacheWhenTheyComeAgain(t *testing.T) {
	t.Parallel()
	load := traffic(whatif.Stage{Rate: 20, Seconds: 60})
	alone, err := whatif.Run(engine(t), load, 1)
	require.NoError(t, err)
	require.Zero(t, alone.PrefixHitRate, "nothing is shared unless asked for")

	load.PrefixShare, load.Prompts = 0.2, 0
	system, err := whatif.Run(engine(t), load, 1)
	require.NoError(t, err)
	require.InDelta(t, 0.19, system.PrefixHitRate, 0.02, "the system prompt in full blocks, less its first use")

	load.Prompts = 300
	again, err := whatif.Run(engine(t), load, 1)
	require.NoError(t, err)
	require.Greater(t, again.PrefixHitRate, 0.7)
	require.Less(t, again.TTFT.Mean, system.TTFT.Mean)
}

func TestRun_StarvedCache_Preempts(t *testing.T) {
	t.Parallel()
	load := traffic(whatif.Stage{Rate: 40, Seconds: 20})
	load.Output = 400
	r, err := whatif.Run(engine(t, "--kv-cache-memory-bytes", "1500M", "--max-model-len", "4096"), load, 1)
	require.NoError(t, err)
	require.Positive(t, r.Preemptions)
	require.Greater(t, r.KVUsageMax, 0.95)
}

func TestRun_TooLongRequests_AreCountedAsRejected(t *testing.T) {
	t.Parallel()
	r, err := whatif.Run(engine(t, "--max-model-len", "512"), traffic(whatif.Stage{Rate: 5, Seconds: 10}), 1)
	require.NoError(t, err)
	require.Equal(t, 50, r.Rejected)
	require.Zero(t, r.Requests)
}

func TestRun_BadTraffic_IsRefused(t *testing.T) {
	t.Parallel()
	for name, spoil := range map[string]func(*whatif.Traffic){
		"stage":   func(x *whatif.Traffic) { x.Stages = nil },
		"rate":    func(x *whatif.Traffic) { x.Stages[0].Rate = 0 },
		"input":   func(x *whatif.Traffic) { x.Input = 0 },
		"share":   func(x *whatif.Traffic) { x.PrefixShare = 1.5 },
		"groups":  func(x *whatif.Traffic) { x.Groups = 0 },
		"arrival": func(x *whatif.Traffic) { x.Arrival = "bursty" },
	} {
		load := traffic(whatif.Stage{Rate: 1, Seconds: 10})
		spoil(&load)
		_, err := whatif.Run(engine(t), load, 1)
		require.Error(t, err, name)
	}
}

// A day of requests must not be held in memory: what is alive after it is what
// is alive after a minute of it.
func TestRun_SimulatedDay_MemoryStaysFlat(t *testing.T) {
	m := engine(t)
	_, err := whatif.Run(m, traffic(whatif.Stage{Rate: 1, Seconds: 60}), 1)
	require.NoError(t, err)
	before, trace := heap(), &peeking{lines: 86400}
	r, err := whatif.Replay(m, trace, 1)
	require.NoError(t, err)
	require.Equal(t, 86400, r.Requests)
	require.Less(t, trace.most-before, int64(32<<20), "bytes held during the day")
}

// peeking is a trace of one request a second that looks at the heap meanwhile.
type peeking struct {
	lines, sent int
	left        string
	most        int64
}

func (p *peeking) Read(b []byte) (int, error) {
	if p.left == "" {
		if p.sent == p.lines {
			return 0, io.EOF
		}
		if p.sent == 0 {
			p.left = "time,prompt,output\n"
		}
		p.left += fmt.Sprintf("%d,200,4\n", p.sent)
		if p.sent++; p.sent%20000 == 0 {
			p.most = max(p.most, heap())
		}
	}
	n := copy(b, p.left)
	p.left = p.left[n:]
	if p.sent == p.lines && p.left == "" {
		return n, io.EOF
	}
	return n, nil
}

func heap() int64 {
	runtime.GC()
	var s runtime.MemStats
	runtime.ReadMemStats(&s)
	return int64(s.HeapAlloc)
}

func TestReplay_Trace_SecondsOrDates(t *testing.T) {
	t.Parallel()
	for _, trace := range []string{
		"t,in,out\n0,300,20\n0.5,400,30\n1.5,200,1\n",
		"TIMESTAMP,ContextTokens,GeneratedTokens\n2023-11-16 18:15:46.68,300,20\n2023-11-16 18:15:47.18,400,30\n2023-11-16 18:15:48.18,200,1\n",
	} {
		r, err := whatif.Replay(engine(t), strings.NewReader(trace), 1)
		require.NoError(t, err)
		require.Equal(t, 3, r.Requests)
		require.InDelta(t, 1.5, r.Seconds, 0.1)
	}
	for _, bad := range []string{"", "t,in,out\nsoon,1,1\n", "t,in,out\n1,x,1\n", "t,in,out\n1,1,y\n", "t,in,out\n2,1,1\n1,1,1\n"} {
		_, err := whatif.Replay(engine(t), strings.NewReader(bad), 1)
		require.Error(t, err, bad)
	}
}

// The promise is 1,000 simulated requests per second of one core.
func BenchmarkRun(b *testing.B) {
	m := engine(b)
	load := whatif.DefaultTraffic()
	load.Input, load.Output = 500, 250
	load.Stages = []whatif.Stage{{Rate: 24, Seconds: 100}}
	requests := 0
	for b.Loop() {
		r, err := whatif.Run(m, load, 1)
		require.NoError(b, err)
		requests += r.Requests
	}
	b.ReportMetric(float64(requests)/b.Elapsed().Seconds(), "requests/s")
}
