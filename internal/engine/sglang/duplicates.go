package sglang

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/optiinfra/performance-agent/internal/engine"
)

// ranks are the labels that tell processes of one engine apart. All ranks of a
// data-parallel group (dp_rank) run the same batch, so they report the same
// requests: with --enable-metrics-for-all-schedulers tp_rank, and always pp_rank,
// repeats them. pid is what Prometheus' multiprocess mode puts on gauges.
//
// One of each group is kept rather than tp_rank="0": with data-parallel
// attention tp_rank counts through the groups, and only the first has a 0.
func ranks() []string { return []string{"pp_rank", "tp_rank", "moe_ep_rank", "pid"} }

// labelPriority: the series with priority="" is the total, which those of single
// priorities repeat.
const labelPriority = "priority"

// withoutDuplicates is the page with each number once.
func withoutDuplicates(page engine.Families) engine.Families {
	out := slices.Clone(page)
	for i, f := range out {
		if strings.HasPrefix(f.Name, prefix) {
			out[i].Series = oneOfEach(f.Series)
		}
	}
	return out
}

func oneOfEach(series []engine.Series) []engine.Series {
	hasTotal := slices.ContainsFunc(series, func(s engine.Series) bool { return s.Labels[labelPriority] == "" })
	at := map[string]int{}
	var out []engine.Series
	for _, s := range series {
		if hasTotal && s.Labels[labelPriority] != "" {
			continue
		}
		key := group(s.Labels)
		if i, seen := at[key]; !seen {
			at[key] = len(out)
			out = append(out, s)
		} else if slices.Compare(rank(s.Labels), rank(out[i].Labels)) < 0 {
			out[i] = s
		}
	}
	return out
}

// group identifies the series that repeat each other.
func group(labels map[string]string) string {
	var key strings.Builder
	for _, name := range slices.Sorted(maps.Keys(labels)) {
		if !slices.Contains(ranks(), name) {
			key.WriteString(strconv.Quote(name) + strconv.Quote(labels[name]))
		}
	}
	return key.String()
}

// rank orders processes; the lowest speaks for its group. One without a rank is
// the only one.
func rank(labels map[string]string) []int {
	out := make([]int, 0, len(ranks()))
	for _, name := range ranks() {
		n, _ := strconv.Atoi(labels[name])
		out = append(out, n)
	}
	return out
}
