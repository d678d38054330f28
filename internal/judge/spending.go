package judge

import (
	"fmt"
	"math"
)

// Looks are the planned looks of a stage at a canary whose samples grow. Each look
// may err; together they may err no more than one alone would, so what a look may
// spend of the error is less. The zero value is a single look.
//
// Under the plan the statistic of a test is a Brownian motion whose time is the
// share of the samples, and a boundary fixes how much of the error is spent by any
// time (Lan and DeMets 1983), whatever the times of the looks.
type Looks struct {
	// FirstSeconds and LastSeconds of the stage between which looks are planned.
	FirstSeconds float64 `json:"first_seconds,omitempty"`
	LastSeconds  float64 `json:"last_seconds,omitempty"`
	// AtSeconds of the stage is this look.
	AtSeconds float64 `json:"at_seconds,omitempty"`
	// Spending is how the error is spent; "" is SpendEvenly.
	Spending Spending `json:"spending,omitempty"`
}

// Spending is a way to spend a stage's error over its looks.
type Spending string

const (
	// SpendEvenly demands the same significance at every look (Pocock 1977): a bad
	// canary goes back early.
	SpendEvenly Spending = "pocock"
	// SpendLate keeps nearly all of the error for the end (O'Brien and Fleming 1979):
	// at the last look next to nothing is lost, at the first ones only a disaster
	// fails.
	SpendLate Spending = "obrien-fleming"
)

func (l Looks) validate() error {
	switch {
	case l.Spending != "" && l.Spending != SpendEvenly && l.Spending != SpendLate:
		return fmt.Errorf("looks.spending: %q must be %q or %q", l.Spending, SpendEvenly, SpendLate)
	case !(l.FirstSeconds >= 0) || !(l.LastSeconds >= 0) || !(l.AtSeconds >= 0):
		return fmt.Errorf("looks: first_seconds, last_seconds and at_seconds must not be negative")
	}
	return nil
}

// Level is the one-sided significance that this look must reach so that all looks
// together err in at most the share alpha of stages.
func (l Looks) Level(alpha float64) float64 {
	if !(l.FirstSeconds > 0) || l.LastSeconds <= l.FirstSeconds || !(alpha > 0) || alpha >= 0.5 {
		return alpha
	}
	if l.Spending == SpendLate {
		// Brownian motion ever passes the height c within its time with the
		// probability 2(1-Phi(c)), by reflection; at the time t its height is z sqrt(t).
		passed := min(max(l.AtSeconds/l.LastSeconds, l.FirstSeconds/l.LastSeconds), 1)
		return NormalCDF(NormalQuantile(alpha/2) / math.Sqrt(passed))
	}
	return NormalCDF(-evenBoundary(alpha, math.Log(l.LastSeconds/l.FirstSeconds)))
}

// evenBoundary is the height that z passes within a logarithm of time in the share
// alpha of all cases.
func evenBoundary(alpha, logTime float64) float64 {
	low, high := 1.0, 40.0
	for high-low > 1e-9 {
		middle := (low + high) / 2
		if passesEver(middle, logTime) > alpha {
			low = middle
		} else {
			high = middle
		}
	}
	return high
}

// passesEver is about the probability that a Brownian motion over the root of its
// time ever passes the height b (Miller and Siegmund 1982, halved: one side). It
// holds for looks without pause, so looks that are planned err less.
func passesEver(b, logTime float64) float64 {
	density := math.Exp(-b*b/2) / math.Sqrt(2*math.Pi)
	return density*(b-1/b)*logTime/2 + 2*density/b
}
