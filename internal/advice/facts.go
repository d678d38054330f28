package advice

import (
	"slices"
	"strings"

	"github.com/optiinfra/performance-agent/internal/engine"
	"github.com/optiinfra/performance-agent/internal/serving"
)

// facts are all that leaves for the language model: numbers, words of our own, and
// the few identifiers from outside, each in a field of its own. There are no
// addresses, names of fleets, labels, logs, environment or texts of requests in it.
type facts struct {
	Engine        string             `json:"engine"`
	EngineVersion string             `json:"engine_version,omitempty"`
	Model         string             `json:"model"`
	GPU           string             `json:"gpu"`
	GPUsAReplica  int                `json:"gpus_a_replica"`
	Replicas      int                `json:"replicas"`
	Objectives    []objective        `json:"objectives"`
	Workload      load               `json:"workload"`
	Measured      map[string]float64 `json:"measured"`
	Findings      []finding          `json:"findings_of_rules"`
	Configuration []string           `json:"configuration"`
	OtherFlags    int                `json:"other_flags_not_shown"`
	Proposed      []string           `json:"already_proposed"`
	Tried         []tried            `json:"tried"`
	Parameters    []parameter        `json:"parameters"`
}

type objective struct {
	Metric    string  `json:"metric"`
	Quantile  float64 `json:"quantile,omitempty"`
	Threshold float64 `json:"threshold"`
}

type load struct {
	RatePerSecond float64 `json:"requests_per_second"`
	PromptTokens  float64 `json:"prompt_tokens"`
	OutputTokens  float64 `json:"output_tokens"`
	PrefixShare   float64 `json:"shared_prefix_share,omitempty"`
}

type finding struct {
	Kind       string             `json:"kind"`
	Severity   string             `json:"severity"`
	Confidence float64            `json:"confidence"`
	Evidence   map[string]float64 `json:"evidence,omitempty"`
}

type tried struct {
	Changes   []string `json:"changes"`
	Status    string   `json:"status"`
	Goodput   float64  `json:"goodput_rps,omitempty"`
	E2EP95    float64  `json:"e2e_p95_seconds,omitempty"`
	IsPresent bool     `json:"is_present_configuration,omitempty"`
}

type parameter struct {
	Flag    string   `json:"flag"`
	Type    string   `json:"type"`
	Values  []string `json:"values,omitempty"`
	Range   string   `json:"range,omitempty"`
	Default string   `json:"default,omitempty"`
	About   string   `json:"about"`
}

// mostTried and mostProposed bound what is told of the past.
const (
	mostTried    = 8
	mostProposed = 10
)

func factsOf(q Question, tunable []engine.Parameter) facts {
	f := facts{Engine: string(q.Fleet.Config.Engine), EngineVersion: name(firstOf(q.Snapshot.Version, q.Fleet.Config.Version)),
		Model: name(q.Fleet.Config.Model), GPU: name(q.Fleet.Hardware.GPU), GPUsAReplica: max(q.Fleet.Hardware.GPUs, 1), Replicas: q.Fleet.Replicas,
		Workload: load{RatePerSecond: rounded(q.Workload.RatePerSecond), PromptTokens: rounded(q.Workload.PromptTokens.Mean),
			OutputTokens: rounded(q.Workload.OutputTokens.Mean), PrefixShare: rounded(q.Workload.PrefixShare)},
		Measured: measured(q.Snapshot), Objectives: []objective{}, Findings: []finding{}, Proposed: []string{}, Tried: history(q, tunable)}
	for _, o := range q.Fleet.SLOs {
		f.Objectives = append(f.Objectives, objective{string(o.Metric), o.Quantile, o.Threshold})
	}
	for _, b := range q.Bottlenecks {
		f.Findings = append(f.Findings, findingOf(b))
	}
	f.Configuration, f.OtherFlags = shown(q.Fleet.Config.Flags, tunable)
	for _, r := range q.Recommendations[:min(len(q.Recommendations), mostProposed)] {
		f.Proposed = append(f.Proposed, strings.Join(changesShown(r.Changes, tunable), " and "))
	}
	f.Proposed = slices.DeleteFunc(f.Proposed, func(s string) bool { return s == "" })
	for _, p := range tunable {
		f.Parameters = append(f.Parameters, parameterOf(p))
	}
	return f
}

func firstOf(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

// findingOf leaves the texts out: they may name replicas.
func findingOf(b serving.Bottleneck) finding {
	f := finding{Kind: string(b.Kind), Severity: string(b.Severity), Confidence: rounded(b.Confidence), Evidence: map[string]float64{}}
	for _, e := range b.Evidence {
		f.Evidence[name(e.Name)] = rounded(e.Observed)
	}
	return f
}

// shown are the flags of a configuration that may be told, and how many may not:
// a flag outside the tunable ones may hold a key or somebody's words.
func shown(flags []serving.Flag, tunable []engine.Parameter) (list []string, others int) {
	list = []string{}
	for _, flag := range flags {
		if !knows(tunable, flag.Name) || name(flag.Value) != flag.Value {
			others++
			continue
		}
		list = append(list, flag.String())
	}
	return list, others
}

func knows(tunable []engine.Parameter, flag string) bool {
	return slices.ContainsFunc(tunable, func(p engine.Parameter) bool { return p.Flag == flag })
}

func changesShown(changes []serving.FlagChange, tunable []engine.Parameter) []string {
	out := []string{}
	for _, c := range changes {
		switch {
		case !knows(tunable, c.Flag):
		case c.To == nil:
			out = append(out, "remove "+c.Flag)
		case name(*c.To) == *c.To:
			out = append(out, serving.Flag{Name: c.Flag, Value: *c.To}.String())
		}
	}
	return out
}

// history is what trials showed of the configurations nearest in time, each once.
func history(q Question, tunable []engine.Parameter) []tried {
	out, seen := []tried{}, map[string]bool{}
	for _, t := range q.Tried {
		key := t.Candidate.Config.Key()
		if seen[key] || len(out) == mostTried {
			continue
		}
		seen[key] = true
		changes := serving.Diff(q.Fleet.Config, t.Candidate.Config)
		out = append(out, tried{Changes: changesShown(changes, tunable), Status: string(t.Status), Goodput: rounded(t.Result.MaxGood),
			E2EP95: rounded(t.Result.Reference.E2E.P95Seconds), IsPresent: len(changes) == 0})
	}
	return out
}

// longestAbout is that of a parameter's description in the excerpt: its first
// sentence says what it is.
const longestAbout = 60

func parameterOf(p engine.Parameter) parameter {
	out := parameter{Flag: p.Flag, Type: string(p.Type), Values: p.Enum, Default: sentence(p.Default, 24), About: sentence(p.Description, longestAbout)}
	if p.Type == engine.Int || p.Type == engine.Float {
		out.Range = p.Range()
	}
	return out
}
