package router

import (
	"fmt"

	"github.com/optiinfra/performance-agent/internal/serving"
)

// Fence decides by the revisions whether a split may replace the one in force.
// already means that it is in force under this very revision, so that a retry
// changes nothing and is right.
func Fence(inForce, next serving.Weights) (already bool, err error) {
	if next.Revision > inForce.Revision {
		return false, nil
	}
	if next.Revision < inForce.Revision {
		return false, fmt.Errorf("%w: revision %d is in force, %d is older", ErrStaleRevision, inForce.Revision, next.Revision)
	}
	if !next.SameSplit(inForce) {
		return false, fmt.Errorf("%w: revision %d is in force with another split", ErrStaleRevision, next.Revision)
	}
	return true, nil
}
