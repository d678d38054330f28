package diagnosis

import (
	"fmt"
	"math"

	"github.com/optiinfra/performance-agent/internal/engine"
	"github.com/optiinfra/performance-agent/internal/llmsim"
	"github.com/optiinfra/performance-agent/internal/llmsim/sched"
	"github.com/optiinfra/performance-agent/internal/perfmodel"
	"github.com/optiinfra/performance-agent/internal/serving"
)

// Times of a run in virtual seconds. The window is long enough for its requests
// and the warm-up for a request to come and go, within bounds.
const (
	leastWarmup    = 20.0
	longestWarmup  = 600.0
	leastWindow    = 30.0
	longestWindow  = 600.0
	windowRequests = 120.0
	between        = 2.5 // scrapes
)

// residences is how many requests one after the other the warm-up lasts.
const residences = 3

// span of virtual time in seconds.
type span struct{ begin, end float64 }

// Fleet is the record that the plant describes.
func (c Case) Fleet(e engine.Engine) (serving.Fleet, error) {
	cfg, err := e.Parse(commandLine(c.Condition.Engine, c.Plant))
	if err != nil {
		return serving.Fleet{}, fmt.Errorf("command line: %w", err)
	}
	cfg.Version = version(c.Condition.Engine)
	hw := serving.Hardware{GPU: c.Plant.GPU, GPUs: max(c.Plant.GPUs, 1)}
	if problems := e.Validate(cfg, hw); len(problems) > 0 {
		return serving.Fleet{}, fmt.Errorf("the engine would not start: %w", problems[0])
	}
	return serving.Fleet{Name: c.Name, Config: cfg, Hardware: hw, Replicas: max(c.Plant.Replicas, 1), SLOs: c.Plant.SLOs,
		Policy: serving.Policy{AllowedRisks: []serving.RiskClass{serving.RiskCheap, serving.RiskNumerics, serving.RiskNewWeights}}}, nil
}

// commandLine is what a person types.
func commandLine(kind serving.EngineKind, p Plant) []string {
	switch kind {
	case serving.TGI:
		return append([]string{"text-generation-launcher", "--model-id", p.Model}, p.Flags...)
	case serving.SGLang:
		return append([]string{"python", "-m", "sglang.launch_server", "--model-path", p.Model, "--enable-metrics"}, p.Flags...)
	}
	return append([]string{"vllm", "serve", p.Model}, p.Flags...)
}

// version is the one whose metrics are simulated.
func version(kind serving.EngineKind) string {
	switch kind {
	case serving.TGI:
		return "3.3.7"
	case serving.SGLang:
		return "0.5.15"
	}
	return "0.20.1"
}

// workload is the traffic's true shape with the fleet-wide rate.
func (c Case) workload(m perfmodel.Model) serving.Workload {
	p := c.Plant
	w := serving.Workload{Arrival: "poisson", PromptTokens: p.Prompt, OutputTokens: p.Output, PrefixShare: p.Shared, PrefixGroups: max(p.Groups, 1), Source: "given"}
	rate := p.Rate
	if rate == 0 {
		rate = p.Load * perfmodel.MaxRate(m, w, nil)
	}
	w.RatePerSecond = rate * float64(max(p.Replicas, 1))
	return w
}

// Observe runs the fleet in virtual time, its replicas as the model says, under a
// workload with the fleet-wide rate, and measures it over the window as the agent
// does: from scrapes of its metrics page.
func (c Case) Observe(f serving.Fleet, m perfmodel.Model, w serving.Workload, e engine.Engine) (serving.Snapshot, error) {
	r := random{state: c.Seed}
	window := math.Min(math.Max(windowRequests/w.RatePerSecond, leastWindow), longestWindow)
	warm := math.Min(math.Max(residences*perfmodel.Predict(m, w, w.RatePerSecond/float64(f.Replicas)).E2ESeconds, leastWarmup), longestWarmup)
	readings := make([][]serving.Reading, f.Replicas)
	for i := range readings {
		var err error
		if readings[i], err = c.replica(i, f, m, w.RatePerSecond*c.part(i), span{warm, warm + window}, e, &r); err != nil {
			return serving.Snapshot{}, err
		}
	}
	return serving.Window(f.Name, serving.Stable, readings), nil
}

