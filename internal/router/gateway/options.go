package gateway

import (
	"log/slog"
	"time"
)

// Defaults of Options.
const (
	// DefaultMaxBodyBytes holds a prompt of some million tokens, and bounds what
	// a request can make the gateway keep in memory.
	DefaultMaxBodyBytes = 16 << 20
	// DefaultSampleCapacity is 10 minutes of samples at 33 requests a second, at
	// 80 bytes each.
	DefaultSampleCapacity = 20_000
	// DefaultResponseHeaderTimeout is long because an engine sends the headers of
	// an answer that is not streamed only when the whole of it is generated.
	DefaultResponseHeaderTimeout = 10 * time.Minute
	// DefaultDialTimeout is what a request can lose on a replica whose host
	// vanished, before it goes elsewhere.
	DefaultDialTimeout = 2 * time.Second
)

// Options configure a gateway. The zero value works and forgets its state at a
// restart.
type Options struct {
	// StateFile keeps weights and pools over a restart; none when empty.
	StateFile string
	// Logger gets changes and failures; they are discarded when it is nil.
	Logger *slog.Logger
	// MaxBodyBytes is the largest request body taken; 0: DefaultMaxBodyBytes.
	MaxBodyBytes int64
	// SampleCapacity is how many of the newest samples are kept of each variant;
	// 0: DefaultSampleCapacity.
	SampleCapacity int
	// ResponseHeaderTimeout bounds the wait for an answer's headers; 0:
	// DefaultResponseHeaderTimeout. A request that ran into it is not resent: the
	// replica may be working on it.
	ResponseHeaderTimeout time.Duration
	// DialTimeout bounds connecting to a replica; 0: DefaultDialTimeout.
	DialTimeout time.Duration
}

func (o Options) withDefaults() Options {
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.MaxBodyBytes == 0 {
		o.MaxBodyBytes = DefaultMaxBodyBytes
	}
	if o.SampleCapacity == 0 {
		o.SampleCapacity = DefaultSampleCapacity
	}
	if o.ResponseHeaderTimeout == 0 {
		o.ResponseHeaderTimeout = DefaultResponseHeaderTimeout
	}
	if o.DialTimeout == 0 {
		o.DialTimeout = DefaultDialTimeout
	}
	return o
}
