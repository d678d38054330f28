package api

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humaecho"
)

// changesLife ends a stream of changes, which has no end of its own: a browser
// comes back at once, and a key that was revoked meanwhile does not.
const changesLife = 10 * time.Minute

// ChangesInput names the version that the listener has seen.
type ChangesInput struct {
	LastEventID string `header:"Last-Event-ID" maxLength:"128" doc:"ID of the last event seen; nothing is told until there is another."`
}

// Change is what listeners hear.
type Change struct {
	Version string `json:"version" doc:"A name for what the overview shows; equal while nothing changes."`
}

func (s *Server) registerChanges() {
	path := prefix + "/events"
	handle(s, route{method: http.MethodGet, path: path, id: "changes", group: "system", stream: true, reach: reachOwn, errors: []int{http.StatusServiceUnavailable},
		summary: "Server-sent events, one called \"changed\" whenever a run, a rollout, a fleet or a violation that you may see is another than before; read what is of interest then"}, s.changed)
	s.documentStream(path, Change{})
}

func (s *Server) changed(ctx context.Context, in *ChangesInput) (*raw, error) {
	who := callerOf(ctx)
	free, err := s.places.take(who.place())
	if err != nil {
		return nil, err
	}
	return &raw{Body: func(hc huma.Context) {
		defer free()
		heard, leave := s.changes.join(who.Principal.Fleets)
		defer leave()
		ctx, cancel := context.WithTimeout(ctx, changesLife)
		defer cancel()
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
