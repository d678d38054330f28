package workflows_test

import (
	"context"

	"github.com/stretchr/testify/mock"
	"go.temporal.io/sdk/converter"

	"github.com/optiinfra/performance-agent/activities"
)

type (
	ctxType    = context.Context
	recordType = activities.RecordInput
)

const anything = mock.Anything

// recordIn performs the real Record on the world.
func recordIn(ctx context.Context, w *world, in activities.RecordInput) error {
	return activities.NewHistory(w).Record(ctx, in)
}

func dataConverter() converter.DataConverter { return converter.GetDefaultDataConverter() }
