package api

import (
	"errors"
	"io"
	"net/http"
	"strings"

	"github.com/optiinfra/performance-agent/internal/llmsim/realtime"
	"github.com/optiinfra/performance-agent/internal/llmsim/sched"
)

// maxBody is above the longest prompt of any model in words and far below what
// would hurt the process.
const maxBody = 16 << 20

// request is a generation request as its route understood it, with the ways to
// answer it. Only one of the two ways is used.
type request struct {
	want
	stream bool
	// whole is the answer in one piece.
	whole func(*run) any
	// frames are the events of a stream.
	frames func(*run) frames
}

// generation is the handler of a route that generates. understand reads the body
// of a request.
func (s *Server) generation(route string, understand func(body []byte) (request, *problem)) http.HandlerFunc {
	own := !strings.HasPrefix(route, "/v1/")
	return func(w http.ResponseWriter, r *http.Request) {
		e := &exchange{own: own, arrived: s.engine.Now()}
		if !s.gate.enter() {
			w.Header().Set("Connection", "close")
			s.deny(w, e, s.closed())
			return
		}
		defer s.gate.leave()
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
		if err != nil {
			s.deny(w, e, badRequest("cannot read the request body: %v", err))
			return
		}
		var p *problem
		if e.request, p = understand(body); p != nil && p.kind == unreadable {
			s.deny(w, e, p)
			return
		}
		s.traffic.Asked(route)
		s.answer(w, r, e, p)
	}
}

// exchange is one request and its answer.
type exchange struct {
	request
	own     bool    // on a route of the engine's own API
	arrived float64 // on the engine's clock
}

// deny answers with a problem instead of an answer.
func (s *Server) deny(w http.ResponseWriter, e *exchange, p *problem) {
	p.own = e.own
	if e.stream && s.dialect.refusesInStream() && p.kind != unavailable {
		s.openStream(w)
		_, _ = w.Write(s.dialect.event(p))
		return
	}
	s.refuse(w, p)
}

// answer lets the engine run a request that was read, unless p says why not.
func (s *Server) answer(w http.ResponseWriter, r *http.Request, e *exchange, p *problem) {
	places := max(e.choices, 1)
	if p == nil {
		if p = s.admit(places); p == nil {
			defer s.slots.give(places)
		}
	}
	if p == nil && s.failsByFault() {
		p = &problem{kind: broken, message: s.dialect.brokenText()}
	}
	if p != nil {
		s.traffic.Failed(string(p.kind))
		s.deny(w, e, p)
		return
	}
	s.traffic.Accepted(len(e.prompt), e.most)
	if e.stream {
		s.writeStream(w, r, e)
		return
	}
	s.writeWhole(w, r, e)
}

// writeWhole waits for the last token.
func (s *Server) writeWhole(w http.ResponseWriter, r *http.Request, e *exchange) {
	under := s.start(s.settle(e.want), e.arrived, 0)
	if err := under.follow(r.Context(), func(int, int) error { return nil }); err != nil {
		p := s.failed(err)
		s.traffic.Failed(string(p.kind))
		s.deny(w, e, p)
		return
	}
	s.dialect.headers(w.Header(), under)
	reply(w, e.whole(under))
}

// failed tells why a run ended early.
func (s *Server) failed(err error) *problem {
	switch {
	case errors.Is(err, sched.ErrOverloaded):
		return tooMany()
	case errors.Is(err, realtime.ErrStopped), errors.Is(err, realtime.ErrRejected):
		return &problem{kind: broken, message: s.dialect.brokenText()}
	}
	return &problem{kind: dropped, message: "the client has gone"}
}
