package serving

import (
	"fmt"
	"strconv"
	"strings"
)

// revealedSimulated is the key under which an engine tells that it is a simulation.
// Simulators say so on their own pages; no real engine has such a setting.
const revealedSimulated = "simulated"

// RevealSimulated is what an engine reveals that calls itself simulated, nil for
// others.
func RevealSimulated(simulated bool) map[string]string {
	if !simulated {
		return nil
	}
	return map[string]string{revealedSimulated: "true"}
}

// Simulated reports whether the measured engines called themselves simulated. Of
// engines that were measured from elsewhere, nobody asked them.
func (s Snapshot) Simulated() bool { return s.Revealed[revealedSimulated] == "true" }

// Contradicted lists the flags of the configuration for which an engine reveals
// another value, as sentences in the order of the flags. Only numbers and
// switches are held against each other: of words ("auto") an engine reveals what
// it made of them. A setting that the engine does not reveal contradicts nothing.
func (c EngineConfig) Contradicted(revealed map[string]string) []string {
	var out []string
	for _, f := range c.Flags {
		key := strings.ReplaceAll(strings.TrimLeft(f.Name, "-"), "-", "_")
		says, known := revealed[key]
		if known && contradicts(f.Value, says) {
			out = append(out, fmt.Sprintf("%s is %s, recorded is %s", f.Name, says, orTrue(f.Value)))
		}
	}
	return out
}

func contradicts(recorded, revealed string) bool {
	if a, err := strconv.ParseFloat(recorded, 64); err == nil {
		b, err := strconv.ParseFloat(revealed, 64)
		return err == nil && a != b
	}
	a, err := strconv.ParseBool(strings.ToLower(orTrue(recorded)))
	if err != nil {
		return false
	}
	b, err := strconv.ParseBool(strings.ToLower(revealed))
	return err == nil && a != b
}

// orTrue is the value of a flag, of which a bare switch says true.
func orTrue(value string) string {
	if value == "" {
		return "true"
	}
	return value
}
