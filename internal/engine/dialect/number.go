package dialect

import (
	"strconv"
	"strings"

	"github.com/optiinfra/performance-agent/internal/serving"
)

// Number is a role played by a flag with a numeric value.
type Number struct {
	Flag string
	// Former are older flags of the same role; the first that is set counts.
	Former []string
	// Reveals are the keys under which the engine shows the value in force.
	Reveals []string
}

// Exists says whether the engine has the role.
func (n Number) Exists() bool { return n.Flag != "" }

// Set is the flag of the role that the configuration sets, "" if none.
func (n Number) Set(cfg serving.EngineConfig) string {
	for _, flag := range n.flags() {
		if _, ok := cfg.Get(flag); ok {
			return flag
		}
	}
	return ""
}

// Of is the value that the configuration sets; of a list it is the greatest.
func (n Number) Of(cfg serving.EngineConfig) serving.Measure {
	v, _ := cfg.Get(n.Set(cfg))
	return greatest(v)
}

// In is the value in force: what the configuration sets, and else what the
// engine reveals.
func (n Number) In(cfg serving.EngineConfig, revealed map[string]string) serving.Measure {
	if n.Set(cfg) != "" {
		return n.Of(cfg)
	}
	for _, key := range n.Reveals {
		if m := greatest(revealed[key]); m.IsKnown() {
			return m
		}
	}
	return serving.Unknown()
}

// Spelling is the flag under which to write the role: the one already in use.
func (n Number) Spelling(cfg serving.EngineConfig) string {
	if flag := n.Set(cfg); flag != "" {
		return flag
	}
	return n.Flag
}

func (n Number) flags() []string {
	if n.Flag == "" {
		return nil
	}
	return append([]string{n.Flag}, n.Former...)
}

// greatest reads a number, or the greatest of a list of numbers.
func greatest(text string) serving.Measure {
	out := serving.Unknown()
	for _, word := range strings.FieldsFunc(text, func(r rune) bool { return r == ',' || r == ' ' }) {
		v, err := strconv.ParseFloat(word, 64)
		if err != nil {
			return serving.Unknown()
		}
		out = serving.Known(max(out.Or(v), v))
	}
	return out
}

// Format is a role played by a flag whose value names a number format.
type Format struct {
	Flag string
	// FP8 is the value for 8 bits; FP8Values are all that mean it.
	FP8       string
	FP8Values []string
	// Native are the values that leave the format as the checkpoint has it.
	Native []string
}
