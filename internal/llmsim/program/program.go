package program

import (
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/optiinfra/performance-agent/internal/llmsim"
	"github.com/optiinfra/performance-agent/internal/llmsim/api"
	"github.com/optiinfra/performance-agent/internal/llmsim/metrics"
	"github.com/optiinfra/performance-agent/internal/llmsim/realtime"
	"github.com/optiinfra/performance-agent/internal/perfmodel"
)

// errFlags marks a refusal because of the flags alone; others need the model and
// the memory of the GPU.
var errFlags = errors.New("invalid arguments")

// Program is one simulated engine that has not started.
type Program struct {
	options Options
	engine  simulated
	model   perfmodel.Model
	loop    *realtime.Loop
	api     *api.Server
	page    *metrics.Page // nil: none
	memory  *memoryGuard
	log     *slog.Logger
}

// New lays out the engine, or refuses as the engine would refuse to start.
func New(o Options, log *slog.Logger) (*Program, error) {
	s, err := simulatedFor(o.Config.Engine)
	if err != nil {
		return nil, err
	}
	if err := validate(o, s); err != nil {
		return nil, err
	}
	model, err := perfmodel.New(o.Config, o.Hardware)
	if err != nil {
		return nil, err
	}
	core, err := llmsim.NewModelCore(model, o.Seed)
	if err != nil {
		return nil, err
	}
	if o.RealStartup {
		o.Startup = loadingTime(model)
	}
	out := outfitOf(o, model, s)
	memory := &memoryGuard{Observer: out.observer}
	loop := realtime.New(core, memory)
	p := &Program{options: o, engine: s, model: model, loop: loop, page: out.page, memory: memory, log: log}
	if out.page == nil {
		p.api = api.New(out.config, loop, out.traffic, nil)
	} else {
		p.api = api.New(out.config, loop, out.traffic, out.page)
	}
	return p, nil
}

func validate(o Options, s simulated) error {
	e, err := o.engineOf(s)
	if err != nil {
		return err
	}
	problems := e.Validate(o.Config, o.Hardware)
	if len(problems) == 0 {
		return nil
	}
	lines := make([]string, len(problems))
	for i, p := range problems {
		lines[i] = p.Error()
	}
	return fmt.Errorf("%w: %s", errFlags, strings.Join(lines, "; "))
}

// Times of a start from a local disk: weights at a quick disk's rate, then the
// compiled code from its cache and the captured graphs, or neither in eager mode
// (perfmodel.md, section 3: 23 s with a warm cache, 3 to 4 s of them graphs).
const (
	loadBytesPerSecond = 2 << 30
	initSeconds        = 23
	initSecondsEager   = 5
)

func loadingTime(m perfmodel.Model) time.Duration {
	seconds := m.WeightsBytes()/loadBytesPerSecond + initSeconds
	if m.Settings().Eager {
		seconds += initSecondsEager - initSeconds
	}
	return time.Duration(seconds * float64(time.Second))
}

// announce logs what the engine logs at its start, after saying what this is.
func (p *Program) announce() {
	p.log.Warn("SIMULATED engine: no GPU is used, timings are predictions of a model",
		"gpu", p.model.Settings().GPU, "gpus", max(p.options.Hardware.GPUs, 1), string(p.engine.kind()), p.engine.version())
	for _, flag := range p.options.Unknown {
		p.log.Warn("flag is not modelled and has no effect", "flag", flag)
	}
	p.engine.announce(p.log, p.model)
}
