package provision

import "errors"

// What can go wrong, for errors.Is.
var (
	// ErrUnknownKind: no implementation has the name in fleet.Provisioner.Kind.
	ErrUnknownKind = errors.New("unknown kind of provisioner")
	// ErrInvalid: the request or the configuration can never be provisioned.
	ErrInvalid = errors.New("cannot be provisioned")
	// ErrStartFailed: a replica ended before it served, or did not serve in time.
	// The message ends with the tail of its log.
	ErrStartFailed = errors.New("replica failed to start")
)
