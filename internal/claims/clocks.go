package claims

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"

	"github.com/optiinfra/performance-agent/workflows"
)

// youngClock is for how long a clock may be without a record: the API makes the
// clock first and the record at once after it, or gives up within its own timeout.
const youngClock = 10 * time.Minute

// Clocks ends the clocks of schedules that have no record.
type Clocks struct{ client client.Client }

// NewClocks works through the client, which the caller closes.
func NewClocks(c client.Client) Clocks { return Clocks{client: c} }

// Stop ends the clock of a schedule unless it was made a moment ago. None is no
// error.
func (c Clocks) Stop(ctx context.Context, id string) error {
	handle := c.client.ScheduleClient().GetHandle(ctx, workflows.ScheduleID(id))
	d, err := handle.Describe(ctx)
	if err == nil {
		if time.Since(d.Info.CreatedAt) < youngClock {
			return nil
		}
		err = handle.Delete(ctx)
	}
	var none *serviceerror.NotFound
	if err != nil && !errors.As(err, &none) {
		return fmt.Errorf("stop the clock of schedule %s: %w", id, err)
	}
	return nil
}
