package engine

import "github.com/optiinfra/performance-agent/internal/serving"

// Launcher knows how an engine is started.
type Launcher interface {
	// Catalogue describes the launch parameters the agent understands.
	Catalogue() Catalogue
	// Parse reads a real command line. The result is canonical: long flag names,
	// one entry for each known parameter, a switch that is off as the value
	// "false". Flags that the catalogue does not know are kept as written.
	// Listening address and port are no part of a configuration.
	Parse(args []string) (serving.EngineConfig, error)
	// CommandLine renders a configuration as the arguments of a process, program
	// first. Parsing what it renders gives the configuration again.
	CommandLine(cfg serving.EngineConfig, host string, port int) []string
	// Validate lists the constraints that a configuration breaks on the given
	// hardware; none means that the engine is expected to start. A rule whose
	// inputs are not known (an unknown GPU, a limit that only the model's own
	// configuration states) is not judged.
	Validate(cfg serving.EngineConfig, hw serving.Hardware) []Problem
}

// MetricReader translates an engine's metrics page.
type MetricReader interface {
	// Read never fails: what a page lacks is listed in the reading as missing.
	// It sets neither the time nor the endpoint, which the page does not state.
	Read(Families) serving.Reading
	// Recognises says whether a family of this name is one of the engine's own
	// in some version, so that an engine can be told from its page alone.
	Recognises(family string) bool
}

// Engine is all that the agent needs to know of one serving engine. An
// implementation is immutable and may be used from several goroutines.
type Engine interface {
	Launcher
	MetricReader
	InfoReader
	IndicatorSource
}

// Canonical gives a configuration that was written by hand (over the API, in a
// file) the form that Parse gives, so that two spellings of one configuration
// have the same key.
func Canonical(l Launcher, cfg serving.EngineConfig) (serving.EngineConfig, error) {
	parsed, err := l.Parse(l.CommandLine(cfg, "", 0))
	if err != nil {
		return serving.EngineConfig{}, err
	}
	parsed.Version = cfg.Version
	return parsed, nil
}
