package mapping

import (
	"fmt"
	"slices"
	"strings"

	"github.com/optiinfra/performance-agent/internal/engine"
	"github.com/optiinfra/performance-agent/internal/serving"
)

// Reader is a reading in the making. An engine fills it from its table, adds
// what the table cannot say, and takes the Reading.
type Reader struct {
	table Table
	asked engine.Families // the page as scraped
	page  engine.Families // under the table's names, without duplicates
	out   serving.Reading
}

// Read fills a reading with all that the table can say about a page.
func (t Table) Read(page engine.Families) *Reader {
	r := &Reader{table: t, asked: page, page: t.own(page), out: serving.Reading{Engine: t.Engine}}
	for _, q := range t.Quantities {
		r.Quantity(q)
	}
	for _, d := range t.Distributions {
		r.Distribution(d)
	}
	return r
}

// own is the page under the table's names and without the series that repeat
// others.
func (t Table) own(page engine.Families) engine.Families {
	out := make(engine.Families, 0, len(page))
	for _, f := range page {
		f.Name = t.canonical(f.Name)
		f.Series = matching(f.Series, t.Keep)
		out = append(out, f)
	}
	return out
}

func matching(series []engine.Series, where func(map[string]string) bool) []engine.Series {
	if where == nil {
		return series
	}
	return slices.DeleteFunc(slices.Clone(series), func(s engine.Series) bool { return !where(s.Labels) })
}

// Reading is the result, with the families that the table does not know.
func (r *Reader) Reading() serving.Reading {
	r.out.Unrecognised = r.table.Unrecognised(r.asked)
	return r.out
}

// Fields gives access to the reading for what no table can say.
func (r *Reader) Fields() *serving.Reading { return &r.out }

// Lookup finds a family by the table's name for it.
func (r *Reader) Lookup(name string) (engine.Family, bool) { return r.page.Lookup(name) }

// Missing notes why a quantity is not there. The first reason given stands, for
// it is about the newest name.
func (r *Reader) Missing(quantity, reason string, args ...any) {
	if !slices.ContainsFunc(r.out.Missing, of(quantity)) {
		r.out.Missing = append(r.out.Missing, serving.Missing{Quantity: quantity, Reason: fmt.Sprintf(reason, args...)})
	}
}

// unusable notes a family that is there and cannot be used, which says more than
// that another one is not there.
func (r *Reader) unusable(quantity, reason string, args ...any) {
	r.Missing(quantity, reason, args...)
	r.Explain(quantity, reason, args...)
}

// Explain replaces the reason of a quantity that is missing by a better one.
func (r *Reader) Explain(quantity, reason string, args ...any) {
	if i := slices.IndexFunc(r.out.Missing, of(quantity)); i >= 0 {
		r.out.Missing[i].Reason = fmt.Sprintf(reason, args...)
	}
}

// Found drops the complaint about a quantity. how is not "" when the quantity
// was computed from others: what is not reported must not pass for reported.
func (r *Reader) Found(quantity, how string) {
	r.out.Missing = slices.DeleteFunc(r.out.Missing, of(quantity))
	if len(r.out.Missing) == 0 {
		r.out.Missing = nil
	}
	if how != "" {
		r.out.Derived = append(r.out.Derived, serving.Derived{Quantity: quantity, How: how})
	}
}

func of(quantity string) func(serving.Missing) bool {
	return func(m serving.Missing) bool { return m.Quantity == quantity }
}

// Family returns the first of the families that the page has with the wanted
// type, and otherwise notes why there is none. A type that the page does not
// declare is taken on trust, except for one that needs buckets.
func (r *Reader) Family(quantity string, families []string, want, why string) (engine.Family, bool) {
	var wrong *engine.Family
	for _, name := range spellings(families, want) {
		f, ok := r.page.Lookup(name)
		if !ok {
			continue
		}
		if f.Type == want || f.Type == engine.TypeUntyped && (want == engine.TypeGauge || want == engine.TypeCounter) {
			return f, true
		}
		wrong = &f
	}
	if wrong != nil {
		r.unusable(quantity, "%s is a %s here, not a %s", wrong.Name, wrong.Type, want)
		return engine.Family{}, false
	}
	r.Missing(quantity, "no %s: %s", strings.Join(families, " or "), why)
	return engine.Family{}, false
}

// spellings are the names to look for: a counter's also without "_total".
func spellings(families []string, want string) []string {
	if want != engine.TypeCounter {
		return families
	}
	var out []string
	for _, name := range families {
		out = append(out, name)
		if bare := strings.TrimSuffix(name, totalSuffix); bare != name {
			out = append(out, bare)
		}
	}
	return out
}
