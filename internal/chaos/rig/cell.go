package rig

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"

	"go.temporal.io/sdk/client"

	"github.com/optiinfra/performance-agent/internal/advisor/advisortest"
	"github.com/optiinfra/performance-agent/internal/chaos"
	"github.com/optiinfra/performance-agent/internal/child"
	"github.com/optiinfra/performance-agent/internal/engine/known"
	"github.com/optiinfra/performance-agent/internal/provision"
	"github.com/optiinfra/performance-agent/internal/router"
	"github.com/optiinfra/performance-agent/internal/router/kinds"
	"github.com/optiinfra/performance-agent/internal/serving"
	"github.com/optiinfra/performance-agent/internal/store/pgtest"
)

// cell is one whole installation, shared by the runs in its lanes.
type cell struct {
	dir   string
	tools Tools
	out   io.Writer

	temporalAddress string
	temporal        *service
	server, worker  *service
	postgres        *pgtest.Server
	advisor         *advisortest.Server
	// The ways to what the programs depend on; what the rig itself asks goes beside
	// them.
	toTemporal, toDatabase, toAdvisor *proxy

	client  client.Client // straight to Temporal
	base    string        // of the API
	routers *router.Switch
	engines *provision.Process
	disk    *disk

	ending  chan struct{}
	probing sync.WaitGroup
	// ill counts restarts of Temporal by the probe.
	ill atomic.Int64

	mu      sync.Mutex // of the database's process
	struck  sync.Mutex
	strikes []chaos.Blow // on shared parts, for the runs that they hit too
}

// startCell starts everything; what it returns must be closed, in the case of an
// error, too.
func startCell(ctx context.Context, dir string, tools Tools, out io.Writer) (*cell, error) {
	c := &cell{dir: dir, tools: tools, out: out, ending: make(chan struct{}), routers: kinds.Routers(&http.Client{Timeout: lookTimeout})}
	for _, d := range []string{c.logs(), c.faults(), c.state()} {
		if err := os.MkdirAll(d, 0o755); err != nil {
			return c, fmt.Errorf("folder of a cell: %w", err)
		}
	}
	c.disk = mountDisk(c.state())
	for _, start := range []func(context.Context) error{c.startTemporal, c.startDatabase, c.startAdvisor, c.startAgent} {
		if err := start(ctx); err != nil {
			return c, err
		}
	}
	engines := known.Engines()
	c.engines = provision.NewProcess(provision.ProcessOptions{StateDir: filepath.Join(c.state(), "engines"), Launcher: c.launcher(),
		CommandLine: func(config serving.EngineConfig, host string, port int) ([]string, error) {
			e, err := engines.Engine(config.Engine)
			if err != nil {
				return nil, err
			}
			return e.CommandLine(config, host, port), nil
		}})
	return c, nil
}

func (c *cell) logs() string   { return filepath.Join(c.dir, "logs") }
func (c *cell) faults() string { return filepath.Join(c.dir, "faults") }
func (c *cell) state() string  { return filepath.Join(c.dir, "state") }

// launcher puts each engine under a supervisor that starts it again.
func (c *cell) launcher() []string {
	return []string{c.tools.Self, asSupervise, c.tools.LLMSim, c.faults()}
}

func (c *cell) startTemporal(ctx context.Context) error {
	port, err := freePort()
	if err != nil {
		return err
	}
	c.temporalAddress = "127.0.0.1:" + port
	args := []string{c.tools.Temporal, "server", "start-dev", "--headless", "--ip", "127.0.0.1", "--port", port,
		"--db-filename", filepath.Join(c.dir, "temporal.db"), "--log-level", "error"}
	for _, attribute := range []string{"Fleet=Keyword", "Engine=Keyword", "Phase=Keyword", "Outcome=Keyword", "Weight=Int", "Improvement=Double"} {
		args = append(args, "--search-attribute", attribute)
	}
	if c.temporal, err = keep("temporal", child.New(c.logs(), "temporal", nil, args...), c.out); err != nil {
		return err
	}
	if c.client, err = client.NewLazyClient(client.Options{HostPort: c.temporalAddress, Logger: quiet()}); err != nil {
		return fmt.Errorf("client of Temporal: %w", err)
	}
	if c.toTemporal, err = newProxy("tcp", c.temporalAddress); err != nil {
		return err
	}
	if err := until(ctx, patience, "wait for Temporal", c.temporalServes); err != nil {
		return err
	}
	c.probing.Go(c.probe)
	return nil
}

func (c *cell) temporalServes(ctx context.Context) bool {
	ctx, cancel := context.WithTimeout(ctx, lookTimeout)
	defer cancel()
	_, err := c.client.CheckHealth(ctx, &client.CheckHealthRequest{})
	return err == nil
}

