package provision

import (
	"cmp"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/optiinfra/performance-agent/internal/serving"
)

// Defaults of ProcessOptions.
const (
	// DefaultStartTimeout covers loading tens of gigabytes of weights, compiling
	// and capturing CUDA graphs.
	DefaultStartTimeout = 15 * time.Minute
	// DefaultStopGrace is what an engine gets to finish its running requests
	// between SIGTERM and SIGKILL; Kubernetes gives the same.
	DefaultStopGrace = 30 * time.Second
	// DefaultRecoverTimeout spans a long pause of a busy engine.
	DefaultRecoverTimeout = 30 * time.Second
)

// CommandLine renders the arguments of an engine's process, program first.
type CommandLine func(cfg serving.EngineConfig, host string, port int) ([]string, error)

// ProcessOptions configure a Process.
type ProcessOptions struct {
	// StateDir keeps records, locks and logs; workers that share it share the
	// replicas. Required.
	StateDir string
	// CommandLine renders an engine's command line. Required.
	CommandLine CommandLine
	// Launcher is put before the command line, for example a wrapper or the
	// simulated engine; usually empty.
	Launcher []string
	// Env is the environment of the engines; nil: that of this process. Variables
	// named PERFAGENT_* are left out of it: the agent's settings, credentials
	// among them, are not the engines' business.
	Env []string
	// Host is the address the engines listen on; empty: 127.0.0.1.
	Host string
	// StartTimeout bounds the wait for one replica to serve; 0:
	// DefaultStartTimeout.
	StartTimeout time.Duration
	// RecoverTimeout is what a replica that has served before gets to answer its
	// health check again before it is replaced; 0: DefaultRecoverTimeout.
	RecoverTimeout time.Duration
	// StopGrace is the time between SIGTERM and SIGKILL; 0: DefaultStopGrace.
	StopGrace time.Duration
	// FreePort proposes a port on the host; nil: a free one outside the range from
	// which the system takes the ports of outgoing connections.
	FreePort func(host string) (int, error)
	// Logger gets what is started and stopped; nil: discarded.
	Logger *slog.Logger
}

func (o ProcessOptions) withDefaults() ProcessOptions {
	if absolute, err := filepath.Abs(o.StateDir); err == nil {
		o.StateDir = absolute // logs are named to people who are elsewhere
	}
	o.Host = cmp.Or(o.Host, "127.0.0.1")
	o.StartTimeout = cmp.Or(o.StartTimeout, DefaultStartTimeout)
	o.RecoverTimeout = cmp.Or(o.RecoverTimeout, DefaultRecoverTimeout)
	o.StopGrace = cmp.Or(o.StopGrace, DefaultStopGrace)
	if o.FreePort == nil {
		o.FreePort = freePort
	}
	if o.Env == nil {
		o.Env = os.Environ()
	}
	o.Env = slices.DeleteFunc(slices.Clone(o.Env), func(v string) bool { return strings.HasPrefix(v, "PERFAGENT_") })
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	return o
}
