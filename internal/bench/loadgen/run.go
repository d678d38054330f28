package loadgen

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"time"
)

// Report is what the part measured.
type Report struct {
	Scenario Scenario `json:"scenario"`
	Ours     Client   `json:"ours"`
	Peer     *Client  `json:"peer,omitempty"`
	// PeerMissing says why there is no peer.
	PeerMissing string `json:"peer_missing,omitempty"`
}

// Run measures and writes a table to w and the report to a JSON file. In a process
// that was started with a role it plays that role instead.
func Run(w io.Writer, file string) error {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	scenario, err := fromEnvironment()
	if err != nil {
		return err
	}
	switch os.Getenv(roleVariable) {
	case roleServer:
		return serveTokens(ctx, w, scenario)
	case roleGenerator:
		return generate(ctx, w, os.Getenv(targetVariable), scenario)
	}
	report, err := measure(ctx, scenario)
	if err != nil {
		return err
	}
	printTable(w, report)
	return save(file, report)
}

func save(file string, report Report) error {
	data, err := json.MarshalIndent(report, "", "  ")
	if err != nil {
		return fmt.Errorf("encode the report: %w", err)
	}
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return fmt.Errorf("make the folder of the report: %w", err)
	}
	return os.WriteFile(file, data, 0o644)
}

// measure runs both clients, one after the other, against one server.
func measure(ctx context.Context, s Scenario) (Report, error) {
	target, stop, err := startServer(ctx)
	if err != nil {
		return Report{}, err
	}
	defer stop()
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

// startServer starts the token server in a process of its own.
func startServer(ctx context.Context) (target string, stop func(), err error) {
	cmd, err := again(ctx, roleVariable+"="+roleServer)
	if err != nil {
		return "", nil, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return "", nil, fmt.Errorf("token server: %w", err)
	}
	if err := cmd.Start(); err != nil {
		return "", nil, fmt.Errorf("start the token server: %w", err)
	}
	stop = func() {
		_ = cmd.Process.Signal(os.Interrupt)
		_ = cmd.Wait()
	}
	line := make([]byte, 256)
	n, err := out.Read(line)
	target = strings.TrimSpace(string(line[:n]))
	if err != nil || !strings.HasPrefix(target, "http://") {
		stop()
		return "", nil, fmt.Errorf("the token server said %q instead of its address: %w", target, err)
	}
	return target, stop, nil
}

// again is this command once more, in another role.
func again(ctx context.Context, environment ...string) (*exec.Cmd, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("find this binary: %w", err)
	}
	cmd := exec.CommandContext(ctx, self, os.Args[1:]...)
	cmd.Env = append(os.Environ(), environment...)
	cmd.Stderr = os.Stderr
	cmd.WaitDelay = 5 * time.Second
	return cmd, nil
}

func serveTokens(ctx context.Context, w io.Writer, s Scenario) error {
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
