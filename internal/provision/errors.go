package provision

import (
	"errors"

	"github.com/optiinfra/performance-agent/internal/serving"
)

// What can go wrong for good, for errors.Is; all are serving.ErrPermanent as
// well.
var (
	// ErrUnknownKind: no implementation has the name in fleet.Provisioner.Kind.
	ErrUnknownKind error = permanent("unknown kind of provisioner")
	// ErrInvalid: the request or the configuration can never be provisioned.
	ErrInvalid error = permanent("cannot be provisioned")
	// ErrStartFailed: a replica ended before it served, or did not serve in time.
	// The message ends with the tail of its log.
	ErrStartFailed error = permanent("replica failed to start")
	// ErrNoCapacity: there is no room for the replicas; nothing was started. Asking
	// again at once is in vain: somebody has to give back what it uses.
	ErrNoCapacity error = permanent("not enough free accelerators")
)

// errPortLost: the replica ended and somebody else listens on its port. Another
// port cures it.
var errPortLost = errors.New("port of the replica is taken by another process")

// permanent is a sentinel that is a serving.ErrPermanent without saying so in
// every message.
type permanent string

// Error is the text of the sentinel.
func (p permanent) Error() string { return string(p) }

// Unwrap makes it a serving.ErrPermanent.
func (p permanent) Unwrap() error { return serving.ErrPermanent }
