package client

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// again is how long to wait before a broken stream is taken up.
const again = time.Second

// mostEvent bounds one line of a stream.
const mostEvent = 1 << 20

// RunEvents is a run's story from the event after the given one (0: from its start),
// as it is told, until the outcome. A stream that breaks is taken up where it broke,
// also when the server was away; what another try cannot mend (a *Problem below
// status 500 but for too many requests, or the end of ctx) is the last thing that it
// yields.
func (c *Client) RunEvents(ctx context.Context, id string, after int64) iter.Seq2[EventRecord, error] {
	return func(yield func(EventRecord, error) bool) {
		over := false
		take := func(e EventRecord) bool {
			over = e.Type == "outcome"
			after = max(after, e.Seq)
			return yield(e, nil) && !over
		}
		for {
			ended, err := c.stream(ctx, "/api/v1/runs/"+url.PathEscape(id)+"/events", after, take)
			if ended || over {
				return
			}
			if final(ctx, err) {
				yield(EventRecord{}, err)
				return
			}
			if pause(ctx, again) != nil {
				yield(EventRecord{}, ctx.Err())
				return
			}
		}
	}
}

// final says that another try cannot mend it.
func final(ctx context.Context, err error) bool {
	status := Status(err)
	return ctx.Err() != nil || status >= 400 && status < 500 && status != http.StatusTooManyRequests
}

// stream reads one stream until it ends or breaks, or take wants no more. ended means
// that nothing can come any more.
func (c *Client) stream(ctx context.Context, path string, after int64, take func(EventRecord) bool) (ended bool, err error) {
	var opts []CallOption
	if after > 0 {
		opts = append(opts, Header("Last-Event-ID", strconv.FormatInt(after, 10)))
	}
	answer, err := c.send(ctx, request{method: http.MethodGet, path: path}, opts)
	if err != nil {
		return false, err
	}
	defer answer.Body.Close()
	if answer.StatusCode == http.StatusNoContent {
		return true, nil
	}
	lines := bufio.NewScanner(answer.Body)
	lines.Buffer(nil, mostEvent)
	for lines.Scan() {
		data, is := strings.CutPrefix(lines.Text(), "data: ")
		if !is {
			continue
		}
		var e EventRecord
		if err := json.Unmarshal([]byte(data), &e); err != nil {
			return false, fmt.Errorf("decode an event: %w", err)
		}
		if !take(e) {
			return true, nil
		}
	}
	return false, errors.Join(lines.Err(), ctx.Err())
}

func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}

// AwaitRun hands each event to each (which may be nil) until the run has ended, and is
// the run as it ended.
func (c *Client) AwaitRun(ctx context.Context, id string, each func(EventRecord)) (*RunView, error) {
	for e, err := range c.RunEvents(ctx, id, 0) {
		if err != nil {
			return nil, err
		}
		if each != nil {
			each(e)
		}
	}
	return c.GetRun(ctx, id)
}
