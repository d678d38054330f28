package whatif

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"time"

	"github.com/optiinfra/performance-agent/internal/serving"
)

// calibrated is the vLLM whose measured runs the model was fitted on, and the
// version that is simulated unless another is asked for.
const calibrated = "0.15.1"

// Options are the command line of `llmsim run`.
type Options struct {
	Hardware serving.Hardware // GPUs 0: as many as the engine's flags need
	Version  string           // of the engine
	Traffic  Traffic
	Trace    string // file; empty: generated traffic
	Seed     uint64
	JSON     string   // file, "-" is standard output, empty: text
	Command  []string // of the engine
}

// ParseOptions reads the arguments after "run". usage receives the help text
// when it is asked for or an option is wrong.
func ParseOptions(args []string, usage io.Writer) (Options, error) {
	o := Options{Traffic: DefaultTraffic()}
	var rate float64
	var duration time.Duration
	var stages string
	set := flag.NewFlagSet("llmsim run", flag.ContinueOnError)
	set.SetOutput(usage)
	set.Usage = func() {
		fmt.Fprintln(usage, "usage: llmsim run [options] -- vllm serve MODEL [flags of vLLM]\nWhat a SIMULATED engine would do under a workload, in virtual time.")
		set.PrintDefaults()
	}
	set.StringVar(&o.Hardware.GPU, "gpu", "H100", "simulated `GPU`")
	set.IntVar(&o.Hardware.GPUs, "gpus", 0, "simulated GPUs of the engine; 0: as many as its flags need")
	set.StringVar(&o.Version, "version", "", "simulated engine version; vLLM unless stated "+calibrated)
	set.StringVar(&o.Trace, "trace", "", "CSV `file` of timestamp, prompt tokens, output tokens to replay")
	set.Float64Var(&rate, "rate", 0, "requests per second")
	set.DurationVar(&duration, "duration", 10*time.Minute, "time in which requests are sent")
	set.StringVar(&stages, "stages", "", "several rates in turn, as \"8:600s,20:600s\"")
	set.IntVar(&o.Traffic.Input, "input", o.Traffic.Input, "tokens of a prompt, the shared part included")
	set.IntVar(&o.Traffic.Output, "output", o.Traffic.Output, "tokens of an answer")
	set.Float64Var(&o.Traffic.PrefixShare, "prefix-share", 0, "part of a prompt that is its group's system prompt, 0..1")
	set.IntVar(&o.Traffic.Groups, "prefix-groups", o.Traffic.Groups, "system prompts")
	set.IntVar(&o.Traffic.Prompts, "prompts", o.Traffic.Prompts, "prompts that are sent round and round when a part is shared; 0: each is new")
	set.StringVar(&o.Traffic.Arrival, "arrival", o.Traffic.Arrival, "intervals between requests: poisson (exponential, filling the stage) or constant")
	set.Uint64Var(&o.Seed, "seed", 1, "of arrivals and of the jitter of steps")
	set.StringVar(&o.JSON, "json", "", "`file` for the result as JSON, - for standard output")
	if err := set.Parse(args); err != nil {
		return o, err
	}
	o.Command = set.Args()
	if len(o.Command) == 0 {
		return o, errors.New("the engine's command line is missing, for example: -- vllm serve meta-llama/Llama-3.1-8B-Instruct")
	}
	return o, o.setStages(stages, rate, duration)
}

// setStages checks that the load was stated once.
func (o *Options) setStages(stages string, rate float64, duration time.Duration) error {
	given := 0
	for _, is := range []bool{stages != "", rate != 0, o.Trace != ""} {
		if is {
			given++
		}
	}
	if given != 1 {
		return errors.New("state the load once, by -rate, -stages or -trace")
	}
	if o.Trace != "" {
		return nil
	}
	var err error
	o.Traffic.Stages = []Stage{{Rate: rate, Seconds: duration.Seconds()}}
	if stages != "" {
		if o.Traffic.Stages, err = ParseStages(stages); err != nil {
			return err
		}
	}
	return o.Traffic.check()
}
