package search

import (
	"math"
	"strconv"

	"github.com/optiinfra/performance-agent/internal/propose"
	"github.com/optiinfra/performance-agent/internal/serving"
)

// Axis is one decision. Flag is the one by which a configuration's place on the
// axis is read; a level may change others with it.
type Axis struct {
	Flag string
	// Ordered levels are numbers that grow; others are names.
	Ordered bool
	Levels  []Level
}

// Level is one choice: the changes that make it. From is not read.
type Level []serving.FlagChange

// Numbers is an ordered axis of one flag.
func Numbers(flag string, values ...float64) Axis {
	a := Axis{Flag: flag, Ordered: true}
	for _, v := range values {
		a.Levels = append(a.Levels, Level{assign(flag, strconv.FormatFloat(v, 'f', -1, 64))})
	}
	return a
}

// unsetWord among the words of an axis leaves its flag out.
const unsetWord = "-"

// Words is an axis of names; "-" leaves the flag out.
func Words(flag string, values ...string) Axis {
	a := Axis{Flag: flag}
	for _, v := range values {
		change := assign(flag, v)
		if v == unsetWord {
			change.To = nil
		}
		a.Levels = append(a.Levels, Level{change})
	}
	return a
}

// Toggle is a bare switch: left out, or written.
func Toggle(flag string) Axis {
	return Axis{Flag: flag, Levels: []Level{{{Flag: flag}}, {assign(flag, "")}}}
}

func assign(flag, value string) serving.FlagChange {
	return serving.FlagChange{Flag: flag, To: &value}
}

// take is the configuration at a level.
func (l Level) take(cfg serving.EngineConfig) serving.EngineConfig { return propose.Apply(cfg, l) }

// place is where a configuration is on an axis.
type place struct {
	set  bool
	n    float64 // 0..1 of the levels' range, when ordered
	word string
}

func (a Axis) place(cfg serving.EngineConfig) place {
	word, set := cfg.Get(a.Flag)
	p := place{set: set, word: word}
	if v, err := strconv.ParseFloat(word, 64); a.Ordered && err == nil && len(a.Levels) > 1 {
		low, high := a.number(0), a.number(len(a.Levels)-1)
		p.n = (scale(v) - scale(low)) / (scale(high) - scale(low))
	}
	return p
}

// number is the value of an ordered level.
func (a Axis) number(i int) float64 {
	for _, c := range a.Levels[i] {
		if c.Flag == a.Flag && c.To != nil {
			v, _ := strconv.ParseFloat(*c.To, 64)
			return v
		}
	}
	return 0
}

// scale makes doublings equal steps; shares of 1 and below count as they are.
func scale(v float64) float64 {
	if v <= 1 {
		return v - 1
	}
	return math.Log2(v)
}

// unsetDistance is between a flag that is left to the engine and the middle of
// what may be written: they may well mean the same.
const unsetDistance = 0.4

// apart is the squared distance of two places, 1 for opposite ends. It is that of
// points in a Euclidean space, which keeps covariances positive definite.
func (a Axis) apart(x, y place) float64 {
	switch {
	case a.Ordered:
		d := x.along() - y.along()
		if x.set != y.set {
			return d*d + unsetDistance*unsetDistance
		}
		return d * d
	case x.set != y.set || x.word != y.word:
		return 1
	}
	return 0
}

// along is the coordinate on an ordered axis; what is not written is in the middle.
func (p place) along() float64 {
	if !p.set {
		return 0.5
	}
	return p.n
}

// between are the middles of the steps on both sides of a configuration's value,
// in whole numbers where the levels are.
func (a Axis) between(cfg serving.EngineConfig) []Level {
	word, _ := cfg.Get(a.Flag)
	now, err := strconv.ParseFloat(word, 64)
	if !a.Ordered || err != nil {
		return nil
	}
	below, above := 0.0, 0.0
	for i := range a.Levels {
		switch v := a.number(i); {
		case v < now:
			below = v
		case v > now && above == 0:
			above = v
		}
	}
	var out []Level
	for _, v := range []float64{below, above} {
		if v > 0 {
			out = append(out, Level{assign(a.Flag, middling(v, now))})
		}
	}
	return out
}

func middling(a, b float64) string {
	if a < 1 || b < 1 {
		return strconv.FormatFloat((a+b)/2, 'g', 3, 64)
	}
	return strconv.Itoa(int(math.Round((a + b) / 2)))
}
