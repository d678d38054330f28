package store

import (
	"context"

	"github.com/optiinfra/performance-agent/internal/serving"
)

// LastPromotion is the latest rollout of a fleet that was promoted, if there is
// one.
func (s *Store) LastPromotion(ctx context.Context, fleet string) (serving.RolloutRecord, bool, error) {
	list, _, err := s.Rollouts(ctx, RunFilter{Fleet: fleet, Outcome: serving.OutcomePromoted}, Page{Limit: 1})
	if err != nil || len(list) == 0 {
		return serving.RolloutRecord{}, false, err
	}
	return list[0], true, nil
}
