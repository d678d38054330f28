package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/alecthomas/kong"

	"github.com/optiinfra/performance-agent/internal/serving"
)

// options are the command line of the local stack.
type options struct {
	Engine   string `default:"vllm" enum:"vllm,tgi,sglang" help:"Engine of the fleet: ${enum}."`
	Scenario string `default:"mistuned" enum:"${scenarios}" help:"What happens: ${enum}."`
	Once     bool   `help:"End with the run instead of serving until interrupted."`
	JSON     string `name:"json" placeholder:"FILE" help:"Write the facts of the run to this file."`
	Dir      string `default:".run" help:"Where state and logs go; emptied at the start."`
	Manual   bool   `help:"Start the stack and register the fleet, but start no run (for trying the API by hand)."`
}

func main() {
	var o options
	parser := kong.Must(&o, kong.Name("local"), kong.Description("The whole Performance Agent on this machine, on simulated engines."),
		kong.Vars{"scenarios": scenarioNames()})
	// One dash is accepted for long options too, as in the README's examples.
	_, err := parser.Parse(twoDashes(os.Args[1:]))
	parser.FatalIfErrorf(err)
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	err = run(ctx, o)
	if errors.Is(err, context.Canceled) {
		err = errors.New("interrupted before the scenario ended")
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "local:", err)
		os.Exit(1)
	}
}

// twoDashes turns -option into --option; single letters are left alone.
func twoDashes(args []string) []string {
	out := make([]string, 0, len(args))
	for _, a := range args {
		if len(a) > 2 && a[0] == '-' && a[1] != '-' {
			a = "-" + a
		}
		out = append(out, a)
	}
	return out
}

// run is the whole life of the stack.
func run(ctx context.Context, o options) error {
	setup := setups()[serving.EngineKind(o.Engine)]
	sc := setup.scenarios()[o.Scenario]
	st, err := newStack(o.Dir, setup)
	if err != nil {
		return err
	}
	defer st.stop()
	if err := st.start(ctx, sc); err != nil {
		return err
	}
	if o.Manual {
		st.printAddresses("")
		return hold(ctx)
	}
	facts, err := sc.play(ctx, o.Scenario, st)
	if err != nil {
		return err
	}
	printTable(os.Stdout, facts)
	st.printAddresses(facts.RunID)
	if !o.Once {
		fmt.Println("\nServing on until Ctrl-C.")
		_ = hold(ctx)
	}
	facts.Production = st.users.stop()
	if o.JSON != "" {
		if err := facts.write(o.JSON); err != nil {
			return err
		}
	}
	return sc.check(facts)
}

func hold(ctx context.Context) error {
	<-ctx.Done()
	return nil
}