// part of the traffic that a replica receives.
func (c Case) part(replica int) float64 {
	n := float64(max(c.Plant.Replicas, 1))
	switch {
	case c.Plant.Skew == 0:
		return 1 / n
	case replica == 0:
		return c.Plant.Skew
	}
	return (1 - c.Plant.Skew) / (n - 1)
}

// replica simulates one and reads its page from the end of the warm-up on.
func (c Case) replica(i int, f serving.Fleet, m perfmodel.Model, rate float64, s span, e engine.Engine, r *random) ([]serving.Reading, error) {
	page, err := newExporter(f.Config, m)
	if err != nil {
		return nil, err
	}
	t := newTraffic(c.Plant, rate, s.end+between, m.Settings().MaxModelLen, r)
	seed := r.next()
	if s := m.Settings(); page.refused != nil && (s.SGLang.MaxQueuedRequests > 0 || s.TGI.MaxConcurrentRequests > 0 && s.TGI.MaxConcurrentRequests < len(t.arrivals)) {
		if t.refused, err = c.refusals(m, seed, t.arrivals); err != nil {
			return nil, err
		}
	}
	core, err := c.core(m, seed)
	if err != nil {
		return nil, err
	}
	var out []serving.Reading
	var failure error
	at := func(now float64) {
		page.count(&t, now)
		if now < s.begin || now > s.end || failure != nil {
			return
		}
		reading, err := page.read(e)
		reading.TakenUnix, reading.Endpoint = now, endpoint(i)
		failure = err
		out = append(out, reading)
	}
	_, err = llmsim.Open(core, t.arrivals, llmsim.Watch{Observer: answering{page}, At: at, EverySeconds: between})
	if err == nil {
		err = failure
	}
	return out, err
}

// refusals are the times of the requests for which the engine has no place. Its
// answer to them is the HTTP side's, which is not simulated, so they are learnt
// from the same run made before.
func (c Case) refusals(m perfmodel.Model, seed uint64, arrivals []llmsim.Arrival) ([]float64, error) {
	core, err := c.core(m, seed)
	if err != nil {
		return nil, err
	}
	run, err := llmsim.Open(core, arrivals)
	var out []float64
	for _, o := range run.Outcomes {
		if o.Overloaded {
			out = append(out, o.ArrivedSeconds)
		}
	}
	return out, err
}

// count tells the HTTP side what happened up to now.
func (e *exporter) count(t *traffic, now float64) {
	for ; len(t.failed) > 0 && t.failed[0] <= now; t.failed = t.failed[1:] {
		e.failed()
	}
	for ; len(t.refused) > 0 && t.refused[0] <= now; t.refused = t.refused[1:] {
		e.refused()
	}
	for ; e.accepted != nil && t.counted < len(t.arrivals) && t.arrivals[t.counted].AtSeconds <= now; t.counted++ {
		a := t.arrivals[t.counted]
		e.accepted(len(a.Prompt), a.MaxTokens)
	}
}

// answering counts the answers at the HTTP side too.
type answering struct{ *exporter }

func (a answering) Finished(r *sched.Request, reason string, maxTokens int) {
	a.served()
	a.exporter.Finished(r, reason, maxTokens)
}

// core is an idle engine on the plant's host.
func (c Case) core(m perfmodel.Model, seed uint64) (*llmsim.Core, error) {
	return llmsim.NewCore(sched.LimitsOf(m), slower{m, max(c.Plant.Slower, 1)}, seed)
}

// slower is a host that takes longer for every step than the model says.
type slower struct {
	llmsim.Costs
	by float64
}

func (s slower) StepSeconds(b perfmodel.Batch) float64 { return s.by * s.Costs.StepSeconds(b) }
