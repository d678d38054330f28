package known_test

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/engine"
	"github.com/optiinfra/performance-agent/internal/engine/known"
	"github.com/optiinfra/performance-agent/internal/recorded"
	"github.com/optiinfra/performance-agent/internal/scrape"
	"github.com/optiinfra/performance-agent/internal/serving"
)

// values are the core quantities of a reading, by the names that Missing and
// Derived use: numbers, and the observations of histograms.
func values(r serving.Reading) map[string]serving.Measure {
	out := map[string]serving.Measure{
		"running": r.Running, "waiting": r.Waiting, "swapped": r.Swapped, "kv_usage": r.KVUsage, "kv_capacity_tokens": r.KVCapacityTokens,
		"preemptions": r.Preemptions, "prompt_tokens": r.PromptTokens, "generation_tokens": r.GenerationTokens,
		"prefix_query_tokens": r.PrefixQueryTokens, "prefix_hit_tokens": r.PrefixHitTokens, "draft_tokens": r.DraftTokens,
		"accepted_tokens": r.AcceptedTokens, "errors": r.Errors, "engine_steps": r.EngineSteps, "process_started_unix": r.ProcessStartedUnix,
	}
	for name, h := range map[string]*serving.Histogram{
		"ttft": r.TTFT, "itl": r.ITL, "tpot": r.TPOT, "e2e": r.E2E, "queue": r.Queue, "prefill": r.Prefill, "decode": r.Decode,
		"prompt_lengths": r.PromptLengths, "output_lengths": r.OutputLengths,
	} {
		out[name] = serving.Unknown()
		if h != nil {
			out[name] = serving.Known(h.Count)
		}
	}
	finished := serving.Unknown()
	for _, n := range r.FinishedByReason {
		finished = finished.Plus(serving.Known(n))
	}
	out["finished_by_reason"] = finished
	return out
}

// page is what a recorded page yields: the value of each quantity found, and
// which were derived. All others must be missing with a reason.
type page struct {
	kind    serving.EngineKind
	found   map[string]float64
	derived []string
	because map[string]string // parts of the reasons of some that are missing
}

func recordedPages() map[string]page {
	return map[string]page{
		"vllm-0.4.3-V0-datadog.txt": {kind: serving.VLLM, found: map[string]float64{
			"running": 0, "waiting": 0, "swapped": 0, "kv_usage": 0, "kv_capacity_tokens": 7281 * 16, "preemptions": 0,
			"prompt_tokens": 5, "generation_tokens": 7, "process_started_unix": 1.7181405583e+09, "finished_by_reason": 1,
			"ttft": 1, "itl": 6, "e2e": 1, "prompt_lengths": 1, "output_lengths": 1,
		}, because: map[string]string{
			"prefix_query_tokens": "V1 0.7.3", "prefix_hit_tokens": "V1 0.7.3", "draft_tokens": "speculative", "accepted_tokens": "speculative",
			"errors": "0.8.3", "engine_steps": "0.6.4", "tpot": "0.11.0", "queue": "0.6.4", "prefill": "0.6.4", "decode": "0.6.4",
		}},
		"vllm-0.7.0-V0-multiproc-aibrix-excerpt.txt": {kind: serving.VLLM, found: map[string]float64{
			"running": 0, "waiting": 0, "swapped": 0, "kv_usage": 0, "kv_capacity_tokens": 81767 * 16, "preemptions": 0,
			"prompt_tokens": 148, "generation_tokens": 955, "finished_by_reason": 4,
		}, because: map[string]string{
			"prefix_query_tokens": "prefix caching is off", "prefix_hit_tokens": "prefix caching is off", "engine_steps": "is incomplete",
			"process_started_unix": "several processes", "ttft": "no vllm:time_to_first_token_seconds",
			"itl": "no vllm:inter_token_latency_seconds or vllm:time_per_output_token_seconds",
		}},
		"vllm-0.11.0-V1-hardware-aware-router.txt": {kind: serving.VLLM, found: map[string]float64{
			"running": 0, "waiting": 0, "kv_usage": 0, "kv_capacity_tokens": 2452 * 16, "preemptions": 0, "prompt_tokens": 0,
			"generation_tokens": 0, "prefix_query_tokens": 0, "prefix_hit_tokens": 0, "engine_steps": 0, "finished_by_reason": 0,
			"process_started_unix": 1.76243836732e+09,
			"ttft":                 0, "itl": 0, "tpot": 0, "e2e": 0, "queue": 0, "prefill": 0, "decode": 0, "prompt_lengths": 0, "output_lengths": 0,
		}, because: map[string]string{
			"swapped": "never swaps", "draft_tokens": "speculative", "accepted_tokens": "speculative", "errors": "after the first request",
		}},
		"tgi-3.x-datadog.txt": {kind: serving.TGI, found: map[string]float64{
			"running": 0, "waiting": 0, "prompt_tokens": 662, "generation_tokens": 3423, "accepted_tokens": 0, "errors": 0,
			"engine_steps": 16 + 1509, "finished_by_reason": 109,
			"ttft": 109, "itl": 109, "tpot": 109, "e2e": 109, "queue": 109, "prefill": 16, "prompt_lengths": 109, "output_lengths": 109,
		}, derived: []string{"finished_by_reason", "generation_tokens", "itl", "prefill", "prompt_tokens", "tpot", "ttft"}},
		"sglang-0.4-docs.txt": {kind: serving.SGLang, found: map[string]float64{
			"running": 162, "waiting": 2826, "kv_usage": 0.28, "prompt_tokens": 8.128902e+06, "generation_tokens": 7.557572e+06,
			"ttft": 11008, "itl": 7.400757e+06, "e2e": 11228,
		}, derived: []string{"generation_tokens", "prompt_tokens"}},
	}
}

