package router

import (
	"errors"
	"fmt"
)

// What can go wrong at a router, for errors.Is.
var (
	// ErrStaleRevision: the router has a newer revision, or the same one with
	// another split. The caller was overtaken and must not try again.
	ErrStaleRevision = errors.New("router has a newer revision")
	// ErrUnknownKind: no implementation has the name in fleet.Router.Kind.
	ErrUnknownKind = errors.New("unknown kind of router")
	// ErrInvalid: the router refused the content; trying again changes nothing.
	ErrInvalid = errors.New("router refused the request")
	// ErrInUse: the call would take the last endpoint from a variant that has
	// weight. It is an ErrInvalid until the weights change.
	ErrInUse = fmt.Errorf("%w: the variant has weight", ErrInvalid)
	// ErrUnreachable: the router gave no answer, or one that says it is broken;
	// try again.
	ErrUnreachable = errors.New("router is unreachable")
)
