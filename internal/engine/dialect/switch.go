package dialect

import (
	"slices"
	"strings"

	"github.com/optiinfra/performance-agent/internal/serving"
)

// State of a switch.
type State int

// States of a switch; Unsaid is left to the engine's default.
const (
	Unsaid State = iota
	On
	Off
)

// Setting is a flag with a value. True and False match every spelling of the
// two, "" any value.
type Setting struct{ Flag, Value string }

// Values of a bare switch.
const (
	True  = "true"
	False = "false"
)

// Switch is a feature that flags turn on or off.
type Switch struct {
	// TurnsOff and TurnsOn are the settings that say so.
	TurnsOff, TurnsOn []Setting
	// Enable is written where the feature is off by default; the zero Setting
	// where removing what turns it off is enough.
	Enable Setting
	// Reveals is the key under which the engine shows the state, RevealsOff that a
	// true value there means off.
	Reveals    string
	RevealsOff bool
}

// Exists says whether the engine has the feature as a switch.
func (s Switch) Exists() bool { return len(s.TurnsOff)+len(s.TurnsOn) > 0 || s.Reveals != "" }

// Of is the state that the configuration states, and the flag that states it.
func (s Switch) Of(cfg serving.EngineConfig) (State, string) {
	for _, setting := range s.TurnsOff {
		if setting.in(cfg) {
			return Off, setting.Flag
		}
	}
	for _, setting := range s.TurnsOn {
		if setting.in(cfg) {
			return On, setting.Flag
		}
	}
	return Unsaid, ""
}

// In is the state in force as far as it is known: what the configuration states
// and else what the engine reveals.
func (s Switch) In(cfg serving.EngineConfig, revealed map[string]string) (State, string) {
	if state, flag := s.Of(cfg); state != Unsaid {
		return state, flag
	}
	v := revealed[s.Reveals]
	switch {
	case s.Reveals == "" || !isTrue(v) && !isFalse(v):
		return Unsaid, ""
	case isTrue(v) != s.RevealsOff:
		return On, s.Reveals
	}
	return Off, s.Reveals
}

// Offending are the flags of the configuration that turn the feature off.
func (s Switch) Offending(cfg serving.EngineConfig) []string { return flagsIn(s.TurnsOff, cfg) }

// Asking are the flags of the configuration that turn the feature on.
func (s Switch) Asking(cfg serving.EngineConfig) []string { return flagsIn(s.TurnsOn, cfg) }

func flagsIn(settings []Setting, cfg serving.EngineConfig) []string {
	var out []string
	for _, setting := range settings {
		if setting.in(cfg) && !slices.Contains(out, setting.Flag) {
			out = append(out, setting.Flag)
		}
	}
	return out
}

func (s Setting) in(cfg serving.EngineConfig) bool {
	v, ok := cfg.Get(s.Flag)
	switch {
	case !ok:
		return false
	case s.Value == True:
		return v == "" || isTrue(v)
	case s.Value == False:
		return isFalse(v)
	}
	return s.Value == "" || v == s.Value
}

func isTrue(v string) bool { return strings.EqualFold(v, "true") || v == "1" }

func isFalse(v string) bool { return strings.EqualFold(v, "false") || v == "0" }
