package serving

import (
	"encoding/json"
	"math"
)

// Measure is a number that may be unknown. Its zero value is unknown, and its
// JSON form is a number or null, so a missing metric can never read as 0.
type Measure struct {
	value float64
	known bool
}

// Known is the measure of v. NaN and infinities are unknown: they come from
// 0/0 in an exporter and carry no information.
func Known(v float64) Measure {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return Measure{}
	}
	return Measure{value: v, known: true}
}

// Unknown is a quantity that was not measured.
func Unknown() Measure { return Measure{} }

// Get returns the value and whether it is known.
func (m Measure) Get() (float64, bool) { return m.value, m.known }

// IsKnown says whether the quantity was measured.
func (m Measure) IsKnown() bool { return m.known }

// Or returns the value, or fallback when it is unknown.
func (m Measure) Or(fallback float64) float64 {
	if !m.known {
		return fallback
	}
	return m.value
}

// Plus adds two measures; the sum with an unknown is the other one.
func (m Measure) Plus(o Measure) Measure {
	switch {
	case !m.known:
		return o
	case !o.known:
		return m
	}
	return Known(m.value + o.value)
}

// Over divides m by o; unknown when either is unknown or o is zero.
func (m Measure) Over(o Measure) Measure {
	if !m.known || !o.known || o.value == 0 {
		return Measure{}
	}
	return Known(m.value / o.value)
}

// MarshalJSON writes the number, or null when unknown.
func (m Measure) MarshalJSON() ([]byte, error) {
	if !m.known {
		return []byte("null"), nil
	}
	return json.Marshal(m.value)
}

// UnmarshalJSON reads a number or null.
func (m *Measure) UnmarshalJSON(b []byte) error {
	var v *float64
	if err := json.Unmarshal(b, &v); err != nil {
		return err
	}
	*m = Measure{}
	if v != nil {
		*m = Known(*v)
	}
	return nil
}
