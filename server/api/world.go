package api

import (
	"context"
	"net/netip"

	"github.com/optiinfra/performance-agent/internal/serving"
)

// Variants tells which variants of a fleet run and where.
type Variants interface {
	Describe(ctx context.Context, fleet serving.Fleet) ([]serving.VariantStatus, error)
}

// Router reads a fleet's router: the split of traffic in force, and the requests
// that ended within [since, until).
type Router interface {
	Traffic(ctx context.Context, fleet serving.Fleet) (serving.Traffic, error)
	Observe(ctx context.Context, fleet serving.Fleet, sinceUnix, untilUnix float64) ([]serving.ArmObservation, error)
}

// Scraper reads what the replicas of a fleet report, from where its record says.
type Scraper interface {
	// Read is what one replica reports now, or reported last.
	Read(ctx context.Context, fleet serving.Fleet, endpoint string) (serving.Reading, error)
	// Watch are the readings of each replica over a window, in order of time. A
	// replica that cannot be read is a *serving.UnreadableError.
	Watch(ctx context.Context, fleet serving.Fleet, endpoints []string, windowSeconds float64) ([][]serving.Reading, error)
}

// Resolver looks up the addresses of a host name; *net.Resolver is one.
type Resolver interface {
	LookupNetIP(ctx context.Context, network, host string) ([]netip.Addr, error)
}

// Check is one dependency that must answer for the server to be ready.
type Check struct {
	Name  string
	Probe func(ctx context.Context) error
}
