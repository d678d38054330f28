package metrics

import (
	"bytes"
	"io"
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
	// late is what an answer waits, corrupt that its bytes are spoilt.
	late    time.Duration
	corrupt bool
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

// SetBad lets each answer wait, and spoils its bytes.
func (p *Page) SetBad(late time.Duration, corrupt bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.late, p.corrupt = late, corrupt
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
	spoilt := p.delay(r)
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
	var to io.Writer = w
	if spoilt {
		to = &spoiler{to: w}
	}
	encoder := expfmt.NewEncoder(to, format)
	for _, f := range families {
		if encoder.Encode(f) != nil {
			return // the scraper has gone
		}
	}
}

// delay waits as long as the page is to be late, and says whether it is to be spoilt.
func (p *Page) delay(r *http.Request) (spoilt bool) {
	p.mu.Lock()
	late, spoilt := p.late, p.corrupt
	p.mu.Unlock()
	wait := time.NewTimer(late)
	defer wait.Stop()
	select {
	case <-wait.C:
	case <-r.Context().Done():
	}
	return spoilt
}

// spoiler changes one byte in so many and drops what comes after some kilobytes, as
// a broken proxy would.
type spoiler struct {
	to   io.Writer
	seen int
}

// Figures of a spoilt page: about one byte of each line is another, and most
// families of any engine are missing.
const (
	spoiltEvery = 61
	spoiltBytes = 6 << 10
)

// Write implements io.Writer; what is dropped counts as written.
func (s *spoiler) Write(b []byte) (int, error) {
	all := len(b)
	b = bytes.Clone(b[:max(min(all, spoiltBytes-s.seen), 0)])
	for i := range b {
		if s.seen++; s.seen%spoiltEvery == 0 {
			b[i] ^= 0x2a
		}
	}
	if _, err := s.to.Write(b); err != nil {
		return 0, err
	}
	return all, nil
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
