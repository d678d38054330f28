package api

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/optiinfra/performance-agent/internal/bench/vegeta"
)

// controlRate is low, so that the control does not itself make the machine busy.
const controlRate = 100 // requests a second

// readsBesideControl sends the reads and, in the same seconds, requests to a server
// that does nothing. What of the tail the control has as well comes from the
// machine and from the generator, not from the API.
func (s *stack) readsBesideControl(ctx context.Context, report *Report) error {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return fmt.Errorf("listen for the control: %w", err)
	}
	nothing := &http.Server{Handler: http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}), ReadHeaderTimeout: time.Minute}
	defer nothing.Close()
	both, ctx := errgroup.WithContext(ctx)
	go func() { _ = nothing.Serve(l) }() // it ends with Close
	both.Go(func() (err error) {
		report.Reads, err = s.attack(ctx, readTargets(s.base), readRate, readDuration)
		return err
	})
	both.Go(func() (err error) {
		report.Control, err = s.attack(ctx, []vegeta.Target{{Method: http.MethodGet, URL: "http://" + l.Addr().String()}}, controlRate, readDuration)
		return err
	})
	return both.Wait()
}
