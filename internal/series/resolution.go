package series

import (
	"fmt"
	"time"
)

// Resolution is the length of the stretches that measurements are merged into.
type Resolution string

// Resolutions. Raw is one snapshot each.
const (
	Raw    Resolution = "raw"
	Minute Resolution = "1m"
	Hour   Resolution = "1h"
)

// Resolutions are all of them, the finest first.
func Resolutions() []Resolution { return []Resolution{Raw, Minute, Hour} }

// Length of a stretch; 0 for Raw.
func (r Resolution) Length() time.Duration {
	switch r {
	case Minute:
		return time.Minute
	case Hour:
		return time.Hour
	}
	return 0
}

// ParseResolution reads a resolution's name.
func ParseResolution(name string) (Resolution, error) {
	for _, r := range Resolutions() {
		if string(r) == name {
			return r, nil
		}
	}
	return "", fmt.Errorf("%q is no resolution, use one of %v", name, Resolutions())
}
