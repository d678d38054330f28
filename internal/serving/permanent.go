package serving

import "errors"

// ErrPermanent marks an error that no retry can cure: invalid input, a stale
// revision, something that does not exist. Adapters wrap it into their sentinel
// errors; activities turn it into a non-retryable failure.
var ErrPermanent = errors.New("permanent")
