package mapping

import (
	"strings"

	"github.com/optiinfra/performance-agent/internal/engine"
	"github.com/optiinfra/performance-agent/internal/serving"
)

// Quantity is a number of a reading and the families that have carried it.
// Several entries with one name are alternatives: the first that gives a number
// counts and the later ones are not looked at.
type Quantity struct {
	Name  string // as in serving.Reading's JSON
	Field func(*serving.Reading) *serving.Measure
	// Families, newest name first: a version that exposes two exposes the same
	// numbers under both, so they are never added.
	Families []string
	// Type is the one the page must declare (engine.TypeGauge and so on).
	Type string
	// Of picks the number of one series; nil takes its value.
	Of func(engine.Series) serving.Measure
	// Where says which series count; nil means all.
	Where func(labels map[string]string) bool
	// NoneIsZero is for a counter whose label sets appear one by one: a family
	// that is there without a series that counts then means 0.
	NoneIsZero bool
	// Combine merges the series; nil adds them.
	Combine func([]serving.Measure) serving.Measure
	// Derived says how the number follows from the family when it is not the
	// quantity itself; "" when it is.
	Derived string
	// Why says what it usually means that none of the families is there.
	Why string
}

// Distribution is a histogram of a reading and the families that have carried
// it, with the meanings that they have in Quantity.
type Distribution struct {
	Name     string
	Field    func(*serving.Reading) **serving.Histogram
	Families []string
	Where    func(labels map[string]string) bool
	Derived  string
	Why      string
}

// Table is what the metrics page of one engine may hold, in any version.
type Table struct {
	Engine serving.EngineKind
	// Prefix is that of all the engine's own families ("vllm:").
	Prefix string
	// Canonical gives the name that the tables use for a family of the page,
	// where exporters rename it; nil means that they do not.
	Canonical func(family string) string
	// Keep says which series are no duplicates; nil means all.
	Keep          func(labels map[string]string) bool
	Quantities    []Quantity
	Distributions []Distribution
	// Others are the engine's families that no entry above needs: what is read
	// by hand, request parameters, what only some deployments expose. One that
	// ends in "_" stands for all names that begin with it.
	Others []string
}

// Owns says whether a family is one of the engine's own.
func (t Table) Owns(family string) bool {
	return strings.HasPrefix(t.canonical(family), t.Prefix)
}

// Unrecognised lists the engine's own families that the table does not know, by
// the names they have on the page, so that a renamed metric is noticed. The
// "_created" gauges beside counters and histograms are the time of their
// creation and say nothing.
func (t Table) Unrecognised(page engine.Families) []string {
	var out []string
	for _, f := range page {
		name := t.canonical(f.Name)
		if strings.HasPrefix(name, t.Prefix) && !strings.HasSuffix(name, "_created") && !t.knows(name) {
			out = append(out, f.Name)
		}
	}
	return out
}

func (t Table) canonical(family string) string {
	if t.Canonical == nil {
		return family
	}
	return t.Canonical(family)
}

func (t Table) knows(name string) bool {
	for _, q := range t.Quantities {
		if named(name, q.Families, q.Type == engine.TypeCounter) {
			return true
		}
	}
	for _, d := range t.Distributions {
		if named(name, d.Families, false) {
			return true
		}
	}
	for _, other := range t.Others {
		if name == other || strings.HasSuffix(other, "_") && strings.HasPrefix(name, other) {
			return true
		}
	}
	return false
}

// named matches a family, of counters also without the "_total" that some
// exporters leave off.
func named(name string, families []string, counter bool) bool {
	for _, f := range families {
		if name == f || counter && name == strings.TrimSuffix(f, totalSuffix) {
			return true
		}
	}
	return false
}

const totalSuffix = "_total"
