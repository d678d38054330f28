package api

import (
	"net/http"
	"time"

	"github.com/optiinfra/performance-agent/internal/llmsim/realtime"
	"github.com/optiinfra/performance-agent/internal/llmsim/sched"
)

// answer lets the engine run a question and writes what it generates.
func (s *Server) answer(w http.ResponseWriter, r *http.Request, q question, f format, arrived float64) {
	stream := s.engine.Submit(realtime.Job{
		Request: &sched.Request{
			Prompt: q.prompt, Output: q.output, Next: q.answer.Token,
			Times: sched.Times{Arrived: arrived},
		},
		MaxTokens: q.maxTokens, Reason: q.reason, WakeEvery: q.interval,
	})
	e := envelope{id: f.idPrefix + s.serial.next(), created: time.Now().Unix(), model: s.config.ServedNames[0]}
	finished := false
	if q.interval > 0 {
		finished = writeStream(w, r, stream, q, newFrame(f, e, q))
	} else {
		finished = writeWhole(w, r, stream, q, f, e)
	}
	if !finished {
		s.engine.Abort(stream)
	}
}

// envelope is what every chunk of an answer repeats.
type envelope struct {
	id      string
	created int64
	model   string
}

// usage counts tokens as the API reports them.
type usage struct {
	PromptTokens     int `json:"prompt_tokens"`
	TotalTokens      int `json:"total_tokens"`
	CompletionTokens int `json:"completion_tokens"`
}

func (q question) usageOf() usage {
	return usage{PromptTokens: len(q.prompt), CompletionTokens: q.output, TotalTokens: len(q.prompt) + q.output}
}

// writeWhole waits for the last token; false when it never came.
func writeWhole(w http.ResponseWriter, r *http.Request, stream *realtime.Stream, q question, f format, e envelope) bool {
	for {
		_, last, err := stream.Next(r.Context())
		if err != nil {
			engineFailure().write(w)
			return false
		}
		if last {
			reply(w, f.whole(e, q))
			return true
		}
	}
}

// writeStream writes tokens as they come, an event for each or, with a greater
// stream interval, for each group; false when the client left or the engine
// stopped first. A writer that is late finds several tokens and writes them at
// once, so it never falls behind for good.
func writeStream(w http.ResponseWriter, r *http.Request, stream *realtime.Stream, q question, frame frame) bool {
	header := w.Header()
	header.Set("Content-Type", "text/event-stream; charset=utf-8")
	header.Set("Cache-Control", "no-cache")
	header.Set("X-Accel-Buffering", "no")
	out := http.NewResponseController(w)
	var buf []byte
	for sent := 0; ; {
		produced, last, err := stream.Next(r.Context())
		if err != nil {
			_, _ = w.Write(frame.failure(engineFailure()))
			return false
		}
		buf = buf[:0]
		for sent < produced {
			to := produced
			if q.interval == 1 {
				to = sent + 1
			}
			buf = frame.event(buf, sent, to)
			sent = to
		}
		if last {
			buf = frame.end(buf)
		}
		if _, err := w.Write(buf); err != nil {
			return last
		}
		if err := out.Flush(); err != nil {
			return last
		}
		if last {
			return true
		}
	}
}
