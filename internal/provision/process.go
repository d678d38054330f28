package provision

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"sync"

	"github.com/optiinfra/performance-agent/internal/serving"
)

// Process runs replicas as processes of this host.
type Process struct {
	opts   ProcessOptions
	dir    stateDir
	health *http.Client
}

// NewProcess makes a provisioner; nothing is started or read yet.
func NewProcess(opts ProcessOptions) *Process {
	opts = opts.withDefaults()
	return &Process{opts: opts, dir: stateDir{root: opts.StateDir}, health: newHealthClient()}
}

// Ensure makes the variant run exactly as specified: replicas with the same
// configuration are kept, others are replaced one after the other (stopped, then
// started, then waited for), missing ones are started together, surplus ones are
// stopped. When it fails, what it started and does not serve is stopped again;
// replicas that serve stay, whatever their configuration, because the caller has
// to decide what to do with them.
func (p *Process) Ensure(ctx context.Context, fleet serving.Fleet, spec serving.VariantSpec) (serving.VariantStatus, error) {
	if err := checkSpec(fleet, spec); err != nil {
		return serving.VariantStatus{}, err
	}
	unlock, err := p.dir.lock(ctx, fleet.Name, spec.Variant)
	if err != nil {
		return serving.VariantStatus{}, err
	}
	defer unlock()
	c := &convergence{p: p, spec: spec}
	c.spec.Fleet = fleet.Name
	if err := c.run(ctx); err != nil {
		return serving.VariantStatus{}, fmt.Errorf("ensure %s of %s: %w", spec.Variant, fleet.Name, err)
	}
	return c.status(), nil
}

func checkSpec(fleet serving.Fleet, spec serving.VariantSpec) error {
	if err := CheckSpec(fleet, spec); err != nil {
		return err
	}
	if !hasProc() {
		return fmt.Errorf("%w: replicas as processes need /proc (Linux)", ErrInvalid)
	}
	return checkNames(fleet.Name, spec.Variant)
}

// Remove sends SIGTERM to every replica of the variant, waits for them to drain,
// and kills what is left after the grace. If ctx ends first, they go on ending
// and the call can be repeated.
func (p *Process) Remove(ctx context.Context, fleet serving.Fleet, v serving.Variant) error {
	if err := checkNames(fleet.Name, v); err != nil {
		return err
	}
	if err := p.remove(ctx, fleet.Name, v); err != nil {
		return fmt.Errorf("remove %s of %s: %w", v, fleet.Name, err)
	}
	return nil
}

func (p *Process) remove(ctx context.Context, fleet string, v serving.Variant) error {
	if !p.dir.has(fleet, v) {
		return nil
	}
	unlock, err := p.dir.lock(ctx, fleet, v)
	if err != nil {
		return err
	}
	defer unlock()
	records, err := p.dir.records(fleet, v)
	if err != nil {
		return err
	}
	return p.stopAll(ctx, records)
}

func (p *Process) stopAll(ctx context.Context, records []record) error {
	errs := make([]error, len(records))
	var wg sync.WaitGroup
	for i, r := range records {
		wg.Go(func() { errs[i] = p.stop(ctx, r, p.opts.StopGrace) })
	}
	wg.Wait()
	return errors.Join(errs...)
}

// Describe lists the replicas that have served and are alive, one status for
// each variant and configuration. While a variant is being replaced it has two;
// the one with more replicas comes first.
func (p *Process) Describe(_ context.Context, fleet serving.Fleet) ([]serving.VariantStatus, error) {
	variants, err := p.dir.variants(fleet.Name)
	if err != nil {
		return nil, fmt.Errorf("describe %s: %w", fleet.Name, err)
	}
	out := []serving.VariantStatus{}
	for _, v := range variants {
		records, err := p.dir.records(fleet.Name, v)
		if err != nil {
			return nil, fmt.Errorf("describe %s of %s: %w", v, fleet.Name, err)
		}
		out = append(out, group(fleet.Name, v, records)...)
	}
	return out, nil
}

func group(fleet string, v serving.Variant, records []record) []serving.VariantStatus {
	var out []serving.VariantStatus
	for _, r := range records {
		if r.ReadyUnix == 0 || !r.alive() {
			continue
		}
		i := slices.IndexFunc(out, func(s serving.VariantStatus) bool { return s.Config.Equal(r.Config) })
		if i < 0 {
			i = len(out)
			out = append(out, serving.VariantStatus{Fleet: fleet, Variant: v, Config: r.Config})
		}
		out[i].Endpoints = append(out[i].Endpoints, r.endpoint())
	}
	slices.SortStableFunc(out, func(a, b serving.VariantStatus) int { return cmp.Compare(len(b.Endpoints), len(a.Endpoints)) })
	return out
}

// RemoveAll stops every replica of every fleet of the state directory, those
// that an earlier, crashed worker left behind included.
func (p *Process) RemoveAll(ctx context.Context) error {
	fleets, err := p.dir.fleets()
	if err != nil {
		return fmt.Errorf("remove all: %w", err)
	}
	var errs []error
	var mu sync.Mutex
	var wg sync.WaitGroup
	for _, f := range fleets {
		variants, err := p.dir.variants(f)
		if err != nil {
			return fmt.Errorf("remove all: %w", err)
		}
		for _, v := range variants {
			wg.Go(func() {
				if err := p.remove(ctx, f, v); err != nil {
					mu.Lock()
					defer mu.Unlock()
					errs = append(errs, fmt.Errorf("remove %s of %s: %w", v, f, err))
				}
			})
		}
	}
	wg.Wait()
	return errors.Join(errs...)
}