func freePort() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", fmt.Errorf("find a port: %w", err)
	}
	defer func() { _ = l.Close() }()
	_, port, err := net.SplitHostPort(l.Addr().String())
	return port, err
}

func (c *cell) startDatabase(context.Context) error {
	var err error
	if c.postgres, err = pgtest.StartPrivate(); err != nil {
		return fmt.Errorf("start Postgres: %w", err)
	}
	direct, err := c.postgres.Create("agent", "")
	if err != nil {
		return fmt.Errorf("make the database: %w", err)
	}
	u, err := url.Parse(direct)
	if err != nil {
		return fmt.Errorf("address of the database: %w", err)
	}
	c.toDatabase, err = newProxy("unix", filepath.Join(u.Query().Get("host"), ".s.PGSQL.5432"))
	return err
}

func (c *cell) databaseURL() string {
	return "postgres://postgres@" + c.toDatabase.address() + "/agent?sslmode=disable"
}

func (c *cell) startAdvisor(context.Context) error {
	c.advisor = advisortest.Start(advisortest.Says(advisortest.Answer("Eager mode costs most.",
		advisortest.Proposal{Title: "larger blocks", Finding: "host-overhead", Changes: []string{"--block-size", "set", "32"}})))
	var err error
	c.toAdvisor, err = newProxy("tcp", strings.TrimPrefix(c.advisor.URL(), "http://"))
	return err
}

// startAgent starts the server and a worker as production does.
func (c *cell) startAgent(ctx context.Context) error {
	port, err := freePort()
	if err != nil {
		return err
	}
	c.base = "http://127.0.0.1:" + port
	env := []string{"TEMPORAL_ADDRESS=" + c.toTemporal.address(), "PERFAGENT_DATABASE_URL=" + c.databaseURL(), "PERFAGENT_AUTH=off",
		"PERFAGENT_RATE_PER_SECOND=0", "PERFAGENT_LISTEN=127.0.0.1:" + port, "PERFAGENT_STATE_DIR=" + filepath.Join(c.state(), "engines"),
		"PERFAGENT_ENGINE_LAUNCHER=" + strings.Join(c.launcher(), " "), "PERFAGENT_MAX_LOAD_TESTS=4",
		"PERFAGENT_ADVISOR_URL=http://" + c.toAdvisor.address(), "PERFAGENT_ADVISOR_KEY=env:CHAOS_ADVISOR_KEY", "CHAOS_ADVISOR_KEY=" + advisortest.Key}
	if c.server, err = keep("server", child.New(c.logs(), "server", env, c.tools.Server), c.out); err != nil {
		return err
	}
	if err := until(ctx, patience, "wait for the server, see "+c.logs(), c.serverServes); err != nil {
		return err
	}
	c.worker, err = keep("worker", child.New(c.logs(), "worker", env, c.tools.Worker), c.out)
	return err
}

func (c *cell) serverServes(ctx context.Context) bool {
	ctx, cancel := context.WithTimeout(ctx, lookTimeout)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, c.base+"/health/ready", nil)
	if err != nil {
		return false
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		return false
	}
	_ = answer.Body.Close()
	return answer.StatusCode == http.StatusOK
}

// close ends everything that was started, engines first.
func (c *cell) close() error {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	var failed []error
	for _, s := range []*service{c.worker, c.server} {
		if s != nil {
			s.stop()
		}
	}
	if c.engines != nil {
		failed = append(failed, c.engines.RemoveAll(ctx))
	}
	for _, p := range []*proxy{c.toTemporal, c.toDatabase, c.toAdvisor} {
		if p != nil {
			p.close()
		}
	}
	if c.advisor != nil {
		c.advisor.Close()
	}
	close(c.ending)
	c.probing.Wait()
	if c.client != nil {
		c.client.Close()
	}
	if c.temporal != nil {
		c.temporal.stop()
	}
	if c.postgres != nil {
		failed = append(failed, c.postgres.Stop())
	}
	if c.disk != nil {
		failed = append(failed, c.disk.unmount())
	}
	return errors.Join(failed...)
}

// unplanned counts the ends of shared programs that no fault caused.
func (c *cell) unplanned() map[string]int {
	out := map[string]int{}
	for _, s := range []*service{c.temporal, c.server, c.worker} {
		if s != nil && s.endedByItself() > 0 {
			out[s.name] += s.endedByItself()
		}
	}
	if n := int(c.ill.Load()); n > 0 {
		out["temporal, by its probe,"] = n
	}
	return out
}
