package perfmodel

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/optiinfra/performance-agent/internal/serving"
)

const (
	gib = 1 << 30
	mib = 1 << 20
)

// reader reads typed flags and keeps the first error, which names the flag.
type reader struct {
	cfg serving.EngineConfig
	err error
}

func (r *reader) value(flag string) (string, bool) { return r.cfg.Get(flag) }

func (r *reader) fail(flag, value, want string) {
	if r.err == nil {
		r.err = fmt.Errorf("%s %q is not %s", flag, value, want)
	}
}

// number accepts the engine's suffixes: k, m, g are powers of 1000 and K, M, G
// powers of 1024.
func (r *reader) number(flag string, fallback float64) float64 {
	text, set := r.value(flag)
	if !set {
		return fallback
	}
	scale := 1.0
	digits := text
	if n := len(text); n > 1 {
		if s, ok := suffix(text[n-1]); ok {
			scale, digits = s, text[:n-1]
		}
	}
	v, err := strconv.ParseFloat(digits, 64)
	if err != nil || v < 0 {
		r.fail(flag, text, "a number")
		return fallback
	}
	return v * scale
}

func suffix(c byte) (float64, bool) {
	switch c {
	case 'k':
		return 1e3, true
	case 'm':
		return 1e6, true
	case 'g':
		return 1e9, true
	case 'K':
		return 1 << 10, true
	case 'M':
		return mib, true
	case 'G':
		return gib, true
	}
	return 1, false
}

func (r *reader) integer(flag string, fallback int) int {
	text, set := r.value(flag)
	if !set || text == "auto" {
		return fallback
	}
	v := r.number(flag, float64(fallback))
	if r.err == nil && (v < 1 && flag != "--long-prefill-token-threshold" || v != float64(int(v))) {
		r.fail(flag, text, "a positive whole number")
		return fallback
	}
	return int(v)
}

func (r *reader) ratio(flag string, fallback float64) float64 {
	v := r.number(flag, fallback)
	if v <= 0 || v > 1 {
		text, _ := r.value(flag)
		r.fail(flag, text, "within 0..1")
		return fallback
	}
	return v
}

// boolean reads a switch in its three spellings: "--x", "--x=false", "--no-x".
func (r *reader) boolean(flag string, fallback bool) bool {
	if _, off := r.value("--no-" + strings.TrimPrefix(flag, "--")); off {
		return false
	}
	text, set := r.value(flag)
	if !set {
		return fallback
	}
	switch strings.ToLower(text) {
	case "", "true", "1":
		return true
	case "false", "0":
		return false
	}
	r.fail(flag, text, "true or false")
	return fallback
}

// neutral is a flag with the value at which it changes nothing.
type neutral struct{ flag, value string }

// refuse is an error when one of the flags is set to anything else.
func (r *reader) refuse(flags []neutral) error {
	for _, n := range flags {
		if v, set := r.value(n.flag); set && (!strings.EqualFold(v, n.value) || n.value == "") {
			return fmt.Errorf("%s is not modelled", strings.TrimSpace(n.flag+" "+v))
		}
	}
	return nil
}
