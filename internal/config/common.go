package config

import (
	"fmt"
	"net/netip"
	"net/url"
	"time"

	"github.com/optiinfra/performance-agent/internal/payloadcodec"
)

// Common is what the server and the worker both need. They must be given the
// same database, and on one machine the same state folder, since the server
// asks it which replicas run.
type Common struct {
	Config      string `help:"YAML file with settings; a flag or variable beats it." placeholder:"FILE"`
	DatabaseURL string `help:"Where records are kept: postgres://... or sqlite:PATH." default:"sqlite:performance-agent.db" placeholder:"URL"`
	StateDir    string `help:"Folder in which engines run by this host are recorded." default:"performance-agent-state" placeholder:"DIR"`
	// EngineLauncher is split at spaces, so its parts cannot contain any.
	EngineLauncher []string `help:"Put before the command line of every engine that this host runs, for example a wrapper script." sep:" " placeholder:"COMMAND"`
	// AllowedNetworks has no default here: what is allowed when nothing is said
	// is the guard's to decide.
	AllowedNetworks []netip.Prefix `help:"Networks in which fleets, routers, gates and load test targets may be; default: loopback and private ones. Link-local and metadata addresses are refused always." placeholder:"CIDR"`
	// PayloadKeys is as given; Payload is what it refers to.
	PayloadKeys []string `help:"Keys that encrypt what Temporal keeps of workflows: ID=env:NAME or ID=file:PATH, to 32 bytes in base64. The first encrypts, all decrypt; none encrypts nothing. Server and worker need the same." placeholder:"ID=REFERENCE"`
	// Payload are the keys themselves once the settings are loaded.
	Payload       []payloadcodec.Key `kong:"-"`
	LogLevel      string             `help:"Least level that is logged: debug, info, warn or error." enum:"debug,info,warn,error" default:"info"`
	LogFormat     string             `help:"Form of the log: text or json." enum:"text,json" default:"text"`
	TraceEndpoint string             `help:"Collector that takes OpenTelemetry traces as OTLP over HTTP, as http://collector:4318; none traces nothing." placeholder:"URL"`
	// TraceShare keeps production's traces few where every request of a page polls.
	TraceShare float64 `help:"Share of traces that are kept, 0..1." default:"1"`
	// ShutdownTimeout must stay below what the supervisor allows: Kubernetes
	// kills after 30 s.
	ShutdownTimeout time.Duration `help:"How long running work may take to end after SIGTERM." default:"20s"`
}

func (c Common) check() error {
	switch {
	case c.DatabaseURL == "":
		return wrong("database-url", "is empty", "give sqlite:PATH or postgres://USER:PASSWORD@HOST/DATABASE, or leave it out")
	case c.StateDir == "":
		return wrong("state-dir", "is empty", "name a folder that this process may write to, or leave it out")
	}
	if err := c.checkTracing(); err != nil {
		return err
	}
	return positive("shutdown-timeout", c.ShutdownTimeout)
}

func (c Common) checkTracing() error {
	if !(c.TraceShare >= 0 && c.TraceShare <= 1) {
		return wrong("trace-share", fmt.Sprintf("%g is not within 0..1", c.TraceShare), "give 1 for all traces, 0.1 for every tenth")
	}
	if c.TraceEndpoint == "" {
		return nil
	}
	return checkURL("trace-endpoint", c.TraceEndpoint, "http://collector:4318")
}

// checkURL accepts http and https addresses.
func checkURL(flag, address, example string) error {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return wrong(flag, fmt.Sprintf("%q is not an http or https address", address), "give one such as "+example)
	}
	return nil
}

// wrong names a setting by flag and variable, what is wrong and how to mend it.
func wrong(flag, problem, fix string) error {
	return fmt.Errorf("--%s (%s): %s: %s", flag, envName(flag), problem, fix)
}

func positive(flag string, d time.Duration) error {
	if d <= 0 {
		return wrong(flag, fmt.Sprintf("%s is not a positive duration", d), "give one such as 20s")
	}
	return nil
}
