package api

import (
	"context"

	"github.com/optiinfra/performance-agent/internal/llmsim/realtime"
	"github.com/optiinfra/performance-agent/internal/llmsim/sched"
)

// run is an ask under way: a request of the engine for each answer.
type run struct {
	ask
	engine   Engine
	requests []*sched.Request
	streams  []*realtime.Stream
}

// start hands the requests in. arrived is when the client's came, on the
// engine's clock; interval the number of tokens after which progress is wanted,
// 0: at the end only.
func (s *Server) start(a ask, arrived float64, interval int) *run {
	r := &run{ask: a, engine: s.engine}
	for k, one := range a.answers {
		request := &sched.Request{
			Prompt: a.prompt, Output: one.Tokens(), MaxTokens: a.most, Next: one.words.Token, Times: sched.Times{Arrived: arrived},
		}
		if len(a.answers) > 1 {
			request.Choice, request.Choices = k, len(a.answers)
		}
		r.requests = append(r.requests, request)
		r.streams = append(r.streams, s.engine.Submit(realtime.Job{
			Request: request, MaxTokens: a.most, Reason: one.reason(), WakeEvery: interval,
		}))
	}
	return r
}

// step is progress of one answer: so many of its tokens exist.
type step struct {
	answer, produced int
	err              error
}

// follow reports progress until all answers are whole. It returns early with the
// error of each or of the first stream that failed; what is left of the run is
// then given up.
func (r *run) follow(ctx context.Context, each func(answer, produced int) error) error {
	err := r.watch(ctx, each)
	if err != nil {
		for _, s := range r.streams {
			r.engine.Abort(s)
		}
	}
	return err
}

func (r *run) watch(ctx context.Context, each func(answer, produced int) error) error {
	if len(r.streams) == 1 {
		return read(ctx, r.streams[0], func(produced int) error { return each(0, produced) })
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel() // the readers end with it, so none is left behind for long
	steps := make(chan step)
	for k, s := range r.streams {
		go forward(ctx, k, s, steps)
	}
	for open := len(r.streams); open > 0; {
		var s step
		select {
		case s = <-steps:
		case <-ctx.Done(): // the readers may have seen it first, and then send nothing
			return ctx.Err()
		}
		if s.err != nil {
			return s.err
		}
		if err := each(s.answer, s.produced); err != nil {
			return err
		}
		if s.produced == r.answers[s.answer].Tokens() {
			open--
		}
	}
	return nil
}

// read reports the progress of one stream until its last token.
func read(ctx context.Context, s *realtime.Stream, each func(produced int) error) error {
	for {
		produced, last, err := s.Next(ctx)
		if err != nil {
			return err
		}
		if err := each(produced); err != nil || last {
			return err
		}
	}
}

// forward reads one stream of several.
func forward(ctx context.Context, answer int, s *realtime.Stream, out chan<- step) {
	send := func(st step) error {
		select {
		case out <- st:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	err := read(ctx, s, func(produced int) error { return send(step{answer: answer, produced: produced}) })
	if err != nil {
		_ = send(step{err: err})
	}
}
