package main

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"syscall"
	"time"

	"github.com/alecthomas/kong"

	"github.com/optiinfra/performance-agent/internal/loadgen"
	"github.com/optiinfra/performance-agent/internal/serving"
	"github.com/optiinfra/performance-agent/server/api/client"
)

const (
	fleetName = "chat"
	model     = "meta-llama/Llama-3.1-8B-Instruct"
	gpu       = "H100"
	replicas  = 2
)

// flags are a fleet as one meets it, started once and never looked at again.
var flags = []string{"vllm", "serve", model, "--enforce-eager", "--max-num-seqs", "16", "--gpu-memory-utilization", "0.5", "--no-enable-prefix-caching"}

// traffic is some 10 chats a second, which the badly tuned fleet just carries.
var traffic = serving.Workload{RatePerSecond: 10, PromptTokens: serving.Lengths{Mean: 512, CV: 0.4, Min: 32, Max: 2048},
	OutputTokens: serving.Lengths{Mean: 128, CV: 0.4, Min: 8, Max: 512}, PrefixShare: 0.3, PrefixGroups: 8}

// options are the command line; the worker gets its own settings from the
// environment, as everywhere.
type options struct {
	API      string `default:"http://127.0.0.1:8002" help:"Base URL of the API."`
	Listen   string `default:":8100" help:"Where users come in."`
	Admin    string `default:"127.0.0.1:8101" help:"Where worker and server reach the gateway."`
	StateDir string `default:"/state" env:"PERFAGENT_STATE_DIR" help:"State folder of worker and server."`
	Worker   string `default:"/worker" help:"The worker's binary."`
	Simulate string `default:"/llmsim" help:"The simulated engine's binary."`
}

// launcher is put before every engine's command line, here and in the worker.
func (o options) launcher() []string { return []string{o.Simulate, "-gpu", gpu, "-startup", "2s"} }

func main() {
	var o options
	kong.Parse(&o, kong.Name("demo"), kong.Description("A worker with simulated engines, a gateway and simulated users."))
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, o); err != nil && ctx.Err() == nil {
		fmt.Fprintln(os.Stderr, "demo:", err)
		os.Exit(1)
	}
}

// run brings up the parts in the order of their needs and sends traffic until ctx
// ends or the worker does.
func run(ctx context.Context, o options) error {
	api, err := client.New(o.API, client.HTTP(&http.Client{Timeout: 30 * time.Second}))
	if err != nil {
		return err
	}
	if err := ready(ctx, api); err != nil {
		return err
	}
	key, err := firstKey(o.StateDir)
	if err != nil {
		return err
	}
	f, err := startFleet(ctx, o)
	if err != nil {
		return err
	}
	defer f.stop()
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	worker := o.worker(ctx)
	if err := worker.Start(); err != nil {
		return fmt.Errorf("start the worker: %w", err)
	}
	ended := make(chan struct{})
	go func() { stop(fmt.Errorf("the worker ended: %w", worker.Wait())); close(ended) }()
	defer func() { stop(nil); <-ended }()
	if err := register(ctx, api.With(key), f.record); err != nil {
		return err
	}
	fmt.Println("demo: fleet", fleetName, "is served on", o.Listen, "by simulated engines")
	if err := loadgen.New(loadgen.Options{}).RunTraffic(ctx, "http://"+f.users, model, traffic, 42, func(loadgen.Request) {}); err != nil {
		return fmt.Errorf("send traffic: %w", err)
	}
	return context.Cause(ctx)
}

// worker is ours with simulated engines; it gets SIGTERM when ctx ends and half a
// minute to end in order.
func (o options) worker(ctx context.Context) *exec.Cmd {
	cmd := exec.CommandContext(ctx, o.Worker, "--state-dir="+o.StateDir, "--engine-launcher="+join(o.launcher()))
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = 30 * time.Second
	return cmd
}
