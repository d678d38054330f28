package scrape

import (
	"context"
	"fmt"
	"io"
	"math"
	"net/http"
	"sync"
	"time"

	"github.com/optiinfra/performance-agent/internal/engine"
	"github.com/optiinfra/performance-agent/internal/serving"
)

const (
	// infoTimeout bounds all info routes of one replica together: they complete a
	// reading and must not delay it.
	infoTimeout = time.Second
	// infoRetry is how long a replica whose info routes failed is left alone, and
	// how long an answer holds for an engine that does not say when it started.
	infoRetry = time.Minute
	// maxInfoBytes bounds one answer; SGLang's, the longest, has some tens of
	// kilobytes.
	maxInfoBytes = 1 << 20
	// maxInfos bounds how many replicas' answers are kept.
	maxInfos = 4096
)

// infos keeps what replicas said about themselves, so that each process is asked
// once. The zero value is ready to use.
type infos struct {
	mu   sync.Mutex
	kept map[string]answers // by endpoint
}

// answers are those of one process, in the order of the engine's routes.
type answers struct {
	engine  serving.EngineKind
	started serving.Measure
	list    []engine.Info
	whole   bool // no route failed
	asked   time.Time
}

// complete fills the gaps of a reading with what the replica says on its info
// routes. Routes that fail or do not exist leave the reading as it is.
func (s *Scraper) complete(ctx context.Context, e engine.InfoReader, r serving.Reading) serving.Reading {
	known, ok := s.infos.get(r)
	if !ok {
		known = s.ask(ctx, e, r)
		s.infos.put(r.Endpoint, known)
	}
	for _, info := range known.list {
		r = info.Complete(r)
	}
	return r
}

func (i *infos) get(r serving.Reading) (answers, bool) {
	i.mu.Lock()
	defer i.mu.Unlock()
	a, ok := i.kept[r.Endpoint]
	return a, ok && a.engine == r.Engine && a.sameProcess(r) && a.holds()
}

// sameProcess allows for a second, since start times are derived from the uptime
// and rounded.
func (a answers) sameProcess(r serving.Reading) bool {
	before, known := a.started.Get()
	now, stated := r.ProcessStartedUnix.Get()
	return known == stated && math.Abs(now-before) <= 1
}

func (a answers) holds() bool {
	return a.whole && a.started.IsKnown() || time.Since(a.asked) < infoRetry
}

// put makes room by forgetting the replica that was asked longest ago.
func (i *infos) put(endpoint string, a answers) {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.kept == nil {
		i.kept = map[string]answers{}
	}
	if _, again := i.kept[endpoint]; !again && len(i.kept) >= maxInfos {
		oldest := ""
		for e, b := range i.kept {
			if oldest == "" || b.asked.Before(i.kept[oldest].asked) {
				oldest = e
			}
		}
		delete(i.kept, oldest)
	}
	i.kept[endpoint] = a
}

func (s *Scraper) ask(ctx context.Context, e engine.InfoReader, r serving.Reading) answers {
	ctx, cancel := context.WithTimeout(ctx, infoTimeout)
	defer cancel()
	a := answers{engine: r.Engine, started: r.ProcessStartedUnix, whole: true, asked: time.Now()}
	for _, path := range e.InfoPaths() {
		body, exists, err := s.get(ctx, base(r.Endpoint)+path)
		if err != nil {
			a.whole = false
		}
		if err != nil || !exists {
			continue
		}
		if info, err := e.ReadInfo(path, body); err == nil {
			a.list = append(a.list, info)
		}
	}
	return a
}

// get fetches an info route. One that is refused (by version, or by a key that
// the agent has not) does not exist for us.
func (s *Scraper) get(ctx context.Context, url string) (body []byte, exists bool, err error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil, false, err
	}
	response, err := s.client.Do(request)
	if err != nil {
		return nil, false, err
	}
	defer response.Body.Close()
	switch {
	case response.StatusCode >= http.StatusInternalServerError:
		return nil, false, fmt.Errorf("status %s", response.Status)
	case response.StatusCode != http.StatusOK:
		return nil, false, nil
	}
	body, err = io.ReadAll(io.LimitReader(response.Body, maxInfoBytes+1))
	return body, len(body) <= maxInfoBytes, err
}
