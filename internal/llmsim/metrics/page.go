package metrics

import (
	"net/http"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
)

// Page is the metrics page of one engine. Faults make it lie.
type Page struct {
	source prometheus.Gatherer
	// created says when the series began, for an engine whose client library
	// tells; zero for the others.
	created time.Time

	mu    sync.Mutex
	gone  bool
	hides func(family string) bool
	reset map[string]*dto.Metric // what counters had when they were reset
}

// NewPage serves what is gathered, in the text format 0.0.4 whatever is asked
// for, as the engines do.
func NewPage(g prometheus.Gatherer) *Page {
	return &Page{source: g, hides: func(string) bool { return false }}
}

// TellsCreation adds a *_created gauge beside every counter and histogram, as
// the Python client library does in an engine of one process.
func (p *Page) TellsCreation(at time.Time) *Page {
	p.created = at
	return p
}

// SetGone makes the page not exist.
func (p *Page) SetGone(gone bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.gone = gone
}

// SetHidden leaves out the families of which hides is true.
func (p *Page) SetHidden(hides func(family string) bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.hides = hides
}

// ResetCounters lets everything that only grows start again at zero.
func (p *Page) ResetCounters() error {
	families, err := p.source.Gather()
	if err != nil {
		return err
	}
	now := map[string]*dto.Metric{}
	for _, f := range families {
		for _, m := range f.Metric {
			now[seriesKey(f.GetName(), m)] = m
		}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.reset = now
	return nil
}

// ServeHTTP implements http.Handler.
func (p *Page) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	families, gone, err := p.families()
	if gone {
		http.NotFound(w, r)
		return
	}
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	format := expfmt.NewFormat(expfmt.TypeTextPlain)
	w.Header().Set("Content-Type", string(format))
	encoder := expfmt.NewEncoder(w, format)
	for _, f := range families {
		if encoder.Encode(f) != nil {
			return // the scraper has gone
		}
	}
}

// families is the page as it is to be seen.
func (p *Page) families() (shown []*dto.MetricFamily, gone bool, err error) {
	p.mu.Lock()
	gone, hides, reset := p.gone, p.hides, p.reset
	p.mu.Unlock()
	if gone {
		return nil, true, nil
	}
	all, err := p.source.Gather()
	if err != nil {
		return nil, false, err
	}
	for _, f := range all {
		if hides(f.GetName()) {
			continue
		}
		if f.GetHelp() == "" {
			f.Help = nil // no HELP line, rather than an empty one
		}
		for _, m := range f.Metric {
			subtract(m, reset[seriesKey(f.GetName(), m)])
		}
		shown = append(shown, f)
		if c, ok := p.creation(f); ok {
			shown = append(shown, c)
		}
	}
	return shown, false, nil
}
