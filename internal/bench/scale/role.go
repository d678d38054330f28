package scale

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strconv"
	"time"
)

const (
	roleFleets     = "scale-fleets"
	fleetsVariable = "BENCH_SCALE_FLEETS"
)

// Roles are what other processes of this command do for the part.
func Roles() map[string]func(context.Context, io.Writer) error {
	return map[string]func(context.Context, io.Writer) error{roleFleets: playFleets}
}

// playFleets serves as many fleets as its environment says. It prints the address at
// which it is told which of them break, then theirs.
func playFleets(ctx context.Context, w io.Writer) error {
	n, err := strconv.Atoi(os.Getenv(fleetsVariable))
	if err != nil || n < 1 {
		return fmt.Errorf("%s: %q is no number of fleets", fleetsVariable, os.Getenv(fleetsVariable))
	}
	return serveFleets(ctx, w, n)
}

func serveFleets(ctx context.Context, w io.Writer, n int) error {
	fleets := make([]*simulated, n)
	for i := range fleets {
		f, err := startFleet()
		if err != nil {
			return err
		}
		defer f.server.Close()
		fleets[i] = f
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return fmt.Errorf("listen for orders: %w", err)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /break/{n}", func(w http.ResponseWriter, r *http.Request) {
		i, err := strconv.Atoi(r.PathValue("n"))
		if err != nil || i < 0 || i >= n {
			http.NotFound(w, r)
			return
		}
		fleets[i].broken.Store(true)
	})
	orders := &http.Server{Handler: mux, ReadHeaderTimeout: 10 * time.Second}
	defer orders.Close()
	go func() { _ = orders.Serve(l) }() // ends with Close
	line := "http://" + l.Addr().String()
	for _, f := range fleets {
		line += " " + f.address
	}
	if _, err := fmt.Fprintln(w, line); err != nil {
		return err
	}
	<-ctx.Done()
	return nil
}