func TestRecordedPages_EveryQuantityIsFoundDerivedOrMissingWithAReason(t *testing.T) {
	t.Parallel()
	for name, want := range recordedPages() {
		families := parse(t, name)
		kind, ok := known.Engines().Detect(families)
		require.True(t, ok, name)
		require.Equal(t, want.kind, kind, name)
		e, err := known.Engines().Engine(kind)
		require.NoError(t, err)
		r := e.Read(families)
		require.Empty(t, r.Unrecognised, name)

		missing := map[string]string{}
		for _, m := range r.Missing {
			require.NotEmpty(t, m.Reason, "%s: %s", name, m.Quantity)
			require.NotContains(t, missing, m.Quantity, name)
			missing[m.Quantity] = m.Reason
		}
		found := map[string]float64{}
		for quantity, m := range values(r) {
			v, isKnown := m.Get()
			_, isMissing := missing[quantity]
			require.NotEqual(t, isKnown, isMissing, "%s: %s is %v and missing %q", name, quantity, m, missing[quantity])
			if isKnown {
				found[quantity] = v
			}
		}
		require.Equal(t, want.found, found, name)
		require.Equal(t, want.derived, derived(t, r), name)
		for quantity, part := range want.because {
			require.Contains(t, missing[quantity], part, "%s: %s", name, quantity)
		}
	}
}

func derived(t *testing.T, r serving.Reading) []string {
	t.Helper()
	var out []string
	for _, d := range r.Derived {
		require.NotEmpty(t, d.How, d.Quantity)
		out = append(out, d.Quantity)
	}
	slices.Sort(out)
	return out
}

func TestRecordedPages_AllAreListedHere(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob(filepath.Join(recorded.Path(t, "metrics"), "*.txt"))
	require.NoError(t, err)
	for _, file := range files {
		require.Contains(t, recordedPages(), filepath.Base(file))
	}
}

// The arithmetic of the recorded TGI page: 109 requests took 541 s in all, 295 of
// them in the queue, and 16 prefills took 1.39 s.
func TestRecordedTGI_FirstTokenIsQueueAndPrefill(t *testing.T) {
	t.Parallel()
	e, err := known.Engines().Engine(serving.TGI)
	require.NoError(t, err)
	r := e.Read(parse(t, "tgi-3.x-datadog.txt"))
	require.InDelta(t, 295.275961956/109+1.389293183/16, r.TTFT.Mean().Or(-1), 1e-9)
	require.Less(t, r.TTFT.Mean().Or(-1), r.E2E.Mean().Or(-1))
	p50, atLeast, ok := r.TTFT.Quantile(0.5)
	require.True(t, ok)
	require.False(t, atLeast)
	queue, _, _ := r.Queue.Quantile(0.5)
	require.Greater(t, p50, queue)
	require.Equal(t, map[string]float64{"success": 109}, r.FinishedByReason)
}

func parse(t *testing.T, name string) engine.Families {
	t.Helper()
	data := recorded.Read(t, "metrics", name)
	families, err := scrape.Parse(strings.NewReader(strings.TrimRight(string(data), "\n")+"\n"), "")
	require.NoError(t, err, name)
	return families
}
