package gateway

import "io"

// OpenRate is the rate of the open loop.
var OpenRate = openRate

// Answer writes the upstream's answer.
func Answer(w io.Writer, path string) error { return answer(w, path) }

// PathWhole and PathFast are paths of the upstream, Tokens those of a stream.
const (
	PathWhole = pathWhole
	PathFast  = pathFast
	Tokens    = tokens
)
