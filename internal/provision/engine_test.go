package provision_test

import (
	"context"
	"flag"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/optiinfra/performance-agent/internal/provision"
	"github.com/optiinfra/performance-agent/internal/serving"
)

// The test binary is also the engine under test: with this variable set it
// serves instead of testing.
const engineVariable = "TEST_ENGINE"

func TestMain(m *testing.M) {
	switch os.Getenv(engineVariable) {
	case "":
		os.Exit(m.Run())
	case "idle":
		select {} // a process that is there and does nothing
	case "worker":
		os.Exit(workerMain(os.Args[1], os.Args[2], os.Args[3]))
	default:
		os.Exit(engineMain(os.Args[1:]))
	}
}

// workerMain is a worker in a process of its own, to be killed.
func workerMain(dir, diary, gate string) int {
	p := provision.NewProcess(options(os.Args[0], dir, diary))
	if _, err := p.Ensure(context.Background(), serving.Fleet{Name: "chat"}, spec(serving.Stable, config("a", "await="+gate), 1)); err != nil {
		return 1
	}
	return 0
}

// engineFlags are the flags of the test engine; they make it behave or not.
type engineFlags struct {
	host, diary, name, await     string
	port                         int
	crash, neverReady, unhealthy bool
	ignoreTerm, child            bool
}

func parseEngine(args []string) engineFlags {
	var f engineFlags
	set := flag.NewFlagSet("engine", flag.ExitOnError)
	set.StringVar(&f.host, "host", "", "")
	set.IntVar(&f.port, "port", 0, "")
	set.StringVar(&f.name, "name", "", "label in the diary")
	set.StringVar(&f.diary, "diary", "", "file to which start and stop are appended")
	set.StringVar(&f.await, "await", "", "serve only once this file exists")
	set.BoolVar(&f.crash, "crash", false, "end at once with a message")
	set.BoolVar(&f.neverReady, "never-ready", false, "never serve")
	set.BoolVar(&f.unhealthy, "unhealthy-after-first", false, "answer the first health check only")
	set.BoolVar(&f.ignoreTerm, "ignore-term", false, "do not end on SIGTERM")
	set.BoolVar(&f.child, "child", false, "leave a process behind")
	_ = set.Parse(args)
	return f
}

func (f engineFlags) write(what string) {
	if f.diary == "" {
		return
	}
	file, err := os.OpenFile(f.diary, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return
	}
	defer func() { _ = file.Close() }()
	_, _ = fmt.Fprintf(file, "%s %s\n", what, f.name) // one write: engines share the file
}

func engineMain(args []string) int {
	f := parseEngine(args)
	terminate := make(chan os.Signal, 1)
	signal.Notify(terminate, syscall.SIGTERM)
	f.write("start")
	if f.crash {
		fmt.Fprintln(os.Stderr, "ValueError: boom, out of memory")
		return 3
	}
	if f.child {
		c := exec.Command(os.Args[0])
		c.Env = append(os.Environ(), engineVariable+"=idle")
		c.SysProcAttr = &syscall.SysProcAttr{Setsid: true} // not even of its session
		if err := c.Start(); err != nil {
			return 4
		}
	}
	if f.neverReady {
		<-terminate
		f.write("stop")
		return 0
	}
	for f.await != "" {
		if _, err := os.Stat(f.await); err == nil {
			break
		}
		select {
		case <-terminate:
			return 0
		case <-time.After(5 * time.Millisecond):
		}
	}
	return f.serve(terminate)
}

func (f engineFlags) serve(terminate chan os.Signal) int {
	l, err := net.Listen("tcp", net.JoinHostPort(f.host, strconv.Itoa(f.port)))
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 5
	}
	draining := make(chan struct{})
	checks := 0
	mux := http.NewServeMux()
	mux.HandleFunc("GET /health", func(w http.ResponseWriter, _ *http.Request) {
		if checks++; f.unhealthy && checks > 1 {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	})
	mux.HandleFunc("GET /env", func(w http.ResponseWriter, _ *http.Request) {
		for _, e := range os.Environ() {
			_, _ = fmt.Fprintln(w, e)
		}
	})
	// A generation that is still running when the engine is told to end, and is
	// finished after that.
	mux.HandleFunc("POST /v1/completions", func(w http.ResponseWriter, _ *http.Request) {
		_, _ = fmt.Fprintln(w, "begin")
		_ = http.NewResponseController(w).Flush()
		<-draining
		_, _ = fmt.Fprintln(w, "end")
	})
	server := &http.Server{Handler: mux}
	go func() { _ = server.Serve(l) }()
	for range terminate {
		if f.ignoreTerm {
			continue
		}
		break
	}
	close(draining)
	_ = server.Shutdown(context.Background())
	f.write("stop")
	return 0
}
