package api

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humaecho"
)

// streamsAtOnce bounds the open streams of changes: each is a connection and a
// buffer of one word. Beyond it a page still renews itself, by the clock.
const streamsAtOnce = 128

// changes looks for what changed, once for all who listen and only while somebody
// does, and tells them. What they hear is only that there is something new: each
// then asks for what they may see.
type changes struct {
	look  func(context.Context) (string, error)
	every time.Duration
	fail  func(error)

	mu        sync.Mutex
	listeners map[chan string]bool
	version   string
	stop      context.CancelFunc
}

// join adds a listener; ok is false when there are too many. The channel holds the
// latest version that the listener has not taken yet.
func (c *changes) join() (heard chan string, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.listeners) >= streamsAtOnce {
		return nil, false
	}
	heard = make(chan string, 1)
	if c.listeners == nil {
		c.listeners = map[chan string]bool{}
	}
	c.listeners[heard] = true
	if c.version != "" {
		heard <- c.version
	}
	if c.stop == nil {
		ctx, stop := context.WithCancel(context.Background())
		c.stop = stop
		go c.run(ctx)
	}
	return heard, true
}

// leave ends the looking with the last listener.
func (c *changes) leave(heard chan string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.listeners, heard)
	if len(c.listeners) == 0 && c.stop != nil {
		c.stop()
		c.stop, c.version = nil, ""
	}
}

func (c *changes) run(ctx context.Context) {
	tick := time.NewTicker(c.every)
	defer tick.Stop()
	for {
		version, err := c.look(ctx)
		switch {
		case ctx.Err() != nil:
			return
		case err != nil:
			c.fail(err)
		default:
			c.tell(ctx, version)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// tell replaces what a listener has not taken yet; nobody is waited for.
func (c *changes) tell(ctx context.Context, version string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if version == c.version || ctx.Err() != nil {
		return
	}
	c.version = version
	for heard := range c.listeners {
		select {
		case <-heard:
		default:
		}
		heard <- version
	}
}

// ChangesInput names the version that the listener has seen.
type ChangesInput struct {
	LastEventID string `header:"Last-Event-ID" maxLength:"128" doc:"ID of the last event seen; nothing is told until there is another."`
}

func (s *Server) registerChanges() {
	path := prefix + "/events"
	handle(s, route{method: http.MethodGet, path: path, id: "changes", group: "system", stream: true, errors: []int{http.StatusServiceUnavailable},
		summary: "Server-sent events, one called \"changed\" whenever a run, a rollout, a fleet or a violation is another than before; read what is of interest then"}, s.changed)
	s.api.OpenAPI().Paths[path].Get.Responses["200"].Content = map[string]*huma.MediaType{"text/event-stream": {Schema: &huma.Schema{Type: huma.TypeString}}}
}

func (s *Server) changed(ctx context.Context, in *ChangesInput) (*raw, error) {
	heard, ok := s.changes.join()
	if !ok {
		p := newProblem(http.StatusServiceUnavailable, "unavailable", fmt.Sprintf("%d streams of changes are open already", streamsAtOnce))
		p.retryAfterSeconds = 10
		return nil, p
	}
	return &raw{Body: func(hc huma.Context) {
		defer s.changes.leave(heard)
		w := eventWriter{humaecho.UnwrapV4(hc).Response()}
		w.begin()
		s.tellChanges(ctx, w, heard, in.LastEventID)
	}}, nil
}

func (s *Server) tellChanges(ctx context.Context, w eventWriter, heard <-chan string, seen string) {
	beat := time.NewTicker(s.cfg.Heartbeat)
	defer beat.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-s.ending:
			return
		case <-beat.C:
			if w.heartbeat() != nil {
				return
			}
		case version := <-heard:
			if version == seen {
				continue
			}
			if w.write("id: "+version+"\nevent: changed\ndata: {\"version\":\""+version+"\"}\n\n") != nil {
				return
			}
			seen = version
		}
	}
}

// version is a hash of what the live page shows but for what moves by time alone:
// budgets. It is cheap enough to be looked at twice a second.
func (s *Server) version(ctx context.Context) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, s.cfg.RequestTimeout)
	defer cancel()
	open := true
	runs, err := s.deps.Store.ListRuns(ctx, Query{Limit: overviewOpen})
	if err != nil {
		return "", err
	}
	rollouts, err := s.deps.Store.ListRollouts(ctx, Query{Limit: overviewOpen})
	if err != nil {
		return "", err
	}
	violations, err := s.deps.Store.ListViolations(ctx, Query{Open: &open, Limit: overviewOpen})
	if err != nil {
		return "", err
	}
	fleets, err := s.deps.Store.ListFleets(ctx, Query{Limit: overviewFleets})
	if err != nil {
		return "", err
	}
	seen := []any{}
	for _, r := range runs.Items {
		seen = append(seen, r.ID, r.Phase, r.Outcome, r.UpdatedAt)
	}
	for _, r := range rollouts.Items {
		seen = append(seen, r.ID, r.Phase, r.Weight, r.Outcome, r.UpdatedAt)
	}
	for _, v := range violations.Items {
		seen = append(seen, v.ID, v.OpenedAt, v.AcknowledgedBy)
	}
	for _, f := range fleets.Items {
		seen = append(seen, f.Name, f.Generation)
	}
	text, err := json.Marshal(seen)
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:8]), nil
}
