package whatif

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"

	"github.com/optiinfra/performance-agent/internal/engine"
)

// Exit codes, as those of the program's other command.
const (
	exitOK      = 0
	exitFailure = 1
	exitUsage   = 2
)

// Main is `llmsim run`: args are those after "run".
func Main(args []string, engines engine.Registry, stdout, stderr io.Writer) int {
	options, err := ParseOptions(args, stderr)
	if errors.Is(err, flag.ErrHelp) {
		return exitOK
	}
	if err != nil {
		fmt.Fprintln(stderr, "llmsim run: error:", err)
		return exitUsage
	}
	report, err := options.run(engines)
	if err == nil {
		err = options.write(report, stdout)
	}
	if err != nil {
		fmt.Fprintln(stderr, "llmsim run: error:", err)
		return exitFailure
	}
	return exitOK
}

func (o *Options) run(engines engine.Registry) (Report, error) {
	cfg, m, unknown, err := o.model(engines)
	if err != nil {
		return Report{}, err
	}
	var r Report
	if o.Trace == "" {
		r, err = Run(m, o.Traffic, o.Seed)
	} else {
		file, e := os.Open(o.Trace)
		if e != nil {
			return Report{}, fmt.Errorf("trace: %w", e)
		}
		defer file.Close()
		r, err = Replay(m, file, o.Seed)
	}
	r.Model, r.GPUs, r.Version, r.Unknown = cfg.Model, o.Hardware.GPUs, cfg.Version, unknown
	return r, err
}

func (o *Options) write(r Report, stdout io.Writer) error {
	switch o.JSON {
	case "":
		r.WriteText(stdout)
		return nil
	case "-":
		return r.WriteJSON(stdout)
	}
	file, err := os.Create(o.JSON)
	if err != nil {
		return fmt.Errorf("write the report: %w", err)
	}
	if err := r.WriteJSON(file); err != nil {
		file.Close()
		return err
	}
	if err := file.Close(); err != nil {
		return fmt.Errorf("write the report: %w", err)
	}
	return nil
}
