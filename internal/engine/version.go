package engine

import (
	"cmp"
	"strconv"
	"strings"
)

// Version is a release number, major first. Pre-release and build marks are
// ignored: 0.20.1rc1+cu128 counts as 0.20.1, since a flag that a release has is
// normally in its candidates.
type Version [3]int

// ParseVersion reads "0.11", "v0.20.1" or "0.20.1rc1+cu128". ok is false for
// anything else ("", "main", a commit), about which nothing can be said.
func ParseVersion(text string) (v Version, ok bool) {
	parts := strings.Split(strings.TrimPrefix(text, "v"), ".")
	for i := range min(len(parts), len(v)) {
		digits := len(parts[i]) - len(strings.TrimLeft(parts[i], "0123456789"))
		n, err := strconv.Atoi(parts[i][:digits])
		if err != nil {
			return v, i >= 2 // "0.11.dev3" is 0.11
		}
		v[i] = n
		if digits < len(parts[i]) {
			return v, i >= 1
		}
	}
	return v, len(parts) >= 2
}

// Before reports whether v is an earlier release than o.
func (v Version) Before(o Version) bool {
	for i := range v {
		if c := cmp.Compare(v[i], o[i]); c != 0 {
			return c < 0
		}
	}
	return false
}
