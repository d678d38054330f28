package api

import (
	"errors"
	"io"
	"net/http"
)

// frames writes the events of one stream.
type frames interface {
	// tokens appends the events that bring the tokens from..to-1 of an answer.
	tokens(buf []byte, answer, from, to int) []byte
	// end appends what follows the last token of the last answer.
	end(buf []byte) []byte
}

var errClientLeft = errors.New("the client has gone")

// writeStream writes tokens as they come, an event for each or, with a greater
// stream interval, for each group. A writer that is late finds several tokens
// and writes them at once, so it never falls behind for good.
func (s *Server) writeStream(w http.ResponseWriter, r *http.Request, e *exchange) {
	interval := max(s.config.StreamInterval, 1)
	under := s.start(s.settle(e.want), e.arrived, interval)
	s.openStream(w)
	out := streamWriter{to: w, flush: http.NewResponseController(w).Flush, frames: e.frames(under), run: under,
		sent: make([]int, len(under.answers)), open: len(under.answers), single: interval == 1}
	if err := under.follow(r.Context(), out.progress); err != nil {
		p := s.failed(err)
		p.own = e.own
		s.traffic.Failed(string(p.kind))
		_, _ = w.Write(s.dialect.event(p))
	}
}

// streamWriter writes the progress of a run.
type streamWriter struct {
	to     io.Writer
	flush  func() error
	frames frames
	run    *run
	sent   []int // tokens of each answer
	open   int   // answers that are not whole
	single bool  // an event for each token
	buf    []byte
}

func (o *streamWriter) progress(k, produced int) error {
	buf := o.buf[:0]
	for o.sent[k] < produced {
		to := produced
		if o.single {
			to = o.sent[k] + 1
		}
		buf = o.frames.tokens(buf, k, o.sent[k], to)
		o.sent[k] = to
	}
	if produced == o.run.answers[k].Tokens() {
		o.open--
	}
	if o.open == 0 {
		buf = o.frames.end(buf)
	}
	o.buf = buf
	if _, err := o.to.Write(buf); err != nil {
		return errors.Join(errClientLeft, err)
	}
	if err := o.flush(); err != nil {
		return errors.Join(errClientLeft, err)
	}
	return nil
}

func (s *Server) openStream(w http.ResponseWriter) {
	header := w.Header()
	header.Set("Content-Type", "text/event-stream; charset=utf-8")
	header.Set("Cache-Control", "no-cache")
	header.Set("X-Accel-Buffering", "no")
}
