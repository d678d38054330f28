package program

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"strconv"
	"time"

	"github.com/optiinfra/performance-agent/internal/engine"
	"github.com/optiinfra/performance-agent/internal/engine/known"
	"github.com/optiinfra/performance-agent/internal/llmsim/fault"
	"github.com/optiinfra/performance-agent/internal/serving"
)

// Options are those of the simulator and the engine's command line.
type Options struct {
	Hardware serving.Hardware
	// Startup is the time of loading until the engine serves; RealStartup is
	// instead about as long as the engine itself would take.
	Startup     time.Duration
	RealStartup bool
	Faults      string        // file, empty: none
	Planted     []fault.Fault // from the start
	Seed        uint64
	Variant     string // whose faults apply
	Config      serving.EngineConfig
	Host        string
	Port        int // 0: any free one
	// Unknown are flags that the catalogue does not know.
	Unknown []string
}

const usageText = `usage: llmsim [options] COMMAND LINE OF AN ENGINE
  llmsim [options] vllm serve MODEL [flags of vLLM]
  llmsim [options] text-generation-launcher --model-id MODEL [flags of TGI]
  llmsim [options] python -m sglang.launch_server --model-path MODEL [flags of SGLang]
A SIMULATED engine; its speed follows from the flags by a model of the hardware.
`

// ParseOptions reads the arguments after the program's name. usage receives the
// help text when it is asked for or an option is wrong.
func ParseOptions(args []string, variant string, usage io.Writer) (Options, error) {
	o := Options{Variant: variant, Startup: time.Second}
	set := flag.NewFlagSet("llmsim", flag.ContinueOnError)
	set.SetOutput(usage)
	set.Usage = func() {
		fmt.Fprint(usage, usageText)
		set.PrintDefaults()
	}
	set.StringVar(&o.Hardware.GPU, "gpu", "H100", "simulated `GPU`")
	set.IntVar(&o.Hardware.GPUs, "gpus", 1, "simulated GPUs of this replica")
	set.Func("startup", "`time` of loading until it serves, or \"real\" for about what the engine takes (default 1s)", o.setStartup)
	set.StringVar(&o.Faults, "faults", "", "JSON `file` of faults, followed while running")
	set.Func("fault", "a `fault` from the start, such as slow,factor=6 or crash,after_seconds=5; may be repeated", o.plant)
	set.Uint64Var(&o.Seed, "seed", 0, "of answers and of the jitter of steps")
	if err := set.Parse(args); err != nil {
		return o, err
	}
	if set.NArg() == 0 {
		set.Usage()
		return o, errors.New("the engine's command line is missing")
	}
	return o, o.readCommandLine(set.Args())
}

func (o *Options) setStartup(text string) error {
	if text == "real" {
		o.RealStartup = true
		return nil
	}
	var err error
	o.Startup, err = time.ParseDuration(text)
	return err
}

func (o *Options) plant(text string) error {
	f, err := fault.ParseOption(text)
	o.Planted = append(o.Planted, f)
	return err
}

func (o *Options) readCommandLine(args []string) error {
	s, err := simulatedOf(args)
	if err != nil {
		return err
	}
	e, err := o.engineOf(s)
	if err != nil {
		return err
	}
	if o.Config, err = e.Parse(args); err != nil {
		return err
	}
	o.Config.Version = s.version()
	o.Unknown = e.Catalogue().Unknown(o.Config)
	return o.readAddress(args, s.address())
}

func (o *Options) engineOf(s simulated) (engine.Engine, error) {
	return known.Engines().Engine(s.kind())
}

// readAddress takes host and port, which are no part of a configuration.
func (o *Options) readAddress(args []string, usual address) error {
	o.Host, o.Port = usual.host, usual.port
	if host := lastValue(args, usual.hostFlag); host != "" {
		o.Host = host
	}
	text := lastValue(args, usual.portFlags...)
	if text == "" {
		return nil
	}
	var err error
	if o.Port, err = strconv.Atoi(text); err != nil || o.Port < 0 || o.Port > 65535 {
		return fmt.Errorf("argument --port: invalid int value: %q", text)
	}
	return nil
}

// text is the value of a flag, "" when it is not set.
func (o Options) text(flag string) string {
	value, _ := o.Config.Get(flag)
	return value
}

// number is the value of a flag, or the usual one when it is not set; Validate
// refuses what is not a number.
func (o Options) number(flag string, usual int) int {
	n, err := strconv.Atoi(o.text(flag))
	if err != nil {
		return usual
	}
	return n
}

// on reports a switch that is set.
func (o Options) on(flag string) bool {
	value, set := o.Config.Get(flag)
	return set && value != "false"
}
