package rig

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"github.com/optiinfra/performance-agent/internal/router/gateway"
)

// Words with which the rig starts its own program again.
const (
	asGateway   = "gateway"   // STATE_FILE; users on descriptor 3, control on 4
	asSupervise = "supervise" // LLMSIM FAULTS_FOLDER ENGINE_COMMAND...
)

// Program is the program's other lives; done says that args named one, with the
// exit code that it ended with.
func Program(args []string) (code int, done bool) {
	switch {
	case len(args) == 2 && args[0] == asGateway:
		return report(serveGateway(args[1])), true
	case len(args) > 3 && args[0] == asSupervise:
		return supervise(args[1], args[2], args[3:]), true
	}
	return 0, false
}

func report(err error) int {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

// serveGateway is the product's gateway in a process of its own. Its sockets are
// handed to it, as systemd does, so they outlive it.
func serveGateway(stateFile string) error {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	g := gateway.New(gateway.Options{StateFile: stateFile})
	defer g.Close()
	if err := g.StateError(); err != nil {
		fmt.Fprintln(os.Stderr, err)
	}
	failed := make(chan error, 2)
	var servers []*http.Server
	for descriptor, handler := range map[uintptr]http.Handler{3: g.Handler(), 4: g.AdminHandler()} {
		l, err := net.FileListener(os.NewFile(descriptor, "listener"))
		if err != nil {
			return fmt.Errorf("socket %d of the gateway: %w", descriptor, err)
		}
		s := &http.Server{Handler: handler, ReadHeaderTimeout: 10 * time.Second}
		servers = append(servers, s)
		go func() { failed <- s.Serve(l) }()
	}
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
	}
	patient, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	var errs []error
	for _, s := range servers {
		errs = append(errs, s.Shutdown(patient))
	}
	return errors.Join(errs...)
}

// engineMark is in the environment of every engine under a supervisor, and of
// nothing else.
const engineMark = "CHAOS_ENGINE=1"

// engineRestart is what a supervisor lets pass before it starts a killed engine
// again.
const engineRestart = time.Second

// supervise runs a simulated engine and starts it again, on the same port, when it
// was killed. An engine that ends by itself, as one that cannot start does, ends the
// supervisor too: that is for the provisioner to see.
func supervise(llmsim, faults string, engine []string) int {
	told := make(chan os.Signal, 1)
	signal.Notify(told, syscall.SIGTERM)
	args := append([]string{"-gpu", "H100", "-startup", "200ms", "-faults",
		filepath.Join(faults, os.Getenv("PERFAGENT_FLEET")+".json")}, engine...)
	for {
		cmd := exec.Command(llmsim, args...)
		cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
		cmd.Env = append(os.Environ(), engineMark)
		if err := cmd.Start(); err != nil {
			return report(err)
		}
		ended := make(chan struct{})
		go func() { _ = cmd.Wait(); close(ended) }()
		select {
		case <-told:
			_ = cmd.Process.Signal(syscall.SIGTERM)
			<-ended
			return 0
		case <-ended:
		}
		status, ok := cmd.ProcessState.Sys().(syscall.WaitStatus)
		if !ok || !status.Signaled() {
			return cmd.ProcessState.ExitCode()
		}
		select {
		case <-told:
			return 0
		case <-time.After(engineRestart):
		}
	}
}
