package config

import (
	"fmt"
	"net/netip"
	"time"
)

// Server is the settings of the API server.
type Server struct {
	Shared
	Listen          string        `default:":8002" env:"PERFAGENT_LISTEN" help:"Address the API listens on."`
	AllowedNetworks []string      `env:"PERFAGENT_ALLOWED_NETWORKS" placeholder:"CIDR" help:"Networks in which fleets, routers and targets may be; default: loopback and private ones. Link-local and metadata addresses are refused always."`
	RatePerSecond   float64       `default:"50" env:"PERFAGENT_RATE_PER_SECOND" help:"Requests per second and client address; 0 switches the limit off."`
	RequestTimeout  time.Duration `default:"10s" env:"PERFAGENT_REQUEST_TIMEOUT" help:"Bound of an ordinary request."`
	PrintOpenAPI    bool          `name:"print-openapi" help:"Print the API contract as JSON and exit, starting nothing."`
}

// Networks are the allowed networks, nil for the default.
func (s Server) Networks() ([]netip.Prefix, error) {
	var out []netip.Prefix
	for _, text := range s.AllowedNetworks {
		p, err := netip.ParsePrefix(text)
		if err != nil {
			return nil, fmt.Errorf("allowed-networks: %q is not a network: write it like 10.0.0.0/8", text)
		}
		out = append(out, p.Masked())
	}
	return out, nil
}

// Validate names the field that is wrong and how to mend it.
func (s Server) Validate() error {
	if s.RatePerSecond < 0 {
		return fmt.Errorf("rate-per-second: %g must not be negative; 0 switches the limit off", s.RatePerSecond)
	}
	if s.RequestTimeout <= 0 {
		return fmt.Errorf("request-timeout: %s must be positive, for example 10s", s.RequestTimeout)
	}
	_, err := s.Networks()
	return err
}
