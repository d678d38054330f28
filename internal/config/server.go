package config

import (
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"time"
)

// Server are the settings of the API server.
type Server struct {
	Common         `embed:""`
	TLS            `embed:""`
	Listen         string        `help:"Address the API listens on." default:":8002" placeholder:"HOST:PORT"`
	RatePerSecond  float64       `help:"Requests a second allowed to one key, or to one address without a key; 0 switches the limit off." default:"50"`
	Burst          int           `help:"Requests that one key, or one address without a key, may send at once." default:"200"`
	RequestTimeout time.Duration `help:"How long an ordinary request may take." default:"10s"`
	// ShutdownDelay is what a load balancer that asks /health/ready needs to look away.
	ShutdownDelay time.Duration `help:"How long after SIGTERM new requests are still taken, while /health/ready already answers 503." default:"1s"`
	Auth          string        `help:"Who may call: keys wants an API key of everybody; off lets everybody do everything, and is refused unless the API listens on loopback." enum:"keys,off" default:"keys"`
	// BootstrapKey is the key itself once the settings are loaded.
	BootstrapKey string `help:"Where the first admin's API key is: env:NAME or file:PATH. It is taken while the store has no admin's key; without it one is made, in the file bootstrap-key of the state folder." placeholder:"REFERENCE"`
	OIDC         `embed:""`
	WebUIURL     string `name:"web-ui-url" help:"Base address of Temporal's Web UI, to which the live page links each workflow; none makes no links." placeholder:"URL"`
	// AlertmanagerToken is the token itself once the settings are loaded.
	AlertmanagerToken string `help:"Where the bearer token is that Alertmanager's alerts must come with: env:NAME or file:PATH; none takes alerts from anybody." placeholder:"REFERENCE"`
	CodecOrigin       string `help:"Origin of Temporal's Web UI, as https://temporal.example.com, whose pages may have payloads decrypted at /codec; none lets no page of another origin do so." placeholder:"URL"`
	OrchestratorURL   string `help:"OptiInfra orchestrator to register with; none works alone." placeholder:"URL"`
	// OrchestratorToken is the token itself once the settings are loaded.
	OrchestratorToken string `help:"Where the bearer token for the orchestrator is: env:NAME or file:PATH." placeholder:"REFERENCE"`
	AdvertiseAddress  string `help:"Where the orchestrator reaches this API; default: this host's name and the port of --listen." placeholder:"HOST:PORT"`
	AgentName         string `help:"Name to register by; default: performance-agent-HOST." placeholder:"NAME"`
}

// LoadServer reads the settings of the API server. It returns ErrPrinted after
// --help and --version.
func LoadServer(src Source) (Server, error) {
	var s Server
	if err := load(src, &s, "server", "REST API of the Performance Agent."); err != nil {
		return Server{}, err
	}
	s.EngineLauncher = withoutBlanks(s.EngineLauncher)
	token, err := src.secret("alertmanager-token", s.AlertmanagerToken)
	if err != nil {
		return Server{}, err
	}
	s.AlertmanagerToken = token
	if s.OrchestratorToken, err = src.secret("orchestrator-token", s.OrchestratorToken); err != nil {
		return Server{}, err
	}
	if s.BootstrapKey, err = src.secret("bootstrap-key", s.BootstrapKey); err != nil {
		return Server{}, err
	}
	if s.Payload, err = src.payloadKeys(s.PayloadKeys); err != nil {
		return Server{}, err
	}
	if err := s.check(); err != nil {
		return Server{}, err
	}
	if err := s.OIDC.load(s.Auth); err != nil {
		return Server{}, err
	}
	return s, nil
}

func (s Server) check() error {
	if err := s.Common.check(); err != nil {
		return err
	}
	if err := checkListen("listen", s.Listen); err != nil {
		return err
	}
	if err := s.checkOrchestrator(); err != nil {
		return err
	}
	if s.WebUIURL != "" {
		if err := checkURL("web-ui-url", s.WebUIURL, "http://127.0.0.1:8233"); err != nil {
			return err
		}
	}
	switch {
	case s.RatePerSecond < 0:
		return wrong("rate-per-second", fmt.Sprintf("%g is negative", s.RatePerSecond), "give requests a second, or 0 for no limit")
	case s.RatePerSecond > 0 && s.Burst < 1:
		return wrong("burst", fmt.Sprintf("%d would refuse every request", s.Burst), "give at least 1, or switch the limit off with --rate-per-second=0")
	}
	if err := s.checkAuth(); err != nil {
		return err
	}
	if s.CodecOrigin != "" && !isOrigin(s.CodecOrigin) {
		return wrong("codec-origin", fmt.Sprintf("%q is not an origin", s.CodecOrigin), "give scheme, host and port of the Web UI, as https://temporal.example.com, without a path")
	}
	if err := s.TLS.check(); err != nil {
		return err
	}
	if s.ShutdownDelay < 0 {
		return wrong("shutdown-delay", fmt.Sprintf("%s is negative", s.ShutdownDelay), "give 0 to stop listening at once")
	}
	return positive("request-timeout", s.RequestTimeout)
}

func (s Server) checkOrchestrator() error {
	if s.OrchestratorURL == "" {
		return nil
	}
	if err := checkURL("orchestrator-url", s.OrchestratorURL, "http://orchestrator:8080"); err != nil {
		return err
	}
	if s.AdvertiseAddress == "" {
		return nil
	}
	return checkListen("advertise-address", s.AdvertiseAddress)
}

// minKeyLength is that of a key which nobody guesses, at 4 bits a character or
// more.
const minKeyLength = 32

// checkAuth lets nobody open the API to a network by leaving a setting out.
func (s Server) checkAuth() error {
	host, _, _ := net.SplitHostPort(s.Listen)
	address, err := netip.ParseAddr(host)
	local := host == "localhost" || err == nil && address.IsLoopback()
	switch {
	case s.Auth == "off" && !local:
		return wrong("auth", fmt.Sprintf("off would let everybody who reaches %s do everything", s.Listen), "use keys, or listen on loopback with --listen=127.0.0.1:8002")
	case s.BootstrapKey != "" && len(s.BootstrapKey) < minKeyLength:
		return wrong("bootstrap-key", fmt.Sprintf("refers to %d characters, which can be guessed", len(s.BootstrapKey)), fmt.Sprintf("use at least %d random ones, for example of: openssl rand -base64 33", minKeyLength))
	}
	return nil
}

// checkListen accepts what net.Listen does, with a numeric port.
func checkListen(flag, address string) error {
	_, port, err := net.SplitHostPort(address)
	if err == nil {
		_, err = strconv.ParseUint(port, 10, 16)
	}
	if err != nil {
		return wrong(flag, fmt.Sprintf("%q is not HOST:PORT", address), "give one such as :8002 or 127.0.0.1:8002")
	}
	return nil
}
