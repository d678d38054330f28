package realtime_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/llmsim"
	"github.com/optiinfra/performance-agent/internal/llmsim/realtime"
	"github.com/optiinfra/performance-agent/internal/llmsim/sched"
	"github.com/optiinfra/performance-agent/internal/perfmodel"
	"github.com/optiinfra/performance-agent/internal/serving"
)

// recorder remembers the batches whose time was asked for. It is used by one
// driver at a time.
type recorder struct {
	perfmodel.Model
	batches []perfmodel.Batch
	last    float64
}

func (r *recorder) StepSeconds(b perfmodel.Batch) float64 {
	b.Prefills = slices.Clone(b.Prefills)
	r.batches = append(r.batches, b)
	r.last = r.Model.StepSeconds(b)
	return r.last
}

// lateness is what a busy host adds to the tokens of a run: the loop's observer.
type lateness struct {
	costs       *recorder
	first, last float64 // seconds over all first and all last tokens
	lost        float64
	steps, open int
	ended       chan struct{}
}

func (l *lateness) Step(s sched.Stats, tokens []sched.Emission) {
	if len(tokens) > 0 {
		l.steps++
	}
	late := s.Last.Seconds - l.costs.last
	for _, e := range tokens {
		if e.Index == 0 {
			l.first += late
		}
		if e.Last {
			l.last += late
		}
	}
	if l.open == 0 {
		l.open = -1
		close(l.ended)
	}
}
func (l *lateness) Lost(seconds float64)                 { l.lost += seconds }
func (l *lateness) Finished(*sched.Request, string, int) { l.open-- }

// means of the latencies of a run, in seconds.
type means struct{ ttft, itl, e2e float64 }

// trace is two seconds of traffic with bursts and a shared prefix.
func trace() []llmsim.Arrival {
	list := make([]llmsim.Arrival, 48)
	for i := range list {
		prompt := make([]sched.Token, 300+40*(i%7))
		for j := range prompt {
			prompt[j] = sched.Token(j)
			if j >= 128 {
				prompt[j] = sched.Token(10_000*(i+1) + j)
			}
		}
		list[i] = llmsim.Arrival{AtSeconds: 0.16 * float64(i/4), Prompt: prompt, Output: 30 + 10*(i%5), MaxTokens: 128}
	}
	return list
}

func inVirtualTime(t *testing.T, m perfmodel.Model) (means, []perfmodel.Batch) {
	t.Helper()
	costs := &recorder{Model: m}
	core, err := llmsim.NewCore(sched.LimitsOf(m), costs, 3)
	require.NoError(t, err)
	run, err := llmsim.Open(core, trace())
	require.NoError(t, err)
	var out means
	for _, o := range run.Outcomes {
		n := float64(len(run.Outcomes))
		out.ttft += o.TTFTSeconds / n
		out.e2e += o.E2ESeconds / n
		out.itl += o.TPOTSeconds() / n
	}
	return out, costs.batches
}

// inRealTime hands the whole trace in at once, with arrivals that lie ahead.
func inRealTime(t *testing.T, m perfmodel.Model) (means, []perfmodel.Batch, *lateness) {
	t.Helper()
	costs := &recorder{Model: m}
	core, err := llmsim.NewCore(sched.LimitsOf(m), costs, 3)
	require.NoError(t, err)
	list := trace()
	seen := &lateness{costs: costs, open: len(list), ended: make(chan struct{})}
	loop := realtime.New(core, seen)
	requests := make([]*sched.Request, len(list))
	start := loop.Now() + 0.2
	for i, a := range list {
		requests[i] = &sched.Request{Prompt: a.Prompt, Output: a.Output, MaxTokens: a.MaxTokens, Times: sched.Times{Arrived: start + a.AtSeconds}}
		loop.Submit(realtime.Job{Request: requests[i], MaxTokens: a.MaxTokens, Reason: "stop"})
	}
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	stopped := make(chan struct{})
	go func() {
		defer close(stopped)
		loop.Run(ctx)
	}()
	select {
	case <-seen.ended:
	case <-ctx.Done():
		t.Fatal("the trace does not come to its end")
	}
	cancel()
	<-stopped
	var out means
	for _, r := range requests {
		n := float64(len(requests))
		out.ttft += (r.Times.FirstToken - r.Times.Arrived) / n
		out.e2e += (r.Times.LastToken - r.Times.Arrived) / n
		out.itl += (r.Times.LastToken - r.Times.FirstToken) / float64(r.Output-1) / n
	}
	return out, costs.batches, seen
}

// One core, two clocks: the same trace under the same flags has the same steps,
// and the same latencies within 5%, once the host's lateness is taken off, which
// the observer measures. (An answer has 50 tokens on average.)
func TestLoop_SameTraceInVirtualTime_HasTheSameStepsAndLatencies(t *testing.T) {
	t.Parallel()
	for _, cfg := range []serving.EngineConfig{
		{Engine: serving.VLLM, Version: "0.20.1"}, {Engine: serving.TGI, Version: "3.3.7"}, {Engine: serving.SGLang, Version: "0.5.15"},
	} {
		t.Run(string(cfg.Engine), func(t *testing.T) {
			t.Parallel()
			cfg.Model = "meta-llama/Llama-3.1-8B-Instruct"
			m, err := perfmodel.New(cfg, serving.Hardware{GPU: "H100", GPUs: 1})
			require.NoError(t, err)
			want, steps := inVirtualTime(t, m)
			got, realSteps, host := inRealTime(t, m)
			n := float64(len(trace()))
			first, last := host.first/n, host.last/n
			t.Logf("virtual %+v real %+v, %d steps, first tokens %.2f ms late, last %.2f ms, %.0f ms lost",
				want, got, host.steps, 1e3*first, 1e3*last, 1e3*host.lost)
			if host.lost == 0 {
				require.Equal(t, steps, realSteps)
			}
			require.InDelta(t, want.ttft, got.ttft-first, 0.05*want.ttft+host.lost)
			require.InDelta(t, want.e2e, got.e2e-last, 0.05*want.e2e+host.lost)
			require.InDelta(t, want.itl, got.itl-(last-first)/50, 0.05*want.itl+host.lost/30)
		})
	}
}
