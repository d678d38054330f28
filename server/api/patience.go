package api

import (
	"context"
	"fmt"
	"net/http"
	"reflect"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
)

// mostPatience bounds a wait; with the start before it, it stays below the server's
// write timeout and the lease of an idempotency key.
const mostPatience = 60 * time.Second

// Patience is a caller's wish to wait (RFC 7240, 4.3). As that document wants it,
// what is not understood is ignored.
type Patience struct {
	Prefer string `header:"Prefer" example:"wait=30" doc:"wait=N: answer 200 with the final record if it ends within N seconds, 60 at most; else 202 as it stands by then. Other preferences are ignored."`
}

func (p Patience) seconds() time.Duration {
	for _, wish := range strings.Split(p.Prefer, ",") {
		name, value, _ := strings.Cut(strings.TrimSpace(wish), "=")
		n, err := strconv.ParseUint(strings.Trim(value, `"`), 10, 31)
		if strings.EqualFold(name, "wait") && err == nil {
			return min(time.Duration(n)*time.Second, mostPatience)
		}
	}
	return 0
}

// patientOutput is a startedOutput that may have waited for the end.
type patientOutput[T any] struct {
	Status            int
	Location          string `header:"Location" doc:"Where to watch it."`
	PreferenceApplied string `header:"Preference-Applied" doc:"The wait that was granted."`
	Body              T
}

// handlePatient registers a handler that starts something, and waits for its end
// where the caller wants that. look is its record by now, and whether it has ended.
func handlePatient[I interface{ seconds() time.Duration }, T any](s *Server, r route,
	start func(context.Context, *I) (*startedOutput[T], error), look func(context.Context, T) (T, bool, error)) {
	op := s.operation(r, reflect.TypeFor[I]())
	s.routes[r.pattern()] = r
	started := served(s, r, start)
	huma.Register(s.api, op, func(ctx context.Context, in *I) (*patientOutput[T], error) {
		out, err := started(ctx, in)
		if err != nil {
			return nil, err
		}
		answer := &patientOutput[T]{Status: r.status, Location: out.Location, Body: out.Body}
		wish := (*in).seconds()
		if wish <= 0 {
			return answer, nil
		}
		answer.PreferenceApplied = fmt.Sprintf("wait=%.0f", wish.Seconds())
		// It has begun: a record that cannot be read now is no reason to say otherwise.
		ended, over, err := await(ctx, s, s.deps.Now().Add(wish), func(ctx context.Context) (T, bool, error) { return look(ctx, out.Body) })
		if err == nil {
			answer.Body = ended
		}
		if err == nil && over {
			answer.Status = http.StatusOK
		}
		return answer, nil
	})
	responses := s.api.OpenAPI().Paths[r.path].Post.Responses
	early := *responses[strconv.Itoa(r.status)]
	early.Description = "It ended within the wait that was preferred"
	responses["200"] = &early
}

// await looks until it is over; at the deadline, or when the caller or the server
// goes, it is as it was seen last.
func await[T any](ctx context.Context, s *Server, deadline time.Time, look func(context.Context) (T, bool, error)) (T, bool, error) {
	poll, late := time.NewTicker(s.cfg.EventPoll), time.NewTimer(deadline.Sub(s.deps.Now()))
	defer poll.Stop()
	defer late.Stop()
	for {
		seen, over, err := look(ctx)
		if err != nil || over {
			return seen, over, err
		}
		select {
		case <-poll.C:
		case <-late.C:
			return seen, false, nil
		case <-s.ending:
			return seen, false, nil
		case <-ctx.Done():
			return seen, false, nil
		}
	}
}
