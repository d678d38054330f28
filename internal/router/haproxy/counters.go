package haproxy

import (
	"context"
	"fmt"
	"regexp"

	"github.com/optiinfra/performance-agent/internal/router"
	"github.com/optiinfra/performance-agent/internal/serving"
)

// Counters gives the running totals of each variant that has replicas or had
// requests, since the HAProxy process began: a reload is a new epoch. A request
// that was meant for a canary whose replicas are dead, and that a replica of
// stable served, is a failure of the canary and a request of stable.
func (r *Router) Counters(ctx context.Context, fleet serving.Fleet) ([]serving.ArmCounters, error) {
	c, err := r.at(fleet)
	if err != nil {
		return nil, err
	}
	epoch, err := c.epoch(ctx)
	if err != nil {
		return nil, err
	}
	pools, err := c.readPools(ctx)
	if err != nil {
		return nil, err
	}
	out, rescued := []serving.ArmCounters{}, int64(0)
	for _, v := range line() {
		a := serving.ArmCounters{Variant: v, Epoch: epoch}
		for _, s := range pools[v].own {
			a.Requests, a.Failed = a.Requests+s.requests, a.Failed+s.failed
		}
		for _, s := range pools[v].fallback {
			a.Requests, a.Failed, rescued = a.Requests+s.requests, a.Failed+s.requests, rescued+s.requests
		}
		if a.Requests > 0 || len(pools[v].endpoints()) > 0 {
			out = append(out, a)
		}
	}
	for i := range out {
		if out[i].Variant == serving.Stable {
			out[i].Requests += rescued
		}
	}
	return out, nil
}

// epoch names the process that counts.
func (c control) epoch(ctx context.Context) (string, error) {
	info, err := c.run(ctx, "show info")
	if err != nil {
		return "", err
	}
	pid := regexp.MustCompile(`(?m)^Pid: (\d+)$`).FindStringSubmatch(info)
	started := regexp.MustCompile(`(?m)^Start_time_sec: (\d+)$`).FindStringSubmatch(info)
	if pid == nil || started == nil {
		return "", fmt.Errorf("%w: HAProxy does not tell its process", router.ErrUnreachable)
	}
	return pid[1] + "@" + started[1], nil
}
