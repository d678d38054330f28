package tgi

import (
	"errors"
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/optiinfra/performance-agent/internal/engine"
	"github.com/optiinfra/performance-agent/internal/serving"
)

// program is the launcher; the router and the shards it starts are its own
// business.
func program() engine.Program {
	return engine.Program{Name: "tgi", Executable: executable}
}

const (
	executable = "text-generation-launcher"
	// imageName is that of the published container image, whose entry point is the
	// launcher.
	imageName = "text-generation-inference"
	flagModel = "--model-id"
	flagHost  = "--hostname"
	flagPort  = "--port"
)

// withLaunchFlags adds the model and the address, which a configuration does not
// have among its flags.
func withLaunchFlags(c engine.Catalogue) engine.Catalogue {
	c.Parameters = slices.Concat(c.Parameters, []engine.Parameter{
		{Flag: flagModel, Type: engine.String}, {Flag: flagHost, Type: engine.String}, {Flag: flagPort, Aliases: []string{"-p"}, Type: engine.Int},
	})
	return c
}

var errNoModel = errors.New("no model on the command line, add --model-id (the environment variable MODEL_ID is not seen here)")

// Parse reads the launcher's command line: with or without a path or a wrapper
// before it, after "docker run ... text-generation-inference:TAG", or only the
// arguments, as a container has them.
func (e Engine) Parse(args []string) (serving.EngineConfig, error) {
	rest, err := program().Arguments(afterImage(args))
	if err != nil {
		return serving.EngineConfig{}, err
	}
	cfg, err := e.parse(rest)
	if err != nil {
		return serving.EngineConfig{}, fmt.Errorf("parse tgi command line: %w", err)
	}
	return cfg, nil
}

func (e Engine) parse(args []string) (serving.EngineConfig, error) {
	if again := e.repeated(args); again != "" {
		return serving.EngineConfig{}, fmt.Errorf("%s is given twice, which the launcher refuses", again)
	}
	parsed, err := engine.ParseArguments(e.arguments, args)
	switch {
	case err != nil:
		return serving.EngineConfig{}, err
	case len(parsed.Positionals) > 0:
		return serving.EngineConfig{}, fmt.Errorf("unexpected argument %q", parsed.Positionals[0])
	}
	cfg := serving.EngineConfig{Engine: serving.TGI, Flags: e.canonical(parsed.Flags)}
	cfg.Model, _ = cfg.Get(flagModel)
	cfg = cfg.Without(flagModel, flagHost, flagPort)
	if cfg.Model == "" {
		return serving.EngineConfig{}, errNoModel
	}
	if len(cfg.Flags) == 0 {
		cfg.Flags = nil
	}
	return cfg, nil
}

// CommandLine renders the configuration for the launcher. An empty host or a
// port of 0 is left to the engine.
func (e Engine) CommandLine(cfg serving.EngineConfig, host string, port int) []string {
	out := []string{executable, flagModel, cfg.Model}
	out = append(out, engine.RenderFlags(e.catalogue, e.canonical(cfg.Flags))...)
	if host != "" {
		out = append(out, flagHost, host)
	}
	if port != 0 {
		out = append(out, flagPort, strconv.Itoa(port))
	}
	return out
}

// canonical writes switches as clap takes them: they are there or not, and have
// neither a value nor a negation.
func (e Engine) canonical(flags []serving.Flag) []serving.Flag {
	var out []serving.Flag
	for _, f := range flags {
		if p, known := e.catalogue.Parameter(f.Name); known && p.Type == engine.Bool {
			if strings.EqualFold(f.Value, "false") {
				continue
			}
			f = serving.Flag{Name: p.Flag}
		}
		out = append(out, f)
	}
	return out
}

// repeated is the first known flag that is given twice, under whichever of its
// names. Flags that the catalogue does not know may be ones that add up.
func (e Engine) repeated(args []string) string {
	var seen []string
	for _, arg := range args {
		name, _, _ := strings.Cut(arg, "=")
		p, known := e.arguments.Parameter(strings.ReplaceAll(name, "_", "-"))
		switch {
		case !known:
		case slices.Contains(seen, p.Flag):
			return p.Flag
		default:
			seen = append(seen, p.Flag)
		}
	}
	return ""
}

// afterImage cuts off "docker run ... IMAGE"; arguments without the image stay.
func afterImage(args []string) []string {
	for i, arg := range args {
		name, _, _ := strings.Cut(path.Base(arg), ":")
		name, _, _ = strings.Cut(name, "@")
		if name == imageName && !strings.HasPrefix(arg, "-") {
			return args[i+1:]
		}
	}
	return args
}
