package program

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/optiinfra/performance-agent/internal/engine/vllm"
	"github.com/optiinfra/performance-agent/internal/serving"
)

// version is the vLLM whose behaviour and metric names are simulated.
const version = "0.20.1"

// Options are those of the simulator and the engine's command line.
type Options struct {
	Hardware serving.Hardware
	Startup  time.Duration // between listening and serving
	Faults   string        // file, empty: none
	Seed     uint64
	Variant  string // whose faults apply
	Config   serving.EngineConfig
	Host     string
	Port     int // 0: any free one
	// Unknown are flags that the catalogue does not know.
	Unknown []string
}

// ParseOptions reads the arguments after the program's name. usage receives the
// help text when it is asked for or an option is wrong.
func ParseOptions(args []string, variant string, usage io.Writer) (Options, error) {
	o := Options{Variant: variant}
	set := flag.NewFlagSet("llmsim", flag.ContinueOnError)
	set.SetOutput(usage)
	set.Usage = func() {
		fmt.Fprintln(usage, "usage: llmsim [options] vllm serve MODEL [flags of vLLM]\nA SIMULATED engine; its speed follows from the flags by a model of the hardware.")
		set.PrintDefaults()
	}
	set.StringVar(&o.Hardware.GPU, "gpu", "H100", "simulated `GPU`")
	set.IntVar(&o.Hardware.GPUs, "gpus", 1, "simulated GPUs of this replica")
	set.DurationVar(&o.Startup, "startup", time.Second, "time of loading until /health answers 200")
	set.StringVar(&o.Faults, "faults", "", "JSON `file` of faults, followed while running")
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

func (o *Options) readCommandLine(args []string) error {
	engine := vllm.New()
	var err error
	if o.Config, err = engine.Parse(args); err != nil {
		return err
	}
	o.Config.Version = version
	o.Unknown = engine.Catalogue().Unknown(o.Config)
	if o.Host = lastValue(args, "--host"); o.Host == "" {
		o.Host = "0.0.0.0"
	}
	o.Port = 8000
	if text := lastValue(args, "--port"); text != "" {
		if o.Port, err = strconv.Atoi(text); err != nil || o.Port < 0 || o.Port > 65535 {
			return fmt.Errorf("argument --port: invalid int value: %q", text)
		}
	}
	return nil
}

// lastValue is the value of a flag that is no part of a configuration; "" when
// it is not set. The last one wins, as in argparse.
func lastValue(args []string, name string) string {
	value := ""
	for i, a := range args {
		if joined, ok := strings.CutPrefix(a, name+"="); ok {
			value = joined
		}
		if a == name && i+1 < len(args) {
			value = args[i+1]
		}
	}
	return value
}

// streamInterval is the number of tokens in a message of a stream.
func (o Options) streamInterval() int {
	value, _ := o.Config.Get("--stream-interval")
	n, err := strconv.Atoi(value)
	if err != nil {
		return 1 // not set: Validate refuses what is not a number
	}
	return n
}

// servedNames are what clients may ask for.
func (o Options) servedNames() []string {
	value, _ := o.Config.Get("--served-model-name")
	if names := strings.Fields(value); len(names) > 0 {
		return names
	}
	return []string{o.Config.Model}
}
