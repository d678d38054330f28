package provision

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"syscall"
	"time"

	"github.com/google/uuid"

	"github.com/optiinfra/performance-agent/internal/serving"
)

// tokenVariable is the environment variable that proves a process ours.
const tokenVariable = "PERFAGENT_LAUNCH"

// child is a replica to wait for. exited is closed when a process that this call
// launched has ended; it is nil for one that was adopted, which is not our child.
type child struct {
	record record
	exited <-chan struct{}
	result *error // why it ended, valid once exited is closed
}

func (c child) launched() bool { return c.exited != nil }

// launch starts a replica. Its record exists before it does.
func (p *Process) launch(ctx context.Context, spec serving.VariantSpec, number int) (child, error) {
	r, err := p.reserve(ctx, spec, number)
	if err != nil {
		return child{}, err
	}
	cmd, err := p.begin(r)
	if err != nil {
		return child{}, errors.Join(err, p.dir.forget(r))
	}
	exited, result := reap(cmd)
	c := child{record: r, exited: exited, result: result}
	if c.record.Process, err = identify(cmd.Process.Pid); err != nil {
		// It has ended already, which the wait for it will report; a process
		// without an identity must not go on in any case.
		_ = cmd.Process.Kill()
	}
	if err := p.dir.write(c.record); err != nil {
		return child{}, errors.Join(err, p.stop(context.WithoutCancel(ctx), c.record, abortGrace))
	}
	p.opts.Logger.Info("replica launched", "replica", c.record.String(), "command", r.Command)
	return c, nil
}

// reserve chooses a port and writes the record that claims it.
func (p *Process) reserve(ctx context.Context, spec serving.VariantSpec, number int) (record, error) {
	unlock, err := p.dir.lockPorts(ctx)
	if err != nil {
		return record{}, err
	}
	defer unlock()
	port, err := p.choosePort()
	if err != nil {
		return record{}, err
	}
	args, err := p.opts.CommandLine(spec.Config, p.opts.Host, port)
	if err != nil {
		return record{}, fmt.Errorf("%w: %w", ErrInvalid, err)
	}
	if len(args) == 0 {
		return record{}, fmt.Errorf("%w: the command line of %s is empty", ErrInvalid, spec.Config.Engine)
	}
	r := record{Fleet: spec.Fleet, Variant: spec.Variant, Replica: number, Config: spec.Config,
		Command: slices.Concat(p.opts.Launcher, args), Host: p.opts.Host, Port: port,
		Token: uuid.NewString(), LaunchedUnix: unixSeconds(time.Now()),
		Log: filepath.Join(p.dir.variantDir(spec.Fleet, spec.Variant), fmt.Sprintf("replica-%d.log", number))}
	return r, p.dir.write(r)
}

// begin starts the process of a record.
func (p *Process) begin(r record) (*exec.Cmd, error) {
	// One log of the launch before is kept: it may say why that one ended.
	if err := os.Rename(r.Log, r.Log+".1"); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("rotate log: %w", err)
	}
	log, err := os.Create(r.Log)
	if err != nil {
		return nil, fmt.Errorf("create log: %w", err)
	}
	defer func() { _ = log.Close() }() // the process has its own descriptor
	cmd := exec.Command(r.Command[0], r.Command[1:]...)
	cmd.Stdout, cmd.Stderr = log, log
	cmd.Env = append(slices.Clone(p.opts.Env),
		"PERFAGENT_FLEET="+r.Fleet, "PERFAGENT_VARIANT="+string(r.Variant),
		fmt.Sprintf("PERFAGENT_REPLICA=%d", r.Replica), tokenVariable+"="+r.Token)
	// A session of its own: Ctrl-C at the worker's terminal and the worker's end
	// do not reach it.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrStartFailed, err)
	}
	return cmd, nil
}

// reap collects the process when it ends, whenever that is, so that none stays
// behind as a zombie.
func reap(cmd *exec.Cmd) (<-chan struct{}, *error) {
	exited, result := make(chan struct{}), new(error)
	go func() {
		defer close(exited)
		*result = cmd.Wait()
		if *result == nil {
			*result = errors.New("exit status 0")
		}
	}()
	return exited, result
}

// complete finds the process of a record that was written before its start and
// not after: the worker was killed in between.
func (p *Process) complete(r record) (record, bool, error) {
	if r.Process.PID != 0 {
		return r, r.alive(), nil
	}
	found := withToken(r.Token)
	if len(found) == 0 {
		return r, false, nil
	}
	// The first to start is the one that was launched, the others its children.
	r.Process = slices.MinFunc(found, func(a, b identity) int {
		return int(int64(a.StartTicks) - int64(b.StartTicks))
	})
	return r, true, p.dir.write(r)
}

func unixSeconds(t time.Time) float64 { return float64(t.UnixNano()) / 1e9 }
