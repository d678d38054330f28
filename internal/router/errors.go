package router

import (
	"errors"
	"fmt"

	"github.com/optiinfra/performance-agent/internal/serving"
)

// What can go wrong at a router, for errors.Is. Those that no retry cures are
// serving.ErrPermanent as well.
var (
	// ErrStaleRevision: the router has a newer revision, or the same one with
	// another split. The caller was overtaken and must not try again.
	ErrStaleRevision error = permanent("router has a newer revision")
	// ErrUnknownKind: no implementation has the name in fleet.Router.Kind.
	ErrUnknownKind error = permanent("unknown kind of router")
	// ErrInvalid: the router refused the content; trying again changes nothing.
	ErrInvalid error = permanent("router refused the request")
	// ErrInUse: the call would take the last endpoint from a variant that has
	// weight. It is an ErrInvalid until the weights change.
	ErrInUse = fmt.Errorf("%w: the variant has weight", ErrInvalid)
	// ErrUnreachable: the router gave no answer, or one that says it is broken;
	// try again.
	ErrUnreachable = errors.New("router is unreachable")
	// ErrNoSamples and ErrNoCounters: the kind of router has no such measurement.
	// They are the sentinels of package serving, which activities know.
	ErrNoSamples  = serving.ErrNoSamples
	ErrNoCounters = serving.ErrNoCounters
)

// permanent is a sentinel that is a serving.ErrPermanent without saying so in
// every message.
type permanent string

// Error is the text of the sentinel.
func (p permanent) Error() string { return string(p) }

// Unwrap makes it a serving.ErrPermanent.
func (p permanent) Unwrap() error { return serving.ErrPermanent }
