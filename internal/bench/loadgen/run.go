package loadgen

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"

	"github.com/optiinfra/performance-agent/internal/bench/record"
	"github.com/optiinfra/performance-agent/internal/bench/self"
)

// Report is what the part measured.
type Report struct {
	Scenario Scenario `json:"scenario"`
	Ours     Client   `json:"ours"`
	Peer     *Client  `json:"peer,omitempty"`
	// PeerMissing says why there is no peer.
	PeerMissing string `json:"peer_missing,omitempty"`
}

// Roles are what other processes of this command do for the part.
func Roles() map[string]func(context.Context, io.Writer) error {
	return map[string]func(context.Context, io.Writer) error{roleServer: serveTokens, roleGenerator: generate}
}

// Run measures and writes a table to w and the report to a JSON file.
func Run(w io.Writer, file string) error {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	scenario, err := fromEnvironment()
	if err != nil {
		return err
	}
	report, err := measure(ctx, scenario)
	if err != nil {
		return err
	}
	printTable(w, report)
	return record.Write(file, report)
}

// measure runs both clients, one after the other, against one server.
func measure(ctx context.Context, s Scenario) (Report, error) {
	server, err := self.Serve(ctx, roleServer)
	if err != nil {
		return Report{}, fmt.Errorf("token server: %w", err)
	}
	defer server.Stop()
	target := server.Addresses[0]
	report := Report{Scenario: s}
	if report.Ours, err = runOurs(ctx, target, s); err != nil {
		return report, err
	}
	vegeta, err := exec.LookPath("vegeta")
	if err != nil {
		report.PeerMissing = "vegeta is not installed: scripts/need vegeta puts it into bin/"
		return report, nil
	}
	peer, err := runVegeta(ctx, vegeta, target, s)
	if err != nil {
		return report, err
	}
	report.Peer = &peer
	return report, nil
}

func serveTokens(ctx context.Context, w io.Writer) error {
	s, err := fromEnvironment()
	if err != nil {
		return err
	}
	server, err := newTokenServer(s.TokensASecond)
	if err != nil {
		return err
	}
	if _, err := fmt.Fprintln(w, server.url()); err != nil {
		return err
	}
	server.serve(ctx)
	return nil
}
