package api

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"reflect"
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humaecho"

	"github.com/optiinfra/performance-agent/internal/serving"
)

const (
	// eventBatch bounds one read of the store.
	eventBatch = 200
	// eventWrite bounds one write: a reader that does not read is let go.
	eventWrite = 10 * time.Second
	// outcomeEvent is the type of a run's last event.
	outcomeEvent = "outcome"
)

// EventsInput asks for a run's story.
type EventsInput struct {
	IDPath
	LastEventID string `header:"Last-Event-ID" doc:"Sequence number of the last event seen; the stream goes on after it."`
}

func (s *Server) registerEvents() {
	handle(s, route{method: http.MethodGet, path: prefix + "/runs/{id}/events", id: "run-events", group: "runs", stream: true, errors: []int{http.StatusServiceUnavailable}, fleetsOf: s.fleetOfRun(),
		summary: "The run's story as server-sent events: what was, then what happens, until the outcome. " +
			"204 when the run has ended and nothing comes after Last-Event-ID."}, s.runEvents)
	path := prefix + "/runs/{id}/events"
	s.documentStream(path, serving.EventRecord{})
	s.api.OpenAPI().Paths[path].Get.Responses["204"] = &huma.Response{Description: "The run has ended and there is nothing after Last-Event-ID"}
}

// documentStream puts a stream of events into the OpenAPI document.
func (s *Server) documentStream(path string, event any) {
	schema := s.api.OpenAPI().Components.Schemas.Schema(reflect.TypeOf(event), true, reflect.TypeOf(event).Name())
	s.api.OpenAPI().Paths[path].Get.Responses["200"].Content = map[string]*huma.MediaType{"text/event-stream": {Schema: schema}}
}

func (s *Server) runEvents(ctx context.Context, in *EventsInput) (*raw, error) {
	after := int64(0)
	if in.LastEventID != "" {
		n, err := strconv.ParseInt(in.LastEventID, 10, 64)
		if err != nil || n < 0 {
			return nil, invalid("header.Last-Event-ID", "must be a sequence number", "send the id of the last event seen")
		}
		after = n
	}
	if _, err := s.deps.Store.Run(ctx, in.ID); err != nil {
		return nil, err
	}
	first, over, err := s.nextEvents(ctx, in.ID, after)
	if err != nil {
		return nil, err
	}
	free := func() {}
	if !over || len(first) > 0 {
		if free, err = s.places.take(callerOf(ctx).place()); err != nil {
			return nil, err
		}
	}
	return &raw{Body: func(hc huma.Context) {
		defer free()
		c := humaecho.UnwrapV4(hc)
		if over && len(first) == 0 {
			// 204 is what stops a browser's EventSource from coming back.
			c.Response().WriteHeader(http.StatusNoContent)
			return
		}
		s.stream(ctx, eventWriter{c.Response()}, in.ID, after, first)
	}}, nil
}

// nextEvents reads what follows, and whether the run had ended before the read, so
// that nothing can come after it.
func (s *Server) nextEvents(ctx context.Context, id string, after int64) ([]serving.EventRecord, bool, error) {
	run, err := s.deps.Store.Run(ctx, id)
	if err != nil {
		return nil, false, err
	}
	list, err := s.deps.Store.Events(ctx, id, after, eventBatch)
	return list, run.ClosedAt != nil, err
}

// stream writes events until the outcome, the end of the run, or the reader goes.
func (s *Server) stream(ctx context.Context, w eventWriter, id string, after int64, batch []serving.EventRecord) {
	w.begin()
	poll, beat := time.NewTicker(s.cfg.EventPoll), time.NewTicker(s.cfg.Heartbeat)
	defer poll.Stop()
	defer beat.Stop()
	over, quiet := false, false
	for {
		for _, e := range batch {
			if w.event(e) != nil || e.Type == outcomeEvent {
				return
			}
			after = e.Seq
		}
		// The outcome may be written just after the run is marked as ended, so an
		// empty read of an ended run counts only when it comes twice.
		if over && len(batch) == 0 && quiet {
			return
		}
		quiet = over && len(batch) == 0
		if len(batch) < eventBatch && !s.waitPoll(ctx, w, poll, beat) {
			return
		}
		var err error
		if batch, over, err = s.nextEvents(ctx, id, after); err != nil {
			s.deps.Log.WarnContext(ctx, "event stream ends", "run", id, "error", err)
			return
		}
	}
}

// waitPoll waits for the next look at the store; false when the reader is gone.
func (s *Server) waitPoll(ctx context.Context, w eventWriter, poll, beat *time.Ticker) bool {
	for {
		select {
		case <-ctx.Done():
			return false
		case <-s.ending:
			return false
		case <-beat.C:
			if w.heartbeat() != nil {
				return false
			}
		case <-poll.C:
			return true
		}
	}
}

// eventWriter speaks the event stream format.
type eventWriter struct{ http.ResponseWriter }

func (w eventWriter) begin() {
	h := w.Header()
	h.Set("Content-Type", "text/event-stream")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Accel-Buffering", "no") // nginx would hold events back
	w.WriteHeader(http.StatusOK)
	_ = w.flush()
}

func (w eventWriter) event(e serving.EventRecord) error {
	data, err := json.Marshal(e)
	if err != nil {
		return fmt.Errorf("encode event %d: %w", e.Seq, err)
	}
	return w.write(fmt.Sprintf("id: %d\nevent: %s\ndata: %s\n\n", e.Seq, e.Type, data))
}

func (w eventWriter) heartbeat() error { return w.write(": alive\n\n") }

func (w eventWriter) write(text string) error {
	// A recorder in a test has no deadlines; a connection has.
	_ = http.NewResponseController(w.ResponseWriter).SetWriteDeadline(time.Now().Add(eventWrite))
	if _, err := w.Write([]byte(text)); err != nil {
		return err
	}
	return w.flush()
}

func (w eventWriter) flush() error { return http.NewResponseController(w.ResponseWriter).Flush() }
