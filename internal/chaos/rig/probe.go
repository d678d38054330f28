package rig

import (
	"context"
	"fmt"
	"time"

	"go.temporal.io/api/workflowservice/v1"
)

// Figures of the probe: as many failures in a row as Kubernetes would want of a
// server that is given half a minute.
const (
	probeEvery    = 3 * time.Second
	probeFailures = 10
)

// probe restarts a Temporal that answers its health check and nothing else, as a
// liveness probe would. The dev server comes to that by itself on an overloaded
// machine: its SQLite driver can end up answering every statement with "interrupted",
// for ever.
func (c *cell) probe() {
	tick := time.NewTicker(probeEvery)
	defer tick.Stop()
	for failed := 0; ; {
		select {
		case <-c.ending:
			return
		case <-tick.C:
		}
		if c.temporalAnswers() {
			failed = 0
			continue
		}
		if failed++; failed == probeFailures {
			failed = 0
			c.ill.Add(1)
			fmt.Fprintln(c.out, "temporal answers nothing for half a minute and is started again")
			c.temporal.kill(time.Millisecond)
		}
	}
}

// temporalAnswers asks for something that is in the database.
func (c *cell) temporalAnswers() bool {
	ctx, cancel := context.WithTimeout(context.Background(), lookTimeout)
	defer cancel()
	_, err := c.client.WorkflowService().ListNamespaces(ctx, &workflowservice.ListNamespacesRequest{PageSize: 1})
	return err == nil
}
