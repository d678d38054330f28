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

// Scraper reads what one replica reports now.
type Scraper interface {
	Read(ctx context.Context, endpoint string, kind serving.EngineKind) (serving.Reading, error)
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
